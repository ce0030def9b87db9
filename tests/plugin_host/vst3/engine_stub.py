"""An engine that takes what the plugin sends, as the real one reads it, and answers as a test says."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.lockfile import Lock, write_lock
from engine.protocol.framing import FrameReader, frame_length_prefixed
from engine.protocol.osc import decode_packet
from engine.protocol.replies import Failed, Reply, encode_reply
from engine.protocol.requests import AudioRequest, RenderRequest, StreamSource, parse_request
from tests.plugin_host.vst3.driver import Sound


@dataclass(frozen=True)
class Sent:
    """One job of the plugin: the request, its sound (frames, channels), the token that was shown."""

    request: RenderRequest
    source: StreamSource
    sound: Sound
    token: str


Answer = Callable[[Sent], Iterable[Reply]]


def refuse(sent: Sent) -> Iterable[Reply]:
    """What ends a job at once."""
    return [Failed(sent.request.job_id, ErrorCode.BAD_ARGUMENT, "This engine only looks.")]


class EngineStub:
    """Listens for as long as a ``with`` lasts, and has its lock file there."""

    def __init__(self, home: Home, answer: Answer = refuse) -> None:
        self._home, self._answer = home, answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.sent: list[Sent] = []
        self.left = threading.Event()  # somebody closed a connection

    def __enter__(self) -> Self:
        port = self._listener.getsockname()[1]
        write_lock(self._home, Lock(os.getpid(), "127.0.0.1", port, "0"))
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._home.lock.unlink()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _address = self._listener.accept()
                with peer:
                    self._talk(peer)
                    self.left.set()

    def _talk(self, peer: socket.socket) -> None:
        reader, request, token, parts = FrameReader(), None, "", list[bytes]()
        while data := peer.recv(65536):
            for packet in reader.feed(data):
                message = decode_packet(packet)[0]
                try:
                    envelope = parse_request(message)
                except EngineError as error:
                    job_id = str(message.arguments[0])
                    self._say(peer, Failed(job_id, error.code, error.sentence))
                    continue
                if isinstance(envelope.request, RenderRequest):
                    request, token, parts = envelope.request, envelope.token, []
                if request is None:
                    continue
                assert isinstance(request.source, StreamSource)
                if isinstance(envelope.request, AudioRequest):
                    assert envelope.token == token
                    parts.append(envelope.request.samples)
                source = request.source
                if sum(map(len, parts)) == source.frames * source.channels * 4:
                    sound = np.frombuffer(b"".join(parts), "<f4").reshape(-1, source.channels)
                    self.sent.append(Sent(request, source, sound, token))
                    for reply in self._answer(self.sent[-1]):
                        self._say(peer, reply)

    @staticmethod
    def _say(peer: socket.socket, reply: Reply) -> None:
        with contextlib.suppress(OSError):  # the plugin has left meanwhile
            peer.sendall(frame_length_prefixed(encode_reply(reply)))
