"""Sentences of the engine, its commands and the presets that are no errors, in the language of the panel.

They come in English, put together already. Each is written down here with names for what differs; one that
fits is taken apart and put together again in the application's language, and what differs likewise, as a
sentence may end in another one. What fits nothing stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from operator import add

from PySide6.QtCore import QT_TRANSLATE_NOOP

from gui.models.words import translate

_WRITTEN: tuple[object, ...] = (
    # engine/notices.py, engine/guide.py
    QT_TRANSLATE_NOOP("Engine", "Spans of the mask overlap; what they cover together is made anew."),
    QT_TRANSLATE_NOOP("Engine", "The guide is not followed: guide_envelope and guide_onsets are both 0."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The model {model} was not taught how long sounds last: the region is filled, whatever sounding "
        "says; fade_out makes an end.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The model {model} makes nothing above {hertz} Hz: what is there only follows what is below.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{guide} ends {seconds} seconds before the region does; from there on silence is followed.",
    ),
    QT_TRANSLATE_NOOP("Engine", "The region"),
    QT_TRANSLATE_NOOP("Engine", "The guide {path}"),
    # engine/render.py, engine/decoding.py
    QT_TRANSLATE_NOOP("Engine", "Take {take} is made again with another seed. {why}"),
    QT_TRANSLATE_NOOP("Engine", "Take {take} is not as it should be. {why}"),
    QT_TRANSLATE_NOOP("Engine", "The model gave samples that are not numbers; try another seed or model."),
    # engine/audio/quality.py, engine/inspection.py
    QT_TRANSLATE_NOOP("Engine", "It is silent (below {level} dB)."),
    QT_TRANSLATE_NOOP("Engine", "It holds a sample that is not a number at {seconds} s."),
    QT_TRANSLATE_NOOP("Engine", "It is clipped in {count} places; lower the guidance."),
    QT_TRANSLATE_NOOP("Engine", "It has a constant offset of {percent} % of full scale."),
    QT_TRANSLATE_NOOP("Engine", "There is nothing in the octave around {hertz} Hz."),
    QT_TRANSLATE_NOOP("Engine", "It clicks at {seconds} s, where it joins the recording."),
    QT_TRANSLATE_NOOP("Engine", "It clicks where its end meets its start."),
    QT_TRANSLATE_NOOP("Engine", "It is further from the prompt than from none; word the prompt otherwise."),
    # engine/models/resident.py, engine/models/placement.py
    QT_TRANSLATE_NOOP(
        "Engine",
        "{model} may take {size} GB, more than the limit of {limit} GB: it is loaded alone, and let go when "
        "another model is asked for.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The memory of {device} is not enough for the {part} of {model}, which runs on {other} from here on.",
    ),
    QT_TRANSLATE_NOOP("Engine", "text encoder"),
    QT_TRANSLATE_NOOP("Engine", "vae encoder"),
    QT_TRANSLATE_NOOP("Engine", "vae decoder"),
    QT_TRANSLATE_NOOP("Engine", "denoiser"),
    QT_TRANSLATE_NOOP("Engine", "vocoder"),
    QT_TRANSLATE_NOOP("Engine", "audio encoder"),
    QT_TRANSLATE_NOOP("Engine", "student"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{model} does not run on {device}: it needs about {size} GB there, and {free} GB are free.",
    ),
    # engine/takes
    QT_TRANSLATE_NOOP(
        "Engine", 'The recipe followed the recording "{path}"; name it with the key guide to follow it again.'
    ),
    QT_TRANSLATE_NOOP(
        "Engine", "That take then went through effects ({effects}), which a recipe does not bring along."
    ),
    QT_TRANSLATE_NOOP("Engine", "The recipe's key {key} is not known here and was left out."),
    QT_TRANSLATE_NOOP("Engine", "A setting of the recipe was left out. {why}"),
    QT_TRANSLATE_NOOP("Engine", "The take is whole, but was not noted. {why}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The index of takes was damaged and lies in {path} now; a new one has {count} of its takes and what "
        "is in the take folder.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{path} is another file by now and was left."),
    QT_TRANSLATE_NOOP("Engine", "{path} can't be deleted ({why})."),
    # engine/models/bundle.py, engine/models/catalogue.py
    QT_TRANSLATE_NOOP("Engine", "{file} is missing."),
    QT_TRANSLATE_NOOP("Engine", "{file} is truncated: {size} of {whole} bytes."),
    QT_TRANSLATE_NOOP("Engine", "{file} is too long: {size} bytes instead of {whole}."),
    QT_TRANSLATE_NOOP(
        "Engine", "{file} was altered: it is not the file that the manifest describes."
    ),
    QT_TRANSLATE_NOOP("Engine", "{file} can't be read ({why})."),
    QT_TRANSLATE_NOOP("Engine", "The model in {folder} has the same name."),
    # engine/library
    QT_TRANSLATE_NOOP(
        "Engine", "The model {model} can't hear: sounds are found by their names and descriptions only."
    ),
    QT_TRANSLATE_NOOP("Engine", "The model {model} is not what it was: everything is heard anew."),
    QT_TRANSLATE_NOOP(
        "Engine", "The folder {folder} can't be looked into; what was known of it stays."
    ),
    QT_TRANSLATE_NOOP(
        "Engine", "{count} sounds that fit are gone; punchin library index brings the index up to date."
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Your sounds were indexed with another model than {model} as it is now; index them again: {command}.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The index of your sounds was damaged and lies in {path} now; no sound was touched. Index your "
        "folders again: punchin library index FOLDER.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{path} is silent; there is nothing in it to find."),
    QT_TRANSLATE_NOOP("Engine", "{path} is shorter than {seconds} s; it is left out."),
    # engine/install/licences.py
    QT_TRANSLATE_NOOP("Engine", "no commercial use, name the authors, share what you build on it alike"),
    QT_TRANSLATE_NOOP("Engine", "no commercial use, name the authors"),
    QT_TRANSLATE_NOOP("Engine", "name the authors, share what you build on it alike"),
    QT_TRANSLATE_NOOP("Engine", "name the authors"),
    QT_TRANSLATE_NOOP("Engine", "its licence is not stated; ask who made it what you may do with it"),
    QT_TRANSLATE_NOOP("Engine", "see its text"),
    # presets/resolve.py
    QT_TRANSLATE_NOOP(
        "Engine", "The setting {key} of the preset {preset} is not one a preset may set, and was left out."
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The preset {preset} is meant for the model {model}, which is not installed; another is used.",
    ),
)  # fmt: skip
_SENTENCE_ENDS = re.compile(r"(?<=[.!?]) (?=\S)")
_GAP = re.compile(r"\{(\w+)\}")
_KINDS = {"take": r"\d+", "file": r"\S+"}  # what stands in a gap; else anything


def in_our_words(text: str) -> str:
    """One or more sentences, or a part of one, in the application's language."""
    fitting = _fitting(text)
    if fitting is not None:
        form, values = fitting
        ours = translate("Engine", form)
        if ours == form:
            return text
        return ours.format_map({name: in_our_words(value) for name, value in values.items()})
    ends = tuple(_SENTENCE_ENDS.finditer(text))
    whole = next((end for end in ends if is_known(text[: end.start()])), None)
    cut = whole or next(iter(ends), None)  # a sentence that is not known may stand before one that is
    if cut is None:
        return text
    first = text[: cut.start()]
    return f"{in_our_words(first) if whole else first} {in_our_words(text[cut.end() :])}"


def is_known(text: str) -> bool:
    """Whether it is one of the sentences, or parts, that can be translated."""
    return _fitting(text) is not None


def take_meant(text: str) -> int | None:
    """Which take of its job a notice is about, from 0; None for all of them."""
    fitting = _fitting(text)
    return int(fitting[1]["take"]) - 1 if fitting and "take" in fitting[1] else None


def _fitting(text: str) -> tuple[str, Mapping[str, str]] | None:
    """The form of a sentence, and what stands in its gaps."""
    for form, pattern in _forms():
        match = pattern.fullmatch(text)
        if match:
            return form, match.groupdict()
    return None


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What says most about a sentence first: it may fit several."""
    forms = sorted(map(str, _WRITTEN), key=lambda form: -len(_GAP.sub("", form)))
    return tuple((form, _pattern(form)) for form in forms)


def _pattern(form: str) -> re.Pattern[str]:
    texts, names = _GAP.split(form)[::2], _GAP.split(form)[1::2]
    gaps = [f"(?P<{name}>{_KINDS.get(name, '.+')})" for name in names]
    return re.compile("".join(map(add, map(re.escape, texts), [*gaps, ""])), re.DOTALL)
