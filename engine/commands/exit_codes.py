"""What ``punchin`` ends with, in one table: a number for scripts, a reason for people."""

from __future__ import annotations

from enum import IntEnum

from engine.errors import ErrorCode


class ExitCode(IntEnum):
    """Numbers below 64, so that no shell mistakes one for a signal; 130 is what shells give for Ctrl-C."""

    OK = 0
    DEFECT = 1
    USAGE = 2
    REGION = 3
    AUDIO = 4
    NOT_FOUND = 5
    NOT_ALLOWED = 6
    FILE_EXISTS = 7
    CANT_WRITE = 8
    MODEL = 9
    DEVICE = 10
    LIMIT = 11
    PORT = 12
    WORKER = 13
    NO_ENGINE = 14
    CHECK = 15
    EFFECT = 16
    CANCELLED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "done",
    ExitCode.DEFECT: "a defect of Punch-In; the sentence says where the details are",
    ExitCode.USAGE: "an option or value is wrong",
    ExitCode.REGION: "the region is reversed, empty, outside the recording, too short or too long",
    ExitCode.AUDIO: "the recording can't be read, is empty or damaged",
    ExitCode.NOT_FOUND: "a file, model or job is not there",
    ExitCode.NOT_ALLOWED: "the engine may not use that folder, or wants a token",
    ExitCode.FILE_EXISTS: "the take's file is there already (--force replaces it)",
    ExitCode.CANT_WRITE: "the disk is full or the folder can't be written",
    ExitCode.MODEL: "a model's file is missing, altered or of the wrong shape",
    ExitCode.DEVICE: "the asked device can't be used here",
    ExitCode.LIMIT: "a limit on size or number was hit",
    ExitCode.PORT: "the address is taken by another engine or program",
    ExitCode.WORKER: "the process that runs the model ended in the middle of the job",
    ExitCode.NO_ENGINE: "no engine could be reached or started",
    ExitCode.CHECK: "doctor, verify or demo found something wrong",
    ExitCode.EFFECT: "an effect is not there, hung, crashed or gave no sound; the take is as it was",
    ExitCode.CANCELLED: "cancelled; only takes that were done are left",
}

OF_ERROR: dict[ErrorCode, ExitCode] = {
    ErrorCode.BAD_MESSAGE: ExitCode.USAGE,
    ErrorCode.BAD_ARGUMENT: ExitCode.USAGE,
    ErrorCode.BAD_REGION: ExitCode.REGION,
    ErrorCode.BAD_AUDIO: ExitCode.AUDIO,
    ErrorCode.NOT_FOUND: ExitCode.NOT_FOUND,
    ErrorCode.NOT_ALLOWED: ExitCode.NOT_ALLOWED,
    ErrorCode.FILE_EXISTS: ExitCode.FILE_EXISTS,
    ErrorCode.CANT_WRITE: ExitCode.CANT_WRITE,
    ErrorCode.BAD_BUNDLE: ExitCode.MODEL,
    ErrorCode.NO_DEVICE: ExitCode.DEVICE,
    ErrorCode.TOO_MUCH: ExitCode.LIMIT,
    ErrorCode.BUSY: ExitCode.PORT,
    ErrorCode.WORKER_DIED: ExitCode.WORKER,
    ErrorCode.BAD_EFFECT: ExitCode.EFFECT,
    ErrorCode.NO_ENGINE: ExitCode.NO_ENGINE,
    ErrorCode.INTERNAL: ExitCode.DEFECT,
}


def exit_code_table() -> str:
    """The table as ``--help`` and the README show it."""
    rows = (f"  {code.value:>3}  {MEANINGS[code]}" for code in ExitCode)
    return "exit codes:\n" + "\n".join(rows)
