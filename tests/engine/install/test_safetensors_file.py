"""One file of weights, read by safetensors' own reader and found again by place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

safetensors = pytest.importorskip("safetensors.numpy", reason="needs safetensors, from the extra models")
pytestmark = pytest.mark.torch  # the part of the gate that has this library

from engine.errors import EngineError, ErrorCode  # noqa: E402 - after the skip
from engine.install.safetensors_file import (  # noqa: E402
    ALIGNMENT,
    StoredTensor,
    stored_array,
    write_safetensors,
)


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """All types, a scalar, an empty one, odd sizes."""
    rng = np.random.default_rng(seed)
    return {
        "odd": rng.standard_normal(7).astype(np.float32),
        "matrix": rng.standard_normal((16, 24)).astype(np.float32),
        "half": rng.standard_normal((3, 5)).astype(np.float16),
        "bytes": rng.integers(-128, 128, (5, 5)).astype(np.int8),
        "unsigned": rng.integers(0, 256, 3).astype(np.uint8),
        "ids": rng.integers(-(2**60), 2**60, 9),
        "sums": rng.integers(-(2**30), 2**30, 4).astype(np.int32),
        "scalar": np.array(2.5, np.float32),
        "empty": np.zeros((0, 4), np.float32),
    }


def test_the_reader_of_safetensors_gives_back_what_was_written(tmp_path: Path) -> None:
    """Types, shapes and bits."""
    written = arrays()
    write_safetensors(tmp_path / "w.safetensors", [stored_array(*item) for item in written.items()], {})
    read = safetensors.load_file(tmp_path / "w.safetensors")
    assert written.keys() == read.keys()
    for name, array in written.items():
        assert (array.dtype, array.shape) == (read[name].dtype, read[name].shape)
        assert array.tobytes() == read[name].tobytes()


def test_places_are_where_the_bytes_are(tmp_path: Path) -> None:
    """What ONNX Runtime will find at file, offset and length."""
    written = arrays()
    path = tmp_path / "w.safetensors"
    places = write_safetensors(path, [stored_array(*item) for item in written.items()], {"a": "b"})
    content = path.read_bytes()
    for name, array in written.items():
        place = places[name]
        assert "w.safetensors" == place.location
        assert array.tobytes() == content[place.offset : place.offset + place.length]


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.integers(0, 300), max_size=12))
def test_whole_cache_lines_are_aligned(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    """Whatever else is in the file, a tensor of whole lines begins on one."""
    tensors = [stored_array(str(n), np.zeros(size, np.float32)) for n, size in enumerate(sizes)]
    places = write_safetensors(tmp_path_factory.mktemp("w") / "w.safetensors", tensors, {})
    whole = [place for place in places.values() if place.length % ALIGNMENT == 0]
    assert [0] * len(whole) == [place.offset % ALIGNMENT for place in whole]


def test_metadata_is_kept(tmp_path: Path) -> None:
    """safetensors' own reader gives it back."""
    from safetensors import safe_open

    path = tmp_path / "w.safetensors"
    write_safetensors(path, [stored_array("x", np.zeros(1, np.float32))], {"input_first": '["x"]'})
    with safe_open(path, framework="numpy") as file:
        assert {"input_first": '["x"]'} == file.metadata()


def test_tensors_are_fetched_one_at_a_time(tmp_path: Path) -> None:
    """The one before has reached the file when the next is asked for."""
    seen = []

    def fetch(number: int) -> np.ndarray:
        (part,) = tmp_path.iterdir()
        seen.append(part.stat().st_size)
        return np.full(1024, number, np.float32)

    tensors = [StoredTensor(str(n), "F32", (1024,), lambda n=n: fetch(n)) for n in range(3)]
    write_safetensors(tmp_path / "w.safetensors", tensors, {})
    assert [4096, 4096] == list(np.diff(seen))


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither the file nor a part of it."""

    def fail() -> np.ndarray:
        raise EngineError(ErrorCode.BAD_BUNDLE, "This one is broken.")

    tensors = [
        stored_array("fine", np.zeros(4096, np.float32)),
        StoredTensor("broken", "F32", (2,), fail),
    ]
    with pytest.raises(EngineError, match="broken"):
        write_safetensors(tmp_path / "w.safetensors", tensors, {})
    assert [] == list(tmp_path.iterdir())


def test_a_tensor_of_another_shape_than_announced_is_refused(tmp_path: Path) -> None:
    """It would shift every tensor behind it."""
    with pytest.raises(ValueError, match="announced"):
        write_safetensors(
            tmp_path / "w.safetensors", [StoredTensor("x", "F32", (3,), lambda: np.zeros(4, np.float32))], {}
        )


def test_offsets_go_beyond_four_gigabytes() -> None:
    """The arithmetic alone: a file of that size would be slow to write."""
    from engine.install.safetensors_file import _header, _spans

    tensors = [StoredTensor(str(n), "F32", (2**29,), lambda: np.zeros(0, np.float32)) for n in range(4)]
    assert (3 * 2**31, 4 * 2**31) == _spans(tensors)[3]
    header = json.loads(_header(tensors, {})[8:])
    assert [3 * 2**31, 4 * 2**31] == header["3"]["data_offsets"]
