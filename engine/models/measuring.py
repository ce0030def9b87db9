"""How many denoising steps a model makes in a second on a device, in a process of its own.

A driver that crashes or hangs costs one measurement, not the command that asked for it.
Run as a module it measures one model on one device: ``python -m engine.models.measuring FOLDER DEVICE``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from datetime import date
from pathlib import Path

import numpy as np

from engine.config import module_command
from engine.errors import EngineError
from engine.models.bundle import load_bundle
from engine.models.devices import runtime_version
from engine.models.interface import Float32, Model
from engine.models.manifest import Manifest
from engine.models.placement import open_model
from engine.models.speeds import Speed, this_machine

# After the first step, which also sets the runtime up: long enough for a mean, short enough to wait for.
MEASURED_SECONDS = 2.0
MIN_STEPS, MAX_STEPS = 2, 200
SECONDS_A_MODEL = 120.0


def measure_speed(folder: Path, manifest: Manifest, device: str, timeout: float = SECONDS_A_MODEL) -> Speed:
    """Guided steps of a full window in a second; a failure is a speed of 0 with its reason."""
    command = module_command("engine.models.measuring", str(folder), device)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        found = _read_answer(done)
    except subprocess.TimeoutExpired:
        found = (0.0, f"It took longer than {timeout:g} s.")
    except OSError as error:
        found = (0.0, f"It can't be measured ({error.strerror}).")
    return Speed(
        model=manifest.specification.name,
        precision=manifest.precision,
        device=device,
        steps_per_second=found[0],
        runtime=runtime_version(device),
        machine=this_machine(),
        measured=date.today().isoformat(),
        problem=found[1],
    )


def _read_answer(done: subprocess.CompletedProcess[str]) -> tuple[float, str]:
    """Steps per second, or 0 and why."""
    try:
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        return float(answer["steps_per_second"]), str(answer["problem"])
    except (ValueError, IndexError, KeyError, TypeError):
        return 0.0, f"Its process ended with {done.returncode}."


def steps_per_second(model: Model) -> float:
    """Of guided steps, which are two rows of a batch, over windows of the length the model was trained on."""
    latents, n_mels = model.specification.latents, model.specification.mel.n_mels
    shape = (2, latents.channels, latents.window_frames, n_mels // latents.band_factor)
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    condition = model.encode_text(["", "rain on a tin roof"])
    last = np.full(2, model.specification.schedule.train_steps - 1, np.float32)
    _step(model, noise, last, condition)
    started = time.perf_counter()
    for steps in range(1, MAX_STEPS + 1):
        _step(model, noise, last, condition)
        seconds = time.perf_counter() - started
        if steps >= MIN_STEPS and seconds >= MEASURED_SECONDS:
            break
    return steps / seconds


def _step(model: Model, latents: Float32, timesteps: Float32, condition: Float32) -> None:
    seconds = np.full(len(latents), 1.0, np.float32)
    if not np.isfinite(model.denoise(latents, timesteps, condition, seconds)).all():
        raise FloatingPointError("It gives numbers that are none.")


def main() -> None:
    """Measures what the command line says; one line of JSON says what came of it."""
    parser = argparse.ArgumentParser(prog="engine.models.measuring")
    parser.add_argument("folder", type=Path)
    parser.add_argument("device")
    options = parser.parse_args()
    speed, problem = 0.0, ""
    try:
        speed = steps_per_second(open_model(load_bundle(options.folder), options.device))
    except EngineError as error:
        problem = error.sentence
    except FloatingPointError as error:
        problem = str(error)
    print(json.dumps({"steps_per_second": speed, "problem": problem}))


if __name__ == "__main__":
    main()
