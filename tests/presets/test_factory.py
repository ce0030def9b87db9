"""The presets that come with Punch-In: each is one, and the engine takes what it asks for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.commands.preset_request import check_accepted
from engine.evaluation.preset_trial import load_demands
from presets.document import decode
from presets.folder import read_folder
from presets.store import FACTORY

GROUPS = {
    "foley": "film foley",
    "ambience": "ambience",
    "impacts": "game impacts",
    "creatures": "creatures",
    "machines": "machines",
    "weather": "weather",
    "ui": "ui",
    "restyles": "restyle",
}
PATHS = sorted(FACTORY.rglob("*.toml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_factory_preset_makes_a_request(path: Path) -> None:
    """With its group among its tags, a file named after it, and no effect that would have to be installed."""
    preset = decode(path.read_bytes())
    check_accepted(preset)
    assert GROUPS[path.parent.name] in preset.tags
    assert (preset.key, {}) == (path.stem, dict(preset.unknown))
    assert not any(effect.plugin for effect in preset.effects)


def test_there_are_enough_of_every_group() -> None:
    """At least forty, five of every group, and each with something that it has to be."""
    contents = read_folder(FACTORY, deep=True)
    assert () == contents.problems
    assert len(contents.files) >= 40
    groups = Counter(file.path.parent.name for file in contents.files)
    assert set(GROUPS) == set(groups)
    assert min(groups.values()) >= 5
    assert {file.preset.name for file in contents.files} == set(load_demands())
