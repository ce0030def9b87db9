"""Files of sound: whether something is in them, and what takes say of their own place on the timeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from engine.errors import EngineError
from engine.history import begins_at
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take

SILENT = (
    "There is silence in what you selected, and restyled silence is silence: choose a new sound (generate), "
    "have it filled so that it fits (inpaint), or select what can be heard."
)
_INAUDIBLE = 10 ** (-90 / 20)
_BLOCK_FRAMES = 65_536


def header_of(path: Path) -> tuple[int, int]:
    """Frames and sample rate of a sound file. Raises DawError."""
    try:
        header = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise DawError(f"{path} can't be read as sound ({error}).") from error
    return header.frames, header.samplerate


def is_silent(path: Path, start: int, frames: int) -> bool:
    """Whether nothing of these frames can be heard. Raises DawError."""
    try:
        with soundfile.SoundFile(path) as sound:
            sound.seek(start)
            blocks = sound.blocks(_BLOCK_FRAMES, frames=frames, dtype="float32", always_2d=True)
            return all(np.abs(block).max(initial=0.0) < _INAUDIBLE for block in blocks)
    except (soundfile.LibsndfileError, OSError) as error:
        raise DawError(f"{path} can't be read as sound ({error}).") from error


def take_at(path: Path) -> Take:
    """A take by its file alone: it lies where the file's time stamp (bext) says. Raises DawError."""
    frames, rate = header_of(path)
    try:
        start = begins_at(path)
    except EngineError as error:
        raise DawError(error.sentence) from error
    if start is None:
        raise DawError(
            f"{path} does not say where on the timeline it belongs: it has no time stamp. Takes have one; "
            'a recording gets one from its recorder, or as "time reference" of a Broadcast WAV in an editor.'
        )
    if not frames:
        raise DawError(f"{path} holds no sound.")
    return Take(path, Region(start, frames, rate), path.stem)
