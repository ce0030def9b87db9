"""What a manifest may say, and how it is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.models.interface import Lengths
from engine.models.manifest import SAMPLERS, GraphName, parse_manifest
from engine.models.provenance import Training
from engine.protocol.requests import Sampler
from tests.bundles import MANIFEST

# Everything that may be null is there.
OPTIONAL: dict[str, Any] = {
    "graphs": {**MANIFEST["graphs"], "audio_encoder": "audio_encoder.onnx", "student": "student.onnx"},
    "student": {"sampler": "ddim", "steps": 3, "guidance": 1.0, "guidance_low": 0.0},
    "lengths": {"weights": [0.5, -1, 0.25], "offset": 0.3, "spread": 0.8},
    "ranking": {
        "sample_rate": 48_000,
        "n_fft": 1024,
        "hop_length": 480,
        "n_mels": 64,
        "f_min": 50.0,
        "f_max": 14_000.0,
        "seconds": 10.0,
    },
    "provenance": {
        "repository": "cvssp/audioldm-s-full-v2",
        "revision": "0123abc",
        "layout": "diffusers",
        "weights": "plain",
        "heads": "original",
        "audio_tower": "",
    },
    "measured": {"unet_step": 1e-6, "final_mel": 2},
    "torch": {"architecture": "architecture.json", "weights": {"unet": "unet.safetensors"}},
}
FREE = ("files", "measured")  # sections whose keys are anybody's
NULLABLE = ("ranking", "lengths", "student", "provenance", "torch")
NAMES = [
    *OPTIONAL["graphs"].values(),
    "tokenizer.json",
    "ATTRIBUTION.md",
    "architecture.json",
    "unet.safetensors",
]
FILES = {name: {"sha256": "0" * 64, "bytes": 1} for name in NAMES}
COMPLETE: dict[str, Any] = {"format_version": 2, **MANIFEST, **OPTIONAL, "files": FILES}

BAD_VALUES = [
    ("format_version", 1, "install the model again"),
    ("format_version", 3, "update Punch-In"),
    ("format_version", True, "format_version"),
    ("name", "", "name"),
    ("name", "../up", "name"),
    ("name", "two\nlines", "name"),
    ("kind", "musicgen", "kind"),
    ("description", 7, "description"),
    ("licence", "", "licence"),
    ("licence", "\ud800", "licence"),
    ("attribution", "elsewhere.md", "attribution"),
    ("sample_rate", 48_000, "sample_rate"),
    ("sample_rate", 16_000.0, "sample_rate"),
    ("mel.n_mels", 0, "mel.n_mels"),
    ("mel.hop_length", 2048, "mel.hop_length"),
    ("mel.f_max", 9_000.0, "mel.f_max"),
    ("mel.f_min", 8_000.0, "mel.f_max"),
    ("mel.f_min", float("nan"), "mel.f_min"),
    ("latents.channels", "8", "latents.channels"),
    ("latents.band_factor", 5, "latents.band_factor"),
    ("latents.window_frames", 63, "latents.window_frames"),
    ("latents.shortest_frames", 65, "latents.shortest_frames"),
    ("schedule.beta_start", 0.5, "schedule.beta_end"),
    ("schedule.beta_end", float("inf"), "schedule.beta_end"),
    ("schedule.beta_schedule", "cosine", "schedule.beta_schedule"),
    ("schedule.prediction", "flow", "schedule.prediction"),
    ("schedule.prediction", ["epsilon"], "schedule.prediction"),
    ("scale_factor", 0, "scale_factor"),
    ("scale_factor", 10**400, "scale_factor"),
    ("defaults.sampler", "euler", "defaults.sampler"),
    ("defaults.steps", 1001, "defaults.steps"),
    ("defaults.guidance", -1, "defaults.guidance"),
    ("margins.vocoder_frames", -1, "margins.vocoder_frames"),
    ("text.max_tokens", 2, "text.max_tokens"),
    ("graphs.vocoder", "missing.onnx", "graphs.vocoder"),
    ("graphs.vocoder", {}, "graphs.vocoder"),
    ("graphs", [], "graphs"),
    ("graphs.audio_encoder", None, "graphs.audio_encoder"),
    ("graphs.student", None, "graphs.student"),
    ("student", None, "graphs.student"),
    ("student.steps", 0, "student.steps"),
    ("lengths", [], "lengths"),
    ("lengths.weights", [], "lengths.weights"),
    ("lengths.weights", [0.0] * 8193, "lengths.weights"),
    ("lengths.weights", [0.0, "1"], "lengths.weights"),
    ("lengths.weights", [0.0, float("inf")], "lengths.weights"),
    ("lengths.spread", -0.1, "lengths.spread"),
    ("precision", "int4", "precision"),
    ("ranking", None, "graphs.audio_encoder"),
    ("ranking", False, "ranking"),
    ("ranking.f_min", 14_000.0, "ranking.f_max"),
    ("ranking.f_max", 24_001.0, "ranking.f_max"),
    ("ranking.seconds", 0, "ranking.seconds"),
    ("ranking.hop_length", 1025, "ranking.hop_length"),
    ("provenance.repository", "", "provenance.repository"),
    ("provenance.layout", "onnx", "provenance.layout"),
    ("provenance.weights", None, "provenance.weights"),
    ("provenance.heads", 8, "provenance.heads"),
    ("measured", None, "measured"),
    ("measured", {"unet step": 1.0}, "measured"),
    ("measured", {"unet_step": float("nan")}, "measured.unet_step"),
    ("measured", {f"m{index}": 0.0 for index in range(101)}, "measured"),
    ("torch.architecture", "elsewhere.json", "torch.architecture"),
    ("torch.weights", {"unet": "../unet.safetensors"}, "torch.weights.unet"),
    ("files.vocoder.sha256", "0" * 63, "files.vocoder.onnx.sha256"),
    ("files.vocoder.bytes", -1, "files.vocoder.onnx.bytes"),
]


def encoded(values: Any) -> bytes:
    """The manifest as its file holds it."""
    return json.dumps(values).encode()


def with_value(path: str, value: object) -> dict[str, Any]:
    """The complete manifest with one value replaced; "files.vocoder" stands for that graph's entry."""
    values = copy.deepcopy(COMPLETE)
    *sections, key = path.split(".")
    inside = values
    for section in sections:
        inside = inside["vocoder.onnx" if section == "vocoder" else section]
    inside[key] = value
    return values


def refusal(values: Any) -> str:
    """The sentence with which a manifest is refused."""
    content = values if isinstance(values, bytes) else encoded(values)
    with pytest.raises(EngineError) as caught:
        parse_manifest(content, "somewhere")
    assert caught.value.code == ErrorCode.BAD_BUNDLE
    return caught.value.sentence


def every_key() -> list[str]:
    """Each key of the manifest that holds a plain value, with the sections before it."""
    found = []
    for key, value in COMPLETE.items():
        inner = value if isinstance(value, dict) and key not in ("files", "measured") else {}
        found += [f"{key}.{name}" for name in inner] or [key]
    return found


def test_a_complete_manifest_becomes_a_specification() -> None:
    """Every number of the manifest arrives where the engine looks for it."""
    manifest = parse_manifest(encoded(COMPLETE), "somewhere")
    specification = manifest.specification
    assert specification.name == "tiny"
    assert specification.mel.hop_length == 160
    assert specification.latents.multiple == 2
    assert specification.schedule.prediction == "v_prediction"
    assert specification.scale_factor == 1.25
    assert specification.defaults.guidance == 2.0
    assert manifest.text.max_tokens == 64
    assert manifest.graphs == {name: f"{name}.onnx" for name in GraphName}
    assert manifest.files["tokenizer.json"].size_bytes == 1
    assert manifest.precision == "fp32"
    assert specification.ranking is not None
    assert specification.ranking.mel_frames == 1001
    assert specification.student is not None
    assert specification.student.steps == 3
    assert specification.lengths == Lengths((0.5, -1.0, 0.25), 0.3, 0.8)
    assert manifest.provenance is not None
    assert manifest.provenance.heads == "original"
    assert manifest.measured == {"unet_step": 1e-6, "final_mel": 2.0}
    assert manifest.torch is not None
    assert manifest.torch.weights == {"unet": "unet.safetensors"}


def test_what_a_model_does_not_have_is_null() -> None:
    """A model without ranking, provenance and weights for torch says so."""
    without = {**COMPLETE, **dict.fromkeys(NULLABLE), "graphs": MANIFEST["graphs"], "measured": {}}
    manifest = parse_manifest(encoded(without), "somewhere")
    assert (manifest.specification.ranking, manifest.provenance, manifest.torch) == (None, None, None)
    assert GraphName.AUDIO_ENCODER not in manifest.graphs


TRAINING = {
    "base": "foley-small",
    "base_digest": "0" * 64,
    "library": "My Doors",
    "sounds": 12,
    "seconds": 34.5,
    "steps": 600,
    "rank": 16,
    "steering": "text",
}


def test_what_a_model_was_trained_from_is_read() -> None:
    """A bundle of ``punchin train`` says so; one from before that has no such key."""
    manifest = parse_manifest(encoded({**COMPLETE, "training": TRAINING}), "somewhere")
    assert manifest.training == Training(**TRAINING)
    assert parse_manifest(encoded(COMPLETE), "somewhere").training is None
    assert parse_manifest(encoded({**COMPLETE, "training": None}), "somewhere").training is None


@pytest.mark.parametrize(
    ("key", "value"), [("steering", "smell"), ("sounds", 0), ("base_digest", "1"), ("x", 1)]
)
def test_a_bad_value_of_training_is_named(key: str, value: object) -> None:
    """As everywhere in the manifest, unknown keys included."""
    assert "training." in refusal({**COMPLETE, "training": {**TRAINING, key: value}})


@pytest.mark.parametrize(("path", "value", "named"), BAD_VALUES)
def test_a_bad_value_is_named(path: str, value: object, named: str) -> None:
    """A value of the wrong type or out of range is refused with its key and the model's place."""
    sentence = refusal(with_value(path, value))
    assert named in sentence
    assert "somewhere" in sentence


@pytest.mark.parametrize("path", every_key())
def test_a_missing_key_is_named(path: str) -> None:
    """No key is optional."""
    values = copy.deepcopy(COMPLETE)
    *sections, key = path.split(".")
    inside = values
    for section in sections:
        inside = inside[section]
    del inside[key]
    assert path in refusal(values)


@pytest.mark.parametrize(
    "section",
    ["", *(key for key, value in COMPLETE.items() if isinstance(value, dict) and key not in FREE)],
)
def test_an_unknown_key_is_named(section: str) -> None:
    """A key this version does not know is refused instead of ignored."""
    values = copy.deepcopy(COMPLETE)
    (values[section] if section else values)["guidnce"] = 1
    assert "guidnce" in refusal(values)


@pytest.mark.parametrize(
    "name",
    [
        "../vocoder.onnx",
        "/etc/passwd",
        "a/b.onnx",
        "a\\b.onnx",
        "..",
        ".hidden",
        "c:x",
        "a b",
        "",
        "manifest.json",
    ],
)
def test_a_file_name_with_a_path_is_refused(name: str) -> None:
    """Nothing outside of the bundle's own folder can be listed."""
    values = copy.deepcopy(COMPLETE)
    values["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    assert "plain file name" in refusal(values)


def test_a_manifest_without_tokenizer_is_refused() -> None:
    """The tokenizer must be among the files whose hashes are known."""
    values = copy.deepcopy(COMPLETE)
    del values["files"]["tokenizer.json"]
    assert "tokenizer.json" in refusal(values)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b"[]", b'"x"', b"1" * 5000]
)
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    """Damage of any kind gives the same clear refusal."""
    assert "manifest.json" in refusal(content)


def test_samplers_are_those_of_the_protocol() -> None:
    """The manifest's samplers and those a request can name are the same."""
    assert set(SAMPLERS) == set(Sampler)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(path=st.sampled_from(every_key()), value=ANYTHING)
def test_any_value_is_taken_or_refused(path: str, value: object) -> None:
    """Whatever a key holds, the outcome is a manifest or the one documented error."""
    try:
        parse_manifest(encoded(with_value(path, value)), "somewhere")
    except EngineError as error:
        assert error.code == ErrorCode.BAD_BUNDLE


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    """Random bytes are no manifest."""
    assert refusal(content)
