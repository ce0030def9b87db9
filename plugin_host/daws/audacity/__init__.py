"""Audacity 3.x, by mod-script-pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_host.bridge import Daw
from plugin_host.daws.audacity.adapter import Audacity
from plugin_host.daws.audacity.pipe import open_pipe
from plugin_host.daws.audacity.settings import installation, version
from plugin_host.daws.audacity.transport import names_here
from plugin_host.notification import notification
from plugin_host.round_trip import RoundTrip

__all__ = ["TITLE", "check", "connect", "installation", "round_trip", "version"]

TITLE = "Audacity"


@contextmanager
def connect() -> Iterator[Daw]:
    """The Audacity that is running, with the project in front. Raises DawError."""
    with notification() as desktop, open_pipe(names_here()) as pipe:
        yield Audacity(pipe, desktop.show)


def check() -> str:
    """Asks it for its tracks. Raises DawError."""
    with open_pipe(names_here()) as pipe:
        tracks = Audacity(pipe).tracks()
    return f"Audacity answers; its project has {len(tracks)} {'track' if len(tracks) == 1 else 'tracks'}."


def round_trip(folder: Path) -> RoundTrip:
    """The whole way in an Audacity of its own. Raises DawError."""
    from plugin_host.daws.audacity.proof import round_trip as proof

    return proof(folder)
