"""Whether the engine would take what a preset asks for, before there is anything to work on. For clients."""

from __future__ import annotations

from collections.abc import Mapping

from engine.prompts import check_prompt
from engine.protocol.osc import Argument, RawMessage
from engine.protocol.requests import Mode, parse_request
from engine.takes.ucs import category_of

# A region long enough for whatever a preset says of times.
_SOME_RECORDING: Mapping[str, Argument] = {"path": "/in.wav", "start": 0.0, "end": 1800.0}
_SOME_SECONDS = 10.0


def check_keys(keys: Mapping[str, Argument]) -> None:
    """Raises EngineError unless a render request with these keys, and something to work on, would be taken.

    keys: without a source, but perhaps with the length and the channels of a new sound.
    """
    category_of(str(keys.get("ucs", "")), "")
    for name in ("prompt", "negative", "source_prompt"):
        check_prompt(str(keys.get(name, "")))
    rest = dict(keys)
    pairs = _some_source(rest) | rest
    parse_request(
        RawMessage("/punchin/render", ("check", *(word for pair in pairs.items() for word in pair)))
    )


def _some_source(keys: dict[str, Argument]) -> dict[str, Argument]:
    """Something for these keys to work on; takes the length of a new sound from them where they say it."""
    seconds, channels = keys.pop("seconds", _SOME_SECONDS), keys.pop("channels", 2)
    if keys["mode"] != Mode.GENERATE:
        return {"path": "/in.wav", "start": 0, "end": 1} if "bars" in keys else dict(_SOME_RECORDING)
    return {"channels": channels} if "bars" in keys else {"channels": channels, "seconds": seconds}
