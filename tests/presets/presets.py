"""Presets of every shape, and the smallest there is."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from presets.effects import EFFECTS, Effect
from presets.preset import Mode, Preset, SeedPolicy

_TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=40)
_LINES = st.text(st.characters(categories=("L", "N", "P", "S", "M"), include_characters=" "), max_size=40)
_NAMES = _LINES.map(lambda text: f"N{text}".strip())
_NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
_KEYS = st.text(string.ascii_lowercase + "_", max_size=12).map(lambda text: f"k{text}")
_PLAIN = st.one_of(_TEXT, st.integers(-(2**40), 2**40), _NUMBERS, st.booleans())
_UNKNOWN = st.recursive(
    _PLAIN,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(_KEYS, inside, max_size=3),
    max_leaves=6,
)


@st.composite
def effects(draw: Any) -> Effect:
    """One effect with some of its parameters."""
    name = draw(st.sampled_from(sorted(EFFECTS)))
    known = EFFECTS[name]
    chosen = draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []
    return Effect(name, {parameter: draw(st.floats(*known[parameter])) for parameter in chosen})


@st.composite
def presets(draw: Any) -> Preset:
    """Any preset that is one."""
    slots = draw(st.dictionaries(_KEYS, _LINES, max_size=3))
    prompt = f"p{draw(_TEXT)}" + " ".join(f" {{{name}}}" for name in slots)
    # A prompt that ends in a backslash would make the first slot's brace a sign.
    prompt = prompt.replace("\\", "/")
    tags = draw(st.lists(_KEYS, unique=True, max_size=4))
    return Preset(
        name=draw(_NAMES),
        prompt=prompt,
        tags=tuple(tags),
        category=draw(st.sampled_from(["", "FEETHmn", "RAIN"])),
        slots=slots,
        negative=draw(_TEXT).replace("\\", "/"),
        mode=draw(st.sampled_from(Mode)),
        strength=draw(st.none() | st.floats(0, 1)),
        takes=draw(st.none() | st.integers(1, 16)),
        steps=draw(st.none() | st.integers(0, 1000)),
        guidance=draw(st.none() | st.floats(-1, 30)),
        seed_policy=draw(st.sampled_from(SeedPolicy)),
        seed=draw(st.integers(0, 2**31 - 1)),
        model=draw(_LINES),
        settings=draw(st.dictionaries(_KEYS, _PLAIN, max_size=3)),
        effects=tuple(draw(st.lists(effects(), max_size=3))),
        notes=draw(_TEXT),
        unknown=draw(st.dictionaries(_KEYS, _UNKNOWN, max_size=3)),
    )


def preset(name: str = "Gravel", prompt: str = "boots on gravel", **fields: Any) -> Preset:
    """A plain one."""
    return Preset(name, prompt, **fields)
