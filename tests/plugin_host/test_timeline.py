"""Regions, tempo and the playhead: exact, whatever the rate."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_host.timeline import Playhead, Region, Tempo, nearest

RATES = st.sampled_from([8_000, 22_050, 44_100, 48_000, 88_200, 96_000, 192_000])
FRAMES = st.integers(0, 2**40)
LENGTHS = st.integers(1, 2**30)
REGIONS = st.builds(Region, FRAMES, LENGTHS, RATES)


@given(REGIONS, st.integers(0, 2**20))
def test_handles_go_around_the_region(region: Region, handles: int) -> None:
    """The handle after is whole; the one before stops at the timeline's start; the region is inside."""
    wide = region.with_handles(handles)
    assert wide.end == region.end + handles
    assert wide.start == max(0, region.start - handles)
    assert wide.overlap(region) == region


@given(FRAMES, LENGTHS, FRAMES, LENGTHS)
def test_an_overlap_lies_in_both(start: int, frames: int, other_start: int, other_frames: int) -> None:
    """It is the same from both sides, inside both, and none is missed."""
    one, other = Region(start, frames, 48_000), Region(other_start, other_frames, 48_000)
    both = one.overlap(other)
    assert both == other.overlap(one)
    if both is None:
        assert one.end <= other.start or other.end <= one.start
    else:
        assert max(one.start, other.start) == both.start
        assert min(one.end, other.end) == both.end


def test_two_rates_have_no_overlap_to_speak_of() -> None:
    """Frames of different rates are never compared."""
    with pytest.raises(ValueError, match="two timelines"):
        Region(0, 1, 48_000).overlap(Region(0, 1, 44_100))


@given(REGIONS, RATES)
def test_another_rate_moves_an_end_by_half_a_frame_at_most(region: Region, rate: int) -> None:
    """Both ends, not the length, are rounded, so nothing drifts; and up and down again is the same region."""
    other = region.at_rate(rate)
    for frame, there in ((region.start, other.start), (region.end, other.end)):
        if other.frames > 1:
            assert abs(Fraction(frame, region.sample_rate) - Fraction(there, rate)) <= Fraction(1, 2 * rate)
    if rate >= region.sample_rate:
        assert other.at_rate(region.sample_rate) == region


@pytest.mark.parametrize(("start", "frames", "rate"), [(-1, 1, 48_000), (0, 0, 48_000), (0, 1, 0)])
def test_what_is_no_region_is_refused(start: int, frames: int, rate: int) -> None:
    """Before the timeline, of no length, of no rate."""
    with pytest.raises(ValueError, match="no region"):
        Region(start, frames, rate)


@given(st.fractions(-1000, 1000))
def test_nearest_is_within_half(place: Fraction) -> None:
    """And of two that are as near it is the later one."""
    assert -Fraction(1, 2) < nearest(place) - place <= Fraction(1, 2)


@given(st.fractions(20, 400, max_denominator=1000), st.integers(0, 10**6), RATES)
def test_beats_come_back(tempo: Fraction, beat: int, rate: int) -> None:
    """From a beat to its frame and back is less than a frame away, in beats."""
    pace = Tempo(tempo)
    there = pace.beat_of(pace.frame_of(Fraction(beat), rate), rate)
    assert abs(there - beat) <= pace.beat_of(1, rate) / 2


@given(st.fractions(20, 400, max_denominator=1000), st.integers(1, 500), st.integers(1, 64), RATES)
def test_bars_follow_each_other(tempo: Fraction, first: int, bars: int, rate: int) -> None:
    """Where some bars end the next begin: lengths are differences of places, so nothing adds up."""
    pace = Tempo(tempo, beats_per_bar=3)
    assert pace.bars(first, bars, rate).end == pace.bars(first + bars, 1, rate).start


def test_a_bar_is_as_long_as_people_say() -> None:
    """120 BPM, 4/4: two seconds; the third bar starts at four."""
    assert Tempo(Fraction(120)).bars(3, 2, 48_000) == Region(192_000, 192_000, 48_000)


@pytest.mark.parametrize(("pace", "beats"), [(Fraction(0), 4), (Fraction(-1), 4), (Fraction(120), 0)])
def test_what_is_no_tempo_is_refused(pace: Fraction, beats: int) -> None:
    """It must go on, and have a beat."""
    with pytest.raises(ValueError, match="no tempo"):
        Tempo(pace, beats)


LOOPS = st.none() | st.builds(Region, st.integers(0, 5_000), st.integers(100, 5_000), st.just(48_000))
PLAYING = st.builds(Playhead, st.integers(0, 10_000), st.just(48_000), st.just(True), LOOPS)


@given(PLAYING, st.integers(0, 20_000))
def test_a_block_is_heard_whole_and_in_one_piece_but_for_the_loop(head: Playhead, frames: int) -> None:
    """Stretches add up to the block; each begins where the last ended, or at the loop's start."""
    parts = list(head.block(frames))
    assert sum(part.frames for part in parts) == frames
    for part, following in itertools.pairwise(parts):
        assert head.loop is not None
        assert (part.end, following.start) == (head.loop.end, head.loop.start)


@given(PLAYING, st.integers(0, 10_000), st.integers(0, 10_000))
def test_two_blocks_are_one(head: Playhead, first: int, second: int) -> None:
    """Buffer sizes change nothing about where the playhead goes."""
    assert head.after(first).after(second) == head.after(first + second)


@given(st.integers(0, 10_000), LOOPS, st.integers(0, 10_000))
def test_who_stands_hears_nothing(frame: int, loop: Region | None, frames: int) -> None:
    """And stays where it is."""
    head = Playhead(frame, 48_000, playing=False, loop=loop)
    assert head.after(frames) == head
    assert list(head.block(frames)) == []
