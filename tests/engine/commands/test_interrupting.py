"""Ctrl+C: before a job, in the middle of one, and twice."""

from __future__ import annotations

import signal

import pytest

from engine.commands.exit_codes import ExitCode
from engine.protocol.replies import (
    Cancelled,
    Done,
    Progress,
    TakeDone,
)

RENDER = ("render", "in.wav", "out.wav", "--prompt", "rain", "--region", "0.5:1.5")


def press_ctrl_c():
    """As a terminal does."""
    signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_cancels_the_job_and_waits_for_its_end(punchin, fake, as_json):
    """The engine is asked once, the last reply is awaited, and the shell gets 130."""
    seen = []

    def script(request):
        yield Progress(request.job_id, "denoising", 1, 10, 3.0)
        yield press_ctrl_c
        yield Progress(request.job_id, "denoising", 2, 10, 3.0)
        yield lambda: seen.append(tuple(fake.cancelled))
        yield Cancelled(request.job_id)

    fake.script = script
    before = signal.getsignal(signal.SIGINT)
    ended = punchin(*RENDER, *(("--json",) if as_json else ()))

    assert ExitCode.CANCELLED == ended.code
    assert [(fake.requests[0].job_id,)] == seen
    assert before is signal.getsignal(signal.SIGINT)
    assert (
        ("cancelled" == ended.value["error"]["code"])
        if as_json
        else ended.err.endswith("no take was left.\n")
    )


@pytest.mark.usefixtures("recording")
def test_ctrl_c_that_comes_too_late_says_that_the_take_was_kept(punchin, fake):
    """A job that ends all the same has left its take; nobody should look for it in vain."""

    def script(request):
        yield press_ctrl_c
        yield TakeDone(request.job_id, 0, "/there/out.wav", 480, 0)
        yield Done(request.job_id, 1, (("total", 1.0),))

    fake.script = script
    ended = punchin(*RENDER)

    assert (ExitCode.CANCELLED, "/there/out.wav  (seed 0)\n") == (ended.code, ended.out)
    assert "kept" in ended.err


@pytest.mark.usefixtures("recording")
def test_a_second_ctrl_c_does_not_wait(punchin, fake):
    """An engine that does not answer must not hold the terminal."""

    def script(request):
        yield press_ctrl_c
        yield press_ctrl_c
        yield Done(request.job_id, 1, ())

    fake.script = script

    assert ExitCode.CANCELLED == punchin(*RENDER).code


@pytest.mark.usefixtures("recording")
def test_ctrl_c_while_an_engine_is_started_ends_with_130(punchin, fake):
    """There is no job yet that could be cancelled."""
    fake.refusal = KeyboardInterrupt()
    ended = punchin(*RENDER)

    assert (ExitCode.CANCELLED, "punchin: Cancelled.\n") == (ended.code, ended.err)
