"""A checkpoint in the hub's layout: a folder for each part, with a ``config.json`` and the weights.

Everything is looked at before anything is converted: whether it is an AudioLDM at all, the sizes each
part states, whether the weights are the ones such a network has, and whether the parts fit each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NoReturn, TypeVar

from engine.errors import EngineError, ErrorCode
from engine.install.checkpoint import Checkpoint, Network
from engine.install.checkpoint_names import bundle_name
from engine.install.clap_folder import read_audio_tower, read_clap, read_sizes
from engine.install.expected import check_weights, unet_shapes, vae_shapes, vocoder_shapes
from engine.install.geometry import check_ranking, latent_geometry, mel_parameters
from engine.install.hub_component import DIFFUSERS_STEMS, TRANSFORMERS_STEMS, component_config, weights_file
from engine.install.hub_names import Weights, modern_vae, plain_vocoder
from engine.install.licences import licence_of
from engine.install.tokenizer_files import read_json, read_tokenizer
from engine.install.weights_file import read_weights
from engine.models.interface import ScheduleParameters
from engine.models.manifest import PREDICTIONS
from engine.networks.architecture import (
    ClapTextConfig,
    HeadReading,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
)
from engine.networks.hub_config import HubConfig

INDEX = "model_index.json"
PIPELINE = "AudioLDMPipeline"
INSTALLABLE = "cvssp/audioldm-s-full-v2, cvssp/audioldm-m-full or cvssp/audioldm-l-full can be installed"
# What people take for an AudioLDM, or have lying in the same folder.
OTHER_PIPELINES = {
    "AudioLDM2Pipeline": "AudioLDM 2, which this version does not run yet",
    "MusicLDMPipeline": "MusicLDM, which this version does not run",
    "StableAudioPipeline": "Stable Audio, which this version does not run",
    "StableDiffusionPipeline": "Stable Diffusion, which makes images",
    "StableDiffusionXLPipeline": "Stable Diffusion XL, which makes images",
}
# Any of these can be what a part was saved as. Of a scheduler only the forward process is read.
CLASSES = {
    "unet": ("UNet2DConditionModel",),
    "vae": ("AutoencoderKL",),
    "text_encoder": ("ClapTextModelWithProjection", "ClapModel"),
    "tokenizer": ("RobertaTokenizer", "RobertaTokenizerFast"),
    "vocoder": ("SpeechT5HifiGan",),
    "scheduler": (
        *("DDIMScheduler", "DDPMScheduler", "PNDMScheduler", "LMSDiscreteScheduler"),
        *("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler"),
        *("DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "UniPCMultistepScheduler"),
    ),
}
BETA_SCHEDULES: tuple[Literal["linear", "scaled_linear"], ...] = ("linear", "scaled_linear")

Choice = TypeVar("Choice", bound=str)


def read_hub_folder(
    folder: Path, *, heads: HeadReading = "diffusers", audio_tower: Path | None = None
) -> Checkpoint:
    """The checkpoint in ``folder``.

    heads: how many heads the denoiser's attention has where the folder says ``attention_head_dim``:
    "diffusers" takes it as a count, "original" has heads of a fixed width (``architecture.HeadReading``).
    audio_tower: a folder of transformers with a ClapModel or ClapAudioModelWithProjection, for ranking
    takes by their prompt; it must be the audio half of the very CLAP whose text half is in ``folder``.
    Raises EngineError: NOT_FOUND, BAD_BUNDLE, NOT_ALLOWED or TOO_MUCH.
    """
    unet, vae, vocoder = _read_sizes(folder, heads)
    text, audio = read_clap(folder / "text_encoder")
    check_parts(folder, unet, vae, vocoder, text.config)
    tokenizer, max_tokens = read_tokenizer(folder / "tokenizer", text.config)
    if audio_tower:
        audio = read_audio_tower(audio_tower, text)
    weights = {
        Network.TEXT_ENCODER: text.weights,
        Network.UNET: _unet_weights(folder / "unet", unet),
        Network.VAE: _vae_weights(folder / "vae", vae),
        Network.VOCODER: _vocoder_weights(folder / "vocoder", vocoder),
    }
    if audio:
        weights[Network.AUDIO_ENCODER] = audio.weights
    return Checkpoint(
        name=bundle_name(folder),
        licence=licence_of(folder, folder.name),
        layout="diffusers",
        heads=heads,
        unet=unet,
        vae=vae,
        vocoder=vocoder,
        text=text.config,
        audio=audio.config if audio else None,
        hears=audio.hears if audio else "slaney",
        schedule=_schedule(folder / "scheduler"),
        weights=weights,
        tokenizer=tokenizer,
        max_tokens=max_tokens,
        weights_kind="plain",
    )


def check_hub_folder(folder: Path, heads: HeadReading = "diffusers") -> None:
    """Whatever the configurations in ``folder`` tell against it; its weights need not be there yet.

    So nobody downloads gigabytes, or accepts a licence, in vain. Raises EngineError: NOT_FOUND or BAD_BUNDLE.
    """
    unet, vae, vocoder = _read_sizes(folder, heads)
    text, audio = read_sizes(folder / "text_encoder")
    check_parts(folder, unet, vae, vocoder, text)
    latent_geometry(unet, vae, mel_parameters(vocoder))
    check_ranking(audio)
    _schedule(folder / "scheduler")


def _read_sizes(folder: Path, heads: HeadReading) -> tuple[UnetConfig, VaeConfig, VocoderConfig]:
    _check_index(folder)
    return (
        UnetConfig.from_hub(component_config(folder / "unet"), heads),
        VaeConfig.from_hub(component_config(folder / "vae")),
        VocoderConfig.from_hub(component_config(folder / "vocoder")),
    )


def check_parts(
    path: Path, unet: UnetConfig, vae: VaeConfig, vocoder: VocoderConfig, text: ClapTextConfig
) -> None:
    """Raises EngineError(BAD_BUNDLE) unless what one part gives is what the next one takes."""
    latents = vae.latent_channels
    pairs = {
        "the VAE reads and writes one mel at a time": (1, vae.in_channels, vae.out_channels),
        "the UNet works on the VAE's latents": (latents, unet.in_channels, unet.out_channels),
        "the UNet is steered by the text encoder's vector": (text.projection_dim, unet.condition_width),
    }
    for claim, sizes in pairs.items():
        if len(set(sizes)) > 1:
            _refuse(
                f"The parts in {path} don't fit: {claim}, but the sizes are {', '.join(map(str, sizes))}."
            )
    factor = 2 ** (len(vae.block_out_channels) - 1) * 2 ** (len(unet.block_out_channels) - 1)
    if vocoder.model_in_dim % factor:
        _refuse(
            f"The parts in {path} don't fit: {vocoder.model_in_dim} mel bands are no multiple of {factor}."
        )


def _check_index(folder: Path) -> None:
    """Whether the folder is an AudioLDM made of the parts that are known."""
    if not folder.is_dir():
        raise EngineError(ErrorCode.NOT_FOUND, f"There is no folder {folder}.")
    if not (folder / INDEX).is_file():
        _refuse(f"{folder} is no checkpoint in the hub's layout: it has no {INDEX}; {INSTALLABLE}.")
    index = HubConfig(read_json(folder / INDEX), str(folder / INDEX))
    pipeline = index.text("_class_name", "")
    if pipeline != PIPELINE:
        kind = OTHER_PIPELINES.get(pipeline) or f"something else ({pipeline[:60]!r})"
        _refuse(f"{folder} holds {kind}; of AudioLDM, {INSTALLABLE}.")
    for part, classes in CLASSES.items():
        if not _is_one_of(index.values.get(part), classes):
            _refuse(f"{folder / INDEX} must name {' or '.join(classes)} as {part}.")
    for part, value in index.values.items():
        if part not in CLASSES and not part.startswith("_") and value not in (None, [None, None]):
            _refuse(f"{folder / INDEX} names a part that this version doesn't know: {part[:60]!r}.")


def _is_one_of(value: object, classes: Sequence[str]) -> bool:
    """Whether a part is [library, one of these classes]."""
    return isinstance(value, list) and len(value) == 2 and value[1] in classes


def _unet_weights(folder: Path, config: UnetConfig) -> Weights:
    weights = read_weights(weights_file(folder, DIFFUSERS_STEMS))
    check_weights(Network.UNET, weights, unet_shapes(config), str(folder))
    return weights


def _vae_weights(folder: Path, config: VaeConfig) -> Weights:
    weights = modern_vae(read_weights(weights_file(folder, DIFFUSERS_STEMS)), str(folder))
    check_weights(Network.VAE, weights, vae_shapes(config), str(folder))
    return weights


def _vocoder_weights(folder: Path, config: VocoderConfig) -> Weights:
    weights = plain_vocoder(read_weights(weights_file(folder, TRANSFORMERS_STEMS)), config, str(folder))
    check_weights(Network.VOCODER, weights, vocoder_shapes(config), str(folder))
    return weights


def _schedule(folder: Path) -> ScheduleParameters:
    """The forward process; how many steps are taken back, and which, is the engine's own choice."""
    path = folder / "scheduler_config.json"
    config = HubConfig(read_json(path), str(path))
    config.must_be("trained_betas", None)
    config.must_be("rescale_betas_zero_snr", False, None)
    for key in ("clip_sample", "thresholding"):
        config.must_be(key, False, None)
    start = config.number("beta_start", 0.0001, 1e-9, 0.999)
    return ScheduleParameters(
        train_steps=config.whole("num_train_timesteps", 1000),
        beta_start=start,
        beta_end=config.number("beta_end", 0.02, start, 0.999),
        beta_schedule=_choice(config, "beta_schedule", BETA_SCHEDULES),
        prediction=_choice(config, "prediction_type", PREDICTIONS),
    )


def _choice(config: HubConfig, key: str, options: Sequence[Choice]) -> Choice:
    """One of a few strings; the first is the default."""
    found = next((option for option in options if option == config.text(key, options[0])), None)
    return found if found is not None else config.refuse(key)


def _refuse(sentence: str) -> NoReturn:
    raise EngineError(ErrorCode.BAD_BUNDLE, sentence)
