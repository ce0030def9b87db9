"""Sentences of the panel's state, in the language of whoever looks at it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from engine.errors import ErrorCode

# Where the engine's sentence says no more than ours.
_SAID_IT_ALL = frozenset({ErrorCode.NO_ENGINE, ErrorCode.WORKER_DIED})


def translate(context: str, text: str) -> str:
    """The text in the application's language; ``context`` is "Panel" throughout."""
    return QCoreApplication.translate(context, text)


def advice(code: ErrorCode, sentence: str) -> str:
    """What is wrong and what to do: our words, and the engine's own sentence where that names things."""
    first = {
        ErrorCode.NO_ENGINE: translate("Panel", "The engine went away; the panel starts it again by itself."),
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
    return first if code in _SAID_IT_ALL else f"{first} {sentence}".strip()


def seconds_left(seconds: float) -> str:
    """The time left; "" when nobody knows."""
    if seconds < 0.0:
        return ""
    whole = round(seconds)
    if whole < 60:
        return translate("Panel", "{0} s left").format(whole)
    return translate("Panel", "{0}:{1:02} min left").format(whole // 60, whole % 60)
