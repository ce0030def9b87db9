"""A take's sound: made once, or several times to keep what is nearest to the prompt."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.resample import resampled_frames
from engine.audio.stretch import Stretch
from engine.audio.workspace import TemporarySound
from engine.decoding import Decoder
from engine.diffusion.cells import Sketch
from engine.diffusion.variation import ChannelNoise, NoiseSource
from engine.loop_decoding import circular_sound
from engine.protocol.replies import Draft, Meanwhile
from engine.ranking import closeness
from engine.render_job import RenderJob, changes_nothing, channel_noises, condition_of, noise_of, progress
from engine.takes.recipe import Setting
from engine.windowed import new_latents

Float32 = NDArray[np.float32]

# Of a candidate, compared with the prompt at a time: more would take memory, less would change nothing.
RANKED_SECONDS = 60


@dataclass(frozen=True)
class Chosen:
    """The candidate that becomes a take. ``sound`` is (frames, sounds) at the model's rate, in pieces."""

    noise: NoiseSource
    sound: Iterable[Meanwhile | Float32]

    @property
    def used(self) -> dict[str, Setting]:
        """What of its making the request does not say for all takes."""
        return {"towards": self.noise.other} if self.noise.share else {}


@dataclass(frozen=True)
class Candidate:
    """Sound that was made, and the lengths of the pieces in which it came.

    In the same pieces it ends up the same, to the last bit.
    """

    sound: TemporarySound
    pieces: Sequence[int]

    def played(self) -> Iterator[Float32]:
        """The pieces, (frames, sounds)."""
        start = 0
        for frames in self.pieces:
            yield self.sound.read(start, start + frames)
            start += frames


class Drafting(Protocol):
    """One take's draft."""

    def push(self, sketch: Sketch) -> Iterator[Draft]:
        """Take the next cells, give what can be heard of them and the take has not given yet."""


def choose(
    job: RenderJob, take: int, attempt: int = 0, draft: Drafting | None = None
) -> Generator[Meanwhile, None, Chosen]:
    """The candidate nearest to the prompt; the only one is not made yet, so that its pieces come early.

    A take that is made again gets candidates that no take has had. The draft is that of the first candidate.
    """
    places = range(take * job.request.candidates, (take + 1) * job.request.candidates)
    again = attempt * job.request.takes * job.request.candidates
    best, nearest, noise = None, -math.inf, noise_of(job, places[0] + again)
    if job.request.candidates == 1 or changes_nothing(job.request):
        return Chosen(noise, made_sound(job, noise, places[0], draft))
    for place in places:
        own = noise_of(job, place + again)
        first = draft if place == places[0] else None
        candidate = yield from kept(job, made_sound(job, own, place, first))
        yield progress(job, "ranking", job.steps * (place + 1))
        with job.stopwatch.stage("rank"):
            near = _closeness(job, take, candidate.sound.stretch())
        worse: Candidate | None = candidate
        if best is None or near > nearest:
            best, worse, nearest, noise = candidate, best, near, own
        if worse is not None:
            worse.sound.close()
    assert best is not None
    return Chosen(noise, best.played())


def kept(job: RenderJob, events: Iterable[Meanwhile | Float32]) -> Generator[Meanwhile, None, Candidate]:
    """A sound that will be heard again."""
    sound, pieces = job.workspace.temporary(job.sounds), []
    for event in events:
        if isinstance(event, Meanwhile):
            yield event
        else:
            sound.append(event)
            pieces.append(len(event))
    return Candidate(sound, pieces)


def _closeness(job: RenderJob, take: int, sound: Stretch) -> float:
    """Of a candidate to the prompt, without the edges around the region; a long one's is its pieces' mean."""
    host_rate, model_rate = job.material.sample_rate, job.model.specification.mel.sample_rate
    start = job.canvas.lead_frames * model_rate // host_rate
    end = start + resampled_frames(job.material.span.frames, host_rate, model_rate)
    region = sound.part(min(start, sound.frames), min(end, sound.frames))
    near = [
        closeness(block.mean(axis=1), condition_of(job, take), job.model) * len(block)
        for block in region.blocks(RANKED_SECONDS * model_rate)
    ]
    return sum(near) / region.frames


def made_sound(
    job: RenderJob, noise: NoiseSource, place: int, draft: Drafting | None = None
) -> Iterator[Meanwhile | Float32]:
    """Progress while it works, and sound as soon as it is final, (frames, sounds) at the model's rate.

    place: of the candidate among those of all takes. draft: what is to be heard of it before.
    """
    done, end, take = place * job.steps, (place + 1) * job.steps, place // job.request.candidates
    make = _made_loop if job.request.loop else _made
    sounds = [make(job, one, take, draft is not None) for one in channel_noises(job, noise)]
    for event in _abreast(sounds):
        if event is _Work.ASKED:
            done += 1
            yield progress(job, "denoising", done)
        elif event is _Work.DECODING:
            if done == end:
                yield progress(job, "decoding", done)
        elif isinstance(event, Sketch):
            yield from () if draft is None else draft.push(event)
        else:
            yield event


class _Work(Enum):
    ASKED = "the network was called"
    DECODING = "latents become sound"


def _abreast(
    sounds: Sequence[Iterator[_Work | Sketch | Float32]],
) -> Iterator[_Work | Sketch | Float32]:
    """Sounds of one recipe, which come in the same pieces, side by side, (frames, sounds).

    Of sketches, the first sound's; every call of the network, so that a cancel is as prompt as with one.
    """
    for first in sounds[0]:
        if first is _Work.ASKED:
            yield first
        events = [first]
        for sound in sounds[1:]:
            events.append(next(sound))
            if first is _Work.ASKED:
                yield first
        if isinstance(first, np.ndarray):
            yield np.stack([event for event in events if isinstance(event, np.ndarray)], axis=1)
        elif first is not _Work.ASKED:
            yield first


def _made(
    job: RenderJob, noise: ChannelNoise, take: int, sketches: bool
) -> Iterator[_Work | Sketch | Float32]:
    """One sound, (frames,), in the pieces in which its latents become final."""
    decoder = Decoder(job.model, *job.canvas.decoded, noise.seed)
    for event in _latents(job, noise, take, sketches):
        if not isinstance(event, np.ndarray):
            yield event
            continue
        yield _Work.DECODING
        with job.stopwatch.stage("decode"):
            sound = decoder.push(event)
        yield sound
    with job.stopwatch.stage("decode"):
        sound = decoder.finish()
    yield sound


def _made_loop(
    job: RenderJob, noise: ChannelNoise, take: int, sketches: bool
) -> Iterator[_Work | Sketch | Float32]:
    """The same of a loop, which is final all at once."""
    for event in _latents(job, noise, take, sketches):
        if not isinstance(event, np.ndarray):
            yield event
            continue
        for piece in job.stopwatch.passing("decode", circular_sound(event, job.model, noise.seed)):
            yield _Work.DECODING if piece is None else piece


def _latents(
    job: RenderJob, noise: ChannelNoise, take: int, sketches: bool
) -> Iterator[_Work | Sketch | Float32]:
    """Calls of the network, sketches, and latents as they become final."""
    passing = new_latents(job.recipe, job.canvas, job.model, noise, take, sketches=sketches)
    for event in job.stopwatch.passing("denoise", passing):
        yield _Work.ASKED if event is None else event
