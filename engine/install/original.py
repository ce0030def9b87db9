"""A checkpoint run as it is, by torch: what its conversions are compared with."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from engine.install.checkpoint import Checkpoint, Network
from engine.models.interface import ModelSpecification
from engine.models.manifest import GraphName
from engine.models.tokenizer import PromptTokenizer
from engine.models.torch_model import PARTS, NetworkModel
from engine.networks.architecture_file import Architecture


def original_model(
    checkpoint: Checkpoint, specification: ModelSpecification, tokenizer: PromptTokenizer
) -> NetworkModel:
    """The checkpoint's own networks on the CPU in fp32 (``Model`` in ``engine/models/interface.py``)."""

    def read(graph: GraphName) -> Iterator[tuple[str, Tensor]]:
        network, beginnings = PARTS[graph]
        weights = checkpoint.weights[Network(network)]
        return ((name, weight) for name, weight in weights.items() if name.startswith(beginnings))

    return NetworkModel(specification, tokenizer, architecture(checkpoint), read)


def architecture(checkpoint: Checkpoint) -> Architecture:
    """The sizes of the checkpoint's networks."""
    return Architecture(
        text_encoder=checkpoint.text,
        audio_encoder=checkpoint.audio,
        unet=checkpoint.unet,
        vae=checkpoint.vae,
        vocoder=checkpoint.vocoder,
    )
