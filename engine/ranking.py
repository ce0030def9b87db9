"""Which sounds fit their prompt best, as the model itself hears it, and how takes differ from each other.

A score compares one prompt's sounds with each other and nothing else: scores of different prompts lie on
different levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.clap_mel import clap_log_mels
from engine.audio.mel import MelParameters, log_mel
from engine.audio.resample import resample
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Model, ModelSpecification
from engine.protocol.replies import RankedTake
from engine.protocol.requests import RenderRequest

Float32 = NDArray[np.float32]

# Takes are heard in pieces of this length, so that a long one takes no memory.
HEARD_SECONDS = 60
# Takes are compared in cells of 0.1 s, long ones in longer cells.
CELL_SECONDS = 0.1
MAX_CELLS = 600
# What lies further below the loudest of two takes does not tell them apart.
RANGE_DB = 60.0
COMPARED = MelParameters()  # up to 8 kHz, which every model makes
_DB = 20.0 / np.log(10.0)
# Half of what speaks for a take is how it fits the prompt, half that it is not like those before it.
AGREEMENT_SHARE = 0.5

# Keeps crops that cancel each other from dividing by zero.
SHORTEST = 1e-12


def check_ranking(request: RenderRequest, specification: ModelSpecification) -> None:
    """Raises EngineError(BAD_ARGUMENT) where there is a choice to make and nothing to make it by."""
    if request.candidates == 1:
        return
    if specification.ranking is None:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"The model {specification.name} has no audio encoder to choose among candidates with; "
            "ask for one candidate, or use a model that has one.",
        )
    if not request.prompt.strip():
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            "Candidates are chosen by how well they fit the prompt; write one, or ask for one candidate.",
        )


def closeness(sound: Float32, condition: Float32, model: Model, rate: int = 0) -> float:
    """The cosine between a sound and a prompt, -1 to 1.

    sound: (frames,) at ``rate``, or at the model's; condition: (1, embedding), the prompt's, normalised. A
    sound longer than the model hears at once counts as the mean of its crops. Raises EngineError.
    """
    parameters = model.specification.ranking
    if parameters is None:
        raise ValueError("A model that can't hear ranks nothing; check_ranking comes first.")
    rate = rate or model.specification.mel.sample_rate
    heard = resample(sound[:, None], rate, parameters.sample_rate)[:, 0]
    embedding = model.encode_sound(clap_log_mels(heard, parameters)).mean(axis=0)
    cosine = float(embedding @ condition[0]) / max(float(np.linalg.norm(embedding)), SHORTEST)
    if not np.isfinite(cosine):
        raise EngineError(
            ErrorCode.INTERNAL, "The model can't tell how a candidate sounds; ask for one candidate."
        )
    return cosine


@dataclass(frozen=True)
class Impression:
    """What is kept of a take: how it fits its prompt (0 where the model can't hear), and its log-mel in
    decibels, (cells, bands)."""

    agreement: float
    cells: Float32


class Listener:
    """Hears one take as it is finished; holds ``HEARD_SECONDS`` of it at most."""

    def __init__(self, frames: int, rate: int, condition: Float32, model: Model) -> None:
        """frames: of the take at ``rate``; condition: (1, embedding), of its prompt."""
        self._rate, self._frames = rate, frames
        self._condition, self._model = condition, model
        self._held: list[Float32] = []
        self._holding = 0
        self._agreement = 0.0
        self._cells: list[Float32] = []

    def push(self, block: Float32) -> None:
        """The next (frames, channels) of the take."""
        self._held.append(block.mean(axis=1, dtype=np.float32))
        self._holding += len(block)
        whole = HEARD_SECONDS * self._rate
        while self._holding >= whole:
            sound = np.concatenate(self._held)
            self._hear(sound[:whole])
            self._held, self._holding = [sound[whole:]], len(sound) - whole

    def impression(self) -> Impression:
        """Of all that came."""
        if self._holding:
            self._hear(np.concatenate(self._held))
        return Impression(self._agreement / self._frames, np.concatenate(self._cells))

    def _hear(self, sound: Float32) -> None:
        if self._model.specification.ranking is not None:
            near = closeness(sound, self._condition, self._model, self._rate)
            self._agreement += near * len(sound)
        seconds = max(CELL_SECONDS, self._frames / self._rate / MAX_CELLS)
        self._cells.append(_compared_cells(sound, self._rate, seconds))


def ranked(impressions: Sequence[Impression]) -> tuple[RankedTake, ...]:
    """Takes best first: the one nearest to the prompt, then what is near to it and unlike those before.

    Maximal marginal relevance (Carbonell and Goldstein 1998), both shares measured against the widest of
    these takes. Where the model can't hear, the first is the one that is most like all the others.
    """
    takes = range(len(impressions))
    apart = np.array([[difference(impressions[a], impressions[b]) for b in takes] for a in takes])
    agreements = np.array([impression.agreement for impression in impressions])
    fit = _share(agreements) if np.ptp(agreements) else _share(-apart.sum(axis=1)) * SHORTEST
    order = [int(np.argmax(fit))]
    widest = max(float(apart.max()), SHORTEST)
    while len(order) < len(impressions):
        new = apart[:, order].min(axis=1) / widest
        worth = AGREEMENT_SHARE * fit + (1.0 - AGREEMENT_SHARE) * new
        worth[order] = -np.inf
        order.append(int(np.argmax(worth)))
    return tuple(
        RankedTake(take, float(agreements[take]), float(min(apart[take, order[:place]], default=0.0)))
        for place, take in enumerate(order)
    )


def difference(one: Impression, other: Impression) -> float:
    """Between two takes of one region: the root mean square of what their log-mels differ by, in decibels."""
    floor = max(float(one.cells.max()), float(other.cells.max())) - RANGE_DB
    apart = np.maximum(one.cells, floor) - np.maximum(other.cells, floor)
    return float(np.sqrt(np.mean(np.square(apart, dtype=np.float64))))


def _share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 for the lowest to 1 for the highest."""
    return np.asarray((values - values.min()) / max(float(np.ptp(values)), SHORTEST))


def _compared_cells(sound: Float32, rate: int, cell_seconds: float) -> Float32:
    """(frames,) -> the log-mel in decibels, (cells, bands), its energy averaged over each cell."""
    mel = log_mel(resample(sound[:, None], rate, COMPARED.sample_rate)[:, 0], COMPARED)
    frames = max(1, round(cell_seconds / COMPARED.frame_seconds))
    if not len(mel):
        return mel
    starts = np.arange(0, len(mel), frames)
    counts = np.diff([*starts, len(mel)])[:, None]
    energy = np.add.reduceat(np.exp(2.0 * mel.astype(np.float64)), starts) / counts
    return np.asarray(_DB / 2.0 * np.log(energy), np.float32)
