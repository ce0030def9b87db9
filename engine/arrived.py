"""A take that came over the network as sound, written by the client with what the client knows of it.

The engine's own file stays on its machine. What only that engine knows is left out here: the model's hash,
and what its defaults came to.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from engine.audio.takefile import new_take
from engine.protocol.replies import Models, Status, TakeDone
from engine.protocol.requests import RenderRequest, StreamSource
from engine.takes.bext import Loudness
from engine.takes.credit import credit_text
from engine.takes.making import Maker, Making, made_by
from engine.takes.notes import Notes
from engine.takes.recipe import Recipe, plain_prompt
from engine.takes.slate import Facts, Origin, notes_of
from engine.takes.ucs import category_of

__all__ = ["Maker", "maker_of", "write_arrived"]

SUBTYPE = "FLOAT"  # as it came
NO_LICENCE = "a licence that the engine did not say"


class Engine(Protocol):
    """What is asked of ``engine.client.Client``."""

    def status(self) -> Status:
        """What it is."""

    def models(self) -> Models:
        """What it has."""


def maker_of(engine: Engine, model: str) -> Maker:
    """Who will make the takes of a request that names ``model``, or none. Raises EngineError."""
    status = engine.status()
    name = model or status.model
    licences = {one.name: one.licence for one in engine.models().models}
    return Maker(name, "", licences.get(name, NO_LICENCE), status.version)


def write_arrived(
    output: Path, samples: NDArray[np.float32], request: RenderRequest, take: TakeDone, maker: Maker
) -> None:
    """The region, (frames, channels), as a new file that says how it was made and where it belongs.

    ``request`` is the one that was streamed. Raises EngineError: FILE_EXISTS, CANT_WRITE, BAD_ARGUMENT.
    """
    assert isinstance(request.source, StreamSource)
    recipe = _recipe(request, request.source, samples.shape[1], take, maker)
    with new_take(
        output,
        request.source.sample_rate,
        samples.shape[1],
        len(samples),
        subtype=SUBTYPE,
        credit=credit_text(maker.model, maker.licence),
    ) as file:
        file.push(samples)
        file.note(_notes(recipe, request, file.loudness()))


def _recipe(
    request: RenderRequest, source: StreamSource, channels: int, take: TakeDone, maker: Maker
) -> Recipe:
    category = category_of(request.ucs, plain_prompt(request.prompt, take.take))
    making = Making(
        uuid=uuid4(),
        made=datetime.now().astimezone(),
        take=take.take,
        seed=take.seed,
        start_frame=source.start_frame,
        end_frame=source.end_frame,
        sample_rate=source.sample_rate,
        channels=channels,
        category=category.id if category else "",
    )
    return made_by(maker, request, making, {"model": maker.model})


def _notes(recipe: Recipe, request: RenderRequest, loudness: Loudness) -> Notes:
    facts = Facts(SUBTYPE, request.time_reference, request.markers, whole=False, loudness=loudness)
    return notes_of(recipe, facts, Origin())
