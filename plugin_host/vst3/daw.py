"""The four verbs of a DAW, spoken by the plugin on one of its tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from plugin_host.bridge import Excerpt, Placement, Selection
from plugin_host.errors import DawError
from plugin_host.takes import header_of
from plugin_host.timecode import VideoRate
from plugin_host.timeline import Region, Take, Track
from plugin_host.vst3.coverage import Piece, around, pieces
from plugin_host.vst3.port import PluginPort
from plugin_host.vst3.regions import chosen_region

Sound = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class PluginDaw:
    """A track of any DAW, by the plugin that stands on it. Takes are heard in place; the track stays."""

    name = "Punch-In plugin"
    placements = (Placement.TAKE,)

    def __init__(
        self, connect: Callable[[], PluginPort], region: str = "pass", video: VideoRate | None = None
    ) -> None:
        """``connect`` is called for each verb: between them, while takes are made, nobody is kept waiting."""
        self._connect = connect
        self._region = region
        self._video = video

    def selection(self) -> Selection:
        """What counts as selected. Raises DawError."""
        with self._connect() as port:
            status, captured = port.status(), port.captured()
        region = chosen_region(self._region, status, captured, self._video)
        return Selection(region, (Track(f"instance {status.instance}", str(status.instance)),))

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """What passed there last, and on both sides as much of the handles as passed too. Raises DawError."""
        region = selection.region
        with self._connect() as port:
            found, samples = _fetch(port, region, handles)
        path = folder / f"punch-in-{region.start}-{region.end}.wav"
        _write(path, samples, region.sample_rate)
        return Excerpt(path, region, found[0].position)

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """From now on the first of them is heard in place of the region, and the others by their number."""
        with self._connect() as port:
            port.put(*_checked(takes, placement))

    def join(self, takes: Sequence[Take], placement: Placement, beside: Sequence[Take]) -> None:
        """What is heard of the region stays the first of ``beside``; these are chosen by their number."""
        del beside
        with self._connect() as port:
            port.add(*_checked(takes, placement))

    def tell(self, text: str) -> None:
        """The plugin has no place for a line."""


def _fetch(port: PluginPort, region: Region, handles: int) -> tuple[tuple[Piece, ...], Sound]:
    """The region with its handles: which pieces, and their samples (frames, channels)."""
    captured = port.captured()
    wide = region.with_handles(handles)
    found = around(pieces(captured.spans, wide.start, wide.end), region.start, region.end)
    if not found or captured.sample_rate != region.sample_rate:
        raise DawError(_missing(region, pieces(captured.spans, region.start, region.end)))
    raw = b"".join(port.read(captured.generation, piece.first, piece.frames) for piece in found)
    return found, np.frombuffer(raw, "<f4").reshape(-1, port.status().channels)


def _missing(region: Region, found: Sequence[Piece]) -> str:
    seconds = sum(piece.frames for piece in found) / region.sample_rate
    return (
        f"Of the {float(region.seconds):.2f} s from frame {region.start} on, {seconds:.2f} s have passed the "
        "plugin: play that part once, then ask again."
    )


def _checked(takes: Sequence[Take], placement: Placement) -> tuple[int, list[Path]]:
    """Where they start, and their files. Raises DawError."""
    if placement is not Placement.TAKE:
        raise DawError(
            'The plugin plays takes in place of the track; it has no lanes and tracks: "--as take".'
        )
    if len({take.region for take in takes}) != 1:
        raise DawError("Give the plugin takes of one region at a time.")
    for take in takes:
        _check_length(take)
    return takes[0].region.start, [take.path.absolute() for take in takes]


def _check_length(take: Take) -> None:
    """A take of another length would be in place at its start only."""
    frames, rate = header_of(take.path)
    if (frames, rate) != (take.region.frames, take.region.sample_rate):
        raise DawError(
            f"The take {take.path} has {frames} frames at {rate} Hz, and the region "
            f"{take.region.frames} at {take.region.sample_rate} Hz."
        )


def _write(path: Path, samples: Sound, sample_rate: int) -> None:
    """Whole or not at all."""
    draft = path.with_name(path.name + ".draft")
    try:
        soundfile.write(str(draft), samples, sample_rate, subtype="FLOAT", format="WAV")
        draft.replace(path)
    except (OSError, soundfile.LibsndfileError) as error:
        draft.unlink(missing_ok=True)
        raise DawError(f"The excerpt {path} can't be written: is the disk full?") from error
