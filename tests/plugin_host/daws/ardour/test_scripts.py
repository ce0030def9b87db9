"""The scripts without Ardour: what is selected, exported, placed and shown.

A real Ardour is asked in the other files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin_host.daws.ardour.spool import format_lines, parse_lines
from tests.plugin_host.daws.ardour.conftest import Scripts
from tests.plugin_host.daws.reaper.conftest import literal

# A stereo region under a mono one, and a track with nothing on it.
SCENE = """
    local feet = stub.add_track { name = "Feet", inputs = 1, regions = {
        { first = 1000, frames = 30000, channels = 2, level = 0.125 },
        { first = 5000, frames = 2000, channels = 1, level = -0.5 },
    } }
    local props = stub.add_track { name = "Props", inputs = 2, regions = {} }
    local notes = stub.add_track { name = "Notes", midi = true, regions = {
        { first = 0, frames = 9, midi = true },
    } }
    local session = script "session"
"""


@pytest.mark.parametrize("binding", ["start_sample", "start_number", "start_position"])
def test_a_range_is_selected_however_ardour_binds_its_start(scripts: Scripts, binding: str) -> None:
    """As start_sample, or as start, which is a number or a position."""
    found = scripts.run(
        f"""{SCENE} stub.bind ({literal(binding)}); stub.select (4800, 9600, {{ feet, notes }}, {{}})
        return {{ session.selected (), feet.key }}"""
    )
    assert found == [
        {"start": 4800, "frames": 4800, "rate": 48000, "key": found[1], "name": "Feet"},
        found[1],
    ]


@pytest.mark.parametrize("order", ["2, 1", "1, 2"])
def test_without_a_range_all_selected_audio_regions_count(scripts: Scripts, order: str) -> None:
    """From the first one's start to the last one's end, in any order; one of notes does not."""
    found = scripts.run(
        f"""{SCENE} local some = {{ notes.holds[1] }}
        for _, number in ipairs ({{ {order} }}) do some[#some + 1] = feet.holds[number] end
        stub.select (0, 0, {{}}, some)
        return session.selected ()"""
    )
    assert (found["start"], found["frames"], found["name"]) == (1000, 30000, "Feet")


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        ("stub.select (0, 0, { feet }, {})", "Nothing is selected"),
        ("stub.select (10, 20, { notes }, {})", "no audio track"),
        ("stub.select (10, 20, { feet, props }, {})", "on 2 tracks"),
        ("stub.engine_rate = 44100.0; stub.select (10, 20, { feet }, {})", "audio engine is not"),
    ],
)
def test_a_selection_that_can_not_be_used_says_why(scripts: Scripts, selection: str, sentence: str) -> None:
    """In one sentence."""
    assert sentence in scripts.run(f"{SCENE} {selection} return said (session.selected)")


def export(scripts: Scripts, track: str, start: int, frames: int) -> tuple[dict[str, int], int, np.ndarray]:
    """What an export says, in how many steps, and its file: frames and channels."""
    path = scripts.folder / "sound"
    said, steps = scripts.run(
        f"""{SCENE}
        local step = session.export ({track}.key, {start}, {frames}, {literal(str(path))})
        local steps, written = 0, nil
        repeat steps, written = steps + 1, step () until written
        return {{ written, steps }}"""
    )
    planar = np.fromfile(path, "<f4")
    blocks = range(0, frames, said["block"])
    pieces = [
        planar[at * said["channels"] :][: min(said["block"], frames - at) * said["channels"]] for at in blocks
    ]
    assert planar.size == frames * said["channels"]
    return said, steps, np.concatenate([piece.reshape(said["channels"], -1).T for piece in pieces])


def heard(start: int, frames: int) -> np.ndarray:
    """The scene's first track: the region on top where it has the channel, elsewhere the one below."""
    at = np.arange(start, start + frames)
    sound = np.zeros((frames, 2))
    for first, length, channels, level in ((1000, 30000, 2, 0.125), (5000, 2000, 1, -0.5)):
        inside = (at >= first) & (at < first + length)
        for channel in range(channels):
            sound[inside, channel] = level + ((at[inside] - first) % 4096) / 65536 + channel / 4
    return sound.astype(np.float32)


@pytest.mark.parametrize(
    ("start", "frames"), [(0, 26_111), (4_900, 2_401), (5_000, 240), (30_999, 2), (0, 1)]
)
def test_an_export_is_what_the_playlist_sounds_like(scripts: Scripts, start: int, frames: int) -> None:
    """Planar floats, bit for bit, over blocks, layers and edges; at each call Lua collects what it can."""
    said, _, sound = export(scripts, "feet", start, frames)
    expected = heard(start, frames)[:, : said["channels"]]
    assert said == {"channels": 2 if start + frames > 1_000 else 1, "block": 12_000, "rate": 48_000}
    np.testing.assert_array_equal(sound, expected)


def test_an_export_leaves_ardour_time_in_between(scripts: Scripts) -> None:
    """A long one is not written in one step."""
    assert export(scripts, "feet", 0, 90_000)[1] > 1


def test_silence_has_as_many_channels_as_the_track_has_inputs(scripts: Scripts) -> None:
    """Where no region is."""
    said, _, sound = export(scripts, "props", 0, 100)
    assert said["channels"] == 2 and not sound.any()


def test_an_export_of_a_track_that_is_gone_says_so(scripts: Scripts, tmp_path: Path) -> None:
    """And one that can't be written."""
    found = scripts.run(
        f"""{SCENE} return {{ said (session.export, "1", 0, 9, "/x"),
        said (session.export, feet.key, 0, 9, {literal(str(tmp_path / "none" / "x"))}) }}"""
    )
    assert "is gone" in found[0] and "can't be written" in found[1]


INSERT = """
    local placing = script "placing"
    stub.files = { ["/a"] = { frames = 70, channels = 2 }, ["/b"] = { frames = 70, channels = 2 } }
    local takes = {
        { path = "/a", name = "A", start = 4321, frames = 70 },
        { path = "/b", name = "B", start = 4321, frames = 70 },
    }
    local function on (track)
        local names = {}
        for number, region in ipairs (track.holds) do
            local fades = { tostring (region.fade_in), tostring (region.fade_out) }
            names[number] = { region.called, region.first, table.unpack (fades) }
        end
        return names
    end
"""


def test_takes_are_layers_with_the_first_on_top(scripts: Scripts) -> None:
    """At the exact frame, without fades, in one step of undo."""
    found = scripts.run(
        f"""{SCENE} {INSERT} local places = placing.insert (takes, "lane", props.key, {{}})
        return {{ places, on (props), stub.undo, #stub.tracks }}"""
    )
    assert found[0] == ["4321 70", "4321 70"]
    assert found[1] == [["B", 4321, "false", "false"], ["A", 4321, "false", "false"]]
    assert [step.split()[0] for step in found[2]] == ["begin", "diff", "diff", "commit"]
    assert found[3] == 3


def test_takes_on_new_tracks_are_muted_but_for_the_first(scripts: Scripts) -> None:
    """Each on its own, named after it."""
    found = scripts.run(
        f"""{SCENE} {INSERT} placing.insert (takes, "track", "", {{}})
        local made = {{}}
        for number = 4, #stub.tracks do
            local track = stub.tracks[number]
            made[#made + 1] = {{ track.called, track.muted or 0, on (track)[1][2] }}
        end
        return made"""
    )
    assert found == [["A", 0, 4321], ["B", 1, 4321]]


def test_a_file_of_another_length_is_not_taken(scripts: Scripts) -> None:
    """Nothing is put on the timeline then."""
    found = scripts.run(
        f"""{SCENE} {INSERT} stub.files["/b"].frames = 71
        return {{ said (placing.insert, takes, "lane", props.key, {{}}), #props.holds }}"""
    )
    assert "could not import /b" in found[0] and found[1] == 0


def test_takes_that_come_one_by_one_are_one_step_of_undo(scripts: Scripts) -> None:
    """As layers: the first stays on top; one undo takes all away."""
    found = scripts.run(
        f"""{SCENE} {INSERT} local seen = {{}}
        local first = placing.insert ({{ takes[1] }}, "lane", props.key, {{}})
        seen[1] = on (props)
        local second = placing.insert ({{ takes[2] }}, "lane", props.key, {{ "/a" }})
        seen[2], seen[3] = on (props), stub.steps ()
        Editor:undo (1)
        return {{ first, second, seen, #props.holds, #stub.imports }}"""
    )
    a, b = (["A", 4321, "false", "false"], ["B", 4321, "false", "false"])
    assert found == [["4321 70"], ["4321 70"], [[a], [b, a], 1], 0, 2]


def test_tracks_that_come_one_by_one_are_one_step_of_undo(scripts: Scripts) -> None:
    """Each take on its own track, all but the first muted; none is made twice."""
    found = scripts.run(
        f"""{SCENE} {INSERT} placing.insert ({{ takes[1] }}, "track", "", {{}})
        placing.insert ({{ takes[2] }}, "track", "", {{ "/a" }})
        local function made ()
            local rows = {{}}
            for number = 4, #stub.tracks do
                local track = stub.tracks[number]
                rows[#rows + 1] = {{ track.called, track.muted or 0, #track.holds }}
            end
            return rows
        end
        local before = made ()
        Editor:undo (1)
        return {{ before, made () }}"""
    )
    assert found == [[["A", 0, 1], ["B", 1, 1]], [["A", 0, 0], ["B", 1, 0]]]


THIRD = """
    stub.files["/c"] = { frames = 70, channels = 2 }
    local third = { path = "/c", name = "C", start = 4321, frames = 70 }
"""


@pytest.mark.parametrize(
    ("edit", "first"),
    [
        ("feet.holds[1].first = 7", True),  # something else
        ("table.remove (props.holds)", False),  # the take itself is thrown away
    ],
)
def test_what_somebody_did_meanwhile_stays(scripts: Scripts, edit: str, first: bool) -> None:
    """It is neither undone nor mixed into our step; the next take gets its own, which those after it join."""
    scripts_say = scripts.run(
        f"""{SCENE} {INSERT} {THIRD}
        placing.insert ({{ takes[1] }}, "lane", props.key, {{}})
        stub.edit (function () {edit} end)
        placing.insert ({{ takes[2] }}, "lane", props.key, {{ "/a" }})
        local steps, raised = stub.steps (), stub.raised or "none"
        stub.raised = nil
        placing.insert ({{ third }}, "lane", props.key, {{ "/a", "/b" }})
        local names = {{}}
        for number, row in ipairs (on (props)) do names[number] = row[1] end
        return {{ steps, raised, stub.steps (), stub.raised or "none", names, feet.holds[1].first }}"""
    )
    leads = "A" if first else "none"
    assert scripts_say[:4] == [3, leads, 3, leads]
    assert sorted(scripts_say[4]) == (["A", "B", "C"] if first else ["B", "C"])
    assert scripts_say[5] == (7 if first else 1000)


def test_takes_of_another_punch_are_another_step(scripts: Scripts) -> None:
    """Two that go on at one time do not take each other's takes for their own."""
    found = scripts.run(
        f"""{SCENE} {INSERT} {THIRD}
        placing.insert ({{ takes[1] }}, "lane", props.key, {{}})
        placing.insert ({{ takes[2] }}, "lane", feet.key, {{}})
        placing.insert ({{ third }}, "lane", props.key, {{ "/a" }})
        return {{ stub.steps (), #props.holds }}"""
    )
    assert found == [3, 2]


def test_a_take_that_ardour_does_not_take_leaves_those_before_it(scripts: Scripts) -> None:
    """As they were, in one step."""
    found = scripts.run(
        f"""{SCENE} {INSERT} placing.insert ({{ takes[1] }}, "lane", props.key, {{}})
        stub.full = "B"
        local why = said (placing.insert, {{ takes[2] }}, "lane", props.key, {{ "/a" }})
        return {{ why, on (props), stub.steps () }}"""
    )
    assert "did not take B" in found[0]
    assert found[1:] == [[["A", 4321, "false", "false"]], 1]


def test_a_marker_shows_progress_and_follows_it(scripts: Scripts) -> None:
    """Made once over the span, renamed, taken away; markers of the user's stay."""
    found = scripts.run(
        """local progress = script "progress"; local states = {}
        stub.mark (5, 9, "Scene 1", true); stub.mark (7, 7, "10 % Punch-In: a mark", false)
        local function state () states[#states + 1] = { stub.markers (), progress.shown () or "none" } end
        progress.show (100, 300, 0, "starting"); state ()
        progress.show (100, 300, 0.409, "denoising 40 %, 3 s left"); state ()
        progress.clear (); state ()
        return states"""
    )
    users = [["Scene 1", 5, 9], ["10 % Punch-In: a mark", 7, 7]]
    assert found == [
        [[*users, ["0 % Punch-In: starting", 100, 300]], "0 % Punch-In: starting"],
        [
            [*users, ["40 % Punch-In: denoising, 3 s left", 100, 300]],
            "40 % Punch-In: denoising, 3 s left",
        ],
        [users, "none"],
    ]


def test_a_marker_that_is_taken_away_is_missed(scripts: Scripts) -> None:
    """And not made again; one that is moved or renamed is still ours."""
    found = scripts.run(
        """local progress = script "progress"
        progress.show (100, 300, 0, "starting")
        local list = Session:locations ():list ()
        for each in list:iter () do each.first = 50; each:set_name ("mine") end
        local known = { progress.gone (), progress.show (100, 300, 0.5, "half"), stub.markers () }
        stub.take_away ("50 %")
        return { known, progress.gone (), progress.show (100, 300, 0.6, "more"), stub.markers () }"""
    )
    assert found == [[False, True, [["50 % Punch-In: half", 50, 300]]], True, False, []]


def test_a_marker_that_a_crash_left_is_taken_away(scripts: Scripts) -> None:
    """At the first tick of the next Ardour."""
    found = scripts.run(
        """stub.mark (5, 9, "33 % Punch-In: denoising", true); stub.mark (5, 9, "Scene 1", true)
        script "hook" ()
        return stub.markers ()"""
    )
    assert found == [["Scene 1", 5, 9]]


def test_a_job_over_the_spool(scripts: Scripts) -> None:
    """The timer answers what is selected, shows news over it, and says when the marker was taken away."""
    (scripts.spool / "request").write_text(format_lines({"verb": "selection", "id": "7"}))
    found = scripts.run(
        f"""{SCENE} stub.select (4800, 9600, {{ feet }}, {{}})
        local tick, lines, states = script "hook", script "lines", {{}}
        tick ()
        lines.put ({literal(str(scripts.spool))} .. "/news", {{ text = "denoising 40 %", share = 0.4 }})
        tick ()
        states[1] = stub.markers ()
        stub.take_away ("40 %")
        tick ()
        return states"""
    )
    answer = parse_lines((scripts.spool / "answer").read_text())
    assert (answer["id"], answer["start"], answer["frames"]) == (["7"], ["4800"], ["4800"])
    assert found == [[["40 % Punch-In: denoising", 4800, 9600]]]
    assert (scripts.spool / "cancel").exists()


TEXTS = st.text(st.characters(exclude_characters="\r\x00", codec="utf-8"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.lists(TEXTS, min_size=1)))
def test_lua_reads_and_writes_the_lines_that_python_does(
    scripts: Scripts, values: dict[str, list[str]]
) -> None:
    """Through a file that is taken away."""
    asked, answered = scripts.spool / "asked", scripts.spool / "answered"
    asked.write_bytes(format_lines(values).encode())
    scripts.run(
        f"""local lines = script "lines"
        return lines.put ({literal(str(answered))}, lines.take ({literal(str(asked))}))"""
    )
    assert parse_lines(answered.read_bytes().decode()) == values
    assert not asked.exists()
