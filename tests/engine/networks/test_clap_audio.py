"""The audio tower gives what transformers' gives, in each of the sizes that are published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.torch

from torch import Tensor  # noqa: E402  # behind the skips

from engine.networks.clap_audio import (  # noqa: E402
    MEL_FRAMES,
    audio_encoder,
    merge_order,
    seam_scores,
    window_order,
)
from engine.networks.torch_operations import TorchOperations  # noqa: E402
from tests.engine.networks.claps import audio_config, make_audio_tower  # noqa: E402

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def tower() -> Any:
    """transformers' own, narrower than the published ones."""
    return make_audio_tower()


def own(tower: Any, log_mel: Tensor, mel_frames: int = MEL_FRAMES) -> Tensor:
    """What the engine's function makes of the same weights."""
    with torch.no_grad():
        return audio_encoder(TorchOperations(tower.state_dict()), audio_config(tower), log_mel, mel_frames)


def published(tower: Any, log_mel: Tensor) -> Tensor:
    """What transformers makes of them."""
    with torch.no_grad():
        embeds: Tensor = tower(input_features=log_mel).audio_embeds
    return embeds


def mels(batch: int, frames: int = MEL_FRAMES, bands: int = 64) -> Tensor:
    """Random log-mels with decibels of the size that sounds have."""
    generator = torch.Generator().manual_seed(batch)
    return torch.randn(batch, 1, frames, bands, generator=generator) * 15.0 - 30.0


@pytest.mark.parametrize("batch", [1, 3])
def test_embeddings_are_those_of_transformers(batch: int, tower: Any) -> None:
    """With statistics, scales and biases that are not those of a fresh layer."""
    log_mel = mels(batch)
    expected = published(tower, log_mel)
    assert expected.std() > 0.1
    assert (expected - expected.roll(1, 0)).abs().max() > 0.01 or batch == 1
    torch.testing.assert_close(own(tower, log_mel), expected, rtol=0.0, atol=TOLERANCE)


@pytest.mark.parametrize(
    "sizes",
    [
        {"depths": [2, 2, 6, 2], "num_attention_heads": [4, 8, 16, 32]},
        {"depths": [2, 2, 12, 2], "num_attention_heads": [4, 8, 16, 32]},
    ],
    ids=["tiny", "base"],
)
def test_the_published_depths_and_heads(sizes: dict[str, Any]) -> None:
    """HTSAT-tiny and -base but for their width: 96 and 128 channels of the first stage, here 16."""
    tower = make_audio_tower(patch_embeds_hidden_size=16, hidden_size=128, **sizes)
    log_mel = mels(2)
    torch.testing.assert_close(own(tower, log_mel), published(tower, log_mel), rtol=0.0, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("sizes", "frames"),
    [
        ({"spec_size": 64, "num_mel_bins": 16, "depths": [2, 1], "window_size": 8}, 200),
        ({"spec_size": 64, "num_mel_bins": 32, "depths": [2, 2], "window_size": 4}, 128),
        ({"spec_size": 64, "num_mel_bins": 64, "depths": [1, 3], "window_size": 8, "patch_size": 6}, 40),
        ({"spec_size": 64, "num_mel_bins": 16, "depths": [2], "window_size": 16}, 256),
        (
            {"spec_size": 64, "num_mel_bins": 16, "depths": [2, 2], "mlp_ratio": 2.0, "layer_norm_eps": 1e-2},
            9,
        ),
    ],
)
def test_other_geometries(sizes: dict[str, Any], frames: int) -> None:
    """Windows, folds, patches and lengths, none of which the function has fixed."""
    stages = len(sizes["depths"])
    tower = make_audio_tower(num_attention_heads=[2] * stages, hidden_size=8 * 2 ** (stages - 1), **sizes)
    log_mel = mels(2, frames, sizes["num_mel_bins"])
    expected = published(tower, log_mel)
    torch.testing.assert_close(own(tower, log_mel, frames), expected, rtol=0.0, atol=TOLERANCE)


def test_time_counts(tower: Any) -> None:
    """A sound played backwards is another sound."""
    log_mel = mels(1)
    assert (own(tower, log_mel) - own(tower, log_mel.flip(2))).abs().max() > 0.01


def test_silence_and_full_level_stay_numbers(tower: Any) -> None:
    """The ends of the range that the front end gives."""
    for level in (-100.0, 40.0):
        assert torch.isfinite(own(tower, torch.full((1, 1, MEL_FRAMES, 64), level))).all()


def test_what_does_not_fit_is_refused(tower: Any) -> None:
    """More frames than the image has room for would have to be thrown away."""
    with pytest.raises(ValueError, match="do not fit"):
        own(tower, mels(1, 1025), 1025)


def test_one_that_fuses_is_a_plain_one_for_sounds_of_its_length() -> None:
    """Of the four log-mels that transformers gives it, only the first counts then."""
    tower = make_audio_tower(enable_fusion=True, fusion_type="aff_2d")
    log_mel = mels(2)
    with torch.no_grad():
        four = log_mel.repeat(1, 4, 1, 1)
        expected = tower(input_features=four, is_longer=torch.zeros(2, 1, dtype=torch.bool)).audio_embeds
    torch.testing.assert_close(own(tower, log_mel), expected, rtol=0.0, atol=TOLERANCE)


@pytest.mark.parametrize(("side", "window", "shift"), [(8, 4, 0), (8, 4, 2), (16, 8, 4), (8, 8, 0)])
def test_windows_visit_every_token_once(side: int, window: int, shift: int) -> None:
    """So that the way back is the inverse."""
    order = window_order(side, window, shift)
    assert np.arange(side * side).tolist() == sorted(order.tolist())
    first_window = order[: window * window].reshape(window, window)
    assert first_window[0, 0] == shift * side + shift
    assert set(np.diff(first_window, axis=1).reshape(-1)) == {1}


def test_merging_takes_squares_column_by_column() -> None:
    """The order in which the published weights expect the four."""
    assert [0, 4, 1, 5, 2, 6, 3, 7] == merge_order(4)[:8].tolist()


def test_seams_part_what_the_roll_brought_together() -> None:
    """Only the windows at the far ends have any."""
    scores = seam_scores(8, 4, 2)
    assert (4, 16, 16) == scores.shape
    assert not scores[0].any()
    assert [0.0, -100.0] == [scores[3, 0, 1], scores[3, 0, 2]]
    assert np.array_equal(scores, scores.transpose(0, 2, 1))
