"""What edits gain and lose, measured on edits whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.agreement import Score
from engine.evaluation.yardstick.editing import (
    Edited,
    foreign,
    gap_row,
    gap_sound,
    log_mel_distance,
    transfer_point,
)
from engine.evaluation.yardstick.hearing import Answer

RATE = 16_000


def noise(seed: int, seconds: float = 4.0, level: float = 0.1) -> np.ndarray:
    """White, (frames,)."""
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * level).astype(np.float32)


def test_a_sound_is_no_distance_from_itself_and_a_factor_of_two_from_its_double() -> None:
    """In nats: log 2, and half as much where half of it changed; silence behind both adds nothing."""
    sound = noise(1)
    half = sound.copy()
    half[: len(half) // 2] *= 2.0

    assert log_mel_distance(sound, sound) == 0.0
    assert log_mel_distance(sound, 2.0 * sound) == pytest.approx(np.log(2.0), rel=1e-3)
    assert log_mel_distance(sound, half) == pytest.approx(np.log(2.0) / 2.0, rel=0.02)
    assert 5.0 < log_mel_distance(sound, sound * 1e-9) < 60.0 / 8.68


def test_a_point_is_the_mean_of_what_was_gained() -> None:
    """Of the probability, over the source's own; CLAP only where the model hears."""

    def answer(hit: bool, probability: float, closeness: float | None) -> Answer:
        return Answer(Score(hit, probability, ()), closeness)

    edits = [
        Edited(answer(False, 0.1, 0.2), answer(True, 0.5, 0.5), 1.0),
        Edited(answer(True, 0.3, 0.2), answer(False, 0.1, 0.3), 2.0),
    ]
    point = transfer_point(0.4, edits)
    deaf = transfer_point(0.4, [Edited(answer(True, 0.3, None), answer(True, 0.4, None), 1.0)])

    assert (0.5, pytest.approx(0.1), 1.5) == (point.hit, point.gained, point.distance)
    assert (pytest.approx(0.2), None) == (point.closeness_gained, deaf.closeness_gained)


def test_a_gap_that_was_never_filled_is_smooth_and_like_its_surroundings() -> None:
    """Another recording, cut in, clicks where it is joined and sounds unlike; a hum in noise does."""
    time = np.arange(4 * RATE) / RATE
    tones = [np.sin(2.0 * np.pi * hz * time + 0.7).astype(np.float32) * 0.3 for hz in (100.0, 310.0)]
    whole = gap_sound(tones[0])
    cut = gap_sound(foreign(*tones))
    row, cut_row = gap_row([whole]), gap_row([cut, whole])

    assert max(whole.seams) < 2.0 < 4.0 < max(cut.seams)
    assert whole.spectrum < 0.2 < cut.spectrum
    assert row.clicks == 0.0 < cut_row.clicks <= 0.5
    assert row.worst_seam < cut_row.worst_seam


def test_what_is_cut_in_is_as_loud_as_what_it_replaces() -> None:
    """So that its level does not give it away; the rest is untouched."""
    sound, other = noise(1), noise(2, level=0.001)
    filled = foreign(sound, other)
    gap = slice(round(1.5 * RATE), round(2.5 * RATE))

    assert np.sqrt(np.mean(filled[gap] ** 2)) == pytest.approx(0.1, rel=0.05)
    assert np.array_equal(filled[: gap.start], sound[: gap.start])
    assert np.array_equal(filled[gap.stop :], sound[gap.stop :])
