"""Windows' pipes, with connections of the same library on any system, and a module of threads behind them."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

import pytest

from plugin_host.daws.audacity.pipe import MAX_LINE_BYTES, NotDone, Pipe
from plugin_host.daws.audacity.transport import WINDOWS, Patience, Silent
from plugin_host.daws.audacity.windows_pipes import WindowsPipes, open_windows_pipes
from plugin_host.errors import DawError

HASTY = Patience(listener=0.2, greeting=1.0, again=0.2, answer=0.3, turn=0.2)
OK = b"BatchCommand finished: OK\r\n\r\n"
MESSAGE_BYTES = 1023  # of the module's answers
Reply = Callable[[bytes], bytes | None]


class Module:
    """The other ends: a command a message in, answers in messages out; None as a reply: it dies."""

    def __init__(self, reply: Reply) -> None:
        self.ours = {}
        self.heard: list[bytes] = []
        self.ours[WINDOWS.commands], self._commands = multiprocessing.Pipe()
        self.ours[WINDOWS.answers], self._answers = multiprocessing.Pipe()
        self._reply = reply
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def connect(self, name: str) -> Connection:
        """Our end of a pipe."""
        return self.ours[name]

    def _serve(self) -> None:
        with suppress(EOFError, OSError), self._commands, self._answers:
            while (answer := self._reply(self._next())) is not None:
                for start in range(0, len(answer), MESSAGE_BYTES):
                    self._answers.send_bytes(answer[start : start + MESSAGE_BYTES])

    def _next(self) -> bytes:
        message = self._commands.recv_bytes()
        assert message.endswith(b"\r\n\0") and len(message) < 1024
        self.heard.append(message.rstrip(b"\r\n\0"))
        return self.heard[-1]


def echo(line: bytes) -> bytes:
    """As mod-script-pipe answers ``Message:``, and all else with nothing but that it is done."""
    text = line.partition(b'Text="')[2].rstrip(b'"')
    return (text + b"\r\n" if text else b"\r\n") + OK


@pytest.fixture
def talk() -> Iterator[Callable[[Reply], tuple[Pipe, Module]]]:
    """A conversation with a module that replies so."""
    modules: list[Module] = []

    def start(reply: Reply) -> tuple[Pipe, Module]:
        modules.append(Module(reply))
        transport = WindowsPipes(*(modules[-1].connect(name) for name in (WINDOWS.commands, WINDOWS.answers)))
        return Pipe(transport, HASTY), modules[-1]

    yield start
    for module in modules:
        for connection in module.ours.values():
            connection.close()
        module.thread.join(10)
        assert not module.thread.is_alive()


def test_commands_and_answers(talk: Callable[[Reply], tuple[Pipe, Module]]) -> None:
    """One message a command; an answer over several messages and lines is one, without Windows' line ends."""
    long = b"[\r\n" + b'  "track",\r\n' * 500 + b"]\r\n"
    pipe, module = talk(lambda line: long + OK if line == b"GetInfo: Type=Tracks" else echo(line))
    pipe.greet()
    assert pipe.ask("GetInfo: Type=Tracks") == "[\n" + '  "track",\n' * 500 + "]"
    assert pipe.ask("SelectAll:") == ""
    assert module.heard[1:] == [b"GetInfo: Type=Tracks", b"SelectAll:"]


def test_a_line_end_in_two_messages_is_one(talk: Callable[[Reply], tuple[Pipe, Module]]) -> None:
    """And zeros at the end of messages are no part of an answer."""
    pipe, _ = talk(lambda line: b"x" * 1022 + b"\r" + b"\n" + OK + b"\0" if line == b"Long:" else echo(line))
    pipe.greet()
    assert pipe.ask("Long:") == "x" * 1022
    assert pipe.ask("SelectAll:") == ""


def test_what_fails_is_silent_or_ends_is_a_sentence(talk: Callable[[Reply], tuple[Pipe, Module]]) -> None:
    """As on other systems: each within its time."""
    answers = {b"Fail:": b"Too bad.\r\nBatchCommand finished: Failed!\r\n\r\n", b"Dialog:": b"Batch"}
    pipe, _ = talk(lambda line: None if line == b"Exit:" else answers.get(line, echo(line)))
    pipe.greet()
    with pytest.raises(NotDone, match=r"could not do Fail: Too bad\."):
        pipe.ask("Fail:")
    with pytest.raises(Silent):
        pipe.ask("Dialog:")
    with pytest.raises(DawError, match="Audacity has ended"):
        pipe.ask("Exit:")
    with pytest.raises(DawError, match="Audacity has ended"):
        pipe.ask("SelectAll:")


def test_a_write_that_hangs_has_a_limit(talk: Callable[[Reply], tuple[Pipe, Module]]) -> None:
    """A module that reads nothing any more, behind a buffer that is full."""
    stop = threading.Event()
    pipe, module = talk(lambda _line: b"" if stop.wait(20) else None)
    transport = WindowsPipes(module.ours[WINDOWS.commands], module.ours[WINDOWS.answers])
    with pytest.raises(Silent):
        for _ in range(100_000):
            transport.send(b"x" * MAX_LINE_BYTES, time.monotonic() + 0.2)
    stop.set()
    del pipe


def test_pipes_that_come_a_little_later_are_waited_for() -> None:
    """After a client has gone, the module makes them anew."""
    module, missing = Module(echo), [FileNotFoundError(), OSError("busy")]

    def connect(name: str) -> Connection:
        if missing:
            raise missing.pop()
        return module.connect(name)

    with open_windows_pipes(WINDOWS, 5.0, connect) as transport:
        Pipe(transport, HASTY).greet()
    module.thread.join(10)
    assert not module.thread.is_alive() and all(end.closed for end in module.ours.values())


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(FileNotFoundError(), "mod-script-pipe to Enabled"), (OSError("busy"), "not running")],
)
def test_no_pipes_are_a_sentence(error: OSError, sentence: str) -> None:
    """Nothing waits for ever for what does not come."""

    def connect(_name: str) -> Connection:
        raise error

    with pytest.raises(DawError, match=sentence), open_windows_pipes(WINDOWS, 0.1, connect):
        pass
