"""The sizes of an original checkpoint's networks, read off the shapes of its weights.

The file has no configuration. What shapes do not tell (rates of the vocoder, widths of heads, the kind of
noise) is the same in all published AudioLDM checkpoints (``default_audioldm_config`` of the original code
and CLAP's HTSAT configurations) and stands here as constants.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from engine.errors import EngineError, ErrorCode
from engine.models.interface import ScheduleParameters
from engine.networks.architecture import (
    ClapAudioConfig,
    ClapTextConfig,
    HeadReading,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
    check_text,
    check_vocoder,
    check_windows,
    original_heads,
)
from engine.networks.hub_config import MAX_LEVELS, HubConfig

Weights = Mapping[str, Tensor]

NORM_GROUPS = 32
# Heads at every level as the hub's configs of these checkpoints have them.
DIFFUSERS_HEADS = 8
# The vocoder's rate by the kernel of its transposed convolution, in the published order.
VOCODER_KERNELS, VOCODER_RATES = (16, 16, 8, 4, 4), (5, 4, 2, 2, 2)
VOCODER_DILATIONS = (1, 3, 5)
VOCODER_SLOPE = 0.1
SAMPLE_RATE = 16_000
# RoBERTa's.
TEXT_HEAD_WIDTH = 64
TEXT_PAD_ID = 1
TEXT_NORM_EPS = 1e-5
# HTSAT's, unless its own masks say otherwise.
SPEC_SIZE = 256
BRANCH = "audio_branch"
AUDIO_NORM_EPS = 1e-5
# float32 rounding of a thousand square roots.
BETA_TOLERANCE = 1e-6


class Sizes:
    """Shapes of the weights of one file, asked for by name."""

    def __init__(self, weights: Weights, where: str) -> None:
        self.weights = weights
        self.where = where
        # What the checks of sizes complain about; nothing is read from it.
        self.config = HubConfig({}, where)

    def shape(self, name: str, axes: int) -> tuple[int, ...]:
        """The shape of a weight that must be there. Raises EngineError(BAD_BUNDLE)."""
        if name not in self.weights:
            raise EngineError(ErrorCode.BAD_BUNDLE, f"{self.where} lacks {name}.")
        shape = tuple(self.weights[name].shape)
        if len(shape) != axes or 0 in shape:
            raise EngineError(
                ErrorCode.BAD_BUNDLE,
                f"{self.where} has {name} of the shape {shape}; it should have {axes} axes.",
            )
        return shape

    def refuse(self, complaint: str) -> EngineError:
        """An EngineError(BAD_BUNDLE) about this file."""
        return EngineError(ErrorCode.BAD_BUNDLE, f"{self.where} {complaint}.")

    def count(self, pattern: str) -> int:
        """How many of the numbered weights there are, from 0 on without a gap."""
        number = 0
        while pattern.format(number) in self.weights:
            number += 1
        return number


def unet_config(sizes: Sizes, reading: HeadReading) -> UnetConfig:
    """Of the weights under ``model.diffusion_model``. Raises EngineError(BAD_BUNDLE)."""
    base, inputs = sizes.shape("input_blocks.0.0.weight", 4)[:2]
    levels = list(_levels(sizes))
    if len({layers for _, layers, _ in levels}) != 1 or len(levels) > MAX_LEVELS:
        raise sizes.refuse("is no AudioLDM: its denoiser has not the same layers at each level")
    channels = tuple(width for width, _, _ in levels)
    if base % NORM_GROUPS or any(width % NORM_GROUPS for width in channels):
        raise sizes.refuse(f"is no AudioLDM: its denoiser's channels are no multiples of {NORM_GROUPS}")
    return UnetConfig(
        in_channels=inputs,
        out_channels=sizes.shape("out.2.weight", 4)[0],
        block_out_channels=channels,
        attention_levels=tuple(attends for _, _, attends in levels),
        layers_per_block=levels[0][1],
        heads=_heads(sizes, channels, reading),
        norm_num_groups=NORM_GROUPS,
        condition_width=sizes.shape("film_emb.weight", 2)[1],
    )


def _levels(sizes: Sizes) -> Iterator[tuple[int, int, bool]]:
    """Channels, ResBlocks and whether it attends, of each level on the way down."""
    layers, width, attends = 0, 0, False
    for block in range(1, 1000):
        if f"input_blocks.{block}.0.in_layers.2.weight" in sizes.weights:
            width = sizes.shape(f"input_blocks.{block}.0.in_layers.2.weight", 4)[0]
            attends = f"input_blocks.{block}.1.norm.weight" in sizes.weights
            layers += 1
            continue
        yield width, layers, attends
        layers = 0
        if f"input_blocks.{block}.0.op.weight" not in sizes.weights:
            return


def _heads(sizes: Sizes, channels: tuple[int, ...], reading: HeadReading) -> tuple[int, ...]:
    if reading == "original":
        return original_heads(channels, sizes.config)
    if any(width % DIFFUSERS_HEADS for width in channels):
        raise sizes.refuse(f"has a denoiser whose channels {DIFFUSERS_HEADS} heads can't share")
    return (DIFFUSERS_HEADS,) * len(channels)


def vae_config(sizes: Sizes, scale_factor: float) -> VaeConfig:
    """Of the weights under ``first_stage_model``. Raises EngineError(BAD_BUNDLE)."""
    levels = sizes.count("encoder.down.{}.block.0.conv1.weight")
    if not 1 <= levels <= MAX_LEVELS:
        raise sizes.refuse("is no AudioLDM: it has no mel autoencoder")
    channels = tuple(
        sizes.shape(f"encoder.down.{level}.block.0.conv1.weight", 4)[0] for level in range(levels)
    )
    if any(width % NORM_GROUPS for width in channels):
        raise sizes.refuse(f"is no AudioLDM: its autoencoder's channels are no multiples of {NORM_GROUPS}")
    return VaeConfig(
        in_channels=sizes.shape("encoder.conv_in.weight", 4)[1],
        out_channels=sizes.shape("decoder.conv_out.weight", 4)[0],
        latent_channels=sizes.shape("decoder.conv_in.weight", 4)[1],
        block_out_channels=channels,
        layers_per_block=sizes.count("encoder.down.0.block.{}.conv1.weight"),
        norm_num_groups=NORM_GROUPS,
        scaling_factor=scale_factor,
    )


def vocoder_config(sizes: Sizes) -> VocoderConfig:
    """Of the weights under ``first_stage_model.vocoder``. Raises EngineError(BAD_BUNDLE)."""
    channels, n_mels, _ = sizes.shape("conv_pre.weight", 3)
    steps = min(sizes.count("ups.{}.weight"), MAX_LEVELS)
    kernels = tuple(sizes.shape(f"ups.{step}.weight", 3)[2] for step in range(steps))
    if kernels != VOCODER_KERNELS or channels % 2**steps:
        raise sizes.refuse(
            f"has a vocoder that this version does not know: its kernels are {kernels} instead of "
            f"{VOCODER_KERNELS}"
        )
    blocks = sizes.count("resblocks.{}.convs1.0.weight")
    residual = tuple(
        sizes.shape(f"resblocks.{number}.convs1.0.weight", 3)[2]
        for number in range(min(blocks // steps, MAX_LEVELS))
    )
    vocoder = VocoderConfig(
        model_in_dim=n_mels,
        sampling_rate=SAMPLE_RATE,
        upsample_initial_channel=channels,
        upsample_rates=VOCODER_RATES,
        upsample_kernel_sizes=kernels,
        resblock_kernel_sizes=residual,
        resblock_dilation_sizes=(VOCODER_DILATIONS,) * len(residual),
        leaky_relu_slope=VOCODER_SLOPE,
        normalize_before=False,
    )
    check_vocoder(sizes.config, vocoder)
    return vocoder


def text_config(sizes: Sizes) -> ClapTextConfig:
    """Of the weights under ``cond_stage_model.model``. Raises EngineError(BAD_BUNDLE)."""
    embeddings = "text_branch.embeddings"
    vocabulary, width = sizes.shape(f"{embeddings}.word_embeddings.weight", 2)
    layer = "text_branch.encoder.layer.{}.intermediate.dense.weight"
    text = ClapTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=sizes.count(layer),
        num_attention_heads=width // TEXT_HEAD_WIDTH if width % TEXT_HEAD_WIDTH == 0 else 1,
        intermediate_size=sizes.shape(layer.format(0), 2)[0],
        max_position_embeddings=sizes.shape(f"{embeddings}.position_embeddings.weight", 2)[0],
        pad_token_id=TEXT_PAD_ID,
        layer_norm_eps=TEXT_NORM_EPS,
        projection_dim=sizes.shape("text_projection.2.weight", 2)[0],
    )
    check_text(sizes.config, text)
    return text


def unusable_tower(sizes: Sizes) -> str:
    """Why the audio tower under ``cond_stage_model.model`` can't be used, or "" for an HTSAT.

    Without a tower takes can't be ranked, and everything else works.
    """
    first = sizes.weights.get(f"{BRANCH}.patch_embed.proj.weight")
    if first is None:
        return "it is no HTSAT"
    if first.ndim == 4 and first.shape[1] != 1:
        return "it hears several pieces of a sound at once, which this version does not do"
    return ""


def audio_config(sizes: Sizes) -> ClapAudioConfig:
    """Of the weights under ``cond_stage_model.model``, which hold an HTSAT.

    Raises EngineError(BAD_BUNDLE).
    """
    branch = BRANCH
    width, _, patch, _ = sizes.shape(f"{branch}.patch_embed.proj.weight", 4)
    stages = min(sizes.count(f"{branch}.layers.{{}}.blocks.0.norm1.weight"), MAX_LEVELS)
    table = f"{branch}.layers.{{}}.blocks.0.attn.relative_position_bias_table"
    tables = [sizes.shape(table.format(stage), 2) for stage in range(stages)]
    if not tables:
        raise sizes.refuse("has an audio tower without layers")
    window = (math.isqrt(tables[0][0]) + 1) // 2
    audio = ClapAudioConfig(
        patch_embeds_hidden_size=width,
        depths=tuple(
            sizes.count(f"{branch}.layers.{stage}.blocks.{{}}.norm1.weight") for stage in range(stages)
        ),
        num_attention_heads=tuple(heads for _, heads in tables),
        window_size=window,
        patch_size=patch,
        patch_stride=patch,
        spec_size=_spec_size(sizes, window, patch),
        num_mel_bins=sizes.shape(f"{branch}.bn0.weight", 1)[0],
        hidden_size=width * 2 ** (stages - 1),
        mlp_ratio=sizes.shape(f"{branch}.layers.0.blocks.0.mlp.fc1.weight", 2)[0] / width,
        layer_norm_eps=AUDIO_NORM_EPS,
        projection_dim=sizes.shape("audio_projection.2.weight", 2)[0],
    )
    check_windows(sizes.config, audio)
    return audio


def _spec_size(sizes: Sizes, window: int, patch: int) -> int:
    """The image's side: the mask of the first shifted block has an entry for each window of it."""
    mask = "audio_branch.layers.0.blocks.1.attn_mask"
    if mask not in sizes.weights:
        return SPEC_SIZE
    return math.isqrt(sizes.shape(mask, 3)[0]) * window * patch


def schedule(sizes: Sizes) -> ScheduleParameters:
    """Of the buffer ``betas``, which must be linear in its square root. Raises EngineError(BAD_BUNDLE)."""
    (steps,) = sizes.shape("betas", 1)
    betas = sizes.weights["betas"].double()
    start, end = float(betas[0]), float(betas[-1])
    if not 0.0 < start <= end < 1.0:
        raise sizes.refuse("is damaged: its betas are no noise schedule")
    expected = torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2
    if not torch.allclose(betas, expected, rtol=0.0, atol=BETA_TOLERANCE):
        raise sizes.refuse("has a noise schedule that this version does not know")
    # The buffer is float32; what was meant has few digits.
    return ScheduleParameters(steps, float(f"{start:.6g}"), float(f"{end:.6g}"), "scaled_linear", "epsilon")
