"""What the models' benchmark is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.evaluation.bench import Measure
from engine.evaluation.checkpoint_configs import Size

if TYPE_CHECKING:
    from engine.evaluation.operator_profile import OperatorTime

# What can be asked for: a bundle's precision and the device it runs on.
VARIANTS: Mapping[str, tuple[str, str]] = {
    "int8": ("int8", "cpu"),
    "fp32": ("fp32", "cpu"),
    "torch": ("fp32", "torch-cpu"),
}
# The default on a CPU, and so the one that targets are for.
TARGET_VARIANT = "int8"
THEIRS = "diffusers"


@dataclass(frozen=True)
class Question:
    """What to measure. ``checkpoint`` None: a random one of ``size``; ``steps`` None: each side's default."""

    work: Path  # checkpoints and bundles are kept here
    size: Size = Size.S
    checkpoint: Path | None = None
    variants: tuple[str, ...] = (TARGET_VARIANT,)
    steps: int | None = None
    seconds: float = 10.24
    repeats: int = 3


@dataclass(frozen=True)
class StageTime:
    """One bar of the picture: a side's time for a stage, and the least that arithmetic allows, if known."""

    stage: str
    side: str
    seconds: float
    limit: float | None = None


@dataclass(frozen=True)
class Report:
    """All that was measured. ``operators`` is one guided step of the first variant that ONNX Runtime runs."""

    measures: tuple[Measure, ...]
    stages: tuple[StageTime, ...]
    operators: tuple[OperatorTime, ...]
    notes: tuple[str, ...]
