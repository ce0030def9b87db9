"""The user's presets: found, kept, never lost, whoever else writes and whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from presets import folder as folders
from presets.document import decode, encode
from presets.errors import PresetError, Reason
from presets.search import all_tags, matching
from presets.store import Store, damaged_files, duplicate, user_folder
from presets.watch import changes
from tests.presets.presets import preset

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty folder, and a factory with one preset in it."""
    factory = tmp_path / "factory" / "foley"
    factory.mkdir(parents=True)
    made = preset("Wood chop", "chopping wood", tags=("foley", "wood"))
    (factory / "wood-chop.toml").write_bytes(b"# ours\n" + encode(made))
    return Store(tmp_path / "own", factory.parent)


def names(store: Store) -> list[str]:
    """Of everything there is."""
    return [entry.preset.name for entry in store.shelf().entries]


def test_what_is_saved_is_found_however_it_is_written(store: Store) -> None:
    """By its name without capitals and signs."""
    one = preset("Old Radio!", "a radio")
    path = store.save(one).path
    assert ("old-radio.toml", one) == (path.name, store.find("old radio").preset)
    assert ["Old Radio!", "Wood chop"] == names(store)


def test_a_name_is_taken_once(store: Store) -> None:
    """Unless it is to be replaced."""
    store.save(preset())
    with pytest.raises(PresetError) as caught:
        store.save(preset("GRAVEL", "other"))
    assert Reason.FILE_EXISTS is caught.value.reason
    store.save(preset("GRAVEL", "other"), replacing=True)
    assert ("other", 1) == (store.find("gravel").preset.prompt, len(list(store.folder.glob("*.toml"))))


def test_ones_own_goes_before_the_factorys_and_leaves_it_whole(store: Store) -> None:
    """Deleting it brings the factory's back, which can't be deleted."""
    store.change("Wood chop", lambda one: replace(one, takes=3))
    entry = store.find("Wood chop")
    assert (3, False) == (entry.preset.takes, entry.is_factory)
    assert b"# ours" in entry.path.read_bytes()
    store.delete("wood chop")
    assert store.find("Wood chop").is_factory
    with pytest.raises(PresetError, match="comes with Punch-In"):
        store.delete("Wood chop")


def test_a_preset_can_get_another_name(store: Store) -> None:
    """One that is free; its file goes with it, and nothing of it is lost."""
    store.save(preset(unknown={"later": 1}))
    store.change("Gravel", lambda one: replace(one, name="Pebbles"))
    assert ["Pebbles", "Wood chop"] == names(store)
    assert {"later": 1} == store.find("pebbles").preset.unknown
    with pytest.raises(PresetError, match="already"):
        store.change("Pebbles", lambda one: replace(one, name="wood CHOP"))
    assert "Pebbles" in names(store)


def test_a_copy_has_a_name_of_its_own(store: Store) -> None:
    """And says the same."""
    duplicate(store, "Wood chop", "Wood chop 2")
    assert "chopping wood" == store.find("Wood chop 2").preset.prompt
    assert "Wood chop 3" == store.free_name("Wood chop")


def test_what_is_not_there_is_guessed_at(store: Store) -> None:
    """In the sentence."""
    with pytest.raises(PresetError, match="did you mean Wood chop"):
        store.find("wod chop")


def test_a_damaged_file_is_named_and_gives_way_only_to_another_name(store: Store) -> None:
    """It is left alone when looked at, and kept aside when a preset takes its place."""
    store.folder.mkdir()
    damaged = store.folder / "gravel.toml"
    damaged.write_bytes(b"schema = 1\nname = ")
    (problem,) = store.shelf().problems
    assert str(damaged) in problem.sentence and damaged.exists()
    with pytest.raises(PresetError, match=r"gravel\.toml can't be used"):
        store.find("gravel")

    for number in (1, 2):
        saved = store.save(preset(), replacing=True)
        assert "boots on gravel" == store.find("Gravel").preset.prompt
        assert number == len(damaged_files(store))
        damaged.write_bytes(b"schema = 1\nname = ")
    assert {b"schema = 1\nname = "} == {path.read_bytes() for path in damaged_files(store)}
    assert saved.aside


def test_a_file_of_a_later_version_is_never_written_over(store: Store) -> None:
    """It stays, and is named."""
    store.folder.mkdir()
    newer = b'schema = 9\nname = "Gravel"\n'
    (store.folder / "gravel.toml").write_bytes(newer)
    assert "update Punch-In" in store.shelf().problems[0].sentence
    with pytest.raises(PresetError, match="update Punch-In"):
        store.save(preset(), replacing=True)
    assert newer == (store.folder / "gravel.toml").read_bytes()


def test_two_files_of_one_name_are_told_apart(store: Store) -> None:
    """The first is it; the other is named, and not written over."""
    store.save(preset())
    (store.folder / "other.toml").write_bytes(encode(preset(prompt="another")))
    shelf = store.shelf()
    assert ["boots on gravel"] == [e.preset.prompt for e in shelf.entries if not e.is_factory]
    assert "same name as gravel.toml" in shelf.problems[0].sentence


def test_names_that_a_system_keeps_for_itself_are_no_trouble(store: Store) -> None:
    """Nor are those of other scripts."""
    for name in ("CON", "Türknall", "足音"):
        path = store.save(preset(name)).path
        assert path.stem not in ("con",) and name == store.find(name).preset.name


def test_a_full_disk_leaves_the_old_preset(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no part of the new one."""
    store.save(preset())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.os, "fsync", full)
    with pytest.raises(PresetError, match="free some space"):
        store.save(preset(prompt="other"), replacing=True)
    assert "boots on gravel" == store.find("Gravel").preset.prompt
    assert [".lock", "gravel.toml"] == sorted(path.name for path in store.folder.iterdir())


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from presets.store import Store
from presets.preset import Preset
store, mark = Store(Path(sys.argv[1]), Path(sys.argv[1]) / "none"), sys.argv[2]
for number in range(15):
    store.change("Shared", lambda one: replace(one, notes=one.notes + mark))
    store.save(Preset(f"{mark} {number}", "x"))
print("done", flush=True)
"""

DYING = """
import os, pathlib, signal, sys
from dataclasses import replace
from presets import folder
from presets.store import Store
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
store = Store(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1]) / "none")
if sys.argv[2] == "written": folder.os.fsync = die
if sys.argv[2] == "settled": pathlib.Path.replace = die
store.change("Shared", lambda one: replace(one, notes="new " * 2000))
print("lived", flush=True)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Code in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_processes_that_save_at_one_time_lose_nothing(store: Store) -> None:
    """Every change of the one they share is in it, and every preset is there whole."""
    store.save(preset("Shared"))
    writers = [start(WRITER, store.folder, mark) for mark in "abc"]
    assert ["done\n"] * 3 == [writer.communicate(timeout=120)[0] for writer in writers]

    shelf = store.shelf()
    notes = store.find("Shared").preset.notes
    assert () == shelf.problems
    assert [15, 15, 15] == [notes.count(mark) for mark in "abc"]
    assert 1 + 45 + 1 == len(shelf.entries)


@pytest.mark.skipif(os.name == "nt", reason="processes are not killed like this on Windows")
@pytest.mark.parametrize("moment", ["written", "settled"])
def test_a_process_that_is_killed_while_it_saves_damages_nothing(store: Store, moment: str) -> None:
    """Until the new file is whole on the disk the old one is there; what is left goes with the next save."""
    store.save(preset("Shared", notes="old"))
    with start(DYING, store.folder, moment) as writer:
        assert "" == writer.communicate(timeout=60)[0]
    assert -signal.SIGKILL == writer.returncode
    assert ("old", ()) == (store.find("Shared").preset.notes, store.shelf().problems)
    assert 1 == len(list(store.folder.glob(".*.part")))
    store.save(preset("Next"))
    assert not list(store.folder.glob(".*.part"))


def test_changes_of_others_are_seen(store: Store) -> None:
    """New, changed and deleted presets, each once."""
    store.save(preset())
    told = changes(store.folder, iter(range(4)))

    def next_names() -> list[str]:
        return sorted(path.name for path in next(told))

    first = changes(store.folder / "nowhere", range(1))
    assert [frozenset()] == list(first)
    assert [] == next_names()
    store.save(preset("Snow"))
    store.save(preset(prompt="other words here"), replacing=True)
    assert ["gravel.toml", "snow.toml"] == next_names()
    store.delete("Snow")
    assert ["snow.toml"] == next_names()
    assert [] == next_names()


def test_words_and_tags_find_presets(store: Store) -> None:
    """All words, beginnings too; those in the name first."""
    store.save(preset("Axe", "a tool in wood", tags=("wood", "film")))
    entries = store.shelf().entries
    assert ["Wood chop", "Axe"] == [entry.preset.name for entry in matching(entries, ["WOO"])]
    assert ["Axe"] == [entry.preset.name for entry in matching(entries, ["wood"], ["Film"])]
    assert () == matching(entries, ["wood", "snow"])
    assert {"film": 1, "foley": 1, "wood": 2} == all_tags(entries)


def test_presets_lie_in_the_accounts_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or where PUNCHIN_HOME says."""
    monkeypatch.delenv("PUNCHIN_HOME", raising=False)
    assert "punch-in" in str(user_folder())
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path))
    assert tmp_path / "presets" == user_folder() == Store().folder


def test_a_file_in_use_elsewhere_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not for ever."""
    monkeypatch.setattr(folders, "LOCK_SECONDS", 0.1)
    with folders.locked(store.folder), pytest.raises(PresetError, match="try again"):
        store.save(preset())
    assert decode(store.save(preset()).path.read_bytes()) == preset()
