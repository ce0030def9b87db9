"""Checkpoints opened as models: as they are, and as bundles without the ceremony of installing one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.audio.mel import MelParameters
from engine.install.checkpoint import Checkpoint
from engine.install.convert import graph_values
from engine.install.float_graph import FloatPrecision, write_float_graphs
from engine.install.geometry import DEFAULTS, manifest_values, ranking_values
from engine.install.original import original_model
from engine.models.bundle import Bundle, seal_bundle
from engine.models.interface import LatentGeometry, ModelSpecification
from engine.models.manifest import TOKENIZER, TextParameters
from engine.models.tokenizer import PromptTokenizer
from engine.models.torch_model import NetworkModel


def open_original(checkpoint: Checkpoint) -> NetworkModel:
    """The checkpoint's own networks, with the numbers that its bundle's manifest would have."""
    values = manifest_values(checkpoint)
    margins = values["margins"]
    specification = ModelSpecification(
        name=checkpoint.name,
        licence=checkpoint.licence,
        mel=MelParameters(**values["mel"]),
        latents=LatentGeometry(**values["latents"]),
        schedule=checkpoint.schedule,
        scale_factor=values["scale_factor"],
        defaults=DEFAULTS,
        vocoder_margin_frames=margins["vocoder_frames"],
        decoder_margin_frames=margins["decoder_frames"],
    )
    return original_model(checkpoint, specification, _tokenizer(checkpoint, values["text"]))


def _tokenizer(checkpoint: Checkpoint, text: dict[str, int]) -> PromptTokenizer:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_text(checkpoint.tokenizer, encoding="utf-8")
        return PromptTokenizer(path, TextParameters(**text))


def make_float_bundle(checkpoint: Checkpoint, folder: Path, precision: FloatPrecision) -> Bundle:
    """A bundle of the checkpoint's graphs, sealed but verified by nobody."""
    write_float_graphs(checkpoint, folder, precision)
    (folder / TOKENIZER).write_text(checkpoint.tokenizer, encoding="utf-8")
    (folder / "ATTRIBUTION.md").write_text("Random.", encoding="utf-8")
    values = {
        "name": "tiny",
        "kind": "audioldm",
        "description": "A random AudioLDM.",
        "licence": "CC0-1.0",
        "attribution": "ATTRIBUTION.md",
        "precision": precision,
        **manifest_values(checkpoint),
        **graph_values(checkpoint, precision),
        "ranking": ranking_values(checkpoint),
        "provenance": None,
        "measured": {},
    }
    return seal_bundle(folder, values)
