"""Takes as files, from the request to another program that reads them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from wavinfo import WavInfoReader

from engine import render as line
from engine.audio.ebu_meter import EbuMeter
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models.memory import system_memory
from engine.models.onnx_model import OnnxModel
from engine.models.resident import Claim
from engine.protocol.replies import Failed, Notice, TakeDone
from engine.protocol.requests import Mode
from engine.takes import index
from engine.takes.bext import Bext, encode_bext
from engine.takes.chunks import chunk
from engine.takes.database import index_path, opened
from engine.takes.index import Query
from engine.takes.making import apply, recall
from engine.takes.naming import Naming, write_naming
from engine.takes.reading import read_newest, read_recipes
from engine.workbench import Bench, Setup, Tools
from engine.worker import describe_models
from tests.bundles import make_tiny_bundle
from tests.engine.rendering import ask, noise, only, raw, record, rendered

RATE = 16_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Nothing is in it."""
    return Home(tmp_path / "home", tmp_path / "takes")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three seconds of a scene, with the time stamp and the slate of its recorder."""
    path = record(tmp_path / "scene 4.wav", noise(3 * RATE))
    bext = chunk(
        b"bext", encode_bext(Bext("scene", time_reference=3_600 * RATE, history="A=PCM,T=recorder\r\n"))
    )
    ixml = chunk(b"iXML", b"<BWFXML><PROJECT>Film</PROJECT><SCENE>12A</SCENE><TAPE>T7</TAPE></BWFXML>")
    content = path.read_bytes() + bext + ixml
    path.write_bytes(content[:4] + (len(content) - 8).to_bytes(4, "little") + content[8:])
    return path


def take_of(request: Any, model: OnnxModel, home: Home) -> Path:
    """The file of its one take, whatever the quality control thinks of the tiny model."""
    (done,) = only(TakeDone, rendered(replace(request, retries=0), model, home))
    return Path(done.path)


def test_a_take_drops_back_at_its_timecode(tiny_model: OnnxModel, home: Home, recording: Path) -> None:
    """The recording's own time stamp and where the region begins; other programs read all of it."""
    request = ask(
        recording, 8_000, 24_000, prompt="boots on gravel", negative="wind", seed=7, markers=((0.5, "step"),)
    )
    take = WavInfoReader(str(take_of(request, tiny_model, home)))
    bext, ixml = take.bext, take.ixml
    assert (3_600 * RATE + 8_000, "Punch-In", 2) == (bext.time_reference, bext.originator, bext.version)
    assert "boots on gravel (not: wind)" == bext.description
    assert bext.coding_history.startswith("A=PCM,T=recorder\r\nA=PCM,F=16000,W=24,M=mono,T=Punch-In")
    assert ("Film", "12A", "T7", "1") == (ixml.project, ixml.scene, ixml.tape, ixml.take)
    assert "FEETHmn" == ixml.raw_xml.findtext("USER/CATID") == ixml.raw_xml.findtext("ASWG/catId")
    assert "CC0-1.0" == ixml.raw_xml.findtext("PUNCHIN/WEIGHTS_LICENCE")
    assert {1: {"frame": 8_000, "label": "step"}} == take.cues.to_dict()
    assert "tiny" in take.info.comment


@pytest.mark.parametrize(
    ("asked", "expected"),
    [({}, 3_600 * RATE + 8_000), ({"time_reference": 99}, 99), ({"time_reference": 0}, 0)],
)
def test_the_timeline_may_be_said(
    tiny_model: OnnxModel, home: Home, recording: Path, asked: dict[str, int], expected: int
) -> None:
    """By a host that knows better than the file."""
    take = take_of(ask(recording, 8_000, 24_000, **asked), tiny_model, home)
    assert expected == WavInfoReader(str(take)).bext.time_reference


def test_a_take_says_how_loud_it_is(tiny_model: OnnxModel, home: Home, recording: Path) -> None:
    """As its samples measure, read by another reader; 2 s have no short-term loudness, and it says so."""
    path = take_of(ask(recording, 8_000, 40_000, mode=Mode.GENERATE), tiny_model, home)
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    meter = EbuMeter(rate, samples.shape[1])
    meter.push(samples)
    expected, said = meter.loudness(), WavInfoReader(str(path)).bext
    assert (said.loudness_value, said.max_true_peak, said.max_momentary_loudness) == pytest.approx(
        (expected.integrated, expected.true_peak, expected.momentary), abs=0.011
    )
    assert (said.max_shortterm_loudness, said.loudness_range) == (327.67, 327.67)


def test_the_whole_recording_keeps_what_it_says(
    tiny_model: OnnxModel, home: Home, recording: Path, tmp_path: Path
) -> None:
    """Time stamp, slate and every byte but the region; its recipes add up."""
    first, second = tmp_path / "first.wav", tmp_path / "second.wav"
    take_of(ask(recording, 8_000, 24_000, output=str(first), seed=1), tiny_model, home)
    take_of(ask(first, 30_000, 40_000, output=str(second), seed=2, prompt="rain"), tiny_model, home)
    take = WavInfoReader(str(second))
    assert (3_600 * RATE, "scene", "12A") == (
        take.bext.time_reference,
        take.bext.description,
        take.ixml.scene,
    )
    recipes = read_recipes(second).recipes
    assert [(1, "scene 4.wav"), (2, "first.wav")] == [(one.seed, one.place.name) for one in recipes]
    before, after = recording.read_bytes(), second.read_bytes()
    size = len(before) - 8
    samples = before.index(b"data") + 8
    assert before[8 : samples + 3 * 8_000] == after[8 : samples + 3 * 8_000]
    assert before[samples + 3 * 40_000 : size + 8] == after[samples + 3 * 40_000 : size + 8]


@pytest.mark.parametrize(
    ("asked", "tolerance"),
    [
        ({}, 0),
        ({"mode": Mode.INPAINT, "mask_seconds": ((0.2, 0.6),)}, 0),
        ({"mode": Mode.GENERATE, "steps": 3}, 0),
        ({"strength": 0.3, "negative": "wind", "tilt": 0.5, "seed": 2**31 - 1}, 0),
        ({"takes": 2, "vary": 0.3, "seed": 4}, 0),
        # Texts that are encoded together are rounded otherwise than alone: a few steps of 24 bits.
        ({"takes": 2, "prompt": "boots on {gravel|snow}"}, 2**13),
    ],
)
def test_a_recipe_makes_the_same_samples_again(
    tiny_model: OnnxModel, home: Home, recording: Path, asked: dict[str, Any], tolerance: int
) -> None:
    """Of each take of a job, from nothing but its file and the recording."""
    replies = rendered(ask(recording, 8_000, 24_000, **asked), tiny_model, home)
    for done in only(TakeDone, replies):
        reading = read_newest(Path(done.path))
        again = take_of(apply(reading.recipe, ask(recording, 8_000, 24_000, prompt="")), tiny_model, home)
        assert () == reading.warnings
        np.testing.assert_allclose(raw(Path(done.path)), raw(again), rtol=0.0, atol=tolerance)


def test_a_new_sound_has_a_recipe_too(tiny_model: OnnxModel, home: Home) -> None:
    """From frame 0 of nothing."""
    take = take_of(ask(None, 0, 16_000, seed=3), tiny_model, home)
    recipe = read_newest(take).recipe
    assert ("new", "", 0, 16_000) == (
        recipe.place.kind,
        recipe.place.name,
        recipe.place.start_frame,
        recipe.place.end_frame,
    )
    again = take_of(apply(recipe, ask(None, 0, 16_000, prompt="")), tiny_model, home)
    np.testing.assert_array_equal(raw(take), raw(again))


@pytest.mark.parametrize("suffix", [".wav", ".rf64", ".flac", ".aiff", ".caf"])
def test_every_container_with_a_place_has_its_recipe(
    tiny_model: OnnxModel, home: Home, tmp_path: Path, suffix: str
) -> None:
    """Of a new sound, and after an edit of that both."""
    new, edited = tmp_path / f"new{suffix}", tmp_path / f"edited{suffix}"
    take_of(ask(None, 0, 16_000, seed=3, output=str(new)), tiny_model, home)
    take_of(ask(new, 0, 8_000, seed=4, output=str(edited)), tiny_model, home)
    assert ([3], [3, 4]) == (
        [one.seed for one in read_recipes(new).recipes],
        [one.seed for one in read_recipes(edited).recipes],
    )
    np.testing.assert_array_equal(raw(new)[8_000:], raw(edited)[8_000:])


@pytest.mark.parametrize("suffix", [".au", ".w64"])
def test_two_containers_have_none(tiny_model: OnnxModel, home: Home, tmp_path: Path, suffix: str) -> None:
    """The take is whole all the same."""
    path = take_of(ask(None, 0, 16_000, output=str(tmp_path / f"new{suffix}")), tiny_model, home)
    assert ((), 16_000) == (read_recipes(path).recipes, sf.info(path).frames)


class TestNames:
    """What takes are called that nobody named."""

    def test_after_ucs(self, tiny_model: OnnxModel, home: Home) -> None:
        """With the account's own ids, and numbers for what is there already."""
        write_naming(home, Naming("JD", "Film"))
        names = [
            take_of(ask(None, 0, 8_000, prompt="glass breaking"), tiny_model, home).name for _ in range(2)
        ]
        assert ["GLASBrk_Glass-Breaking-001_JD_Film.wav", "GLASBrk_Glass-Breaking-002_JD_Film.wav"] == names

    def test_after_the_alternative_of_the_take(self, tiny_model: OnnxModel, home: Home) -> None:
        """Each has its own name and category."""
        replies = rendered(ask(None, 0, 8_000, prompt="{(rain:1.2)|thunder}", takes=2), tiny_model, home)
        names = [Path(done.path).name for done in only(TakeDone, replies)]
        assert ["RAIN_Rain-001_PNCH_NONE.wav", "THUN_Thunder-001_PNCH_NONE.wav"] == names

    @pytest.mark.parametrize(
        ("ucs", "name"), [("doorwood", "DOORWood_Rain-001_PNCH_NONE.wav"), ("off", "rain-001.wav")]
    )
    def test_as_asked(self, tiny_model: OnnxModel, home: Home, ucs: str, name: str) -> None:
        """One's own category, or none."""
        assert name == take_of(ask(None, 0, 8_000, prompt="rain", ucs=ucs), tiny_model, home).name

    def test_a_category_that_is_not_there(self, tiny_model: OnnxModel, home: Home) -> None:
        """Is said before anything is made."""
        with pytest.raises(EngineError, match="did you mean DOORWood"):
            rendered(ask(None, 0, 8_000, ucs="DOORWod"), tiny_model, home)
        assert not home.takes.exists()


class TestIndex:
    """Every take is noted."""

    def test_with_and_without_a_name(
        self, tiny_model: OnnxModel, home: Home, recording: Path, tmp_path: Path
    ) -> None:
        """Where its file is."""
        one = take_of(ask(recording, 8_000, 24_000), tiny_model, home)
        two = take_of(ask(recording, 8_000, 24_000, output=str(tmp_path / "named.wav")), tiny_model, home)
        with opened(home) as database:
            assert {str(one), str(two)} == {entry.path for entry in index.find(database, Query())}

    def test_an_index_that_fails_costs_a_notice(
        self, tiny_model: OnnxModel, home: Home, recording: Path
    ) -> None:
        """The take is there."""
        index_path(home).mkdir(parents=True)
        replies = rendered(ask(recording, 8_000, 24_000), tiny_model, home)
        (done,) = only(TakeDone, replies)
        assert any("was not noted" in notice.sentence for notice in only(Notice, replies))
        assert Path(done.path).is_file()

    def test_nothing_of_a_take_that_was_not_finished(
        self, tiny_model: OnnxModel, home: Home, recording: Path
    ) -> None:
        """Neither a file nor a row."""
        replies = line.render(ask(recording, 8_000, 24_000), tiny_model, home)
        for _ in range(3):
            next(replies)
        replies.close()  # type: ignore[attr-defined]
        with opened(home) as database:
            assert [] == index.find(database, Query())
        assert [] == list(home.takes.iterdir())

    @pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
    def test_a_process_that_is_killed_between_file_and_index(
        self, home: Home, recording: Path, tmp_path: Path
    ) -> None:
        """The next look adopts the take."""
        make_tiny_bundle(tmp_path / "tiny")
        code = f"""
import os, signal
from pathlib import Path
from engine import render
from engine.config import Home
from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from tests.engine.rendering import ask
render.note_take = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
model = OnnxModel(load_bundle(Path({str(tmp_path / "tiny")!r})), "cpu")
home = Home(Path({str(home.state)!r}), Path({str(home.takes)!r}))
list(render.render(ask(Path({str(recording)!r}), 8_000, 24_000, seed=5, retries=0), model, home))
"""
        root = Path(line.__file__).parent.parent
        ended = subprocess.run([sys.executable, "-c", code], cwd=root, timeout=250, check=False)
        assert -signal.SIGKILL == ended.returncode
        with opened(home) as database:
            assert [] == index.find(database, Query())
            index.rescan(database, home)
            (entry,) = index.find(database, Query())
        assert (5, True, False) == (entry.seed, entry.adopted, entry.is_missing)


def test_a_transfer_that_changes_nothing_says_nothing(
    tiny_model: OnnxModel, home: Home, recording: Path, tmp_path: Path
) -> None:
    """Its file is the recording's, byte for byte."""
    output = tmp_path / "out.wav"
    take_of(ask(recording, 8_000, 24_000, strength=0.0, output=str(output)), tiny_model, home)
    assert recording.read_bytes() == output.read_bytes()


def test_a_full_disk_while_notes_are_written(
    tiny_model: OnnxModel, home: Home, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half take is left, and none is noted."""
    from engine.audio import takefile

    def full(*_: object) -> None:
        raise EngineError(ErrorCode.CANT_WRITE, "There is no room.")

    monkeypatch.setattr(takefile, "note_new", full)
    with pytest.raises(EngineError, match="no room"):
        rendered(ask(recording, 8_000, 24_000), tiny_model, home)
    assert [] == list(home.takes.iterdir())
    with opened(home) as database:
        assert [] == index.find(database, Query())


def test_a_request_starts_from_a_take(
    tiny_model: OnnxModel, home: Home, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its model is chosen: that, too, is the recipe's. A recipe that is not there ends one job."""
    monkeypatch.setenv("PUNCHIN_HOME", str(home.state))
    monkeypatch.setattr(OnnxModel, "take_notices", lambda _: [], raising=False)
    asked: list[str] = []

    def claim(name: str, _: str) -> Claim:
        asked.append(name)
        return Claim(name, "1", 0)

    tools = Tools(claim, lambda *_: tiny_model, line.render, describe_models, system_memory, recall)
    bench = Bench(tools, Setup("other", "cpu"))
    first = take_of(ask(recording, 8_000, 24_000, seed=5, prompt="rain"), tiny_model, home)
    given = frozenset({"path", "start", "end", "recipe", "strength", "retries"})
    request = ask(recording, 8_000, 24_000, prompt="", recipe=str(first), given=given, retries=0)
    (done,) = only(TakeDone, bench.run(request, lambda: False))
    assert (["tiny"], 5, "rain") == (asked, done.seed, done.prompt)
    (failed,) = only(Failed, bench.run(replace(request, recipe=str(recording)), lambda: False))
    assert (ErrorCode.NOT_FOUND, ["tiny"]) == (failed.code, asked)
