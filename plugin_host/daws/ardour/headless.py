"""Ardour's engine without a window (``headless.lua``): no screen is needed, and its plugins are LV2s."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.config import HOME_VARIABLE
from plugin_host.daws.ardour.comparison import Samples, read_samples
from plugin_host.daws.ardour.own import wait_for
from plugin_host.errors import DawError
from plugin_host.vst3.found import Announcement, instances

_SCRIPT = Path(__file__).with_name("headless.lua")
_NAMES = ("ardour8", "ardour7")
# Ardour's export and its butler wait for each other now and then: two times in twelve on a busy machine.
_TRIES, _EXPORT_SECONDS = 4, 90.0
_RECORD = """
Route:rec_enable_control ():set_value (1, PBD.GroupControlDisposition.NoGroup)
sleep (1)
Session:maybe_enable_record ()
roll (0)
sleep (SECONDS)
stop ()
sleep (1)
Route:rec_enable_control ():set_value (0, PBD.GroupControlDisposition.NoGroup)
Session:disable_record (false, false)
local regions, region = Route:to_track ():playlist ():region_list (), nil
for each in regions:iter () do region = each end
local audio = region:to_audioregion ()
audio:set_fade_in_active (false)
audio:set_fade_out_active (false)
"""
_PATHS = """
return region:source (0):to_filesource ():path () .. "\t" .. region:source (1):to_filesource ():path ()
"""
_INSERT = """
Plugin = ARDOUR.LuaAPI.new_plugin (Session, "urn:punch-in:plugin:stereo", ARDOUR.PluginType.LV2, "")
if Plugin:isnil () then error ("the plugin is not there") end
return Route:add_processor_by_index (Plugin, 0, nil, true)
"""
_SET = """
local insert = Plugin:to_insert ()
local plugin = insert:plugin (0)
for number = 0, plugin:parameter_count () - 1 do
    local port = plugin:nth_parameter (number, false)
    if plugin:parameter_label (port) == "LABEL" then
        return ARDOUR.LuaAPI.set_plugin_insert_param (insert, number, VALUE)
    end
end
error ("the plugin has no LABEL")
"""
_BOUNCE = """
local track, thread = Route:to_track (), ARDOUR.InterThreadInfo ()
local region = track:bounce_range (0, FRAMES, thread, Plugin, true, "bounced")
if region:isnil () then error ("nothing was bounced") end
"""


def missing() -> str:
    """The program that is not here, or ""."""
    return "" if _program("lua") and _program("export") else "Ardour's command line programs (Debian: ardour)"


@dataclass(frozen=True)
class Headless:
    """A running engine of Ardour's with one track."""

    process: subprocess.Popen[str]
    environment: Mapping[str, str]

    def lua(self, text: str) -> str:
        """What that comes to inside. Raises DawError with its error."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text + "\n.\n")
            self.process.stdin.flush()
        for line in self.process.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "error":
                raise DawError(f"Ardour's Lua failed: {rest}")
            if word == "answer":
                return rest
        raise DawError("Ardour's engine has ended.")

    def record(self, seconds: float) -> Samples:
        """Noise from its inputs, so long, onto the track from its start; what is in the track's files."""
        return _sound(self.lua(_RECORD.replace("SECONDS", str(seconds)) + _PATHS))

    def insert_plugin(self) -> Announcement:
        """As the track's first; how to reach it. Raises DawError."""
        if self.lua(_INSERT) != "0":
            raise DawError("Ardour did not take the plugin.")
        home = Path(self.environment[HOME_VARIABLE])
        wait_for(lambda: bool(instances(home)), 20, "the plugin to announce itself")
        return instances(home)[0]

    def set(self, label: str, value: float) -> None:
        """A parameter of the plugin, as its window does it. Raises DawError."""
        if self.lua(_SET.replace("LABEL", label).replace("VALUE", str(value))) != "true":
            raise DawError(f"The plugin's {label} can't be set.")

    def bounce(self, frames: int) -> Samples:
        """The track from its start through the plugin, as Ardour writes it. Raises DawError."""
        return _sound(self.lua(_BOUNCE.replace("FRAMES", str(frames)) + _PATHS))

    def save(self) -> None:
        """The session, with what the plugin keeps in it."""
        self.lua('Session:save_state ("", false, false, false, false, false)')


@contextlib.contextmanager
def headless(folder: Path, lv2: Path, block: int = 1024) -> Iterator[Headless]:
    """The engine with a new session, in a home of its own under ``folder``. Raises DawError.

    ``lv2`` is the plugin's bundle; ``block`` the frames that are processed at once.
    """
    if missing():
        raise DawError(f"This needs {missing()}.")
    environment = _environment(folder, lv2) | {"PUNCHIN_BLOCK": str(block)}
    with (folder / "ardour.log").open("wb") as log:
        process = subprocess.Popen(
            [_program("lua"), str(_SCRIPT)],
            env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            yield Headless(process, environment)
            process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()


def export(ardour: Headless, target: Path) -> Samples:
    """The closed session's master, written by ``ardour-export`` from the session's file. Raises DawError."""
    session = ardour.environment["PUNCHIN_SESSION"]
    command = [_program("export"), "-b", "float", "-o", str(target), session, "session"]
    for _try in range(_TRIES):
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                command, env=dict(ardour.environment), timeout=_EXPORT_SECONDS,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode == 0 and target.is_file():
                return read_samples(target)
            raise DawError(f"Ardour did not export the session: {done.stderr.strip()[-300:]}")
    raise DawError("Ardour's export did not come to an end.")


def _program(kind: str) -> str:
    return next((path for name in _NAMES if (path := shutil.which(f"{name}-{kind}"))), "")


def _environment(folder: Path, lv2: Path) -> dict[str, str]:
    home = folder / "home"
    home.mkdir(parents=True)
    environment = {
        **os.environ,
        "HOME": str(home),
        HOME_VARIABLE: str(folder / "punchin"),
        "LV2_PATH": f"{lv2.parent}:/usr/lib/lv2",
        "PUNCHIN_SESSION": str(folder / "session"),
    }
    environment.pop("XDG_CONFIG_HOME", None)
    return environment


def _sound(paths: str) -> Samples:
    return np.concatenate([read_samples(Path(path)) for path in paths.split("\t")], axis=1)
