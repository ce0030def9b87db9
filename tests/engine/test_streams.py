"""Audio that clients stream to a live engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import (
    FINAL,
    Cancelled,
    Chunk,
    Done,
    Failed,
    Status,
)
from engine.protocol.requests import (
    AudioRequest,
    RenderRequest,
    StatusRequest,
    StreamSource,
)

Scripted = Callable[..., RenderRequest]
Eventually = Callable[[Callable[[], object]], None]


def stream_of(job_id: str, frames: int, channels: int = 1, **fields: object) -> RenderRequest:
    """A job whose audio will be sent: all of it is the region."""
    source = StreamSource(48000, channels, frames, 0, frames)
    return RenderRequest(job_id, source, "read", **fields)  # type: ignore[arg-type]


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
def test_a_wrong_blob_ends_its_job(tcp: Any, home: Home, offset: int, samples: bytes) -> None:
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


def test_audio_for_no_job_is_told(tcp: Any) -> None:
    """By name."""
    tcp.send(AudioRequest("ghost", 0, bytes(4)))
    failed = tcp.receive()
    assert isinstance(failed, Failed)
    assert ("ghost", ErrorCode.NOT_FOUND) == (failed.job_id, failed.code)


def test_nobody_can_send_anothers_audio(tcp_to: Any, engine: Any) -> None:
    """Nor end its stream by trying."""
    with tcp_to(engine) as owner, tcp_to(engine) as other:
        owner.send(stream_of("a", 5000))
        owner.send(StatusRequest())
        owner.receive()
        other.send(AudioRequest("a", 0, bytes(4)))
        assert isinstance(other.receive(), Failed)
        owner.send(AudioRequest("a", 0, bytes(4 * 5000)))
        assert isinstance(owner.until(*FINAL)[-1], Done)


def test_streams_need_tcp(udp: Any) -> None:
    """A datagram may be lost, and there would be a hole."""
    udp.send(stream_of("a", 5000))
    failed = udp.receive()
    assert isinstance(failed, Failed)
    assert "TCP" in failed.sentence


def test_a_sender_that_vanishes_leaves_no_audio(
    tcp_to: Any, engine: Any, home: Home, eventually: Eventually
) -> None:
    """Half a stream is removed with its connection."""
    with tcp_to(engine) as probe:
        probe.send(stream_of("a", 5000))
        probe.send(AudioRequest("a", 0, bytes(4000)))
        eventually(lambda: home.spool.exists() and list(home.spool.iterdir()))
    eventually(lambda: not list(home.spool.iterdir()))


def test_a_sender_that_falls_silent_is_given_up(
    tcp_to: Any, start_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job fails, though the connection lives."""
    monkeypatch.setattr("engine.server.STREAM_SECONDS", 0.0)
    monkeypatch.setattr("engine.server._TICK_SECONDS", 0.02)
    with tcp_to(start_engine()) as probe:
        probe.send(stream_of("a", 5000))
        failed = probe.receive()
    assert isinstance(failed, Failed)
    assert ("a", ErrorCode.TOO_MUCH) == (failed.job_id, failed.code)


def test_streams_have_a_limit(tcp_to: Any, start_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-sent ones cannot fill the disk."""
    monkeypatch.setattr("engine.spool.MAX_STREAMS", 1)
    with tcp_to(start_engine()) as probe:
        probe.send(stream_of("a", 5000))
        probe.send(stream_of("b", 5000))
        failed = probe.receive()
    assert isinstance(failed, Failed)
    assert ("b", ErrorCode.TOO_MUCH) == (failed.job_id, failed.code)


def test_a_stream_can_be_cancelled_while_it_arrives(tcp_to: Any, engine: Any, home: Home) -> None:
    """By its sender or another, and both are told."""
    with tcp_to(engine) as owner, engine.connect() as other:
        owner.send(stream_of("a", 5000))
        owner.send(AudioRequest("a", 0, bytes(4)))
        owner.send(StatusRequest())
        assert isinstance(owner.receive(), Status)
        assert Cancelled("a") == other.cancel_and_wait("a")
        assert Cancelled("a") == owner.receive()
        assert [] == list(home.spool.iterdir())


def test_a_spool_that_cannot_be_written_is_told(tcp: Any, home: Home) -> None:
    """The job fails; the engine serves on."""
    home.spool.touch()  # a file where the folder should be
    tcp.send(stream_of("a", 5000))
    failed = tcp.receive()
    assert isinstance(failed, Failed)
    assert ("a", ErrorCode.CANT_WRITE) == (failed.job_id, failed.code)
    tcp.send(StatusRequest())
    assert isinstance(tcp.receive(), Status)
