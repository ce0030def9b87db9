"""A guide's loudness in what is generated: estimates of z0 moved towards it, without gradients or training.

At a few steps the estimate is decoded, each frame of its mel made louder or softer as the guide is there, and
both are encoded. The difference of the two is what the estimate moves by: what the encoder loses cancels out.
Adding to a log-mel is a change of gain, so a frame keeps its spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.audio.follow import SLOW_SECONDS, parted
from engine.audio.mel import SILENCE
from engine.diffusion.schedule import Steps
from engine.models.interface import Float32, Model

# Where in the steps estimates are moved, as shares of them: while loud and soft are decided (RESULTS.md).
STEP_SHARES = (0.1, 0.3, 0.45, 0.6)
# A frame is made at most this much louder or softer at once, in nats of amplitude: 17 dB and 43 dB.
MAX_BOOST, MAX_CUT = 2.0, 5.0


@dataclass(frozen=True)
class Following:
    """What estimates are moved to.

    levels: (mel_frames,) of the canvas, as ``frame_levels`` has them; NaN where nothing is followed.
    envelope, onsets: shares, 0 to 1, of what changes slowly and of what changes fast. timesteps: where
    estimates are moved. is_circle: behind the last frame comes the first.
    """

    levels: Float32
    envelope: float
    onsets: float
    timesteps: frozenset[int]
    is_circle: bool = False

    def moved(self, denoised: Float32, timestep: int, start: int, model: Model) -> Float32:
        """z0's estimate of the cells from ``start`` on, (1, channels, cells, bands), nearer to the guide."""
        if timestep not in self.timesteps:
            return denoised
        specification = model.specification
        wanted = self._levels_at(start, int(denoised.shape[2]), specification.latents.time_factor)
        if np.isnan(wanted).all():
            return denoised
        mel = model.decode_latents(denoised)
        gain = self._gains(wanted - frame_levels(mel[0]), specification.mel.frame_seconds)
        louder = np.maximum(mel + gain[None, :, None], np.float32(SILENCE))
        change: Float32 = model.encode_mel(louder) - model.encode_mel(mel)
        return denoised + change

    def _levels_at(self, start: int, cells: int, time_factor: int) -> Float32:
        places = np.arange(start * time_factor, (start + cells) * time_factor)
        if self.is_circle:
            return np.take(self.levels, places, mode="wrap")
        inside = (places >= 0) & (places < len(self.levels))
        wanted: Float32 = np.where(inside, self.levels[np.clip(places, 0, len(self.levels) - 1)], np.nan)
        return wanted

    def _gains(self, gap: Float32, frame_seconds: float) -> Float32:
        """What to add to each frame's log-mel, (mel_frames,)."""
        followed = ~np.isnan(gap)
        bounded = np.where(followed, np.clip(gap, -MAX_CUT, MAX_BOOST), 0.0).astype(np.float64)
        slow, fast = parted(bounded, round(SLOW_SECONDS / frame_seconds))
        return ((self.envelope * slow + self.onsets * fast) * followed).astype(np.float32)


def frame_levels(log_mel: Float32) -> Float32:
    """Log of the root mean square over the bands of each frame, (mel_frames,), in nats of amplitude."""
    power = np.exp(2.0 * log_mel.astype(np.float64)).mean(axis=-1)
    levels: Float32 = (0.5 * np.log(power)).astype(np.float32)
    return levels


def followed_timesteps(steps: Steps) -> frozenset[int]:
    """Of these steps."""
    places = {min(int(share * len(steps)), len(steps) - 1) for share in STEP_SHARES}
    return frozenset(steps[place].timestep for place in places) if steps else frozenset()
