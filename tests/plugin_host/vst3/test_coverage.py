"""Which frames of the ring are which stretch, against painting frame by frame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin_host.vst3.coverage import Piece, around, pieces
from plugin_host.vst3.state import Span

PASSES = st.lists(st.tuples(st.integers(-20, 60), st.integers(1, 40), st.booleans()), max_size=8)


def _spans(passes: list[tuple[int, int, bool]]) -> list[Span]:
    spans, first = [], 0
    for position, frames, rolling in passes:
        spans.append(Span(first, position, frames, rolling))
        first += frames
    return spans


@given(passes=PASSES, start=st.integers(-20, 80), frames=st.integers(1, 60))
def test_newest_pass_is_what_is_there(passes: list[tuple[int, int, bool]], start: int, frames: int) -> None:
    """Each frame of the stretch is the one painted last, and what was never painted is not there."""
    painted = {
        span.position + offset: span.first + offset
        for span in _spans(passes)
        if span.rolling
        for offset in range(span.frames)
    }
    found = pieces(_spans(passes), start, start + frames)
    assert list(found) == sorted(found, key=lambda piece: piece.position)
    got = {p.position + offset: p.first + offset for p in found for offset in range(p.frames)}
    assert sum(piece.frames for piece in found) == len(got)
    assert got == {at: painted[at] for at in range(start, start + frames) if at in painted}


def test_handles_end_at_the_first_gap() -> None:
    """What joins the region without a gap is its handle; a region with a gap is not there at all."""
    found = (Piece(0, 0, 5), Piece(5, 6, 4), Piece(30, 10, 10), Piece(50, 25, 5))
    assert around(found, 8, 15) == found[1:3]
    assert around(found, 8, 21) == ()
    assert around((), 0, 1) == ()
