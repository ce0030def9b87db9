"""What is shown of the context is what the engine hears."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.audio.region import Region
from engine.context import context_frames
from engine.models.bundle import read_manifest
from engine.models.catalogue import EMBEDDED
from engine.protocol.requests import FileSource, RenderRequest, frames
from gui.models.surroundings import heard_around
from gui.models.timeline import Span

MODEL = read_manifest(EMBEDDED).specification


@given(
    rate=st.sampled_from([16_000, 44_100, 48_000]),
    before=st.integers(0, 500_000),
    length=st.integers(4_800, 500_000),
    after=st.integers(0, 500_000),
    asked=st.sampled_from([-1.0, 0.0, 0.5, 3.0]),
)
def test_it_is_what_the_engine_reads(rate: int, before: int, length: int, after: int, asked: float) -> None:
    """Of the model that comes along, to the frame, wherever the region lies."""
    start, end, whole = before, before + length, before + length + after
    source = FileSource("/scene.wav", frames(start), frames(end))
    request = RenderRequest("j", source, "rain", context_seconds=asked)
    heard = context_frames(request, Region(start, end), whole, rate, MODEL)
    assert heard == heard_around(Span(start, end), whole, rate, asked)
