"""The client: jobs, questions, the engine it starts, and an engine that goes away."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.client import AUTOMATIC, Client, find, find_or_start
from engine.config import EngineOptions, Home
from engine.errors import EngineError, ErrorCode
from engine.launch import engine_command, last_line, start_engine
from engine.lockfile import find_engine, read_lock
from engine.ports import open_ports
from engine.protocol.framing import FrameReader, frame_length_prefixed
from engine.protocol.osc import decode_packet
from engine.protocol.replies import Cancelled, Done, Failed, Progress, Reply, encode_reply
from engine.protocol.requests import RenderRequest, StreamSource

Scripted = Callable[..., RenderRequest]
Eventually = Callable[[Callable[[], object]], None]
FAKE_ENGINE = (sys.executable, str(Path(__file__).parent / "fake_engine.py"), "0", "0")


def test_two_jobs_at_once_keep_their_replies_apart(client: Client, scripted: Scripted) -> None:
    """Whatever the order in which they are read."""
    client.submit(scripted("first", "steps 5"))
    client.submit(scripted("second", "steps 3"))
    second, first = list(client.replies("second")), list(client.replies("first"))
    assert {"second"} == {reply.job_id for reply in second}
    assert {"first"} == {reply.job_id for reply in first}
    assert isinstance(first[-1], Done) and isinstance(second[-1], Done)


def test_threads_may_share_a_client(client: Client, scripted: Scripted) -> None:
    """Each gets the end of its own job, and its own answers."""
    ends: dict[str, Reply] = {}

    def work(job_id: str) -> None:
        ends[job_id] = list(client.render(scripted(job_id, "steps 3")))[-1]
        assert client.status().pid == os.getpid()

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {str(number): Done(str(number), 1, (("total", 0.5),)) for number in range(8)} == ends


def test_a_name_in_use_is_refused_here(client: Client, scripted: Scripted) -> None:
    """The job that has it goes on; after its end the name is free."""
    client.submit(scripted("a"))
    with pytest.raises(EngineError) as caught:
        client.submit(scripted("a"))
    assert ErrorCode.BAD_ARGUMENT == caught.value.code
    assert isinstance(list(client.replies("a"))[-1], Done)
    assert isinstance(list(client.render(scripted("a")))[-1], Done)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
def test_what_no_job_is_called_is_refused_here(client: Client, scripted: Scripted, name: str) -> None:
    """The engine would have no name to answer to, and nobody would hear of it."""
    for attempt in (lambda: client.submit(scripted(name)), lambda: client.cancel_and_wait(name)):
        with pytest.raises(EngineError, match="1 to 64 printable characters") as caught:
            attempt()
        assert ErrorCode.BAD_ARGUMENT == caught.value.code


def test_a_job_that_can_not_be_sent_leaves_its_name_free(client: Client, scripted: Scripted) -> None:
    """It never began."""
    with pytest.raises(EngineError, match="zero byte"):
        client.submit(scripted("a", "rain\0"))
    assert isinstance(list(client.render(scripted("a")))[-1], Done)


def test_a_refused_question_raises_what_the_engine_said(client: Client) -> None:
    """With its code."""
    with pytest.raises(EngineError, match="ghost") as caught:
        client.models("ghost")
    assert ErrorCode.NOT_FOUND == caught.value.code
    assert "verified" == client.models("fake", verify=True).models[0].problem


def test_a_cancel_may_come_from_a_signal_handler(client: Client, scripted: Scripted) -> None:
    """In the middle of waiting for the job's next reply."""
    before = signal.signal(signal.SIGINT, lambda *_: client.cancel("a"))
    try:
        ends = []
        for reply in client.render(scripted("a", "steps 1; wait")):
            if isinstance(reply, Progress) and reply.step == 3:
                signal.raise_signal(signal.SIGINT)
            ends.append(reply)
    finally:
        signal.signal(signal.SIGINT, before)
    assert Cancelled("a") == ends[-1]


def test_a_cancel_waits_its_turn_to_send(client: Client, scripted: Scripted) -> None:
    """It neither blocks who calls it nor breaks into another message."""
    client.submit(scripted("a", "wait"))
    with client._sending:
        client.cancel("a")
    assert Cancelled("a") == list(client.replies("a"))[-1]


def test_cancelling_what_is_not_there_raises(client: Client) -> None:
    """With its name."""
    with pytest.raises(EngineError, match="ghost") as caught:
        client.cancel_and_wait("ghost")
    assert ErrorCode.NOT_FOUND == caught.value.code


def test_audio_must_be_as_long_as_it_was_said_to_be(client: Client, scripted: Scripted) -> None:
    """Nothing is sent otherwise."""
    job = RenderRequest("a", StreamSource(48000, 2, 5000, 0, 5000), "rain")
    for wrong in (bytes(8 * 4999), bytes(4 * 5000)):
        with pytest.raises(EngineError) as caught:
            client.send_audio(job, wrong)
        assert ErrorCode.BAD_ARGUMENT == caught.value.code
    with pytest.raises(EngineError):
        client.send_audio(scripted("b"), bytes(8))


def test_no_engine_is_a_sentence(home: Home) -> None:
    """That says how to start one."""
    with pytest.raises(EngineError, match="punchin engine") as caught:
        find(home)
    assert ErrorCode.NO_ENGINE == caught.value.code
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(EngineError) as caught:
            Client.connect("127.0.0.1", unused.getsockname()[1])
    assert ErrorCode.NO_ENGINE == caught.value.code


@pytest.fixture
def impostor() -> Iterator[socket.socket]:
    """Something that listens and is no engine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_an_engine_that_goes_away_ends_every_wait(impostor: socket.socket, scripted: Scripted) -> None:
    """Replies and questions raise, those that come later too."""
    with Client.connect(*impostor.getsockname()) as client:
        connection, _ = impostor.accept()
        client.submit(scripted("a"))
        client.submit(scripted("b"))
        connection.close()
        for job_id in ("a", "b"):
            with pytest.raises(EngineError) as caught:
                list(client.replies(job_id))
            assert ErrorCode.NO_ENGINE == caught.value.code
        with pytest.raises(EngineError) as caught:
            client.status()
        assert ErrorCode.NO_ENGINE == caught.value.code
        client.cancel("a")


@pytest.mark.parametrize(
    "end", [Done("a", 1, ()), Cancelled("a"), Failed("a", ErrorCode.BAD_AUDIO, "Silent.")]
)
def test_waiting_for_a_cancel_ends_with_the_job(impostor: socket.socket, end: Reply) -> None:
    """However that ends: a job that failed raises why."""
    with Client.connect(*impostor.getsockname()) as client:
        connection, _ = impostor.accept()

        def answer() -> None:
            connection.recv(4096)
            for reply in (Progress("a", "denoising", 1, 2, 0.0), end):
                connection.sendall(frame_length_prefixed(encode_reply(reply)))

        with connection:
            threading.Thread(target=answer).start()
            if isinstance(end, Failed):
                with pytest.raises(EngineError, match=r"Silent\."):
                    client.cancel_and_wait("a")
            else:
                assert end == client.cancel_and_wait("a")


def test_something_else_on_the_port_is_no_engine(impostor: socket.socket) -> None:
    """What can't be understood ends the connection."""
    with Client.connect(*impostor.getsockname()) as client:
        connection, _ = impostor.accept()
        with connection:
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")
            with pytest.raises(EngineError) as caught:
                client.status()
    assert ErrorCode.NO_ENGINE == caught.value.code


def test_an_engine_that_does_not_answer_is_given_up(
    impostor: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while."""
    monkeypatch.setattr("engine.client.ANSWER_SECONDS", 0.1)
    with Client.connect(*impostor.getsockname()) as client, pytest.raises(EngineError) as caught:
        client.status()
    assert ErrorCode.NO_ENGINE == caught.value.code


def test_the_token_goes_along(impostor: socket.socket) -> None:
    """With every message."""
    host, port = impostor.getsockname()
    with Client.connect(host, port, "secret") as client:
        connection, _ = impostor.accept()
        with connection:
            client.cancel("a")
            (packet,) = FrameReader().feed(connection.recv(4096))
    (message,) = decode_packet(packet)
    assert ("a", "token", "secret") == message.arguments


# Starting an engine


@pytest.fixture
def started(home: Home) -> Iterator[Callable[..., Client]]:
    """Clients of engines in processes of their own, which end with the test."""
    clients: list[Client] = []

    def start(command: tuple[str, ...] = FAKE_ENGINE) -> Client:
        clients.append(find_or_start(home, command=command))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    # All of them: one that comes too late to find the other would run on alone.
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if FAKE_ENGINE[1] in process.cmdline():
                process.terminate()
                process.wait()


def test_an_engine_is_started_once(started: Callable[..., Client], home: Home, scripted: Scripted) -> None:
    """The second client finds the first one's; after quit its lock and port are free."""
    first, second = started(), started()
    assert first.status().pid == second.status().pid
    assert isinstance(list(second.render(scripted("a")))[-1], Done)
    lock = find_engine(home)
    assert lock is not None and lock.pid == first.status().pid
    first.quit()
    assert read_lock(home) is None
    open_ports(lock.host, lock.port).close()


def test_two_that_start_one_at_a_time_share_it(started: Callable[..., Client]) -> None:
    """Whichever engine comes first serves both; the other says busy and ends."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = str(chosen.getsockname()[1])
    # One that comes so late that the test is over finds the port free: it ends by itself.
    command = (*FAKE_ENGINE[:2], port, "0.1")
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(started(command).status().pid)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 2 == len(pids) and 1 == len(set(pids))


def test_two_that_may_take_any_port_share_one_too(started: Callable[..., Client]) -> None:
    """What keeps them apart is not the port."""
    command = (*FAKE_ENGINE, "any")
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(started(command).status().pid)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 3 == len(pids) and 1 == len(set(pids))


def test_a_taken_port_does_not_keep_an_engine_from_starting(
    started: Callable[..., Client], impostor: socket.socket, home: Home, scripted: Scripted
) -> None:
    """It answers on another one, which its lock file carries; a client that comes later finds it there."""
    taken = impostor.getsockname()[1]
    client = started((*FAKE_ENGINE[:2], str(taken), "0", "any"))
    assert isinstance(list(client.render(scripted("a")))[-1], Done)
    lock = find_engine(home)
    assert lock is not None and lock.port not in (0, taken)
    with find(home) as another:
        assert client.status().pid == another.status().pid


def test_a_port_that_was_asked_for_is_insisted_on(impostor: socket.socket, home: Home) -> None:
    """Whoever sends to it would wait for ever otherwise."""
    taken = impostor.getsockname()[1]
    with pytest.raises(EngineError, match=f"Port {taken} is taken"):
        start_engine(home, (*FAKE_ENGINE[:2], str(taken), "0"))


def test_an_engine_that_nobody_started_by_hand_takes_any_port() -> None:
    """That is what commands start; an engine started by hand keeps to its port."""
    assert AUTOMATIC.or_any_port and "--or-any-port" in engine_command(AUTOMATIC)
    assert not EngineOptions().or_any_port and "--or-any-port" not in engine_command(EngineOptions())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't kill softly")
def test_a_terminated_engine_leaves_nothing(
    started: Callable[..., Client], home: Home, scripted: Scripted
) -> None:
    """SIGTERM cancels what runs, ends the worker and removes the lock."""
    client = started()
    client.submit(scripted("a", "steps 1; wait"))
    replies = client.replies("a")
    assert any(isinstance(reply, Progress) for reply in replies)
    engine = psutil.Process(client.status().pid)
    workers = engine.children()
    engine.terminate()
    psutil.wait_procs([engine, *workers])
    assert 1 == len(workers)
    assert read_lock(home) is None


def test_a_killed_engine_leaves_no_worker(
    started: Callable[..., Client], home: Home, scripted: Scripted
) -> None:
    """Its worker ends by itself, its lock is stale, and the next engine starts."""
    client = started()
    client.submit(scripted("a", "steps 1; wait"))
    replies = client.replies("a")
    assert any(isinstance(reply, Progress) for reply in replies)
    engine = psutil.Process(client.status().pid)
    workers = engine.children()
    engine.kill()
    psutil.wait_procs([engine, *workers])
    assert 1 == len(workers)
    assert find_engine(home) is None
    assert engine.pid != started().status().pid


def test_an_engine_that_cannot_start_says_why(home: Home) -> None:
    """The last line of its log is in the sentence."""
    command = (sys.executable, "-c", "import sys; print('first'); sys.exit('The disk is on fire.')")
    with pytest.raises(EngineError, match=r"The disk is on fire\.") as caught:
        start_engine(home, command)
    assert ErrorCode.NO_ENGINE == caught.value.code


def test_an_engine_that_hangs_while_it_starts_is_given_up(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while."""
    monkeypatch.setattr("engine.launch.START_SECONDS", 0.2)
    with pytest.raises(EngineError) as caught:
        start_engine(home, (sys.executable, "-c", "input()"))
    assert ErrorCode.NO_ENGINE == caught.value.code


def test_the_log_may_be_empty_or_missing(home: Home) -> None:
    """Then that is said."""
    assert str(home.log) in last_line(home)
    home.log.write_bytes(b"\xff\n\n")
    assert "\ufffd" == last_line(home)
    home.log.write_bytes(b"")
    assert "empty" in last_line(home)


def test_options_reach_the_command_line(tmp_path: Path) -> None:
    """All of them."""
    options = EngineOptions("127.0.0.2", 9200, "big", "cuda", (tmp_path,), 15.0, True, 6.5)
    words = engine_command(options)
    joined = " ".join(words[words.index("engine") :])
    for expected in (
        "--bind 127.0.0.2",
        "--port 9200",
        "--model big",
        "--device cuda",
        "--idle-minutes 15",
        "--or-any-port",
        "--memory-limit 6.5",
        f"--allow {tmp_path}",
    ):
        assert expected in joined
