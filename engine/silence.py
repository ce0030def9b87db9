"""Restyled silence is silence, and that is said before it takes its time."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from engine.errors import EngineError, ErrorCode
from engine.material import Material
from engine.protocol.requests import Mode, RenderRequest

INAUDIBLE = 10 ** (-90 / 20)  # of full scale


def check_heard(request: RenderRequest, material: Material) -> Generator[None, None, None]:
    """Listens until there is something to restyle; yields after every block of silence.

    At full strength nothing of the region is left, silence neither. Raises EngineError(BAD_REGION).
    """
    if request.mode is not Mode.TRANSFER or request.strongest in (0.0, 1.0):
        return
    for block in material.region.blocks():
        if np.abs(block).max(initial=0.0) > INAUDIBLE:
            return
        yield
    raise EngineError(
        ErrorCode.BAD_REGION,
        "There is silence in the region, and restyled silence is silence: ask for a new sound (generate, or "
        "strength 1), have the region filled so that it fits (inpaint), or select what can be heard.",
    )
