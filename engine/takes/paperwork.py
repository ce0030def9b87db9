"""What every take of a request needs beside its sound: its name, its recipe, what its file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from engine.config import Home
from engine.protocol.requests import FileSource, RenderRequest
from engine.takes.bext import Loudness
from engine.takes.loops import LoopMark
from engine.takes.making import Making, recipe_of
from engine.takes.naming import Naming, read_naming, take_stem
from engine.takes.notes import Notes
from engine.takes.recipe import Recipe, Setting, plain_prompt
from engine.takes.slate import Facts, Origin, notes_of, origin_of
from engine.takes.ucs import Category, category_of

if TYPE_CHECKING:
    from engine.models.interface import ModelSpecification


@dataclass(frozen=True)
class RegionFacts:
    """The region, in frames of what it was taken from."""

    recording: Path | None  # None: a new sound
    start_frame: int
    end_frame: int
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class Paperwork:
    """What all takes of a request share."""

    request: RenderRequest
    model: ModelSpecification
    region: RegionFacts
    naming: Naming
    origin: Origin

    def stem(self, take: int, number: int) -> str:
        """The name of a take (from 0) that nobody named, without its suffix; ``number`` tells files apart."""
        return take_stem(plain_prompt(self.request.prompt, take), self._category(take), self.naming, number)

    def recipe(self, take: Made) -> Recipe:
        """How a take was made."""
        region, category = self.region, self._category(take.number)
        making = Making(
            uuid=take.uuid,
            made=take.made,
            take=take.number,
            seed=take.seed,
            start_frame=region.start_frame,
            end_frame=region.end_frame,
            sample_rate=region.sample_rate,
            channels=region.channels,
            category=category.id if category else "",
            used=take.used,
        )
        return recipe_of(self.request, self.model, making)

    def _loop_mark(self) -> LoopMark | None:
        request, region = self.request, self.region
        if not request.loop:
            return None
        frames = region.end_frame - region.start_frame
        return LoopMark(frames, region.sample_rate, request.tempo, request.bars, request.beats_per_bar)

    def _category(self, take: int) -> Category | None:
        return category_of(self.request.ucs, plain_prompt(self.request.prompt, take))

    def notes(self, recipe: Recipe, subtype: str, loudness: Loudness | None = None) -> Notes:
        """What its file says. subtype: the file's encoding; loudness: as far as anybody measured it."""
        request = self.request
        whole = bool(request.output) and isinstance(request.source, FileSource) and not request.loop
        facts = Facts(
            subtype, request.time_reference, request.markers, whole, loudness or Loudness(), self._loop_mark()
        )
        return notes_of(recipe, facts, self.origin)


@dataclass(frozen=True)
class Made:
    """A take that was made just now."""

    number: int  # from 0
    seed: int
    used: Mapping[str, Setting] = field(default_factory=dict)  # keys that this take alone would have
    uuid: UUID = field(default_factory=uuid4)
    made: datetime = field(default_factory=lambda: datetime.now().astimezone())


def paperwork(
    request: RenderRequest, model: ModelSpecification, region: RegionFacts, home: Home
) -> Paperwork:
    """Everything but the takes. Raises EngineError(BAD_ARGUMENT) for a category that is not known."""
    category_of(request.ucs, request.prompt)
    return Paperwork(request, model, region, read_naming(home), origin_of(region.recording))
