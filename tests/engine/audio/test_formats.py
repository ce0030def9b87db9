"""Which format holds a take exactly, where that depends on size."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.formats import TakeFormat, decode, encode, exact_format, new_format, quantise
from engine.audio.source import SourceInfo
from engine.errors import EngineError, ErrorCode

FOUR_GIGABYTES = 2**32


def info_of(container: str, subtype: str, frames: int) -> SourceInfo:
    """A stereo recording that exists only on paper."""
    return SourceInfo(Path("tape"), 48_000, 2, frames, container, subtype, "FILE")


def test_a_wav_above_four_gigabytes_is_rf64() -> None:
    """The 64-bit form of the same thing, which every host reads under the same suffix."""
    assert new_format(Path("a.wav"), "PCM_16", FOUR_GIGABYTES // 2, 1) == TakeFormat("RF64", "PCM_16")
    assert new_format(Path("a.wav"), "PCM_16", FOUR_GIGABYTES // 4, 1) == TakeFormat("WAV", "PCM_16")
    long_flac = info_of("FLAC", "PCM_24", FOUR_GIGABYTES // 4)
    assert exact_format(long_flac, Path("a.wav")) == TakeFormat("RF64", "PCM_24")


def test_a_format_that_cannot_grow_says_so() -> None:
    """AIFF has no 64-bit form."""
    with pytest.raises(EngineError) as caught:
        exact_format(info_of("CAF", "PCM_24", FOUR_GIGABYTES // 4), Path("a.aiff"))
    assert caught.value.code == ErrorCode.TOO_MUCH
    assert exact_format(info_of("W64", "PCM_24", FOUR_GIGABYTES), Path("a.caf")).format == "CAF"


def test_the_recordings_own_container_is_kept_where_its_suffix_allows() -> None:
    """RF64 and WAVE_FORMAT_EXTENSIBLE are called .wav too."""
    for container in ("WAV", "WAVEX", "RF64"):
        assert exact_format(info_of(container, "PCM_24", 9), Path("a.WAV")).format == container
    assert exact_format(info_of("W64", "PCM_24", 9), Path("a.wav")).format == "WAV"


@given(
    st.sampled_from(["PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]),
    st.sampled_from(["LITTLE", "BIG"]),
    st.lists(st.floats(-1.5, 1.5, width=32), min_size=1, max_size=50),
)
def test_quantised_samples_are_what_reading_them_back_gives(
    subtype: str, endian: str, values: list[float]
) -> None:
    """So that a take can be checked after it was written."""
    samples = quantise(np.array(values, np.float32)[:, None], subtype)
    found = decode(encode(samples, subtype, endian), 1, subtype, endian)
    np.testing.assert_array_equal(found, samples)


@given(st.integers(-(2**23), 2**23 - 1))
def test_what_a_crossfade_leaves_unchanged_is_unchanged(step: int) -> None:
    """Float holds 24 bits exactly, and rounding without dither gives them back."""
    sample = np.array([[step / 2**23]], np.float32)
    assert quantise(sample, "PCM_24")[0, 0] == step << 8
