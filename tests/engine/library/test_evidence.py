"""How several kinds of evidence become one order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.library.evidence import both, either, reason, standard

UNKNOWN = float("nan")
COSINES = st.floats(-1.0, 1.0).map(lambda value: round(value, 4))


@given(arrays(np.float64, 7, elements=COSINES), st.floats(0.01, 5.0), st.floats(-3.0, 3.0))
def test_units_and_levels_do_not_matter(values, unit, level):
    """A model whose best cosine is 0.3 ranks as one whose best is 0.7."""
    if np.ptp(values) < 1e-3:
        return

    assert np.allclose(standard(values), standard(values * unit + level), atol=1e-6)


@given(arrays(np.float64, 6, elements=COSINES))
def test_one_kind_alone_keeps_its_order_and_its_worth(values):
    """Where nothing else is known, a score is how far a sound stands out."""
    alone = standard(values)

    assert np.allclose(alone, either([alone, np.full(6, UNKNOWN)]))
    assert np.allclose(alone, both([alone, np.full(6, UNKNOWN)]))


@given(arrays(np.float64, (2, 6), elements=st.floats(-5.0, 8.0)))
def test_either_is_never_less_than_the_strongest_and_little_more(evidence):
    """A weak name takes nothing from a sound that fits, nor a model that hears badly from a name."""
    scores, strongest = either(evidence), evidence.max(axis=0)

    assert (strongest <= scores + 1e-9).all() and (scores <= strongest + 0.35).all()
    assert np.allclose(scores, either(evidence[::-1]))


def test_both_is_more_than_one():
    """What fits by sound and by name is before what fits as well by one of them."""
    scores = either([np.array([2.0, 2.0, UNKNOWN]), np.array([2.0, -3.0, 2.0])])

    assert scores[0] > scores[1] and scores[0] > scores[2]
    assert np.allclose(scores[1:], 2.0, atol=1e-4)


def test_two_demands_are_both_to_be_met():
    """Half of each is more than all of one and nothing of the other."""
    scores = both([np.array([1.5, 2.5, UNKNOWN]), np.array([1.5, 0.0, 1.0])])

    assert scores[0] > scores[1] and 1.0 == scores[2]


def test_a_sound_of_which_nothing_is_known_is_last():
    """And never a hit."""
    evidence = [np.array([UNKNOWN, 1.0]), np.array([UNKNOWN, UNKNOWN])]

    assert -np.inf == either(evidence)[0] and np.isnan(both(evidence)[0])


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
