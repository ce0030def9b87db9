"""Messages between Lua and Python: what one writes, the other reads."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_host.daws.reaper import lines
from tests.plugin_host.daws.reaper.conftest import Reaper, literal

VALUES = {
    "prompt": 'boots, "wet" gravel\\n {a|b} \\ C:\\takes\\new',
    "two.lines": "one\ntwo\r\nthree",
    "name": "Türen, Glöckchen",
    "empty": "",
    "number": "-0.25",
}
texts = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
)


@settings(max_examples=40)
@given(st.dictionaries(st.from_regex(r"[a-z_.0-9]{1,12}", fullmatch=True), texts))
def test_everything_comes_back(values: dict[str, str]) -> None:
    """Any text does, line breaks and backslashes, too."""
    assert lines.decode(lines.encode(values)) == values


@settings(max_examples=40)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), texts, min_size=1), st.data())
def test_what_is_cut_short_is_no_message(values: dict[str, str], data: st.DataObject) -> None:
    """Half a file is never taken for a whole one."""
    text = lines.encode(values)
    cut = data.draw(st.integers(0, len(text) - 1))
    assert lines.decode(text[:cut]) is None


def test_lua_reads_what_python_writes(reaper: Reaper, tmp_path: Path) -> None:
    """Every value arrives as it was."""
    lines.write(tmp_path / "message.txt", VALUES)
    path = literal(str(tmp_path / "message.txt"))
    assert reaper.module(f'return require("lines").read({path})') == VALUES


def test_python_reads_what_lua_writes(reaper: Reaper, tmp_path: Path) -> None:
    """Every value arrives as it was, also where a file of the name was there."""
    path = tmp_path / "message.txt"
    path.write_text("old")
    rows = list(VALUES.items())
    reaper.module(f'return {{ require("lines").write({literal(str(path))}, {literal(rows)}) }}')
    assert lines.read(path) == VALUES
    assert [file.name for file in tmp_path.glob("message*")] == ["message.txt"]


def test_a_file_that_is_not_there_is_no_message(tmp_path: Path) -> None:
    """None, not an error: it is looked for again and again."""
    assert lines.read(tmp_path / "none.txt") is None
