"""A real Audacity from a clean home: what goes out, what comes in, and what happens when it can't."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from plugin_host.bridge import Placement
from plugin_host.daws.audacity.commands import command, select_time, select_track
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from tests.plugin_host.daws.audacity.real import (
    NEEDS_AUDACITY,
    RATE,
    REGION,
    Session,
    check_sounds,
    joined,
    noise,
    opened,
    played,
    read,
    three_takes,
    whole,
)

pytestmark = NEEDS_AUDACITY


@pytest.mark.parametrize("channels", [1, 2])
def test_selection_goes_out_and_takes_come_back_to_the_sample(
    session: Session, tmp_path: Path, channels: int
) -> None:
    """Bit for bit, in mono and stereo, several takes on tracks of their own; what was selected still is."""
    original = opened(session, tmp_path / "scene.wav", noise(1, channels))
    session.pipe.ask(select_time(REGION))
    selection = session.audacity.selection()
    assert selection.region == REGION
    assert [track.name for track in selection.tracks] == ["scene"]
    excerpt = session.audacity.export(selection, 4801, tmp_path)
    assert excerpt.start == REGION.start - 4801
    assert soundfile.info(excerpt.path).subtype == "FLOAT"
    assert np.array_equal(read(excerpt.path), original[excerpt.start : REGION.end + 4801])

    takes = []
    for number in (1, 2):
        path = tmp_path / f"take{number}.wav"
        soundfile.write(path, noise(number + 1, channels, REGION.frames), RATE, subtype="FLOAT")
        takes.append(Take(path, REGION, f'boots "wet" {number}'))
    session.audacity.insert(takes, Placement.TRACK)
    assert session.audacity.selection() == selection
    ((track, labels),) = json.loads(session.pipe.ask("GetInfo: Type=Labels"))
    assert (track, [text for _start, _end, text in labels]) == (3, [take.name for take in takes])
    for track, take in enumerate(takes, 1):
        sound, start = played(session, track, tmp_path)
        assert np.array_equal(sound[start : start + REGION.frames], read(take.path))
        assert not sound[:start].any()
        assert not sound[start + REGION.frames :].any()


def test_several_selected_tracks_go_out_as_their_mix(session: Session, tmp_path: Path) -> None:
    """Without those that are muted; one stereo track makes it stereo."""
    mono = opened(session, tmp_path / "mono.wav", noise(1, 1))
    stereo = opened(session, tmp_path / "stereo.wav", noise(2, 2))
    session.pipe.ask("SelectAll:")
    session.pipe.ask(select_time(REGION))
    selection = session.audacity.selection()
    assert [track.name for track in selection.tracks] == ["mono", "stereo"]
    mixed = read(session.audacity.export(selection, 0, tmp_path).path)
    assert np.array_equal(mixed, (mono + stereo)[REGION.start : REGION.end])
    session.pipe.ask(select_track(1))
    session.pipe.ask(command("SetTrack", Mute=1))
    session.pipe.ask("SelectAll:")
    session.pipe.ask(select_time(REGION))
    alone = read(session.audacity.export(selection, 0, tmp_path).path)
    assert np.array_equal(alone, mono[REGION.start : REGION.end])


def test_a_region_behind_the_end_of_its_track_goes_on_in_silence(session: Session, tmp_path: Path) -> None:
    """Handles end with the track, the region does not."""
    sound = opened(session, tmp_path / "short.wav", noise(1, 1, 120_000))
    session.pipe.ask(select_time(REGION))
    excerpt = session.audacity.export(session.audacity.selection(), 500, tmp_path)
    out = read(excerpt.path)
    assert len(out) == REGION.end - excerpt.start
    assert np.array_equal(out[: 120_000 - excerpt.start], sound[excerpt.start :])
    assert not out[120_000 - excerpt.start :].any()
    behind = Region(200_000, 4000, RATE)
    session.pipe.ask(select_time(behind))
    assert not read(session.audacity.export(session.audacity.selection(), 500, tmp_path).path).any()


@pytest.mark.parametrize("what", ["no track", "no stretch", "empty project"])
def test_nothing_selected_is_a_sentence(session: Session, tmp_path: Path, what: str) -> None:
    """Not a dialog in Audacity that waits for somebody; the cursor stays where it is."""
    if what != "empty project":
        opened(session, tmp_path / "scene.wav", noise(1, 1))
        session.pipe.ask("SelectNone:" if what == "no track" else command("SelectTime", Start=1.0, End=1.0))
    with pytest.raises(DawError, match="Nothing is selected"):
        session.audacity.selection()


def test_a_punch_is_one_step_to_undo(session: Session, tmp_path: Path) -> None:
    """Mono and stereo takes of several formats, with labels: gone with one Undo, back with one Redo."""
    opened(session, tmp_path / "scene.wav", noise(1, 2))
    session.pipe.ask(select_time(REGION))
    takes = []
    for number, (channels, subtype) in enumerate([(1, "PCM_16"), (2, "PCM_24"), (2, "FLOAT")]):
        path = tmp_path / f"boots & <gravel> {number} ä.wav"
        soundfile.write(path, noise(number, channels, REGION.frames), RATE, subtype=subtype)
        takes.append(Take(path, REGION, path.stem))
    session.audacity.insert(takes, Placement.TRACK)
    placed = [(track.name, track.kind, track.channels) for track in session.audacity.tracks()]
    assert placed[1:] == [
        *((take.name, "wave", channels) for take, channels in zip(takes, (1, 2, 2), strict=True)),
        ("Punch-In", "label", 0),
    ]
    for track, take in enumerate(takes, 1):
        sound, start = played(session, track, tmp_path)
        assert np.array_equal(sound[start : start + REGION.frames], read(take.path))
    session.pipe.ask("Undo:")
    assert [track.name for track in session.audacity.tracks()] == ["scene"]
    session.pipe.ask("Redo:")
    assert [(track.name, track.kind, track.channels) for track in session.audacity.tracks()] == placed


@pytest.mark.parametrize("meanwhile", ["", "play"])
def test_takes_that_come_one_by_one_are_one_step_to_undo(
    session: Session, tmp_path: Path, meanwhile: str
) -> None:
    """Also where it plays meanwhile, which is no step."""
    opened(session, tmp_path / "scene.wav", noise(1, 2))
    takes = three_takes(session, tmp_path)
    session.audacity.insert(takes[:1], Placement.TRACK)
    if meanwhile == "play":
        session.pipe.ask("DefaultPlayStop:")
    names = joined(session, takes)
    assert names == ["scene", "take 0", "take 1", "take 2", "Punch-In"]
    check_sounds(session, names, tmp_path)
    session.pipe.ask("Undo:")
    assert [track.name for track in session.audacity.tracks()] == ["scene"]
    sound, start = played(session, 0, tmp_path)
    assert np.array_equal(sound[start : start + REGION.frames], whole(tmp_path))


def test_takes_longer_than_a_block_and_on_the_first_frames_are_whole(
    session: Session, tmp_path: Path
) -> None:
    """From frame 0 and from frame 1, over several blocks of a project file, at another rate than usual."""
    rate, frames = 44_100, 600_001
    takes = []
    for start in (0, 1):
        path = tmp_path / f"from {start}.wav"
        soundfile.write(path, noise(start, 1, frames), rate, subtype="FLOAT")
        takes.append(Take(path, Region(start, frames, rate), path.stem))
    session.audacity.insert(takes, Placement.TRACK)
    for track, take in enumerate(takes):
        session.pipe.ask(select_track(track))
        session.pipe.ask(command("SelectTime", Start=0.0, End=(frames + 1) / rate))
        session.pipe.ask(command("SetProject", Rate=rate))
        excerpt = session.audacity.export(session.audacity.selection(), 0, tmp_path)
        out = read(excerpt.path)
        assert np.array_equal(out[take.region.start :][:frames], read(take.path))


def test_of_takes_that_can_not_all_come_in_none_does(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One goes away at the last moment, or Audacity imports something else: the project is as before."""
    opened(session, tmp_path / "scene.wav", noise(1, 2))
    session.pipe.ask(select_time(REGION))
    before = json.loads(session.pipe.ask("GetInfo: Type=Tracks"))
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(2, 2, REGION.frames), RATE, subtype="FLOAT")
    ask = session.pipe.ask

    def another(text: str, seconds: float | None = None) -> str:
        return ask(command("Import2", Filename=str(path)) if text.startswith("Import2") else text, seconds)

    monkeypatch.setattr(session.pipe, "ask", another)
    with pytest.raises(DawError, match="not imported all takes"):
        session.audacity.insert([Take(path, REGION, "1"), Take(path, REGION, "2")], Placement.TRACK)
    monkeypatch.undo()
    after = json.loads(session.pipe.ask("GetInfo: Type=Tracks"))
    assert [row["name"] for row in after] == [row["name"] for row in before]


def test_what_can_not_be_on_a_track_changes_nothing(session: Session, tmp_path: Path) -> None:
    """Four channels, a missing file, another length, another placement."""
    opened(session, tmp_path / "scene.wav", noise(1, 1))
    wide = tmp_path / "wide.wav"
    soundfile.write(wide, noise(1, 4, REGION.frames), RATE)
    for take, placement, sentence in (
        (Take(wide, Region(0, 10, RATE), "wide"), Placement.TRACK, "50001 frames"),
        (Take(wide, REGION, "wide"), Placement.TRACK, "4 channels"),
        (Take(tmp_path / "none.wav", REGION, "none"), Placement.TRACK, "can't be read"),
        (Take(wide, REGION, "wide"), Placement.LANE, "no lanes"),
    ):
        with pytest.raises(DawError, match=sentence):
            session.audacity.insert([take], placement)
    assert len(session.audacity.tracks()) == 1


def test_settings_of_the_user_are_what_they_were(session: Session, tmp_path: Path) -> None:
    """Sixteen bits for WAV, and silence skipped: the excerpt has neither, and both are set afterwards."""
    path = "/FileFormats/ExportFormat_SF1_Type/WAV_10000"
    opened(session, tmp_path / "scene.wav", noise(1, 1))
    session.pipe.ask(command("SetPreference", Name=path, Value="2"))
    session.pipe.ask(select_time(REGION))
    excerpt = session.audacity.export(session.audacity.selection(), 0, tmp_path)
    assert soundfile.info(excerpt.path).subtype == "FLOAT"
    assert session.pipe.ask(command("GetPreference", Name=path)).strip() == "2"
