"""A live engine: transports, framings, limits, access, and its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.config import EngineOptions, Home
from engine.errors import EngineError, ErrorCode
from engine.lockfile import Lock, right_to_run, write_lock
from engine.protocol.framing import Framing, frame
from engine.protocol.replies import (
    FINAL,
    Cancelled,
    Chunk,
    Done,
    Failed,
    Progress,
    Queued,
    Status,
)
from engine.protocol.requests import (
    FileSource,
    QuitRequest,
    RenderRequest,
    StatusRequest,
    StreamSource,
    encode_request,
)
from engine.protocol.sources import seconds
from engine.server import run

Scripted = Callable[..., RenderRequest]
Eventually = Callable[[Callable[[], object]], None]


# Transports and framings


@pytest.mark.parametrize("framing", Framing)
def test_both_framings_are_answered_in_kind(
    tcp_to: Any, engine: Any, scripted: Scripted, framing: Framing
) -> None:
    """A whole job over either; chunks hold bytes that SLIP must escape or not."""
    with tcp_to(engine, framing) as probe:
        probe.send(scripted("a", "steps 2; chunks 2"))
        replies = probe.until(*FINAL)
    assert [Queued("a", 0), Done("a", 1, (("total", 0.5),))] == [replies[0], replies[-1]]
    assert [0, 4096] == [reply.frame_offset for reply in replies if isinstance(reply, Chunk)]


def test_udp_gets_everything_but_chunks(udp: Any, scripted: Scripted) -> None:
    """And the worker is not asked for them."""
    udp.send(scripted("a", "steps 2; chunks 2; take /somewhere.wav"))
    kinds = [type(reply).__name__ for reply in udp.until(*FINAL)]
    assert ["Queued", "Progress", "Progress", "TakeDone", "Done"] == kinds


def test_status_is_answered_before_the_worker_is_ready(udp_to: Any, start_engine: Any) -> None:
    """The engine is there while its model still loads."""
    with udp_to(start_engine(model="slow")) as probe:
        probe.send(StatusRequest())
        status = probe.receive()
    assert isinstance(status, Status)
    assert "starting" == status.worker
    assert status.resident_bytes > 0


def test_jobs_wait_for_the_worker_to_be_ready(start_engine: Any, scripted: Scripted) -> None:
    """A job that was sent during the start is not lost."""
    with start_engine(model="slow").connect() as client:
        assert isinstance(list(client.render(scripted("a")))[-1], Done)


def test_a_bundle_is_answered_message_by_message(udp: Any) -> None:
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
def test_malformed_datagrams_are_answered_and_survived(udp: Any, packet: bytes) -> None:
    """One sentence, and the next request is served."""
    udp.socket.send(packet)
    udp.send(StatusRequest())
    failed, status = udp.until(Failed)[-1], udp.until(Status)[-1]
    assert isinstance(failed, Failed)
    assert ErrorCode.BAD_MESSAGE == failed.code
    assert isinstance(status, Status)


@pytest.mark.parametrize("framing", Framing)
def test_a_malformed_packet_does_not_cost_the_connection(tcp_to: Any, engine: Any, framing: Framing) -> None:
    """As long as the place in the stream is known."""
    with tcp_to(engine, framing) as probe:
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
def test_a_lost_place_in_the_stream_ends_the_connection(tcp_to: Any, engine: Any, data: bytes) -> None:
    """Told why, and nobody else notices."""
    with tcp_to(engine) as lost, tcp_to(engine) as other:
        lost.socket.sendall(data)
        failed = lost.receive()
        assert isinstance(failed, Failed)
        assert ErrorCode.BAD_MESSAGE == failed.code
        assert lost.receive() is None
        other.send(StatusRequest())
        assert isinstance(other.receive(), Status)


def test_a_packet_that_trickles_in_ends_the_connection(
    tcp_to: Any, start_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More bytes do not buy more time; silence between packets costs nothing."""
    monkeypatch.setattr("engine.peers.FRAME_SECONDS", 0.3)
    engine = start_engine()
    with tcp_to(engine) as slow, tcp_to(engine) as silent:
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


def test_connections_have_a_limit(
    tcp_to: Any, udp_to: Any, start_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one too many is told so; a place is free again when somebody leaves."""
    monkeypatch.setattr("engine.server.MAX_CONNECTIONS", 1)
    engine = start_engine()
    with tcp_to(engine) as first:
        first.send(StatusRequest())
        first.receive()
        with tcp_to(engine) as second:
            failed = second.receive()
            assert isinstance(failed, Failed)
            assert ErrorCode.TOO_MUCH == failed.code
            assert second.receive() is None
    with udp_to(engine) as udp:
        udp.send(StatusRequest())
        assert isinstance(udp.receive(), Status)


def test_a_client_that_does_not_read_is_cut_off(
    tcp_to: Any, start_engine: Any, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does not read is not kept without end, and its jobs make room."""
    monkeypatch.setattr("engine.peers.MAX_UNSENT_BYTES", 2**20)
    engine = start_engine()
    with tcp_to(engine) as deaf, engine.connect() as other:
        deaf.send(scripted("flood", "chunks 2000; wait"))
        deaf.send(scripted("behind"))
        assert isinstance(list(other.render(scripted("other")))[-1], Done)
        assert () == other.status().jobs


def test_bad_arguments_name_the_key_and_the_job(udp: Any) -> None:
    """The failed reply carries the id of the job that did not come to be."""
    udp.socket.send(b"/punchin/render\0,ssi\0\0\0\0a\0\0\0steps\0\0\0\0\0\0\1")
    failed = udp.receive()
    assert isinstance(failed, Failed)
    assert ("a", ErrorCode.BAD_ARGUMENT) == (failed.job_id, failed.code)


# Access


def test_another_machine_needs_the_token(
    tcp_to: Any, udp_to: Any, start_engine: Any, home: Home, scripted: Scripted
) -> None:
    """In every message, over either transport; the right one opens."""
    engine = start_engine(is_local=lambda _host: False)
    token = home.token.read_text()
    with tcp_to(engine) as tcp, udp_to(engine) as udp:
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


def test_strangers_may_not_keep_a_connection(
    tcp_to: Any, start_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another machine a connection without the token is closed after a while, one with it is not."""
    monkeypatch.setattr("engine.server.FRAME_SECONDS", 0.2)
    engine = start_engine(is_local=lambda _host: False)
    with tcp_to(engine) as friend:
        friend.send(StatusRequest(), engine.home.token.read_text())
        assert isinstance(friend.receive(), Status)
        with tcp_to(engine) as stranger:
            assert stranger.receive() is None
        friend.send(StatusRequest(), engine.home.token.read_text())
        assert isinstance(friend.receive(), Status)


def test_paths_outside_the_granted_folders_are_refused(engine: Any, scripted: Scripted) -> None:
    """For what is read and what is written."""
    outside = "/proc/sound.wav" if Path("/proc").exists() else str(Path(Path.cwd().anchor) / "sound.wav")
    region = FileSource(outside, seconds(0), seconds(1))
    with engine.connect() as client:
        for request in (
            RenderRequest("a", region, "rain"),
            *(scripted("a", **{name: outside}) for name in ("output", "guide", "recipe")),
        ):
            failed = list(client.render(request))[-1]
            assert isinstance(failed, Failed)
            assert ErrorCode.NOT_ALLOWED == failed.code


def test_allowed_folders_may_be_used(start_engine: Any, scripted: Scripted) -> None:
    """With --allow."""
    folder = Path("/proc") if Path("/proc").exists() else Path(Path.cwd().anchor)
    engine = start_engine(options=EngineOptions(port=0, allow=(folder,)))
    with engine.connect() as client:
        assert isinstance(list(client.render(scripted("a", output=str(folder / "take.wav"))))[-1], Done)


# The end


def test_quit_cancels_everything_and_ends(tcp_to: Any, engine: Any, scripted: Scripted) -> None:
    """Every job gets its last reply before the connection closes."""
    with tcp_to(engine) as probe, engine.connect() as other:
        probe.send(scripted("runs", "wait"))
        probe.send(scripted("waits"))
        probe.send(RenderRequest("arrives", StreamSource(48000, 1, 5000, 0, 5000), "rain"))
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


def test_an_idle_engine_ends_by_itself(
    tcp_to: Any, start_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not while somebody is connected."""
    monkeypatch.setattr("engine.server._TICK_SECONDS", 0.02)
    engine = start_engine(options=EngineOptions(port=0, idle_minutes=0.1 / 60))
    with tcp_to(engine) as probe:
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
    with (
        right_to_run(home),
        pytest.raises(EngineError, match=f"{engine.port}.*process {os.getppid()}") as caught,
    ):
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
def test_oscdump_reads_the_replies(udp_to: Any, engine: Any, scripted: Scripted, tmp_path: Path) -> None:
    """liblo listens where a job came from, and reads what python-osc has written.

    In between nobody listens there, which the engine must survive.
    """
    with udp_to(engine) as udp:
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
    assert '/punchin/take sisiis "job" 0 "/a/take.wav" 48000 7 ""' in lines[-2]
    assert '/punchin/done siisf "job" 1 1 "total" 0.5' in lines[-1]
