"""The process that runs the model: requests on its standard input, replies on its standard output.

Both are length-prefixed OSC, the same messages that clients send and get. It lives as long as the
server keeps its input open, and one job at a time.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from engine.config import LOG_FORMAT, QUIT_SECONDS
from engine.processes import let_threads_sleep
from engine.protocol.framing import FrameReader, frame_length_prefixed
from engine.protocol.osc import decode_packet
from engine.protocol.replies import FINAL, Models, ModelStatus, Reply, encode_reply
from engine.protocol.requests import (
    CancelRequest,
    IndexRequest,
    JobRequest,
    ModelsRequest,
    RenderRequest,
    SearchRequest,
    parse_request,
)
from engine.workbench import Bench, Setup, Tools, attempt, never

_READ_BYTES = 64 * 1024
_PIPE_BYTES = 1024 * 1024  # the most an unprivileged process may ask for; two seconds of stereo at 48 kHz
logger = logging.getLogger(__name__)


class Pipe:
    """Replies on their way to the server, whole even when two threads answer at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def send(self, reply: Reply) -> None:
        """Raises OSError when the server has gone."""
        data = memoryview(frame_length_prefixed(encode_reply(reply)))
        with self._lock:
            while data:
                data = data[self._file.write(data) :]


class Inbox:
    """Requests as they arrive: jobs and questions in two lines, cancels where a running job looks."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[JobRequest | None] = queue.SimpleQueue()
        self.questions: queue.SimpleQueue[ModelsRequest | None] = queue.SimpleQueue()
        self._live: set[str] = set()
        self._cancelled: set[str] = set()
        self._closed = False
        self._lock = threading.Lock()

    def put(self, packet: bytes) -> None:
        """Sorts one packet of the server's. Raises EngineError if it is none of its."""
        for message in decode_packet(packet):
            match parse_request(message).request:
                case RenderRequest() | IndexRequest() | SearchRequest() as job:
                    with self._lock:
                        self._live.add(job.job_id)
                    self.jobs.put(job)
                case CancelRequest(job_id=job_id):
                    with self._lock:  # one that comes too late must not stop a later job of that name
                        self._cancelled |= {job_id} & self._live
                case ModelsRequest() as question:
                    self.questions.put(question)
                case request:
                    logger.error("not for a worker: %r", request)

    def close(self) -> None:
        """Nothing more will come: every job is cancelled, and both lines end."""
        self._closed = True
        self.jobs.put(None)
        self.questions.put(None)

    def is_cancelled(self, job_id: str) -> bool:
        """Was this job stopped?"""
        return self._closed or job_id in self._cancelled

    def forget(self, job_id: str) -> None:
        """The job has ended."""
        with self._lock:
            self._live.discard(job_id)
            self._cancelled.discard(job_id)


def read_requests(file: BinaryIO, inbox: Inbox) -> None:
    """Fills the inbox until the server closes the pipe or dies; then this process ends soon."""
    reader = FrameReader()
    try:
        while data := file.read(_READ_BYTES):
            for packet in reader.feed(data):
                inbox.put(packet)
    finally:
        inbox.close()
        end_within(QUIT_SECONDS)


def end_within(seconds: float) -> None:
    """Makes sure that a step which takes too long, or hangs, does not outlive the server."""
    last_resort = threading.Timer(seconds, os._exit, (1,))
    last_resort.daemon = True
    last_resort.start()


def answer_questions(inbox: Inbox, describe: Callable[[ModelsRequest], Models], pipe: Pipe) -> None:
    """Answers what can be answered beside a job, in order."""
    for question in iter(inbox.questions.get, None):
        for reply in attempt("", map(describe, [question]), never):
            pipe.send(reply)


def work(tools: Tools, setup: Setup, requests: BinaryIO, replies: BinaryIO) -> None:
    """Runs a worker until ``requests`` ends."""
    inbox, pipe = Inbox(), Pipe(replies)
    bench = Bench(tools, setup)
    in_background(read_requests, requests, inbox)
    in_background(answer_questions, inbox, tools.describe_models, pipe)
    for reply in bench.prepare():
        pipe.send(reply)
    while (job := inbox.jobs.get()) is not None:
        for reply in bench.run(job, partial(inbox.is_cancelled, job.job_id)):
            if isinstance(reply, FINAL):
                inbox.forget(
                    job.job_id
                )  # before the server knows: a job that gave way comes back by this name
            pipe.send(reply)
        for status in bench.news():
            pipe.send(status)
        bench.rest()


def in_background(target: Callable[..., None], *arguments: object) -> None:
    """Runs ``target`` beside the model; it does not keep the process alive."""
    threading.Thread(target=target, args=arguments, daemon=True).start()


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for our own use; what anybody prints goes to stderr from now on."""
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    _widen(replies.fileno())
    os.dup2(2, 1)
    return os.fdopen(0, "rb", buffering=0, closefd=False), replies


def main(tools: Tools | None = None) -> None:
    """Runs the worker of this process."""
    parser = argparse.ArgumentParser(prog="engine.worker", description="Runs models for the Punch-In engine.")
    parser.add_argument("--model", default="")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--memory-limit", type=float, default=0.0)
    options = parser.parse_args()
    setup = Setup(options.model, options.device, options.memory_limit)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which closes our input
    faulthandler.enable()
    let_threads_sleep()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=LOG_FORMAT)
    requests, replies = take_pipes()
    try:
        work(tools or own_tools(), setup, requests, replies)
    except BrokenPipeError:
        logger.info("the server has gone")


def _widen(pipe: int) -> None:
    """Makes room for a window's chunks: the model need not wait until the server has passed them on."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # the account may have used up its share of pipe memory
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def own_tools() -> Tools:
    """The real ones; imported here so that a test's worker needs none of them."""
    from engine.library.work import library
    from engine.models.catalogue import claim_model, load_model
    from engine.models.memory import system_memory
    from engine.render import render
    from engine.takes.making import recall

    return Tools(claim_model, load_model, render, describe_models, system_memory, recall, library)


def describe_models(question: ModelsRequest) -> Models:
    """The models that are asked for, with what is wrong with them. Raises EngineError(NOT_FOUND)."""
    from engine.models.catalogue import find_model, list_models, verify_model

    entries = [find_model(question.name)] if question.name else list_models()
    problems = {entry.name: entry.problem for entry in entries}
    if question.verify:
        problems = {entry.name: " ".join(verify_model(entry.name)) for entry in entries}
    rows = (
        ModelStatus(entry.name, entry.licence, entry.sample_rate, entry.size_bytes, problems[entry.name])
        for entry in entries
    )
    return Models(tuple(rows))


if __name__ == "__main__":
    main()
