"""Errors in the language of whoever looks at the panel: of what kind one is, then what it says itself.

The sentences of the engine, its commands and the presets are English. Where the panel speaks another
language, a sentence for the error's code stands before them; in English it would say nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QT_TRANSLATE_NOOP

from engine.errors import EngineError, ErrorCode
from gui.models.words import translate
from presets.errors import PresetError

_KINDS: Mapping[str, object] = {
    ErrorCode.BAD_MESSAGE: QT_TRANSLATE_NOOP("Panel", "Panel and engine don't understand each other."),
    ErrorCode.BAD_ARGUMENT: QT_TRANSLATE_NOOP("Panel", "Something in it can't be used."),
    ErrorCode.BAD_REGION: QT_TRANSLATE_NOOP("Panel", "The region can't be used."),
    ErrorCode.BAD_AUDIO: QT_TRANSLATE_NOOP("Panel", "The sound can't be used."),
    ErrorCode.NOT_FOUND: QT_TRANSLATE_NOOP("Panel", "Something is not there."),
    ErrorCode.NOT_ALLOWED: QT_TRANSLATE_NOOP("Panel", "That is not allowed."),
    ErrorCode.FILE_EXISTS: QT_TRANSLATE_NOOP("Panel", "The name is taken."),
    ErrorCode.CANT_WRITE: QT_TRANSLATE_NOOP("Panel", "A file can't be written."),
    ErrorCode.BAD_BUNDLE: QT_TRANSLATE_NOOP("Panel", "The files of a model are damaged."),
    ErrorCode.NO_DEVICE: QT_TRANSLATE_NOOP("Panel", "A device can't be used."),
    ErrorCode.TOO_MUCH: QT_TRANSLATE_NOOP("Panel", "That is too much."),
    ErrorCode.BUSY: QT_TRANSLATE_NOOP("Panel", "Another program is in the engine's place."),
    ErrorCode.WORKER_DIED: QT_TRANSLATE_NOOP("Panel", "The process of the model has ended."),
    ErrorCode.BAD_EFFECT: QT_TRANSLATE_NOOP("Panel", "An effect can't be used."),
    ErrorCode.NO_ENGINE: QT_TRANSLATE_NOOP("Panel", "The engine can't be reached."),
    ErrorCode.INTERNAL: QT_TRANSLATE_NOOP("Panel", "A defect of Punch-In."),
}
# Where the engine's sentence says no more than ours.
_SAID_IT_ALL = frozenset({ErrorCode.NO_ENGINE, ErrorCode.WORKER_DIED})


def in_words(error: EngineError | PresetError) -> str:
    """The error, for the user."""
    return told(error.code if isinstance(error, EngineError) else error.reason, error.sentence)


def told(code: str, sentence: str) -> str:
    """The same of an error that came as its code and sentence; the sentence alone where no code is known."""
    kind = str(_KINDS.get(code, ""))
    ours = translate("Panel", kind) if kind else ""
    return sentence if ours == kind else f"{ours} {sentence}".strip()


def advice(code: ErrorCode, sentence: str) -> str:
    """Of a job that failed, what is wrong and what to do: our words, and the engine's where they say more."""
    first = {
        ErrorCode.NO_ENGINE: translate("Panel", "There is no engine; the panel starts it again by itself."),
        ErrorCode.WORKER_DIED: translate("Panel", "The model's process ended; generate again."),
        ErrorCode.CANT_WRITE: translate("Panel", "The take can't be written; free some space."),
        ErrorCode.BAD_AUDIO: translate("Panel", "This recording can't be used."),
        ErrorCode.BAD_REGION: translate("Panel", "This region can't be used."),
        ErrorCode.NOT_ALLOWED: translate(
            "Panel", "The engine may not read this folder; move the file into your home folder."
        ),
        ErrorCode.BAD_BUNDLE: translate("Panel", "The model's files are damaged; repair it under Models."),
        ErrorCode.NO_DEVICE: translate("Panel", "The chosen device can't be used."),
    }.get(code, "")
    if not first:
        return told(code, sentence)
    return first if code in _SAID_IT_ALL else f"{first} {sentence}"
