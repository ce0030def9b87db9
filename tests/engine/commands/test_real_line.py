"""The command line, a real engine process, a real worker, and a tiny model that is told apart by ear."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.config import module_command
from engine.evaluation import bench
from engine.takes.reading import read_newest
from presets.document import decode, effects_of_tables
from presets.store import FACTORY
from tests.bundles import make_tiny_bundle
from tests.plugin_host.effects.playing import likeness, needs_pedalboard, pedalboard_itself

PATIENCE_SECONDS = 120
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a tiny model in it, and an engine that lives while the tests of this file do."""
    home = tmp_path_factory.mktemp("home")
    make_tiny_bundle(home / "models" / "tiny")
    make_tiny_bundle(home / "models" / "hears", hears=True, name="hears")
    return home


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """What processes of these tests see."""
    return os.environ | {"PUNCHIN_HOME": str(home), "COLUMNS": "100"}


@pytest.fixture(scope="module")
def engine(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """``punchin engine`` on a port of its own."""
    command = module_command("engine", "engine", "--port", "0", "--model", "tiny", "--device", "cpu")
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stderr is not None
        assert "answers OSC" in process.stderr.readline()
        yield process
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(PATIENCE_SECONDS)


@pytest.fixture
def line(engine: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path) -> Command:
    """Runs ``punchin`` as a user does, in a folder of its own."""
    assert engine.poll() is None

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            module_command("engine", *arguments),
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    return run


def test_a_region_comes_back_changed_and_the_rest_as_it_was(line, recording):
    """Rate, channels, encoding, length, and every sample outside the region are the original's."""
    ended = line("render", "in.wav", "out.wav", "--region", "0.5:1.25", "--prompt", "a bell", "--json")
    take = json.loads(ended.stdout)["takes"][0]
    before, rate = soundfile.read(recording, dtype="int32")
    after, _ = soundfile.read(recording.with_name("out.wav"), dtype="int32")
    same = (before == after).all(axis=1)

    assert (0, str(recording.with_name("out.wav")), 36_000) == (
        ended.returncode,
        take["path"],
        take["frames"],
    )
    assert (before.shape, "PCM_24") == (after.shape, soundfile.info(take["path"]).subtype)
    assert same[: rate // 2].all() and same[rate * 5 // 4 :].all()
    assert same[rate // 2 : rate * 5 // 4].mean() < 0.1


@needs_pedalboard
def test_the_effects_of_a_preset_are_in_the_region_of_the_take_and_in_its_recipe(line, recording):
    """With the model that ships: the take is what Pedalboard itself makes of the same take without them."""
    region = ("--region", "0.5:1.5", "--seed", "7", "--model", "foley-small", "--json")
    asked = ("presets", "apply", "Next room", "render", "in.wav")
    assert 0 == line(*asked, "dry.wav", *region, "--without-effects").returncode
    assert 0 == line(*asked, "wet.wav", *region).returncode

    before, dry, wet = (
        soundfile.read(recording.with_name(f"{name}.wav"))[0] for name in ("in", "dry", "wet")
    )
    inside, middle = slice(24_000, 72_000), slice(24_000 + 4800, 72_000 - 4800)
    assert (before[:24_000] == wet[:24_000]).all() and (before[72_000:] == wet[72_000:]).all()
    chain = decode((FACTORY / "restyles" / "next-room.toml").read_bytes()).effects
    heard = np.zeros_like(dry, np.float32)
    heard[inside] = pedalboard_itself(chain, dry[inside].astype(np.float32), 48_000)
    assert likeness(wet[middle], heard[middle]) > 0.999
    assert likeness(wet[middle], dry[middle]) < 0.9

    recipes = [read_newest(recording.with_name(f"{name}.wav")).recipe for name in ("dry", "wet")]
    assert [(), chain] == [effects_of_tables(recipe.effects) for recipe in recipes]


def test_the_same_seed_gives_the_same_take_and_another_one_another(line, recording):
    """Two takes in one job differ from each other; the second is the first of the next seed."""
    common = ("render", "in.wav", "out.wav", "--region", "24000f:60000f", "--prompt", "rain", "--force")
    codes = [
        line(*common, "--seed", "3", "--takes", "2").returncode,
        line(*common, "--seed", "4").returncode,
    ]
    one, two, alone = (
        soundfile.read(recording.with_name(name), dtype="int32")[0]
        for name in ("out-1.wav", "out-2.wav", "out.wav")
    )

    assert [0, 0] == codes
    assert (False, True) == (np.array_equal(one, two), np.array_equal(two, alone))


def test_takes_of_regions_alone_become_a_timeline(line, recording, tmp_path):
    """Nobody names a file: takes go into the take folder, and out of it into an OTIO, at their places."""
    otio = pytest.importorskip("opentimelineio", reason="needs the daw extra")
    rate = soundfile.info(recording).samplerate
    paths = []
    for start in (0.5, 1.0):
        ended = line("render", "in.wav", "--region", f"{start}:{start + 0.5}", "--prompt", "a bell", "--json")
        (take,) = json.loads(ended.stdout)["takes"]
        assert (rate // 2, rate) == (
            soundfile.info(take["path"]).frames,
            soundfile.info(take["path"]).samplerate,
        )
        paths.append(take["path"])
    ended = line("daw", "export-timeline", *paths, "--out", "reel.otio", "--origin", "first", "--json")
    assert (0, rate // 2) == (ended.returncode, json.loads(ended.stdout)["origin"])
    timeline = otio.adapters.read_from_file(str(tmp_path / "reel.otio"))
    clips = timeline.find_clips()
    found = [clip.transformed_time_range(clip.trimmed_range(), timeline.tracks) for clip in clips]
    assert [(0, rate // 2), (rate // 2, rate // 2)] == [
        (one.start_time.value, one.duration.value) for one in found
    ]


def test_a_new_sound_has_the_length_that_was_asked_for(line, tmp_path):
    """To the frame, at the rate and with the channels asked for."""
    arguments = ("--seconds", "1.2345", "--rate", "44100", "--channels", "2", "--prompt", "wind")
    ended = line("generate", "new.wav", *arguments)
    info = soundfile.info(tmp_path / "new.wav")

    assert (0, f"{tmp_path / 'new.wav'}  (seed 0)\n") == (ended.returncode, ended.stdout)
    assert (54_441, 44_100, 2) == (info.frames, info.samplerate, info.channels)


def test_ctrl_c_stops_the_job_in_the_engine_and_leaves_no_file(line, engine, environment, recording):
    """The shell gets 130, the engine has no job left and goes on."""
    command = ("render", "in.wav", "out.wav", "--region", "0:2", "--prompt", "rain", "--steps", "1000")
    process = subprocess.Popen(
        module_command("engine", *command, "--takes", "16"),
        env=environment,
        cwd=recording.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        for news in process.stderr:
            if news.startswith("denoising"):
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    status = json.loads(line("status", "--json").stdout)

    assert (130, True) == (process.returncode, said.endswith("no take was left.\n"))
    assert ([], engine.pid) == (status["jobs"], status["pid"])
    assert ["in.wav"] == [path.name for path in recording.parent.iterdir()]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--region", "0.5:1", "--model", "nobody"), 5),
        (("--region", "0.5:9"), 3),
        (("--region", "1:0.5"), 3),
        (("--region", "0.5:1", "--strength", "7"), 2),
        (("--region", "0.5:1", "--mode", "inpaint", "--mask", "0.5:3"), 3),
    ],
)
@pytest.mark.usefixtures("recording")
def test_bad_requests_leave_the_engine_ready_for_the_next(line, arguments, code):
    """One sentence, a documented code, and then a take."""
    common = ("render", "in.wav", "out.wav", "--prompt", "rain", "--force")
    refused, taken = line(*common, *arguments), line(*common, "--region", "0.5:1")

    assert (code, 0) == (refused.returncode, taken.returncode)
    assert "Traceback" not in refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("punchin: ")


def test_a_second_engine_is_refused_while_the_first_runs(line):
    """It says so, and that nothing has to be done."""
    ended = line("engine", "--port", "0")

    assert (12, True) == (ended.returncode, "runs already" in ended.stderr)


def test_the_demo_runs_on_any_model(line, tmp_path):
    """Three files, and not one sample outside the region changed."""
    ended = line("demo", "--json")
    value = json.loads(ended.stdout)

    assert (0, 0, True) == (
        ended.returncode,
        value["samples_changed_outside"],
        value["samples_changed_inside"] > 0,
    )
    assert {"before.wav", "after.wav", "demo.png"} == {
        path.name for path in (tmp_path / "punchin-demo").iterdir()
    }


def test_the_benchmark_measures_everything_it_promises(tmp_path):
    """All targets are there, with numbers; which is not the place to judge them."""
    make_tiny_bundle(tmp_path / "models" / "tiny")  # the default where no model is embedded
    told: list[str] = []
    measures = {measure.name: measure for measure in bench.measure(tmp_path, told.append)}
    targets = [measure.limit for measure in measures.values() if measure.limit is not None]

    assert sorted([150.0, 1.0, 1.0, 60.0, 5.0, 500.0]) == sorted(targets)
    assert {"dpm, steps in a second", "ddim, steps in a second", "ddpm, steps in a second"} <= set(measures)
    assert all(measure.value >= 0.0 for measure in measures.values())
    assert "starting an engine" == told[0]


def test_a_sound_of_ones_own_is_found_and_made_anew(line, recording):
    """Indexed, found by what it is called and sounds like, and the source of a take of exactly its length."""
    folder = recording.parent / "sounds"
    folder.mkdir()
    for name, hertz in (("door slam", 300.0), ("whistle", 3_000.0)):
        wave = 0.3 * np.sin(2.0 * np.pi * hertz * np.arange(24_000) / 48_000)
        soundfile.write(folder / f"{name}.wav", wave, 48_000)
    model = ("--model", "hears")
    indexed = line("library", "index", "sounds", *model, "--json")
    found = line("library", "search", "slamming door", "--like", "sounds/door slam.wav", *model, "--json")
    made = line("library", "render", "door slam", "--prompt", "a bell", *model, "--json")
    take = json.loads(made.stdout)

    assert (0, 2) == (indexed.returncode, json.loads(indexed.stdout)["folders"][0]["sounds"])
    assert [str(folder / "door slam.wav"), "0f:24000f"] == [
        json.loads(found.stdout)["hits"][0][key] for key in ("path", "region")
    ]
    assert (str(folder / "door slam.wav"), 24_000) == (take["source"]["path"], take["takes"][0]["frames"])
    assert 24_000 == soundfile.info(take["takes"][0]["path"]).frames
