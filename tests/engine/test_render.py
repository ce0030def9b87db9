"""The line from a request to its replies: what is said, in which order, and the same every time."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine.config import Home, spool_path
from engine.errors import EngineError, ErrorCode
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import CHUNK_BYTES, Chunk, Done, Progress, Reply, TakeDone
from engine.protocol.requests import Joining, Mode, NewSource, RenderRequest, StreamSource
from engine.stopwatch import Stopwatch
from tests.engine.rendering import Spy, ask, heard, joined, noise, only, raw, record, rendered

Ask = Callable[..., RenderRequest]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Five seconds of stereo noise."""
    return record(tmp_path / "in.wav", noise(80_000, 2), subtype="FLOAT")


@pytest.fixture
def region(recording: Path) -> Ask:
    """Asks for its middle three seconds: two windows of the tiny model, with the context."""
    return partial(ask, recording, 16_000, 64_000, context_seconds=0.5)


def streamed(replies: list[Reply], take: int = 0) -> np.ndarray:
    """The region of one take."""
    return joined(chunk for chunk in only(Chunk, replies) if chunk.take == take)


class TestReplies:
    """What the client hears."""

    def test_done_is_the_last_word(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Said once, after as many takes as were asked for."""
        replies = rendered(region(takes=2), tiny_model, home)
        assert ("job", 2) == (replies[-1].job_id, replies[-1].takes)
        assert [0, 1] == [take.take for take in only(TakeDone, replies)]
        assert 1 == len(only(Done, replies))
        assert {"job"} == {reply.job_id for reply in replies}

    def test_chunks_are_the_region_in_order(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Numbered without gaps, each where the one before ends, none over the limit; for every take."""
        replies = rendered(region(takes=2), tiny_model, home)
        for take in (0, 1):
            chunks = [chunk for chunk in only(Chunk, replies) if chunk.take == take]
            assert list(range(len(chunks))) == [chunk.sequence for chunk in chunks]
            sizes = [len(chunk.samples) // 8 for chunk in chunks]
            assert np.cumsum([0, *sizes[:-1]]).tolist() == [chunk.frame_offset for chunk in chunks]
            assert 48_000 == sum(sizes)
            assert {(2, 16_000)} == {(chunk.channels, chunk.sample_rate) for chunk in chunks}
            assert max(len(chunk.samples) for chunk in chunks) <= CHUNK_BYTES

    def test_chunks_are_the_files_own_samples(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Exactly, where the encoding is float32."""
        replies = rendered(region(), tiny_model, home)
        (take,) = only(TakeDone, replies)
        assert np.array_equal(raw(Path(take.path)), streamed(replies))

    def test_the_first_chunks_come_before_the_last_window(
        self, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Where windows continue each other, one is heard while the next is being made."""
        replies = rendered(region(windows=Joining.CONTINUED), tiny_model, home)
        first = replies.index(only(Chunk, replies)[0])
        (step,) = [reply.step for reply in only(Progress, replies[:first])][-1:]
        assert 0 < step < only(Progress, replies)[-1].total

    def test_no_chunks_for_who_wants_none(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """The take is the same."""
        with_chunks = rendered(region(), tiny_model, home)
        without = rendered(region(want_chunks=False), tiny_model, home)
        assert [] == only(Chunk, without)
        paths = [Path(only(TakeDone, replies)[0].path) for replies in (with_chunks, without)]
        assert np.array_equal(*map(raw, paths))

    @pytest.mark.parametrize("fields", [{}, {"takes": 3}, {"strength": 0.0}, {"mode": Mode.GENERATE}])
    def test_progress_rises_to_its_total(
        self, fields: dict, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Steps of all takes and windows, never back; the time left is a number."""
        progress = only(Progress, rendered(region(**fields), tiny_model, home))
        steps = [reply.step for reply in progress]
        assert ("reading", 0, 0, -1.0) == (
            progress[0].stage,
            progress[0].step,
            progress[0].total,
            progress[0].seconds_left,
        )
        assert sorted(steps) == steps
        assert {steps[-1]} == {reply.total for reply in progress[1:]}
        assert all(math.isfinite(reply.seconds_left) for reply in progress)
        assert ("writing", 0.0) == (progress[-1].stage, progress[-1].seconds_left)

    def test_every_step_is_told(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Cancel is looked at between replies, so there is one for each call of the denoiser."""
        spy = Spy(tiny_model)
        progress = only(Progress, rendered(region(takes=2), spy, home))
        told = [reply.step for reply in progress if reply.stage == "denoising"]
        assert list(range(1, spy.calls.count("denoise") + 1)) == told

    def test_text_is_encoded_once_for_all_takes(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Prompt and negative together."""
        spy = Spy(tiny_model)
        rendered(region(takes=3, negative="wind"), spy, home)
        assert [(["boots on gravel", "wind"],)] == spy.inputs["encode_text"]


class TestTimings:
    """Where the seconds went, by a clock that only models and disks move."""

    def test_every_second_is_in_a_stage(
        self,
        region: Ask,
        tiny_model: OnnxModel,
        home: Home,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The sum is the total: also opening and settling the file are counted."""
        now = [0.0]

        def take_time(_: object) -> None:
            now[0] += 1.0

        monkeypatch.setattr("engine.render.Stopwatch", partial(Stopwatch, lambda: now[0]))
        monkeypatch.setattr(os, "fsync", take_time)
        spy = Spy(tiny_model, before=take_time)
        done = rendered(region(output=str(tmp_path / "out.wav")), spy, home)[-1]
        timings = dict(done.timings)
        total = timings.pop("total")
        first_chunk = timings.pop("first_chunk")
        encoded, denoised = spy.calls.count("encode_mel"), spy.calls.count("denoise")
        assert total == sum(timings.values())
        assert 0.0 < first_chunk < total
        assert {
            "read": 0.0,
            "text": 1.0,
            "denoise": encoded + denoised,
            "decode": 2.0 * spy.calls.count("vocode"),
            "fit": 0.0,
            "inspect": 0.0,
            "write": 2.0,  # the file's bytes and the folder's entry
        } == timings


class TestDeterminism:
    """Same request, same model, same seed: same samples."""

    def test_twice_the_same(self, region: Ask, tiny_model: OnnxModel, home: Home, tmp_path: Path) -> None:
        """Samples are equal to the last bit, and so are the chunks; a file says when it was made, too."""
        outputs = [tmp_path / "one.wav", tmp_path / "two.wav"]
        one, two = (rendered(region(output=str(path), seed=5), tiny_model, home) for path in outputs)
        np.testing.assert_array_equal(raw(outputs[0]), raw(outputs[1]))
        assert only(Chunk, one) == only(Chunk, two)

    @pytest.mark.parametrize("mode", Mode)
    def test_take_k_is_the_take_of_seed_plus_k(
        self, mode: Mode, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """So that any of several can be made again by itself, wherever the seeds wrap around."""
        last = 2**31 - 1
        several = rendered(region(mode=mode, takes=3, seed=last - 1), tiny_model, home)
        assert [last - 1, last, 0] == [take.seed for take in only(TakeDone, several)]
        for take, seed in enumerate([last - 1, last, 0]):
            alone = rendered(region(mode=mode, seed=seed), tiny_model, home)
            assert np.array_equal(streamed(several, take), streamed(alone))

    def test_takes_differ(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Otherwise there would be no choice."""
        replies = rendered(region(takes=2, strength=1.0), tiny_model, home)
        assert np.abs(streamed(replies, 0) - streamed(replies, 1)).max() > 0.01

    @pytest.mark.parametrize(
        "other",
        [{"prompt": "wind"}, {"negative": "wind"}, {"strength": 0.5}, {"guidance": 4.0}, {"steps": 3}],
    )
    def test_a_changed_request_is_another_sound(
        self, other: dict, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Every choice reaches the model (the latents' tests know the rest of them)."""
        request = region()
        replies = [rendered(wanted, tiny_model, home) for wanted in (request, replace(request, **other))]
        assert np.abs(streamed(replies[0]) - streamed(replies[1])).max() > 1e-3

    def test_strength_is_how_far_from_the_source(
        self, region: Ask, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """From nothing to everything, by the distance of spectra of what the model hears: the mean of the
        channels, whose differences follow the source's."""
        source = np.abs(np.fft.rfft(heard(recording)[16_000:64_000].mean(axis=1)))
        distances = []
        for strength in (0.0, 0.3, 0.6, 1.0):
            sound = streamed(rendered(region(strength=strength, crossfade_seconds=0.0), tiny_model, home))
            distances.append(float(np.abs(np.abs(np.fft.rfft(sound.mean(axis=1))) - source).mean()))
        assert 0.0 == distances[0]
        assert sorted(distances) == distances


class TestSources:
    """A file, a stream, or nothing."""

    def test_a_streams_take_is_its_region_in_float(
        self, tiny_model: OnnxModel, home: Home, recording: Path
    ) -> None:
        """Exactly as if the same audio had come from a file."""
        home.spool.mkdir(parents=True, exist_ok=True)
        spool_path(home, "job").write_bytes(recording.read_bytes())
        source = StreamSource(16_000, 2, 80_000, 16_000, 64_000)
        request = ask(None, source=source, mode=Mode.INPAINT, mask_seconds=((1.0, 2.0),))
        replies = rendered(request, tiny_model, home)
        from_file = rendered(replace(request, source=ask(recording, 16_000, 64_000).source), tiny_model, home)
        assert np.array_equal(streamed(from_file), streamed(replies))
        sound = heard(Path(only(TakeDone, replies)[0].path))
        outside = np.r_[0:16_000, 32_000:48_000]
        assert np.array_equal(heard(recording)[16_000:64_000][outside], sound[outside])

    def test_a_stream_of_just_the_region_fades_from_it(
        self, tiny_model: OnnxModel, home: Home, recording: Path
    ) -> None:
        """What lies around it is not known, so the take must begin and end as the recording does there."""
        home.spool.mkdir(parents=True, exist_ok=True)
        spool_path(home, "job").write_bytes(recording.read_bytes())
        request = ask(None, source=StreamSource(16_000, 2, 80_000, 0, 80_000), mode=Mode.GENERATE)
        sound = streamed(rendered(request, tiny_model, home))
        ends = heard(recording)[[0, -1]]
        assert np.abs(ends - sound[[0, -1]]).max() < 0.01

    def test_a_new_sound_begins_and_ends_in_silence(self, tiny_model: OnnxModel, home: Home) -> None:
        """It has no neighbours, and must not click; nor must its attack be lost in a fade."""
        sound = streamed(rendered(ask(None, end=16_000), tiny_model, home))
        assert np.abs(sound[[0, -1]]).max() < 0.05 * np.abs(sound).max()
        first, usual = np.abs(sound[48:160]).mean(), np.abs(sound[4_000:12_000]).mean()
        assert first > 0.7 * usual

    def test_a_long_new_sound_goes_through_many_windows(self, tiny_model: OnnxModel, home: Home) -> None:
        """20 s: no graph is ever given more than a window and its margins."""
        spy = Spy(tiny_model)
        source = NewSource(48_000, 2, 960_000)
        replies = rendered(ask(None, source=source, mode=Mode.GENERATE), spy, home)
        assert (960_000, 2) == streamed(replies).shape
        assert max(latents.shape[2] for latents, *_ in spy.inputs["denoise"]) == 64
        assert max(latents.shape[2] for (latents,) in spy.inputs["decode_latents"]) <= 65

    @pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
    def test_without_a_recording_there_is_only_generate(
        self, mode: Mode, tiny_model: OnnxModel, home: Home
    ) -> None:
        """The model is not even asked."""
        spy = Spy(tiny_model)
        with pytest.raises(EngineError) as caught:
            rendered(ask(None, end=16_000, mode=mode), spy, home)
        assert (ErrorCode.BAD_ARGUMENT, []) == (caught.value.code, spy.calls)

    def test_several_takes_have_numbered_files(
        self, region: Ask, tiny_model: OnnxModel, home: Home, tmp_path: Path
    ) -> None:
        """Beside each other, as named; or in the take folder, after the prompt."""
        named = rendered(region(takes=2, output=str(tmp_path / "out.wav")), tiny_model, home)
        unnamed = rendered(region(takes=2), tiny_model, home)
        paths = [Path(take.path) for take in only(TakeDone, named + unnamed)]
        assert [
            tmp_path / "out-1.wav",
            tmp_path / "out-2.wav",
            home.takes / "FEETHmn_Boots-On-Gravel-001_PNCH_NONE.wav",
            home.takes / "FEETHmn_Boots-On-Gravel-002_PNCH_NONE.wav",
        ] == paths
        assert all(path.is_file() for path in paths)
