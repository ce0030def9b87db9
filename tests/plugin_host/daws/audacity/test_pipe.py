"""The pipe, with something else than Audacity at its other end, or nothing."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugin_host.daws.audacity.pipe import MAX_LINE_BYTES, NotDone, open_pipe
from plugin_host.daws.audacity.transport import WINDOWS, Patience, PipeNames, Silent, posix_names
from plugin_host.errors import DawError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes of Linux and macOS")

HASTY = Patience(listener=0.2, greeting=1.0, again=0.2, answer=0.3, turn=0.2)
OK = "BatchCommand finished: OK\n\n"
Reply = Callable[[str], str | None]


@pytest.fixture
def names(tmp_path: Path) -> PipeNames:
    """Two pipes that nobody holds."""
    names = posix_names(os.getuid(), str(tmp_path))
    for name in (names.commands, names.answers):
        os.mkfifo(name)
    return names


def echo(line: str) -> str:
    """As mod-script-pipe answers to ``Message:``, and to all else with nothing but that it is done."""
    text = line.partition('Text="')[2].rstrip('"')
    return f"{text}\n{OK}" if text else f"\n{OK}"


@pytest.fixture
def play(names: PipeNames) -> Iterator[Callable[[Reply], None]]:
    """Something at the other end, as mod-script-pipe opens and reads; None as a reply: it dies."""
    threads: list[threading.Thread] = []

    def module(reply: Reply) -> None:
        with Path(names.answers).open("w") as answers, Path(names.commands).open() as commands:
            for line in commands:
                answer = reply(line.rstrip("\n"))
                if answer is None:
                    return
                try:
                    answers.write(answer)
                    answers.flush()
                except BrokenPipeError:
                    return

    def start(reply: Reply) -> None:
        threads.append(threading.Thread(target=_quietly, args=(module, reply), daemon=True))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def _quietly(module: Callable[[Reply], None], reply: Reply) -> None:
    with contextlib.suppress(BrokenPipeError):  # what was not yet written when nobody read any more
        module(reply)


def test_answers_come_without_their_verdict(names: PipeNames, play: Callable[[Reply], None]) -> None:
    """Over several lines, as JSON comes."""
    play(lambda line: f"[\n 1 ]\n{OK}" if line == "GetInfo: Type=Tracks" else echo(line))
    with open_pipe(names, HASTY) as pipe:
        assert pipe.ask("GetInfo: Type=Tracks") == "[\n 1 ]"
        assert pipe.ask("SelectAll:") == ""


def test_a_command_that_failed_says_so(names: PipeNames, play: Callable[[Reply], None]) -> None:
    """With what Audacity says of it, and its name."""
    play(lambda line: "Too bad.\nBatchCommand finished: Failed!\n\n" if line == "Export2:" else echo(line))
    with open_pipe(names, HASTY) as pipe, pytest.raises(NotDone, match=r"could not do Export2: Too bad\."):
        pipe.ask("Export2:")


def test_what_was_meant_for_somebody_before_us_is_not_ours(
    names: PipeNames, play: Callable[[Reply], None]
) -> None:
    """Answers carry no name, so a client that gave up leaves one behind."""
    left = iter([f"old news\n{OK}"])
    play(lambda line: next(left, "") + echo(line) if "Message" in line else f"new\n{OK}")
    with open_pipe(names, HASTY) as pipe:
        assert pipe.ask("GetInfo: Type=Tracks") == "new"


def test_a_greeting_that_is_forgotten_is_said_again(names: PipeNames, play: Callable[[Reply], None]) -> None:
    """An Audacity that has no window yet drops what it is told."""
    forgotten = ["", ""]
    play(lambda line: forgotten.pop() if forgotten else echo(line))
    with open_pipe(names, HASTY) as pipe:
        assert pipe.ask("SelectAll:") == ""


def test_no_pipe_says_what_to_switch_on(tmp_path: Path) -> None:
    """In Audacity's own words, and by our command."""
    with (
        pytest.raises(DawError, match=r"mod-script-pipe to Enabled.*punchin daw install audacity"),
        open_pipe(posix_names(os.getuid(), str(tmp_path)), HASTY),
    ):
        pass


def test_a_pipe_with_nobody_at_its_other_end_does_not_hang(names: PipeNames) -> None:
    """An Audacity that was killed leaves its pipes behind."""
    with pytest.raises(DawError, match="not running"), open_pipe(names, HASTY):
        pass


def test_one_that_listens_and_never_answers_does_not_hang(
    names: PipeNames, play: Callable[[Reply], None]
) -> None:
    """It shows a dialog: from the start, or later."""
    play(lambda _: "")
    with pytest.raises(Silent, match="close its dialogs"), open_pipe(names, HASTY):
        pass


def test_one_that_falls_silent_or_says_half_does_not_hang(
    names: PipeNames, play: Callable[[Reply], None]
) -> None:
    """Half an answer is none."""
    play(lambda line: echo(line) if "Message" in line else "BatchCommand fin")
    with open_pipe(names, HASTY) as pipe, pytest.raises(Silent):
        pipe.ask("SelectAll:")


def test_one_that_dies_is_gone(names: PipeNames, play: Callable[[Reply], None]) -> None:
    """In the middle of a command, and before the next."""
    play(lambda line: echo(line) if "Message" in line else None)
    with open_pipe(names, HASTY) as pipe:
        for _ in range(2):
            with pytest.raises(DawError, match="Audacity has ended"):
                pipe.ask("SelectAll:")


def test_two_of_us_do_not_talk_at_once(names: PipeNames, play: Callable[[Reply], None]) -> None:
    """The second waits for its turn, and not for ever."""
    play(echo)
    with (
        open_pipe(names, HASTY),
        pytest.raises(DawError, match="Something else"),
        open_pipe(names, HASTY),
    ):
        pass


@pytest.mark.parametrize("line", ["Export2: " + "x" * MAX_LINE_BYTES, "SelectAll:\nExit:"])
def test_a_line_that_would_be_two_commands_is_not_sent(
    names: PipeNames, play: Callable[[Reply], None], line: str
) -> None:
    """Too long for the module's buffer, or with a line in it."""
    said: list[str] = []
    play(lambda heard: (said.append(heard), echo(heard))[1])
    with open_pipe(names, HASTY) as pipe, pytest.raises(DawError, match="too long"):
        pipe.ask(line)
    assert all("Message" in heard for heard in said)


def test_a_file_that_somebody_else_put_there_is_not_opened(tmp_path: Path) -> None:
    """The folder of temporary files is everybody's."""
    names = posix_names(os.getuid(), str(tmp_path))
    for name in (names.commands, names.answers):
        Path(name).write_text("")
    with pytest.raises(DawError, match="not Audacity's"), open_pipe(names, HASTY):
        pass
    assert Path(names.commands).read_text() == ""


def test_names_are_those_of_the_module() -> None:
    """As its manual says them."""
    assert posix_names(1000).commands == "/tmp/audacity_script_pipe.to.1000"
    assert posix_names(1000).answers == "/tmp/audacity_script_pipe.from.1000"
    assert WINDOWS == PipeNames("\\\\.\\pipe\\ToSrvPipe", "\\\\.\\pipe\\FromSrvPipe")
