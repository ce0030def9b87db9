"""What counts as selected where nobody can ask the DAW."""

from __future__ import annotations

import pytest

from plugin_host.errors import DawError
from plugin_host.timeline import Region
from plugin_host.vst3.regions import chosen_region
from plugin_host.vst3.state import Captured, Punched, PunchState, Span, Status

RATE = 48_000


def _chosen(text: str, *spans: tuple[int, int], mark: tuple[int, int] = (-1, -1)) -> Region:
    first, made = 0, []
    for position, frames in spans:
        made.append(Span(first, position, frames, True))
        first += frames
    status = Status(1, 2, RATE, False, 500, False, *mark, 0, False, 0, Punched(PunchState.READY, 0, ""))
    return chosen_region(text, status, Captured(1, RATE, tuple(made)))


def test_pass_is_what_was_played_last() -> None:
    """From where the transport started until it stopped; in a loop, the last round that came to its end."""
    assert _chosen("pass", (0, 100), (1_000, 300)) == Region(1_000, 300, RATE)
    assert _chosen("pass", (1_000, 300), (1_000, 300), (1_000, 20)) == Region(1_000, 300, RATE)
    assert _chosen("pass", (-100, 300)) == Region(0, 200, RATE)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("last 2s", Region(3 * RATE, 2 * RATE, RATE)),
        ("last 0.5", Region(9 * RATE // 2, RATE // 2, RATE)),
        ("last 9 s", Region(0, 5 * RATE, RATE)),
        ("10f..30f", Region(10, 20, RATE)),
        ("1.5..2", Region(72_000, 24_000, RATE)),
        ("1:02.5 .. 1:03", Region(3_000_000, 24_000, RATE)),
        ("1:00:00..1:00:01", Region(3_600 * RATE, RATE, RATE)),
    ],
)
def test_regions_as_typed(text: str, region: Region) -> None:
    """Times are exact frames."""
    assert _chosen(text, (0, 5 * RATE)) == region


def test_mark_is_between_on_and_off() -> None:
    """While Mark is on, it reaches to where the transport is."""
    assert _chosen("mark", mark=(100, 250)) == Region(100, 150, RATE)
    assert _chosen("mark", mark=(100, -1)) == Region(100, 400, RATE)


@pytest.mark.parametrize(
    "text", ["pass", "mark", "last 5s", "", "all", "2..1", "1..1", "a..b", "1:60..", "last"]
)
def test_what_is_no_region_is_said(text: str) -> None:
    """With a sentence, not a guess."""
    with pytest.raises(DawError, match=r"\.$"):
        _chosen(text)
