"""What files are called says what they sound like, and which of them are takes of one recording."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from engine.errors import EngineError
from engine.training.captions import group_of, name_of, read_csv


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("DoorSlam_03.wav", "door slam"),
        ("wind take 02.ogg", "wind"),
        ("glass-break (3).wav", "glass break"),
        ("HeavyRainOnTin_48k_24bit_stereo_v2.flac", "heavy rain on tin"),
        ("DOORWood_Cabinet Slam-03_ABC_LIB1.wav", "cabinet slam"),
        ("AMBForst_Birds At Dawn_X_Y.wav", "birds at dawn"),
        ("Creaky Gate/ZOOM0012.WAV", "creaky gate"),
        ("Müll/Glas.wav", "glas"),
    ],
)
def test_names_become_captions(path: str, expected: str) -> None:
    """Words are taken apart, numbers, formats and recorders' words left out; a UCS name says its own."""
    assert name_of(PurePosixPath(path), {}).captions[0] == expected


def test_ucs_names_bring_their_category() -> None:
    """The category says more than the name alone."""
    captions = name_of(PurePosixPath("DOORWood_Slam-03_ABC_LIB1.wav"), {}).captions
    assert captions == ("slam", "slam wood", "doors wood")


def test_names_that_say_nothing_give_no_caption() -> None:
    """A recorder's numbering is no description, and its files are not takes of one thing."""
    first, second = (name_of(PurePosixPath(f"DR000{number}.wav"), {}) for number in (1, 2))
    assert first.captions == second.captions == ()
    assert first.group != second.group


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("a/door_01.wav", "a/door_02.wav", True),
        ("a/Door Take 1.wav", "a/door take 12.flac", True),
        ("a/take 1.wav", "a/take 2.wav", True),
        ("a/door_01.wav", "b/door_01.wav", False),
        ("a/door_01.wav", "a/window_01.wav", False),
        ("DOORWood_Slam-01_A_B.wav", "DOORWood_Slam-02_A_B.wav", True),
    ],
)
def test_takes_of_one_recording_are_one_group(first: str, second: str, same: bool) -> None:
    """Names that differ in their number only belong together."""
    assert (group_of(PurePosixPath(first)) == group_of(PurePosixPath(second))) is same


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_says_more_than_a_name(tmp_path: Path, delimiter: str) -> None:
    """Files are found by path or name, in small or capital letters."""
    rows = [
        ("FileName", "Description"),
        ("sub\\a01.wav", "a gate"),
        ("A01.wav", "a rusty gate"),
        ("x", "not there"),
    ]
    table = tmp_path / "captions.csv"
    table.write_text("\n".join(delimiter.join(row) for row in rows), encoding="utf-8-sig")
    path = PurePosixPath("sub/a01.wav")
    assert name_of(path, read_csv(table, [path])).captions == ("a gate",)
    other = PurePosixPath("elsewhere/a01.wav")
    assert name_of(other, read_csv(table, [other])).captions == ("a rusty gate",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file,caption\nother.wav,a gate\n", "none of them in the library"),
        (b"sound,words\na.wav,a gate\n", "column filename"),
        (b"", "column filename"),
        (b"file,caption\na.wav,\xff\xfe\n", "UTF-8"),
    ],
)
def test_a_csv_that_helps_nobody_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Captions for nothing would be a silent fallback to names."""
    table = tmp_path / "captions.csv"
    table.write_bytes(content)
    with pytest.raises(EngineError, match=said):
        read_csv(table, [PurePosixPath("a.wav")])
