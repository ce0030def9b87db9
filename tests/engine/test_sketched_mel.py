"""The mel of a sketch: all of it once, near what the VAE makes of it, for a few decoded cells a window."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.mel import SILENCE
from engine.diffusion.cells import Sketch
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.sketched_mel import SHOWN_CELLS, SketchedMel
from tests.engine.rendering import Spy

CUTS = [[], [64], [1, 2, 3], [40, 41, 100, 150]]


def latents(model: OnnxModel, cells: int, seed: int = 0) -> Float32:
    """Of a sound that comes and goes, (1, channels, cells, bands)."""
    geometry = model.specification.latents
    bands = model.specification.mel.n_mels // geometry.band_factor
    rng = np.random.default_rng(seed)
    loudness = np.sin(np.arange(cells) / 5.0)[None, :, None]
    return (rng.standard_normal((1, geometry.channels, cells, bands)) * 0.3 + loudness).astype(np.float32)


def read(model: object, whole: Float32, cuts: list[int], first: int = 0, last: int = 0) -> list[Float32]:
    """The pieces of mel that its pieces give."""
    mel = SketchedMel(model, first, last or whole.shape[2])  # type: ignore[arg-type]
    starts = [0, *cuts]
    pieces = [
        mel.push(Sketch(start, part)) for start, part in zip(starts, np.split(whole, cuts, 2), strict=True)
    ]
    assert mel.is_whole
    return pieces


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize(("first", "last"), [(0, 0), (5, 170), (70, 71)])
def test_every_cell_is_read_once(cuts: list[int], first: int, last: int, tiny_model: OnnxModel) -> None:
    """Those that are wanted, however the sketches are cut, and to the precision of what was learnt."""
    whole = latents(tiny_model, 180)
    mel = np.concatenate(read(tiny_model, whole, cuts, first, last))
    factor = tiny_model.specification.latents.time_factor
    wanted = tiny_model.decode_latents(whole)[0][first * factor : (last or 180) * factor]

    assert wanted.shape == mel.shape
    # The tiny VAE is linear, so a map that learnt from enough cells misses by its ridge alone.
    assert np.abs(np.maximum(wanted, SILENCE) - mel).mean() < 0.2


def test_a_few_cells_of_each_window_are_decoded(tiny_model: OnnxModel) -> None:
    """And nothing else is asked of the model: that is what makes a draft cheap."""
    spy = Spy(tiny_model)
    read(spy, latents(tiny_model, 200), [64, 128, 192])

    assert {"decode_latents"} == set(spy.calls)
    assert [SHOWN_CELLS] * 3 == [inputs[0].shape[2] for inputs in spy.inputs["decode_latents"]]


def test_the_livelier_cells_are_the_ones_shown(tiny_model: OnnxModel) -> None:
    """A run that has loud and soft: a map that learnt from silence alone would know nothing."""
    whole = np.zeros_like(latents(tiny_model, 64))
    whole[:, :, 30:40] = latents(tiny_model, 10)
    spy = Spy(tiny_model)
    read(spy, whole, [])
    (shown,) = spy.inputs["decode_latents"]

    assert np.count_nonzero(whole) == np.count_nonzero(shown)


def test_numbers_that_are_none_become_silence(tiny_model: OnnxModel) -> None:
    """A draft of a model that fails is no reason to fail before the take does."""
    whole = latents(tiny_model, 64)
    whole[:, :, 50:] = np.nan
    mel = np.concatenate(read(tiny_model, whole, [40]))

    assert np.isfinite(mel).all()


def test_a_single_cell_is_its_own_neighbour(tiny_model: OnnxModel) -> None:
    """The shortest loop has one."""
    (mel,) = read(tiny_model, latents(tiny_model, 1), [])
    assert (tiny_model.specification.latents.time_factor, 64) == mel.shape
