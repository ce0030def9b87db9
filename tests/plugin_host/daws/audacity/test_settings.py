"""What is installed into Audacity, on any system; and how it is undone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_host.daws.audacity.settings import (
    MACRO,
    EnableModule,
    find_module,
    installation,
    macro_folder,
    read_setting,
    settings_path,
    version,
    write_setting,
)
from plugin_host.errors import DawError
from plugin_host.install import System, Where

SEEN = """PrefsVersion=1.1.1r1
[Version]
Major=3
Minor=2
Micro=4
[Module]
mod-script-pipe=4
[ModulePath]
mod-script-pipe=/opt/audacity/mod-script-pipe.so
[GUI/ToolBars]
mod-script-pipe=not this one
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A file that would be it."""
    path = tmp_path / "modules" / "mod-script-pipe.so"
    path.parent.mkdir()
    path.write_bytes(b"")
    return path


@pytest.fixture
def edit(tmp_path: Path, module: Path) -> EnableModule:
    """While no Audacity runs."""
    return EnableModule(tmp_path / "audacity.cfg", module, running=lambda: False)


def where(system: System, home: Path, **environment: str) -> Where:
    """An account."""
    return Where(system, home, ("punchin",), environment)


def test_only_the_modules_state_changes_where_audacity_has_seen_it(edit: EnableModule) -> None:
    """And the way back is to the byte."""
    text = edit.apply(SEEN)
    assert text == SEEN.replace("mod-script-pipe=4", "mod-script-pipe=1")
    assert edit.apply(text) == text
    assert edit.undo(text, SEEN) == SEEN


@pytest.mark.parametrize("before", ["", "PrefsVersion=1.1.1r1\n[GUI]\nShowSplashScreen=0\n"])
def test_settings_that_do_not_know_the_module_learn_where_it_is(
    edit: EnableModule, module: Path, before: str
) -> None:
    """With the time of its file, without which Audacity would ask; the way back is to the byte."""
    text = edit.apply(before)
    assert read_setting(text, "Module", "mod-script-pipe") == "1"
    assert read_setting(text, "ModulePath", "mod-script-pipe") == str(module)
    assert read_setting(text, "ModuleDateTime", "mod-script-pipe") is not None
    assert edit.undo(text, before) == before


def test_undoing_leaves_alone_what_audacity_has_written_since(edit: EnableModule) -> None:
    """It writes its settings at every end."""
    text = edit.apply(SEEN) + "[Window]\nX=5\n"
    assert edit.undo(text, SEEN) == SEEN + "[Window]\nX=5\n"


def test_nothing_is_changed_while_audacity_runs(edit: EnableModule) -> None:
    """It would write over it at its end."""
    busy = replace(edit, running=lambda: True)
    for change in (lambda: busy.apply(SEEN), lambda: busy.undo(SEEN, SEEN)):
        with pytest.raises(DawError, match="end it first"):
            change()


def test_a_module_that_is_nowhere_is_a_sentence(edit: EnableModule) -> None:
    """Audacity itself knows where it is, once it was started."""
    with pytest.raises(DawError, match="start Audacity once"):
        replace(edit, module=None).apply("")
    assert "mod-script-pipe=1" in replace(edit, module=None).apply(SEEN)


@pytest.mark.parametrize(
    ("system", "environment", "settings", "macros"),
    [
        (System.LINUX, {}, ".config/audacity/audacity.cfg", ".local/share/audacity/Macros"),
        (
            System.MACOS,
            {},
            "Library/Application Support/audacity/audacity.cfg",
            "Library/Application Support/audacity/Macros",
        ),
        (System.WINDOWS, {}, "AppData/Roaming/audacity/audacity.cfg", "AppData/Roaming/audacity/Macros"),
    ],
)
def test_files_are_where_audacity_looks(
    tmp_path: Path, system: System, environment: dict[str, str], settings: str, macros: str
) -> None:
    """On each system."""
    account = where(system, tmp_path, **environment)
    assert settings_path(account) == tmp_path / settings
    assert macro_folder(account) == tmp_path / macros


def test_linux_has_other_places_too(tmp_path: Path) -> None:
    """Those of XDG, and the folder of versions before 3.2 where there is one."""
    account = where(
        System.LINUX, tmp_path, XDG_CONFIG_HOME=str(tmp_path / "c"), XDG_DATA_HOME=str(tmp_path / "d")
    )
    assert settings_path(account) == tmp_path / "c" / "audacity" / "audacity.cfg"
    assert macro_folder(account) == tmp_path / "d" / "audacity" / "Macros"
    (tmp_path / ".audacity-data").mkdir()
    assert settings_path(account) == tmp_path / ".audacity-data" / "audacity.cfg"
    assert macro_folder(account) == tmp_path / ".audacity-data" / "Macros"


def test_its_version_is_what_it_wrote_itself(tmp_path: Path) -> None:
    """Nothing is started for it; without Audacity there is none."""
    account = where(System.LINUX, tmp_path, PATH=str(tmp_path))
    assert version(account) == ""
    path = settings_path(account)
    path.parent.mkdir(parents=True)
    path.write_text(SEEN)
    assert version(account) == "3.2.4"


def test_a_macro_writes_the_selection_into_a_folder_that_is_there(tmp_path: Path) -> None:
    """As floats."""
    made = installation(where(System.LINUX, tmp_path))
    macro = next(file for file in made.files if file.path.name == f"{MACRO}.txt")
    text = macro.content.decode()
    assert 'Value="6"' in text
    folder = tmp_path / "Punch-In" / "From Audacity"
    assert f'Export2:Filename="{folder.as_posix()}/selection.wav"' in text
    assert any(file.path.parent == folder for file in made.files)


def test_a_module_is_found_in_the_folder_of_a_package(tmp_path: Path, module: Path) -> None:
    """And is None where there is none."""
    assert find_module(System.LINUX, (f"{tmp_path}/mod*",)) == module
    assert find_module(System.LINUX, (f"{tmp_path}/nothing",)) is None


KEYS = st.sampled_from(["a", "b", "ab"])
GROUPS = st.sampled_from(["X", "X/Y", "Z"])
FILES = st.lists(
    st.tuples(GROUPS, st.dictionaries(KEYS, st.sampled_from(["1", "2"]), min_size=1)),
    unique_by=lambda group: group[0],
).map(
    lambda groups: "".join(
        f"[{group}]\n" + "".join(f"{key}={value}\n" for key, value in pairs.items())
        for group, pairs in groups
    )
)


@given(FILES, GROUPS, KEYS)
def test_a_setting_can_be_written_and_taken_back(text: str, group: str, key: str) -> None:
    """Only it changes, and what was before comes back to the byte."""
    changed = write_setting(text, group, key, "new")
    assert read_setting(changed, group, key) == "new"
    before = read_setting(text, group, key)
    assert write_setting(changed, group, key, before) == text
