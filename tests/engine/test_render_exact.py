"""Exact return: what comes back is the recording, but for what was asked to change."""

from __future__ import annotations

from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from engine.audio.formats import quantise
from engine.config import Home
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, TakeDone
from engine.protocol.requests import Mode, NewSource
from tests.engine.rendering import ask, joined, noise, only, raw, record, rendered

RATES = [8_000, 11_025, 22_050, 37_123, 44_100, 48_000, 96_000, 192_000]
PLACES = {
    "start": (0.0, 0.3),
    "middle": (0.31, 0.71),
    "end": (0.6, 1.0),
    "whole": (0.0, 1.0),
    "short": (0.5, 0.6),
}
SUBTYPES = ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "PCM_U8"]
# Every rate with every place; channels, encodings and modes take turns, in cycles that share no factor.
CASES = [
    (*pair, channels, subtype, mode)
    for pair, channels, subtype, mode in zip(
        product(RATES, PLACES),
        cycle([1, 2, 5, 2]),
        cycle([*SUBTYPES, "PCM_16", "PCM_24"]),
        cycle(Mode),
        strict=False,
    )
]


def full_range(frames: int, channels: int, subtype: str) -> NDArray[Any]:
    """Noise in which every bit of the encoding is in use: more of them than float32 has, in some."""
    waveform = np.random.default_rng(0).normal(0.0, 0.2, (frames, channels)).clip(-0.99, 0.99)
    if subtype == "FLOAT":
        return waveform.astype(np.float32)
    return waveform if subtype == "DOUBLE" else (waveform * 2**31).astype(np.int32)


@pytest.mark.parametrize(("rate", "place", "channels", "subtype", "mode"), CASES)
def test_only_the_region_changes(
    rate: int,
    place: str,
    channels: int,
    subtype: str,
    mode: Mode,
    tmp_path: Path,
    home: Home,
    tiny_model: OnnxModel,
) -> None:
    """Rate, channels, encoding and length stay; outside the region, or the mask, so does every bit."""
    path = record(tmp_path / "in.wav", full_range(rate, channels, subtype), rate, subtype)
    start, end = (round(second * rate) for second in PLACES[place])
    # A span at the very start of the region, and one inside.
    spans = ((0.0, 0.03), (0.05, 0.09)) if mode is Mode.INPAINT else ()
    output = tmp_path / "out.wav"
    request = ask(path, start, end, mode=mode, mask_seconds=spans, output=str(output), context_seconds=0.2)
    replies = rendered(request, tiny_model, home)
    info = sf.info(output)
    assert (rate, channels, rate, subtype) == (info.samplerate, info.channels, info.frames, info.subtype)
    changed = np.zeros(rate, bool)
    for first, last in spans or ((0.0, (end - start) / rate),):
        changed[start + round(first * rate) : start + round(last * rate)] = True
    before, after = raw(path), raw(output)
    assert np.array_equal(before[~changed], after[~changed])
    assert (before[changed] != after[changed]).mean() > 0.5
    assert [TakeDone("job", 0, str(output), end - start, 0, request.prompt)] == only(TakeDone, replies)


@pytest.mark.parametrize("subtype", [*SUBTYPES, "DOUBLE"])
def test_chunks_and_file_are_the_same_sound(
    subtype: str, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Joined chunks, rounded as the encoding rounds, are the file's masked samples bit for bit."""
    path = record(tmp_path / "in.wav", noise(16_000, 2), subtype=subtype)
    output = tmp_path / "out.wav"
    request = ask(path, 3_000, 12_000, mode=Mode.INPAINT, mask_seconds=((0.1, 0.4),), output=str(output))
    sound = joined(only(Chunk, rendered(request, tiny_model, home)))
    assert (9_000, 2) == sound.shape
    masked = slice(1_600, 6_400)
    assert np.array_equal(quantise(sound, subtype)[masked], raw(output)[3_000:12_000][masked])


@pytest.mark.parametrize("subtype", [*SUBTYPES, "DOUBLE"])
def test_a_take_of_the_region_alone_is_as_exact(
    subtype: str, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Where no file is named the take is the region, in the recording's encoding, unmasked bits untouched."""
    path = record(tmp_path / "in.wav", full_range(16_000, 2, subtype), subtype=subtype)
    request = ask(path, 3_000, 12_000, mode=Mode.INPAINT, mask_seconds=((0.1, 0.4),))
    (take,) = only(TakeDone, rendered(request, tiny_model, home))
    assert home.takes / "FEETHmn_Boots-On-Gravel-001_PNCH_NONE.wav" == Path(take.path)
    assert (subtype, 9_000) == (sf.info(take.path).subtype, sf.info(take.path).frames)
    kept = np.r_[0:1_600, 6_400:9_000]
    assert np.array_equal(raw(path)[3_000:12_000][kept], raw(Path(take.path))[kept])


@pytest.mark.parametrize("subtype", [*SUBTYPES, "DOUBLE"])
@pytest.mark.parametrize("named", [True, False])
def test_a_transfer_of_strength_0_changes_no_bit(
    subtype: str, named: bool, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Nothing was to change, so not even the bits that float32 does not hold do."""
    path = record(tmp_path / "in.wav", full_range(16_000, 2, subtype), subtype=subtype)
    output = str(tmp_path / "out.wav") if named else ""
    replies = rendered(ask(path, 3_000, 12_000, strength=0.0, output=output), tiny_model, home)
    (take,) = only(TakeDone, replies)
    expected = raw(path) if named else raw(path)[3_000:12_000]
    assert np.array_equal(expected, raw(Path(take.path)))
    assert np.array_equal(sf.read(path, dtype="float32")[0][3_000:12_000], joined(only(Chunk, replies)))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_32", "DOUBLE"])
@pytest.mark.parametrize("strength", [0.0, 0.6])
def test_where_a_curve_is_0_no_bit_changes(
    subtype: str, strength: float, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Elsewhere the region is made anew, whatever the strength that the curve takes the place of."""
    path = record(tmp_path / "in.wav", full_range(16_000, 2, subtype), subtype=subtype)
    output = tmp_path / "out.wav"
    curve = ((0.0, 0.0), (0.25, 0.0), (0.3, 0.8), (0.4, 0.8), (0.5, 0.0))
    request = ask(path, 3_000, 12_000, strength=strength, strength_curve=curve, output=str(output))
    rendered(request, tiny_model, home)
    differs = (raw(path) != raw(output)).any(axis=1)
    assert not differs[:7_000].any() and not differs[11_000:].any()
    assert differs[7_000:11_000].mean() > 0.9


def test_a_curve_of_0_changes_no_bit(tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """As little as a strength of 0."""
    path = record(tmp_path / "in.wav", full_range(16_000, 2, "PCM_32"), subtype="PCM_32")
    output = str(tmp_path / "out.wav")
    rendered(ask(path, 3_000, 12_000, strength_curve=((0.2, 0.0),), output=output), tiny_model, home)
    assert np.array_equal(raw(path), raw(Path(output)))


@pytest.mark.parametrize("name", ["take.flac", "take.aiff", "take.caf"])
def test_other_containers_are_as_exact(name: str, tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """A FLAC is decoded and encoded again, and still no sample outside the region differs."""
    path = record(tmp_path / f"in{Path(name).suffix}", noise(16_000, 2))
    rendered(ask(path, 3_000, 12_000, output=str(tmp_path / name)), tiny_model, home)
    outside = np.r_[0:3_000, 12_000:16_000]
    assert np.array_equal(raw(path)[outside], raw(tmp_path / name)[outside])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_new_sound_has_exactly_its_frames(
    rate: int, channels: int, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Also those that are no multiple of anything."""
    frames = rate // 3 + 1
    output = tmp_path / "new.wav"
    request = ask(None, source=NewSource(rate, channels, frames), mode=Mode.GENERATE, output=str(output))
    rendered(request, tiny_model, home)
    info = sf.info(output)
    assert (rate, channels, frames, "PCM_24") == (info.samplerate, info.channels, info.frames, info.subtype)
    assert np.abs(raw(output)[frames // 2 :]).max() > 0


def test_rendering_over_the_recording_itself(tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
    """With leave to overwrite, a region can be replaced in place."""
    path = record(tmp_path / "in.wav", noise(16_000))
    before = raw(path)
    rendered(ask(path, 3_000, 12_000, output=str(path), overwrite=True), tiny_model, home)
    outside = np.r_[0:3_000, 12_000:16_000]
    assert np.array_equal(before[outside], raw(path)[outside])
    assert not np.array_equal(before, raw(path))
