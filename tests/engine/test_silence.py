"""Restyling silence is refused; making a sound in its place is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Model
from engine.protocol.replies import Done
from engine.protocol.requests import Mode
from tests.engine.rendering import ask, noise, only, record, rendered

RATE = 16_000
START, END = RATE, 2 * RATE
# One step of the last bit of 16 are -90 dB of full scale.
FAINT, QUIET = 10 ** (-91 / 20), 10 ** (-89 / 20)


def recording(folder: Path, peak: float) -> Path:
    """Noise with a second in its middle that is silent but for one sample of ``peak``."""
    sound = noise(3 * RATE)
    sound[START:END] = 0.0
    sound[END - 1] = peak
    return record(folder / "in.wav", sound, RATE, "FLOAT")


@pytest.mark.parametrize("peak", [0.0, FAINT])
def test_silence_is_not_restyled(tmp_path: Path, tiny_model: Model, home: Home, peak: float) -> None:
    """It is said before anything is made, and no file is left."""
    output = tmp_path / "out.wav"
    request = ask(recording(tmp_path, peak), START, END, output=str(output))
    with pytest.raises(EngineError, match="silence") as refused:
        rendered(request, tiny_model, home)
    assert refused.value.code is ErrorCode.BAD_REGION
    assert not output.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"peak": QUIET},
        {"mode": Mode.GENERATE},
        {"mode": Mode.INPAINT},
        {"strength": 0.0},
        {"strength": 1.0},
        {"strength_curve": ((0.0, 0.5), (0.5, 1.0))},
    ],
    ids=str,
)
def test_what_may_be_heard_is_made(
    tmp_path: Path, tiny_model: Model, home: Home, asked: dict[str, object]
) -> None:
    """A faint sound is one; and where nothing of the region is left, silence is not either."""
    fields = dict(asked)
    path = recording(tmp_path, float(np.float32(fields.pop("peak", 0.0))))
    replies = rendered(ask(path, START, END, output=str(tmp_path / "out.wav"), **fields), tiny_model, home)
    assert only(Done, replies)
