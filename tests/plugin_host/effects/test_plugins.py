"""Which plugins there are, by name only."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import EngineError
from plugin_host.effects.plugins import Installed, find_plugin, installed_plugins, plugin_folders


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        ("linux", "home/.vst3"),
        ("darwin", "home/Library/Audio/Plug-Ins/VST3"),
        ("win32", "lad/Programs/Common/VST3"),
    ],
)
def test_folders_are_those_of_the_system(tmp_path: Path, system: str, folder: str) -> None:
    """The user's own, and those that the environment adds before them."""
    environment = {"LOCALAPPDATA": str(tmp_path / "lad"), "PUNCHIN_VST3": str(tmp_path / "more")}
    found = plugin_folders(system, tmp_path / "home", environment)
    assert (tmp_path / "more", tmp_path / folder) == found[:2]


def test_bundles_and_files_are_found_once(tmp_path: Path) -> None:
    """At any depth, but not what lies inside a bundle; of two with one name the first counts."""
    (tmp_path / "one/maker/Comp.vst3/Contents/x86_64-linux").mkdir(parents=True)
    (tmp_path / "one/maker/Comp.vst3/Contents/x86_64-linux/Inner.vst3").touch()
    (tmp_path / "two").mkdir()
    for name in ("Comp.vst3", "Verb.VST3", "readme.txt"):
        (tmp_path / "two" / name).touch()
    found = installed_plugins([tmp_path / "one", tmp_path / "two", tmp_path / "gone"])
    assert ["Comp", "Verb"] == [plugin.name for plugin in found]
    assert tmp_path / "one/maker/Comp.vst3" == found[0].path


def test_a_plugin_is_found_by_its_name(tmp_path: Path) -> None:
    """Whatever its capitals, with a part of its file behind a stroke; else something near is named."""
    installed = [Installed("Comp", tmp_path / "Comp.vst3")]
    assert ("Comp", "Left") == (
        find_plugin("cOMP", installed).installed.name,
        find_plugin("comp/Left", installed).part,
    )
    with pytest.raises(EngineError, match="did you mean Comp"):
        find_plugin("Comb", installed)
