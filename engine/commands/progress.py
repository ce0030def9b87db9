"""How a job is going, on stderr: a bar on a terminal, JSON for a program, a few plain lines anywhere else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from engine.protocol.replies import Progress, Queued

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_LINES_PER_STAGE = 4  # plain lines while one stage lasts: enough to see it move, few enough for a log


class Display(Protocol):
    """Shows one job."""

    def show(self, reply: Queued | Progress) -> None:
        """The newest news."""

    def say(self, line: str) -> None:
        """Something beside the job's own news."""


class Quiet:
    """Shows nothing: the names of fifty prompts say more than fifty bars."""

    def show(self, reply: Queued | Progress) -> None:
        """Ignores it."""

    def say(self, line: str) -> None:
        """Ignores it."""


class PlainLines:
    """A line whenever the stage or the place in the queue changes, and every quarter of a stage."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last: tuple[str, int] = ("", 0)

    def show(self, reply: Queued | Progress) -> None:
        """Prints the news unless much the same was printed before."""
        mark = _milestone(reply)
        if mark != self._last:
            self._last = mark
            self.say(describe(reply))

    def say(self, line: str) -> None:
        """Prints the line."""
        print(line, file=self._stream, flush=True)


class NewsLines:
    """A JSON object a line, for a program that shows the news in its own words; nothing is said twice."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last: object = None

    def show(self, reply: Queued | Progress) -> None:
        """Prints the stage, how much of it is done, and the time left; "queued" stands behind so many."""
        news: dict[str, object]
        if isinstance(reply, Queued):
            news = {"stage": "queued", "done": 0, "total": reply.position, "seconds_left": -1.0}
        else:
            news = {"stage": reply.stage, "done": reply.step, "total": reply.total}
            news["seconds_left"] = round(reply.seconds_left, 1)
        if news != self._last:
            self._last = news
            print(json.dumps(news), file=self._stream, flush=True)

    def say(self, line: str) -> None:
        """Ignores it: what is said beside the news is in the JSON at the end."""


class Bar:
    """A progress bar with the time left that the engine reckons."""

    def __init__(self, bar: RichProgress, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def show(self, reply: Queued | Progress) -> None:
        """Moves the bar."""
        if isinstance(reply, Queued):
            self._bar.update(self._task, description=describe(reply))
            return
        total = reply.total or None
        left = time_left(reply.seconds_left)
        self._bar.update(self._task, completed=reply.step, total=total, description=reply.stage, left=left)

    def say(self, line: str) -> None:
        """Prints the line above the bar."""
        self._bar.console.print(line, markup=False, highlight=False)


@contextmanager
def display(is_for_program: bool = False) -> Iterator[Display]:
    """The display that fits stderr, or JSON lines for a program."""
    if is_for_program:
        yield NewsLines(sys.stderr)
        return
    if not sys.stderr.isatty():
        yield PlainLines(sys.stderr)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    words = TextColumn("{task.description}", markup=False)
    left = TextColumn("{task.fields[left]}", markup=False)
    columns = (words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), left)
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Bar(bar, bar.add_task("waiting", total=None, left=""))


def describe(reply: Queued | Progress) -> str:
    """The news as one plain line."""
    if isinstance(reply, Queued):
        return "queued, next in line" if reply.position == 0 else f"queued behind {reply.position}"
    steps = f" {reply.step} of {reply.total}" if reply.total else ""
    left = time_left(reply.seconds_left)
    return f"{reply.stage}{steps}" + (f", {left}" if left else "")


def time_left(seconds: float) -> str:
    """Words for the seconds that are left; "" when nobody knows."""
    if seconds < 0.0:
        return ""
    whole = round(seconds)
    return f"{whole} s left" if whole < 60 else f"{whole // 60}:{whole % 60:02} min left"


def _milestone(reply: Queued | Progress) -> tuple[str, int]:
    """Equal for news between which nothing worth a line has happened."""
    if isinstance(reply, Queued):
        return ("queued", reply.position)
    return (reply.stage, reply.step * _LINES_PER_STAGE // reply.total if reply.total else 0)
