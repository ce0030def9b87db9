"""Random checkpoints as diffusers and transformers see them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, from the oracle extra")
diffusers = pytest.importorskip("diffusers", reason="needs diffusers, from the oracle extra")
transformers = pytest.importorskip("transformers", reason="needs transformers, from the oracle extra")

from engine.evaluation.checkpoint_configs import Configs, Size, published_configs, unet_config  # noqa: E402
from engine.evaluation.random_checkpoint import TENSORS, WEIGHTS, write_random_checkpoint  # noqa: E402

pytestmark = pytest.mark.torch

# Derived from the configuration whenever a model is made; not among the weights that must be there.
DERIVED = {"text_model.embeddings.position_ids", "text_model.embeddings.token_type_ids"}
SMALL: Configs = {
    "unet": unet_config((64, 128, 192, 320)) | {"projection_class_embeddings_input_dim": 64},
    "vae": published_configs(Size.S)["vae"] | {"block_out_channels": [32, 64, 128]},
    "vocoder": published_configs(Size.S)["vocoder"] | {"upsample_initial_channel": 128},
    "text_encoder": published_configs(Size.S)["text_encoder"]
    | {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4}
    | {"projection_dim": 64, "vocab_size": 2000},
}


def without_weights(component: str, config: dict[str, Any]) -> Any:
    """The published implementation's network, of this configuration, on no device."""
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if component == "unet":
            return diffusers.UNet2DConditionModel.from_config(config)
        if component == "vae":
            return diffusers.AutoencoderKL.from_config(config)
        if component == "vocoder":
            return transformers.SpeechT5HifiGan(transformers.SpeechT5HifiGanConfig(**config))
        return transformers.ClapTextModelWithProjection(transformers.ClapTextConfig(**config))


@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("component", TENSORS)
def test_full_size_checkpoints_have_the_names_and_shapes_that_are_loaded(component: str, size: Size) -> None:
    """Every weight of the published implementation, and none beside."""
    config = published_configs(size)[component]
    state = without_weights(component, config).state_dict()
    expected = {name: tuple(value.shape) for name, value in state.items() if name not in DERIVED}
    assert expected == {spec.name: spec.shape for spec in TENSORS[component](config)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with all four levels and few channels."""
    return write_random_checkpoint(tmp_path_factory.mktemp("hub") / "small", SMALL)


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    """It, loaded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the pipeline is called deprecated
        return diffusers.AudioLDMPipeline.from_pretrained(str(folder))


def test_the_weights_in_the_files_are_the_weights_of_the_pipeline(pipeline: Any, folder: Path) -> None:
    """Nothing was left out, made up or reshaped on the way."""
    from safetensors.torch import load_file

    for component, name in WEIGHTS.items():
        loaded = getattr(pipeline, component).state_dict()
        stored = load_file(folder / component / name)
        assert set(stored) == set(loaded) - DERIVED
        assert all(torch.equal(value, loaded[key]) for key, value in stored.items())


def test_signals_keep_an_ordinary_size_through_every_network(pipeline: Any) -> None:
    """So int8 ranges, half precision and samplers meet what they meet in a trained checkpoint."""
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 8, 64, 16, generator=generator)
    condition = torch.nn.functional.normalize(torch.randn(1, 64, generator=generator))
    with torch.no_grad():
        noise = pipeline.unet(latents, 501, None, class_labels=condition).sample
        mel = pipeline.vae.decode(latents).sample
        moments = pipeline.vae.encode(mel).latent_dist.parameters
        wave = pipeline.vocoder(mel[:, 0])

    assert 0.5 < noise.std() < 2.0
    assert -9.0 < mel.mean() < -2.0
    assert 0.5 < mel.std() < 4.0
    assert 0.2 < moments.std() < 3.0
    assert 0.01 < wave.std() < 0.5


def test_the_text_matters(pipeline: Any) -> None:
    """Another prompt is another embedding, and another embedding another estimate."""
    embeddings = []
    for prompt in ("a dog barks", "rain"):
        ids = pipeline.tokenizer([prompt], return_tensors="pt")
        with torch.no_grad():
            embeddings.append(torch.nn.functional.normalize(pipeline.text_encoder(**ids).text_embeds))
    latents = torch.randn(1, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        one, two = (pipeline.unet(latents, 501, None, class_labels=e).sample for e in embeddings)

    assert (embeddings[0] @ embeddings[1].T).item() < 0.98
    assert (one - two).std() > 0.02


def test_transformers_reads_the_same_ids_from_either_kind_of_tokenizer_file(
    pipeline: Any, folder: Path, tmp_path: Path
) -> None:
    """From tokenizer.json, and from the vocabulary with its merges."""
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / "tokenizer" / name).read_bytes())
    parts = transformers.RobertaTokenizerFast.from_pretrained(str(tmp_path))
    prompts = ["Rain on a tin roof", " two  spaces", "", "café & 42"]

    assert parts(prompts)["input_ids"] == pipeline.tokenizer(prompts)["input_ids"]
    assert 512 == pipeline.tokenizer.model_max_length


def test_the_pipeline_makes_sound(pipeline: Any) -> None:
    """From a prompt, at the published defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.set_progress_bar_config(disable=True)
        made = pipeline("rain", audio_length_in_s=0.64, num_inference_steps=2, generator=torch.manual_seed(0))
    sound = made.audios[0]

    assert (10_240,) == sound.shape
    assert np.isfinite(sound).all()
    assert 0.01 < sound.std() < 0.7


def test_the_published_configs_are_written_as_they_are(folder: Path) -> None:
    """Value for value."""
    assert SMALL["unet"] == json.loads((folder / "unet" / "config.json").read_text())
