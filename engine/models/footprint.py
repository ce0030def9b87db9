"""How much memory a model takes: an estimate from its files and its geometry, before anything is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.models.bundle import Bundle
from engine.models.devices import CPU, TORCH, is_slow
from engine.models.manifest import GraphName, Manifest

# Float32 numbers alive at one time for each number of a log-mel of one window. Measured on AudioLDM-S in fp32
# (10.24 s, ONNX Runtime on the CPU): 240 MB for the VAE's decoder, which has 256 channels at the mel's own
# resolution; 170 MB for the vocoder, 65 MB for a guided step.
ALIVE = 1024
# What a driver, its libraries and their workspaces take on a processor of their own.
CONTEXT_BYTES = 500 * 10**6
# A model whose free memory is only just enough by this estimate had better not be tried.
MARGIN = 1.1


@dataclass(frozen=True)
class Footprint:
    """Bytes of a model on one device: each stage's weights, and what computing needs beside them."""

    weights: Mapping[GraphName, int]
    all_weights: int  # less than their sum where stages share a file
    working: int

    @property
    def whole(self) -> int:
        """With every stage open."""
        return self.all_weights + self.working

    @property
    def least(self) -> int:
        """With one stage open at a time."""
        return max(self.weights.values()) + self.working

    def fits(self, free: int | None) -> bool:
        """Whether it can run in so much memory, stage by stage if need be; yes if nobody knows how much."""
        return free is None or self.least * MARGIN <= free

    def is_tight(self, free: int | None) -> bool:
        """Whether its stages have to take turns."""
        return free is not None and self.whole * MARGIN > free


def footprint(bundle: Bundle, device: str) -> Footprint:
    """What a bundle takes on a device."""
    manifest = bundle.manifest
    copies = _copies(manifest, device)
    files = {graph: _graph_files(bundle, graph) for graph in bundle.graphs}
    weights = {graph: copies * _bytes(manifest, names) for graph, names in files.items()}
    all_weights = copies * _bytes(manifest, set[str]().union(*files.values()))
    return Footprint(weights, all_weights, working_bytes(manifest, device))


def whole_bytes(manifest: Manifest, device: str) -> int:
    """``Footprint.whole``, from the manifest alone."""
    return _copies(manifest, device) * _bytes(manifest, manifest.files) + working_bytes(manifest, device)


def denoiser_bytes(bundle: Bundle, device: str) -> int:
    """One copy of the denoiser's weights."""
    files = _graph_files(bundle, GraphName.DENOISER)
    return _copies(bundle.manifest, device) * _bytes(bundle.manifest, files)


def _graph_files(bundle: Bundle, graph: GraphName) -> set[str]:
    """The graph's file and what it reads beside it."""
    return {bundle.manifest.graphs[graph], *bundle.graphs[graph].external_files}


def _bytes(manifest: Manifest, names: Collection[str]) -> int:
    return sum(manifest.files[name].size_bytes for name in names)


def _copies(manifest: Manifest, device: str) -> int:
    """How many times the size of its files a model has in memory: fp16 becomes fp32 on a CPU."""
    return 2 if is_slow(manifest.precision, device) else 1


def working_bytes(manifest: Manifest, device: str) -> int:
    """The largest activations of one window, and what the device itself needs."""
    latents, n_mels = manifest.specification.latents, manifest.specification.mel.n_mels
    numbers = latents.window_frames * latents.time_factor * n_mels * ALIVE
    if device in (CPU, f"{TORCH}cpu"):
        return 4 * numbers
    return (2 if manifest.precision == "fp16" else 4) * numbers + CONTEXT_BYTES
