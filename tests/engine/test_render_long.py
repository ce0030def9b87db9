"""Regions of any length: as exact as short ones, at the same memory, and as easy to stop."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import engine.render as render_module
from engine.audio import workspace as workspace_module
from engine.audio.source import open_sound
from engine.audio.workspace import Workspace
from engine.canvas import lay_out
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.material import load_material
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Done, Progress
from engine.protocol.requests import Joining, Mode, NewSource, RenderRequest
from engine.render import render
from engine.windowed import prepare
from tests.engine.rendering import Spy, ask, heard, noise, only, outcome, raw, record, rendered

RATE = 16_000


def long_recording(path: Path, seconds: int, subtype: str = "PCM_16") -> Path:
    """Noise, which is different in every second."""
    with sf.SoundFile(path, "w", RATE, 1, subtype) as file:
        for second in range(seconds):
            file.write(noise(RATE, seed=second))
    return path


def failure(request: RenderRequest, model: OnnxModel | Spy, home: Home) -> EngineError:
    """What rendering it raises."""
    with pytest.raises(EngineError) as caught:
        rendered(request, model, home)
    return caught.value


def left_over(tmp_path: Path, home: Home) -> list[Path]:
    """Files that a failed render must not leave."""
    return [*tmp_path.glob("*.part"), *tmp_path.glob("take*"), *home.spool.glob("*"), *home.takes.glob("*")]


def test_outside_many_spans_of_a_long_region_no_bit_changes(
    tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Five minutes in 64 spans."""
    path = long_recording(tmp_path / "in.wav", 310, "PCM_24")
    spans = tuple((4.0 * number + 0.5, 4.0 * number + 2.1 + number / 100) for number in range(64))
    request = ask(
        path,
        5 * RATE,
        305 * RATE,
        mode=Mode.INPAINT,
        mask_seconds=spans,
        steps=1,
        output=str(tmp_path / "take.wav"),
    )
    rendered(request, tiny_model, home)
    changed = np.zeros(310 * RATE, bool)
    for start, end in spans:
        changed[round((5 + start) * RATE) : round((5 + end) * RATE)] = True
    before, after = raw(path)[:, 0], raw(tmp_path / "take.wav")[:, 0]
    assert 0 == np.count_nonzero(before[~changed] != after[~changed])
    assert (before[changed] != after[changed]).mean() > 0.9


@pytest.mark.parametrize("kind", ["transfer", "inpaint", "new", "candidates"])
def test_ten_times_the_length_takes_no_more_memory(
    kind: str, tmp_path: Path, home: Home, hearing_model: OnnxModel
) -> None:
    """What numpy has at most; the take alone would be sixteen times what may be added."""

    def peak(seconds: int) -> int:
        request = _asked(kind, tmp_path, seconds)
        tracemalloc.start()
        for _ in render(request, hearing_model, home):
            pass
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(5)  # tables that are made once
    # Candidates are compared with the prompt a minute at a time.
    short = 60 if kind == "candidates" else 30
    assert peak(300) <= 1.2 * peak(short) + 2**20


def _asked(kind: str, folder: Path, seconds: int) -> RenderRequest:
    fields = {"steps": 1, "output": str(folder / "take.wav"), "overwrite": True, "want_chunks": False}
    if kind == "new":
        return ask(None, end=seconds * RATE, **fields)
    path = long_recording(folder / "in.wav", seconds + 4)
    if kind == "candidates":
        return ask(path, 2 * RATE, (seconds + 2) * RATE, candidates=2, **fields)
    mask = {"mask_seconds": ((0.5, 1.0), (2.0, seconds - 1.0))} if kind == "inpaint" else {}
    return ask(path, 2 * RATE, (seconds + 2) * RATE, mode=Mode(kind), **mask, **fields)


@pytest.mark.parametrize(("seconds", "windows"), [(0.1, 1), (2.56, 1), (2.6, 2), (1_800.0, 938)])
def test_from_a_tenth_of_a_second_to_half_an_hour(
    seconds: float, windows: int, home: Home, tiny_model: OnnxModel
) -> None:
    """Each window is 1.92 s of new sound."""
    request = ask(
        None,
        source=NewSource(48_000, 2, round(seconds * 48_000)),
        mode=Mode.GENERATE,
        steps=3,
        windows=Joining.CONTINUED,
    )
    with Workspace(home.spool) as workspace:
        load = load_material(request, Path(), tiny_model.specification, workspace)
        canvas = outcome(lay_out(outcome(load), request.mode, tiny_model.specification, workspace))
    recipe = prepare(request, canvas, tiny_model)
    assert (windows, 3 * windows) == (len(recipe.windows), recipe.total_steps)


@pytest.mark.parametrize("mode", list(Mode))
def test_the_shortest_region(mode: Mode, tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """A tenth of a second."""
    path = record(tmp_path / "in.wav", noise(8_000))
    rendered(ask(path, 3_000, 4_600, mode=mode, output=str(tmp_path / "take.wav")), tiny_model, home)
    before, after = raw(path), raw(tmp_path / "take.wav")
    assert np.array_equal(np.delete(before, np.s_[3_000:4_600], 0), np.delete(after, np.s_[3_000:4_600], 0))
    assert (before[3_000:4_600] != after[3_000:4_600]).mean() > 0.9


@pytest.mark.parametrize(
    ("sample", "said"),
    [(np.nan, "not a number"), (-np.inf, "not a number"), (-1e30, "a million times full scale")],
)
def test_a_broken_sample_deep_in_a_long_file(
    tmp_path: Path, home: Home, tiny_model: OnnxModel, sample: float, said: str
) -> None:
    """Is found before anything is rendered, and its place is said."""
    path = long_recording(tmp_path / "in.wav", 120, "FLOAT")
    with sf.SoundFile(path, "r+") as file:
        file.seek(round(87.25 * RATE))
        file.write(np.full((1, 1), sample, np.float32))
    spy = Spy(tiny_model)
    error = failure(ask(path, 0, 120 * RATE, output=str(tmp_path / "take.wav")), spy, home)
    assert ErrorCode.BAD_AUDIO == error.code
    assert f"{said} at 87.2500 s" in error.sentence
    assert [] == spy.calls
    assert [] == left_over(tmp_path, home)


def shrink(path: Path) -> None:
    """Cuts the file off in the middle."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def scribble(path: Path) -> None:
    """Writes other samples into it."""
    with path.open("r+b") as file:
        file.seek(10_000)
        file.write(bytes(range(100)))


@pytest.mark.parametrize("spoil", [shrink, scribble, Path.unlink])
@pytest.mark.parametrize("stage", ["denoise", "vocode"])
def test_a_recording_that_changes_while_it_is_rendered(
    spoil: Callable[[Path], None], stage: str, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Gives no take: half of it would be of another recording."""
    path = long_recording(tmp_path / "in.wav", 20)
    calls: list[str] = []

    def before(name: str) -> None:
        calls.append(name)
        if calls.count(stage) == 3 and name == stage:
            spoil(path)

    request = ask(path, RATE, 19 * RATE, steps=2, output=str(tmp_path / "take.wav"))
    error = failure(request, Spy(tiny_model, before), home)
    assert error.code in (ErrorCode.BAD_AUDIO, ErrorCode.NOT_FOUND)
    assert [] == left_over(tmp_path, home)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("candidates", [1, 2])
def test_no_room_for_temporary_sound(
    candidates: int, tmp_path: Path, home: Home, hearing_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is one sentence, and nothing is left."""
    path = long_recording(tmp_path / "in.wav", 10)
    request = ask(path, RATE, 9 * RATE, steps=1, candidates=candidates, output=str(tmp_path / "take.wav"))
    monkeypatch.setattr(workspace_module, "_nameless", lambda _: FileIO("/dev/full", "r+"))
    error = failure(request, hearing_model, home)
    assert ErrorCode.CANT_WRITE == error.code
    assert "free some space" in error.sentence
    assert [] == left_over(tmp_path, home)


def test_reading_shows_signs_of_life(
    tmp_path: Path, home: Home, tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancel, which is looked for between replies, is prompt; no model was called by then."""
    monkeypatch.setattr(render_module, "READING_SECONDS", 0.0)
    path = long_recording(tmp_path / "in.wav", 120)
    spy = Spy(tiny_model)
    replies = render(ask(path, 0, 120 * RATE, output=str(tmp_path / "take.wav")), spy, home)
    seen = [next(replies) for _ in range(20)]
    assert {"reading"} == {reply.stage for reply in only(Progress, seen)}
    replies.close()  # type: ignore[attr-defined]
    assert [] == spy.calls
    assert [] == left_over(tmp_path, home)


def test_no_client_is_flooded_while_it_is_read(tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """A few seconds are read in no time."""
    path = long_recording(tmp_path / "in.wav", 3)
    replies = rendered(ask(path, RATE, 2 * RATE), tiny_model, home)
    assert len([reply for reply in only(Progress, replies) if reply.stage == "reading"]) <= 3


def test_the_time_left_does_not_count_the_reading(
    tmp_path: Path, home: Home, tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It happens once, however many steps follow: here it takes an hour, and each step a second."""
    clock = [0.0]
    monkeypatch.setattr(render_module, "Stopwatch", partial(render_module.Stopwatch, lambda: clock[0]))
    real = render_module.load_material

    def slow(*arguments: object) -> object:
        clock[0] += 3_600.0
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(render_module, "load_material", slow)

    def tick(name: str) -> None:
        clock[0] += 1.0 if name == "denoise" else 0.0

    path = long_recording(tmp_path / "in.wav", 10)
    replies = rendered(ask(path, 0, 10 * RATE, steps=2), Spy(tiny_model, tick), home)
    steps = [reply for reply in only(Progress, replies) if reply.stage == "denoising"]
    assert all(reply.seconds_left == pytest.approx(reply.total - reply.step) for reply in steps)


@pytest.mark.parametrize("name", ["in.ogg", "in.mp3"])
def test_what_can_not_seek_is_decoded_once(
    name: str, tmp_path: Path, home: Home, tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is needed, its span is read back from where it was kept."""
    path = tmp_path / name
    sf.write(path, noise(30 * RATE), RATE)
    opened: list[str] = []
    real = sf.SoundFile
    monkeypatch.setattr(sf, "SoundFile", lambda *a, **k: opened.append(str(a[0])) or real(*a, **k))
    outputs = []
    for length in (3, 20):
        opened.clear()
        output = tmp_path / f"take{length}.wav"
        request = ask(path, 5 * RATE, (5 + length) * RATE, steps=1, output=str(output))
        assert only(Done, rendered(request, tiny_model, home))
        outputs.append(opened.count(str(path)))
        outside = np.r_[0 : 5 * RATE, (5 + length) * RATE : 30 * RATE]
        with open_sound(path) as sound:  # soundfile by itself loses its place in an MP3
            whole = sound.read(sound.frames, dtype="float32", always_2d=True)
        assert np.array_equal(whole[outside], heard(output)[outside])
    assert outputs[0] == outputs[1] <= 6


def test_a_transfer_of_strength_0_of_a_long_region_comes_in_blocks(
    tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """And is the recording."""
    path = long_recording(tmp_path / "in.wav", 60)
    replies = rendered(ask(path, 0, 60 * RATE, strength=0.0), tiny_model, home)
    joined = b"".join(chunk.samples for chunk in only(Chunk, replies))
    assert heard(path).tobytes() == joined
