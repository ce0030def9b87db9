"""The script that listens, in a real Lua, and the bridge's adapter, in this process: both ends at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from plugin_host.bridge import Placement, take_all_out
from plugin_host.daws.reaper import lines
from plugin_host.daws.reaper.daw import Reaper as Adapter
from plugin_host.daws.reaper.spool import Spool
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from tests.plugin_host.daws.reaper.conftest import Reaper, item, sound, write_wav

RATE = 8_000
# The stand-in's clock goes on by itself; here it must keep pace with this process, and end when told.
EACH = """
    os.execute("sleep 0.01")
    if during then during() end
    if io.open(stop_file) then stub.terminate() end
"""


@contextmanager
def listening(
    reaper: Reaper, project: dict[str, Any], setup: str = ""
) -> Iterator[tuple[Adapter, Callable[[], Any]]]:
    """An adapter for a REAPER that listens, and a way to end that one and see what has become of it."""
    state: list[Any] = []
    stop = reaper.folder / "stop"
    begin = f"stop_file = [[{stop}]] {setup}"
    thread = threading.Thread(
        target=lambda: state.append(reaper.run("listen.lua", project, begin, EACH, 100_000))
    )
    thread.start()
    spool = Spool(reaper.spool)

    def end() -> Any:
        stop.touch()
        thread.join()
        return state[0]

    try:
        for _ in range(400):
            if spool.is_listening():
                break
            time.sleep(0.05)
        yield Adapter(spool), end
    finally:
        end() if thread.is_alive() else None


def make_takes(folder: Path, region: Region, count: int = 2) -> Sequence[Take]:
    paths = [
        write_wav(folder / f"t{n}.wav", sound(region.frames, 1, n), region.sample_rate) for n in range(count)
    ]
    return [Take(path, region, f"FOLYFeet_Boots-{number}") for number, path in enumerate(paths)]


def scene(tmp_path: Path, **more: Any) -> dict[str, Any]:
    source = write_wav(tmp_path / "steps.wav", sound(2 * RATE), RATE)
    track = {"name": "Feet", "items": [item(source, 10.0, 2.0)]}
    spec = {"rate": RATE, "path": str(tmp_path / "media"), "tracks": [track]}
    return spec | more


def test_the_whole_line(reaper: Reaper, tmp_path: Path) -> None:
    """Selection, its sound with handles, takes at their place, a word to the person: by the script."""
    with listening(reaper, scene(tmp_path, times=[10.5, 11.0])) as (daw, end):
        selection = daw.selection()
        assert selection.region == Region(84_000, 4_000, RATE)
        assert selection.tracks[0].name == "Feet"
        excerpt = daw.export(selection, 800, tmp_path)
        daw.tell("denoising 3 of 8")
        time.sleep(0.5)
        daw.insert(make_takes(tmp_path, selection.region), Placement.TAKE)
        state = end()
    samples, original = sf.read(excerpt.path)[0], sf.read(tmp_path / "steps.wav")[0]
    assert excerpt.start == 84_000 - 800
    np.testing.assert_array_equal(samples, original[3_200:8_800])
    middle = next(piece for piece in state["tracks"][0]["items"] if len(piece["takes"]) == 3)
    assert (middle["values"]["D_POSITION"], middle["values"]["D_LENGTH"]) == (10.5, 0.5)
    assert [take["name"] for take in middle["takes"][1:]] == ["FOLYFeet_Boots-0", "FOLYFeet_Boots-1"]
    assert all(Path(take["file"]).parent == tmp_path / "media" for take in middle["takes"][1:])
    assert len(state["undo"]) == 1 and "Punch-In: denoising 3 of 8" in state["help"]
    assert state["toggles"] == [1, 0] and state["accessors"] == 0
    assert not (reaper.spool / "listening.txt").exists()


def test_takes_join_those_of_their_punch(reaper: Reaper, tmp_path: Path) -> None:
    """One after the other, one step to undo; those of another punch are another."""
    with listening(reaper, scene(tmp_path)) as (daw, end):
        selection = daw.selection()
        first, second, third = make_takes(tmp_path, selection.region, 3)
        daw.insert([first], Placement.TAKE)
        daw.join([second], Placement.TAKE, [first])
        daw.insert([third], Placement.TRACK)
        state = end()
    assert state["undo"] == ["Punch-In: insert 2 takes", "Punch-In: insert 1 take"]
    names = [take["name"] for take in state["tracks"][0]["items"][0]["takes"][1:]]
    assert names == [first.name, second.name]


def test_takes_of_other_regions_get_a_track(reaper: Reaper, tmp_path: Path) -> None:
    """Takes made elsewhere, for several regions at once, come at their frames in one step to undo."""
    regions = (Region(3 * RATE + 1, 900, RATE), Region(7 * RATE + 3, 900, RATE))
    with listening(reaper, scene(tmp_path)) as (daw, end):
        takes = [
            Take(make_takes(tmp_path, region, 1)[0].path, region, f"take {n}")
            for n, region in enumerate(regions)
        ]
        daw.insert(takes, Placement.TRACK)
        state = end()
    positions = [placed["values"]["D_POSITION"] for placed in state["tracks"][1]["items"]]
    assert positions == [region.start / RATE for region in regions]
    assert len(state["undo"]) == 1


def test_nothing_selected_is_said_here(reaper: Reaper) -> None:
    """REAPER's sentence comes through, and it goes on listening."""
    with listening(reaper, {"rate": RATE, "tracks": [{}]}) as (daw, _):
        for _again in range(2):
            with pytest.raises(DawError, match="Select items, or tracks and a time selection"):
                daw.selection()


def test_several_selected_things_are_not_one(reaper: Reaper, tmp_path: Path) -> None:
    """Who can use only one thing is not silently given one of them."""
    spec = scene(tmp_path)
    spec["tracks"] *= 2
    with listening(reaper, spec) as (daw, _), pytest.raises(DawError, match="2 things are selected"):
        daw.selection()


def test_each_of_several_items_gets_its_own_takes(reaper: Reaper, tmp_path: Path) -> None:
    """Also of two tracks at the same time, whose regions are the same; all in one step to undo."""
    spec = scene(tmp_path)
    other = write_wav(tmp_path / "cloth.wav", sound(2 * RATE, 1, 8), RATE)
    spec["tracks"] = [*spec["tracks"], {"name": "Cloth", "items": [item(other, 10.0, 2.0)]}]
    with listening(reaper, spec) as (daw, end):
        several = take_all_out(daw, tmp_path, 0.0)
        takes = [
            Take(excerpt.path, selection.region, f"again {selection.tracks[0].name}", selection.tracks[0])
            for selection, excerpt in several
        ]
        daw.insert(takes, Placement.TAKE)
        state = end()
    assert len({selection.region for selection, _ in several}) == 1
    for track, name in zip(state["tracks"], ("steps.wav", "cloth.wav"), strict=True):
        (piece,) = track["items"]
        assert [take["name"] for take in piece["takes"][1:]] == [f"again {track['name']}"]
        made, original = sf.read(piece["takes"][1]["file"])[0], sf.read(tmp_path / name)[0]
        np.testing.assert_array_equal(made, original)
    assert len(state["undo"]) == 1


def test_takes_that_do_not_fit_leave_nothing_behind(reaper: Reaper, tmp_path: Path) -> None:
    """All of them or none: neither on the timeline nor in the project's folder."""
    with listening(reaper, scene(tmp_path)) as (daw, end):
        region = daw.selection().region
        good, wrong = make_takes(tmp_path, region)
        write_wav(wrong.path, sound(10), RATE)
        with pytest.raises(DawError, match="has 10 frames"):
            daw.insert([good, wrong], Placement.TAKE)
        state = end()
    assert state["undo"] == [] and not list((tmp_path / "media").iterdir())


def test_a_selection_of_long_ago_is_asked_for_again(reaper: Reaper, tmp_path: Path) -> None:
    """A key that the script does not know is no reason to guess."""
    with listening(reaper, scene(tmp_path)) as (daw, _):
        selection = daw.selection()
        other = type(selection)(selection.region, (type(selection.tracks[0])("Feet", "999"),))
        with pytest.raises(DawError, match="select it again"):
            daw.export(other, 0, tmp_path)


def test_nobody_listening_is_said_at_once(tmp_path: Path) -> None:
    """With the action to start; nothing is left in the folder for the next REAPER to find."""
    with pytest.raises(DawError, match="Punch-In: listen"):
        Spool(tmp_path).call("selection", {})
    assert not list(tmp_path.iterdir())


def test_a_reaper_that_dies_meanwhile_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is taken back, so that it is not answered tomorrow."""
    monkeypatch.setattr("plugin_host.daws.reaper.spool._BEAT_SECONDS", 0.3)
    lines.write(tmp_path / "listening.txt", {"beat": 1})
    with pytest.raises(DawError, match="does not listen"):
        Spool(tmp_path).call("selection", {})
    assert not (tmp_path / "call.txt").exists()


def test_an_unknown_call_is_answered(reaper: Reaper) -> None:
    """An older script says that it is one."""
    with listening(reaper, {"tracks": []}), pytest.raises(DawError, match="install them again"):
        Spool(reaper.spool).call("explode", {})


def test_a_project_behind_another_is_not_touched(reaper: Reaper, tmp_path: Path) -> None:
    """Takes never land in the project that happens to be in front."""
    switch = tmp_path / "switch"
    setup = f"""
        local other = stub.project({{ tracks = {{ {{}} }} }})
        during = function() if io.open([[{switch}]]) then stub.front = other end end
    """
    with listening(reaper, scene(tmp_path), setup) as (daw, end):
        region = daw.selection().region
        switch.touch()
        time.sleep(0.3)
        with pytest.raises(DawError, match="Another project is in front"):
            daw.insert(make_takes(tmp_path, region), Placement.TAKE)
        assert end()["undo"] == []


def test_a_call_is_answered_once(reaper: Reaper) -> None:
    """It is taken away by who answers it, even when nobody waits any more: takes never come twice."""
    lines.write(reaper.spool / "call.txt", {"id": "one", "verb": "media"})
    reaper.run("listen.lua", {"tracks": []}, each="if round > 30 then stub.terminate() end")
    assert not (reaper.spool / "call.txt").exists()
    assert (lines.read(reaper.spool / "answer.txt") or {})["id"] == "one"
