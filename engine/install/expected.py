"""Which weights a network of given sizes has, and their shapes, under the names of the hub's files.

Tables and not what running the networks would ask for: a checkpoint is judged before anything is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from torch import Tensor

from engine.errors import EngineError, ErrorCode
from engine.install.checkpoint import Network
from engine.networks.architecture import (
    ClapAudioConfig,
    ClapTextConfig,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
)

Shape = tuple[int, ...]
Entries = Iterator[tuple[str, Shape]]

SHOWN = 3
TIME_WIDTH = 4  # times the channels of the first level
KERNEL = 3  # of the UNet's and the VAE's convolutions
POST_KERNEL = 7  # of the vocoder's first and last
FEED_FORWARD = 4  # times the width, twice because half of it is a gate


def check_weights(
    network: Network, weights: Mapping[str, Tensor], expected: Mapping[str, Shape], where: str
) -> None:
    """Raises EngineError(BAD_BUNDLE) unless ``weights`` are exactly the ``expected`` ones."""
    missing = [name for name in expected if name not in weights]
    if missing:
        _refuse(f"The {network} in {where} lacks {_listed(missing)}.")
    unknown = [name for name in weights if name not in expected]
    if unknown:
        _refuse(f"The {network} in {where} has weights that it should not have: {_listed(unknown)}.")
    wrong = [
        f"{name} is {tuple(weights[name].shape)} instead of {shape}"
        for name, shape in expected.items()
        if tuple(weights[name].shape) != shape
    ]
    if wrong:
        _refuse(f"The {network} in {where} does not fit its configuration: {_listed(wrong)}.")


def _refuse(sentence: str) -> None:
    raise EngineError(ErrorCode.BAD_BUNDLE, sentence)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more ({len(names)} in all)"


def unet_shapes(config: UnetConfig) -> dict[str, Shape]:
    """The denoiser's."""
    return dict(_unet(config))


def vae_shapes(config: VaeConfig) -> dict[str, Shape]:
    """Of both halves of the autoencoder."""
    return dict(_vae(config))


def vocoder_shapes(config: VocoderConfig) -> dict[str, Shape]:
    """The vocoder's, with weight normalisation folded in."""
    return dict(_vocoder(config))


def text_shapes(config: ClapTextConfig) -> dict[str, Shape]:
    """Of CLAP's text half with its projection."""
    return dict(_text(config))


def audio_shapes(config: ClapAudioConfig) -> dict[str, Shape]:
    """Of CLAP's audio half with its projection."""
    return dict(_audio(config))


def _layer(name: str, *weight: int) -> Entries:
    """A weight and a bias, with as many entries as the weight has outputs."""
    yield f"{name}.weight", weight
    yield f"{name}.bias", (weight[0],)


def _conv(name: str, inputs: int, outputs: int, kernel: int = KERNEL) -> Entries:
    return _layer(name, outputs, inputs, kernel, kernel)


def _resblock(name: str, inputs: int, outputs: int, steering: int = 0) -> Entries:
    yield from _layer(f"{name}.norm1", inputs)
    yield from _conv(f"{name}.conv1", inputs, outputs)
    if steering:
        yield from _layer(f"{name}.time_emb_proj", outputs, steering)
    yield from _layer(f"{name}.norm2", outputs)
    yield from _conv(f"{name}.conv2", outputs, outputs)
    if inputs != outputs:
        yield from _conv(f"{name}.conv_shortcut", inputs, outputs, 1)


def _unet(config: UnetConfig) -> Entries:
    channels = config.block_out_channels
    time = TIME_WIDTH * channels[0]
    yield from _conv("conv_in", config.in_channels, channels[0])
    yield from _layer("time_embedding.linear_1", time, channels[0])
    yield from _layer("time_embedding.linear_2", time, time)
    yield from _layer("class_embedding", time, config.condition_width)
    yield from _unet_down(config, 2 * time)
    yield from _resblock("mid_block.resnets.0", channels[-1], channels[-1], 2 * time)
    yield from _transformer("mid_block.attentions.0", channels[-1])
    yield from _resblock("mid_block.resnets.1", channels[-1], channels[-1], 2 * time)
    yield from _unet_up(config, 2 * time)
    yield from _layer("conv_norm_out", channels[0])
    yield from _conv("conv_out", channels[0], config.out_channels)


def _unet_down(config: UnetConfig, steering: int) -> Entries:
    channels = config.block_out_channels
    for level, width in enumerate(channels):
        block = f"down_blocks.{level}"
        before = channels[max(level - 1, 0)]
        for layer in range(config.layers_per_block):
            yield from _resblock(f"{block}.resnets.{layer}", width if layer else before, width, steering)
            if config.attention_levels[level]:
                yield from _transformer(f"{block}.attentions.{layer}", width)
        if level < len(channels) - 1:
            yield from _conv(f"{block}.downsamplers.0.conv", width, width)


def _unet_up(config: UnetConfig, steering: int) -> Entries:
    """Each ResBlock joins what the way down has left, in the opposite order."""
    channels = config.block_out_channels
    left = [channels[0]]
    for level, width in enumerate(channels):
        left += [width] * (config.layers_per_block + (level < len(channels) - 1))
    x = channels[-1]
    for number, level in enumerate(reversed(range(len(channels)))):
        block, width = f"up_blocks.{number}", channels[level]
        for layer in range(config.layers_per_block + 1):
            yield from _resblock(f"{block}.resnets.{layer}", x + left.pop(), width, steering)
            x = width
            if config.attention_levels[level]:
                yield from _transformer(f"{block}.attentions.{layer}", width)
        if level:
            yield from _conv(f"{block}.upsamplers.0.conv", width, width)


def _transformer(name: str, width: int) -> Entries:
    block = f"{name}.transformer_blocks.0"
    yield from _layer(f"{name}.norm", width)
    yield from _conv(f"{name}.proj_in", width, width, 1)
    for number in (1, 2):
        yield from _layer(f"{block}.norm{number}", width)
        for projection in ("to_q", "to_k", "to_v"):
            yield f"{block}.attn{number}.{projection}.weight", (width, width)
        yield from _layer(f"{block}.attn{number}.to_out.0", width, width)
    yield from _layer(f"{block}.norm3", width)
    yield from _layer(f"{block}.ff.net.0.proj", 2 * FEED_FORWARD * width, width)
    yield from _layer(f"{block}.ff.net.2", width, FEED_FORWARD * width)
    yield from _conv(f"{name}.proj_out", width, width, 1)


def _vae(config: VaeConfig) -> Entries:
    channels, latents = config.block_out_channels, config.latent_channels
    yield from _conv("encoder.conv_in", config.in_channels, channels[0])
    yield from _vae_blocks("encoder.down_blocks", channels, config.layers_per_block, "downsamplers")
    yield from _vae_ends("encoder", channels[-1], channels[-1], 2 * latents)
    yield from _conv("decoder.conv_in", latents, channels[-1])
    yield from _vae_blocks("decoder.up_blocks", channels[::-1], config.layers_per_block + 1, "upsamplers")
    yield from _vae_ends("decoder", channels[-1], channels[0], config.out_channels)
    yield from _conv("quant_conv", 2 * latents, 2 * latents, 1)
    yield from _conv("post_quant_conv", latents, latents, 1)


def _vae_blocks(name: str, channels: Shape, layers: int, resampler: str) -> Entries:
    for level, width in enumerate(channels):
        before = channels[max(level - 1, 0)]
        for layer in range(layers):
            yield from _resblock(f"{name}.{level}.resnets.{layer}", width if layer else before, width)
        if level < len(channels) - 1:
            yield from _conv(f"{name}.{level}.{resampler}.0.conv", width, width)


def _vae_ends(half: str, middle: int, last: int, outputs: int) -> Entries:
    """The middle of a half, and what its last level goes through."""
    yield from _resblock(f"{half}.mid_block.resnets.0", middle, middle)
    yield from _layer(f"{half}.mid_block.attentions.0.group_norm", middle)
    for projection in ("to_q", "to_k", "to_v", "to_out.0"):
        yield from _layer(f"{half}.mid_block.attentions.0.{projection}", middle, middle)
    yield from _resblock(f"{half}.mid_block.resnets.1", middle, middle)
    yield from _layer(f"{half}.conv_norm_out", last)
    yield from _conv(f"{half}.conv_out", last, outputs)


def _vocoder(config: VocoderConfig) -> Entries:
    widths = [config.upsample_initial_channel >> step for step in range(len(config.upsample_rates) + 1)]
    yield "mean", (config.model_in_dim,)
    yield "scale", (config.model_in_dim,)
    yield from _layer("conv_pre", widths[0], config.model_in_dim, POST_KERNEL)
    for step, (wide, narrow) in enumerate(pairwise(widths)):
        yield f"upsampler.{step}.weight", (wide, narrow, config.upsample_kernel_sizes[step])
        yield f"upsampler.{step}.bias", (narrow,)
        for number, kernel in enumerate(config.resblock_kernel_sizes):
            block = f"resblocks.{step * len(config.resblock_kernel_sizes) + number}"
            for layer in range(len(config.resblock_dilation_sizes[number])):
                yield from _layer(f"{block}.convs1.{layer}", narrow, narrow, kernel)
                yield from _layer(f"{block}.convs2.{layer}", narrow, narrow, kernel)
    yield from _layer("conv_post", 1, widths[-1], POST_KERNEL)


def _text(config: ClapTextConfig) -> Entries:
    width, embeddings = config.hidden_size, "text_model.embeddings"
    yield f"{embeddings}.word_embeddings.weight", (config.vocab_size, width)
    yield f"{embeddings}.position_embeddings.weight", (config.max_position_embeddings, width)
    yield f"{embeddings}.token_type_embeddings.weight", (1, width)
    yield from _layer(f"{embeddings}.LayerNorm", width)
    for number in range(config.num_hidden_layers):
        layer = f"text_model.encoder.layer.{number}"
        yield from _attention(f"{layer}.attention", width)
        yield from _layer(f"{layer}.attention.output.LayerNorm", width)
        yield from _feed_forward(layer, width, config.intermediate_size)
        yield from _layer(f"{layer}.output.LayerNorm", width)
    yield from _layer("text_model.pooler.dense", width, width)
    yield from _projection("text_projection", width, config.projection_dim)


def _audio(config: ClapAudioConfig) -> Entries:
    encoder, patch = "audio_model.audio_encoder", config.patch_size
    yield from _layer(f"{encoder}.batch_norm", config.num_mel_bins)
    yield f"{encoder}.batch_norm.running_mean", (config.num_mel_bins,)
    yield f"{encoder}.batch_norm.running_var", (config.num_mel_bins,)
    yield from _conv(f"{encoder}.patch_embed.proj", 1, config.patch_embeds_hidden_size, patch)
    yield from _layer(f"{encoder}.patch_embed.norm", config.patch_embeds_hidden_size)
    for stage, depth in enumerate(config.depths):
        name, width = f"{encoder}.layers.{stage}", config.patch_embeds_hidden_size * 2**stage
        for block in range(depth):
            yield from _swin_block(config, f"{name}.blocks.{block}", stage, width)
        if stage < len(config.depths) - 1:
            yield f"{name}.downsample.reduction.weight", (2 * width, 4 * width)
            yield from _layer(f"{name}.downsample.norm", 4 * width)
    yield from _layer(f"{encoder}.norm", config.hidden_size)
    yield from _projection("audio_projection", config.hidden_size, config.projection_dim)


def _swin_block(config: ClapAudioConfig, name: str, stage: int, width: int) -> Entries:
    table = ((2 * config.window_size - 1) ** 2, config.num_attention_heads[stage])
    yield from _layer(f"{name}.layernorm_before", width)
    yield f"{name}.attention.self.relative_position_bias_table", table
    yield from _attention(f"{name}.attention", width)
    yield from _layer(f"{name}.layernorm_after", width)
    yield from _feed_forward(name, width, int(config.mlp_ratio * width))


def _attention(name: str, width: int) -> Entries:
    for projection in ("self.query", "self.key", "self.value", "output.dense"):
        yield from _layer(f"{name}.{projection}", width, width)


def _feed_forward(name: str, width: int, inner: int) -> Entries:
    yield from _layer(f"{name}.intermediate.dense", inner, width)
    yield from _layer(f"{name}.output.dense", width, inner)


def _projection(name: str, width: int, shared: int) -> Entries:
    yield from _layer(f"{name}.linear1", shared, width)
    yield from _layer(f"{name}.linear2", shared, shared)
