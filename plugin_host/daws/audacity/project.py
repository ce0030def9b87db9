"""Takes with their labels as a project file of Audacity 2, which Audacity 3 imports: all in one step to undo.

Tracks point to the takes' own files, whose samples Audacity copies into the open project. Of the open project
nothing else changes: what such a file may say of view, rate and selection is left out here.
Sources: the DTD of Audacity's project files (audacityproject.dtd), and its ImportAUP.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import soundfile

from plugin_host.daws.audacity.commands import shown
from plugin_host.daws.audacity.recipe import recipe_of
from plugin_host.errors import DawError
from plugin_host.timeline import Take

LABEL_TRACK = "Punch-In"
MAX_LETTERS = 300  # of a label
_NAME = "takes"
_DATA = f"{_NAME}_data"  # a folder that has to be there, and stays empty
_BLOCK_FRAMES = 262_144
_FLOAT_32 = 0x0004000F
_MONO = 2  # of a channel; 0 is the left one, 1 the right


def write_project(takes: Sequence[Take], folder: Path) -> Path:
    """The file, in a folder of its own. Raises DawError for a take whose path can't stand in it."""
    (folder / _DATA).mkdir()
    path = folder / f"{_NAME}.aup"
    path.write_text("\n".join(_lines(takes)), encoding="utf-8")
    return path


def _lines(takes: Sequence[Take]) -> Iterator[str]:
    yield '<?xml version="1.0" standalone="no" ?>'
    yield f'<project projname="{_DATA}" version="1.3.0" audacityversion="2.4.2">'
    for number, take in enumerate(takes):
        channels = soundfile.info(take.path).channels
        for channel in range(channels):
            yield from _track(take, number, channel, channels)
    yield f'<labeltrack name="{LABEL_TRACK}" numlabels="{len(takes)}" minimized="0" isSelected="0">'
    yield from map(_label, takes)
    yield "</labeltrack>"
    yield "</project>"


def _track(take: Take, number: int, channel: int, channels: int) -> Iterator[str]:
    """One channel; the left one of two is linked to the next."""
    rate, frames = take.region.sample_rate, take.region.frames
    linked = int(channels == 2 and channel == 0)
    yield (
        f'<wavetrack name={_text(take.name)} channel="{channel if channels == 2 else _MONO}" '
        f'linked="{linked}" mute="0" solo="0" rate="{rate}" gain="1.0" pan="0.0">'
    )
    yield f'<waveclip offset="{_seconds(take.region.start, rate)}">'
    yield f'<sequence maxsamples="{_BLOCK_FRAMES}" sampleformat="{_FLOAT_32}" numsamples="{frames}">'
    for start in range(0, frames, _BLOCK_FRAMES):
        yield _block(take.path, f"{number}-{channel}-{start}.auf", channel, start, frames)
    yield '</sequence><envelope numpoints="0"/></waveclip></wavetrack>'


def _block(path: Path, summary: str, channel: int, start: int, frames: int) -> str:
    """A stretch of a file. Blocks of one summary's name are taken for one, so each has its own."""
    return (
        f'<waveblock start="{start}"><pcmaliasblockfile summaryfile="{summary}" aliasfile={_path(path)} '
        f'aliasstart="{start}" aliaslen="{min(_BLOCK_FRAMES, frames - start)}" aliaschannel="{channel}" '
        'min="-1.0" max="1.0" rms="0.1"/></waveblock>'
    )


def _label(take: Take) -> str:
    region = take.region
    start, end = _seconds(region.start, region.sample_rate), _seconds(region.end, region.sample_rate)
    return f'<label t="{start}" t1="{end}" title={_text(recipe_of(take)[:MAX_LETTERS])}/>'


def _seconds(frame: int, rate: int) -> str:
    """Without an exponent, and to much less than a frame."""
    return f"{frame / rate:.12f}"


def _text(text: str) -> str:
    return quoteattr(shown(text))


def _path(path: Path) -> str:
    """XML has no place for control characters and halves of letters, which a file's name may have."""
    text = str(path.absolute())
    if not text.isprintable():
        raise DawError(f"The path {text!r} has letters that can't be written: rename the take or its folder.")
    return quoteattr(text)
