"""A preset in the user's own text editor. What was typed is never lost."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from engine.commands.arguments import UsageError
from engine.commands.outcome import Outcome
from engine.commands.preset_request import check_accepted
from engine.errors import EngineError, ErrorCode
from presets.document import decode, encode
from presets.errors import PresetError
from presets.folder import read_limited
from presets.preset import Preset
from presets.store import Store

_USUAL = "notepad" if sys.platform == "win32" else "vi"


def edited(name: str, store: Store) -> Outcome:
    """Opens it, and keeps what comes back if it is a preset. Raises UsageError or EngineError."""
    if not sys.stdin.isatty():
        raise UsageError("Say what to change, such as --prompt TEXT; an editor needs a terminal.")
    before = store.find(name)
    draft = _draft(encode(before.preset, read_limited(before.path)))
    subprocess.run([*_editor(), str(draft)], check=False)
    try:
        after = decode(read_limited(draft))
        check_accepted(after)
        if after == before.preset:
            draft.unlink()
            return Outcome({"name": after.name, "changed": False}, ("nothing changed",))
        saved = store.change(name, lambda now: _replaced(before.preset, now, after))
    except (PresetError, EngineError) as error:
        sentence = (
            f"{error.sentence} What you wrote is in {draft}: mend it, then 'punchin presets import' it."
        )
        raise EngineError(ErrorCode.BAD_ARGUMENT, sentence) from error
    draft.unlink()
    return Outcome(
        {"name": after.name, "changed": True, "file": str(saved.path)}, (f"{after.name}: {saved.path}",)
    )


def _replaced(before: Preset, now: Preset, after: Preset) -> Preset:
    """Raises EngineError if somebody else changed it while the editor was open."""
    if now != before:
        raise EngineError(ErrorCode.BAD_ARGUMENT, f"Another program has changed {before.name!r} meanwhile.")
    return after


def _draft(data: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix="punchin-preset-", suffix=".toml")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return Path(name)


def _editor() -> list[str]:
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _USUAL
    return shlex.split(chosen, posix=sys.platform != "win32")
