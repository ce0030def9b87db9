"""Takes as files: exact outside the mask, whole or not there at all, at constant memory.

A take of a WAV, RF64, W64, AIFF, CAF or AU recording is its bytes, copied, with the masked samples
overwritten, so that markers, time stamps and unknown chunks come along. (Peak and overview chunks,
which would be wrong, become padding.) FLAC is decoded and encoded again, and so is a take whose name
asks for another container; then the tags that libsndfile knows come along, and all chunks from WAV to
WAV. Apple Lossless and lossy recordings come back as plain samples (``formats.py`` says why).
What a take says of itself (``notes.py``) is written behind the last of its samples, when all is known.
Everything encoded is read back and compared before the file takes its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from engine.audio.atomic import PartFile, new_file
from engine.audio.chunks import SampleLayout, plain_layout
from engine.audio.ebu_meter import EbuMeter
from engine.audio.encoder import BLOCK_SAMPLES, Encoder, not_as_written
from engine.audio.formats import (
    Samples,
    TakeFormat,
    byte_order,
    encode,
    exact_dtype,
    exact_format,
    new_format,
    quantise,
    sample_bytes,
)
from engine.audio.region import Region, Span
from engine.audio.source import (
    SourceInfo,
    check_layout,
    damaged,
    inspect_recording,
    open_bytes,
    open_sound,
    seek_exactly,
)
from engine.audio.take import Put, Take
from engine.errors import EngineError, ErrorCode
from engine.takes.credit import credited_tags
from engine.takes.notes import Notes, note_copy, note_encoded, note_new, restate_loudness

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class _Filling:
    """A part file that is being filled: with samples, with what is said of them, and then checked."""

    put: Put
    note: Callable[[Notes], None]
    check: Callable[[], None]


# Generated sound has no more than 24 bits to say, and every host reads them.
DEFAULT_SUBTYPE = "PCM_24"

_COPY_BYTES = 1 << 20

_WITH_BEXT = ("WAV", "WAVEX", "RF64")


def write_spliced(
    source: Path,
    output: Path,
    region: Region,
    blocks: Iterable[Float32],
    *,
    mask: Sequence[Span] = (),
    overwrite: bool = False,
    credit: str = "",
) -> None:
    """The recording with the region's masked spans taken from ``blocks``; see ``spliced_take``."""
    info = inspect_recording(source)
    with spliced_take(info, output, region, mask=mask, overwrite=overwrite, credit=credit) as take:
        for block in blocks:
            take.push(block)


def write_new(
    output: Path,
    blocks: Iterable[Float32],
    sample_rate: int,
    channels: int,
    frames: int,
    *,
    subtype: str = DEFAULT_SUBTYPE,
    overwrite: bool = False,
) -> None:
    """A new sound of exactly ``frames``; see ``new_take``."""
    with new_take(output, sample_rate, channels, frames, subtype=subtype, overwrite=overwrite) as take:
        for block in blocks:
            take.push(block)


@contextmanager
def spliced_take(
    info: SourceInfo,
    output: Path,
    region: Region,
    *,
    mask: Sequence[Span] = (),
    overwrite: bool = False,
    credit: str = "",
) -> Iterator[Take]:
    """A copy of a recording whose region is pushed, block by block; it exists once the block ends well.

    Rate, channels and length are the recording's, and its encoding where that is exact; every frame
    outside the mask is the original, bit for bit. mask: spans of the region in frames, in order; none:
    all of it. credit: says who made the region (``credit.py``); "" for nobody.
    Raises NOT_FOUND, BAD_AUDIO, FILE_EXISTS, CANT_WRITE, or BAD_ARGUMENT for a name that can't be exact.
    """
    wanted = exact_format(info, output)
    _check_unchanged(info)
    spans = _spans(mask, region)
    layout = plain_layout(info) if wanted == TakeFormat(info.format, info.subtype, info.endian) else None
    with new_file(output, overwrite) as part:
        filling = (
            _encoded(part, info, region, spans, wanted, credit)
            if layout is None
            else _patched(part, info, region, spans, layout)
        )
        whole = region.frames == info.frames
        meter = _meter(wanted, info.sample_rate, info.channels) if whole else None
        with _filled(filling, Take(wanted.subtype, region.frames, info.channels, credit, meter)) as take:
            yield take
        if any(start < end for start, end in spans):
            restate_loudness(part, take.loudness())
        _check_file(part.path, info, wanted)
    take.path = part.placed


@contextmanager
def cut_take(
    info: SourceInfo,
    output: Path,
    region: Region,
    *,
    mask: Sequence[Span] = (),
    overwrite: bool = False,
    credit: str = "",
    elsewhere: Callable[[], Path] | None = None,
) -> Iterator[Take]:
    """The region of a recording as a file of its own; otherwise like ``spliced_take``, without its tags.

    (A time stamp or a marker of the whole recording would be wrong in a part of it.)
    elsewhere: as ``new_file`` has it; ``Take.path`` says what the file is called in the end.
    """
    wanted = exact_format(info, output)
    _check_unchanged(info)
    with new_file(output, overwrite, elsewhere) as part:
        filling = _cut(part, info, region, _spans(mask, region), wanted, credit)
        meter = _meter(wanted, info.sample_rate, info.channels)
        with _filled(filling, Take(wanted.subtype, region.frames, info.channels, credit, meter)) as take:
            yield take
    take.path = part.placed


@contextmanager
def new_take(
    output: Path,
    sample_rate: int,
    channels: int,
    frames: int,
    *,
    subtype: str = DEFAULT_SUBTYPE,
    overwrite: bool = False,
    credit: str = "",
    elsewhere: Callable[[], Path] | None = None,
) -> Iterator[Take]:
    """A new sound of exactly ``frames``, in its suffix's format; it exists once the block ends well.

    elsewhere: as ``new_file`` has it; ``Take.path`` says what the file is called in the end.
    Raises FILE_EXISTS, CANT_WRITE, or BAD_ARGUMENT for a format that can't be written.
    """
    check_layout(sample_rate, channels, str(output))
    wanted = new_format(output, subtype, frames, channels)
    with new_file(output, overwrite, elsewhere) as part:
        filling = _made(part, wanted, sample_rate, channels, credit)
        meter = _meter(wanted, sample_rate, channels)
        with _filled(filling, Take(subtype, frames, channels, credit, meter)) as take:
            yield take
    take.path = part.placed


@contextmanager
def _filled(opened: AbstractContextManager[_Filling], take: Take) -> Iterator[Take]:
    """The take for pushing; behind its samples go its notes, and then all is checked."""
    with opened as filling:
        take.open(filling.put)
        yield take
        take.check_complete()
    filling.note(take.notes)
    filling.check()


@contextmanager
def _patched(
    part: PartFile, info: SourceInfo, region: Region, mask: Sequence[Span], layout: SampleLayout
) -> Iterator[_Filling]:
    """The recording's bytes; what is put overwrites masked samples where they lie."""
    with open_bytes(info.path) as original:
        while data := original.read(_COPY_BYTES):
            part.write(data)
    for offset, name in layout.stale:
        part.seek(offset)
        part.write(name)
    frame_bytes = sample_bytes(info.subtype) * info.channels

    def put(position: int, block: Float32) -> None:
        for start, end in _masked(mask, position, position + len(block)):
            samples = quantise(block[start - position : end - position], info.subtype)
            part.seek(layout.data_offset + (region.start_frame + start) * frame_bytes)
            part.write(encode(samples, info.subtype, byte_order(info)))

    yield _Filling(put, lambda notes: note_copy(part, notes), lambda: None)


@contextmanager
def _encoded(
    part: PartFile,
    info: SourceInfo,
    region: Region,
    mask: Sequence[Span],
    wanted: TakeFormat,
    credit: str,
) -> Iterator[_Filling]:
    """The recording decoded and encoded again; what is put replaces masked samples on the way."""

    def note(notes: Notes) -> None:
        with open_bytes(info.path) as before:
            note_encoded(part, notes, before)

    with (
        open_sound(info.path) as original,
        Encoder.opened(
            part, wanted, info.sample_rate, info.channels, credited_tags(original.copy_metadata(), credit)
        ) as encoder,
    ):
        _copy(original, encoder, region.start_frame)
        yield _Filling(_replacing(original, encoder, mask, wanted), note, encoder.check)
        _copy(original, encoder, info.frames - region.end_frame)


@contextmanager
def _cut(
    part: PartFile,
    info: SourceInfo,
    region: Region,
    mask: Sequence[Span],
    wanted: TakeFormat,
    credit: str,
) -> Iterator[_Filling]:
    """The region decoded and encoded; what is put replaces masked samples on the way."""
    with (
        open_sound(info.path) as original,
        Encoder.opened(part, wanted, info.sample_rate, info.channels, credited_tags({}, credit)) as encoder,
    ):
        seek_exactly(original, region.start_frame)
        put = _replacing(original, encoder, mask, wanted)
        yield _Filling(put, lambda notes: note_new(part, notes), encoder.check)


@contextmanager
def _made(
    part: PartFile, wanted: TakeFormat, sample_rate: int, channels: int, credit: str
) -> Iterator[_Filling]:
    """Nothing but what is put."""
    tags = credited_tags({}, credit)
    with Encoder.opened(part, wanted, sample_rate, channels, tags) as encoder:

        def put(_: int, block: Float32) -> None:
            encoder.write(quantise(block, wanted.subtype))

        yield _Filling(put, lambda notes: note_new(part, notes), encoder.check)


def _replacing(original: sf.SoundFile, encoder: Encoder, mask: Sequence[Span], wanted: TakeFormat) -> Put:
    """Reads the original along with what is put, whose masked samples replace it, and encodes both."""

    def put(position: int, block: Float32) -> None:
        samples = _read_exactly(original, len(block))
        for start, end in _masked(mask, position, position + len(block)):
            span = slice(start - position, end - position)
            samples[span] = quantise(block[span], wanted.subtype)
        encoder.write(samples)

    return put


def _copy(original: sf.SoundFile, encoder: Encoder, frames: int) -> None:
    step = max(1, BLOCK_SAMPLES // original.channels)
    for start in range(0, frames, step):
        encoder.write(_read_exactly(original, min(step, frames - start)))


def _read_exactly(original: sf.SoundFile, frames: int) -> Samples:
    try:
        samples: Samples = original.read(frames, dtype=exact_dtype(original.subtype), always_2d=True)
    except sf.LibsndfileError as error:
        raise damaged(original.name) from error
    if len(samples) != frames:
        raise damaged(original.name)
    return samples


def _meter(wanted: TakeFormat, sample_rate: int, channels: int) -> EbuMeter | None:
    """Only a bext has a place for what it says."""
    return EbuMeter(sample_rate, channels) if wanted.format in _WITH_BEXT else None


def _spans(mask: Sequence[Span], region: Region) -> Sequence[Span]:
    return mask or ((0, region.frames),)


def _masked(mask: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    """The masked parts of [start, end)."""
    for first, last in mask:
        if first < end and last > start:
            yield max(first, start), min(last, end)


def _check_unchanged(info: SourceInfo) -> None:
    if inspect_recording(info.path) != info:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{info.path} was changed during the render; try again.")


def _check_file(path: Path, info: SourceInfo, wanted: TakeFormat) -> None:
    """The last look before the file takes its name: it is what was promised."""
    written = inspect_recording(path)
    promised = (info.sample_rate, info.channels, info.frames, wanted.format, wanted.subtype)
    found = (written.sample_rate, written.channels, written.frames, written.format, written.subtype)
    if found != promised:
        raise not_as_written()
