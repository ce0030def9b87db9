"""Windows denoised jointly: each step is a stage, and the cells of a region flow through it, left to right.

A stage takes cells as they become final at its level of noise, estimates z0 window by window, puts the
estimates together as the joining says, and passes on, at the next level, the cells that no window to come
will touch. So neighbouring windows agree at every step, each stage holds a few windows however long the
region is, and the first cells leave the last stage long before the last ones enter the first.

Everything but the estimate is done cell by cell: what comes out does not depend on the pieces.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.diffusion.cells import Cells, Row, Sketch, Stream
from engine.diffusion.joining import Share
from engine.diffusion.passage import Passage, Stage, is_sketched, kept, sketched, stages
from engine.models.interface import Float32


def denoised(stream: Stream, passage: Passage) -> Iterator[Float32 | Sketch | None]:
    """Clean latents (1, channels, cells, bands) as they become final, and None after every network call.

    Sketches of the same cells come before them, where the passage says at which step. Without steps the
    source comes out as it is.
    """
    for stage in stages(passage):
        stream = flow(stream, stage)
        if is_sketched(passage, stage):
            stream = _sketching(stream, passage)
    for event in stream:
        yield kept(passage, event) if isinstance(event, Cells) else event


def _sketching(stream: Stream, passage: Passage) -> Stream:
    """The same, each piece after a sketch of it."""
    for event in stream:
        if isinstance(event, Cells):
            yield sketched(passage, event)
        yield event


def flow(stream: Stream, stage: Stage) -> Stream:
    """One stage over its stream: a window is estimated as soon as all its cells have arrived."""
    shares = iter(stage.shares)
    share = next(shares, None)
    held: Cells | None = None
    for arrived in stream:
        if not isinstance(arrived, Cells):
            yield arrived
            continue
        ready = stage.enter(arrived)
        held = ready if held is None else held.followed_by(ready)
        while share is not None and share.stop <= held.stop:
            for _ in _estimated(stage, share, held):
                yield None
            following = next(shares, None)
            done = share.stop if following is None else following.start
            if done > held.start:
                yield stage.leave(held.part(held.start, done))
                held = held.part(done, held.stop)
            share = following


def _estimated(stage: Stage, share: Share, held: Cells) -> Iterator[None]:
    """Adds a window's estimates to the cells it covers; what is known counts as its own estimate."""
    window = held.part(share.start, share.stop)
    weight = share.weight[None, None, :, None]
    calls = stage.calls(share)
    if not calls:
        for row in (Row.DENOISED, Row.COPY_DENOISED):
            window[row][...] += weight * window[Row.SOURCE]
    for row in calls:
        window[row][...] += weight * stage.estimate(row, window)
        yield None
