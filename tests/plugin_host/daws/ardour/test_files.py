"""Ardour's own files: our action, timer and key go in, and out again, whatever else is there."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_host.daws.ardour import installation, scripts_folder
from plugin_host.daws.ardour.key_bindings import KeyBinding
from plugin_host.daws.ardour.places import Ardour, key_files, settings_folder
from plugin_host.daws.ardour.spool import format_lines, parse_lines
from plugin_host.daws.ardour.ui_scripts import UiScripts, slot_of
from plugin_host.errors import DawError
from plugin_host.install import System, Where
from tests.plugin_host.daws.ardour.conftest import Scripts
from tests.plugin_host.daws.reaper.conftest import literal

SCRIPTS = UiScripts(Path("/home/me/.config/ardour7/ui_scripts"), Path("/home/me/.config/ardour7/punchin"))
KEYS = (
    '<BindingSet name="keys">\n <Bindings name="Editor">\n  <Press>\n'
    '   <Binding key="p" action="Editor/x"/>\n'
    '  </Press>\n </Bindings>\n <Bindings name="Global">\n  <Press>\n'
    '   <Binding key="Primary-q" action="Common/Quit"/>\n'
    "  </Press>\n </Bindings>\n</BindingSet>\n"
)


def theirs(*slots: int) -> str:
    """A file of scripts as Ardour writes it, with one in each of these actions."""
    lua = "scripts = {} " + " ".join(
        f'scripts[{slot}] = {{}} scripts[{slot}]["n"] = "Mine \\" {slot}" scripts[{slot}]["s"] = "a = 1\\\n" '
        f'scripts[{slot}]["c"] = true scripts[{slot}]["f"] = "\\27Lua\\0 scripts[9] = {{}}" '
        f'scripts[{slot}]["a"] = {{}} '
        for slot in slots
    )
    content = base64.b64encode(lua.encode()).decode()
    return (
        f'<UIScripts><ActionScript lua="Lua 5.3">{content}</ActionScript><ActionHooks>'
        f'<LuaCallback lua="Lua 5.3" id="5" name="Mine" signals="0">QUJD</LuaCallback>'
        "</ActionHooks></UIScripts>"
    )


def actions(text: str) -> str:
    """What the file says of actions, in Lua."""
    node = ElementTree.fromstring(text).find("ActionScript")
    assert node is not None
    return base64.b64decode(node.text or "").decode(errors="replace")


@pytest.mark.parametrize("before", ["", theirs(), theirs(1), theirs(1, 2, 5)])
def test_an_action_and_a_timer_are_added_and_taken_away_to_the_byte(before: str) -> None:
    """Scripts of the user's keep their places."""
    after = SCRIPTS.apply(before)
    slot = slot_of(after, SCRIPTS.path)
    assert f'scripts[{slot}]["n"] = "Punch-In"' in actions(after)
    assert after.count('name="Punch-In"') == 1
    assert SCRIPTS.apply(after) == after
    assert SCRIPTS.undo(after, before) == before


def test_the_action_is_loaded_as_ardour_8_does_it(scripts: Scripts) -> None:
    """It asks each action for an argument; without any, loading ended in an error and the key did nothing."""
    text = actions(SCRIPTS.apply(""))
    assert scripts.run(f"""
        load ({literal(text)}) ()
        local action = scripts[1]
        return {{ action.n, tostring (action.a["x-script-origin"]), type (load (action.f)) }}
    """) == ["Punch-In", "nil", "function"]


def test_what_the_user_added_since_stays() -> None:
    """Ardour wrote the file anew, with another script of the user's, before ours went."""
    now = SCRIPTS.apply(theirs(1, 3))
    left = SCRIPTS.undo(now, theirs(1))
    assert 'scripts[3]["n"] = "Mine' in actions(left)
    assert "Punch-In" not in actions(left)
    assert 'name="Punch-In"' not in left
    assert 'name="Mine"' in left


def test_no_action_is_taken_from_the_user() -> None:
    """All nine have scripts."""
    with pytest.raises(DawError, match="script actions are taken"):
        SCRIPTS.apply(theirs(*range(1, 10)))


@pytest.mark.parametrize(
    "text", ["<UIScripts", "<Other/>", "<UIScripts><ActionScript>b3MuZXhpdCgp</ActionScript></UIScripts>"]
)
def test_a_file_that_is_not_understood_is_left_alone(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(DawError, match="nothing was changed"):
        SCRIPTS.apply(text)


def test_the_key_is_bound_among_ardours_own_and_goes_again() -> None:
    """A user who has no keys of their own gets Ardour's, and ours."""
    edit = KeyBinding(Path("ardour.keys"), KEYS, 2)
    after = edit.apply("")
    assert '<Binding key="Primary-Secondary-p" action="LuaAction/script-2"' in after.split('name="Global"')[1]
    assert re.sub(r"\s", "", after.replace(after.split("<Press>")[2].split("\n")[1], "")) == re.sub(
        r"\s", "", KEYS
    )
    assert edit.apply(after) == after
    assert edit.undo(after, "") == ""
    changed = after.replace("Common/Quit", "Common/Mine")
    assert "Common/Mine" in edit.undo(changed, "") and "script-2" not in edit.undo(changed, "")


def test_a_key_of_the_users_is_not_taken() -> None:
    """It is named."""
    taken = KEYS.replace("Primary-q", "Primary-Secondary-p")
    with pytest.raises(DawError, match="Common/Quit"):
        KeyBinding(Path("ardour.keys"), KEYS, 1).apply(taken)


@pytest.mark.parametrize("system", list(System))
def test_every_system_has_its_folders(system: System) -> None:
    """Of the user's settings, and of Ardour's keys."""
    where = Where(system, Path("/home/me"), ("punchin",), {})
    assert settings_folder(where, 8) != settings_folder(where, 7)
    assert all("8" in str(path) for path in key_files(where, 8))
    assert "punchin" in scripts_folder(Ardour(8, settings_folder(where, 8), Path("k"))).parts


def test_no_ardour_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not a traceback."""
    monkeypatch.setattr("plugin_host.daws.ardour.installed", lambda _where: ())
    with pytest.raises(DawError, match="not installed"):
        installation(Where(System.LINUX, Path("/nowhere"), ("punchin",), {}))


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]+", fullmatch=True),
        st.lists(st.text(st.characters(exclude_characters="\r", codec="utf-8")), min_size=1),
    )
)
def test_lines_carry_any_text(values: dict[str, list[str]]) -> None:
    """Newlines and backslashes included."""
    assert parse_lines(format_lines(values)) == values
