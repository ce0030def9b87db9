"""Whether the disk has room, before anything is begun."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models.onnx_model import OnnxModel
from engine.protocol.requests import Mode, NewSource, RenderRequest
from engine.room import SPARE_BYTES
from tests.engine.rendering import ask, noise, record, rendered

# Two takes of a second at 48 kHz in 24 bits, and a second of float32 at the model's rate.
TAKES, SOUND = 2 * 48_000 * 3, 16_000 * 4


def new(path: Path, **fields: object) -> RenderRequest:
    """A second of new sound, twice."""
    source = NewSource(48_000, 1, 48_000)
    return ask(None, source=source, mode=Mode.GENERATE, output=str(path), takes=2, **fields)


def free(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every disk have so many bytes."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=count))


def test_just_enough(
    tmp_path: Path, home: Home, tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is enough."""
    free(SPARE_BYTES + TAKES + SOUND, monkeypatch)
    rendered(new(tmp_path / "take.wav"), tiny_model, home)
    assert ["take-1.wav", "take-2.wav"] == sorted(path.name for path in tmp_path.glob("take*"))


def test_a_byte_too_few(
    tmp_path: Path, home: Home, tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is said in a sentence, and nothing was begun."""
    free(SPARE_BYTES + TAKES + SOUND - 1_000_000, monkeypatch)
    with pytest.raises(EngineError, match="takes 0 MB, 17 MB must stay free, and 1 MB are missing"):
        rendered(new(tmp_path / "take.wav"), tiny_model, home)
    free(SPARE_BYTES + TAKES + SOUND - 1, monkeypatch)
    with pytest.raises(EngineError) as caught:
        rendered(new(tmp_path / "take.wav"), tiny_model, home)
    assert ErrorCode.CANT_WRITE == caught.value.code
    assert "not enough room" in caught.value.sentence
    assert [] == list(tmp_path.glob("take*"))


def test_the_whole_recording_counts_where_the_take_is_one(
    tmp_path: Path, home: Home, tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the region alone where it is not."""
    path = record(tmp_path / "in.wav", noise(160_000), subtype="PCM_16")
    free(SPARE_BYTES + SOUND + 32_000, monkeypatch)
    rendered(ask(path, 32_000, 48_000), tiny_model, home)
    with pytest.raises(EngineError):
        rendered(ask(path, 32_000, 48_000, output=str(tmp_path / "take.wav")), tiny_model, home)
    free(SPARE_BYTES + SOUND + 320_000, monkeypatch)
    rendered(ask(path, 32_000, 48_000, output=str(tmp_path / "take.wav")), tiny_model, home)
