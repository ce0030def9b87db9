"""How well and how fast sounds are found: ``python -m engine.evaluation.retrieval --corpus CORPUS``.

Clips of held-out packages become a library of files; what is searched for are their classes. Names are codes
that say nothing, the clips' captions, or captions for every second file. With ``--clips N`` as many clips of
the whole corpus are indexed, and the time it takes is all there is to learn.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.source import SourceInfo
from engine.config import Home
from engine.library import shelf
from engine.library.database import opened
from engine.library.evidence import Float64, both, standard
from engine.library.folder import FoundFile
from engine.library.hearing import HeardSpan
from engine.library.indexing import index_folder
from engine.library.models import enrol
from engine.library.search import look, search, searchable
from engine.models.catalogue import load_model
from engine.models.interface import Model
from engine.protocol.library_requests import IndexRequest, SearchRequest
from engine.protocol.replies import Indexed
from engine.training.corpus import is_held_out

Float32 = NDArray[np.float32]

FIRST = 10  # hits that a person listens to
FEWEST = 3  # clips of a class that is searched for
SYNTHETIC = 10_000  # vectors of the library whose search is timed
SEARCHES = 20
NAMES = ("codes", "captions", "half")


@dataclass(frozen=True)
class Clip:
    """A recording of the corpus."""

    id: str
    caption: str
    sound_class: str


@dataclass(frozen=True)
class Quality:
    """Means over classes. By chance: what an order at random comes to."""

    names: str
    order: str  # "search": as the product does it
    classes: int
    files: int
    first_right: float  # searches whose first hit is of the class
    found_in_ten: float  # searches with one of the class among ten
    r_precision: float  # of as many hits as the class has files, the share that is of it
    chance: float  # of r_precision


def read_clips(corpus: Path, held_out: bool) -> list[Clip]:
    """Those of the manifest, or of its held-out packages."""
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest))
    chosen = (row for row in rows if not held_out or is_held_out(row["package"]))
    return [Clip(row["id"], row["caption"], row["class"]) for row in chosen]


def lay_out(corpus: Path, clips: Sequence[Clip], names: str, folder: Path) -> dict[str, Clip]:
    """Copies of the clips with such names in ``folder``; the clips by path."""
    folder.mkdir(parents=True)
    placed = {}
    for number, clip in enumerate(clips):
        is_named = names == "captions" or (names == "half" and number % 2)
        words = "".join(letter if letter.isalnum() else "_" for letter in clip.caption)
        path = folder / (f"{words}_{number:04}.ogg" if is_named else f"{number:04}.ogg")
        shutil.copyfile(corpus / "audio" / f"{clip.id}.ogg", path)
        placed[str(path)] = clip
    return placed


@dataclass(frozen=True)
class Cost:
    """Time that passed, and time that the processors of this process worked."""

    seconds: float
    processor_seconds: float


class Timer:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def cost(self) -> Cost:
        """So far."""
        return Cost(time.perf_counter() - self._began[0], time.process_time() - self._began[1])


def indexed(model: Model, home: Home, folder: Path) -> tuple[Indexed, Cost]:
    """What an index of the folder came to, and what it cost."""
    timer = Timer()
    replies = list(index_folder(IndexRequest("bench", str(folder)), model, home, time.perf_counter))
    (found,) = (reply for reply in replies if isinstance(reply, Indexed))
    return found, timer.cost()


def reciprocal_ranks(sound: Float64, name: Float64) -> Float64:
    """Cormack et al. (2009), with their constant."""
    total = np.zeros(len(sound))
    for values in (sound, name):
        order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")
        total[order] += 1.0 / (60.0 + np.arange(len(order)))
    return total


# Other ways to one order: of cosines of sounds and of names, NaN where one is not known.
ORDERS: dict[str, Callable[[Float64, Float64], Float64]] = {
    "sound": lambda sound, _: sound,
    "name": lambda _, name: name,
    "sum": lambda sound, name: both([standard(sound), standard(name)]),
    "reciprocal ranks": reciprocal_ranks,
    "stronger": lambda sound, name: np.fmax(standard(sound), standard(name)),
}


def quality(model: Model, home: Home, placed: dict[str, Clip], names: str) -> Iterator[Quality]:
    """Search for every class of which there are ``FEWEST`` clips; a row for each way to one order."""
    counts = Counter(clip.sound_class for clip in placed.values())
    rows: dict[str, list[tuple[float, ...]]] = {}
    with opened(home) as database:
        number = searchable(database, model)
        for sound_class in sorted(name for name, count in counts.items() if count >= FEWEST):
            request, prompt = (
                SearchRequest("bench", sound_class),
                model.encode_text([sound_class]).reshape(-1),
            )
            found = look(database, number, request, prompt, None)
            right = np.array([placed[it.paths[0]].sound_class == sound_class for it in found.candidates])
            orders = {name: order(found.sound, found.name) for name, order in ORDERS.items()}
            for order, scores in {"search": found.scores()[0], **orders}.items():
                rows.setdefault(order, []).append(_grades(right, scores))
    for order, grades in rows.items():
        means = np.mean(np.array(grades, np.float64), axis=0)
        yield Quality(names, order, len(grades), len(placed), *map(float, means))


def _grades(right: NDArray[np.bool_], scores: Float64) -> tuple[float, ...]:
    """Of one search: the first is right, one of ten is, R-precision, and that by chance."""
    hits = right[np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")]
    return float(hits[0]), float(hits[:FIRST].any()), float(hits[: right.sum()].mean()), float(right.mean())


def synthetic_cost(model: Model, home: Home, vectors: int = SYNTHETIC) -> Cost:
    """The median of searches over so many vectors of random directions, three to a named file."""
    rng = np.random.default_rng(0)
    width = model.encode_text(["rain"]).size
    with opened(home) as database:
        number, _ = enrol(database, model.specification)
        for file in range(vectors // 3):
            spans = [HeardSpan(place, place + 1, _direction(rng, width)) for place in range(3)]
            path = home.state / f"{file}.wav"
            path.touch()
            info = SourceInfo(path, 48_000, 1, 48_000, "WAV", "PCM_24", "FILE")
            sound = shelf.put_sound(database, f"{file:064}", info, "", number, spans)
            shelf.put_file(database, FoundFile(str(path), 1, 1), sound, (f"sound of {file}",))
        texts = shelf.unread_texts(database, number, vectors)
        directions = np.stack([_direction(rng, width) for _ in texts])
        shelf.put_texts(database, number, [text for text, _ in texts], directions)
    costs = []
    for _ in range(SEARCHES):
        timer = Timer()
        list(search(SearchRequest("bench", "rain on a roof"), model, home, time.perf_counter))
        costs.append(timer.cost())
    return Cost(*(float(np.median([getattr(cost, field.name) for cost in costs])) for field in fields(Cost)))


def _direction(rng: np.random.Generator, width: int) -> Float32:
    drawn = rng.normal(size=width)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


def report(corpus: Path, model: Model, clips: int) -> Iterator[dict[str, object]]:
    """One row after the other, as they are known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if clips:
            chosen = read_clips(corpus, held_out=False)
            random.Random(1).shuffle(chosen)
            lay_out(corpus, chosen[:clips], "codes", folder / "many")
            found, cost = indexed(model, _home(folder / "home-many"), folder / "many")
            yield {"measured": "index", "clips": clips, **asdict(found), **asdict(cost)}
        else:
            held_out = read_clips(corpus, held_out=True)
            for names in NAMES:
                placed = lay_out(corpus, held_out, names, folder / names)
                home = _home(folder / f"home-{names}")
                indexed(model, home, folder / names)
                for row in quality(model, home, placed, names):
                    yield {"measured": "quality", **asdict(row)}
        cost = synthetic_cost(model, _home(folder / "home-synthetic"))
        yield {"measured": "search", "vectors": SYNTHETIC, **asdict(cost)}


def _home(folder: Path) -> Home:
    return Home(folder, folder / "takes")


def main() -> None:
    """Prints a row as soon as it is known."""
    parser = argparse.ArgumentParser(description="Measure the search in a library of sounds.")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="")
    parser.add_argument("--clips", type=int, default=0, help="time the index of so many, and nothing else")
    options = parser.parse_args()
    model = load_model(options.model, "cpu")
    for row in report(options.corpus, model, options.clips):
        print(json.dumps({key: _short(value) for key, value in row.items()}), flush=True)


def _short(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
