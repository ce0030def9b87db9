"""A sound for a mel: as long, at the same time, and near it, however the mel is cut."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.griffin_lim import GriffinLim
from engine.audio.mel import SILENCE, MelParameters, log_mel
from engine.audio.resample import resample
from engine.audio.splice import SEAM_CLICK, seam_discontinuity
from tests.engine.audio.listening import stream

MEL = MelParameters(16_000, 1024, 1024, 160, 64, 0.0, 8_000.0)
MELS = [MEL, MelParameters(16_000, 1024, 1024, 256, 64, 0.0, 8_000.0)]


def brook() -> np.ndarray:
    """Two seconds of it, (frames,)."""
    sound, rate = stream()
    return resample(sound[: 2 * rate], rate, MEL.sample_rate)[:, 0]


def sounded(mel: np.ndarray, parameters: MelParameters, cuts: list[int], seed: int = 0) -> np.ndarray:
    """All of it, pushed in pieces that end at the cuts."""
    search = GriffinLim(parameters, seed)
    return np.concatenate([*(search.push(piece) for piece in np.split(mel, cuts)), search.finish()])


@pytest.mark.parametrize("parameters", MELS)
@pytest.mark.parametrize("cuts", [[], [1], [0, 3, 4, 64, 130], list(range(1, 40))])
@pytest.mark.parametrize("frames", [0, 1, 2, 7, 101, 200])
def test_it_is_as_long_as_its_mel(parameters: MelParameters, cuts: list[int], frames: int) -> None:
    """To the frame."""
    mel = log_mel(brook(), parameters)[:frames]
    assert len(mel) * parameters.hop_length == len(sounded(mel, parameters, cuts))


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference in nats, as far down as 60 dB below the loudest."""
    low = max(one.max(), other.max()) - 7.0
    return float(np.abs(np.maximum(one, low) - np.maximum(other, low)).mean())


@pytest.mark.parametrize("cuts", [[], [64, 128, 192], [10, 20, 90]])
def test_it_sounds_as_its_mel_says(cuts: list[int]) -> None:
    """Of a real recording, to a third of a neper; the phases of pieces go on from each other."""
    mel = log_mel(brook(), MEL)
    sound = sounded(mel, MEL, cuts)

    assert distance(log_mel(sound, MEL)[: len(mel)], mel) < 0.35
    for cut in cuts:
        assert seam_discontinuity(sound[:, None], cut * MEL.hop_length, MEL.sample_rate) < SEAM_CLICK


def test_what_happens_happens_when_it_does() -> None:
    """A click comes back within ten milliseconds of its place."""
    sound = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 1e-4
    sound[8_000:8_040] += 0.5
    found = sounded(log_mel(sound, MEL), MEL, [40])

    power = np.convolve(found**2, np.ones(160), "same")
    assert abs(int(power.argmax()) - 8_020) < 160 + 80


def test_the_same_seed_and_pieces_give_the_same_sound() -> None:
    """To the last bit; another seed has other phases."""
    mel = log_mel(brook(), MEL)
    first, again, other = (sounded(mel, MEL, [50], seed) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-3)


def test_silence_stays_silent() -> None:
    """And no number is none."""
    assert np.abs(sounded(np.full((50, 64), SILENCE, np.float32), MEL, [20])).max() < 1e-3
