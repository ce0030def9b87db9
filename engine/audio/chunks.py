"""Where the samples lie inside a WAV, RF64, W64, AIFF, CAF or AU file.

Knowing that, a take can be the recording's own bytes with some samples overwritten: time stamps,
markers and every other chunk stay, whether libsndfile knows them or not. Sources: RIFF/WAVE, EBU Tech
3306 (RF64), Sony's Wave64, AIFF-C, Apple's Core Audio Format, Sun's AU.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.audio.formats import byte_order, decode, exact_dtype, sample_bytes
from engine.audio.source import SourceInfo, open_bytes, open_sound
from engine.takes.chunks import CONTAINERS, ChunkPlace, Readable, chunks_of, number, read_at

# Peak values and overviews describe samples that will no longer be there. They are renamed, which
# leaves everything in its place: readers skip padding.
_STALE = {b"PEAK": b"JUNK", b"levl": b"JUNK", b"peak": b"free", b"ovvw": b"free"}
_PLAIN_SUBTYPES = (
    "PCM_S8",
    "PCM_U8",
    "PCM_16",
    "PCM_24",
    "PCM_32",
    "FLOAT",
    "DOUBLE",
    "ULAW",
    "ALAW",
)
_PROBE_FRAMES = 4096


@dataclass(frozen=True)
class SampleLayout:
    """Where a file's first sample is, and which bytes elsewhere must change once samples do."""

    data_offset: int
    stale: tuple[tuple[int, bytes], ...]  # (offset, new bytes)


_AU_SIZE_FORMAT = {b".snd": ">I", b"dns.": "<I"}


def plain_layout(info: SourceInfo) -> SampleLayout | None:
    """Where the recording's samples lie, or None where they are compressed or can't be told.

    Trusts no header: samples decoded from the bytes there must be what libsndfile reads.
    """
    if info.subtype not in _PLAIN_SUBTYPES:
        return None
    with open_bytes(info.path) as file:
        layout = find_samples(file)
        if layout is None or not _holds_samples(file, layout, info):
            return None
    return layout


def find_samples(file: Readable) -> SampleLayout | None:
    """What the headers say of a file with plain samples, or None if it is no container known here."""
    magic = read_at(file, 0, 4)
    if magic in _AU_SIZE_FORMAT:
        return SampleLayout(number(file, 4, _AU_SIZE_FORMAT[magic]), ())
    if magic not in CONTAINERS:
        return None
    chunks = list(chunks_of(file, CONTAINERS[magic]))
    offsets = [_first_sample(file, chunk) for chunk in chunks if chunk.name in (b"data", b"SSND")]
    stale = tuple((chunk.offset, _STALE[chunk.name]) for chunk in chunks if chunk.name in _STALE)
    return SampleLayout(offsets[0], stale) if offsets else None


def _first_sample(file: Readable, chunk: ChunkPlace) -> int:
    if chunk.name == b"SSND":
        return chunk.payload + 8 + number(file, chunk.payload, ">I")
    return chunk.payload + (4 if read_at(file, 0, 4) == b"caff" else 0)  # Core Audio counts edits first


def _holds_samples(file: Readable, layout: SampleLayout, info: SourceInfo) -> bool:
    """Are the first and last frames where the layout says, as far as a probe can tell?"""
    frame_bytes = sample_bytes(info.subtype) * info.channels
    if layout.data_offset + info.frames * frame_bytes > file.seek(0, 2):
        return False
    with open_sound(info.path) as sound:
        for frame in (0, max(0, info.frames - _PROBE_FRAMES)):
            sound.seek(frame)
            expected = sound.read(_PROBE_FRAMES, dtype=exact_dtype(info.subtype), always_2d=True)
            data = read_at(file, layout.data_offset + frame * frame_bytes, len(expected) * frame_bytes)
            found = decode(data, info.channels, info.subtype, byte_order(info))
            if found.tobytes() != expected.tobytes():
                return False
    return True
