"""The connection to one instance of the plugin; the messages are in ``README.md``. Sockets are here only."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from engine.config import LOOPBACK
from engine.errors import EngineError
from engine.protocol.framing import FrameReader, frame_length_prefixed
from engine.protocol.osc import Argument, TaggedArgument, decode_packet, encode_message
from plugin_host.errors import DawError
from plugin_host.vst3.found import Announcement
from plugin_host.vst3.state import Captured, HeldTake, Punched, PunchState, Span, Status

READ_FRAMES = 16384  # what the plugin gives at once
# A take of half an hour is read in a few seconds; anything else is answered within milliseconds.
_PATIENCE_SECONDS = 30.0
_ADDRESS = "/punchin/plugin/"


class PluginPort:
    """One connection, for a ``with``. Everything raises DawError when the plugin has gone or refuses."""

    def __init__(self, connection: socket.socket, token: str) -> None:
        self._connection = connection
        self._reader = FrameReader()
        self._status = _status(self._ask("hello", "status/reply", [("s", token)]))

    @classmethod
    def connect(cls, announcement: Announcement) -> Self:
        """The instance that announced itself so. Raises DawError."""
        try:
            connection = socket.create_connection((LOOPBACK, announcement.port), timeout=_PATIENCE_SECONDS)
        except OSError as error:
            raise _gone() from error
        try:
            return cls(connection, announcement.token)
        except DawError:
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def status(self) -> Status:
        """How the instance is now."""
        return _status(self._ask("status", "status/reply"))

    def captured(self) -> Captured:
        """What it holds now, oldest first; what was overwritten by now is cut off."""
        generation, rate, capacity, written, *flat = cast(list[int], self._ask("spans", "spans/reply"))
        firsts, positions, rolling = flat[0::3], flat[1::3], flat[2::3]
        ends = [*firsts[1:], written][: len(firsts)]  # there may be none
        spans = []
        for first, end, position, rolls in zip(firsts, ends, positions, rolling, strict=True):
            cut = max(0, written - capacity - first)
            if end - first > cut:
                spans.append(Span(first + cut, position + cut, end - first - cut, bool(rolls)))
        return Captured(generation, rate, tuple(spans))

    def read(self, generation: int, first: int, frames: int) -> bytes:
        """Frames of the ring, interleaved float32, little-endian. Raises DawError if they are overwritten."""
        pieces = []
        for start in range(first, first + frames, READ_FRAMES):
            count = min(READ_FRAMES, first + frames - start)
            answer = self._ask("read", "audio", [("i", generation), ("h", start), ("i", count)])
            pieces.append(cast(bytes, answer[1]))
        return b"".join(pieces)

    def put(self, start: int, paths: Sequence[Path]) -> int:
        """Takes of the region from ``start`` on, all or none; the number of the first, the one now heard."""
        return self._put("put", start, paths)

    def add(self, start: int, paths: Sequence[Path]) -> int:
        """The same, and what is heard of the region stays what it is."""
        return self._put("add", start, paths)

    def _put(self, verb: str, start: int, paths: Sequence[Path]) -> int:
        answer = self._ask(verb, f"{verb}/reply", [("h", start), *(("s", str(path)) for path in paths)])
        return cast(int, answer[0])

    def takes(self) -> tuple[HeldTake, ...]:
        """What it plays, the newest first."""
        flat = self._ask("takes", "takes/reply")
        rows = zip(*(flat[offset::5] for offset in range(5)), strict=True)
        return tuple(HeldTake(*cast(tuple[int, int, int, bool, str], row)) for row in rows)

    def forget(self, start: int, end: int) -> int:
        """Takes that overlap are played no more; how many they were. Their files stay."""
        return cast(int, self._ask("forget", "forget/reply", [("h", start), ("h", end)])[0])

    def _ask(self, verb: str, answer: str, arguments: Iterable[TaggedArgument] = ()) -> list[Argument]:
        """One question and its answer."""
        try:
            self._connection.sendall(frame_length_prefixed(encode_message(_ADDRESS + verb, arguments)))
            message = decode_packet(self._packet())[0]
        except OSError as error:
            raise _gone() from error
        except EngineError as error:
            raise DawError(error.sentence) from error
        if message.address == _ADDRESS + "failed":
            raise DawError(str(message.arguments[1]))
        if message.address != _ADDRESS + answer:
            raise DawError("The Punch-In plugin is of another version: build it again.")
        return list(message.arguments)

    def _packet(self) -> bytes:
        while True:
            data = self._connection.recv(256 * 1024)
            if not data:
                raise _gone()
            for packet in self._reader.feed(data):
                return packet


def _status(answer: list[Argument]) -> Status:
    instance, channels, rate, rolling, position, marking, start, end, takes, engine, lost = cast(
        list[int], answer[:11]
    )
    state, percent, sentence = cast(tuple[int, int, str], tuple(answer[11:]))
    return Status(
        instance,
        channels,
        rate,
        bool(rolling),
        position,
        bool(marking),
        start,
        end,
        takes,
        bool(engine),
        lost,
        Punched(PunchState(state), percent, sentence),
    )


def _gone() -> DawError:
    return DawError("The Punch-In plugin has gone: is the DAW still open, and the plugin switched on?")
