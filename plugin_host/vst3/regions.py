"""What counts as selected, where nobody can ask the DAW: from what passed, or from what was typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from plugin_host.errors import DawError
from plugin_host.timecode import Timecode, TimecodeError, VideoRate
from plugin_host.timeline import Region
from plugin_host.vst3.state import Captured, Span, Status

HELP = (
    '"pass" (what was played last), "mark" (while Mark was on), "last 5s", or FROM..TO, '
    "such as 72000f..158400f, 1:02.5..1:08, or timecode with --fps"
)
_LAST = re.compile(r"last\s+([0-9]+(?:\.[0-9]+)?)\s*s?")
_TIME = re.compile(r"(?:(?:([0-9]+):)?([0-9]+):)?([0-9]+(?:\.[0-9]+)?)")
_FRAMES = re.compile(r"([0-9]+)f")


def chosen_region(text: str, status: Status, captured: Captured, video: VideoRate | None = None) -> Region:
    """The region that ``text`` means; ``video``: what its timecode counts in. Raises DawError."""
    text = text.strip()
    if text == "pass":
        return _between(*_last_pass(captured.spans), captured.sample_rate)
    if text == "mark":
        return _between(*_marked(status), captured.sample_rate)
    if match := _LAST.fullmatch(text):
        return _last(captured, _frames(Fraction(match[1]), captured.sample_rate))
    start, dots, end = text.partition("..")
    if not dots:
        raise DawError(f'"{text}" is no region: say {HELP}.')
    rate = captured.sample_rate
    return _between(time(start, rate, video), time(end, rate, video), rate)


def time(text: str, sample_rate: int, video: VideoRate | None = None) -> int:
    """The frame that is meant: ``72000f``, seconds, minutes and hours, or timecode. Raises DawError."""
    text = text.strip()
    if text.count(":") + text.count(";") == 3:
        return _timecode(text, sample_rate, video)
    if match := _FRAMES.fullmatch(text):
        return int(match[1])
    match = _TIME.fullmatch(text)
    if match is None:
        raise DawError(f'"{text}" is no time: write 72000f for a frame, 62.5 or 1:02.5 for seconds.')
    seconds = int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + Fraction(match[3])
    return _frames(seconds, sample_rate)


def _timecode(text: str, sample_rate: int, video: VideoRate | None) -> int:
    if video is None:
        raise DawError(f'"{text}" is timecode: say what it counts in, such as --fps 25.')
    try:
        return Timecode.read(text, video).frame(sample_rate)
    except TimecodeError as error:
        raise DawError(str(error)) from error


def _frames(seconds: Fraction, sample_rate: int) -> int:
    return (seconds * sample_rate + Fraction(1, 2)).__floor__()


def _last_pass(spans: Sequence[Span]) -> tuple[int, int]:
    """From where the transport last started, or jumped to, until it stopped or jumped again.

    In a loop it is the last round that was played to its end.
    """
    rolled = [span for span in spans if span.rolling]
    if not rolled:
        raise DawError("The plugin has heard nothing with the transport rolling: play the part once.")
    last = rolled[-1]
    if len(rolled) > 1 and rolled[-2].position == last.position and rolled[-2].end > last.end:
        last = rolled[-2]
    return last.position, last.end


def _marked(status: Status) -> tuple[int, int]:
    if status.mark_start < 0:
        raise DawError("Nothing is marked: switch the plugin's Mark on and off while the part plays.")
    return status.mark_start, status.position if status.mark_end < 0 else status.mark_end


def _last(captured: Captured, frames: int) -> Region:
    rolled = [span for span in captured.spans if span.rolling]
    if not rolled:
        raise DawError("The plugin has heard nothing with the transport rolling: play the part once.")
    return _between(rolled[-1].end - frames, rolled[-1].end, captured.sample_rate)


def _between(start: int, end: int, sample_rate: int) -> Region:
    start = max(0, start)
    if end <= start:
        raise DawError("This region is empty, or ends before it starts.")
    return Region(start, end - start, sample_rate)
