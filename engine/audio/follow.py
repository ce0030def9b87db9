"""The gain that gives a sound another one's loudness over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.envelope import HOP_SECONDS, Envelope, decibels, hop_start, smoothed

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

# A boost above this brings up what was not meant to be heard; a cut may silence what is between two hits.
MAX_BOOST_DB, MAX_CUT_DB = 18.0, 40.0
# At the level at which models make sound: from the first level down boosts get smaller, from the second on
# there are none. That is a model's noise.
_QUIET_DB, _NOISE_DB = -50.0, -60.0
# What lasts longer than this belongs to the envelope, what is shorter to an onset.
SLOW_SECONDS = 0.1
_SLOW_HOPS = round(SLOW_SECONDS / HOP_SECONDS)
# Hops that a hop's gain depends on, on each side.
_REACH = _SLOW_HOPS + 1


class Follower:
    """A stage: a mono sound, made as loud over time as the target, at the same places.

    ``target_db`` is (hops,), of ``Envelope``. Holds back a tenth of a second and a bit.
    """

    def __init__(
        self,
        target_db: Float64,
        sample_rate: int,
        *,
        envelope: float = 1.0,
        onsets: float = 1.0,
        gain_db: float = 0.0,
        first_frame: int = 0,
        lap_frames: int = 0,
    ) -> None:
        """envelope, onsets: shares of what is slow and of what is fast in the gain. gain_db: of what passes,
        above the level that the target is at. first_frame: where in the target the sound begins; behind
        ``lap_frames`` the target comes round again (0: never)."""
        self._target_db = target_db + gain_db
        self._places = np.arange(len(target_db)) + 0.5  # in hops
        self._noise_db = _NOISE_DB + gain_db
        self._sample_rate = sample_rate
        self._shares = envelope, onsets
        self._first_frame, self._lap_frames = first_frame, lap_frames
        self._envelope = Envelope(sample_rate)
        self._sound = np.zeros((0, 1), np.float32)
        self._given = 0  # frames
        self._powers = np.zeros(0)
        self._first_hop = 0  # of those kept

    def push(self, block: Float32) -> Float32:
        """Take (frames, 1), give what has its gain."""
        self._sound = np.concatenate([self._sound, block])
        self._powers = np.concatenate([self._powers, self._envelope.push(block[:, 0])])
        ready = self._first_hop + len(self._powers) - _REACH  # hops with a gain that nothing changes any more
        if ready < 1:
            return self._sound[:0]
        return self._give(self._centre(ready - 1) - self._given, ready + _REACH)

    def finish(self) -> Float32:
        """The rest."""
        self._powers = np.concatenate([self._powers, self._envelope.finish()])
        if not len(self._powers):
            return self._sound
        return self._give(len(self._sound), self._first_hop + len(self._powers))

    def _give(self, frames: int, stop_hop: int) -> Float32:
        """The next frames, by the gains of the hops up to ``stop_hop``."""
        centres = self._centres(np.arange(self._first_hop, stop_hop))
        gains = self._gains_db(self._powers[: len(centres)], centres)
        curve = np.interp(self._given + np.arange(frames), centres, gains)
        given = self._sound[:frames] * (10.0 ** (curve[:, None] / 20.0)).astype(np.float32)
        self._sound, self._given = self._sound[frames:], self._given + frames
        self._forget()
        return given

    def _gains_db(self, powers: Float64, centres: Int64) -> Float64:
        level = decibels(powers)
        gap = np.clip(self._target_at(centres) - level, -MAX_CUT_DB, MAX_BOOST_DB)
        audible = np.clip((level - self._noise_db) / (_QUIET_DB - _NOISE_DB), 0.0, 1.0)
        slow, fast = parted(np.where(gap > 0.0, gap * audible, gap), _SLOW_HOPS)
        envelope, onsets = self._shares
        return np.asarray(np.clip(envelope * slow + onsets * fast, -MAX_CUT_DB, MAX_BOOST_DB))

    def _target_at(self, centres: Int64) -> Float64:
        hop_frames = HOP_SECONDS * self._sample_rate
        wanted = (centres + self._first_frame) / hop_frames
        period = self._lap_frames / hop_frames or None
        return np.asarray(np.interp(wanted, self._places, self._target_db, period=period))

    def _centre(self, hop: int) -> int:
        return int(self._centres(np.array([hop]))[0])

    def _centres(self, hops: Int64) -> Int64:
        """The frames in the middle of these hops."""
        rate = self._sample_rate
        return np.asarray((hop_start(hops, rate) + hop_start(hops + 1, rate)) // 2)

    def _forget(self) -> None:
        """Keeps the hops that gains to come depend on."""
        last = int(self._given / (HOP_SECONDS * self._sample_rate)) - 2 - _REACH
        first = max(self._first_hop, last)
        self._powers, self._first_hop = self._powers[first - self._first_hop :], first


def parted(gap: Float64, reach: int) -> tuple[Float64, Float64]:
    """What a gap's curve means over ``reach`` on each side, and what is left: the envelope and the onsets."""
    slow = smoothed(gap, reach)
    return slow, gap - slow
