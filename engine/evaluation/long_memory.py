"""Does memory stay constant over long regions? A short and a long one side by side, each in a fresh process.

``python -m engine.evaluation.long_memory`` prints a table for the embedded model: 48 kHz stereo, from a file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError, ErrorCode
from engine.evaluation.peak_memory import peak_resident_bytes

if TYPE_CHECKING:
    from engine.protocol.requests import RenderRequest

SHORT_SECONDS, LONG_SECONDS = 30, 600
# A step takes what a step takes: more of them take longer, not more memory.
STEPS = 2
RATE, CHANNELS = 48_000, 2
CONTEXT_SECONDS = 2
# Of the masked spans: each of so many seconds, as long again apart, no more of them than a mask may have.
SPAN_SECONDS, MAX_SPANS = 5, 60
KINDS = ("transfer", "inpaint", "new")
MEGABYTE = 2**20


@dataclass(frozen=True)
class LongRun:
    """Peak in bytes, and seconds to the first chunk and to the end."""

    peak: int
    first_chunk: float
    total: float


def measure_long(kind: str, seconds: int, folder: Path, model: str = "", steps: int = STEPS) -> LongRun:
    """One render in a fresh process, which works in ``folder``. Raises EngineError(WORKER_DIED)."""
    command = [sys.executable, "-m", __spec__.name, kind, str(seconds), str(folder), str(steps), model]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise EngineError(ErrorCode.WORKER_DIED, f"The run whose memory is measured failed: {last}.")
    return LongRun(**json.loads(done.stdout.splitlines()[-1]))


def table() -> Iterator[str]:
    """Its lines, each as soon as it is measured."""
    yield f"| region | peak, {SHORT_SECONDS} s | peak, {LONG_SECONDS} s | ratio | first chunk | x real time |"
    yield "|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory(prefix="punchin-long-") as folder:
        for kind in KINDS:
            short, long = (
                measure_long(kind, seconds, Path(folder)) for seconds in (SHORT_SECONDS, LONG_SECONDS)
            )
            yield (
                f"| {kind} | {short.peak / MEGABYTE:.0f} MiB | {long.peak / MEGABYTE:.0f} MiB "
                f"| {long.peak / short.peak:.2f} | {short.first_chunk:.1f} s, {long.first_chunk:.1f} s "
                f"| {LONG_SECONDS / long.total:.1f} |"
            )


def make_recording(path: Path, seconds: int) -> Path:
    """Hits in noise, different on both sides, written second by second; returns ``path``."""
    import numpy as np
    import soundfile as sf

    rng = np.random.default_rng(0)
    decay = np.exp(-np.arange(RATE) / (0.1 * RATE))[:, None]
    with sf.SoundFile(path, "w", RATE, CHANNELS, "PCM_24") as file:
        for _ in range(seconds):
            file.write(rng.standard_normal((RATE, CHANNELS)) * (0.01 + 0.15 * decay))
    return path


def _render(kind: str, seconds: int, folder: Path, steps: int, model: str) -> LongRun:
    from engine.config import Home, make_home
    from engine.models.catalogue import load_model
    from engine.protocol.replies import Chunk
    from engine.render import render

    home = Home(folder / "home", folder / "takes")
    make_home(home)
    home.takes.mkdir(exist_ok=True)
    loaded = load_model(model, "cpu")
    request = _request(kind, seconds, folder, steps)
    began, first = time.perf_counter(), 0.0
    for reply in render(request, loaded, home):
        if isinstance(reply, Chunk) and not first:
            first = time.perf_counter() - began
    return LongRun(peak_resident_bytes(), first, time.perf_counter() - began)


def _request(kind: str, seconds: int, folder: Path, steps: int) -> RenderRequest:
    from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, frames

    output = str(folder / "take.wav")
    if kind == "new":
        source = NewSource(RATE, CHANNELS, seconds * RATE)
        return RenderRequest(
            "long", source, "rain", Mode.GENERATE, steps=steps, output=output, overwrite=True
        )
    path = make_recording(folder / "recording.wav", seconds + 2 * CONTEXT_SECONDS)
    start, end = CONTEXT_SECONDS * RATE, (seconds + CONTEXT_SECONDS) * RATE
    mask = [
        (float(at), float(at + SPAN_SECONDS)) for at in range(1, seconds - SPAN_SECONDS, 2 * SPAN_SECONDS)
    ]
    return RenderRequest(
        "long",
        FileSource(str(path), frames(start), frames(end)),
        "rain",
        Mode(kind),
        mask_seconds=tuple(mask[:MAX_SPANS]) if kind == Mode.INPAINT else (),
        steps=steps,
        output=output,
        overwrite=True,
    )


def main() -> None:
    """The table; with arguments one run, as JSON."""
    if not sys.argv[1:]:
        for line in table():
            print(line, flush=True)
        return
    kind, seconds, folder, steps, model = sys.argv[1:]
    print(json.dumps(asdict(_render(kind, int(seconds), Path(folder), int(steps), model))))


if __name__ == "__main__":
    main()
