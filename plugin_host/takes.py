"""A take's file, and what it says of its own place on the timeline."""

from __future__ import annotations

from pathlib import Path

import soundfile

from engine.errors import EngineError
from engine.history import begins_at
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take


def header_of(path: Path) -> tuple[int, int]:
    """Frames and sample rate of a sound file. Raises DawError."""
    try:
        header = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise DawError(f"{path} can't be read as sound ({error}).") from error
    return header.frames, header.samplerate


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
