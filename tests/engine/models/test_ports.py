"""Inputs and outputs of a graph, held against what the engine will feed and read."""

from __future__ import annotations

import pytest

from engine.models.graph_file import Dimension, GraphFile, TensorType
from engine.models.ports import ANY_FIXED, Ports, complaints, embedding_width

WANTED = Ports(
    inputs={"mel": TensorType("float32", ("batch", "mel_frames", 64))},
    outputs={"waveform": TensorType("float32", ("batch", "frames"))},
    optional_inputs={"noise": TensorType("float32", ("batch", "mel_frames", ANY_FIXED))},
)


def graph(
    mel: tuple[Dimension, ...] | None = ("n", "t", 64),
    waveform: tuple[Dimension, ...] | None = ("n", "s"),
    **more: tuple[Dimension, ...],
) -> GraphFile:
    """A vocoder of some shapes."""
    inputs = {name: TensorType("float32", shape) for name, shape in {"mel": mel, **more}.items()}
    return GraphFile(inputs, {"waveform": TensorType("float32", waveform)}, frozenset())


@pytest.mark.parametrize(
    "found",
    [
        graph(),
        graph(mel=("?", "?", 64)),
        graph(noise=("n", "t", 7)),
        graph(waveform=None),
        graph(waveform=("?", "?")),
    ],
)
def test_what_fits_is_accepted(found: GraphFile) -> None:
    """Names of free dimensions don't matter, and outputs may leave their shape open."""
    assert list(complaints(found, WANTED)) == []


@pytest.mark.parametrize(
    "found",
    [
        graph(mel=("n", "t")),
        graph(mel=("n", 1, "t", 64)),
        graph(mel=("n", "t", 80)),
        graph(mel=("n", "t", "bands")),
        graph(mel=(1, "t", 64)),
        graph(mel=None),
        graph(waveform=("n", 1, "s")),
        graph(waveform=("n", 160)),
        graph(noise=("n", "t", "k")),
        graph(pitch=("n",)),
    ],
)
def test_what_does_not_fit_is_one_complaint(found: GraphFile) -> None:
    """Another rank, another number, a fixed length or an open width is told once."""
    assert len(list(complaints(found, WANTED))) == 1


def test_a_complaint_has_both_shapes() -> None:
    """Who converts a model sees what there is and what there must be."""
    (complaint,) = complaints(graph(mel=("n", "t", 80)), WANTED)
    assert complaint == 'has an input "mel" of float32 (n, t, 80), it must be float32 (batch, mel_frames, 64)'


@pytest.mark.parametrize(
    ("shape", "width"), [(("b", 384), 384), (("b", "d"), ANY_FIXED), ((384,), ANY_FIXED), (None, ANY_FIXED)]
)
def test_the_text_encoder_decides_the_width(shape: tuple[Dimension, ...] | None, width: Dimension) -> None:
    """A text vector is as wide as the text encoder says, if it says so."""
    encoder = GraphFile({}, {"text_embeds": TensorType("float32", shape)}, frozenset())
    assert embedding_width(encoder) == width
