"""What is asked for where nobody can type: the plugin reads this file when "Punch" is pressed on it.

The panel writes it as its fields change, and ``punchin daw ask`` does. It is one OSC packet: the request in
the protocol's own keys, without what it works on, which the plugin knows.
"""

from __future__ import annotations

from engine.config import Home, make_home, write_private
from engine.protocol.osc import TaggedArgument, encode_message
from engine.protocol.requests import RenderRequest, tagged_values
from engine.protocol.vocabulary import SOURCE_KEYS

ADDRESS = "/punchin/ask"
REFUSED = "/punchin/ask/refused"
# The plugin says these itself; of drafts and chunks it would hear nothing.
_OF_THE_PLUGIN = {key.name for key in SOURCE_KEYS} | {
    "time_reference",
    "chunks",
    "draft",
    "output",
    "overwrite",
}


def write_ask(home: Home, request: RenderRequest, new_seed: bool) -> None:
    """From now on the plugin asks for this; ``new_seed``: each time for other takes of it.

    Raises EngineError(CANT_WRITE).
    """
    without = _OF_THE_PLUGIN | ({"seed"} if new_seed else set())
    arguments: list[TaggedArgument] = [("i", int(new_seed))]
    for name, value in tagged_values(request):
        if name not in without:
            arguments += [("s", name), value]
    _write(home, encode_message(ADDRESS, arguments))


def write_refusal(home: Home, sentence: str) -> None:
    """From now on the plugin says this when it is to ask. Raises EngineError(CANT_WRITE)."""
    _write(home, encode_message(REFUSED, [("s", sentence)]))


def _write(home: Home, packet: bytes) -> None:
    make_home(home)
    write_private(home.ask, packet)
