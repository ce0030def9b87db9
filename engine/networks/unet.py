"""AudioLDM's denoiser: a UNet over latents, steered by a vector that is added in every ResBlock.

Liu et al. 2023 (AudioLDM), section 3.2, after Rombach et al. 2022. There are no tokens to attend to:
both attentions of a transformer are among an image's own places.
"""

from __future__ import annotations

from engine.networks.architecture import UnetConfig
from engine.networks.operations import AttentionNames, Operations, V
from engine.networks.resblock import resblock

RESBLOCK_EPS = 1e-5
TRANSFORMER_EPS = 1e-6
LAYER_EPS = 1e-5


def denoiser(ops: Operations[V], config: UnetConfig, latents: V, timesteps: V, condition: V) -> V:
    """The network's raw output, shaped like ``latents``.

    latents: (batch, channels, time, bands), both a multiple of 2 ** (levels - 1); timesteps: (batch,);
    condition: (batch, condition_width), concatenated after the embedded time.
    """
    steering = _steering(ops, config, timesteps, condition)
    x = ops.conv2d("conv_in", latents, padding=1)
    skips = [x]
    for level in range(len(config.block_out_channels)):
        skips += _down(ops, config, level, skips[-1], steering)
    x = _middle(ops, config, skips[-1], steering)
    for level in reversed(range(len(config.block_out_channels))):
        x = _up(ops, config, level, x, skips, steering)
    x = ops.group_norm("conv_norm_out", x, groups=config.norm_num_groups, eps=RESBLOCK_EPS, silu=True)
    return ops.conv2d("conv_out", x, padding=1)


def _steering(ops: Operations[V], config: UnetConfig, timesteps: V, condition: V) -> V:
    """(batch, 8 * base channels): what every ResBlock projects; each would begin with the same SiLU."""
    time = ops.sinusoid(timesteps, width=config.block_out_channels[0])
    time = ops.linear("time_embedding.linear_2", ops.silu(ops.linear("time_embedding.linear_1", time)))
    return ops.silu(ops.concat(time, ops.linear("class_embedding", condition)))


def _down(ops: Operations[V], config: UnetConfig, level: int, x: V, steering: V) -> list[V]:
    """Everything this level leaves for the way up; its last value goes on down."""
    block = f"down_blocks.{level}"
    widens = level > 0 and config.block_out_channels[level - 1] != config.block_out_channels[level]
    left = []
    for layer in range(config.layers_per_block):
        x = _layer(ops, config, level, (block, layer), x, steering, shortcut=widens and layer == 0)
        left.append(x)
    if level < len(config.block_out_channels) - 1:
        left.append(ops.conv2d(f"{block}.downsamplers.0.conv", x, stride=2, padding=1))
    return left


def _middle(ops: Operations[V], config: UnetConfig, x: V, steering: V) -> V:
    groups = config.norm_num_groups
    x = resblock(ops, "mid_block.resnets.0", x, groups=groups, eps=RESBLOCK_EPS, steering=steering)
    x = _transformer(ops, config, "mid_block.attentions.0", x, config.heads[-1])
    return resblock(ops, "mid_block.resnets.1", x, groups=groups, eps=RESBLOCK_EPS, steering=steering)


def _up(ops: Operations[V], config: UnetConfig, level: int, x: V, skips: list[V], steering: V) -> V:
    """One level of the way up; takes what it joins from the end of ``skips``."""
    block = f"up_blocks.{len(config.block_out_channels) - 1 - level}"
    for layer in range(config.layers_per_block + 1):
        joined = ops.concat(x, skips.pop())
        x = _layer(ops, config, level, (block, layer), joined, steering, shortcut=True)
    if level == 0:
        return x
    return ops.conv2d(f"{block}.upsamplers.0.conv", ops.upsample(x), padding=1)


def _layer(
    ops: Operations[V],
    config: UnetConfig,
    level: int,
    place: tuple[str, int],
    x: V,
    steering: V,
    *,
    shortcut: bool,
) -> V:
    """A ResBlock and, on a level that attends, the transformer after it. place: block and layer."""
    block, layer = place
    name, groups = f"{block}.resnets.{layer}", config.norm_num_groups
    x = resblock(ops, name, x, groups=groups, eps=RESBLOCK_EPS, steering=steering, shortcut=shortcut)
    if not config.attention_levels[level]:
        return x
    return _transformer(ops, config, f"{block}.attentions.{layer}", x, config.heads[level])


def _transformer(ops: Operations[V], config: UnetConfig, name: str, x: V, heads: int) -> V:
    """One transformer block over an image's places, between 1x1 convolutions, added to the image."""
    inner = ops.group_norm(f"{name}.norm", x, groups=config.norm_num_groups, eps=TRANSFORMER_EPS, silu=False)
    inner = ops.conv2d(f"{name}.proj_in", inner)
    tokens = _block(ops, f"{name}.transformer_blocks.0", ops.to_tokens(inner), heads)
    return ops.add(ops.conv2d(f"{name}.proj_out", ops.to_image(tokens, inner)), x)


def _block(ops: Operations[V], name: str, tokens: V, heads: int) -> V:
    """Attention, attention again and a gated feed-forward layer, each of normalised tokens and added."""
    for number in (1, 2):
        normalised = ops.layer_norm(f"{name}.norm{number}", tokens, eps=LAYER_EPS)
        attended = ops.self_attention(attention_names(f"{name}.attn{number}"), normalised, heads=heads)
        tokens = ops.add(attended, tokens)
    gated = ops.geglu(f"{name}.ff.net.0.proj", ops.layer_norm(f"{name}.norm3", tokens, eps=LAYER_EPS))
    return ops.add(ops.linear(f"{name}.ff.net.2", gated), tokens)


def attention_names(name: str) -> AttentionNames:
    """The projections of an attention layer as the hub's UNets and VAEs call them."""
    return AttentionNames(f"{name}.to_q", f"{name}.to_k", f"{name}.to_v", f"{name}.to_out.0")
