"""Defects found before anybody hears them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.quality import Flaw, Inspection, Report, defects, prompt_defect, seam_defect
from tests.engine.audio.listening import stream
from tests.engine.rendering import noise

RATE = 48_000


def reported(sound: np.ndarray, rate: int = RATE, pieces: int = 1) -> Report:
    """Of a sound in so many pieces."""
    inspection = Inspection(rate, sound.shape[1])
    for piece in np.array_split(sound, pieces):
        inspection.push(piece)
    return inspection.report()


def broken(sound: np.ndarray, flaw: Flaw) -> np.ndarray:
    """The sound with that flaw."""
    sound = sound.copy()
    if flaw is Flaw.NOT_A_NUMBER:
        sound[RATE] = np.nan
    elif flaw is Flaw.SILENCE:
        sound *= 1e-4
    elif flaw is Flaw.CLIPPING:
        sound = np.clip(sound * 60, -1.0, 1.0)
    elif flaw is Flaw.OFFSET:
        sound += 0.2
    elif flaw is Flaw.HOLE:
        spectrum = np.fft.rfft(sound, axis=0)
        hz = np.fft.rfftfreq(len(sound), 1 / RATE)
        spectrum[(hz > 1_250) & (hz < 3_200)] = 0.0
        sound = np.fft.irfft(spectrum, len(sound), axis=0).astype(np.float32)
    return sound


FOUND = [Flaw.NOT_A_NUMBER, Flaw.SILENCE, Flaw.CLIPPING, Flaw.OFFSET, Flaw.HOLE]


@pytest.mark.parametrize("flaw", FOUND)
@pytest.mark.parametrize("pieces", [1, 13])
def test_each_flaw_of_a_real_recording_is_found(flaw: Flaw, pieces: int) -> None:
    """That one and no other, with a sentence, in one block or many."""
    report = reported(broken(stream()[0], flaw), pieces=pieces)
    assert [flaw] == [defect.flaw for defect in report.defects]
    assert report.sentences[0].endswith(".")
    assert not report.passed


def test_a_good_recording_passes() -> None:
    """So do a tone, a hit in silence, and noise at any rate."""
    hit = np.zeros((RATE, 1), np.float32)
    hit[4_000:6_000] = noise(2_000, amplitude=0.3)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)[:, None]
    for sound in (stream()[0], hit, tone, noise(RATE, 2)):
        assert () == defects(sound, RATE)
    for rate in (8_000, 16_000, 192_000):
        assert () == defects(noise(rate), rate)


def test_clipping_is_counted_alike_in_any_blocks() -> None:
    """A flat top across the border of two is one."""
    sound = np.clip(noise(RATE, amplitude=0.9) * 4, -1.0, 1.0)
    assert reported(sound).sentences == reported(sound, pieces=97).sentences


def test_the_place_of_what_is_no_number_is_told() -> None:
    """In seconds."""
    assert ("It holds a sample that is not a number at 1.00 s.",) == defects(
        broken(stream()[0], Flaw.NOT_A_NUMBER), RATE
    )


def test_a_click_at_a_seam_is_found() -> None:
    """And one that the recording had at the same place is not the seam's."""
    at = np.arange(RATE)
    smooth = (0.3 * np.sin(2 * np.pi * 110 * at / RATE)).astype(np.float32)[:, None]
    clicking = smooth.copy()
    clicking[RATE // 2 :] += 0.1
    found = seam_defect(clicking, smooth, RATE // 2, RATE, 0.5)
    assert found is not None
    assert Flaw.CLICK == found.flaw
    assert seam_defect(smooth, smooth, RATE // 2, RATE, 0.5) is None
    assert seam_defect(clicking, clicking, RATE // 2, RATE, 0.5) is None


def test_a_sound_nearer_to_no_prompt_than_to_its_own_is_off() -> None:
    """By the model's own ear."""
    assert prompt_defect(0.3, 0.1) is None
    found = prompt_defect(0.1, 0.3)
    assert found is not None
    assert Flaw.OFF_PROMPT == found.flaw
