"""The models that are kept in memory: one or two, within a limit, the least recently used let go first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.models.interface import LoadedModel

# Who compares two models changes between them at every take; a third is rare and loads in seconds.
MAX_RESIDENT = 2


@dataclass(frozen=True)
class Claim:
    """A model before it is loaded: which one, and how much memory it may take."""

    name: str  # its own, not what it was asked for by
    version: str  # another one after it was installed again
    size_bytes: int  # all of it
    working_bytes: int = 0  # of that, what only computing takes


@dataclass(frozen=True)
class Memory:
    """What may be used, and what the system says and does about it."""

    limit_bytes: int
    free_bytes: Callable[[], int]
    give_back: Callable[[], None]


class Residents:
    """Loaded models by their claims, the most recently used last."""

    def __init__(self, load: Callable[[str], LoadedModel], memory: Memory) -> None:
        self._load = load
        self._memory = memory
        self._models: dict[Claim, LoadedModel] = {}
        self._notices: list[str] = []

    def __contains__(self, claim: Claim) -> bool:
        return claim in self._models

    @property
    def latest(self) -> LoadedModel | None:
        """The model that was used last."""
        return next(reversed(self._models.values()), None)

    def fetch(self, claim: Claim) -> LoadedModel:
        """The model, loaded if need be; others give way to it. Raises EngineError."""
        model = self._models.pop(claim, None)
        if model is None:
            self._make_room(claim, claim.size_bytes)
            model = self._load(claim.name)
            self._note_size(claim)
        else:
            self._make_room(claim, claim.working_bytes)
        self._models[claim] = model
        return model

    def give_back(self) -> None:
        """What was freed goes back to the system."""
        self._memory.give_back()

    def take_notices(self) -> list[str]:
        """Sentences about what was not as asked for, each given once."""
        notices, self._notices = self._notices, []
        return notices + (self.latest.take_notices() if self.latest else [])

    def _make_room(self, claim: Claim, needed: int) -> None:
        """Let models go until this one is within the limit beside the others, and the system has room."""
        for other in [other for other in self._models if other.name == claim.name]:
            self._let_go(other)  # an older version of it
        while self._models and not self._has_room(claim, needed):
            self._let_go(next(iter(self._models)))

    def _let_go(self, claim: Claim) -> None:
        del self._models[claim]
        self._memory.give_back()

    def _has_room(self, claim: Claim, needed: int) -> bool:
        taken = sum(other.size_bytes for other in self._models)
        is_within = taken + claim.size_bytes <= self._memory.limit_bytes
        return is_within and len(self._models) < MAX_RESIDENT and needed <= self._memory.free_bytes()

    def _note_size(self, claim: Claim) -> None:
        limit = self._memory.limit_bytes
        if claim.size_bytes > limit:
            self._notices.append(
                f"{claim.name} may take {claim.size_bytes / 1e9:.1f} GB, more than the limit of "
                f"{limit / 1e9:.1f} GB: it is loaded alone, and let go when another model is asked for."
            )
