"""An Audacity of our own on a screen of its own, from a clean home: for proofs and tests. Linux only."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from PIL import ImageGrab

from plugin_host.daws.audacity.settings import EnableModule, find_module, read_setting, write_setting
from plugin_host.daws.audacity.transport import Patience, names_here
from plugin_host.errors import DawError
from plugin_host.install import System

NEEDED = ("Xvfb", "openbox", "audacity")
# On machines with little to spare Audacity takes its time to start; then to draw and to begin to answer.
STARTING_SECONDS = 120.0
PATIENT = Patience(listener=30.0, greeting=120.0, answer=60.0, turn=120.0)
_END_SECONDS = 20.0
# The pipes have one name for each user: one Audacity at a time can have them.
_TURN_SECONDS = 280.0
SCREEN = (1500, 900)
# Of Audacity's window, in pixels: from the left, from above, wide, high.
WINDOW = (20, 20, 1460, 840)
# After a command Audacity still shows that it was busy, and draws.
_DRAWING_SECONDS = 3.0

_SETTINGS = """PrefsVersion=1.1.1r1
WantAssociateFiles=0
[Version]
Major=3
Minor=2
Micro=4
[GUI]
ShowSplashScreen=0
[Locale]
Language=en
[Update]
UpdateNoticeShown=1
DefaultUpdatesChecking=0
"""


@dataclass(frozen=True)
class OwnAudacity:
    """One that runs."""

    process: subprocess.Popen[bytes]
    environment: Mapping[str, str]

    @property
    def version(self) -> str:
        """As it says itself."""
        text = _settings(Path(self.environment["HOME"])).read_text(errors="replace")
        return ".".join(read_setting(text, "Version", key) or "?" for key in ("Major", "Minor", "Micro"))

    def picture(self, path: Path) -> Path:
        """What is on its screen, as a PNG file."""
        time.sleep(_DRAWING_SECONDS)
        ImageGrab.grab(xdisplay=self.environment["DISPLAY"]).save(path)
        return path


def what_is_missing() -> str:
    """A sentence, or "" where everything that is needed is here."""
    if sys.platform != "linux":
        return "An Audacity of one's own on a screen of its own is made on Linux only."
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"This needs {', '.join(missing)} (Debian packages of these names, in small letters)."
    if find_module(System.LINUX) is None:
        return "This needs Audacity's mod-script-pipe."
    return ""


@contextlib.contextmanager
def own_screen(folder: Path) -> Iterator[dict[str, str]]:
    """A screen with a window manager and a home in ``folder``; the environment for its programs."""
    read, write = os.pipe()
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as number:
        display = f":{number.readline().strip()}"
    home = folder / "account"
    home.mkdir(parents=True)
    environment = os.environ | {"DISPLAY": display, "HOME": str(home)}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    manager = subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield environment
    finally:
        for process in (manager, server):
            _end(process)


@contextlib.contextmanager
def own_audacity(
    environment: dict[str, str], module: bool = True, window: tuple[int, int, int, int] = WINDOW
) -> Iterator[OwnAudacity]:
    """Audacity on that screen, as soon as it has its pipes. Raises DawError where the user's own has them."""
    with FileLock(Path(tempfile.gettempdir()) / "punchin-own-audacity.lock", timeout=_TURN_SECONDS):
        _make_room()
        configure(Path(environment["HOME"]), module, window)
        process = subprocess.Popen(
            ["audacity"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            if module:
                names = names_here()
                pipes = (Path(names.commands), Path(names.answers))
                _wait(lambda: all(pipe.exists() for pipe in pipes), "Audacity does not open its pipes.")
            yield OwnAudacity(process, environment)
        finally:
            process.kill()  # asked to end, it would ask whether to save
            process.wait(_END_SECONDS)
            _remove_pipes()


def configure(home: Path, module: bool, window: tuple[int, int, int, int]) -> None:
    """As if the user had started it before, and allowed scripts."""
    text = _SETTINGS
    temporary = home / "audacity-work"  # beside the user's own it would find projects to recover
    temporary.mkdir(parents=True, exist_ok=True)
    text = write_setting(text, "Directories", "TempDir", str(temporary))
    for key, value in zip(("X", "Y", "Width", "Height"), window, strict=True):
        text = write_setting(text, "Window", key, str(value))
        text = write_setting(text, "Window", f"Normal_{key}", str(value))
    text = write_setting(text, "Window", "Maximized", "0")
    if module:
        text = enabled(text)
    path = _settings(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def enabled(text: str) -> str:
    """The settings with the module allowed, as ``punchin daw install audacity`` makes them."""
    return EnableModule(Path(), find_module(System.LINUX), running=lambda: False).apply(text)


def _settings(home: Path) -> Path:
    return home / ".config" / "audacity" / "audacity.cfg"


def _make_room() -> None:
    """Pipes of one that has died are removed; those that somebody reads are not ours to touch."""
    commands = names_here().commands
    with contextlib.suppress(OSError):
        os.close(os.open(commands, os.O_WRONLY | os.O_NONBLOCK))
        raise DawError("Audacity is running, and there is one pair of pipes for it: end it first.")
    _remove_pipes()


def _remove_pipes() -> None:
    names = names_here()
    for name in (names.commands, names.answers):
        path = Path(name)
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(path.stat(follow_symlinks=False).st_mode):
                path.unlink()


def _wait(condition: Callable[[], bool], sentence: str) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise DawError(sentence)
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
