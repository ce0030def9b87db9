"""The embedded model's text tower: published BERT sentence-encoder weights -> one small ONNX graph.

The graph is written node by node from the weights, with the mean over the unmasked tokens inside,
so that neither torch nor transformers is needed and nothing of an exporter's taste ends up in it.
Matrices and tables are stored as int8 with one scale per output channel (per row for tables) and
dequantised while the graph runs: activations stay float32. Dynamic quantisation of activations is
as small and a little faster, but it scales them over the whole batch, which makes a prompt's
embedding depend on its neighbours and on the processor's int8 instructions.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = dict[str, NDArray[np.float32]]

OPSET = 17
IR_VERSION = 8  # the newest that every runtime which knows this opset can read
INT8_PEAK = 127.0
TINY = 1e-12  # keeps a row or column of zeros from dividing by zero
# Added to the scores of padding. A finite number keeps a fully padded row free of NaN.
MASKED = -1e4
_SAFETENSORS_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}


@dataclass(frozen=True)
class BertShape:
    """The numbers of a BERT encoder that its weights don't tell."""

    layers: int
    heads: int
    layer_norm_epsilon: float
    max_tokens: int

    @classmethod
    def read(cls, folder: Path) -> BertShape:
        """From ``config.json`` and, for the longest input it was tuned on, ``sentence_bert_config.json``."""
        config = json.loads((folder / "config.json").read_text())
        sentence = json.loads((folder / "sentence_bert_config.json").read_text())
        return cls(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            layer_norm_epsilon=config["layer_norm_eps"],
            max_tokens=sentence["max_seq_length"],
        )


def read_safetensors(path: Path) -> Weights:
    """Every tensor of a safetensors file: eight bytes of header length, a JSON header, raw values."""
    content = path.read_bytes()
    (header_length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + header_length])
    header.pop("__metadata__", None)
    values = memoryview(content)[8 + header_length :]
    return {name: _tensor(values, entry) for name, entry in header.items()}


def _tensor(values: memoryview, entry: dict[str, list[int]]) -> NDArray[np.float32]:
    first, end = entry["data_offsets"]
    kind = _SAFETENSORS_TYPES[str(entry["dtype"])]
    return np.frombuffer(values[first:end], kind).reshape(entry["shape"]).astype(np.float32)


def quantise_rows(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric int8 and the scale of each row: ``matrix`` is about ``int8 * scale[:, None]``."""
    scale = np.maximum(np.abs(matrix).max(axis=1), TINY) / INT8_PEAK
    values = np.rint(matrix / scale[:, None]).astype(np.int8)
    return values, scale.astype(np.float32)


@dataclass
class GraphWriter:
    """Nodes and constants in the order they are written; each call returns its output's name."""

    quantised: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """One operator with one output."""
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """A stored array."""
        self.constants.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def scalar(self, name: str, value: float) -> str:
        """A stored float32."""
        return self.constant(name, np.array(value, np.float32))

    def integers(self, name: str, *values: int) -> str:
        """A stored row of int64: an axis, a shape, a bound."""
        return self.constant(name, np.array(values, np.int64))

    def linear(self, state: str, name: str, weights: Weights) -> str:
        """``state @ weight.T + bias`` for a weight stored (out, in)."""
        matrix = weights[f"{name}.weight"]
        if self.quantised:
            product = self._quantised_product(state, name, matrix)
        else:
            product = self.node("MatMul", state, self.constant(f"{name}.weight", matrix.T))
        return self.node("Add", product, self.constant(f"{name}.bias", weights[f"{name}.bias"]))

    def _quantised_product(self, state: str, name: str, matrix: NDArray[np.float32]) -> str:
        """The product with the columns evened out first, because one loud column costs its whole row.

        ``state @ matrix.T`` is ``(state * level) @ (matrix / level).T``.
        """
        level = np.sqrt(np.square(matrix).mean(axis=0) + TINY)
        values, scale = quantise_rows(matrix / level)
        stored = self.constant(f"{name}.weight", values.T)
        operand = self.node("DequantizeLinear", stored, self.constant(f"{name}.scale", scale), axis=1)
        levelled = self.node("Mul", state, self.constant(f"{name}.level", level.astype(np.float32)))
        return self.node("MatMul", levelled, operand)

    def rows(self, name: str, table: NDArray[np.float32], indices: str) -> str:
        """The rows of a table at ``indices``, dequantised after they were picked."""
        if not self.quantised:
            return self.node("Gather", self.constant(name, table), indices, axis=0)
        values, scale = quantise_rows(table)
        picked = self.node("Gather", self.constant(name, values), indices, axis=0)
        scales = self.node("Gather", self.constant(f"{name}.scale", scale[:, None]), indices, axis=0)
        return self.node("Mul", self.node("Cast", picked, to=TensorProto.FLOAT), scales)

    def layer_norm(self, state: str, name: str, weights: Weights, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        gain = self.constant(f"{name}.weight", weights[f"{name}.weight"])
        offset = self.constant(f"{name}.bias", weights[f"{name}.bias"])
        return self.node("LayerNormalization", state, gain, offset, axis=-1, epsilon=epsilon)


def _embed(graph: GraphWriter, weights: Weights, epsilon: float) -> str:
    """input_ids (batch, tokens) -> (batch, tokens, width): word + position + the only token type in use."""
    positions = weights["embeddings.position_embeddings.weight"]
    positions = positions + weights["embeddings.token_type_embeddings.weight"][0]
    tokens = graph.node("Shape", "input_ids", start=1, end=2)
    count = graph.node("Squeeze", tokens)
    steps = graph.node(
        "Range",
        graph.constant("zero", np.array(0, np.int64)),
        count,
        graph.constant("one", np.array(1, np.int64)),
    )
    words = graph.rows("words", weights["embeddings.word_embeddings.weight"], "input_ids")
    total = graph.node("Add", words, graph.rows("positions", positions, steps))
    return graph.layer_norm(total, "embeddings.LayerNorm", weights, epsilon)


def _mask_bias(graph: GraphWriter) -> str:
    """attention_mask (batch, tokens) -> (batch, 1, 1, tokens): 0 to keep, MASKED to ignore."""
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    inverse = graph.node("Sub", graph.scalar("unit", 1.0), mask)
    bias = graph.node("Mul", inverse, graph.scalar("masked", MASKED))
    return graph.node("Unsqueeze", bias, graph.integers("mask_axes", 1, 2))


def _attention(
    graph: GraphWriter, state: str, bias: str, name: str, weights: Weights, shape: BertShape
) -> str:
    """Multi-head self-attention, its output projection included."""
    width = weights[f"{name}.self.query.weight"].shape[0]
    split = graph.integers(f"{name}.split", 0, 0, shape.heads, width // shape.heads)

    def heads(part: str, order: list[int]) -> str:
        flat = graph.linear(state, f"{name}.self.{part}", weights)
        return graph.node("Transpose", graph.node("Reshape", flat, split), perm=order)

    query, value = heads("query", [0, 2, 1, 3]), heads("value", [0, 2, 1, 3])
    scores = graph.node("MatMul", query, heads("key", [0, 2, 3, 1]))
    scale = graph.scalar(f"{name}.scale", (width // shape.heads) ** -0.5)
    scores = graph.node("Add", graph.node("Mul", scores, scale), bias)
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)
    joined = graph.node("Transpose", mixed, perm=[0, 2, 1, 3])
    joined = graph.node("Reshape", joined, graph.integers(f"{name}.join", 0, 0, width))
    return graph.linear(joined, f"{name}.output.dense", weights)


def _gelu(graph: GraphWriter, state: str, name: str) -> str:
    """The exact Gaussian error linear unit."""
    root = graph.scalar(f"{name}.root", 2.0**0.5)
    half = graph.scalar(f"{name}.half", 0.5)
    unit = graph.scalar(f"{name}.unit", 1.0)
    gate = graph.node("Add", graph.node("Erf", graph.node("Div", state, root)), unit)
    return graph.node("Mul", graph.node("Mul", state, gate), half)


def _layer(graph: GraphWriter, state: str, bias: str, name: str, weights: Weights, shape: BertShape) -> str:
    """One encoder layer: attention and a feed-forward network, each added and normalised."""
    attended = _attention(graph, state, bias, f"{name}.attention", weights, shape)
    added = graph.node("Add", state, attended)
    state = graph.layer_norm(added, f"{name}.attention.output.LayerNorm", weights, shape.layer_norm_epsilon)
    inner = graph.linear(state, f"{name}.intermediate.dense", weights)
    outer = graph.linear(_gelu(graph, inner, f"{name}.gelu"), f"{name}.output.dense", weights)
    added = graph.node("Add", state, outer)
    return graph.layer_norm(added, f"{name}.output.LayerNorm", weights, shape.layer_norm_epsilon)


def _mean_over_tokens(graph: GraphWriter, state: str) -> None:
    """(batch, tokens, width) -> text_embeds (batch, width), the mean over what the mask keeps."""
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    weight = graph.node("Unsqueeze", mask, graph.integers("pool_axis", 2))
    axis = graph.integers("token_axis", 1)
    total = graph.node("ReduceSum", graph.node("Mul", state, weight), axis, keepdims=0)
    count = graph.node("ReduceSum", weight, axis, keepdims=0)
    count = graph.node("Max", count, graph.scalar("least_count", 1e-9))
    graph.nodes.append(helper.make_node("Div", [total, count], ["text_embeds"]))


def build_text_encoder(weights: Weights, shape: BertShape, quantised: bool = True) -> onnx.ModelProto:
    """input_ids, attention_mask int64 (batch, tokens) -> text_embeds (batch, width), not normalised."""
    graph = GraphWriter(quantised)
    state = _embed(graph, weights, shape.layer_norm_epsilon)
    bias = _mask_bias(graph)
    for layer in range(shape.layers):
        state = _layer(graph, state, bias, f"encoder.layer.{layer}", weights, shape)
    _mean_over_tokens(graph, state)
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ["batch", width])
    content = helper.make_graph(graph.nodes, "text_encoder", inputs, [output], graph.constants)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(content, opset_imports=opset, ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model


def export_text_tower(source: Path, folder: Path, quantised: bool = True) -> BertShape:
    """Write ``text_encoder.onnx`` and ``tokenizer.json`` from a published sentence-encoder folder.

    source: ``model.safetensors``, ``config.json``, ``sentence_bert_config.json``, ``tokenizer.json``.
    The tokenizer is copied byte for byte; the engine sets truncation and padding from the manifest.
    """
    shape = BertShape.read(source)
    model = build_text_encoder(read_safetensors(source / "model.safetensors"), shape, quantised)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "text_encoder.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
    return shape
