"""What somebody does in a real Audacity between two takes, by its mouse and its keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from plugin_host.bridge import Placement
from plugin_host.daws.audacity.commands import select_time, select_track
from tests.plugin_host.daws.audacity.real import (
    NEEDS_AUDACITY,
    REGION,
    Session,
    check_sounds,
    joined,
    noise,
    opened,
    played,
    three_takes,
)

pytestmark = NEEDS_AUDACITY
BESIDE_THE_RECORDING = ("1200", "250")  # on its track, in the window
TRIES = 6


def test_what_was_done_between_two_takes_stays(session: Session, tmp_path: Path) -> None:
    """What comes then is a step of its own."""
    opened(session, tmp_path / "scene.wav", noise(1, 2))
    takes = three_takes(session, tmp_path)
    session.audacity.insert(takes[:1], Placement.TRACK)
    silence_by_hand(session)
    names = joined(session, takes)
    assert names == ["scene", "take 0", "Punch-In", "take 1", "take 2", "Punch-In"]
    check_sounds(session, names, tmp_path)
    session.pipe.ask("Undo:")
    assert [track.name for track in session.audacity.tracks()] == ["scene", "take 0", "Punch-In"]
    sound, start = played(session, 0, tmp_path)
    assert not np.any(sound[start : start + REGION.frames])


def silence_by_hand(session: Session) -> None:
    """The region of the first track, with the key: commands of the pipe make no steps to undo.

    The tracks take keys once they were clicked on; before, a label's words or a tool bar may have them.
    """
    if shutil.which("xdotool") is None:
        pytest.skip("needs xdotool (Debian's package of that name)")
    window = ["search", "--onlyvisible", "--class", "audacity", "windowactivate", "--sync"]
    for _try in range(TRIES):
        _by_hand(session, *window, "mousemove", "--window", "%1", *BESIDE_THE_RECORDING, "click", "1")
        session.pipe.ask(select_track(0))
        session.pipe.ask(select_time(REGION))
        _by_hand(session, "key", "ctrl+l")
        if _is_silenced(session):
            return
    pytest.fail("the key was not heard")


def _by_hand(session: Session, *words: str) -> None:
    """A window that closes while windows are listed ends xdotool: who asks tries again."""
    environment = {**os.environ, **session.own.environment}
    subprocess.run(["xdotool", *words], env=environment, capture_output=True, check=False)


def _is_silenced(session: Session) -> bool:
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        if "Undo Silence" in session.pipe.ask("GetInfo: Type=Menus"):
            return True
        time.sleep(0.2)
    return False
