"""Takes given away: exact copies in a folder, and a table of what they are."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from engine.audio.atomic import check_output, new_file
from engine.errors import EngineError, ErrorCode
from engine.takes.index import Entry

TABLE = "takes.csv"
_COPY_BYTES = 1 << 20
_COLUMNS = (
    "file",
    "prompt",
    "negative",
    "category",
    "model",
    "licence",
    "seed",
    "seconds",
    "made",
    "rating",
    "notes",
)
# A spreadsheet would take a text that begins like this for a formula, and the text may be anybody's.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(chosen: Sequence[Entry], folder: Path, overwrite: bool = False) -> list[Path]:
    """Copy the takes' files, and write the table; nothing is moved, and nothing written over unless asked.

    Raises EngineError (NOT_FOUND, FILE_EXISTS, CANT_WRITE, BAD_ARGUMENT) before the first file where it can.
    """
    copies = _targets(chosen, folder)
    for entry in chosen:
        if entry.is_missing:
            raise EngineError(
                ErrorCode.NOT_FOUND,
                f"The file of take {entry.id} is gone: {entry.path or 'it was overwritten'}.",
            )
    _make(folder)
    for path in (*copies, folder / TABLE):
        check_output(path, overwrite)
    for entry, path in zip(chosen, copies, strict=True):
        _copy(Path(entry.path), path, overwrite)
    with new_file(folder / TABLE, overwrite) as part:
        part.write(_table(chosen, copies).encode())
    return copies


def _targets(chosen: Sequence[Entry], folder: Path) -> list[Path]:
    """Files of the same name from different folders are told apart by their take's number.

    So are names that differ in capitals only, which some systems take for one.
    """
    names = [Path(entry.path).name for entry in chosen]
    counts = Counter(name.casefold() for name in names)
    taken = {name for name, count in counts.items() if count == 1}
    targets = []
    for entry, name in zip(chosen, names, strict=True):
        target = Path(name)
        while counts[name.casefold()] > 1 and target.name.casefold() in taken | {name.casefold()}:
            target = target.with_stem(f"{target.stem}-{entry.id}")
        taken.add(target.name.casefold())
        targets.append(folder / target)
    return targets


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE, f"The folder {folder} can't be made ({error.strerror}); name another one."
        ) from error


def _copy(source: Path, target: Path, overwrite: bool) -> None:
    with new_file(target, overwrite) as part:
        try:
            with source.open("rb") as original:
                while data := original.read(_COPY_BYTES):
                    part.write(data)
        except OSError as error:
            raise EngineError(ErrorCode.NOT_FOUND, f"{source} can't be read: {error.strerror}.") from error


def _table(chosen: Sequence[Entry], copies: Sequence[Path]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for entry, path in zip(chosen, copies, strict=True):
        values = (path.name, *(getattr(entry, column) for column in _COLUMNS[1:]))
        writer.writerow([_cell(value) for value in values])
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
