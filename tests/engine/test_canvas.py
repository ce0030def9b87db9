"""The region on the model's latent grid: nothing moves in time, and what is to stay is known."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import stretch
from engine.audio.region import Region
from engine.audio.resample import resample
from engine.audio.stretch import held
from engine.audio.workspace import Workspace
from engine.canvas import LOUDEST_BESIDE, MODEL_PEAK, Canvas, cell_samples, encode_cells, lay_out
from engine.material import Material
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.requests import Mode
from tests.engine.rendering import Spy, noise, outcome

RATES = [8_000, 11_025, 22_050, 37_123, 44_100, 48_000, 96_000, 192_000]
MODEL_RATE = 16_000
CELL = 640  # of the tiny model: 4 mel frames of 160


def material(waveform: Float32, rate: int, start: int, end: int, **fields: Any) -> Material:
    """The region [start, end) of a waveform, all the rest of which is context."""
    values = {
        "sample_rate": rate,
        "channels": waveform.shape[1],
        "recording": None,
        "span": Region(start, end),
        "region": held(waveform[start:end]),
        "before": held(waveform[:start]),
        "after": held(waveform[end:]),
        "mask": ((0, end - start),),
        "at_start": False,
        "at_end": False,
    }
    return Material(**(values | fields))


def laid(material: Material, mode: Mode, model: Model) -> Canvas:
    """The canvas, held in memory."""
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder)) as workspace:
        canvas = outcome(lay_out(material, mode, model.specification, workspace))
        return replace(canvas, sound=held(canvas.sound.read(0, canvas.sound.frames)))


def shown(canvas: Canvas) -> Float32:
    """All that the model gets to hear, (frames,)."""
    return canvas.heard(0, canvas.sound.frames)


def tone(times: np.ndarray) -> np.ndarray:
    """A sound known at every moment, well below the lowest rate's half."""
    return 0.3 * np.sin(2 * np.pi * 701.0 * times) + 0.1 * np.sin(2 * np.pi * 1_333.0 * times + 1.0)


@pytest.mark.parametrize("rate", RATES)
def test_the_model_hears_everything_at_its_time(rate: int, tiny_model: OnnxModel) -> None:
    """What sounds at t seconds sounds at t seconds at the model's rate, to a fiftieth of a sample.

    The tone's steepest slope is 1300 per second: a shift of a whole sample would differ by 0.08.
    """
    frames = 2 * rate
    start = rate // 2 + 7  # on no grid at all
    sound = tone(np.arange(frames) / rate)[:, None].astype(np.float32)
    canvas = laid(material(sound, rate, start, start + rate), Mode.TRANSFER, tiny_model)
    region_cell = canvas.known.tolist().index(0.0) + 1
    offset = round(region_cell * CELL * rate / MODEL_RATE)
    times = (start - offset) / rate + np.arange(canvas.sound.frames) / MODEL_RATE
    inner = slice(400, -400)  # the filter's reach from where the recording is cut
    expected, actual = tone(times)[inner], canvas.sound.read(0, canvas.sound.frames)[inner, 0]
    assert np.abs(expected - actual).max() < 0.0016


@given(
    rate=st.sampled_from(RATES),
    before=st.integers(0, 40_000),
    region=st.integers(800, 30_000),
    after=st.integers(0, 30_000),
    mode=st.sampled_from(Mode),
)
@settings(max_examples=60, deadline=None)
def test_the_grid_fits_the_region(
    rate: int, before: int, region: int, after: int, mode: Mode, tiny_model: OnnxModel
) -> None:
    """The region's cells cover it, the context has whole cells, and decoding starts at a whole host frame."""
    silence = np.zeros((before + region + after, 1), np.float32)
    canvas = laid(material(silence, rate, before, before + region), mode, tiny_model)
    first, last = canvas.decoded
    assert canvas.sound.frames == canvas.cells * CELL
    assert canvas.known.shape == (canvas.cells,)
    assert 0 <= first < last <= canvas.cells
    # In host frames times the model's rate everything is whole.
    assert first * CELL * rate % MODEL_RATE == 0
    host_cell = CELL * rate / MODEL_RATE
    assert 0 <= canvas.lead_frames <= before
    assert (last - first) * host_cell >= canvas.lead_frames + region - 0.5
    assert canvas.cells * host_cell <= before + region + after + host_cell


def test_what_is_decoded_is_little_more_than_the_region(tiny_model: OnnxModel) -> None:
    """Context is shown to the model, but nobody hears it again."""
    canvas = laid(material(noise(480_000), 48_000, 192_000, 240_000), Mode.TRANSFER, tiny_model)
    assert (250, (99, 126), 1_920) == (canvas.cells, canvas.decoded, canvas.lead_frames)


def test_a_generated_sound_knows_nothing_of_the_recording(tiny_model: OnnxModel) -> None:
    """Neither the region nor its surroundings are shown to the model."""
    masked = material(noise(48_000), 16_000, 16_000, 32_000, mask=((0, 8_000),))
    canvas = laid(masked, Mode.GENERATE, tiny_model)
    assert not shown(canvas).any()
    assert not canvas.known.any()
    assert (25, 1.0) == (canvas.cells, canvas.gain)


def test_the_masked_cells_and_their_neighbours_are_unknown(tiny_model: OnnxModel) -> None:
    """Each span is widened by one cell on both sides, also into the context; all other cells are known."""
    mask = ((0, 640), (3_200, 3_201), (9_600, 10_000))
    canvas = laid(material(noise(48_000), 16_000, 16_000, 32_000, mask=mask), Mode.INPAINT, tiny_model)
    unknown = np.flatnonzero(canvas.known == 0.0) - 25  # cells of the region
    assert [-1, 0, 1, 4, 5, 6, 14, 15, 16] == unknown.tolist()


@pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
def test_the_context_is_known(mode: Mode, tiny_model: OnnxModel) -> None:
    """What lies around the region stays as it is, but for a cell's width."""
    canvas = laid(material(noise(48_000), 16_000, 16_000, 32_000), mode, tiny_model)
    assert canvas.known.tolist() == [1.0] * 24 + [0.0] * 27 + [1.0] * 24


@pytest.mark.parametrize("amplitude", [0.001, 0.2])
def test_the_level_is_the_models_and_the_gain_undoes_it(amplitude: float, tiny_model: OnnxModel) -> None:
    """Whatever the recording's level, the model hears a peak of one half."""
    sound = noise(16_000, amplitude=amplitude)
    canvas = laid(material(sound, 16_000, 0, 16_000), Mode.TRANSFER, tiny_model)
    assert np.abs(shown(canvas)).max() == pytest.approx(MODEL_PEAK)
    assert canvas.gain * shown(canvas) == pytest.approx(sound[:, 0], abs=1e-6)


def _louder(sound: Float32, gain: float, *spans: tuple[int, int]) -> Float32:
    """The same with some spans louder."""
    louder = sound.copy()
    for start, end in spans:
        louder[start:end] *= gain
    return louder


@pytest.mark.parametrize("gain", [1.5, 100.0])
def test_what_is_beside_an_edit_is_shown_little_louder(gain: float, tiny_model: OnnxModel) -> None:
    """What surrounds a restyled region, and what is to go: else the model would hardly hear the rest."""
    plain = noise(48_000, amplitude=0.005)
    around, inside = ((0, 16_000), (32_000, 48_000)), ((16_000, 24_000), (28_000, 32_000))
    mask = tuple((start - 16_000, end - 16_000) for start, end in inside)
    for mode, spans in ((Mode.TRANSFER, around), (Mode.INPAINT, inside)):
        sound = _louder(plain, gain, *spans)
        canvas = laid(material(sound, 16_000, 16_000, 32_000, mask=mask), mode, tiny_model)
        undone = shown(canvas) * canvas.gain
        beside = np.zeros(48_000, bool)
        for start, end in spans:
            beside[start:end] = True
        about, loudest = np.abs(plain[~beside]).max(), np.abs(undone).max()
        np.testing.assert_allclose(undone[~beside], plain[~beside, 0], atol=1e-6)
        assert loudest <= 1.001 * max(LOUDEST_BESIDE * about, np.abs(plain).max())
        if gain < LOUDEST_BESIDE / 1.1:
            np.testing.assert_allclose(undone, sound[:, 0], atol=1e-6)
        assert canvas.gain == pytest.approx(loudest / MODEL_PEAK)


def test_beside_silence_nothing_is_turned_down(tiny_model: OnnxModel) -> None:
    """There is nothing to go by."""
    sound = _louder(noise(48_000), 0.0, (16_000, 32_000))
    canvas = laid(material(sound, 16_000, 16_000, 32_000), Mode.TRANSFER, tiny_model)
    np.testing.assert_allclose(shown(canvas) * canvas.gain, sound[:, 0], atol=1e-6)


def test_silence_is_not_lifted(tiny_model: OnnxModel) -> None:
    """The converter's noise below -80 dBFS is no sound."""
    sound = noise(16_000, amplitude=1e-6)
    canvas = laid(material(sound, 16_000, 0, 16_000), Mode.TRANSFER, tiny_model)
    assert 1.0 == canvas.gain
    assert shown(canvas) == pytest.approx(sound[:, 0])


def test_opposed_channels_do_not_vanish(tiny_model: OnnxModel) -> None:
    """A sound that cancels in mono is heard all the same."""
    left = noise(16_000)
    sound = np.concatenate([left, -left], axis=1)
    canvas = laid(material(sound, 16_000, 0, 16_000), Mode.TRANSFER, tiny_model)
    assert np.abs(shown(canvas)).max() == pytest.approx(MODEL_PEAK)


@pytest.fixture(scope="module")
def laid_noise(tiny_model: OnnxModel) -> Canvas:
    """Seven seconds of noise."""
    sound = noise(7 * 16_000)
    return laid(material(sound, 16_000, 16_000, 6 * 16_000), Mode.TRANSFER, tiny_model)


@pytest.fixture(scope="module")
def whole(laid_noise: Canvas, tiny_model: OnnxModel) -> Float32:
    """Its latents, and those of the silence after it."""
    return encode_cells(laid_noise, tiny_model, 0, 240)


@given(start=st.integers(0, 170), cells=st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_latents_do_not_depend_on_the_piece_encoded(
    start: int, cells: int, laid_noise: Canvas, whole: Float32, tiny_model: OnnxModel
) -> None:
    """Any window of the canvas has the latents it has in the whole; beyond it there is silence."""
    piece = encode_cells(laid_noise, tiny_model, start, start + cells)
    assert np.abs(piece - whole[:, :, start : start + cells]).max() < 1e-4


def test_encoding_a_window_costs_a_window(laid_noise: Canvas, tiny_model: OnnxModel) -> None:
    """Only what is asked for and its surroundings is given to the encoder."""
    spy = Spy(tiny_model)
    encode_cells(laid_noise, spy, 100, 164)
    ((mel,),) = spy.inputs["encode_mel"]
    assert mel.shape[1] <= 4 * (64 + 2)


def test_a_cell_of_the_tiny_model(tiny_model: OnnxModel) -> None:
    """What the numbers in this file rest on."""
    assert CELL == cell_samples(tiny_model.specification)


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("opposed", [False, True])
def test_in_blocks_it_is_the_sound_that_was_resampled_at_once(
    rate: int, opposed: bool, tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit, with the same channel or mean and the same level."""
    left = noise(3 * rate)
    sound = np.concatenate([left, -0.9 * left if opposed else noise(3 * rate, seed=1)], axis=1)
    monkeypatch.setattr(stretch, "BLOCK_SAMPLES", 20_001)
    canvas = laid(material(sound, rate, 40_000, 40_000 + rate), Mode.TRANSFER, tiny_model)
    mean = ((sound[:, :1].astype(np.float64) + sound[:, 1:]) / 2).astype(np.float32)
    mono = left if opposed else mean
    before = 40_000 * MODEL_RATE // rate // CELL
    offset = round(before * CELL * rate / MODEL_RATE)
    whole = resample(mono[40_000 - offset :], rate, MODEL_RATE, canvas.cells * CELL)[:, 0]
    peak = float(np.abs(whole).max())
    np.testing.assert_array_equal(whole * np.float32(MODEL_PEAK / peak), shown(canvas))
