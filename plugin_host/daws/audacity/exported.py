"""What Audacity has exported, made into what was asked for: it ends where its tracks end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from plugin_host.errors import DawError
from plugin_host.timeline import Region

# Audacity's setting for the format of WAV files, in libsndfile's numbers; 16 bits if nobody has chosen.
WAV_FORMAT = "/FileFormats/ExportFormat_SF1_Type/WAV_10000"
WAV_FORMAT_DEFAULT = "2"
WAV_FORMAT_FLOAT = "6"
# Audacity says where its tracks end with six digits: a hundredth of a second within three hours.
_END_SLACK = 1e-5


def complete(path: Path, wide: Region, region: Region, tracks_end: float, channels: int) -> None:
    """Checks an export of ``wide``, and fills ``region`` with silence behind the end of the tracks.

    tracks_end: seconds. Raises DawError: not floats, another rate, or other frames than those that are there.
    """
    if not path.exists():
        _write_silence(path, region.end - wide.start, channels, wide.sample_rate)
        return
    what = soundfile.info(path)
    if what.subtype != "FLOAT":
        _refuse(
            path, f"Audacity has exported {what.subtype} instead of 32-bit floats: choose those for WAV once."
        )
    if what.samplerate != wide.sample_rate or what.channels != channels:
        _refuse(path, f"Audacity has exported {what.channels} channels at {what.samplerate} Hz; try again.")
    there = round((tracks_end - wide.start / wide.sample_rate) * wide.sample_rate)
    slack = 1 + round(_END_SLACK * tracks_end * wide.sample_rate)
    if abs(what.frames - min(wide.frames, there)) > slack:
        _refuse(path, f"Audacity has exported {what.frames} frames of {wide.frames}; try again.")
    missing = region.end - wide.start - what.frames
    if missing > 0:
        _lengthen(path, missing)


def _refuse(path: Path, sentence: str) -> None:
    path.unlink()
    raise DawError(sentence)


def _write_silence(path: Path, frames: int, channels: int, sample_rate: int) -> None:
    soundfile.write(path, np.zeros((frames, channels), np.float32), sample_rate, subtype="FLOAT")


def _lengthen(path: Path, frames: int) -> None:
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    silence = np.zeros((frames, audio.shape[1]), np.float32)
    soundfile.write(path, np.concatenate([audio, silence]), rate, subtype="FLOAT")
