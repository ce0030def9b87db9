"""Sentences of the panel's state, in the language of whoever looks at it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication


def translate(context: str, text: str) -> str:
    """The text in the application's language; ``context`` is "Panel" throughout."""
    return QCoreApplication.translate(context, text)


def plain_tip(text: str) -> str:
    """A tip that shows a text as it is; Qt would take one that looks like HTML for HTML."""
    lines = escape(text).replace("\n", "<br>")
    return f"<span>{lines}</span>" if text else ""


def seconds_left(seconds: float) -> str:
    """The time left; "" when nobody knows."""
    if seconds < 0.0:
        return ""
    whole = round(seconds)
    if whole < 60:
        return translate("Panel", "{0} s left").format(whole)
    return translate("Panel", "{0}:{1:02} min left").format(whole // 60, whole % 60)
