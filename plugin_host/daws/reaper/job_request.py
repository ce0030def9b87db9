"""What a script asks for: excerpts of a project, and what they should sound like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import FileSource, StreamSource, frames
from plugin_host.daws.reaper import lines

FILE = "request.txt"
MAX_EXCERPTS = 256  # items of one selection


@dataclass(frozen=True)
class Excerpt:
    """A float WAV with a region inside; frames are those of the file, ``sample_rate`` in Hz."""

    path: Path
    start: int  # the region's first frame in the file
    frames: int  # of the region
    sample_rate: int
    time_reference: int  # where the region starts on the timeline, in frames from midnight


@dataclass(frozen=True)
class JobRequest:
    """One run of a script: every excerpt gets ``takes`` takes, which belong into the folder ``media``."""

    prompt: str
    mode: Mode
    strength: float
    takes: int
    media: Path
    excerpts: tuple[Excerpt, ...]

    def render(self, number: int, job_id: str, seed: int) -> RenderRequest:
        """The engine's request for excerpt ``number``; it reads the file itself."""
        excerpt = self.excerpts[number]
        end = excerpt.start + excerpt.frames
        return RenderRequest(
            job_id,
            FileSource(str(excerpt.path), frames(excerpt.start), frames(end)),
            prompt=self.prompt,
            mode=self.mode,
            strength=self.strength,
            takes=self.takes,
            seed=seed,
            time_reference=excerpt.time_reference,
            want_chunks=False,
        )


def stream_source(excerpt: Excerpt, channels: int, length: int) -> StreamSource:
    """The same region for an engine that can't read the file, which has ``length`` frames."""
    end = excerpt.start + excerpt.frames
    return StreamSource(excerpt.sample_rate, channels, length, excerpt.start, end)


def read_request(folder: Path) -> JobRequest:
    """The request in a job's folder. Raises EngineError(BAD_ARGUMENT)."""
    values = lines.read(folder / FILE)
    if values is None:
        raise EngineError(ErrorCode.BAD_ARGUMENT, f"There is no request in {folder}; start it from REAPER.")
    try:
        return _parse(values, folder)
    except (KeyError, ValueError) as error:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"The request in {folder} makes no sense ({error}); install the scripts again.",
        ) from error


def _parse(values: Mapping[str, str], folder: Path) -> JobRequest:
    count = int(values["excerpts"])
    if not 1 <= count <= MAX_EXCERPTS:
        raise EngineError(
            ErrorCode.TOO_MUCH, f"{count} items are selected; select 1 to {MAX_EXCERPTS} at a time."
        )
    return JobRequest(
        prompt=values["prompt"],
        mode=Mode(values["mode"]),
        strength=float(values["strength"]),
        takes=int(values["takes"]),
        media=Path(values["media"]),
        excerpts=tuple(_excerpt(values, number, folder) for number in range(1, count + 1)),
    )


def _excerpt(values: Mapping[str, str], number: int, folder: Path) -> Excerpt:
    """Its file is looked for in the job's folder and nowhere else."""
    prefix = f"excerpt.{number}."
    return Excerpt(
        path=folder / Path(values[f"{prefix}path"]).name,
        start=int(values[f"{prefix}start"]),
        frames=int(values[f"{prefix}frames"]),
        sample_rate=int(values[f"{prefix}rate"]),
        time_reference=int(values[f"{prefix}time_reference"]),
    )
