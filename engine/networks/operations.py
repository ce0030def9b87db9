"""What AudioLDM's networks are written in: each network is one function over these operations.

The same function runs (``TorchOperations``), is watched while it runs (calibration), and is written
down as an ONNX graph in float or in int8. So there is one definition of every network, and what is
converted is what was compared with the published implementation.

Shapes are logical; how an implementation keeps them in memory is its own affair:

- image:  (batch, channels, time, bands)
- tokens: (batch, tokens, width)
- vector: (batch, width)
- wave:   (batch, channels, frames)
- ids:    (batch, tokens), whole numbers
- array:  any shape; what ``reshape``, ``transpose``, ``take`` and ``repeat_like`` take and give, its
  axes in the order that is written here

``name`` is the key of the layer's weights without ``.weight`` and ``.bias``; a layer has a bias if the
checkpoint has one for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

V = TypeVar("V")
Float32 = NDArray[np.float32]
Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class AttentionNames:
    """The four projections of one attention layer."""

    query: str
    key: str
    value: str
    out: str


class Operations(Protocol[V]):
    """The arithmetic of a network over values of type V."""

    # Images.
    def conv2d(self, name: str, x: V, *, stride: int = 1, padding: int = 0, pad_end: int = 0) -> V:
        """Convolution of an image; ``padding`` zeros on all sides, or ``pad_end`` after time and bands."""

    def group_norm(self, name: str, x: V, *, groups: int, eps: float, silu: bool) -> V:
        """Group normalisation with the layer's scale and shift, then SiLU if ``silu``."""

    def add_vector(self, x: V, vector: V) -> V:
        """A vector (batch, channels) added at every place of an image."""

    def upsample(self, x: V) -> V:
        """Each place of an image four times: twice as long, twice as many bands."""

    def to_tokens(self, x: V) -> V:
        """An image's places as tokens, time first: (batch, time * bands, channels)."""

    def to_image(self, tokens: V, like: V) -> V:
        """The inverse of ``to_tokens`` for an image of the size of ``like``."""

    # Waves.
    def conv1d(self, name: str, x: V, *, padding: int, dilation: int = 1) -> V:
        """Convolution along time."""

    def conv_transpose1d(self, name: str, x: V, *, stride: int, padding: int) -> V:
        """Transposed convolution along time: frames -> (frames - 1) * stride - 2 * padding + kernel."""

    def standardise(self, mean: str, scale: str, x: V) -> V:
        """(x - mean) / scale over the last axis; ``mean`` and ``scale`` are the whole names of two vectors of
        the checkpoint."""

    def mel_to_wave(self, mel: V) -> V:
        """(batch, mel_frames, n_mels) -> (batch, n_mels, mel_frames)."""

    def only_channel(self, x: V) -> V:
        """(batch, 1, frames) -> (batch, frames)."""

    # Tokens and vectors.
    def linear(self, name: str, x: V) -> V:
        """x @ weight.T + bias over the last axis."""

    def layer_norm(self, name: str, x: V, *, eps: float) -> V:
        """Layer normalisation over the last axis."""

    def self_attention(self, names: AttentionNames, x: V, *, heads: int, bias: V | None = None) -> V:
        """Projections, scaled dot-product attention of tokens with each other, and the output projection.

        ``bias`` is added to the scores, (batch or 1, heads or 1, tokens or 1, tokens). Where
        ``bias`` is None, no implementation may keep the whole (tokens, tokens) scores of a VAE's one head:
        it has 4096 tokens at ten seconds.
        """

    def geglu(self, name: str, x: V) -> V:
        """One linear layer to twice the width; its first half times the GELU of the second."""

    def sinusoid(self, timesteps: V, *, width: int) -> V:
        """(batch,) -> (batch, width): cosines, then sines, of periods 2 pi to 2 pi 10000."""

    def first_token(self, x: V) -> V:
        """(batch, tokens, width) -> (batch, width)."""

    def mean_token(self, x: V) -> V:
        """The mean over all tokens: (batch, tokens, width) -> (batch, width)."""

    # Ids.
    def embed(self, name: str, ids: V) -> V:
        """Rows of the layer's table: (batch, tokens) -> (batch, tokens, width)."""

    def positions(self, ids: V, *, pad_id: int) -> V:
        """RoBERTa's places, as ids: pad_id + 1 for the first token, and so on; padding has pad_id itself."""

    def mask_bias(self, mask: V) -> V:
        """Ids of 1 and 0 -> (batch, 1, 1, tokens): 0, or so little that softmax makes nothing of it."""

    # Arrays.
    def constant(self, values: Float32) -> V:
        """These numbers."""

    def rows(self, key: str, index: Integers) -> V:
        """Rows of a table of the checkpoint: (rows, width) -> (*index.shape, width). ``key`` is its whole
        name. All is known beforehand, so that a graph may hold the result."""

    def reshape(self, x: V, shape: tuple[int, ...]) -> V:
        """The same numbers in the same order; one length may be -1: what is left."""

    def transpose(self, x: V, axes: tuple[int, ...]) -> V:
        """Axis ``axes[n]`` becomes axis n."""

    def take(self, x: V, index: Integers, *, axis: int) -> V:
        """Entries along an axis, in the order of ``index`` (one-dimensional, none negative)."""

    def repeat_like(self, x: V, like: V) -> V:
        """x again and again along axis 0, until it has as many entries as ``like``: a multiple."""

    def batch_norm(self, name: str, x: V, *, eps: float) -> V:
        """Batch normalisation of the last axis by the layer's running mean and variance."""

    # Anything.
    def add(self, a: V, b: V) -> V:
        """Elementwise sum. One shape, or shapes that broadcast, where both are tokens, vectors or arrays."""

    def multiply(self, a: V, b: V) -> V:
        """Elementwise product of tokens, vectors or arrays whose shapes are one or broadcast."""

    def concat(self, a: V, b: V) -> V:
        """Two images or two vectors joined along axis 1."""

    def scale(self, x: V, factor: float) -> V:
        """x times a number."""

    def silu(self, x: V) -> V:
        """x * sigmoid(x)."""

    def gelu(self, x: V) -> V:
        """The exact GELU, by the error function."""

    def relu(self, x: V) -> V:
        """max(x, 0)."""

    def tanh(self, x: V) -> V:
        """The hyperbolic tangent."""

    def leaky_relu(self, x: V, *, slope: float) -> V:
        """x where positive, else slope * x."""
