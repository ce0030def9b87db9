"""The broadcast extension of a WAV file: who made it, when, and where on the timeline it begins.

Source: EBU Tech 3285, version 2 of the chunk. Its texts are ASCII; what is not is written in the nearest
letters, and whole in the iXML beside it.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass

_TEXTS = (256, 32, 32, 10, 8)  # bytes of description, originator, its reference, date and time
_FIXED = struct.Struct("256s32s32s10s8s")
_NUMBERS = "QH64s5h180s"
FIXED_BYTES = 602
VERSION = 2
# A line is written at each step of a file's life: this is some hundred of them.
MAX_HISTORY_BYTES = 16 * 1024
_UNKNOWN = 0x7FFF  # of a loudness
_MOST = 9_999  # hundredths; what is beyond is not valid, and says nothing
# Where in the chunk they are.
VERSION_AT = 346
LOUDNESS_AT = 412
_LAST_FRAME = 2**64 - 1


@dataclass(frozen=True)
class Loudness:
    """What EBU R 128 measures, in LUFS, LU and dBTP; None where nobody measured it."""

    integrated: float | None = None
    range: float | None = None
    true_peak: float | None = None
    momentary: float | None = None  # the highest
    short_term: float | None = None  # the highest


@dataclass(frozen=True)
class Bext:
    """All of a bext chunk but its UMID."""

    description: str = ""
    originator: str = ""
    reference: str = ""
    date: str = ""  # yyyy-mm-dd
    time: str = ""  # hh:mm:ss
    time_reference: int = 0  # of the first frame, in frames since midnight
    history: str = ""  # lines, each ending in CR LF
    loudness: Loudness = Loudness()


def encode_loudness(loudness: Loudness, order: str = "<") -> bytes:
    """The ten bytes of the chunk that say it."""
    return struct.pack(f"{order}5h", *_hundredths(loudness))


def encode_bext(bext: Bext, order: str = "<") -> bytes:
    """The chunk's content. order: "<" in RIFF, ">" in RIFX."""
    texts = (bext.description, bext.originator, bext.reference, bext.date, bext.time)
    fields = [ascii_text(text).encode()[:size] for text, size in zip(texts, _TEXTS, strict=True)]
    numbers = struct.pack(
        f"{order}{_NUMBERS}",
        min(max(0, bext.time_reference), _LAST_FRAME),
        VERSION,
        b"",
        *_hundredths(bext.loudness),
        b"",
    )
    return _FIXED.pack(*fields) + numbers + ascii_text(bext.history).encode()[:MAX_HISTORY_BYTES]


def decode_bext(content: bytes, order: str = "<") -> Bext | None:
    """What a chunk says, of any version; None where it is too short to be one."""
    if len(content) < FIXED_BYTES:
        return None
    description, originator, reference, date, time = (_text(field) for field in _FIXED.unpack_from(content))
    frame, version, _, *loudness, _ = struct.unpack_from(f"{order}{_NUMBERS}", content, _FIXED.size)
    return Bext(
        description,
        originator,
        reference,
        date,
        time,
        frame,
        _text(content[FIXED_BYTES : FIXED_BYTES + MAX_HISTORY_BYTES]),
        _loudness(loudness) if version >= VERSION else Loudness(),
    )


def history_line(sample_rate: int, bits: int, channels: int, text: str) -> str:
    """One line of coding history (EBU R 98); more than two channels have no word there."""
    mode = {1: ",M=mono", 2: ",M=stereo"}.get(channels, "")
    return f"A=PCM,F={sample_rate},W={bits}{mode},T={text.replace(',', ';')}\r\n"


def ascii_text(text: str) -> str:
    """The nearest that ASCII has: accents go, other letters become question marks."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    )
    return plain.encode("ascii", "replace").decode()


def _text(field: bytes) -> str:
    """Up to the first zero byte; bytes beyond ASCII are what most programs mean by them."""
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")


def _hundredths(loudness: Loudness) -> list[int]:
    values = (
        loudness.integrated,
        loudness.range,
        loudness.true_peak,
        loudness.momentary,
        loudness.short_term,
    )
    return [_UNKNOWN if value is None or abs(value) * 100 > _MOST else round(value * 100) for value in values]


def _loudness(hundredths: list[int]) -> Loudness:
    return Loudness(*(None if value == _UNKNOWN else value / 100 for value in hundredths))
