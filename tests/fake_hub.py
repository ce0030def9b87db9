"""A model hub on this machine: repositories are folders, and connections break when a test says so."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """What is on it, and what was asked of it."""

    repositories: dict[str, Path] = field(default_factory=dict)
    licence: str = "cc-by-nc-sa-4.0"
    gated: set[str] = field(default_factory=set)
    break_after: dict[str, int] = field(default_factory=dict)  # file -> bytes, once
    stall_after: dict[str, int] = field(default_factory=dict)  # file -> bytes, then silence
    ranges: list[tuple[str, str]] = field(default_factory=list)  # (file, Range header) of each download
    endpoint: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def files(self, repository: str) -> dict[str, Path]:
        """All files by their names in the repository."""
        folder = self.repositories[repository]
        found = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {path.relative_to(folder).as_posix(): path for path in found}


@contextmanager
def serve(hub: FakeHub) -> Iterator[FakeHub]:
    """The hub answers at ``hub.endpoint`` while inside."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_HEAD(self) -> None:
        """A file's headers."""
        self._answer(with_body=False)

    def do_GET(self) -> None:
        """What a repository is, or a file."""
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        if parts[:2] == ["api", "models"]:
            self._describe("/".join(parts[2:4]), parts[4:])
        elif "resolve" in parts[2:3]:
            self._file("/".join(parts[:2]), parts[3], "/".join(parts[4:]), with_body)
        else:
            self._refuse(404, "EntryNotFound")

    def _refuse(self, status: int, code: str, repository: str = "") -> None:
        body = json.dumps({"error": code}).encode()
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", f"{code} {repository}")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _known(self, repository: str, revision: str) -> bool:
        if repository not in self.hub.repositories:
            self._refuse(404, "RepoNotFound", repository)
        elif revision not in ("", "main", COMMIT):
            self._refuse(404, "RevisionNotFound", repository)
        else:
            return True
        return False

    def _describe(self, repository: str, rest: list[str]) -> None:
        revision = rest[1] if len(rest) > 1 else ""
        if not self._known(repository, revision):
            return
        files = self.hub.files(repository)
        if rest[:1] == ["tree"]:
            self._json(
                [
                    {"type": "file", "path": name, "size": path.stat().st_size, "oid": _etag(path)[:40]}
                    for name, path in files.items()
                ]
            )
            return
        self._json(
            {
                "id": repository,
                "modelId": repository,
                "sha": COMMIT,
                "private": False,
                "gated": False,
                "tags": [],
                "downloads": 0,
                "cardData": {"license": self.hub.licence} if self.hub.licence else {},
                "siblings": [
                    {"rfilename": name, "size": path.stat().st_size} for name, path in files.items()
                ],
            }
        )

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, repository: str, revision: str, name: str, with_body: bool) -> None:
        if not self._known(repository, revision):
            return
        if repository in self.hub.gated:
            self._refuse(403, "GatedRepo", repository)
            return
        path = self.hub.files(repository).get(name)
        if path is None:
            self._refuse(404, "EntryNotFound")
            return
        content = path.read_bytes()
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{_etag(path)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if with_body:
            self.hub.ranges.append((name, wanted))
            self._send(name, content[start:])

    def _send(self, name: str, content: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # the client was killed
            self._send_all(name, content)

    def _send_all(self, name: str, content: bytes) -> None:
        if name in self.hub.break_after:
            self.wfile.write(content[: self.hub.break_after.pop(name)])
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
        elif name in self.hub.stall_after:
            self.wfile.write(content[: self.hub.stall_after.pop(name)])
            self.wfile.flush()
            self.hub.closing.wait()
        else:
            self.wfile.write(content)


def _etag(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
