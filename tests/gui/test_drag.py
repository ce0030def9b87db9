"""A take dragged out of the panel with the mouse, into Audacity: it is there at its full length."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

NEEDED = ("Xvfb", "openbox", "xdotool", "audacity")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
PIPES = tuple(Path(f"/tmp/audacity_script_pipe.{way}.{os.getuid()}") for way in ("to", "from"))
MODULES = sorted(Path("/usr/lib").rglob("audacity/modules/mod-script-pipe.so"))
FRAMES = 91_234
RATE = 44_100

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="X11 is Linux's"),
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)} (Debian packages of these names)"),
    pytest.mark.skipif(not MODULES, reason="needs Audacity's mod-script-pipe"),
]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A screen of its own with a window manager; gives the environment for its programs."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1500x900x24", "-nolisten", "tcp"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as number:
        display = f":{number.readline().strip()}"
    home = tmp_path / "account"
    home.mkdir()
    environment = os.environ | {"DISPLAY": display, "HOME": str(home), "QT_QPA_PLATFORM": "xcb"}
    environment.pop("XDG_CONFIG_HOME", None)
    manager = subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL)
    yield environment
    for process in (manager, server):
        process.terminate()
        process.wait(20)


@pytest.fixture
def audacity(screen: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Audacity on the right of the screen, listening to its pipe."""
    configure(Path(screen["HOME"]))
    for pipe in PIPES:
        pipe.unlink(missing_ok=True)
    process = subprocess.Popen(["audacity"], env=screen, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: all(pipe.exists() for pipe in PIPES), 120, "Audacity does not open its pipe")
    yield process
    process.kill()
    process.wait(20)


def configure(home: Path) -> None:
    """As if the user had started it before, and allowed scripts."""
    folder = home / ".config" / "audacity"
    folder.mkdir(parents=True)
    module = MODULES[0]
    changed = datetime.fromtimestamp(int(module.stat().st_mtime), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    text = f"""PrefsVersion=1.1.1r1
WantAssociateFiles=0
[Version]
Major=3
Minor=2
Micro=4
[GUI]
ShowSplashScreen=0
[Locale]
Language=en
[Module]
mod-script-pipe=1
[ModulePath]
mod-script-pipe={module}
[ModuleDateTime]
mod-script-pipe={changed}
[Update]
UpdateNoticeShown=1
DefaultUpdatesChecking=0
[Window]
X=620
Y=20
Width=860
Height=800
Normal_X=620
Normal_Y=20
Normal_Width=860
Normal_Height=800
Maximized=0
"""
    for path in (folder / "audacity.cfg", home / ".audacity-data" / "audacity.cfg"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def xdotool(screen: dict[str, str], *words: str) -> str:
    """What it prints."""
    done = subprocess.run(["xdotool", *words], env=screen, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.fixture
def ask(audacity: subprocess.Popen[bytes]) -> Iterator[Callable[[str], str]]:
    """Sends one command to Audacity and gives its answer. The pipes stay open: it ends with them."""
    del audacity
    to, back = PIPES
    with to.open("w") as sent, back.open() as answers:

        def ask(command: str) -> str:
            sent.write(f"{command}\n")
            sent.flush()
            lines: list[str] = []
            while (line := answers.readline()) != "\n" or not lines:
                lines.append(line)
            return "".join(lines)

        yield ask


def drag(screen: dict[str, str], start: tuple[int, int], end: tuple[int, int]) -> None:
    """As a hand does it: press, go there in steps, let go."""
    xdotool(screen, "mousemove", str(start[0]), str(start[1]), "mousedown", "1")
    for step in range(1, 31):
        x, y = (round(a + (b - a) * step / 30) for a, b in zip(start, end, strict=True))
        xdotool(screen, "mousemove", str(x), str(y))
        time.sleep(0.05)
    time.sleep(1.0)
    xdotool(screen, "mouseup", "1")


@pytest.mark.timeout(240)
def test_a_take_dragged_into_audacity_is_imported_whole(
    screen: dict[str, str], ask: Callable[[str], str], tmp_path: Path
) -> None:
    """To the frame."""
    take = tmp_path / "take.wav"
    soundfile.write(take, np.random.default_rng(1).normal(0, 0.1, (FRAMES, 2)), RATE, subtype="PCM_16")
    script = Path(__file__).parent / "drag_panel.py"
    work = tmp_path / "panel"
    work.mkdir()
    panel = subprocess.Popen(
        [sys.executable, str(script), str(work), str(take)], env=screen, stdout=subprocess.PIPE, text=True
    )
    try:
        assert panel.stdout is not None
        x, y = json.loads(panel.stdout.readline())
        wait_for(lambda: xdotool(screen, "search", "--onlyvisible", "--class", "audacity"), 60, "no window")
        time.sleep(2.0)
        drag(screen, (x, y), (1150, 450))
        wait_for(lambda: '"start"' in ask("GetInfo: Type=Clips Format=JSON"), 60, "Audacity has no clip")
        ask("SelectAll:")
        exported = tmp_path / "exported.wav"
        ask(f'Export2: Filename="{exported}" NumChannels=2')
        wait_for(exported.exists, 30, "Audacity exports nothing")
    finally:
        panel.terminate()
        panel.communicate(timeout=20)
    assert soundfile.info(exported).frames == FRAMES
