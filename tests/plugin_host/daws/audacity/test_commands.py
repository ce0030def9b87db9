"""Commands as lines, and answers as values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_host.daws.audacity.commands import (
    Times,
    TrackInfo,
    audible,
    channels_of,
    command,
    read_times,
    select_time,
    times_of,
    tracks_of,
)
from plugin_host.errors import DawError
from plugin_host.timeline import Region

RATES = st.sampled_from([8000, 44_100, 48_000, 96_000, 192_000])


@given(st.integers(0, 2**33), st.integers(1, 2**31), RATES)
def test_a_region_is_selected_to_the_frame(start: int, frames: int, rate: int) -> None:
    """Read as the seconds that are written, and rounded as Audacity does, it is the same."""
    numbers = re.findall(r"=(\S+)", select_time(Region(start, frames, rate)))
    assert [int(float(number) * rate + 0.5) for number in numbers] == [start, start + frames]


@given(st.integers(0, 2**31), st.integers(0, 2**31), RATES)
def test_microseconds_are_enough_for_a_frame(start: int, end: int, rate: int) -> None:
    """Which is what Nyquist says."""
    times = times_of(f"{start / rate:.6f} {end / rate:.6f} {rate}\n")
    assert times.frames == (start, end)


def test_before_the_start_of_the_timeline_there_is_nothing() -> None:
    """Audacity can select from before 0."""
    assert Times(-0.5, 1.0, 48_000).frames == (0, 48_000)


@given(st.text(max_size=50))
def test_a_text_stays_inside_its_quotes(text: str) -> None:
    """Whatever a take is called, it is one line and one value."""
    line = command("SetTrackStatus", Name=text)
    assert "\n" not in line and "\r" not in line
    assert re.fullmatch(r'SetTrackStatus: Name="(?:[^"\\]|\\")*"', line)


@pytest.mark.parametrize("text", ["", "a b c", "1.0 2.0"])
def test_an_answer_that_is_none_says_what_to_allow(text: str) -> None:
    """Where the Nyquist prompt was switched off."""
    with pytest.raises(DawError, match="Nyquist Prompt"):
        times_of(text)


def test_reading_what_is_selected_fits_into_a_line() -> None:
    """Even from a folder with a long name."""
    assert len(read_times("/tmp/" + "x" * 200 + "/selection.txt")) < 1000


def test_tracks_are_read() -> None:
    """As Audacity 3.2.4 prints them."""
    tracks = tracks_of(
        '[ { "name":"st", "focused":1, "selected":1, "kind":"wave", "start":0, "end":20, "pan":0, "gain":1,'
        ' "channels":2, "solo":0, "mute":1 }, { "name":"L", "focused":0, "selected":0, "kind":"label" } ]'
    )
    assert tracks == (
        TrackInfo(0, "st", "wave", True, 2, mute=True, end=20.0),
        TrackInfo(1, "L", "label", False),
    )


@pytest.mark.parametrize("answer", ["{", '{"a": 1}'])
def test_an_answer_that_is_no_list_is_a_sentence(answer: str) -> None:
    """Not a crash."""
    with pytest.raises(DawError, match="can't be read"):
        tracks_of(answer)


def test_a_soloed_track_silences_those_that_are_not() -> None:
    """As on Audacity's output."""
    one, two = TrackInfo(0, "1", "wave", True, 1), TrackInfo(1, "2", "wave", True, 1, mute=True)
    solo = TrackInfo(2, "3", "wave", False, 1, solo=True)
    assert audible((one, two)) == (one,)
    assert audible((one, two, solo)) == ()


def test_a_track_that_is_not_in_the_middle_makes_the_mix_stereo() -> None:
    """Or it would go out at another level."""
    assert channels_of((TrackInfo(0, "1", "wave", True, 1),)) == 1
    assert channels_of((TrackInfo(0, "1", "wave", True, 1, pan=-0.5),)) == 2
    assert channels_of((TrackInfo(0, "1", "wave", True, 1), TrackInfo(1, "2", "wave", True, 2))) == 2
