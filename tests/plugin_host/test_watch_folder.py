"""A folder that is watched: complete drops become takes, bad ones a sentence, and nothing is done twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.client import find_or_start
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from plugin_host.bridge import Engine
from plugin_host.commands.daw_watch import asked_by
from plugin_host.watch_folder import Asked, Result, WatchFolder, find_drops, wish_of
from presets.preset import Mode, Preset
from presets.store import Store
from tests.plugin_host.conftest import RATE

NOTE = 'prompt = "boots on gravel"\ntakes = 2\nsteps = 2\nstart = 8001\nend = 16002\nmode = "inpaint"\n'


class NoEngine:
    """One that refuses everything, and counts how often it was asked."""

    def __init__(self, code: ErrorCode = ErrorCode.NO_ENGINE) -> None:
        self.code, self.asked = code, 0

    def render(self, _request: object) -> object:
        """Raises."""
        self.asked += 1
        raise EngineError(self.code, "The engine has ended.")


def connecting(engine: object) -> Callable[[], AbstractContextManager[Engine]]:
    """To that engine, each time."""
    return lambda: nullcontext(engine)  # type: ignore[arg-type,return-value]


@pytest.fixture
def gravel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Preset:
    """The one preset of this account's own, with a gap."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path / "home"))
    preset = Preset(
        "Gravel",
        "{shoes} on gravel",
        mode=Mode.TRANSFER,
        takes=3,
        slots={"shoes": "boots"},
        settings={"curve": "0:0.5,1:0.9", "tilt": 0.5},
    )
    Store().save(preset)
    return preset


@pytest.fixture
def drops(tmp_path: Path) -> Path:
    """A folder with a recording and its note in it."""
    folder = tmp_path / "drops"
    folder.mkdir()
    samples = np.random.default_rng(2).standard_normal((2 * RATE, 1)) * 0.1
    soundfile.write(folder / "scene.wav", samples, RATE, subtype="PCM_24")
    (folder / "scene.toml").write_text(NOTE)
    return folder


def looks(watched: WatchFolder, times: int = 2) -> list[tuple[str, Result]]:
    """What comes of so many looks."""
    return [(drop.recording.name, result) for _ in range(times) for drop, result in watched.look()]


def test_takes_appear_beside_their_recording(drops: Path, engine_home: Home) -> None:
    """As long as the region; a watcher that starts again does nothing twice; a changed note is new work."""
    watched = WatchFolder(drops, lambda: find_or_start(engine_home))
    ((name, result),) = looks(watched)
    assert (name, result.sentence) == ("scene.wav", "")
    assert result.takes == ("scene_take1.wav", "scene_take2.wav")
    assert [soundfile.info(drops / take).frames for take in result.takes] == [8_001, 8_001]
    assert looks(WatchFolder(drops, lambda: find_or_start(engine_home)), 3) == []
    (drops / "scene.toml").write_text(NOTE.replace("takes = 2", "takes = 1"))
    ((_, again),) = looks(watched)
    assert again.takes == ("scene_take3.wav",)
    assert not [path for path in drops.iterdir() if path.name.startswith(".")]


def test_what_still_grows_is_left_alone(drops: Path) -> None:
    """Until it is the same at two looks."""
    engine = NoEngine(ErrorCode.BAD_AUDIO)
    watched = WatchFolder(drops, connecting(engine))
    for _ in range(3):
        assert looks(watched, 1) == []
        with (drops / "scene.wav").open("ab") as file:
            file.write(b"\0" * 64)
    assert engine.asked == 0
    looks(watched)
    assert engine.asked == 1


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("prompt = ", "can't be read"),
        ("takes = 1", "prompt"),
        ('prompt = "x"\nstrenght = 1', "strength"),
        ('prompt = "x"\npath = "/etc/passwd"', "leave path out"),
        ('prompt = "x"\noutput = "/tmp/x.wav"', "leave output out"),
        ('prompt = "x"\nmask = [1, 2]', "no list of keys"),
        ('prompt = "x"\nstart = 3\nend = 2', "must end after it starts"),
        ('preset = "Nobody has this"', "Nobody has this"),
        ("preset = 3", "name the preset"),
        ('slots = "a voice"', "name the preset"),
        ('preset = "Gravel"\nslots = { shoes = 1 }', "slots is a text"),
        ('preset = "Gravel"\nslots = { colour = "red" }', "colour"),
        ("#" * 70_000, "larger than"),
    ],
)
@pytest.mark.usefixtures("gravel")
def test_a_bad_note_is_a_sentence_once(drops: Path, note: str, text: str) -> None:
    """Beside the recording; the others go on, and no engine is bothered."""
    (drops / "scene.toml").write_text(note)
    engine = NoEngine()
    ((_, result),) = looks(WatchFolder(drops, connecting(engine), asked_by), 4)
    assert text in result.sentence
    assert json.loads((drops / "scene.punchin.json").read_text())["sentence"] == result.sentence
    assert engine.asked == 0


@pytest.mark.usefixtures("gravel")
def test_a_note_names_a_preset(drops: Path) -> None:
    """It gives all that the note does not say itself: one strength leaves no curve of another."""
    (drops / "scene.toml").write_text(
        'preset = "gravel"\nslots = { shoes = "heels" }\ntakes = 1\nend = 8000\n'
    )
    (drop,) = find_drops(drops)
    request = wish_of(drop, "job", asked_by).request
    assert (request.prompt, request.takes, request.tilt) == ("heels on gravel", 1, 0.5)
    assert request.strength_curve
    (drops / "scene.toml").write_text('preset = "Gravel"\nstrength = 0.2\n')
    (drop,) = find_drops(drops)
    request = wish_of(drop, "job", asked_by).request
    assert (request.prompt, request.takes, request.strength) == ("boots on gravel", 3, 0.2)
    assert not request.strength_curve


def test_a_text_fills_the_gap_without_a_name(drops: Path) -> None:
    """Also in JSON, and of a preset that comes along; an equals sign in it is only a letter."""
    (drops / "scene.toml").unlink()
    (drops / "scene.json").write_text('{"preset": "Old radio", "slots": "x=y"}')
    (drop,) = find_drops(drops)
    assert wish_of(drop, "job", asked_by).request.prompt == "x=y and radio static noise"


def test_takes_go_through_the_effects_of_the_preset(drops: Path, engine_home: Home) -> None:
    """Before they appear; where that fails the sentence says so, and no dry take passes for a wet one."""
    treated: list[str] = []
    wish = {"prompt": "boots", "steps": 2, "mode": "inpaint", "start": 8001, "end": 16002}
    (drops / "scene.toml").write_text('preset = "Any"\n')

    def failing(_takes: object) -> None:
        raise EngineError(ErrorCode.BAD_EFFECT, "Zam crashed.")

    chains = iter([failing, treated.extend])
    watched = WatchFolder(drops, lambda: find_or_start(engine_home), lambda *_: Asked(wish, next(chains)))
    ((_, result),) = looks(watched)
    assert (result.takes, result.sentence) == ((), "Zam crashed.")
    (drops / "scene.toml").write_text('preset = "Any"\n\n')
    ((_, result),) = looks(watched)
    assert result.takes == ("scene_take1.wav",)
    assert [Path(path).is_file() for path in treated] == [True]


def test_a_bad_recording_does_not_stop_the_good(drops: Path, engine_home: Home) -> None:
    """Noise with the name of a WAV file, and a note in JSON."""
    (drops / "broken.wav").write_bytes(b"RIFFnothing of the kind")
    (drops / "broken.json").write_text('{"prompt": "x"}')
    results = dict(looks(WatchFolder(drops, lambda: find_or_start(engine_home))))
    assert "can't be read as sound" in results["broken.wav"].sentence
    assert len(results["scene.wav"].takes) == 2


def test_an_engine_that_is_away_is_waited_for(drops: Path) -> None:
    """The drop is tried at every look, and nothing is written that says it had failed."""
    engine = NoEngine()
    results = looks(WatchFolder(drops, connecting(engine)), 4)
    assert [result.sentence for _, result in results] == ["The engine has ended."] * 3
    assert not (drops / "scene.punchin.json").exists()
