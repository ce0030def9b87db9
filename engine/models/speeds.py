"""How fast models were on this machine's devices, as ``punchin doctor --measure`` found it.

What was measured with other versions of a runtime, or on another machine that shares the home folder, is
passed over. The file is a convenience: a damaged one counts as none.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from engine.config import write_private
from engine.models.catalogue import models_folder
from engine.models.devices import CPU, ORDER, runtime_version

FILE = "speeds.json"
FORMAT_VERSION = 1
# A few models on a few devices; what is larger was not written by us.
_MAX_BYTES = 2**20


@dataclass(frozen=True)
class Speed:
    """One measurement. ``steps_per_second`` counts denoising steps of a full window; 0: it failed."""

    model: str
    precision: str
    device: str
    steps_per_second: float
    runtime: str  # and its version
    machine: str
    measured: str  # the date, YYYY-MM-DD
    problem: str = ""  # why it failed, as a sentence


def speeds_path() -> Path:
    """Where measurements are kept: beside the models."""
    return models_folder().parent / FILE


def this_machine() -> str:
    """What tells this machine from others that share its home folder."""
    return platform.node()


def read_speeds() -> list[Speed]:
    """What was measured here and still holds, damaged rows and files left out."""
    try:
        with speeds_path().open("rb") as file:
            content = json.loads(file.read(_MAX_BYTES))
        rows = content["rows"] if content["version"] == FORMAT_VERSION else []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    speeds = [_speed(row) for row in rows] if isinstance(rows, list) else []
    return [speed for speed in speeds if speed is not None and _holds(speed)]


def record_speeds(new: Sequence[Speed]) -> None:
    """Keep measurements, in place of older ones of the same model and device.

    Raises EngineError(CANT_WRITE).
    """
    kept = {(speed.model, speed.device): speed for speed in (*read_speeds(), *new)}
    rows = [asdict(speed) for speed in kept.values()]
    speeds_path().parent.mkdir(parents=True, exist_ok=True)
    write_private(speeds_path(), json.dumps({"version": FORMAT_VERSION, "rows": rows}, indent=2) + "\n")


def fastest_first(devices: Sequence[str], model: str, precision: str, speeds: Iterable[Speed]) -> list[str]:
    """``devices``, all that can run a model, in the order in which to try them.

    Without measurements that is ``ORDER`` up to the CPU. Measured devices take each other's places, the
    fastest first; those that were not measured keep theirs.
    """
    known = {
        speed.device: speed.steps_per_second
        for speed in speeds
        if (speed.model, speed.precision) == (model, precision)
    }
    usual = ORDER[: ORDER.index(CPU) + 1]
    # One that failed stays, as the last: without the CPU there may be nothing else.
    tried = [device for device in devices if device in usual or known.get(device)]
    ranked = iter(sorted((device for device in tried if device in known), key=lambda device: -known[device]))
    return [next(ranked) if device in known else device for device in tried]


def _speed(row: object) -> Speed | None:
    """A row of the file, or None if it is none of ours."""
    types = {field.name: str if field.type == "str" else float for field in fields(Speed)}
    if not isinstance(row, dict) or row.keys() != types.keys():
        return None
    if any(type(row[name]) is not kind for name, kind in types.items()):
        return None
    return Speed(**row)


def _holds(speed: Speed) -> bool:
    """Whether it was measured on this machine, with the runtime that is installed now."""
    if speed.machine != this_machine() or speed.device not in ORDER:
        return False
    try:
        return speed.runtime == runtime_version(speed.device)
    except ImportError:  # of metadata that isn't there, too: the runtime was removed
        return False
