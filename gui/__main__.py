"""``python -m gui`` is ``punchin panel``, also where the package is not installed."""

from __future__ import annotations

import argparse
import json
import sys

from engine.errors import EngineError
from gui import command


def main() -> int:
    """Runs it; the exit code."""
    parser = argparse.ArgumentParser(prog="punchin panel", description=command.SUMMARY)
    command.add_arguments(parser)
    arguments = parser.parse_args()
    try:
        outcome = command.run(arguments, None)
    except EngineError as error:
        print(f"punchin: {error.sentence}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(getattr(outcome, "value", {})))
    else:
        print(*getattr(outcome, "lines", ()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
