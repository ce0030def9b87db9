"""The broadcast extension, against an independent reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wavinfo.wave_bext_reader import WavBextReader

from engine.takes.bext import FIXED_BYTES, Bext, Loudness, ascii_text, decode_bext, encode_bext, history_line

PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=256)


@given(description=PLAIN, reference=PLAIN, frame=st.integers(0, 2**64 - 1), history=PLAIN)
def test_everything_comes_back(description: str, reference: str, frame: int, history: str) -> None:
    """From our reader and from another one; texts that are too long are cut."""
    bext = Bext(description, "Punch-In", reference, "2026-03-01", "12:34:56", frame, history)
    read, other = decode_bext(encode_bext(bext)), WavBextReader(encode_bext(bext), "ascii")
    assert read == Bext(description, "Punch-In", reference[:32], "2026-03-01", "12:34:56", frame, history)
    assert (description, frame, 2) == (other.description, other.time_reference, other.version)
    assert (read.reference, read.history) == (other.originator_ref, other.coding_history)


def test_loudness_that_is_known_and_that_is_not() -> None:
    """In hundredths; what nobody measured is 7FFF."""
    bext = Bext(loudness=Loudness(integrated=-23.04, true_peak=-1.0))
    other = WavBextReader(encode_bext(bext), "ascii")
    assert (-23.04, -1.0, 327.67) == (other.loudness_value, other.max_true_peak, other.loudness_range)
    assert bext == decode_bext(encode_bext(bext))


def test_loudness_that_is_not_valid_is_not_said() -> None:
    """The standard has room for two digits before the point; a peak of -120 dB is as good as none."""
    bext = Bext(loudness=Loudness(integrated=-99.99, true_peak=-120.0, momentary=1e9))
    assert decode_bext(encode_bext(bext)) == Bext(loudness=Loudness(integrated=-99.99))


@pytest.mark.parametrize(("text", "expected"), [("Türe", "Ture"), ("雨", "?"), ("naïve—x", "naive?x")])
def test_texts_are_ascii(text: str, expected: str) -> None:
    """As near as can be."""
    assert expected == ascii_text(text)


def test_a_chunk_that_is_too_short_is_none() -> None:
    """Nothing of it is believed."""
    assert decode_bext(bytes(FIXED_BYTES - 1)) is None


@given(content=st.binary(min_size=FIXED_BYTES, max_size=FIXED_BYTES + 50))
def test_any_chunk_is_read(content: bytes) -> None:
    """Whoever wrote it."""
    assert decode_bext(content) is not None


def test_coding_history() -> None:
    """EBU R 98: fields parted by commas, so that a text has none."""
    assert "A=PCM,F=48000,W=24,M=stereo,T=a; b\r\n" == history_line(48_000, 24, 2, "a, b")
    assert "A=PCM,F=48000,W=24,T=x\r\n" == history_line(48_000, 24, 6, "x")
