"""The spectrum shows a tone where it is, in time and in frequency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.errors import EngineError
from gui.sound.spectrum import BANDS, hertz_of, mel_of, picture

RATE = 48_000


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 6000.0])
@pytest.mark.parametrize("scale", [100.0, 5000.0])
def test_a_tone_is_seen_in_its_band_and_its_time(tmp_path: Path, hertz: float, scale: float) -> None:
    """Brightest where the tone is; dark in the half of silence, at any zoom."""
    time = np.arange(4 * RATE) / RATE
    tone = np.where(time < 2.0, 0.5 * np.sin(2 * np.pi * hertz * time), 0.0)
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone, RATE)
    shown = picture(str(path), RATE * 1.5, scale, int(RATE / scale))
    expected = mel_of(hertz) / mel_of(RATE / 2) * BANDS
    assert abs(float(shown[:, 0].argmax()) + 0.5 - expected) <= 1.0
    assert shown[:, -1].max() == 0


def test_the_mel_scale_goes_both_ways() -> None:
    """What is chosen in the picture is the frequency that is meant."""
    for hertz in (0.0, 100.0, 8000.0, 24_000.0):
        assert hertz_of(mel_of(hertz)) == pytest.approx(hertz, abs=1e-6)


def test_a_file_that_has_gone_is_said_to_have_gone(tmp_path: Path) -> None:
    """It was moved while it was open; that is no defect."""
    with pytest.raises(EngineError, match="check whether it was moved"):
        picture(str(tmp_path / "gone.wav"), 0.0, 100.0, 10)
