"""A model learns somebody's sounds: read them, remember what it knew, train, put a bundle together.

A generator of news, as installations are. Who stops listening stops it, and so does a killed process: the
sounds read, the memory, and the state of the last minute are kept in a hidden folder beside the models, and
the same command goes on from there.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import numpy as np
import torch
from torch import nn

from engine.errors import EngineError, ErrorCode
from engine.install.progress import UNKNOWN, Progress
from engine.install.workplace import Workplace, open_workplace, tidy
from engine.models.catalogue import models_folder
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.models.provenance import Steering as SteeredBy
from engine.models.provenance import Training
from engine.training.adapters import adapted, merged
from engine.training.denoiser import BANDS, CHANNELS, EMBEDDING, Denoiser
from engine.training.finetune_batches import Diffusion, FinetuneBatches, HeldOut, drift
from engine.training.latents import WindowSampler
from engine.training.library import Encoder, LatentCache, Sound, check_any, fill, held_out_groups
from engine.training.loop import RunSettings, load_average, save_atomically, training
from engine.training.own_bundle import LOG, write_bundle
from engine.training.recovered import recovered_denoiser
from engine.training.replay import Group, Memory, gathered, keep_group, kept_groups, prompts_left, remember
from engine.training.sound_files import sound_seconds, used_seconds
from engine.training.spent import FINISH_SECONDS, Clock, TimeSpent
from engine.training.steering import Steering, text_vectors
from engine.training.wish import Plan

ADAPTER_RATE, WHOLE_RATE = 5e-3, 1.5e-4
WARMUP_STEPS = 20
EVALUATE_STEPS = 20
PATIENCE_STEPS = 240  # without a better average on the held-out part
FEWEST_TAKES, MOST_TAKES = 24, 96  # of the old model
REMEMBER_SHARE = 0.1  # of the time
ENDLESS = 10**9


@dataclass(frozen=True)
class Remark:
    """Something that a person should know, as a sentence."""

    sentence: str


News = Progress | Remark
Steps = Generator[News, None, Any]


@dataclass(frozen=True)
class Trained:
    """What a training came to. The losses are NaN where nothing was held out."""

    folder: Path
    used: tuple[Sound, ...]
    skipped: tuple[Sound, ...]
    held_out: int  # files
    steering: SteeredBy
    steps: int
    seconds: float
    ended: str  # "time", "steps" or "held_out"
    measured: dict[str, float]


@dataclass
class _Work:
    """One training going on."""

    plan: Plan
    place: Workplace
    time: TimeSpent
    model: OnnxModel
    cache: LatentCache
    steering: SteeredBy = "text"
    held_out: int = 0
    measured: dict[str, float] = field(default_factory=dict)

    @property
    def run(self) -> Path:
        """The folder of the training run."""
        return self.place.folder / "run"


def train_own(plan: Plan, clock: Clock = monotonic) -> Generator[News, None, Trained]:
    """Train and publish. Raises EngineError."""
    models = models_folder()
    _check_network(plan)
    with open_workplace(models, plan.name, plan.key) as place:
        work = _Work(plan, place, TimeSpent(place, 60.0 * plan.wish.minutes, clock), *_networks(plan, place))
        work.time.begin()
        yield from _read(work)
        memory = yield from _memory(work)
        trained = yield from _learn(work, memory)
        place.publish(plan.folder)
    tidy(models)
    return trained


def _check_network(plan: Plan) -> None:
    """Raises EngineError(BAD_BUNDLE) for a model whose denoiser is not one of ours."""
    latents, mel = plan.base.specification.latents, plan.base.specification.mel
    shape = latents.channels, mel.n_mels // latents.band_factor
    if shape != (CHANNELS, BANDS) or plan.base.specification.schedule.prediction != "v_prediction":
        _refuse_network(plan)


def _refuse_network(plan: Plan, reason: Exception | None = None) -> NoReturn:
    raise EngineError(
        ErrorCode.BAD_BUNDLE,
        f"{plan.base.specification.name} can't be trained: its denoiser is not of the embedded model's kind; "
        "leave --from out.",
    ) from reason


def _networks(plan: Plan, place: Workplace) -> tuple[OnnxModel, LatentCache]:
    model = OnnxModel(plan.base)
    folder = place.folder / "latents"
    folder.mkdir(exist_ok=True)
    cache = LatentCache(folder, EMBEDDING if model.specification.ranking else 0)
    cache.load()
    return model, cache


# The stages


def _read(work: _Work) -> Steps:
    """The library as latents."""
    if work.place.result("sounds") is None:
        yield Progress("reading", len(work.cache.sounds), len(work.plan.files), work.time.left())
        encode = Encoder(work.model)
        work.cache.silence(encode)
        yield from _filled(work, encode)
        check_any(work.cache, work.plan.wish.library)
        work.place.finish("sounds")
        work.time.keep()
    yield from map(Remark, _remarks(work))


def _filled(work: _Work, encode: Encoder) -> Iterator[News]:
    """News by seconds of sound, for files differ in length."""
    library = work.plan.wish.library
    total, done, began = work.plan.seconds, 0.0, work.time.clock()
    for sound in work.cache.sounds:
        total -= used_seconds(sound_seconds(library / sound.path))
    kept = began
    for sound in fill(work.cache, library, work.plan.files, encode):
        done += used_seconds(sound_seconds(library / sound.path))
        now = work.time.clock()
        if now - kept > 10.0:
            work.time.keep()
            kept = now
        left = (now - began) / done * max(0.0, total - done) if done else 0.0
        yield Progress("reading", len(work.cache.sounds), len(work.plan.files), work.time.left(left))


def _remarks(work: _Work) -> Iterator[str]:
    plan = work.plan
    yield from (f"The folder {folder} can't be looked into." for folder in plan.closed)
    if plan.left_out:
        yield (
            f"{plan.left_out} files were left out: no more than {plan.seconds / 3600:.1f} h can be heard in "
            f"{plan.wish.minutes:g} minutes; give more --minutes to use them."
        )
    if not work.model.specification.ranking:
        unnamed = sum(not sound.captions for sound in work.cache.used)
        without = f"; {unnamed} files have none and are called {_spoken(plan)}" if unnamed else ""
        yield f"{plan.base.specification.name} has no audio encoder: only names tell what is what{without}."
    if not held_out_groups(work.cache.used):
        yield "There are too few different recordings to hold some out: the training ends with its time."


def _spoken(plan: Plan) -> str:
    return plan.name.replace("-", " ").replace("_", " ").lower()


def _memory(work: _Work) -> Generator[News, None, Memory]:
    """What the model knew."""
    path = work.place.folder / "memory.npz"
    if path.exists():
        return Memory.load(path)
    captions = sorted({text for sound in work.cache.used for text in sound.captions})
    vectors = text_vectors(work.model, [(text,) for text in captions], "")
    prompts = prompts_left(work.model, np.concatenate([np.zeros((0, EMBEDDING), np.float32), *vectors]))
    groups = yield from _takes_of_the_old(work, prompts)
    memory = gathered(groups, prompts, work.model.encode_text([""])[0])
    memory.save(path)
    return memory


def _takes_of_the_old(work: _Work, prompts: Float32) -> Generator[News, None, list[Group]]:
    """As many as a share of the time allows; each group is kept as soon as it is made."""
    folder = work.place.folder / "memory"
    groups = kept_groups(folder)
    before = done = sum(len(latents) for latents, _ in groups)
    began, takes = work.time.clock(), max(FEWEST_TAKES, done)
    yield Progress("remembering", done, takes, work.time.left())
    if done >= FEWEST_TAKES:
        return groups
    for group in remember(work.model, prompts, MOST_TAKES, work.plan.wish.seed, len(groups)):
        keep_group(folder, len(groups), group)
        work.time.keep()
        groups.append(group)
        done += len(group[0])
        each = (work.time.clock() - began) / (done - before)
        takes = int(np.clip(REMEMBER_SHARE * work.time.budget / each, FEWEST_TAKES, MOST_TAKES))
        yield Progress("remembering", min(done, takes), takes, work.time.left(each * max(0, takes - done)))
        if done >= takes:
            break
    return groups


def _learn(work: _Work, memory: Memory) -> Generator[News, None, Trained]:
    """The training itself, and the bundle."""
    plan = work.plan
    diffusion = Diffusion(plan.device)
    base = _recovered(plan).to(diffusion.device).requires_grad_(False)
    steering = _steering(work)
    new, held_out = _windows(work, steering, diffusion)
    geometry = plan.base.specification.latents
    batches = FinetuneBatches(new, steering, memory, base, geometry, diffusion)
    network = _network(plan, base)
    work.model.unload()
    work.time.learn()
    if held_out is not None:
        work.measured["held_out_before"] = held_out.loss(base)
    steps, ended = yield from _trained(work, network, batches, held_out)
    best = _best(work, network)
    if held_out is not None:
        work.measured["held_out_after"] = held_out.loss(best)
    finished = merged(best) if plan.wish.rank else best
    work.measured["old_prompts"] = drift(finished, base, memory, geometry.shortest_frames, diffusion)
    yield Progress("exporting", 0, 1, FINISH_SECONDS)
    return _published(work, finished, steps, ended)


def _network(plan: Plan, base: Denoiser) -> Denoiser:
    """What is trained: adapters beside the base's layers, or a copy of it."""
    if plan.wish.rank:
        return adapted(base, plan.wish.rank, plan.wish.seed)
    return copy.deepcopy(base).requires_grad_(True)


def _recovered(plan: Plan) -> Denoiser:
    try:
        return recovered_denoiser(plan.base.folder)
    except (RuntimeError, KeyError, FileNotFoundError) as error:
        _refuse_network(plan, error)


def _steering(work: _Work) -> Steering:
    """Vectors of names and, where the bundle can hear, of the sounds."""
    heard = work.cache.heard()
    captions = [sound.captions for sound in work.cache.sounds]
    named = any(sound.captions for sound in work.cache.used)
    work.steering = "text" if heard is None else "both" if named else "audio"
    texts: list[Float32] = text_vectors(work.model, captions, _spoken(work.plan) if heard is None else "")
    return Steering(work.cache.files(), texts, heard)


def _windows(work: _Work, steering: Steering, diffusion: Diffusion) -> tuple[WindowSampler, HeldOut | None]:
    """What is trained on, and what is held out."""
    groups = held_out_groups(work.cache.used)
    work.held_out = sum(sound.group in groups for sound in work.cache.used)
    clips = work.cache.clips()
    new = WindowSampler(work.cache.folder, clips=[clip for clip in clips if clip.caption not in groups])
    kept = [clip for clip in clips if clip.caption in groups]
    if not kept:
        return new, None
    geometry = work.plan.base.specification.latents
    return new, HeldOut(WindowSampler(work.cache.folder, clips=kept), steering, geometry, diffusion)


def _trained(
    work: _Work, network: nn.Module, batches: FinetuneBatches, held_out: HeldOut | None
) -> Generator[News, None, tuple[int, str]]:
    """The steps; gives how many there were and what ended them."""
    wish = work.plan.wish
    settings = RunSettings(
        steps=wish.steps or ENDLESS,
        learning_rate=ADAPTER_RATE if wish.rank else WHOLE_RATE,
        warmup_steps=WARMUP_STEPS,
        save_seconds=60.0,
        log_steps=10,
        seed=wish.seed,
        decays=False,
    )
    step, kept = 0, work.time.clock()
    yield Progress("training", 0, wish.steps, UNKNOWN if wish.steps else work.time.left())
    with closing(training(work.run, network, batches.losses, settings)) as steps:
        try:
            began = work.time.clock(), 0
            for done in steps:
                step = done.step
                began = (began[0], step - 1) if not began[1] else began
                over = step >= wish.steps if wish.steps else work.time.learning >= work.time.allowed
                # Before the news, after which somebody may stop it: an evaluation is never missed.
                settled = (over or step % EVALUATE_STEPS == 0) and _no_more(
                    work, step, done.average, held_out
                )
                yield _training_news(work, step, began)
                if work.time.clock() - kept > 30.0:
                    work.time.keep()
                    kept = work.time.clock()
                if settled or (over and not wish.steps):
                    return step, "held_out" if settled else "time"
        finally:
            work.time.keep()
    return max(step, wish.steps), "steps"


def _training_news(work: _Work, step: int, began: tuple[float, int]) -> Progress:
    """By steps where they end it, by seconds where time does."""
    wish = work.plan.wish
    left = work.time.left()
    if wish.steps:
        each = (work.time.clock() - began[0]) / max(1, step - began[1])
        return Progress("training", step, wish.steps, each * (wish.steps - step) + FINISH_SECONDS)
    return Progress("training, seconds", round(work.time.learning), round(work.time.allowed), left)


def _no_more(work: _Work, step: int, average: nn.Module, held_out: HeldOut | None) -> bool:
    """Keep the average if it is the best so far; is it time to stop?"""
    if held_out is None:
        return False
    loss = held_out.loss(average)
    path = work.run / "best.pt"
    best = torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None
    if best is None or loss < best["loss"]:
        save_atomically({"average": average.state_dict(), "step": step, "loss": loss}, path)
        return False
    return step - int(best["step"]) >= PATIENCE_STEPS


def _best(work: _Work, network: nn.Module) -> nn.Module:
    """The average that was best on the held-out part, or the last one where nothing is held out."""
    path = work.run / "best.pt"
    if not path.exists():
        return load_average(work.run, network)
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["average"])
    return network.eval()


def _published(work: _Work, denoiser: nn.Module, steps: int, ended: str) -> Trained:
    """The bundle, ready to take its name, and what there is to tell."""
    assert isinstance(denoiser, Denoiser)
    plan, used = work.plan, work.cache.used
    seconds = sum(sound.seconds for sound in used)
    made = Training(
        base=plan.base.specification.name,
        base_digest=plan.base.specification.digest,
        library=plan.library_name,
        sounds=len(used),
        seconds=round(seconds, 2),
        steps=steps,
        rank=plan.wish.rank,
        steering=work.steering,
    )
    measured = write_bundle(work.place.bundle, plan.name, plan.base, denoiser.cpu(), made, work.measured)
    _keep_log(work.run, work.place.bundle / LOG)
    return Trained(
        folder=plan.folder,
        used=tuple(used),
        skipped=tuple(work.cache.skipped),
        held_out=work.held_out,
        steering=work.steering,
        steps=steps,
        seconds=work.time.preparing + work.time.learning,
        ended=ended,
        measured=measured,
    )


def _keep_log(run: Path, folder: Path) -> None:
    """How the losses went, beside the model: ``log.jsonl`` and TensorBoard's events.

    Their names say on which machine they were written, which is left out.
    """
    folder.mkdir(exist_ok=True)
    for number, file in enumerate(sorted(run.iterdir())):
        if file.name == "log.jsonl":
            shutil.copyfile(file, folder / file.name)
        elif file.name.startswith("events.out."):
            shutil.copyfile(file, folder / f"{'.'.join(file.name.split('.')[:4])}.{number}")
