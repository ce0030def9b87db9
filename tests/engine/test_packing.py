"""Packs: which gain makes takes equally loud, and that they are."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.lufs import integrated_lufs
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models.bundle import load_bundle
from engine.models.catalogue import EMBEDDED
from engine.models.onnx_model import OnnxModel
from engine.packing import MAX_PACK_SECONDS, Loudness, PackMeter, check_pack, pack_gains_db
from engine.protocol.replies import Progress, TakeDone
from tests.engine.rendering import ask, heard, noise, only, record, rendered

SILENCE = Loudness(-math.inf, -math.inf)
takes = st.lists(st.builds(Loudness, st.floats(-60, 0), st.floats(-20, 10)), min_size=1, max_size=16)


@given(takes, st.none() | st.floats(-40, -5), st.floats(-10, 0))
def test_all_come_to_one_loudness_and_none_passes_the_ceiling(
    measured: list[Loudness], target_db: float | None, ceiling_db: float
) -> None:
    """Whatever the takes are like."""
    gains = pack_gains_db(measured, target_db, ceiling_db)
    levels = [take.loudness_db + gain for take, gain in zip(measured, gains, strict=True)]

    assert np.ptp(levels) < 1e-9
    assert all(take.peak_db + gain < ceiling_db + 1e-9 for take, gain in zip(measured, gains, strict=True))
    if target_db is not None:
        assert levels[0] < target_db + 1e-9


def test_they_are_as_loud_as_asked_for_where_peaks_allow_it() -> None:
    """And no softer than the highest of them needs where they don't."""
    soft, loud = Loudness(-30.0, -20.0), Loudness(-20.0, -12.0)

    assert (10.0, 0.0) == pack_gains_db([soft, loud], -20.0, -1.0)
    assert (15.0, 5.0) == pack_gains_db([soft, loud], -15.0, -1.0)
    assert (19.0, 9.0) == pack_gains_db([soft, loud], -5.0, -1.0)


def test_without_a_target_they_meet_in_the_middle() -> None:
    """Of three, the second loudest stays as it is."""
    measured = [Loudness(level, level + 6.0) for level in (-30.0, -20.0, -24.0)]

    assert (6.0, -4.0, 0.0) == pack_gains_db(measured, None, -1.0)


def test_silence_stays_silent() -> None:
    """Beside others, and alone."""
    assert (0.0, 10.0) == pack_gains_db([SILENCE, Loudness(-30.0, -20.0)], -20.0, -1.0)
    assert (0.0, 0.0) == pack_gains_db([SILENCE, SILENCE], -20.0, -1.0)


def test_a_take_is_measured_as_it_would_be_without_the_gain() -> None:
    """Block by block."""
    sound = noise(48_000, 2, amplitude=0.05)
    meters = [PackMeter(16_000, gain_db) for gain_db in (0.0, -12.0)]
    for meter, factor in zip(meters, (1.0, 10.0 ** (-12.0 / 20.0)), strict=True):
        for block in np.split(sound, [1000, 20_000]):
            meter.push((block * factor).astype(np.float32))
    plain, softer = (meter.loudness() for meter in meters)

    assert (plain.loudness_db, plain.peak_db) == pytest.approx((softer.loudness_db, softer.peak_db), abs=1e-3)
    assert SILENCE == PackMeter(16_000, 0.0).loudness()


def test_long_sounds_are_no_pack() -> None:
    """All takes are kept until the last is made."""
    check_pack(round(MAX_PACK_SECONDS) * 48_000, 48_000)
    with pytest.raises(EngineError, match="60 seconds at most") as caught:
        check_pack(round(MAX_PACK_SECONDS) * 48_000 + 1, 48_000)

    assert ErrorCode.TOO_MUCH == caught.value.code


def test_takes_of_a_pack_are_equally_loud(home: Home) -> None:
    """Gunshots of the model that comes with the engine: as takes over 1 dB apart, as a pack under 0.5."""
    model = OnnxModel(load_bundle(EMBEDDED), "cpu")
    fields = {"prompt": "a gunshot", "takes": 3, "seed": 3, "want_chunks": False}
    spreads = []
    for more in ({}, {"pack": True, "vary": 0.4}):
        request = ask(None, 0, 32_000, **fields, **more)
        done = only(TakeDone, rendered(request, model, home))
        spreads.append(np.ptp([integrated_lufs(heard(Path(take.path)), 16_000) for take in done]))

    assert spreads[0] > 1.0
    assert spreads[1] < 0.5


def test_a_pack_counts_its_steps_once(tmp_path: Path, tiny_model: OnnxModel, home: Home) -> None:
    """All takes are made first, then written; progress never falls."""
    path = record(tmp_path / "in.wav", noise(80_000, 2))
    request = ask(path, 16_000, 32_000, takes=3, pack=True, vary=0.3, steps=3)
    replies = rendered(request, tiny_model, home)
    steps = [reply.step for reply in only(Progress, replies)[1:]]

    assert sorted(steps) == steps
    assert {steps[-1]} == {reply.total for reply in only(Progress, replies)[1:] if reply.total}
    assert [0, 1, 2] == [take.take for take in only(TakeDone, replies)]
    first = next(place for place, reply in enumerate(replies) if isinstance(reply, TakeDone))
    assert not any(getattr(reply, "stage", "") == "denoising" for reply in replies[first:])
