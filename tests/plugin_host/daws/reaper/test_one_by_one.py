"""Takes of one job that come one after the other, and what somebody does in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.plugin_host.daws.reaper.conftest import Reaper, fake_takes, item, literal, sound, write_wav
from tests.plugin_host.daws.reaper.scenes import RATE, project, recording, takes


def one_by_one(
    paths: list[Path], end: str = "done", text: str = "", excerpts: tuple[int, ...] = ()
) -> tuple[str, str]:
    """Lua that stands for a process whose takes are done one after the other, one every 200 rounds."""
    setup = (
        fake_takes([], state="running")
        + f"""
        local paths, excerpts = {literal(paths_of(paths))}, {literal(list(excerpts or (1,) * len(paths)))}
        function stub.status(count, state, text)
          local rows = {{ {{"beat", tostring(stub.clock)}}, {{"state", state}}, {{"text", text}} }}
          rows[4] = {{"take.count", tostring(count)}}
          for number = 1, count do
            local prefix, name = "take." .. number .. ".", paths[number]:match("([^/]+)%.wav$")
            rows[#rows + 1] = {{prefix .. "excerpt", tostring(excerpts[number])}}
            rows[#rows + 1] = {{prefix .. "path", paths[number]}}
            rows[#rows + 1] = {{prefix .. "name", name}}
            rows[#rows + 1] = {{prefix .. "note", ""}}
          end
          assert(require("lines").write(stub.extra.folder .. "/status.txt", rows))
        end
        stub.extra.seen = {{}}
        """
    )
    each = f"""
        local count = #{literal(paths_of(paths))}
        stub.clock = stub.clock + 0.01
        local done = round // 200
        if round % 200 == 0 and done <= count then stub.status(done, "running", "denoising") end
        if round == 200 * (count + 1) then stub.status(count, {literal(end)}, {literal(text)}) end
        if round % 200 == 199 then
          local takes = 0
          for _, track in ipairs(stub.front.tracks) do
            for _, item in ipairs(track.items) do takes = takes + #item.takes end
          end
          stub.extra.seen[#stub.extra.seen + 1] = takes
        end
    """
    return setup, each


def paths_of(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]


@pytest.mark.parametrize("place", ["take", "lane", "track"])
@pytest.mark.parametrize("part", [False, True])
def test_each_take_is_in_place_as_soon_as_it_is_done(
    reaper: Reaper, tmp_path: Path, place: str, part: bool
) -> None:
    """In the end all is as when they come at once: in the same order, in one step to undo."""
    frames = RATE if part else 2 * RATE
    new = takes(tmp_path, frames, 3)
    spec = project(item(recording(tmp_path), 10.0, 2.0), **({"times": [10.5, 11.5]} if part else {}))
    chosen = f'stub.ext["Punch-In/place"] = "{place}" stub.ext["Punch-In/mark"] = "region"'
    at_once = reaper.run("punch_in.lua", spec, fake_takes(new) + chosen)
    setup, each = one_by_one(new)
    state = reaper.run("punch_in.lua", spec, setup + chosen, each)
    first = state["extra"]["seen"][0]
    assert state["messages"] == [] and state["ended"]
    assert [seen - first for seen in state["extra"]["seen"][1:3]] == [
        at + (2 if part and place == "take" else 0) for at in (1, 2)
    ]
    assert state["undo"] == at_once["undo"] == ["Punch-In: 3 takes of boots on gravel"]
    assert without_notes(state["tracks"]) == without_notes(at_once["tracks"])
    assert state["markers"] == at_once["markers"]


def without_notes(tracks: Any) -> Any:
    for track in tracks:
        for placed in track["items"]:
            for take in placed["takes"]:
                take.pop("ext", None)
    return tracks


@pytest.mark.parametrize("place", ["take", "lane", "track"])
def test_what_somebody_does_between_two_takes_stays(reaper: Reaper, tmp_path: Path, place: str) -> None:
    """Their step is not undone: what comes then is a step of its own, beside the takes that are there."""
    new = takes(tmp_path, RATE, 3)
    setup, each = one_by_one(new)
    setup += f'stub.ext["Punch-In/place"] = "{place}"'
    each += """
        if round == 300 then
          stub.edit(function() reaper.SetMediaTrackInfo_Value(stub.front.tracks[1], "I_NCHAN", 4) end)
        end
    """
    spec = project(item(recording(tmp_path), 10.0, 2.0), times=[10.5, 11.5])
    state = reaper.run("punch_in.lua", spec, setup, each)
    assert state["messages"] == []
    assert state["undo"] == [
        "Punch-In: 1 take of boots on gravel",
        "Edit",
        "Punch-In: 2 takes of boots on gravel",
    ]
    assert state["tracks"][0]["values"]["I_NCHAN"] == 4
    holding = [piece for track in state["tracks"] for piece in track["items"] if len(piece["takes"]) > 1]
    names = [take["name"] for piece in holding for take in piece["takes"]]
    if place == "lane":
        lanes = [name for _lane, name in sorted(state["tracks"][0]["lane_names"].items()) if name]
        assert lanes == [path.stem for path in new]
    else:
        (piece,) = holding
        assert names[-3:] == [path.stem for path in new]
        assert piece["values"]["I_CURTAKE"] == (1 if place == "take" else 0)


@pytest.mark.parametrize(("end", "text"), [("cancelled", "Cancelled."), ("failed", "The worker died.")])
def test_takes_that_were_done_stay_however_the_job_ends(
    reaper: Reaper, tmp_path: Path, end: str, text: str
) -> None:
    """One step to undo, and the sentence says what is in place."""
    setup, each = one_by_one(takes(tmp_path, 2 * RATE, 2), end, text)
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup, each)
    assert state["messages"] == [f"{text} 2 takes are in place."]
    assert len(state["tracks"][0]["items"][0]["takes"]) == 3
    assert state["undo"] == ["Punch-In: 2 takes of boots on gravel"]


def test_takes_of_another_project_in_front_wait(reaper: Reaper, tmp_path: Path) -> None:
    """Nothing is put while another tab is in front; all are when its own is there again."""
    setup, each = one_by_one(takes(tmp_path, 2 * RATE, 2))
    setup += "own = stub.front other = stub.project({})"
    each = "if round == 100 then stub.front = other end if round == 700 then stub.front = own end " + each
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup, each)
    assert state["messages"] == [] and state["undo"] == ["Punch-In: 2 takes of boots on gravel"]
    assert len(state["tracks"][0]["items"][0]["takes"]) == 3


def test_a_take_that_can_not_be_put_leaves_those_before_it(reaper: Reaper, tmp_path: Path) -> None:
    """The first is there again, in one step, and the sentence says what was wrong with the next."""
    good = takes(tmp_path, 2 * RATE, 1)
    (tmp_path / "bad").mkdir()
    bad = write_wav(tmp_path / "bad" / "short.wav", sound(RATE), RATE)
    setup, each = one_by_one([*good, bad])
    state = reaper.run("punch_in.lua", project(item(recording(tmp_path), 10.0, 2.0)), setup, each)
    assert "has 8000 frames" in state["messages"][0]
    assert len(state["tracks"][0]["items"][0]["takes"]) == 2
    assert state["undo"] == ["Punch-In: 1 take of boots on gravel"]


def test_takes_of_several_items_come_one_by_one(reaper: Reaper, tmp_path: Path) -> None:
    """Those of the second join the step of the first."""
    source = recording(tmp_path)
    setup, each = one_by_one(takes(tmp_path, RATE, 2), excerpts=(1, 2))
    spec = project(item(source, 0.0, 1.0), item(source, 5.0, 1.0))
    state = reaper.run("punch_in.lua", spec, setup, each)
    assert [len(placed["takes"]) for placed in state["tracks"][0]["items"]] == [2, 2]
    assert state["undo"] == ["Punch-In: 2 takes of boots on gravel"]
