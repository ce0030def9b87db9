"""The sounds of a library that are nearest to a prompt, to another sound, or to both."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.library.database import Database, opened
from engine.library.evidence import Float64, both, either, reason, standard
from engine.library.folder import is_below
from engine.library.hearing import hear
from engine.library.models import deafness, model_id
from engine.library.shelf import blob, path_of_folder
from engine.library.wording import searched_words, stem
from engine.models.interface import Model
from engine.protocol.library_requests import SearchRequest
from engine.protocol.replies import Done, Hit, Notice, Progress, Reply
from engine.stopwatch import Stopwatch

Float32 = NDArray[np.float32]
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Match:
    """The part of a sound that fits best, in frames, and the cosine."""

    start: int
    stop: int
    cosine: float


@dataclass(frozen=True)
class Candidate:
    """A sound of the library, where it lies, and what it is called there."""

    sound: int
    frames: int
    sample_rate: int
    paths: tuple[str, ...]
    texts: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.sample_rate


@dataclass(frozen=True)
class Found:
    """What is known of all candidates, one place for each; NaN where a kind of evidence is not known."""

    candidates: tuple[Candidate, ...]
    matches: tuple[Match | None, ...]
    texts: tuple[int | None, ...]  # the one nearest to the prompt
    sound: Float64  # cosines
    name: Float64
    likeness: Float64

    def scores(self) -> tuple[Float64, Float64, Float64]:
        """All together, and by sound and by name alone, in standard deviations."""
        sound, name, likeness = standard(self.sound), standard(self.name), standard(self.likeness)
        by_sound = both([sound, likeness])
        return either([by_sound, name]), by_sound, name


def search(request: SearchRequest, model: Model, home: Home, clock: Callable[[], float]) -> Iterator[Reply]:
    """A Hit for each sound that was found, the best first, then Done. ``clock`` counts seconds.

    Raises EngineError: NOT_FOUND where nothing is indexed for this model, or what ``hear`` raises.
    """
    watch = Stopwatch(clock)
    with opened(home) as database:
        yield from (Notice(request.job_id, sentence) for sentence in database.notices)
        number = searchable(database, model)
        yield from deafness(request.job_id, model)
        with watch.stage("listening"):
            like = yield from _heard(request, model)
        with watch.stage("reading"):
            prompt = model.encode_text([request.prompt]).reshape(-1) if request.prompt.strip() else None
        with watch.stage("searching"):
            found = look(database, number, request, prompt, like)
            texts: dict[int, str] = dict(database.rows("SELECT id, text FROM texts"))
        yield from _hits(request, found, texts)
    yield Done(request.job_id, 0, watch.timings())


def searchable(database: Database, model: Model) -> int:
    """The model's number. Raises EngineError(NOT_FOUND) where it has nothing to search."""
    number = model_id(database, model.specification)
    if number is not None:
        return number
    folders = [path for (path,) in database.rows("SELECT path FROM folders ORDER BY path")]
    name = model.specification.name
    if not folders:
        sentence = "No sounds are indexed yet; take a folder in with punchin library index FOLDER."
    else:
        sentence = (
            f"Your sounds were indexed with another model than {name} as it is now; "
            f"index them again: punchin library index {' '.join(folders[:3])}{' ...' if folders[3:] else ''}."
        )
    raise EngineError(ErrorCode.NOT_FOUND, sentence)


def _heard(request: SearchRequest, model: Model) -> Generator[Reply, None, Float32 | None]:
    """Where the sound lies that the others should be like: the mean of its parts."""
    if not request.like:
        return None
    if model.specification.ranking is None:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"The model {model.specification.name} can't hear; search by a prompt, or with another model.",
        )
    listening = hear(Path(request.like), model)
    while True:
        try:
            next(listening)
        except StopIteration as stop:
            mean: Float32 = np.mean([span.vector for span in stop.value], axis=0)
            return mean
        yield Progress(request.job_id, "listening", 0, 0, -1.0)


def look(
    database: Database, model: int, request: SearchRequest, prompt: Float32 | None, like: Float32 | None
) -> Found:
    """Every sound with all that is known of it: filters come later, so that scores don't depend on them."""
    candidates = tuple(_candidates(database))
    by_prompt = nearest_spans(database, model, prompt)
    by_likeness = nearest_spans(database, model, like)
    names = name_nearness(database, model, prompt, request.prompt)
    nearest = [max(c.texts, key=lambda text: names.get(text, -2.0), default=None) for c in candidates]
    shown = by_prompt or by_likeness
    return Found(
        candidates,
        tuple(shown.get(candidate.sound) for candidate in candidates),
        tuple(nearest),
        _cosines(candidates, by_prompt),
        np.array([_UNKNOWN if text is None else names.get(text, _UNKNOWN) for text in nearest], np.float64),
        _cosines(candidates, by_likeness),
    )


def nearest_spans(database: Database, model: int, vector: Float32 | None) -> dict[int, Match]:
    """The best part of each sound that this model has heard, by sound."""
    if vector is None:
        return {}
    rows = database.rows(
        """SELECT sound, start, stop, min(vec_distance_cosine(vector, ?)) FROM spans
        WHERE model = ? GROUP BY sound""",
        blob(vector),
        model,
    )
    return {sound: Match(start, stop, 1.0 - distance) for sound, start, stop, distance in rows}


def name_nearness(database: Database, model: int, vector: Float32 | None, prompt: str) -> dict[int, float]:
    """How near each name and description is to the prompt, by text: the cosine, or the share of the prompt's
    words that stand in it, if that is more. A name with every word of the prompt is 1."""
    if vector is None:
        return {}
    rows = database.rows(
        """SELECT id, texts.text, vec_distance_cosine(vector, ?) FROM text_vectors
        JOIN texts ON id = text_vectors.text WHERE model = ?""",
        blob(vector),
        model,
    )
    wanted = {stem(word) for word in searched_words(prompt)}
    return {number: max(1.0 - distance, _share(wanted, text)) for number, text, distance in rows}


def _share(wanted: set[str], text: str) -> float:
    """Of the wanted words, how many stand in a text; most texts are not worth taking apart."""
    lowered = text.lower()
    if not any(word in lowered for word in wanted):
        return 0.0
    return len(wanted & {stem(word) for word in searched_words(text)}) / len(wanted)


def _candidates(database: Database) -> Iterator[Candidate]:
    """Every sound that can be found, files of the same content as one."""
    paths: dict[int, list[str]] = {}
    texts: dict[int, list[int]] = {}
    for path, sound in database.rows("SELECT path, sound FROM files ORDER BY path"):
        paths.setdefault(sound, []).append(path)
    for sound, text in database.rows("SELECT sound, text FROM said JOIN files ON files.path = said.path"):
        texts.setdefault(sound, []).append(text)
    for sound, frames, rate in database.rows(
        "SELECT id, frames, sample_rate FROM sounds WHERE problem = '' ORDER BY id"
    ):
        if sound in paths:
            yield Candidate(sound, frames, rate, tuple(paths[sound]), tuple(texts.get(sound, ())))


def _cosines(candidates: Iterable[Candidate], matches: Mapping[int, Match]) -> Float64:
    found = (matches.get(candidate.sound) for candidate in candidates)
    return np.array([_UNKNOWN if match is None else match.cosine for match in found], np.float64)


def _hits(request: SearchRequest, found: Found, texts: Mapping[int, str]) -> Iterator[Reply]:
    """The best that are asked for and still there."""
    scores, by_sound, by_name = found.scores()
    rank, gone = 0, 0
    for place in map(int, np.argsort(-scores, kind="stable")):
        candidate = found.candidates[place]
        paths = [path for path in candidate.paths if _is_asked(path, candidate, request)]
        if not paths or scores[place] == -np.inf:
            continue
        there = [path for path in paths if Path(path).is_file()]
        if not there:
            gone += 1
            continue
        rank += 1
        why = reason(by_sound[place], by_name[place])
        yield _hit(request, found, place, rank, there, float(scores[place]), why, texts)
        if rank == request.limit:
            break
    if gone:
        yield Notice(
            request.job_id,
            f"{gone} sounds that fit are gone; punchin library index brings the index up to date.",
        )


def _is_asked(path: str, candidate: Candidate, request: SearchRequest) -> bool:
    is_long_enough = candidate.seconds >= request.min_seconds
    is_short_enough = not request.max_seconds or candidate.seconds <= request.max_seconds
    is_there = not request.folder or is_below(path, path_of_folder(request.folder))
    return is_long_enough and is_short_enough and is_there


def _hit(
    request: SearchRequest,
    found: Found,
    place: int,
    rank: int,
    paths: Sequence[str],
    score: float,
    why: str,
    texts: Mapping[int, str],
) -> Hit:
    candidate, match, text = found.candidates[place], found.matches[place], found.texts[place]
    cosine = found.sound[place] if request.prompt.strip() else found.likeness[place]
    return Hit(
        request.job_id,
        rank,
        paths[0],
        match.start if match else 0,
        match.stop if match else candidate.frames,
        candidate.sample_rate,
        candidate.seconds,
        score,
        float(np.nan_to_num(cosine)),
        float(np.nan_to_num(found.name[place])),
        why,
        "" if text is None else texts.get(text, ""),
        len(candidate.paths) - 1,
    )
