"""How take files are called, and the part files that become them."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable
from pathlib import Path

from engine.errors import EngineError, ErrorCode

# Readable in a file list; with four bytes a character and the number it is far from any system's limit.
LONGEST_SLUG = 48


def numbered(output: Path, take: int, takes: int) -> Path:
    """The file of take ``take`` (from 0): the name itself if there is but one, else name-1, name-2 ..."""
    return output if takes == 1 else output.with_name(f"{output.stem}-{take + 1}{output.suffix}")


def is_same_file(one: Path, other: Path) -> bool:
    """Whether both names are of one file that is there."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def slug(prompt: str) -> str:
    """The prompt as part of a file name that every system takes: words of letters and digits."""
    words = re.findall(r"\w+", prompt.lower())
    return "-".join(words)[:LONGEST_SLUG].strip("-") or "take"


def first_free(folder: Path, stem: Callable[[int], str]) -> Path:
    """The first of the names that ``stem`` makes of 1, 2 ... that no file of the folder has, as a WAV file.

    Makes the folder if need be. Raises EngineError(CANT_WRITE).
    """
    names = (folder / f"{stem(number)}.wav" for number in itertools.count(1))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return next(path for path in names if not path.exists())
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"The take folder {folder} can't be used ({error.strerror}); name a file for the take.",
        ) from error


def part_name(pid: int, mark: str) -> str:
    """The name of a file that process ``pid`` is still writing."""
    return f".punchin-{pid}-{mark}.part"


# Of any process's, as a pattern.
ANY_PART = ".punchin-*.part"


def remove_parts(folder: Path, pid: int) -> None:
    """Removes what process ``pid``, which has died, was writing in ``folder``."""
    for path in folder.glob(part_name(pid, "*")):
        with contextlib.suppress(OSError):  # somebody else may have tidied up
            path.unlink()
