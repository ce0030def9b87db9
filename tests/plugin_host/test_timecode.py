"""Timecode against the definition, the command line's own reader, and the package timecode."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands.times import Seconds, parse_rate, parse_time
from plugin_host.timecode import RATES, Timecode, TimecodeError, VideoRate, rate_named

NAMES = st.sampled_from(sorted(RATES))
VIDEO = NAMES.map(RATES.__getitem__)
NUMBERS = st.integers(0, 24 * 3600 * 90)  # ninety hours at 24, a day at 60 and more
SAMPLE_RATES = st.sampled_from([44_100, 48_000, 96_000, 192_000])


@given(VIDEO, NUMBERS)
def test_a_number_comes_back(rate: VideoRate, number: int) -> None:
    """Through its timecode, and through its text."""
    timecode = Timecode.of_number(number, rate)
    assert timecode.number == number
    assert Timecode.read(str(timecode), rate) == timecode


@given(VIDEO, NUMBERS)
def test_later_frames_have_later_names(rate: VideoRate, number: int) -> None:
    """Read as text: two digits in each field."""
    assert str(Timecode.of_number(number, rate)) < str(Timecode.of_number(number + 1, rate))


@given(VIDEO, NUMBERS, SAMPLE_RATES)
def test_a_frame_shows_its_own_name(rate: VideoRate, number: int, sample_rate: int) -> None:
    """At its first audio frame it is on, one earlier the one before is."""
    timecode = Timecode.of_number(number, rate)
    frame = timecode.frame(sample_rate)
    assert Timecode.at(frame, sample_rate, rate) == timecode
    if number:
        assert rate.number_at(frame - 1, sample_rate) == number - 1


@given(NAMES, NUMBERS, SAMPLE_RATES)
def test_the_command_line_reads_the_same(name: str, number: int, sample_rate: int) -> None:
    """``punchin render --fps`` places every timecode at the same audio frame."""
    timecode = Timecode.of_number(number, RATES[name])
    read = parse_time(str(timecode), parse_rate(name))
    assert isinstance(read, Seconds)
    assert read.at(sample_rate) == timecode.frame(sample_rate)


@pytest.mark.parametrize("name", ["29.97df", "59.94df"])
def test_drop_frame_names_all_but_the_dropped(name: str) -> None:
    """Over ten minutes, and then it begins again: every number of the clock but the dropped, in order."""
    rate = RATES[name]
    allowed = [
        (minute, second, frame)
        for minute, second, frame in itertools.product(range(10), range(60), range(rate.nominal))
        if not (minute % 10 and second == 0 and frame < rate.nominal // 15)
    ]
    named = (Timecode.of_number(number, rate) for number in range(len(allowed)))
    assert allowed == [(one.minutes, one.seconds, one.frames) for one in named]
    assert str(Timecode.of_number(len(allowed), rate)) == "00:10:00;00"


@pytest.mark.parametrize(("name", "number"), [("29.97df", 107_892), ("59.94df", 215_784)])
def test_drop_frame_keeps_the_clocks_time(name: str, number: int) -> None:
    """An hour of numbers is an hour, to within 3.6 ms: what dropping is for."""
    assert Timecode(1, 0, 0, 0, RATES[name]).number == number
    assert Timecode(1, 0, 0, 0, RATES[name]).frame(48_000) - 3600 * 48_000 == -173


@given(NAMES, NUMBERS)
def test_the_package_timecode_says_the_same(name: str, number: int) -> None:
    """Another implementation, over a day."""
    library = pytest.importorskip("timecode", reason="needs the package timecode")
    rate = RATES[name]
    framerate = name.removesuffix("df")
    number %= Timecode(23, 59, 59, rate.nominal - 1, rate).number
    # It counts from 1, and takes 29.97 and 59.94 for drop-frame unless told otherwise.
    other = library.Timecode(framerate, frames=number + 1, force_non_drop_frame=not rate.drop)
    assert str(other).replace(";", ":") == str(Timecode.of_number(number, rate)).replace(";", ":")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("00:01:00;00", "29.97df"),
        ("00:09:00;03", "59.94df"),
        ("00:00:60:00", "25"),
        ("00:60:00:00", "25"),
        ("00:00:00:25", "25"),
        ("00:00:00;00", "25"),
        ("1:2:3:4", "25"),
        ("", "24"),
    ],
)
def test_what_names_no_frame_is_refused(text: str, name: str) -> None:
    """In a sentence."""
    with pytest.raises(TimecodeError, match=r"\.$"):
        Timecode.read(text, RATES[name])


def test_unknown_rates_are_refused() -> None:
    """With the ones that are known."""
    with pytest.raises(TimecodeError, match=r"29\.97df"):
        rate_named("31")
