"""New sounds with a sound of its own in every channel: correlated noise, and a width that says how much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.circular import wrap_discontinuity
from engine.audio.splice import SEAM_CLICK
from engine.config import Home
from engine.diffusion.variation import ChannelNoise, NoiseSource
from engine.errors import EngineError, ErrorCode
from engine.models.catalogue import load_model
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Draft, Progress, TakeDone
from engine.protocol.requests import Mode, NewSource, RenderRequest
from engine.protocol.vocabulary import Stereo
from tests.engine.audio.listening import correlation
from tests.engine.rendering import Spy, ask, heard, joined, noise, only, record, rendered


def new(channels: int = 2, frames: int = 80_001, **fields: Any) -> RenderRequest:
    """A new sound that is each channel's own."""
    fields = {"stereo": Stereo.EACH, "retries": 0, "match_loudness": False, **fields}
    return ask(None, source=NewSource(48_000, channels, frames), **fields)


def take(request: RenderRequest, model: Model, home: Home) -> Float32:
    """Its sound, (frames, channels)."""
    return joined(only(Chunk, rendered(request, model, home)))


def test_the_noise_of_channels_has_in_common_what_is_asked_for() -> None:
    """The cosine of a share of the quarter circle; the first channel's is the take's own, all are normal."""
    source = NoiseSource(5)
    for share, common in ((0.0, 1.0), (0.5, 0.5**0.5), (1.0, 0.0)):
        first, second, third = (ChannelNoise(source, n, share)(0, 400, (8, 16)).ravel() for n in range(3))
        assert np.array_equal(first, source(0, 400, (8, 16)).ravel())
        assert np.corrcoef(first, second)[0, 1] == pytest.approx(common, abs=0.02)
        assert np.corrcoef(second, third)[0, 1] == pytest.approx(common**2, abs=0.02)
        assert second.std() == pytest.approx(1.0, abs=0.02)


def test_width_goes_from_alike_to_unlike(home: Home) -> None:
    """Inter-channel correlation of the real model's rain: 1, less, next to nothing."""
    model = load_model()
    near = [
        correlation(take(new(prompt="rain on a roof", width=width), model, home)) for width in (0.0, 0.5, 1.0)
    ]
    assert near[0] > 0.999
    assert near[0] > near[1] > near[2]
    assert abs(near[2]) < 0.2


def test_the_first_channel_is_the_take_in_mono(home: Home, tiny_model: OnnxModel) -> None:
    """But for its level, and for highs, so at a rate that has none."""
    fields = {"stereo": Stereo.EACH, "retries": 0, "lufs": -40.0}
    one = ask(None, source=NewSource(16_000, 1, 12_001), **{**fields, "stereo": Stereo.KEEP})
    three = ask(None, source=NewSource(16_000, 3, 12_001), **fields)
    mono, each = take(one, tiny_model, home), take(three, tiny_model, home)
    assert (12_001, 3) == each.shape
    assert np.corrcoef(mono[:, 0], each[:, 0])[0, 1] > 0.9999
    assert np.corrcoef(each[:, 1], each[:, 2])[0, 1] < 0.99


@pytest.mark.parametrize("fields", [{}, {"takes": 2}, {"loop": True}, {"candidates": 2}])
def test_progress_counts_every_sound(fields: dict[str, Any], home: Home, hearing_model: OnnxModel) -> None:
    """Each call of the denoiser is one of the total, and one reply."""
    spy = Spy(hearing_model)
    steps = [
        reply for reply in only(Progress, rendered(new(**fields), spy, home)) if reply.stage == "denoising"
    ]
    assert list(range(1, spy.calls.count("denoise") + 1)) == [reply.step for reply in steps]
    assert {len(steps)} == {reply.total for reply in steps}


def test_loops_close_in_every_channel(home: Home, tiny_model: OnnxModel) -> None:
    """As one sound does."""
    loop = take(new(loop=True), tiny_model, home)
    assert wrap_discontinuity(loop, 48_000) < SEAM_CLICK / 2
    assert not np.allclose(loop[:, 0], loop[:, 1], atol=1e-3)


def test_drafts_packs_and_guides_go_with_it(tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """Each in both channels."""
    guide = record(tmp_path / "guide.wav", noise(16_000, amplitude=0.2))
    replies = rendered(new(draft=True, pack=True, takes=2, guide=str(guide)), tiny_model, home)
    assert {2} == {reply.channels for reply in only(Draft, replies)}
    sounds = [heard(Path(done.path)) for done in only(TakeDone, replies)]
    assert [(80_001, 2)] * 2 == [sound.shape for sound in sounds]


def test_a_region_may_get_one(tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """In its channels, and nothing outside of it changes."""
    path, output = record(tmp_path / "in.wav", noise(60_000, 3)), tmp_path / "out.wav"
    fields = {"mode": Mode.GENERATE, "stereo": Stereo.EACH, "output": str(output)}
    rendered(ask(path, 20_000, 40_000, **fields), tiny_model, home)
    before, after = heard(path), heard(output)
    assert np.array_equal(before[:20_000], after[:20_000])
    assert np.array_equal(before[40_000:], after[40_000:])
    assert not np.allclose(after[20_000:40_000, 0], after[20_000:40_000, 1], atol=1e-3)


def test_more_channels_than_anybody_waits_for_are_refused(home: Home, tiny_model: OnnxModel) -> None:
    """In one sentence, before the model is asked."""
    spy = Spy(tiny_model)
    with pytest.raises(EngineError, match="8 channels at most, not 9") as caught:
        rendered(new(channels=9), spy, home)
    assert (ErrorCode.TOO_MUCH, []) == (caught.value.code, spy.calls)
