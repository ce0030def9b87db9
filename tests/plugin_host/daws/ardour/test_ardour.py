"""A real Ardour under Xvfb, in a clean home: selection out, takes in, exact to the sample and the bit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from plugin_host.bridge import Placement
from plugin_host.daws.ardour import trial
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take

MISSING = trial.missing()
RATE = trial.RATE

pytestmark = [
    pytest.mark.skipif(
        bool(MISSING), reason=f"needs {', '.join(MISSING)} (Debian: ardour xvfb openbox xdotool imagemagick)"
    ),
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("daw"),  # one DAW at a time: a machine with two of them misses keys
]


@pytest.fixture(scope="module")
def ardour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trial.Session]:
    """One Ardour for all tests of this file: it takes ten seconds to start."""
    with trial.session(tmp_path_factory.mktemp("ardour") / "own") as session:
        yield session


def noise(path: Path, frames: int, channels: int, seed: int) -> np.ndarray:
    """A file of floats, and what is in it."""
    sound = np.float32(np.random.default_rng(seed).normal(0, 0.1, (frames, channels)))
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return sound


def excerpt(ardour: trial.Session, handles: int, folder: Path) -> tuple[np.ndarray, int]:
    """What is selected, with handles, and the frame it begins at."""
    made = ardour.daw.export(ardour.daw.selection(), handles, folder)
    sound, rate = soundfile.read(made.path, dtype="float32", always_2d=True)
    assert rate == RATE
    assert soundfile.info(str(made.path)).subtype == "FLOAT"
    return sound, made.start


@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_selected_goes_out_and_takes_lie_over_it_exactly(channels: int, tmp_path: Path) -> None:
    """A handle is clipped at the session's start; layers are taken away by one undo."""
    with trial.session(tmp_path / "own") as ardour:
        check_exactness(ardour, channels, tmp_path)


def check_exactness(ardour: trial.Session, channels: int, tmp_path: Path) -> None:
    """In a session of its own."""
    first, frames = 10_001, 96_011
    scene = noise(tmp_path / f"scene{channels}.wav", frames, channels, seed=channels)
    region = Region(first, frames, RATE)
    ardour.daw.insert([Take(tmp_path / f"scene{channels}.wav", region, f"scene{channels}")], Placement.TRACK)
    trial.focus(ardour)
    select_all_of_the_new_track(ardour, region)

    before, start = excerpt(ardour, RATE, tmp_path)
    assert (start, len(before)) == (0, first + frames + RATE)
    assert np.array_equal(before[first : first + frames], scene)
    assert not before[:first].any()
    assert not before[first + frames :].any()

    takes = [noise(tmp_path / f"take{number}.wav", frames, channels, seed=10 + number) for number in range(2)]
    ardour.daw.insert(
        [Take(tmp_path / f"take{number}.wav", region, f"take{number}") for number in range(2)], Placement.LANE
    )
    layered, _ = excerpt(ardour, 0, tmp_path)
    assert np.array_equal(layered, takes[0])

    ardour.press("ctrl+z")
    trial.wait_for(
        lambda: np.array_equal(excerpt(ardour, RATE, tmp_path)[0], before), 10, "undo of both takes at once"
    )


def select_all_of_the_new_track(ardour: trial.Session, region: Region) -> None:
    """The only one there is. A window that is busy with itself misses keys, so they come again."""

    def pressed() -> bool:
        trial.focus(ardour)
        ardour.press("ctrl+a")
        time.sleep(0.5)
        return selected(ardour) == region

    trial.wait_for(pressed, 30, "the region to be selected")


def selected(ardour: trial.Session) -> Region | None:
    """The selection, if there is one."""
    try:
        return ardour.daw.selection().region
    except DawError:
        return None


def test_nothing_selected_is_a_sentence(ardour: trial.Session) -> None:
    """For whoever drives it from outside."""
    trial.focus(ardour)
    ardour.press("Escape", "Escape")
    trial.wait_for(lambda: selected(ardour) is None, 10, "an empty selection")
    with pytest.raises(DawError, match="Nothing is selected in Ardour"):
        ardour.daw.selection()


def test_nothing_selected_is_said_in_ardour_at_the_key(ardour: trial.Session) -> None:
    """In a dialog of Ardour's; the key and the action go on working."""
    trial.focus(ardour)
    ardour.press("Escape", "Escape")
    ardour.press("ctrl+alt+p")
    trial.wait_for(lambda: ardour.windows("Punch-In"), 10, "the sentence")
    ardour.press("Escape")
    trial.wait_for(lambda: not ardour.windows("Punch-In"), 10, "the dialog to close")


def test_a_file_that_is_no_sound_changes_nothing(ardour: trial.Session, tmp_path: Path) -> None:
    """All takes, or none."""
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    noise(good, 1000, 1, seed=3)
    noise(bad, 999, 1, seed=4)
    takes = [Take(path, Region(5, 1000, RATE), path.stem) for path in (good, bad)]
    with pytest.raises(DawError, match="could not import"):
        ardour.daw.insert(takes, Placement.TRACK)


def test_an_ardour_that_is_gone_is_a_sentence(ardour: trial.Session) -> None:
    """The question is taken back."""
    with pytest.raises(DawError, match="does not answer"):
        ardour.daw.hello(0.0)
