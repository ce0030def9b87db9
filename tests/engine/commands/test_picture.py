"""The picture shows what happened where it happened."""

from __future__ import annotations

import numpy as np
import pytest

from engine.commands.layout import Marks, Plot, boxes
from engine.commands.picture import MASK, REGION, SEAM, draw_comparison

RATE = 48_000


def noise(seconds: float, channels: int = 1, level: float = 0.05):
    """Quiet noise, (frames, channels)."""
    return np.random.default_rng(3).normal(0.0, level, (int(seconds * RATE), channels)).astype(np.float32)


def pixels(before, after, marks, sample_rate=RATE):
    """The picture as (rows, columns, 3)."""
    return np.asarray(draw_comparison(before, after, sample_rate, marks, "title", ("before", "after")))


def columns_of(image, box, colour):
    """The columns in which every few rows of a panel have this colour."""
    panel = (image[box.top : box.bottom] == colour).all(axis=-1)
    return set(np.flatnonzero(panel.mean(axis=0) > 0.3).tolist())


@pytest.mark.parametrize("region", [(1.0, 2.5), (0.0, 4.0), (3.5, 4.0)])
def test_the_region_is_marked_at_its_columns_in_every_panel(region):
    """Two full lines stand where the region starts and ends, and nowhere else."""
    plot = Plot(4.0)
    image = pixels(noise(4.0), noise(4.0), Marks(region))

    for box in boxes():
        found = columns_of(image, box, REGION)
        for edge in region:
            assert plot.column(edge) in found
        assert all(min(abs(column - plot.column(edge)) for edge in region) <= 2 for column in found)


def test_seams_and_mask_are_marked_at_their_columns():
    """Dashed lines stand at the inner ends of the crossfades, a bar runs below the masked span."""
    plot, marks = Plot(4.0), Marks((1.0, 3.0), ((1.5, 2.0),), 0.25)
    image = pixels(noise(4.0), noise(4.0), marks)
    box = boxes()[0]
    bar = np.flatnonzero((image[box.bottom - 2] == MASK).all(axis=-1))

    assert {plot.column(1.25), plot.column(2.75)} <= columns_of(image, box, SEAM)
    assert (plot.column(1.5), plot.column(2.0)) == (bar.min(), bar.max())


def test_only_the_columns_of_the_region_change():
    """Where the recordings agree, the two halves of the picture agree, too."""
    before = noise(4.0)
    after = before.copy()
    after[2 * RATE : 3 * RATE] *= 0.1
    image = pixels(before, after, Marks((2.0, 3.0))).astype(int)
    plot, (wave, mel, new_wave, new_mel) = Plot(4.0), boxes()
    changed = np.zeros(plot.width, bool)
    for old, new in ((wave, new_wave), (mel, new_mel)):
        differs = image[old.top : old.bottom] != image[new.top : new.bottom]
        changed |= differs.any(axis=(0, 2))
    columns = np.flatnonzero(changed)
    a_window = plot.column(0.05) - plot.left

    assert plot.column(2.0) - a_window <= columns.min() <= plot.column(2.0) + 3
    assert plot.column(3.0) - 3 <= columns.max() <= plot.column(3.0) + a_window


def test_louder_is_lighter():
    """A tone is a light band at its own height."""
    seconds = np.arange(4 * RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * seconds)).astype(np.float32)[:, None]
    image = pixels(noise(4.0, level=1e-4), tone, Marks((1.0, 2.0))).astype(int)
    _, quiet, _, loud = boxes()
    column = Plot(4.0).column(3.0)
    lightness = image[loud.top : loud.bottom, column].sum(axis=-1)

    assert lightness.max() > 600 > 300 > image[quiet.top : quiet.bottom, column].sum(axis=-1).max()
    assert 0.2 < 1.0 - lightness.argmax() / loud.height < 0.5  # 1 kHz lies at 0.28 of 24 kHz in mel


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_every_rate_and_layout_is_drawn(rate, channels):
    """No warning, no empty picture, even where a recording is short or silent."""
    sound = np.zeros((rate // 5, channels), np.float32)
    image = pixels(sound, sound, Marks((0.05, 0.15), crossfade=0.02), rate)

    assert (Plot(1.0).width, 3) == image.shape[1:]
