"""Installing and removing: all or nothing, back to the byte, and never over somebody's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_host.errors import DawError
from plugin_host.install import IniValues, Installation, Lines, NewFile
from plugin_host.installed import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Of a DAW, in a state folder that is not there yet."""
    return Ledger(tmp_path / "state" / "daws", "fake")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a configuration that the DAW has written."""
    (tmp_path / "home" / "config").mkdir(parents=True)
    (tmp_path / "home" / "config" / "keys").write_text("KEY 1\n")
    return tmp_path / "home"


def installation(home: Path, script: bytes = b"-- punch in\n") -> Installation:
    """A script in a folder of its own, a key, a setting in the same file, and one in a missing file."""
    keys = home / "config" / "keys"
    return Installation(
        (
            NewFile(home / "scripts" / "ours" / "punch.lua", script),
            NewFile(home / "run", b"#!", executable=True),
        ),
        (
            Lines(keys, "bind a key", ("KEY ours",)),
            IniValues(keys, "load us", "Module", {"us": "1"}),
            IniValues(home / "config" / "new.ini", "say yes", "A", {"yes": "1"}),
        ),
        ("Start the DAW again.",),
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and every folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"folder"
        for path in folder.rglob("*")
    }


def test_what_is_shown_first_changes_nothing(ledger: Ledger, home: Path) -> None:
    """The plan names every file, with what will happen to it."""
    before = snapshot(home)
    steps = [str(step) for step in ledger.plan(installation(home))]
    assert snapshot(home) == before
    assert steps[0] == f"write {home / 'scripts' / 'ours' / 'punch.lua'}"
    assert f"edit {home / 'config' / 'keys'}: bind a key" in steps
    assert len(steps) == 5


def test_removing_brings_back_every_byte(ledger: Ledger, home: Path, tmp_path: Path) -> None:
    """Files, folders, and what two edits did to one file; nothing is left in the state folder either."""
    before = snapshot(home)
    ledger.install(installation(home))
    assert "KEY ours" in (home / "config" / "keys").read_text()
    assert (home / "run").stat().st_mode & 0o100
    assert {str(step).split()[0] for step in ledger.plan(installation(home))} == {"keep"}
    ledger.remove(installation(home).edits)
    assert snapshot(home) == before
    assert list((tmp_path / "state" / "daws").iterdir()) == []


def test_installing_again_is_nothing_new(ledger: Ledger, home: Path) -> None:
    """And leaves the way back to what was there before the first time."""
    before = snapshot(home)
    ledger.install(installation(home))
    ledger.install(installation(home))
    ledger.install(installation(home, b"-- a later version\n"))
    assert (home / "scripts" / "ours" / "punch.lua").read_bytes() == b"-- a later version\n"
    ledger.remove(installation(home).edits)
    assert snapshot(home) == before


def test_a_file_of_an_earlier_version_goes(ledger: Ledger, home: Path) -> None:
    """With the version that does not have it any more."""
    ledger.install(installation(home))
    later = installation(home)
    ledger.install(Installation(later.files[:1], later.edits))
    assert not (home / "run").exists()


def test_what_the_daw_has_rewritten_keeps_the_rest(ledger: Ledger, home: Path) -> None:
    """Our lines go, the DAW's new ones stay."""
    ledger.install(installation(home))
    keys = home / "config" / "keys"
    keys.write_text("KEY new\n" + keys.read_text())
    ledger.remove(installation(home).edits)
    assert keys.read_text().split("\n") == ["KEY new", "KEY 1", ""]


def test_a_rewritten_file_without_a_way_back_is_refused(ledger: Ledger, home: Path) -> None:
    """Of an adapter that has gone: nothing at all is removed."""
    ledger.install(installation(home))
    keys = home / "config" / "keys"
    keys.write_text(keys.read_text() + "KEY new\n")
    before = snapshot(home)
    with pytest.raises(DawError, match=r"by hand\. Nothing was removed"):
        ledger.remove(())
    assert snapshot(home) == before


def test_a_script_that_the_user_changed_is_not_deleted(ledger: Ledger, home: Path) -> None:
    """Nor replaced by a later version; a sentence says which."""
    ledger.install(installation(home))
    script = home / "scripts" / "ours" / "punch.lua"
    script.write_text("-- my own\n")
    before = snapshot(home)
    with pytest.raises(DawError, match=r"punch\.lua was changed since"):
        ledger.remove(installation(home).edits)
    with pytest.raises(DawError, match="not as Punch-In wrote it"):
        ledger.install(installation(home, b"-- a later version\n"))
    assert snapshot(home) == before


def test_somebody_elses_file_is_in_nobodys_way(ledger: Ledger, home: Path) -> None:
    """It is neither replaced nor noted as ours."""
    (home / "run").write_text("mine")
    before = snapshot(home)
    with pytest.raises(DawError, match="is there already"):
        ledger.install(installation(home))
    assert snapshot(home) == before
    assert ledger.read() is None


@pytest.mark.parametrize("failing", range(5))
def test_an_installation_that_fails_leaves_nothing(
    ledger: Ledger, home: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Whichever write the disk refuses, everything is as before, and the sentence names the file."""
    from plugin_host import installed

    before, write, count = snapshot(home), installed._write, iter(range(100))

    def full(path: Path, content: bytes) -> None:
        if path.is_relative_to(home) and next(count) == failing:
            raise OSError(28, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(installed, "_write", full)
    with pytest.raises(DawError, match="No space left"):
        ledger.install(installation(home))
    assert snapshot(home) == before
    assert ledger.read() is None


def test_removing_what_is_not_there_is_said(ledger: Ledger) -> None:
    """In a sentence."""
    with pytest.raises(DawError, match="Nothing of Punch-In"):
        ledger.remove()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', '{"version": 1, "written": [{}]}'])
def test_a_damaged_list_is_said(ledger: Ledger, tmp_path: Path, text: str) -> None:
    """Nothing is guessed from it."""
    path = tmp_path / "state" / "daws" / "fake" / "installed.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(DawError, match="can't be read"):
        ledger.read()
