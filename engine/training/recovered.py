"""The networks of an exported bundle, back as torch modules, so that training can go on from what ships.

A bundle's graphs are what its networks became: linear weights transposed, some in bytes. The names of the
biases survive an export, so a weight is found by walking back from the addition of its bias. Bytes are
multiplied by their scales again: what int8 lost (about 1 % of each weight) stays lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from engine.training.clap import AudioTower
from engine.training.denoiser import Denoiser
from engine.training.vae import Vae
from engine.training.vocoder import Vocoder

Array = NDArray[Any]
Network = TypeVar("Network", bound=nn.Module)
BYTES_ENDINGS = ("_quantized", "_scale", "_zero_point")
HEAD_WIDTH = 64  # of every denoiser of ours; the graph does not tell it
PASSED = ("Mul", "Cast")  # between a product of bytes and the addition of its bias


class _Graph:
    """One ONNX file, asked for the weights inside it."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(path).graph
        self.stored: dict[str, Array] = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
        }
        self._makers = {output: node for node in graph.node for output in node.output}
        self._additions = [node for node in graph.node if node.op_type == "Add"]

    def tensors(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Every named parameter below ``prefix``, its name without it, laid out as torch lays it."""
        for name, values in self.stored.items():
            if name.startswith(prefix) and name.endswith((".weight", ".bias", ".gain")):
                yield name[len(prefix) :], _tensor(values)
        for name, values in self._linear_weights():
            if name.startswith(prefix):
                yield name[len(prefix) :], _tensor(values.T)

    def _linear_weights(self) -> Iterator[tuple[str, Array]]:
        """(name.weight, (inputs, outputs)) of layers whose weight lost its name or became bytes."""
        for name in self.stored:
            if name.endswith(".weight_Transposed_quantized"):
                whole = name.removesuffix("_quantized")
                yield whole.removesuffix("_Transposed"), self._weight(whole)
        for node in self._additions:
            biases = [name for name in node.input if name in self.stored and name.endswith(".bias")]
            others = [name for name in node.input if name not in self.stored]
            if len(biases) == 1 and len(others) == 1:
                weight = self._multiplied(others[0])
                if weight is not None:
                    yield biases[0].removesuffix("bias") + "weight", weight

    def _multiplied(self, name: str) -> Array | None:
        """The stored matrix of the product that becomes ``name``, if one does directly."""
        pending = [name]
        while pending:
            node = self._makers.get(pending.pop())
            if node is None:
                continue
            if node.op_type in ("MatMul", "MatMulInteger"):
                found = [self._weight(entry) for entry in node.input if self._is_weight(entry)]
                return found[0] if found else None
            if node.op_type in PASSED:
                pending += node.input
        return None

    def _is_weight(self, name: str) -> bool:
        return name in self.stored and self.stored[name].ndim == 2

    def _weight(self, name: str) -> Array:
        plain = name.removesuffix("_quantized")
        if plain in self.stored:
            return self.stored[plain]
        quantized, scale, zero = (self.stored[plain + ending] for ending in BYTES_ENDINGS)
        values = (quantized.astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)
        return np.asarray(values, np.float32)


def _tensor(values: Array) -> Tensor:
    return torch.from_numpy(np.array(values, np.float32))


def recovered_denoiser(bundle: Path) -> Denoiser:
    """The denoiser of ``bundle``. Raises RuntimeError where the graph holds another network."""
    found = dict(_Graph(bundle / "denoiser.onnx").tensors())
    try:
        width = len(found["enter.bias"])
    except KeyError as error:
        raise RuntimeError(f"{bundle} has another denoiser") from error
    depth = sum(name.startswith("blocks.") and name.endswith(".qkv.bias") for name in found)
    return _filled(Denoiser(width, depth, width // HEAD_WIDTH), found)


def recovered_audio_tower(bundle: Path) -> AudioTower:
    """The audio tower of ``bundle``, which has one."""
    return _filled(AudioTower(), dict(_Graph(bundle / "audio_encoder.onnx").tensors()))


def recovered_vocoder(bundle: Path) -> Vocoder:
    """The vocoder of ``bundle``, without the refinement that its graph ends in."""
    return _filled(Vocoder(), dict(_Graph(bundle / "vocoder.onnx").tensors("vocoder.")))


def recovered_vae(bundle: Path) -> tuple[Vae, Tensor, Tensor]:
    """The VAE of ``bundle``, and the mean and deviation (1, 8, 1, 16) its graphs centre and scale by."""
    encoder, decoder = (_Graph(bundle / f"vae_{half}.onnx") for half in ("encoder", "decoder"))
    vae = _filled(Vae(), dict(encoder.tensors()) | dict(decoder.tensors()))
    return vae, _tensor(encoder.stored["mean"]), _tensor(encoder.stored["deviation"])


def _filled(module: Network, found: dict[str, Tensor]) -> Network:
    buffers = [name for name, _ in module.named_buffers()]
    kept = {name: value for name, value in module.state_dict().items() if name in buffers}
    module.load_state_dict(found | kept)
    return module.eval()
