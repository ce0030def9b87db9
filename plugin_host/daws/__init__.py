"""One package for each DAW, and the table of them. A package is read when its DAW is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from plugin_host.bridge import Daw
from plugin_host.errors import DawError
from plugin_host.install import Installation, Where
from plugin_host.round_trip import RoundTrip

# By the name on the command line: the package of its adapter.
DAWS: Mapping[str, str] = {
    "ardour": "plugin_host.daws.ardour",
    "audacity": "plugin_host.daws.audacity",
    "plugin": "plugin_host.vst3",
    "reaper": "plugin_host.daws.reaper",
}


class Adapter(Protocol):
    """What the package of a DAW offers."""

    TITLE: str  # what people call it

    def version(self, where: Where) -> str:
        """The version that is installed here, or "" where the DAW is not; nothing is started."""

    def installation(self, where: Where) -> Installation:
        """What makes the DAW know of Punch-In. Raises DawError."""

    def connect(self) -> AbstractContextManager[Daw]:
        """The DAW that is running, with its open session, for a ``with``. Raises DawError."""

    def check(self) -> str:
        """Tries the way to the running DAW; a sentence about what answered. Raises DawError."""

    def round_trip(self, folder: Path) -> RoundTrip:
        """The whole way in a DAW of its own, from a clean home in ``folder``. Raises DawError."""


def adapter(name: str) -> Adapter:
    """The adapter of a DAW. Raises DawError for a name that is not in the table."""
    if name not in DAWS:
        raise DawError(f'There is no DAW "{name}" here; there are {", ".join(DAWS)}.')
    return cast(Adapter, import_module(DAWS[name]))
