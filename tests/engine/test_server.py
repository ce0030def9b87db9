"""A live engine: transports, framings, limits, access, and what becomes of everybody's jobs."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.client import Client
from engine.config import EngineOptions, Home
from engine.errors import EngineError, ErrorCode
from engine.lockfile import Lock, write_lock
from engine.protocol.framing import FrameReader, Framing, frame
from engine.protocol.osc import decode_packet
from engine.protocol.replies import (
    FINAL,
    Cancelled,
    Chunk,
    Done,
    Failed,
    Progress,
    Queued,
    Reply,
    Status,
    parse_reply,
)
from engine.protocol.requests import (
    AudioRequest,
    CancelRequest,
    FileSource,
    ModelsRequest,
    QuitRequest,
    RenderRequest,
    Request,
    StatusRequest,
    StreamSource,
    encode_request,
)
from engine.protocol.sources import seconds
from engine.server import run

Scripted = Callable[..., RenderRequest]
Eventually = Callable[[Callable[[], object]], None]


class TcpProbe:
    """A bare TCP peer that speaks either framing."""

    def __init__(self, engine: Any, framing: Framing = Framing.LENGTH_PREFIXED) -> None:
        self.socket = socket.create_connection((engine.host, engine.port))
        self._framing = framing
        self._reader = FrameReader()
        self._waiting: list[Reply] = []

    def __enter__(self) -> TcpProbe:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, request: Request, token: str = "") -> None:
        """Sends a request."""
        self.socket.sendall(frame(encode_request(request, token), self._framing))

    def receive(self) -> Reply | None:
        """The next reply; None when the engine has closed the connection."""
        while not self._waiting:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            for packet in self._reader.feed(data):
                self._waiting += map(parse_reply, decode_packet(packet))
        return self._waiting.pop(0)

    def until(self, *kinds: type) -> list[Reply]:
        """Every reply up to the first of these kinds."""
        replies: list[Reply] = []
        while not replies or not isinstance(replies[-1], kinds):
            reply = self.receive()
            assert reply is not None, f"closed after {replies}"
            replies.append(reply)
        return replies


class UdpProbe:
    """A bare UDP peer."""

    def __init__(self, engine: Any) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((engine.host, engine.port))

    def __enter__(self) -> UdpProbe:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, request: Request, token: str = "") -> None:
        """Sends a request."""
        self.socket.send(encode_request(request, token))

    def receive(self) -> Reply:
        """The next reply."""
        (message,) = decode_packet(self.socket.recv(65536))
        return parse_reply(message)

    def until(self, *kinds: type) -> list[Reply]:
        """Every reply up to the first of these kinds."""
        replies = [self.receive()]
        while not isinstance(replies[-1], kinds):
            replies.append(self.receive())
        return replies


@pytest.fixture
def tcp(engine: Any) -> Iterator[TcpProbe]:
    with TcpProbe(engine) as probe:
        yield probe


@pytest.fixture
def udp(engine: Any) -> Iterator[UdpProbe]:
    with UdpProbe(engine) as probe:
        yield probe


def stream_of(job_id: str, frames: int, channels: int = 1, **fields: object) -> RenderRequest:
    """A job whose audio will be sent: all of it is the region."""
    source = StreamSource(48000, channels, frames, 0, frames)
    return RenderRequest(job_id, source, "read", **fields)  # type: ignore[arg-type]


# Transports and framings


@pytest.mark.parametrize("framing", Framing)
def test_both_framings_are_answered_in_kind(engine: Any, scripted: Scripted, framing: Framing) -> None:
    """A whole job over either; chunks hold bytes that SLIP must escape or not."""
    with TcpProbe(engine, framing) as probe:
        probe.send(scripted("a", "steps 2; chunks 2"))
        replies = probe.until(*FINAL)
    assert [Queued("a", 0), Done("a", 1, (("total", 0.5),))] == [replies[0], replies[-1]]
    assert [0, 4096] == [reply.frame_offset for reply in replies if isinstance(reply, Chunk)]


def test_udp_gets_everything_but_chunks(udp: UdpProbe, scripted: Scripted) -> None:
    """And the worker is not asked for them."""
    udp.send(scripted("a", "steps 2; chunks 2; take /somewhere.wav"))
    kinds = [type(reply).__name__ for reply in udp.until(*FINAL)]
    assert ["Queued", "Progress", "Progress", "TakeDone", "Done"] == kinds


def test_status_is_answered_before_the_worker_is_ready(start_engine: Any) -> None:
    """The engine is there while its model still loads."""
    with UdpProbe(start_engine(model="slow")) as probe:
        probe.send(StatusRequest())
        status = probe.receive()
    assert isinstance(status, Status)
    assert "starting" == status.worker
    assert status.resident_bytes > 0


def test_jobs_wait_for_the_worker_to_be_ready(start_engine: Any, scripted: Scripted) -> None:
    """A job that was sent during the start is not lost."""
    with start_engine(model="slow").connect() as client:
        assert isinstance(list(client.render(scripted("a")))[-1], Done)


def test_a_bundle_is_answered_message_by_message(udp: UdpProbe) -> None:
    """A bad message in it does not keep the others from being done."""
    elements = (
        encode_request(StatusRequest()),
        b"/punchin/nothing\0\0\0\0,\0\0\0",
        encode_request(StatusRequest()),
    )
    bundle = b"#bundle\0" + bytes(8) + b"".join(struct.pack(">I", len(part)) + part for part in elements)
    udp.socket.send(bundle)
    assert ["Status", "Failed", "Status"] == [type(udp.receive()).__name__ for _ in range(3)]


# Bad input


@pytest.mark.parametrize("packet", [b"", b"x", b"/", b"\0" * 64, b"#bundle\0", b"/punchin/status\0,i\0\0"])
def test_malformed_datagrams_are_answered_and_survived(udp: UdpProbe, packet: bytes) -> None:
    """One sentence, and the next request is served."""
    udp.socket.send(packet)
    udp.send(StatusRequest())
    failed, status = udp.until(Failed)[-1], udp.until(Status)[-1]
    assert isinstance(failed, Failed)
    assert ErrorCode.BAD_MESSAGE == failed.code
    assert isinstance(status, Status)


@pytest.mark.parametrize("framing", Framing)
def test_a_malformed_packet_does_not_cost_the_connection(engine: Any, framing: Framing) -> None:
    """As long as the place in the stream is known."""
    with TcpProbe(engine, framing) as probe:
        probe.socket.sendall(frame(b"not OSC", framing))
        probe.send(StatusRequest())
        failed, status = probe.receive(), probe.receive()
    assert isinstance(failed, Failed)
    assert ErrorCode.BAD_MESSAGE == failed.code
    assert isinstance(status, Status)


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x00\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff" * 8, b"\xc0\xdb\x00\xc0"],
)
def test_a_lost_place_in_the_stream_ends_the_connection(engine: Any, data: bytes) -> None:
    """Told why, and nobody else notices."""
    with TcpProbe(engine) as lost, TcpProbe(engine) as other:
        lost.socket.sendall(data)
        failed = lost.receive()
        assert isinstance(failed, Failed)
        assert ErrorCode.BAD_MESSAGE == failed.code
        assert lost.receive() is None
        other.send(StatusRequest())
        assert isinstance(other.receive(), Status)


def test_a_packet_that_trickles_in_ends_the_connection(
    start_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More bytes do not buy more time; silence between packets costs nothing."""
    monkeypatch.setattr("engine.peers.FRAME_SECONDS", 0.3)
    engine = start_engine()
    with TcpProbe(engine) as slow, TcpProbe(engine) as silent:
        slow.socket.settimeout(0.02)
        data = frame(encode_request(StatusRequest()) * 50, Framing.LENGTH_PREFIXED)
        failed = None
        for byte in data:
            with contextlib.suppress(OSError):
                slow.socket.send(bytes([byte]))
            with contextlib.suppress(TimeoutError):
                failed = slow.receive()
                break
        assert isinstance(failed, Failed)
        assert ErrorCode.TOO_MUCH == failed.code
        silent.send(StatusRequest())
        assert isinstance(silent.receive(), Status)


def test_connections_have_a_limit(start_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one too many is told so; a place is free again when somebody leaves."""
    monkeypatch.setattr("engine.server.MAX_CONNECTIONS", 1)
    engine = start_engine()
    with TcpProbe(engine) as first:
        first.send(StatusRequest())
        first.receive()
        with TcpProbe(engine) as second:
            failed = second.receive()
            assert isinstance(failed, Failed)
            assert ErrorCode.TOO_MUCH == failed.code
            assert second.receive() is None
    with UdpProbe(engine) as udp:
        udp.send(StatusRequest())
        assert isinstance(udp.receive(), Status)


def test_a_client_that_does_not_read_is_cut_off(
    start_engine: Any, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does not read is not kept without end, and its jobs make room."""
    monkeypatch.setattr("engine.peers.MAX_UNSENT_BYTES", 2**20)
    engine = start_engine()
    with TcpProbe(engine) as deaf, engine.connect() as other:
        deaf.send(scripted("flood", "chunks 2000; wait"))
        deaf.send(scripted("behind"))
        assert isinstance(list(other.render(scripted("other")))[-1], Done)
        assert () == other.status().jobs


def test_bad_arguments_name_the_key_and_the_job(udp: UdpProbe) -> None:
    """The failed reply carries the id of the job that did not come to be."""
    udp.socket.send(b"/punchin/render\0,ssi\0\0\0\0a\0\0\0steps\0\0\0\0\0\0\1")
    failed = udp.receive()
    assert isinstance(failed, Failed)
    assert ("a", ErrorCode.BAD_ARGUMENT) == (failed.job_id, failed.code)


# Jobs


def test_positions_are_sent_again_when_they_change(
    client: Client, scripted: Scripted, tmp_path: Path, eventually: Eventually
) -> None:
    """Who waits sees itself come nearer, as soon as the one before it starts."""
    client.submit(scripted("first", f"wait {tmp_path / 'go'}"))
    eventually(lambda: [job.state for job in client.status().jobs] == ["running"])
    client.submit(scripted("second", "wait"))
    client.submit(scripted("third"))
    replies = client.replies("third")
    assert Queued("third", 1) == next(replies)
    (tmp_path / "go").touch()
    assert Queued("third", 0) == next(replies)
    client.cancel("second")
    assert isinstance(list(replies)[-1], Done)


def test_clients_take_turns(engine: Any, scripted: Scripted, tmp_path: Path, eventually: Eventually) -> None:
    """The second client's job is not behind all of the first one's."""
    order: list[str] = []
    with engine.connect() as first, engine.connect() as second, engine.connect() as watcher:
        first.submit(scripted("hold", f"wait {tmp_path / 'go'}"))
        for number in range(3):
            first.submit(scripted(f"first {number}"))
        eventually(lambda: len(watcher.status().jobs) == 4)
        second.submit(scripted("second"))
        eventually(lambda: len(watcher.status().jobs) == 5)
        order = [job.job_id for job in watcher.status().jobs]
        (tmp_path / "go").touch()
        assert isinstance(list(first.replies("first 2"))[-1], Done)
        assert isinstance(list(second.replies("second"))[-1], Done)
    assert ["hold", "second", "first 0", "first 1", "first 2"] == order


def test_a_queued_job_is_cancelled_at_once(client: Client, scripted: Scripted) -> None:
    """While another runs on."""
    client.submit(scripted("runs", "wait"))
    client.submit(scripted("waits"))
    client.cancel("waits")
    assert Cancelled("waits") == list(client.replies("waits"))[-1]
    assert ["runs"] == [job.job_id for job in client.status().jobs]


def test_a_running_job_is_cancelled_within_a_step(client: Client, scripted: Scripted) -> None:
    """Its client is told, and the next job runs."""
    client.submit(scripted("runs", "steps 1; wait"))
    replies = client.replies("runs")
    assert any(isinstance(reply, Progress) for reply in replies)
    client.submit(scripted("next"))
    client.cancel("runs")
    assert Cancelled("runs") == list(replies)[-1]
    assert isinstance(list(client.replies("next"))[-1], Done)


def test_anyone_here_may_cancel_and_is_told(engine: Any, scripted: Scripted) -> None:
    """The owner and who cancelled both learn of the end."""
    with engine.connect() as owner, engine.connect() as other:
        owner.submit(scripted("runs", "steps 1; wait"))
        replies = owner.replies("runs")
        assert any(isinstance(reply, Progress) for reply in replies)
        owner.submit(scripted("waits", "wait"))
        owner.status()
        assert Cancelled("waits") == other.cancel_and_wait("waits")
        assert Cancelled("runs") == other.cancel_and_wait("runs")
        assert Cancelled("waits") == list(owner.replies("waits"))[-1]


def test_cancelling_what_is_not_there_is_told(udp: UdpProbe) -> None:
    """With the name that was asked for."""
    udp.send(CancelRequest("ghost"))
    failed = udp.receive()
    assert isinstance(failed, Failed)
    assert ("ghost", ErrorCode.NOT_FOUND) == (failed.job_id, failed.code)


def test_no_name_cancels_all_of_ones_own(engine: Any, scripted: Scripted) -> None:
    """And nobody else's."""
    with TcpProbe(engine) as mine, engine.connect() as other:
        mine.send(scripted("one", "wait"))
        mine.send(scripted("two"))
        mine.send(CancelRequest(""))
        ended = mine.until(*FINAL)[-1], mine.until(*FINAL)[-1]
        assert {Cancelled("one"), Cancelled("two")} == set(ended)
        assert isinstance(list(other.render(scripted("other")))[-1], Done)


def test_a_duplicate_leaves_the_first_alone(engine: Any, scripted: Scripted) -> None:
    """Its owner is told without the id, which would mean the end of the job; others with it."""
    with TcpProbe(engine) as owner, TcpProbe(engine) as other:
        owner.send(scripted("same", "wait"))
        assert Queued("same", 0) == owner.receive()
        owner.send(scripted("same"))
        other.send(scripted("same"))
        own, others = owner.until(Failed)[-1], other.receive()
        assert isinstance(own, Failed) and isinstance(others, Failed)
        assert ("", ErrorCode.BAD_ARGUMENT) == (own.job_id, own.code)
        assert ("same", ErrorCode.BAD_ARGUMENT) == (others.job_id, others.code)
        owner.send(CancelRequest("same"))
        assert Cancelled("same") == owner.until(*FINAL)[-1]


def test_a_client_that_vanishes_takes_its_jobs_along(
    engine: Any, scripted: Scripted, eventually: Eventually
) -> None:
    """Queued and running ones, but not those of a UDP peer, which has no connection to lose."""
    with engine.connect() as watcher, UdpProbe(engine) as udp:
        with TcpProbe(engine) as probe:
            probe.send(scripted("runs", "wait"))
            probe.send(scripted("waits"))
            eventually(lambda: [job.state for job in watcher.status().jobs] == ["running", "queued"])
            udp.send(scripted("stays"))
        assert isinstance(udp.until(*FINAL)[-1], Done)
        assert () == watcher.status().jobs


# The worker, seen from outside


@pytest.mark.parametrize("script", ["crash", "kill", "babble"])
def test_a_dead_worker_costs_one_job(client: Client, scripted: Scripted, script: str) -> None:
    """Its job fails with a sentence, and the next one runs in a new worker, as often as it happens."""
    assert isinstance(list(client.render(scripted("before")))[-1], Done)
    client.submit(scripted("fatal", f"steps 1; {script}"))
    client.submit(scripted("next"))
    failed = list(client.replies("fatal"))[-1]
    assert isinstance(failed, Failed)
    assert ErrorCode.WORKER_DIED == failed.code
    assert isinstance(list(client.replies("next"))[-1], Done)


def test_a_worker_that_hangs_past_a_cancel_is_replaced(
    start_engine: Any,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    eventually: Eventually,
) -> None:
    """The job counts as cancelled, which it was to be."""
    monkeypatch.setattr("engine.worker_process.CANCEL_SECONDS", 0.1)
    with start_engine().connect() as client:
        client.submit(scripted("stuck", f"hang {tmp_path / 'begun'}"))
        client.submit(scripted("next"))
        eventually((tmp_path / "begun").exists)
        client.cancel("stuck")
        assert Cancelled("stuck") == list(client.replies("stuck"))[-1]
        assert isinstance(list(client.replies("next"))[-1], Done)


def test_a_worker_that_never_gets_ready_is_replaced(
    start_engine: Any, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And after some of them, jobs fail instead of waiting for ever; so do questions."""
    monkeypatch.setattr("engine.worker_process.READY_SECONDS", 0.05)
    monkeypatch.setattr("engine.supervisor.RESTART_SECONDS", (0.0,))
    with start_engine(model="slow").connect() as client:
        failed = list(client.render(scripted("a")))[-1]
        assert isinstance(failed, Failed)
        assert ErrorCode.WORKER_DIED == failed.code


@pytest.mark.parametrize("command", [(), ("/no/such/program",)])
def test_a_worker_that_cannot_start_is_told(
    start_engine: Any, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """What waits fails, and what comes is refused, each with where to look; status stays clear."""
    monkeypatch.setattr("engine.supervisor.RESTART_SECONDS", (0.0, 0.0, 0.0, 0.0, 60.0))
    with start_engine(model="fatal", worker_command=command).connect() as client:
        for job_id in ("waits", "comes"):
            failed = list(client.render(scripted(job_id)))[-1]
            assert isinstance(failed, Failed)
            assert ErrorCode.WORKER_DIED == failed.code
            assert "engine.log" in failed.sentence
        assert "failing" == client.status().worker
        with pytest.raises(EngineError, match=r"engine\.log"):
            client.models()


def test_questions_die_with_the_worker(client: Client, scripted: Scripted) -> None:
    """They are answered, and the next one is served."""
    client.submit(scripted("fatal", "crash"))
    with contextlib.suppress(EngineError):
        client.models()
    assert ["fake"] == [model.name for model in client.models().models]


def test_questions_about_models_have_a_limit(start_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the worker cannot answer them."""
    monkeypatch.setattr("engine.dispatch.MAX_QUESTIONS", 2)
    with UdpProbe(start_engine(model="slow")) as udp:
        for _ in range(3):
            udp.send(ModelsRequest())
        replies = [udp.receive() for _ in range(3)]
    assert ["Failed", "Models", "Models"] == [type(reply).__name__ for reply in replies]


# Access


def test_another_machine_needs_the_token(start_engine: Any, home: Home, scripted: Scripted) -> None:
    """In every message, over either transport; the right one opens."""
    engine = start_engine(is_local=lambda _host: False)
    token = home.token.read_text()
    with TcpProbe(engine) as tcp, UdpProbe(engine) as udp:
        for probe in (tcp, udp):
            for wrong in ("", "wrong", token[:-1], "é"):
                probe.send(scripted("a"), wrong)
                failed = probe.receive()
                assert isinstance(failed, Failed)
                assert ("a", ErrorCode.NOT_ALLOWED) == (failed.job_id, failed.code)
            probe.send(StatusRequest(), token)
            assert isinstance(probe.receive(), Status)
            probe.send(QuitRequest())
            assert isinstance(probe.receive(), Failed)


def test_strangers_may_not_keep_a_connection(start_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another machine a connection without the token is closed after a while, one with it is not."""
    monkeypatch.setattr("engine.server.FRAME_SECONDS", 0.2)
    engine = start_engine(is_local=lambda _host: False)
    with TcpProbe(engine) as friend:
        friend.send(StatusRequest(), engine.home.token.read_text())
        assert isinstance(friend.receive(), Status)
        with TcpProbe(engine) as stranger:
            assert stranger.receive() is None
        friend.send(StatusRequest(), engine.home.token.read_text())
        assert isinstance(friend.receive(), Status)


def test_paths_outside_the_granted_folders_are_refused(engine: Any, scripted: Scripted) -> None:
    """For what is read and what is written."""
    outside = "/proc/sound.wav" if Path("/proc").exists() else str(Path(Path.cwd().anchor) / "sound.wav")
    region = FileSource(outside, seconds(0), seconds(1))
    with engine.connect() as client:
        for request in (RenderRequest("a", region, "rain"), scripted("a", output=outside)):
            failed = list(client.render(request))[-1]
            assert isinstance(failed, Failed)
            assert ErrorCode.NOT_ALLOWED == failed.code


def test_allowed_folders_may_be_used(start_engine: Any, scripted: Scripted) -> None:
    """With --allow."""
    folder = Path("/proc") if Path("/proc").exists() else Path(Path.cwd().anchor)
    engine = start_engine(options=EngineOptions(port=0, allow=(folder,)))
    with engine.connect() as client:
        assert isinstance(list(client.render(scripted("a", output=str(folder / "take.wav"))))[-1], Done)


# Streams


def test_streamed_audio_reaches_the_worker_as_a_file(engine: Any, home: Home, tmp_path: Path) -> None:
    """Every sample, in a WAV file that another library reads; it is gone when the job is."""
    soundfile = pytest.importorskip("soundfile")
    numpy = pytest.importorskip("numpy")
    samples = numpy.random.default_rng(1).standard_normal((5000, 2)).astype("<f4")
    job = stream_of("a", 5000, 2)
    with engine.connect() as client:
        client.submit(job)
        client.send_audio(job, samples.tobytes())
        chunks = [reply.samples for reply in client.replies("a") if isinstance(reply, Chunk)]
    (tmp_path / "spooled.wav").write_bytes(b"".join(chunks))
    audio, rate = soundfile.read(tmp_path / "spooled.wav", dtype="float32", always_2d=True)
    assert 48000 == rate
    assert samples.tobytes() == audio.tobytes()
    assert [] == list(home.spool.iterdir())


@pytest.mark.parametrize(
    ("offset", "samples"),
    [(1, bytes(4)), (0, bytes(6)), (0, bytes(4 * 5001))],
    ids=["a gap", "half a sample", "too long"],
)
def test_a_wrong_blob_ends_its_job(tcp: TcpProbe, home: Home, offset: int, samples: bytes) -> None:
    """Nothing of it stays."""
    tcp.send(stream_of("a", 5000))
    try:
        tcp.send(AudioRequest("a", offset, samples))
    except EngineError:
        pytest.skip("the protocol does not let it be sent")
    failed = tcp.receive()
    assert isinstance(failed, Failed)
    assert ErrorCode.BAD_ARGUMENT == failed.code
    if failed.job_id:
        assert [] == list(home.spool.iterdir())


def test_audio_for_no_job_is_told(tcp: TcpProbe) -> None:
    """By name."""
    tcp.send(AudioRequest("ghost", 0, bytes(4)))
    failed = tcp.receive()
    assert isinstance(failed, Failed)
    assert ("ghost", ErrorCode.NOT_FOUND) == (failed.job_id, failed.code)


def test_nobody_can_send_anothers_audio(engine: Any) -> None:
    """Nor end its stream by trying."""
    with TcpProbe(engine) as owner, TcpProbe(engine) as other:
        owner.send(stream_of("a", 5000))
        owner.send(StatusRequest())
        owner.receive()
        other.send(AudioRequest("a", 0, bytes(4)))
        assert isinstance(other.receive(), Failed)
        owner.send(AudioRequest("a", 0, bytes(4 * 5000)))
        assert isinstance(owner.until(*FINAL)[-1], Done)


def test_streams_need_tcp(udp: UdpProbe) -> None:
    """A datagram may be lost, and there would be a hole."""
    udp.send(stream_of("a", 5000))
    failed = udp.receive()
    assert isinstance(failed, Failed)
    assert "TCP" in failed.sentence


def test_a_sender_that_vanishes_leaves_no_audio(engine: Any, home: Home, eventually: Eventually) -> None:
    """Half a stream is removed with its connection."""
    with TcpProbe(engine) as probe:
        probe.send(stream_of("a", 5000))
        probe.send(AudioRequest("a", 0, bytes(4000)))
        eventually(lambda: home.spool.exists() and list(home.spool.iterdir()))
    eventually(lambda: not list(home.spool.iterdir()))


def test_a_sender_that_falls_silent_is_given_up(start_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its job fails, though the connection lives."""
    monkeypatch.setattr("engine.server.STREAM_SECONDS", 0.0)
    monkeypatch.setattr("engine.server._TICK_SECONDS", 0.02)
    with TcpProbe(start_engine()) as probe:
        probe.send(stream_of("a", 5000))
        failed = probe.receive()
    assert isinstance(failed, Failed)
    assert ("a", ErrorCode.TOO_MUCH) == (failed.job_id, failed.code)


def test_streams_have_a_limit(start_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-sent ones cannot fill the disk."""
    monkeypatch.setattr("engine.spool.MAX_STREAMS", 1)
    with TcpProbe(start_engine()) as probe:
        probe.send(stream_of("a", 5000))
        probe.send(stream_of("b", 5000))
        failed = probe.receive()
    assert isinstance(failed, Failed)
    assert ("b", ErrorCode.TOO_MUCH) == (failed.job_id, failed.code)


def test_a_stream_can_be_cancelled_while_it_arrives(engine: Any, home: Home) -> None:
    """By its sender or another, and both are told."""
    with TcpProbe(engine) as owner, engine.connect() as other:
        owner.send(stream_of("a", 5000))
        owner.send(AudioRequest("a", 0, bytes(4)))
        owner.send(StatusRequest())
        assert isinstance(owner.receive(), Status)
        assert Cancelled("a") == other.cancel_and_wait("a")
        assert Cancelled("a") == owner.receive()
        assert [] == list(home.spool.iterdir())


def test_a_spool_that_cannot_be_written_is_told(tcp: TcpProbe, home: Home) -> None:
    """The job fails; the engine serves on."""
    home.spool.touch()  # a file where the folder should be
    tcp.send(stream_of("a", 5000))
    failed = tcp.receive()
    assert isinstance(failed, Failed)
    assert ("a", ErrorCode.CANT_WRITE) == (failed.job_id, failed.code)
    tcp.send(StatusRequest())
    assert isinstance(tcp.receive(), Status)


# The end


def test_quit_cancels_everything_and_ends(engine: Any, scripted: Scripted) -> None:
    """Every job gets its last reply before the connection closes."""
    with TcpProbe(engine) as probe, engine.connect() as other:
        probe.send(scripted("runs", "wait"))
        probe.send(scripted("waits"))
        probe.send(stream_of("arrives", 5000))
        probe.send(StatusRequest())
        probe.until(Status)
        other.quit()
        ended = []
        while (reply := probe.receive()) is not None:
            ended.append(reply)
    engine.thread.join()
    assert {Cancelled("runs"), Cancelled("waits"), Cancelled("arrives")} <= set(ended)


def test_quit_does_not_wait_for_a_worker_that_hangs(
    start_engine: Any,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    eventually: Eventually,
) -> None:
    """It is killed."""
    monkeypatch.setattr("engine.worker_process.QUIT_SECONDS", 0.1)
    engine = start_engine()
    with engine.connect() as client:
        client.submit(scripted("stuck", f"hang {tmp_path / 'begun'}"))
        eventually((tmp_path / "begun").exists)
        client.quit()
    engine.thread.join()


def test_an_idle_engine_ends_by_itself(start_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not while somebody is connected."""
    monkeypatch.setattr("engine.server._TICK_SECONDS", 0.02)
    engine = start_engine(options=EngineOptions(port=0, idle_minutes=0.1 / 60))
    with TcpProbe(engine) as probe:
        engine.thread.join(0.5)
        probe.send(StatusRequest())
        assert isinstance(probe.receive(), Status)
    engine.thread.join()
    assert not engine.thread.is_alive()


def test_a_second_engine_on_a_taken_port_is_refused(engine: Any, home: Home) -> None:
    """Before it has touched anything."""
    with pytest.raises(EngineError, match=str(engine.port)) as caught:
        run(EngineOptions(port=engine.port), home)
    assert ErrorCode.BUSY == caught.value.code


def test_an_account_has_one_engine(engine: Any, home: Home) -> None:
    """A second one with the same folders is refused whatever its port, and told where the first is."""
    write_lock(home, Lock(os.getppid(), "127.0.0.1", engine.port, "0.1.0"))
    with pytest.raises(EngineError, match=f"{engine.port}.*process {os.getppid()}") as caught:
        run(EngineOptions(port=0), home)
    assert ErrorCode.BUSY == caught.value.code


def test_the_servers_process_stays_light() -> None:
    """What is heavy lives in the worker: the server answers within a second of its start."""
    heavy = {"numpy", "onnxruntime", "soundfile", "soxr", "scipy", "torch", "pedalboard", "tokenizers"}
    program = "import sys, engine.server, engine.client; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert set() == heavy & set(done.stdout.split())


# Another implementation of OSC


needs_liblo = pytest.mark.skipif(
    shutil.which("oscsend") is None or shutil.which("oscdump") is None,
    reason="liblo's oscsend and oscdump are not installed",
)


@needs_liblo
def test_oscsend_drives_the_engine(engine: Any, eventually: Eventually) -> None:
    """liblo sends a job over UDP and cancels it over TCP."""
    with engine.connect() as client:
        words = ["a", "prompt", "wait", "seconds", "2.5", "takes", "1"]
        subprocess.run(
            ["oscsend", engine.host, str(engine.port), "/punchin/render", "ssssfsi", *words], check=True
        )
        eventually(lambda: [job.state for job in client.status().jobs] == ["running"])
        url = f"osc.tcp://{engine.host}:{engine.port}"
        subprocess.run(["oscsend", url, "/punchin/cancel", "s", "a"], check=True)
        eventually(lambda: not client.status().jobs)


@needs_liblo
def test_oscdump_reads_the_replies(engine: Any, scripted: Scripted, tmp_path: Path) -> None:
    """liblo listens where a job came from, and reads what python-osc has written.

    In between nobody listens there, which the engine must survive.
    """
    with UdpProbe(engine) as udp:
        udp.send(scripted("job", f"wait {tmp_path / 'go'}; take /a/take.wav", seed=7))
        assert Queued("job", 0) == udp.until(Queued)[-1]
        udp.until(Progress)
        port = udp.socket.getsockname()[1]
    with subprocess.Popen(["oscdump", "-L", str(port)], stdout=subprocess.PIPE, text=True) as oscdump:
        assert oscdump.stdout is not None
        lines = [oscdump.stdout.readline()]
        (tmp_path / "go").touch()
        while "/punchin/done" not in lines[-1]:
            lines.append(oscdump.stdout.readline())
        oscdump.terminate()
    assert '/punchin/progress ssiif "job" "denoising"' in lines[0]
    assert '/punchin/take sisii "job" 0 "/a/take.wav" 48000 7' in lines[-2]
    assert '/punchin/done siisf "job" 1 1 "total" 0.5' in lines[-1]
