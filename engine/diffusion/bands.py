"""A range of frequencies as bands of the latents: which of them are made anew."""

from __future__ import annotations

import numpy as np

from engine.audio.mel import MelParameters, band_edges
from engine.models.interface import Float32

# What an encoder hears leaks into the bands beside its own. Measured on the embedded one, with four latent
# bands of a real sound replaced by those of another: the first band beside them changes by 40 % of what they
# do, the second by 6 %, the third by 2 %. So one more on each side is made anew.
MARGIN_BANDS = 1


def anew_bands(low_hz: float, high_hz: float, mel: MelParameters, band_factor: int) -> Float32:
    """(bands,): 1 for latent bands that hear anything of [low_hz, high_hz), and the margin beside them.

    A ``high_hz`` of 0 means no upper limit; 0, 0 is everything.
    """
    edges = band_edges(mel)  # of the triangles: band k reaches from edge k to edge k + 2
    starts, stops = edges[:-2:band_factor], edges[band_factor + 1 :: band_factor]
    touched = np.flatnonzero((stops > low_hz) & (starts < (high_hz or np.inf)))
    anew = np.zeros(len(starts), np.float32)
    if touched.size:
        anew[max(0, touched[0] - MARGIN_BANDS) : touched[-1] + MARGIN_BANDS + 1] = 1.0
    return anew


def anew_range(low_hz: float, high_hz: float, mel: MelParameters, band_factor: int) -> tuple[float, float]:
    """The frequencies that these bands hold, margin included, in Hz."""
    edges = band_edges(mel)
    bands = np.flatnonzero(anew_bands(low_hz, high_hz, mel, band_factor))
    if not bands.size:
        return 0.0, 0.0
    return float(edges[bands[0] * band_factor]), float(edges[(bands[-1] + 1) * band_factor + 1])
