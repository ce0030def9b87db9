"""The whole way in an Audacity of its own: out, through the engine, back; measured on what it plays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from engine.client import find_or_start
from engine.errors import EngineError
from engine.protocol.render_request import RenderRequest
from engine.protocol.replies import Failed, TakeDone
from engine.protocol.vocabulary import Mode
from plugin_host.bridge import Excerpt, Placement, put_in, source_of, take_out
from plugin_host.daws.audacity.adapter import Audacity
from plugin_host.daws.audacity.commands import command, select_time, select_track
from plugin_host.daws.audacity.own import (
    PATIENT,
    OwnAudacity,
    own_audacity,
    own_screen,
    what_is_missing,
)
from plugin_host.daws.audacity.pipe import Pipe, open_pipe
from plugin_host.daws.audacity.transport import names_here
from plugin_host.errors import DawError
from plugin_host.round_trip import RoundTrip
from plugin_host.timeline import Region, Take

Sound = npt.NDArray[np.float32]

RATE = 48_000
SECONDS = 12
REGION = Region(144_001, 96_003, RATE)  # on no whole second, no cell and no video frame
MASK = (0.5, 1.5)  # of the region, in seconds
PROMPT = "footsteps on gravel"
# Listened to around the take on its own track, where nothing may be.
_AROUND_FRAMES = 4800


@dataclass
class Stages:
    """What took how long."""

    seconds: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Notes how long a ``with`` lasts."""
        start = time.monotonic()
        yield
        self.seconds.append((name, time.monotonic() - start))


def round_trip(folder: Path) -> RoundTrip:
    """A take of the masked middle of a region. Raises DawError, also where what is needed is missing."""
    if missing := what_is_missing():
        raise DawError(missing)
    folder.mkdir(parents=True, exist_ok=True)
    recording = folder / "recording.wav"
    soundfile.write(recording, scene(), RATE, subtype="FLOAT")
    stages = Stages()
    with ExitStack() as stack:
        environment = stack.enter_context(own_screen(folder))
        with stages.timed("Audacity starts"):
            own = stack.enter_context(own_audacity(environment))
            pipe = stack.enter_context(open_pipe(names_here(), PATIENT))
        with stages.timed("a recording is opened, a region selected"):
            pipe.ask(command("Import2", Filename=str(recording)))
            pipe.ask(select_time(REGION))
        return _measured(own, pipe, folder, stages)


def _measured(own: OwnAudacity, pipe: Pipe, folder: Path, stages: Stages) -> RoundTrip:
    audacity = Audacity(pipe)
    with stages.timed("the selection goes out"):
        excerpt = take_out(audacity, folder)
    with stages.timed("the engine makes a take"):
        take = _made(excerpt)
    with stages.timed("the take comes in, and is labelled"):
        put_in(audacity, [take], Placement.TRACK)
    pipe.ask("FitInWindow:")
    pipe.ask("FitV:")
    screenshot = own.picture(folder / "audacity.png")
    pipe.ask(select_track(1))
    played = audacity.export(audacity.selection(), _AROUND_FRAMES, folder)
    compared, differing = _outside_mask(excerpt, take)
    return RoundTrip(
        daw=f"Audacity {own.version}",
        region_frames=REGION.frames,
        position_error=position_error(_sound(played.path), _sound(take.path), REGION.start - played.start),
        compared_samples=compared,
        differing_samples=differing,
        stages=tuple(stages.seconds),
        screenshot=screenshot,
    )


def _made(excerpt: Excerpt) -> Take:
    """By the account's own engine, found or started."""
    request = RenderRequest(
        "audacity-round-trip", source_of(excerpt), PROMPT, Mode.INPAINT, mask_seconds=(MASK,),
        time_reference=excerpt.region.start,
    )  # fmt: skip
    try:
        with find_or_start() as engine:
            for reply in engine.render(request):
                if isinstance(reply, Failed):
                    raise DawError(reply.sentence)
                if isinstance(reply, TakeDone):
                    return Take(Path(reply.path), excerpt.region, Path(reply.path).stem)
    except EngineError as error:
        raise DawError(error.sentence) from error
    raise DawError("The engine made no take.")


def _outside_mask(excerpt: Excerpt, take: Take) -> tuple[int, int]:
    """Samples compared, and how many of them differ."""
    before = excerpt.region.start - excerpt.start
    original = _sound(excerpt.path)[before : before + excerpt.region.frames]
    made = _sound(take.path)
    start, end = (round(seconds * RATE) for seconds in MASK)
    outside = np.ones(len(original), bool)
    outside[start:end] = False
    if original.shape != made.shape:
        return int(outside.sum()) * original.shape[1], int(outside.sum()) * original.shape[1]
    return int(outside.sum()) * original.shape[1], int((original != made)[outside].sum())


def position_error(played: Sound, take: Sound, expected: int) -> int:
    """How many frames away from ``expected`` the take is in what was played, bit for bit.

    Raises DawError where it is not there at all.
    """
    for distance in range(max(expected, len(played) - len(take) - expected) + 1):
        for start in (expected + distance, expected - distance):
            if start < 0 or start + len(take) > len(played):
                continue
            if np.array_equal(played[start : start + len(take)], take):
                return start - expected
    raise DawError("What Audacity plays on the new track is not the take.")


def _sound(path: Path) -> Sound:
    sound: Sound = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return sound


def scene() -> Sound:
    """Steps in a room: [frames, 2], the same every time."""
    dice = np.random.default_rng(7)
    frames = RATE * SECONDS
    sound = dice.normal(0, 0.004, (frames, 2))
    for start in range(RATE // 3, frames - RATE // 2, int(0.62 * RATE)):
        decay = np.exp(-np.arange(RATE // 4) / (0.035 * RATE))[:, np.newaxis]
        sound[start : start + len(decay)] += dice.normal(0, 0.16, (len(decay), 2)) * decay
    return sound.astype(np.float32)
