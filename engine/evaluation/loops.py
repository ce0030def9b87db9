"""Is the wrap of a loop a place like any other? ``python -m engine.evaluation.loops`` prints a table.

The seam measure at the wrap is compared with that at random places, and it is told at which share of the
places it is lower: half of them where the wrap is like any other. Sounds of the same lengths that were cut
from longer ones, and are no loops, say what the measure makes of ends that do not meet.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from engine.audio.splice import seam_discontinuity
from engine.config import Home, make_home
from engine.models.catalogue import load_model
from engine.models.interface import Model
from engine.protocol.replies import Chunk
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, frames
from engine.protocol.vocabulary import Stereo
from engine.render import render

Float32 = NDArray[np.float32]

PLACES = 50
CUT = 12_000
RATE = 48_000
# No whole cells, windows or hops.
LENGTHS = (24_001, 59_999, 237_526)
PROMPTS = ("rain on a roof", "fire crackling", "boots on gravel", "engine idling")
DEMO = Path(__file__).parents[1] / "commands" / "demo" / "stream.flac"
# Regions of the recording that ships, each for one loop: what is at a region's start is at its loop's wrap,
# so loops of the same region are not independent of each other.
REGIONS = 48
REGION_FRAMES = (24_000, 150_000)
_FROM_ENDS = RATE
STRENGTHS = (0.3, 0.6, 0.9)
_REACH_SECONDS = 0.02


@dataclass(frozen=True)
class Wrap:
    """The seam measure of one loop: at its wrap, and at random places."""

    wrap: float
    places: tuple[float, ...]

    @property
    def share(self) -> float:
        """Of the places, at which it is lower."""
        return float(np.mean(np.array(self.places) < self.wrap))


def table(model: Model, home: Home) -> Iterator[str]:
    """Its lines, each as soon as it is measured."""
    yield "| sounds | wrap, median (95th percentile) | random places | places below the wrap |"
    yield "|---|---|---|---|"
    new = RenderRequest("loops", NewSource(RATE, 2, LENGTHS[0]), "", Mode.GENERATE, stereo=Stereo.WIDE)
    asked = [
        replace(new, source=NewSource(RATE, 2, length), prompt=prompt, seed=seed)
        for length in LENGTHS
        for seed, prompt in enumerate(PROMPTS)
    ]
    yield _row("new loops", [replace(each, loop=True) for each in asked], model, home)
    yield _row("cut from longer sounds", [_longer(each) for each in asked], model, home, CUT)
    yield _line("the recording where regions start, no loops", [_untouched(*span) for span in regions()])
    edits = [
        RenderRequest(
            "loops",
            FileSource(str(DEMO), frames(start), frames(end)),
            PROMPTS[number // len(STRENGTHS) % len(PROMPTS)],
            strength=STRENGTHS[number % len(STRENGTHS)],
            loop=True,
            seed=number,
        )
        for number, (start, end) in enumerate(regions())
    ]
    yield _row("loops of these regions", edits, model, home)


def regions() -> list[tuple[int, int]]:
    """Frames [start, end) of the recording that ships, everywhere but at its ends."""
    rng, whole = np.random.default_rng(5), sf.info(DEMO).frames
    found = []
    for _ in range(REGIONS):
        length = int(rng.integers(*REGION_FRAMES))
        start = int(rng.integers(_FROM_ENDS, whole - length - _FROM_ENDS))
        found.append((start, start + length))
    return found


def _untouched(start: int, end: int) -> Wrap:
    """The recording's own start of a region, against places within the region."""
    recording = sf.read(DEMO, dtype="float32", always_2d=True)[0]
    places = np.random.default_rng(start).integers(start, end, PLACES)
    return Wrap(seam(recording, start), tuple(seam(recording, int(place)) for place in places))


def _longer(request: RenderRequest) -> RenderRequest:
    """With something to cut off at both ends."""
    assert isinstance(request.source, NewSource)
    return replace(request, source=replace(request.source, frames=request.source.frames + 2 * CUT))


def _row(name: str, asked: list[RenderRequest], model: Model, home: Home, cut: int = 0) -> str:
    sounds = (sound(request, model, home) for request in asked)
    return _line(name, [measured(each[cut : len(each) - cut], number) for number, each in enumerate(sounds)])


def _line(name: str, wraps: list[Wrap]) -> str:
    at, places = [one.wrap for one in wraps], [place for one in wraps for place in one.places]
    wrap, other = (np.percentile(values, (50, 95)) for values in (at, places))
    share = np.mean([one.share for one in wraps])
    error = np.std([one.share for one in wraps]) / np.sqrt(len(wraps))
    return (
        f"| {name}, {len(wraps)} | {wrap[0]:.2f} ({wrap[1]:.2f}) | {other[0]:.2f} ({other[1]:.2f}) "
        f"| {share:.2f} ± {error:.2f} |"
    )


def measured(loop: Float32, seed: int) -> Wrap:
    """Of (frames, channels), against places of its own."""
    places = np.random.default_rng(seed).integers(0, len(loop), PLACES)
    return Wrap(seam(loop, 0), tuple(seam(loop, int(place)) for place in places))


def seam(loop: Float32, place: int) -> float:
    """The seam measure before a frame of a circle."""
    reach = round(_REACH_SECONDS * RATE)
    around = np.take(loop, np.arange(place - reach, place + reach), axis=0, mode="wrap")
    return seam_discontinuity(around, reach, RATE)


def sound(request: RenderRequest, model: Model, home: Home) -> Float32:
    """What a request comes to, (frames, channels): the chunks of its last try, which begin anew."""
    pieces: list[Float32] = []
    for reply in render(request, model, home):
        if isinstance(reply, Chunk):
            if reply.sequence == 0:
                pieces.clear()
            pieces.append(np.frombuffer(reply.samples, "<f4").reshape(-1, reply.channels))
    return np.concatenate(pieces)


def main(say: Callable[[str], object] = print) -> None:
    """The table, line by line."""
    with tempfile.TemporaryDirectory(prefix="punchin-loops-") as folder:
        home = Home(Path(folder) / "home", Path(folder) / "takes")
        make_home(home)
        for line in table(load_model("", "cpu"), home):
            say(line)


if __name__ == "__main__":
    main(lambda line: print(line, flush=True))
