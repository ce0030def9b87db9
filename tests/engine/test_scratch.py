"""Takes that are wanted for now only: in no index, gone when nobody wants them, adopted whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine import history
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.history import Query
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import TakeDone
from engine.scratch import LIFE_SECONDS, sweep_scratch, throw_away
from tests.engine.rendering import ask, noise, only, raw, record, rendered


@pytest.fixture
def take(tmp_path: Path, tiny_model: OnnxModel, home: Home) -> Path:
    """A scratch take of a region."""
    path = record(tmp_path / "in.wav", noise(48_000), subtype="FLOAT")
    replies = rendered(ask(path, 16_000, 32_000, scratch=True), tiny_model, home)
    return Path(only(TakeDone, replies)[0].path)


def test_a_scratch_take_is_the_region_alone_and_in_no_index(take: Path, home: Home) -> None:
    """Like any take without a named file, in another folder; a search of the take folder finds nothing."""
    assert home.scratch == take.parent
    assert 16_000 == len(raw(take))
    assert () == history.find(home, Query())


def test_an_adopted_take_is_one_of_the_accounts(take: Path, home: Home) -> None:
    """Its bytes lie in the take folder, under a name of its own; the scratch folder is empty."""
    whole = take.read_bytes()
    home.takes.mkdir(exist_ok=True)
    (home.takes / take.name).write_bytes(b"another")
    entry = history.adopt(home, take)
    assert (home.takes, whole) == (Path(entry.path).parent, Path(entry.path).read_bytes())
    assert not take.exists()
    assert [entry] == list(history.find(home, Query()))
    assert b"another" == (home.takes / take.name).read_bytes()


def test_only_what_lies_in_the_scratch_folder_is_adopted_or_thrown_away(home: Home, tmp_path: Path) -> None:
    """A take of the account is no scratch, and stays; what is gone is told, and what is no take."""
    home.scratch.mkdir(parents=True)
    other = tmp_path / "mine.wav"
    other.write_bytes(b"mine")
    noise_only = record(home.scratch / "noise.wav", noise(100))
    for path, code in (
        (other, ErrorCode.NOT_ALLOWED),
        (home.scratch / "gone.wav", ErrorCode.NOT_FOUND),
        (noise_only, ErrorCode.NOT_ALLOWED),
    ):
        with pytest.raises(EngineError) as caught:
            history.adopt(home, path)
        assert code is caught.value.code
    throw_away(home, [other, home.scratch / ".." / ".." / "mine.wav", home.scratch / "gone.wav"])
    assert b"mine" == other.read_bytes()


def test_an_engine_that_starts_sweeps_what_was_left(home: Home) -> None:
    """What is a day old; a panel that outlived an engine still has its draft."""
    sweep_scratch(home, 0.0)  # there is no folder yet
    home.scratch.mkdir(parents=True)
    old, young = home.scratch / "old.wav", home.scratch / "young.wav"
    for path, age in ((old, LIFE_SECONDS + 1), (young, LIFE_SECONDS - 1)):
        path.touch()
        os.utime(path, (1e9 - age, 1e9 - age))
    sweep_scratch(home, 1e9)
    assert [young] == list(home.scratch.iterdir())
