"""What the engine asks the system about processes. psutil is imported here only, and late: it takes 40 ms."""

from __future__ import annotations

import contextlib
import os


def process_lives(pid: int) -> bool:
    """Does a process of this number exist?"""
    import psutil

    return bool(psutil.pid_exists(pid))


def resident_bytes(*pids: int) -> int:
    """The memory these processes hold, those that have gone left out."""
    import psutil

    total = 0
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return total


def start_time(pid: int) -> float | None:
    """When the process of this number began, in seconds since 1970; None if there is none."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def let_threads_sleep() -> None:
    """torch's threads sleep while they wait, from here on; to be said before torch is imported.

    They would spin, and take the cores from ONNX Runtime's threads and from the DAW.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
