"""Which instances of the plugin run: each has a small file in the state folder for as long as it lives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.processes import process_lives
from plugin_host.errors import DawError

_MAX_BYTES = 4096


@dataclass(frozen=True)
class Announcement:
    """One running instance: the number that it shows, and how to reach it."""

    number: int
    pid: int
    port: int
    token: str


def instances(state: Path) -> tuple[Announcement, ...]:
    """Those that run, by number; files of hosts that crashed do not count."""
    found = (_read(path) for path in (state / "plugins").glob("*.json"))
    alive = (one for one in found if one is not None and process_lives(one.pid))
    return tuple(sorted(alive, key=lambda one: one.number))


def the_instance(running: Sequence[Announcement], number: int) -> Announcement:
    """The one of this number, or the only one for 0. Raises DawError."""
    if not running:
        raise DawError(
            "No Punch-In plugin runs: insert it on the track, or switch it on, and play once. "
            '"punchin daw build-plugin --install" puts it where DAWs look.'
        )
    chosen = [one for one in running if number in (0, one.number)]
    numbers = ", ".join(str(one.number) for one in running)
    if not chosen:
        raise DawError(f"No Punch-In plugin has the number {number}; there are {numbers}.")
    if len(chosen) > 1:
        raise DawError(
            f'{len(running)} Punch-In plugins run ({numbers}): say which, by "Instance" in its window.'
        )
    return chosen[0]


def _read(path: Path) -> Announcement | None:
    try:
        with path.open("rb") as file:
            fields = json.loads(file.read(_MAX_BYTES))
        port = int(fields["port"])
        if not 0 < port < 65536:
            return None
        return Announcement(int(path.stem), int(fields["pid"]), port, str(fields["token"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
