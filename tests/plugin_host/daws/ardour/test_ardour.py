"""A real Ardour under Xvfb, in a clean home: selection out, takes in, exact to the sample and the bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from plugin_host.bridge import Placement
from plugin_host.daws.ardour import own
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from tests.plugin_host.daws.ardour.real import (
    NEEDS_ARDOUR,
    RATE,
    eventually,
    excerpt,
    noise,
    put_scene,
    selected,
    state_of,
)

pytestmark = NEEDS_ARDOUR


@pytest.fixture(scope="module")
def ardour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[own.Session]:
    """One Ardour for all tests of this file: it takes ten seconds to start."""
    with own.session(tmp_path_factory.mktemp("ardour") / "own") as session:
        yield session


@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_selected_goes_out_and_takes_lie_over_it_exactly(channels: int, tmp_path: Path) -> None:
    """A handle is clipped at the session's start; takes come one by one, and one undo takes them away."""
    with own.session(tmp_path / "own") as ardour:
        check_exactness(ardour, channels, tmp_path)


def check_exactness(ardour: own.Session, channels: int, tmp_path: Path) -> None:
    """In a session of its own."""
    begin, frames = 10_001, 96_011
    region = Region(begin, frames, RATE)
    scene = put_scene(ardour, tmp_path, region, channels)

    before, start = excerpt(ardour, RATE, tmp_path)
    assert (start, len(before)) == (0, begin + frames + RATE)
    assert np.array_equal(before[begin : begin + frames], scene)
    assert not before[:begin].any()
    assert not before[begin + frames :].any()

    takes = [noise(tmp_path / f"take{number}.wav", frames, channels, seed=10 + number) for number in range(2)]
    first, second = (Take(tmp_path / f"take{number}.wav", region, f"take{number}") for number in range(2))
    ardour.daw.insert([first], Placement.LANE)
    ardour.daw.join([second], Placement.LANE, [first])
    assert state_of(ardour).regions.count(("scene", region.start, region.frames)) == 3
    layered, _ = excerpt(ardour, 0, tmp_path)
    assert np.array_equal(layered, takes[0])

    ardour.press("ctrl+z")
    eventually(
        lambda: np.array_equal(excerpt(ardour, RATE, tmp_path)[0], before), "undo of both takes at once"
    )


def test_nothing_selected_is_a_sentence(ardour: own.Session) -> None:
    """For whoever drives it from outside."""
    own.focus(ardour)
    ardour.press("Escape", "Escape")
    eventually(lambda: selected(ardour) is None, "an empty selection")
    with pytest.raises(DawError, match="Nothing is selected in Ardour"):
        ardour.daw.selection()


def test_nothing_selected_is_said_in_ardour_at_the_key(ardour: own.Session) -> None:
    """In a dialog of Ardour's; the key and the action go on working."""
    own.focus(ardour)
    ardour.press("Escape", "Escape")
    ardour.press("ctrl+alt+p")
    eventually(lambda: ardour.windows("Punch-In"), "the sentence")
    ardour.press("Escape")
    eventually(lambda: not ardour.windows("Punch-In"), "the dialog to close")


def test_a_file_that_is_no_sound_changes_nothing(ardour: own.Session, tmp_path: Path) -> None:
    """All takes, or none."""
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    noise(good, 1000, 1, seed=3)
    noise(bad, 999, 1, seed=4)
    takes = [Take(path, Region(5, 1000, RATE), path.stem) for path in (good, bad)]
    with pytest.raises(DawError, match="could not import"):
        ardour.daw.insert(takes, Placement.TRACK)
    assert not state_of(ardour).regions


def test_an_ardour_that_is_gone_is_a_sentence(ardour: own.Session) -> None:
    """The question is taken back."""
    with pytest.raises(DawError, match="does not answer"):
        ardour.daw.hello(0.0)
