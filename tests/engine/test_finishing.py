"""Edits of real recordings by the real model: what is in place, in level, in band and in image afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.loudness import gated_level_db
from engine.audio.lufs import integrated_lufs
from engine.audio.quality import defects
from engine.audio.splice import seam_discontinuity
from engine.config import Home
from engine.models.catalogue import load_model
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk
from engine.protocol.requests import Mode, NewSource
from engine.protocol.vocabulary import Highs, Stereo
from tests.engine.audio.listening import (
    THIRDS_HZ,
    bands_db,
    correlation,
    power_spectrum,
    stereo_stream,
    stream,
)
from tests.engine.rendering import ask, heard, joined, noise, only, record, rendered

RATE = 48_000
SEEDS = range(4)
START, END = RATE, 4 * RATE
PROMPT = "a stream"


@pytest.fixture(scope="module")
def embedded() -> Model:
    """The model that comes with the package."""
    return load_model()


@pytest.fixture
def mono(tmp_path: Path) -> Path:
    """A brook."""
    return record(tmp_path / "mono.wav", stream()[0], RATE, "FLOAT")


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    """A brook with width."""
    return record(tmp_path / "stereo.wav", stereo_stream()[0], RATE, "FLOAT")


def take(path: Path | None, model: Model, home: Home, **fields: Any) -> Float32:
    """The region, (frames, channels), made in a few steps."""
    fields = {"prompt": PROMPT, "steps": 4, "strength": 0.4, **fields}
    start, end = fields.pop("start", START), fields.pop("end", END)
    return joined(only(Chunk, rendered(ask(path, start, end, **fields), model, home)))


def original(path: Path) -> Float32:
    """The same region of the recording."""
    return heard(path)[START:END]


def test_the_highs_of_an_edit_are_the_recordings(mono: Path, home: Home, embedded: Model) -> None:
    """From 10 kHz up third octaves stay within 3 dB, and without them there would be 20 dB less."""
    there = bands_db(original(mono), RATE, THIRDS_HZ)
    kept = bands_db(take(mono, embedded, home), RATE, THIRDS_HZ) - there
    gone = bands_db(take(mono, embedded, home, highs=Highs.OFF), RATE, THIRDS_HZ) - there
    assert np.abs(kept[1:]).max() < 3.0
    assert gone[1:].max() < -20.0


def test_what_is_put_in_another_place_is_extended(mono: Path, home: Home, embedded: Model) -> None:
    """Inpainting leaves no cliff at the crossover: no twelfth is 6 dB off its neighbour."""
    sound = take(mono, embedded, home, mode=Mode.INPAINT)
    centres = 7_200.0 * 2.0 ** (np.arange(-3, 7) / 12)
    natural = bands_db(original(mono), RATE, centres, 1 / 12)
    assert np.abs(np.diff(bands_db(sound, RATE, centres, 1 / 12) - natural)).max() < 6.0


@pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
def test_the_image_of_a_stereo_recording_is_kept(
    mode: Mode, stereo: Path, home: Home, embedded: Model
) -> None:
    """Inter-channel correlation before and after; as mono it is 1."""
    expected = correlation(original(stereo))
    assert expected == pytest.approx(correlation(take(stereo, embedded, home, mode=mode)), abs=0.2)
    alike = take(stereo, embedded, home, mode=mode, stereo=Stereo.MONO, crossfade_seconds=0.0)
    assert np.array_equal(alike[:, 0], alike[:, 1])


def test_width_narrows_and_widens(stereo: Path, home: Home, embedded: Model) -> None:
    """0 is mono, 1 as it was, 2 wider."""
    widths = (0.0, 0.5, 1.0, 2.0)
    found = [
        correlation(take(stereo, embedded, home, width=width, crossfade_seconds=0.0)) for width in widths
    ]
    assert found[0] > 0.999
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(("stereo", "low", "high"), [(Stereo.KEEP, 0.999, 1.0), (Stereo.WIDE, -0.3, 0.3)])
def test_a_new_sound_is_mono_or_wide(
    stereo: Stereo, low: float, high: float, home: Home, embedded: Model
) -> None:
    """And has something above the model's band."""
    source = NewSource(RATE, 2, 2 * RATE)
    sound = take(None, embedded, home, source=source, mode=Mode.GENERATE, stereo=stereo)
    assert low <= correlation(sound) <= high + 1e-6
    levels = bands_db(sound, RATE, np.array([6_000.0, 9_000.0]))
    assert levels[1] > levels[0] - 30.0


@pytest.mark.parametrize("lufs", [-30.0, -20.0])
def test_a_loudness_can_be_asked_for(lufs: float, stereo: Path, home: Home, embedded: Model) -> None:
    """Integrated, of all channels together."""
    sound = take(stereo, embedded, home, lufs=lufs, crossfade_seconds=0.0)
    assert lufs == pytest.approx(integrated_lufs(sound, RATE), abs=0.7)


def test_around_it_is_as_loud(mono: Path, home: Home, embedded: Model) -> None:
    """Within a decibel of the region it takes the place of."""
    level = gated_level_db(take(mono, embedded, home), RATE)
    assert gated_level_db(original(mono), RATE) == pytest.approx(level, abs=1.0)


def test_only_a_range_of_frequencies_is_made_anew(stereo: Path, home: Home, embedded: Model) -> None:
    """Outside 500 to 2000 Hz the spectrum is the recording's, to 60 dB; inside it is not."""
    sound = take(stereo, embedded, home, low_hz=500.0, high_hz=2_000.0, strength=0.8)
    inner = slice(RATE // 4, -RATE // 4)
    before = original(stereo)[inner]
    changed = 10 * np.log10(
        power_spectrum(sound[inner] - before, 16_384) / power_spectrum(before, 16_384).mean()
    )
    hz = np.fft.rfftfreq(16_384, 1 / RATE)
    assert changed[(hz < 450) | (hz > 2_060)].max() < -60.0
    assert changed[(hz > 700) & (hz < 1_500)].mean() > -25.0


def test_seams_are_as_smooth_as_the_recording(mono: Path, home: Home, embedded: Model) -> None:
    """Sixteen joints of masks: at worst no rougher than the untouched brook is somewhere, and as a rule no
    rougher than steady noise, which the measure finds rougher than a brook's splashes."""
    recording, made = heard(mono), []
    for start in (24_000, 100_001, 201_003, 290_007):
        mask = ((0.0, 0.5), (0.9, 1.4))
        fields = {"mode": Mode.INPAINT, "mask_seconds": mask}
        after = recording.copy()
        after[start : start + 72_000] = take(mono, embedded, home, start=start, end=start + 72_000, **fields)
        joints = [start + round(second * RATE) for span in mask for second in span]
        made += [seam_discontinuity(after, joint, RATE) for joint in joints]
    natural = [seam_discontinuity(recording, joint, RATE) for joint in range(10_000, 420_000, 5_003)]
    steady = [seam_discontinuity(noise(RATE), joint, RATE) for joint in range(2_000, 46_000, 1_001)]
    assert np.median(made) < np.median(steady)
    assert max(made) <= max(natural)


def test_each_end_has_its_own_feather(tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """The longer it is, the more of the original is left there."""
    waveform = noise(48_000)
    path = record(tmp_path / "in.wav", waveform)
    fields = {"mode": Mode.GENERATE, "feather_in_seconds": 0.4, "feather_out_seconds": 0.0}
    sound = take(path, tiny_model, home, start=16_000, end=32_000, **fields)
    first, last = (
        np.corrcoef(sound[part, 0], waveform[16_000:32_000][part, 0])[0, 1]
        for part in (slice(0, 2_000), slice(-2_000, None))
    )
    assert first > 0.7
    assert last < 0.2


def test_a_take_can_rise_and_fall(home: Home, tiny_model: OnnxModel) -> None:
    """In the time asked for."""
    fields = {"source": NewSource(16_000, 1, 32_000), "fade_in_seconds": 0.5, "fade_out_seconds": 0.5}
    sound = take(None, tiny_model, home, mode=Mode.GENERATE, **fields)
    quarter = np.sqrt((sound[:, 0].reshape(8, -1) ** 2).mean(axis=1))
    assert quarter[0] < 0.5 * quarter[3]
    assert quarter[-1] < 0.5 * quarter[4]
    assert np.abs(sound[:20]).max() < 1e-4


def test_true_peaks_keep_below_what_is_asked_for(home: Home, tiny_model: OnnxModel) -> None:
    """Of a take that would be louder."""
    source = NewSource(16_000, 2, 32_000)
    sound = take(None, tiny_model, home, mode=Mode.GENERATE, source=source, lufs=-8.0, true_peak=-6.0)
    assert 20 * np.log10(np.abs(sound).max()) <= -6.0


def test_a_take_is_cut_to_a_band_on_demand(mono: Path, home: Home, embedded: Model) -> None:
    """What a telephone leaves, as loud as before, of a restyled region and of a new sound."""
    octaves = 250.0 * 2.0 ** np.arange(5)  # centres: the first and last are outside
    new = {"mode": Mode.GENERATE, "source": NewSource(RATE, 1, RATE), "seed": 3}
    for path, fields in ((mono, {"strength": 0.2}), (None, new)):
        whole, cut = (
            take(path, embedded, home, **fields, **band)
            for band in ({}, {"cut_below": 500.0, "cut_above": 2_000.0})
        )
        change = bands_db(cut, RATE, octaves, 1.0) - bands_db(whole, RATE, octaves, 1.0)
        assert change[0] < -25.0 and change[-1] < -25.0 and abs(change[2]) < 12.0


def test_noise_and_colour_are_fitted_on_demand(mono: Path, home: Home, embedded: Model) -> None:
    """With both switched on an inpainted span's octaves are nearer to those around it, whatever the seed."""
    octaves = 500.0 * 2.0 ** np.arange(4)
    goal = bands_db(heard(mono), RATE, octaves, 1.0)

    def off(seed: int, **fields: object) -> float:
        sound = take(mono, embedded, home, mode=Mode.INPAINT, seed=seed, **fields)
        return float(np.abs(bands_db(sound, RATE, octaves, 1.0) - goal).max())

    fitted = [off(seed, tilt=1.0, noise_floor=True) for seed in SEEDS]
    free = [off(seed) for seed in SEEDS]
    assert np.mean(fitted) < 0.6 * np.mean(free)


def test_takes_of_the_model_pass_inspection(stereo: Path, home: Home, embedded: Model) -> None:
    """Edits and new sounds have no defect."""
    new = {"source": NewSource(RATE, 2, 2 * RATE), "mode": Mode.GENERATE}
    assert () == defects(take(stereo, embedded, home), RATE)
    assert () == defects(take(stereo, embedded, home, mode=Mode.INPAINT), RATE)
    assert () == defects(take(None, embedded, home, **new), RATE)
