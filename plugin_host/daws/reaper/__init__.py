"""REAPER: Lua scripts on its side (``scripts/``), and what they talk to on ours.

REAPER itself was not to be had: README.md says what was tested against what.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_host.bridge import Daw
from plugin_host.daws.reaper.daw import TITLE as TITLE
from plugin_host.daws.reaper.daw import Reaper
from plugin_host.daws.reaper.home import spool_folder
from plugin_host.daws.reaper.resource_files import installation as installation
from plugin_host.daws.reaper.resource_files import installed_version
from plugin_host.daws.reaper.session_file import VARIABLE, SessionFile
from plugin_host.daws.reaper.spool import NOT_LISTENING, Spool
from plugin_host.errors import DawError
from plugin_host.install import Where
from plugin_host.round_trip import RoundTrip


def version(where: Where) -> str:
    """The version that is installed here, or ""."""
    return installed_version(where)


@contextmanager
def connect() -> Iterator[Daw]:
    """The REAPER that listens, or the project file that the environment names. Raises DawError."""
    if project := os.environ.get(VARIABLE):
        yield SessionFile(Path(project))
        return
    spool = Spool(spool_folder())
    if not spool.is_listening():
        raise DawError(NOT_LISTENING)
    yield Reaper(spool)


def check() -> str:
    """Asks it where its project keeps its media. Raises DawError."""
    media = Spool(spool_folder()).call("media", {})["media"]
    return f"REAPER listens; takes will go to {media}."


def round_trip(folder: Path) -> RoundTrip:
    """REAPER can't be started for a test without its licence's window. Raises DawError, always."""
    del folder
    raise DawError(
        "REAPER can't be started by itself for this; select an item in it and use the action. "
        "The scripts are tested against a stand-in (plugin_host/daws/reaper/README.md)."
    )
