"""A checkpoint as the authors published it: one file, every network's weights under their own names.

The layout of the released AudioLDM code. It states no sizes (``original_sizes`` reads them off the
weights) and brings no tokenizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NoReturn

from torch import Tensor

from engine.audio.clap_mel import MelScale
from engine.errors import EngineError, ErrorCode
from engine.install.checkpoint import Checkpoint, Network
from engine.install.checkpoint_names import bundle_name
from engine.install.clap_folder import AudioTower, TextTower, read_audio_tower, split_towers
from engine.install.expected import (
    audio_shapes,
    check_weights,
    text_shapes,
    unet_shapes,
    vae_shapes,
    vocoder_shapes,
)
from engine.install.hub_layout import INSTALLABLE, check_parts
from engine.install.hub_names import LEFTOVERS, Weights, modern_vae, plain_vocoder
from engine.install.licences import licence_of
from engine.install.original_names import (
    THIRDS,
    Place,
    audio_name,
    hub_vocoder_name,
    text_name,
    unet_name,
    vae_name,
)
from engine.install.original_sizes import (
    BRANCH,
    Sizes,
    audio_config,
    schedule,
    text_config,
    unet_config,
    unusable_tower,
    vae_config,
    vocoder_config,
)
from engine.install.tokenizer_files import has_tokenizer, read_tokenizer
from engine.install.weights_file import LazyWeights, Loader, loaders_of, read_weights
from engine.networks.architecture import HeadReading, UnetConfig, VaeConfig, VocoderConfig

UNET = "model.diffusion_model."
AVERAGED = "model_ema."
FIRST_STAGE = "first_stage_model."
VOCODER = "vocoder."
CLAP = "cond_stage_model.model."
# A discriminator of the training, and the vocoder, which is read on its own.
FIRST_STAGE_UNUSED = ("loss.", VOCODER)
# Of CLAP's training, and of the audio tower its mel front end (fixed numbers) and its head for naming sounds.
CLAP_UNUSED = (
    *("text_transform.", "audio_transform.", "audio_branch.spectrogram_extractor."),
    *("audio_branch.logmel_extractor.", "audio_branch.tscam_conv.", "audio_branch.head."),
)
# As in ``clap_folder.FUSION``.
FUSION = ("audio_branch.patch_embed.fusion_model.", "audio_branch.patch_embed.mel_conv2d.")
# Whose weights lie under which name in files that look alike.
OTHERS = {
    "cond_stage_models.": "AudioLDM 2 or one of its training code's models",
    "cond_stage_model.transformer.": "Stable Diffusion, which makes images",
}


def read_original(
    path: Path,
    *,
    ema: bool = True,
    heads: HeadReading = "original",
    tokenizer: Path | None = None,
    audio_tower: Path | None = None,
) -> Checkpoint:
    """The checkpoint in the file ``path``.

    ema: the denoiser's averaged weights, which the authors sample with, instead of the ones the averages
    are of. heads: as in ``hub_layout.read_hub_folder``; the file's own reading is "original". tokenizer:
    a tokenizer.json, or a folder with one or with vocab.json and merges.txt; None looks beside ``path``.
    audio_tower: as in ``read_hub_folder``; None takes the file's own if it is an HTSAT.
    Raises EngineError: NOT_FOUND, BAD_BUNDLE, NOT_ALLOWED or TOO_MUCH.
    """
    weights = read_weights(path)
    where = str(path)
    _check_family(weights, path)
    plain = _below(weights, UNET)
    first_stage, clap = _below(weights, FIRST_STAGE), _below(weights, CLAP)
    unet = unet_config(Sizes(plain, where), heads)
    vae = vae_config(Sizes(first_stage, where), _scale_factor(weights, path))
    vocoder = vocoder_config(Sizes(_below(first_stage, VOCODER), where))
    text, audio, left_out = _clap(clap, where)
    check_parts(path, unet, vae, vocoder, text.config)
    content, max_tokens = read_tokenizer(_tokenizer(path, tokenizer), text.config)
    if audio_tower:
        audio, left_out = read_audio_tower(audio_tower, text), ""
    networks = {
        Network.TEXT_ENCODER: text.weights,
        Network.UNET: _unet_weights(_averaged(weights, path) if ema else plain, unet, where),
        Network.VAE: _vae_weights(first_stage, vae, where),
        Network.VOCODER: _vocoder_weights(_below(first_stage, VOCODER), vocoder, where),
    }
    if audio:
        networks[Network.AUDIO_ENCODER] = audio.weights
    return Checkpoint(
        name=bundle_name(path),
        licence=licence_of(path.parent, path.name),
        layout="original",
        heads=heads,
        unet=unet,
        vae=vae,
        vocoder=vocoder,
        text=text.config,
        audio=audio.config if audio else None,
        hears=audio.hears if audio else "slaney",
        schedule=schedule(Sizes(weights, where)),
        weights=networks,
        tokenizer=content,
        max_tokens=max_tokens,
        weights_kind="ema" if ema else "plain",
        left_out=left_out,
    )


def _check_family(weights: Weights, path: Path) -> None:
    """Whether this is AudioLDM's first version at all."""
    for prefix, kind in OTHERS.items():
        if any(name.startswith(prefix) for name in weights):
            _refuse(f"{path} holds {kind}; of AudioLDM, {INSTALLABLE}.")
    if not any(name.startswith(UNET) for name in weights):
        _refuse(f"{path} is no AudioLDM: it has no weights under {UNET[:-1]}; {INSTALLABLE}.")
    if f"{UNET}film_emb.weight" not in weights:
        _refuse(
            f"The denoiser in {path} is not steered by one text vector, so it is none of AudioLDM's "
            f"first version; {INSTALLABLE}."
        )


def _below(weights: Weights, prefix: str) -> Weights:
    """The weights whose names begin with ``prefix``, without it."""
    return LazyWeights(
        {
            name.removeprefix(prefix): load
            for name, load in loaders_of(weights).items()
            if name.startswith(prefix)
        }
    )


def _averaged(weights: Weights, path: Path) -> Weights:
    """The averages of the denoiser's weights, whose names have lost their dots, under the plain names."""
    loaders = loaders_of(weights)
    if not any(name.startswith(AVERAGED) for name in loaders):
        _refuse(f"{path} has no averaged (EMA) weights; install it with its plain ones (--no-ema).")
    names = {name: _averaged_name(name) for name in loaders if name.startswith(UNET)}
    missing = [average for average in names.values() if average not in loaders]
    if missing:
        _refuse(f"{path} lacks {len(missing)} of its averaged (EMA) weights: {missing[0]} is the first.")
    return LazyWeights({name.removeprefix(UNET): loaders[average] for name, average in names.items()})


def _averaged_name(name: str) -> str:
    return AVERAGED + name.removeprefix("model.").replace(".", "")


def _scale_factor(weights: Weights, path: Path) -> float:
    value = weights.get("scale_factor")
    if value is None or value.numel() != 1 or not 1e-6 <= float(value) <= 1e6:
        _refuse(f"{path} does not say how its latents are scaled (scale_factor).")
    return float(value)


def _clap(weights: Weights, where: str) -> tuple[TextTower, AudioTower | None, str]:
    """Both halves, under the hub's names, and what is said of an audio half that can't be used."""
    sizes = Sizes(weights, where)
    complaint = unusable_tower(sizes)
    has_tower = any(name.startswith(f"{BRANCH}.") for name in weights)
    left_out = (
        f"Its audio tower is left out ({complaint}), so it does not rank takes."
        if has_tower and complaint
        else ""
    )
    text, audio = text_config(sizes), None if complaint else audio_config(sizes)
    unused = (*CLAP_UNUSED, *FUSION) if audio else (*CLAP_UNUSED, "audio_branch.", "audio_projection.")
    hears: MelScale = "htk" if any(name.startswith(FUSION) for name in weights) else "slaney"
    loaders = {
        name: load
        for name, load in loaders_of(weights).items()
        if not name.startswith(unused) and not LEFTOVERS.fullmatch(name)
    }
    places: dict[str, Place] = {name: (text_name(name), None) for name in text_shapes(text)}
    if audio:
        places |= {name: audio_name(name) for name in audio_shapes(audio)}
    return *split_towers(_renamed(loaders, places), text, audio, where, hears), left_out


def _unet_weights(weights: Weights, config: UnetConfig, where: str) -> Weights:
    expected = unet_shapes(config)
    renamed = _renamed(loaders_of(weights), {name: (unet_name(name, config), None) for name in expected})
    check_weights(Network.UNET, renamed, expected, where)
    return renamed


def _vae_weights(weights: Weights, config: VaeConfig, where: str) -> Weights:
    expected = vae_shapes(config)
    loaders = {
        name: load for name, load in loaders_of(weights).items() if not name.startswith(FIRST_STAGE_UNUSED)
    }
    renamed = _renamed(loaders, {name: (vae_name(name, config), None) for name in expected})
    linear = modern_vae(renamed, where)
    check_weights(Network.VAE, linear, expected, where)
    return linear


def _vocoder_weights(weights: Weights, config: VocoderConfig, where: str) -> Weights:
    renamed = LazyWeights({hub_vocoder_name(name): load for name, load in loaders_of(weights).items()})
    plain = plain_vocoder(renamed, config, where)
    check_weights(Network.VOCODER, plain, vocoder_shapes(config), where)
    return plain


def _renamed(loaders: Mapping[str, Loader], places: Mapping[str, Place]) -> Weights:
    """The weights under the hub's names; what no name asks for stays as it is, to be complained about."""
    taken = {original for original, _ in places.values()}
    renamed = {name: load for name, load in loaders.items() if name not in taken}
    for name, (original, third) in places.items():
        if original in loaders:
            load = loaders[original]
            renamed[name] = load if third is None else partial(_third, load, third)
    return LazyWeights(renamed)


def _third(load: Loader, number: int) -> Tensor:
    """The weights of query, key or value, which the original has one below the other."""
    weight = load()
    size = len(weight) // len(THIRDS)
    return weight[number * size : (number + 1) * size] if len(weight) % len(THIRDS) == 0 else weight


def _tokenizer(path: Path, given: Path | None) -> Path:
    """Where the tokenizer is: given, or beside the file."""
    if given:
        return given
    for folder in (path.parent, path.parent / "tokenizer"):
        if has_tokenizer(folder):
            return folder
    raise EngineError(
        ErrorCode.NOT_FOUND,
        f"{path} brings no tokenizer. Put RoBERTa's tokenizer.json, or its vocab.json and merges.txt, beside "
        "it, or name the folder that has them (--tokenizer; any other AudioLDM checkpoint's folder tokenizer "
        "will do).",
    )


def _refuse(sentence: str) -> NoReturn:
    raise EngineError(ErrorCode.BAD_BUNDLE, sentence)
