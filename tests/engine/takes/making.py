"""What the tests of take files share: recipes, recordings of every container, requests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import soundfile as sf

from engine.protocol.sources import SourceKind
from engine.takes.recipe import Place, Recipe

MADE = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)
SUFFIXES = {"WAV": ".wav", "RF64": ".wav", "AIFF": ".aiff", "CAF": ".caf", "FLAC": ".flac"}


def recipe(number: int = 1, **changes: Any) -> Recipe:
    """A recipe; another number is another take."""
    settings = {"prompt": "boots on wet gravel", "seed": number, "strength": 0.5, "mode": "transfer"}
    values: dict[str, Any] = {
        "uuid": UUID(int=number).hex,
        "made": MADE.isoformat(),
        "engine": "0.1.0",
        "model": "tiny",
        "model_hash": "0" * 64,
        "licence": "CC0-1.0",
        "take": 1,
        "place": Place(SourceKind.FILE, "scene 4.wav", 1_000, 2_000, 16_000, 1),
        "category": "FEETHmn",
        "settings": settings | changes.pop("settings", {}),
        "given": ("prompt", "strength"),
    }
    return Recipe(**(values | changes))


def record(path: Path, kind: str = "WAV", endian: str = "FILE", frames: int = 4_001, **tags: str) -> Path:
    """A short recording of this container."""
    samples = np.random.default_rng(4).integers(-(2**15), 2**15, frames, dtype=np.int16)
    with sf.SoundFile(path, "w", 16_000, 1, "PCM_16", endian, kind) as sound:
        for name, text in tags.items():
            setattr(sound, name, text)
        sound.write(samples)
    return path


def samples_of(path: Path) -> bytes:
    """All samples, exactly."""
    return bytes(sf.read(path, dtype="int32")[0].tobytes())
