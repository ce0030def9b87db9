"""All takes of a pack, made and measured before the first is written."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from engine.candidates import Candidate, Chosen, choose, kept
from engine.chunking import Cutter
from engine.diffusion.variation import NoiseSource
from engine.drafting import drafting
from engine.finished import finished_blocks
from engine.inspection import TakeInspection
from engine.packing import PROBE_DB, ROUNDS, Loudness, PackMeter, pack_gains_db
from engine.protocol.replies import Chunk, Meanwhile
from engine.render_job import RenderJob


@dataclass(frozen=True)
class Packed:
    """A take of a pack, and the gain that makes it as loud as the others."""

    chosen: Chosen
    gain_db: float


def packed(job: RenderJob) -> Generator[Meanwhile, None, tuple[Packed, ...]]:
    """All takes, made and measured before the first is written: none is to be louder than another can be."""
    made = []
    for take in range(job.request.takes):
        made.append((yield from _passed(job, take)))
    gains: tuple[float, ...] = (PROBE_DB,) * len(made)
    for _ in range(ROUNDS):
        heard = [_loudness(job, candidate, gain) for (_, candidate), gain in zip(made, gains, strict=True)]
        gains = pack_gains_db(heard, job.fit.target_db, job.request.true_peak)
    return tuple(
        Packed(Chosen(noise, candidate.played()), gain)
        for (noise, candidate), gain in zip(made, gains, strict=True)
    )


def _passed(job: RenderJob, take: int) -> Generator[Meanwhile, None, tuple[NoiseSource, Candidate]]:
    """A take without defects, or the last one that was tried."""
    for attempt in range(job.request.retries + 1):
        chosen = yield from choose(job, take, attempt, drafting(job, take, Cutter(Chunk, job, take)))
        inspection = TakeInspection(job, take)
        candidate = yield from kept(job, inspection.hearing(chosen.sound))
        if attempt == job.request.retries or not inspection.defects():
            break
        candidate.sound.close()
    return chosen.noise, candidate


def _loudness(job: RenderJob, candidate: Candidate, gain_db: float) -> Loudness:
    """Of the take that a candidate would become, finished with a gain."""
    meter = PackMeter(job.material.sample_rate, gain_db, job.fit.silence_db)
    for block in finished_blocks(job, candidate.played(), replace(job.fit, gain_db=gain_db)):
        if not isinstance(block, Meanwhile):
            meter.push(block)
    return meter.loudness()
