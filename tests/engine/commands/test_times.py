"""Times and timecode, against counters that are derived independently."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands.times import Frames, Seconds, Span, TimeError, parse_rate, parse_span, parse_time

DROP = parse_rate("29.97df")
DROP_60 = parse_rate("59.94df")
rates = st.sampled_from(["23.976", "24", "25", "29.97", "30", "50", "59.94", "60"])
sample_rates = st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000, 88_200, 96_000, 192_000])


def drop_labels(nominal: int, skipped: int) -> Iterator[str]:
    """Every label of a drop-frame clock, in order: it counts, and jumps at minutes that are no tenth."""
    hours = minutes = seconds = frames = 0
    while True:
        yield f"{hours:02}:{minutes:02}:{seconds:02};{frames:02}"
        frames += 1
        if frames < nominal:
            continue
        frames, seconds = 0, seconds + 1
        if seconds < 60:
            continue
        seconds, minutes = 0, minutes + 1
        if minutes == 60:
            minutes, hours = 0, hours + 1
        if minutes % 10:
            frames = skipped


@pytest.mark.parametrize(("rate", "skipped"), [(DROP, 2), (DROP_60, 4)])
def test_drop_frame_timecode_is_the_count_of_a_clock_that_skips(rate, skipped):
    """Over the first 71 minutes the n-th label of a drop-frame clock is n frames after zero."""
    labels = islice(drop_labels(rate.nominal, skipped), 71 * 60 * rate.nominal)
    wrong = [
        (label, number)
        for number, label in enumerate(labels)
        if number % 7 == 0 or ";0" in label[8:]  # every label near a jump, a seventh of the others
        if parse_time(label, rate) != Seconds(number / rate.frames_per_second)
    ]

    assert [] == wrong


@pytest.mark.parametrize("label", ["00:01:00;00", "00:01:00;01", "01:59:00;01", "00:11:00:00"])
def test_labels_that_drop_frame_skips_are_refused(label):
    """A number that no drop-frame clock ever shows can't be a time."""
    with pytest.raises(TimeError, match="does not exist"):
        parse_time(label, DROP)


def test_an_hour_of_drop_frame_is_almost_an_hour():
    """107 892 frames of 1001/30000 s: 3.6 ms short of an hour, which is what drop-frame is for."""
    assert Seconds(Fraction(107_892 * 1001, 30_000)) == parse_time("01:00:00;00", DROP)


def test_the_same_label_without_drop_frame_is_later():
    """Non-drop 29.97 counts every frame, so its hour is 3.6 s long of the clock's."""
    assert Seconds(Fraction(3_603_600, 1000)) == parse_time("01:00:00:00", parse_rate("29.97"))


def test_a_semicolon_makes_29_97_drop_frame():
    """The usual way to write drop-frame needs no special rate."""
    assert parse_time("00:10:00;00", DROP) == parse_time("00:10:00;00", parse_rate("29.97"))


@given(frames=st.integers(0, 10**7), rate_text=rates)
def test_timecode_counts_frames_at_the_real_rate(frames, rate_text):
    """Fields taken apart by division come back as exactly that many frames."""
    rate = parse_rate(rate_text)
    seconds, frame = divmod(frames, rate.nominal)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)

    time = parse_time(f"{hour}:{minute:02}:{second:02}:{frame:02}", rate)

    assert Seconds(frames / rate.frames_per_second) == time


@given(frame=st.integers(0, 10**12), sample_rate=sample_rates)
def test_frames_are_taken_as_they_are(frame, sample_rate):
    """A time in frames does not know the sample rate."""
    assert frame == parse_time(f"{frame}f").at(sample_rate)


@given(frame=st.integers(0, 10**9), sample_rate=sample_rates)
def test_seconds_with_enough_digits_find_their_frame(frame, sample_rate):
    """Nine decimals name every frame of a recording at up to 192 kHz."""
    text = f"{float(Fraction(frame, sample_rate)):.9f}" if frame < 10**6 else None
    exact = Fraction(frame, sample_rate)
    text = text or f"{int(exact)}.{int((exact % 1) * 10**9 + Fraction(1, 2)):09}"

    assert frame == parse_time(text).at(sample_rate)


@given(st.integers(0, 59), st.integers(0, 59), st.integers(0, 99), st.integers(0, 999))
def test_clock_times_are_their_seconds(seconds, minutes, hours, milliseconds):
    """h:m:s is hours, minutes and seconds with decimals, exact."""
    total = hours * 3600 + minutes * 60 + seconds + Fraction(milliseconds, 1000)

    assert Seconds(total) == parse_time(f"{hours}:{minutes}:{seconds}.{milliseconds:03}")


def test_halves_of_a_frame_go_up():
    """0.5 of a frame belongs to the next one."""
    assert [0, 1, 1, 2] == [parse_time(text).at(1000) for text in ("0.0004", "0.0005", "0.0014", "0.0015")]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from([":", "..", "-"]))
def test_all_three_separators_split_frames(start, end, separator):
    """A span of plain times may be written in any of the three ways."""
    assert Span(Frames(start), Frames(end)) == parse_span(f"{start}f{separator}{end}f")


@pytest.mark.parametrize("separator", ["..", "-", " - "])
def test_spans_of_timecode_take_dots_or_a_dash(separator):
    """The colons of timecode stay inside the times."""
    span = parse_span(f"00:00:01:12{separator}00:00:02:00", parse_rate("25"))

    assert (48_000 + 23_040, 96_000) == span.at(48_000)


def test_spans_joined_by_a_colon_are_cut_in_the_middle():
    """Two timecodes, or two clock times, may be joined by one more colon."""
    assert (48_000 + 23_040, 96_000) == parse_span("00:00:01:12:00:00:02:00", parse_rate("25")).at(48_000)
    assert (62_000, 65_500) == parse_span("1:02:1:05.5").at(1000)
    assert parse_span("00:01:00;02..00:01:01;00", DROP) == parse_span("00:01:00;02:00:01:01;00", DROP)


def test_a_span_may_mix_notations():
    """Minutes at one end and frames at the other are fine."""
    assert (62 * 1000, 70_000) == parse_span("1:02..70000f").at(1000)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("", None),
        (":", None),
        ("1", None),
        ("1:", None),
        ("1:2:3", None),
        ("00:00:01:00:00:02:00", "25"),
        ("1..2..3", None),
        ("-1:2", None),
        ("a:b", None),
        ("1s:2s", None),
        ("nan:inf", None),
        ("1e3:2e3", None),
        ("\N{ARABIC-INDIC DIGIT ONE}:2", None),
        ("0:0:1:0..0:0:2:0", None),
        ("0:60:00..0:61:00", None),
        ("0:00:60..0:01:01", None),
        ("0:0:1:25..0:0:2:0", "25"),
        ("0:0:1;5..0:0:2;0", "25"),
        (f"{'9' * 400}:1", None),
    ],
)
def test_what_is_not_a_span_is_refused_in_one_sentence(text, rate):
    """Every refusal is one line that ends like a sentence."""
    with pytest.raises(TimeError) as caught:
        parse_span(text, parse_rate(rate) if rate else None)
    sentence = str(caught.value)

    assert ("\n" not in sentence, sentence[-1]) == (True, ".")


@pytest.mark.parametrize(
    "text", ["", "0", "-25", "29.970", "24df", "30df", "23.976df", "241", "1e2", "NaN", "²"]
)
def test_rates_nobody_uses_are_refused(text):
    """A rate that is guessed at would put every region in the wrong place."""
    with pytest.raises(TimeError):
        parse_rate(text)


@given(st.text(alphabet="0123456789:;.-f ", max_size=20))
def test_any_text_is_a_span_or_is_refused(text):
    """Nothing but TimeError comes out of bad input, and what is accepted has a place."""
    try:
        start, end = parse_span(text, DROP).at(48_000)
    except TimeError:
        return
    assert min(start, end) >= 0
