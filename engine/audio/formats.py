"""Which file formats can hold a take exactly, and how float samples become theirs.

Float becomes integer by rounding to the nearest step, without dither: the take is the same every
time, digital silence stays silent, and what a crossfade leaves unchanged is unchanged. A generated
sound carries more noise than the dither of 16 bits would add.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from engine.audio.source import SourceInfo
from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]
Samples = NDArray[Any]  # int32 (left-justified), float32 or float64: whatever is exact

# The containers each suffix may mean; a new file gets the first.
CONTAINERS = {
    ".wav": ("WAV", "WAVEX", "RF64"),
    ".wave": ("WAV", "WAVEX", "RF64"),
    ".bwf": ("WAV", "WAVEX", "RF64"),
    ".rf64": ("RF64",),
    ".w64": ("W64",),
    ".aif": ("AIFF",),
    ".aiff": ("AIFF",),
    ".aifc": ("AIFF",),
    ".caf": ("CAF",),
    ".au": ("AU",),
    ".snd": ("AU",),
    ".flac": ("FLAC",),
}
_LOSSY_SUFFIXES = (".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".wma")

# What each encoding decodes to can be kept exactly in these, best first. Lossy ones decode to float or
# to 16 bits, and a take of them is that, because encoding them again would change every sample.
# Apple Lossless comes back unpacked: libsndfile 1.2.2 writes loud noise in it that can't be read again.
_EXACT = {
    "PCM_S8": ("PCM_S8", "PCM_U8", "PCM_16"),
    "PCM_U8": ("PCM_U8", "PCM_S8", "PCM_16"),
    "PCM_16": ("PCM_16",),
    "PCM_24": ("PCM_24",),
    "PCM_32": ("PCM_32",),
    "ALAC_16": ("PCM_16",),
    "ALAC_24": ("PCM_24",),
    "ALAC_32": ("PCM_32",),
    "FLOAT": ("FLOAT",),
    "DOUBLE": ("DOUBLE",),
    "ULAW": ("ULAW", "PCM_16"),
    "ALAW": ("ALAW", "PCM_16"),
    "VORBIS": ("FLOAT",),
    "OPUS": ("FLOAT",),
    "MPEG_LAYER_I": ("FLOAT",),
    "MPEG_LAYER_II": ("FLOAT",),
    "MPEG_LAYER_III": ("FLOAT",),
    "DWVW_24": ("PCM_24",),
}
_SIXTEEN_BITS = ("PCM_16",)  # everything else libsndfile reads: ADPCM, GSM, G.72x, DPCM

_BITS = {
    "PCM_S8": 8,
    "PCM_U8": 8,
    "PCM_16": 16,
    "PCM_24": 24,
    "PCM_32": 32,
    "ULAW": 16,
    "ALAW": 16,
}
_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}
_FLOATS = ("FLOAT", "VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III")
_COMPANDED = ("ULAW", "ALAW")

# Lengths in these headers are 32 bits; a megabyte is left for the header and other chunks.
_MAX_SMALL_BYTES = 2**32 - 2**20
_SMALL = ("WAV", "WAVEX", "AIFF", "AU")
_BIG_ENDIAN = ("AIFF", "CAF", "AU")
_MAX_FLAC_CHANNELS = 8


@dataclass(frozen=True)
class TakeFormat:
    """A container, an encoding and a byte order, in soundfile's words."""

    format: str
    subtype: str
    endian: str = "FILE"


def exact_format(info: SourceInfo, output: Path) -> TakeFormat:
    """The format in which a file named ``output`` holds the recording's samples unchanged.

    The recording's own where the suffix allows it; a recording that is stored lossily becomes 16-bit
    or float. Raises BAD_ARGUMENT when there is none.
    """
    containers = _containers(output)
    container = info.format if info.format in containers else containers[0]
    endian = info.endian if container == info.format else "FILE"
    for subtype in _EXACT.get(info.subtype, _SIXTEEN_BITS):
        if sf.check_format(container, subtype, endian):
            found = TakeFormat(container, subtype, endian)
            # The recording's own format holds it, whatever its size.
            same = container == info.format and subtype == info.subtype
            return found if same else _sized(found, info.frames, info.channels, output)
    raise EngineError(
        ErrorCode.BAD_ARGUMENT,
        f"A {output.suffix} file can't hold {info.subtype} samples exactly; name the take .wav.",
    )


def new_format(output: Path, subtype: str, frames: int, channels: int) -> TakeFormat:
    """The format of a new file named ``output``. Raises BAD_ARGUMENT when it can't have that encoding."""
    container = _containers(output)[0]
    if subtype not in _BITS and subtype not in ("FLOAT", "DOUBLE"):
        raise EngineError(ErrorCode.BAD_ARGUMENT, f"There is no lossless encoding {subtype}; choose PCM_24.")
    if not sf.check_format(container, subtype):
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"A {output.suffix} file can't hold {subtype} samples; name the take .wav.",
        )
    return _sized(TakeFormat(container, subtype), frames, channels, output)


def exact_dtype(subtype: str) -> str:
    """What to read samples of this encoding as, so that none is changed."""
    if subtype in _FLOATS:
        return "float32"
    return "float64" if subtype == "DOUBLE" else "int32"


def sample_bytes(subtype: str) -> int:
    """Size of one sample where samples lie plainly one after the other."""
    return _BYTES.get(subtype, 4)


def byte_order(info: SourceInfo) -> str:
    """LITTLE or BIG: the recording's own, or its container's where it does not say."""
    if info.endian in ("LITTLE", "BIG"):
        return info.endian
    return "BIG" if info.format in _BIG_ENDIAN else "LITTLE"


def quantise(waveform: Float32, subtype: str) -> Samples:
    """Float samples as the encoding's own: what reading them back will give, exactly.

    waveform: (frames, channels), full scale at 1; what is beyond full scale of an integer encoding
    is cut. Returns the same shape in ``exact_dtype``.
    """
    if subtype not in _BITS:
        return waveform.astype(exact_dtype(subtype))
    bits = _BITS[subtype]
    scale = 2.0 ** (bits - 1)
    steps = np.clip(np.rint(waveform.astype(np.float64) * scale), -scale, scale - 1.0)
    samples: Samples = (steps.astype(np.int64) << (32 - bits)).astype(np.int32)
    if subtype in _COMPANDED:
        encoded = encode(samples, subtype, "LITTLE")
        return decode(encoded, samples.shape[1], subtype, "LITTLE")
    return samples


def encode(samples: Samples, subtype: str, endian: str) -> bytes:
    """Exact samples (frames, channels) as they lie in a file, one after the other."""
    plain = io.BytesIO()
    with sf.SoundFile(plain, "w", 48_000, samples.shape[1], subtype, endian, "RAW") as sound:
        sound.write(samples)
    return plain.getvalue()


def decode(data: bytes, channels: int, subtype: str, endian: str) -> Samples:
    """The opposite of ``encode``."""
    with sf.SoundFile(io.BytesIO(data), "r", 48_000, channels, subtype, endian, "RAW") as sound:
        samples: Samples = sound.read(dtype=exact_dtype(subtype), always_2d=True)
    return samples


def _containers(output: Path) -> tuple[str, ...]:
    suffix = output.suffix.lower()
    if suffix in CONTAINERS:
        return CONTAINERS[suffix]
    better = output.with_suffix(".wav").name
    if suffix in _LOSSY_SUFFIXES:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"A {suffix} file changes every sample when it is written; name the take {better} instead.",
        )
    raise EngineError(
        ErrorCode.BAD_ARGUMENT, f'Takes can\'t be written as "{output.name}"; name the take {better} instead.'
    )


def _sized(wanted: TakeFormat, frames: int, channels: int, output: Path) -> TakeFormat:
    """The format, if it can be so big and so wide; a WAV above 4 GB becomes RF64, its 64-bit form."""
    if wanted.format == "FLAC" and channels > _MAX_FLAC_CHANNELS:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"A {output.suffix} file holds at most {_MAX_FLAC_CHANNELS} channels of the {channels}; "
            "name the take .wav.",
        )
    size = frames * channels * sample_bytes(wanted.subtype)
    if wanted.format not in _SMALL or size <= _MAX_SMALL_BYTES:
        return wanted
    if wanted.format in ("AIFF", "AU"):
        raise EngineError(
            ErrorCode.TOO_MUCH, f"A {output.suffix} file holds at most 4 GB; name the take .wav or .caf."
        )
    return TakeFormat("RF64", wanted.subtype)
