"""A training may be killed at any moment, and its model is listed only when it is whole."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("onnxscript", reason="needs the extra train")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

from engine.errors import EngineError, ErrorCode  # noqa: E402 - after the skips
from engine.models.bundle import load_bundle  # noqa: E402
from engine.models.catalogue import find_model, list_models  # noqa: E402
from engine.training import finetune, finetune_batches, replay  # noqa: E402
from engine.training.finetune import Remark, Trained, train_own  # noqa: E402
from engine.training.wish import Wish, plan_training  # noqa: E402
from tests.engine.training.own_sounds import OLD_PROMPTS, make_base, make_library  # noqa: E402


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the small model in it; made once."""
    home = tmp_path_factory.mktemp("home")
    make_base(home / "models")
    make_base(home / "models", "hearing", hears=True)
    return home


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten short horns."""
    return make_library(tmp_path_factory.mktemp("sounds") / "My Horns")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, installed: Path) -> None:
    """Few prompts and takes, so that a training takes seconds."""
    monkeypatch.setenv("PUNCHIN_HOME", str(installed))
    monkeypatch.setattr(replay, "old_prompts", lambda: OLD_PROMPTS)
    monkeypatch.setattr(finetune, "FEWEST_TAKES", 4)
    monkeypatch.setattr(finetune, "MOST_TAKES", 4)
    monkeypatch.setattr(finetune, "EVALUATE_STEPS", 4)
    monkeypatch.setattr(finetune_batches, "HELD_OUT_WINDOWS", 16)


@pytest.fixture
def wish(library: Path, request: pytest.FixtureRequest) -> Wish:
    """Six steps from the small model, under a name of the test's own."""
    name = request.node.name.replace("[", "-").strip("]")[-40:].strip("_-.")
    return Wish(library, name=name, base="small", steps=6, rank=4)


def finish(wish: Wish) -> Trained:
    """A training at one go."""
    work = train_own(plan_training(wish))
    while True:
        try:
            next(work)
        except StopIteration as end:
            trained: Trained = end.value
            return trained


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The denoiser's numbers as they lie in the bundle."""
    from engine.training.recovered import recovered_denoiser

    return recovered_denoiser(folder).state_dict()


def test_a_trained_model_is_listed_whole_and_says_what_it_is(wish: Wish) -> None:
    """It loads, computes what its network computes, and names its sounds, base and licence, but no path."""
    assert wish.name not in [model.name for model in list_models()]
    trained = finish(wish)
    entry = find_model(wish.name)
    bundle = load_bundle(entry.folder)
    made = bundle.manifest.training
    assert made is not None
    assert (made.base, made.library, made.sounds, made.steps, made.rank) == ("small", "My Horns", 10, 6, 4)
    assert made.base_digest == load_bundle(find_model("small").folder).specification.digest
    assert bundle.specification.licence == find_model("small").licence
    assert "My Horns" in bundle.manifest.description
    texts = [(entry.folder / name).read_text() for name in ("ATTRIBUTION.md", "README.md", "manifest.json")]
    assert "My Horns" in texts[0]
    assert (find_model("small").folder / "ATTRIBUTION.md").read_text() in texts[0]
    assert not any(str(wish.library.parent) in text for text in texts)
    assert trained.measured == dict(bundle.manifest.measured)
    assert trained.measured["graph"] < 0.1
    assert trained.measured["held_out_after"] < trained.measured["held_out_before"]
    log = (entry.folder / "training-log" / "log.jsonl").read_text().splitlines()
    assert all({"step", "loss", "new", "old"} <= json.loads(line).keys() for line in log)
    assert not list(entry.folder.parent.glob(f".installing-{wish.name}*"))
    logs = [path.name for path in (entry.folder / "training-log").iterdir()]
    assert not any(socket.gethostname() in name.split(".") for name in logs)
    assert "ATTRIBUTION.csv" in bundle.manifest.files


def test_it_learns_even_where_the_bundle_has_no_ears(wish: Wish) -> None:
    """Without an audio encoder names stand for prompts, and that is said in a sentence."""
    remarks = [news.sentence for news in train_own(plan_training(wish)) if isinstance(news, Remark)]
    assert any("no audio encoder" in sentence for sentence in remarks)


def test_sounds_without_names_are_learned_where_the_model_can_hear(wish: Wish, tmp_path: Path) -> None:
    """How they sound stands for prompts; with names, either does. Nothing is said of missing ears."""
    for old in sorted(wish.library.iterdir()):
        (tmp_path / f"ZOOM{len(list(tmp_path.iterdir())):04d}{old.suffix}").write_bytes(old.read_bytes())
    unnamed = finish(replace(wish, library=tmp_path, base="hearing", steps=2, name=f"{wish.name}-u"))
    assert unnamed.steering == "audio"
    named = finish(replace(wish, base="hearing", steps=2))
    assert named.steering == "both"


@pytest.mark.parametrize("rank", [4, 0])
def test_a_stopped_training_ends_where_an_unbroken_one_does(wish: Wish, rank: int) -> None:
    """Stopped after every piece of news in turn, it comes to the same weights to the bit."""
    unbroken = finish(replace(wish, rank=rank, name=f"{wish.name}-unbroken"))
    broken = replace(wish, rank=rank)
    for pieces in range(1, 60):
        assert broken.name not in [model.name for model in list_models()]
        work = train_own(plan_training(broken))
        with closing(work):
            if len(list(zip(range(pieces), work, strict=False))) < pieces:
                break
    expected, found = weights(unbroken.folder), weights(unbroken.folder.parent / broken.name)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_takes_of_the_old_model_are_not_made_twice(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped among them, a training goes on after the last one, and remembers the same ones."""
    monkeypatch.setattr(finetune, "FEWEST_TAKES", 8)
    monkeypatch.setattr(finetune, "MOST_TAKES", 8)
    made: list[int] = []
    real = replay._takes

    def counted(model: Any, conditions: Any, *rest: Any) -> Any:
        made.append(len(conditions))
        return real(model, conditions, *rest)

    monkeypatch.setattr(replay, "_takes", counted)
    unbroken = finish(replace(wish, name=f"{wish.name}-whole", steps=2))
    assert made == [4, 4]
    with closing(train_own(plan_training(replace(wish, steps=2)))) as work:
        for news in work:
            if not isinstance(news, Remark) and (news.stage, news.done) == ("remembering", 4):
                break
    assert made == [4, 4, 4]
    broken = finish(replace(wish, steps=2))
    assert made == [4, 4, 4, 4]
    expected, found = weights(unbroken.folder), weights(broken.folder)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are any bytes")
def test_odd_names_and_closed_folders_are_told_and_stop_nothing(
    wish: Wish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is no text, a line break in a name, a pipe, a link that leads back, a closed folder."""
    library = tmp_path / "Töne"
    shutil.copytree(wish.library, library)
    first = next(library.iterdir())
    first.rename(os.fsdecode(os.fsencode(library) + b"/T\xfcr.wav"))
    next(library.glob("Klaxon*")).rename(library / "new\nline.wav")
    os.mkfifo(library / "pipe.wav")
    (library / "back").symlink_to(library)
    (library / "closed").mkdir()
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    work = train_own(plan_training(replace(wish, library=library, steps=1)))
    remarks = []
    while True:
        try:
            news = next(work)
        except StopIteration as end:
            trained: Trained = end.value
            break
        remarks += [news.sentence] if isinstance(news, Remark) else []
    assert any("closed can't be looked into" in sentence for sentence in remarks)
    reasons = [sound.skipped for sound in trained.skipped]
    assert len(trained.used) == 9 and len(reasons) == 2
    assert any("rename it" in reason for reason in reasons)
    assert any("pipe.wav is not a file" in reason and str(library) not in reason for reason in reasons)


class KilledError(Exception):
    """Stands for a power cut: nothing is tidied up."""


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_training_leaves_no_half_model_and_goes_on(
    wish: Wish, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Whatever file was being written, no half model is ever listed and the same wish finishes."""
    rng = np.random.default_rng(seed)
    countdown = int(rng.integers(1, 14))
    real = finetune_batches.FinetuneBatches.losses
    written = finetune.write_bundle

    def dying(*arguments: object) -> object:
        nonlocal countdown
        countdown -= 1
        if countdown <= 0:
            countdown = 10**6
            raise KilledError
        return real(*arguments)  # type: ignore[arg-type]

    def dying_writer(folder: Path, *arguments: object) -> object:
        nonlocal countdown
        if countdown < 10**5:
            countdown = 10**6
            (folder / "denoiser.onnx").write_bytes(b"half")
            raise KilledError
        return written(folder, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(finetune_batches.FinetuneBatches, "losses", dying)
    monkeypatch.setattr(finetune, "write_bundle", dying_writer)
    with pytest.raises(KilledError):
        finish(wish)
    assert wish.name not in [model.name for model in list_models()]
    assert finish(wish).steps == 6
    load_bundle(find_model(wish.name).folder)


def test_it_stops_early_when_held_out_sounds_get_no_better(
    wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best average is what the model is made of, not the last one."""
    losses = iter([0.9, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
    monkeypatch.setattr(finetune, "PATIENCE_STEPS", 8)
    monkeypatch.setattr(finetune_batches.HeldOut, "loss", lambda _self, _model: next(losses, 1.0))
    trained = finish(replace(wish, steps=100))
    assert trained.ended == "held_out"
    assert trained.steps == 4 + 8  # best at the first evaluation, then two more


def test_an_unfinished_training_is_not_thrown_away_unasked(wish: Wish) -> None:
    """Another rank would begin anew: that is refused until it is asked for."""
    with closing(train_own(plan_training(wish))) as work:
        next(news for news in work if not isinstance(news, Remark) and news.stage == "remembering")
    with pytest.raises(EngineError, match="unfinished training") as refused:
        plan_training(replace(wish, rank=8))
    assert refused.value.code is ErrorCode.FILE_EXISTS
    plan_training(replace(wish, rank=8, anew=True))
    plan_training(replace(wish, minutes=99))


def test_names_that_are_taken_are_refused_before_anything_is_read(wish: Wish) -> None:
    """An existing model is never replaced."""
    with pytest.raises(EngineError, match="There is a model small already"):
        plan_training(replace(wish, name="small"))


def test_a_model_of_another_kind_is_refused(wish: Wish, installed: Path) -> None:
    """A converted checkpoint has another denoiser, and the sentence says so."""
    from tests.bundles import make_tiny_bundle

    if not (installed / "models" / "tiny").exists():
        make_tiny_bundle(installed / "models" / "tiny")
    with pytest.raises(EngineError, match="can't be trained"):
        finish(replace(wish, base="tiny"))


def test_too_little_memory_or_disk_is_said_first(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun that can't be finished."""
    import psutil

    from engine.training import wish as wishes

    with monkeypatch.context() as patch:
        patch.setattr(wishes, "WORKING_BYTES", 1e15)
        with pytest.raises(EngineError, match="GB of memory"):
            plan_training(wish)
    full = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(EngineError, match="not enough room"):
        plan_training(wish)
    assert psutil.virtual_memory().available > 0


def seconds_left(clock: Iterator[float], wish: Wish) -> list[float]:
    """What a training says of its time, by a clock of its own."""
    work = train_own(plan_training(wish), lambda: next(clock))
    return [news.seconds_left for news in work if not isinstance(news, Remark)]


def test_the_time_left_is_known_from_the_first_second_and_kept(wish: Wish) -> None:
    """With one minute to go, every piece of news promises an end at about that minute, and it comes."""
    now = 0.0

    def ticks() -> Iterator[float]:
        nonlocal now
        while True:
            now += 0.5
            yield now

    left = seconds_left(ticks(), replace(wish, steps=0, minutes=1.0))
    assert left[0] == pytest.approx(60 + finetune.FINISH_SECONDS, abs=3)
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(left))
    assert left[-1] <= finetune.FINISH_SECONDS + 1
