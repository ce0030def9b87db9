"""The plugin as LV2 in Ardour's engine without a window: Punch pressed, the take bounced and exported."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from engine.config import module_command
from plugin_host.daws.ardour.comparison import Samples, differing, place_of, read_samples
from plugin_host.daws.ardour.headless import Headless, export, headless
from plugin_host.daws.ardour.own import RATE, wait_for
from plugin_host.daws.ardour.trial import PROMPT, warm_engine
from plugin_host.errors import DawError
from plugin_host.round_trip import RoundTrip
from plugin_host.timeline import Region
from plugin_host.vst3.build import Format, build
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import Announcement
from plugin_host.vst3.port import PluginPort
from plugin_host.vst3.state import Punched, PunchState

_REGION_SECONDS = 5.0
_AROUND_SECONDS = 2.0  # what is recorded before and after the region
_HANDLES = 9_600
_ROLL_SECONDS = 120.0
_PUNCH_SECONDS = 600.0
_SEVERAL = 4
_LOOK_SECONDS = 0.002
# What is exported begins and ends as Ardour's master does: it rises, and falls over the last frames.
_RISES, _FALLS = 9_600, 64

_STAGES = {PunchState.READY: "key", PunchState.SENDS: "sending", PunchState.WAITS: "waiting for the engine"}

Stages = tuple[tuple[str, float], ...]
PutTake = Callable[[Headless, Announcement, Region], Stages]


def round_trip(folder: Path) -> RoundTrip:
    """A region of 5 s is marked, Punch pressed, and what is then bounced compared. Raises DawError."""
    lv2 = next(build([Format.LV2], folder / "plugin")).path
    return trip(folder, lv2, _REGION_SECONDS, punch)


def trip(folder: Path, lv2: Path, seconds: float, put_take: PutTake) -> RoundTrip:
    """That, with a region of about so many seconds and what ``put_take`` puts there. Raises DawError."""
    with headless(folder / "ardour", lv2) as ardour:
        track = ardour.record(seconds + 2 * _AROUND_SECONDS)
        plugin = ardour.insert_plugin()
        region = mark(ardour, plugin, seconds)
        fetched, start = _fetched(plugin, region, folder)
        stages = put_take(ardour, plugin, region)
        take = _heard_take(plugin)
        bounced = ardour.bounce(len(track))
        ardour.save()
    exported = export(ardour, folder / "exported.wav")
    expected = track.copy()
    expected[region.start : region.end] = take
    inner = slice(_RISES, len(track) - _FALLS)
    pairs = (
        (fetched, track[start : start + len(fetched)]),
        (bounced, expected),
        (exported[inner], expected[inner]),
    )
    return RoundTrip(
        "Punch-In plugin, LV2 in Ardour's engine without a window: fetched, bounced, exported",
        region.frames,
        place_of(take, bounced) - region.start,
        sum(wanted.size for _found, wanted in pairs),
        sum(differing(found, wanted) for found, wanted in pairs),
        stages,
    )


def mark(ardour: Headless, plugin: Announcement, seconds: float) -> Region:
    """Rolls from the start, and marks so much of it while it rolls; what was marked. Raises DawError."""
    with PluginPort.connect(plugin) as port:

        def has_passed(since: float) -> bool:
            status = port.status()
            return status.rolling and status.position > since * RATE

        ardour.lua("roll (0)")
        for value, since in ((1, _AROUND_SECONDS), (0, _AROUND_SECONDS + seconds)):
            wait_for(partial(has_passed, since), _ROLL_SECONDS, "the transport to roll")
            ardour.set("Mark", value)
        wait_for(partial(has_passed, 1.5 * _AROUND_SECONDS + seconds), _ROLL_SECONDS, "the handle to pass")
        ardour.lua("stop () sleep (1)")
        status = port.status()
    if status.lost_frames or status.mark_end <= status.mark_start:
        raise DawError(f"The plugin did not hear what was marked: {status}")
    return Region(status.mark_start, status.mark_end - status.mark_start, status.sample_rate)


def punch(ardour: Headless, plugin: Announcement, _region: Region) -> Stages:
    """Pressed three times on the plugin: for a take while the engine loads its model, for one, and for several."""
    _say_what(ardour.environment, 1)
    ardour.set("Punch what", 1)
    with warm_engine(ardour.environment), PluginPort.connect(plugin) as port:
        first = _pressed(ardour, port)
        again = _pressed(ardour, port)
        _say_what(ardour.environment, _SEVERAL)
        of_several = _pressed(ardour, port)
        last = _until_in_place(port)
    whole = (
        ("key to take, the model not loaded", _sum(first)),
        ("key to take", _sum(again)),
        (f"key to the first of {_SEVERAL} takes", _sum(of_several)),
        ("to the last of them", _sum(of_several) + last),
    )
    return (*whole, *((f"of one take: {stage}", seconds) for stage, seconds in again))


def _sum(stages: Stages) -> float:
    return sum(seconds for _stage, seconds in stages)


def _until_in_place(port: PluginPort) -> float:
    """How long until the punch is over. Raises DawError."""
    began = time.monotonic()
    wait_for(lambda: port.status().punch.state >= PunchState.IN_PLACE, _PUNCH_SECONDS, "the last take")
    if (punched := port.status().punch).state is not PunchState.IN_PLACE:
        raise DawError(f"Not all takes came: {punched.sentence}")
    return time.monotonic() - began


def _pressed(ardour: Headless, port: PluginPort) -> Stages:
    """Punch, off and on again, until its first take is in place: what went on, in order."""
    ardour.set("Punch", 0)
    time.sleep(1)  # blocks in which it is seen off
    before, began = port.status().takes, time.monotonic()
    ardour.set("Punch", 1)
    seen = [("key", began)]
    while (status := port.status()).takes == before:
        if time.monotonic() - began > _PUNCH_SECONDS or status.punch.state > PunchState.IN_PLACE:
            raise DawError(f"No take came: {status.punch.sentence}")
        if (stage := _stage_of(status.punch)) not in (seen[-1][0], "in place"):
            seen.append((stage, time.monotonic()))
        time.sleep(_LOOK_SECONDS)
    ends = [when for _stage, when in seen[1:]] + [time.monotonic()]
    return tuple((stage, end - start) for (stage, start), end in zip(seen, ends, strict=True))


def _say_what(environment: Mapping[str, str], takes: int) -> None:
    """As it is typed. Raises DawError."""
    done = subprocess.run(
        module_command("engine", "daw", "ask", "--prompt", PROMPT, "--takes", str(takes), "--mode", "transfer"),
        env=dict(environment), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise DawError(f"What to make could not be said: {done.stderr.strip()[-300:]}")


def _stage_of(news: Punched) -> str:
    """What goes on, in a word."""
    found = re.fullmatch(r"The engine makes the takes: (.+)\.", news.sentence)
    return found[1] if found else _STAGES.get(news.state, "in place")


def _fetched(plugin: Announcement, region: Region, folder: Path) -> tuple[Samples, int]:
    """What passed there, with handles, and the frame it begins at."""
    daw = PluginDaw(partial(PluginPort.connect, plugin), f"{region.start}f..{region.end}f")
    excerpt = daw.export(daw.selection(), _HANDLES, folder)
    return read_samples(excerpt.path), excerpt.start


def _heard_take(plugin: Announcement) -> Samples:
    with PluginPort.connect(plugin) as port:
        held = next(take for take in port.takes() if take.leads)
    return read_samples(Path(held.path))
