"""What the denoiser learns from, there and back in one file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch

from engine.training import shard as shards  # noqa: E402 -- after the skip
from engine.training.latents import SILENT, TextVariants, WindowSampler  # noqa: E402
from engine.training.shard import CLIPS, LEVELS, STEP, unpack_shard, write_shard  # noqa: E402


def test_there_and_back_nothing_changes_but_by_half_a_step(
    tmp_path: Path, latents: Path, texts: TextVariants
) -> None:
    """Clips and captions as they were, latents within half a step of their deviation."""
    size = write_shard(latents, texts, tmp_path / "shard.zip")
    found = unpack_shard(tmp_path / "shard.zip", tmp_path / "there")
    before, after = WindowSampler(latents), WindowSampler(tmp_path / "there")

    assert size == (tmp_path / "shard.zip").stat().st_size
    assert before.clips == after.clips
    difference = np.abs(after.table().astype(np.float32) - before.table().astype(np.float32))
    assert difference.max() < STEP / 2 + 0.01
    assert np.array_equal(texts.empty, found.empty)
    rng, again = np.random.default_rng(1), np.random.default_rng(1)
    captions = [clip.wording for clip in before.clips]
    assert np.abs(texts.draw(captions, rng) - found.draw(captions, again)).max() < 1e-2


def test_what_does_not_fit_is_refused_and_leaves_nothing(
    tmp_path: Path, latents: Path, texts: TextVariants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shard that could not be sent is none."""
    monkeypatch.setattr(shards, "LARGEST_BYTES", 1000)

    with pytest.raises(ValueError, match="MiB"):
        write_shard(latents, texts, tmp_path / "shard.zip")

    assert not list(tmp_path.glob("shard*"))


def _rewritten(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path) as old:
        parts = {entry: old.read(entry) for entry in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for entry, value in (parts | {name: content}).items():
            new.writestr(entry, value)


@pytest.mark.parametrize("damage", ["cut", "rows", "outside", "caption", "nothing"])
def test_what_is_damaged_is_refused(tmp_path: Path, latents: Path, texts: TextVariants, damage: str) -> None:
    """And named, before anything is unpacked."""
    path = tmp_path / "shard.zip"
    write_shard(latents, texts, path)
    clips = WindowSampler(latents).clips
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "rows":
        _rewritten(path, LEVELS, bytes(100))
    else:
        changed = {
            "outside": [*clips, replace(clips[0], start=10**6)],
            "caption": [replace(clips[0], caption="never said")],
            "nothing": [],
        }[damage]
        _rewritten(path, CLIPS, json.dumps([asdict(clip) for clip in changed]).encode())

    with pytest.raises(ValueError, match="shard"):
        unpack_shard(path, tmp_path / "there")

    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("frames", [64, 128])
def test_windows_begin_with_a_sound_unless_they_are_said_to_be_late(latents: Path, frames: int) -> None:
    """And end in silence where the told seconds end; what is drawn is what the planned rows hold."""
    windows = WindowSampler(latents)
    table = windows.table().astype(np.float32)
    late = 0
    for seed in range(40):
        rows, seconds, clips = windows.plan(4, frames, np.random.default_rng(seed))
        drawn, told, same = windows.draw(4, frames, np.random.default_rng(seed))
        assert np.array_equal(seconds, told) and clips == same
        assert np.abs(drawn.transpose(0, 2, 1, 3) - table[rows]).max() < 5e-3
        for row, lasts in zip(rows, seconds, strict=True):
            sounding = np.flatnonzero(row != SILENT)
            assert sounding[-1] + 1 == round(abs(lasts) / 0.04)
            assert sounding[0] == 0 or lasts < 0
            late += lasts < 0
    assert late > 0
