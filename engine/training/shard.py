"""All that the denoiser learns from, in one small file: to be sent where there is a graphics card.

Latents are kept in bytes, in steps of a twelfth of their deviation: an error of a fortieth, far below what
the VAE itself loses. The captions' vectors come along, with what moves them into the pair's space.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.training.latents import LatentClip, TextVariants, WindowSampler

# In deviations; bytes then reach ten of them.
STEP = 1.0 / 12.0
LEVELS, CLIPS, STATISTICS, TEXTS = "levels.i8", "clips.json", "statistics.npz", "texts.npz"
# A session on somebody else's graphics card takes no more along.
LARGEST_BYTES = 64 << 20
# Of clips, of arrays: what a damaged file may claim.
_MOST_BYTES = 1 << 30


def write_shard(latents: Path, texts: TextVariants, target: Path) -> int:
    """One file of a folder of latents and the captions' vectors; returns its size in bytes.

    Raises ValueError, and leaves nothing, where it would be larger than ``LARGEST_BYTES``.
    """
    windows = WindowSampler(latents)
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as shard:
        # The last row is silence, which the statistics hold.
        shard.writestr(LEVELS, _levels(windows.table()[:-1]).tobytes())
        shard.writestr(CLIPS, json.dumps([asdict(clip) for clip in windows.clips]))
        shard.writestr(STATISTICS, (latents / STATISTICS).read_bytes())
        shard.writestr(TEXTS, _texts_bytes(texts))
    size = partial.stat().st_size
    if size > LARGEST_BYTES:
        partial.unlink()
        raise ValueError(f"The shard would be {size / 2**20:.1f} MiB; it may be {LARGEST_BYTES >> 20}.")
    partial.replace(target)
    return size


def unpack_shard(shard: Path, folder: Path) -> TextVariants:
    """Latents as ``WindowSampler`` reads them, into ``folder``, which is made; returns the captions' vectors.

    Raises ValueError for what is no shard.
    """
    try:
        with zipfile.ZipFile(shard) as entries:
            parts = {name: _part(entries, name) for name in (LEVELS, CLIPS, STATISTICS, TEXTS)}
        statistics = np.load(BytesIO(parts[STATISTICS]), allow_pickle=False)
        clips = [LatentClip(**row) for row in json.loads(parts[CLIPS])]
        texts = _read_texts(parts[TEXTS])
        levels = np.frombuffer(parts[LEVELS], np.int8).reshape(-1, *statistics["mean"].shape)
        _check(clips, len(levels), texts)
        mean, deviation = statistics["mean"], statistics["deviation"]
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{shard} is no shard of latents, or damaged: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STATISTICS).write_bytes(parts[STATISTICS])
    (folder / CLIPS).write_bytes(parts[CLIPS])
    values = levels.astype(np.float32) * STEP * deviation + mean
    values.astype(np.float16).tofile(folder / "latents.f16")
    return texts


def _part(entries: zipfile.ZipFile, name: str) -> bytes:
    if entries.getinfo(name).file_size > _MOST_BYTES:
        raise ValueError(f"{name} is too large")
    return entries.read(name)


def _levels(normalised: NDArray[np.float16]) -> NDArray[np.int8]:
    steps = np.rint(normalised.astype(np.float32) / np.float32(STEP))
    return np.asarray(np.clip(steps, -127, 127), np.int8)


def _texts_bytes(texts: TextVariants) -> bytes:
    file = BytesIO()
    keys = sorted(texts.vectors)
    arrays = {
        "keys": np.array(keys),
        "vectors": np.stack([texts.vectors[key] for key in keys]).astype(np.float16),
        "empty": texts.sentence_empty,
    }
    if texts.projection is not None:
        arrays["projection"] = texts.projection
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _read_texts(content: bytes) -> TextVariants:
    arrays = np.load(BytesIO(content), allow_pickle=False)
    vectors = arrays["vectors"].astype(np.float32)
    by_caption = dict(zip([str(key) for key in arrays["keys"]], vectors, strict=True))
    projection = arrays["projection"] if "projection" in arrays.files else None
    return TextVariants(by_caption, arrays["empty"], projection)


def _check(clips: Sequence[LatentClip], rows: int, texts: TextVariants) -> None:
    if not clips:
        raise ValueError("it holds no clips")
    for clip in clips:
        if clip.start < 0 or clip.frames < 1 or clip.start + clip.frames > rows:
            raise ValueError(f"clip {clip.clip} lies outside of the latents")
        if clip.wording not in texts.vectors:
            raise ValueError(f"the caption {clip.caption!r} has no vector")
