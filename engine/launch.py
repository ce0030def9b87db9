"""Starting an engine that outlives who started it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import BinaryIO

from engine.config import START_SECONDS, EngineOptions, Home, make_home, module_command
from engine.errors import EngineError, ErrorCode
from engine.lockfile import Lock, find_engine

# Between looks at whether the engine answers.
_POLL_SECONDS = 0.02


def start_engine(home: Home, command: Sequence[str]) -> Lock:
    """Starts an engine and waits until it answers.

    Raises EngineError(NO_ENGINE), with the last line of the engine's log, if it does not.
    """
    make_home(home)
    process = launch(command, home)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None  # looked at first: it may have lost a race to somebody's engine
        lock = find_engine(home)
        if lock is not None:
            return lock
        if ended:
            break
        time.sleep(_POLL_SECONDS)
    raise EngineError(ErrorCode.NO_ENGINE, f"The engine can't be started: {last_line(home)}")


def engine_command(options: EngineOptions) -> tuple[str, ...]:
    """The command that starts an engine with these options."""
    arguments = ["--bind", options.bind, "--port", str(options.port), "--device", options.device]
    arguments += ["--model", options.model] if options.model else []
    arguments += ["--idle-minutes", f"{options.idle_minutes:g}"]
    arguments += ["--or-any-port"] if options.or_any_port else []
    # Without one the engine looks into its environment, which is ours.
    arguments += ["--memory-limit", f"{options.memory_limit_gb:g}"] if options.memory_limit_gb else []
    for folder in options.allow:
        arguments += ["--allow", str(folder)]
    return module_command("engine", "engine", *arguments)


def launch(command: Sequence[str], home: Home) -> subprocess.Popen[bytes]:
    """Starts a process that outlives this one and writes to the engine's log."""
    with home.log.open("ab") as log:
        process = _detached(command, log)
    # Takes note of its end, so that it does not stay behind as a zombie of a panel that runs for days.
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def _detached(command: Sequence[str], log: BinaryIO) -> subprocess.Popen[bytes]:
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, creationflags=flags
        )
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def last_line(home: Home) -> str:
    """What the engine's log says at its end."""
    try:
        lines = home.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return f"there is no log at {home.log}"
    return next((line.strip() for line in reversed(lines) if line.strip()), "its log is empty")
