"""Packets become messages, or one error; python-osc's own surprises don't get through."""

from __future__ import annotations

import struct
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.errors import EngineError, ErrorCode
from engine.protocol.osc import (
    MAX_ARGUMENTS,
    MAX_BUNDLE_DEPTH,
    MAX_MESSAGES,
    RawMessage,
    TaggedArgument,
    decode_packet,
    encode_message,
)

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
tagged_arguments = st.one_of(
    st.tuples(st.just("i"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("h"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("f"), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just("d"), st.floats(allow_nan=False)),
    st.tuples(st.just("s"), texts),
    st.tuples(st.just("b"), st.binary(min_size=1, max_size=12)),
    st.sampled_from([("T", True), ("F", False)]),
)
messages = st.tuples(texts.map("/".__add__), st.lists(tagged_arguments, max_size=6))


def bundle(*elements: bytes) -> bytes:
    """A bundle with a timetag of long ago."""
    sized = (struct.pack(">i", len(element)) + element for element in elements)
    return b"#bundle\0" + struct.pack(">Q", 1) + b"".join(sized)


@given(messages)
def test_what_is_encoded_is_decoded(message: tuple[str, list[TaggedArgument]]) -> None:
    """Addresses, types and values come back, int64 and booleans included."""
    address, arguments = message
    expected = RawMessage(address, tuple(value for _, value in arguments))

    actual = decode_packet(encode_message(address, arguments))

    assert [expected] == actual
    assert [type(value) for _, value in arguments] == [type(value) for value in actual[0].arguments]


@given(messages, st.data())
def test_a_damaged_packet_is_decoded_or_refused(
    message: tuple[str, list[TaggedArgument]], data: st.DataObject
) -> None:
    """One changed byte, or a cut, raises nothing but BAD_MESSAGE."""
    packet = bytearray(encode_message(*message))
    place = data.draw(st.integers(0, len(packet) - 1))
    packet[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(packet)))
    for damaged in (bytes(packet), bytes(packet[:cut]), bundle(bytes(packet))):
        decode_or_refuse(damaged)


@given(st.binary(max_size=100) | st.binary(max_size=60).map(lambda tail: b"/a\0\0,b\0\0" + tail))
@example(b"")
@example(b"#bundle\0")
@example(b"/a\0\0,s\0\0\xff\0\0\0")
def test_any_bytes_are_decoded_or_refused(packet: bytes) -> None:
    """Nothing but BAD_MESSAGE comes out of hostile bytes."""
    decode_or_refuse(packet)


def decode_or_refuse(packet: bytes) -> None:
    """Decodes, and lets BAD_MESSAGE pass."""
    try:
        decode_packet(packet)
    except EngineError as error:
        assert ErrorCode.BAD_MESSAGE == error.code


@pytest.mark.parametrize("size", [1, 4, 8, 16, 20, 32_768])
def test_a_blob_of_zeros_stays_bytes(size: int) -> None:
    """Silence is no message."""
    packet = encode_message("/punchin/audio", [("b", bytes(size))])

    assert [RawMessage("/punchin/audio", (bytes(size),))] == decode_packet(packet)


def test_a_blob_that_looks_like_a_bundle_stays_bytes() -> None:
    """Only a packet may be a bundle."""
    inner = bundle(encode_message("/punchin/quit", []))

    assert [RawMessage("/a", (inner,))] == decode_packet(encode_message("/a", [("b", inner)]))


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"/a\0\0,t\0\0" + bytes(8), "'t'"),  # a timetag: known to OSC, not wanted here
        (b"/a\0\0,ci\0A\0\0\0\0\0\0\1", "'c'"),  # python-osc skips the tag and misreads what follows
        (b"/a\0\0,[i]\0\0\0\0\0\0\0\1", "'\\['"),
        (b"/a\0\0,Si\0abc\0\0\0\0\1", "'S'"),
        (b"/a\0\0,b\0\0\xff\xff\xff\xf8", "claims"),  # a blob of -8 bytes
        (b"/a\0\0,b\0\0\0\0\0\x05abcd", "claims"),
        (b"/a\0\0,b\0\0\0\0\0\x03abc", "does not end"),  # not padded
        (b"/a\0\0,f\0\0\0\0", "does not end"),  # python-osc fills a short float up
        (b"/a\0\0,i\0\0\0\0\0\1\0\0\0\2", "does not end"),  # python-osc ignores the rest
        (b"/a\0\0,s\0\0abcd", "cut short"),
        (b"/a\0\0,s\0\0ab\xff\0", "UTF-8"),
        (b"/a\0\0i\0\0\0\0\0\0\1", "comma"),
        (b"/a", "cut short"),
        (b"a\0\0\0,\0\0\0", "slash"),
        (b"", "slash"),
    ],
)
def test_a_wrong_packet_is_refused_with_its_reason(packet: bytes, why: str) -> None:
    """Each sentence names what is wrong."""
    with pytest.raises(EngineError, match=why) as caught:
        decode_packet(packet)
    assert ErrorCode.BAD_MESSAGE == caught.value.code


def test_a_message_without_type_tags_has_no_arguments() -> None:
    """Old senders leave them out."""
    assert [RawMessage("/punchin/status", ())] == decode_packet(b"/punchin/status\0")


def test_bundles_are_flattened_in_order_and_their_timetags_ignored() -> None:
    """Nested as deep as allowed, and no message waits for its time."""
    one, two, three = (encode_message(address, []) for address in ("/one", "/two", "/three"))
    packet = bundle(one, bundle(two), three)
    for _ in range(MAX_BUNDLE_DEPTH - 2):
        packet = bundle(packet)

    assert ["/one", "/two", "/three"] == [message.address for message in decode_packet(packet)]
    assert [] == decode_packet(bundle())


def test_bundles_of_python_osc_are_read() -> None:
    """Another writer of bundles agrees."""
    builder = OscBundleBuilder(IMMEDIATELY)
    builder.add_content(OscMessageBuilder("/punchin/status").build())

    assert [RawMessage("/punchin/status", ())] == decode_packet(builder.build().dgram)


@pytest.mark.parametrize(
    "element_sizes", [b"\0\0\0\x40", b"\xff\xff\xff\xff", b"\0\0", b"\0\0\0\0", b"\0\0\0\x03/a\0\0"]
)
def test_a_bundle_with_a_wrong_element_is_refused_whole(element_sizes: bytes) -> None:
    """No half of a bundle is carried out."""
    with pytest.raises(EngineError) as caught:
        decode_packet(bundle(encode_message("/punchin/status", [])) + element_sizes)
    assert ErrorCode.BAD_MESSAGE == caught.value.code


def test_bundles_nested_too_deep_are_refused() -> None:
    """Recursion ends long before Python's own limit."""
    packet = bundle()
    for _ in range(sys.getrecursionlimit()):
        packet = bundle(packet)

    with pytest.raises(EngineError, match=str(MAX_BUNDLE_DEPTH)):
        decode_packet(packet)


def test_a_bundle_of_too_many_messages_is_refused() -> None:
    """One packet can't start a flood of answers."""
    message = encode_message("/a", [])
    assert MAX_MESSAGES == len(decode_packet(bundle(*[message] * MAX_MESSAGES)))

    with pytest.raises(EngineError, match=str(MAX_MESSAGES)):
        decode_packet(bundle(*[message] * (MAX_MESSAGES + 1)))


def test_too_many_arguments_are_refused() -> None:
    """In number, and in number times bytes, which is what python-osc copies."""
    assert MAX_ARGUMENTS == len(decode_packet(encode_message("/a", [("i", 0)] * MAX_ARGUMENTS))[0].arguments)

    with pytest.raises(EngineError, match="too many arguments"):
        decode_packet(encode_message("/a", [("i", 0)] * (MAX_ARGUMENTS + 1)))
    with pytest.raises(EngineError, match="too many arguments"):
        decode_packet(encode_message("/a", [("b", bytes(2**20)), *[("i", 0)] * 200]))


@pytest.mark.parametrize(
    ("tag", "value"),
    [("i", 2**31), ("h", 2**63), ("f", 1e39), ("b", b""), ("s", "a\0b"), ("s", "\udcff"), ("i", "text")],
)
def test_what_osc_cannot_carry_is_not_sent(tag: str, value: str | int | float | bytes) -> None:
    """The caller hears of it, whatever python-osc or struct would raise."""
    with pytest.raises(EngineError) as caught:
        encode_message("/a", [(tag, value)])
    assert ErrorCode.BAD_ARGUMENT == caught.value.code


def test_a_name_that_is_no_text_is_said_to_be_none() -> None:
    """In a sentence about the name, not about OSC."""
    with pytest.raises(EngineError, match=r"'/caf\\udce9.wav' is no text in this system's encoding"):
        encode_message("/a", [("s", "/caf\udce9.wav")])


def test_python_osc_still_needs_this_guard() -> None:
    """It reads an unknown tag's bytes as the next argument; if this fails the guard may be simplified."""
    assert [0x41000000] == OscMessage(b"/a\0\0,ci\0A\0\0\0\0\0\0\1").params
