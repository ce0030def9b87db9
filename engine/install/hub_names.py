"""Weights as the hub has had them over the years, under the names and shapes of today's libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor

from engine.errors import EngineError, ErrorCode
from engine.install.weights_file import LazyWeights, Loader, loaders_of
from engine.networks.architecture import VocoderConfig

Weights = Mapping[str, Tensor]

# Constants that older libraries wrote beside the weights, a counter of training, and CLAP's temperature.
LEFTOVERS = re.compile(
    r"(.*\.)?(position_ids|token_type_ids|relative_position_index|attn_mask|num_batches_tracked"
    r"|logit_scale(_[at])?)"
)
VAE_ATTENTION = re.compile(r"((?:en|de)coder\.mid_block\.attentions\.0)\.(\w+(?:\.0)?)\.(weight|bias)")
VAE_PROJECTIONS = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
# How the length and the direction of a weight are called under weight normalisation, old and new.
WEIGHT_NORM = {
    ".weight_g": ".length",
    ".weight_v": ".direction",
    ".parametrizations.weight.original0": ".length",
    ".parametrizations.weight.original1": ".direction",
}


def without_leftovers(weights: Weights) -> Weights:
    """What a network computes with."""
    return LazyWeights(
        {name: load for name, load in loaders_of(weights).items() if not LEFTOVERS.fullmatch(name)}
    )


def under(weights: Weights, *prefixes: str) -> Weights:
    """The weights of one half of a CLAP."""
    return LazyWeights(
        {name: load for name, load in loaders_of(weights).items() if name.startswith(prefixes)}
    )


def without(weights: Weights, *prefixes: str) -> Weights:
    """All weights but those whose names begin so."""
    return LazyWeights(
        {name: load for name, load in loaders_of(weights).items() if not name.startswith(prefixes)}
    )


def modern_vae(weights: Weights, where: str) -> Weights:
    """An autoencoder whose attention layers are linear and named as everywhere else.

    Before diffusers 0.15 they were called query, key, value and proj_attn; conversions from original
    checkpoints leave them as 1x1 convolutions. Raises EngineError(BAD_BUNDLE) where both names are there.
    """
    return _collected(map(_modern_attention, loaders_of(weights).items()), where)


def _modern_attention(entry: tuple[str, Loader]) -> tuple[str, Loader]:
    name, load = entry
    found = VAE_ATTENTION.fullmatch(name)
    if not found:
        return entry
    layer, projection, kind = found.groups()
    name = f"{layer}.{VAE_PROJECTIONS.get(projection, projection)}.{kind}"
    return name, partial(as_linear, load) if kind == "weight" and projection != "group_norm" else load


def as_linear(load: Loader) -> Tensor:
    """A 1x1 convolution's weight as a linear layer's."""
    weight = load()
    return weight.flatten(1) if weight.shape[2:].numel() == 1 else weight


def plain_vocoder(weights: Weights, config: VocoderConfig, where: str) -> Weights:
    """A vocoder without weight normalisation, and with the mean and scale it may not need.

    Raises EngineError(BAD_BUNDLE) where only half of a normalised weight is there.
    """
    loaders = _collected(map(_normalised, loaders_of(weights).items()), where).loaders
    if not config.normalize_before:
        loaders.setdefault("mean", lambda: torch.zeros(config.model_in_dim))
        loaders.setdefault("scale", lambda: torch.ones(config.model_in_dim))
    names = {name.removesuffix(".length") for name in loaders if name.endswith(".length")}
    names |= {name.removesuffix(".direction") for name in loaders if name.endswith(".direction")}
    folded = {f"{name}.weight": _folded(loaders, name, where) for name in names}
    kept = {name: load for name, load in loaders.items() if not name.endswith((".length", ".direction"))}
    return _collected(iter([*kept.items(), *folded.items()]), where)


def _normalised(entry: tuple[str, Loader]) -> tuple[str, Loader]:
    name, load = entry
    for ending, part in WEIGHT_NORM.items():
        if name.endswith(ending):
            return name.removesuffix(ending) + part, load
    return entry


def _folded(loaders: Mapping[str, Loader], name: str, where: str) -> Loader:
    try:
        return partial(_fold, loaders[f"{name}.length"], loaders[f"{name}.direction"])
    except KeyError as error:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"{where} has only half of the normalised weight {name}."
        ) from error


def _fold(load_length: Loader, load_direction: Loader) -> Tensor:
    """Salimans and Kingma 2016, equation 2: each entry of axis 0 is a direction times a length."""
    length, direction = load_length().float(), load_direction().float()
    norm = torch.linalg.vector_norm(direction.flatten(1), dim=1)
    scale = (length.flatten() / norm).reshape(-1, *[1] * (direction.ndim - 1))
    folded: Tensor = direction * scale
    return folded


def _collected(entries: Iterator[tuple[str, Loader]], where: str) -> LazyWeights:
    """The entries by name; no two may have become one."""
    loaders: dict[str, Loader] = {}
    for name, load in entries:
        if name in loaders:
            raise EngineError(ErrorCode.BAD_BUNDLE, f"{where} has {name} twice, by an old and a new name.")
        loaders[name] = load
    return LazyWeights(loaders)
