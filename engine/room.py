"""Whether the disks have room for what a job will write, before it is begun."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from engine.audio.formats import exact_format, sample_bytes
from engine.audio.source import SourceInfo
from engine.audio.takefile import DEFAULT_SUBTYPE
from engine.channels import sounds_of
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.material import Material
from engine.models.interface import ModelSpecification
from engine.protocol.requests import FileSource, RenderRequest

# What a file system needs to stay alive, and headers.
SPARE_BYTES = 16 * 2**20
# A compressed take may come to this share of its samples: digital silence to nothing, noise to all of it.
PACKED_SHARE = 0.5
_PACKED = ("FLAC",)
_FLOAT_BYTES = 4


def check_room(
    request: RenderRequest, material: Material, specification: ModelSpecification, home: Home
) -> None:
    """Raise EngineError(CANT_WRITE) unless there is room for the takes and what they are made with."""
    needs: dict[int, tuple[Path, float]] = {}
    for folder, size in _needs(request, material, specification, home):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        disk = there.stat().st_dev
        needs[disk] = folder, needs.get(disk, (folder, 0.0))[1] + size
    for folder, size in needs.values():
        missing = size + SPARE_BYTES - _free_bytes(folder)
        if missing > 0:
            raise EngineError(
                ErrorCode.CANT_WRITE,
                f"The disk of {folder} has not enough room: this takes {_size(size)}, {_size(SPARE_BYTES)} "
                f"must stay free, and {_size(missing)} are missing; free some space, choose another folder "
                "or ask for fewer takes.",
            )


def _needs(
    request: RenderRequest, material: Material, specification: ModelSpecification, home: Home
) -> Iterator[tuple[Path, float]]:
    """Folders, and bytes that will be written there."""
    sounds = 1 if request.candidates == 1 else 3  # the canvas, the best candidate and the one in the making
    seconds = material.span.frames / material.sample_rate
    sounds *= sounds_of(request, material)
    yield home.spool, sounds * seconds * specification.mel.sample_rate * _FLOAT_BYTES
    folder = home.folder_of_takes(request.scratch)
    output = Path(request.output).resolve() if request.output else folder / "take.wav"
    yield output.parent, request.takes * take_bytes(request, material, output)


def take_bytes(request: RenderRequest, material: Material, output: Path) -> float:
    """About how large one take will be."""
    info = material.recording
    if info is None:
        return material.span.frames * material.channels * sample_bytes(DEFAULT_SUBTYPE)
    whole = isinstance(request.source, FileSource) and bool(request.output)
    return (info.frames if whole else material.span.frames) * _frame_bytes(info, output)


def _frame_bytes(info: SourceInfo, output: Path) -> float:
    wanted = exact_format(info, output)
    packed = PACKED_SHARE if wanted.format in _PACKED else 1.0
    return info.channels * sample_bytes(wanted.subtype) * packed


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
