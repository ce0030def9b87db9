"""The post chain as data: Pedalboard's own effects, by its names, with its parameters.

Names, parameters and defaults are those of pedalboard 0.9; ranges are what its constructors take, or where
a slip begins. Effects that read a file or load a plugin are not among them: a preset that was shared must not
open anything on the machine that tries it.
"""

from __future__ import annotations

import math
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


@dataclass(frozen=True)
class Effect:
    """One effect of a chain; parameters that are not given have Pedalboard's defaults."""

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises PresetError for what Pedalboard does not have."""
        known = EFFECTS.get(self.name)
        if known is None:
            raise bad(f"There is no effect {quoted(self.name)} here; there are {', '.join(EFFECTS)}.")
        for name, value in self.parameters.items():
            _check(self.name, known, name, value)


def _check(effect: str, known: Mapping[str, Range], name: str, value: float) -> None:
    if name not in known:
        names = ", ".join(known) or "no parameters"
        raise bad(f"The effect {effect} has no parameter {quoted(name)}; it has {names}.")
    low, high = known[name]
    if not (math.isfinite(value) and low <= value <= high):
        raise bad(f"{name} of the effect {effect} must be {low:g} to {high:g}, not {value:g}.")
