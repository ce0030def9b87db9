"""The doctor's rows about speed: every model on every device that can run it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.commands.doctor_row import Row, State

if TYPE_CHECKING:
    from engine.models.catalogue import ModelEntry
    from engine.models.manifest import Manifest
    from engine.models.speeds import Speed

# For all of ``--measure``: three models on three devices, with the time each takes to open.
LIMIT_SECONDS = 300.0


def check_speeds(measure: bool, limit_seconds: float = LIMIT_SECONDS) -> Iterator[Row]:
    """What was measured on this machine, or is measured now and kept for ``--device auto``."""
    from engine.models.devices import usable_devices
    from engine.models.speeds import read_speeds

    deadline = time.monotonic() + limit_seconds
    known = {(speed.model, speed.precision, speed.device): speed for speed in read_speeds()}
    for model, manifest in _models():
        for device in usable_devices(manifest):
            if measure:
                yield _measured(model, manifest, device, deadline - time.monotonic())
            else:
                speed = known.get((model.name, manifest.precision, device))
                yield _recorded(speed, model.name, manifest, device)


def _models() -> Iterator[tuple[ModelEntry, Manifest]]:
    """Those that can be used."""
    from engine.models.bundle import read_manifest
    from engine.models.catalogue import list_models

    return ((model, read_manifest(model.folder)) for model in list_models() if not model.problem)


def _measured(model: ModelEntry, manifest: Manifest, device: str, seconds_left: float) -> Row:
    from engine.models.measuring import SECONDS_A_MODEL, measure_speed
    from engine.models.speeds import record_speeds

    name = _name(model.name, device)
    if seconds_left <= 0.0:
        advice = f"Measure again; all of it may take {LIMIT_SECONDS:g} s."
        return Row(name, State.WARN, "not measured, the time was up", advice)
    speed = measure_speed(model.folder, manifest, device, min(seconds_left, SECONDS_A_MODEL))
    record_speeds([speed])
    return _recorded(speed, model.name, manifest, device)


def _recorded(speed: Speed | None, name: str, manifest: Manifest, device: str) -> Row:
    from engine.models.devices import is_slow

    title = _name(name, device)
    if speed is not None and speed.problem:
        advice = f"With --device auto, {device} is the last to be tried for this model."
        return Row(title, State.WARN, speed.problem, advice)
    found = "not measured (punchin doctor --measure)"
    if speed is not None:
        found = f"{_number(speed.steps_per_second)} steps/s, measured {speed.measured}"
    if is_slow(manifest.precision, device):
        advice = "A CPU computes fp16 by way of fp32: install the model with --precision int8 for it."
        return Row(title, State.WARN, f"{manifest.precision}, slow: {found}", advice)
    return Row(title, State.OK, f"{manifest.precision}, {found}")


def _name(model: str, device: str) -> str:
    return f"{model} on {device}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
