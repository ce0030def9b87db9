"""Which of a take's candidates sounds most like its prompt, as the model itself hears it.

A score compares one prompt's candidates with each other and nothing else: scores of different prompts lie
on different levels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.clap_mel import clap_log_mels
from engine.audio.resample import resample
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Model, ModelSpecification
from engine.protocol.requests import RenderRequest

Float32 = NDArray[np.float32]

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


def closeness(sound: Float32, condition: Float32, model: Model) -> float:
    """The cosine between a sound and a prompt, -1 to 1.

    sound: (frames,) at the model's rate; condition: (1, embedding), the prompt's, normalised. A sound
    longer than the model hears at once counts as the mean of its crops. Raises EngineError.
    """
    parameters = model.specification.ranking
    if parameters is None:
        raise ValueError("A model that can't hear ranks nothing; check_ranking comes first.")
    rate = model.specification.mel.sample_rate
    heard = resample(sound[:, None], rate, parameters.sample_rate)[:, 0]
    embedding = model.encode_sound(clap_log_mels(heard, parameters)).mean(axis=0)
    cosine = float(embedding @ condition[0]) / max(float(np.linalg.norm(embedding)), SHORTEST)
    if not np.isfinite(cosine):
        raise EngineError(
            ErrorCode.INTERNAL, "The model can't tell how a candidate sounds; ask for one candidate."
        )
    return cosine
