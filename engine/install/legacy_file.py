"""PyTorch's files from before its version 1.6 (2020): pickles, then the numbers, in no archive.

Nothing in such a file says how long its instructions are, and it can't be mapped into memory. So it is walked
through first, by a reader that runs nothing and makes nothing of what it sees.
"""

from __future__ import annotations

import pickletools
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from torch import Tensor

from engine.errors import EngineError, ErrorCode
from engine.models.memory import free_bytes

# The first pickle of every such file: one number that PyTorch chose.
MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
# The number, the version, the machine that saved it, the weights without their numbers, the numbers' order.
PICKLES = 5
# 0.5 MB for the largest published AudioLDM, and slow to walk through.
MAX_INSTRUCTIONS = 2**23
# The largest network's own file has 3 GB; what is larger was published later, as an archive.
MAX_BYTES = 2**32


def is_legacy(path: Path) -> bool:
    """Whether it begins as these files do."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def check_legacy(path: Path) -> None:
    """Whether it is safe to let PyTorch's restricted reader at it.

    Raises EngineError(TOO_MUCH), or ValueError if it is damaged.
    """
    size, free = path.stat().st_size, free_bytes("cpu") or 0
    if size > MAX_BYTES:
        _refuse(path, f"is in PyTorch's old format and larger than {MAX_BYTES} bytes")
    if size > free:
        _refuse(path, f"is in PyTorch's old format, which needs {size} bytes of memory, and {free} are free")
    with path.open("rb") as file:
        instructions = BytesIO(file.read(MAX_INSTRUCTIONS))
    try:
        for _ in range(PICKLES):
            for _ in pickletools.genops(instructions):
                pass
    except ValueError:
        if size > MAX_INSTRUCTIONS:
            _refuse(path, f"has instructions of more than {MAX_INSTRUCTIONS} bytes, or damaged ones")
        raise


def check_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Whether all numbers can have come from the file. Raises EngineError(TOO_MUCH).

    The reader makes room for as many numbers as are claimed, and fills only what the file lists.
    """
    storages = {
        storage.data_ptr(): storage.nbytes() for storage in map(Tensor.untyped_storage, tensors.values())
    }
    if sum(storages.values()) > path.stat().st_size:
        _refuse(path, "claims more numbers than are in it")


def _refuse(path: Path, complaint: str) -> None:
    raise EngineError(ErrorCode.TOO_MUCH, f"{path} {complaint}; use a .safetensors file instead.")
