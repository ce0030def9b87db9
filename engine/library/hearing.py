"""What a model hears of a sound: a vector for each stretch as long as it hears at once."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.clap_mel import RankingParameters, clap_log_mels
from engine.audio.loudness import mono_channel, to_mono
from engine.audio.resample import StreamResampler, resampled_frames
from engine.audio.source import Recording, SourceInfo
from engine.audio.stretch import Stretch
from engine.canvas import MODEL_PEAK, SILENT_PEAK
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Model

Float32 = NDArray[np.float32]

# A click of a key lasts longer; what is shorter is a remnant.
SHORTEST_SECONDS = 0.02
# Of a lifted sound: what is quieter at its ends than this, 42 dB below its peak, is not heard.
SILENT_LEVEL = 4e-3
# Stretches that are heard in one call: more of them are no faster, and take memory.
_TOGETHER = 4


@dataclass(frozen=True)
class HeardSpan:
    """The frames [start, stop) of a file, and where the model puts them, (embedding,), normalised."""

    start: int
    stop: int
    vector: Float32


@dataclass(frozen=True)
class _Window:
    start: int  # at the model's rate
    waveform: Float32  # (frames,)


def hear(path: Path, model: Model) -> Generator[None, None, tuple[HeardSpan, ...]]:
    """All stretches of a sound that are not silent, one after the other; yields while it listens.

    A sound that fits is one stretch; the last one of a longer one ends where it ends. Every stretch is heard
    at the level of the sounds that models are trained on, and without the silence around it. Raises
    EngineError: NOT_FOUND, or BAD_AUDIO for what can't be read, is too short or silent.
    """
    parameters = model.specification.ranking
    if parameters is None:
        raise ValueError("A model that can't hear hears nothing.")
    with closing(Recording(path)) as recording:
        check_length(recording.info)
        spans: list[HeardSpan] = []
        waiting: list[_Window] = []
        for window in _windows(recording, parameters):
            if window is not None and np.abs(window.waveform).max() >= SILENT_PEAK:
                waiting.append(window)
            if len(waiting) == _TOGETHER:
                spans += _heard(waiting, recording.info, model, parameters)
                waiting = []
            yield
        spans += _heard(waiting, recording.info, model, parameters)
        recording.check_unchanged()
    if not spans:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} is silent; there is nothing in it to find.")
    return tuple(spans)


def check_length(info: SourceInfo) -> None:
    """Raise BAD_AUDIO for a sound that is hardly one."""
    if info.duration_seconds < SHORTEST_SECONDS:
        raise EngineError(
            ErrorCode.BAD_AUDIO, f"{info.path} is shorter than {SHORTEST_SECONDS:g} s; it is left out."
        )


def _windows(recording: Recording, parameters: RankingParameters) -> Iterator[_Window | None]:
    """The sound in one channel at the model's rate, cut into windows; None while there is no whole one."""
    info, length = recording.info, parameters.frames
    total = resampled_frames(info.frames, info.sample_rate, parameters.sample_rate)
    held, first = np.zeros(0, np.float32), 0  # what may still be in a window, and where it begins
    for block in _mono_blocks(recording, parameters.sample_rate, total):
        held = np.concatenate([held, block])
        while held.size >= 2 * length:  # the last window may begin anywhere in what is kept
            yield _Window(first, held[:length])
            held, first = held[length:], first + length
        yield None
    if held.size > length:
        yield _Window(first, held[:length])
    last = held[-length:]
    yield _Window(first + held.size - last.size, last)


def _mono_blocks(recording: Recording, rate: int, total: int) -> Iterator[Float32]:
    """(any,) at ``rate``, ``total`` in all; empty ones while the channels are looked through."""
    info = recording.info
    sound = Stretch(recording, info.channels, 0, info.frames)
    finding = mono_channel([sound])
    while True:
        try:
            next(finding)
        except StopIteration as found:
            channel = found.value
            break
        yield np.zeros(0, np.float32)
    resampler = StreamResampler(info.sample_rate, rate, 1, total)
    for block in sound.blocks():
        yield resampler.push(to_mono(block, channel))[:, 0]
    yield resampler.finish()[:, 0]


def _heard(
    windows: list[_Window], info: SourceInfo, model: Model, parameters: RankingParameters
) -> Iterator[HeardSpan]:
    if not windows:
        return
    mels = [clap_log_mels(_trimmed(_lifted(window.waveform)), parameters) for window in windows]
    vectors = model.encode_sound(np.concatenate(mels)).astype(np.float32)
    for window, vector in zip(windows, vectors, strict=True):
        if not np.isfinite(vector).all() or not vector.any():
            raise EngineError(
                ErrorCode.BAD_AUDIO,
                f"{info.path} can't be placed by the model; it is found by its name only.",
            )
        start = window.start * info.sample_rate // parameters.sample_rate
        stop = resampled_frames(window.start + window.waveform.size, parameters.sample_rate, info.sample_rate)
        yield HeardSpan(start, min(stop, info.frames), vector)


def _lifted(waveform: Float32) -> Float32:
    lifted: Float32 = waveform * np.float32(MODEL_PEAK / np.abs(waveform).max())
    return lifted


def _trimmed(waveform: Float32) -> Float32:
    """A short sound is said to a model again and again: with its silence it would be another rhythm."""
    loud = np.flatnonzero(np.abs(waveform) > SILENT_LEVEL)
    return waveform[loud[0] : loud[-1] + 1]
