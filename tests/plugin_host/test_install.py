"""Edits in a DAW's own files: made once, and taken out again whatever else has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_host.errors import DawError
from plugin_host.install import IniValues, Installation, Lines, NewFile, check_sessions

FILE = Path("settings")
WORDS = st.text("abcXYZ =[];#", max_size=8).map(str.strip)
TEXTS = st.lists(WORDS, max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(TEXTS, st.lists(st.sampled_from(["KEY 9 80 ours", "SCR 4 0 ours", "abc"]), min_size=1, unique=True))
def test_lines_are_added_once_and_go_again(text: str, lines: list[str]) -> None:
    """Applied twice is applied once; undone is what was there, which includes lines that were ours before."""
    edit = Lines(FILE, "bind a key", tuple(lines))
    changed = edit.apply(text)
    assert set(lines) <= set(changed.splitlines())
    assert edit.apply(changed) == changed
    assert edit.undo(changed, text) == text


def test_lines_go_from_a_file_that_was_rewritten() -> None:
    """What the DAW has added stays, in its order."""
    edit = Lines(FILE, "bind a key", ("ours",))
    assert edit.undo("new\nours\nold\n", "old\n") == "new\nold\n"


INI = st.lists(
    st.tuples(st.sampled_from(["", "Module", "GUI"]), st.sampled_from(["a", "b", "mod"]), st.integers(0, 3)),
    max_size=6,
    unique_by=lambda row: row[:2],
)


def ini(rows: list[tuple[str, str, int]]) -> str:
    """A file of such rows, by sections."""
    text = ""
    for section in ("", "Module", "GUI"):
        here = [f"{key}={value}\n" for name, key, value in rows if name == section]
        text += (f"[{section}]\n" if section and here else "") + "".join(here)
    return text


@given(INI, st.sampled_from(["Module", "GUI"]))
def test_values_are_set_and_put_back(rows: list[tuple[str, str, int]], section: str) -> None:
    """Others stay as they were; undone is the file of before, with a section only if it had one."""
    text = ini(rows)
    edit = IniValues(FILE, "load our module", section, {"mod": "9", "other": "x"})
    changed = edit.apply(text)
    assert edit.apply(changed) == changed
    expected = [row for row in rows if row[:2] != (section, "mod")]
    for _, key, value in expected:
        assert f"{key}={value}" in changed.splitlines()
    assert changed.splitlines().count("mod=9") == 1
    assert edit.undo(changed, text) == text


def test_values_that_somebody_changed_since_stay() -> None:
    """They are not ours any more; the others go back."""
    edit = IniValues(FILE, "load our module", "Module", {"mod": "1", "kind": "x"})
    changed = edit.apply("[Module]\nmod=0\n").replace("mod=1", "mod=2") + "[New]\nz=1\n"
    assert edit.undo(changed, "[Module]\nmod=0\n") == "[Module]\nmod=2\n[New]\nz=1\n"


def test_line_ends_of_windows_stay() -> None:
    """No file comes back with half of its lines ending in another way."""
    for edit in (Lines(FILE, "", ("x=1",)), IniValues(FILE, "", "A", {"x": "1"})):
        changed = edit.apply("[A]\r\ny=2\r\n")
        assert changed.count("\n") == changed.count("\r\n") == 3


@pytest.mark.parametrize("name", ["scene.ardour", "Film.RPP", "Song.logicx/Resources/x.lua", "take.aup3"])
def test_sessions_are_never_touched(name: str) -> None:
    """Neither a file nor something inside of one."""
    with pytest.raises(DawError, match="is a session"):
        check_sessions(Installation((NewFile(Path("/home") / name, b""),)))
    with pytest.raises(DawError, match="is a session"):
        check_sessions(Installation(edits=(Lines(Path("/home") / name, "", ()),)))
