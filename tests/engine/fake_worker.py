"""A worker whose render does what the prompt tells it to, so that tests can script it.

The prompt is a list of steps with a ";" between them; what is not a step of ``STEPS`` is passed over, so that
any prompt works. The job ends well unless a step ends it otherwise.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is started as a script

from engine import worker
from engine.config import Home, find_home, spool_path
from engine.errors import EngineError, ErrorCode
from engine.models.resident import Claim, Memory
from engine.protocol.replies import Chunk, Done, Hit, Indexed, Models, ModelStatus, Progress, Reply, TakeDone
from engine.protocol.requests import IndexRequest, LibraryRequest, ModelsRequest, RenderRequest
from engine.take_names import part_name

Step = Callable[[RenderRequest, str], Iterator[Reply]]


def run_steps(request: RenderRequest, value: str) -> Iterator[Reply]:
    """``steps N``: so many denoising steps of a millisecond."""
    for step in range(1, int(value) + 1):
        time.sleep(0.001)
        yield Progress(request.job_id, "denoising", step, int(value), 0.0)


def wait(request: RenderRequest, value: str) -> Iterator[Reply]:
    """``wait [FILE]``: steps until the file is there, or the job is cancelled."""
    step = 0
    while not (value and Path(value).exists()):
        time.sleep(0.005)
        step += 1
        yield Progress(request.job_id, "denoising", step, 1000, -1.0)


def hang(_request: RenderRequest, value: str) -> Iterator[Reply]:
    """``hang FILE``: one step that never ends; the file is there when it has begun."""
    Path(value).touch()
    while True:
        time.sleep(1)
    yield


def crash(_request: RenderRequest, _value: str) -> Iterator[Reply]:
    """``crash``: the process ends as a native library would end it."""
    os._exit(3)
    yield


def kill(_request: RenderRequest, _value: str) -> Iterator[Reply]:
    """``kill``: the process is killed, as by a system without memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    yield


def send_chunks(request: RenderRequest, value: str) -> Iterator[Reply]:
    """``chunks N``: so many chunks of 4096 frames of zeros."""
    for number in range(int(value)):
        yield Chunk(request.job_id, 0, number, number * 4096, 1, 48000, bytes(4 * 4096))


def read_stream(request: RenderRequest, _value: str) -> Iterator[Reply]:
    """``read``: the spool file comes back as a chunk, header and all."""
    path = spool_path(find_home(), request.job_id)
    yield Chunk(request.job_id, 0, 0, 0, 1, 48000, path.read_bytes())


def keep_draft(request: RenderRequest, value: str) -> Iterator[Reply]:
    """``draft FILE``: a file that is there while the job runs, then ``wait``."""
    draft = Path(value)
    draft.touch()
    try:
        yield from wait(request, "")
    finally:
        draft.unlink()


def write_part(request: RenderRequest, _value: str) -> Iterator[Reply]:
    """``part``: half a take beside its output, left there."""
    folder = Path(request.output).parent if request.output else find_home().takes
    folder.mkdir(parents=True, exist_ok=True)
    (folder / part_name(os.getpid(), "scripted")).write_bytes(b"RIFF")
    yield Progress(request.job_id, "writing", 0, 1, -1.0)


def say(_request: RenderRequest, value: str) -> Iterator[Reply]:
    """``print TEXT``: noise on what a library takes for standard output."""
    print(value, flush=True)
    os.write(1, b"from below Python too\n")
    yield from ()


def babble(_request: RenderRequest, _value: str) -> Iterator[Reply]:
    """``babble``: bytes on the real pipe that are no reply."""
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"not OSC at all, not OSC at all")
        except OSError:
            continue
    time.sleep(60)
    yield


def refuse(_request: RenderRequest, _value: str) -> Iterator[Reply]:
    """``refuse``: an error with a code of its own."""
    raise EngineError(ErrorCode.BAD_AUDIO, "The recording is empty; choose another one.")
    yield


def stumble(_request: RenderRequest, value: str) -> Iterator[Reply]:
    """``raise NAME``: a defect."""
    raise {"ValueError": ValueError, "MemoryError": MemoryError}[value]("scripted")
    yield


def take(request: RenderRequest, value: str) -> Iterator[Reply]:
    """``take FILE``: a take, said to be there."""
    yield TakeDone(request.job_id, 0, value, 48000, request.seed)


STEPS: dict[str, Step] = {
    "steps": run_steps,
    "wait": wait,
    "hang": hang,
    "crash": crash,
    "kill": kill,
    "chunks": send_chunks,
    "read": read_stream,
    "draft": keep_draft,
    "part": write_part,
    "print": say,
    "babble": babble,
    "refuse": refuse,
    "raise": stumble,
    "take": take,
}


def render(request: RenderRequest, model: Any, _home: Home) -> Iterator[Reply]:
    """Runs the prompt; ``nothing`` as its last step leaves the job without a result."""
    for step in request.prompt.split(";"):
        word, _, value = step.strip().partition(" ")
        if word == "nothing":
            return
        if word == "move":  # to another device
            model.device = value
            model.notices.append(f"It moves to {value}.")
        if word in STEPS:
            yield from STEPS[word](request, value)
    yield Done(request.job_id, request.takes, (("total", 0.5),))


def library(request: LibraryRequest, _model: Any, _home: Home) -> Iterator[Reply]:
    """An index goes on until a file ``go`` is in its folder, or ``crash``; a search finds its prompt."""
    if isinstance(request, IndexRequest):
        folder = Path(request.folder)
        while not (folder / "go").exists():
            time.sleep(0.005)
            if (folder / "crash").exists():
                os._exit(3)
            yield Progress(request.job_id, "listening", 1, 2, -1.0)
        yield Indexed(request.job_id, 2, 2, 0, 0, 0)
    else:
        path = f"/{request.prompt}.wav"
        yield Hit(request.job_id, 1, path, 0, 4800, 48000, 0.5, 1.5, 0.25, 0.0, "sound", "", 0)
    yield Done(request.job_id, 0, (("total", 0.5),))


def claim(name: str, _device: str) -> Claim:
    """Any model but ``missing``; each takes a byte for every letter of its name."""
    if name == "missing":
        raise EngineError(ErrorCode.NOT_FOUND, 'There is no model "missing".')
    return Claim(name or "fake", "", len(name or "fake"))


def load(name: str, device: str) -> Any:
    """Any model but ``broken`` and ``fatal``; ``slow`` takes a while, ``cramped`` has something to say."""
    if name == "broken":
        raise RuntimeError("scripted")
    if name == "fatal":
        os._exit(4)
    if name == "slow":
        time.sleep(0.5)
    notices = ["It is cramped."] if name == "cramped" else []
    return SimpleNamespace(
        specification=SimpleNamespace(name=name),
        device=device,
        notices=notices,
        take_notices=lambda: [notices.pop() for _ in list(notices)],
    )


def memory(limit_gb: float) -> Memory:
    """Limits in billionths of a GB, so that names are long enough to hit them."""
    return Memory(round(limit_gb * 1e9) or 2**20, lambda: 2**20, lambda: None)


def describe_models(question: ModelsRequest) -> Models:
    """One model; ``hang`` takes for ever to look at; any other name is not found."""
    if question.name == "hang":
        time.sleep(3600)
    if question.name not in ("", "fake"):
        raise EngineError(ErrorCode.NOT_FOUND, f'There is no model "{question.name}".')
    return Models((ModelStatus("fake", "CC0", 16000, 1, "verified" if question.verify else ""),))


if __name__ == "__main__":
    worker.QUIT_SECONDS = 0.5  # type: ignore[attr-defined]  # the real one would make tests wait
    worker.main(worker.Tools(claim, load, render, describe_models, memory, library=library))
