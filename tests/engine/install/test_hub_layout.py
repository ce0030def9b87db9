"""A checkpoint in the hub's folders is read as what it is, or refused with a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")
pytestmark = pytest.mark.torch

import torch  # noqa: E402  # behind the skips: without torch nothing below is there
from safetensors.torch import load_file, save_file  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from engine.errors import EngineError, ErrorCode  # noqa: E402
from engine.install.checkpoint import Network  # noqa: E402
from engine.install.hub_layout import read_hub_folder  # noqa: E402
from engine.install.hub_names import plain_vocoder  # noqa: E402
from engine.models.interface import ScheduleParameters  # noqa: E402
from tests import checkpoints  # noqa: E402

UNET_FILE = "unet/diffusion_pytorch_model.safetensors"
VAE_FILE = "vae/diffusion_pytorch_model.safetensors"
TEXT_FILE = "text_encoder/model.safetensors"
VOCODER_FILE = "vocoder/model.safetensors"
AUDIO_SIZES = {
    "patch_embeds_hidden_size": 8,
    "depths": [1, 1],
    "num_attention_heads": [2, 4],
    "window_size": 4,
    "spec_size": 64,
    "num_mel_bins": 32,
    "hidden_size": 16,
}


@pytest.fixture
def folder(hub_checkpoint: Callable[..., Path], tmp_path: Path) -> Path:
    """A checkpoint to be changed."""
    copy = tmp_path / "audioldm-tiny"
    shutil.copytree(hub_checkpoint(), copy)
    return copy


def change(path: Path, **values: object) -> None:
    """Some keys of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def refused(folder: Path, **options: Any) -> EngineError:
    """What reading raises; it is about this checkpoint's fault."""
    with pytest.raises(EngineError) as raised:
        read_hub_folder(folder, **options)
    return raised.value


def loaded(folder: Path) -> dict[Network, nn.Module]:
    """The parts as the published libraries load them."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import ClapTextModelWithProjection, SpeechT5HifiGan

    return {
        Network.UNET: UNet2DConditionModel.from_pretrained(folder / "unet"),
        Network.VAE: AutoencoderKL.from_pretrained(folder / "vae"),
        Network.TEXT_ENCODER: ClapTextModelWithProjection.from_pretrained(folder / "text_encoder"),
        Network.VOCODER: SpeechT5HifiGan.from_pretrained(folder / "vocoder"),
    }


@pytest.mark.parametrize("options", [{}, {"safetensors": False}, {"levels": 4}])
def test_gives_the_weights_that_the_published_libraries_load(
    options: dict[str, Any], hub_checkpoint: Callable[..., Path]
) -> None:
    """Under the same names, from safetensors or from PyTorch's own files."""
    folder = hub_checkpoint(**options)
    checkpoint = read_hub_folder(folder)
    for network, module in loaded(folder).items():
        state = {name: tensor for name, tensor in module.state_dict().items() if not name.endswith("_ids")}
        assert state.keys() == checkpoint.weights[network].keys()
        assert all(torch.equal(tensor, checkpoint.weights[network][name]) for name, tensor in state.items())


def test_gives_sizes_and_numbers(hub_checkpoint: Callable[..., Path]) -> None:
    """Of the tiny checkpoint, which has heads of no fixed width."""
    checkpoint = read_hub_folder(hub_checkpoint())
    assert ((32, 64), (False, True), (4, 2)) == (
        checkpoint.unet.block_out_channels,
        checkpoint.unet.attention_levels,
        checkpoint.unet.heads,
    )
    assert checkpoints.SCALING_FACTOR == checkpoint.vae.scaling_factor
    assert ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "epsilon") == checkpoint.schedule
    assert (512, "diffusers", "diffusers", "plain") == (
        checkpoint.max_tokens,
        checkpoint.layout,
        checkpoint.heads,
        checkpoint.weights_kind,
    )
    assert checkpoint.audio is None
    assert Network.AUDIO_ENCODER not in checkpoint.weights


def test_heads_can_be_read_as_the_original_has_them(hub_checkpoint: Callable[..., Path]) -> None:
    """Of a fixed width, whatever the configuration says."""
    checkpoint = read_hub_folder(hub_checkpoint(levels=4), heads="original")
    assert (1, 2, 3, 5) == checkpoint.unet.heads


def test_safetensors_come_before_pickles(folder: Path) -> None:
    """A file that could hold a program isn't even opened if there is another."""
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"not looked at")
    read = read_hub_folder(folder).weights[Network.UNET]
    assert torch.equal(load_file(folder / UNET_FILE)["conv_in.weight"], read["conv_in.weight"])


def test_a_variant_will_do(folder: Path) -> None:
    """Half precision where a repository has nothing else; full precision where it has."""
    weights = {name: tensor.half() for name, tensor in load_file(folder / UNET_FILE).items()}
    save_file(weights, folder / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    assert torch.float32 == read_hub_folder(folder).weights[Network.UNET]["conv_in.weight"].dtype
    (folder / UNET_FILE).unlink()
    assert torch.float16 == read_hub_folder(folder).weights[Network.UNET]["conv_in.weight"].dtype


def test_weights_in_several_files(folder: Path) -> None:
    """With an index, as large ones are saved."""
    weights = load_file(folder / UNET_FILE)
    (folder / UNET_FILE).unlink()
    half = len(weights) // 2
    weight_map = {}
    for number, names in enumerate((list(weights)[:half], list(weights)[half:]), start=1):
        file = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        save_file({name: weights[name] for name in names}, folder / "unet" / file)
        weight_map |= dict.fromkeys(names, file)
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    read = read_hub_folder(folder).weights[Network.UNET]
    assert weights.keys() == read.keys()
    assert all(torch.equal(tensor, read[name]) for name, tensor in weights.items())


def rewrite(path: Path, edit: Callable[[str, Tensor], tuple[str, Tensor]]) -> None:
    """Every weight of a file under another name or in another shape."""
    save_file(dict(edit(name, tensor.contiguous()) for name, tensor in load_file(path).items()), path)


@pytest.mark.parametrize("axes", [0, 1, 2])
def test_old_names_of_the_autoencoder_s_attention(axes: int, folder: Path) -> None:
    """query, key, value and proj_attn, linear or as convolutions."""
    expected = read_hub_folder(folder).weights[Network.VAE]
    expected = {name: tensor.clone() for name, tensor in expected.items()}
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def edit(name: str, tensor: Tensor) -> tuple[str, Tensor]:
        for new, former in old.items():
            if f".attentions.0.{new}." in name:
                shape = tensor.shape + (1,) * axes if name.endswith("weight") else tensor.shape
                return name.replace(new, former), tensor.reshape(shape)
        return name, tensor

    rewrite(folder / VAE_FILE, edit)
    read = read_hub_folder(folder).weights[Network.VAE]
    assert expected.keys() == read.keys()
    assert all(torch.equal(tensor, read[name]) for name, tensor in expected.items())


def test_an_old_and_a_new_name_at_once_are_refused(folder: Path) -> None:
    """Nobody could say which one is meant."""
    weights = load_file(folder / VAE_FILE)
    name = "encoder.mid_block.attentions.0.{}.weight"
    save_file({**weights, name.format("query"): weights[name.format("to_q")].clone()}, folder / VAE_FILE)
    assert "twice, by an old and a new name" in refused(folder).sentence


def test_leftovers_of_old_text_encoders_are_dropped(folder: Path) -> None:
    """Constants that are no weights."""
    names = ["position_ids", "token_type_ids"]
    extra = {f"text_model.embeddings.{name}": torch.zeros(1, 514, dtype=torch.int64) for name in names}
    save_file({**load_file(folder / TEXT_FILE), **extra}, folder / TEXT_FILE)
    assert not any("ids" in name for name in read_hub_folder(folder).weights[Network.TEXT_ENCODER])


@pytest.mark.parametrize("kind", ["old", "new"])
def test_weight_normalisation_is_folded(kind: str, folder: Path) -> None:
    """As PyTorch itself computes it, for plain and transposed convolutions."""
    from torch.nn.utils.parametrizations import weight_norm
    from transformers import SpeechT5HifiGan

    module = SpeechT5HifiGan.from_pretrained(folder / "vocoder")
    for layer in [*module.upsampler, *module.resblocks[0].convs1]:
        weight_norm(layer)
        with torch.no_grad():
            layer.parametrizations.weight.original0.uniform_(0.5, 2.0)
    state = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
    if kind == "old":
        pairs = {
            ".parametrizations.weight.original0": ".weight_g",
            ".parametrizations.weight.original1": ".weight_v",
        }
        for new, old in pairs.items():
            state = {name.replace(new, old): tensor for name, tensor in state.items()}
    save_file(state, folder / VOCODER_FILE)
    read = read_hub_folder(folder).weights[Network.VOCODER]
    for step, layer in enumerate(module.upsampler):
        expected = layer.weight.detach().numpy()
        np.testing.assert_allclose(expected, read[f"upsampler.{step}.weight"].numpy(), rtol=1e-5)
    expected = module.resblocks[0].convs1[1].weight.detach().numpy()
    np.testing.assert_allclose(expected, read["resblocks.0.convs1.1.weight"].numpy(), rtol=1e-5)


def test_half_a_normalised_weight_is_refused(folder: Path) -> None:
    """A direction without a length is no weight."""
    weights = load_file(folder / VOCODER_FILE)
    weights["conv_pre.weight_v"] = weights.pop("conv_pre.weight")
    save_file(weights, folder / VOCODER_FILE)
    assert "only half of the normalised weight conv_pre" in refused(folder).sentence


def test_a_vocoder_that_does_not_normalise_needs_no_mean(folder: Path) -> None:
    """One that does, does."""
    weights = load_file(folder / VOCODER_FILE)
    save_file(
        {name: weights[name] for name in weights if name not in ("mean", "scale")}, folder / VOCODER_FILE
    )
    read = read_hub_folder(folder)
    assert torch.equal(torch.zeros(64), read.weights[Network.VOCODER]["mean"])
    change(folder / "vocoder" / "config.json", normalize_before=True)
    assert "lacks mean, scale" in refused(folder).sentence
    assert plain_vocoder({"mean": torch.ones(64)}, read.vocoder, "x")["mean"].equal(torch.ones(64))


def save_clap(
    folder: Path, text_folder: Path | None, seed: int = 0, fused: bool = False, **sizes: int
) -> None:
    """A CLAP with an audio half, and the text half of ``text_folder`` or none."""
    from transformers import (
        ClapAudioConfig,
        ClapAudioModelWithProjection,
        ClapConfig,
        ClapModel,
        ClapTextModelWithProjection,
    )

    projection = sizes.get("projection_dim", checkpoints.CONDITION_WIDTH)
    audio = {**AUDIO_SIZES, "enable_fusion": fused, "fusion_type": "aff_2d" if fused else None}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if text_folder is None:
            config = ClapAudioConfig(**audio, projection_dim=projection)
            ClapAudioModelWithProjection(config).save_pretrained(folder)
            return
        text = ClapTextModelWithProjection.from_pretrained(text_folder)
        model = ClapModel(
            ClapConfig(text_config=text.config.to_dict(), audio_config=audio, projection_dim=projection)
        )
        if seed == 0:
            model.text_model.load_state_dict(text.text_model.state_dict())
            model.text_projection.load_state_dict(text.text_projection.state_dict())
        model.save_pretrained(folder)


def test_a_whole_clap_as_text_encoder_brings_its_audio_tower(folder: Path, tmp_path: Path) -> None:
    """Both halves, each under its own network."""
    plain = read_hub_folder(folder)
    save_clap(tmp_path / "clap", folder / "text_encoder")
    shutil.rmtree(folder / "text_encoder")
    shutil.copytree(tmp_path / "clap", folder / "text_encoder")
    change(folder / "model_index.json", text_encoder=["transformers", "ClapModel"])
    read = read_hub_folder(folder)
    assert plain.text == read.text
    assert plain.weights[Network.TEXT_ENCODER].keys() == read.weights[Network.TEXT_ENCODER].keys()
    assert read.audio is not None
    assert ((1, 1), 16) == (read.audio.depths, read.audio.hidden_size)
    assert {name.split(".")[0] for name in read.weights[Network.AUDIO_ENCODER]} == {
        "audio_model",
        "audio_projection",
    }


@pytest.mark.parametrize("whole", [True, False])
def test_a_user_s_own_audio_tower(whole: bool, folder: Path, tmp_path: Path) -> None:
    """From a whole CLAP with the same text half, or from an audio half alone."""
    save_clap(tmp_path / "clap", folder / "text_encoder" if whole else None)
    read = read_hub_folder(folder, audio_tower=tmp_path / "clap")
    assert read.audio is not None
    assert checkpoints.CONDITION_WIDTH == read.audio.projection_dim
    assert "audio_projection.linear1.weight" in read.weights[Network.AUDIO_ENCODER]


@pytest.mark.parametrize("whole", [True, False])
def test_an_audio_tower_that_fuses_is_read_as_a_plain_one(whole: bool, folder: Path, tmp_path: Path) -> None:
    """With other bands; one that lays four mels over each other is another network."""
    clap = tmp_path / "clap"
    save_clap(clap, folder / "text_encoder" if whole else None)
    plain = read_hub_folder(folder, audio_tower=clap)
    save_clap(clap, folder / "text_encoder" if whole else None, fused=True)
    read = read_hub_folder(folder, audio_tower=clap)
    assert ("slaney", "htk") == (plain.hears, read.hears)
    assert plain.weights[Network.AUDIO_ENCODER].keys() == read.weights[Network.AUDIO_ENCODER].keys()
    config = json.loads((clap / "config.json").read_text())
    (config["audio_config"] if whole else config)["fusion_type"] = "channel_map"
    (clap / "config.json").write_text(json.dumps(config))
    assert "fusion_type" in refused(folder, audio_tower=clap).sentence


def test_an_audio_tower_of_another_clap_is_refused(folder: Path, tmp_path: Path) -> None:
    """Its vectors have another width, or its text half is another one."""
    save_clap(tmp_path / "narrow", None, projection_dim=16)
    assert "vectors of 16 numbers" in refused(folder, audio_tower=tmp_path / "narrow").sentence
    save_clap(tmp_path / "other", folder / "text_encoder", seed=1)
    assert "another text encoder" in refused(folder, audio_tower=tmp_path / "other").sentence
    assert "no audio half" in refused(folder, audio_tower=folder / "text_encoder").sentence


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        ("AudioLDM2Pipeline", "AudioLDM 2"),
        ("MusicLDMPipeline", "MusicLDM"),
        ("StableDiffusionPipeline", "images"),
        ("SomethingPipeline", "'SomethingPipeline'"),
    ],
)
def test_other_pipelines_are_named(pipeline: str, said: str, folder: Path) -> None:
    """And what can be installed instead."""
    change(folder / "model_index.json", _class_name=pipeline)
    error = refused(folder)
    assert ErrorCode.BAD_BUNDLE == error.code
    assert said in error.sentence
    assert "cvssp/audioldm-s-full-v2" in error.sentence


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unet": ["diffusers", "UNet2DModel"]}, "must name UNet2DConditionModel as unet"),
        ({"vocoder": [None, None]}, "must name SpeechT5HifiGan as vocoder"),
        ({"text_encoder": "ClapModel"}, "as text_encoder"),
        ({"text_encoder_2": ["transformers", "T5EncoderModel"]}, "doesn't know: 'text_encoder_2'"),
        ({"_class_name": 3}, "_class_name that must be text"),
    ],
)
def test_other_parts_are_named(changes: dict[str, object], said: str, folder: Path) -> None:
    """Before any of them is opened."""
    change(folder / "model_index.json", **changes)
    assert said in refused(folder).sentence


PARTS = [
    "model_index.json",
    "unet/config.json",
    "vae/config.json",
    "vocoder/config.json",
    "text_encoder/config.json",
    "scheduler/scheduler_config.json",
    UNET_FILE,
    VAE_FILE,
    VOCODER_FILE,
    TEXT_FILE,
]


@pytest.mark.parametrize("name", PARTS)
def test_each_missing_file_is_named(name: str, folder: Path) -> None:
    """The checkpoint is not complete, and people see what to get."""
    (folder / name).unlink()
    error = refused(folder)
    assert ErrorCode.BAD_BUNDLE == error.code
    assert Path(name).parent.name in error.sentence


@pytest.mark.parametrize("name", PARTS)
def test_each_damaged_file_is_named(name: str, folder: Path) -> None:
    """Cut off in the middle, as an interrupted copy leaves it."""
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    error = refused(folder)
    assert ErrorCode.BAD_BUNDLE == error.code
    assert str(folder / name) in error.sentence


@pytest.mark.parametrize("content", [b"[]", b"3", b"null", b"\xff\xfe", b"[" * 100_000, b"x" * 2**23])
def test_a_configuration_of_another_kind_is_refused(content: bytes, folder: Path) -> None:
    """No object, no text, too deep, too long."""
    (folder / "unet" / "config.json").write_bytes(content)
    assert refused(folder).code in (ErrorCode.BAD_BUNDLE, ErrorCode.TOO_MUCH)


@pytest.mark.parametrize("path", [UNET_FILE, VAE_FILE, VOCODER_FILE, TEXT_FILE])
def test_weights_must_be_the_configured_ones(path: str, folder: Path) -> None:
    """One missing, one of another shape, one too many: each is named."""
    weights = load_file(folder / path)
    name = next(name for name in weights if name.endswith("weight"))
    save_file({key: weights[key] for key in weights if key != name}, folder / path)
    assert f"lacks {name}" in refused(folder).sentence
    save_file({**weights, name: torch.zeros(3, 5)}, folder / path)
    assert f"{name} is (3, 5) instead of" in refused(folder).sentence
    save_file({**weights, "extra.weight": torch.zeros(1)}, folder / path)
    assert "should not have: extra.weight" in refused(folder).sentence


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("beta_schedule", "squaredcos_cap_v2"),
        ("prediction_type", "flow"),
        ("trained_betas", [0.1]),
        ("rescale_betas_zero_snr", True),
        ("clip_sample", True),
        ("thresholding", True),
        ("beta_start", 0),
        ("beta_end", 0.001),
        ("num_train_timesteps", 0),
        ("num_train_timesteps", "1000"),
    ],
)
def test_other_forward_processes_are_refused(key: str, value: object, folder: Path) -> None:
    """By their key."""
    change(folder / "scheduler" / "scheduler_config.json", **{key: value})
    assert key in refused(folder).sentence


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_what_the_denoiser_predicts(kind: str, folder: Path) -> None:
    """All that the engine's samplers know."""
    change(folder / "scheduler" / "scheduler_config.json", prediction_type=kind)
    assert kind == read_hub_folder(folder).schedule.prediction


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("vae", {"latent_channels": 4}, "the UNet works on the VAE's latents"),
        ("vae", {"in_channels": 2}, "one mel at a time"),
        ("unet", {"projection_class_embeddings_input_dim": 64}, "steered by the text encoder's vector"),
        ("vocoder", {"model_in_dim": 60}, "60 mel bands are no multiple of 8"),
    ],
)
def test_parts_must_fit(part: str, changes: dict[str, object], said: str, folder: Path) -> None:
    """What one gives is what the next one takes."""
    change(folder / part / "config.json", **changes)
    assert said in refused(folder).sentence


def test_a_tokenizer_of_another_model_is_refused(folder: Path) -> None:
    """It counts further than the text encoder, or pads with another token."""
    path = folder / "tokenizer" / "tokenizer.json"
    content = path.read_text()
    values = json.loads(content)
    values["model"]["vocab"]["one more"] = 261
    path.write_text(json.dumps(values))
    assert "they do not belong together" in refused(folder).sentence
    path.write_text(content)
    change(folder / "text_encoder" / "config.json", pad_token_id=0)
    assert "pads with 1" in refused(folder).sentence


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([name for name in PARTS if name.endswith("json")]),
    key=st.sampled_from(
        ["_class_name", "unet", "block_out_channels", "beta_start", "vocab_size", "model_type"]
    ),
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.lists(st.integers(), max_size=3),
)
def test_any_value_is_read_or_refused(name: str, key: str, value: object, folder: Path) -> None:
    """Never anything but an EngineError."""
    content = (folder / name).read_bytes()
    change(folder / name, **{key: value})
    try:
        read_hub_folder(folder)
    except EngineError as error:
        assert error.code in (ErrorCode.BAD_BUNDLE, ErrorCode.TOO_MUCH)
    finally:
        (folder / name).write_bytes(content)


def test_no_folder_is_not_found(tmp_path: Path) -> None:
    """And an empty one is no checkpoint."""
    assert ErrorCode.NOT_FOUND == refused(tmp_path / "none").code
    assert "it has no model_index.json" in refused(tmp_path).sentence
