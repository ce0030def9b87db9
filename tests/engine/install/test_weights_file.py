"""Weights are read whatever file they are in, and nothing else is."""

from __future__ import annotations

import json
import os
import pickle
import pickletools
import struct
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytestmark = [
    pytest.mark.torch,
    # A damaged pickle may claim a protocol of its own, which PyTorch remarks on before it refuses.
    pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning"),
]

import torch  # noqa: E402  # behind the skips: without torch nothing below is there
from safetensors.torch import save_file  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.torch_version import TorchVersion  # noqa: E402

from engine.errors import EngineError, ErrorCode  # noqa: E402
from engine.install import legacy_file, weights_file  # noqa: E402
from engine.install.legacy_file import MAGIC  # noqa: E402
from engine.install.weights_file import read_weights  # noqa: E402

Saver = Callable[[Path], Path]
WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2, dtype=torch.float16)}


class Evil:
    """A pickle that makes a folder when it is loaded without care."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.folder),)


def save(path: Path, weights: object = None) -> Path:
    """As the library of the file's kind saves it."""
    if path.suffix == ".safetensors":
        save_file(weights or WEIGHTS, path)
    else:
        torch.save(weights or WEIGHTS, path)
    return path


def save_legacy(path: Path, weights: object = None) -> Path:
    """As PyTorch did before its version 1.6."""
    torch.save(weights or WEIGHTS, path, _use_new_zipfile_serialization=False)
    return path


def refused(path: Path) -> EngineError:
    """What reading ``path`` raises."""
    with pytest.raises(EngineError) as raised:
        read_weights(path)
    assert str(path.name) in raised.value.sentence
    return raised.value


def assert_same(expected: dict[str, Tensor], path: Path) -> None:
    read = read_weights(path)
    assert expected.keys() == read.keys()
    assert all(torch.equal(tensor, read[name]) for name, tensor in expected.items())
    assert all(tensor.dtype == read[name].dtype for name, tensor in expected.items())


@pytest.mark.parametrize("name", ["w.safetensors", "w.bin", "w.ckpt", "w.pth", "w.pt"])
def test_gives_what_was_saved(name: str, tmp_path: Path) -> None:
    """By name, in the type it was saved in."""
    assert_same(WEIGHTS, save(tmp_path / name))


@pytest.mark.parametrize("name", ["w.bin", "w.ckpt"])
def test_gives_what_was_saved_in_the_old_format(name: str, tmp_path: Path) -> None:
    """Which is no archive; shared numbers stay shared."""
    shared = {"a": WEIGHTS["a.weight"], "b": WEIGHTS["a.weight"], "c": WEIGHTS["a.bias"]}
    assert_same(WEIGHTS, save_legacy(tmp_path / name))
    assert_same(shared, save_legacy(tmp_path / name, shared))
    assert_same(WEIGHTS, save_legacy(tmp_path / name, {"state_dict": WEIGHTS, "epoch": 3}))


def test_looks_under_state_dict(tmp_path: Path) -> None:
    """Where training keeps the weights beside its own state, which may be anything harmless."""
    assert_same(WEIGHTS, save(tmp_path / "w.ckpt", {"state_dict": WEIGHTS, "epoch": 3, "names": ["x"]}))


def test_a_parameter_is_a_tensor(tmp_path: Path) -> None:
    """Without the gradient that it asks for."""
    path = save(tmp_path / "w.bin", {"a": torch.nn.Parameter(torch.ones(2))})
    assert not read_weights(path)["a"].requires_grad


@pytest.mark.parametrize("ending", ["safetensors.index.json", "safetensors.index.fp16.json"])
def test_joins_the_files_of_an_index(ending: str, tmp_path: Path) -> None:
    """Each weight from the file that the index names."""
    by_file = {"m-00001-of-00002.safetensors": "a.weight", "m-00002-of-00002.safetensors": "a.bias"}
    for file, name in by_file.items():
        save(tmp_path / file, {name: WEIGHTS[name], "not.listed": torch.zeros(1)})
    index = tmp_path / f"model.{ending}"
    index.write_text(
        json.dumps({"metadata": {}, "weight_map": {name: file for file, name in by_file.items()}})
    )
    assert_same(WEIGHTS, index)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is damaged"),
        ("[]", "has no weight_map"),
        ('{"weight_map": {}}', "has no weight_map"),
        ('{"weight_map": {"a": "../secret.safetensors"}}', "no file beside it"),
        ('{"weight_map": {"a": "model.safetensors.index.json"}}', "no file beside it"),
        ('{"weight_map": {"a": 3}}', "no file beside it"),
        ('{"weight_map": {"lost": "m.safetensors"}}', "promises lost"),
        ("[" * 100_000, "is damaged"),
    ],
)
def test_an_index_that_is_none_is_refused(content: str, sentence: str, tmp_path: Path) -> None:
    """It may name files beside it only, and what they hold."""
    save(tmp_path / "m.safetensors")
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(content)
    error = refused(path)
    assert ErrorCode.BAD_BUNDLE == error.code
    assert sentence in error.sentence


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    """As the file it is."""
    path = tmp_path / "model.safetensors.index.json"
    path.write_text('{"weight_map": {"a": "gone.safetensors"}}')
    with pytest.raises(EngineError, match=r"There is no file .*gone\.safetensors"):
        read_weights(path)


@pytest.mark.parametrize("name", ["w.bin", "w.ckpt", "w.pth"])
def test_a_program_in_a_pickle_never_runs(name: str, tmp_path: Path) -> None:
    """It is named as what it is, and what it would have done is not done."""
    path = save(tmp_path / name, {"a": torch.ones(2), "b": Evil(tmp_path / "made")})
    error = refused(path)
    assert ErrorCode.NOT_ALLOWED == error.code
    assert "nothing of it was run" in error.sentence
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("place", ["weights", "machine", "order"])
def test_a_program_in_the_old_format_never_runs(place: str, tmp_path: Path) -> None:
    """In any of the pickles that such a file is made of."""
    evil = Evil(tmp_path / "made")
    path = save_legacy(tmp_path / "w.bin", {"a": evil} if place == "weights" else WEIGHTS)
    if place != "weights":
        parts = pickles(path.read_bytes())
        parts[["machine", "order"].index(place) * 2 + 2] = pickle.dumps(evil, protocol=2)
        path.write_bytes(b"".join(parts))
    error = refused(path)
    assert ErrorCode.NOT_ALLOWED == error.code
    assert "nothing of it was run" in error.sentence
    assert not (tmp_path / "made").exists()


def pickles(content: bytes) -> list[bytes]:
    """The five pickles of a file in the old format, and its numbers."""
    rest, parts = BytesIO(content), []
    for _ in range(5):
        began = rest.tell()
        list(pickletools.genops(rest))
        parts.append(content[began : rest.tell()])
    return [*parts, rest.read()]


def test_an_old_file_that_is_a_tape_archive_as_well_is_refused(tmp_path: Path) -> None:
    """Which an older PyTorch would have unpacked without its restrictions."""
    path = tmp_path / "w.bin"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("storages")
        archive.addfile(info, BytesIO())
    content = bytearray(path.read_bytes())
    content[: len(MAGIC)] = MAGIC
    content[148:156] = b" " * 8
    content[148:156] = f"{sum(content[:512]):06o}\0 ".encode()
    path.write_bytes(content)
    assert tarfile.is_tarfile(path)
    assert ErrorCode.BAD_BUNDLE == refused(path).code


def test_numbers_that_an_old_file_does_not_have_are_refused(tmp_path: Path) -> None:
    """The reader would fill a weight with whatever was in memory before."""
    path = save_legacy(tmp_path / "w.bin", {"a": torch.ones(5000)})
    parts = pickles(path.read_bytes())
    path.write_bytes(b"".join([*parts[:4], pickle.dumps([], protocol=2)]))
    error = refused(path)
    assert ErrorCode.TOO_MUCH == error.code
    assert "claims more numbers" in error.sentence


def test_an_old_file_larger_than_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can't be mapped; and so is one beyond the limit, or with endless instructions."""
    path = save_legacy(tmp_path / "w.bin", {"a": torch.ones(5000)})
    with monkeypatch.context() as patch:
        patch.setattr(legacy_file, "free_bytes", lambda _: 1000)
        assert "1000 are free" in refused(path).sentence
    with monkeypatch.context() as patch:
        patch.setattr(legacy_file, "MAX_BYTES", 1000)
        assert "larger than 1000 bytes" in refused(path).sentence
    monkeypatch.setattr(legacy_file, "MAX_INSTRUCTIONS", 100)
    assert ErrorCode.TOO_MUCH == refused(path).code


@pytest.mark.parametrize("save_as", [save, save_legacy])
def test_an_unsafe_pytorch_is_not_let_at_pickles(save_as: Saver, tmp_path: Path, monkeypatch) -> None:
    """Its restricted reader can be made to corrupt memory; safetensors are read all the same."""
    monkeypatch.setattr(torch, "__version__", TorchVersion("2.9.1"))
    error = refused(save_as(tmp_path / "w.bin"))
    assert ErrorCode.NOT_ALLOWED == error.code
    assert "PyTorch 2.10 or newer, and 2.9.1 is installed" in error.sentence
    assert_same(WEIGHTS, save(tmp_path / "w.safetensors"))


def test_a_bare_pickle_never_runs(tmp_path: Path) -> None:
    """The oldest way in: no archive at all."""
    path = tmp_path / "w.bin"
    path.write_bytes(pickle.dumps(Evil(tmp_path / "made")))
    assert ErrorCode.BAD_BUNDLE == refused(path).code
    assert not (tmp_path / "made").exists()


def test_a_compressed_archive_is_not_unpacked(tmp_path: Path) -> None:
    """Some bytes could become a full memory."""
    plain = save(tmp_path / "plain.bin")
    path = tmp_path / "w.bin"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            target.writestr(entry, source.read(entry))
    assert ErrorCode.NOT_ALLOWED == refused(path).code


@pytest.mark.parametrize(
    ("save_as", "name"), [(save, "w.safetensors"), (save, "w.bin"), (save_legacy, "w.bin")]
)
def test_a_file_that_was_cut_off_is_damaged(save_as: Saver, name: str, tmp_path: Path) -> None:
    """At any place."""
    path = save_as(tmp_path / name)
    content = path.read_bytes()
    for size in (0, 1, 7, 8, 9, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        error = refused(path)
        assert ErrorCode.BAD_BUNDLE == error.code
        assert "damaged or incomplete" in error.sentence


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    made=st.sampled_from([(save, "w.safetensors"), (save, "w.ckpt"), (save_legacy, "w.ckpt")]), data=st.data()
)
def test_any_damage_is_read_or_refused(made: tuple[Saver, str], data: st.DataObject, tmp_path: Path) -> None:
    """Bytes changed anywhere never raise anything but an EngineError."""
    save_as, name = made
    content = bytearray(save_as(tmp_path / name).read_bytes())
    places = st.integers(0, len(content) - 1)
    for place, byte in data.draw(
        st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=5)
    ).items():
        content[place] = byte
    path = tmp_path / f"damaged-{name}"
    path.write_bytes(content)
    try:
        read_weights(path)
    except EngineError as error:
        assert error.code in (ErrorCode.BAD_BUNDLE, ErrorCode.NOT_ALLOWED, ErrorCode.TOO_MUCH)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ending=st.sampled_from([".safetensors", ".bin", ".safetensors.index.json"]),
    content=st.binary(max_size=200),
)
def test_garbage_is_refused(ending: str, content: bytes, tmp_path: Path) -> None:
    """Whatever it is called."""
    path = tmp_path / f"model{ending}"
    path.write_bytes(content)
    assert ErrorCode.BAD_BUNDLE == refused(path).code


def test_a_header_that_claims_the_world_is_refused(tmp_path: Path) -> None:
    """Its size is not believed, and neither are the sizes in it."""
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    assert ErrorCode.BAD_BUNDLE == refused(path).code
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 64)
    assert ErrorCode.BAD_BUNDLE == refused(path).code


def test_a_tensor_that_repeats_a_number_endlessly_is_refused(tmp_path: Path) -> None:
    """Four bytes in the file that would be terabytes in a conversion."""
    error = refused(save(tmp_path / "w.bin", {"a": torch.ones(1).expand(2**40)}))
    assert ErrorCode.TOO_MUCH == error.code


def test_too_many_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one file or in an index."""
    monkeypatch.setattr(weights_file, "MAX_TENSORS", 1)
    index = tmp_path / "w.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(WEIGHTS, "w.safetensors")}))
    for path in (save(tmp_path / "w.safetensors"), save(tmp_path / "w.bin"), index):
        assert ErrorCode.TOO_MUCH == refused(path).code


def test_a_weight_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it is stored."""
    monkeypatch.setattr(weights_file, "MAX_TENSOR_BYTES", 20)
    for name in ("w.safetensors", "w.bin"):
        error = refused(save(tmp_path / name))
        assert ErrorCode.TOO_MUCH == error.code
        assert "a.weight of 24 bytes" in error.sentence


@pytest.mark.parametrize(
    "tensor",
    [torch.ones(2, dtype=torch.complex64), torch.ones(2, dtype=torch.bool), torch.ones(2).to_sparse()],
    ids=["complex", "boolean", "sparse"],
)
def test_only_plain_numbers_are_weights(tensor: Tensor, tmp_path: Path) -> None:
    """Floats and integers, one beside the other."""
    error = refused(save(tmp_path / "w.bin", {"a": tensor}))
    assert ErrorCode.BAD_BUNDLE == error.code


def test_numbers_of_eight_bits_are_refused(tmp_path: Path) -> None:
    """In safetensors, too: what is quantized already is no original."""
    assert (
        "float8"
        in refused(save(tmp_path / "w.safetensors", {"a": torch.ones(2).to(torch.float8_e4m3fn)})).sentence
    )


@pytest.mark.parametrize("content", [[torch.ones(2)], {}, {"a": 3}, {3: torch.ones(2)}, torch.ones(2)])
def test_a_pickle_without_named_weights_is_refused(content: object, tmp_path: Path) -> None:
    """Harmless, but nothing to install."""
    path = tmp_path / "w.bin"
    torch.save(content, path)
    assert ErrorCode.BAD_BUNDLE == refused(path).code


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    """And so is a folder."""
    for path in (tmp_path / "w.bin", tmp_path):
        with pytest.raises(EngineError) as raised:
            read_weights(path)
        assert ErrorCode.NOT_FOUND == raised.value.code


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    """By its name, without a look inside."""
    path = tmp_path / "w.onnx"
    path.write_bytes(b"x")
    assert ".safetensors" in refused(path).sentence
