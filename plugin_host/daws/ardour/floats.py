"""What the script in Ardour writes, as a WAV file: blocks of floats, in each one channel after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from plugin_host.errors import DawError

_WAV = 0xF0000000  # bytes of sound that fit into a plain one


def write_wav(raw: Path, path: Path, frames: int, channels: int, block: int, sample_rate: int) -> None:
    """``frames`` of each channel, ``block`` at a time but for the last; whole or not. Raises DawError."""
    draft = path.with_suffix(".part")
    try:
        if raw.stat().st_size != frames * channels * 4:
            raise DawError("Ardour did not write all of the selection: the disk may be full.")
        container = "WAV" if frames * channels * 4 < _WAV else "RF64"
        with (
            raw.open("rb") as file,
            soundfile.SoundFile(draft, "w", sample_rate, channels, "FLOAT", format=container) as out,
        ):
            for start in range(0, frames, block):
                count = min(block, frames - start)
                planes = np.frombuffer(file.read(count * channels * 4), "<f4")
                out.write(planes.reshape(channels, count).T)
        draft.replace(path)
    except (OSError, soundfile.LibsndfileError) as error:
        raise DawError(f"The selection can't be written into {path.parent}: is the disk full?") from error
    finally:
        draft.unlink(missing_ok=True)
