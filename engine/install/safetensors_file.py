"""Weights written as a safetensors file that ONNX graphs read as their external data.

safetensors keeps raw little-endian tensors one behind the other, after a JSON header; ONNX's external
data is a file, an offset and a length. So one file serves ONNX Runtime, torch and anything else that
reads safetensors. Tensors are fetched and written one at a time: the file may be larger than memory.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.atomic import new_file

DTYPES: Mapping[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
}
# A cache line; whole tensors are mapped into memory where they lie.
ALIGNMENT = 64


@dataclass(frozen=True)
class StoredTensor:
    """A tensor to write; ``fetch`` gives it when its turn comes. ``dtype`` is a key of DTYPES."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    fetch: Callable[[], NDArray[Any]]

    @property
    def size(self) -> int:
        """Bytes."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize


@dataclass(frozen=True)
class Place:
    """Where a tensor lies: a file of the graph's folder, and bytes from its start."""

    location: str
    offset: int
    length: int


def stored_array(name: str, array: NDArray[Any]) -> StoredTensor:
    """An array that is in memory already."""
    dtype = next(key for key, kind in DTYPES.items() if kind == array.dtype)
    return StoredTensor(name, dtype, array.shape, lambda: array)


def write_safetensors(
    path: Path, tensors: Iterable[StoredTensor], metadata: Mapping[str, str]
) -> dict[str, Place]:
    """Write all tensors, whole or not at all, and tell where each one is. Raises EngineError(CANT_WRITE)."""
    ordered = _aligned_first(tensors)
    header = _header(ordered, metadata)
    with new_file(path, overwrite=True) as file:
        file.write(header)
        for tensor in ordered:
            file.write(_bytes(tensor))
    return dict(_places(ordered, path.name, len(header)))


def _aligned_first(tensors: Iterable[StoredTensor]) -> list[StoredTensor]:
    """The format allows no gaps, so tensors whose size would break the next one's alignment come last."""
    return sorted(tensors, key=lambda tensor: (tensor.size % ALIGNMENT != 0, -DTYPES[tensor.dtype].itemsize))


def _header(tensors: list[StoredTensor], metadata: Mapping[str, str]) -> bytes:
    """Length, then JSON, padded with spaces so that the first tensor is aligned."""
    entries: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    for tensor, (start, end) in zip(tensors, _spans(tensors), strict=True):
        entries[tensor.name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [start, end]}
    content = json.dumps(entries, separators=(",", ":")).encode()
    content += b" " * (-(len(content) + 8) % ALIGNMENT)
    return len(content).to_bytes(8, "little") + content


def _spans(tensors: list[StoredTensor]) -> list[tuple[int, int]]:
    spans, position = [], 0
    for tensor in tensors:
        spans.append((position, position + tensor.size))
        position += tensor.size
    return spans


def _places(tensors: list[StoredTensor], location: str, start: int) -> Iterable[tuple[str, Place]]:
    for tensor, (begin, end) in zip(tensors, _spans(tensors), strict=True):
        yield tensor.name, Place(location, start + begin, end - begin)


def _bytes(tensor: StoredTensor) -> memoryview:
    array = np.asarray(tensor.fetch(), dtype=DTYPES[tensor.dtype], order="C")
    if array.shape != tensor.shape:
        raise ValueError(f"{tensor.name} is {array.shape}, announced was {tensor.shape}")
    return array.reshape(-1).view(np.uint8).data
