"""The text tower's export, with a plain NumPy encoder as its oracle."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from engine.training.text_tower import (
    BertShape,
    Weights,
    build_text_encoder,
    export_text_tower,
    quantise_rows,
    read_safetensors,
)

WIDTH, INNER, VOCABULARY, PLACES = 24, 48, 50, 16
SHAPE = BertShape(layers=2, heads=3, layer_norm_epsilon=1e-12, max_tokens=PLACES)
IDS = np.array([[2, 7, 9, 3, 0, 0], [2, 11, 12, 13, 14, 3]])
MASK = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]])
# Measured on the published weights: the worst of fifty prompts.
WORST_COSINE = 0.998


def random_weights() -> Weights:
    """A BERT of two narrow layers, loud enough that attention and the network inside matter."""
    rng = np.random.default_rng(0)
    weights: Weights = {}

    def matrix(name: str, rows: int, columns: int) -> None:
        weights[f"{name}.weight"] = rng.normal(size=(rows, columns)).astype(np.float32) / columns**0.5

    def linear(name: str, rows: int, columns: int) -> None:
        matrix(name, rows, columns)
        weights[f"{name}.bias"] = rng.normal(size=rows).astype(np.float32) * 0.1

    def norm(name: str) -> None:
        weights[f"{name}.weight"] = rng.uniform(0.5, 1.5, WIDTH).astype(np.float32)
        weights[f"{name}.bias"] = rng.normal(size=WIDTH).astype(np.float32) * 0.1

    for table, rows in (("word", VOCABULARY), ("position", PLACES), ("token_type", 2)):
        matrix(f"embeddings.{table}_embeddings", rows, WIDTH)
    norm("embeddings.LayerNorm")
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            linear(f"{name}.attention.{part}", WIDTH, WIDTH)
        norm(f"{name}.attention.output.LayerNorm")
        linear(f"{name}.intermediate.dense", INNER, WIDTH)
        linear(f"{name}.output.dense", WIDTH, INNER)
        norm(f"{name}.output.LayerNorm")
    return weights


def expected_vector(weights: Weights, ids: np.ndarray) -> np.ndarray:
    """The mean token of one prompt without padding, computed the long way in float64."""
    erf = np.vectorize(math.erf)

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T.astype(np.float64) + weights[f"{name}.bias"]

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        return centred / x.std(-1, keepdims=True) * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    table = {
        part: weights[f"embeddings.{part}_embeddings.weight"] for part in ("word", "position", "token_type")
    }
    x = norm(
        table["word"][ids] + table["position"][: len(ids)] + table["token_type"][0], "embeddings.LayerNorm"
    )
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, f"{name}.attention.self.{part}").reshape(len(ids), SHAPE.heads, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = np.exp(q @ k.swapaxes(1, 2) / (WIDTH / SHAPE.heads) ** 0.5)
        mixed = (scores / scores.sum(-1, keepdims=True) @ v).swapaxes(0, 1).reshape(len(ids), WIDTH)
        x = norm(x + linear(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1.0 + erf(inner / 2.0**0.5))
        x = norm(x + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return x.mean(0)


def run(model: bytes | str) -> np.ndarray:
    """The vectors of the two test prompts."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (vectors,) = session.run(["text_embeds"], {"input_ids": IDS, "attention_mask": MASK})
    return vectors


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """How far two directions agree."""
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_graph_is_a_bert() -> None:
    """In float32 the graph computes what the architecture says, padding left out."""
    weights = random_weights()
    vectors = run(build_text_encoder(weights, SHAPE, quantised=False).SerializeToString())
    for vector, ids, mask in zip(vectors, IDS, MASK, strict=True):
        assert np.abs(vector - expected_vector(weights, ids[mask == 1])).max() < 1e-5


def test_quantised_vectors_point_the_same_way() -> None:
    """Eight bits for the weights cost little."""
    weights = random_weights()
    vectors = run(build_text_encoder(weights, SHAPE).SerializeToString())
    for vector, ids, mask in zip(vectors, IDS, MASK, strict=True):
        assert cosine(vector, expected_vector(weights, ids[mask == 1])) > WORST_COSINE


def test_a_loud_column_does_not_cost_the_others() -> None:
    """Columns are evened out before rounding, which is what keeps published weights accurate."""
    weights = random_weights()
    for layer in range(SHAPE.layers):
        weights[f"encoder.layer.{layer}.output.dense.weight"][:, 5] *= 100.0
        weights[f"encoder.layer.{layer}.intermediate.dense.weight"][5] *= 0.0
        weights[f"encoder.layer.{layer}.intermediate.dense.bias"][5] = 1e-3
    vectors = run(build_text_encoder(weights, SHAPE).SerializeToString())
    assert cosine(vectors[1], expected_vector(weights, IDS[1])) > WORST_COSINE


def test_rows_of_zeros_are_quantised() -> None:
    """A row without any weight has a scale, too."""
    values, scale = quantise_rows(np.array([[0.0, 0.0], [1.0, -2.0]], np.float32))
    assert values.tolist() == [[0, 0], [64, -127]]
    assert np.isfinite(scale).all()


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder as sentence encoders are published."""
    weights, offset, header = random_weights(), 0, {}
    for name, values in weights.items():
        header[name] = {
            "dtype": "F32",
            "shape": values.shape,
            "data_offsets": [offset, offset + values.nbytes],
        }
        offset += values.nbytes
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    content = b"".join(values.tobytes() for values in weights.values())
    (tmp_path / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + content)
    config = {"num_hidden_layers": 2, "num_attention_heads": 3, "layer_norm_eps": 1e-12}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": PLACES}))
    (tmp_path / "tokenizer.json").write_text("{}")
    return tmp_path


def test_safetensors_are_read(published: Path) -> None:
    """Every tensor of the file comes back under its name."""
    found, expected = read_safetensors(published / "model.safetensors"), random_weights()
    assert list(found) == list(expected)
    assert all((found[name] == expected[name]).all() for name in expected)


def test_the_export_is_small_and_repeatable(published: Path, tmp_path: Path) -> None:
    """The same weights give the same bytes, fewer than float32's, with the tokenizer as it was."""
    assert export_text_tower(published, tmp_path / "one") == SHAPE
    export_text_tower(published, tmp_path / "other")
    export_text_tower(published, tmp_path / "plain", quantised=False)
    graphs = [tmp_path / name / "text_encoder.onnx" for name in ("one", "other", "plain")]
    assert graphs[0].read_bytes() == graphs[1].read_bytes()
    assert graphs[0].stat().st_size < graphs[2].stat().st_size
    assert (tmp_path / "one" / "tokenizer.json").read_text() == "{}"
    assert run(str(graphs[0])).shape == (2, WIDTH)
