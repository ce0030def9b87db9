"""Categories of the Universal Category System, and names made of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.takes.naming import Naming, read_naming, take_stem, write_naming
from engine.takes.ucs import UNPLACED, category_of, find_category, fx_name, guess_category


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("boots on wet gravel", "FEETHmn"),
        ("a horse galloping on dirt", "FEETHors"),
        ("heavy rain on a tin roof", "RAIN"),
        ("rain on leaves", "RAINVege"),
        ("wooden door slams shut", "DOORWood"),
        ("door creaking open slowly", "DOORCreak"),
        ("glass bottle shattering on concrete", "GLASBrk"),
        ("dog barking in a park", "ANMLDog"),
        ("wind howling through trees", "WIND"),
        ("thunder rolling in the distance", "THUN"),
        ("water dripping in a cave", "WATRDrip"),
        ("ocean waves on a beach", "WATRSurf"),
        ("fire crackling", "FIRECrkl"),
        ("metal hit", "METLImpt"),
        ("creaking wood floor", "WOODFric"),
        ("paper crumpling", "PAPRHndl"),
        ("keyboard typing", "CMPTKey"),
        ("keys jingling", "OBJKey"),
        ("coins dropping on a table", "OBJCoin"),
        ("man coughing", "HMNCough"),
        ("crowd cheering in a stadium", "CRWDCheer"),
        ("forest ambience with birds", "AMBForst"),
        ("room tone of a small office", "AMBRoom"),
        ("machine gun burst", "GUNAuto"),
        ("laser gun shot", "LASRGun"),
        ("sword drawn from its scabbard", "WEAPSwrd"),
        ("helicopter flyby", "AEROHeli"),
        ("old steam train whistle", "TRNSteam"),
        ("church bell", "BELLLrg"),
        ("clock ticking", "CLOCKTick"),
        ("whoosh", "WHSH"),
        ("cinematic boom", "DSGNBoom"),
        ("magic sparkle", "MAGShim"),
        ("chain rattling", "CHAINMvmt"),
        ("vacuum cleaner", "MACHAppl"),
    ],
)
def test_a_prompt_has_a_category(prompt: str, expected: str) -> None:
    """What it is counts for more than what it is on, in or through."""
    assert expected == guess_category(prompt).id


@given(st.text(max_size=200))
def test_any_prompt_has_one(prompt: str) -> None:
    """What nobody can place, too."""
    category = guess_category(prompt)
    assert category == find_category(category.id)


def test_nothing_known_is_designed() -> None:
    """It was made, not recorded."""
    assert UNPLACED == guess_category("xyzzy 雨").id


def test_one_that_is_asked_for_is_taken() -> None:
    """Whatever the prompt says, and however its letters are written; off means none."""
    assert "DOORWood" == category_of("doorwood", "rain").id  # type: ignore[union-attr]
    assert category_of("OFF", "rain") is None
    assert "RAIN" == category_of("", "rain").id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("asked", "near"), [("FEETHuman", "FEETHmn"), ("DOORWoood", "DOORWood"), ("?" * 500, UNPLACED)]
)
def test_one_that_is_not_there_is_refused(asked: str, near: str) -> None:
    """With the nearest ones."""
    with pytest.raises(EngineError, match=near) as caught:
        find_category(asked)
    assert ErrorCode.BAD_ARGUMENT == caught.value.code


def test_every_row_is_well_formed() -> None:
    """Ids are short and of letters, no two alike, and there are enough of them."""
    import tomllib

    import engine.takes.ucs as ucs

    table = tomllib.loads(Path(ucs.__file__).with_name("ucs.toml").read_text(encoding="utf-8"))
    ids = [name for entries in table.values() for name in entries if name != "_"]
    assert len(ids) == len({name.lower() for name in ids}) > 150
    assert all(re.fullmatch(r"[A-Z]{2,5}[a-zA-Z]{0,6}", name) for name in ids)
    assert all(": " in entry for entries in table.values() for name, entry in entries.items() if name != "_")


@given(st.text(), st.integers(1, 10**6))
def test_a_name_has_four_fields_and_nothing_unsafe(prompt: str, number: int) -> None:
    """Whatever the prompt."""
    stem = take_stem(prompt, guess_category(prompt), Naming("ABC", "SHOW"), number)
    assert 4 == len(stem.split("_"))
    assert not set(stem) & set('/\\:*?"<>|.\0\n ')
    assert len(stem.encode()) < 250


def test_names() -> None:
    """With weights, underscores and without a category."""
    assert "Boots-On-Wet-Gravel" == fx_name("(boots:1.3) on wet_gravel!", 48)
    assert "Take" == fx_name("?!", 48)
    category = guess_category("boots")
    assert "FEETHmn_Boots-007_PNCH_NONE" == take_stem("boots", category, Naming(), 7)
    assert "boots-on-gravel-007" == take_stem("Boots on gravel", None, Naming(), 7)


def test_the_account_has_its_own_names(tmp_path: Path) -> None:
    """Kept in its home; without any, ours."""
    home = Home(tmp_path / "home", tmp_path / "takes")
    assert Naming() == read_naming(home)
    write_naming(home, Naming("JD", "Film-2"))
    assert Naming("JD", "Film-2") == read_naming(home)


@pytest.mark.parametrize("creator", ["", "a_b", "../x", "x" * 33, "é", 'a"\n'])
def test_names_that_would_break_a_file_name_are_refused(tmp_path: Path, creator: str) -> None:
    """And what was there stays."""
    home = Home(tmp_path / "home", tmp_path / "takes")
    write_naming(home, Naming("JD", "Film"))
    with pytest.raises(EngineError, match="creator"):
        write_naming(home, Naming(creator, "Film"))
    assert Naming("JD", "Film") == read_naming(home)


@pytest.mark.parametrize("content", [b"creator = 5", b"creator = ", b"\xff", b'creator = "a_b"'])
def test_a_damaged_file_of_names_is_said_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    """Not guessed at."""
    home = Home(tmp_path, tmp_path / "takes")
    (tmp_path / "names.toml").write_bytes(content)
    with pytest.raises(EngineError) as caught:
        read_naming(home)
    assert ErrorCode.BAD_ARGUMENT == caught.value.code
