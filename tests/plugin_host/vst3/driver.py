"""Drives ``host.cpp``: one instance of the plugin, a block at a time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort

Sound = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Host:
    """A process with the plugin in it. Its input is a counter, so that every frame can be told."""

    def __init__(self, program: Path, folder: Path, rate: int = 48000) -> None:
        self.home = folder / "home"
        self._out = folder / "out.f32"
        self._process = subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PUNCHIN_HOME": str(self.home), "HOME": str(folder), "TMPDIR": str(folder)},
        )
        self.frames = 0  # that went in
        self.ask(f"rate {rate}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> int:
        """Closes the host; how it ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        if not self._process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        code = self._process.wait(timeout=20)
        self._process.stdout.close()
        return code

    def ask(self, line: str) -> list[str]:
        """One line, and the words of its answer after "ok"."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        assert answer and answer[0] == "ok", f"{line}: {answer}"
        return answer[1:]

    def run(self, frames: int, position: int, blocks: Sequence[int] = (64,), rolls: bool = True) -> Sound:
        """What comes out of ``frames`` frames from ``position`` on: (frames, channels)."""
        self._out.unlink(missing_ok=True)
        sizes = ",".join(map(str, blocks))
        self.ask(f"run {frames} {sizes} {position} {int(rolls)} {self._out}")
        self.frames += frames
        return np.fromfile(self._out, "<f4").reshape(-1, 2)

    def port(self) -> PluginPort:
        """A connection to the instance, once it has announced itself."""
        for _ in range(500):
            if running := instances(self.home):
                return PluginPort.connect(the_instance(running, 0))
            self._process.poll()
            time.sleep(0.01)
        raise AssertionError("the plugin did not announce itself")


def fed(first: int, frames: int) -> Sound:
    """What goes in, from frame ``first`` of all."""
    count = np.arange(first * 2, (first + frames) * 2, dtype=np.float64) + 1
    return (count / 2**24).astype(np.float32).reshape(-1, 2)
