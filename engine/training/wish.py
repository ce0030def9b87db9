"""What somebody wants to have trained, and everything that can be said about it before the work begins."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import psutil

from engine.errors import EngineError, ErrorCode
from engine.install.room import check_room
from engine.install.workplace import INSTALLING, read_record
from engine.models.bundle import Bundle, load_bundle
from engine.models.catalogue import find_model, list_models, models_folder
from engine.models.manifest import MODEL_NAME, GraphName
from engine.training.captions import Named, name_of, read_csv
from engine.training.sound_files import find_sounds, sound_seconds, used_seconds

MINUTES, RANK = 30.0, 16
MOST_MINUTES, MOST_RANK = 100_000.0, 256
# A second of training hears about eight windows of the shortest length; what is beyond is heard by nobody.
LIBRARY_SHARE = 20.0  # seconds of library for each second of training
FEWEST_SECONDS = 600.0  # of library that are used in any case
OWN_CSV = "captions.csv"  # is read where a library has one and no other is named
BYTES_A_SECOND = 6_600  # of sound: latents of half precision, and what the audio encoder hears
# Measured: resident memory of a run on the embedded model, and what is needed for each of its parameters.
WORKING_BYTES = 1.5e9
STATE_COPIES = {False: 3, True: 7}  # of the denoiser: with adapters; whole (average, gradients, two moments)
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Wish:
    """What the user decides. ``rank`` 0 trains all weights; ``steps`` 0 leaves the end to the minutes."""

    library: Path
    name: str = ""  # "": the library's
    base: str = ""  # "": the default model
    minutes: float = MINUTES
    steps: int = 0
    captions: Path | None = None
    rank: int = RANK
    device: str = "auto"
    anew: bool = False  # forget an unfinished training of this name
    seed: int = 1


@dataclass(frozen=True)
class Plan:
    """A training before it is begun. ``files`` are those that will be read, in this order."""

    wish: Wish
    name: str
    base: Bundle
    files: Mapping[PurePosixPath, Named]
    seconds: float  # of sound that will be read
    left_out: int  # files beyond what can be heard in the time
    device: str
    closed: tuple[str, ...] = ()  # folders that can't be looked into

    @property
    def folder(self) -> Path:
        """Where the model will be."""
        return models_folder() / self.name

    @property
    def key(self) -> Mapping[str, Any]:
        """What makes an unfinished training the same as this one; its end may be another."""
        return {
            "training": str(self.wish.library.resolve()),
            "base": self.base.specification.digest,
            "rank": self.wish.rank,
            "seed": self.wish.seed,
            "captions": str(self.wish.captions.resolve()) if self.wish.captions else "",
        }

    @property
    def library_name(self) -> str:
        """The folder's name, which goes into the model; its path does not."""
        return self.wish.library.resolve().name or "sounds"


def plan_training(wish: Wish) -> Plan:
    """Raises EngineError: whatever can be known to be wrong before anything is read."""
    _check_numbers(wish)
    library = wish.library
    if not library.is_dir():
        raise EngineError(
            ErrorCode.NOT_FOUND, f"There is no folder {library}; name the folder of your sounds."
        )
    name = wish.name or model_name(library.resolve().name)
    _check_name(name)
    device = choose_device(wish.device)
    base = load_bundle(find_model(wish.base).folder)
    closed: list[str] = []
    paths = find_sounds(library, closed)
    if not paths:
        raise EngineError(ErrorCode.NOT_FOUND, f"There are no WAV, FLAC, OGG or AIFF files in {library}.")
    files, seconds, left_out = _chosen(wish, paths)
    plan = Plan(wish, name, base, files, seconds, left_out, device, tuple(closed))
    _check_unfinished(plan)
    _check_resources(plan)
    return plan


def model_name(folder: str) -> str:
    """A folder's name as a model's; letters keep what they are without their marks."""
    letters = unicodedata.normalize("NFKD", folder.replace("ß", "ss"))
    unmarked = "".join(letter for letter in letters if not unicodedata.combining(letter))
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", unmarked).strip("-._")[:64]
    return plain.lower() or "my-sounds"


def choose_device(asked: str) -> str:
    """cpu or cuda. Raises EngineError(NO_DEVICE), or ModuleNotFoundError without torch."""
    import torch

    there = torch.cuda.is_available()
    if asked not in DEVICES or (asked == "cuda" and not there):
        raise EngineError(
            ErrorCode.NO_DEVICE,
            f"Training can't use the device {asked} here; leave --device out, or say cpu.",
        )
    return "cuda" if there and asked != "cpu" else "cpu"


def _check_numbers(wish: Wish) -> None:
    if not 0.1 <= wish.minutes <= MOST_MINUTES:
        raise EngineError(ErrorCode.BAD_ARGUMENT, f"--minutes must be from 0.1 to {MOST_MINUTES:g}.")
    if not 0 <= wish.rank <= MOST_RANK:
        raise EngineError(ErrorCode.BAD_ARGUMENT, f"--rank must be from 1 to {MOST_RANK}.")
    if wish.steps < 0:
        raise EngineError(ErrorCode.BAD_ARGUMENT, "--steps must be 1 or more.")


def _check_name(name: str) -> None:
    if not MODEL_NAME.fullmatch(name):
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, f"A model can't be called {name}: use letters, digits, dots and dashes."
        )
    if any(model.name == name for model in list_models()) or (models_folder() / name).exists():
        raise EngineError(
            ErrorCode.FILE_EXISTS,
            f"There is a model {name} already; choose another --name, or punchin models remove {name}.",
        )


def _chosen(wish: Wish, paths: Sequence[PurePosixPath]) -> tuple[dict[PurePosixPath, Named], float, int]:
    """The files to read with their names, how long they sound, and how many are too many.

    Where there are too many, they are drawn by a hash of their paths, the same every time.
    """
    own = wish.library / OWN_CSV
    table = wish.captions or (own if own.is_file() else None)
    listed = read_csv(table, paths) if table else {}
    room = max(FEWEST_SECONDS, LIBRARY_SHARE * 60.0 * wish.minutes)
    total, chosen = 0.0, []
    for path in sorted(paths, key=lambda path: hashlib.sha256(os.fsencode(path)).digest()):
        if total > room:
            break
        total += used_seconds(sound_seconds(wish.library / path))
        chosen.append(path)
    return {path: name_of(path, listed) for path in chosen}, total, len(paths) - len(chosen)


def _check_unfinished(plan: Plan) -> None:
    """An unfinished training with other sounds or settings is not thrown away unasked."""
    found = read_record(models_folder() / f"{INSTALLING}{plan.name}")
    if found is None or plan.wish.anew or found[0] == plan.key:
        return
    raise EngineError(
        ErrorCode.FILE_EXISTS,
        f"There is an unfinished training of {plan.name} with another library, model or settings; "
        "give those again to go on with it, --anew to forget it, or another --name.",
    )


def _check_resources(plan: Plan) -> None:
    """Raises EngineError: CANT_WRITE for too little disk, TOO_MUCH for too little memory."""
    whole = plan.wish.rank == 0
    size = sum(record.size_bytes for record in plan.base.manifest.files.values())
    # Weights in the bundle are bytes or float32; at most four times its denoiser as float32.
    denoiser = 4 * plan.base.manifest.files[plan.base.manifest.graphs[GraphName.DENOISER]].size_bytes
    # A checkpoint and the next one beside it: weights, average, two moments.
    checkpoints = 2 * 4 * denoiser if whole else denoiser
    check_room({models_folder(): round(size + plan.seconds * BYTES_A_SECOND + checkpoints) + 64 * 2**20})
    needed = WORKING_BYTES + STATE_COPIES[whole] * denoiser
    free = psutil.virtual_memory().available
    if free < needed:
        raise EngineError(
            ErrorCode.TOO_MUCH,
            f"Training needs {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free; "
            "close other programs (or punchin quit).",
        )
