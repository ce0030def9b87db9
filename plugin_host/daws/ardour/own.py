"""An Ardour of its own: a clean home, a screen nobody sees, a hand that presses keys.

All that a user has is real: the scripts that ``punchin daw install`` puts there, the key, the dialogs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from engine.config import HOME_VARIABLE, module_command
from plugin_host.daws.ardour import installation, scripts_folder
from plugin_host.daws.ardour.daw import ArdourDaw
from plugin_host.daws.ardour.places import Ardour, installed, program
from plugin_host.daws.ardour.spool import Spool, parse_lines
from plugin_host.errors import DawError
from plugin_host.install import System, Where

NEEDED = ("ardour", "Xvfb", "openbox", "xdotool", "import")
RATE = 48_000
# The program that makes sessions dies now and then, on busy machines; in Ardour 8 mostly as it ends.
_TRIES = 4
_SCREEN = 1500, 900
_TITLE = 30  # what the window's title needs of it
TRACK_Y = 290  # on the first track, in a window that fills the screen
_START_SECONDS = 120.0
_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="hide-dummy-backend" value="0"/>
    <Option name="discover-plugins-on-start" value="DISCOVER"/>
  </Config>
  <Metadata/>
  <Extra><AudioMIDISetup><EngineStates>
    <State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="" output-device=""
      sample-rate="48000" buffer-size="1024" n-periods="0" input-latency="0" output-latency="0" lm-input=""
      lm-output="" active="1" use-buffered-io="0" midi-option="No MIDI I/O" lru="1"><MIDIDevices/></State>
  </EngineStates></AudioMIDISetup></Extra>
</Ardour>
"""


def missing() -> tuple[str, ...]:
    """Programs that a round trip needs and that are not here."""
    return tuple(name for name in NEEDED if shutil.which(name) is None)


@dataclass(frozen=True)
class Session:
    """A running Ardour: its adapter, the environment of its screen, the folders of spool and scripts."""

    daw: ArdourDaw
    environment: Mapping[str, str]
    spool: Path
    scripts: Path

    def lua(self, text: str, seconds: float = 60.0) -> dict[str, list[str]]:
        """What Lua comes to inside: the table it gives, or "value". Raises DawError with its error."""
        answer = self.scripts / "trial.answer"
        answer.unlink(missing_ok=True)
        draft = self.scripts / "trial.part"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.scripts / "trial.lua")
        wait_for(answer.is_file, seconds, "an answer from Ardour's Lua")
        found = parse_lines(answer.read_text(encoding="utf-8"))
        if "error" in found:
            raise DawError(f"Ardour's Lua failed: {found['error'][0]}")
        return found

    def press(self, *keys: str) -> None:
        """As a hand does it, in the window that has the focus."""
        self._xdotool("key", "--clearmodifiers", *keys)

    def click(self, x: int, y: int) -> None:
        """With the left button."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def drag(self, x: int, y: int, to: int) -> None:
        """Sideways, with the left button."""
        self._xdotool("mousemove", str(x), str(y), "mousedown", "1", "mousemove", str((x + to) // 2), str(y))
        time.sleep(0.3)
        self._xdotool("mousemove", str(to), str(y))
        time.sleep(0.3)
        self._xdotool("mouseup", "1")

    def write(self, text: str) -> None:
        """Into what has the focus, in place of what is there."""
        self._xdotool("key", "ctrl+a")
        self._xdotool("type", "--delay", "5", text)

    def windows(self, title: str) -> list[str]:
        """The visible windows whose title has these words."""
        return self._xdotool("search", "--onlyvisible", "--name", title).split()

    def fill_screen(self, window: str) -> None:
        """Ardour 7 and 8 open their windows at places and sizes of their own."""
        width, height = _SCREEN
        self._xdotool("windowmove", window, "0", "0", "windowsize", window, str(width), str(height - _TITLE))

    def shoot(self, path: Path) -> Path:
        """A picture of the screen."""
        subprocess.run(["import", "-window", "root", str(path)], env=dict(self.environment), check=True)
        return path

    def _xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=dict(self.environment), capture_output=True, text=True, check=False
        )
        return done.stdout


@contextlib.contextmanager
def session(
    folder: Path, vst3: Path | None = None, command: tuple[str, ...] = module_command("engine")
) -> Iterator[Session]:
    """Ardour with an empty session, in a home of its own under ``folder``. Raises DawError.

    With ``vst3``, a plugin's bundle lies where Ardour looks, and it looks when it starts.
    ``command`` is what the key starts.
    """
    if missing():
        raise DawError(f"The round trip needs {', '.join(missing())}: install what is missing.")
    home = folder / "home"
    home.mkdir(parents=True)
    state = folder / "punchin"
    environment = {**os.environ, "HOME": str(home), HOME_VARIABLE: str(state)}
    environment.pop("XDG_CONFIG_HOME", None)
    ardour = _configure(Where(System.LINUX, home, command, environment), discover=vst3 is not None)
    if vst3 is not None:
        shutil.copytree(vst3, home / ".vst3" / vst3.name)
    _new_session(folder / "session", ardour.number, environment)
    with _screen(environment) as environment:
        log = (folder / "ardour.log").open("wb")
        process = subprocess.Popen(
            [program(), str(folder / "session" / "session.ardour")],
            env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            daw = ArdourDaw(Spool(state / "ardour"))
            _answering(daw)
            yield Session(daw, environment, state / "ardour", scripts_folder(ardour))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            log.close()


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Until it is so. Raises DawError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DawError(f"In vain waited for {what}.")
        time.sleep(0.05)


def _configure(where: Where, discover: bool) -> Ardour:
    """As if somebody had started Ardour before, and then installed Punch-In."""

    ardour = installed(where)[0]
    ardour.settings.mkdir(parents=True)
    (ardour.settings / "config").write_text(_CONFIG.replace("DISCOVER", str(int(discover))))
    (ardour.settings / f".a{ardour.number}").touch()
    (ardour.settings / "instant.xml").write_text("<instant><no-memory-warning/></instant>\n")
    plan = installation(where)
    for file in plan.files:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_bytes(file.content)
    for edit in plan.edits:
        edit.path.write_text(edit.apply(edit.path.read_text() if edit.path.is_file() else ""))
    _add_own_hook(scripts_folder(ardour))
    return ardour


def _add_own_hook(folder: Path) -> None:
    """The installed timer does what it does, and what it is told to from outside (``own_hook.lua``)."""
    (folder / "hook.lua").rename(folder / "installed_hook.lua")
    (folder / "hook.lua").write_bytes(files(__package__).joinpath("own_hook.lua").read_bytes())


def _new_session(folder: Path, number: int, environment: Mapping[str, str]) -> None:
    command = [f"ardour{number}-new_empty_session", "-s", str(RATE), str(folder), "session"]
    for _try in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
        if done.returncode == 0 or _is_whole(folder / "session.ardour"):
            return
    raise DawError(f"Ardour makes no session: {done.stderr.strip()[-200:]}")


def _is_whole(session: Path) -> bool:
    return session.is_file() and session.read_bytes().rstrip().endswith(b"</Session>")


@contextlib.contextmanager
def _screen(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "{}x{}x24".format(*_SCREEN), "-nolisten", "tcp"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as number:
        shown = {**environment, "DISPLAY": f":{number.readline().strip()}"}
    manager = subprocess.Popen(["openbox"], env=shown, stderr=subprocess.DEVNULL)
    try:
        yield shown
    finally:
        for process in (manager, server):
            process.terminate()
            process.wait(20)


def _answering(daw: ArdourDaw) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            daw.hello(2.0)
            return
        except DawError:
            if time.monotonic() > deadline:
                raise


def focus(ardour: Session) -> None:
    """Ardour's main window is in front, and fills the screen: what lies where is known."""
    wait_for(lambda: ardour.windows("session - Ardour"), 60, "Ardour's window")
    ardour.fill_screen(ardour.windows("session - Ardour")[-1])
    ardour.click(900, 700)
    time.sleep(0.3)
