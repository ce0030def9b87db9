"""Every way in which the engine says no: a code for programs and one sentence for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol, TypeVar


class ErrorCode(StrEnum):
    """Stable identifiers, documented in ``engine/protocol/README.md``."""

    BAD_MESSAGE = "bad_message"  # the packet is not OSC, or not one of ours
    BAD_ARGUMENT = "bad_argument"  # a key is unknown, of the wrong type, or out of range
    BAD_REGION = "bad_region"  # reversed, empty, outside the file, too short, too long; restyled silence
    BAD_AUDIO = "bad_audio"  # the sound can't be read, is empty, or holds NaN
    NOT_FOUND = "not_found"  # a file, job or model that is not there
    NOT_ALLOWED = "not_allowed"  # a path outside the granted folders, or a missing token
    FILE_EXISTS = "file_exists"  # the take's file is there already and overwriting was not asked for
    CANT_WRITE = "cant_write"  # disk full, folder not writable
    BAD_BUNDLE = "bad_bundle"  # a model's file is missing, altered or of the wrong shape
    NO_DEVICE = "no_device"  # the asked device can't be used here
    TOO_MUCH = "too_much"  # a limit on size or number was hit
    BUSY = "busy"  # the address is taken by another engine
    WORKER_DIED = "worker_died"  # the process that runs the model ended in the middle of a job
    BAD_EFFECT = "bad_effect"  # an effect is missing, hung, crashed, or gave no sound (clients only)
    NO_ENGINE = "no_engine"  # the client could not reach or start an engine
    INTERNAL = "internal"  # a defect of ours


class EngineError(Exception):
    """Raised anywhere, caught once at the top, sent to the client as a failed reply."""

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Spelled(Protocol):
    """An error of a package that knows no engine: its reason is spelled as one of our codes is."""

    @property
    def reason(self) -> StrEnum:
        """The code's value."""

    @property
    def sentence(self) -> str:
        """For people."""


Foreign = TypeVar("Foreign", bound=Spelled)


@contextmanager
def as_engine_error(kind: type[Foreign]) -> Iterator[None]:
    """Errors of this kind go on as ours, with the same reason and sentence."""
    try:
        yield
    except Exception as error:  # a protocol can't stand in an except clause
        if not isinstance(error, kind):
            raise
        raise EngineError(ErrorCode(error.reason.value), error.sentence) from error


class NotFiniteError(EngineError):
    """A model gave values that are not numbers; with another seed it may give better ones."""

    def __init__(self, sentence: str) -> None:
        super().__init__(ErrorCode.INTERNAL, sentence)
