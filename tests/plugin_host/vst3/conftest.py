"""A host for the plugin, compiled once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugin_host.vst3.compiled import program
from tests.plugin_host.vst3.driver import Host


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run have in common."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "plugin"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def host(shared: Path, tmp_path: Path) -> Iterator[Host]:
    """One instance of the plugin, active at 48000 Hz."""
    with Host(program("host.cpp", shared), tmp_path) as host:
        yield host
