"""A bundle run by ONNX Runtime: shapes, scale, padding and noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from engine.audio.mel import SILENCE, log_mel
from engine.errors import EngineError
from engine.models.bundle import load_bundle
from engine.models.catalogue import EMBEDDED
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.models.section import MANIFEST
from tests.bundles import change_graph, make_tiny_bundle


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """The tiny model on the CPU."""
    return OnnxModel(load_bundle(make_tiny_bundle(tmp_path_factory.mktemp("tiny"))), "cpu")


def tiny(folder: Path, **overrides: Any) -> OnnxModel:
    """A tiny model of another kind."""
    return OnnxModel(load_bundle(make_tiny_bundle(folder, **overrides)), "cpu")


def noise(*shape: int, seed: int = 0) -> Float32:
    """Something to feed."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def times(batch: int, value: float = 500.0) -> Float32:
    """One timestep for each row."""
    return np.full(batch, value, np.float32)


def test_it_is_a_model(model: Model) -> None:
    """The class offers what the interface asks for."""
    assert model.specification.name == "tiny"


class TestText:
    """Prompts become normalised vectors."""

    def test_vectors_have_length_one(self, model: OnnxModel) -> None:
        """The engine normalises, whatever the graph gives."""
        vectors = model.encode_text(["boots on wet gravel", "", "rain"])
        assert vectors.shape == (3, 16)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0] * 3, abs=1e-6)

    def test_a_prompt_does_not_depend_on_its_neighbours(self, model: OnnxModel) -> None:
        """Padding to the longest of a batch is masked."""
        alone = model.encode_text(["rain"])[0]
        batched = model.encode_text(["rain", "a very much longer prompt about rain"])[0]
        assert np.abs(alone - batched).max() < 1e-6

    def test_prompts_differ(self, model: OnnxModel) -> None:
        """Other words, and another order of them, give another vector."""
        rain, door, turned = model.encode_text(["rain on tin", "door", "tin on rain"])
        assert rain @ door < 0.99
        assert rain @ turned < 0.99

    def test_long_prompts_are_cut_at_the_manifests_length(self, model: OnnxModel) -> None:
        """Of ten thousand characters the first ones count; tokenizer.json's own limit is replaced."""
        kept = "x" * (64 - 2)
        same, longer, shorter = model.encode_text([kept, kept + "y" * 10_000, kept[:20]])
        assert same.tolist() == longer.tolist()
        assert np.abs(same - shorter).max() > 1e-3

    @settings(deadline=None, max_examples=50)
    @given(prompt=st.text(st.characters(), max_size=80))
    def test_any_text_is_taken(self, model: OnnxModel, prompt: str) -> None:
        """Whatever can be in a string gives a finite vector."""
        assert np.isfinite(model.encode_text([prompt])).all()

    def test_half_a_character_is_taken(self, model: OnnxModel) -> None:
        """A lone surrogate, as broken clients send it, is replaced instead of fatal."""
        assert model.encode_text(["rain \ud83d"]).tolist() == model.encode_text(["rain ?"]).tolist()


class TestLatents:
    """Mels to latents and back."""

    def test_a_mel_survives_the_round_trip(self, model: OnnxModel) -> None:
        """The tiny VAE loses nothing, so scale and layout must be undone exactly."""
        mel = noise(2, 24, 64) - 6.0
        latents = model.encode_mel(mel)
        assert latents.shape == (2, 16, 6, 16)
        assert np.abs(model.decode_latents(latents) - mel).max() < 1e-4

    def test_latents_are_scaled(self, tmp_path: Path, model: OnnxModel) -> None:
        """Latents are the mean of the posterior times the scale factor of the manifest."""
        mel = noise(1, 8, 64)
        doubled = tiny(tmp_path, scale_factor=2.5).encode_mel(mel)
        assert np.abs(doubled - 2.0 * model.encode_mel(mel)).max() < 1e-4

    def test_the_geometry_is_the_manifests(self, tmp_path: Path) -> None:
        """Other bands, factors and channels are taken as they come."""
        other = tiny(
            tmp_path,
            mel={"n_mels": 80, "hop_length": 256, "sample_rate": 22_050},
            sample_rate=22_050,
            latents={"channels": 20, "time_factor": 2, "band_factor": 10},
        )
        latents = other.encode_mel(noise(1, 6, 80))
        assert latents.shape == (1, 20, 3, 8)
        assert other.denoise(latents, times(1), noise(1, 16), times(1)).shape == latents.shape
        assert other.vocode(other.decode_latents(latents), 0, 0).shape == (1, 6 * 256)

    def test_a_part_of_a_latent_frame_is_a_mistake(self, model: OnnxModel) -> None:
        """Whoever reads the region pads it; nothing is cut off quietly here."""
        with pytest.raises(ValueError, match="multiple of 4"):
            model.encode_mel(noise(1, 7, 64))


class TestDenoiser:
    """The network between padding and cropping."""

    @pytest.mark.parametrize("multiple", [1, 2, 8, 64])
    @pytest.mark.parametrize("frames", [1, 5, 8])
    def test_padding_is_not_seen(self, tmp_path: Path, multiple: int, frames: int) -> None:
        """The output is like the latents, and for a network that looks at one frame alone also the same."""
        latents, condition = noise(2, 16, frames, 16), noise(2, 16, seed=1)
        padded = tiny(tmp_path / "padded", latents={"multiple": multiple})
        plain = tiny(tmp_path / "plain", latents={"multiple": 1})
        outputs = [m.denoise(latents, times(2), condition, times(2, 9.0)) for m in (padded, plain)]
        assert outputs[0].shape == latents.shape
        assert np.abs(outputs[0] - outputs[1]).max() < 1e-6

    def test_padding_mirrors_the_end(self, model: OnnxModel, monkeypatch: pytest.MonkeyPatch) -> None:
        """The network is shown frames with the noise of the others, not zeros."""
        shown: list[Float32] = []

        def run(_: object, inputs: dict[str, Float32]) -> Float32:
            shown.append(inputs["latents"])
            return inputs["latents"]

        monkeypatch.setattr(model, "_run", run)
        latents = noise(1, 16, 3, 16)
        model.denoise(latents, times(1), noise(1, 16), times(1))
        assert shown[0].tolist() == np.concatenate([latents, latents[:, :, 2:]], axis=2).tolist()

    def test_rows_of_a_batch_do_not_mix(self, model: OnnxModel) -> None:
        """Every row has its own timestep, condition and length."""
        latents, condition = noise(2, 16, 8, 16), noise(2, 16, seed=1)
        steps, seconds = np.array([900.0, 20.0], np.float32), np.array([0.1, 9.0], np.float32)
        both = model.denoise(latents, steps, condition, seconds)
        for row in range(2):
            one = slice(row, row + 1)
            alone = model.denoise(latents[one], steps[one], condition[one], seconds[one])
            assert np.abs(alone - both[one]).max() < 1e-5

    def test_sounding_seconds_reach_a_network_that_takes_them(self, model: OnnxModel) -> None:
        """The length of the sound changes what comes after its end, and only that."""
        latents, condition = noise(1, 16, 8, 16), noise(1, 16, seed=1)
        short, long = (model.denoise(latents, times(1), condition, times(1, s)) for s in (0.16, 9.0))
        assert short[:, :, :4].tolist() == long[:, :, :4].tolist()
        assert np.abs(short[:, :, 4:] - long[:, :, 4:]).max() > 0.1

    def test_a_network_without_sounding_seconds_runs(self, tmp_path: Path) -> None:
        """Published checkpoints don't have that input."""
        plain = tiny(tmp_path, sounding_input=False)
        latents, condition = noise(1, 16, 8, 16), noise(1, 16)
        short, long = (plain.denoise(latents, times(1), condition, times(1, s)) for s in (0.16, 9.0))
        assert short.tolist() == long.tolist()

    @pytest.mark.parametrize("prediction", ["epsilon", "sample"])
    def test_prediction_types_agree_on_the_tiny_model(
        self, tmp_path: Path, model: OnnxModel, prediction: str
    ) -> None:
        """The fixture's three networks say the same about z0, so samplers can be compared on them."""
        other = tiny(tmp_path, schedule={"prediction": prediction})
        latents, condition = noise(1, 16, 8, 16), noise(1, 16, seed=1)
        v = model.denoise(latents, times(1), condition, times(1))
        output = other.denoise(latents, times(1), condition, times(1))
        alpha_bar = _alpha_bar(500)
        expected = alpha_bar**0.5 * latents - (1 - alpha_bar) ** 0.5 * v
        if prediction == "epsilon":
            output = (latents - (1 - alpha_bar) ** 0.5 * output) / alpha_bar**0.5
        assert np.abs(output - expected).max() < 1e-3


def _alpha_bar(timestep: int) -> float:
    betas = np.linspace(0.0015**0.5, 0.0195**0.5, 1000) ** 2
    return float(np.cumprod(1.0 - betas)[timestep])


class TestVocoder:
    """Mels to sound."""

    def test_the_sound_has_the_mels_length_and_pitch(self, model: OnnxModel) -> None:
        """A tone through mel and vocoder is a tone of about that pitch and level."""
        tone = 0.3 * np.sin(2 * np.pi * 1000.0 * np.arange(16_000) / 16_000).astype(np.float32)
        mel = log_mel(tone, model.specification.mel)[None]
        waveform = model.vocode(mel, 0, 0)
        assert waveform.shape == (1, 16_000)
        assert np.abs(np.fft.rfft(waveform[0])).argmax() == pytest.approx(1000, abs=100)
        assert waveform.std() == pytest.approx(tone.std(), rel=0.5)

    def test_silence_is_nearly_silent(self, model: OnnxModel) -> None:
        """Nothing sounds but the trace of noise that shows where noise goes."""
        assert np.abs(model.vocode(np.full((1, 50, 64), SILENCE, np.float32), 0, 0)).max() < 2e-3

    def test_too_long_a_waveform_is_cropped(self, tmp_path: Path) -> None:
        """Published vocoders give 32 frames more than they were asked for."""
        folder = make_tiny_bundle(tmp_path)

        def lengthen(graph: onnx.ModelProto) -> None:
            graph.graph.node[-1].output[0] = "exact"
            graph.graph.initializer.append(numpy_helper.from_array(np.array([0, 0, 0, 32]), "pads"))
            graph.graph.node.append(helper.make_node("Pad", ["exact", "pads"], ["waveform"]))

        change_graph(folder, "vocoder.onnx", lengthen)
        assert OnnxModel(load_bundle(folder)).vocode(noise(2, 7, 64), 0, 0).shape == (2, 7 * 160)

    def test_too_short_a_waveform_is_refused(self, tmp_path: Path) -> None:
        """A vocoder of another hop length than the manifest's is not stretched to fit."""
        folder = make_tiny_bundle(tmp_path)

        def shorten(graph: onnx.ModelProto) -> None:
            graph.graph.node[-1].output[0] = "exact"
            graph.graph.initializer.append(numpy_helper.from_array(np.array([0, 0, 0, -1]), "pads"))
            graph.graph.node.append(helper.make_node("Pad", ["exact", "pads"], ["waveform"]))

        change_graph(folder, "vocoder.onnx", shorten)
        with pytest.raises(EngineError, match=r"vocoder.onnx gave \(1, 1119\) instead of \(1, 1120\)"):
            OnnxModel(load_bundle(folder)).vocode(noise(1, 7, 64), 0, 0)

    @settings(deadline=None, max_examples=25)
    @given(start=st.integers(0, 29), end=st.integers(1, 30), first=st.integers(-50, 10**9))
    def test_overlapping_pieces_agree(self, model: OnnxModel, start: int, end: int, first: int) -> None:
        """A piece vocoded alone is that span of the whole, its noise included."""
        start, end = min(start, end - 1), max(start + 1, end)
        mel = noise(1, 30, 64) - 6.0
        whole = model.vocode(mel, 3, first)[:, start * 160 : end * 160]
        piece = model.vocode(mel[:, start:end], 3, first + start)
        assert np.abs(whole - piece).max() < 1e-6

    def test_the_seed_decides_the_noise(self, model: OnnxModel) -> None:
        """The same seed gives the same samples, another one others; rows of a batch share their noise."""
        mel = np.repeat(noise(1, 10, 64) - 6.0, 2, axis=0)
        first, again, other = (model.vocode(mel, seed, 0) for seed in (1, 1, 2))
        assert first.tolist() == again.tolist()
        assert first[0].tolist() == first[1].tolist()
        assert np.abs(first - other).max() > 1e-5

    def test_a_vocoder_without_noise_runs(self, tmp_path: Path) -> None:
        """HiFi-GAN takes a mel and nothing else."""
        plain = tiny(tmp_path, noise_input=False)
        mel = noise(1, 10, 64) - 6.0
        assert plain.vocode(mel, 1, 0).tolist() == plain.vocode(mel, 2, 5).tolist()


@pytest.mark.skipif(not (EMBEDDED / MANIFEST).is_file(), reason="the embedded model is not in this checkout")
def test_the_embedded_model_runs_end_to_end() -> None:
    """The model that ships loads, and each of its graphs takes and gives what the engine expects."""
    model = OnnxModel(load_bundle(EMBEDDED), "cpu")
    specification = model.specification
    geometry = specification.latents
    latent_frames = geometry.multiple + 1
    mel_frames = latent_frames * geometry.time_factor
    mel = np.full((1, mel_frames, specification.mel.n_mels), SILENCE, np.float32)
    latents = model.encode_mel(mel)
    assert latents.shape[2] == latent_frames
    condition = model.encode_text(["boots on wet gravel"])
    output = model.denoise(latents, times(1), condition, times(1, 1.0))
    assert output.shape == latents.shape
    waveform = model.vocode(model.decode_latents(latents), 0, 0)
    assert waveform.shape == (1, mel_frames * specification.mel.hop_length)
    for array in (latents, condition, output, waveform):
        assert np.isfinite(array).all()
