"""A checkpoint as float graphs: one ONNX file for each network, weights in safetensors files beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import EngineError, ErrorCode
from engine.install.checkpoint import Checkpoint, Network
from engine.install.float_nodes import Asked
from engine.install.float_operations import FloatOperations
from engine.install.onnx_file import Dimension, OnnxGraph
from engine.install.safetensors_file import StoredTensor, write_safetensors
from engine.models.manifest import GraphName
from engine.networks.architecture_file import ARCHITECTURE, Architecture, write_architecture
from engine.networks.clap_audio import MEL_FRAMES, audio_encoder
from engine.networks.clap_text import text_encoder
from engine.networks.unet import denoiser
from engine.networks.vae import vae_decoder, vae_encoder
from engine.networks.vocoder import vocoder

FloatPrecision = Literal["fp32", "fp16"]
DTYPES = {"fp32": "F32", "fp16": "F16"}
TORCH_DTYPES = {"F32": torch.float32, "F16": torch.float16}
Shape = tuple[Dimension, ...]
# Writes one graph's nodes, from its inputs to its output.
Writer = Callable[[FloatOperations, Checkpoint], None]


@dataclass(frozen=True)
class GraphPlan:
    """One graph of a network. ``always_fp32``: where fp16 was seen to go wrong."""

    name: GraphName
    write: Writer
    always_fp32: bool = False


def write_float_graphs(checkpoint: Checkpoint, folder: Path, precision: FloatPrecision) -> list[str]:
    """Write the graphs, weights and sizes of ``checkpoint`` into ``folder``; gives the names of the files.

    Each file is there whole or not at all, weights before the graphs that read them. Raises
    EngineError(CANT_WRITE), or BAD_BUNDLE if the checkpoint lacks a weight or one doesn't fit the precision.
    """
    files = [
        name
        for network, _ in _networks(checkpoint)
        for name in write_float_network(checkpoint, network, folder, precision)
    ]
    return [*files, write_sizes(checkpoint, folder)]


def write_float_network(
    checkpoint: Checkpoint, network: Network, folder: Path, precision: FloatPrecision
) -> list[str]:
    """Write one network's weights and graphs; raises and gives the same as ``write_float_graphs``."""
    plans = dict(_networks(checkpoint))[network]
    weights = checkpoint.weights[network]
    # Each is asked for its shape, and later for its numbers: none is kept.
    shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
    asked = Asked({}, set())
    graphs = {plan.name: _drawn(plan, checkpoint, shapes, precision, asked) for plan in plans}
    places = write_safetensors(
        folder / f"{network}.safetensors",
        [_stored(name, weights, shapes[name], asked) for name in asked.dtypes],
        {"format": "pt", "input_first": json.dumps(sorted(asked.input_first))},
    )
    for name, graph in graphs.items():
        graph.write(folder / f"{name}.onnx", places)
    return [f"{network}.safetensors", *(f"{name}.onnx" for name in graphs)]


def write_sizes(checkpoint: Checkpoint, folder: Path) -> str:
    """Write the sizes of all networks; gives the file's name. Raises EngineError(CANT_WRITE)."""
    write_architecture(folder / ARCHITECTURE, _architecture(checkpoint))
    return ARCHITECTURE


def _networks(checkpoint: Checkpoint) -> Iterator[tuple[Network, list[GraphPlan]]]:
    """Which graphs read which weights."""
    yield Network.TEXT_ENCODER, [GraphPlan(GraphName.TEXT_ENCODER, _text_encoder)]
    yield (
        Network.VAE,
        [
            GraphPlan(GraphName.VAE_ENCODER, _vae_encoder, always_fp32=True),
            GraphPlan(GraphName.VAE_DECODER, _vae_decoder),
        ],
    )
    yield Network.UNET, [GraphPlan(GraphName.DENOISER, _denoiser)]
    yield Network.VOCODER, [GraphPlan(GraphName.VOCODER, _vocoder)]
    if checkpoint.audio is not None:
        yield Network.AUDIO_ENCODER, [GraphPlan(GraphName.AUDIO_ENCODER, _audio_encoder)]


def _drawn(
    plan: GraphPlan,
    checkpoint: Checkpoint,
    shapes: Mapping[str, tuple[int, ...]],
    precision: FloatPrecision,
    asked: Asked,
) -> OnnxGraph:
    """A graph, without its weights; what it asks for is added to ``asked``."""
    graph = OnnxGraph(plan.name)
    dtype = DTYPES["fp32" if plan.always_fp32 else precision]
    plan.write(FloatOperations(graph, shapes, dtype, asked), checkpoint)
    return graph


def _stored(name: str, weights: Mapping[str, Tensor], shape: tuple[int, ...], asked: Asked) -> StoredTensor:
    """A weight as the file has it; linear ones with the inputs first."""
    dtype, turned = asked.dtypes[name], name in asked.input_first
    return StoredTensor(
        name, dtype, shape[::-1] if turned else shape, lambda: _fetch(name, weights[name], dtype, turned)
    )


def _fetch(name: str, weight: Tensor, dtype: str, turned: bool) -> NDArray[Any]:
    array: NDArray[Any] = weight.detach().to(TORCH_DTYPES[dtype]).numpy()
    if not np.isfinite(array).all():
        complaint = (
            "has numbers beyond what this precision holds; install with --precision fp32"
            if bool(weight.isfinite().all())
            else "holds what is no number, so the checkpoint is damaged; get it once more"
        )
        raise EngineError(ErrorCode.BAD_BUNDLE, f"The weight {name} {complaint}.")
    return array.T if turned else array


def _architecture(checkpoint: Checkpoint) -> Architecture:
    return Architecture(
        text_encoder=checkpoint.text,
        audio_encoder=checkpoint.audio,
        unet=checkpoint.unet,
        vae=checkpoint.vae,
        vocoder=checkpoint.vocoder,
    )


# The graphs. Their inputs and outputs are those of engine/models/README.md.


def _mel_shape(checkpoint: Checkpoint) -> Shape:
    return ("batch", checkpoint.vae.in_channels, "mel_frames", checkpoint.vocoder.model_in_dim)


def _latent_shape(checkpoint: Checkpoint, channels: int) -> Shape:
    bands = checkpoint.vocoder.model_in_dim // 2 ** (len(checkpoint.vae.block_out_channels) - 1)
    return ("batch", channels, "latent_frames", bands)


def _text_encoder(ops: FloatOperations, checkpoint: Checkpoint) -> None:
    input_ids, attention_mask = (
        ops.input(name, "I64", ("batch", "tokens")) for name in ("input_ids", "attention_mask")
    )
    embedding = text_encoder(ops, checkpoint.text, input_ids, attention_mask)
    ops.output(embedding, "text_embeds", ("batch", checkpoint.text.projection_dim))


def _audio_encoder(ops: FloatOperations, checkpoint: Checkpoint) -> None:
    assert checkpoint.audio is not None
    log_mel = ops.input("log_mel", "F32", ("batch", 1, MEL_FRAMES, checkpoint.audio.num_mel_bins))
    embedding = audio_encoder(ops, checkpoint.audio, ops.inner(log_mel))
    ops.output(embedding, "audio_embeds", ("batch", checkpoint.audio.projection_dim))


def _vae_encoder(ops: FloatOperations, checkpoint: Checkpoint) -> None:
    mel = ops.inner(ops.input("mel", "F32", _mel_shape(checkpoint)))
    moments = vae_encoder(ops, checkpoint.vae, mel)
    ops.output(moments, "moments", _latent_shape(checkpoint, 2 * checkpoint.vae.latent_channels))


def _vae_decoder(ops: FloatOperations, checkpoint: Checkpoint) -> None:
    shape = _latent_shape(checkpoint, checkpoint.vae.latent_channels)
    mel = vae_decoder(ops, checkpoint.vae, ops.inner(ops.input("latents", "F32", shape)))
    ops.output(mel, "mel", _mel_shape(checkpoint))


def _denoiser(ops: FloatOperations, checkpoint: Checkpoint) -> None:
    unet = checkpoint.unet
    latents = ops.inner(ops.input("latents", "F32", _latent_shape(checkpoint, unet.in_channels)))
    timesteps = ops.input("timesteps", "F32", ("batch",))
    condition = ops.inner(ops.input("condition", "F32", ("batch", unet.condition_width)))
    prediction = denoiser(ops, unet, latents, timesteps, condition)
    ops.output(prediction, "prediction", _latent_shape(checkpoint, unet.out_channels))


def _vocoder(ops: FloatOperations, checkpoint: Checkpoint) -> None:
    mel = ops.input("mel", "F32", ("batch", "mel_frames", checkpoint.vocoder.model_in_dim))
    waveform = vocoder(ops, checkpoint.vocoder, ops.inner(mel))
    ops.output(waveform, "waveform", ("batch", "frames"))
