"""What take files are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.take_names import LONGEST_SLUG, first_free, numbered, part_name, remove_parts, slug


@pytest.mark.parametrize(
    ("output", "take", "takes", "expected"),
    [
        ("/a/b.wav", 0, 1, "/a/b.wav"),
        ("/a/b.wav", 0, 2, "/a/b-1.wav"),
        ("/a/b.wav", 9, 16, "/a/b-10.wav"),
        ("/a.b/c.d.flac", 1, 2, "/a.b/c.d-2.flac"),
        ("/a/b", 1, 2, "/a/b-2"),
    ],
)
def test_several_takes_are_numbered(output: str, take: int, takes: int, expected: str) -> None:
    """From 1, before the suffix; a single one has the name itself."""
    assert Path(expected) == numbered(Path(output), take, takes)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("boots on wet gravel", "boots-on-wet-gravel"),
        ("  Rain, heavy; THUNDER!  ", "rain-heavy-thunder"),
        ("../../etc/passwd", "etc-passwd"),
        ("Türknarren", "türknarren"),
        ("雨の音", "雨の音"),
        ("?!", "take"),
        ("", "take"),
        ("x" * 1_000, "x" * LONGEST_SLUG),
        ("y" * (LONGEST_SLUG - 1) + " z", "y" * (LONGEST_SLUG - 1)),
    ],
)
def test_a_prompt_becomes_a_name(prompt: str, expected: str) -> None:
    """Words with hyphens, never empty, never long, never a path."""
    assert expected == slug(prompt)


@given(st.text())
def test_any_prompt_is_a_file_name(prompt: str) -> None:
    """On every system: no separators, no reserved characters, no dots at its ends, short in bytes."""
    name = slug(prompt)
    assert not set(name) & set('/\\:*?"<>|.\0\n ')
    assert name.strip("-") == name
    assert 0 < len(name.encode()) <= 4 * LONGEST_SLUG


def boots(number: int) -> str:
    """A name with a number in it."""
    return f"boots-on-gravel-{number:03d}"


def test_the_first_free_number_is_taken(tmp_path: Path) -> None:
    """Nothing that is there is named again."""
    folder = tmp_path / "music" / "takes"
    names = []
    for _ in range(3):
        path = first_free(folder, boots)
        path.touch()
        names.append(path.name)
    assert ["boots-on-gravel-001.wav", "boots-on-gravel-002.wav", "boots-on-gravel-003.wav"] == names
    (folder / names[1]).unlink()
    assert folder / names[1] == first_free(folder, boots)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands where the folder should be: the sentence says what to do."""
    (tmp_path / "takes").touch()
    with pytest.raises(EngineError, match="name a file") as caught:
        first_free(tmp_path / "takes", boots)
    assert ErrorCode.CANT_WRITE == caught.value.code


def test_a_folder_that_cannot_be_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A locked folder is no defect of ours."""

    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(EngineError, match="Permission denied") as caught:
        first_free(tmp_path, boots)
    assert ErrorCode.CANT_WRITE == caught.value.code


def test_what_a_dead_process_was_writing_is_removed(tmp_path: Path) -> None:
    """And neither a take nor what another process, of a longer or shorter number, writes."""
    for name in (part_name(12, "a"), part_name(12, "b"), part_name(123, "a"), part_name(1, "a"), "take.wav"):
        (tmp_path / name).touch()
    remove_parts(tmp_path, 12)
    left = {path.name for path in tmp_path.iterdir()}
    assert {part_name(123, "a"), part_name(1, "a"), "take.wav"} == left
