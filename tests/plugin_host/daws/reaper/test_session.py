"""Project files: read as REAPER saves them, and copied with takes; rpp (PyPI) is a second reader."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rpp
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_host.bridge import Placement
from plugin_host.daws.reaper import connect
from plugin_host.daws.reaper.rpp_text import quoted, seconds, words_of
from plugin_host.daws.reaper.session import read_session
from plugin_host.daws.reaper.session_copy import Placed, with_takes
from plugin_host.daws.reaper.session_file import VARIABLE, SessionFile
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from tests.plugin_host.daws.reaper.conftest import sound, write_wav

RATE = 48_000
# As REAPER 7 saves a project, less what does not matter here: effects' states, notes, envelopes, odd quotes.
PROJECT = """\
<REAPER_PROJECT 0.1 "7.16/linux-x86_64" 1700000000
  <NOTES 0 2
    |<TRACK is not a track here
  >
  RIPPLE 0
  SELECTION 10.5 11.25
  SELECTION2 10.5 11.25
  SAMPLERATE 48000 1 0
  <TRACK {11111111-1111-1111-1111-111111111111}
    NAME "Feet of 'J'"
    PEAKCOL 16576
    SEL 0
    <FXCHAIN
      <VST "VST3: Something (Somebody)" some.vst3 0 "" 1{AA}
        ZXZhdwAAAAA+AAAA/v4BAAAAAQ==
      >
    >
    <ITEM
      POSITION 10
      SNAPOFFS 0
      LENGTH 2
      LOOP 0
      ALLTAKES 0
      FADEIN 1 0.01 0 1 0 0 0
      FADEOUT 1 0.02 0 1 0 0 0
      MUTE 0 0
      SEL 1
      IGUID {A6A9CEA1-F124-DEB6-16F0-D1761D2084F4}
      IID 3
      NAME first.wav
      VOLPAN 1 0 1 -1
      SOFFS 0.125
      PLAYRATE 1 1 0 -1 0 0.0025
      CHANMODE 0
      GUID {1E52F736-F6BD-D957-F1DD-65CA3C4DE4E9}
      <SOURCE WAVE
        FILE "first.wav"
      >
      TAKE SEL
      NAME steps.wav
      TAKEVOLPAN 0 1 -1
      SOFFS 0.25
      PLAYRATE 1 1 0 -1 0 0.0025
      CHANMODE 0
      GUID {4F3DCC1C-3A7B-8161-9D5E-BCA88432F95F}
      <SOURCE WAVE
        FILE "steps.wav"
      >
    >
  >
  <TRACK {22222222-2222-2222-2222-222222222222}
    NAME Props
    SEL 0
  >
>
"""
REGION = Region(10 * RATE + RATE // 2, 3 * RATE // 4, RATE)


def guids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{{00000000-0000-0000-0000-{next(numbers):012}}}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project and its sounds."""
    write_wav(tmp_path / "first.wav", sound(4 * RATE, 1, 2), RATE)
    write_wav(tmp_path / "steps.wav", sound(4 * RATE, 2, 3), RATE, "PCM_24")
    path = tmp_path / "scene.rpp"
    path.write_bytes(PROJECT.replace("\n", "\r\n").encode())
    return path


def takes(folder: Path, region: Region = REGION) -> list[Take]:
    names = ("FOLYFeet_Boots-001_PNCH_NONE", 'he said "boots"')
    return [Take(folder / f"take-{number}.wav", region, name) for number, name in enumerate(names)]


def placed(takes: list[Take]) -> tuple[Placed, ...]:
    """Takes of one region, by its frames."""
    region = takes[0].region
    rate = region.sample_rate
    return (Placed(tuple(takes), region.start / rate, region.end / rate, 1 / rate),)


def items(path: Path) -> list[Any]:
    """What the other reader sees: every item with its track's name."""
    with path.open(encoding="utf-8", newline=None) as file:
        tracks = rpp.loads(file.read()).findall("TRACK")
    return [(track.find("NAME")[1], item) for track in tracks for item in track.findall("ITEM")]


def number(item: Any, key: str) -> float:
    return float(item.find(key)[1])


def test_the_whole_way_over_a_file(project: Path, tmp_path: Path) -> None:
    """Selection, its samples with handles bit for bit, and takes at their frames in a copy."""
    before = project.read_bytes()
    daw = SessionFile(project)
    selection = daw.selection()
    assert (selection.region, selection.tracks[0].name) == (REGION, "Feet of 'J'")
    excerpt = daw.export(selection, 6_000, tmp_path)
    samples = sf.read(excerpt.path, dtype="float32")[0]
    original = sf.read(tmp_path / "steps.wav", dtype="float32")[0]
    assert excerpt.start == REGION.start - 6_000
    np.testing.assert_array_equal(samples, original[36_000 - 6_000 : 36_000 + REGION.frames + 6_000])
    daw.insert(takes(tmp_path), Placement.TAKE)
    assert project.read_bytes() == before
    pieces = [item for _, item in items(tmp_path / "scene (Punch-In).rpp")]
    assert [(number(item, "POSITION"), number(item, "LENGTH")) for item in pieces] == [
        (10, 0.5),
        (10.5, 0.75),
        (11.25, 0.75),
    ]
    assert [[float(row[1]) for row in item.findall("SOFFS")] for item in pieces] == [
        [0.125, 0.25],
        [0.625, 0.75, 0, 0],
        [1.375, 1.5],
    ]
    assert [row[1] for row in pieces[1].findall("NAME")][2:] == [take.name for take in takes(tmp_path)]
    heads = [part for part in pieces[1] if part == "TAKE" or (isinstance(part, list) and part[0] == "TAKE")]
    assert heads == ["TAKE", ["TAKE", "SEL"], "TAKE"]
    fades = [(number(item, "FADEIN"), item.find("FADEIN")[2], item.find("FADEOUT")[2]) for item in pieces]
    assert fades == [(1, "0.01", "0"), (1, "0", "0"), (1, "0", "0.02")]
    identities = [row[1] for item in pieces for row in item.findall("IGUID") + item.findall("GUID")]
    assert len(set(identities)) == len(identities)


def test_read_back_the_region_is_the_same(project: Path, tmp_path: Path) -> None:
    """The copy's middle item is selected, and its new take is exactly the region."""
    for take in takes(tmp_path):
        write_wav(take.path, sound(REGION.frames, 2, 7), RATE)
    SessionFile(project).insert(takes(tmp_path), Placement.TAKE)
    session = read_session((tmp_path / "scene (Punch-In).rpp").read_text(), tmp_path)
    middle = session.tracks[0].items[1]
    assert round(middle.position * RATE) == REGION.start and round(middle.length * RATE) == REGION.frames
    assert (middle.active.file, middle.active.offset) == (takes(tmp_path)[0].path, 0.0)


def test_a_track_of_its_own(project: Path, tmp_path: Path) -> None:
    """Below the last one, with the takes in one item; each other byte of the project stays."""
    daw = SessionFile(project)
    daw.insert(takes(tmp_path), Placement.TRACK)
    daw.insert(takes(tmp_path), Placement.TRACK)
    copy = tmp_path / "scene (Punch-In).rpp"
    assert (tmp_path / "scene (Punch-In) 2.rpp").exists()
    name, item = items(copy)[-1]
    assert name == "Props Punch-In" and number(item, "POSITION") == 10.5 and number(item, "LENGTH") == 0.75
    assert len(item.findall("SOURCE")) == 2
    text, before = copy.read_bytes().decode(), project.read_bytes().decode()
    start = text.index("  <TRACK {", text.index("NAME Props"))
    assert text[:start] + text[text.rindex(">\r\n>\r\n") + 3 :] == before


@settings(max_examples=60)
@given(
    st.sampled_from([44_100, 48_000, 96_000, 192_000]),
    st.integers(0, 24 * 3600 * 44_100),
    st.integers(1, 10**7),
)
def test_positions_survive_the_file(rate: int, start: int, length: int) -> None:
    """Up to a day at any rate, what the file says rounds to the region's own frames."""
    take = takes(Path("/takes"), Region(start, length, rate))[:1]
    text = with_takes(read_session(PROJECT, Path("/")), placed(take), Placement.TRACK, guids())
    item = read_session(text, Path("/")).tracks[-1].items[0]
    assert (round(item.position * rate), round(item.length * rate)) == (start, length)
    assert abs(item.position * rate - start) < 1e-4


def test_an_item_that_is_the_region_is_not_cut(tmp_path: Path) -> None:
    """Its own lines stay, but for which take is active."""
    region = Region(10 * RATE, 2 * RATE, RATE)
    text = with_takes(
        read_session(PROJECT, tmp_path), placed(takes(tmp_path, region)), Placement.TAKE, guids()
    )
    old, new = PROJECT.splitlines(), text.splitlines()
    assert len(read_session(text, tmp_path).tracks[0].items[0].takes) == 4
    assert [line for line in old if line not in new] == []
    assert new.count("      TAKE SEL") == 1


def test_what_can_not_be_done_is_said(project: Path, tmp_path: Path) -> None:
    """Lanes, regions that no item holds, regions over each other in one, and no REAPER project at all."""
    daw = SessionFile(project)
    with pytest.raises(DawError, match="Lanes can't be written"):
        daw.insert(takes(tmp_path), Placement.LANE)
    far = takes(tmp_path, Region(90 * RATE, 10, RATE))
    with pytest.raises(DawError, match="No item"):
        daw.insert(far, Placement.TAKE)
    over = takes(tmp_path, Region(REGION.start + 10, 20, RATE))
    with pytest.raises(DawError, match="overlap in one item"):
        daw.insert([*takes(tmp_path), *over], Placement.TAKE)
    for text in ("", "hello", "<REAPER_PROJECT 0.1\n  <TRACK\n", "<OTHER\n>\n"):
        with pytest.raises(DawError, match="REAPER project"):
            read_session(text, tmp_path)
    with pytest.raises(DawError, match="can't be read"):
        SessionFile(tmp_path / "none.rpp")
    assert list(tmp_path.glob("*.rpp")) == [project]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("SEL 1", "SEL 0", "Nothing is selected"),
        ('FILE "steps.wav"', 'FILE "gone.wav"', "gone.wav is not there"),
        ("POSITION 10", "POSITION here", "makes no sense"),
        ("      LENGTH 2\n", "", "has no place"),
    ],
)
def test_a_project_that_can_not_be_used_says_why(project: Path, old: str, new: str, sentence: str) -> None:
    """In one sentence."""
    project.write_text(PROJECT.replace(old, new))
    with pytest.raises(DawError, match=sentence):
        SessionFile(project).selection()


def test_a_stretched_item_is_not_taken_for_its_file(project: Path, tmp_path: Path) -> None:
    """Its samples are not those that are heard."""
    project.write_text(PROJECT.replace("PLAYRATE 1 1", "PLAYRATE 1.5 1"))
    daw = SessionFile(project)
    with pytest.raises(DawError, match="glue it"):
        daw.export(daw.selection(), 0, tmp_path)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=1000, blacklist_characters="`")))
def test_names_with_quotes_come_through(name: str) -> None:
    """Two kinds of quotes in a name leave the third for REAPER."""
    assert words_of(f"NAME {quoted(name)}") == ("NAME", name)


def test_times_are_written_in_full() -> None:
    """No exponent, no trailing zeros."""
    assert [seconds(value) for value in (0.0, 10.5, 1e-9, 86399.123456789)] == [
        "0",
        "10.5",
        "0.000000001",
        f"{86399.123456789:.14f}".rstrip("0"),
    ]


def test_the_environment_names_a_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that "punchin daw" works on a file where no REAPER is."""
    monkeypatch.setenv(VARIABLE, str(project))
    with connect() as daw:
        assert daw.selection().region == REGION
