"""A folder of sounds, a home, and the shortest way to index and search them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.config import HOME_VARIABLE, Home, find_home
from engine.library.indexing import index_folder
from engine.library.search import search
from engine.models.interface import Model
from engine.protocol.library_requests import IndexRequest, SearchRequest
from engine.protocol.replies import Hit, Indexed, Reply, Skipped


def write_tone(path: Path, hertz: float, seconds: float = 0.5, rate: int = 16_000, channels: int = 1) -> Path:
    """A sine with a little noise that depends on its frequency: no two are the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(round(hertz)).normal(0.0, 0.01, times.size)
    wave = 0.3 * np.sin(2.0 * np.pi * hertz * times) + noise
    soundfile.write(path, np.stack([wave] * channels, axis=1), rate)
    return path


@dataclass
class Library:
    """The library of a home, worked on without an engine."""

    home: Home
    model: Model

    def index(self, folder: Path) -> list[Reply]:
        """All replies."""
        ticks = itertools.count()
        request = IndexRequest("job", str(folder))
        return list(index_folder(request, self.model, self.home, lambda: float(next(ticks))))

    def indexed(self, folder: Path) -> Indexed:
        """What a run came to."""
        (reply,) = (reply for reply in self.index(folder) if isinstance(reply, Indexed))
        return reply

    def skipped(self, folder: Path) -> dict[str, str]:
        """Why, by the names of files."""
        replies = (reply for reply in self.index(folder) if isinstance(reply, Skipped))
        return {Path(reply.path).name: reply.sentence for reply in replies}

    def replies(self, prompt: str = "", **fields: Any) -> list[Reply]:
        """Of a search."""
        return list(search(SearchRequest("job", prompt, **fields), self.model, self.home, lambda: 0.0))

    def hits(self, prompt: str = "", **fields: Any) -> list[Hit]:
        """Of a search."""
        return [reply for reply in self.replies(prompt, **fields) if isinstance(reply, Hit)]

    def names(self, prompt: str = "", **fields: Any) -> list[str]:
        """Of the files found, best first."""
        return [Path(hit.path).name for hit in self.hits(prompt, **fields)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Of its own."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return find_home()


@pytest.fixture
def library(home: Home, hearing_model: Model) -> Library:
    """With a model that hears."""
    return Library(home, hearing_model)


@pytest.fixture
def deaf(home: Home, tiny_model: Model) -> Library:
    """With one that does not."""
    return Library(home, tiny_model)


@pytest.fixture
def tone() -> Callable[..., Path]:
    """See ``write_tone``."""
    return write_tone


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Four sounds, two of them below."""
    folder = tmp_path / "sounds"
    write_tone(folder / "door slam.wav", 200.0)
    write_tone(folder / "whistle.flac", 3000.0, rate=48_000, channels=2)
    write_tone(folder / "Rain" / "heavy_02.ogg", 900.0, 1.5)
    write_tone(folder / "Rain" / "ZOOM0012.aiff", 500.0, 5.5)
    return folder
