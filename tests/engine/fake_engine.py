"""An engine with the scripted worker, in a process of its own: ``fake_engine.py PORT IDLE_MINUTES [any]``.

With "any" it takes any port where that one is not free."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is started as a script

from engine.config import EngineOptions, find_home
from engine.errors import EngineError
from engine.server import run

if __name__ == "__main__":
    port, idle_minutes, *rest = sys.argv[1:]
    options = EngineOptions(port=int(port), idle_minutes=float(idle_minutes), or_any_port=rest == ["any"])
    worker = str(Path(__file__).parent / "fake_worker.py")
    try:
        run(options, find_home(), worker_command=(sys.executable, worker))
    except EngineError as error:
        sys.exit(error.sentence)
