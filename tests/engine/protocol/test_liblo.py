"""liblo, another OSC implementation, understands us and is understood; the README's examples are sent."""

from __future__ import annotations

import re
import select
import shlex
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import engine.protocol
from engine.errors import EngineError, ErrorCode
from engine.protocol.framing import FrameReader
from engine.protocol.osc import RawMessage, decode_packet
from engine.protocol.replies import (
    Chunk,
    Draft,
    Failed,
    Hit,
    JobStatus,
    Progress,
    Ranked,
    RankedTake,
    Reply,
    Status,
    encode_reply,
)
from engine.protocol.requests import (
    CancelRequest,
    FileSource,
    Highs,
    Joining,
    Mode,
    NewSource,
    RenderRequest,
    Request,
    SearchRequest,
    encode_request,
    frames,
    parse_request,
)

pytestmark = pytest.mark.skipif(
    not (shutil.which("oscsend") and shutil.which("oscdump")),
    reason="oscsend and oscdump are not installed (Debian: liblo-tools)",
)
README = Path(engine.protocol.__path__[0], "README.md").read_text(encoding="utf-8")
PATIENCE_SECONDS = 10  # how long a process of a few milliseconds may take on a busy machine


def oscsend(*arguments: str) -> None:
    """Runs liblo's sender."""
    subprocess.run(["oscsend", *arguments], check=True, timeout=PATIENCE_SECONDS)


def send_over_udp(*message: str) -> list[RawMessage]:
    """What arrives as a datagram when liblo sends a message."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.settimeout(PATIENCE_SECONDS)
        receiver.bind(("127.0.0.1", 0))
        oscsend("127.0.0.1", str(receiver.getsockname()[1]), *message)
        return decode_packet(receiver.recv(65_536))


def send_over_tcp(*message: str) -> list[RawMessage]:
    """What arrives on a connection when liblo sends a message."""
    reader, packets = FrameReader(), list[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_SECONDS)
        oscsend(f"osc.tcp://127.0.0.1:{server.getsockname()[1]}", *message)
        connection, _ = server.accept()
        with connection:
            connection.settimeout(PATIENCE_SECONDS)
            while data := connection.recv(4096):
                packets.extend(reader.feed(data))
    return [message for packet in packets for message in decode_packet(packet)]


@pytest.mark.parametrize("send", [send_over_udp, send_over_tcp])
def test_every_type_arrives_with_its_value(send: Callable[..., list[RawMessage]]) -> None:
    """Over both transports."""
    expected = RawMessage("/a", (7, 2**40, 0.5, 0.1, "boots", True, False))

    assert [expected] == send("/a", "ihfdsTF", "7", str(2**40), "0.5", "0.1", "boots")


def test_a_type_we_do_not_take_is_refused() -> None:
    """A char, which liblo sends when asked to."""
    with pytest.raises(EngineError, match="OSC type 'c'"):
        send_over_udp("/a", "ci", "A", "1")


GRAVEL = RenderRequest(
    "scene1", FileSource("/sounds/scene.wav", frames(72_000), frames(158_400)), "boots on wet gravel"
)
RAIN = RenderRequest("rain1", NewSource(48_000, 1, 192_000), "steady rain on a tin roof", Mode.GENERATE)
DOOR = SearchRequest("find1", "wooden door slam", max_seconds=5.0)
EXAMPLES = re.findall(r"^    oscsend ((?:.*\\\n)*.*)$", README, re.MULTILINE)


@pytest.mark.parametrize(
    ("example", "expected"), list(zip(EXAMPLES, [GRAVEL, RAIN, DOOR, CancelRequest("scene1")], strict=True))
)
def test_the_examples_of_the_readme_work(example: str, expected: Request) -> None:
    """As they stand there, but for the port."""
    words = shlex.split(example.replace("\\\n", " "))
    if words[0] == "osc.tcp://127.0.0.1:9123":
        (message,) = send_over_tcp(*words[1:])
    else:
        assert ["127.0.0.1", "9123"] == words[:2]
        (message,) = send_over_udp(*words[2:])

    assert expected == parse_request(message).request


def free_port() -> int:
    """A UDP port that nobody had a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def dump(packet: bytes) -> str:
    """What liblo's receiver prints for a packet, after the time; sent again until it is heard."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        port = free_port()
        receiver = subprocess.Popen(["oscdump", "-L", str(port)], stdout=subprocess.PIPE)
        assert receiver.stdout is not None
        try:
            for _ in range(20 * PATIENCE_SECONDS):
                sender.sendto(packet, ("127.0.0.1", port))
                if select.select([receiver.stdout], [], [], 0.05)[0]:
                    return receiver.stdout.readline().decode().split(" ", 1)[1].strip()
        finally:
            receiver.kill()
            receiver.communicate()
    return "nothing was heard"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Progress("a b", "denoising", 3, 40, 1.5), '/punchin/progress ssiif "a b" "denoising" 3 40 1.500000'),
        (
            Ranked("a", (RankedTake(1, 0.5, 0.0), RankedTake(0, 0.25, 9.5))),
            '/punchin/ranked siiffiff "a" 2 1 0.500000 0.000000 0 0.250000 9.500000',
        ),
        (
            Draft("a", 0, 1, 2**33, 2, 48_000, bytes(8)),
            f'/punchin/draft siihiib "a" 0 1 {2**33} 2 48000 [8b 00 00 00 00 00 00 00 00]',
        ),
        (
            Hit("a", 1, "/d.wav", 0, 2**33, 48_000, 0.5, 2.5, 0.25, 1.0, "sound and name", "door", 0),
            f'/punchin/library/hit sisihiffffssi "a" 1 "/d.wav" 0 {2**33} 48000 0.500000 2.500000 0.250000 '
            '1.000000 "sound and name" "door" 0',
        ),
        (Failed("a", ErrorCode.BUSY, "Über."), '/punchin/failed sss "a" "busy" "Über."'),
        (
            Status("1", 2, "m", "cpu", "ready", 2**40, (JobStatus("a", "queued", 0, 9),)),
            f'/punchin/status/reply sissshissii "1" 2 "m" "cpu" "ready" {2**40} 1 "a" "queued" 0 9',
        ),
        (
            Chunk("a", 0, 1, 2**33, 2, 48_000, bytes(8)),
            f'/punchin/chunk siihiib "a" 0 1 {2**33} 2 48000 [8b 00 00 00 00 00 00 00 00]',
        ),
    ],
)
def test_replies_are_read_as_they_were_meant(reply: Reply, expected: str) -> None:
    """int64, single precision, UTF-8, blobs and rows."""
    assert expected == dump(encode_reply(reply))


def test_lists_and_choices_mean_what_was_written() -> None:
    """A patch writes "/" where "," is special, bars between prompts, words for choices."""
    (message,) = send_over_udp(
        "/punchin/render", "sssssssssssssssshsh", "loop1", "prompt", "(boots:1.3) on {gravel|snow}",
        "curve", "0:0.2/1.5:0.9", "along", r"1.5 a \| b | 2 {c|d}", "markers", "0.5 hit | 1.25 slide",
        "windows", "shifted", "highs", "extend", "path", "/a.wav", "start", "0", "end", "192000",
    )  # fmt: skip
    expected = RenderRequest(
        "loop1", FileSource("/a.wav", frames(0), frames(192_000)), "(boots:1.3) on {gravel|snow}",
        strength_curve=((0.0, 0.2), (1.5, 0.9)), along=((1.5, r"a \| b"), (2.0, "{c|d}")),
        markers=((0.5, "hit"), (1.25, "slide")), windows=Joining.SHIFTED, highs=Highs.EXTEND,
    )  # fmt: skip

    assert expected == parse_request(message).request


def test_requests_are_read_as_they_were_meant() -> None:
    """Doubles, int64 positions and switches."""
    request = RenderRequest("a", GRAVEL.source, "rain", strength=0.25, overwrite=True)
    expected = (
        '/punchin/render sssshshsssdsT "a" "path" "/sounds/scene.wav" "start" 72000 "end" 158400 '
        '"prompt" "rain" "strength" 0.250000 "overwrite" #T'
    )

    assert expected == dump(encode_request(request))
