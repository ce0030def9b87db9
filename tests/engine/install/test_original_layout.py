"""One original file and the hub's folders of the same weights are the same checkpoint."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.torch

import torch  # noqa: E402  # behind the skips: without torch nothing below is there
from torch import Tensor  # noqa: E402

from engine.errors import EngineError, ErrorCode  # noqa: E402
from engine.install.checkpoint import Checkpoint, Network  # noqa: E402
from engine.install.expected import (  # noqa: E402
    audio_shapes,
    text_shapes,
    unet_shapes,
    vae_shapes,
    vocoder_shapes,
)
from engine.install.hub_layout import read_hub_folder  # noqa: E402
from engine.install.hub_names import LEFTOVERS  # noqa: E402
from engine.install.original_layout import CLAP_UNUSED, read_original  # noqa: E402
from engine.install.original_names import audio_name, text_name, unet_name, vae_name  # noqa: E402
from engine.install.original_sizes import TEXT_NORM_EPS  # noqa: E402
from engine.networks.architecture import (  # noqa: E402
    ClapAudioConfig,
    ClapTextConfig,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
)
from engine.networks.hub_config import HubConfig  # noqa: E402
from tests import checkpoints, original_checkpoints  # noqa: E402

DEPTHS, WINDOW, SPEC, BANDS = (2, 1), 4, 64, 32
State = dict[str, Tensor]
# The sizes of audioldm-m-full.
UNET_M = UnetConfig(8, 8, (192, 384, 576, 960), (False, True, True, True), 2, (6, 12, 18, 30), 32, 512)
VAE_M = VaeConfig(1, 1, 8, (128, 256, 512), 2, 32, 1.0)
RATES, KERNELS = (5, 4, 2, 2, 2), (16, 16, 8, 4, 4)
VOCODER_M = VocoderConfig(64, 16000, 1024, RATES, KERNELS, (3, 7, 11), ((1, 3, 5),) * 3, 0.1, False)
TEXT_M = ClapTextConfig.from_hub(HubConfig({}, "the test"))
AUDIO_M = ClapAudioConfig.from_hub(
    HubConfig({"patch_embeds_hidden_size": 128, "depths": [2, 2, 12, 2], "hidden_size": 1024}, "the test")
)
# What the shapes of the weights can't say, and the published checkpoints agree on.
TEXT_WIDTH = 64


def make_clap(folder: Path) -> None:
    """Both halves of a CLAP in place of the checkpoint's text encoder."""
    from transformers import ClapConfig, ClapModel

    text = {
        "vocab_size": 261,
        "hidden_size": TEXT_WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 1,
        "intermediate_size": 48,
    }
    audio = {
        "patch_embeds_hidden_size": 8,
        "depths": list(DEPTHS),
        "num_attention_heads": [2, 4],
        "window_size": WINDOW,
        "spec_size": SPEC,
        "num_mel_bins": BANDS,
        "hidden_size": 16,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = ClapConfig(text_config=text, audio_config=audio, projection_dim=checkpoints.CONDITION_WIDTH)
        model = ClapModel(config)
        # Fresh biases are all zero, fresh scales all one.
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter)
    shutil.rmtree(folder / "text_encoder")
    model.save_pretrained(folder / "text_encoder")
    index = json.loads((folder / "model_index.json").read_text())
    index["text_encoder"] = ["transformers", "ClapModel"]
    (folder / "model_index.json").write_text(json.dumps(index))


def original_of(hub: Checkpoint) -> State:
    """The same weights under the original names."""
    weights = hub.weights
    unet = original_checkpoints.original_unet(
        weights[Network.UNET], hub.unet.attention_levels, hub.unet.layers_per_block
    )
    vae = original_checkpoints.original_vae(
        weights[Network.VAE], len(hub.vae.block_out_channels), hub.vae.layers_per_block
    )
    side = SPEC // 4
    clap = original_checkpoints.original_text(weights[Network.TEXT_ENCODER])
    clap |= original_checkpoints.original_audio(weights[Network.AUDIO_ENCODER], DEPTHS, WINDOW, side)
    return original_checkpoints.original_state(
        unet=unet,
        vae=vae,
        vocoder=original_checkpoints.original_vocoder(weights[Network.VOCODER]),
        clap=clap,
        scale_factor=hub.vae.scaling_factor,
    )


@pytest.fixture(scope="module", params=[2, 4])
def hub(
    request: pytest.FixtureRequest,
    hub_checkpoint: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Checkpoint:
    """A hub checkpoint with both halves of CLAP, its heads read as the original has them."""
    folder = tmp_path_factory.mktemp("both") / "audioldm-tiny"
    shutil.copytree(hub_checkpoint(levels=request.param), folder)
    make_clap(folder)
    return read_hub_folder(folder, heads="original")


@pytest.fixture(scope="module")
def tokenizer(hub_checkpoint: Callable[..., Path]) -> Path:
    """Any checkpoint's tokenizer."""
    return hub_checkpoint() / "tokenizer"


@pytest.fixture(scope="module")
def state(hub_checkpoint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> State:
    """A whole original checkpoint of two levels, to be damaged in a copy."""
    folder = tmp_path_factory.mktemp("state") / "audioldm-tiny"
    shutil.copytree(hub_checkpoint(), folder)
    make_clap(folder)
    return original_of(read_hub_folder(folder, heads="original"))


def same_weights(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_is_the_hub_checkpoint_of_the_same_weights(hub: Checkpoint, tokenizer: Path, tmp_path: Path) -> None:
    """Every weight and every size that shapes can tell come out as from the hub's folders."""
    path = original_checkpoints.save_original(tmp_path / "audioldm-tiny.ckpt", original_of(hub))
    read = read_original(path, ema=False, tokenizer=tokenizer)
    for network in Network:
        if network is not Network.VOCODER:
            assert same_weights(hub.weights[network], read.weights[network]), network
    # The original has no mean and scale, which nothing uses.
    plain = {
        name: tensor
        for name, tensor in read.weights[Network.VOCODER].items()
        if name not in ("mean", "scale")
    }
    assert all(torch.equal(tensor, hub.weights[Network.VOCODER][name]) for name, tensor in plain.items())
    assert len(hub.weights[Network.VOCODER]) == len(plain) + 2
    assert hub.unet == read.unet
    assert hub.vae == replace(read.vae, scaling_factor=pytest.approx(read.vae.scaling_factor))
    assert hub.vocoder == read.vocoder
    # The hub's configurations have another epsilon than RoBERTa was trained with.
    assert replace(hub.text, layer_norm_eps=TEXT_NORM_EPS) == read.text
    assert hub.audio == read.audio
    assert hub.schedule == read.schedule
    assert (hub.tokenizer, hub.max_tokens) == (read.tokenizer, read.max_tokens)
    assert ("audioldm-tiny", "original", "original", "plain") == (
        read.name,
        read.layout,
        read.heads,
        read.weights_kind,
    )


def test_the_averages_are_taken_unless_the_plain_weights_are_asked_for(
    state: State, tokenizer: Path, tmp_path: Path
) -> None:
    """The averaged denoiser, and everything else the same."""
    path = original_checkpoints.save_original(tmp_path / "a.ckpt", state)
    averaged = read_original(path, tokenizer=tokenizer)
    plain = read_original(path, ema=False, tokenizer=tokenizer)
    assert "ema" == averaged.weights_kind
    for name, tensor in plain.weights[Network.UNET].items():
        assert torch.equal(tensor / 2, averaged.weights[Network.UNET][name])
    for network in (Network.VAE, Network.VOCODER, Network.TEXT_ENCODER, Network.AUDIO_ENCODER):
        assert same_weights(plain.weights[network], averaged.weights[network])


def test_heads_can_be_read_as_the_hub_has_them(hub: Checkpoint, tokenizer: Path, tmp_path: Path) -> None:
    """Eight at every level, as published configurations say, instead of a fixed width."""
    path = original_checkpoints.save_original(tmp_path / "a.ckpt", original_of(hub))
    levels = len(hub.unet.block_out_channels)
    assert (8,) * levels == read_original(path, heads="diffusers", tokenizer=tokenizer).unet.heads
    assert (1, 2, 3, 5)[:levels] == read_original(path, tokenizer=tokenizer).unet.heads


def test_safetensors_of_the_same_names_are_read_too(state: State, tokenizer: Path, tmp_path: Path) -> None:
    """Who converted the file only kept what is in it."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in state.items()}, tmp_path / "a.safetensors")
    read = read_original(tmp_path / "a.safetensors", tokenizer=tokenizer)
    pickled = read_original(
        original_checkpoints.save_original(tmp_path / "a.ckpt", state), tokenizer=tokenizer
    )
    assert all(same_weights(pickled.weights[network], read.weights[network]) for network in Network)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("audio_branch.patch_embed.proj.weight", "it hears several pieces of a sound at once"),
        ("audio_branch.conv_block1.conv1.weight", "it is no HTSAT"),
    ],
)
def test_another_kind_of_audio_tower_is_left_out(
    name: str, reason: str, state: State, tokenizer: Path, tmp_path: Path
) -> None:
    """One with four mels as one image, or a PANN, can't rank; the rest is fine, and a sentence says so."""
    changed = state | {f"cond_stage_model.model.{name}": torch.zeros(8, 4, 4, 4)}
    if "conv_block1" in name:
        prefix = "cond_stage_model.model.audio_branch."
        changed = {key: value for key, value in changed.items() if name in key or not key.startswith(prefix)}
    read = read_original(
        original_checkpoints.save_original(tmp_path / "a.ckpt", changed), tokenizer=tokenizer
    )
    assert read.audio is None
    assert Network.AUDIO_ENCODER not in read.weights
    assert reason in read.left_out
    assert "does not rank takes" in read.left_out


def test_an_audio_tower_that_fuses_is_read_as_a_plain_one(
    state: State, tokenizer: Path, tmp_path: Path
) -> None:
    """Without the layers for sounds that are too long, and with the bands that such towers hear."""
    patches = "cond_stage_model.model.audio_branch.patch_embed"
    fused = state | {
        f"{patches}.mel_conv2d.weight": torch.zeros(8, 1, 4, 12),
        f"{patches}.fusion_model.local_att.0.weight": torch.zeros(2, 8, 1, 1),
    }
    plain, read = (
        read_original(original_checkpoints.save_original(tmp_path / name, weights), tokenizer=tokenizer)
        for name, weights in (("a.ckpt", state), ("b.ckpt", fused))
    )
    assert ("slaney", "htk", "") == (plain.hears, read.hears, read.left_out)
    assert same_weights(plain.weights[Network.AUDIO_ENCODER], read.weights[Network.AUDIO_ENCODER])


def test_nothing_is_left_out_where_there_is_no_audio_tower(
    state: State, tokenizer: Path, tmp_path: Path
) -> None:
    """Nor of one that can be used."""
    whole = original_checkpoints.save_original(tmp_path / "a.ckpt", state)
    halved = dict(state)
    _drop(halved, "cond_stage_model.model.audio_")
    without = original_checkpoints.save_original(tmp_path / "b.ckpt", halved)
    assert "" == read_original(whole, tokenizer=tokenizer).left_out
    assert ("", None) == (
        (read := read_original(without, tokenizer=tokenizer)).left_out,
        read.audio,
    )


@pytest.mark.parametrize("form", ["tokenizer.json", "vocab.json"])
def test_takes_the_tokenizer_beside_the_file(
    form: str, state: State, tokenizer: Path, tmp_path: Path
) -> None:
    """In one file or in two."""
    path = original_checkpoints.save_original(tmp_path / "a.ckpt", state)
    files = [form] if form == "tokenizer.json" else [form, "merges.txt"]
    for name in files:
        shutil.copy(tokenizer / name, tmp_path / name)
    assert "<s>" in json.loads(read_original(path).tokenizer)["model"]["vocab"]


def test_without_a_tokenizer_says_what_to_bring(state: State, tmp_path: Path) -> None:
    """The file has none of its own."""
    path = original_checkpoints.save_original(tmp_path / "a.ckpt", state)
    with pytest.raises(EngineError, match=r"brings no tokenizer. Put RoBERTa's tokenizer\.json") as raised:
        read_original(path)
    assert ErrorCode.NOT_FOUND == raised.value.code


UNET, CLAP = "model.diffusion_model.", "cond_stage_model.model."
QKV = f"{CLAP}audio_branch.layers.0.blocks.0.attn.qkv.bias"
EXTRA = {f"{UNET}extra.weight": torch.zeros(2), "model_ema.diffusion_modelextraweight": torch.zeros(2)}
DAMAGES: list[tuple[str, Callable[[State], object], str]] = [
    ("no denoiser", lambda s: _drop(s, UNET), "no AudioLDM: it has no weights under"),
    ("another condition", lambda s: _drop(s, f"{UNET}film_emb"), "not steered by one text vector"),
    ("a lost weight", lambda s: s.pop(f"{UNET}middle_block.1.proj_out.bias"), "lacks mid_block"),
    ("a lost average", lambda s: s.pop("model_ema.diffusion_modelout2bias"), "lacks 1 of its averaged"),
    ("no averages", lambda s: _drop(s, "model_ema."), "no averaged"),
    ("no scale", lambda s: s.pop("scale_factor"), "scale_factor"),
    ("a scale of zero", lambda s: _set(s, "scale_factor", torch.tensor(0.0)), "scale_factor"),
    ("a scale of NaN", lambda s: _set(s, "scale_factor", torch.tensor(float("nan"))), "scale_factor"),
    ("no betas", lambda s: s.pop("betas"), "lacks betas"),
    ("other betas", lambda s: _set(s, "betas", torch.linspace(0.0015, 0.0195, 1000)), "noise schedule"),
    ("betas of NaN", lambda s: _set(s, "betas", torch.full((1000,), float("nan"))), "no noise schedule"),
    ("no autoencoder", lambda s: _drop(s, "first_stage_model.encoder"), "no mel autoencoder"),
    ("no vocoder", lambda s: _drop(s, "first_stage_model.vocoder"), "lacks conv_pre.weight"),
    ("no text branch", lambda s: _drop(s, f"{CLAP}text_branch"), "lacks text_branch"),
    (
        "another vocoder",
        lambda s: _set(s, "first_stage_model.vocoder.ups.0.weight", torch.zeros(32, 16, 12)),
        "a vocoder that this version does not know",
    ),
    ("a weight too many", lambda s: s.update(EXTRA), "should not have: extra.weight"),
    (
        "a wrong shape",
        lambda s: _set(s, f"{CLAP}text_projection.0.bias", torch.zeros(3)),
        r"text_projection.linear1.bias is \(3,\) instead of \(32,\)",
    ),
    (
        "a strange qkv",
        lambda s: _set(s, QKV, torch.zeros(25)),
        r"attention.self.query.bias is \(25,\) instead of \(8,\)",
    ),
    (
        "a flat convolution",
        lambda s: _set(s, f"{UNET}input_blocks.0.0.weight", torch.zeros(3)),
        "should have 4 axes",
    ),
    ("AudioLDM 2", lambda s: _set(s, "cond_stage_models.0.weight", torch.zeros(1)), "AudioLDM 2"),
    ("a picture", lambda s: _set(s, "cond_stage_model.transformer.x", torch.zeros(1)), "makes images"),
]


def _set(state: State, name: str, tensor: Tensor) -> None:
    state[name] = tensor


def _drop(state: State, prefix: str) -> None:
    for name in [name for name in state if name.startswith(prefix)]:
        del state[name]


@pytest.mark.parametrize(
    ("damage", "sentence"), [row[1:] for row in DAMAGES], ids=[row[0] for row in DAMAGES]
)
def test_says_what_is_wrong(
    damage: Callable[[State], object], sentence: str, state: State, tokenizer: Path, tmp_path: Path
) -> None:
    """Before anything is converted."""
    damaged = dict(state)
    damage(damaged)
    path = original_checkpoints.save_original(tmp_path / "a.ckpt", damaged)
    with pytest.raises(EngineError, match=sentence) as raised:
        read_original(path, tokenizer=tokenizer)
    assert ErrorCode.BAD_BUNDLE == raised.value.code


def test_a_published_m_has_exactly_the_names_that_are_read() -> None:
    """The 2299 names of audioldm-m-full, as counted elsewhere, and no others are asked for."""
    with torch.device("meta"):
        parts = _published_m()
    state = original_checkpoints.original_state(**parts, scale_factor=1.0)
    counts = {
        prefix: sum(name.startswith(prefix) for name in state)
        for prefix in (
            "model.diffusion_model.",
            "model_ema.",
            "first_stage_model.",
            "cond_stage_model.model.",
        )
    }
    assert {
        "model.diffusion_model.": 690,
        "model_ema.": 692,
        "first_stage_model.": 398,
        "cond_stage_model.model.": 505,
    } == counts
    assert 2299 == len(state)
    assert parts["unet"].keys() == {unet_name(name, UNET_M) for name in unet_shapes(UNET_M)}
    assert parts["vae"].keys() == {vae_name(name, VAE_M) for name in vae_shapes(VAE_M)}
    asked = {text_name(name) for name in text_shapes(TEXT_M)}
    asked |= {audio_name(name)[0] for name in audio_shapes(AUDIO_M)}
    left = {name for name in parts["clap"] if name not in asked}
    assert asked <= parts["clap"].keys()
    assert all(LEFTOVERS.fullmatch(name) or name.startswith(CLAP_UNUSED) for name in left)


def _published_m() -> dict[str, State]:
    """States of the published sizes, on no device: names and shapes alone."""
    unet, vae, vocoder, text, audio = (
        {name: torch.empty(shape) for name, shape in shapes.items()}
        for shapes in (
            *(unet_shapes(UNET_M), vae_shapes(VAE_M), vocoder_shapes(VOCODER_M)),
            *(text_shapes(TEXT_M), audio_shapes(AUDIO_M)),
        )
    )
    make = original_checkpoints
    return {
        "unet": make.original_unet(unet, UNET_M.attention_levels, 2),
        "vae": make.original_vae(vae, 3, 2),
        "vocoder": make.original_vocoder(vocoder),
        "clap": make.original_text(text) | make.original_audio(audio, AUDIO_M.depths, 8, 64),
    }
