"""From a preset to the keys and values of a render request: the engine never hears of presets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from presets.effects import Effect
from presets.errors import quoted
from presets.preset import Mode, Preset, SeedPolicy, Setting
from presets.slots import filled

# Keys of the protocol that a preset may set beside those it has names for. Keys that name files, places on a
# timeline or how a client is answered are not among them: a preset that was shared must not write, read or
# reveal anything on the machine that tries it.
SETTINGS = frozenset(
    {
        *("along", "along_fade", "guide_envelope", "guide_onsets"),
        *("low_hz", "high_hz", "context", "context_before", "context_after"),
        *("crossfade", "feather_in", "feather_out"),
        *(
            "quality",
            "sounding",
            "curve",
            "method",
            "source_prompt",
            "guidance_low",
            "guidance_high",
            "sampler",
            "eta",
            "windows",
        ),
        *("loop", "tempo", "bars", "beats_per_bar", "seconds", "channels"),
        *("stereo", "width", "highs", "cut_below", "cut_above"),
        *("loudness", "lufs", "noise_floor", "tilt", "true_peak", "fade_in", "fade_out"),
        *("candidates", "vary", "towards", "rank", "pack", "retries"),
    }
)
# These make no sense without a recording, or with anything but a transfer.
_OF_TRANSFER = frozenset({"curve", "method", "source_prompt"})


@dataclass(frozen=True)
class Resolved:
    """keys: of the protocol, for the request. notes: sentences about what was left out, for a person."""

    keys: Mapping[str, Setting]
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()


def resolve(
    preset: Preset,
    slots: Mapping[str, str],
    new_seed: Callable[[], int],
    installed: Collection[str] | None = None,
) -> Resolved:
    """What to ask for. ``installed``: the models there are; None: not known, and the preset's is asked for.

    Raises PresetError for slots that are not there or not filled.
    """
    prompt, negative = filled(preset, slots)
    called = quoted(preset.name)
    notes = [
        f"The setting {quoted(name)} of the preset {called} is not one a preset may set, and was left out."
        for name in preset.settings
        if name not in SETTINGS
    ]
    model = preset.model
    if installed is not None and model and model not in installed:
        notes.append(
            f"The preset {called} is meant for the model {model}, which is not installed; another is used."
        )
        model = ""
    said = {
        "prompt": prompt,
        "negative": negative or None,
        "mode": preset.mode.value,
        "strength": preset.strength if preset.mode is Mode.TRANSFER else None,
        "takes": preset.takes,
        "steps": preset.steps,
        "guidance": preset.guidance,
        "seed": _seed(preset, new_seed),
        "model": model or None,
        "ucs": preset.category or None,
    }
    keys = {name: value for name, value in said.items() if value is not None}
    return Resolved(keys | _settings(preset), preset.effects, tuple(notes))


def _seed(preset: Preset, new_seed: Callable[[], int]) -> int | None:
    match preset.seed_policy:
        case SeedPolicy.FIXED:
            return preset.seed
        case SeedPolicy.NEW:
            return new_seed()
        case SeedPolicy.CLIENT:
            return None


def _settings(preset: Preset) -> dict[str, Setting]:
    return {
        name: value
        for name, value in preset.settings.items()
        if name in SETTINGS and (preset.mode is Mode.TRANSFER or name not in _OF_TRANSFER)
    }
