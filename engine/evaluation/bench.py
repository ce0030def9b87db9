"""How fast this machine is: numbers measured in one run, each beside its target.

An engine of its own is started, with a home of its own, so that nothing is shared with the one at
work. The machines this runs on are noisy: what counts are ratios within a run, and medians of a few.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import HOME_VARIABLE, EngineOptions, Home, find_home
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Cancelled, Chunk, Done, Failed
from engine.protocol.requests import FileSource, Mode, RenderRequest, Sampler
from engine.protocol.sources import frames

if TYPE_CHECKING:
    from engine.client import Client

SAMPLE_RATE = 48_000
REGION_SECONDS = 5
REPEATS = 3  # odd, so that a median is one of them
SAMPLER_STEPS = 20
# The stages of engine/render.py in which networks run; what else the job takes is the engine's own work.
MODEL_STAGES = ("text", "denoise", "decode")
NOT_STAGES = ("first_chunk", "total")
_IMPORT_CODE = "import time; start = time.perf_counter(); import engine; print(time.perf_counter() - start)"
_WORKER_READY_SECONDS = 120.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Measure:
    """One number; ``limit`` is the most it may be, ``least`` the least, None where it is only told."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    least: float | None = None

    @property
    def verdict(self) -> str:
        """PASS, FAIL, or nothing."""
        if self.limit is None and self.least is None:
            return ""
        too_much = self.limit is not None and self.value > self.limit
        too_little = self.least is not None and self.value < self.least
        return "FAIL" if too_much or too_little else "PASS"


@dataclass(frozen=True)
class Run:
    """One job as the client saw it, in seconds from sending: the first chunk, and the end."""

    first_chunk: float
    total: float
    timings: dict[str, float]

    @property
    def model(self) -> float:
        """Seconds in which a network ran."""
        return sum(self.timings.get(stage, 0.0) for stage in MODEL_STAGES)

    @property
    def own_share(self) -> float:
        """What everything that is not the model takes of the whole."""
        return max(0.0, self.total - self.model) / self.total


def measure(folder: Path, tell: Tell) -> list[Measure]:
    """Every number, in about a minute; an engine lives in ``folder`` meanwhile.

    Raises EngineError if the engine or the model does not work.
    """
    with private_home(folder) as home:
        recording = write_recording(folder / "recording.wav")
        tell("starting an engine")
        measures = [import_measure()]
        client, starts = start(home)
        try:
            measures += [*starts, *job_measures(client, recording, tell)]
            measures += [*sampler_measures(client, recording, tell), memory_measure(client)]
        finally:
            client.quit()
            client.close()
    return measures


@contextmanager
def private_home(folder: Path) -> Iterator[Home]:
    """While inside, this process and those it starts live under ``folder``."""
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(folder)
    try:
        yield find_home()
    finally:
        if before is None:
            del os.environ[HOME_VARIABLE]
        else:
            os.environ[HOME_VARIABLE] = before


def write_recording(path: Path) -> Path:
    """The demo's recording as stereo at 48 kHz: the left channel a little after the right."""
    import numpy as np
    import soundfile

    with as_file(files("engine.commands") / "demo" / "stream.flac") as packed:
        mono, sample_rate = soundfile.read(packed, dtype="float32")
    if sample_rate != SAMPLE_RATE:
        raise EngineError(ErrorCode.INTERNAL, f"The demo's recording must be at {SAMPLE_RATE} Hz.")
    soundfile.write(path, np.stack([np.roll(mono, 40), mono], axis=1), sample_rate, subtype="PCM_24")
    return path


def import_measure() -> Measure:
    """What ``import engine`` costs a fresh interpreter: the best of a few, the files being in memory."""
    command = [sys.executable, "-c", _IMPORT_CODE]
    root = str(Path(__file__).parents[2])
    tries = [
        float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout)
        for _ in range(REPEATS)
    ]
    return Measure("import engine", min(tries) * 1000.0, "ms", 150.0)


def start(home: Home) -> tuple[Client, list[Measure]]:
    """An engine on a port of its own, and how long it took to answer and to load the model."""
    from engine.client import find_or_start

    began = time.perf_counter()
    client = find_or_start(home, EngineOptions(port=0, idle_minutes=5.0))
    client.status()
    answered = time.perf_counter() - began
    while client.status().worker == "starting":
        if time.perf_counter() - began > _WORKER_READY_SECONDS:
            raise EngineError(ErrorCode.WORKER_DIED, "The worker does not become ready; try punchin doctor.")
        time.sleep(0.02)
    ready = time.perf_counter() - began
    return client, [
        Measure("engine answers OSC after its start", answered, "s", 1.0),
        Measure("model ready after its start", ready, "s"),
    ]


def job_measures(client: Client, recording: Path, tell: Tell) -> list[Measure]:
    """Five seconds of 48 kHz stereo, transfer: once cold, then the median of a few."""
    cold = run_job(client, make_request(recording, "cold"))
    warm = []
    for number in range(REPEATS):
        tell(f"job {number + 1} of {REPEATS}")
        warm.append(run_job(client, make_request(recording, f"warm-{number}")))
    total = statistics.median(run.total for run in warm)
    first_chunk = statistics.median(run.first_chunk / run.total for run in warm)
    own = statistics.median(run.own_share for run in warm)
    return [
        Measure("end to end, times real time", total / REGION_SECONDS, "", 1.0),
        Measure("first job, times real time", cold.total / REGION_SECONDS, ""),
        Measure("first chunk, share of the whole", 100.0 * first_chunk, "%", 60.0),
        Measure("not the model, share of the whole", 100.0 * own, "%", 5.0),
        *_own_stages(min(warm, key=lambda run: abs(run.total - total))),
    ]


def _own_stages(run: Run) -> Iterator[Measure]:
    """Where the rest went in one job, so that it can be made less."""
    own = {name: seconds for name, seconds in run.timings.items() if name not in NOT_STAGES + MODEL_STAGES}
    own["other"] = max(0.0, run.total - run.model - sum(own.values()))
    for name, seconds in own.items():
        yield Measure(f"  of it {name}", 1000.0 * seconds, "ms")


def sampler_measures(client: Client, recording: Path, tell: Tell) -> Iterator[Measure]:
    """How many denoising steps each sampler does in a second, over the same region."""
    for sampler in Sampler:
        tell(f"sampler {sampler}")
        request = make_request(recording, f"sampler-{sampler}")
        run = run_job(client, replace(request, sampler=sampler, steps=SAMPLER_STEPS, strength=1.0))
        steps = SAMPLER_STEPS / max(run.timings.get("denoise", run.total), 1e-9)
        yield Measure(f"{sampler}, steps in a second", steps, "")


def memory_measure(client: Client) -> Measure:
    """Server and worker together, after all this."""
    return Measure("resident memory", client.status().resident_bytes / 1e6, "MB", 500.0)


def make_request(recording: Path, job_id: str) -> RenderRequest:
    """The job everything is measured with."""
    start_frame = 2 * SAMPLE_RATE
    source = FileSource(
        str(recording), frames(start_frame), frames(start_frame + REGION_SECONDS * SAMPLE_RATE)
    )
    output = str(recording.with_name("take.wav"))
    return RenderRequest(job_id, source, "rain falling", Mode.TRANSFER, output=output, overwrite=True)


def run_job(client: Client, request: RenderRequest) -> Run:
    """Sends one job and looks at the clock. Raises EngineError."""
    began = time.perf_counter()
    first_chunk = None
    for reply in client.render(request):
        now = time.perf_counter() - began
        match reply:
            case Chunk():
                first_chunk = now if first_chunk is None else first_chunk
            case Done():
                return Run(now if first_chunk is None else first_chunk, now, dict(reply.timings))
            case Failed():
                raise EngineError(reply.code, reply.sentence)
            case Cancelled():
                raise EngineError(ErrorCode.INTERNAL, "The benchmark's job was cancelled; run it again.")
    raise EngineError(ErrorCode.NO_ENGINE, "The engine ended in the middle of the benchmark.")


def machine() -> str:
    """What the numbers were measured on, without its name."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    return f"{system}, {_processor()}, {threads} threads, Python {platform.python_version()}"


def table(measures: list[Measure]) -> Iterator[str]:
    """The numbers as lines."""
    width = max([36, *(len(row.name) + 2 for row in measures)])
    for row in measures:
        limit = "" if row.limit is None else f"target {_amount(row.limit, row.unit)}"
        least = "" if row.least is None else f"target {_amount(row.least, row.unit)} or more"
        amount = _amount(row.value, row.unit)
        yield f"{row.name:<{width}}{amount:>12}  {limit or least:<15} {row.verdict}".rstrip()


def markdown(measures: list[Measure], today: date) -> Iterator[str]:
    """The numbers as a section for RESULTS.md."""
    yield f"## {today.isoformat()}, {machine()}"
    yield ""
    yield "| measure | value | target | |"
    yield "|---|---|---|---|"
    for row in measures:
        limit = "" if row.limit is None else f"at most {_amount(row.limit, row.unit)}"
        least = "" if row.least is None else f"at least {_amount(row.least, row.unit)}"
        yield f"| {row.name} | {_amount(row.value, row.unit)} | {limit or least} | {row.verdict} |"


def _amount(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".rstrip() if abs(value) < 100 else f"{value:.0f} {unit}".rstrip()


def _processor() -> str:
    """The processor's own name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")
