"""Where jobs are done: the models that are loaded, and one job after the other run on them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from engine import __version__
from engine.config import Home, find_home
from engine.errors import EngineError, ErrorCode
from engine.models.resident import Claim, Memory, Residents
from engine.protocol.replies import FINAL, Cancelled, Failed, Models, Notice, Progress, Reply, Status
from engine.protocol.requests import JobRequest, LibraryRequest, ModelsRequest, RenderRequest

if TYPE_CHECKING:
    from engine.models.interface import LoadedModel

IsCancelled = Callable[[], bool]  # was this job stopped?
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tools:
    """What a worker works with; tests bring their own."""

    claim: Callable[[str, str], Claim]  # name ("": the embedded one), device -> which one that is
    load: Callable[[str, str], LoadedModel]  # name, device
    render: Callable[[RenderRequest, LoadedModel, Home], Iterator[Reply]]
    describe_models: Callable[[ModelsRequest], Models]
    memory: Callable[[float], Memory]  # limit in GB, 0: the usual one
    # A request with everything from the recipe it names, and sentences about what did not come along.
    recall: Callable[[RenderRequest], tuple[RenderRequest, tuple[str, ...]]] = lambda request: (request, ())
    library: Callable[[LibraryRequest, LoadedModel, Home], Iterator[Reply]] = lambda *_: iter(())


@dataclass(frozen=True)
class Setup:
    """What a worker is started with."""

    model: str = ""  # what jobs use that name none; "": the embedded one
    device: str = "auto"
    memory_limit_gb: float = 0.0  # for models; 0: the usual limit


class Bench:
    """The models that are loaded, and jobs run on them. Every reply is a value; nothing is raised."""

    def __init__(self, tools: Tools, setup: Setup) -> None:
        self._tools = tools
        self._setup = setup
        self._home = find_home()
        load = partial(_load_on, tools, setup.device)
        self._residents = Residents(load, tools.memory(setup.memory_limit_gb))
        self._model = ""  # what jobs use that name none; "": it did not load
        self._told: Status | None = None

    def prepare(self) -> Iterator[Reply]:
        """Loads the default model. The worker is ready even if that fails: each job is told why."""
        yield from attempt("", self._load(self._setup.model, ""), never)
        default = self._residents.latest
        self._model = default.specification.name if default else ""
        yield from self.news()

    def run(self, job: JobRequest, cancelled: IsCancelled) -> Iterator[Reply]:
        """A job's replies, the last one final."""
        return attempt(job.job_id, self._steps(job), cancelled)

    def rest(self) -> None:
        """Between jobs: what computing took goes back to the system, where a DAW may need it."""
        self._residents.give_back()

    def news(self) -> Iterator[Status]:
        """How the worker stands, if that is not what it said last: a job may have moved to another device."""
        latest = self._residents.latest
        device = latest.device if latest else self._setup.device
        status = Status(__version__, os.getpid(), self._model, device, "ready", 0, ())
        if status != self._told:
            self._told = status
            yield status

    def _steps(self, job: JobRequest) -> Iterator[Reply]:
        if isinstance(job, RenderRequest):
            job, warnings = self._tools.recall(job)
            yield from (Notice(job.job_id, sentence) for sentence in warnings)
        yield from self._load(job.model or self._setup.model, job.job_id)
        model = self._residents.latest
        assert model is not None
        replies = self._work(job, model)
        try:
            for reply in replies:
                yield from self._notices(job.job_id)
                yield reply
        except EngineError:
            yield from self._notices(job.job_id)
            raise
        finally:
            if isinstance(replies, Generator):
                replies.close()

    def _work(self, job: JobRequest, model: LoadedModel) -> Iterator[Reply]:
        if isinstance(job, RenderRequest):
            return self._tools.render(job, model, self._home)
        return self._tools.library(job, model, self._home)

    def _load(self, name: str, job_id: str) -> Iterator[Reply]:
        """Makes ``name`` the latest of the resident models."""
        claim = self._tools.claim(name, self._setup.device)
        if job_id and claim not in self._residents:
            yield Progress(job_id, "loading", 0, 1, -1.0)
        self._residents.fetch(claim)
        yield from self._notices(job_id)

    def _notices(self, job_id: str) -> Iterator[Reply]:
        """What was not as asked for; what nobody asks for yet waits for the first job."""
        if job_id:
            yield from (Notice(job_id, sentence) for sentence in self._residents.take_notices())


def _load_on(tools: Tools, device: str, name: str) -> LoadedModel:
    return tools.load(name, device)


def attempt(job_id: str, replies: Iterator[Reply], cancelled: IsCancelled) -> Iterator[Reply]:
    """``replies`` up to the first final one. Whatever is raised becomes a failed reply.

    Cancel is looked at here and nowhere else: between replies, of which there is one for each denoising
    step. What the job leaves behind is cleaned up before it is said to be cancelled.
    """
    try:
        for reply in replies:
            yield reply
            if isinstance(reply, FINAL):
                return
            if cancelled():
                break
        if isinstance(replies, Generator):
            replies.close()
    except EngineError as error:
        yield Failed(job_id, error.code, error.sentence)
    except MemoryError:
        sentence = "There is not enough memory for this; choose a shorter region or fewer takes."
        yield Failed(job_id, ErrorCode.TOO_MUCH, sentence)
    except Exception as error:  # the one place: a defect must cost one job, not the engine
        logger.exception("a defect, in job %r", job_id)
        sentence = f"A defect of Punch-In ({type(error).__name__}); {find_home().log} has the details."
        yield Failed(job_id, ErrorCode.INTERNAL, sentence)
    else:
        if cancelled():
            yield Cancelled(job_id)
        elif job_id:
            yield Failed(job_id, ErrorCode.INTERNAL, "A defect of Punch-In: the job ended without a result.")


def never() -> bool:
    """For what can't be cancelled."""
    return False
