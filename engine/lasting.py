"""How long a new sound lasts before there is silence.

A door slams for half a second, and nobody wants a region of three seconds full of it. Models that were
told, while they learned, how long each sound lasts make it end in silence; how long that usually is the
prompt tells, and takes differ in it as recordings do. What says by itself that it goes on is filled: a loop,
prompts along the region, a guide, and a region longer than what the model hears at once. And who selects
seconds for what is over in a moment wants it again and again, like footsteps, unless the prompt says "a".
"""

from __future__ import annotations

import math
import re

import numpy as np

from engine.conditions import Condition
from engine.models.interface import Float32, Lengths, ModelSpecification
from engine.protocol.requests import Mode, RenderRequest

ALL = math.inf
# Less is a click, not a sound.
SHORTEST_SECONDS = 0.2
MANY = 4  # times a sound fits into a region that is to be full of it
FARTHEST = 1.0  # from the middle, in standard deviations: told more seconds of a shot, a model shoots again
LONGEST_SECONDS = 3600.0  # whatever a bundle's numbers say
# Of the numbers drawn with a take's seed, these are its own.
_LENGTH = 1 << 33


def lasting_seconds(
    request: RenderRequest,
    specification: ModelSpecification,
    condition: Condition,
    take: int,
    region_seconds: float,
) -> float:
    """Of take ``take``, which ``condition`` steers; ``ALL``: to the end of the region."""
    lengths = specification.lengths
    if lengths is None or request.mode is not Mode.GENERATE or request.loop:
        return ALL
    if request.sounding_seconds >= 0.0:
        return request.sounding_seconds or ALL
    latents, mel = specification.latents, specification.mel
    window = latents.window_frames * latents.time_factor * mel.hop_length / mel.sample_rate
    goes_on = request.along or request.guide or region_seconds > window
    if goes_on:
        return ALL
    prompt = condition.prompts[:1]
    if not _is_one(condition.text.prompts[0]) and middle_seconds(lengths, prompt) * MANY < region_seconds:
        return ALL
    return drawn_seconds(lengths, prompt, request.seed + take)


def _is_one(prompt: str) -> bool:
    return re.match(r"\W*(?:an?|one|single)\b", prompt, re.IGNORECASE) is not None


def recipe_keys(request: RenderRequest, lasting: float) -> dict[str, float]:
    """What a take's recipe needs beside the request's keys, to last as long when it is made again."""
    is_drawn = request.sounding_seconds < 0.0 and lasting != ALL
    return {"sounding": lasting} if is_drawn else {}


def middle_seconds(lengths: Lengths, prompt: Float32) -> float:
    """As long as half of the recordings of what the prompt, (1, embedding), says."""
    return _seconds(lengths, prompt, 0.0)


def drawn_seconds(lengths: Lengths, prompt: Float32, seed: int) -> float:
    """As long as one of them: another one with every seed."""
    drawn = np.random.default_rng((_LENGTH, seed)).standard_normal()
    return _seconds(lengths, prompt, min(max(drawn, -FARTHEST), FARTHEST))


def _seconds(lengths: Lengths, prompt: Float32, away: float) -> float:
    """away: from the middle, in standard deviations."""
    row = prompt[0].astype(np.float64)
    exponent = float(row @ np.array(lengths.weights)) + lengths.offset + lengths.spread * away
    # Whole milliseconds, so that a recipe says it exactly.
    return max(SHORTEST_SECONDS, round(math.exp(min(exponent, math.log(LONGEST_SECONDS))), 3))
