"""What a sound of somebody's library is called: from a CSV, a UCS name, any other name, or not at all.

``group_of`` tells which files are takes of one recording: names that differ in a number only.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import EngineError, ErrorCode
from engine.takes.ucs import Category, find_category

# What recorders, editors and people write into names that says nothing about the sound.
_NOISE = re.compile(
    r"ab|alt|audio|bit|bounce|ch|clip|copy|dr|edit|export|ext|file|final|fx|hd|hz|"
    r"int|khz|left|loop|master|mastered|mic|mics|mix|mixdown|mono|mp|ms|mz|orig|"
    r"original|out|part|pt|raw|rec|recorded|recording|region|right|sample|sfx|sound|"
    r"sounds|ste|stereo|take|tk|track|trk|untitled|var|variation|ver|version|wav|wave|"
    r"xy|zm|zoom"
)
_VOWEL = re.compile(r"[aeiouy]|[^\x00-\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TAKE = re.compile(
    r"[\s_\-.#(]*(?:take|tk|var|variation|alt|ver|version|v|t|pt|part|copy)?[\s_\-.#(]*\d+[a-z]?\)?$", re.I
)
_CATEGORY = re.compile(r"[A-Z]{3,5}[A-Za-z]{0,4}")
_FILE_COLUMNS = ("file", "filename", "file name", "path", "filepath", "name", "id")
_TEXT_COLUMNS = ("caption", "description", "text", "prompt", "keywords")
MAX_CSV_BYTES = 64 * 2**20
LONGEST_CAPTION = 300


@dataclass(frozen=True)
class Named:
    """A file's captions, best first (none: its name says nothing), and the group of its takes."""

    captions: tuple[str, ...]
    group: str


def name_of(path: PurePosixPath, listed: Mapping[str, tuple[str, ...]]) -> Named:
    """What a file, by its path within the library, is called; ``listed`` is what ``read_csv`` gave."""
    found = next((listed[key] for key in keys_of(path) if key in listed), ())
    captions = found or tuple(_of_name(path))
    return Named(captions, group_of(path, meaningful=bool(captions)))


def group_of(path: PurePosixPath, meaningful: bool = True) -> str:
    """Equal for takes of one recording. A name that says nothing (ZOOM0012) is a group of its own."""
    stem = path.stem
    if meaningful:
        parts = _ucs_parts(stem)
        stem = parts[1] if parts else stem
        while (short := _TAKE.sub("", stem)) != stem:
            stem = short
    return str(path.parent / stem).lower()


def keys_of(path: PurePosixPath) -> tuple[str, str, str]:
    """How a CSV may name a file: its path in the library, its name, its name without the suffix."""
    return str(path).lower(), path.name.lower(), path.stem.lower()


def _of_name(path: PurePosixPath) -> Iterator[str]:
    parts = _ucs_parts(path.stem)
    if parts:
        category, name = parts
        words = _words(name)
        if words:
            yield words
        if category is not None:
            yield f"{words} {category.sub_category}".strip().lower()
            yield f"{category.category} {category.sub_category}".lower()
        return
    words = _words(path.stem)
    folder = _words(path.parent.name)
    if words:
        yield words
    if folder and folder != words:
        yield f"{folder} {words}".strip()


def _words(name: str) -> str:
    """The words of a name that say something, in small letters."""
    found = [word for part in _WORD.findall(name) for word in _HUMP.split(part)]
    words = (word.lower() for word in found)
    return " ".join(
        word for word in words if len(word) > 1 and _VOWEL.search(word) and not _NOISE.fullmatch(word)
    )


def _ucs_parts(stem: str) -> tuple[Category | None, str] | None:
    """The category and the FXName of ``CatID_FXName_CreatorID_SourceID``; None for other names."""
    parts = stem.split("_")
    if len(parts) < 2 or not _CATEGORY.fullmatch(parts[0].split("-")[0]):
        return None
    try:
        return find_category(parts[0].split("-")[0]), parts[1]
    except EngineError:
        # Our table is a selection of the system: a name of four parts is one of it all the same.
        return (None, parts[1]) if len(parts) >= 4 else None


def read_csv(path: Path, names: Iterable[PurePosixPath]) -> dict[str, tuple[str, ...]]:
    """Captions by the keys of ``keys_of``, of the files that are there.

    The first row names the columns: one of file, filename, path, name, id and one of caption, description,
    text, prompt, keywords. Raises EngineError(NOT_FOUND or BAD_ARGUMENT).
    """
    rows = list(_rows(path))
    known = {key for name in names for key in keys_of(name)}
    found: dict[str, tuple[str, ...]] = {}
    for file, caption in rows:
        key = file.strip().replace("\\", "/").removeprefix("./").lower()
        if key in known and caption.strip():
            found[key] = (*found.get(key, ()), caption.strip()[:LONGEST_CAPTION])
    if not found:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"{path} has captions for {len(rows)} files, none of them in the library; check its file column.",
        )
    return found


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    text = _csv_text(path)
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    columns = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    file = next((columns[name] for name in _FILE_COLUMNS if name in columns), None)
    caption = next((columns[name] for name in _TEXT_COLUMNS if name in columns), None)
    if file is None or caption is None:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"{path} needs a first row with a column filename and a column caption.",
        )
    try:
        for row in reader:
            yield row.get(file) or "", row.get(caption) or ""
    except csv.Error as error:
        raise EngineError(ErrorCode.BAD_ARGUMENT, f"{path} can't be read as a CSV ({error}).") from error


def _csv_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_CSV_BYTES:
            raise EngineError(
                ErrorCode.TOO_MUCH,
                f"{path} is larger than {MAX_CSV_BYTES // 2**20} MB; name a CSV of captions.",
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(
            ErrorCode.NOT_FOUND, f"The captions in {path} can't be read; save them as a CSV in UTF-8."
        ) from error
