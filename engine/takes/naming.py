"""How takes that nobody named are called: after UCS, with who made them and what for.

``CatID_FXName_CreatorID_SourceID.wav``. The last two are the account's own, kept in a file of the home.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass

from engine.config import Home, make_home, write_private
from engine.errors import EngineError, ErrorCode
from engine.take_names import LONGEST_SLUG, slug
from engine.takes.ucs import Category, fx_name

_FILE = "names.toml"
_MAX_BYTES = 4096
# What parts the fields of a name may not stand in one.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}", re.ASCII)


@dataclass(frozen=True)
class Naming:
    """CreatorID and SourceID: initials or a company, and a project, show or library."""

    creator: str = "PNCH"
    source: str = "NONE"


def read_naming(home: Home) -> Naming:
    """The account's. Raises EngineError(BAD_ARGUMENT) for a file that makes no sense."""
    path = home.state / _FILE
    try:
        with path.open("rb") as file:
            values = tomllib.loads(file.read(_MAX_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return Naming()
    except (OSError, ValueError) as error:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"{path} can't be read ({error}); set the names again with punchin takes names.",
        ) from error
    return check_naming(
        Naming(values.get("creator", Naming.creator), values.get("source", Naming.source)), str(path)
    )


def write_naming(home: Home, naming: Naming) -> None:
    """Keep it for takes to come. Raises EngineError(BAD_ARGUMENT or CANT_WRITE)."""
    check_naming(naming, "A name")
    make_home(home)
    lines = (f'{field} = "{value}"\n' for field, value in asdict(naming).items())
    write_private(home.state / _FILE, "".join(lines))


def check_naming(naming: Naming, where: str) -> Naming:
    """The same, if both can stand in a file's name. Raises EngineError(BAD_ARGUMENT)."""
    for field, value in asdict(naming).items():
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise EngineError(
                ErrorCode.BAD_ARGUMENT,
                f"{where}: {field} must be 1 to 32 letters, digits or hyphens of plain English.",
            )
    return naming


def take_stem(prompt: str, category: Category | None, naming: Naming, number: int) -> str:
    """A take's file name without its suffix; ``number`` keeps it apart from others of its prompt."""
    if category is None:
        return f"{slug(prompt)}-{number:03d}"
    return f"{category.id}_{fx_name(prompt, LONGEST_SLUG)}-{number:03d}_{naming.creator}_{naming.source}"
