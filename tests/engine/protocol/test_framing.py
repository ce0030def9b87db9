"""Packets come out of a TCP stream whole, however it is cut, and cost no more than their bytes."""

from __future__ import annotations

import struct
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.protocol.framing import (
    MAX_PACKET_BYTES,
    FrameReader,
    Framing,
    frame,
    frame_length_prefixed,
    frame_slip,
)

framings = st.sampled_from(Framing)
# SLIP's own bytes are as likely as all the others together.
slippery = st.lists(st.sampled_from([b"\xc0", b"\xdb", b"\xdc", b"\xdd", b"/punchin", b"\0"])).map(b"".join)
packets = st.lists((st.binary(max_size=64) | slippery).filter(bool), max_size=6)


def read_all(reader: FrameReader, pieces: list[bytes]) -> list[bytes]:
    """What a connection gives whose bytes arrive in ``pieces``."""
    return [packet for piece in pieces for packet in reader.feed(piece)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """The stream in pieces."""
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[start:end] for start, end in pairwise(edges)]


@given(packets, framings, st.lists(st.integers(0, 2**16)))
def test_a_stream_cut_anywhere_gives_the_same_packets(
    sent: list[bytes], framing: Framing, places: list[int]
) -> None:
    """Where the network cuts the stream changes nothing."""
    stream = b"".join(frame(packet, framing) for packet in sent)
    reader = FrameReader()

    assert sent == read_all(reader, cut(stream, places))
    assert reader.framing == (framing if sent else None)
    assert not reader.pending


@pytest.mark.parametrize("framing", Framing)
def test_a_stream_may_arrive_byte_by_byte(framing: Framing) -> None:
    """Every packet comes with its last byte, not later."""
    sent = [b"/a\0\0,\0\0\0", b"\xc0\xdb\xdc\xdd", b"/b\0\0,\0\0\0"]
    reader = FrameReader()

    for packet in sent:
        *before, last = (bytes([byte]) for byte in frame(packet, framing))
        assert [] == read_all(reader, before)
        assert [packet] == list(reader.feed(last))


def test_packets_before_an_error_are_kept() -> None:
    """A good packet is handed out although the bytes after it are no OSC."""
    packets_seen: list[bytes] = []

    with pytest.raises(EngineError):
        packets_seen.extend(FrameReader().feed(frame_length_prefixed(b"good") + b"\xff\xff\xff\xff"))

    assert [b"good"] == packets_seen


def test_bytes_are_kept_when_nobody_looks_at_the_iterator() -> None:
    """What was fed is there at the next call."""
    reader = FrameReader()
    reader.feed(frame_slip(b"one"))

    assert [b"one", b"two"] == list(reader.feed(frame_slip(b"two")))


def test_pending_says_that_a_packet_has_begun() -> None:
    """So that a server can lose patience with a peer that never ends one."""
    reader = FrameReader()
    assert not reader.pending
    list(reader.feed(b"\0\0"))
    assert reader.pending
    list(reader.feed(b"\0\x01x"))
    assert not reader.pending


def test_slip_takes_one_end_between_packets_and_many() -> None:
    """OSC 1.1 wants two ENDs, RFC 1055 is content with one, and idle peers send more."""
    stream = b"\xc0\xc0\xc0one\xc0two\xc0\xc0three\xc0"

    assert [b"one", b"two", b"three"] == list(FrameReader().feed(stream))


def test_slip_writes_what_the_standard_says() -> None:
    """END and ESC inside a packet become two bytes each."""
    assert b"\xc0a\xdb\xdcb\xdb\xddc\xc0" == frame_slip(b"a\xc0b\xdbc")


def test_a_length_is_four_bytes_big_endian() -> None:
    """OSC 1.0's framing."""
    assert b"\0\0\0\x03abc" == frame_length_prefixed(b"abc")


@pytest.mark.parametrize("escaped", [b"\xdb", b"a\xdbb", b"\xdb\xdb\xdc", b"\xdb\xdc\xdb"])
def test_a_wrong_slip_escape_is_refused(escaped: bytes) -> None:
    """ESC stands before DC or DD and nowhere else."""
    with pytest.raises(EngineError) as caught:
        list(FrameReader().feed(b"\xc0" + escaped + b"\xc0"))
    assert ErrorCode.BAD_MESSAGE == caught.value.code


@pytest.mark.parametrize("first", [b"G", b"/", b"#", b"\x01", b"\xff"])
def test_a_peer_that_speaks_neither_framing_is_refused(first: bytes) -> None:
    """A browser, or OSC without any framing, is told what is missing."""
    with pytest.raises(EngineError, match="length") as caught:
        list(FrameReader().feed(first + b"ET / HTTP/1.1"))
    assert ErrorCode.BAD_MESSAGE == caught.value.code


@pytest.mark.parametrize("framing", Framing)
def test_the_largest_packet_passes(framing: Framing) -> None:
    """The cap itself is allowed, even when every byte is escaped."""
    packet = b"\xc0" * MAX_PACKET_BYTES

    assert [packet] == list(FrameReader().feed(frame(packet, framing)))


def test_a_length_over_the_cap_is_refused_before_its_bytes_come() -> None:
    """Four bytes can't make the engine wait for a gigabyte."""
    with pytest.raises(EngineError, match=str(MAX_PACKET_BYTES)) as caught:
        list(FrameReader().feed(struct.pack(">I", MAX_PACKET_BYTES + 1)))
    assert ErrorCode.BAD_MESSAGE == caught.value.code


def test_a_slip_packet_over_the_cap_is_refused() -> None:
    """Also when its END is there."""
    with pytest.raises(EngineError, match=str(MAX_PACKET_BYTES)):
        list(FrameReader().feed(b"\xc0" + bytes(MAX_PACKET_BYTES + 1) + b"\xc0"))


def test_a_slip_packet_without_end_is_refused_in_time() -> None:
    """A peer that never sends END can't fill the memory."""
    reader = FrameReader()
    list(reader.feed(b"\xc0"))
    fed = 0
    with pytest.raises(EngineError):
        while fed < 4 * MAX_PACKET_BYTES:
            list(reader.feed(bytes(65_536)))
            fed += 65_536
    assert fed <= 2 * MAX_PACKET_BYTES


@pytest.mark.parametrize("framing", Framing)
def test_a_packet_over_the_cap_is_not_sent(framing: Framing) -> None:
    """The other side would hang up."""
    with pytest.raises(EngineError):
        frame(bytes(MAX_PACKET_BYTES + 1), framing)


@given(st.binary(max_size=200), st.lists(st.integers(0, 2**16)))
def test_any_bytes_are_cut_or_refused(stream: bytes, places: list[int]) -> None:
    """Nothing but EngineError comes out of a hostile stream."""
    try:
        read_all(FrameReader(), cut(stream, places))
    except EngineError as error:
        assert ErrorCode.BAD_MESSAGE == error.code


def processor_seconds(stream: bytes, piece_bytes: int) -> float:
    """The least of some measurements of reading a stream in pieces."""
    pieces = [stream[start : start + piece_bytes] for start in range(0, len(stream), piece_bytes)]
    measured = []
    for _ in range(5):
        reader = FrameReader()
        began = time.process_time()
        read_all(reader, pieces)
        measured.append(time.process_time() - began)
    return min(measured)


@pytest.mark.parametrize("framing", Framing)
def test_work_on_one_packet_is_linear_in_its_bytes(framing: Framing) -> None:
    """Eight times the bytes in small pieces are about eight times the work; quadratic would be 64 times."""
    short, long = (frame(b"\xdb" * size, framing) for size in (2**16, 2**19))

    assert processor_seconds(long, 16) < 24 * processor_seconds(short, 16)


@pytest.mark.parametrize("framing", Framing)
def test_work_on_many_packets_is_linear_in_their_number(framing: Framing) -> None:
    """Eight times the packets in one piece are about eight times the work; quadratic would be 64 times."""
    short, long = (frame(bytes(16), framing) * number for number in (2**12, 2**15))

    assert processor_seconds(long, len(long)) < 24 * processor_seconds(short, len(short))
