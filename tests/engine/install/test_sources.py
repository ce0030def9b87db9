"""Whatever a user names is read by its layout."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from engine.errors import EngineError, ErrorCode  # noqa: E402  # behind the skip: without torch it isn't there
from engine.install import sources  # noqa: E402
from engine.install.checkpoint_names import bundle_name  # noqa: E402
from engine.install.sources import read_checkpoint  # noqa: E402


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the reader of original files was asked for."""
    found: dict[str, Any] = {}

    def read(path: Path, **options: object) -> None:
        found.update(options, path=path)

    monkeypatch.setattr(sources, "read_original", read)
    return found


def test_a_folder_with_an_index_is_the_hub_s(hub_checkpoint: Callable[..., Path]) -> None:
    """Heads are read as the folder says unless someone knows better."""
    folder = hub_checkpoint(levels=4)
    assert ("diffusers", (2, 4, 3, 5)) == _layout_and_heads(read_checkpoint(folder))
    assert ("diffusers", (1, 2, 3, 5)) == _layout_and_heads(read_checkpoint(folder, heads="original"))


def _layout_and_heads(checkpoint: Any) -> tuple[str, tuple[int, ...]]:
    return checkpoint.layout, checkpoint.unet.heads


@pytest.mark.parametrize("name", ["m.ckpt", "m.pth", "m.bin", "m.safetensors"])
def test_a_file_is_an_original(name: str, asked: dict[str, Any], tmp_path: Path) -> None:
    """With all that was asked for."""
    (tmp_path / name).touch()
    read_checkpoint(tmp_path / name, ema=False, tokenizer=tmp_path)
    expected = {"ema": False, "heads": "original", "tokenizer": tmp_path, "audio_tower": None}
    assert {**expected, "path": tmp_path / name} == asked


def test_a_folder_with_one_file_is_that_file(asked: dict[str, Any], tmp_path: Path) -> None:
    """As it lies beside its tokenizer."""
    for name in ("audioldm.ckpt", "tokenizer.json", "README.md"):
        (tmp_path / name).touch()
    read_checkpoint(tmp_path, heads="diffusers")
    assert (tmp_path / "audioldm.ckpt", "diffusers") == (asked["path"], asked["heads"])


@pytest.mark.parametrize(
    ("files", "said"),
    [([], "no weights"), (["a.ckpt", "b.ckpt"], "2 files of weights"), (["a.onnx"], "no weights")],
)
def test_a_folder_of_anything_else_is_refused(files: list[str], said: str, tmp_path: Path) -> None:
    """With what can be installed."""
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(EngineError, match=f"{said}.*cvssp/audioldm-s-full-v2") as raised:
        read_checkpoint(tmp_path)
    assert ErrorCode.BAD_BUNDLE == raised.value.code


def test_another_file_is_refused(tmp_path: Path) -> None:
    """By its ending."""
    (tmp_path / "song.wav").touch()
    with pytest.raises(EngineError, match=r"song\.wav is no checkpoint") as raised:
        read_checkpoint(tmp_path / "song.wav")
    assert ErrorCode.BAD_BUNDLE == raised.value.code


def test_nothing_is_not_found(tmp_path: Path) -> None:
    """Neither a file nor a folder."""
    with pytest.raises(EngineError) as raised:
        read_checkpoint(tmp_path / "none")
    assert ErrorCode.NOT_FOUND == raised.value.code


def test_a_second_tokenizer_is_refused(hub_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """The hub's folders have their own."""
    folder = tmp_path / "copy"
    shutil.copytree(hub_checkpoint(), folder)
    with pytest.raises(EngineError, match="tokenizer of its own") as raised:
        read_checkpoint(folder, tokenizer=tmp_path)
    assert ErrorCode.BAD_ARGUMENT == raised.value.code


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("audioldm-s-full-v2", "audioldm-s-full-v2"),
        ("My Model (2).ckpt", "My-Model-2-.ckpt"),
        ("..hidden", "hidden"),
        ("日本", "audioldm"),
        ("x" * 100, "x" * 64),
    ],
)
def test_names_become_what_a_manifest_accepts(name: str, expected: str, tmp_path: Path) -> None:
    """Letters, digits, dots and dashes."""
    assert expected == bundle_name(tmp_path / name)
