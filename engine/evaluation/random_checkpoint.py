"""Checkpoints in exactly the hub's layout with random weights, of any size, written without torch.

What a network costs does not depend on the values of its weights, and whether a conversion is right can
be seen with any weights: so loader, converter, runtimes and benchmark are proven on these.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.evaluation.checkpoint_configs import MODEL_INDEX, SCHEDULER, Configs
from engine.evaluation.checkpoint_tensors import (
    Config,
    TensorSpec,
    text_tensors,
    unet_tensors,
    vae_tensors,
    vocoder_tensors,
)
from engine.evaluation.random_tokenizer import write_tokenizer

TENSORS: Mapping[str, Callable[[Config], Iterator[TensorSpec]]] = {
    "unet": unet_tensors,
    "vae": vae_tensors,
    "vocoder": vocoder_tensors,
    "text_encoder": text_tensors,
}
# diffusers' folders name their weights otherwise than transformers'.
WEIGHTS = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "vocoder": "model.safetensors",
    "text_encoder": "model.safetensors",
}
CARD = """---
license: cc0-1.0
---

Random weights in the layout of the published AudioLDM checkpoints. Nothing was trained.
"""
MODEL_INDEX_FILE = "model_index.json"
_FLOAT32_BYTES = 4
_DRAWN_AT_ONCE = 2**22  # numbers; more than that of one tensor are never in memory


def write_random_checkpoint(folder: Path, configs: Configs, seed: int = 0) -> Path:
    """Write a checkpoint with these ``config.json`` values into ``folder`` and return it.

    A checkpoint that is there already and whole is kept: ``model_index.json`` is written last. The same
    seed gives the same weights, tensor by tensor, whatever else is in the file.
    """
    if (folder / MODEL_INDEX_FILE).is_file():
        return folder
    for component, config in configs.items():
        _write_component(folder / component, component, config, seed)
    write_tokenizer(folder / "tokenizer", configs["text_encoder"]["vocab_size"])
    _write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    _write_json(folder / MODEL_INDEX_FILE, MODEL_INDEX)
    return folder


def count_parameters(component: str, config: Config) -> int:
    """How many numbers a component's weights are, unused buffers aside."""
    return sum(spec.size for spec in TENSORS[component](config) if spec.name not in ("mean", "scale"))


def _write_component(folder: Path, component: str, config: dict[str, Any], seed: int) -> None:
    _write_json(folder / "config.json", config)
    write_safetensors(folder / WEIGHTS[component], list(TENSORS[component](config)), seed)


def write_safetensors(path: Path, specs: list[TensorSpec], seed: int) -> None:
    """The tensors in one file, drawn and written one after the other."""
    header = json.dumps(_header(specs), separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for spec in specs:
            for piece in _draw(spec, seed):
                file.write(piece.data)


def _header(specs: list[TensorSpec]) -> dict[str, Any]:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    start = 0
    for spec in specs:
        end = start + spec.size * _FLOAT32_BYTES
        header[spec.name] = {"dtype": "F32", "shape": list(spec.shape), "data_offsets": [start, end]}
        start = end
    return header


def _draw(spec: TensorSpec, seed: int) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
    """A tensor's numbers in pieces."""
    generator = np.random.default_rng((seed, zlib.crc32(spec.name.encode())))
    for start in range(0, spec.size, _DRAWN_AT_ONCE):
        numbers = generator.standard_normal(min(_DRAWN_AT_ONCE, spec.size - start), np.float32)
        numbers *= np.float32(spec.deviation)
        numbers += np.float32(spec.mean)
        yield numbers.astype("<f4", copy=False)


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
