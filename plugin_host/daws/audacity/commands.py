"""Audacity's commands as text, and its answers as values. Pure.

Its answers print times with six digits, which is too few for places on a timeline: those come from
``read_times``, and are used for nothing but to find the frame that is meant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from plugin_host.errors import DawError
from plugin_host.timeline import Region

Value = str | int | float
# Added to the end of what is selected while it is read: Nyquist, asked with nothing selected, shows a dialog.
READING_SECONDS = 1.0


@dataclass(frozen=True)
class TrackInfo:
    """A track as Audacity lists them; ``index`` counts from the top, from 0. end: seconds, about."""

    index: int
    name: str
    kind: str
    selected: bool
    channels: int = 0
    pan: float = 0.0
    mute: bool = False
    solo: bool = False
    end: float = 0.0


@dataclass(frozen=True)
class Times:
    """What is selected, in seconds to the microsecond, and the project's rate."""

    start: float
    end: float
    sample_rate: int

    @property
    def frames(self) -> tuple[int, int]:
        """The nearest frames; a microsecond is a fifth of a frame even at 192 kHz."""
        return max(0, round(self.start * self.sample_rate)), round(self.end * self.sample_rate)


def command(verb: str, **parameters: Value) -> str:
    """One line. Floats are written so that the same number is read."""
    words = [f"{key}={_quoted(value)}" for key, value in parameters.items()]
    return f"{verb}: {' '.join(words)}".rstrip()


def _quoted(value: Value) -> str:
    if isinstance(value, str):
        return '"' + shown(value).replace("\\", "/").replace('"', '\\"') + '"'
    return repr(value)


def shown(text: str) -> str:
    """A text of one line, without what can't be printed."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def select_time(region: Region) -> str:
    """Selects a region, to the frame."""
    return command("SelectTime", Start=region.start / region.sample_rate, End=region.end / region.sample_rate)


def select_track(index: int, mode: str = "Set") -> str:
    """Selects one track; mode "Add" leaves the others selected."""
    return command("SelectTracks", Track=index, TrackCount=1, Mode=mode)


def read_times(path: str) -> str:
    """Has Audacity write what is selected into a file; needs a selected track and a stretch of time.

    Only Nyquist gives times to the microsecond; a Nyquist prompt that returns "" changes nothing.
    """
    place = path.replace("\\", "/").replace('"', "")
    code = (
        f'(let ((out (open "{place}" :direction :output)))'
        ' (progv \'(*float-format*) \'("%.9f") (format out "~s ~s ~s~%"'
        " (get '*selection* 'start) (get '*selection* 'end) (get '*project* 'rate)))"
        ' (close out)) ""'
    )
    return command("NyquistPrompt", Command=code, Version=4)


def times_of(text: str) -> Times:
    """What ``read_times`` has written. Raises DawError."""
    try:
        start, end, rate = (float(word) for word in text.split())
    except ValueError as error:
        raise DawError(
            "Audacity does not say what is selected: allow the Nyquist Prompt under Tools > Plugin Manager."
        ) from error
    return Times(start, end, round(rate))


def tracks_of(answer: str) -> tuple[TrackInfo, ...]:
    """From GetInfo: Type=Tracks. Raises DawError."""
    return tuple(
        TrackInfo(
            index,
            str(row["name"]),
            str(row["kind"]),
            bool(row["selected"]),
            int(row.get("channels", 0)),
            float(row.get("pan", 0)),
            bool(row.get("mute", 0)),
            bool(row.get("solo", 0)),
            float(row.get("end", 0)),
        )
        for index, row in enumerate(_parsed(answer))
    )


def _parsed(answer: str) -> list[Any]:
    try:
        rows = json.loads(answer or "[]")
    except ValueError as error:
        raise DawError("Audacity's answer can't be read; start it again.") from error
    if not isinstance(rows, list):
        raise DawError("Audacity's answer can't be read; start it again.")
    return rows


def audible(tracks: tuple[TrackInfo, ...]) -> tuple[TrackInfo, ...]:
    """Which of the selected tracks are heard, and so exported: soloed ones, if any is, or those not muted."""
    waves = [track for track in tracks if track.kind == "wave"]
    any_solo = any(track.solo for track in waves)
    return tuple(track for track in waves if track.selected and (track.solo if any_solo else not track.mute))


def channels_of(tracks: tuple[TrackInfo, ...]) -> int:
    """Of their mix: 1, or 2 as soon as one is stereo or not in the middle."""
    return 2 if any(track.channels > 1 or track.pan for track in tracks) else 1
