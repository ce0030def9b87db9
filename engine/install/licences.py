"""What a checkpoint's licence is, and which ones the user has accepted.

The licence is what its card says (the front matter of README.md), else what its LICENSE file is, else
what is known of the published checkpoints. An acceptance is kept in the data folder and asked for once
for each licence and repository.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from engine.config import write_private
from engine.errors import EngineError, ErrorCode
from engine.models.catalogue import models_folder

UNKNOWN = "LicenseRef-unknown"
# What the cards of the published AudioLDM checkpoints say on the hub; their own files have none.
PUBLISHED = "CC-BY-NC-SA-4.0"
PUBLISHED_NAME = re.compile(r"audioldm(-full)?(-[sml])?(-full|-text-ft)?(-v2)?")
# The hub's short names where they are more than the SPDX identifier in small letters.
SPDX = {
    "mit": "MIT",
    "apache-2.0": "Apache-2.0",
    "openrail": "LicenseRef-OpenRAIL",
    "bsd-3-clause": "BSD-3-Clause",
    "gpl-3.0": "GPL-3.0-only",
    "other": "LicenseRef-other",
    "unknown": UNKNOWN,
}
# What the first lines of a licence's text say.
TITLES = {
    "Attribution-NonCommercial-ShareAlike 4.0": "CC-BY-NC-SA-4.0",
    "Attribution-NonCommercial 4.0": "CC-BY-NC-4.0",
    "Attribution-ShareAlike 4.0": "CC-BY-SA-4.0",
    "Attribution 4.0": "CC-BY-4.0",
    "Apache License": "Apache-2.0",
    "MIT License": "MIT",
}
MEANINGS = {
    "CC-BY-NC-SA-4.0": "no commercial use, name the authors, share what you build on it alike",
    "CC-BY-NC-4.0": "no commercial use, name the authors",
    "CC-BY-SA-4.0": "name the authors, share what you build on it alike",
    "CC-BY-4.0": "name the authors",
    UNKNOWN: "its licence is not stated; ask who made it what you may do with it",
}
_CARD_BYTES = 2**20  # a card's front matter is some hundred bytes; what is longer is not read
_LICENCE_KEY = re.compile(r"^license:\s*(.*?)\s*$")
_LIST_ITEM = re.compile(r"^\s*-\s+(\S+)\s*$")
_NAME = re.compile(r"[A-Za-z0-9.+-]{1,64}")


def licence_of(folder: Path, name: str) -> str:
    """The licence of a checkpoint in a local folder; ``name`` is its repository or file name."""
    card = card_licence(_start_of(folder / "README.md"))
    return card or _text_licence(folder) or published_licence(name) or UNKNOWN


def published_licence(name: str) -> str:
    """What is known of a checkpoint by its name, or ""."""
    stem = name.rsplit("/", 1)[-1].lower().removesuffix(".ckpt").removesuffix(".pth")
    return PUBLISHED if PUBLISHED_NAME.fullmatch(stem) else ""


def spdx(hub_name: str) -> str:
    """The SPDX identifier of a licence that the hub calls ``hub_name``."""
    lower = hub_name.strip("\"' ").lower()
    if not _NAME.fullmatch(lower):
        return UNKNOWN
    return SPDX.get(lower) or (lower.upper() if lower.startswith("cc") else hub_name.strip("\"' "))


def card_licence(card: str) -> str:
    """The licence in a card's front matter, as SPDX, or ""."""
    lines = iter(card.splitlines())
    if next(lines, "").strip() != "---":
        return ""
    for line in lines:
        if line.strip() == "---":
            return ""
        if found := _LICENCE_KEY.match(line):
            item = _LIST_ITEM.match(next(lines, ""))
            named = found[1] or (item[1] if item else "")
            return spdx(named) if named else ""
    return ""


def _text_licence(folder: Path) -> str:
    """What the folder's LICENSE is, or ""."""
    for name in ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE"):
        beginning = _start_of(folder / name)[:2000]
        for title, identifier in TITLES.items():
            if title in beginning:
                return identifier
    return ""


def _start_of(path: Path) -> str:
    """The first part of a text file, "" if there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_CARD_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def acceptances_file() -> Path:
    """Where acceptances are kept."""
    return models_folder().parent / "licences.json"


def is_accepted(licence: str, repository: str) -> bool:
    """Whether the user has accepted this licence for this repository."""
    return any(
        entry.get("licence") == licence and entry.get("repository") == repository for entry in _acceptances()
    )


def accept(licence: str, repository: str) -> None:
    """Keeps that the user has accepted it, now. Raises EngineError(CANT_WRITE)."""
    if is_accepted(licence, repository):
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entries = [*_acceptances(), {"licence": licence, "repository": repository, "accepted": now}]
    path = acceptances_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE, f"The folder {path.parent} can't be made ({error.strerror})."
        ) from error
    write_private(path, json.dumps({"accepted": entries}, indent=2) + "\n")


def check_accepted(licence: str, repository: str) -> None:
    """Raises EngineError(NOT_ALLOWED) unless the licence was accepted."""
    if not is_accepted(licence, repository):
        raise EngineError(
            ErrorCode.NOT_ALLOWED,
            f"{repository} is under {licence}, which must be accepted first: add --accept-licence if you do.",
        )


def _acceptances() -> list[dict[str, str]]:
    """What was accepted; a damaged file has nothing, so that the user is asked again."""
    try:
        values = json.loads(acceptances_file().read_bytes())
        return [entry for entry in values["accepted"] if isinstance(entry, dict)]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
