"""What a training has taken, over all its lives, and when it will be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.install.workplace import Workplace

TRAINING_SHARE = 0.5  # of the time, at least, whatever reading took
FINISH_SECONDS = 20.0  # exporting and checking a bundle
Clock = Callable[[], float]


@dataclass
class TimeSpent:
    """``budget`` seconds for all of it; ``preparing`` and ``learning`` are what went into either.

    What training gets is what preparing leaves of the budget, so the time left is known at once.
    """

    place: Workplace
    budget: float
    clock: Clock
    preparing: float = 0.0
    learning: float = 0.0
    _since: float = 0.0
    _is_learning: bool = False

    def begin(self) -> None:
        """Take up what earlier lives took."""
        kept = self.place.result("time") or {}
        self.preparing, self.learning = kept.get("preparing", 0.0), kept.get("learning", 0.0)
        self._since = self.clock()

    def count(self) -> None:
        """The time until now belongs to what goes on."""
        now = self.clock()
        if self._is_learning:
            self.learning += now - self._since
        else:
            self.preparing += now - self._since
        self._since = now

    def keep(self) -> None:
        """Write it down."""
        self.count()
        self.place.finish("time", result={"preparing": self.preparing, "learning": self.learning})

    def learn(self) -> None:
        """From here on it is training."""
        self.keep()
        self._is_learning = True

    @property
    def allowed(self) -> float:
        """Seconds of training in all."""
        return max(self.budget - self.preparing, TRAINING_SHARE * self.budget)

    def left(self, stage: float = 0.0) -> float:
        """Seconds until the model is there, of which ``stage`` are what is left of a preparing stage."""
        self.count()
        if self._is_learning:
            return max(0.0, self.allowed - self.learning) + FINISH_SECONDS
        whole = max(self.budget - self.preparing, stage + TRAINING_SHARE * self.budget)
        return max(0.0, whole) + FINISH_SECONDS
