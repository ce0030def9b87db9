"""What clients see of the folders of the user's own sounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import own_sounds
from engine.config import Home
from engine.library import shelf
from engine.library.database import index_path, opened
from engine.library.folder import FoundFile
from engine.own_sounds import OwnFolder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An account without an index."""
    return Home(tmp_path / "state", tmp_path / "takes")


def test_looking_makes_no_index(home):
    """Who never indexed anything has none."""
    assert () == own_sounds.own_folders(home)
    assert [] == own_sounds.indexed_folders(home)
    assert not index_path(home).exists()


def test_a_folder_is_told_with_what_was_left_out(home):
    """Sounds that can be found, how long they are together, and why others can't be."""
    with opened(home) as database:
        shelf.begin_folder(database, "/lib")
        for name, problem in (("a.wav", ""), ("b.wav", "b.wav is silent.")):
            sound = shelf.put_sound(database, name.ljust(64, "0"), None, problem, 1, None)
            shelf.put_file(database, FoundFile(f"/lib/{name}", 1, 2), sound, ("door",))
        shelf.finish_folder(database, "/lib", 1e9)
    own_sounds.announce(home, "/lib2/")

    skipped = (("/lib/b.wav", "b.wav is silent."),)
    assert (
        OwnFolder("/lib", 1, 0.0, 1e9, skipped),
        OwnFolder("/lib2", 0, 0.0, None, ()),
    ) == own_sounds.own_folders(home)
    assert ["/lib", "/lib2"] == own_sounds.indexed_folders(home)
    assert 2 == own_sounds.forget(home, "/lib")
    assert ["/lib2"] == own_sounds.indexed_folders(home)
