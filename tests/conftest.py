"""What tests of several packages need."""

from __future__ import annotations

import pytest

from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from tests.bundles import make_tiny_bundle


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """The model of ``tests/bundles.py`` on the CPU; it has no state that a test could spoil."""
    return OnnxModel(load_bundle(make_tiny_bundle(tmp_path_factory.mktemp("tiny"))), "cpu")
