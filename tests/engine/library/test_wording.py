"""What names and files say of sounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st

from engine.library.wording import descriptions, searched_words, words_of_name
from engine.takes.notes import Notes
from engine.takes.recipe import encode_recipe
from tests.engine.takes.making import recipe, record
from tests.engine.takes.test_notes import splice

ROOT = Path("/lib")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("door_slam_02.wav", "door slam"),
        ("DoorSlamHeavy-03.wav", "door slam heavy"),
        ("Doors/Wood/slam 1.wav", "doors wood slam"),
        ("A/Doors/Wood/Doors slam.wav", "doors wood slam"),
        ("FEETHmn_Boots-On-Gravel-001_ABC_Show.wav", "footsteps human boots gravel"),
        ("NOUCSID_Boots_ABC.wav", "noucsid boots abc"),
        ("ZOOM0012.wav", ""),
        ("000d92ae4e67.ogg", ""),
        ("REC_001 (copy) 48khz 24bit stereo.wav", ""),
        ("Türe knallt.wav", "türe knallt"),
    ],
)
def test_a_name_becomes_words(name: str, expected: str) -> None:
    """Without numbers, codes, gear and formats; a UCS category is written out, its last fields left out."""
    assert expected == words_of_name(ROOT / name, ROOT).removeprefix("lib").strip()


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60))
@example(".")
def test_any_name_becomes_words_that_are_found_again(name: str) -> None:
    """Nothing is said twice, and what a name says is what a prompt of the same words is searched for by."""
    words = words_of_name(Path("/x") / name, Path("/x/y")).split()

    assert len(set(words)) == len(words)
    assert words == [word for word in searched_words(" ".join(words)) if word in words]


def test_a_file_says_what_its_notes_and_tags_do(tmp_path: Path) -> None:
    """The bext description, a take's prompt without its marks, and titles; not what says nothing."""
    source = record(tmp_path / "source.wav")
    made = recipe(1, settings={"prompt": "wet {gravel|leaves}, (splashes:1.4)"})
    splice(source, tmp_path / "take.wav", Notes(recipe=encode_recipe(made)))
    with soundfile.SoundFile(tmp_path / "tagged.flac", "w", 16_000, 1) as file:
        file.title, file.comment = "Creaking gate", "REC 0012"
        file.write([0.0] * 100)

    assert ("wet gravel leaves , splashes",) == descriptions(tmp_path / "take.wav")
    assert ("Creaking gate",) == descriptions(tmp_path / "tagged.flac")


def test_a_broken_file_says_nothing(tmp_path: Path) -> None:
    """And is no error: whoever listens to it will find out."""
    (tmp_path / "a.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEbext")

    assert () == descriptions(tmp_path / "a.wav")
