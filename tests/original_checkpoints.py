"""Original AudioLDM files made of hub checkpoints: what ``engine/install/original_layout.py`` undoes.

The names here are walked through as the original modules are built (the UNet's one row of blocks, the
VAE's levels, CLAP's two branches), with counters, and share nothing with the reader's own tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

import torch
from torch import Tensor

Pairs = Iterator[tuple[str, str]]  # a layer's name in the original and on the hub

BUFFERS = (
    *("betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod"),
    *("sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod"),
    *("sqrt_recipm1_alphas_cumprod", "posterior_variance", "posterior_log_variance_clipped"),
    *("posterior_mean_coef1", "posterior_mean_coef2", "logvar"),
)


def unet_layers(attends: Sequence[bool], layers: int) -> Pairs:
    """Of ``model.diffusion_model``: published ones have 12 input blocks, a middle and 12 output blocks."""
    yield "time_embed.0", "time_embedding.linear_1"
    yield "time_embed.2", "time_embedding.linear_2"
    yield "film_emb", "class_embedding"
    yield "input_blocks.0.0", "conv_in"
    block = count(1)
    for level, attending in enumerate(attends):
        for layer in range(layers):
            number = next(block)
            yield from _resblock(f"input_blocks.{number}.0", f"down_blocks.{level}.resnets.{layer}")
            if attending:
                yield from _same(f"input_blocks.{number}.1", f"down_blocks.{level}.attentions.{layer}")
        if level + 1 < len(attends):
            yield f"input_blocks.{next(block)}.0.op", f"down_blocks.{level}.downsamplers.0.conv"
    yield from _resblock("middle_block.0", "mid_block.resnets.0")
    yield from _same("middle_block.1", "mid_block.attentions.0")
    yield from _resblock("middle_block.2", "mid_block.resnets.1")
    block = count()
    for up, attending in enumerate(reversed(attends)):
        for layer in range(layers + 1):
            number, part = next(block), count()
            yield from _resblock(f"output_blocks.{number}.{next(part)}", f"up_blocks.{up}.resnets.{layer}")
            if attending:
                yield from _same(f"output_blocks.{number}.{next(part)}", f"up_blocks.{up}.attentions.{layer}")
            if layer == layers and up + 1 < len(attends):
                yield f"output_blocks.{number}.{next(part)}.conv", f"up_blocks.{up}.upsamplers.0.conv"
    yield "out.0", "conv_norm_out"
    yield "out.2", "conv_out"


def _resblock(original: str, hub: str) -> Pairs:
    yield f"{original}.in_layers.0", f"{hub}.norm1"
    yield f"{original}.in_layers.2", f"{hub}.conv1"
    yield f"{original}.emb_layers.1", f"{hub}.time_emb_proj"
    yield f"{original}.out_layers.0", f"{hub}.norm2"
    yield f"{original}.out_layers.3", f"{hub}.conv2"
    yield f"{original}.skip_connection", f"{hub}.conv_shortcut"


def _same(original: str, hub: str) -> Pairs:
    """A spatial transformer, whose layers both call the same."""
    block = "transformer_blocks.0"
    attention = [
        f"{block}.attn{number}.{name}" for number in (1, 2) for name in ("to_q", "to_k", "to_v", "to_out.0")
    ]
    norms = [f"{block}.norm{number}" for number in (1, 2, 3)]
    for layer in (
        "norm",
        "proj_in",
        *attention,
        *norms,
        f"{block}.ff.net.0.proj",
        f"{block}.ff.net.2",
        "proj_out",
    ):
        yield f"{original}.{layer}", f"{hub}.{layer}"


def vae_layers(levels: int, layers: int) -> Pairs:
    """Of ``first_stage_model``; the decoder's ``up.0`` is its last level."""
    for half, place, blocks in (("encoder", "down", layers), ("decoder", "up", layers + 1)):
        yield f"{half}.conv_in", f"{half}.conv_in"
        for level in range(levels):
            hub = f"{half}.{place}_blocks.{level if half == 'encoder' else levels - 1 - level}"
            for block in range(blocks):
                yield from _vae_block(f"{half}.{place}.{level}.block.{block}", f"{hub}.resnets.{block}")
            yield f"{half}.{place}.{level}.{place}sample.conv", f"{hub}.{place}samplers.0.conv"
        yield from _vae_block(f"{half}.mid.block_1", f"{half}.mid_block.resnets.0")
        yield from _vae_block(f"{half}.mid.block_2", f"{half}.mid_block.resnets.1")
        hub = f"{half}.mid_block.attentions.0"
        yield f"{half}.mid.attn_1.norm", f"{hub}.group_norm"
        for letter in "qkv":
            yield f"{half}.mid.attn_1.{letter}", f"{hub}.to_{letter}"
        yield f"{half}.mid.attn_1.proj_out", f"{hub}.to_out.0"
        yield f"{half}.norm_out", f"{half}.conv_norm_out"
        yield f"{half}.conv_out", f"{half}.conv_out"
    yield "quant_conv", "quant_conv"
    yield "post_quant_conv", "post_quant_conv"


def _vae_block(original: str, hub: str) -> Pairs:
    for layer in ("norm1", "conv1", "norm2", "conv2"):
        yield f"{original}.{layer}", f"{hub}.{layer}"
    yield f"{original}.nin_shortcut", f"{hub}.conv_shortcut"


def audio_layers(depths: Sequence[int]) -> Pairs:
    """Of ``cond_stage_model.model``, all but queries, keys and values."""
    tower = "audio_model.audio_encoder"
    yield "audio_branch.bn0", f"{tower}.batch_norm"
    for name in ("patch_embed.proj", "patch_embed.norm", "norm"):
        yield f"audio_branch.{name}", f"{tower}.{name}"
    for stage, depth in enumerate(depths):
        for block in range(depth):
            original, hub = (f"{side}.layers.{stage}.blocks.{block}" for side in ("audio_branch", tower))
            yield f"{original}.norm1", f"{hub}.layernorm_before"
            yield f"{original}.attn.proj", f"{hub}.attention.output.dense"
            yield f"{original}.norm2", f"{hub}.layernorm_after"
            yield f"{original}.mlp.fc1", f"{hub}.intermediate.dense"
            yield f"{original}.mlp.fc2", f"{hub}.output.dense"
        for name in ("downsample.reduction", "downsample.norm"):
            yield f"audio_branch.layers.{stage}.{name}", f"{tower}.layers.{stage}.{name}"
    yield "audio_projection.0", "audio_projection.linear1"
    yield "audio_projection.2", "audio_projection.linear2"


def original_unet(hub: Mapping[str, Tensor], attends: Sequence[bool], layers: int) -> dict[str, Tensor]:
    """The denoiser's state."""
    return _renamed(hub, unet_layers(attends, layers))


def original_vae(hub: Mapping[str, Tensor], levels: int, layers: int) -> dict[str, Tensor]:
    """The autoencoder's state: its attention is made of 1x1 convolutions."""
    state = _renamed(hub, vae_layers(levels, layers))
    attention = [
        name for name in state if ".attn_1." in name and ".norm." not in name and name.endswith("weight")
    ]
    return state | {name: state[name][:, :, None, None] for name in attention}


def original_vocoder(hub: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The vocoder's state, which has no mean and scale."""
    return {
        "ups" + name.removeprefix("upsampler") if name.startswith("upsampler") else name: tensor
        for name, tensor in hub.items()
        if name not in ("mean", "scale")
    }


def original_text(hub: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The text branch's state, with the leftover that transformers used to save."""
    projection = {"linear1": "0", "linear2": "2"}
    state = {"text_branch.embeddings.position_ids": torch.arange(514)[None]}
    for name, tensor in hub.items():
        first, second, *rest = name.split(".")
        if first == "text_projection":
            state[".".join([first, projection[second], *rest])] = tensor
        else:
            state[name.replace("text_model", "text_branch")] = tensor
    return state | _transform("text", hub["text_projection.linear2.bias"])


def original_audio(
    hub: Mapping[str, Tensor], depths: Sequence[int], window: int, side: int
) -> dict[str, Tensor]:
    """The audio branch's state; ``side`` patches at first."""
    state = _renamed(hub, audio_layers(depths))
    for name in ("running_mean", "running_var"):
        state[f"audio_branch.bn0.{name}"] = hub[f"audio_model.audio_encoder.batch_norm.{name}"]
    state["audio_branch.bn0.num_batches_tracked"] = torch.tensor(7)
    for stage, depth in enumerate(depths):
        for block in range(depth):
            name = f"layers.{stage}.blocks.{block}"
            state |= _window_attention(hub, name, window, shifted=block % 2 == 1 and side > window, side=side)
        side //= 2
    width = hub["audio_projection.linear1.weight"].shape[1]
    state |= {
        "audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.zeros(513, 1, 4),
        "audio_branch.spectrogram_extractor.stft.conv_imag.weight": torch.zeros(513, 1, 4),
        "audio_branch.logmel_extractor.melW": torch.zeros(513, 64),
        "audio_branch.tscam_conv.weight": torch.zeros(5, width, 2, 3),
        "audio_branch.tscam_conv.bias": torch.zeros(5),
        "audio_branch.head.weight": torch.zeros(5, 5),
        "audio_branch.head.bias": torch.zeros(5),
    }
    return state | _transform("audio", hub["audio_projection.linear2.bias"])


def _window_attention(
    hub: Mapping[str, Tensor], name: str, window: int, *, shifted: bool, side: int
) -> dict[str, Tensor]:
    original, published = f"audio_branch.{name}.attn", f"audio_model.audio_encoder.{name}.attention.self"
    places = window**2
    state = {
        f"{original}.relative_position_bias_table": hub[f"{published}.relative_position_bias_table"],
        f"{original}.relative_position_index": torch.zeros(places, places, dtype=torch.int64),
    }
    for kind in ("weight", "bias"):
        parts = [hub[f"{published}.{part}.{kind}"] for part in ("query", "key", "value")]
        state[f"{original}.qkv.{kind}"] = torch.cat(parts)
    if shifted:
        state[f"audio_branch.{name}.attn_mask"] = torch.zeros((side // window) ** 2, places, places)
    return state


def _transform(half: str, like: Tensor) -> dict[str, Tensor]:
    """A network of CLAP's training that nothing uses afterwards."""
    width = len(like)
    return {
        f"{half}_transform.sequential.{number}.{kind}": torch.zeros(
            (width, width)[: 2 if kind == "weight" else 1]
        )
        for number in (0, 3)
        for kind in ("weight", "bias")
    }


def _renamed(hub: Mapping[str, Tensor], pairs: Pairs) -> dict[str, Tensor]:
    return {
        f"{original}.{kind}": hub[f"{name}.{kind}"]
        for original, name in pairs
        for kind in ("weight", "bias")
        if f"{name}.{kind}" in hub
    }


def averages(unet: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``model_ema``: half of each weight, to tell them apart."""
    flat = {("diffusion_model." + name).replace(".", ""): tensor / 2 for name, tensor in unet.items()}
    return {**flat, "decay": torch.tensor(0.9999), "num_updates": torch.tensor(9, dtype=torch.int32)}


def buffers(scale_factor: float) -> dict[str, Tensor]:
    """The schedule as the original registers it."""
    betas = torch.linspace(0.0015**0.5, 0.0195**0.5, 1000, dtype=torch.float64) ** 2
    values = {name: torch.zeros(1000) for name in BUFFERS}
    return {**values, "betas": betas.float(), "scale_factor": torch.tensor(scale_factor)}


def original_state(
    *,
    unet: Mapping[str, Tensor],
    vae: Mapping[str, Tensor],
    vocoder: Mapping[str, Tensor],
    clap: Mapping[str, Tensor],
    scale_factor: float,
) -> dict[str, Tensor]:
    """Everything under ``state_dict``, of the networks' own states."""
    parts = {
        "": buffers(scale_factor),
        "model.diffusion_model.": unet,
        "model_ema.": averages(unet),
        "first_stage_model.": vae,
        "first_stage_model.vocoder.": vocoder,
        "cond_stage_model.model.": {
            **clap,
            "logit_scale_a": torch.tensor(2.6592),
            "logit_scale_t": torch.tensor(2.6592),
        },
    }
    return {prefix + name: tensor for prefix, part in parts.items() for name, tensor in part.items()}


def save_original(path: Path, state: Mapping[str, Tensor]) -> Path:
    """As training saves it."""
    torch.save({"state_dict": dict(state), "epoch": 3, "global_step": 1_500_000}, path)
    return path
