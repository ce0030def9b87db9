"""A real engine with a tiny model, and a DAW that is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.client import Client, find_or_start
from engine.config import HOME_VARIABLE, EngineOptions, Home, find_home
from plugin_host.timeline import Region
from tests.bundles import make_tiny_bundle
from tests.plugin_host.fake_daw import FakeDaw

RATE = 16_000


@pytest.fixture(scope="module")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Folders of an account whose engine runs a tiny model; it ends with the tests of the file."""
    state = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(state))
        make_tiny_bundle(state / "models" / "tiny")
        home = find_home()
        with find_or_start(home, EngineOptions(port=0, model="tiny")):
            yield home
        with find_or_start(home) as client:
            client.quit()


@pytest.fixture
def client(engine_home: Home) -> Iterator[Client]:
    """A client of that engine."""
    with find_or_start(engine_home) as client:
        yield client


@pytest.fixture
def daw() -> FakeDaw:
    """Four seconds of noise in two channels, and an odd region of it selected."""
    samples = np.random.default_rng(1).standard_normal((4 * RATE, 2)).astype(np.float32) * np.float32(0.1)
    return FakeDaw(samples, RATE, Region(20_001, 16_003, RATE))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For excerpts."""
    made = tmp_path / "excerpts"
    made.mkdir()
    return made
