"""Why a preset can't be read, kept or used: a reason for programs and one sentence for people."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What went wrong; spelled as the engine's error codes are, so that clients treat them alike."""

    BAD_ARGUMENT = "bad_argument"  # not a preset, or a value out of its range
    NOT_FOUND = "not_found"
    FILE_EXISTS = "file_exists"  # a preset of that name is there, and replacing was not asked for
    NOT_ALLOWED = "not_allowed"  # a factory preset, or a pack that names files elsewhere
    CANT_WRITE = "cant_write"
    TOO_MUCH = "too_much"


class PresetError(Exception):
    """Raised by everything in this package."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


class NewerError(PresetError):
    """The file was written by a later version: nothing is wrong with it, and it must stay as it is."""

    def __init__(self, sentence: str) -> None:
        super().__init__(Reason.BAD_ARGUMENT, sentence)


def bad(sentence: str) -> PresetError:
    """A PresetError for what was written wrongly."""
    return PresetError(Reason.BAD_ARGUMENT, sentence)


def quoted(text: object) -> str:
    """What a file or a person said, short and harmless enough to say back."""
    start = str(text)[:60]
    shown = f"'{start}'" if start.isprintable() else ascii(start)
    return shown if len(str(text)) <= 60 else f"{shown}..."
