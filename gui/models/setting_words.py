"""Keys of a request, and the choices some of them take, as people call them."""

from __future__ import annotations

from gui.models.words import translate
from presets.preset import Setting


def setting_words(name: str) -> str:
    """What a key is about; the key itself where a later version brings one."""
    return {
        "along": translate("Panel", "prompts along the region"),
        "along_fade": translate("Panel", "fade between prompts, s"),
        "bars": translate("Panel", "bars"),
        "beats_per_bar": translate("Panel", "beats per bar"),
        "candidates": translate("Panel", "candidates per take"),
        "channels": translate("Panel", "channels"),
        "context": translate("Panel", "context, s"),
        "context_after": translate("Panel", "context after, s"),
        "context_before": translate("Panel", "context before, s"),
        "crossfade": translate("Panel", "seam, s"),
        "curve": translate("Panel", "strength curve"),
        "cut_above": translate("Panel", "low-pass, Hz"),
        "cut_below": translate("Panel", "high-pass, Hz"),
        "eta": translate("Panel", "fresh noise per step"),
        "fade_in": translate("Panel", "fade-in, s"),
        "fade_out": translate("Panel", "fade-out, s"),
        "feather_in": translate("Panel", "seam at the start, s"),
        "feather_out": translate("Panel", "seam at the end, s"),
        "guidance_high": translate("Panel", "guidance rests above noise share"),
        "guidance_low": translate("Panel", "guidance rests below noise share"),
        "guide_envelope": translate("Panel", "follow the guide's loudness"),
        "guide_onsets": translate("Panel", "follow the guide's onsets"),
        "high_hz": translate("Panel", "band up to, Hz"),
        "highs": translate("Panel", "highs"),
        "loop": translate("Panel", "loop"),
        "loudness": translate("Panel", "match loudness"),
        "low_hz": translate("Panel", "band from, Hz"),
        "lufs": translate("Panel", "loudness, LUFS"),
        "method": translate("Panel", "method"),
        "noise_floor": translate("Panel", "keep noise floor"),
        "pack": translate("Panel", "round-robin set"),
        "quality": translate("Panel", "quality"),
        "rank": translate("Panel", "rank takes"),
        "retries": translate("Panel", "tries after a bad take"),
        "sampler": translate("Panel", "sampler"),
        "seconds": translate("Panel", "length, s"),
        "sounding": translate("Panel", "sounds for, s"),
        "source_prompt": translate("Panel", "what the region sounds like now"),
        "stereo": translate("Panel", "stereo"),
        "tempo": translate("Panel", "tempo, BPM"),
        "tilt": translate("Panel", "tilt"),
        "towards": translate("Panel", "vary towards seed"),
        "true_peak": translate("Panel", "true peak, dBTP"),
        "vary": translate("Panel", "variation"),
        "width": translate("Panel", "stereo width"),
        "windows": translate("Panel", "joining of long regions"),
    }.get(name, name)


def choice_words(word: str) -> str:
    """A choice of stereo, highs, method, sampler or windows; a sampler's name is its name."""
    return {
        "keep": translate("Panel", "keep the recording's"),
        "wide": translate("Panel", "wide"),
        "mono": translate("Panel", "mono"),
        "each": translate("Panel", "each channel its own"),
        "auto": translate("Panel", "automatic"),
        "extend": translate("Panel", "make from below"),
        "off": translate("Panel", "off"),
        "noise": translate("Panel", "plain noise"),
        "ddim": translate("Panel", "DDIM"),
        "ddpm": translate("Panel", "DDPM"),
        "dpm": translate("Panel", "DPM-Solver++"),
        "continued": translate("Panel", "one after the other"),
        "averaged": translate("Panel", "averaged"),
        "swapped": translate("Panel", "taking turns"),
        "shifted": translate("Panel", "moving borders"),
    }.get(word, word)


def said_of(name: str, value: Setting) -> str:
    """A key with its value and unit: high-pass 300 Hz."""
    words, _, unit = setting_words(name).partition(", ")
    return f"{words} {value_words(value)} {unit}".strip()


def value_words(value: Setting) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return translate("Panel", "yes") if value else translate("Panel", "no")
    if isinstance(value, str):
        return choice_words(value)
    return f"{value:g}"
