"""From a checkpoint in the hub's layout to takes: installed, served by a real engine, asked for over OSC."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

for library in ("torch", "diffusers", "transformers", "onnx"):
    pytest.importorskip(library, reason=f"needs {library}, from the oracle extra")

from engine.client import Client, find_or_start  # noqa: E402 -- after the skips
from engine.config import HOME_VARIABLE, EngineOptions, find_home, module_command  # noqa: E402
from engine.protocol.replies import Cancelled, Chunk, Done, Progress, Reply, TakeDone  # noqa: E402
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, frames  # noqa: E402
from tests.checkpoints import make_checkpoint  # noqa: E402

pytestmark = pytest.mark.torch

PATIENCE_SECONDS = 240
RATE = 48_000
# The region that is made anew, and in it the mask, in frames of the recording and seconds of the region.
REGION = (RATE // 2, RATE * 3 // 2)
MASK = ((0.25, 0.6),)


@dataclass(frozen=True)
class Served:
    """An engine with an installed model, and a recording it may read."""

    client: Client
    model: str
    recording: Path

    def ask(self, job: str, **fields: object) -> RenderRequest:
        """A job on the region, with few steps, into a file of its own."""
        source = FileSource(str(self.recording), *map(frames, REGION))
        plain = {"source": source, "prompt": "rain on a tin roof", "steps": 3, "model": self.model}
        output = str(self.recording.with_name(f"{job}.wav"))
        return RenderRequest(job, **{**plain, "output": output, **fields})  # type: ignore[arg-type]

    def take(self, job: str, **fields: object) -> tuple[list[Reply], NDArray[np.int32]]:
        """All replies of a job, and the samples of its take as they lie in the file."""
        replies = list(self.client.render(self.ask(job, **fields)))
        assert isinstance(replies[-1], Done), replies[-1]
        (taken,) = [reply for reply in replies if isinstance(reply, TakeDone)]
        return replies, soundfile.read(taken.path, dtype="int32")[0]

    @property
    def original(self) -> NDArray[np.int32]:
        """The recording's samples."""
        return soundfile.read(self.recording, dtype="int32")[0]


@contextmanager
def home_at(folder: Path) -> Iterator[None]:
    """While inside, this process and those it starts have their models and their engine there."""
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[HOME_VARIABLE]
        else:
            os.environ[HOME_VARIABLE] = before


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny one, with all four levels of the published ones."""
    return make_checkpoint(tmp_path_factory.mktemp("hub") / "tiny-audioldm", levels=4)


@pytest.fixture(scope="module", params=["fp32", "int8"])
def served(
    request: pytest.FixtureRequest, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """``punchin models install``, then an engine on the CPU."""
    precision = request.param
    folder = tmp_path_factory.mktemp(f"home-{precision}")
    with home_at(folder):
        options = ("--precision", precision, "--name", precision, "--accept-licence", "--json")
        command = module_command("engine", "models", "install", str(checkpoint), *options)
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert 0 == ended.returncode, ended.stdout + ended.stderr
        recording = record(folder / "in.wav")
        client = find_or_start(find_home(), EngineOptions(port=0, device="cpu", allow=(folder,)))
        try:
            yield Served(client, precision, recording)
        finally:
            client.quit()
            client.close()


def record(path: Path) -> Path:
    """Two seconds of stereo: a tone and noise."""
    time = np.arange(2 * RATE)[:, None] / RATE
    noise = np.random.default_rng(0).standard_normal((2 * RATE, 2)) * 0.05
    tone = 0.2 * np.sin(2 * np.pi * 330.0 * time)
    soundfile.write(path, (noise + tone).astype(np.float32), RATE, subtype="PCM_24")
    return path


def changed(before: NDArray[np.int32], after: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(frames,): where any channel differs."""
    assert before.shape == after.shape
    return (before != after).any(axis=1)


def test_a_transfer_changes_the_region_and_nothing_else(served: Served) -> None:
    """The recording goes through the mel, the VAE and back; outside, 0 samples differ."""
    _, after = served.take("transfer", mode=Mode.TRANSFER, strength=0.5)
    differs = changed(served.original, after)

    assert 0 == differs[: REGION[0]].sum() + differs[REGION[1] :].sum()
    assert differs[slice(*REGION)].mean() > 0.9


def test_inpainting_changes_the_mask_and_nothing_else(served: Served) -> None:
    """Inside the region, too, what is not masked stays sample for sample."""
    _, after = served.take("inpaint", mode=Mode.INPAINT, mask_seconds=MASK)
    differs = changed(served.original, after)
    start, end = (REGION[0] + round(seconds * RATE) for seconds in MASK[0])

    assert 0 == differs[:start].sum() + differs[end:].sum()
    assert differs[start:end].mean() > 0.9


def test_a_transfer_of_strength_0_changes_nothing_at_all(served: Served) -> None:
    """Whatever the model would have made of it."""
    _, after = served.take("nothing", mode=Mode.TRANSFER, strength=0.0)
    assert 0 == changed(served.original, after).sum()


def test_a_new_sound_has_its_length_and_comes_in_chunks(served: Served) -> None:
    """To the frame, at the rate asked for; the chunks are what is in the file."""
    source = NewSource(44_100, 1, 50_001)
    replies, after = served.take("generate", mode=Mode.GENERATE, source=source, retries=0)
    chunks = [np.frombuffer(reply.samples, "<f4") for reply in replies if isinstance(reply, Chunk)]
    streamed = np.concatenate(chunks)

    assert ((50_001,), 50_001) == (after.shape, streamed.size)
    assert np.isfinite(streamed).all()
    assert np.abs(after).max() > 0


def test_the_same_request_gives_the_same_samples(served: Served) -> None:
    """And another seed others."""
    one, again, other = (
        served.take(f"seed-{job}", mode=Mode.GENERATE, source=NewSource(16_000, 1, 8000), seed=seed)[1]
        for job, seed in (("one", 3), ("again", 3), ("other", 4))
    )
    assert (True, False) == (np.array_equal(one, again), np.array_equal(one, other))


def test_guidance_1_and_an_interval_of_it_are_takes_of_their_own(served: Served) -> None:
    """Both spare the network work, and both sound otherwise."""
    kinds = ({}, {"guidance": 1.0}, {"guidance_low": 0.3, "guidance_high": 0.7})
    takes = [
        served.take(f"guided-{number}", mode=Mode.GENERATE, source=NewSource(16_000, 1, 8000), **kind)[1]
        for number, kind in enumerate(kinds)
    ]
    assert not any(np.array_equal(takes[0], take) for take in takes[1:])


def test_a_job_can_be_cancelled_between_steps_and_the_next_one_runs(served: Served) -> None:
    """No file is left, and the engine is ready."""
    request = served.ask("long", steps=1000, takes=8)
    replies = served.client.render(request)
    for reply in replies:
        if isinstance(reply, Progress) and reply.stage == "denoising":
            served.client.cancel("long")
            break
    last = list(replies)[-1]
    _, after = served.take("after", strength=0.3)

    assert isinstance(last, Cancelled)
    assert not list(served.recording.parent.glob("long*"))
    assert served.original.shape == after.shape
