"""What the user sees of a defect of ours: one sentence, and where the details are."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from engine.commands.exit_codes import ExitCode
from engine.commands.outcome import emit, failure
from engine.errors import ErrorCode


def report_in_one_sentence(as_json: bool) -> None:
    """From now on an exception that nobody expected is kept in a file, and the process ends with DEFECT."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print("punchin: Cancelled.", file=sys.stderr)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        sentence = f"Punch-In has a defect; please report it with {_keep(details)}."
        emit(failure(ErrorCode.INTERNAL.value, sentence, ExitCode.DEFECT), as_json)

    sys.excepthook = report


def _keep(details: str) -> str:
    """Writes the details down; returns where they are, or the last line where that fails."""
    from engine.config import find_home, make_home
    from engine.errors import EngineError

    home = find_home()
    path: Path = home.state / "defects.log"
    try:
        make_home(home)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{details}\n")
    except (OSError, EngineError):
        return f"these words: {details.strip().splitlines()[-1]}"
    return f"the file {path}"
