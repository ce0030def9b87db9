"""Live mode: a draft after every change, one job in flight. Pure: time and jobs are told to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# A change is rendered when nothing has changed for this long: between two notches of a slider.
SETTLE_SECONDS = 0.25


class Move(StrEnum):
    """What is to be done now."""

    NOTHING = "nothing"
    WAIT = "wait"  # look again in SETTLE_SECONDS
    CANCEL = "cancel"  # the job in flight is out of date
    SUBMIT = "submit"


@dataclass
class Live:
    """Whether a draft is due. ``in_flight``: the job that renders now, or ""."""

    on: bool = False
    in_flight: str = ""
    _changed_at: float | None = None
    _cancelling: bool = False

    def changed(self, now: float) -> Move:
        """Something was changed at ``now`` seconds."""
        if not self.on:
            return Move.NOTHING
        self._changed_at = now
        return Move.WAIT

    def settled(self, now: float) -> Move:
        """Time has passed: what is due."""
        if not self.on or self._changed_at is None:
            return Move.NOTHING
        if now - self._changed_at < SETTLE_SECONDS:
            return Move.WAIT
        if not self.in_flight:
            return Move.SUBMIT
        if self._cancelling:
            return Move.NOTHING  # its end is awaited
        self._cancelling = True
        return Move.CANCEL

    def submitted(self, job_id: str) -> None:
        """A draft is on its way."""
        self.in_flight, self._changed_at, self._cancelling = job_id, None, False

    def ended(self, job_id: str, now: float) -> Move:
        """A job has ended, however: whether the next one is due."""
        if job_id != self.in_flight:
            return Move.NOTHING
        self.in_flight, self._cancelling = "", False
        return self.settled(now)

    def switch(self, on: bool, now: float) -> Move:
        """On: the first draft is due at once. Off: the job in flight is let go."""
        self.on = on
        self._changed_at = now - SETTLE_SECONDS if on else None
        if on:
            return self.settled(now)
        if not self.in_flight or self._cancelling:
            return Move.NOTHING
        self._cancelling = True
        return Move.CANCEL
