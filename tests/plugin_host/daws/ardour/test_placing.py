"""Takes in a real Ardour: on new tracks, and over a time range that was dragged; undo is one step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from plugin_host.bridge import Placement, Selection
from plugin_host.daws.ardour import own
from plugin_host.timeline import Region, Take, Track
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
SCENE = Region(48_003, 1_500_007, RATE)  # a dragged range is where the zoom puts it


@pytest.fixture
def ardour(tmp_path: Path) -> Iterator[own.Session]:
    """A session of its own for each test: they undo."""
    with own.session(tmp_path / "own") as session:
        yield session


def test_takes_on_new_tracks_lie_exactly_and_only_the_first_is_heard(
    ardour: own.Session, tmp_path: Path
) -> None:
    """The track that was selected is neither changed nor muted; one undo takes all regions away again."""
    scene = put_scene(ardour, tmp_path, SCENE)
    region = Region(100_001, 50_021, RATE)
    for number in range(3):
        noise(tmp_path / f"take{number}.wav", region.frames, 2, seed=10 + number)
    takes = [Take(tmp_path / f"take{number}.wav", region, f"take{number}") for number in range(3)]
    before = state_of(ardour)
    ardour.daw.insert(takes[:1], Placement.TRACK)
    ardour.daw.join(takes[1:], Placement.TRACK, takes[:1])

    # Ardour mutes in a cycle of its engine, a moment after the script.
    muted = {"scene": False, "take0": False, "take1": True, "take2": True}
    eventually(lambda: state_of(ardour).tracks == muted, "all takes but the first are muted")
    after = state_of(ardour)
    placed = [(take.name, region.start, region.frames) for take in takes]
    assert after.regions == sorted([*before.regions, *placed])
    assert np.array_equal(heard(ardour, "scene", SCENE, tmp_path), scene)
    for number, take in enumerate(takes):
        sound = np.float32(np.random.default_rng(10 + number).normal(0, 0.1, (region.frames, 2)))
        assert np.array_equal(heard(ardour, take.name, region, tmp_path), sound)

    own.focus(ardour)
    ardour.press("ctrl+z")
    eventually(lambda: state_of(ardour).regions == before.regions, "one undo of all takes")
    assert len(state_of(ardour).tracks) == 4  # Ardour never undoes tracks


def test_a_range_that_was_dragged_gets_its_take_and_nothing_else(ardour: own.Session, tmp_path: Path) -> None:
    """As a layer over a part of a region: around it not a sample is different; one undo takes it away."""
    scene = put_scene(ardour, tmp_path, SCENE)
    region = drag_a_range(ardour)
    assert SCENE.start < region.start < region.end < SCENE.end
    inside = slice(region.start - SCENE.start, region.end - SCENE.start)
    out, start = excerpt(ardour, 2_000, tmp_path)
    assert (start, len(out)) == (region.start - 2_000, region.frames + 4_000)
    assert np.array_equal(out[2_000:-2_000], scene[inside])

    take = noise(tmp_path / "take.wav", region.frames, 2, seed=20)
    before = state_of(ardour)
    ardour.daw.insert([Take(tmp_path / "take.wav", region, "take")], Placement.LANE)
    assert set(state_of(ardour).regions) - set(before.regions) == {("scene", region.start, region.frames)}
    expected = scene.copy()
    expected[inside] = take
    assert np.array_equal(heard(ardour, "scene", SCENE, tmp_path), expected)

    own.focus(ardour)
    ardour.press("ctrl+z")
    eventually(lambda: state_of(ardour).regions == before.regions, "one undo")
    assert np.array_equal(heard(ardour, "scene", SCENE, tmp_path), scene)


def drag_a_range(ardour: own.Session) -> Region:
    """With the range tool, over a part of the region that is there."""
    found: list[Region] = []

    def dragged() -> bool:
        own.focus(ardour)
        ardour.press("Escape", "r")
        ardour.drag(370, own.TRACK_Y, 420)
        found[:] = [region for region in [selected(ardour)] if region is not None and region != SCENE]
        return bool(found)

    eventually(dragged, "a range to be dragged", 40.0)
    return found[0]


def heard(ardour: own.Session, name: str, region: Region, folder: Path) -> np.ndarray:
    """What a track plays in a region."""
    key = ardour.lua(f"""
        local route = Session:route_by_name ("{name}")
        local stateful = route:to_stateful () -- what has no name is collected while it is used
        local id = stateful:id ()
        return id:to_s ()
    """)["value"][0]
    made = ardour.daw.export(Selection(region, (Track(name, key),)), 0, folder)
    sound: np.ndarray = soundfile.read(made.path, dtype="float32", always_2d=True)[0]
    return sound
