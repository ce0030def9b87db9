"""Packets in a TCP stream, without sockets: length-prefixed (OSC 1.0) or SLIP (OSC 1.1, RFC 1055).

A peer says which by its first byte: a SLIP packet begins with END, and the first of the four length
bytes is always zero because of the cap below. The work is linear in the bytes, however they arrive.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import StrEnum

from engine.errors import EngineError, ErrorCode

# Blobs of 32 KiB are already as fast as a loopback stream gets (460 MB/s); 1 MiB leaves room for
# clients that send more at once and keeps what one peer can make us hold small. Must stay below
# 2**24, so that a length's first byte is zero.
MAX_PACKET_BYTES = 1024 * 1024

_LENGTH_BYTES = 4
_END, _ESC = b"\xc0", b"\xdb"
_ESCAPED_END, _ESCAPED_ESC = b"\xdb\xdc", b"\xdb\xdd"


class Framing(StrEnum):
    """How a peer parts its packets; it is answered in kind."""

    LENGTH_PREFIXED = "length_prefixed"
    SLIP = "slip"


_FIRST_BYTES = {0x00: Framing.LENGTH_PREFIXED, _END[0]: Framing.SLIP}


class FrameReader:
    """Cuts one connection's bytes into packets.

    After BAD_MESSAGE the place in the stream is lost: close the connection.
    """

    def __init__(self) -> None:
        self.framing: Framing | None = None  # None until the first byte
        self._buffer = bytearray()
        self._searched = 0  # bytes of the buffer known to hold no END

    @property
    def pending(self) -> bool:
        """Has a packet begun that is not complete, or not yet been taken from the iterator?"""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Keep ``data`` at once; the iterator gives every packet that is complete by now."""
        self._buffer += data
        return self._packets()

    def _packets(self) -> Iterator[bytes]:
        if self.framing is None and self._buffer:
            self.framing = _detect(self._buffer[0])
        read = self._read_slip if self.framing is Framing.SLIP else self._read_length_prefixed
        while (packet := read()) is not None:
            yield packet

    def _read_length_prefixed(self) -> bytes | None:
        if len(self._buffer) < _LENGTH_BYTES:
            return None
        length: int = struct.unpack_from(">I", self._buffer)[0]
        _check_size(length)
        end = _LENGTH_BYTES + length
        if len(self._buffer) < end:
            return None
        return self._take(_LENGTH_BYTES, end, end)

    def _read_slip(self) -> bytes | None:
        """The next packet that is not empty: END stands on both sides of each, so most are."""
        while (end := self._buffer.find(_END, self._searched)) >= 0:
            escaped = self._take(0, end, end + 1)
            self._searched = 0
            if escaped:
                return _unescape(escaped)
        self._searched = len(self._buffer)
        _check_size((self._searched + 1) // 2)  # an escaped byte is two
        return None

    def _take(self, start: int, end: int, used: int) -> bytes:
        packet = bytes(self._buffer[start:end])
        del self._buffer[:used]  # moves the array's start, not its bytes
        return packet


def frame(packet: bytes, framing: Framing) -> bytes:
    """``packet`` as a peer that speaks ``framing`` wants it."""
    return frame_slip(packet) if framing is Framing.SLIP else frame_length_prefixed(packet)


def frame_length_prefixed(packet: bytes) -> bytes:
    """OSC 1.0: the packet's length as an int32, big-endian, then the packet."""
    _check_size(len(packet))
    return struct.pack(">I", len(packet)) + packet


def frame_slip(packet: bytes) -> bytes:
    """OSC 1.1: the packet, escaped, between two ENDs."""
    _check_size(len(packet))
    return _END + packet.replace(_ESC, _ESCAPED_ESC).replace(_END, _ESCAPED_END) + _END


def _unescape(escaped: bytes) -> bytes:
    if escaped.count(_ESC) != escaped.count(_ESCAPED_END) + escaped.count(_ESCAPED_ESC):
        raise EngineError(ErrorCode.BAD_MESSAGE, "A SLIP escape must be followed by DC or DD.")
    packet = escaped.replace(_ESCAPED_END, _END).replace(_ESCAPED_ESC, _ESC)
    _check_size(len(packet))
    return packet


def _detect(first_byte: int) -> Framing:
    if first_byte not in _FIRST_BYTES:
        sentence = "OSC over TCP needs a four-byte length before each packet, or SLIP with END on both sides."
        raise EngineError(ErrorCode.BAD_MESSAGE, sentence)
    return _FIRST_BYTES[first_byte]


def _check_size(packet_bytes: int) -> None:
    if packet_bytes > MAX_PACKET_BYTES:
        sentence = f"An OSC packet may have {MAX_PACKET_BYTES} bytes at most; send audio in smaller blobs."
        raise EngineError(ErrorCode.BAD_MESSAGE, sentence)
