"""Sounds made by rule: of the right kind, never twice the same, and the same again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.procedural import MAKERS, RATE, harmonics, procedural_sounds, struck, swept


def test_the_same_seed_gives_the_same_sounds_and_another_others() -> None:
    """Training sets can be made again to the sample."""
    once, again, other = (list(procedural_sounds(2, seed)) for seed in (1, 1, 2))
    for one, same, different in zip(once, again, other, strict=True):
        np.testing.assert_array_equal(one.waveform, same.waveform)
        assert one.waveform.size != different.waveform.size or not np.allclose(
            one.waveform, different.waveform
        )


@pytest.mark.parametrize("sound_class", sorted(MAKERS))
def test_every_sound_is_finite_and_sounds(sound_class: str) -> None:
    """Whatever is drawn: no silence, no number that is none, a length of 0.1 to 6 s."""
    for sound in procedural_sounds(6):
        if sound.sound_class == sound_class:
            assert np.isfinite(sound.waveform).all()
            assert np.abs(sound.waveform).max() > 0.01
            assert 0.1 * RATE < sound.waveform.size < 6 * RATE


def test_partials_above_the_rate_are_left_out() -> None:
    """A partial beyond half the rate would come back as a wrong tone below it."""
    time = np.arange(RATE) / RATE
    pitch = np.full(RATE, 3000.0)
    spectrum = np.abs(np.fft.rfft(harmonics(swept(pitch), pitch, np.ones(5))))
    assert set(np.flatnonzero(spectrum > 0.1 * spectrum.max())) == {3000, 6000}
    body = struck(np.array([1000.0, 9000.0]), np.ones(2), np.ones(2), 1.0)
    assert np.argmax(np.abs(np.fft.rfft(body[: time.size]))) == 1000
