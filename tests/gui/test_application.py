"""How the panel reaches the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import own_sounds
from engine.config import HOME_VARIABLE, EngineOptions, Home, find_home, make_home
from engine.library.database import index_path
from gui import application


@pytest.mark.parametrize("is_damaged", [False, True])
def test_an_engine_that_is_started_may_read_the_indexed_folders(
    is_damaged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another drive, perhaps; a library that can't be read keeps nobody from an engine."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    asked: list[EngineOptions] = []

    def find_or_start(home: Home, options: EngineOptions) -> None:
        assert home == find_home()
        asked.append(options)

    monkeypatch.setattr(application, "find_or_start", find_or_start)
    if is_damaged:
        make_home(find_home())
        index_path(find_home()).mkdir()
    else:
        own_sounds.announce(find_home(), "/mnt/drive")
    application.usual_outside().connect()
    assert [() if is_damaged else (Path("/mnt/drive"),)] == [options.allow for options in asked]
    assert asked[0].or_any_port
