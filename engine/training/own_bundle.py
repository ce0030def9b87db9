"""A bundle of somebody's own: the one it was trained from with another denoiser, and who made what.

Everything is put together in a hidden folder and sealed there; the model takes its name in one step.
"""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.models.bundle import Bundle, seal_bundle
from engine.models.manifest import GraphName
from engine.models.onnx_model import OnnxModel
from engine.models.provenance import Training
from engine.models.section import MANIFEST
from engine.training.denoiser import BANDS, CHANNELS, EMBEDDING, Denoiser
from engine.training.export import export_denoiser

ATTRIBUTION, README, LOG = "ATTRIBUTION.md", "README.md", "training-log"
GRAPH = "denoiser.onnx"


def write_bundle(
    folder: Path, name: str, base: Bundle, denoiser: Denoiser, training: Training, measured: dict[str, float]
) -> dict[str, float]:
    """Fill ``folder`` and seal it; gives what was measured, with the distance of the graph from the network.

    Raises EngineError(BAD_BUNDLE or CANT_WRITE), OSError.
    """
    values = _values(base)
    # The student was taught what the base says, which is not what this one says.
    replaced = {
        values["graphs"][GraphName.DENOISER],
        values["graphs"].get(GraphName.STUDENT),
        values["attribution"],
    }
    kept = [file for file in base.manifest.files if file not in replaced]
    for file in kept:
        shutil.copyfile(base.folder / file, folder / file)
    _export(denoiser, folder, quantize=base.manifest.precision in ("int8", "mixed"))
    credit = (base.folder / values["attribution"]).read_text(encoding="utf-8")
    (folder / ATTRIBUTION).write_text(_attribution(name, training, credit), encoding="utf-8")
    values |= {
        "name": name,
        "description": _description(training),
        "attribution": ATTRIBUTION,
        "graphs": {**values["graphs"], GraphName.DENOISER.value: GRAPH, GraphName.STUDENT.value: None},
        "student": None,
        "provenance": None,
        "training": asdict(training),
    }
    bundle = seal_bundle(folder, {**values, "measured": measured}, kept)
    found = {**measured, "graph": _distance(OnnxModel(bundle), denoiser)}
    (folder / README).write_text(_readme(name, values["licence"], training, found), encoding="utf-8")
    seal_bundle(folder, {**values, "measured": found}, kept)
    return found


def _export(denoiser: Denoiser, folder: Path, quantize: bool) -> None:
    """Without what the tracer and the quantizer have to say about themselves."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            export_denoiser(denoiser, folder, quantize)
    finally:
        logging.disable(logging.NOTSET)


def _values(base: Bundle) -> dict[str, Any]:
    """The base's manifest as ``seal_bundle`` takes one."""
    values: dict[str, Any] = json.loads((base.folder / MANIFEST).read_bytes())
    return {key: value for key, value in values.items() if key not in ("format_version", "files")}


def _distance(model: OnnxModel, denoiser: Denoiser) -> float:
    """What bytes cost: relative, over four levels of noise."""
    rng = np.random.default_rng(0)
    frames = model.specification.latents.shortest_frames
    latents = rng.standard_normal((4, CHANNELS, frames, BANDS), dtype=np.float32)
    condition = rng.standard_normal((4, EMBEDDING), dtype=np.float32)
    condition /= np.linalg.norm(condition, axis=1, keepdims=True)
    inputs = latents, np.array([50, 300, 600, 950], np.float32), condition, np.full(4, 2.0, np.float32)
    with torch.inference_mode():
        expected = denoiser.cpu()(*(torch.from_numpy(values) for values in inputs)).numpy()
    found = model.denoise(*inputs)
    return float(np.sqrt(np.square(found - expected).sum() / np.square(expected).sum()))


def _description(training: Training) -> str:
    return f"{training.base}, trained further on {_amount(training)} of the folder {training.library}."


def _amount(training: Training) -> str:
    sounds = "1 sound" if training.sounds == 1 else f"{training.sounds} sounds"
    return f"{sounds} ({_minutes(training.seconds)})"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.1f} seconds"


def _attribution(name: str, training: Training, base: str) -> str:
    return (
        f"# {name}\n\n"
        f"Trained further by a user of Punch-In on {_amount(training)} of the user's own folder "
        f"{training.library}, from the model {training.base}, whose attribution follows. The rights in these "
        "sounds are the user's to know: who passes the model on answers for them.\n\n"
        f"{base}"
    )


def _readme(name: str, licence: str, training: Training, measured: dict[str, float]) -> str:
    how = f"adapters of rank {training.rank}, merged" if training.rank else "all weights of its denoiser"
    words = {
        "text": "the sounds' names",
        "audio": "vectors of the audio encoder",
        "both": "the sounds' names and vectors of the audio encoder",
    }
    numbers = "\n".join(f"| {key.replace('_', ' ')} | {value:.4f} |" for key, value in measured.items())
    return (
        f"# {name}\n\n{_description(training)}\n\n"
        f"Made by `punchin train`: {training.steps} steps, {how}; {words[training.steering]} stood for "
        f"prompts. All other parts are those of {training.base} ({training.base_digest[:12]}), and so is "
        "what it can't do: the same rate, and nothing its vocoder can't say.\n\n"
        "| measured | |\n|---|---|\n"
        f"{numbers}\n\n"
        "*held out*: squared error on sounds that were kept from training, before and after. *old prompts*: "
        "how far the answers about other sounds have moved, as a share of them. *graph*: what writing the "
        "weights as bytes costs.\n\n"
        f"Licence: {licence}, as the model it was trained from. `ATTRIBUTION.md` names its authors.\n"
    )
