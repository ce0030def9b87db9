"""A set of takes as one timeline, each at its own frame, in formats that editors and DAWs read: OTIO, AAF.

Both point to the takes' files where they lie (nothing is embedded: a take carries its recipe and its notes
itself, and an AAF can't hold 32-bit floats). Positions are whole frames of the takes' sample rate. An OTIO
for pictures has video frames and fractions of them: their editors make its rate that of the project. An AAF
for pictures says by its timecode where it begins, as sound editors show it.
Sources: opentimelineio's schema; AAF Object Specification 1.1, edit protocol.
"""

from __future__ import annotations

import enum
import math
import os
import secrets
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from plugin_host.errors import DawError
from plugin_host.timecode import Timecode, VideoRate
from plugin_host.timeline import Region, Take

_MAX_TIMECODE_RATE = 65_535  # it has 16 bits in an AAF
_FRAME_BYTES_AT = 32  # in a WAV file that begins with its format


class Format(enum.StrEnum):
    """What can be written."""

    OTIO = "otio"
    AAF = "aaf"


@dataclass(frozen=True)
class Clip:
    """What of a take is to be heard: ``region`` lies on the timeline, inside the take's own.

    What the file has before and after it are handles: an editor can pull the clip's ends out over them.
    """

    take: Take
    region: Region

    @classmethod
    def whole(cls, take: Take) -> Clip:
        """All of it."""
        return cls(take, take.region)

    @property
    def skipped(self) -> int:
        """Frames of the file before the clip."""
        return self.region.start - self.take.region.start


def write_timeline(
    clips: Sequence[Clip],
    path: Path,
    kind: Format,
    origin: int = 0,
    overwrite: bool = False,
    picture: VideoRate | None = None,
) -> None:
    """Writes clips as a timeline that begins at frame ``origin``; the file appears whole or not at all.

    Clips that lie over each other come on tracks of their own, in the order given. ``picture`` is an OTIO's
    rate, and that of an AAF's timecode, whose origin is then where a video frame begins. Raises DawError.
    """
    rate = _one_rate(clips)
    early = next((clip for clip in clips if clip.region.start < origin), None)
    if early is not None:
        raise DawError(
            f"{early.take.path} begins {_time(early.region.start, rate, picture)}, before the timeline does, "
            f"{_time(origin, rate, picture)}: choose an earlier origin, or the first take's."
        )
    if path.exists() and not overwrite:
        raise DawError(f"{path} is there already: add --force, or name another file.")
    part = path.with_name(f".{secrets.token_hex(4)}.{kind}")
    try:
        if kind is Format.OTIO:
            per_second = picture.per_second if picture else Fraction(rate)
            _write_otio(lay_out(clips), part, path.stem, rate, origin, per_second)
        else:
            start = _picture_start(picture, rate, origin) if picture else _sound_start(rate, origin)
            _write_aaf(lay_out(clips), part, path.stem, rate, origin, start)
        part.replace(path)
    except OSError as error:
        raise DawError(f"{path} can't be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


def first_origin(clips: Sequence[Clip], picture: VideoRate | None = None) -> int:
    """Where a timeline may begin so that its first clip comes at once, or within a video frame."""
    rate = _one_rate(clips)
    first = min(clip.region.start for clip in clips)
    if picture is None:
        return first - first % _step(rate)
    number = picture.number_at(first, rate)
    return picture.frame_of(number, rate)


def _time(frame: int, rate: int, picture: VideoRate | None) -> str:
    return f"at {Timecode.at(frame, rate, picture)}" if picture else f"at frame {frame}"


def lay_out(clips: Iterable[Clip]) -> tuple[tuple[Clip, ...], ...]:
    """Clips by tracks, on each in order of time, none over another: each on the first free one."""
    tracks: list[list[Clip]] = []
    for clip in sorted(clips, key=lambda clip: clip.region.start):
        free = next((track for track in tracks if track[-1].region.end <= clip.region.start), None)
        if free is None:
            tracks.append([clip])
        else:
            free.append(clip)
    return tuple(map(tuple, tracks))


def _one_rate(clips: Sequence[Clip]) -> int:
    rates = sorted({clip.region.sample_rate for clip in clips})
    if not rates:
        raise DawError("There are no takes to put on a timeline.")
    if len(rates) > 1:
        written = " and ".join(f"{rate} Hz" for rate in rates)
        raise DawError(f"The takes are of {written}: write a timeline for each rate, so that none is moved.")
    return rates[0]


def _gaps(track: Sequence[Clip], origin: int) -> Iterator[tuple[int, Clip]]:
    """Each clip of a track with the frames of nothing before it."""
    here = origin
    for clip in track:
        yield clip.region.start - here, clip
        here = clip.region.end


def _write_otio(
    tracks: Sequence[Sequence[Clip]], path: Path, name: str, rate: int, origin: int, per_second: Fraction
) -> None:
    otio = _library("opentimelineio")

    def time(frames: int) -> Any:
        return otio.opentime.RationalTime(float(frames * per_second / rate), float(per_second))

    def span(frames: int, first: int = 0) -> Any:
        return otio.opentime.TimeRange(time(first), time(frames))

    timeline = otio.schema.Timeline(name, global_start_time=time(origin))
    for number, clips in enumerate(tracks, 1):
        track = otio.schema.Track(f"Takes {number}", kind=otio.schema.TrackKind.Audio)
        for gap, clip in _gaps(clips, origin):
            if gap:
                track.append(otio.schema.Gap(source_range=span(gap)))
            # Counted from the file's first frame: editors look there, whatever its time stamp says.
            there = span(clip.take.region.frames)
            media = otio.schema.ExternalReference(clip.take.path.absolute().as_uri(), there)
            heard = span(clip.region.frames, clip.skipped)
            track.append(otio.schema.Clip(clip.take.name, media, heard))
        timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, os.fspath(path), "otio_json")


@dataclass(frozen=True)
class _Start:
    """Where a timeline begins: the number of a frame, and how many of those a second has."""

    number: int
    rate: VideoRate


def _picture_start(picture: VideoRate, rate: int, origin: int) -> _Start:
    """In frames of the picture, as sound editors want it."""
    number = picture.number_at(origin, rate)
    if picture.frame_of(number, rate) != origin:
        raise DawError(
            f"An AAF for pictures begins with a video frame, and frame {origin} is inside one: "
            "name the origin as timecode."
        )
    return _Start(number, picture)


def _sound_start(rate: int, origin: int) -> _Start:
    """In frames of sound, or in twos and threes of them: the rate has 16 bits."""
    step = _step(rate)
    if rate % step or origin % step:
        raise DawError(f"At {rate} Hz an AAF begins at a multiple of {step} frames: choose another origin.")
    return _Start(origin // step, VideoRate(Fraction(rate // step)))


def _step(rate: int) -> int:
    return -(-rate // _MAX_TIMECODE_RATE)


def _write_aaf(
    tracks: Sequence[Sequence[Clip]], path: Path, name: str, rate: int, origin: int, start: _Start
) -> None:
    aaf2 = _library("aaf2")
    with aaf2.open(os.fspath(path), "w") as file:
        composition = file.create.CompositionMob(name)
        composition.usage = "Usage_TopLevel"
        file.content.mobs.append(composition)
        end = max(clips[-1].region.end for clips in tracks)
        _append_start(file, composition, start, Fraction(end - origin, rate))
        takes = {clip.take.path: clip.take for clips in tracks for clip in clips}
        media = {path: _master(file, take) for path, take in takes.items()}
        for number, clips in enumerate(tracks, 1):
            sequence = file.create.Sequence(media_kind="sound")
            slot = composition.create_timeline_slot(edit_rate=rate)
            slot.name = f"Takes {number}"
            slot["PhysicalTrackNumber"].value = number
            slot.segment = sequence
            for gap, clip in _gaps(clips, origin):
                if gap:
                    sequence.components.append(file.create.Filler("sound", gap))
                master, slot_id = media[clip.take.path]
                heard = slot_id, clip.skipped, clip.region.frames
                sequence.components.append(master.create_source_clip(*heard, media_kind="sound"))
            sequence.length = clips[-1].region.end - origin


def _append_start(file: Any, composition: Any, start: _Start, seconds: Fraction) -> None:
    """The timecode track, as long as the timeline."""
    slot = composition.create_timeline_slot(edit_rate=start.rate.per_second)
    slot.name = "Timecode"
    slot["PhysicalTrackNumber"].value = 1  # Avid's mark of the timeline's own timecode
    length = math.ceil(seconds * start.rate.per_second)
    timecode = file.create.Timecode(start.rate.nominal, drop=start.rate.drop, length=length)
    timecode.start = start.number
    slot.segment = timecode


def _master(file: Any, take: Take) -> tuple[Any, int]:
    """The mob that clips of a take point to, and the slot in it; behind it one that points to the file."""
    from aaf2.ama import create_network_locator

    rate, frames = take.region.sample_rate, take.region.frames
    descriptor = file.create.WAVEDescriptor()
    descriptor["SampleRate"].value = rate
    descriptor["Summary"].value = bytearray(_summary(take))
    descriptor["Length"].value = frames
    descriptor["ContainerFormat"].value = file.dictionary.lookup_containerdef("AAF")
    descriptor["Locator"].append(create_network_locator(file, os.fspath(take.path.absolute())))
    source = file.create.SourceMob(take.path.name)
    source.descriptor = descriptor
    file.content.mobs.append(source)
    physical = source.create_empty_slot(edit_rate=rate, media_kind="sound", slot_id=1)
    physical.segment.length = frames
    master = file.create.MasterMob(take.name)
    file.content.mobs.append(master)
    slot = master.create_timeline_slot(edit_rate=rate)
    slot.segment = source.create_source_clip(1, 0, frames, media_kind="sound")
    return master, slot.slot_id


def _summary(take: Take) -> bytes:
    """A WAV file without its samples. Readers count them by the last header; Ardour 8 dies without it."""
    from aaf2.ama import get_wave_fmt

    head = get_wave_fmt(os.fspath(take.path)) if take.path.suffix.lower() == ".wav" else None
    if head is None:
        raise DawError(f"{take.path} is no WAV file: an AAF points to those only. Write OTIO instead.")
    (frame_bytes,) = struct.unpack_from("<H", head, _FRAME_BYTES_AT)
    return bytes(head) + struct.pack("<4sI", b"data", take.region.frames * frame_bytes)


def _library(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError as error:
        raise DawError(f"This needs {name}: pip install '.[daw]' in Punch-In's folder.") from error
