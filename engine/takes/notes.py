"""What a take says of itself beside its samples, and where each kind of file has a place for it.

==================  ==================================================================================
WAV, new            bext, iXML (the recipes inside), cue points with labels, smpl and acid of a loop, all
                    ahead of the samples
RF64, new           the same, but only the bext ahead of the samples
WAV, RF64, spliced  the recording's own chunks, untouched; then one chunk ``pnch`` for each recipe
AIFF                one APPL chunk of the signature ``Pnch`` for each recipe, MARK
CAF                 one uuid chunk for each recipe
FLAC                comments: PUNCHIN_RECIPE for each recipe, and those of ``Notes.comments``
AU, Wave64          nothing: AU has no place, and Wave64's readers take what follows for samples
==================  ==================================================================================

FLAC and CAF hold no markers of ours. Recipes are texts here, the newest last; ``engine/takes/recipe.py``
knows what is in them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from engine.takes.additions import WAVES, Addition, add, at_end, before_samples, byte_order
from engine.takes.bext import (
    FIXED_BYTES,
    LOUDNESS_AT,
    MAX_HISTORY_BYTES,
    VERSION,
    VERSION_AT,
    Bext,
    Loudness,
    decode_bext,
    encode_bext,
    encode_loudness,
)
from engine.takes.chunks import CONTAINERS, ChunkPlace, Readable, Writable, chunk, chunks_of, number, read_at
from engine.takes.credit import credit_chunk
from engine.takes.cues import Marker, cue_chunks, mark_chunk
from engine.takes.flac_comments import MAGIC as FLAC
from engine.takes.flac_comments import Comment, add_comments, read_comments, values_of
from engine.takes.loops import LoopMark, loop_chunks

# The longest prompt with every key takes 30 kB.
MAX_RECIPE_BYTES = 2**20
MAX_IXML_BYTES = 4 * 2**20
# One for each time a recording was edited; the oldest go first.
MAX_RECIPES = 256
# Of all chunks that come along into a file that is made anew.
MAX_CARRIED_BYTES = 64 * 2**20

RECIPE_COMMENT = "PUNCHIN_RECIPE"
_WAVE_RECIPE = b"pnch"
_AIFF_RECIPE = b"Pnch"
_CAF_RECIPE = UUID("7c0e4f4a-6d6b-5b1a-9b8e-50756e63682d").bytes
_SMALL_WAVES = (b"RIFF", b"RIFX")
# What libsndfile writes itself, what is padding, and what describes samples that will be others.
_NOT_CARRIED = (
    b"fmt ",
    b"data",
    b"fact",
    b"ds64",
    b"PEAK",
    b"levl",
    b"JUNK",
    b"junk",
    b"FLLR",
    b"PAD ",
    b"FAKE",
)


@dataclass(frozen=True)
class Notes:
    """All that is known of a take by the time its samples are there."""

    credit: str = ""  # who made it (``credit.py``)
    recipe: str = ""  # how it was made
    earlier: tuple[str, ...] = ()  # recipes of what it was made of
    bext: Bext | None = None  # of a new file
    ixml: str = ""  # of a new file, with all recipes in it
    markers: tuple[Marker, ...] = ()
    loop: LoopMark | None = None  # of a new file that is one
    comments: tuple[Comment, ...] = ()  # of a FLAC file, beside the recipes

    @property
    def recipes(self) -> tuple[str, ...]:
        """Those before and this one, as many as a file may have."""
        return (*self.earlier, *((self.recipe,) if self.recipe else ()))[-MAX_RECIPES:]


@dataclass(frozen=True)
class Found:
    """What a file says of itself; recipes as they stand there, those of ``ixml`` not among them."""

    bext: Bext | None = None
    ixml: bytes = b""
    recipes: tuple[bytes, ...] = ()


def note_new(part: Writable, notes: Notes) -> None:
    """Write them into a file that was made anew and is not a recording's copy."""
    magic = read_at(part, 0, 4)
    if magic in WAVES:
        _place(part, magic, *_wave_chunks(notes, byte_order(magic)))
    else:
        _note_other(part, magic, notes, notes.recipes)


def note_copy(part: Writable, notes: Notes) -> None:
    """Write them behind a recording's own bytes, which keep what they say."""
    magic = read_at(part, 0, 4)
    if magic in WAVES:
        _append(part, _recipe_chunks(notes, magic, part) + credit_chunk(part, notes.credit))
    else:
        _note_other(part, magic, notes, (notes.recipe,) if notes.recipe else ())
        _append(part, credit_chunk(part, notes.credit))


def note_encoded(part: Writable, notes: Notes, original: Readable) -> None:
    """Write them into a recording that was encoded anew, together with what the original said."""
    magic = read_at(part, 0, 4)
    if magic not in WAVES:
        _note_other(part, magic, notes, notes.recipes)
        return
    before = read_at(original, 0, 4)
    if before in WAVES and byte_order(before) == byte_order(magic):
        _place(part, magic, *carried_chunks(original))
    else:
        earlier = (chunk(_WAVE_RECIPE, text.encode(), byte_order(magic)) for text in notes.earlier)
        _append(part, b"".join(earlier))
    _append(part, _recipe_chunks(notes, magic, part))


def restate_loudness(part: Writable, loudness: Loudness) -> None:
    """What a recording's own time stamp says of samples that are others now; earlier versions say nothing."""
    magic = read_at(part, 0, 4)
    if magic not in WAVES:
        return
    order = byte_order(magic)
    for place in list(chunks_of(part, CONTAINERS[magic])):
        is_bext = place.name == b"bext" and place.size >= FIXED_BYTES
        if is_bext and number(part, place.payload + VERSION_AT, f"{order}H") >= VERSION:
            part.seek(place.payload + LOUDNESS_AT)
            part.write(encode_loudness(loudness, order))


def read_notes(file: Readable) -> Found:
    """What a file says of itself; one that says nothing, or is no sound, says just that."""
    magic = read_at(file, 0, 4)
    if magic == FLAC:
        texts = values_of(read_comments(file), RECIPE_COMMENT)[-MAX_RECIPES:]
        return Found(recipes=tuple(text.encode() for text in texts if len(text) <= MAX_RECIPE_BYTES))
    if magic not in CONTAINERS:
        return Found()
    return _read_chunks(file, magic)


def carried_chunks(original: Readable) -> tuple[bytes, bytes]:
    """The bext of a WAV recording, and its other chunks that stay true in a file encoded anew."""
    magic = read_at(original, 0, 4)
    bext: list[bytes] = []
    others: list[bytes] = []
    size = 0
    for place in chunks_of(original, CONTAINERS[magic]):
        if place.name in _NOT_CARRIED or place.size < 0 or _is_info(original, place):
            continue
        size += place.size
        if size > MAX_CARRIED_BYTES:
            break
        content = read_at(original, place.payload, place.size)
        if len(content) == place.size:
            carried = bext if place.name == b"bext" else others
            carried.append(chunk(place.name, content, byte_order(magic)))
    return b"".join(bext), b"".join(others)


def _is_info(file: Readable, place: ChunkPlace) -> bool:
    """libsndfile's own tags, which it writes again."""
    return place.name == b"LIST" and read_at(file, place.payload, 4) == b"INFO"


def _wave_chunks(notes: Notes, order: str) -> tuple[bytes, bytes]:
    """The bext, and what else a new file says."""
    ixml = notes.ixml.encode("utf-8", "replace")
    bext = chunk(b"bext", encode_bext(notes.bext, order), order) if notes.bext else b""
    said = chunk(b"iXML", ixml, order) if ixml else b""
    return bext, said + cue_chunks(notes.markers, order) + loop_chunks(notes.loop, order)


def _recipe_chunks(notes: Notes, magic: bytes, file: Readable) -> bytes:
    """The newest recipe, and the markers where the recording has none of its own."""
    order = byte_order(magic)
    recipe = chunk(_WAVE_RECIPE, notes.recipe.encode(), order) if notes.recipe else b""
    return recipe + (b"" if _has(file, magic, b"cue ") else cue_chunks(notes.markers, order))


def _has(file: Readable, magic: bytes, name: bytes) -> bool:
    return any(place.name == name for place in chunks_of(file, CONTAINERS[magic]))


def _note_other(part: Writable, magic: bytes, notes: Notes, recipes: tuple[str, ...]) -> None:
    """Recipes and markers where there is no bext."""
    if magic == FLAC:
        add_comments(part, [*notes.comments, *((RECIPE_COMMENT, text) for text in recipes)])
    elif magic == b"FORM":
        marks = b"" if _has(part, magic, b"MARK") else mark_chunk(notes.markers)
        _append(part, b"".join(chunk(b"APPL", _AIFF_RECIPE + text.encode(), ">") for text in recipes) + marks)
    elif magic == b"caff":
        _append(part, b"".join(map(_uuid_chunk, recipes)))


def _uuid_chunk(text: str) -> bytes:
    content = _CAF_RECIPE + text.encode()
    return b"uuid" + struct.pack(">q", len(content)) + content


def _place(part: Writable, magic: bytes, bext: bytes, others: bytes) -> None:
    """Ahead of the samples, as far as libsndfile then still finds them: in RF64 it knows bext alone."""
    if magic in _SMALL_WAVES:
        _insert(part, bext + others)
    else:
        _insert(part, _of_even_length(bext))
        _append(part, others)


def _of_even_length(chunks: bytes) -> bytes:
    """Chunks of a little-endian file whose filling byte counts as theirs, a zero behind a bext's history.

    libsndfile does not step over it in RF64, and then finds no samples.
    """
    evened, offset = bytearray(chunks), 0
    while offset < len(evened):
        (size,) = struct.unpack_from("<I", evened, offset + 4)
        size += size % 2
        struct.pack_into("<I", evened, offset + 4, size)
        offset += 8 + size
    return bytes(evened)


def _append(part: Writable, content: bytes) -> None:
    _add(part, at_end(part, content) if content else None)


def _insert(part: Writable, content: bytes) -> None:
    _add(part, before_samples(part, content) if content else None)


def _add(part: Writable, addition: Addition | None) -> None:
    if addition is not None:
        add(part, addition)


def _read_chunks(file: Readable, magic: bytes) -> Found:
    bext: Bext | None = None
    ixml = b""
    recipes: list[bytes] = []
    for place in chunks_of(file, CONTAINERS[magic]):
        if place.name == b"bext" and place.size >= FIXED_BYTES:
            content = read_at(file, place.payload, min(place.size, FIXED_BYTES + MAX_HISTORY_BYTES))
            bext = bext or decode_bext(content, byte_order(magic))
        elif place.name == b"iXML" and 0 < place.size <= MAX_IXML_BYTES:
            ixml = ixml or read_at(file, place.payload, place.size)
        else:
            recipes += _recipe_in(file, magic, place)
    return Found(bext, ixml, tuple(recipes[-MAX_RECIPES:]))


def _recipe_in(file: Readable, magic: bytes, place: ChunkPlace) -> Iterator[bytes]:
    mark = _MARKS.get((magic, place.name))
    if mark is None or not len(mark) < place.size <= len(mark) + MAX_RECIPE_BYTES:
        return
    content = read_at(file, place.payload, place.size)
    if content.startswith(mark):
        yield content[len(mark) :]


# What a recipe's chunk begins with, by container and name.
_MARKS = {
    **{(magic, _WAVE_RECIPE): b"" for magic in WAVES},
    (b"FORM", b"APPL"): _AIFF_RECIPE,
    (b"caff", b"uuid"): _CAF_RECIPE,
}
