"""A checkpoint to the graphs of a bundle, network by network, each of them a stage that is done once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.audio.atomic import new_file
from engine.install.calibrate import calibrate
from engine.install.checkpoint import Checkpoint, Network
from engine.install.float_graph import write_float_network, write_sizes
from engine.install.integer_graph import write_integer_network
from engine.install.progress import Work, timed
from engine.install.ranges import Ranges
from engine.install.workplace import Workplace
from engine.models.manifest import GraphName, Manifest, Precision
from engine.networks.architecture_file import ARCHITECTURE

# What calibration saw, beside the bundle in the workplace.
RANGES = "ranges.json"
CALIBRATION = "calibrate"
# Which graphs are made of which network's weights.
GRAPHS_OF: dict[Network, tuple[GraphName, ...]] = {
    Network.TEXT_ENCODER: (GraphName.TEXT_ENCODER,),
    Network.AUDIO_ENCODER: (GraphName.AUDIO_ENCODER,),
    Network.UNET: (GraphName.DENOISER,),
    Network.VAE: (GraphName.VAE_ENCODER, GraphName.VAE_DECODER),
    Network.VOCODER: (GraphName.VOCODER,),
}


def networks_of(checkpoint: Checkpoint) -> list[Network]:
    """The networks that a checkpoint has."""
    return [network for network in Network if network is not Network.AUDIO_ENCODER or checkpoint.audio]


def _calibrated(checkpoint: Checkpoint, place: Workplace) -> Work[None]:
    """The ranges of all layers, in the workplace: every network's are found together."""
    if place.result(CALIBRATION) is None:
        ranges = yield from calibrate(checkpoint)
        with new_file(place.folder / RANGES, overwrite=True) as file:
            file.write(ranges.to_json().encode())
        place.finish(CALIBRATION, [f"../{RANGES}"])


def stage_of(network: str) -> str:
    """What the conversion of a network is called among a workplace's stages."""
    return f"convert {network}"


def graph_values(checkpoint: Checkpoint, precision: Precision) -> dict[str, Any]:
    """The manifest's ``graphs`` and ``torch`` of a converted checkpoint; files are called by their part."""
    networks = networks_of(checkpoint)
    graphs: dict[str, str | None] = dict.fromkeys(GraphName)
    graphs |= {graph: f"{graph}.onnx" for network in networks for graph in GRAPHS_OF[network]}
    if precision == "int8":
        return {"graphs": graphs, "torch": None}
    weights = {str(network): f"{network}.safetensors" for network in networks}
    return {"graphs": graphs, "torch": {"architecture": ARCHITECTURE, "weights": weights}}


def conversion_files(manifest: Manifest) -> dict[str, list[str]]:
    """The files of each network's conversion."""
    return {stage_of(network): sorted(_files_of(network, manifest)) for network in Network}


def _files_of(network: Network, manifest: Manifest) -> set[str]:
    graphs = {manifest.graphs[graph] for graph in GRAPHS_OF[network] if graph in manifest.graphs}
    return graphs | ({f"{network}.safetensors"} & manifest.files.keys())


def convert(checkpoint: Checkpoint, place: Workplace, precision: Precision) -> Work[None]:
    """Write what is not there yet into the workplace. Raises EngineError(BAD_BUNDLE or CANT_WRITE)."""
    missing = [n for n in networks_of(checkpoint) if place.result(stage_of(n)) is None]
    if missing:
        place.forget("verified")
        if precision == "int8":
            yield from _calibrated(checkpoint, place)
    yield from timed("converting", _written(checkpoint, place, precision, missing))
    if precision != "int8":
        write_sizes(checkpoint, place.bundle)


def _written(
    checkpoint: Checkpoint, place: Workplace, precision: Precision, missing: list[Network]
) -> Iterator[tuple[int, int]]:
    """(bytes of weights written, bytes to write), network by network."""
    sizes = [_weight_bytes(checkpoint, network) for network in missing]
    done = 0
    for network, size in zip(missing, sizes, strict=True):
        yield done, sum(sizes)
        place.finish(stage_of(network), _write(checkpoint, network, place, precision))
        done += size
    yield done, sum(sizes)


def _write(checkpoint: Checkpoint, network: Network, place: Workplace, precision: Precision) -> list[str]:
    """The names of a network's files, which were just made."""
    if precision == "fp32" or precision == "fp16":
        return write_float_network(checkpoint, network, place.bundle, precision)
    return write_integer_network(checkpoint, network, _ranges(place), place.bundle)


def _ranges(place: Workplace) -> Ranges:
    """What calibration saw."""
    return Ranges.from_json((place.folder / RANGES).read_text(encoding="utf-8"))


def _weight_bytes(checkpoint: Checkpoint, network: Network) -> int:
    return sum(weight.numel() * weight.element_size() for weight in checkpoint.weights[network].values())
