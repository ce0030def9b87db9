"""Drafts: heard before the take, replaced by its chunks frame by frame, and no part of how it sounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.circular import wrap_discontinuity
from engine.audio.envelope import Envelope, correlation, decibels
from engine.audio.splice import SEAM_CLICK
from engine.config import Home
from engine.models.catalogue import load_model
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import CHUNK_BYTES, Chunk, Done, Draft, Piece, Progress, Reply, TakeDone
from engine.protocol.requests import Mode, NewSource, RenderRequest
from engine.protocol.vocabulary import Joining, Stereo
from engine.render import render
from engine.sketched_mel import SHOWN_CELLS
from tests.engine.rendering import Spy, ask, heard, joined, noise, only, record, rendered

FRAMES = 130_001  # of 48 kHz: two windows of the tiny model and a part of a third


def new(frames: int = FRAMES, channels: int = 2, **fields: Any) -> RenderRequest:
    """A new sound that is drafted."""
    return ask(None, source=NewSource(48_000, channels, frames), draft=True, **fields)


@pytest.fixture(scope="module")
def embedded() -> Model:
    """The model that comes with the package."""
    return load_model()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Six seconds of stereo noise."""
    return record(tmp_path / "in.wav", noise(264_600, 2), 44_100)


def pieces(replies: list[Reply], take: int = 0) -> list[Piece]:
    """Drafts and chunks of a take, as they came."""
    return [reply for reply in only(Piece, replies) if reply.take == take]  # type: ignore[type-abstract]


def frames(piece: Piece) -> int:
    """Of a piece."""
    return len(piece.samples) // (4 * piece.channels)


def replaced(heard: list[Piece], length: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of the region's frames a draft has filled, and which a chunk; checked on the way."""
    drafted, final = np.zeros(length, bool), np.zeros(length, bool)
    for piece in heard:
        span = slice(piece.frame_offset, piece.frame_offset + frames(piece))
        assert len(piece.samples) <= CHUNK_BYTES
        assert not final[span].any(), "what is final stays"
        (final if isinstance(piece, Chunk) else drafted)[span] = True
    return drafted, final


class TestPlaces:
    """Where drafts lie, and when they come."""

    @pytest.mark.parametrize("fields", [
        {}, {"channels": 1}, {"stereo": Stereo.WIDE}, {"frames": 4_800},
        {"windows": Joining.CONTINUED}, {"steps": 1}, {"takes": 3},
        {"loop": True}, {"loop": True, "frames": 9_601}, {"pack": True, "takes": 2},
    ])  # fmt: skip
    def test_chunks_replace_them_frame_by_frame(
        self, fields: dict[str, Any], home: Home, tiny_model: OnnxModel
    ) -> None:
        """From the region's first frame on; a draft comes first, and none for what is final."""
        request = new(**fields)
        replies = rendered(request, tiny_model, home)
        length = request.source.frames  # type: ignore[union-attr]

        for take in range(request.takes):
            came = pieces(replies, take)
            assert isinstance(came[0], Draft)
            assert 0 == came[0].frame_offset
            _, final = replaced(came, length)
            assert final.all()
            drafts = [piece for piece in came if isinstance(piece, Draft)]
            assert list(range(len(drafts))) == [draft.sequence for draft in drafts]
            assert all(one.frame_offset < other.frame_offset for one, other in pairwise(drafts))

    @pytest.mark.parametrize("fields", [
        {"mode": Mode.TRANSFER}, {"mode": Mode.TRANSFER, "strength_curve": ((0.0, 0.2), (2.0, 0.9))},
        {"mode": Mode.INPAINT, "mask_seconds": ((0.5, 1.0), (2.0, 2.2))}, {"mode": Mode.GENERATE},
    ])  # fmt: skip
    def test_regions_have_them_too(
        self, fields: dict[str, Any], recording: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """All of the region is drafted, in its rate and channels; what a mask leaves is as it was."""
        request = ask(recording, 44_100, 220_000, draft=True, **fields)
        came = pieces(rendered(request, tiny_model, home))
        drafted, final = replaced(came, 175_900)

        assert {(2, 44_100)} == {(piece.channels, piece.sample_rate) for piece in came}
        assert (drafted | final).all() and drafted.mean() > 0.5
        if request.mask_seconds:
            original = heard(recording)[44_100:220_000]
            first = np.frombuffer(came[0].samples, "<f4").reshape(-1, 2)
            untouched = min(len(first), 22_000)
            assert np.array_equal(original[:untouched], first[:untouched])

    def test_nobody_who_did_not_ask_gets_one(self, home: Home, tiny_model: OnnxModel) -> None:
        """Nor who wants no chunks, nor where nothing is to change."""
        for request in (replace(new(), draft=False), replace(new(), want_chunks=False)):
            assert [] == only(Draft, rendered(request, tiny_model, home))

    def test_only_the_first_candidate_is_drafted(self, home: Home, hearing_model: OnnxModel) -> None:
        """The others are made while it is listened to."""
        came = pieces(rendered(new(candidates=3, retries=0), hearing_model, home))
        drafted, final = replaced(came, FRAMES)
        assert drafted.all() and final.all()


class TestTake:
    """What a draft does to the take: nothing."""

    @pytest.mark.parametrize("fields", [{}, {"loop": True}, {"takes": 2, "steps": 3}])
    def test_it_is_the_same_to_the_bit(
        self, fields: dict[str, Any], home: Home, tiny_model: OnnxModel
    ) -> None:
        """In its chunks, in its file and in its steps."""
        runs = [rendered(replace(new(**fields), draft=draft), tiny_model, home) for draft in (True, False)]
        for kept in (Chunk, Progress):
            one, other = ([_timeless(reply) for reply in only(kept, run)] for run in runs)
            assert one == other
        first, second = ([heard(Path(done.path)) for done in only(TakeDone, run)] for run in runs)
        assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))

    @pytest.mark.parametrize("fields", [{}, {"loop": True}])
    def test_the_network_is_asked_no_more_often(
        self, fields: dict[str, Any], home: Home, tiny_model: OnnxModel
    ) -> None:
        """A few cells of each window are decoded, and nothing is vocoded, for the draft."""
        calls = []
        for draft in (True, False):
            spy = Spy(tiny_model)
            rendered(replace(new(**fields), draft=draft), spy, home)
            calls.append(spy)
        drafted, plain = calls
        more = len(drafted.inputs["decode_latents"]) - len(plain.inputs["decode_latents"])
        window = tiny_model.specification.latents.window_frames
        cells = FRAMES / 48_000 * 25

        assert 1 <= more <= cells / window + 1
        assert all(inputs[0].shape[2] <= SHOWN_CELLS for inputs in drafted.inputs["decode_latents"][:1])
        for graph in ("denoise", "vocode"):
            assert plain.calls.count(graph) == drafted.calls.count(graph)

    def test_a_cancel_in_the_middle_of_one_leaves_nothing(self, home: Home, tiny_model: OnnxModel) -> None:
        """Who stops iterating at the first piece of it."""
        replies = render(new(), tiny_model, home)
        assert any(isinstance(reply, Draft) for reply in replies)
        replies.close()  # type: ignore[attr-defined]
        assert [] == list(home.takes.iterdir())

    def test_its_time_is_told(self, home: Home, tiny_model: OnnxModel) -> None:
        """Beside that of the other stages."""
        (done,) = only(Done, rendered(new(), tiny_model, home))
        timings = dict(done.timings)
        assert 0.0 < timings["draft"] and timings["first_draft"] < timings["first_chunk"]


def _timeless(reply: Reply) -> Reply:
    return replace(reply, seconds_left=0.0) if isinstance(reply, Progress) else reply


def envelope_db(sound: Float32) -> np.ndarray:
    """Of (frames, 1) at 48 kHz, in hops of a hundredth of a second, as far down as ears follow."""
    envelope = Envelope(48_000)
    level = decibels(np.concatenate([envelope.push(sound[:, 0]), envelope.finish()]))
    return np.maximum(level, level.max() - 50.0)


class TestSound:
    """Drafts of the real model."""

    def both(self, request: RenderRequest, model: Model, home: Home) -> tuple[Float32, Float32]:
        """What is heard of the draft, and the take; each (frames, channels)."""
        came = pieces(rendered(request, model, home))
        take = joined([piece for piece in came if isinstance(piece, Chunk)])
        draft = take.copy()
        for piece in came:
            if isinstance(piece, Draft):
                sound = np.frombuffer(piece.samples, "<f4").reshape(-1, piece.channels)
                draft[piece.frame_offset : piece.frame_offset + len(sound)] = sound
        return draft, take

    def test_they_are_like_their_take(self, home: Home, embedded: Model) -> None:
        """What happens in the take happens in its draft, at the same time and about as loud: their envelopes
        are correlated, and those of another seed's take are not."""
        first, other = (
            self.both(new(prompt="boots on gravel", channels=1, seed=seed), embedded, home) for seed in (0, 9)
        )
        curves = [envelope_db(sound) for sound in (*first, *other)]
        assert correlation(curves[0], curves[1]) > 0.8
        assert correlation(curves[2], curves[3]) > 0.8
        assert correlation(curves[1], curves[3]) < 0.6
        draft_db, take_db = (10.0 * np.log10((sound**2).mean()) for sound in first)
        assert draft_db == pytest.approx(take_db, abs=3.0)

    def test_that_of_a_loop_is_one(self, home: Home, embedded: Model) -> None:
        """It can be played over and over until the loop itself is there."""
        draft, take = self.both(new(prompt="fire crackling", loop=True), embedded, home)
        assert take.shape == draft.shape
        assert not np.array_equal(take, draft)
        assert wrap_discontinuity(draft, 48_000) < SEAM_CLICK / 2
