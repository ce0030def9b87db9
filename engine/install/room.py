"""Whether the disks have room for an installation, before it is begun."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.models.manifest import Precision

# Bytes of a bundle for each byte of a float32 checkpoint: float32 keeps its weights, half precision halves
# all but the VAE's encoder, and int8 quarters what is quantized and leaves some layers as they are.
BUNDLE_SHARE: Mapping[Precision, float] = {"fp32": 1.0, "fp16": 0.6, "int8": 0.4}
# Graphs, tokenizer, and what a file system needs to stay alive.
SPARE_BYTES = 64 * 2**20


def bundle_bytes(checkpoint_bytes: int, precision: Precision) -> int:
    """About how large a bundle will be."""
    return round(checkpoint_bytes * BUNDLE_SHARE[precision]) + SPARE_BYTES


def check_room(needs: Mapping[Path, int]) -> None:
    """Raises EngineError(CANT_WRITE) unless each folder's disk has its bytes; one disk's needs add up."""
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in needs.items():
        there = _existing(folder)
        device = there.stat().st_dev
        disks[device] = (there, disks.get(device, (there, 0))[1] + size)
    for there, size in disks.values():
        missing = size - shutil.disk_usage(there).free
        if missing > 0:
            raise EngineError(
                ErrorCode.CANT_WRITE,
                f"The disk of {there} has not enough room: {_size(size)} are needed, {_size(missing)} more "
                "than it has; free some space, or set PUNCHIN_HOME to another disk.",
            )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
