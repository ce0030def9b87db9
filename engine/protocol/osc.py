"""OSC packets <-> plain messages, through python-osc, which is asked only what it answers rightly.

python-osc skips type tags that it does not know without stepping over their bytes, reads blobs of
negative size backwards, pads what is cut short and ignores what is left over. So the layout of a
packet is checked here before it is decoded there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

from engine.errors import EngineError, ErrorCode

Argument = str | int | float | bytes  # bool is an int
TaggedArgument = tuple[str, Argument]

FIXED_SIZES = {"i": 4, "f": 4, "h": 8, "d": 8, "T": 0, "F": 0}  # bytes, OSC 1.0 and its common types
TYPE_TAGS = frozenset(FIXED_SIZES) | {"s", "b"}

# A status of some 500 jobs is the longest message of ours.
MAX_ARGUMENTS = 2048
# python-osc copies the rest of the packet at each number it reads, so its time grows as arguments
# times bytes. A blob of 1 MiB with its keys needs 7 MiB of this; 128 MiB take a few milliseconds.
MAX_COPIED_BYTES = 128 * 1024 * 1024
MAX_MESSAGES = 256  # in one bundle: more than a patch sends at once, few enough to answer one by one
MAX_BUNDLE_DEPTH = 8  # patches nest two or three deep; this ends a peer that sends only brackets
_MAX_QUOTED = 60  # characters of a text that can't be sent, in the sentence about it
_BUNDLE = b"#bundle\0"
_BUNDLE_HEADER_BYTES = 16  # the word and the timetag


@dataclass(frozen=True)
class RawMessage:
    """One decoded OSC message; nothing is known about its meaning yet."""

    address: str
    arguments: tuple[Argument, ...]


def decode_packet(packet: bytes) -> list[RawMessage]:
    """The messages of a packet, bundles flattened; timetags are ignored, everything is for now.

    One bad message refuses the whole packet.
    """
    messages = list(islice(_messages(packet, 0), MAX_MESSAGES + 1))
    if len(messages) > MAX_MESSAGES:
        raise _bad(f"This OSC bundle holds more than {MAX_MESSAGES} messages; send smaller bundles.")
    return messages


def encode_message(address: str, arguments: Iterable[TaggedArgument]) -> bytes:
    """One OSC message; raises BAD_ARGUMENT for what OSC can't carry."""
    builder = OscMessageBuilder(address)
    for tag, value in arguments:
        if isinstance(value, str) and "\0" in value:
            raise EngineError(ErrorCode.BAD_ARGUMENT, "OSC text can't hold a zero byte; take it out.")
        if isinstance(value, str) and not _is_text(value):
            sentence = f"{value[:_MAX_QUOTED]!a} is no text in this system's encoding; write it anew."
            raise EngineError(ErrorCode.BAD_ARGUMENT, sentence)
        builder.add_arg(value, tag)
    try:
        packet: bytes = builder.build().dgram
    except (BuildError, OverflowError) as error:
        sentence = f"OSC can't carry one of the values for {address}: {error}."
        raise EngineError(ErrorCode.BAD_ARGUMENT, sentence) from error
    return packet


def _is_text(value: str) -> bool:
    """Whether it is all letters; of a file's name some may be bytes that stand for none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _messages(packet: bytes, depth: int) -> Iterator[RawMessage]:
    if packet.startswith(_BUNDLE):
        for element in _bundle_elements(packet, depth):
            yield from _messages(element, depth + 1)
    else:
        yield _decode_message(packet)


def _bundle_elements(bundle: bytes, depth: int) -> Iterator[bytes]:
    if depth >= MAX_BUNDLE_DEPTH:
        raise _bad(f"OSC bundles may be nested {MAX_BUNDLE_DEPTH} deep; send the messages by themselves.")
    if len(bundle) < _BUNDLE_HEADER_BYTES:
        raise _bad("This OSC bundle ends inside its timetag.")
    offset = _BUNDLE_HEADER_BYTES
    while offset < len(bundle):
        size = _blob_size(bundle, offset)
        yield bundle[offset + 4 : offset + 4 + size]
        offset += 4 + size


def _decode_message(packet: bytes) -> RawMessage:
    if not packet.startswith(b"/"):
        raise _bad("This is not an OSC message: its address must start with a slash.")
    _check_layout(packet)
    try:
        message = OscMessage(packet)
    except UnicodeDecodeError as error:
        raise _bad("OSC text must be UTF-8.") from error
    except ParseError as error:
        raise _bad("This OSC message can't be read.") from error
    return RawMessage(message.address, tuple(message.params))


def _check_layout(packet: bytes) -> None:
    """The type tags are ours and the arguments end where the packet ends."""
    offset = _text_end(packet, 0)
    if offset == len(packet):
        return  # old senders leave the type tags out when there are no arguments
    arguments = _text_end(packet, offset)
    type_tags = packet[offset:arguments].rstrip(b"\0").decode("latin-1")
    _check_type_tags(type_tags, len(packet))
    for tag in type_tags[1:]:
        arguments = _argument_end(packet, arguments, tag)
    if arguments != len(packet):
        raise _bad("This OSC message does not end where its type tags say.")


def _check_type_tags(type_tags: str, packet_bytes: int) -> None:
    if not type_tags.startswith(","):
        raise _bad("The OSC type tags must start with a comma.")
    strange = set(type_tags[1:]) - TYPE_TAGS
    if strange:
        known = " ".join(sorted(TYPE_TAGS))
        raise _bad(f"The OSC type {min(strange)!a} is not taken here; use one of {known}.")
    number = len(type_tags) - 1
    if number > MAX_ARGUMENTS or number * packet_bytes > MAX_COPIED_BYTES:
        raise _bad("This OSC message has too many arguments; send fewer in each.")


def _argument_end(packet: bytes, offset: int, tag: str) -> int:
    if tag == "s":
        return _text_end(packet, offset)
    if tag == "b":
        return offset + 4 + (_blob_size(packet, offset) + 3) // 4 * 4
    return offset + FIXED_SIZES[tag]  # past the end shows in the caller's last comparison


def _text_end(packet: bytes, offset: int) -> int:
    zero = packet.find(b"\0", offset)
    end = zero // 4 * 4 + 4
    if zero < 0 or end > len(packet):
        raise _bad("This OSC message is cut short inside a text.")
    return end


def _blob_size(packet: bytes, offset: int) -> int:
    """Bytes of the blob, or of the bundle's element, whose size stands at ``offset``."""
    if offset + 4 > len(packet):
        raise _bad("This OSC message is cut short.")
    size: int = struct.unpack_from(">i", packet, offset)[0]
    if not 0 <= size <= len(packet) - offset - 4:
        raise _bad("A blob or bundle element claims more bytes than there are.")
    return size


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_MESSAGE, sentence)
