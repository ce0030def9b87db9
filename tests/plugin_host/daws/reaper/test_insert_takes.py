"""The action "insert takes": files that are takes already."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.plugin_host.daws.reaper.conftest import Reaper, item, literal, sound, write_wav

RATE = 8_000


def choose(path: Path) -> str:
    return f"stub.chosen = {literal(str(path))}"


def with_time_reference(path: Path, frames: int) -> Path:
    """The file as a broadcast one (EBU Tech 3285) that says where it belongs."""
    data = path.read_bytes()
    chunk = bytes(338) + struct.pack("<q", frames) + bytes(256)
    data = data[:12] + b"bext" + struct.pack("<I", len(chunk)) + chunk + data[12:]
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


def test_a_take_drops_back_where_its_file_says(reaper: Reaper, tmp_path: Path) -> None:
    """At the frame, with the project's own start time taken off."""
    path = with_time_reference(write_wav(tmp_path / "take.wav", sound(900), RATE), 3_600 * RATE + 12_345)
    spec = {
        "rate": RATE,
        "offset": 3_600.0,
        "cursor": 7.0,
        "tracks": [{"name": "Feet", "values": {"I_SELECTED": 1}}],
    }
    state = reaper.run("insert_takes.lua", spec, choose(path))
    (placed,) = state["tracks"][1]["items"]
    assert placed["values"]["D_POSITION"] == 12_345 / RATE and placed["takes"][0]["name"] == "take"
    assert state["undo"] == ["Punch-In: insert 1 take"] and state["messages"] == []


def test_a_file_that_says_nothing_goes_to_the_cursor(reaper: Reaper, tmp_path: Path) -> None:
    """Snapped to a frame; a project without tracks gets one."""
    path = write_wav(tmp_path / "take.wav", sound(900), RATE)
    state = reaper.run(
        "insert_takes.lua",
        {"rate": RATE, "cursor": 7.00001, "tracks": []},
        choose(path) + " stub.loose = true",
    )
    assert [len(track["items"]) for track in state["tracks"]] == [0, 1]
    assert state["tracks"][1]["items"][0]["values"]["D_POSITION"] == 7.0


def test_a_selected_item_as_long_gets_it_as_a_take(reaper: Reaper, tmp_path: Path) -> None:
    """What is selected goes before what the file says."""
    path = with_time_reference(write_wav(tmp_path / "take.wav", sound(2 * RATE), RATE), 99)
    source = write_wav(tmp_path / "steps.wav", sound(2 * RATE), RATE)
    spec = {"rate": RATE, "tracks": [{"items": [item(source, 10.0, 2.0)]}]}
    state = reaper.run("insert_takes.lua", spec, choose(path))
    assert [take["name"] for take in state["tracks"][0]["items"][0]["takes"]] == ["steps", "take"]


@pytest.mark.parametrize(("answer", "count"), [(6, 3), (7, 1)])
def test_takes_numbered_after_it_can_come_along(
    reaper: Reaper, tmp_path: Path, answer: int, count: int
) -> None:
    """Those of the same length, if wanted; together they are takes of one item."""
    names = [f"FOLYFeet_Boots-00{number}_PNCH_NONE.wav" for number in (1, 2, 3, 4)]
    paths = [
        write_wav(tmp_path / name, sound(900 if number < 3 else 800), RATE)
        for number, name in enumerate(names)
    ]
    setup = choose(paths[0]) + f" stub.answer = {answer}"
    state = reaper.run("insert_takes.lua", {"rate": RATE, "tracks": [{}]}, setup)
    (placed,) = state["tracks"][1]["items"]
    assert [take["name"] for take in placed["takes"]] == [path.stem for path in paths[:count]]
    assert "There are 2 more takes" in state["messages"][0]


def test_what_is_no_wav_file_is_refused(reaper: Reaper, tmp_path: Path) -> None:
    """By name."""
    path = tmp_path / "notes.wav"
    path.write_text("not a sound")
    state = reaper.run("insert_takes.lua", {"tracks": [{}]}, choose(path))
    assert "is no WAV file" in state["messages"][0] and state["undo"] == []


def test_leaving_the_dialog_does_nothing(reaper: Reaper) -> None:
    """Not even a word."""
    state = reaper.run("insert_takes.lua", {"tracks": [{}]})
    assert state["messages"] == [] and state["undo"] == []
