"""A take dragged out of the panel with the mouse, into Audacity: it is there at its full length."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from plugin_host.daws.audacity.own import PATIENT, own_audacity, own_screen, what_is_missing
from plugin_host.daws.audacity.pipe import open_pipe
from plugin_host.daws.audacity.transport import names_here

FRAMES = 91_234
RATE = 44_100

# Left of it there is room for the panel.
WINDOW = (620, 20, 860, 800)
MISSING = what_is_missing() or ("" if shutil.which("xdotool") else "This needs xdotool (a Debian package).")

pytestmark = [
    pytest.mark.xdist_group("daw"),  # one window at a time, and one pair of pipes
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A screen of its own with a window manager; gives the environment for its programs."""
    with own_screen(tmp_path) as environment:
        yield environment | {"QT_QPA_PLATFORM": "xcb"}


@pytest.fixture
def ask(screen: dict[str, str]) -> Iterator[Callable[[str], str]]:
    """Audacity on the right of the screen; sends one command to it and gives its answer."""
    with own_audacity(screen, window=WINDOW), open_pipe(names_here(), PATIENT) as pipe:
        yield pipe.ask


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


def drag(screen: dict[str, str], start: tuple[int, int], end: tuple[int, int]) -> None:
    """As a hand does it: press, go there in steps, let go."""
    xdotool(screen, "mousemove", str(start[0]), str(start[1]), "mousedown", "1")
    for step in range(1, 31):
        x, y = (round(a + (b - a) * step / 30) for a, b in zip(start, end, strict=True))
        xdotool(screen, "mousemove", str(x), str(y))
        time.sleep(0.05)
    time.sleep(1.0)
    xdotool(screen, "mouseup", "1")


@pytest.mark.timeout(600)
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
