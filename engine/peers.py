"""Who talks to the engine: a TCP connection or a UDP address, each answered the way it asked."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any, Protocol, cast

from engine.config import FRAME_SECONDS, MAX_UNSENT_BYTES
from engine.errors import EngineError, ErrorCode
from engine.protocol.framing import FrameReader, Framing, frame
from engine.protocol.replies import Failed, Reply, encode_reply

logger = logging.getLogger(__name__)


class Peer(Protocol):
    """Somebody who sends requests and can be answered. ``name`` tells peers apart."""

    name: str
    host: str
    streams: bool  # audio may be sent to it and taken from it in blobs

    def send(self, reply: Reply) -> None:
        """Answers; a peer that is gone is not an error."""


class Reception(Protocol):
    """What a transport hands its packets to."""

    def welcome(self, peer: TcpPeer) -> None:
        """A connection was made. Raises EngineError(TOO_MUCH) if it must be closed."""

    def arrived(self, peer: Peer, packet: bytes) -> None:
        """A whole packet came. Raises nothing."""

    def lost(self, peer: TcpPeer) -> None:
        """A connection has ended."""


class TcpPeer(asyncio.Protocol):
    """One TCP connection.

    It is closed when the place in its stream is lost or a packet takes longer than FRAME_SECONDS to
    arrive, and cut when it leaves more than MAX_UNSENT_BYTES unread.
    """

    streams = True

    def __init__(self, reception: Reception) -> None:
        self.name = self.host = ""
        self._reception = reception
        self._reader = FrameReader()
        self._deadline: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)
        self.host, port = _address(self._transport.get_extra_info("peername"))
        self.name = f"tcp {self.host} {port}"
        _tune(self._transport)
        try:
            self._reception.welcome(self)
        except EngineError as error:
            self._refuse(error)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            for packet in self._reader.feed(data):
                self._stop_clock()
                self._reception.arrived(self, packet)
        except EngineError as error:
            self._refuse(error)
            return
        if self._reader.pending and self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(FRAME_SECONDS, self._too_slow)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - the reason changes nothing
        """Called by asyncio."""
        self._stop_clock()
        self._reception.lost(self)

    def send(self, reply: Reply) -> None:
        """Answers in the framing the peer has chosen; length-prefixed if it has said nothing yet."""
        if self._transport.is_closing():
            return
        data = frame(encode_reply(reply), self._reader.framing or Framing.LENGTH_PREFIXED)
        if self._transport.get_write_buffer_size() + len(data) > MAX_UNSENT_BYTES:
            logger.warning("%s stopped reading and is cut off", self.name)
            self._transport.abort()
            return
        self._transport.write(data)

    def close(self) -> None:
        """Ends the connection when what was said has been sent, or has not been read for FRAME_SECONDS."""
        self._stop_clock()
        self._transport.close()
        self._deadline = asyncio.get_running_loop().call_later(FRAME_SECONDS, self._transport.abort)

    def abort(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    def _refuse(self, error: EngineError) -> None:
        logger.info("%s is closed: %s", self.name, error.sentence)
        self.send(Failed("", error.code, error.sentence))
        self.close()

    def _too_slow(self) -> None:
        sentence = f"A packet must arrive within {FRAME_SECONDS:g} s; connect again and send it whole."
        self._refuse(EngineError(ErrorCode.TOO_MUCH, sentence))

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class UdpPeer:
    """The sender of a datagram; replies go to where it came from."""

    streams = False

    def __init__(self, transport: asyncio.DatagramTransport, address: tuple[Any, ...]) -> None:
        self.host, port = _address(address)
        self.name = f"udp {self.host} {port}"
        self._transport = transport
        self._address = address

    def send(self, reply: Reply) -> None:
        """Answers with one datagram."""
        if not self._transport.is_closing():
            self._transport.sendto(encode_reply(reply), self._address)


class UdpEndpoint(asyncio.DatagramProtocol):
    """The engine's UDP port."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own is no instance of it

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Called by asyncio."""
        self._reception.arrived(UdpPeer(self._transport, addr), data)

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio when a peer's port is closed, or a reply was too long for a datagram."""
        logger.info("a datagram was not delivered: %s", exc)


def _address(address: tuple[Any, ...]) -> tuple[str, int]:
    """Host without its IPv6 zone, and port."""
    return str(address[0]).partition("%")[0], int(address[1])


def _tune(transport: asyncio.Transport) -> None:
    """Sends small replies at once, and lets the system notice a machine that was switched off.

    asyncio does the first only for sockets it has made itself; without it a reply waits 40 ms for
    the acknowledgement of the one before.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
