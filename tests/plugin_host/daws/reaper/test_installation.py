"""Scripts and actions in REAPER's folder, on three systems, and out of it again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import HOME_VARIABLE
from plugin_host.daws.reaper import resource_files
from plugin_host.daws.reaper.keyboard import ACTIONS, KeyboardEdit
from plugin_host.daws.reaper.resource_files import installation, installed_version, resource_folder
from plugin_host.errors import DawError
from plugin_host.install import System, Where
from tests.plugin_host.daws.reaper.conftest import SCRIPTS, Reaper

OWN = """\
ACT 1 0 "9b2e" "Custom: mine" 40044 _RSaaa
SCR 4 0 RSaaa "Custom: mine.lua" "mine.lua"
KEY 9 65 _RSaaa 0\t\t # Main : Ctrl+A : Custom: mine.lua
KEY 25 80 40044 0
"""


def where(home: Path, system: System = System.LINUX, **environment: str) -> Where:
    return Where(system, home, ("punchin",), environment)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "state"))
    return tmp_path


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        (System.LINUX, {}, ".config/REAPER"),
        (System.LINUX, {"XDG_CONFIG_HOME": "/x"}, "/x/REAPER"),
        (System.MACOS, {}, "Library/Application Support/REAPER"),
        (System.WINDOWS, {"APPDATA": "/roaming"}, "/roaming/REAPER"),
        (System.WINDOWS, {}, "AppData/Roaming/REAPER"),
    ],
)
def test_the_folder_is_reapers_own(
    home: Path, system: System, environment: dict[str, str], folder: str
) -> None:
    """Where REAPER documents it."""
    assert resource_folder(where(home, system, **environment)) == home / folder


def test_every_script_is_installed(home: Path) -> None:
    """All of them, under the paths that the list of actions names."""
    files = {file.path: file.content for file in installation(where(home)).files}
    target = home / ".config" / "REAPER" / "Scripts" / "Punch-In"
    shipped = {target / path.relative_to(SCRIPTS) for path in SCRIPTS.rglob("*.lua")}
    assert set(files) == shipped | {target / "launch.py"}
    assert {target / action.file for action in ACTIONS} <= set(files)


def test_installed_scripts_start_the_process(home: Path, reaper: Reaper) -> None:
    """What is written for this machine is Lua with the right words, and the launcher runs the process."""
    files = {file.path.name: file for file in installation(where(home)).files}
    facts = files["installed.lua"].content.decode()
    (reaper.scripts / "punchin" / "installed.lua").write_text(facts)
    said = reaper.module('return require("installed")')
    launcher = Path(said["command"][2])
    assert (
        said["command"][:2] == [sys.executable, "-P"]
        and said["spool"] == (home / "state" / "reaper").as_posix()
    )
    launcher.parent.mkdir(parents=True)
    launcher.write_bytes(files["launch.py"].content)
    job = home / "state" / "reaper" / "jobs" / "one"
    job.mkdir(parents=True)
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", HOME_VARIABLE)
    }
    done = subprocess.run(
        [*said["command"], str(job)], cwd="/", env=environment, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "There is no request" in (job / "status.txt").read_text()


def test_a_folder_with_any_name_comes_through(
    home: Path, monkeypatch: pytest.MonkeyPatch, reaper: Reaper
) -> None:
    """Names in other scripts, quotes and backslashes."""
    strange = home / 'Jürgen "J" \\ Ω'
    monkeypatch.setenv(HOME_VARIABLE, str(strange))
    facts = next(file for file in installation(where(home)).files if file.path.name == "installed.lua")
    (reaper.scripts / "punchin" / "installed.lua").write_bytes(facts.content)
    assert reaper.module('return require("installed")')["spool"] == str(strange / "reaper")


def test_the_spool_is_for_its_owner_only(home: Path) -> None:
    """A token may lie in it."""
    installation(where(home))
    if os.name != "nt":
        assert (home / "state" / "reaper").stat().st_mode & 0o077 == 0


def edit(home: Path, running: bool = False) -> KeyboardEdit:
    return KeyboardEdit(home / "reaper-kb.ini", lambda: running)


def test_actions_are_added_and_nothing_else_changes(home: Path) -> None:
    """A line for each, with an id that stays; a key only where nobody has it."""
    text = edit(home).apply(OWN)
    assert text.startswith(OWN)
    for action in ACTIONS:
        assert (
            f'SCR {action.flags} 0 {action.identifier} "Custom: {action.title}" "Punch-In/{action.file}"\n'
            in text
        )
    assert f"KEY 29 80 _{ACTIONS[1].identifier} 0\n" in text
    assert f"_{ACTIONS[0].identifier}" not in text  # Ctrl+Alt+P is somebody's


def test_installing_twice_is_installing_once(home: Path) -> None:
    """The same text, also when the user has moved an action to another key meanwhile."""
    once = edit(home).apply(OWN)
    assert edit(home).apply(once) == once
    moved = once.replace("KEY 29 80", "KEY 5 90")
    assert edit(home).apply(moved) == moved


lines = st.lists(
    st.sampled_from(OWN.splitlines())
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
)


@settings(max_examples=50)
@given(lines, st.sampled_from(["\n", "\r\n"]))
def test_what_is_removed_leaves_what_was(rows: list[str], end: str) -> None:
    """To the byte, whatever else is in the file."""
    before = "".join(row + end for row in rows)
    changed = edit(Path()).apply(before)
    assert edit(Path()).undo(changed, before) == before


def test_what_reaper_wrote_meanwhile_stays(home: Path) -> None:
    """Its own new lines do; ours go, with keys that the user gave them."""
    changed = edit(home).apply(OWN)
    since = changed + "KEY 5 66 40001 0\n" + f"KEY 1 77 _{ACTIONS[2].identifier} 0\t\t # Main : M\n"
    assert edit(home).undo(since, OWN) == OWN + "KEY 5 66 40001 0\n"


def test_a_running_reaper_refuses(home: Path) -> None:
    """It would write over the change when it ends."""
    for verb in (lambda: edit(home, True).apply(OWN), lambda: edit(home, True).undo(OWN, "")):
        with pytest.raises(DawError, match="quit it"):
            verb()


def test_a_running_reaper_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names that its program has on the three systems."""

    class Process:
        def __init__(self, name: str | None) -> None:
            self.info = {"name": name}

    for name, expected in (
        ("reaper", True),
        ("REAPER.exe", True),
        ("REAPER", True),
        ("python", False),
        (None, False),
    ):
        monkeypatch.setattr(resource_files.psutil, "process_iter", lambda _wanted, name=name: [Process(name)])
        assert resource_files.is_running() is expected


def test_the_version_is_what_reaper_has_noted(home: Path) -> None:
    """Nothing where it has never run."""
    assert installed_version(where(home)) == ""
    folder = resource_folder(where(home))
    folder.mkdir(parents=True)
    (folder / "reaper.ini").write_text("[REAPER]\n")
    assert installed_version(where(home)) == "of an unknown version"
    (folder / "reaper-install-rev.txt").write_text("7.16\n")
    assert installed_version(where(home)) == "7.16"
