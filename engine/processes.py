"""What the engine asks the system about processes. psutil is imported here only, and late: it takes 40 ms."""

from __future__ import annotations

import contextlib


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
