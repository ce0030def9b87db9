"""The post chain as data: Pedalboard's own effects, by its names, and plugins that are installed.

Names, parameters and defaults are those of pedalboard 0.9; ranges are what its constructors take, or where
a slip begins. Effects that read a file are not among them, and a plugin has a name, no path: a preset that
was shared must not open anything on the machine that tries it but what its owner has installed.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from presets.errors import bad, quoted

Range = tuple[float, float]

_CUTOFF: Range = (10.0, 96_000.0)
_GAIN: Range = (-100.0, 60.0)
_LEVEL: Range = (-120.0, 24.0)
_SHARE: Range = (0.0, 1.0)
_Q: Range = (0.01, 100.0)
_TIME: Range = (0.0, 10_000.0)  # ms
_RATE: Range = (0.0, 100.0)

EFFECTS: dict[str, dict[str, Range]] = {
    "Bitcrush": {"bit_depth": (1.0, 32.0)},
    "Chorus": {
        "rate_hz": _RATE,
        "depth": _SHARE,
        "centre_delay_ms": (1.0, 100.0),
        "feedback": (-1.0, 1.0),
        "mix": _SHARE,
    },
    "Clipping": {"threshold_db": _LEVEL},
    "Compressor": {"threshold_db": _LEVEL, "ratio": (1.0, 1000.0), "attack_ms": _TIME, "release_ms": _TIME},
    "Delay": {"delay_seconds": (0.0, 30.0), "feedback": _SHARE, "mix": _SHARE},
    "Distortion": {"drive_db": _GAIN},
    "Gain": {"gain_db": _GAIN},
    "GSMFullRateCompressor": {},
    "HighShelfFilter": {"cutoff_frequency_hz": _CUTOFF, "gain_db": _GAIN, "q": _Q},
    "HighpassFilter": {"cutoff_frequency_hz": _CUTOFF},
    "LadderFilter": {"cutoff_hz": _CUTOFF, "resonance": _SHARE, "drive": (1.0, 100.0)},
    "Limiter": {"threshold_db": _LEVEL, "release_ms": _TIME},
    "LowShelfFilter": {"cutoff_frequency_hz": _CUTOFF, "gain_db": _GAIN, "q": _Q},
    "LowpassFilter": {"cutoff_frequency_hz": _CUTOFF},
    "MP3Compressor": {"vbr_quality": (0.0, 10.0)},
    "NoiseGate": {"threshold_db": _LEVEL, "ratio": (1.0, 1000.0), "attack_ms": _TIME, "release_ms": _TIME},
    "PeakFilter": {"cutoff_frequency_hz": _CUTOFF, "gain_db": _GAIN, "q": _Q},
    "Phaser": {
        "rate_hz": _RATE,
        "depth": _SHARE,
        "centre_frequency_hz": _CUTOFF,
        "feedback": (-1.0, 1.0),
        "mix": _SHARE,
    },
    "PitchShift": {"semitones": (-72.0, 72.0)},
    "Resample": {"target_sample_rate": (1000.0, 192_000.0)},
    "Reverb": {
        "room_size": _SHARE,
        "damping": _SHARE,
        "wet_level": _SHARE,
        "dry_level": _SHARE,
        "width": _SHARE,
        "freeze_mode": _SHARE,
    },
}


# What stands for a plugin in the place of an effect's name.
PLUGIN = "VST3"
# Words of a chain's file that are no parameters; a plugin's parameter of such a name is set by its state.
RESERVED = ("effect", "plugin", "state")

MAX_PLUGIN_CHARACTERS = 200
MAX_PLUGIN_PARAMETERS = 1000
MAX_TEXT_CHARACTERS = 200  # of a parameter
MAX_STATE_CHARACTERS = 40_000  # a file of a preset has room for it
MAX_STATE_BYTES = 16 * 2**20  # unpacked

Value = float | str | bool


@dataclass(frozen=True)
class Effect:
    """One effect of a chain; parameters that are not given have its own defaults, or those of ``state``.

    name: of Pedalboard's own, or ``PLUGIN``; then ``plugin`` is the name of an installed VST3 and ``state``
    what ``packed_state`` made, or "". Which parameters a plugin has only that plugin knows.
    """

    name: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    plugin: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        """Raises PresetError for what Pedalboard does not have, and for what no plugin can be."""
        if self.name == PLUGIN:
            _check_plugin(self)
            return
        known = EFFECTS.get(self.name)
        if known is None:
            here = ", ".join((*EFFECTS, f"{PLUGIN} (a plugin)"))
            raise bad(f"There is no effect {quoted(self.name)} here; there are {here}.")
        if self.plugin or self.state:
            raise bad(
                f"The effect {self.name} is none of a plugin's: only {PLUGIN} has a plugin and a state."
            )
        for name, value in self.parameters.items():
            _check(self.name, known, name, value)

    @property
    def title(self) -> str:
        """What people call it."""
        return self.plugin or self.name


def packed_state(state: bytes) -> str:
    """A plugin's state as a text. Raises PresetError for one that is too long."""
    text = base64.b64encode(zlib.compress(state, 9)).decode("ascii")
    if len(text) > MAX_STATE_CHARACTERS:
        raise bad(f"The state has {len(text)} characters packed; {MAX_STATE_CHARACTERS} are the most.")
    return text


def unpacked_state(text: str) -> bytes:
    """What ``packed_state`` packed. Raises PresetError."""
    try:
        unpacking = zlib.decompressobj()
        state = unpacking.decompress(base64.b64decode(text, validate=True), MAX_STATE_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise bad("The state of a plugin is damaged: it is not what Punch-In wrote.") from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise bad(f"The state of a plugin is damaged, or has over {MAX_STATE_BYTES} bytes.")
    return state


def _check_plugin(effect: Effect) -> None:
    name = effect.plugin
    if not name.strip() or len(name) > MAX_PLUGIN_CHARACTERS or not name.isprintable():
        raise bad(
            f"The effect {PLUGIN} says which: plugin is the name of an installed one, not {quoted(name)}."
        )
    if set(name.replace("\\", "/").split("/")) & {"", ".", ".."} or name.count("/") > 1:
        raise bad(f"A plugin is called by its name, such as ZamCompX2, not by a path as in {quoted(name)}.")
    if len(effect.parameters) > MAX_PLUGIN_PARAMETERS:
        raise bad(
            f"{quoted(name)} has {len(effect.parameters)} parameters; {MAX_PLUGIN_PARAMETERS} are the most."
        )
    for parameter, value in effect.parameters.items():
        if isinstance(value, str) and len(value) > MAX_TEXT_CHARACTERS:
            raise bad(f"{parameter} of {quoted(name)} has {len(value)} characters.")
        if isinstance(value, float) and not math.isfinite(value):
            raise bad(f"{parameter} of {quoted(name)} is a number, not {value:g}.")
    if len(effect.state) > MAX_STATE_CHARACTERS:
        raise bad(f"The state of {quoted(name)} has {len(effect.state)} characters.")
    if effect.state:
        unpacked_state(effect.state)


def _check(effect: str, known: Mapping[str, Range], name: str, value: Value) -> None:
    if name not in known:
        names = ", ".join(known) or "no parameters"
        raise bad(f"The effect {effect} has no parameter {quoted(name)}; it has {names}.")
    low, high = known[name]
    if isinstance(value, str | bool):
        raise bad(f"{name} of the effect {effect} is a number, not {quoted(value)}.")
    if not (math.isfinite(value) and low <= value <= high):
        raise bad(f"{name} of the effect {effect} must be {low:g} to {high:g}, not {value:g}.")
