"""A user's home, and a tiny checkpoint to install into it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

CARD = "---\nlicense: cc-by-nc-sa-4.0\ntags:\n- audio\n---\n# AudioLDM\n"


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint as the hub has it; not to be changed."""
    pytest.importorskip("diffusers")
    from tests.checkpoints import make_checkpoint

    folder = make_checkpoint(tmp_path_factory.mktemp("hub") / "tiny-audioldm")
    (folder / "README.md").write_text(CARD)
    return folder


@pytest.fixture
def checkpoint(pristine: Path, tmp_path: Path) -> Path:
    """A tiny checkpoint of this test's own."""
    return Path(shutil.copytree(pristine, tmp_path / "tiny-audioldm"))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder of a user who has none yet."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub-cache"))
    for name in [name for name in os.environ if name.startswith("HF_HUB_OFFLINE")]:
        monkeypatch.delenv(name)
    return tmp_path / "home" / "models"
