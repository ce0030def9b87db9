"""An engine on another machine: where it is, and takes that come from there as sound, not as files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Chunk
from plugin_host.daws.reaper import lines

FILE = "engine.txt"


@dataclass(frozen=True)
class Address:
    """An engine on another machine."""

    host: str
    port: int
    token: str = field(repr=False)


def read_address(spool: Path) -> Address | None:
    """What the action "settings" has kept; None: this machine's own. Raises EngineError(BAD_ARGUMENT)."""
    values = lines.read(spool / FILE) or {}
    host = values.get("host", "")
    if not host:
        return None
    try:
        return Address(host, int(values["port"]), values.get("token", ""))
    except (KeyError, ValueError) as error:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, 'The engine\'s port is no number; run the action "Punch-In: settings".'
        ) from error


class Arriving:
    """The takes of one job, put together from their chunks."""

    def __init__(self, frames: int) -> None:
        """``frames`` of the region."""
        self._frames = frames
        self._takes: dict[int, npt.NDArray[np.float32]] = {}
        self._until: dict[int, int] = {}

    def push(self, chunk: Chunk) -> None:
        """Put a chunk in its place; a take that is made again begins again. Raises EngineError(BAD_AUDIO)."""
        samples = np.frombuffer(chunk.samples, "<f4").reshape(-1, chunk.channels)
        end = chunk.frame_offset + len(samples)
        if chunk.frame_offset < 0 or end > self._frames:
            raise EngineError(ErrorCode.BAD_AUDIO, "The engine has sent sound outside the region; update it.")
        if chunk.sequence == 0:
            self._takes[chunk.take] = np.zeros((self._frames, chunk.channels), np.float32)
        self._takes[chunk.take][chunk.frame_offset : end] = samples
        self._until[chunk.take] = end

    def pop(self, take: int) -> npt.NDArray[np.float32]:
        """A take that is whole: (frames, channels). Raises EngineError(BAD_AUDIO)."""
        if self._until.get(take) != self._frames:
            raise EngineError(ErrorCode.BAD_AUDIO, f"Take {take + 1} did not arrive whole; try again.")
        return self._takes.pop(take)
