"""What the tests of effects share: a host, sounds, and what there is on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from plugin_host.effects.host import Host
from plugin_host.effects.plugins import installed_plugins, plugin_folders
from presets.effects import PLUGIN, Effect, Value

Float32 = NDArray[np.float32]

INSTALLED = installed_plugins(plugin_folders(environment=os.environ))
needs_pedalboard = pytest.mark.skipif(
    find_spec("pedalboard") is None, reason="pedalboard is not installed: pip install '.[effects]'"
)
needs_zam = pytest.mark.skipif(
    not any(plugin.name == "ZamCompX2" for plugin in INSTALLED),
    reason="zam-plugins (Debian) are not installed: no third-party plugin to be tested with",
)


def host(limit_seconds: float = 60.0, block_frames: int = 8192) -> Host:
    """With whatever is installed here."""
    return Host(INSTALLED, limit_seconds, block_frames)


def zam(name: str, **parameters: Value) -> Effect:
    """One of Debian's zam-plugins."""
    return Effect(PLUGIN, parameters, name)


def pedalboard_itself(chain: Sequence[Effect], sound: Float32, rate: int) -> Float32:
    """What its own effects make of a sound, (frames, channels), without any of our code."""
    import pedalboard

    board = pedalboard.Pedalboard([getattr(pedalboard, effect.name)(**effect.parameters) for effect in chain])
    return np.ascontiguousarray(board(np.ascontiguousarray(sound.T), rate).T)


def likeness(one: Float32, other: Float32) -> float:
    """The correlation of two sounds."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def noise(frames: int, channels: int = 2, seed: int = 0) -> Float32:
    """Quiet white noise, (frames, channels)."""
    values = np.random.default_rng(seed).standard_normal((frames, channels)) * 0.1
    return np.clip(values, -0.9, 0.9).astype(np.float32)


def sounds_in(folder: Path) -> list[str]:
    """The names of all files there."""
    return sorted(path.name for path in folder.iterdir())
