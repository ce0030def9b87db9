"""Names, shapes and sensible initial scales of every tensor of an AudioLDM checkpoint, as the hub has them.

The scales keep activations of ordinary size through every network, so that a random checkpoint overflows
in no precision, saturates no int8 range by accident and gives an output like a trained one's in size: the
denoiser about standard normal, the autoencoder log-mels around -5, the vocoder a tenth of full scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Config = Mapping[str, Any]

# 1 / sqrt(E[f(x)^2]) for a standard normal x: what follows f is scaled by this.
SILU_GAIN = 1.68
GEGLU_GAIN = 1.53
LEAKY_GAIN = 1.41
# Of a branch that is added to what it branches from.
BRANCH = 0.5
# Log-mels of sound: most entries lie between silence, -11.5, and 0.
MEL_MEAN, MEL_DEVIATION = -5.0, 2.0
VOCODER_LEVEL = 0.1


@dataclass(frozen=True)
class TensorSpec:
    """One float32 tensor: normal with this mean and deviation."""

    name: str
    shape: tuple[int, ...]
    mean: float
    deviation: float

    @property
    def size(self) -> int:
        """How many numbers."""
        count = 1
        for length in self.shape:
            count *= length
        return count


def _layer(
    name: str, shape: tuple[int, ...], fan_in: float, gain: float, bias: int = 0, bias_mean: float = 0.0
) -> Iterator[TensorSpec]:
    """A weight whose output has ``gain`` times its input's deviation, and ``bias`` numbers of bias."""
    yield TensorSpec(f"{name}.weight", shape, 0.0, gain / fan_in**0.5)
    if bias:
        yield TensorSpec(f"{name}.bias", (bias,), bias_mean, 0.02)


def _norm(name: str, channels: int) -> Iterator[TensorSpec]:
    yield TensorSpec(f"{name}.weight", (channels,), 1.0, 0.1)
    yield TensorSpec(f"{name}.bias", (channels,), 0.0, 0.1)


def _linear(
    name: str, inputs: int, outputs: int, gain: float = 1.0, *, bias: bool = True
) -> Iterator[TensorSpec]:
    return _layer(name, (outputs, inputs), inputs, gain, outputs if bias else 0)


def _conv2d(
    name: str, inputs: int, outputs: int, kernel: int, gain: float = 1.0, bias_mean: float = 0.0
) -> Iterator[TensorSpec]:
    shape = (outputs, inputs, kernel, kernel)
    return _layer(name, shape, inputs * kernel**2, gain, outputs, bias_mean)


def _conv1d(name: str, inputs: int, outputs: int, kernel: int, gain: float) -> Iterator[TensorSpec]:
    return _layer(name, (outputs, inputs, kernel), inputs * kernel, gain, outputs)


def _resnet(name: str, inputs: int, outputs: int, embedding: int = 0) -> Iterator[TensorSpec]:
    """Two convolutions with their norms; ``embedding`` is the width of what steers it, if anything does."""
    yield from _norm(f"{name}.norm1", inputs)
    yield from _conv2d(f"{name}.conv1", inputs, outputs, 3, SILU_GAIN)
    if embedding:
        yield from _linear(f"{name}.time_emb_proj", embedding, outputs, BRANCH)
    yield from _norm(f"{name}.norm2", outputs)
    yield from _conv2d(f"{name}.conv2", outputs, outputs, 3, SILU_GAIN * BRANCH)
    if inputs != outputs:
        yield from _conv2d(f"{name}.conv_shortcut", inputs, outputs, 1)


def _attention(name: str, width: int, *, bias: bool) -> Iterator[TensorSpec]:
    for part in ("to_q", "to_k", "to_v"):
        yield from _linear(f"{name}.{part}", width, width, bias=bias)
    yield from _linear(f"{name}.to_out.0", width, width, BRANCH)


def _transformer(name: str, width: int) -> Iterator[TensorSpec]:
    """A site of the denoiser: two self-attentions and a gated layer of four times the width."""
    yield from _norm(f"{name}.norm", width)
    yield from _conv2d(f"{name}.proj_in", width, width, 1)
    block = f"{name}.transformer_blocks.0"
    for number in (1, 2):
        yield from _norm(f"{block}.norm{number}", width)
        yield from _attention(f"{block}.attn{number}", width, bias=False)
    yield from _norm(f"{block}.norm3", width)
    yield from _linear(f"{block}.ff.net.0.proj", width, 8 * width)
    yield from _linear(f"{block}.ff.net.2", 4 * width, width, GEGLU_GAIN * BRANCH)
    yield from _conv2d(f"{name}.proj_out", width, width, 1, BRANCH)


def _site(name: str, number: int, kind: str, width: int) -> Iterator[TensorSpec]:
    """The transformer after a resnet, in the blocks that have them."""
    if kind.startswith("CrossAttn"):
        yield from _transformer(f"{name}.attentions.{number}", width)


def unet_tensors(config: Config) -> Iterator[TensorSpec]:
    """The denoiser (UNet2DConditionModel)."""
    channels = tuple(config["block_out_channels"])
    time_width, inputs = 4 * channels[0], config["in_channels"]
    yield from _conv2d("conv_in", inputs, channels[0], 3)
    yield from _linear("time_embedding.linear_1", channels[0], time_width, 1.4)
    yield from _linear("time_embedding.linear_2", time_width, time_width, SILU_GAIN)
    # The text vector has length 1, so its entries have a deviation of 1 / sqrt(width).
    condition = config["projection_class_embeddings_input_dim"]
    yield from _linear("class_embedding", condition, time_width, condition**0.5)
    yield from _unet_down(config, channels, 2 * time_width)
    yield from _unet_middle(channels[-1], 2 * time_width)
    yield from _unet_up(config, channels, 2 * time_width)
    yield from _norm("conv_norm_out", channels[0])
    yield from _conv2d("conv_out", channels[0], config["out_channels"], 3, SILU_GAIN)


def _unet_down(config: Config, channels: tuple[int, ...], embedding: int) -> Iterator[TensorSpec]:
    levels = zip((channels[0], *channels), channels, config["down_block_types"], strict=False)
    for level, (inputs, width, kind) in enumerate(levels):
        name = f"down_blocks.{level}"
        for number in range(config["layers_per_block"]):
            before = inputs if number == 0 else width
            yield from _resnet(f"{name}.resnets.{number}", before, width, embedding)
            yield from _site(name, number, kind, width)
        if level < len(channels) - 1:
            yield from _conv2d(f"{name}.downsamplers.0.conv", width, width, 3)


def _unet_middle(width: int, embedding: int) -> Iterator[TensorSpec]:
    for number in (0, 1):
        yield from _resnet(f"mid_block.resnets.{number}", width, width, embedding)
    yield from _transformer("mid_block.attentions.0", width)


def _unet_up(config: Config, channels: tuple[int, ...], embedding: int) -> Iterator[TensorSpec]:
    """Each level takes what the way down left, last first."""
    layers, levels = config["layers_per_block"], len(channels)
    skips = [channels[0]]
    for level, width in enumerate(channels):
        skips += [width] * (layers + (level < levels - 1))
    before = channels[-1]
    for level, (width, kind) in enumerate(zip(channels[::-1], config["up_block_types"], strict=True)):
        name = f"up_blocks.{level}"
        for number in range(layers + 1):
            yield from _resnet(f"{name}.resnets.{number}", before + skips.pop(), width, embedding)
            yield from _site(name, number, kind, width)
            before = width
        if level < levels - 1:
            yield from _conv2d(f"{name}.upsamplers.0.conv", width, width, 3)


def vae_tensors(config: Config) -> Iterator[TensorSpec]:
    """The mel autoencoder (AutoencoderKL)."""
    latents = config["latent_channels"]
    yield from _vae_encoder(config)
    yield from _conv2d("quant_conv", 2 * latents, 2 * latents, 1)
    yield from _conv2d("post_quant_conv", latents, latents, 1)
    yield from _vae_decoder(config)


def _vae_encoder(config: Config) -> Iterator[TensorSpec]:
    channels = tuple(config["block_out_channels"])
    # Log-mels are far from standard normal; what comes out of the first layer is not.
    yield from _conv2d("encoder.conv_in", config["in_channels"], channels[0], 3, 1.0 / abs(MEL_MEAN))
    for level, (inputs, width) in enumerate(zip((channels[0], *channels), channels, strict=False)):
        name = f"encoder.down_blocks.{level}"
        for number in range(config["layers_per_block"]):
            yield from _resnet(f"{name}.resnets.{number}", inputs if number == 0 else width, width)
        if level < len(channels) - 1:
            yield from _conv2d(f"{name}.downsamplers.0.conv", width, width, 3)
    yield from _vae_middle("encoder", channels[-1])
    yield from _norm("encoder.conv_norm_out", channels[-1])
    yield from _conv2d("encoder.conv_out", channels[-1], 2 * config["latent_channels"], 3, SILU_GAIN)


def _vae_middle(half: str, width: int) -> Iterator[TensorSpec]:
    for number in (0, 1):
        yield from _resnet(f"{half}.mid_block.resnets.{number}", width, width)
    yield from _norm(f"{half}.mid_block.attentions.0.group_norm", width)
    yield from _attention(f"{half}.mid_block.attentions.0", width, bias=True)


def _vae_decoder(config: Config) -> Iterator[TensorSpec]:
    channels = tuple(config["block_out_channels"])[::-1]
    yield from _conv2d("decoder.conv_in", config["latent_channels"], channels[0], 3)
    yield from _vae_middle("decoder", channels[0])
    for level, (inputs, width) in enumerate(zip((channels[0], *channels), channels, strict=False)):
        name = f"decoder.up_blocks.{level}"
        for number in range(config["layers_per_block"] + 1):
            yield from _resnet(f"{name}.resnets.{number}", inputs if number == 0 else width, width)
        if level < len(channels) - 1:
            yield from _conv2d(f"{name}.upsamplers.0.conv", width, width, 3)
    yield from _norm("decoder.conv_norm_out", channels[-1])
    gain = SILU_GAIN * MEL_DEVIATION
    yield from _conv2d("decoder.conv_out", channels[-1], config["out_channels"], 3, gain, MEL_MEAN)


def vocoder_tensors(config: Config) -> Iterator[TensorSpec]:
    """The HiFi-GAN (SpeechT5HifiGan); weight normalisation is folded in, ``mean`` and ``scale`` go unused."""
    n_mels, width = config["model_in_dim"], config["upsample_initial_channel"]
    yield TensorSpec("mean", (n_mels,), 0.0, 0.0)
    yield TensorSpec("scale", (n_mels,), 1.0, 0.0)
    level = (MEL_MEAN**2 + MEL_DEVIATION**2) ** 0.5
    yield from _conv1d("conv_pre", n_mels, width, 7, 1.0 / level)
    widths = [width >> stage for stage in range(len(config["upsample_rates"]) + 1)]
    stages = zip(pairwise(widths), config["upsample_rates"], config["upsample_kernel_sizes"], strict=True)
    for stage, ((inputs, outputs), rate, kernel) in enumerate(stages):
        fan_in = inputs * kernel / rate  # of a transposed convolution: the taps that meet at one frame
        yield from _layer(f"upsampler.{stage}", (inputs, outputs, kernel), fan_in, LEAKY_GAIN, outputs)
        yield from _vocoder_resblocks(config, stage, outputs)
    yield from _conv1d("conv_post", widths[-1], 1, 7, LEAKY_GAIN * VOCODER_LEVEL)


def _vocoder_resblocks(config: Config, stage: int, width: int) -> Iterator[TensorSpec]:
    kinds = list(zip(config["resblock_kernel_sizes"], config["resblock_dilation_sizes"], strict=True))
    for number, (kernel, dilations) in enumerate(kinds, start=stage * len(kinds)):
        for layer in range(len(dilations)):
            yield from _conv1d(f"resblocks.{number}.convs1.{layer}", width, width, kernel, LEAKY_GAIN)
            branch = LEAKY_GAIN * BRANCH
            yield from _conv1d(f"resblocks.{number}.convs2.{layer}", width, width, kernel, branch)


def text_tensors(config: Config) -> Iterator[TensorSpec]:
    """CLAP's RoBERTa and its projection (ClapTextModelWithProjection)."""
    width, projection = config["hidden_size"], config["projection_dim"]
    embeddings = "text_model.embeddings"
    rows = {
        "word": config["vocab_size"],
        "position": config["max_position_embeddings"],
        "token_type": config["type_vocab_size"],
    }
    for kind, count in rows.items():
        yield TensorSpec(f"{embeddings}.{kind}_embeddings.weight", (count, width), 0.0, 0.5)
    yield from _norm(f"{embeddings}.LayerNorm", width)
    for layer in range(config["num_hidden_layers"]):
        yield from _text_layer(f"text_model.encoder.layer.{layer}", width, config["intermediate_size"])
    yield from _linear("text_model.pooler.dense", width, width)
    yield from _linear("text_projection.linear1", width, projection)
    yield from _linear("text_projection.linear2", projection, projection, LEAKY_GAIN)


def _text_layer(name: str, width: int, inner: int) -> Iterator[TensorSpec]:
    for part in ("query", "key", "value"):
        yield from _linear(f"{name}.attention.self.{part}", width, width)
    yield from _linear(f"{name}.attention.output.dense", width, width)
    yield from _norm(f"{name}.attention.output.LayerNorm", width)
    yield from _linear(f"{name}.intermediate.dense", width, inner)
    yield from _linear(f"{name}.output.dense", inner, width, GEGLU_GAIN)
    yield from _norm(f"{name}.output.LayerNorm", width)
