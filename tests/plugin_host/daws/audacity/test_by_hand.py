"""What somebody does in a real Audacity between two takes.

An Audacity of its own: where one has played before, it did not hear this key.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from plugin_host.bridge import Placement
from plugin_host.daws.audacity.commands import select_track
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
    """The region of the first track, with the key: commands of the pipe make no steps to undo."""
    if shutil.which("xdotool") is None:
        pytest.skip("needs xdotool (Debian's package of that name)")
    session.pipe.ask(select_track(0))
    window = ["search", "--onlyvisible", "--class", "audacity", "windowactivate", "--sync"]
    for number in range(8):
        # Where the words of a label take keys to be meant for them, Escape leaves them.
        keys = [*(["key", "Escape"] if number % 2 else []), "key", "ctrl+l"]
        subprocess.run(["xdotool", *window, *keys], env={**os.environ, **session.own.environment}, check=True)
        deadline = time.monotonic() + 4.0
        while time.monotonic() < deadline:
            if "Undo Silence" in session.pipe.ask("GetInfo: Type=Menus"):
                return
            time.sleep(0.2)
    pytest.skip("Audacity got no key in half a minute: without one nobody has worked in between")
