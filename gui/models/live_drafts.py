"""Live mode at work: its clock, the job in flight, and the draft that makes room for the next one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from gui.models.engine import EngineModel
from gui.models.live import SETTLE_SECONDS, Live, Move
from gui.models.take_history import TakeHistory
from gui.models.take_row import TakeRow

Submit = Callable[[], TakeRow | None]


class LiveDrafts(QObject):
    """Does what ``Live`` says is due."""

    def __init__(
        self, engine: EngineModel, history: TakeHistory, submit: Submit, clock: Callable[[], float]
    ) -> None:
        """submit: sends a draft of the settings of now, and gives its row; None if they make no job."""
        super().__init__(engine)
        self._engine, self._history, self._submit, self._clock = engine, history, submit, clock
        self._live = Live()
        self._row: TakeRow | None = None
        self._settling = QTimer(self, singleShot=True, interval=round(SETTLE_SECONDS * 1000))
        self._settling.timeout.connect(lambda: self._do(self._live.settled(self._clock())))

    @property
    def on(self) -> bool:
        """Whether drafts are made."""
        return self._live.on

    @property
    def in_flight(self) -> str:
        """The job that renders now, or ""."""
        return self._live.in_flight

    def switch(self, on: bool) -> None:
        """The last draft stays in the list when it is switched off."""
        self._do(self._live.switch(on, self._clock()))

    def changed(self) -> None:
        """A setting is another one."""
        self._do(self._live.changed(self._clock()))

    def ended(self, job_id: str) -> None:
        """A job is over, however."""
        self._do(self._live.ended(job_id, self._clock()))

    def lost(self) -> None:
        """The engine went away, and with it what was in flight."""
        if self._live.in_flight:
            self._live.ended(self._live.in_flight, self._clock())

    def _do(self, move: Move) -> None:
        match move:
            case Move.WAIT:
                self._settling.start()
            case Move.CANCEL:
                self._engine.cancel(self._live.in_flight)
            case Move.SUBMIT:
                self._next()

    def _next(self) -> None:
        before, row = self._row, self._submit()
        if row is None:
            return
        self._row = row
        self._live.submitted(row.job_id)
        if before is not None and before.live:
            self._history.discard([before])
