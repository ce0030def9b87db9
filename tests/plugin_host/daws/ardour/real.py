"""What tests ask of a real Ardour: what its session consists of, and a recording on a track of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from plugin_host.bridge import Placement
from plugin_host.daws.ardour import own
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take

RATE = own.RATE
MISSING = own.missing()
NEEDS_ARDOUR = [
    pytest.mark.skipif(
        bool(MISSING), reason=f"needs {', '.join(MISSING)} (Debian: ardour xvfb openbox xdotool imagemagick)"
    ),
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("daw"),  # one DAW at a time: a machine with two of them misses keys
]
_STATE = """
local out = { track = {}, region = {}, marker = {} }
local function say (...) return table.concat ({ ... }, "\\t") end
local tracks = Session:get_tracks ()
for route in tracks:iter () do
    out.track[#out.track + 1] = say (route:name (), route:muted () and 1 or 0)
    local track = route:to_track ()
    local playlist = track:playlist ()
    local regions = playlist:region_list ()
    for region in regions:iter () do
        out.region[#out.region + 1] = say (
            route:name (), region:position ():samples (), region:length ():samples ())
    end
end
local locations = Session:locations ()
local list = locations:list ()
for location in list:iter () do out.marker[#out.marker + 1] = location:name () end
return out
"""


@dataclass(frozen=True)
class State:
    """What an open session consists of."""

    tracks: dict[str, bool]  # by name: whether it is muted
    regions: list[tuple[str, int, int]]  # track, start and frames, sorted
    markers: list[str]


def state_of(ardour: own.Session) -> State:
    """By Ardour's own word."""
    found = ardour.lua(_STATE)
    tracks = dict(row.split("\t") for row in found.get("track", []))
    regions = [row.split("\t") for row in found.get("region", [])]
    return State(
        {name: muted == "1" for name, muted in tracks.items()},
        sorted((track, int(start), int(frames)) for track, start, frames in regions),
        found.get("marker", []),
    )


def noise(path: Path, frames: int, channels: int, seed: int) -> np.ndarray:
    """A file of floats, and what is in it."""
    sound = np.float32(np.random.default_rng(seed).normal(0, 0.1, (frames, channels)))
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return sound


def put_scene(ardour: own.Session, folder: Path, region: Region, channels: int = 2) -> np.ndarray:
    """A recording on a track of its own, called "scene", selected; its samples."""
    sound = noise(folder / "scene.wav", region.frames, channels, seed=1)
    ardour.daw.insert([Take(folder / "scene.wav", region, "scene")], Placement.TRACK)
    own.focus(ardour)
    select_all(ardour, region)
    return sound


def select_all(ardour: own.Session, region: Region) -> None:
    """The only region there is. A window that is busy with itself misses keys, so they come again."""

    def pressed() -> bool:
        own.focus(ardour)
        ardour.press("ctrl+a")
        time.sleep(0.5)
        return selected(ardour) == region

    own.wait_for(pressed, 30, "the region to be selected")


def selected(ardour: own.Session) -> Region | None:
    """The selection, if there is one."""
    try:
        return ardour.daw.selection().region
    except DawError:
        return None


def excerpt(ardour: own.Session, handles: int, folder: Path) -> tuple[np.ndarray, int]:
    """What is selected, with handles, and the frame it begins at."""
    made = ardour.daw.export(ardour.daw.selection(), handles, folder)
    sound, rate = soundfile.read(made.path, dtype="float32", always_2d=True)
    assert rate == RATE
    assert soundfile.info(str(made.path)).subtype == "FLOAT"
    return sound, made.start


def eventually(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Until it is so; Ardour takes its time."""
    own.wait_for(condition, seconds, what)
