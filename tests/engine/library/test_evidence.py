"""How several kinds of evidence become one order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.library.evidence import combined, reason, standard

UNKNOWN = float("nan")
COSINES = st.floats(-1.0, 1.0).map(lambda value: round(value, 4))


@given(arrays(np.float64, 7, elements=COSINES), st.floats(0.01, 5.0), st.floats(-3.0, 3.0))
def test_units_and_levels_do_not_matter(values, unit, level):
    """A model whose best cosine is 0.3 ranks as one whose best is 0.7."""
    if np.ptp(values) < 1e-3:
        return

    assert np.allclose(standard(values), standard(values * unit + level), atol=1e-6)


@given(arrays(np.float64, 6, elements=COSINES))
def test_one_kind_alone_keeps_its_order(values):
    """Where nothing else is known, the nearest sound is first."""
    scores = combined([standard(values), np.full(6, UNKNOWN)])

    assert values[np.argmax(scores)] == values.max()
    assert values[np.argmin(scores)] == values.min()


def test_what_is_not_known_speaks_neither_for_a_sound_nor_against_it():
    """A nameless sound stands where its sound puts it: before one whose name points elsewhere."""
    sound, name = np.array([2.0, 2.0, 2.0]), np.array([UNKNOWN, 2.0, -1.0])
    scores = combined([sound, name])

    assert [1, 0, 2] == list(np.argsort(-scores))
    assert 2.0 == scores[0]


def test_a_sound_of_which_nothing_is_known_is_last():
    """And never a hit."""
    assert -np.inf == combined([np.array([UNKNOWN, 1.0]), np.array([UNKNOWN, UNKNOWN])])[0]


def test_equal_sounds_are_no_division_by_zero():
    """Nor is a library of one."""
    assert np.isfinite(standard(np.array([0.5, 0.5]))).all()
    assert np.isfinite(standard(np.array([0.5]))).all()
    assert np.isnan(standard(np.array([UNKNOWN]))).all()


def test_the_reason_is_what_stands_out():
    """Both, or the stronger of the two."""
    assert "sound and name" == reason(2.0, 1.5)
    assert "sound" == reason(2.0, 0.5)
    assert "name" == reason(0.2, 0.5)
    assert "sound" == reason(-1.0, UNKNOWN)
    assert "name" == reason(UNKNOWN, -1.0)
