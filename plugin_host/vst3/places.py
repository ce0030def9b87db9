"""Where DAWs look for plugins, and what is put there."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine.config import find_home, make_home
from plugin_host.errors import DawError
from plugin_host.install import Installation, NewFile, System, Where
from plugin_host.vst3.build import SOURCE, Format, build

_FOLDERS = {
    System.LINUX: {Format.VST3: ".vst3", Format.CLAP: ".clap", Format.LV2: ".lv2"},
    System.MACOS: {
        Format.VST3: "Library/Audio/Plug-Ins/VST3",
        Format.CLAP: "Library/Audio/Plug-Ins/CLAP",
        Format.LV2: "Library/Audio/Plug-Ins/LV2",
    },
}
_NOTES = (
    "Let the DAW look for new plugins, or start it again.",
    'Insert "Punch-In" first on a track ("Punch-In mono" on a mono track of a DAW that tells them apart), '
    'play the part once, then: punchin daw punch plugin --prompt "..."',
)


def folder_of(plugin_format: Format, where: Where) -> Path:
    """Where DAWs of this account look for a format. Raises DawError."""
    if where.system not in _FOLDERS:
        raise DawError("The plugin can't be built on Windows yet; use the watch folder and drag-out there.")
    return where.home / _FOLDERS[where.system][plugin_format]


def installed_formats(where: Where) -> tuple[str, ...]:
    """The formats that lie where DAWs look."""
    if where.system not in _FOLDERS:
        return ()
    return tuple(
        plugin_format.value
        for plugin_format in Format
        if (folder_of(plugin_format, where) / f"Punch-In.{plugin_format}").exists()
    )


def plugin_installation(where: Where) -> Installation:
    """All formats, for stereo and mono tracks, built if they are not yet. Raises DawError."""
    places = {plugin_format: folder_of(plugin_format, where) for plugin_format in Format}
    files = [
        NewFile(place / file.relative_to(built), file.read_bytes(), executable=file.suffix == ".so")
        for plugin_format, place in places.items()
        for built in [_built(plugin_format)]
        for file in sorted(built.rglob("*"))
        if file.is_file()
    ]
    return Installation(tuple(files), notes=_NOTES)


def _built(plugin_format: Format) -> Path:
    """A folder with the format, kept from one installation to the next as long as its source is the same."""
    home = find_home()
    make_home(home)
    folder = home.state / "plugin-builds" / _source_hash() / plugin_format.value
    if not (folder / f"Punch-In mono.{plugin_format}").exists():  # the one that is built last
        for _ in build([plugin_format], folder):
            pass
    return folder


def _source_hash() -> str:
    sources = [*sorted(SOURCE.iterdir()), Path(__file__).with_name("build.py")]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in sources)).hexdigest()[:16]
