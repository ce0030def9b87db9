"""The proof of the plugin: captured, taken and played back in a host whose playhead advances (dawdreamer)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from engine.config import HOME_VARIABLE, Home
from plugin_host.bridge import Placement
from plugin_host.errors import DawError
from plugin_host.round_trip import RoundTrip
from plugin_host.timeline import Region, Take
from plugin_host.vst3.build import Format, build
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort

_RATE, _BLOCK, _SECONDS = 48000, 512, 4
_REGION = Region(57_601, 72_000, _RATE)  # starts and ends inside of blocks
_HANDLES = 9_600
_SEED = 7
Sound = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def round_trip(folder: Path) -> RoundTrip:
    """Builds the VST3, plays noise through it, fetches a region, plays a take in its place. Raises DawError.

    The take is the region with its first and last tenth as they were, as inpainting leaves it.
    """
    stages: list[tuple[str, float]] = []
    with _timed(stages, "build"):
        plugin = next(build([Format.VST3], folder / "plugin")).path
    noise = np.random.default_rng(_SEED).uniform(-0.5, 0.5, (2, _RATE * _SECONDS)).astype(np.float32)
    with _home(folder / "home") as home:
        host = _host(plugin, noise)
        with _timed(stages, "play"):
            host.render(_SECONDS)
        plugin_port = partial(PluginPort.connect, the_instance(instances(home.state), 0))
        daw = PluginDaw(plugin_port, f"{_REGION.start}f..{_REGION.end}f")
        with _timed(stages, "fetch"):
            excerpt = daw.export(daw.selection(), _HANDLES, folder)
        heard, _ = soundfile.read(str(excerpt.path), dtype="float32", always_2d=True)
        take = _make_take(folder, heard[_REGION.start - excerpt.start :][: _REGION.frames].T)
        with _timed(stages, "put"):
            daw.insert([take[0]], Placement.TAKE)
        with _timed(stages, "play with the take"):
            host.render(_SECONDS)
        played: Sound = host.get_audio()
    return RoundTrip(
        daw="Punch-In plugin, VST3 in dawdreamer",
        region_frames=_REGION.frames,
        position_error=_offset(played, take[1]),
        compared_samples=noise.size,
        differing_samples=_differences(played, noise, take[1])
        + _handle_differences(heard, noise, excerpt.start),
        stages=tuple(stages),
    )


def _host(plugin: Path, noise: Sound) -> Any:
    try:
        import dawdreamer
    except ImportError as error:
        raise DawError("The plugin's round trip needs dawdreamer: pip install dawdreamer") from error
    host = dawdreamer.RenderEngine(_RATE, _BLOCK)
    source = host.make_playback_processor("noise", noise)
    host.load_graph([(source, []), (host.make_plugin_processor("punch-in", str(plugin)), ["noise"])])
    return host


def _make_take(folder: Path, region: Sound) -> tuple[Take, Sound]:
    """A file whose middle is other noise, and its samples."""
    sound = region.copy()
    edge = _REGION.frames // 10
    middle = sound[:, edge:-edge]
    middle[:] = np.random.default_rng(_SEED + 1).uniform(-0.5, 0.5, middle.shape)
    path = folder / "take.wav"
    soundfile.write(str(path), sound.T, _RATE, subtype="FLOAT")
    return Take(path, _REGION, "take"), sound


def _offset(played: Sound, take: Sound) -> int:
    """Frames between where the take's middle is heard and where it belongs."""
    probe = take[0, take.shape[1] // 2 :][:64]
    windows = np.lib.stride_tricks.sliding_window_view(played[0], probe.size)
    found = np.flatnonzero((windows == probe).all(axis=1))
    if found.size != 1:
        raise DawError("The plugin did not play the take.")
    return int(found[0]) - _REGION.start - take.shape[1] // 2


def _differences(played: Sound, noise: Sound, take: Sound) -> int:
    """Samples that are neither the track's, outside the region, nor the take's in it."""
    expected = noise[:, : played.shape[1]].copy()
    expected[:, _REGION.start : _REGION.end] = take
    return int((played != expected).sum()) + noise.shape[1] - played.shape[1]


def _handle_differences(heard: Sound, noise: Sound, start: int) -> int:
    return int((heard.T != noise[:, start : start + len(heard)]).sum())


@contextmanager
def _home(state: Path) -> Iterator[Home]:
    """A clean home, also for the plugin, which reads the same variable."""
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(state)
    try:
        yield Home(state, state / "takes")
    finally:
        os.environ.pop(HOME_VARIABLE)
        if before is not None:
            os.environ[HOME_VARIABLE] = before


@contextmanager
def _timed(stages: list[tuple[str, float]], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    stages.append((stage, time.perf_counter() - start))
