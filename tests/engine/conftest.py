"""A live engine with a scripted worker, in this process and gone after the test."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from engine.client import Client
from engine.config import HOME_VARIABLE, EngineOptions, Home, find_home, make_home
from engine.ports import Ports, is_loopback, open_ports
from engine.protocol.framing import FrameReader, Framing, frame
from engine.protocol.osc import decode_packet
from engine.protocol.replies import Reply, parse_reply
from engine.protocol.requests import Mode, NewSource, RenderRequest, Request, encode_request
from engine.server import Server

ANY_PORT = EngineOptions(port=0)
FAKE_WORKER = Path(__file__).parent / "fake_worker.py"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """State and takes of their own."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    home = find_home()
    make_home(home)
    return home


@pytest.fixture
def fake() -> ModuleType:
    """The scripted worker, as a module."""
    spec = importlib.util.spec_from_file_location("fake_worker", FAKE_WORKER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class LiveEngine:
    """An engine that serves in a thread."""

    host: str
    port: int
    home: Home
    loop: asyncio.AbstractEventLoop
    server: Server
    thread: threading.Thread

    def connect(self, token: str = "") -> Client:
        """A new client; close it."""
        return Client.connect(self.host, self.port, token)

    def quit(self) -> None:
        """Ends the engine, and waits until it has."""
        with contextlib.suppress(RuntimeError):  # it has ended already
            self.loop.call_soon_threadsafe(self.server.quit)
        self.thread.join()


StartEngine = Callable[..., LiveEngine]


@pytest.fixture
def start_engine(home: Home) -> Iterator[StartEngine]:
    """Starts engines: ``start_engine(options=..., is_local=..., model=...)``."""
    engines: list[LiveEngine] = []

    def start(
        options: EngineOptions = ANY_PORT,
        is_local: Callable[[str], bool] = is_loopback,
        model: str = "",
        worker_command: tuple[str, ...] = (),
    ) -> LiveEngine:
        command = worker_command or (sys.executable, str(FAKE_WORKER), "--model", model)
        engine = _start_in_thread(options, home, command, is_local)
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.quit()


@pytest.fixture
def engine(start_engine: StartEngine) -> LiveEngine:
    """An engine with nothing special."""
    return start_engine()


@pytest.fixture
def client(engine: LiveEngine) -> Iterator[Client]:
    """A client of ``engine``."""
    with engine.connect() as client:
        yield client


class TcpProbe:
    """A bare TCP peer that speaks either framing."""

    def __init__(self, engine: LiveEngine, framing: Framing = Framing.LENGTH_PREFIXED) -> None:
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

    def __init__(self, engine: LiveEngine) -> None:
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
def tcp_to() -> type[TcpProbe]:
    """Makes bare TCP peers: ``with tcp_to(engine, framing) as probe``."""
    return TcpProbe


@pytest.fixture
def udp_to() -> type[UdpProbe]:
    """Makes bare UDP peers."""
    return UdpProbe


@pytest.fixture
def tcp(engine: LiveEngine) -> Iterator[TcpProbe]:
    """A bare TCP peer of ``engine``."""
    with TcpProbe(engine) as probe:
        yield probe


@pytest.fixture
def udp(engine: LiveEngine) -> Iterator[UdpProbe]:
    """A bare UDP peer of ``engine``."""
    with UdpProbe(engine) as probe:
        yield probe


def _start_in_thread(
    options: EngineOptions, home: Home, command: tuple[str, ...], is_local: Callable[[str], bool]
) -> LiveEngine:
    started = threading.Event()
    servers: list[tuple[Server, asyncio.AbstractEventLoop]] = []

    async def serve(ports: Ports) -> None:
        server = Server(options, home, command, is_local)
        servers.append((server, asyncio.get_running_loop()))
        started.set()
        await server.serve(ports)
        await server.say_goodbye()

    ports = open_ports(options.bind, options.port)
    thread = threading.Thread(target=lambda: asyncio.run(serve(ports)))
    thread.start()
    started.wait()
    server, loop = servers[0]
    host, port = ports.address
    return LiveEngine(host, port, home, loop, server, thread)


@pytest.fixture
def scripted() -> Callable[..., RenderRequest]:
    """Makes jobs for the fake worker: ``scripted("a", "steps 3; crash")``."""

    def make(job_id: str, script: str = "steps 1", **fields: object) -> RenderRequest:
        source = NewSource(sample_rate=48000, channels=1, frames=48000)
        return RenderRequest(job_id, source, script, **{"mode": Mode.GENERATE, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Waits until something is true; the test's time limit ends it if it never is."""

    def wait(condition: Callable[[], object]) -> None:
        while not condition():
            time.sleep(0.005)

    return wait
