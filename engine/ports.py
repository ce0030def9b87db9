"""The engine's two sockets, TCP and UDP on one number, and what counts as this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from dataclasses import dataclass

from engine.config import LOOPBACK
from engine.errors import EngineError, ErrorCode

# Port 0 asks the system for a TCP port and then wants the same for UDP; each try fails once in hundreds.
_TRIES = 20
_BACKLOG = 64


@dataclass(frozen=True)
class Ports:
    """Two bound sockets, the TCP one listening. Close them."""

    tcp: socket.socket
    udp: socket.socket

    @property
    def address(self) -> tuple[str, int]:
        """The numeric host and the port they are bound to."""
        host, port = self.tcp.getsockname()[:2]
        return str(host), int(port)

    def close(self) -> None:
        """Gives both back."""
        self.tcp.close()
        self.udp.close()


def open_ports(bind: str, port: int, or_any: bool = False) -> Ports:
    """Binds both, or neither. ``port`` 0: any that both can have; ``or_any``: so, too, if ``port`` is taken.

    Raises EngineError: BUSY if it is taken, NOT_ALLOWED, or BAD_ARGUMENT for no address of this machine.
    """
    try:
        return _open_ports(bind, port)
    except EngineError as error:
        # NOT_ALLOWED: Windows says so of a port that another program has for itself.
        if not or_any or error.code not in (ErrorCode.BUSY, ErrorCode.NOT_ALLOWED):
            raise
    return _open_ports(bind, 0)


def _open_ports(bind: str, port: int) -> Ports:
    family, host = _resolve(bind)
    tries = _TRIES if port == 0 else 1
    for tries_left in reversed(range(tries)):
        try:
            return _open_pair(family, host, port)
        except OSError as error:
            if not tries_left:
                raise _refusal(bind, port, error) from error
    raise AssertionError("there is at least one try")


def is_loopback(host: str) -> bool:
    """Can only this machine be at ``host``, a numeric address?"""
    address = ipaddress.ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def local_host(host: str) -> str:
    """Where a client on this machine reaches an engine bound to ``host``, a numeric address."""
    address = ipaddress.ip_address(host)
    if not address.is_unspecified:
        return host
    return LOOPBACK if address.version == 4 else "::1"


def _resolve(bind: str) -> tuple[socket.AddressFamily, str]:
    try:
        family, _, _, _, address = socket.getaddrinfo(bind, None, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise EngineError(ErrorCode.BAD_ARGUMENT, f'This machine has no address "{bind}".') from error
    return family, str(address[0])


def _open_pair(family: socket.AddressFamily, host: str, port: int) -> Ports:
    ports = Ports(socket.socket(family, socket.SOCK_STREAM), socket.socket(family, socket.SOCK_DGRAM))
    try:
        _claim(ports.tcp)
        ports.tcp.bind((host, port))
        ports.tcp.listen(_BACKLOG)
        ports.udp.bind(ports.tcp.getsockname())
    except (OSError, OverflowError):
        ports.close()
        raise
    ports.tcp.setblocking(False)
    ports.udp.setblocking(False)
    return ports


def _claim(listener: socket.socket) -> None:
    """Lets a port be bound again at once, and by one engine only: systems differ in what that takes."""
    if sys.platform == "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _refusal(bind: str, port: int, error: OSError) -> EngineError:
    if error.errno == errno.EADDRINUSE:
        return EngineError(
            ErrorCode.BUSY,
            f"Port {port} is taken, perhaps by another engine; use that one, or choose a port with --port.",
        )
    if isinstance(error, PermissionError):
        return EngineError(
            ErrorCode.NOT_ALLOWED, f"Port {port} may not be used here; choose one above 1023 with --port."
        )
    return EngineError(ErrorCode.BAD_ARGUMENT, f'The engine can\'t answer at "{bind}" ({error.strerror}).')
