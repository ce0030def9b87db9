"""Requests from OSC values, as peers send them."""

from __future__ import annotations

from engine.protocol.osc import Argument, RawMessage, decode_packet
from engine.protocol.requests import (
    Envelope,
    RenderRequest,
    parse_request,
)


def parse(packet: bytes) -> Envelope:
    """The request in a packet that holds one message."""
    (message,) = decode_packet(packet)
    return parse_request(message)


def render(*pairs: Argument, **changes: Argument) -> RenderRequest:
    """A render of a file from OSC values; ``changes`` replace or add keys."""
    values: dict[str, Argument] = {"path": "a.wav", "start": 1.0, "end": 2.0, "prompt": "rain"}
    words = [word for pair in (values | changes).items() for word in pair]
    request = parse_request(RawMessage("/punchin/render", ("job", *words, *pairs))).request
    assert isinstance(request, RenderRequest)
    return request


def new(**values: Argument) -> RenderRequest:
    """A render of a new sound from OSC values."""
    words = [word for pair in ({"prompt": "rain"} | values).items() for word in pair]
    request = parse_request(RawMessage("/punchin/render", ("job", *words))).request
    assert isinstance(request, RenderRequest)
    return request
