"""A small model of our own kind and libraries to teach it, for tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
OLD_PROMPTS = ["rain", "dog animals", "wood doors", "explosion", "wind", "metal impact", "crowd", "engine"]


def make_base(models: Path, name: str = "small", hears: bool = False) -> Path:
    """The embedded model with a tiny denoiser of random weights, installed, with or without ears."""
    import torch

    from engine.models.bundle import seal_bundle
    from engine.models.catalogue import EMBEDDED
    from engine.training.denoiser import Denoiser
    from engine.training.own_bundle import _export

    folder = models / name
    shutil.copytree(EMBEDDED, folder)
    torch.manual_seed(0)
    denoiser = Denoiser(64, 2, 1)
    for parameter in denoiser.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.05)
    _export(denoiser, folder, quantize=True)
    values = json.loads((folder / "manifest.json").read_bytes())
    values = {key: value for key, value in values.items() if key not in ("format_version", "files")}
    values |= _ears(folder, values["graphs"], hears)
    values |= {"name": name, "defaults": {**values["defaults"], "steps": 2}}
    seal_bundle(folder, values, ["ATTRIBUTION.csv"])
    return folder


def _ears(folder: Path, graphs: dict[str, str], hears: bool) -> dict[str, object]:
    """What the manifest says of an audio encoder, which has random weights."""
    if not hears:
        return {"graphs": {**graphs, "audio_encoder": None}, "ranking": None}
    from dataclasses import asdict

    from engine.training.clap import HEARD, AudioTower
    from engine.training.export import export_audio_tower

    export_audio_tower(AudioTower(), folder)
    return {"graphs": {**graphs, "audio_encoder": "audio_encoder.onnx"}, "ranking": asdict(HEARD)}


def two_tones(seconds: float, rate: int, rng: np.random.Generator) -> np.ndarray:
    """600 Hz and 1500 Hz in turn, a quarter of a second each, from anywhere in it; (frames,) float32."""
    times = np.arange(round(seconds * rate)) / rate
    is_high = (times / 0.25 + rng.uniform(0, 2)) % 2 < 1
    phase = 2 * np.pi * np.cumsum(np.where(is_high, 1500.0, 600.0)) / rate
    sound = np.sin(phase) + 0.3 * np.sin(2 * phase)
    return (0.5 * rng.uniform(0.4, 1.0) * sound).astype(np.float32)


def make_library(folder: Path, count: int = 10, seconds: tuple[float, float] = (0.6, 1.2)) -> Path:
    """Two-tone horns in five places, in several formats, rates and widths."""
    rng = np.random.default_rng(3)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        rate = (48_000, 44_100, 22_050)[number % 3]
        sound = two_tones(rng.uniform(*seconds), rate, rng)
        place = ("near", "far", "roof", "street", "tunnel")[number % 5]
        name = f"KlaxonTwoTone_{place}_{number // 5:02d}.{('wav', 'flac')[number % 2]}"
        soundfile.write(folder / name, np.repeat(sound[:, None], 1 + number % 2, 1), rate)
    return folder


def two_tone_score(sound: np.ndarray) -> float:
    """From 0 to 1: the share of the energy at the two tones, times how regularly they take turns.

    A steady tone, noise, and tones at other places or in another rhythm all come to nearly nothing.
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound, 1024)[::160] * np.hanning(1024)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    hertz = np.fft.rfftfreq(1024, 1 / RATE)
    low, high = (power[:, np.abs(hertz - centre) < 60].sum(1) for centre in (600, 1500))
    share = (low + high).sum() / max(power.sum(), 1e-12)
    balance = (high - low) / np.maximum(high + low, 1e-12)
    balance = balance - balance.mean()
    turning = np.exp(-2j * np.pi * np.arange(balance.size) * 0.01 / 0.5)
    # A square wave's first harmonic is 4 / pi of it.
    return float(share * 2 * np.abs(np.mean(balance * turning)) / (4 / np.pi))
