"""The engine process: sockets on one side, the worker on the other, nothing heavy in between."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine import __version__
from engine.config import (
    FRAME_SECONDS,
    LOG_FORMAT,
    MAX_CONNECTIONS,
    MAX_LOG_BYTES,
    STREAM_SECONDS,
    EngineOptions,
    Home,
    check_path,
    granted_folders,
    make_home,
    make_token,
    module_command,
)
from engine.dispatch import Dispatch
from engine.errors import EngineError, ErrorCode
from engine.lockfile import Lock, remove_lock, right_to_run, write_lock
from engine.peers import Peer, TcpPeer, UdpEndpoint
from engine.ports import Ports, is_loopback, local_host, open_ports
from engine.processes import resident_bytes
from engine.protocol.osc import RawMessage, decode_packet
from engine.protocol.replies import Failed, Status
from engine.protocol.requests import (
    AudioRequest,
    CancelRequest,
    IndexRequest,
    JobRequest,
    ModelsRequest,
    QuitRequest,
    RenderRequest,
    Request,
    SearchRequest,
    StatusRequest,
    job_id_of,
    parse_request,
)
from engine.scratch import sweep_scratch
from engine.spool import sweep_spool
from engine.supervisor import Supervisor

# How often silent streams and an idle engine are looked for.
_TICK_SECONDS = 1.0
# What was said last should reach a client that reads; one that does not is not waited for.
_FAREWELL_SECONDS = 1.0
logger = logging.getLogger(__name__)


class Server:
    """One engine: it listens, lets in who may, and hands every request to its ``Dispatch``."""

    def __init__(
        self,
        options: EngineOptions,
        home: Home,
        worker_command: Sequence[str] = (),
        is_local: Callable[[str], bool] = is_loopback,
    ) -> None:
        """Must be made inside the event loop it serves in. Raises EngineError(CANT_WRITE)."""
        command = worker_command or _worker_command(options)
        loop = asyncio.get_running_loop()
        self._options = options
        self._home = home
        self._clock = loop.time
        self._is_local = is_local
        self._token = make_token(home)
        self._granted = granted_folders(home, options.allow, Path.cwd())
        self._connections: set[TcpPeer] = set()
        self._known: set[str] = set()  # connections that have shown they may be here
        self._dispatch = Dispatch(home, self._clock)
        self._supervisor = Supervisor(command, home.log, self._dispatch)
        self._ending = asyncio.Event()
        self._last_busy = self._clock()

    async def serve(self, ports: Ports) -> None:
        """Serves until ``quit``; closes ``ports`` then. ``say_goodbye`` comes after it."""
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: TcpPeer(self), sock=ports.tcp)
        endpoint, _ = await loop.create_datagram_endpoint(lambda: UdpEndpoint(self), sock=ports.udp)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._supervisor.run())
                tasks.create_task(self._keep_time())
                await self._ending.wait()
                self._dispatch.cancel_everything()
                self._supervisor.end()
        finally:
            listener.close()
            endpoint.close()
            await asyncio.sleep(0)  # the transports close their sockets in the loop's next round

    async def say_goodbye(self) -> None:
        """Closes every connection, and waits a moment for what was said last to be sent."""
        for peer in tuple(self._connections):
            peer.close()
        deadline = self._clock() + _FAREWELL_SECONDS
        while self._connections and self._clock() < deadline:
            await asyncio.sleep(0.01)
        for peer in tuple(self._connections):
            peer.abort()

    def quit(self) -> None:
        """Ends the engine: every job is cancelled."""
        self._ending.set()

    # Reception

    def welcome(self, peer: TcpPeer) -> None:
        """A connection was made. Raises EngineError(TOO_MUCH)."""
        if len(self._connections) >= MAX_CONNECTIONS:
            raise EngineError(
                ErrorCode.TOO_MUCH,
                f"{MAX_CONNECTIONS} clients are connected; close one of them and try again.",
            )
        self._connections.add(peer)
        if not self._is_local(peer.host):
            asyncio.get_running_loop().call_later(FRAME_SECONDS, self._close_stranger, peer)

    def lost(self, peer: TcpPeer) -> None:
        """A connection has ended, and so do its jobs."""
        self._connections.discard(peer)
        self._known.discard(peer.name)
        self._dispatch.lost(peer)

    def arrived(self, peer: Peer, packet: bytes) -> None:
        """A packet came: its messages are done one by one, each answered for itself."""
        self._last_busy = self._clock()
        try:
            messages = decode_packet(packet)
        except EngineError as error:
            peer.send(Failed("", error.code, error.sentence))
            return
        for message in messages:
            self._take(peer, message)

    def _take(self, peer: Peer, message: RawMessage) -> None:
        try:
            envelope = parse_request(message)
            self._admit(peer, envelope.token)
            self._do(peer, envelope.request)
        except EngineError as error:
            # A failed reply with a job's id says that the job has ended: not when it goes on.
            job_id = job_id_of(message)
            job_id = "" if self._dispatch.owns(peer, job_id) else job_id
            peer.send(Failed(job_id, error.code, error.sentence))

    def _admit(self, peer: Peer, token: str) -> None:
        """Raises EngineError(NOT_ALLOWED) unless the peer is on this machine or knows the token."""
        if not self._is_local(peer.host) and not hmac.compare_digest(token.encode(), self._token.encode()):
            raise EngineError(
                ErrorCode.NOT_ALLOWED, "From another machine every message must carry the engine's token."
            )
        if isinstance(peer, TcpPeer):
            self._known.add(peer.name)

    def _close_stranger(self, peer: TcpPeer) -> None:
        """Connections are few: who has not shown the token may not keep one."""
        if peer.name not in self._known:
            peer.close()

    def _do(self, peer: Peer, request: Request) -> None:
        if self._ending.is_set():
            raise EngineError(ErrorCode.NO_ENGINE, "The engine is ending; start it again.")
        match request:
            case RenderRequest():
                self._check_paths(request)
                self._dispatch.render(peer, request)
            case IndexRequest() | SearchRequest():
                self._check_paths(request)
                self._dispatch.library(peer, request)
            case AudioRequest():
                self._dispatch.audio(peer, request)
            case CancelRequest():
                self._dispatch.cancel(peer, request)
            case ModelsRequest():
                self._dispatch.models(peer, request)
            case StatusRequest():
                peer.send(self._status())
            case QuitRequest():
                self.quit()

    def _check_paths(self, request: JobRequest) -> None:
        for path in request.paths:
            check_path(path, self._granted)

    def _status(self) -> Status:
        ready = self._supervisor.ready
        return Status(
            version=__version__,
            pid=os.getpid(),
            model=ready.model if ready else self._options.model,
            device=ready.device if ready else self._options.device,
            worker=self._supervisor.state,
            resident_bytes=resident_bytes(os.getpid(), *self._supervisor.pids),
            jobs=self._dispatch.status_rows(),
        )

    async def _keep_time(self) -> None:
        """Looks once a second for what should have happened and did not."""
        while not self._ending.is_set():
            self._dispatch.drop_silent_streams(STREAM_SECONDS)
            self._end_if_idle()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK_SECONDS)

    def _end_if_idle(self) -> None:
        if self._connections or not self._dispatch.idle:
            self._last_busy = self._clock()
        elif self._options.idle_minutes and self._clock() - self._last_busy > self._options.idle_minutes * 60:
            logger.info("nobody needed the engine for %g minutes", self._options.idle_minutes)
            self.quit()


def _worker_command(options: EngineOptions) -> tuple[str, ...]:
    limit = f"{options.memory_limit_gb:g}"
    return module_command(
        "engine.worker", "--model", options.model, "--device", options.device, "--memory-limit", limit
    )


def run(
    options: EngineOptions,
    home: Home,
    announce: Callable[[str], None] = print,
    worker_command: Sequence[str] = (),
) -> None:
    """Runs an engine until it is told to quit, by a request, Ctrl-C or the end of its idle time.

    Raises EngineError: BUSY if this account has an engine or the port is taken, BAD_ARGUMENT and
    NOT_ALLOWED for addresses that can't be used, CANT_WRITE.
    """
    make_home(home)
    start_log(home)
    with (
        right_to_run(home),
        contextlib.closing(open_ports(options.bind, options.port, options.or_any_port)) as ports,
    ):
        sweep_spool(home)
        sweep_scratch(home, time.time())
        asyncio.run(_serve(options, home, ports, announce, worker_command))


async def _serve(
    options: EngineOptions,
    home: Home,
    ports: Ports,
    announce: Callable[[str], None],
    worker_command: Sequence[str],
) -> None:
    server = Server(options, home, worker_command)
    host, port = ports.address
    lock = Lock(os.getpid(), local_host(host), port, __version__)
    with _quit_on_signals(server):
        write_lock(home, lock)
        try:
            announce(f"Punch-In {__version__} answers OSC on {host} port {port}, over UDP and TCP.")
            if not is_loopback(host):
                announce(f"Clients on other machines must send the token that is in {home.token}.")
            await server.serve(ports)
        finally:
            remove_lock(home, lock.pid)
            await server.say_goodbye()  # last, so that a client which sees its end can start the next engine


@contextlib.contextmanager
def _quit_on_signals(server: Server) -> Iterator[None]:
    """Ends the engine in good order when it is interrupted; where loops know no signals, Python's own way."""
    loop = asyncio.get_running_loop()
    taken: list[signal.Signals] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, server.quit)
            taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)


def start_log(home: Home) -> None:
    """Lets this process write to the log, put aside first if it has become long. Raises EngineError."""
    try:
        if home.log.exists() and home.log.stat().st_size > MAX_LOG_BYTES:
            home.log.replace(home.log.with_suffix(".log.1"))
        logging.basicConfig(filename=home.log, encoding="utf-8", level=logging.INFO, format=LOG_FORMAT)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE, f"The log {home.log} can't be written ({error.strerror})."
        ) from error
