"""One training run, as a small TOML file of ``runs/`` says it: settings of the loop, batch, network."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.training.denoiser import Steering
from engine.training.loop import RunSettings

RUNS = Path(__file__).parent / "runs"
LOOP_KEYS = frozenset(entry.name for entry in fields(RunSettings))
OTHER_KEYS = frozenset({"batch", "steering", "network"})


@dataclass(frozen=True)
class Run:
    """``name`` is the file's and the working folder's."""

    name: str
    settings: RunSettings
    batch: int
    steering: Steering = Steering.TEXT
    network: Mapping[str, int] = field(default_factory=dict)


def read_run(path: Path) -> Run:
    """The run that ``path`` describes. Raises ValueError with the key that is misspelt or missing."""
    values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    unknown = values.keys() - LOOP_KEYS - OTHER_KEYS
    missing = {"steps", "learning_rate", "batch"} - values.keys()
    if unknown or missing:
        raise ValueError(f"{path.name}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")
    return Run(
        path.stem,
        RunSettings(**{key: value for key, value in values.items() if key in LOOP_KEYS}),
        values["batch"],
        Steering(values.get("steering", Steering.TEXT.value)),
        values.get("network", {}),
    )


def shipped_run(name: str) -> Run:
    """One of ``runs/``."""
    return read_run(RUNS / f"{name}.toml")
