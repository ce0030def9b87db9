"""Loading a bundle: everything is checked before anything is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from engine.errors import EngineError, ErrorCode
from engine.models.bundle import load_bundle, seal_bundle, verify_bundle
from engine.models.interface import RankingParameters
from engine.models.manifest import GraphName
from engine.models.ports import required_ports
from engine.models.provenance import Provenance, TorchFiles
from tests.bundles import MANIFEST, change_graph, change_manifest, make_tiny_bundle, reseal

README = Path(__file__).parents[3] / "engine" / "models" / "README.md"
RANKING = RankingParameters(48_000, 1024, 480, 64, 50.0, 14_000.0, 10.0)
# Objects that may be null, as they are in the tiny model.
OPTIONAL_KEYS = {
    key: [field.name for field in fields(kind)]
    for key, kind in (("ranking", RankingParameters), ("provenance", Provenance), ("torch", TorchFiles))
}
LISTED = [*filter(None, MANIFEST["graphs"].values()), "tokenizer.json", "ATTRIBUTION.md"]


def refusal(folder: Path, code: ErrorCode = ErrorCode.BAD_BUNDLE) -> str:
    """The sentence with which a bundle is refused; verifying says the same."""
    with pytest.raises(EngineError) as caught:
        load_bundle(folder)
    assert caught.value.code == code
    assert verify_bundle(folder)
    return caught.value.sentence


def test_a_whole_bundle_loads(tmp_path: Path) -> None:
    """A bundle as sealed has no findings and its manifest's numbers."""
    folder = make_tiny_bundle(tmp_path / "model", name="mine", scale_factor=0.5)
    bundle = load_bundle(folder)
    assert bundle.folder == folder
    assert bundle.specification.name == "mine"
    assert bundle.specification.scale_factor == 0.5
    assert bundle.path(GraphName.VOCODER) == folder / "vocoder.onnx"
    assert verify_bundle(folder) == []


def test_the_same_bundle_twice_has_the_same_bytes(tmp_path: Path) -> None:
    """Fixtures and seals are deterministic."""
    one, other = make_tiny_bundle(tmp_path / "one"), make_tiny_bundle(tmp_path / "other")
    names = sorted(path.name for path in one.iterdir())
    assert [(one / name).read_bytes() for name in names] == [(other / name).read_bytes() for name in names]


@pytest.mark.parametrize("name", LISTED)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """Each listed file must be there."""
    folder = make_tiny_bundle(tmp_path)
    (folder / name).unlink()
    assert f"{name} is missing" in refusal(folder)


@pytest.mark.parametrize("name", LISTED)
def test_a_truncated_file_is_named(tmp_path: Path, name: str) -> None:
    """A download that broke off is called truncated, with how much of it is there."""
    folder = make_tiny_bundle(tmp_path)
    size = (folder / name).stat().st_size
    os.truncate(folder / name, size - 1)
    assert f"{name} is truncated: {size - 1} of {size} bytes" in refusal(folder)


@pytest.mark.parametrize("name", LISTED)
def test_an_altered_file_is_named(tmp_path: Path, name: str) -> None:
    """One changed bit is found, and only its file is named."""
    folder = make_tiny_bundle(tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    sentence = refusal(folder)
    assert f"{name} was altered" in sentence
    assert not any(other in sentence for other in LISTED if other != name)


def test_every_damaged_file_is_named(tmp_path: Path) -> None:
    """Somebody who repairs a model by hand learns of all its damage at once."""
    folder = make_tiny_bundle(tmp_path)
    (folder / "vocoder.onnx").unlink()
    (folder / "denoiser.onnx").write_bytes(b"")
    with (folder / "tokenizer.json").open("a") as file:
        file.write(" ")
    findings = verify_bundle(folder)
    assert [finding.split()[0] for finding in findings] == ["denoiser.onnx", "tokenizer.json", "vocoder.onnx"]
    assert "too long" in findings[1]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is unreadable here")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file without the right to read it gives the system's reason."""
    folder = make_tiny_bundle(tmp_path)
    (folder / "vocoder.onnx").chmod(0)
    assert "vocoder.onnx can't be read (Permission denied)" in refusal(folder)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    """Only a file counts as a file."""
    folder = make_tiny_bundle(tmp_path)
    (folder / "vocoder.onnx").unlink()
    (folder / "vocoder.onnx").mkdir()
    assert "vocoder.onnx is missing" in refusal(folder)


def test_a_folder_without_manifest_is_no_model(tmp_path: Path) -> None:
    """Not a damaged model, but none."""
    assert str(tmp_path) in refusal(tmp_path, ErrorCode.NOT_FOUND)


def test_an_endless_manifest_is_refused(tmp_path: Path) -> None:
    """The reader stops at a size no manifest has."""
    (tmp_path / "manifest.json").write_bytes(b" " * (2**20 + 1))
    assert "too long" in refusal(tmp_path)


def test_a_bad_manifest_value_is_named(tmp_path: Path) -> None:
    """The loader passes on what the parser says."""
    folder = make_tiny_bundle(tmp_path)
    change_manifest(folder, latents={"channels": 0})
    assert "latents.channels" in refusal(folder)


@pytest.mark.parametrize(
    ("overrides", "file"),
    [
        ({"latents": {"channels": 8}}, "vae_encoder.onnx"),
        ({"latents": {"band_factor": 2}}, "vae_encoder.onnx"),
        ({"mel": {"n_mels": 80}}, "vae_encoder.onnx"),
    ],
)
def test_geometry_that_graphs_do_not_have_is_refused(tmp_path: Path, overrides: dict, file: str) -> None:
    """The manifest's numbers are held against the graphs' fixed dimensions."""
    folder = make_tiny_bundle(tmp_path)
    change_manifest(folder, **overrides)
    assert file in refusal(folder)


def test_a_text_vector_the_denoiser_does_not_take_is_refused(tmp_path: Path) -> None:
    """Text encoder and denoiser must agree on the width of a text vector."""
    folder = make_tiny_bundle(tmp_path)

    def widen(model: onnx.ModelProto) -> None:
        model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 32

    change_graph(folder, "text_encoder.onnx", widen)
    sentence = refusal(folder)
    assert 'denoiser.onnx has an input "condition" of float32 (batch, 16)' in sentence
    assert "float32 (batch, 32)" in sentence


def test_a_renamed_port_is_refused(tmp_path: Path) -> None:
    """Both the name that is missing and the one that nothing feeds are told."""
    folder = make_tiny_bundle(tmp_path)

    def rename(model: onnx.ModelProto) -> None:
        model.graph.input[1].name = "mask"

    change_graph(folder, "text_encoder.onnx", rename)
    sentence = refusal(folder)
    assert 'has an input "mask" that nothing feeds' in sentence
    assert 'has no input "attention_mask"' in sentence


def test_a_missing_output_is_refused(tmp_path: Path) -> None:
    """A graph without the output the engine reads is of no use."""
    folder = make_tiny_bundle(tmp_path)

    def rename(model: onnx.ModelProto) -> None:
        model.graph.output[0].name = "audio"

    change_graph(folder, "vocoder.onnx", rename)
    assert 'vocoder.onnx has no output "waveform"' in refusal(folder)


def test_a_fixed_length_is_refused(tmp_path: Path) -> None:
    """A graph exported for one length only would fail in the middle of a job."""
    folder = make_tiny_bundle(tmp_path)

    def fix(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1024

    change_graph(folder, "vocoder.onnx", fix)
    assert 'vocoder.onnx has an input "mel" of float32 (batch, 1024, 64)' in refusal(folder)


def test_half_precision_ports_are_refused(tmp_path: Path) -> None:
    """Element types are part of the interface."""
    folder = make_tiny_bundle(tmp_path)

    def halve(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16

    change_graph(folder, "vae_decoder.onnx", halve)
    assert "float16" in refusal(folder)


def test_a_file_that_is_no_graph_is_named(tmp_path: Path) -> None:
    """A sealed file of something else than ONNX is still refused."""
    folder = make_tiny_bundle(tmp_path)
    (folder / "denoiser.onnx").write_bytes(b"<html>not found</html>")
    reseal(folder)
    assert "denoiser.onnx is not an ONNX graph" in refusal(folder)


def add_external(location: str) -> Callable[[onnx.ModelProto], None]:
    """A change that makes a graph read some of its weights from another file."""

    def add(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer.add(name="far", data_type=TensorProto.FLOAT, dims=[4])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)

    return add


@pytest.mark.parametrize(
    "location", ["../secret.bin", "/etc/passwd", "sub/weights.bin", "weights.bin", "./ATTRIBUTION.md"]
)
def test_weights_in_a_file_that_is_not_listed_are_refused(tmp_path: Path, location: str) -> None:
    """No graph reads anything whose hash the manifest does not have, least of all outside of the folder."""
    folder = make_tiny_bundle(tmp_path / "model")
    change_graph(folder, "denoiser.onnx", add_external(location))
    assert f'denoiser.onnx reads "{location}"' in refusal(folder)


def test_weights_in_a_listed_file_are_fine(tmp_path: Path) -> None:
    """Models beyond protobuf's 2 GB keep their weights beside the graph; sealing lists those files."""
    folder = make_tiny_bundle(tmp_path)
    model = onnx.load(folder / "vocoder.onnx")
    onnx.save_model(
        model, folder / "vocoder.onnx", save_as_external_data=True, location="vocoder.data", size_threshold=0
    )
    bundle = seal_bundle(folder, MANIFEST)
    assert "vocoder.data" in bundle.manifest.files
    (folder / "vocoder.data").write_bytes(b"\0" * (folder / "vocoder.data").stat().st_size)
    assert "vocoder.data was altered" in refusal(folder)


def test_extra_files_are_ignored_unless_listed(tmp_path: Path) -> None:
    """A README may lie beside the model; a licence can be listed and is then part of it."""
    folder = make_tiny_bundle(tmp_path)
    (folder / "README.md").write_text("read me")
    (folder / "LICENCE.txt").write_text("do what you like")
    assert "README.md" not in load_bundle(folder).manifest.files
    assert "LICENCE.txt" in seal_bundle(folder, MANIFEST, ["LICENCE.txt"]).manifest.files


def test_what_would_not_load_is_not_sealed(tmp_path: Path) -> None:
    """A refused manifest leaves the one that was there."""
    folder = make_tiny_bundle(tmp_path)
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(EngineError, match="name"):
        seal_bundle(folder, {**MANIFEST, "name": "a b"})
    with pytest.raises(EngineError, match=r"COPYING can't be read"):
        seal_bundle(folder, MANIFEST, ["COPYING"])
    assert (folder / "manifest.json").read_bytes() == before
    assert not list(folder.glob("*.draft"))


def test_a_full_disk_leaves_the_manifest_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest is replaced whole or not at all."""
    folder = make_tiny_bundle(tmp_path)
    before = (folder / "manifest.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EngineError) as caught:
        seal_bundle(folder, {**MANIFEST, "name": "other"})
    assert caught.value.code == ErrorCode.CANT_WRITE
    assert (folder / "manifest.json").read_bytes() == before
    assert not list(folder.glob("*.draft"))


def test_lengths_are_told_by_vectors_as_wide_as_the_text_encoders(tmp_path: Path) -> None:
    """Others would only fail in the middle of a job."""
    folder = make_tiny_bundle(tmp_path)
    width = load_bundle(folder).graphs[GraphName.TEXT_ENCODER].outputs["text_embeds"].shape[1]
    lengths = {"weights": [0.0] * width, "offset": 0.0, "spread": 0.5}
    assert seal_bundle(folder, {**MANIFEST, "lengths": lengths}).specification.lengths is not None
    with pytest.raises(EngineError, match=r"lengths\.weights") as caught:
        seal_bundle(folder, {**MANIFEST, "lengths": {**lengths, "weights": [0.0] * (width + 1)}})
    assert caught.value.code == ErrorCode.BAD_BUNDLE


def test_the_readme_names_every_port_and_key(tmp_path: Path) -> None:
    """The document of the bundle has each key, graph, input and output that the code asks for."""
    text = README.read_text(encoding="utf-8")
    specification = load_bundle(make_tiny_bundle(tmp_path)).specification
    complete = replace(specification, ranking=RANKING, student=specification.defaults)
    for graph, ports in required_ports(complete, 16).items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {graph} |")]
        named = [*ports.inputs, *ports.optional_inputs, *ports.outputs]
        assert [name for name in named if f"`{name}`" not in row] == []
    optional = {key: list(names) for key, names in OPTIONAL_KEYS.items()}
    for key, value in {**MANIFEST, **optional}.items():
        keys = [f"{key}.{inner}" for inner in value] if isinstance(value, dict | list) else [key]
        assert [name for name in keys if f"`{name}`" not in text] == []
