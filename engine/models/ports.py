"""The inputs and outputs that each graph of a bundle must have, with their shapes from the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.models.graph_file import Dimension, GraphFile, TensorType
from engine.models.interface import ModelSpecification
from engine.models.manifest import GraphName

# A dimension that must be a number in the file, whichever.
ANY_FIXED = "any number"


@dataclass(frozen=True)
class Ports:
    """What a graph takes and gives. Names stand for dimensions that must be free."""

    inputs: Mapping[str, TensorType]
    outputs: Mapping[str, TensorType]
    optional_inputs: Mapping[str, TensorType]


def _floats(*shape: Dimension) -> TensorType:
    return TensorType("float32", shape)


def _ports(
    inputs: Mapping[str, TensorType],
    outputs: Mapping[str, TensorType],
    optional: Mapping[str, TensorType] | None = None,
) -> Ports:
    return Ports(inputs, outputs, optional or {})


def required_ports(specification: ModelSpecification, embedding: Dimension) -> Mapping[GraphName, Ports]:
    """The interfaces. ``embedding`` is the width of a text vector, which the text encoder decides."""
    latents = specification.latents
    n_mels = specification.mel.n_mels
    bands = n_mels // latents.band_factor
    mel = _floats("batch", 1, "mel_frames", n_mels)
    noisy = _floats("batch", latents.channels, "latent_frames", bands)
    tokens = TensorType("int64", ("batch", "tokens"))
    moments = _floats("batch", 2 * latents.channels, "latent_frames", bands)
    denoiser = _ports(
        {"latents": noisy, "timesteps": _floats("batch"), "condition": _floats("batch", embedding)},
        {"prediction": noisy},
        {"sounding_seconds": _floats("batch")},
    )
    ports = {
        GraphName.TEXT_ENCODER: _ports(
            {"input_ids": tokens, "attention_mask": tokens}, {"text_embeds": _floats("batch", embedding)}
        ),
        GraphName.VAE_ENCODER: _ports({"mel": mel}, {"moments": moments}),
        GraphName.VAE_DECODER: _ports({"latents": noisy}, {"mel": mel}),
        GraphName.DENOISER: denoiser,
        GraphName.VOCODER: _ports(
            {"mel": _floats("batch", "mel_frames", n_mels)},
            {"waveform": _floats("batch", "frames")},
            {"noise": _floats("batch", "mel_frames", ANY_FIXED)},
        ),
    }
    ranking = specification.ranking
    if ranking is not None:
        heard = _floats("batch", 1, ranking.mel_frames, ranking.n_mels)
        ports[GraphName.AUDIO_ENCODER] = _ports(
            {"log_mel": heard}, {"audio_embeds": _floats("batch", embedding)}
        )
    if specification.student is not None:
        ports[GraphName.STUDENT] = denoiser
    return ports


def embedding_width(text_encoder: GraphFile) -> Dimension:
    """The width of a text vector, or ANY_FIXED if the graph doesn't tell (which is then a complaint)."""
    output = text_encoder.outputs.get("text_embeds")
    if output is None or output.shape is None or len(output.shape) != 2 or isinstance(output.shape[1], str):
        return ANY_FIXED
    return output.shape[1]


def complaints(graph: GraphFile, ports: Ports) -> Iterator[str]:
    """What is wrong with a graph's inputs and outputs, a clause for each."""
    known = {**ports.inputs, **ports.optional_inputs}
    for name in graph.inputs.keys() - known.keys():
        yield f'has an input "{name}" that nothing feeds'
    for name, wanted in known.items():
        if name in graph.inputs:
            yield from _differences(f'input "{name}"', graph.inputs[name], wanted, strict=True)
        elif name in ports.inputs:
            yield f'has no input "{name}"'
    for name, wanted in ports.outputs.items():
        if name in graph.outputs:
            yield from _differences(f'output "{name}"', graph.outputs[name], wanted, strict=False)
        else:
            yield f'has no output "{name}"'


def _differences(name: str, found: TensorType, wanted: TensorType, strict: bool) -> Iterator[str]:
    if found.element != wanted.element or not _fits(found.shape, wanted.shape, strict):
        yield f"has an {name} of {found}, it must be {wanted}"


def _fits(found: tuple[Dimension, ...] | None, wanted: tuple[Dimension, ...] | None, strict: bool) -> bool:
    """Whether a shape will do. Outputs (not ``strict``) may leave open what no shape inference could tell."""
    if found is None or wanted is None:
        return not strict
    if len(found) != len(wanted):
        return False
    return all(_dimension_fits(have, want, strict) for have, want in zip(found, wanted, strict=True))


def _dimension_fits(found: Dimension, wanted: Dimension, strict: bool) -> bool:
    if wanted == ANY_FIXED:
        return isinstance(found, int)
    if isinstance(found, str):
        return isinstance(wanted, str) or not strict
    return found == wanted
