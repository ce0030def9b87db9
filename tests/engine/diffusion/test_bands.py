"""Ranges of frequencies as bands of the latents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.mel import MelParameters, band_edges, log_mel, mel_matrix
from engine.diffusion.bands import anew_bands, anew_range

MEL = MelParameters()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 0.0, range(16)),
        (0.0, 8000.0, range(16)),
        (9000.0, 0.0, []),
        (3000.0, 0.0, range(9, 16)),
        (0.0, 150.0, range(2)),
        (7900.0, 96_000.0, [14, 15]),
    ],
)
def test_bands_that_hear_the_range_are_made_anew(low: float, high: float, expected: range) -> None:
    """And one more on each side."""
    assert list(expected) == np.flatnonzero(anew_bands(low, high, MEL, 4)).tolist()


@given(st.floats(0.0, 7800.0), st.floats(50.0, 4000.0))
def test_a_tone_within_the_range_is_heard_in_its_bands_alone(low: float, width: float) -> None:
    """What the mel hears of a sine in the middle lies in the bands, margin not needed."""
    high = min(8000.0, low + width)
    bands = np.repeat(anew_bands(low, high, MEL, 4), 4)
    centre = round((low + high) / 2.0 / 8000.0 * 512)
    assert bands[mel_matrix(MEL)[:, centre] > 0.0].all()
    first, last = anew_range(low, high, MEL, 4)
    assert first <= low + 1e-6 or first == 0.0
    assert last >= min(high, 8000.0) - 1e-6


def test_a_real_tone_is_in_the_bands_of_its_range() -> None:
    """As the front end hears it: most of what a tone of 2 kHz does is between 1.5 and 2.5 kHz."""
    tone = np.sin(2.0 * np.pi * 2000.0 * np.arange(16_000) / 16_000.0).astype(np.float32) * 0.5
    heard = np.exp(log_mel(tone, MEL)).mean(axis=0).reshape(16, 4).sum(axis=1)
    anew = anew_bands(1500.0, 2500.0, MEL, 4) == 1.0
    assert heard[anew].sum() > 0.97 * heard.sum()
    assert anew.sum() < 8


def test_edges_are_those_of_the_triangles() -> None:
    """Band k hears nothing outside of edges k and k + 2."""
    edges, matrix = band_edges(MEL), mel_matrix(MEL)
    hz = np.linspace(0.0, 8000.0, 513)
    for band in (0, 20, 63):
        heard = hz[matrix[band] > 0.0]
        assert edges[band] <= heard.min()
        assert heard.max() <= edges[band + 2]
