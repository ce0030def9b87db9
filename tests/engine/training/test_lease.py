"""Training for some minutes, elsewhere: on the processor here, which a graphics card stands in for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
load_file = pytest.importorskip("safetensors.torch", reason="needs the extra train").load_file
pytestmark = pytest.mark.torch

from engine.training.denoiser import Conditions, Denoiser, DenoiserBatches, Steering  # noqa: E402
from engine.training.latents import TextVariants, WindowSampler  # noqa: E402
from engine.training.lease import WEIGHTS, Lease, learn, returned  # noqa: E402
from engine.training.loop import steps_done, train  # noqa: E402
from engine.training.run_file import shipped_run  # noqa: E402
from engine.training.shard import unpack_shard, write_shard  # noqa: E402

NETWORK = {"width": 64, "depth": 1, "heads": 1}
STEPS = 6


@pytest.fixture
def lease(tmp_path: Path, latents: Path, texts: TextVariants) -> Lease:
    """Of a network that learns at once, from nothing."""
    run = shipped_run("lease")
    settings = replace(run.settings, steps=STEPS, warmup_steps=2)
    write_shard(latents, texts, tmp_path / "shard.zip")
    (tmp_path / "out").mkdir()
    run = replace(run, settings=settings, batch=8, network=NETWORK)
    return Lease(tmp_path / "shard.zip", None, tmp_path / "out", 60.0, "cpu", run)


def test_it_needs_little_where_it_goes() -> None:
    """A machine that is lent has torch, and hardly what reads sounds or runs models."""
    code = "import sys, engine.training.lease; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert not {"soundfile", "onnxruntime", "tokenizers", "scipy", "pythonosc"} & set(loaded.split())


def ticking(seconds: float) -> Callable[[], float]:
    """A clock by which every look takes so long."""
    now = 0.0

    def look() -> float:
        nonlocal now
        now += seconds
        return now

    return look


def test_threads_change_nothing_of_what_is_learned(tmp_path: Path, lease: Lease) -> None:
    """The same weights as of the loop that draws each window when it is wanted."""
    list(learn(lease))
    texts = unpack_shard(lease.shard, tmp_path / "there")
    windows = WindowSampler(tmp_path / "there")
    batches = DenoiserBatches(windows, Conditions(texts, None, Steering.TEXT), lease.run.batch)
    torch.manual_seed(lease.run.settings.seed)
    expected = train(tmp_path / "run", Denoiser(**NETWORK), batches.losses, lease.run.settings)

    found = returned(lease.out / WEIGHTS, Denoiser(**NETWORK)).state_dict()
    assert all(np.allclose(found[name], value, atol=1e-3) for name, value in expected.state_dict().items())
    assert any(
        float((found[name] - value).abs().max()) > 0
        for name, value in Denoiser(**NETWORK).state_dict().items()
    )


def test_it_ends_with_the_minutes_and_tells_how_it_goes(lease: Lease) -> None:
    """Long before the last step; seconds left fall, and the weights are there."""
    endless = replace(lease, run=replace(lease.run, settings=replace(lease.run.settings, steps=10**6)))
    news = list(learn(replace(endless, minutes=1.0), ticking(3.0)))

    assert 1 < len(news) and news[-1].step < 30
    left = [item.seconds_left for item in news]
    assert left == sorted(left, reverse=True) and left[-1] == 0.0
    assert all(item.loss > 0.0 and item.steps_per_second > 0.0 for item in news)
    assert [WEIGHTS] == [path.name for path in lease.out.iterdir()]


def test_a_lease_that_is_cut_off_has_left_what_was_learned(lease: Lease) -> None:
    """Weights are written on the way, whole ones."""
    endless = replace(lease, run=replace(lease.run, settings=replace(lease.run.settings, steps=10**6)))
    running = learn(replace(endless, minutes=1000.0), ticking(40.0))
    for _ in range(3):
        next(running)

    assert [WEIGHTS] == [path.name for path in lease.out.iterdir()]
    returned(lease.out / WEIGHTS, Denoiser(**NETWORK))
    running.close()


def test_a_lease_that_was_cut_goes_on_where_it_was(tmp_path: Path, lease: Lease) -> None:
    """With its state kept it comes to the weights of an unbroken one, to the bit; it tells its own speed."""
    list(learn(lease))
    expected = load_file(lease.out / WEIGHTS)
    broken = replace(lease, state=tmp_path / "state")
    running = learn(replace(broken, minutes=1000.0), ticking(8.0))
    next(running)
    running.close()
    done = steps_done(tmp_path / "state")
    assert 0 < done < STEPS

    news = list(learn(replace(broken, minutes=1000.0), ticking(8.0)))
    found = load_file(lease.out / WEIGHTS)
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert all(item.steps_per_second <= 1 / 8 for item in news)
    assert news[-1].step > done


def test_weights_of_another_network_are_refused(lease: Lease) -> None:
    """As torch says it: by the names and shapes that do not fit."""
    list(learn(lease))

    with pytest.raises(RuntimeError, match=r"size mismatch|Missing"):
        returned(lease.out / WEIGHTS, Denoiser(width=128, depth=2, heads=2))
