"""What the models' benchmark times: the stages of text to audio, one after the other and all together."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

# Ten words and more, as people write them: the text encoder's work depends on it.
PROMPT = "rain falling on a tin roof while a dog barks far away"

Key = TypeVar("Key")


class Stage(StrEnum):
    """One network's work. The values are for people."""

    STEP = "one guided step"
    DECODE = "VAE decode"
    VOCODE = "vocoder"
    TEXT = "CLAP text"


def interleaved(
    works: Mapping[Key, Callable[[], object]],
    repeats: int,
    *,
    warm: bool = True,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[Key, list[float]]:
    """Seconds of each work, ``repeats`` times in turn, so that a noisy machine is noisy for all of them.

    warm: one round before, not counted, for what is loaded and allocated once.
    """
    if warm:
        for work in works.values():
            work()
    seconds: dict[Key, list[float]] = {key: [] for key in works}
    for _ in range(repeats):
        for key, work in works.items():
            began = clock()
            work()
            seconds[key].append(clock() - began)
    return seconds


def times_faster(theirs: Sequence[float], ours: Sequence[float]) -> float:
    """The median over rounds of how many times longer the other side took in the same round."""
    return statistics.median(their / our for their, our in zip(theirs, ours, strict=True))
