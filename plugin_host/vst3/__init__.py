"""The plugin, as a DAW of its own: what stands on a track of any DAW that can't be asked otherwise.

C++ lies in ``source/``; ``build.py`` makes a plugin of it; the rest of this package talks to those that run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.config import find_home
from plugin_host.errors import DawError
from plugin_host.install import Installation, Where
from plugin_host.round_trip import RoundTrip
from plugin_host.timecode import TimecodeError, rate_named
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort

TITLE = "Punch-In plugin"


def version(where: Where) -> str:
    """The formats that are installed, or ""."""
    from plugin_host.vst3.places import installed_formats

    return ", ".join(installed_formats(where))


def installation(where: Where) -> Installation:
    """The plugin, built here, in the folders where DAWs look. Raises DawError where it can't be built."""
    from plugin_host.vst3.places import plugin_installation

    return plugin_installation(where)


@contextmanager
def connect(instance: int = 0, region: str = "pass", fps: str = "") -> Iterator[PluginDaw]:
    """The plugin on a track; ``instance`` is the number it shows, 0 the only one. Raises DawError.

    ``region`` is what counts as selected there (``regions.py``); ``fps`` is what timecode in it counts in.
    """
    try:
        video = rate_named(fps) if fps else None
    except TimecodeError as error:
        raise DawError(str(error)) from error
    home = find_home()
    announcement = the_instance(instances(home.state), instance)
    yield PluginDaw(lambda: PluginPort.connect(announcement), region, video)


def check() -> str:
    """Asks every instance how it is; a sentence. Raises DawError where there is none."""
    from plugin_host.vst3.state import describe

    the_instance(instances(find_home().state)[:1], 0)
    lines = []
    for announcement in instances(find_home().state):
        with PluginPort.connect(announcement) as port:
            lines.append(describe(port.status()))
    return " ".join(lines)


def round_trip(folder: Path) -> RoundTrip:
    """Capture, take and playback in a host of its own (pedalboard). Raises DawError."""
    from plugin_host.vst3.trip import round_trip as trip

    return trip(folder)
