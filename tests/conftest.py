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
