"""A chain of effects at work in a process of its own, with limits on its time.

A plugin that hangs, crashes or gives no sound ends in an EngineError(BAD_EFFECT) that names it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.config import module_command
from engine.errors import EngineError, ErrorCode
from plugin_host.effects.plugins import Installed, find_plugin
from presets.effects import PLUGIN, Effect

Float32 = NDArray[np.float32]
News = Mapping[str, Any]

# Large plugins read their samples or unlock themselves while they are loaded.
LIMIT_SECONDS = 30.0
# How much slower than real time an effect may be before it counts as hanging.
_SLOWEST = 4.0
# Pedalboard's own default; always the same, so that a take comes out the same each time.
BLOCK_FRAMES = 8192
# A gigabyte of samples: twenty minutes of 5.1 at 48 kHz. Each effect hears all of it.
MAX_SAMPLES = 2**28
# A loop is heard for so long before the lap that is kept: what rings on at its end is there at its start.
_LOOP_SECONDS = 8.0


@dataclass(frozen=True)
class Playing:
    """How far a chain is with a long sound."""

    title: str  # of the effect
    number: int  # of the effect, from 0
    count: int  # of effects
    done: int  # frames that it has played
    frames: int
    seconds_left: float  # of the chain; what has not begun is taken to be as quick as this


def _unseen(_playing: Playing) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Host:
    """How chains are played: which plugins there are, and how long an effect may take to answer.

    ``watch`` hears how far it is; of sounds of less than some ten seconds, nothing.
    """

    installed: Sequence[Installed]
    limit_seconds: float = LIMIT_SECONDS
    block_frames: int = BLOCK_FRAMES
    watch: Callable[[Playing], None] = _unseen

    def play(self, chain: Sequence[Effect], sound: Float32, rate: int) -> Float32:
        """The sound, (frames, channels), through the chain; as long as before, in its place.

        Raises EngineError: BAD_EFFECT, NOT_FOUND without pedalboard, TOO_MUCH.
        """
        if sound.size > MAX_SAMPLES:
            raise EngineError(
                ErrorCode.TOO_MUCH,
                f"Effects hear a sound whole, and {len(sound) / rate:.0f} s of {sound.shape[1]} channels are "
                "too much; use shorter regions.",
            )
        if not chain or not len(sound):
            return sound
        with tempfile.TemporaryDirectory(prefix="punchin-effects-") as folder:
            before, after = Path(folder, "in.f32"), Path(folder, "out.f32")
            sound.astype(np.float32).tofile(before)
            job = {
                "job": "play",
                "rate": rate,
                "channels": sound.shape[1],
                "block": self.block_frames,
                "input": str(before),
                "output": str(after),
            }
            patient = replace(self, limit_seconds=self.limit_seconds + _SLOWEST * len(sound) / rate)
            for playing in _progress(chain, patient.told(chain, job), len(sound)):
                self.watch(playing)
            return np.fromfile(after, np.float32).reshape(sound.shape)

    def play_loop(self, chain: Sequence[Effect], lap: Float32, rate: int) -> Float32:
        """The same of a sound that goes round: what rings on at its end is heard at its start."""
        laps = 1 + math.ceil(_LOOP_SECONDS * rate / max(1, len(lap)))
        return self.play(chain, np.tile(lap, (laps, 1)), rate)[-len(lap) :]

    def check(self, chain: Sequence[Effect]) -> None:
        """Loads all and sets all, and plays nothing. Raises EngineError(BAD_EFFECT or NOT_FOUND)."""
        if chain:
            for _ in self.told(chain, {"job": "check"}):
                pass

    def describe(self, effect: Effect, settings: str = "") -> News:
        """Its parameters, latency and state. settings: a .vstpreset to begin with. Raises EngineError."""
        return self._answer(effect, {"job": "describe", "settings": settings})

    def test(self, effect: Effect) -> News:
        """Which of one and two channels it takes, and its latency in frames. Raises EngineError."""
        return self._answer(effect, {"job": "test", "settings": ""})

    def _answer(self, effect: Effect, job: dict[str, object]) -> News:
        return next(news for news in self.told((effect,), job) if "latency" in news)

    def told(self, chain: Sequence[Effect], job: Mapping[str, object]) -> Iterator[News]:
        """What the process says until it is done. Raises EngineError as soon as it can't be any more."""
        _check_pedalboard()
        effects = [self._written(effect, str(job.get("settings", ""))) for effect in chain]
        with tempfile.TemporaryDirectory(prefix="punchin-effects-") as folder:
            file, log = Path(folder, "job.json"), Path(folder, "log")
            file.write_text(json.dumps({**job, "effects": effects}), encoding="utf-8")
            with log.open("wb") as complaints, _started(file, complaints) as process:
                yield from self._heard(chain, process, log)

    def _heard(self, chain: Sequence[Effect], process: subprocess.Popen[bytes], log: Path) -> Iterator[News]:
        lines, doing = _lines_of(process), "started"
        title = chain[0].title
        while True:
            try:
                line = lines.get(timeout=self.limit_seconds)
            except queue.Empty:
                raise _unusable(f"{title} hangs: it was {doing} for {self.limit_seconds:.0f} s") from None
            if line is None:
                raise _unusable(f"{title} crashed while it was {doing}{_reason(process, log)}")
            news = json.loads(line)
            if "problem" in news:
                raise EngineError(ErrorCode.BAD_EFFECT, news["problem"])
            if "done" in news:
                return
            if "doing" in news:
                title, doing = chain[news["effect"]].title, _DOING[news["doing"]]
            yield news

    def _written(self, effect: Effect, settings: str) -> dict[str, object]:
        """For the process: where the plugin lies. Raises EngineError(BAD_EFFECT) if it is not installed."""
        written: dict[str, object] = {
            "effect": effect.name,
            "title": effect.title,
            "parameters": dict(effect.parameters),
            "state": effect.state,
            "settings": settings,
        }
        if effect.name != PLUGIN:
            return written
        chosen = find_plugin(effect.plugin, self.installed)
        return written | {"path": str(chosen.installed.path), "part": chosen.part}


def _progress(chain: Sequence[Effect], told: Iterator[News], frames: int) -> Iterator[Playing]:
    """What is worth showing of what the process says."""
    number, begun = 0, time.monotonic()
    for news in told:
        if news.get("doing") == "play":
            number, begun = news["effect"], time.monotonic()
        elif "played" in news or "expected" in news:
            done = news.get("played", 0)
            whole = news["expected"] if not done else (time.monotonic() - begun) * frames / done
            left = whole * (len(chain) - number - done / frames)
            yield Playing(chain[number].title, number, len(chain), done, frames, left)


_DOING = {"load": "loaded", "play": "playing"}


@contextlib.contextmanager
def _started(job: Path, complaints: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process, which has ended with all it started when the block does."""
    process = subprocess.Popen(
        module_command("plugin_host.effects.process", str(job)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _lines_of(process: subprocess.Popen[bytes]) -> queue.SimpleQueue[bytes | None]:
    """What it says, as it comes; None at its end. A thread waits, for Windows can't wait for pipes."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    output = process.stdout
    assert output is not None

    def read() -> None:
        with output:
            for line in output:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _reason(process: subprocess.Popen[bytes], log: Path) -> str:
    """Why the process ended, as far as that is known."""
    code = process.wait()
    if code < 0:
        return f" ({signal.Signals(-code).name})"
    said = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(said) if line.strip()), "")
    return f" ({last[:200].rstrip('.')})" if last else f" (exit code {code})"


def _unusable(what: str) -> EngineError:
    return EngineError(ErrorCode.BAD_EFFECT, f"{what}. It was ended, and no file was changed.")


def _check_pedalboard() -> None:
    if find_spec("pedalboard") is None:
        raise EngineError(
            ErrorCode.NOT_FOUND,
            "Effects need pedalboard: pip install '.[effects]' in Punch-In's folder, or leave them out: "
            "--without-effects.",
        )
