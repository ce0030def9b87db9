"""AudioLDM's HiFi-GAN: log-mels to sound. Kong et al. 2020, section 2.2; sizes in ``VocoderConfig``."""

from __future__ import annotations

from engine.networks.architecture import VocoderConfig
from engine.networks.operations import Operations, V

# The published generator ends with its framework's default slope, not with the slope of the rest.
LAST_SLOPE = 0.01
END_KERNEL = 7


def vocoder(ops: Operations[V], config: VocoderConfig, mel: V) -> V:
    """(batch, mel_frames, model_in_dim) -> waveform (batch, frames) in -1..1.

    There are a few frames more than mel_frames times the product of the rates wherever a kernel minus
    its rate is odd: 32 in the published ones.
    """
    if config.normalize_before:
        mel = ops.standardise("mean", "scale", mel)
    x = ops.conv1d("conv_pre", ops.mel_to_wave(mel), padding=END_KERNEL // 2)
    sizes = zip(config.upsample_rates, config.upsample_kernel_sizes, strict=True)
    for stage, (rate, kernel) in enumerate(sizes):
        x = ops.leaky_relu(x, slope=config.leaky_relu_slope)
        x = ops.conv_transpose1d(f"upsampler.{stage}", x, stride=rate, padding=(kernel - rate) // 2)
        x = _fused(ops, config, stage, x)
    x = ops.conv1d("conv_post", ops.leaky_relu(x, slope=LAST_SLOPE), padding=END_KERNEL // 2)
    return ops.only_channel(ops.tanh(x))


def _fused(ops: Operations[V], config: VocoderConfig, stage: int, x: V) -> V:
    """The mean of the stage's residual blocks, one for each kernel size, each of the same input."""
    count = len(config.resblock_kernel_sizes)
    total = _resblock(ops, config, stage * count, 0, x)
    for kind in range(1, count):
        total = ops.add(total, _resblock(ops, config, stage * count + kind, kind, x))
    return ops.scale(total, 1.0 / count)


def _resblock(ops: Operations[V], config: VocoderConfig, number: int, kind: int, x: V) -> V:
    """Pairs of convolutions, the first of each dilated, each pair added to what it was given."""
    kernel, slope = config.resblock_kernel_sizes[kind], config.leaky_relu_slope
    for layer, dilation in enumerate(config.resblock_dilation_sizes[kind]):
        name = f"resblocks.{number}"
        inner = ops.leaky_relu(x, slope=slope)
        padding = dilation * (kernel - 1) // 2
        inner = ops.conv1d(f"{name}.convs1.{layer}", inner, padding=padding, dilation=dilation)
        inner = ops.leaky_relu(inner, slope=slope)
        x = ops.add(ops.conv1d(f"{name}.convs2.{layer}", inner, padding=(kernel - 1) // 2), x)
    return x
