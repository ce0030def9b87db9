"""Reading what a request works on: the region, its surroundings, and every way it can be wrong."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.stretch import Stretch
from engine.audio.workspace import Workspace
from engine.errors import EngineError, ErrorCode
from engine.material import Material, load_material
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, StreamSource, seconds
from tests.engine.rendering import ask, heard, noise, outcome, record

Load = Callable[..., Material]
NO_SPOOL = Path("nothing-was-streamed.wav")


@pytest.fixture
def load(tmp_path: Path, tiny_model: OnnxModel) -> Iterator[Load]:
    """Loads what a request works on; its files stay open until the test ends."""
    with Workspace(tmp_path / "workspace") as workspace:

        def load(request: RenderRequest, spooled: Path = NO_SPOOL) -> Material:
            return outcome(load_material(request, spooled, tiny_model.specification, workspace))

        yield load


def samples(stretch: Stretch) -> Float32:
    """All of it."""
    return stretch.read(0, stretch.frames)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Four seconds of stereo noise."""
    return record(tmp_path / "in.wav", noise(64_000, 2))


def refusal(load: Load, request: RenderRequest, spooled: Path = NO_SPOOL) -> ErrorCode:
    """The code with which a request is refused; the sentence must say something."""
    with pytest.raises(EngineError) as caught:
        load(request, spooled)
    assert caught.value.sentence.endswith(".")
    return caught.value.code


def test_the_region_and_what_is_around_it(recording: Path, load: Load) -> None:
    """Joined, context and region are the recording's own samples, as many as were asked for."""
    material = load(ask(recording, 20_000, 30_000, context_seconds=0.5))
    whole = np.concatenate([samples(part) for part in (material.before, material.region, material.after)])
    assert np.array_equal(heard(recording)[12_000:38_000], whole)
    assert (8_000, 10_000, 8_000) == (material.before.frames, material.region.frames, material.after.frames)
    assert (16_000, 2, ((0, 10_000),)) == (material.sample_rate, material.channels, material.mask)
    assert (False, False) == (material.at_start, material.at_end)


def test_context_ends_where_the_recording_does(recording: Path, load: Load) -> None:
    """A region at an end has less of it, and knows that it is there."""
    start = load(ask(recording, 0, 30_000, context_seconds=1.0))
    end = load(ask(recording, 50_000, 64_000, context_seconds=1.0))
    assert (0, 16_000, True, False) == (start.before.frames, start.after.frames, start.at_start, start.at_end)
    assert (16_000, 0, False, True) == (end.before.frames, end.after.frames, end.at_start, end.at_end)


def test_a_region_in_seconds(recording: Path, load: Load) -> None:
    """Times are rounded to the recording's own frames."""
    source = FileSource(str(recording), seconds(1.00001), seconds(2.5))
    assert 24_000 == load(ask(recording, source=source)).span.frames


def test_the_surroundings_are_what_is_not_masked(recording: Path, load: Load) -> None:
    """Context, and the region's own parts between the masked spans."""
    request = ask(recording, 16_000, 32_000, mode=Mode.INPAINT, mask_seconds=((0.25, 0.5), (0.75, 1.0)))
    material = load(request)
    sound = heard(recording)
    expected = [sound[:16_000], sound[16_000:20_000], sound[24_000:28_000], sound[:0], sound[32_000:48_000]]
    assert all(map(np.array_equal, expected, map(samples, material.surroundings)))
    assert ((4_000, 8_000), (12_000, 16_000)) == material.mask


def test_all_that_surrounds_a_region_without_a_mask(recording: Path, load: Load) -> None:
    """Is its context."""
    material = load(ask(recording, 16_000, 32_000))
    assert [16_000, 0, 0, 16_000] == [piece.frames for piece in material.surroundings]


def test_a_stream_lies_in_its_spool_file(tmp_path: Path, load: Load) -> None:
    """Its ends are not the recording's, of which the client may have sent just the region."""
    spooled = record(tmp_path / "spooled.wav", noise(16_000), subtype="FLOAT")
    request = ask(None, source=StreamSource(16_000, 1, 16_000, 0, 16_000), mode=Mode.TRANSFER)
    material = load(request, spooled)
    assert np.array_equal(heard(spooled), samples(material.region))
    assert (False, False) == (material.at_start, material.at_end)


def test_a_new_sound_is_silence_with_nothing_around_it(load: Load) -> None:
    """It starts and ends by itself."""
    material = load(ask(None, source=NewSource(44_100, 2, 44_100), mode=Mode.GENERATE))
    assert ((44_100, 2), None, True, True) == (
        samples(material.region).shape,
        material.recording,
        material.at_start,
        material.at_end,
    )
    assert (0, 0) == (material.before.frames, material.after.frames)


@pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
def test_only_generate_needs_no_recording(mode: Mode, load: Load) -> None:
    """Everything else has nothing to work on."""
    assert ErrorCode.BAD_ARGUMENT == refusal(load, ask(None, end=16_000, mode=mode))


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 64_001), (60_000, 70_000), (70_000, 80_000), (30_000, 20_000), (20_000, 20_000), (0, 1_500)],
)
def test_a_region_that_is_none(start: int, end: int, recording: Path, load: Load) -> None:
    """Outside the recording, reversed, empty or too short."""
    assert ErrorCode.BAD_REGION == refusal(load, ask(recording, start, end))


@pytest.mark.parametrize("spans", [((0.5, 0.2),), ((0.5, 0.5),), ((0.5, 1.5),), ((float("nan"), 1.0),)])
def test_a_mask_that_is_none(spans: Any, recording: Path, load: Load) -> None:
    """Reversed, empty, beyond the region, or no number."""
    request = ask(recording, 0, 16_000, mode=Mode.INPAINT, mask_seconds=spans)
    assert ErrorCode.BAD_REGION == refusal(load, request)


def test_a_vanished_file(tmp_path: Path, load: Load) -> None:
    """Is not there."""
    assert ErrorCode.NOT_FOUND == refusal(load, ask(tmp_path / "gone.wav", 0, 16_000))


def test_a_vanished_stream(tmp_path: Path, load: Load) -> None:
    """Neither is one whose spool file was removed."""
    request = ask(None, source=StreamSource(16_000, 1, 16_000, 0, 16_000), mode=Mode.TRANSFER)
    assert ErrorCode.NOT_FOUND == refusal(load, request, tmp_path / "gone.wav")


def test_files_without_sound(tmp_path: Path, load: Load) -> None:
    """No byte, no frame, one sample, a folder, a text."""
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("Dear sound designer, " * 100)
    none = record(tmp_path / "none.wav", noise(0))
    one = record(tmp_path / "one.wav", noise(1))
    assert ErrorCode.BAD_AUDIO == refusal(load, ask(tmp_path / "empty.wav", 0, 16_000))
    assert ErrorCode.BAD_AUDIO == refusal(load, ask(tmp_path / "text.wav", 0, 16_000))
    assert ErrorCode.BAD_AUDIO == refusal(load, ask(none, 0, 16_000))
    assert ErrorCode.BAD_AUDIO == refusal(load, ask(tmp_path, 0, 16_000))
    assert ErrorCode.BAD_REGION == refusal(load, ask(one, 0, 1))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("frame", [10_000, 20_000, 30_000])
def test_what_is_no_number_in_region_or_context(value: float, frame: int, tmp_path: Path, load: Load) -> None:
    """It would spread over everything the model makes."""
    waveform = noise(64_000)
    waveform[frame] = value
    path = record(tmp_path / "in.wav", waveform, subtype="FLOAT")
    assert ErrorCode.BAD_AUDIO == refusal(load, ask(path, 16_000, 24_000))


def test_what_is_no_number_elsewhere_does_not_matter(tmp_path: Path, load: Load) -> None:
    """Only what is worked on is looked at."""
    waveform = noise(64_000)
    waveform[60_000] = np.nan
    path = record(tmp_path / "in.wav", waveform, subtype="FLOAT")
    assert np.isfinite(load(ask(path, 16_000, 24_000)).after.read(0, 16_000)).all()


def test_an_hour_costs_no_more_than_its_region(tmp_path: Path, load: Load) -> None:
    """Memory follows what is read, not how long the recording is."""
    path = record(tmp_path / "hour.wav", noise(0, 2), 48_000, "PCM_16")
    make_hour_long(path, 48_000 * 2 * 2)
    tracemalloc.start()
    material = load(ask(path, 100_000_000, 100_048_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 48_000 == material.region.frames
    assert peak < 4 * 2**20


def make_hour_long(path: Path, bytes_per_second: int) -> None:
    """Stretch an empty WAV to an hour of silence, of which the disk holds nothing."""
    header = bytearray(path.read_bytes())
    size = 3_600 * bytes_per_second
    place = header.index(b"data") + 4
    header[place : place + 4] = size.to_bytes(4, "little")
    header[4:8] = (place + 4 + size - 8).to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header[: place + 4])
        file.truncate(place + 4 + size)
