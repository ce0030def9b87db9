"""The process behind the actions, with an engine that a test plays, and with the one that ships."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import wavinfo

from engine.client import find, find_or_start
from engine.config import HOME_VARIABLE, find_home
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import (
    Cancelled,
    Chunk,
    Done,
    Failed,
    Models,
    ModelStatus,
    Notice,
    Progress,
    Queued,
    Reply,
    Status,
    TakeDone,
)
from engine.protocol.requests import RenderRequest, StreamSource
from engine.retake import part_of_take
from engine.takes.reading import read_newest
from plugin_host.daws.reaper import job, lines
from plugin_host.daws.reaper.job_request import FILE, read_request
from plugin_host.daws.reaper.job_status import CANCEL_FILE, JobStatus
from plugin_host.daws.reaper.remote import Arriving, read_address
from tests.plugin_host.daws.reaper.conftest import Reaper, item, point_at, sound, write_wav

RATE = 48_000
START, FRAMES = 4_800, 9_601


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A job's folder with a request for one excerpt."""
    folder = tmp_path / "spool" / "jobs" / "00000000-0000-0000-0000-000000000001"
    folder.mkdir(parents=True)
    write_wav(folder / "excerpt-1.wav", sound(24_000, 2), RATE)
    ask(folder, tmp_path / "media")
    return folder


def ask(folder: Path, media: Path, **changed: object) -> None:
    values: dict[str, object] = {"media": media, "excerpts": 1, "prompt": "boots", "mode": "transfer"}
    values |= {"strength": 0.6, "takes": 2, "excerpt.1.path": folder / "excerpt-1.wav"}
    values |= {"excerpt.1.start": START, "excerpt.1.frames": FRAMES, "excerpt.1.rate": RATE}
    lines.write(folder / FILE, values | {"excerpt.1.time_reference": 172_800_000} | changed)


def status(folder: Path) -> dict[str, str]:
    return lines.read(folder / "status.txt") or {}


@dataclass
class Played:
    """An engine whose replies a test writes; ``{job}`` stands for the job."""

    script: list[Any]
    asked: list[RenderRequest] = field(default_factory=list)
    audio: bytes = b""
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Played:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, request: RenderRequest) -> None:
        self.asked.append(request)

    def send_audio(self, request: RenderRequest, samples: bytes) -> None:
        assert isinstance(request.source, StreamSource)
        assert len(samples) == request.source.frames * request.source.channels * 4
        self.audio = samples

    def replies(self, job_id: str) -> Iterator[Reply]:
        for make in self.script:
            yield make(job_id)

    def cancel(self, _job_id: str) -> None:
        self.cancelled.set()

    def status(self) -> Status:
        return Status("9.8", 1, "far-model", "cuda", "ready", 0, ())

    def models(self) -> Models:
        return Models((ModelStatus("far-model", "CC-BY-4.0", 16_000, 1, ""),))


def play(monkeypatch: pytest.MonkeyPatch, *script: Any) -> Played:
    engine = Played(list(script))
    monkeypatch.setattr(job, "connected", lambda _address, _folder: engine)
    return engine


def test_takes_come_into_the_projects_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are copied there under their UCS names, whose numbers go on where one is taken."""
    take = write_wav(tmp_path / "FOLYFeet_Boots-001_PNCH_NONE.wav", sound(FRAMES, 2, 3), RATE)
    engine = play(
        monkeypatch,
        lambda name: Queued(name, 0),
        lambda name: Progress(name, "denoising", 3, 8, 4.0),
        lambda name: Notice(name, "The seed was changed."),
        lambda name: TakeDone(name, 0, str(take), FRAMES, 7, "boots"),
        lambda name: TakeDone(name, 1, str(take), FRAMES, 8, "boots"),
        lambda name: Done(name, 2, ()),
    )
    assert job.main([str(folder)]) == 0
    said = status(folder)
    assert (said["state"], said["take.count"], said["notice"]) == ("done", "2", "The seed was changed.")
    kept = [Path(said[f"take.{number}.path"]) for number in (1, 2)]
    assert [path.name for path in kept] == [take.name, f"{take.stem}-2.wav"]
    assert all(path.parent == tmp_path / "media" and path.read_bytes() == take.read_bytes() for path in kept)
    assert "seed: 7" in said["take.1.note"] and said["take.1.name"] == take.stem
    (asked,) = engine.asked
    assert (asked.time_reference, asked.takes, asked.strength) == (172_800_000, 2, 0.6)
    assert not (folder / "excerpt-1.wav").exists()


def chunk(take: int, sequence: int, offset: int, samples: np.ndarray[Any, Any]) -> Any:
    return lambda name: Chunk(name, take, sequence, offset, 2, RATE, samples.astype("<f4").tobytes())


def test_an_engine_elsewhere_gets_sound_and_gives_sound(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its paths mean nothing here: the excerpt is streamed, and the take is put together from its chunks."""
    lines.write(folder.parent.parent / "engine.txt", {"host": "render-7", "port": 9124, "token": "secret"})
    excerpt = sf.read(folder / "excerpt-1.wav", dtype="float32")[0]
    made = sound(FRAMES, 2, 5)
    engine = play(
        monkeypatch,
        chunk(0, 0, 0, made[:5_000] * 0.5),
        chunk(0, 0, 0, made[:5_000]),  # made again
        chunk(0, 1, 5_000, made[5_000:]),
        lambda name: TakeDone(name, 0, "D:\\Takes\\FOLYFeet_Boots-001.wav", FRAMES, 7, "boots"),
        lambda name: Done(name, 1, ()),
    )
    assert job.main([str(folder)]) == 0, status(folder)
    path = Path(status(folder)["take.1.path"])
    assert path == tmp_path / "media" / "FOLYFeet_Boots-001.wav"
    np.testing.assert_array_equal(sf.read(path, dtype="float32")[0], made)
    assert sf.info(path).subtype == "FLOAT"
    np.testing.assert_array_equal(np.frombuffer(engine.audio, "<f4").reshape(-1, 2), excerpt)
    says_where_it_belongs_and_how_it_was_made(path)
    source = engine.asked[0].source
    assert isinstance(source, StreamSource)
    assert (source.start_frame, source.end_frame, source.frames) == (START, START + FRAMES, 24_000)


def says_where_it_belongs_and_how_it_was_made(path: Path) -> None:
    """To a reader of broadcast waves, and to whoever wants to make it again."""
    info = wavinfo.WavInfoReader(str(path))
    assert info.bext is not None and info.ixml is not None
    assert (info.bext.time_reference, info.bext.description) == (172_800_000, "boots")
    assert info.ixml.take == "1"
    recipe = read_newest(path).recipe
    assert (recipe.prompt, recipe.seed, recipe.take, recipe.category) == ("boots", 7, 1, "FEETHmn")
    assert (recipe.engine, recipe.model, recipe.licence) == ("9.8", "far-model", "CC-BY-4.0")
    assert (recipe.settings["strength"], recipe.settings["mode"]) == (0.6, "transfer")
    assert (recipe.place.start_frame, recipe.place.end_frame) == (START, START + FRAMES)
    assert b"far-model, whose weights are under CC-BY-4.0" in path.read_bytes()
    assert part_of_take(path).region.frames == FRAMES


def test_a_take_that_did_not_arrive_whole_is_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence where chunks are missing would be heard in the mix."""
    lines.write(folder.parent.parent / "engine.txt", {"host": "render-7", "port": 9124})
    play(
        monkeypatch,
        chunk(0, 0, 0, sound(5_000, 2)),
        lambda name: TakeDone(name, 0, "/takes/a.wav", FRAMES, 7, "boots"),
    )
    assert job.main([str(folder)]) == 1
    assert "did not arrive whole" in status(folder)["text"] and not list((tmp_path / "media").glob("*"))


def test_sound_outside_the_region_is_refused() -> None:
    """A wrong offset from the network never writes past the take."""
    with pytest.raises(EngineError) as raised:
        Arriving(100).push(Chunk("a", 0, 0, 60, 1, RATE, bytes(4 * 50)))
    assert raised.value.code is ErrorCode.BAD_AUDIO


def test_the_engines_no_is_passed_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its own words."""
    play(monkeypatch, lambda name: Failed(name, ErrorCode.NOT_FOUND, "There is no such model."))
    assert job.main([str(folder)]) == 1
    assert (status(folder)["state"], status(folder)["text"]) == ("failed", "There is no such model.")


def test_cancel_reaches_the_engine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of that name, at any time, ends the job; its takes are none."""

    def wait(name: str) -> Reply:
        (folder / CANCEL_FILE).touch()
        assert engine.cancelled.wait(20)
        return Cancelled(name)

    engine = play(monkeypatch, lambda name: Queued(name, 0), wait)
    assert job.main([str(folder)]) == 1
    assert (status(folder)["state"], status(folder)["take.count"]) == ("cancelled", "0")


def test_a_take_is_told_as_soon_as_it_is_done(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the next is made; however the job ends, the last word has it, too."""
    take = write_wav(tmp_path / "FOLYFeet_Boots-001_PNCH_NONE.wav", sound(FRAMES, 2, 3), RATE)
    told: list[dict[str, str]] = []

    def fails(name: str) -> Reply:
        told.append(status(folder))
        return Failed(name, ErrorCode.WORKER_DIED, "The worker died.")

    play(monkeypatch, lambda name: TakeDone(name, 0, str(take), FRAMES, 7, "boots"), fails)
    assert job.main([str(folder)]) == 1
    last = status(folder)
    for said, state in ((told[0], "running"), (last, "failed")):
        assert (said["state"], said["take.count"]) == (state, "1")
        assert Path(said["take.1.path"]).parent == tmp_path / "media"


def test_a_cancel_before_there_is_an_engine_sends_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not forgotten while the engine starts."""
    engine = play(monkeypatch)
    cancel = job.Cancel()
    cancel.ask()
    with pytest.raises(job.WasCancelled):
        job.run(folder, JobStatus(folder), cancel)
    assert engine.asked == []


def test_a_defect_is_said_and_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script hears of it, and the log has the trace."""
    play(monkeypatch, lambda _name: 1 / 0)
    assert job.main([str(folder)]) == 1
    assert "defect of Punch-In" in status(folder)["text"]
    assert "ZeroDivisionError" in (folder / "log.txt").read_text()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"excerpts": 0}, ErrorCode.TOO_MUCH),
        ({"excerpts": 10_000}, ErrorCode.TOO_MUCH),
        ({"mode": "explode"}, ErrorCode.BAD_ARGUMENT),
        ({"excerpt.1.rate": "fast"}, ErrorCode.BAD_ARGUMENT),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    folder: Path, tmp_path: Path, changed: dict[str, object], code: ErrorCode
) -> None:
    """With what to do."""
    ask(folder, tmp_path, **changed)
    with pytest.raises(EngineError) as raised:
        read_request(folder)
    assert raised.value.code is code


def test_excerpts_are_read_from_the_jobs_folder_only(folder: Path, tmp_path: Path) -> None:
    """A request can't name another file of this machine."""
    ask(folder, tmp_path, **{"excerpt.1.path": "/etc/../etc/passwd"})
    assert read_request(folder).excerpts[0].path == folder / "passwd"


def test_no_host_means_this_machine(tmp_path: Path) -> None:
    """So does an empty one; a port that is no number is named."""
    assert read_address(tmp_path) is None
    lines.write(tmp_path / "engine.txt", {"host": "", "port": "9123"})
    assert read_address(tmp_path) is None
    lines.write(tmp_path / "engine.txt", {"host": "a", "port": "many"})
    with pytest.raises(EngineError, match="port is no number"):
        read_address(tmp_path)


def test_yesterdays_folders_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Today's stay, in case somebody asks."""
    old, fresh = folder.parent / "old", folder.parent / "fresh"
    for other in (old, fresh):
        other.mkdir()
    os.utime(old, (1.0, 1.0))
    play(monkeypatch, lambda name: Failed(name, ErrorCode.BUSY, "Busy."))
    job.main([str(folder)])
    assert not old.exists() and fresh.exists()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, whose engine is ended after the test."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    yield tmp_path / "home"
    with contextlib.suppress(EngineError), find(find_home()) as client:
        client.quit()


@pytest.mark.parametrize("reaper", ["lua5.4"], indirect=True)
@pytest.mark.parametrize("far", [False, True])
def test_from_the_key_to_takes_with_the_real_engine(
    reaper: Reaper, home: Path, tmp_path: Path, far: bool
) -> None:
    """The script in Lua, its process and the engine that ships: takes in the item, the region's frames."""
    del home
    launcher = tmp_path / "launch.py"
    launcher.write_text(
        "import runpy\nrunpy.run_module('plugin_host.daws.reaper.job', run_name='__main__')\n"
    )
    point_at(reaper, (sys.executable, str(launcher)))
    if far:
        with find_or_start() as client:
            port = client._connection.getpeername()[1]
        lines.write(reaper.spool / "engine.txt", {"host": "127.0.0.1", "port": port})
    source = write_wav(tmp_path / "steps.wav", sound(RATE, 2) * 0.2, RATE)
    spec = {
        "rate": RATE,
        "path": str(tmp_path / "media"),
        "times": [10.25, 10.75],
        "tracks": [{"items": [item(source, 10.0, 1.0)]}],
    }
    setup = f"""
        stub.ext["Punch-In/handles"] = "1"
        stub.inputs = {{ "boots on gravel\\ntransfer\\n0.3\\n1" }}
        stub.execute = function(line)
            os.execute("PYTHONPATH={Path(job.__file__).parents[3]} " .. line .. " &")
            return ""
        end
    """
    state = reaper.run(
        "punch_in.lua", spec, setup, 'os.execute("sleep 0.05") stub.clock = stub.clock + 0.02', 3_000
    )
    assert state["messages"] == [], state["messages"]
    middle = next(piece for piece in state["tracks"][0]["items"] if len(piece["takes"]) == 2)
    made = Path(middle["takes"][1]["file"])
    assert made.parent == tmp_path / "media" and made.stem == middle["takes"][1]["name"]
    info = sf.info(made)
    assert (info.frames, info.channels, info.samplerate) == (RATE // 2, 2, RATE)
    take, original = sf.read(made)[0], sf.read(source)[0][RATE // 4 : 3 * RATE // 4]
    np.testing.assert_allclose(take[0], original[0], atol=1e-3)
    assert np.abs(take - original).max() > 0.01
    recipe = read_newest(made).recipe
    assert (recipe.prompt, recipe.settings["strength"]) == ("boots on gravel", pytest.approx(0.3))
