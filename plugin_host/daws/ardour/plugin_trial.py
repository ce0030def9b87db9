"""The plugin as VST3 in an Ardour of its own: captured while it rolls, a take played in place, and bounced.

Two instances stand on the track: the first is the one that is tried, the second hears what the first plays.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from engine.config import HOME_VARIABLE, module_command
from plugin_host.daws.ardour.comparison import Samples, differing, place_of, read_samples
from plugin_host.daws.ardour.own import RATE, Session, session, wait_for
from plugin_host.daws.ardour.places import exact_version, installed
from plugin_host.daws.ardour.trial import PROMPT, put_recording, recording
from plugin_host.errors import DawError
from plugin_host.install import System, Where
from plugin_host.round_trip import RoundTrip
from plugin_host.timeline import Region
from plugin_host.vst3.build import Format, build
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import Announcement, instances
from plugin_host.vst3.port import PluginPort

REGION = Region(100_001, 120_007, RATE)  # over a seam of two regions, and on no block's start
_HANDLES = 9_600
_ROLL_SECONDS = 60.0
_PUNCH_SECONDS = 600.0
_TRACK = """
local tracks, route = Session:get_tracks (), nil
for each in tracks:iter () do route = route or each end
"""
_INSERT = (
    _TRACK
    + """
local plugin = ARDOUR.LuaAPI.new_plugin (Session, "Punch-In", ARDOUR.PluginType.VST3, "")
if plugin:isnil () then error ("the plugin is not there") end
return route:add_processor_by_index (plugin, PLACE, nil, true)
"""
)
_ROLL = """
Session:request_locate (
    0, false, ARDOUR.LocateTransportDisposition.MustRoll, ARDOUR.TransportRequestSource.TRS_UI)
"""
_STOP = "Session:request_stop (false, false, ARDOUR.TransportRequestSource.TRS_UI)"
_BOUNCE = (
    _TRACK
    + """
local plugin = route:nth_plugin (0)
local track, thread = route:to_track (), ARDOUR.InterThreadInfo ()
local region = track:bounce_range (0, FRAMES, thread, plugin, true, "bounced")
if region:isnil () then error ("nothing was bounced") end
local audio, paths = region:to_audioregion (), {}
for channel = 0, audio:n_channels () - 1 do
    local source = region:source (channel)
    local file = source:to_filesource ()
    paths[channel + 1] = file:path ()
end
return { path = paths }
"""
)

MakeTake = Callable[[Session, Announcement], Path]


def round_trip(folder: Path) -> RoundTrip:
    """The way out of the plugin, through the engine, and back into it. Raises DawError."""
    return trip(folder, take_of_the_engine)


def trip(folder: Path, make_take: MakeTake) -> RoundTrip:
    """That, with a take from ``make_take``, which puts it into the plugin, too. Raises DawError."""
    stages = _Stages()
    vst3 = next(build([Format.VST3], folder / "plugin")).path
    stages.done("build")
    with session(folder / "ardour", vst3) as ardour:
        stages.done("Ardour starts, and finds the plugin")
        sounds = recording(folder)
        put_recording(ardour, sounds)
        track = np.concatenate([read_samples(sound) for sound in sounds])
        first, second = insert_plugin(ardour, 0), insert_plugin(ardour, 1)
        roll(ardour, second, len(track))
        stages.done("roll")
        fetched, start = fetch(first, REGION, _HANDLES, folder)
        stages.done("fetch")
        take = read_samples(make_take(ardour, first))
        stages.done("make and put a take")
        roll(ardour, second, len(track))
        stages.done("roll with the take")
        rolled, rolled_start = fetch(second, REGION, _HANDLES, folder)
        bounced = bounce(ardour, len(track))
        stages.done("bounce")
        picture = ardour.shoot(folder / "plugin.png")
    expected = track.copy()
    expected[REGION.start : REGION.end] = take
    pairs = (
        (fetched, track[start : start + len(fetched)]),
        (rolled, expected[rolled_start : rolled_start + len(rolled)]),
        (bounced, expected),
    )
    return RoundTrip(
        f"Punch-In plugin, VST3 in Ardour {exact_version(installed(_here(folder))[0].number)}",
        REGION.frames,
        place_of(take, bounced) - REGION.start,
        sum(expected.size for _found, expected in pairs),
        sum(differing(found, expected) for found, expected in pairs),
        stages.all(),
        picture,
    )


def insert_plugin(ardour: Session, place: int) -> Announcement:
    """One more instance on the track, at that place among its processors. Raises DawError."""
    before = {one.number for one in _running(ardour)}
    if ardour.lua(_INSERT.replace("PLACE", str(place))) != {"value": ["0"]}:
        raise DawError("Ardour did not take the plugin.")
    new: list[Announcement] = []

    def there() -> bool:
        new[:] = [one for one in _running(ardour) if one.number not in before]
        return bool(new)

    wait_for(there, 20, "the plugin to announce itself")
    return new[0]


def roll(ardour: Session, last: Announcement, frames: int) -> None:
    """From the start until so many frames have passed the last plugin. Raises DawError."""

    def position() -> int:
        with PluginPort.connect(last) as port:
            status = port.status()
        return status.position if status.rolling else 0

    ardour.lua(_ROLL)
    wait_for(lambda: position() > frames + RATE // 2, _ROLL_SECONDS, "the transport to roll")
    ardour.lua(_STOP)

    def standing() -> bool:
        with PluginPort.connect(last) as port:
            return not port.status().rolling

    wait_for(standing, 20, "the transport to stop")


def fetch(plugin: Announcement, region: Region, handles: int, folder: Path) -> tuple[Samples, int]:
    """What passed there last, and the frame it begins at. Raises DawError."""
    daw = PluginDaw(partial(PluginPort.connect, plugin), f"{region.start}f..{region.end}f")
    excerpt = daw.export(daw.selection(), handles, folder)
    return read_samples(excerpt.path), excerpt.start


def bounce(ardour: Session, frames: int) -> Samples:
    """The track from its start through its first plugin, as Ardour writes it. Raises DawError."""
    paths = ardour.lua(_BOUNCE.replace("FRAMES", str(frames)))["path"]
    return np.concatenate([read_samples(Path(path)) for path in paths], axis=1)


def take_of_the_engine(ardour: Session, plugin: Announcement) -> Path:
    """``punchin daw punch plugin``, as it is typed; where the take is. Raises DawError."""
    command = module_command(
        "engine", "daw", "punch", "plugin", "--instance", str(plugin.number), "--prompt", PROMPT,
        "--region", f"{REGION.start}f..{REGION.end}f", "--mode", "transfer",
    )  # fmt: skip
    done = subprocess.run(
        command,
        env=dict(ardour.environment),
        capture_output=True,
        text=True,
        timeout=_PUNCH_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise DawError(f"No take came: {done.stderr.strip()[-300:]}")
    return Path(done.stdout.splitlines()[0].strip())


def _running(ardour: Session) -> tuple[Announcement, ...]:
    return instances(Path(ardour.environment[HOME_VARIABLE]))


def _here(folder: Path) -> Where:
    return Where(System.LINUX, folder, (), dict(os.environ))


class _Stages:
    """What took how long, one after the other."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._marks: list[tuple[str, float]] = []

    def done(self, name: str) -> None:
        now = time.monotonic()
        self._marks.append((name, now - self._last))
        self._last = now

    def all(self) -> tuple[tuple[str, float], ...]:
        return tuple(self._marks)
