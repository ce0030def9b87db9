"""How long somebody waits for five seconds of new sound: for the take, and for its draft."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.evaluation.yardstick.making import JOB, Maker
from engine.protocol.replies import Chunk, Draft, Reply
from engine.protocol.requests import Mode, NewSource, Quality, RenderRequest
from engine.render import render

SECONDS = 5.0
PROMPT = "rain falling"
ROUNDS = 3  # odd, so that a median is one of them


@dataclass(frozen=True)
class Timing:
    """Medians in seconds. draft: of the quality of that name, until all five seconds had been sent."""

    whole: float
    draft: float


def measure_timing(maker: Maker, clock: Callable[[], float] = time.perf_counter) -> Timing:
    """One round to warm up, then a few of each, in turn."""
    wholes, drafts = [], []
    for _ in range(ROUNDS + 1):
        wholes.append(_whole(maker, clock))
        drafts.append(_draft(maker, clock))
    return Timing(statistics.median(wholes[1:]), statistics.median(drafts[1:]))


def heard_after(replies: Iterable[Reply], frames: int, clock: Callable[[], float]) -> float:
    """When all frames of the first take had come, as drafts or as chunks, by the clock; of replies without
    sound, when they ended."""
    reached, when = 0, None
    for reply in replies:
        if isinstance(reply, Draft | Chunk) and reply.take == 0:
            reached = max(reached, reply.frame_offset + len(reply.samples) // (4 * reply.channels))
        if when is None and reached >= frames:
            when = clock()
    return clock() if when is None else when


def _whole(maker: Maker, clock: Callable[[], float]) -> float:
    began = clock()
    for _ in render(_request(maker, Quality.NORMAL), maker.model, maker.home):
        pass
    return clock() - began


def _draft(maker: Maker, clock: Callable[[], float]) -> float:
    request = _request(maker, Quality.DRAFT)
    began = clock()
    return heard_after(render(request, maker.model, maker.home), _frames(maker), clock) - began


def _request(maker: Maker, quality: Quality) -> RenderRequest:
    source = NewSource(maker.model.specification.mel.sample_rate, 1, _frames(maker))
    output = str(maker.home.takes / "timed.wav")
    return RenderRequest(
        JOB, source, PROMPT, Mode.GENERATE, quality=quality, retries=0, output=output, overwrite=True
    )


def _frames(maker: Maker) -> int:
    return round(SECONDS * maker.model.specification.mel.sample_rate)
