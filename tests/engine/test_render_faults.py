"""Whatever goes wrong, whenever: a clear error, no new file, and the recording as it was."""

from __future__ import annotations

import errno
import os
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Progress, TakeDone
from engine.protocol.requests import Mode, RenderRequest
from engine.render import render
from tests.engine.rendering import Spy, ask, noise, only, record, rendered

GRAPHS = ["encode_text", "encode_mel", "denoise", "decode_latents", "vocode"]
Ask = Callable[..., RenderRequest]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Five seconds of stereo noise, alone in its folder."""
    (tmp_path / "session").mkdir()
    return record(tmp_path / "session" / "in.wav", noise(80_000, 2))


@pytest.fixture
def region(recording: Path) -> Ask:
    """Asks for its middle, as a file beside it."""
    return partial(ask, recording, 16_000, 64_000, output=str(recording.with_name("out.wav")))


@pytest.fixture(autouse=True)
def untouched(recording: Path) -> Iterator[None]:
    """Whatever a test does, the recording is what it was, to the byte, and no part file is left."""
    before = recording.read_bytes()
    yield
    assert before == recording.read_bytes()
    assert [] == list(recording.parent.glob(".*"))


@pytest.fixture
def nothing_new(recording: Path, home: Home) -> Iterator[None]:
    """After the test there is no file that was not there before."""
    yield
    assert ["in.wav"] == [path.name for path in recording.parent.iterdir()]
    assert [] == list(home.takes.glob("*"))


def refusal(request: RenderRequest, model: Any, home: Home) -> ErrorCode:
    """The code of the error a render ends in; it has a sentence for people."""
    with pytest.raises(EngineError) as caught:
        rendered(request, model, home)
    assert len(caught.value.sentence.split()) > 4
    return caught.value.code


@pytest.mark.usefixtures("nothing_new")
class TestModel:
    """A model that fails."""

    @pytest.mark.parametrize("graph", GRAPHS)
    @pytest.mark.parametrize("named", [True, False])
    def test_an_error_of_any_graph(
        self, graph: str, named: bool, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """It passes as it is, at the first call of the graph or later."""

        def fail(name: str) -> None:
            if name == graph and spy.calls.count("denoise") >= (5 if graph == "denoise" else 0):
                raise EngineError(ErrorCode.TOO_MUCH, "There is not enough memory for this model.")

        spy = Spy(tiny_model, before=fail)
        request = region() if named else region(output="")
        assert ErrorCode.TOO_MUCH == refusal(request, spy, home)

    def test_a_defect(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """What nobody thought of leaves nothing behind either."""

        def fail(name: str) -> None:
            if name == "vocode":
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            rendered(region(), Spy(tiny_model, before=fail), home)

    @pytest.mark.parametrize("graph", ["denoise", "decode_latents", "vocode"])
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_values_that_are_no_numbers(
        self, graph: str, value: float, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """They are found before anything is written, and the model is blamed."""
        assert ErrorCode.INTERNAL == refusal(region(), Spoiled(tiny_model, graph, value), home)


class Spoiled(Spy):
    """Puts a value into what one graph gives."""

    def __init__(self, model: OnnxModel, graph: str, value: float) -> None:
        super().__init__(model)
        self._graph, self._value = graph, value

    def _passed_on(self, name: str, *inputs: Any) -> Float32:
        result = super()._passed_on(name, *inputs)
        if name == self._graph:
            result = result.copy()
            result.reshape(-1)[result.size // 2] = self._value
        return result


@pytest.mark.usefixtures("nothing_new")
class TestCancel:
    """Who stops iterating cancels."""

    @pytest.mark.parametrize("named", [True, False])
    @pytest.mark.parametrize(
        "moment",
        [
            lambda reply: reply.stage == "reading",
            lambda reply: reply.step == 1,
            lambda reply: reply.step == 7,
            lambda reply: reply.stage == "decoding",
            lambda reply: reply.stage == "writing",
        ],
    )
    def test_at_any_progress(
        self, moment: Callable[[Progress], bool], named: bool, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """The last is when all is written but the file's name."""
        replies = render(region() if named else region(output=""), tiny_model, home)
        assert any(isinstance(reply, Progress) and moment(reply) for reply in replies)
        replies.close()

    def test_between_chunks(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Part of the take is with the client already."""
        replies = render(region(), tiny_model, home)
        assert any(isinstance(reply, Chunk) for reply in replies)
        replies.close()

    def test_before_anything(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """A job that was never begun has asked the model for nothing."""
        spy = Spy(tiny_model)
        render(region(), spy, home).close()
        assert [] == spy.calls


def test_a_cancel_in_the_second_take_leaves_the_first(
    region: Ask, recording: Path, tiny_model: OnnxModel, home: Home
) -> None:
    """It was handed over; only the unfinished one is gone."""
    replies = render(region(takes=2), tiny_model, home)
    assert any(isinstance(reply, TakeDone) for reply in replies)
    next(replies)
    replies.close()
    assert {"in.wav", "out-1.wav"} == {path.name for path in recording.parent.iterdir()}


class TestOutput:
    """A file that can't be written."""

    @pytest.mark.parametrize(("takes", "name"), [(1, "out.wav"), (3, "out-3.wav")])
    def test_one_that_is_there_is_refused_before_any_work(
        self, takes: int, name: str, region: Ask, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Of several takes also if it is the last one's."""
        recording.with_name(name).write_text("mine")
        spy = Spy(tiny_model)
        assert ErrorCode.FILE_EXISTS == refusal(region(takes=takes), spy, home)
        assert [] == spy.calls
        assert {"in.wav", name} == {path.name for path in recording.parent.iterdir()}
        assert "mine" == recording.with_name(name).read_text()

    @pytest.mark.usefixtures("nothing_new")
    def test_what_the_next_takes_are_made_of(
        self, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Numbered takes of x-1.wav go into x-1.wav: not even with leave to overwrite, and at once."""
        here = recording.rename(recording.with_name("in-1.wav"))
        request = ask(here, 16_000, 64_000, output=str(recording), takes=2, overwrite=True)
        spy = Spy(tiny_model)
        assert ErrorCode.BAD_ARGUMENT == refusal(request, spy, home)
        assert [] == spy.calls
        here.rename(recording)

    def test_one_that_comes_up_meanwhile_stays(
        self, region: Ask, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Somebody else's file of that name is worth more than the take."""
        output = recording.with_name("out.wav")
        spy = Spy(tiny_model, before=lambda _: output.write_text("theirs"))
        assert ErrorCode.FILE_EXISTS == refusal(region(), spy, home)
        assert "theirs" == output.read_text()

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_take_that_nobody_named_makes_way_for_one_that_comes_up_meanwhile(
        self, overwrite: bool, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Such as a draft that is adopted: the take gets the next name, and nothing is lost."""
        request = ask(recording, 16_000, 64_000, overwrite=overwrite)
        (first,) = only(TakeDone, rendered(request, tiny_model, home))
        theirs = Path(first.path)
        theirs.unlink()
        spy = Spy(tiny_model, before=lambda _: theirs.write_text("theirs"))
        (second,) = only(TakeDone, rendered(request, spy, home))
        assert "theirs" == theirs.read_text()
        assert second.path != first.path and sf.info(second.path).frames == 48_000

    @pytest.mark.usefixtures("nothing_new")
    @pytest.mark.parametrize(
        ("name", "code"),
        [("no/such/folder.wav", ErrorCode.CANT_WRITE), ("out.mp3", ErrorCode.BAD_ARGUMENT), ("", None)],
    )
    def test_a_name_that_can_be_none(
        self,
        name: str,
        code: ErrorCode | None,
        region: Ask,
        recording: Path,
        tiny_model: OnnxModel,
        home: Home,
    ) -> None:
        """A missing folder, a lossy format, the folder itself: said before the model is at work."""
        spy = Spy(tiny_model)
        output = recording.parent / name
        assert (code or ErrorCode.BAD_ARGUMENT) == refusal(region(output=str(output)), spy, home)
        assert 0 == spy.calls.count("denoise")

    @pytest.mark.usefixtures("nothing_new")
    @pytest.mark.parametrize("room", [0, 100_000])
    @pytest.mark.parametrize("named", [True, False])
    def test_a_full_disk(
        self,
        room: int,
        named: bool,
        region: Ask,
        tiny_model: OnnxModel,
        home: Home,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """At the first byte, or in the middle."""

        class Full(FileIO):
            def write(self, data: Any) -> int:
                if self.tell() + len(data) > room:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return super().write(data)

        monkeypatch.setattr("engine.audio.atomic.open_part", lambda path: Full(path, "x+"))
        request = region() if named else region(output="")
        assert ErrorCode.CANT_WRITE == refusal(request, tiny_model, home)

    @pytest.mark.usefixtures("nothing_new")
    def test_a_disk_that_fails_at_the_very_end(
        self, region: Ask, tiny_model: OnnxModel, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Everything was written, and the disk does not confirm it."""

        def fail(_: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        assert ErrorCode.CANT_WRITE == refusal(region(), tiny_model, home)

    def test_a_take_folder_that_can_be_none(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """A file stands where it should be."""
        home.takes.write_text("mine")
        assert ErrorCode.CANT_WRITE == refusal(region(output=""), tiny_model, home)


class TestSource:
    """A recording that can't be used, or changes."""

    @pytest.mark.usefixtures("nothing_new")
    @pytest.mark.parametrize(
        ("start", "end"), [(0, 80_001), (90_000, 95_000), (30_000, 20_000), (20_000, 20_000), (0, 1_000)]
    )
    def test_a_region_that_is_none(
        self, start: int, end: int, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Outside, reversed, empty, too short."""
        request = ask(recording, start, end, output=str(recording.with_name("out.wav")))
        assert ErrorCode.BAD_REGION == refusal(request, tiny_model, home)

    @pytest.mark.usefixtures("nothing_new")
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"strength_curve": ((0.0, 0.2), (3.1, 0.9))}, ErrorCode.BAD_REGION),
            ({"along": ((3.1, "snow"),)}, ErrorCode.BAD_REGION),
            ({"markers": ((3.1, "hit"),)}, ErrorCode.BAD_REGION),
            ({"mode": Mode.INPAINT, "mask_seconds": ((2.5, 3.1),)}, ErrorCode.BAD_REGION),
            ({"tempo": 120.0, "bars": 4.0}, ErrorCode.BAD_REGION),
            ({"low_hz": 8_000.0}, ErrorCode.BAD_ARGUMENT),
        ],
    )
    def test_what_the_region_does_not_reach(
        self, fields: dict[str, Any], code: ErrorCode, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Its three seconds in frames, the file's rate tells; half of that rate is the highest there is."""
        spy = Spy(tiny_model)
        assert code == refusal(region(**fields), spy, home)
        assert not spy.calls

    @pytest.mark.usefixtures("nothing_new")
    def test_one_that_vanishes_meanwhile(
        self, region: Ask, recording: Path, tmp_path: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """After it was read, before it is copied."""
        elsewhere = tmp_path / "elsewhere.wav"
        spy = Spy(tiny_model, before=lambda _: recording.exists() and recording.rename(elsewhere))
        assert ErrorCode.NOT_FOUND == refusal(region(), spy, home)
        elsewhere.rename(recording)

    @pytest.mark.usefixtures("nothing_new")
    def test_wrong_numbers(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Strength 7, and more steps than the model has."""
        assert ErrorCode.BAD_ARGUMENT == refusal(region(strength=7.0), tiny_model, home)
        assert ErrorCode.BAD_ARGUMENT == refusal(region(steps=2_000), tiny_model, home)

    @pytest.mark.parametrize("prompt", ["", "boots " * 2_000, "🥾\0\n", "x" * 10_000])
    def test_any_text_is_a_prompt(self, prompt: str, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """None or far too much of it: whatever the parser lets pass is rendered, and named."""
        (take,) = only(TakeDone, rendered(region(prompt=prompt, output=""), tiny_model, home))
        assert 48_000 == sf.info(take.path).frames

    @pytest.mark.parametrize("mode", Mode)
    @pytest.mark.parametrize("frames", [1_600, 1_601, 3_000])
    def test_the_shortest_recordings(
        self, mode: Mode, frames: int, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """A tenth of a second, without any context, in every mode."""
        path = record(recording.with_name("short.wav"), noise(frames))
        output = recording.with_name("out.wav")
        rendered(ask(path, 0, frames, mode=mode, output=str(output)), tiny_model, home)
        assert frames == sf.info(output).frames

    def test_an_hour_of_it(self, recording: Path, tiny_model: OnnxModel, home: Home) -> None:
        """Memory follows the region, and the other 59 minutes and 59 seconds come along untouched."""
        path = record(recording.with_name("hour.wav"), noise(0), 8_000, "PCM_U8")
        size = 3_600 * 8_000
        header = path.read_bytes()[:44]
        path.write_bytes(
            header[:4] + (size + 36).to_bytes(4, "little") + header[8:40] + size.to_bytes(4, "little")
        )
        os.truncate(path, 44 + size)
        output = recording.with_name("out.wav")
        tracemalloc.start()
        rendered(ask(path, 20_000_000, 20_008_000, output=str(output)), tiny_model, home)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 16 * 2**20 < size
        one, other = (np.memmap(file, np.uint8, offset=44) for file in (path, output))
        changed = np.flatnonzero(one != other[: one.size])  # behind it, the take says who made it
        assert 20_000_000 <= changed.min() < changed.max() < 20_008_000
