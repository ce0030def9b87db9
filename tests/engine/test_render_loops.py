"""Loops of the real model: as long as asked for, and nowhere less seamless than at their wrap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.circular import wrap_discontinuity
from engine.audio.lufs import integrated_lufs
from engine.audio.splice import SEAM_CLICK, seam_discontinuity
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models.catalogue import load_model
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Done, Progress, TakeDone
from engine.protocol.requests import Mode, NewSource
from engine.protocol.vocabulary import Stereo
from engine.render import render
from engine.takes.chunks import CONTAINERS, chunks_of
from tests.engine.audio.listening import correlation, stereo_stream, stream
from tests.engine.rendering import Spy, ask, heard, joined, only, record, rendered

POINTS = 30
# (prompt, seed, frames, rate, channels): none of them whole cells, windows or hops.
LOOPS = [
    ("rain on a roof", 1, 24_001, 48_000, 1),
    ("fire crackling", 2, 33_337, 44_100, 2),
    ("boots on gravel", 3, 59_999, 48_000, 2),
    ("wind in trees", 4, 123_457, 44_100, 1),
    ("a stream", 5, 200_003, 48_000, 2),
    ("engine idling", 6, 441_001, 44_100, 1),
]


@pytest.fixture(scope="module")
def embedded() -> Model:
    """The model that comes with the package."""
    return load_model()


def take(
    model: Model, home: Home, frames: int, rate: int = 48_000, channels: int = 1, **fields: Any
) -> Float32:
    """A new sound, (frames, channels); a loop unless said otherwise. Stereo is wide."""
    if channels > 1:
        fields.setdefault("stereo", Stereo.WIDE)
    source = NewSource(rate, channels, frames)
    fields = {"loop": True, **fields}
    return joined(only(Chunk, rendered(ask(None, source=source, **fields), model, home)))


def around(loop: Float32, place: int, reach: int) -> Float32:
    """Frames around a place of a circle, (2 * reach, channels)."""
    return np.take(loop, np.arange(place - reach, place + reach), axis=0, mode="wrap")


def seam(loop: Float32, place: int, rate: int) -> float:
    """The seam measure at a place of a circle."""
    reach = round(0.02 * rate)
    return seam_discontinuity(around(loop, place, reach), reach, rate)


def change(loop: Float32, place: int, rate: int) -> float:
    """How much the spectra of 64 ms before and after a place differ: dB, mean of 32 bands up to 20 kHz."""
    reach, size = round(0.064 * rate), round(0.02 * rate)
    edges = np.geomspace(100, 20_000, 33)
    hz = np.fft.rfftfreq(size, 1.0 / rate)

    def bands_db(sound: Float32) -> Float32:
        frames = np.lib.stride_tricks.sliding_window_view(sound.mean(axis=1), size)[:: size // 4]
        power = (np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2).mean(axis=0)
        return 10.0 * np.log10(np.interp(np.sqrt(edges[1:] * edges[:-1]), hz, power) + 1e-9)

    before, after = np.split(around(loop, place, reach), 2)
    return float(np.abs(bands_db(before) - bands_db(after)).mean())


def share_below(measure: Any, loop: Float32, rate: int) -> float:
    """Of random places, the share at which the measure is less than at the wrap."""
    places = np.random.default_rng(len(loop)).integers(0, len(loop), POINTS)
    wrap = measure(loop, 0, rate)
    return float(np.mean([measure(loop, int(place), rate) < wrap for place in places]))


class TestWrap:
    """Where the end runs into the start."""

    def test_it_is_a_place_like_any_other(self, home: Home, embedded: Model) -> None:
        """Seam measure and change of spectrum are as at random places; played twice nothing clicks."""
        shares: list[tuple[float, float]] = []
        for prompt, seed, frames, rate, channels in LOOPS:
            loop = take(embedded, home, frames, rate, channels, prompt=prompt, seed=seed)
            assert (frames, channels) == loop.shape
            assert seam_discontinuity(np.concatenate([loop, loop]), frames, rate) < SEAM_CLICK / 2
            shares.append((share_below(seam, loop, rate), share_below(change, loop, rate)))
        # Of places like any other the shares are spread evenly: six of them average 0.5, and rarely 0.75.
        assert np.mean(shares, axis=0).max() < 0.75

    def test_what_is_no_loop_is_told_apart(self, home: Home, embedded: Model) -> None:
        """The same sounds with two ends change there more than anywhere else."""
        ends = [
            share_below(
                change, take(embedded, home, frames, rate, prompt=prompt, seed=seed, loop=False), rate
            )
            for prompt, seed, frames, rate, _ in LOOPS
        ]
        assert np.mean(ends) > 0.7

    def test_finishing_that_begins_with_the_loop_clicks(
        self, home: Home, embedded: Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A sound without ends is not enough: filters would begin in silence, and copies anew."""
        for name in ("LEAD_SECONDS", "BLEND_SECONDS", "_FILTER_SECONDS"):
            monkeypatch.setattr(f"engine.loop_finishing.{name}", 0.0)
        wraps = [
            wrap_discontinuity(take(embedded, home, frames, rate, prompt=prompt, seed=seed), rate)
            for prompt, seed, frames, rate, _ in LOOPS
        ]
        assert max(wraps) > SEAM_CLICK / 2


class TestLoop:
    """All around a loop."""

    def test_the_same_request_gives_the_same_loop(self, home: Home, embedded: Model) -> None:
        """And another seed another."""
        first, again, other = (take(embedded, home, 60_001, seed=seed) for seed in (3, 3, 4))
        assert np.array_equal(first, again)
        assert not np.allclose(first, other, atol=1e-2)

    def test_it_is_as_loud_as_asked_for(self, home: Home, embedded: Model) -> None:
        """All around, whatever its length: what is heard when it is played over and over."""
        for frames, channels in ((24_001, 1), (60_001, 2), (200_003, 1)):
            loop = take(embedded, home, frames, channels=channels, lufs=-26.0, prompt="rain")
            laps = np.concatenate([loop] * (1 + 480_000 // frames))
            assert integrated_lufs(laps, 48_000) == pytest.approx(-26.0, abs=0.3)

    def test_it_may_be_wide(self, home: Home, embedded: Model) -> None:
        """Without a seam in either channel."""
        loop = take(embedded, home, 100_001, channels=2)
        assert abs(correlation(loop)) < 0.3
        assert wrap_discontinuity(loop, 48_000) < SEAM_CLICK / 2

    def test_prompts_go_round(self, home: Home, embedded: Model) -> None:
        """The second half of a loop is another sound, and it still closes."""
        loop = take(embedded, home, 240_001, prompt="rain", along=((2.5, "engine idling"),))
        assert wrap_discontinuity(loop, 48_000) < SEAM_CLICK / 2
        assert not np.allclose(loop, take(embedded, home, 240_001, prompt="rain"), atol=1e-2)


class TestRegion:
    """A recording's region as a loop."""

    @pytest.fixture
    def recording(self, tmp_path: Path) -> Path:
        """A brook with width."""
        return record(tmp_path / "brook.wav", stereo_stream()[0], 48_000, "PCM_16")

    @pytest.mark.parametrize("fields", [
        {"mode": Mode.GENERATE}, {"strength": 0.5}, {"strength": 0.1},
        {"strength": 0.5, "low_hz": 200.0, "high_hz": 3000.0},
    ])  # fmt: skip
    def test_the_take_is_the_loop_alone(
        self, fields: dict[str, Any], recording: Path, tmp_path: Path, home: Home, embedded: Model
    ) -> None:
        """Of the region's frames, also where a file was named; its sound closes, with highs and image."""
        output = str(tmp_path / "loop.wav")
        start, end = 48_000, 139_999
        request = ask(recording, start, end, prompt="a stream", loop=True, output=output, steps=6, **fields)
        (done,) = only(TakeDone, rendered(request, embedded, home))
        loop = heard(Path(done.path))
        assert (end - start, 2) == loop.shape
        assert wrap_discontinuity(loop, 48_000) < SEAM_CLICK / 2
        assert wrap_discontinuity(loop, 48_000) < wrap_discontinuity(heard(recording)[start:end], 48_000)

    def test_a_whole_recording_becomes_one(self, tmp_path: Path, home: Home, embedded: Model) -> None:
        """With nothing around it that could be faded in."""
        path = record(tmp_path / "brook.wav", stream()[0][:120_001], 48_000, "FLOAT")
        request = ask(path, 0, 120_001, prompt="a stream", loop=True, strength=0.4, steps=6)
        loop = joined(only(Chunk, rendered(request, embedded, home)))
        assert (120_001, 1) == loop.shape
        assert wrap_discontinuity(loop, 48_000) < SEAM_CLICK / 2

    def test_a_weak_edit_is_still_the_recording(self, recording: Path, home: Home, embedded: Model) -> None:
        """Bands of its spectrum over time are correlated with the region's."""
        request = ask(recording, 48_000, 148_000, prompt="a stream", loop=True, strength=0.1, steps=6)
        loop = joined(only(Chunk, rendered(request, embedded, home)))
        region = heard(recording)[48_000:148_000]
        levels = [
            np.log(np.abs(np.fft.rfft(sound[:96_000, 0].reshape(-1, 2000))) + 1e-4)[:, 5:305]
            for sound in (loop, region)
        ]
        bands = [level.reshape(48, 60, 5).mean(axis=2).ravel() for level in levels]
        assert np.corrcoef(*bands)[0, 1] > 0.75


class TestReplies:
    """What a client hears of a loop."""

    @pytest.mark.parametrize("frames", [4_800, 16_001, 61_234, 300_000])
    @pytest.mark.parametrize("takes", [1, 2])
    def test_progress_is_exact(self, frames: int, takes: int, home: Home, tiny_model: OnnxModel) -> None:
        """Every call of the denoiser is one of the total."""
        spy = Spy(tiny_model)
        source = NewSource(16_000, 1, frames)
        replies = rendered(ask(None, source=source, loop=True, takes=takes), spy, home)
        steps = [reply for reply in only(Progress, replies) if reply.stage == "denoising"]
        assert list(range(1, spy.calls.count("denoise") + 1)) == [reply.step for reply in steps]
        assert {len(steps)} == {reply.total for reply in steps}
        assert isinstance(replies[-1], Done)

    def test_a_wav_file_says_that_it_is_a_loop(self, home: Home, tiny_model: OnnxModel) -> None:
        """And how fast it goes."""
        fields = {"source": NewSource(48_000, 1, 96_000), "tempo": 120.0, "bars": 1.0}
        (done,) = only(TakeDone, rendered(ask(None, loop=True, **fields), tiny_model, home))
        with Path(done.path).open("rb") as file:
            names = {place.name for place in chunks_of(file, CONTAINERS[b"RIFF"])}
        assert {b"smpl", b"acid"} <= names

    def test_candidates_and_packs_are_loops(self, home: Home, tiny_model: OnnxModel) -> None:
        """Equally loud ones."""
        fields = {"takes": 3, "pack": True, "vary": 0.4, "channels": 1, "frames": 30_001}
        source = NewSource(48_000, fields.pop("channels"), fields.pop("frames"))
        done = only(TakeDone, rendered(ask(None, source=source, loop=True, **fields), tiny_model, home))
        assert [30_001] * 3 == [len(heard(Path(take.path))) for take in done]

    @pytest.mark.parametrize("stop", ["denoising", "decoding"])
    def test_a_cancelled_loop_leaves_no_file(self, stop: str, home: Home, tiny_model: OnnxModel) -> None:
        """Wherever it was stopped."""
        replies = render(ask(None, source=NewSource(48_000, 1, 100_000), loop=True), tiny_model, home)
        for reply in replies:
            if isinstance(reply, Progress) and reply.stage == stop:
                break
        replies.close()  # type: ignore[attr-defined]
        assert [] == list(home.takes.iterdir())

    def test_one_that_is_too_long_is_refused_at_once(self, home: Home, tiny_model: OnnxModel) -> None:
        """Before anything is made."""
        with pytest.raises(EngineError) as caught:
            rendered(ask(None, source=NewSource(8_000, 1, 8_000 * 601), loop=True), tiny_model, home)
        assert ErrorCode.TOO_MUCH == caught.value.code
