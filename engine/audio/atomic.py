"""Files that appear whole or not at all.

Everything goes into a part file beside the final one, reaches the disk, and only then takes the name.
Whatever fails before that leaves what was there as it was, and no part file. Only a killed process
can leave one, which the server then removes: the file's name says which process made it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.take_names import part_name

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class PartFile:
    """A file in the making; writes are whole or raise CANT_WRITE."""

    def __init__(self, raw: FileIO, path: Path, final: Path) -> None:
        """``raw`` is open at ``path``; the user knows the file as ``final``."""
        self.path = path
        self.placed = final  # what it is called in the end
        self._raw = raw
        self._final = final

    def write(self, data: bytes | memoryview) -> None:
        """Write all of ``data`` at the present position."""
        rest = memoryview(data)
        with _cant_write(self._final):
            while rest:
                rest = rest[self._raw.write(rest) :]

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes from the present position."""
        return self._raw.read(size) or b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; returns the new position."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """The present position."""
        return self._raw.tell()

    def settle(self) -> None:
        """Have the disk confirm all bytes, and close."""
        with _cant_write(self._final):
            os.fsync(self._raw.fileno())
            self._raw.close()


@contextmanager
def new_file(path: Path, overwrite: bool, elsewhere: Callable[[], Path] | None = None) -> Iterator[PartFile]:
    """A file to fill; it takes its name when the block ends without an exception.

    elsewhere: another name in the same folder, for where somebody took this one meanwhile; None: it has to be
    this one. Raises FILE_EXISTS or CANT_WRITE.
    """
    check_output(path, overwrite)
    final = path.resolve()  # of a symbolic link, the file behind it is replaced
    part_path = final.with_name(part_name(os.getpid(), secrets.token_hex(8)))
    with _cant_write(path):
        raw = open_part(part_path)
    try:
        part = PartFile(raw, part_path, path)
        yield part
        part.settle()
        part.placed = _placed(part_path, final, overwrite, elsewhere)
    finally:
        raw.close()
        with contextlib.suppress(OSError):
            part_path.unlink()


def check_output(path: Path, overwrite: bool) -> None:
    """Raise what writing ``path`` would raise, as far as that can be told before any work is done."""
    try:
        folder = path.resolve().parent
        if not folder.is_dir():
            raise EngineError(
                ErrorCode.CANT_WRITE, f"There is no folder {folder}; create it or choose another one."
            )
        if path.is_dir():
            raise EngineError(ErrorCode.BAD_ARGUMENT, f"{path} is a folder; name a file for the take.")
        if path.exists() and not overwrite:
            raise _exists(path)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise EngineError(
                ErrorCode.CANT_WRITE, f"The folder {folder} can't be written; choose another one."
            )
    except (OSError, RuntimeError) as error:  # RuntimeError: symbolic links in a circle
        raise EngineError(ErrorCode.CANT_WRITE, f"{path} can't be written; choose another name.") from error


def open_part(path: Path) -> FileIO:
    """A new file without a buffer: an error shows at the write that caused it, never when closing."""
    return FileIO(path, "x+")


def _placed(part_path: Path, final: Path, overwrite: bool, elsewhere: Callable[[], Path] | None) -> Path:
    """Take the name, or the first other that is free; which one it was."""
    while True:
        try:
            _place(part_path, final, overwrite)
            return final
        except EngineError as error:
            if elsewhere is None or error.code is not ErrorCode.FILE_EXISTS:
                raise
        final = elsewhere()


def _place(part_path: Path, final: Path, overwrite: bool) -> None:
    with _cant_write(final):
        if overwrite:
            if final.exists():
                shutil.copymode(final, part_path)
            part_path.replace(final)
        else:
            _place_new(part_path, final)
        _settle_folder(final.parent)


def _place_new(part_path: Path, final: Path) -> None:
    """Take the name only if it is free, in one step where the file system has hard links."""
    try:
        final.hardlink_to(part_path)
    except FileExistsError:
        raise _exists(final) from None
    except OSError:
        if final.exists():
            raise _exists(final) from None
        part_path.replace(final)


def _settle_folder(folder: Path) -> None:
    """Have the disk confirm the new name, where folders can be opened (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _cant_write(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or "unknown reason"
        advice = (
            f"There is no room for {path} ({reason}); free some space or choose another folder."
            if error.errno in _NO_ROOM
            else f"{path} can't be written ({reason}); choose another folder or name."
        )
        raise EngineError(ErrorCode.CANT_WRITE, advice) from error


def _exists(path: Path) -> EngineError:
    return EngineError(ErrorCode.FILE_EXISTS, f"{path} exists; choose another name or allow overwriting.")
