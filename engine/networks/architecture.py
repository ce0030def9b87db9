"""The sizes of AudioLDM's networks, as the hub's ``config.json`` files state them, checked once.

Names follow the hub's keys. What these networks can't be is refused with a sentence; what has no
bearing on the arithmetic is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from engine.networks.hub_config import HubConfig
from engine.networks.hub_keys import (
    CLAP_AUDIO_CONSTANTS,
    CLAP_CONSTANTS,
    CLAP_TEXT_CONSTANTS,
    UNET_CONSTANTS,
    UNET_IGNORED,
    UNET_SIZES,
    VAE_CONSTANTS,
    VAE_IGNORED,
    VAE_SIZES,
)

# Weights have the same shapes however many heads an attention has, so a wrong count is never noticed.
# The hub's UNet configs say ``attention_head_dim: 8``, which diffusers takes for eight heads at every
# level: the reading "diffusers". The code the checkpoints were trained with has heads of a fixed width,
# ``HEAD_WIDTHS``, so more of them where there are more channels: the reading "original".
HeadReading = Literal["diffusers", "original"]
# Width of a head by the channels of the first level: S and M have 128 and 192, L has 256.
HEAD_WIDTHS = ((256, 64), (1, 32))


@dataclass(frozen=True)
class UnetConfig:
    """The denoiser."""

    in_channels: int
    out_channels: int
    block_out_channels: tuple[int, ...]
    attention_levels: tuple[bool, ...]  # whether the level's down block (mirrored: its up block) attends
    layers_per_block: int
    heads: tuple[int, ...]  # at each level
    norm_num_groups: int
    condition_width: int  # of the text vector

    @classmethod
    def from_hub(cls, config: HubConfig, heads: HeadReading) -> UnetConfig:
        """The sizes in a UNet2DConditionModel's ``config``. Raises EngineError(BAD_BUNDLE)."""
        config.known([*UNET_CONSTANTS, *UNET_SIZES, *UNET_IGNORED])
        _check_constants(config, UNET_CONSTANTS)
        channels = config.wholes("block_out_channels", (320, 640, 1280, 1280))
        attention = _attention_levels(config, len(channels))
        config.must_be("transformer_layers_per_block", 1, [1] * len(channels))
        # The second attention of each transformer attends to its own input only if the widths agree.
        if config.values.get("cross_attention_dim") != list(channels):
            config.refuse("cross_attention_dim")
        _check_condition(config)
        layers = config.wholes_or_one("layers_per_block", 2, len(channels))
        if len(set(layers)) > 1:
            config.refuse("layers_per_block")
        groups = config.whole("norm_num_groups", 32)
        _check_multiples(config, "block_out_channels", channels, groups)
        return cls(
            in_channels=config.whole("in_channels", 4),
            out_channels=config.whole("out_channels", 4),
            block_out_channels=channels,
            attention_levels=attention,
            layers_per_block=layers[0],
            heads=_heads(config, channels, heads),
            norm_num_groups=groups,
            condition_width=config.whole("projection_class_embeddings_input_dim", 0),
        )


@dataclass(frozen=True)
class VaeConfig:
    """The mel autoencoder."""

    in_channels: int
    out_channels: int
    latent_channels: int
    block_out_channels: tuple[int, ...]
    layers_per_block: int
    norm_num_groups: int
    scaling_factor: float

    @classmethod
    def from_hub(cls, config: HubConfig) -> VaeConfig:
        """The sizes in an AutoencoderKL's ``config``. Raises EngineError(BAD_BUNDLE)."""
        config.known([*VAE_CONSTANTS, *VAE_SIZES, *VAE_IGNORED])
        _check_constants(config, VAE_CONSTANTS)
        channels = config.wholes("block_out_channels", (64,))
        for key, kind in (("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D")):
            if config.texts(key, (kind,)) != (kind,) * len(channels):
                config.refuse(key)
        groups = config.whole("norm_num_groups", 32)
        _check_multiples(config, "block_out_channels", channels, groups)
        return cls(
            in_channels=config.whole("in_channels", 3),
            out_channels=config.whole("out_channels", 3),
            latent_channels=config.whole("latent_channels", 4),
            block_out_channels=channels,
            layers_per_block=config.whole("layers_per_block", 1),
            norm_num_groups=groups,
            scaling_factor=config.number("scaling_factor", 0.18215, 1e-6, 1e6),
        )


@dataclass(frozen=True)
class VocoderConfig:
    """The HiFi-GAN."""

    model_in_dim: int  # mel bands
    sampling_rate: int
    upsample_initial_channel: int
    upsample_rates: tuple[int, ...]
    upsample_kernel_sizes: tuple[int, ...]
    resblock_kernel_sizes: tuple[int, ...]
    resblock_dilation_sizes: tuple[tuple[int, ...], ...]
    leaky_relu_slope: float
    normalize_before: bool

    @classmethod
    def from_hub(cls, config: HubConfig) -> VocoderConfig:
        """The sizes in a SpeechT5HifiGan's ``config``. Raises EngineError(BAD_BUNDLE)."""
        vocoder = cls(
            model_in_dim=config.whole("model_in_dim", 80),
            sampling_rate=config.whole("sampling_rate", 16000, 1000, 768_000),
            upsample_initial_channel=config.whole("upsample_initial_channel", 512),
            upsample_rates=config.wholes("upsample_rates", (4, 4, 4, 4)),
            upsample_kernel_sizes=config.wholes("upsample_kernel_sizes", (8, 8, 8, 8)),
            resblock_kernel_sizes=config.wholes("resblock_kernel_sizes", (3, 7, 11)),
            resblock_dilation_sizes=config.lists("resblock_dilation_sizes", [[1, 3, 5]] * 3),
            leaky_relu_slope=config.number("leaky_relu_slope", 0.1, 0.0, 1.0),
            normalize_before=config.flag("normalize_before", True),
        )
        check_vocoder(config, vocoder)
        return vocoder

    @property
    def hop_length(self) -> int:
        """Frames of sound for one of the mel."""
        return prod(self.upsample_rates)


@dataclass(frozen=True)
class ClapTextConfig:
    """CLAP's RoBERTa and its projection."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    pad_token_id: int
    layer_norm_eps: float
    projection_dim: int

    @classmethod
    def from_hub(cls, config: HubConfig, projection_dim: int | None = None) -> ClapTextConfig:
        """The sizes in a ClapTextModelWithProjection's ``config``, or in the text part of a ClapModel's,
        where ``projection_dim`` stands outside. Raises EngineError(BAD_BUNDLE)."""
        _check_constants(config, CLAP_CONSTANTS | CLAP_TEXT_CONSTANTS)
        text = cls(
            vocab_size=config.whole("vocab_size", 50265),
            hidden_size=config.whole("hidden_size", 768),
            num_hidden_layers=config.whole("num_hidden_layers", 12, high=1000),
            num_attention_heads=config.whole("num_attention_heads", 12),
            intermediate_size=config.whole("intermediate_size", 3072),
            max_position_embeddings=config.whole("max_position_embeddings", 514),
            pad_token_id=config.whole("pad_token_id", 1, 0),
            layer_norm_eps=config.number("layer_norm_eps", 1e-12, 0.0, 1.0),
            projection_dim=projection_dim or config.whole("projection_dim", 512),
        )
        check_text(config, text)
        return text

    @property
    def max_tokens(self) -> int:
        """The longest prompt: RoBERTa counts its positions from the one after ``pad_token_id``."""
        return self.max_position_embeddings - self.pad_token_id - 1


@dataclass(frozen=True)
class ClapAudioConfig:
    """CLAP's HTSAT and its projection."""

    patch_embeds_hidden_size: int
    depths: tuple[int, ...]
    num_attention_heads: tuple[int, ...]
    window_size: int
    patch_size: int
    patch_stride: int
    spec_size: int
    num_mel_bins: int
    hidden_size: int
    mlp_ratio: float
    layer_norm_eps: float
    projection_dim: int

    @classmethod
    def from_hub(cls, config: HubConfig, projection_dim: int | None = None) -> ClapAudioConfig:
        """The sizes in a ClapAudioModelWithProjection's ``config``, or in the audio part of a ClapModel's,
        where ``projection_dim`` stands outside. Raises EngineError(BAD_BUNDLE)."""
        _check_constants(config, CLAP_CONSTANTS | CLAP_AUDIO_CONSTANTS)
        audio = cls(
            patch_embeds_hidden_size=config.whole("patch_embeds_hidden_size", 96),
            depths=config.wholes("depths", (2, 2, 6, 2)),
            num_attention_heads=config.wholes("num_attention_heads", (4, 8, 16, 32)),
            window_size=config.whole("window_size", 8, high=256),
            patch_size=_square(config, "patch_size", 4),
            patch_stride=_square(config, "patch_stride", 4),
            spec_size=config.whole("spec_size", 256, high=4096),
            num_mel_bins=config.whole("num_mel_bins", 64),
            hidden_size=config.whole("hidden_size", 768),
            mlp_ratio=config.number("mlp_ratio", 4.0, 1e-3, 100.0),
            layer_norm_eps=config.number("layer_norm_eps", 1e-5, 0.0, 1.0),
            projection_dim=projection_dim or config.whole("projection_dim", 512),
        )
        check_windows(config, audio)
        return audio


def head_width(base_channels: int) -> int:
    """Width of an attention head in the original UNet whose first level has ``base_channels``."""
    return next(width for least, width in HEAD_WIDTHS if base_channels >= least)


def _check_constants(config: HubConfig, constants: dict[str, tuple[object, ...]]) -> None:
    for key, possible in constants.items():
        config.must_be(key, *possible)


def _check_multiples(config: HubConfig, key: str, sizes: tuple[int, ...], factor: int) -> None:
    for size in sizes:
        if size % factor:
            config.fail(key, f"must be a multiple of {factor}, not {size}")


def _attention_levels(config: HubConfig, levels: int) -> tuple[bool, ...]:
    """Which levels attend, going down; going up it must be the same ones."""
    down = config.texts("down_block_types", ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",))
    up = config.texts("up_block_types", ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3)
    if len(down) != levels or not set(down) <= {"DownBlock2D", "CrossAttnDownBlock2D"}:
        config.refuse("down_block_types")
    attention = tuple(kind == "CrossAttnDownBlock2D" for kind in down)
    if up != tuple("CrossAttnUpBlock2D" if attends else "UpBlock2D" for attends in reversed(attention)):
        config.refuse("up_block_types")
    return attention


def _check_condition(config: HubConfig) -> None:
    """The text vector must be projected and concatenated; no other way in is implemented."""
    for key, value in (("class_embed_type", "simple_projection"), ("class_embeddings_concat", True)):
        if config.values.get(key) != value:
            config.refuse(key)


def _heads(config: HubConfig, channels: tuple[int, ...], reading: HeadReading) -> tuple[int, ...]:
    if reading == "original":
        return original_heads(channels, config)
    # diffusers' own name for the count was a mistake that every config has kept.
    newer = config.values.get("num_attention_heads") is not None
    key = "num_attention_heads" if newer else "attention_head_dim"
    heads = config.wholes_or_one(key, 8, len(channels))
    for count, width in zip(heads, channels, strict=True):
        _check_multiples(config, "block_out_channels", (width,), count)
    return heads


def original_heads(channels: tuple[int, ...], config: HubConfig) -> tuple[int, ...]:
    """Heads at each level of the original UNet; ``config`` is what a complaint is about."""
    width = head_width(channels[0])
    _check_multiples(config, "block_out_channels", channels, width)
    return tuple(size // width for size in channels)


def check_text(config: HubConfig, text: ClapTextConfig) -> None:
    """Raises EngineError(BAD_BUNDLE), about ``config``, where sizes contradict each other."""
    _check_multiples(config, "hidden_size", (text.hidden_size,), text.num_attention_heads)
    if text.pad_token_id >= text.vocab_size:
        config.fail("pad_token_id", "is no token")
    if text.max_tokens < 3:
        config.fail("max_position_embeddings", "leaves no room for a prompt")


def check_vocoder(config: HubConfig, vocoder: VocoderConfig) -> None:
    """Raises EngineError(BAD_BUNDLE), about ``config``, where sizes contradict each other."""
    rates, kernels = vocoder.upsample_rates, vocoder.upsample_kernel_sizes
    if len(kernels) != len(rates) or any(kernel < rate for kernel, rate in zip(kernels, rates, strict=True)):
        config.fail("upsample_kernel_sizes", "must have a kernel for each rate, at least as long as it")
    if len(vocoder.resblock_dilation_sizes) != len(vocoder.resblock_kernel_sizes):
        config.fail("resblock_dilation_sizes", "must have a list for each of resblock_kernel_sizes")
    if any(kernel % 2 == 0 for kernel in vocoder.resblock_kernel_sizes):
        config.fail("resblock_kernel_sizes", "must be odd numbers")
    _check_multiples(config, "upsample_initial_channel", (vocoder.upsample_initial_channel,), 2 ** len(rates))
    if vocoder.hop_length > vocoder.sampling_rate:
        config.fail("upsample_rates", "make more than a second of sound of one mel frame")


def _square(config: HubConfig, key: str, default: int) -> int:
    """One number, or a list of the same number twice."""
    down, across = config.wholes_or_one(key, default, 2)
    if down != across:
        config.refuse(key)
    return down


def check_windows(config: HubConfig, audio: ClapAudioConfig) -> None:
    """Every stage must be a whole number of windows, half as many tokens high and wide as the one before."""
    stages = len(audio.depths)
    if len(audio.num_attention_heads) != stages:
        config.fail("num_attention_heads", f"must list {stages} numbers")
    if audio.spec_size % audio.num_mel_bins:
        config.fail("spec_size", "must be a multiple of num_mel_bins")
    if audio.patch_size < audio.patch_stride or (audio.patch_size - audio.patch_stride) % 2:
        config.refuse("patch_stride")
    _check_multiples(config, "spec_size", (audio.spec_size,), audio.patch_stride)
    side = audio.spec_size // audio.patch_stride
    if side % (audio.window_size * 2 ** (stages - 1)):
        config.refuse("window_size")
    for stage, heads in enumerate(audio.num_attention_heads):
        _check_multiples(config, "num_attention_heads", (audio.patch_embeds_hidden_size * 2**stage,), heads)
    if audio.hidden_size != audio.patch_embeds_hidden_size * 2 ** (stages - 1):
        config.fail("hidden_size", "must be the width of the last stage")
