"""What is done otherwise than the words of a request say, known before the work begins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from engine.models.interface import ModelSpecification
from engine.protocol.requests import RenderRequest


def notices(request: RenderRequest, specification: ModelSpecification) -> Iterator[str]:
    """One sentence for each thing, for a person."""
    spans = sorted(request.mask_seconds)
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        yield "Spans of the mask overlap; what they cover together is made anew."
    if request.guide and not (request.guide_envelope or request.guide_onsets):
        yield "The guide is not followed: guide_envelope and guide_onsets are both 0."
    if request.sounding_seconds > 0.0 and specification.lengths is None:
        yield (
            f"The model {specification.name} was not taught how long sounds last: the region is filled, "
            "whatever sounding says; fade_out makes an end."
        )
    if request.low_hz >= specification.mel.f_max:
        yield (
            f"The model {specification.name} makes nothing above {specification.mel.f_max:g} Hz: what is "
            "there only follows what is below."
        )
