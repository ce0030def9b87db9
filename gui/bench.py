"""``punchin panel --measure``: an hour of stereo opened and scrolled, then left alone; numbers and targets.

On a machine that does other work too, the processor's own seconds (cpu) say what the panel needs. Drawn
without a screen; a screen adds the copy of the window to it. The engine is the scripted one.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil
import soundfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from gui.models.timeline import Viewport
from gui.outcome import Outcome
from gui.screenshots import RATE, Stage, footsteps, make_stage

HOUR_SECONDS = 3600
_FRAMES = 300  # of each motion
_IDLE_SECONDS = 10.0
_ZOOM = 1.03  # a frame; 300 of them go from the hour to samples
TARGETS = {
    "first_drawn_s": 2.0,
    "all_drawn_s": 2.0,
    "all_drawn_cpu_s": 2.0,
    "again_drawn_s": 2.0,
    "scroll_median_ms": 1000 / 60,
    "scroll_p99_ms": 1000 / 60,
    "scroll_cpu_ms": 1000 / 60,
    "zoom_median_ms": 1000 / 60,
    "zoom_p99_ms": 1000 / 60,
    "zoom_cpu_ms": 1000 / 60,
    "idle_cpu_percent": 1.0,
    "memory_mb": 250.0,
}


def measure() -> Outcome:
    """Runs it; a minute or two."""
    with tempfile.TemporaryDirectory() as work:
        path = write_hour(Path(work) / "hour.wav")
        stage = make_stage(Path(work), Path(work), "")
        stage.panel.start()
        stage.settle(1.0)
        numbers = _opening(stage, path)
        stage.window.source.wave.fit()
        numbers |= _statistics("scroll", *_frames(stage, _scrolled))
        stage.window.source.wave.fit()
        numbers |= _statistics("zoom", *_frames(stage, _zoomed))
        stage.window.source.wave.fit()
        stage.settle(1.0)
        numbers["idle_cpu_percent"] = _idle(stage)
        numbers["memory_mb"] = float(psutil.Process().memory_info().rss) / 1e6
        stage.window.close()
    return Outcome(numbers, tuple(_line(name, value) for name, value in numbers.items()))


def write_hour(path: Path) -> Path:
    """An hour of 48 kHz stereo in 16 bits, 691 MB."""
    block = footsteps(10.0)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for _ in range(HOUR_SECONDS // 10):
            file.write(block)
    return path


def _opening(stage: Stage, path: Path) -> dict[str, float]:
    """From asking for the file to a sketch of all of it, and to all of its peaks; then once more."""
    source, wave = stage.panel.source, stage.window.source.wave
    numbers = {}
    started, worked = time.perf_counter(), time.process_time()
    source.open(str(path))
    while source.peaks is None or source.peaks.sketch is None:
        stage.application.processEvents()
        time.sleep(0.002)
    wave.repaint()
    numbers["first_drawn_s"] = time.perf_counter() - started
    while not source.peaks.is_complete:
        stage.application.processEvents()
        time.sleep(0.002)
    wave.repaint()
    numbers["all_drawn_s"] = time.perf_counter() - started
    numbers["all_drawn_cpu_s"] = time.process_time() - worked
    stage.settle(1.0)  # the cache is written
    source.close()
    started = time.perf_counter()
    source.open(str(path))
    while source.peaks is None or not source.peaks.is_complete:
        stage.application.processEvents()
        time.sleep(0.002)
    wave.repaint()
    numbers["again_drawn_s"] = time.perf_counter() - started
    return numbers


def _frames(stage: Stage, moved: Callable[[Viewport, int], Viewport]) -> tuple[list[float], float]:
    """Seconds that each frame of a motion takes, and the processor's mean: view changed, widget painted."""
    wave, seconds, worked = stage.window.source.wave, [], 0.0
    for number in range(_FRAMES):
        view = moved(wave.view, number)
        started, before = time.perf_counter(), time.thread_time()
        wave.set_view(view)
        wave.repaint()
        seconds.append(time.perf_counter() - started)
        worked += time.thread_time() - before
        stage.application.processEvents()
    return seconds, worked / _FRAMES


def _scrolled(view: Viewport, number: int) -> Viewport:
    """A minute on the screen, a twentieth of a screen each frame."""
    if number == 0:
        view = view.zoomed(HOUR_SECONDS / 60, 0.0)
    return view.scrolled(view.width * view.frames_per_pixel / 20)


def _zoomed(view: Viewport, number: int) -> Viewport:
    """From the hour towards its middle."""
    del number
    return view.zoomed(_ZOOM, view.width / 2)


def _statistics(name: str, seconds: Sequence[float], worked: float) -> dict[str, float]:
    middle, worst = np.percentile(np.array(seconds) * 1000, (50, 99))
    times = {f"{name}_median_ms": float(middle), f"{name}_p99_ms": float(worst)}
    return times | {f"{name}_cpu_ms": worked * 1000}


def _idle(stage: Stage) -> float:
    """Share of one core that an untouched panel uses."""
    process = psutil.Process()
    before, started = process.cpu_times(), time.perf_counter()
    # As Qt waits itself: without looking again and again.
    stage.wait(_IDLE_SECONDS)
    after, seconds = process.cpu_times(), time.perf_counter() - started
    return 100 * float(after.user + after.system - before.user - before.system) / seconds


def _line(name: str, value: float) -> str:
    target = TARGETS[name]
    verdict = "ok" if value <= target else "MISSED"
    return f"{name:<18} {value:>8.2f}  (target {target:.2f})  {verdict}"
