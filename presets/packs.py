"""Presets that travel: one as its file, several as a zip. What comes in was written by anybody."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from presets.document import MAX_BYTES, decode, encode
from presets.errors import PresetError, Reason, bad, quoted
from presets.folder import ENDING, read_limited, write_whole
from presets.preset import Preset
from presets.store import Entry

PACK = ".zip"
MAX_PACK_FILES = 1000  # files of any kind in a pack
MAX_PACK_BYTES = 16 * 2**20  # of a pack, and of the presets inside it


def read_any(path: Path) -> tuple[Preset, ...]:
    """The presets of a file or pack. Raises PresetError, and takes all of a pack or nothing."""
    try:
        if not path.is_file():
            raise PresetError(Reason.NOT_FOUND, f"There is no file {path}; check the path.")
        if path.suffix.lower() == PACK:
            return _read_pack(path)
        return (_decoded(read_limited(path), str(path)),)
    except OSError as error:
        raise PresetError(Reason.NOT_FOUND, f"{path} can't be read: {error.strerror}.") from error


def write_pack(entries: Sequence[Entry], path: Path) -> None:
    """Presets as a zip, each file as it is. The pack is there whole or not at all. Raises PresetError."""
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            # Without a date: the same presets are the same bytes.
            archive.writestr(
                zipfile.ZipInfo(f"{entry.preset.key}{ENDING}"), _bytes(entry), zipfile.ZIP_DEFLATED
            )
    write_whole(path, buffer.getvalue())


def write_one(entry: Entry, path: Path) -> None:
    """A preset's file as it is. Raises PresetError."""
    write_whole(path, _bytes(entry))


def _bytes(entry: Entry) -> bytes:
    """With comments, where the file is still what was read."""
    try:
        return encode(entry.preset, read_limited(entry.path))
    except OSError:
        return encode(entry.preset)


def _read_pack(path: Path) -> tuple[Preset, ...]:
    if path.stat().st_size > MAX_PACK_BYTES:
        raise _too_much(path)
    try:
        with zipfile.ZipFile(path) as archive:
            presets = tuple(_members(archive, path))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise bad(f"{path} is no pack that can be read: {error}.") from None
    if not presets:
        raise bad(f"There is no preset in {path}.")
    return presets


def _members(archive: zipfile.ZipFile, path: Path) -> Iterator[Preset]:
    """Nothing is unpacked: contents are read, and a file's name decides nothing."""
    left = MAX_PACK_BYTES
    if len(archive.infolist()) > MAX_PACK_FILES:
        raise _too_much(path)
    for member in archive.infolist():
        _check_inside(member.filename, path)
        name = PurePosixPath(member.filename).name
        if member.is_dir() or not name.lower().endswith(ENDING) or name.startswith("."):
            continue
        with archive.open(member) as file:
            data = file.read(MAX_BYTES + 1)  # whatever the header says
        left -= len(data)
        if left < 0:
            raise _too_much(path)
        yield _decoded(data, f"{quoted(member.filename)} in {path}")


def _check_inside(name: str, path: Path) -> None:
    """A pack that names files elsewhere was made to do harm, so nothing of it is taken."""
    inside = name.replace("\\", "/")
    if inside.startswith("/") or ".." in inside.split("/") or ":" in inside.split("/")[0]:
        sentence = f"{path} names a file outside itself, {quoted(name)}; it was not opened."
        raise PresetError(Reason.NOT_ALLOWED, sentence)


def _decoded(data: bytes, where: str) -> Preset:
    try:
        return decode(data)
    except PresetError as error:
        raise PresetError(error.reason, f"{where} can't be used. {error.sentence}") from None


def _too_much(path: Path) -> PresetError:
    limits = f"{MAX_PACK_FILES} files and {MAX_PACK_BYTES // 2**20} MiB"
    return PresetError(Reason.TOO_MUCH, f"{path} is too large: a pack has at most {limits}.")
