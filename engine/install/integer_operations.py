"""Networks written down as int8 graphs for CPUs (``Operations`` over values of a graph).

Convolutions and linear layers multiply bytes, with ranges from calibration; in between everything is
float, because ONNX Runtime's float operators take less time on these shapes than the precision is worth.
What was measured, on two cores with VNNI, is beside what it decided.
"""

from __future__ import annotations

import math

import numpy as np

from engine.install.integer_attention import IntegerAttention
from engine.install.integer_layers import END
from engine.install.integer_nodes import known
from engine.install.integer_value import Kind, Value
from engine.install.onnx_file import ELEMENTS, Dimension
from engine.install.quantise import quantise_weight
from engine.networks.operations import AttentionNames, Float32, Integers

LONGEST_PERIOD = 10000.0
# Softmax makes exactly zero of this.
MASKED = 1e9
# The ends of the networks stay float: they cost next to nothing, and their errors go straight in and out.
FLOAT_LAYERS = frozenset(
    {
        "conv_in",
        "conv_pre",
        "encoder.conv_in",
        "decoder.conv_in",
        "quant_conv",
        "post_quant_conv",
        "time_embedding.linear_1",
        "time_embedding.linear_2",
        "class_embedding",
        "text_model.pooler.dense",
        "text_projection.linear1",
        "text_projection.linear2",
        "audio_projection.linear1",
        "audio_projection.linear2",
        "audio_model.audio_encoder.patch_embed.proj",
    }
)
# A convolution to this few channels is one product for each place of the kernel, shifted and added up: its
# result is float and the products are few (VAE 128 to 1 channel: 2 ms instead of 10).
FEW_CHANNELS = 16


class IntegerOperations(IntegerAttention):
    """Adds nodes to ``graph``, and to ``stored`` the weights that they read."""

    # The border.
    def input(self, name: str, dtype: str, shape: tuple[Dimension, ...], kind: Kind = Kind.OTHER) -> Value:
        """What the caller gives; images with channels first."""
        given = self.graph.input(name, dtype, shape)
        if kind is Kind.IMAGE:
            return Value(kind, known(shape[1]), known(shape[3]), first=given)
        return Value(kind, known(shape[-1]) if isinstance(shape[-1], int) else 0, last=given)

    def output(self, x: Value, name: str, shape: tuple[Dimension, ...]) -> None:
        """What the caller gets, float32; images with channels first."""
        self.graph.output(self._float(x), name, "F32", shape)

    # Images.
    def conv2d(self, name: str, x: Value, *, stride: int = 1, padding: int = 0, pad_end: int = 0) -> Value:
        """A QLinearConv, or what suits the layer better."""
        out, into, rows, columns = self._weight(name).shape
        pads = (padding, padding, padding + pad_end, padding + pad_end)
        bands = ((x.bands or 1) + 2 * padding + pad_end - columns) // stride + 1
        if name in FLOAT_LAYERS:
            return self._float_conv(name, x, pads, stride, bands)
        if x.doubled is not None:
            return self._doubling_conv(name, x.doubled)
        if out <= FEW_CHANNELS and stride == 1 and pad_end == 0:
            return self._few_conv(name, x, padding, bands)
        if rows * columns == 1 and out == into:
            # Tokens go in and out of these: float all the way, no bytes in between.
            return Value(
                Kind.IMAGE, out, bands, last=self._product(name, x, self._weight(name)[:, :, 0, 0].T)
            )
        return self._conv(name, x, Kind.IMAGE, bands, strides=(stride, stride), pads=pads)

    def group_norm(self, name: str, x: Value, *, groups: int, eps: float, silu: bool) -> Value:
        """Each group as one channel of an InstanceNormalization; scale and shift as a BatchNormalization.

        Both are one pass over the data by all threads; GroupNormalization is eight nodes.
        """
        node, channels = self._node, x.channels
        rows = node("Reshape", self._first(x), self.graph.integers(0, groups, -1))
        normal = node("InstanceNormalization", rows, self._ones(groups), self._zeros(groups), epsilon=eps)
        image = node("Reshape", normal, self.graph.integers(0, channels, -1, x.bands))
        scale, shift = (self._store(f"{name}.{part}") for part in ("weight", "bias"))
        zeros, ones = self._zeros(channels), self._ones(channels)
        scaled = node("BatchNormalization", image, scale, shift, zeros, ones, epsilon=0.0)
        made = self._swish(scaled) if silu else scaled
        return Value(Kind.IMAGE, channels, x.bands, first=made, normalised=True)

    def add_vector(self, x: Value, vector: Value) -> Value:
        """A broadcast Add."""
        column = self._node("Unsqueeze", self._float(vector), self.graph.integers(2, 3))
        return self._image(x, self._node("Add", self._first(x), column))

    def upsample(self, x: Value) -> Value:
        """Nothing yet: the convolution that follows works on the small image."""
        return Value(Kind.IMAGE, x.channels, 2 * x.bands, doubled=x)

    def to_tokens(self, x: Value) -> Value:
        """Nothing yet: with channels last it is a Reshape."""
        return Value(Kind.TOKENS, x.channels, places=x)

    def to_image(self, tokens: Value, like: Value) -> Value:
        """A Reshape, channels last."""
        shape = self.graph.integers(0, -1, like.bands, tokens.channels)
        image = self._node("Reshape", self._last(tokens), shape)
        return Value(Kind.IMAGE, tokens.channels, like.bands, last=image)

    # Waves.
    def conv1d(self, name: str, x: Value, *, padding: int, dilation: int = 1) -> Value:
        """A QLinearConv over images of one row."""
        out = self._weight(name).shape[0]
        if name in FLOAT_LAYERS:
            return self._float_wave(name, x, padding)
        if out <= FEW_CHANNELS and dilation == 1:
            return self._few_conv(name, x, padding, 0)
        return self._conv(name, x, Kind.WAVE, 0, pads=(0, padding, 0, padding), dilations=(1, dilation))

    def conv_transpose1d(self, name: str, x: Value, *, stride: int, padding: int) -> Value:
        """A convolution that makes ``stride`` frames of each, as channels (Shi et al. 2016, section 3)."""
        weight = self._weight(name)  # (in, out, taps)
        into, out, taps = weight.shape
        reach = -(-taps // stride)
        padded = np.pad(weight, ((0, 0), (0, 0), (0, reach * stride - taps)))
        # Frame a * stride + b is the sum over j of x[a - j] weight[j * stride + b].
        phases = padded.reshape(into, out, reach, stride).transpose(3, 1, 0, 2)[..., ::-1]
        kernel = np.ascontiguousarray(phases.reshape(stride * out, into, 1, reach))
        last = reach * stride - taps + padding

        def arrange(name: str) -> str:
            frames = self._node("Reshape", name, self.graph.integers(0, 1, -1, out))
            return self._slice(frames, 2, padding, -last if last else END)

        return self._layer(
            name, x, Kind.WAVE, 0, kernel, pads=(0, reach - 1, 0, reach - 1), copies=stride, arrange=arrange
        )

    def standardise(self, mean: str, scale: str, x: Value) -> Value:
        """Sub and Div over the last axis."""
        less = self._node("Sub", self._float(x), self._store_as(mean, self._get(mean)))
        return self._other(x, self._node("Div", less, self._store_as(scale, self._get(scale))))

    def mel_to_wave(self, mel: Value) -> Value:
        """A row of its own for each."""
        row = self._node("Unsqueeze", self._float(mel), self.graph.integers(1))
        return Value(Kind.WAVE, mel.channels, last=row)

    def only_channel(self, x: Value) -> Value:
        """Without channel and row."""
        return Value(Kind.OTHER, 0, last=self._node("Squeeze", self._last(x), self.graph.integers(1, 3)))

    # Tokens and vectors.
    def linear(self, name: str, x: Value) -> Value:
        """A MatMulIntegerToFloat: the sums never become bytes."""
        weight = self._weight(name)
        if name in FLOAT_LAYERS:
            return self._as_last(x, len(weight), self._float_product(name, x))
        return self._as_last(x, len(weight), self._product(name, x, weight.T))

    def layer_norm(self, name: str, x: Value, *, eps: float) -> Value:
        """LayerNormalization."""
        scale, shift = (self._store(f"{name}.{part}") for part in ("weight", "bias"))
        normal = self._node("LayerNormalization", self._last(x), scale, shift, epsilon=eps, axis=-1)
        return self._as_last(x, x.channels, normal)

    def self_attention(
        self, names: AttentionNames, x: Value, *, heads: int, bias: Value | None = None
    ) -> Value:
        """Projections around products of bytes, or of floats where there is a bias."""
        query, key, value = (self.linear(name, x).last for name in (names.query, names.key, names.value))
        if bias is None:
            attended = self._attention(names, x, (query, key, value), heads)
        else:
            attended = self._biased_attention((query, key, value), heads, x.channels, bias.last)
        return self.linear(names.out, self._as_last(x, x.channels, attended))

    def geglu(self, name: str, x: Value) -> Value:
        """Two products, so that nothing needs to be split afterwards."""
        halves = np.split(self._weight(name), 2)
        kept, gate = (self._product(name, x, half.T, part=part) for part, half in enumerate(halves))
        return self._as_last(x, len(halves[0]), self._node("Mul", kept, self._node("Gelu", gate)))

    def sinusoid(self, timesteps: Value, *, width: int) -> Value:
        """Cos and Sin."""
        half = width // 2
        rates = np.exp(-math.log(LONGEST_PERIOD) * np.arange(half) / half).astype(np.float32)
        column = self._node("Unsqueeze", self._float(timesteps), self.graph.integers(1))
        angles = self._node("Mul", column, self.graph.constant(rates[None]))
        waves = [self._node(function, angles) for function in ("Cos", "Sin")]
        return Value(Kind.OTHER, width, last=self._node("Concat", *waves, axis=1))

    def first_token(self, x: Value) -> Value:
        """Gather."""
        first = self.graph.constant(np.array(0, np.int64))
        return Value(Kind.OTHER, x.channels, last=self._node("Gather", self._last(x), first, axis=1))

    def mean_token(self, x: Value) -> Value:
        """ReduceMean."""
        mean = self._node("ReduceMean", self._last(x), self.graph.integers(1), keepdims=0)
        return Value(Kind.OTHER, x.channels, last=mean)

    # Ids.
    def embed(self, name: str, ids: Value) -> Value:
        """Gather from a table of bytes, each row with a scale of its own."""
        table, scale = quantise_weight(self._weight(name), np.zeros(1, np.float32))
        rows = self._node("Gather", self._store_as(f"{name}.weight", table), self._float(ids), axis=0)
        column = self._store_as(f"{name}.scale", scale[:, None])
        scales = self._node("Gather", column, self._float(ids), axis=0)
        exact = self._node("Mul", self._node("Cast", rows, to=ELEMENTS["F32"]), scales)
        return Value(Kind.TOKENS, table.shape[1], last=exact)

    def positions(self, ids: Value, *, pad_id: int) -> Value:
        """The running number of ids that are not padding."""
        pad = self.graph.integers(pad_id)
        mask = self._node("Not", self._node("Equal", self._float(ids), pad))
        ones = self._node("Cast", mask, to=ELEMENTS["I64"])
        counted = self._node("CumSum", ones, self.graph.constant(np.array(1, np.int64)))
        return self._other(ids, self._node("Add", self._node("Mul", counted, ones), pad))

    def mask_bias(self, mask: Value) -> Value:
        """(mask - 1) times a large number."""
        exact = self._node("Cast", self._float(mask), to=ELEMENTS["F32"])
        less = self._node("Sub", exact, self._number(1.0))
        bias = self._node("Mul", less, self._number(MASKED))
        return Value(Kind.OTHER, 0, last=self._node("Unsqueeze", bias, self.graph.integers(1, 2)))

    # Arrays.
    def constant(self, values: Float32) -> Value:
        """A constant in the graph's own file."""
        return Value(Kind.OTHER, values.shape[-1], last=self.graph.constant(values))

    def rows(self, key: str, index: Integers) -> Value:
        """The rows themselves."""
        return self.constant(np.ascontiguousarray(self._get(key)[index]))

    def reshape(self, x: Value, shape: tuple[int, ...]) -> Value:
        """Reshape."""
        channels = max(shape[-1], 0)
        return Value(
            Kind.OTHER, channels, last=self._node("Reshape", self._float(x), self.graph.integers(*shape))
        )

    def transpose(self, x: Value, axes: tuple[int, ...]) -> Value:
        """Transpose."""
        return Value(Kind.OTHER, 0, last=self._node("Transpose", self._float(x), perm=axes))

    def take(self, x: Value, index: Integers, *, axis: int) -> Value:
        """Gather."""
        places = self.graph.constant(index.astype(np.int64))
        return Value(x.kind, x.channels, last=self._node("Gather", self._float(x), places, axis=axis))

    def repeat_like(self, x: Value, like: Value) -> Value:
        """Tile, as often as the other's first axis says."""
        own, wanted = (self._node("Shape", self._float(v), start=0, end=1) for v in (x, like))
        others = self._node("Shape", self._float(x), start=1)
        ones = self._node("Div", others, others)
        repeats = self._node("Concat", self._node("Div", wanted, own), ones, axis=0)
        return self._other(x, self._node("Tile", self._float(x), repeats))

    def batch_norm(self, name: str, x: Value, *, eps: float) -> Value:
        """One Mul and one Add, worked out beforehand."""
        scale, shift, mean, variance = (
            self._get(f"{name}.{part}") for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = scale / np.sqrt(variance + np.float32(eps))
        scaled = self._node("Mul", self._float(x), self.graph.constant(gain))
        return self._other(x, self._node("Add", scaled, self.graph.constant(shift - mean * gain)))

    # Anything.
    def add(self, a: Value, b: Value) -> Value:
        """Add, in float."""
        if a.kind is Kind.IMAGE:
            return self._image(a, self._node("Add", self._first(a), self._first(b)))
        if a.kind is Kind.WAVE or a.kind is Kind.TOKENS:
            return self._as_last(a, a.channels, self._node("Add", self._last(a), self._last(b)))
        return self._other(a, self._node("Add", self._float(a), self._float(b)))

    def multiply(self, a: Value, b: Value) -> Value:
        """Mul, in float."""
        return Value(a.kind, a.channels, last=self._node("Mul", self._float(a), self._float(b)))

    def concat(self, a: Value, b: Value) -> Value:
        """Concat along axis 1, in float."""
        channels = a.channels + b.channels
        if a.kind is Kind.IMAGE:
            joined = self._node("Concat", self._first(a), self._first(b), axis=1)
            return Value(Kind.IMAGE, channels, a.bands, first=joined)
        return Value(a.kind, channels, last=self._node("Concat", self._float(a), self._float(b), axis=1))

    def scale(self, x: Value, factor: float) -> Value:
        """Mul by a number."""
        return self._same(x, lambda name: self._node("Mul", name, self._number(factor)))

    def silu(self, x: Value) -> Value:
        """x * sigmoid(x)."""
        return self._same(x, self._swish)

    def gelu(self, x: Value) -> Value:
        """Gelu."""
        return self._same(x, lambda name: self._node("Gelu", name))

    def relu(self, x: Value) -> Value:
        """Relu."""
        return self._same(x, lambda name: self._node("Relu", name))

    def tanh(self, x: Value) -> Value:
        """Tanh."""
        return self._same(x, lambda name: self._node("Tanh", name))

    def leaky_relu(self, x: Value, *, slope: float) -> Value:
        """Nothing yet: of bytes it is a table of 256 entries."""
        return Value(x.kind, x.channels, x.bands, leaky=(x, slope))
