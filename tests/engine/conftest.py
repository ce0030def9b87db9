"""A live engine with a scripted worker, in this process and gone after the test."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
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
from engine.protocol.requests import Mode, NewSource, RenderRequest
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
