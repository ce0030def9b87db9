"""Train the denoiser for some minutes on a graphics card that is lent: one file goes there, one returns.

    python -m engine.training.embedded shard --corpus CORPUS --work WORK
    python -m engine.training.lease --shard WORK/shard.zip --out OUT --minutes 12 --device cuda
    python -m engine.training.embedded adopt --corpus CORPUS --work WORK --weights OUT/denoiser.safetensors

It begins with the weights of a bundle, and needs numpy, torch, onnx and safetensors, nothing else. What it
has learned is written every minute, so that a lease that ends early keeps it; with ``--state FOLDER`` the
same command goes on where a run was cut. Threads draw the next steps' windows while the card works on this
one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from engine.training.denoiser import Batch, Conditions, Denoiser, DenoiserBatches, Steering
from engine.training.latents import WindowSampler
from engine.training.loop import Losses, begin, steps_done, training
from engine.training.recovered import recovered_denoiser
from engine.training.run_file import RUNS, Run, read_run
from engine.training.shard import unpack_shard

WEIGHTS = "denoiser.safetensors"
NEWS_SECONDS, KEEP_SECONDS = 10.0, 60.0
AHEAD, THREADS = 6, 3


@dataclass(frozen=True)
class Lease:
    """What is sent, what it begins with, how long it lasts, and the folder that returns, which is there."""

    shard: Path
    bundle: Path | None  # None: from nothing, with the network of the run
    out: Path
    minutes: float
    device: str
    run: Run
    state: Path | None = None  # of the run, to go on from; None: it is not kept


@dataclass(frozen=True)
class News:
    """step: how many there were; loss: the mean of those since the last news."""

    step: int
    loss: float
    steps_per_second: float
    seconds_left: float


class Ahead:
    """Batches drawn by threads before they are wanted, each from its step's own generator: threads change
    nothing of what is learned."""

    def __init__(self, draw: Callable[[np.random.Generator], Batch], seed: int, first: int = 0) -> None:
        self._draw, self._seed, self._next = draw, seed, first
        self._pool = ThreadPoolExecutor(THREADS)
        self._drawn: deque[Future[Batch]] = deque()

    def take(self) -> Batch:
        """The next step's."""
        while len(self._drawn) < AHEAD:
            rng = np.random.default_rng((self._seed, self._next))
            self._drawn.append(self._pool.submit(self._draw, rng))
            self._next += 1
        return self._drawn.popleft().result()

    def close(self) -> None:
        """No more."""
        self._pool.shutdown(cancel_futures=True)


def learn(lease: Lease, clock: Callable[[], float] = time.monotonic) -> Iterator[News]:
    """Train, with news every few seconds; the weights are in ``out`` at the end, and every minute before."""
    ends = clock() + 60.0 * lease.minutes
    with tempfile.TemporaryDirectory() as scratch:
        texts = unpack_shard(lease.shard, Path(scratch) / "latents")
        conditions = Conditions(texts, None, Steering.TEXT)
        windows = WindowSampler(Path(scratch) / "latents")
        batches = DenoiserBatches(windows, conditions, lease.run.batch, lease.device)
        yield from _steps(lease, batches, lease.state or Path(scratch) / "run", ends, clock)


def _steps(
    lease: Lease, batches: DenoiserBatches, folder: Path, ends: float, clock: Callable[[], float]
) -> Iterator[News]:
    model = _first(lease).to(lease.device).train()
    begin(folder, model, lease.run.settings)
    first = steps_done(folder)
    with closing(Ahead(batches.draw, lease.run.settings.seed, first)) as ahead:

        def losses(network: nn.Module, _: np.random.Generator) -> Losses:
            return batches.losses_on(network, ahead.take())

        told = kept = started = clock()
        steps, total = 0, torch.zeros(())
        average: nn.Module = model
        with closing(training(folder, model, losses, lease.run.settings)) as run:
            for done in run:
                # Not as a number: asking a card for one at each step would have it wait for the next.
                steps, total = steps + 1, done.losses["loss"].detach() + total.to(lease.device)
                average = done.average
                now = clock()
                if now - kept > KEEP_SECONDS:
                    _keep(average, lease.out)
                    kept = clock()
                if now - told > NEWS_SECONDS or now > ends:
                    mean, speed = float(total) / steps, (done.step - first) / (now - started)
                    yield News(done.step, mean, speed, max(0.0, ends - now))
                    told, steps, total = now, 0, torch.zeros(())
                if now > ends:
                    break
        _keep(average, lease.out)


def _first(lease: Lease) -> Denoiser:
    torch.manual_seed(lease.run.settings.seed)
    return Denoiser(**lease.run.network) if lease.bundle is None else recovered_denoiser(lease.bundle)


def _keep(model: nn.Module, out: Path) -> None:
    """In half precision: half of what has to come back, and far finer than the bytes that ship."""
    halves = {name: value.half().contiguous().cpu() for name, value in model.state_dict().items()}
    partial = out / (WEIGHTS + ".partial")
    save_file(halves, partial)
    partial.replace(out / WEIGHTS)


def returned(weights: Path, network: Denoiser) -> Denoiser:
    """``network`` with what a lease left. Raises RuntimeError where it is another network's."""
    network.load_state_dict({name: value.float() for name, value in load_file(weights).items()})
    return network.eval()


def main() -> None:
    """Train until the minutes are over."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shard", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, default=Path("engine/models/embedded"))
    parser.add_argument("--from-nothing", action="store_true", help="not from the bundle's weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--run", type=Path, default=RUNS / "lease.toml")
    parser.add_argument("--state", type=Path, help="keep the run's state there, and go on from it")
    options = parser.parse_args()
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error("torch finds no graphics card here; try --device cpu.")
    bundle = None if options.from_nothing else options.bundle
    lease = Lease(
        options.shard,
        bundle,
        options.out,
        options.minutes,
        options.device,
        read_run(options.run),
        options.state,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "log.jsonl").open("a") as log:
        for news in learn(lease):
            line = json.dumps({name: round(value, 4) for name, value in vars(news).items()})
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()


if __name__ == "__main__":
    main()
