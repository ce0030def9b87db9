"""A real Audacity, what is played to it and what is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from plugin_host.bridge import Placement
from plugin_host.daws.audacity.adapter import Audacity
from plugin_host.daws.audacity.commands import command, select_time, select_track
from plugin_host.daws.audacity.own import OwnAudacity, what_is_missing
from plugin_host.daws.audacity.pipe import Pipe
from plugin_host.timeline import Region, Take

Sound = npt.NDArray[np.float32]

RATE = 48_000
FRAMES = 6 * RATE
REGION = Region(100_003, 50_001, RATE)
MISSING = what_is_missing()

# One worker has them all: there is one pair of pipes, and a start takes longer than all that is asked.
NEEDS_AUDACITY = [
    pytest.mark.xdist_group("daw"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    pytest.mark.timeout(900),
]


@dataclass(frozen=True)
class Session:
    """A running Audacity."""

    own: OwnAudacity
    pipe: Pipe
    audacity: Audacity


def noise(seed: int, channels: int, frames: int = FRAMES) -> Sound:
    """[frames, channels]."""
    return np.random.default_rng(seed).normal(0, 0.1, (frames, channels)).astype(np.float32)


def opened(session: Session, path: Path, sound: Sound, rate: int = RATE) -> Sound:
    """A recording on a track of the project."""
    soundfile.write(path, sound, rate, subtype="FLOAT")
    session.pipe.ask(command("Import2", Filename=str(path)))
    return sound


def read(path: Path) -> Sound:
    """[frames, channels]."""
    sound: Sound = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return sound


def played(session: Session, track: int, folder: Path) -> tuple[Sound, int]:
    """What a track plays around the region, and on which frame that begins."""
    session.pipe.ask(select_track(track))
    session.pipe.ask(select_time(REGION))
    excerpt = session.audacity.export(session.audacity.selection(), 100, folder)
    return read(excerpt.path), REGION.start - excerpt.start


def three_takes(session: Session, folder: Path) -> list[Take]:
    """Of the region, which is selected."""
    session.pipe.ask(select_time(REGION))
    takes = []
    for number in range(3):
        path = folder / f"take {number}.wav"
        soundfile.write(path, noise(number, 2, REGION.frames), RATE, subtype="FLOAT")
        takes.append(Take(path, REGION, path.stem))
    return takes


def joined(session: Session, takes: list[Take]) -> list[str]:
    """All but the first come one by one; returns the names of tracks."""
    for number in range(1, len(takes)):
        session.audacity.join(takes[number : number + 1], Placement.TRACK, takes[:number])
    return [track.name for track in session.audacity.tracks()]


def check_sounds(session: Session, names: list[str], folder: Path) -> None:
    """Every track of a take has its samples."""
    for track, name in enumerate(names):
        if name.startswith("take"):
            sound, start = played(session, track, folder)
            assert np.array_equal(sound[start : start + REGION.frames], read(folder / f"{name}.wav"))


def whole(folder: Path) -> Sound:
    """What the recording has in the region."""
    return read(folder / "scene.wav")[REGION.start : REGION.end]
