"""A checkpoint as int8 graphs for CPUs: ONNX files, and their weights in safetensors files beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.install.checkpoint import Checkpoint, Network
from engine.install.integer_operations import IntegerOperations
from engine.install.integer_value import Kind
from engine.install.onnx_file import Dimension, OnnxGraph
from engine.install.ranges import Ranges
from engine.install.safetensors_file import StoredTensor, write_safetensors
from engine.models.manifest import GraphName
from engine.networks.clap_audio import MEL_FRAMES, audio_encoder
from engine.networks.clap_text import text_encoder
from engine.networks.unet import denoiser
from engine.networks.vae import vae_decoder, vae_encoder
from engine.networks.vocoder import vocoder

Float32 = NDArray[np.float32]
Shape = tuple[Dimension, ...]
# Writes one graph's nodes, from its inputs to its output.
Writer = Callable[[IntegerOperations, Checkpoint], None]


def write_integer_graphs(checkpoint: Checkpoint, ranges: Ranges, folder: Path) -> list[str]:
    """Write all graphs of ``checkpoint`` into ``folder``, each file whole or not at all; gives their names.

    Raises EngineError(BAD_BUNDLE) if the checkpoint lacks a weight, or CANT_WRITE.
    """
    networks = [network for network in Network if network in GRAPHS and checkpoint.weights.get(network)]
    return [
        name for network in networks for name in write_integer_network(checkpoint, network, ranges, folder)
    ]


def write_integer_network(
    checkpoint: Checkpoint, network: Network, ranges: Ranges, folder: Path
) -> list[str]:
    """Write the graphs of one network and their weights into ``folder``; gives the files' names.

    Raises EngineError(BAD_BUNDLE) if the checkpoint lacks a weight, or CANT_WRITE.
    """
    weights = FloatWeights(checkpoint.weights[network])
    stored: dict[str, StoredTensor] = {}
    graphs = {name: OnnxGraph(name) for name in GRAPHS[network]}
    for name, graph in graphs.items():
        write = GRAPHS[network][name]
        write(IntegerOperations(graph, weights, ranges.networks[network], stored), checkpoint)
    file = f"{network}.safetensors"
    places = write_safetensors(folder / file, stored.values(), {})
    for name, graph in graphs.items():
        graph.write(folder / f"{name}.onnx", places)
    return [file, *(f"{name}.onnx" for name in graphs)]


class FloatWeights(Mapping[str, Float32]):
    """A network's weights as float32 arrays, converted one at a time: half precision never fills memory."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self._weights = weights

    def __getitem__(self, key: str) -> Float32:
        array: Float32 = self._weights[key].detach().to(torch.float32).numpy()
        return array

    def __contains__(self, key: object) -> bool:
        return key in self._weights

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)


# The graphs. Their inputs and outputs are those of engine/models/README.md.


def _mel_shape(checkpoint: Checkpoint) -> Shape:
    return ("batch", checkpoint.vae.in_channels, "mel_frames", checkpoint.vocoder.model_in_dim)


def _latent_shape(checkpoint: Checkpoint, channels: int) -> Shape:
    bands = checkpoint.vocoder.model_in_dim // 2 ** (len(checkpoint.vae.block_out_channels) - 1)
    return ("batch", channels, "latent_frames", bands)


def _text_encoder(ops: IntegerOperations, checkpoint: Checkpoint) -> None:
    input_ids, attention_mask = (
        ops.input(name, "I64", ("batch", "tokens")) for name in ("input_ids", "attention_mask")
    )
    embedding = text_encoder(ops, checkpoint.text, input_ids, attention_mask)
    ops.output(embedding, "text_embeds", ("batch", checkpoint.text.projection_dim))


def _audio_encoder(ops: IntegerOperations, checkpoint: Checkpoint) -> None:
    assert checkpoint.audio is not None
    log_mel = ops.input("log_mel", "F32", ("batch", 1, MEL_FRAMES, checkpoint.audio.num_mel_bins))
    embedding = audio_encoder(ops, checkpoint.audio, log_mel)
    ops.output(embedding, "audio_embeds", ("batch", checkpoint.audio.projection_dim))


def _vae_encoder(ops: IntegerOperations, checkpoint: Checkpoint) -> None:
    mel = ops.input("mel", "F32", _mel_shape(checkpoint), Kind.IMAGE)
    moments = vae_encoder(ops, checkpoint.vae, mel)
    ops.output(moments, "moments", _latent_shape(checkpoint, 2 * checkpoint.vae.latent_channels))


def _vae_decoder(ops: IntegerOperations, checkpoint: Checkpoint) -> None:
    shape = _latent_shape(checkpoint, checkpoint.vae.latent_channels)
    mel = vae_decoder(ops, checkpoint.vae, ops.input("latents", "F32", shape, Kind.IMAGE))
    ops.output(mel, "mel", _mel_shape(checkpoint))


def _denoiser(ops: IntegerOperations, checkpoint: Checkpoint) -> None:
    unet = checkpoint.unet
    latents = ops.input("latents", "F32", _latent_shape(checkpoint, unet.in_channels), Kind.IMAGE)
    timesteps = ops.input("timesteps", "F32", ("batch",))
    condition = ops.input("condition", "F32", ("batch", unet.condition_width))
    prediction = denoiser(ops, unet, latents, timesteps, condition)
    ops.output(prediction, "prediction", _latent_shape(checkpoint, unet.out_channels))


def _vocoder(ops: IntegerOperations, checkpoint: Checkpoint) -> None:
    mel = ops.input("mel", "F32", ("batch", "mel_frames", checkpoint.vocoder.model_in_dim))
    waveform = vocoder(ops, checkpoint.vocoder, mel)
    ops.output(waveform, "waveform", ("batch", "frames"))


GRAPHS: Mapping[Network, Mapping[str, Writer]] = {
    Network.TEXT_ENCODER: {GraphName.TEXT_ENCODER: _text_encoder},
    Network.AUDIO_ENCODER: {GraphName.AUDIO_ENCODER: _audio_encoder},
    Network.UNET: {GraphName.DENOISER: _denoiser},
    Network.VAE: {GraphName.VAE_ENCODER: _vae_encoder, GraphName.VAE_DECODER: _vae_decoder},
    Network.VOCODER: {GraphName.VOCODER: _vocoder},
}
