"""Sounds without ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.circular import Lap, closed, wrap_discontinuity, wrapped
from engine.audio.splice import SEAM_CLICK
from engine.audio.stretch import Stretch, held
from engine.models.interface import Float32
from tests.engine.rendering import noise

RATE = 16_000


def ramp(frames: int, channels: int = 2, start: int = 0) -> Float32:
    """Every sample says where it is."""
    return np.arange(start * channels, (start + frames) * channels, dtype=np.float32).reshape(-1, channels)


def tones(frames: int, turns: int) -> Float32:
    """A sound that comes round after ``frames``: three tones of whole turns, (frames, 1)."""
    at = np.arange(frames) / frames
    sound = sum(np.sin(2 * np.pi * turns * part * at + part) for part in (1, 3, 7))
    return (0.1 * np.asarray(sound)).astype(np.float32)[:, None]


class TestWrapped:
    """Pieces in a row, over and over."""

    @given(
        lengths=st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(any),
        before=st.integers(0, 40),
        after=st.integers(0, 40),
        ends=st.tuples(st.integers(0, 100), st.integers(0, 100)),
    )
    def test_reads_what_comes_round(
        self, lengths: list[int], before: int, after: int, ends: tuple[int, int]
    ) -> None:
        """Against numpy's own way of wrapping indices, at any number of laps."""
        whole = ramp(sum(lengths))
        starts = np.cumsum([0, *lengths])
        pieces = [held(whole[start : start + count]) for start, count in zip(starts, lengths, strict=False)]
        circle = wrapped(pieces, before, after)
        start, stop = (min(end, circle.frames) for end in sorted(ends))
        expected = np.take(whole, np.arange(start - before, stop - before), axis=0, mode="wrap")
        assert before + len(whole) + after == circle.frames
        assert np.array_equal(expected, circle.read(start, stop))


class TestClosed:
    """A recording's own sound as a circle."""

    @staticmethod
    def joined(pieces: tuple[Stretch, ...]) -> Float32:
        return np.concatenate([piece.read(0, piece.frames) for piece in pieces])

    @pytest.mark.parametrize(("before", "after"), [(3000, 3000), (3000, 0), (0, 3000), (0, 0), (30, 3000)])
    def test_it_is_as_long_and_does_not_click(self, before: int, after: int) -> None:
        """Whatever is known around it; most of it stays as it is. Unclosed, it clicks."""
        at = np.arange(before + 20_000 + after) / RATE
        tone = 0.3 * np.sin(2 * np.pi * 441.3 * at).astype(np.float32)[:, None]
        sound = tone + noise(len(at), amplitude=0.003)
        whole, region = held(sound), sound[before : before + 20_000]
        pieces = closed(
            whole.part(before, before + 20_000), whole.part(0, before),
            whole.part(before + 20_000, whole.frames), 2000,
        )  # fmt: skip
        circle = self.joined(pieces)
        assert region.shape == circle.shape
        assert (circle == region).all(axis=1).mean() >= 0.9
        assert wrap_discontinuity(region, RATE) > SEAM_CLICK
        if before or after:
            assert wrap_discontinuity(circle, RATE) < 1.5

    def test_it_begins_as_what_comes_after_its_end(self) -> None:
        """The last frames are those before the region, the first its own."""
        sound = held(noise(9000))
        pieces = closed(sound.part(3000, 6000), sound.part(0, 3000), sound.part(6000, 9000), 500)
        circle = self.joined(pieces)
        assert np.array_equal(sound.read(3000, 5500), circle[:2500])
        assert np.allclose(sound.read(2990, 3000), circle[-10:], atol=0.02)

    def test_a_region_shorter_than_its_fade_is_half_its_own(self) -> None:
        """No more than that is faded."""
        sound = held(noise(3000))
        circle = self.joined(closed(sound.part(1000, 1100), sound.part(0, 1000), sound.part(1100, 3000), 500))
        assert np.array_equal(sound.read(1000, 1050), circle[:50])


class TestWrapDiscontinuity:
    """The seam measure where a loop comes round."""

    def test_a_circle_has_none_and_a_cut_clicks(self) -> None:
        """The same tones with a hundred frames missing."""
        loop = tones(8000, 20)
        assert wrap_discontinuity(loop, RATE) < 1.5
        assert wrap_discontinuity(loop[:-100], RATE) > SEAM_CLICK

    def test_the_worst_channel_counts(self) -> None:
        """A click on the right alone is one."""
        loop, cut = tones(8000, 20)[:-100], tones(7900, 20)
        assert wrap_discontinuity(np.concatenate([cut, loop], axis=1), RATE) > SEAM_CLICK


class TestLap:
    """One lap of what goes round."""

    @given(
        sizes=st.lists(st.integers(0, 60), min_size=1, max_size=12),
        lead=st.integers(10, 50),
        frames=st.integers(10, 80),
        blend=st.integers(0, 10),
    )
    def test_a_circle_comes_out_as_it_went_in(
        self, sizes: list[int], lead: int, frames: int, blend: int
    ) -> None:
        """In blocks of any size, with anything behind it; the blend of equal sounds changes nothing."""
        lap = noise(frames, 2)
        sound = np.take(lap, np.arange(-lead, frames + 30), axis=0, mode="wrap")
        stage, given_out, start = Lap(lead, frames, blend, 2), [], 0
        for size in [*sizes, len(sound)]:
            given_out.append(stage.push(sound[start : start + size]))
            start += size
        assert np.allclose(lap, np.concatenate([*given_out, stage.finish()]), atol=1e-6)

    def test_what_differs_from_lap_to_lap_gives_way(self) -> None:
        """A sound that grows by a half every lap ends as it was ahead of it; without blending it clicks."""
        places = np.arange(-2000, 8000)
        sound = np.take(tones(8000, 20), places, axis=0, mode="wrap")
        growing = (sound * 1.5 ** (places / 8000)[:, None]).astype(np.float32)
        loop = Lap(2000, 8000, 400, 1).push(growing)
        assert wrap_discontinuity(loop, RATE) < SEAM_CLICK / 2
        assert wrap_discontinuity(Lap(2000, 8000, 0, 1).push(growing), RATE) > SEAM_CLICK
        assert np.array_equal(growing[2000:-400], loop[:-400])
