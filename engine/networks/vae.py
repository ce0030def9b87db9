"""The mel autoencoder of AudioLDM: log-mels to latents and back.

Rombach et al. 2022, appendix G; sizes in ``VaeConfig``. The scale factor is not applied in here.
"""

from __future__ import annotations

from itertools import pairwise

from engine.networks.architecture import VaeConfig
from engine.networks.operations import Operations, V
from engine.networks.resblock import resblock
from engine.networks.unet import attention_names

EPS = 1e-6


def vae_encoder(ops: Operations[V], config: VaeConfig, mel: V) -> V:
    """The posterior's mean and, after it along the channels, its log-variance.

    mel: (batch, 1, time, bands) -> (batch, 2 * latent_channels, time / f, bands / f), f = 2 ** (levels - 1).
    """
    x = ops.conv2d("encoder.conv_in", mel, padding=1)
    channels = config.block_out_channels
    for level, (before, after) in enumerate(pairwise((channels[0], *channels))):
        x = _resblocks(
            ops, config, f"encoder.down_blocks.{level}", x, config.layers_per_block, before != after
        )
        if level < len(channels) - 1:
            # One row and one column of zeros at the end only, as the published weights were trained.
            x = ops.conv2d(f"encoder.down_blocks.{level}.downsamplers.0.conv", x, stride=2, pad_end=1)
    x = _middle(ops, config, "encoder", x)
    x = ops.group_norm("encoder.conv_norm_out", x, groups=config.norm_num_groups, eps=EPS, silu=True)
    return ops.conv2d("quant_conv", ops.conv2d("encoder.conv_out", x, padding=1))


def vae_decoder(ops: Operations[V], config: VaeConfig, latents: V) -> V:
    """(batch, latent_channels, time, bands) -> log-mel (batch, 1, time * f, bands * f), f as above."""
    x = ops.conv2d("decoder.conv_in", ops.conv2d("post_quant_conv", latents), padding=1)
    x = _middle(ops, config, "decoder", x)
    channels = config.block_out_channels[::-1]
    for level, (before, after) in enumerate(pairwise((channels[0], *channels))):
        x = _resblocks(
            ops, config, f"decoder.up_blocks.{level}", x, config.layers_per_block + 1, before != after
        )
        if level < len(channels) - 1:
            x = ops.conv2d(f"decoder.up_blocks.{level}.upsamplers.0.conv", ops.upsample(x), padding=1)
    x = ops.group_norm("decoder.conv_norm_out", x, groups=config.norm_num_groups, eps=EPS, silu=True)
    return ops.conv2d("decoder.conv_out", x, padding=1)


def _resblocks(ops: Operations[V], config: VaeConfig, block: str, x: V, count: int, widens: bool) -> V:
    """A level's blocks; the first has a shortcut if the level changes the width."""
    for layer in range(count):
        shortcut = widens and layer == 0
        name, groups = f"{block}.resnets.{layer}", config.norm_num_groups
        x = resblock(ops, name, x, groups=groups, eps=EPS, shortcut=shortcut)
    return x


def _middle(ops: Operations[V], config: VaeConfig, half: str, x: V) -> V:
    """Two blocks and, between them, attention with a single head among all places of the image."""
    groups = config.norm_num_groups
    x = resblock(ops, f"{half}.mid_block.resnets.0", x, groups=groups, eps=EPS)
    name = f"{half}.mid_block.attentions.0"
    tokens = ops.to_tokens(ops.group_norm(f"{name}.group_norm", x, groups=groups, eps=EPS, silu=False))
    x = ops.add(ops.to_image(ops.self_attention(attention_names(name), tokens, heads=1), x), x)
    return resblock(ops, f"{half}.mid_block.resnets.1", x, groups=groups, eps=EPS)
