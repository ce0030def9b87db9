"""What tests of several packages need."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from tests.bundles import make_tiny_bundle

# Before anybody imports torch, here and in the processes that tests start: its threads wait for each other by
# spinning, and on two busy cores ten steps of a tiny network took 63 s so, 2.4 s without.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# librosa compiles parts of itself and keeps them beside itself. Of four times that two processes filled the
# empty cache at once, one of them read the other's halves twice, and ended in a segmentation fault.
os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="punchin-numba-")
atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)
# A busy machine is no defect of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
# The panel's tests need no screen; the one that drags takes into a DAW makes its own.
os.environ["QT_QPA_PLATFORM"] = "offscreen"


# Tests that share what takes long to set up, and those that wait for a DAW.
GROUP = "xdist_group"


def pytest_itemcollected(item: pytest.Item) -> None:
    """What a module sets up once is set up in one process: its tests stay together."""
    if item.get_closest_marker(GROUP) is None and _shares_a_fixture(item):
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


def _shares_a_fixture(item: pytest.Item) -> bool:
    found = getattr(item, "_fixtureinfo", None)
    names = found.name2fixturedefs.values() if found else ()
    return any(fixture.scope == "module" for definitions in names for fixture in definitions)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups come first, the DAWs' before all: who got the longest at the end would be waited for."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    group = item.get_closest_marker(GROUP)
    if group is None:
        return 2
    return 0 if group.args[0] == "daw" else 1


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """The model of ``tests/bundles.py`` on the CPU; it has no state that a test could spoil."""
    return OnnxModel(load_bundle(make_tiny_bundle(tmp_path_factory.mktemp("tiny"))), "cpu")


@pytest.fixture(scope="session")
def hearing_model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """The same with an audio encoder: it can choose among candidates."""
    return OnnxModel(load_bundle(make_tiny_bundle(tmp_path_factory.mktemp("hears"), hears=True)), "cpu")


@pytest.fixture(scope="session")
def hub_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Gives tiny checkpoints in the hub's layout, each made once: ``hub_checkpoint(levels=4, heads=8)``.

    They are shared: a test that changes one copies it first.
    """
    for library in ("torch", "diffusers", "transformers"):
        pytest.importorskip(library)
    from tests.checkpoints import make_checkpoint

    @cache
    def make(**options: object) -> Path:
        return make_checkpoint(tmp_path_factory.mktemp("hub"), **options)

    return make
