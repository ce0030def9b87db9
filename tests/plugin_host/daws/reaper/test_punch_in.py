"""The actions "punch in" and "again", from what is selected to takes in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from tests.plugin_host.daws.reaper.conftest import Reaper, fake_takes, item, sound, write_wav
from tests.plugin_host.daws.reaper.scenes import RATE, excerpt, project, recording, request, takes


def test_an_item_gets_takes_in_place(reaper: Reaper, tmp_path: Path) -> None:
    """An item goes out as it is; takes come back as takes of the same item, in one step to undo."""
    source = recording(tmp_path)
    new = takes(tmp_path, 2 * RATE)
    state = reaper.run("punch_in.lua", project(item(source, 10.0, 2.0)), fake_takes(new))
    (placed,) = state["tracks"][0]["items"]
    assert [take["file"] for take in placed["takes"]] == [str(source), *map(str, new)]
    assert [take["name"] for take in placed["takes"]][1:] == [path.stem for path in new]
    assert (placed["values"]["I_CURTAKE"], placed["values"]["D_POSITION"], placed["values"]["D_LENGTH"]) == (
        1,
        10,
        2,
    )
    assert state["undo"] == ["Punch-In: 2 takes of boots on gravel"]
    assert state["messages"] == [] and state["ended"] and not state["window"]
    assert (state["accessors"], state["refresh"]) == (0, 0)
    assert placed["takes"][1]["ext"]["P_EXT:punchin"] == "prompt: gravel"


@pytest.mark.parametrize(("rate", "subtype"), [(48_000, "FLOAT"), (44_100, "PCM_24"), (96_000, "PCM_16")])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_what_goes_out_is_the_file(
    reaper: Reaper, tmp_path: Path, rate: int, subtype: str, channels: int
) -> None:
    """An item's sound goes out at its file's rate and channels, bit for bit, whatever the project's."""
    source = recording(tmp_path, 0.5, channels, rate, subtype)
    state = reaper.run(
        "punch_in.lua",
        project(item(source, 3.0, 0.25, take={"D_STARTOFFS": 0.1})),
        fake_takes(takes(tmp_path, rate // 4, rate=rate)),
    )
    samples, written = excerpt(state)
    original = sf.read(source, dtype="float32", always_2d=True)[0]
    first, frames = int(request(state)["excerpt.1.start"]), int(request(state)["excerpt.1.frames"])
    assert (written, samples.shape[1], frames) == (rate, channels, rate // 4)
    inside = samples[first : first + frames]
    np.testing.assert_array_equal(inside, original[rate // 10 :][:frames])


def test_the_time_selection_cuts_an_item(reaper: Reaper, tmp_path: Path) -> None:
    """With a time selection inside the item, only that part gets takes; what is around it does not change."""
    source = recording(tmp_path)
    start, frames = 4_001, 5_007
    times = [10.0 + start / RATE, 10.0 + (start + frames) / RATE]
    state = reaper.run(
        "punch_in.lua", project(item(source, 10.0, 2.0), times=times), fake_takes(takes(tmp_path, frames))
    )
    assert state["messages"] == []
    left, right, middle = sorted(
        state["tracks"][0]["items"], key=lambda piece: (len(piece["takes"]), piece["values"]["D_POSITION"])
    )
    assert [len(piece["takes"]) for piece in (left, middle, right)] == [1, 3, 1]
    for piece, at in ((middle, start), (right, start + frames)):
        assert round((piece["values"]["D_POSITION"] - 10.0) * RATE, 6) == at
        assert round(piece["takes"][0]["values"]["D_STARTOFFS"] * RATE, 6) == at
    assert round(middle["values"]["D_LENGTH"] * RATE, 6) == frames
    assert middle["takes"][1]["values"]["D_STARTOFFS"] == 0
    samples, _ = excerpt(state)
    original = sf.read(source, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(samples, original[start - RATE // 10 : start + frames + RATE // 10])
    assert request(state)["excerpt.1.time_reference"] == str(10 * RATE + start)


def test_splits_of_a_reaper_that_overlaps_them_stay_exact(reaper: Reaper, tmp_path: Path) -> None:
    """Where REAPER is set to overlap and fade what it splits, the pieces still meet at the frame, unfaded."""
    source = recording(tmp_path)
    state = reaper.run(
        "punch_in.lua",
        project(item(source, 10.0, 2.0), times=[10.5, 11.0]),
        fake_takes(takes(tmp_path, RATE // 2)) + "stub.overlap = 0.05",
    )
    pieces = sorted(state["tracks"][0]["items"], key=lambda piece: piece["values"]["D_POSITION"])
    spans = [(piece["values"]["D_POSITION"], piece["values"]["D_LENGTH"]) for piece in pieces]
    np.testing.assert_allclose(spans, [(10.0, 0.5), (10.5, 0.5), (11.0, 1.0)], atol=1e-12)
    offsets = [piece["takes"][0]["values"]["D_STARTOFFS"] for piece in pieces]
    np.testing.assert_allclose(offsets, [0.0, 0.5, 1.0], atol=1e-12)
    fades = [(piece["values"]["D_FADEINLEN_AUTO"], piece["values"]["D_FADEOUTLEN_AUTO"]) for piece in pieces]
    assert fades == [(-1, -1)] * 3


def test_context_is_what_the_track_plays_around(reaper: Reaper, tmp_path: Path) -> None:
    """Beyond the item's ends the neighbours are heard, as loud beside the take as they are in the project."""
    source = recording(tmp_path)
    other = write_wav(tmp_path / "other.wav", sound(RATE, 1, 9), RATE)
    items = (item(source, 1.0, 2.0, values={"D_VOL": 0.5}), item(other, 3.0, 1.0, selected=False))
    setup = fake_takes(takes(tmp_path, 2 * RATE)) + 'stub.ext["Punch-In/handles"] = "5"'
    state = reaper.run("punch_in.lua", project(*items), setup)
    samples, _ = excerpt(state)
    assert len(samples) == (1 + 2 + 5) * RATE  # one second to the project's start, the item, five seconds
    np.testing.assert_array_equal(samples[:RATE], 0)
    np.testing.assert_array_equal(
        samples[3 * RATE : 4 * RATE], 2 * sf.read(other, dtype="float32", always_2d=True)[0]
    )


def test_takes_are_as_loud_as_what_they_replace(reaper: Reaper, tmp_path: Path) -> None:
    """Volume and pan of the take that was sent go to the new ones, which were made from it without them."""
    levels = {"D_VOL": 0.25, "D_PAN": -0.5}
    placed = item(recording(tmp_path), 0.0, 2.0, take=levels)
    state = reaper.run("punch_in.lua", project(placed), fake_takes(takes(tmp_path, 2 * RATE)))
    for take in state["tracks"][0]["items"][0]["takes"]:
        assert levels.items() <= take["values"].items()


def test_several_items_get_theirs_in_one_step(reaper: Reaper, tmp_path: Path) -> None:
    """Each of several items goes out on its own; all their takes come in one step to undo."""
    source = recording(tmp_path)
    new = takes(tmp_path, RATE, 2)
    setup = (
        fake_takes(new)
        .replace('"take.2.excerpt", "1"', '"take.2.excerpt", "2"')
        .replace('{"take.2.excerpt","1"}', '{"take.2.excerpt","2"}')
    )
    state = reaper.run("punch_in.lua", project(item(source, 0.0, 1.0), item(source, 5.0, 1.0)), setup)
    assert [len(placed["takes"]) for placed in state["tracks"][0]["items"]] == [2, 2]
    assert request(state)["excerpts"] == "2" and len(state["undo"]) == 1


def test_tracks_and_a_time_selection(reaper: Reaper, tmp_path: Path) -> None:
    """Without items, a selected track's sound goes out; takes come on a track below it."""
    source = recording(tmp_path)
    spec = {
        "rate": RATE,
        "times": [0.500001, 1.25],
        "tracks": [
            {
                "name": "Feet",
                "values": {"I_SELECTED": 1, "I_FOLDERDEPTH": -1},
                "items": [item(source, 0.0, 2.0, selected=False)],
            },
            {"name": "Props"},
        ],
    }
    state = reaper.run("punch_in.lua", spec, fake_takes(takes(tmp_path, 6_000)))
    assert [track["name"] for track in state["tracks"]] == ["Feet", "Feet Punch-In", "Props"]
    assert [track["values"]["I_FOLDERDEPTH"] for track in state["tracks"]] == [0, -1, 0]
    (placed,) = state["tracks"][1]["items"]
    assert (placed["values"]["D_POSITION"], placed["values"]["D_LENGTH"]) == (4_000 / RATE, 6_000 / RATE)
    assert len(placed["takes"]) == 2 and placed["values"]["B_LOOPSRC"] == 0
    samples, _ = excerpt(state)
    original = sf.read(source, dtype="float32", always_2d=True)[0]
    around = original[4_000 - RATE // 10 : 10_000 + RATE // 10]
    np.testing.assert_array_equal(samples, np.repeat(around, 2, axis=1))


def test_lanes(reaper: Reaper, tmp_path: Path) -> None:
    """Each take can have a lane of its own, named after it, that does not play until it is chosen."""
    new = takes(tmp_path, 2 * RATE)
    setup = fake_takes(new) + 'stub.ext["Punch-In/place"] = "lane"'
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup)
    (track,) = state["tracks"]
    assert (track["values"]["I_FREEMODE"], track["values"]["I_NUMFIXEDLANES"]) == (2, 3)
    assert [placed["values"]["I_FIXEDLANE"] for placed in track["items"]] == [0, 1, 2]
    assert [placed["values"]["D_POSITION"] for placed in track["items"]] == [10, 10, 10]
    assert (track["lanes"]["C_LANEPLAYS:1"], track["lanes"]["C_LANEPLAYS:2"]) == (0, 0)
    assert track["lane_names"]["P_LANENAME:1"] == new[0].stem


@pytest.mark.parametrize(
    ("setup", "sentence"),
    [
        ('stub.version = "6.83/linux-x86_64"', "Lanes came with REAPER 7"),
        ("stub.front.tracks[1].values.I_FREEMODE = 1", "free item positioning"),
    ],
)
def test_where_lanes_are_not_possible_nothing_changes(
    reaper: Reaper, tmp_path: Path, setup: str, sentence: str
) -> None:
    """An older REAPER, and a track with free positions, say so; what was begun is undone."""
    setup = fake_takes(takes(tmp_path, 2 * RATE)) + 'stub.ext["Punch-In/place"] = "lane"\n' + setup
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup)
    assert sentence in state["messages"][0]
    assert len(state["tracks"][0]["items"]) == 1 and state["undo"] == [] and state["refresh"] == 0


@pytest.mark.parametrize(("mark", "kind"), [("region", True), ("marker", False)])
def test_regions_and_markers_are_named_after_takes(
    reaper: Reaper, tmp_path: Path, mark: str, kind: bool
) -> None:
    """A region or marker with the UCS name of the first take, where that is wanted."""
    new = takes(tmp_path, 2 * RATE)
    setup = fake_takes(new) + f'stub.ext["Punch-In/mark"] = "{mark}"'
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup)
    (found,) = state["markers"]
    assert (found["region"], found["from"], found["name"]) == (kind, 10, new[0].stem)
    assert found["to"] == (12 if kind else 0)


def test_an_item_that_was_moved_meanwhile_is_followed(reaper: Reaper, tmp_path: Path) -> None:
    """Takes go where the item is when they are done."""
    setup = fake_takes(takes(tmp_path, RATE))
    setup = setup.replace('return ""', 'stub.front.tracks[1].items[1].values.D_POSITION = 20.0 return ""')
    times = [10.5, 11.5]
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0), times=times), setup)
    middle = next(piece for piece in state["tracks"][0]["items"] if len(piece["takes"]) == 3)
    assert middle["values"]["D_POSITION"] == 20.5


def test_takes_of_an_item_that_is_gone_or_trimmed_get_a_track(reaper: Reaper, tmp_path: Path) -> None:
    """Nothing is put into an item that no longer plays what was sent, and that is said."""
    for loss in (
        "table.remove(stub.front.tracks[1].items)",
        "stub.front.tracks[1].items[1].values.D_LENGTH = 1.0",
    ):
        setup = fake_takes(takes(tmp_path, 2 * RATE)).replace('return ""', f'{loss} return ""')
        state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup)
        assert state["tracks"][1]["items"][0]["values"]["D_POSITION"] == 10
        assert "changed meanwhile" in state["messages"][0]


def test_another_project_in_front_is_waited_for(reaper: Reaper, tmp_path: Path) -> None:
    """Takes are put into their own project, once its tab is in front again."""
    setup = fake_takes(takes(tmp_path, 2 * RATE)) + "own = stub.front other = stub.project({})"
    setup = setup.replace('return ""', 'stub.front = other return ""')
    each = "if #stub.drawn > 0 and stub.drawn[#stub.drawn]:match('go back') then stub.front = own end"
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup, each)
    assert any("go back to the project's tab" in text for text in state["drawn"])
    assert len(state["tracks"][0]["items"][0]["takes"]) == 3


NO_ITEMS = {"rate": RATE, "tracks": [{"name": "Feet"}]}


@pytest.mark.parametrize(
    ("spec", "setup", "sentence"),
    [
        (NO_ITEMS, "", "Select items, or tracks and a time selection"),
        (NO_ITEMS | {"times": [1.0, 2.0]}, "", "Select items, or tracks and a time selection"),
        (
            {"rate": RATE, "times": [1.0, 1.05], "tracks": [{"values": {"I_SELECTED": 1}}]},
            "",
            "0.050 seconds are selected",
        ),
        (
            {
                "rate": RATE,
                "tracks": [
                    {"items": [{"values": {"B_UISEL": 1}, "takes": [{"midi": True, "name": "Keys"}]}]}
                ],
            },
            "",
            "'Keys' is MIDI",
        ),
        (
            {
                "rate": RATE,
                "tracks": [
                    {"items": [{"values": {"B_UISEL": 1}, "takes": [{"missing": True, "name": "Lost"}]}]}
                ],
            },
            "",
            "the file of 'Lost' is not there",
        ),
    ],
)
def test_a_selection_that_can_not_be_used_says_why(
    reaper: Reaper, spec: dict[str, Any], setup: str, sentence: str
) -> None:
    """One sentence, before anything is asked, started or changed."""
    state = reaper.run("punch_in.lua", spec, setup)
    assert sentence in state["messages"][0] and len(state["messages"]) == 1
    assert state["executed"] == [] and state["asked"] == [] and state["undo"] == []


def test_a_missing_installation_says_what_to_do(reaper: Reaper, tmp_path: Path) -> None:
    """When Punch-In has been moved or removed, its command to repair that is named."""
    Path(reaper.command[0]).unlink()
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)))
    assert "punchin daw install reaper" in state["messages"][0] and state["executed"] == []


def test_a_process_that_dies_is_noticed(reaper: Reaper, tmp_path: Path) -> None:
    """When nothing is heard of the process any more, that is said and the timeline is as it was."""
    setup = fake_takes([], state="running", text="denoising 3 of 40")
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup)
    assert "stopped without a word" in state["messages"][0]
    assert "denoising 3 of 40" in state["drawn"] and state["ended"] and state["undo"] == []


def test_what_the_engine_refuses_is_shown(reaper: Reaper, tmp_path: Path) -> None:
    """The engine's own sentence reaches the person."""
    setup = fake_takes([], state="failed", text="There is no model foley-huge; choose another one.")
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup)
    assert state["messages"] == ["There is no model foley-huge; choose another one."]


@pytest.mark.parametrize(
    "gesture", ["stub.key = 27", "gfx.mouse_x, gfx.mouse_y, gfx.mouse_cap = 400, 60, 1", "stub.key = -1"]
)
def test_cancel(reaper: Reaper, tmp_path: Path, gesture: str) -> None:
    """The button, Escape and closing the window ask the process to stop; the timeline stays as it was."""
    setup = fake_takes([], state="running")
    each = f"""
        if round == 3 then {gesture} end
        if stub.extra.folder and io.open(stub.extra.folder .. "/cancel") then
            local rows = {{ {{"beat", "2"}}, {{"state", "cancelled"}}, {{"text", "Cancelled."}} }}
            require("lines").write(stub.extra.folder .. "/status.txt", rows)
        end
    """
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup, each)
    assert state["messages"] == ["Cancelled."] and state["undo"] == [] and state["ended"]


def test_a_second_run_is_refused_while_one_goes_on(reaper: Reaper, tmp_path: Path) -> None:
    """Pressing the key again says that Punch-In is at work, and starts nothing."""
    setup = 'stub.ext["Punch-In/running"] = "0.5" stub.clock = 1.0'
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup)
    assert "still at work" in state["messages"][0] and state["executed"] == []


def test_a_run_that_was_left_long_ago_is_not_in_the_way(reaper: Reaper, tmp_path: Path) -> None:
    """REAPER may have been closed in the middle of one."""
    setup = fake_takes(takes(tmp_path, 2 * RATE)) + 'stub.ext["Punch-In/running"] = "0.5" stub.clock = 100.0'
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup)
    assert state["messages"] == [] and len(state["undo"]) == 1


def test_a_script_that_is_ended_from_outside_cancels_its_job(reaper: Reaper, tmp_path: Path) -> None:
    """Ending the script in REAPER leaves no process at work."""
    setup = fake_takes([], state="running")
    state = reaper.run(
        "punch_in.lua",
        project(item(recording(tmp_path), 0.0, 2.0)),
        setup,
        "if round == 20 then stub.terminate() end",
        20,
    )
    assert (Path(state["extra"]["folder"]) / "cancel").exists()
    assert "Punch-In/running" not in state["ext"]


def test_a_take_of_another_length_is_refused_whole(reaper: Reaper, tmp_path: Path) -> None:
    """A take that would shift what follows is not inserted, nor any other of its job."""
    good, bad = takes(tmp_path, 2 * RATE, 1), write_wav(tmp_path / "short.wav", sound(RATE), RATE)
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), fake_takes([*good, bad]))
    assert "has 8000 frames" in state["messages"][0] and state["undo"] == []
    assert len(state["tracks"][0]["items"][0]["takes"]) == 1


def test_a_locked_item_is_left_alone(reaper: Reaper, tmp_path: Path) -> None:
    """Its lock is named."""
    locked = item(recording(tmp_path), 0.0, 2.0, values={"C_LOCK": 1})
    state = reaper.run("punch_in.lua", project(locked), fake_takes(takes(tmp_path, 2 * RATE)))
    assert "is locked" in state["messages"][0] and state["undo"] == []


def test_sound_that_changes_while_it_is_read_is_not_sent(reaper: Reaper, tmp_path: Path) -> None:
    """Half of one and half of another state would be neither."""
    state = reaper.run(
        "punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), fake_takes([]) + "stub.changed = true"
    )
    assert "was changed while it was read" in state["messages"][0] and state["executed"] == []
    assert not list(reaper.spool.rglob("*.wav*")) and state["accessors"] == 0


def test_what_was_said_last_is_remembered(reaper: Reaper, tmp_path: Path) -> None:
    """ "Again" asks nothing and takes the last prompt, mode, strength and number of takes."""
    setup = fake_takes(takes(tmp_path, 2 * RATE)) + "stub.inputs = {}"
    for key, value in {"prompt": "rain, heavy", "mode": "inpaint", "strength": "0.4", "takes": "2"}.items():
        setup += f' stub.ext["Punch-In/{key}"] = "{value}"'
    state = reaper.run("again.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup)
    said = request(state)
    assert (said["prompt"], said["mode"], said["strength"], said["takes"]) == (
        "rain, heavy",
        "inpaint",
        "0.4",
        "2",
    )
    assert state["asked"] == []


def test_the_dialog_asks_until_it_is_understood(reaper: Reaper, tmp_path: Path) -> None:
    """A slip is named, what was typed stays; commas belong to the prompt, and a mode may be shortened."""
    setup = fake_takes(takes(tmp_path, 2 * RATE))
    setup += r'stub.inputs = { "a, b\ntransfer\n7\n2", "a, b\nInp\n0,5\n2" }'
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup)
    assert "Strength (0-1, transfer): give a number from 0 to 1" in state["messages"][0]
    assert state["asked"]["given"].startswith("a, b\ntransfer\n7")
    said = request(state)
    assert (said["prompt"], said["mode"], said["strength"]) == ("a, b", "inpaint", "0.5")
    assert state["ext"]["Punch-In/prompt"] == "a, b"


def test_a_dialog_of_an_old_reaper_keeps_commas_in_the_prompt(reaper: Reaper, tmp_path: Path) -> None:
    """REAPER before 6 parts all values by commas."""
    setup = fake_takes(takes(tmp_path, 2 * RATE)) + 'stub.inputs = { "a, b, c,transfer,0.6,2" }'
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)), setup)
    assert request(state)["prompt"] == "a, b, c"


def test_leaving_the_dialog_does_nothing(reaper: Reaper, tmp_path: Path) -> None:
    """No word, no window, no process."""
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 0.0, 2.0)))
    assert state["messages"] == [] and state["executed"] == [] and not state["window"]


def test_what_is_left_out_is_said(reaper: Reaper, tmp_path: Path) -> None:
    """Where some of what is selected can be used, the rest is named at the end."""
    keys = {"values": {"B_UISEL": 1}, "takes": [{"midi": True, "name": "Keys"}]}
    state = reaper.run(
        "punch_in.lua",
        project(item(recording(tmp_path), 0.0, 2.0), keys),
        fake_takes(takes(tmp_path, 2 * RATE)),
    )
    assert "Left out: 'Keys' is MIDI" in state["messages"][0] and len(state["undo"]) == 1


def test_a_project_without_a_rate_of_its_own_has_the_devices(reaper: Reaper, tmp_path: Path) -> None:
    """The region of a track is then in frames of the audio device."""
    spec = {"times": [1.0, 2.0], "tracks": [{"values": {"I_SELECTED": 1}}]}
    setup = fake_takes(takes(tmp_path, 96_000, rate=96_000)) + "stub.device_rate = 96000"
    state = reaper.run("punch_in.lua", spec, setup)
    assert request(state)["excerpt.1.rate"] == "96000" and state["messages"] == []
