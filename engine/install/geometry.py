"""A checkpoint's manifest: its numbers as the networks' sizes give them, and a few that nothing states.

What no file of a checkpoint says stands in two tables here, each entry with its source: the log-mel's
numbers for each sample rate (``MELS``), and what a request leaves open (``DEFAULTS``).
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from engine.audio.mel import MelParameters
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Defaults, RankingParameters
from engine.networks.architecture import ClapAudioConfig, UnetConfig, VaeConfig, VocoderConfig
from engine.networks.clap_audio import MEL_FRAMES

if TYPE_CHECKING:
    from engine.install.checkpoint import Checkpoint

# Of the published vocoders of this rate. Hop and bands are the vocoder's own and must agree.
MELS = {
    16_000: MelParameters(16_000, 1024, 1024, 160, 64, 0.0, 8_000.0),
    48_000: MelParameters(48_000, 2048, 2048, 480, 256, 20.0, 24_000.0),
}
# What every published CLAP hears, whatever the rate of the sounds it ranks; those that can fuse several
# pieces of a long sound, by torchaudio's bands instead of librosa's (transformers' ClapFeatureExtractor).
RANKING = RankingParameters(48_000, 1024, 480, 64, 50.0, 14_000.0, 10.0)
# dpm (DPM-Solver++ 2M): the solver that published listening found as good at 20 to 25 steps as 200 of
# DDIM. 10 steps and guidance 2.5: what diffusers gives these checkpoints by default
# (its AudioLDMPipeline), so that a comparison is one; whoever has the time asks for more steps. Guidance
# rests in the last tenth of the noise, three of ten steps: Kynkaanniemi et al. 2024 found it without effect
# there, and so did we (engine/evaluation/RESULTS.md).
DEFAULTS = Defaults(sampler="dpm", steps=10, guidance=2.5, guidance_low=0.1)
# All published denoisers were trained on this (Liu et al. 2023); the inference scripts never gave less
# than a quarter of it, 2.5 s.
WINDOW_SECONDS = 10.24
SHORTEST_SHARE = 0.25


def manifest_values(checkpoint: Checkpoint) -> dict[str, Any]:
    """The manifest's numbers: mel, latents, schedule, scale_factor, defaults, margins, text, sample_rate.

    Raises EngineError(BAD_BUNDLE) for a geometry that nothing is known of.
    """
    mel = mel_parameters(checkpoint.vocoder)
    latents = latent_geometry(checkpoint.unet, checkpoint.vae, mel)
    return {
        "sample_rate": mel.sample_rate,
        "mel": asdict(mel),
        "latents": latents,
        "schedule": asdict(checkpoint.schedule),
        "scale_factor": checkpoint.vae.scaling_factor,
        "defaults": asdict(DEFAULTS),
        "margins": {
            "vocoder_frames": vocoder_margin(checkpoint.vocoder),
            # Its attention and its normalisation see all of a piece: every frame depends on every other.
            "decoder_frames": latents["window_frames"],
        },
        "text": {"max_tokens": checkpoint.max_tokens, "pad_id": checkpoint.text.pad_token_id},
    }


def ranking_values(checkpoint: Checkpoint) -> dict[str, Any] | None:
    """The manifest's ``ranking``: null without an audio tower. Raises EngineError(BAD_BUNDLE)."""
    check_ranking(checkpoint.audio)
    return asdict(ranking_parameters(checkpoint)) if checkpoint.audio else None


def ranking_parameters(checkpoint: Checkpoint) -> RankingParameters:
    """What the checkpoint's audio tower hears."""
    return replace(RANKING, mel_scale=checkpoint.hears)


def check_ranking(audio: ClapAudioConfig | None) -> None:
    """Raises EngineError(BAD_BUNDLE) for an audio tower that does not hear what all published ones do."""
    if audio is not None and audio.num_mel_bins != RANKING.n_mels:
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"Its audio tower hears {audio.num_mel_bins} bands, known ones {RANKING.n_mels}.",
        )
    if audio is not None and audio.spec_size**2 // audio.num_mel_bins < MEL_FRAMES:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, "Its audio tower hears less than ten seconds, which known ones do."
        )


def mel_parameters(vocoder: VocoderConfig) -> MelParameters:
    """The log-mel that a vocoder was trained on. Raises EngineError(BAD_BUNDLE)."""
    mel = MELS.get(vocoder.sampling_rate)
    hop = math.prod(vocoder.upsample_rates)
    if mel is None or (mel.hop_length, mel.n_mels) != (hop, vocoder.model_in_dim):
        known = " or ".join(
            f"{m.sample_rate} Hz with {m.n_mels} bands every {m.hop_length}" for m in MELS.values()
        )
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"Its vocoder makes {vocoder.sampling_rate} Hz of {vocoder.model_in_dim} bands every {hop} "
            f"samples; known are {known}.",
        )
    return mel


def latent_geometry(unet: UnetConfig, vae: VaeConfig, mel: MelParameters) -> dict[str, int]:
    """The manifest's ``latents``: each level but the last halves time and bands.

    Raises EngineError(BAD_BUNDLE).
    """
    factor = 2 ** (len(vae.block_out_channels) - 1)
    multiple = 2 ** (len(unet.block_out_channels) - 1)
    if mel.n_mels % factor or (mel.n_mels // factor) % multiple:
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"Its {mel.n_mels} bands can't be halved as often as its networks have levels.",
        )
    window = round(WINDOW_SECONDS / mel.frame_seconds / factor / multiple) * multiple
    return {
        "channels": vae.latent_channels,
        "time_factor": factor,
        "band_factor": factor,
        "multiple": multiple,
        "window_frames": window,
        "shortest_frames": round(window * SHORTEST_SHARE),
    }


def vocoder_margin(vocoder: VocoderConfig) -> int:
    """Mel frames on each side that a vocoded frame depends on: the receptive field, added up.

    A HiFi-GAN is a convolution of 7, then for each rate a transposed convolution and, side by side, residual
    blocks of pairs of convolutions (one dilated, one not), then a convolution of 7.
    """
    frames, rate = 3.0, 1
    for factor, kernel in zip(vocoder.upsample_rates, vocoder.upsample_kernel_sizes, strict=True):
        padding = (kernel - factor) // 2
        rate *= factor
        frames += max(padding, kernel - 1 - padding) / rate
        frames += _block_reach(vocoder) / rate
    # One more: a sample at the end of its own frame is a frame nearer to those that follow.
    return math.floor(frames + 3 / rate) + 1


def _block_reach(vocoder: VocoderConfig) -> int:
    """Samples on each side, of the residual block that sees furthest."""
    return max(
        sum((kernel - 1) // 2 * (dilation + 1) for dilation in dilations)
        for kernel, dilations in zip(
            vocoder.resblock_kernel_sizes, vocoder.resblock_dilation_sizes, strict=True
        )
    )
