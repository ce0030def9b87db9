"""Where the engine keeps things, what it is started with, and its limits, each with its reason."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engine.errors import EngineError, ErrorCode

HOME_VARIABLE = "PUNCHIN_HOME"
# The memory that models may take, in GB; --memory-limit overrules it.
MEMORY_VARIABLE = "PUNCHIN_MEMORY_LIMIT"

LOOPBACK = "127.0.0.1"
# Next to no well-known service, and free in the registry's user range.
PORT = 9123

# A DAW, its plugins, a panel and some controllers; far below what a process may open on any system.
MAX_CONNECTIONS = 64
# A whole frame from a slow wireless network takes under a second; who needs longer does not mean to finish.
FRAME_SECONDS = 15.0
# A minute of stereo float32 at 96 kHz is 46 MB: who is further behind than that has stopped reading.
MAX_UNSENT_BYTES = 64 * 2**20
# Streams being received at one time, so that half-sent ones can't fill the disk.
MAX_STREAMS = 16
# Who sends a stream sends it at once; after this it is taken for lost and its spool file is removed.
STREAM_SECONDS = 60.0
# A denoising step of the largest model on a slow machine takes a few seconds; a worker that does not
# stop within this is stuck.
CANCEL_SECONDS = 15.0
# Who ends the engine wants it gone: a worker that is still there by then is killed.
QUIT_SECONDS = 5.0
# The largest published checkpoint from a slow network drive; a worker that is not ready by then is stuck.
READY_SECONDS = 300.0
# Waits before a new worker, by how many before it in a row brought no job to its end; the last one repeats.
RESTART_SECONDS = (0.0, 0.0, 1.0, 2.0, 5.0, 15.0, 30.0)
# After so many workers in a row that did not even become ready, waiting jobs are told so.
MAX_FAILED_STARTS = 3
# Questions about models that wait for the worker; hashing large ones takes it a while.
MAX_QUESTIONS = 64
# Rows in a status reply, so that it fits into one datagram.
MAX_STATUS_JOBS = 100
# How long a client waits for an engine it started; a warm start takes under a second.
START_SECONDS = 30.0
# An engine that nobody started by hand ends by itself: after a coffee, but before the evening.
IDLE_MINUTES = 15.0
# What is beyond is a slip, such as a number of bytes.
MAX_MEMORY_GB = 10_000.0
# The log is put aside at the start of an engine when it is longer than this.
MAX_LOG_BYTES = 4 * 2**20
LOG_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True)
class Home:
    """The folders of one engine."""

    state: Path  # lock, token, log and spool; only its owner may look inside
    takes: Path  # where takes go whose request names no file

    @property
    def lock(self) -> Path:
        """Says which engine runs (``engine/lockfile.py``)."""
        return self.state / "engine.json"

    @property
    def right(self) -> Path:
        """Whose file is held by this account's engine for as long as it lives."""
        return self.state / "engine.right"

    @property
    def token(self) -> Path:
        """The secret that clients on other machines must send."""
        return self.state / "token"

    @property
    def log(self) -> Path:
        """What the engine and its worker had to say."""
        return self.state / "engine.log"

    @property
    def ask(self) -> Path:
        """What the plugin asks for when "Punch" is pressed on it (``engine/ask_file.py``)."""
        return self.state / "ask.osc"

    @property
    def granted(self) -> Path:
        """Folders, one a line, from which the plugin may also read takes."""
        return self.state / "granted"

    @property
    def spool(self) -> Path:
        """Audio that clients are sending."""
        return self.state / "spool"

    @property
    def scratch(self) -> Path:
        """Takes that were wanted for now only; they are in no index (``engine/scratch.py``)."""
        return self.state / "scratch"

    def folder_of_takes(self, scratch: bool) -> Path:
        """Where takes go whose request names no file."""
        return self.scratch if scratch else self.takes


@dataclass(frozen=True)
class EngineOptions:
    """What an engine is started with."""

    bind: str = LOOPBACK
    port: int = PORT  # 0: any that is free for both UDP and TCP
    model: str = ""  # "": the embedded one
    device: str = "auto"  # the best that works here
    allow: tuple[Path, ...] = ()  # folders granted beside those of ``granted_folders``
    idle_minutes: float = 0.0  # end after so long without jobs and clients; 0: never
    or_any_port: bool = False  # any port that is free where ``port`` is not
    memory_limit_gb: float = 0.0  # what models may take of the memory; 0: half of it


def memory_limit(given: float | None = None) -> float:
    """GB that models may take: as given, or as the environment says; 0 for the usual limit.

    Raises EngineError(BAD_ARGUMENT) for what is no such number.
    """
    text = os.environ.get(MEMORY_VARIABLE, "") or "0"
    try:
        limit = float(text) if given is None else given
    except ValueError:
        limit = -1.0
    if not 0.0 <= limit <= MAX_MEMORY_GB:
        said = f'{MEMORY_VARIABLE} is "{text}"' if given is None else f"A memory limit is not {given:g}"
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, f"{said}; give it in GB, such as 6, or 0 for half of the memory."
        )
    return limit


def find_home() -> Home:
    """The folders of this account, or those under PUNCHIN_HOME if it is set. Nothing is made."""
    chosen = os.environ.get(HOME_VARIABLE, "")
    if chosen:
        state = Path(chosen).absolute()
        return Home(state, state / "takes")
    state = platformdirs.user_state_path("punch-in", appauthor=False)
    return Home(state, platformdirs.user_music_path() / "Punch-In")


def make_home(home: Home) -> None:
    """Makes the state folder, for its owner only. Raises EngineError(CANT_WRITE)."""
    try:
        home.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.state.chmod(0o700)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"The folder {home.state} can't be used ({error.strerror}); set {HOME_VARIABLE} to another one.",
        ) from error


def write_private(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all, readable by its owner only. Raises EngineError(CANT_WRITE)."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise EngineError(
            ErrorCode.CANT_WRITE, f"The file {path} can't be written ({error.strerror})."
        ) from error


def read_token(home: Home) -> str:
    """The account's token, or "" when none was made yet, or what lies there can't be sent as one."""
    try:
        text = home.token.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
    return text if text.isascii() and text.isprintable() else ""


def make_token(home: Home) -> str:
    """The account's token, made if it is not there; readable by its owner only. Raises EngineError."""
    token = read_token(home)
    if not token:
        token = secrets.token_urlsafe(32)
        write_private(home.token, token)
    home.token.chmod(0o600)
    return token


def spool_path(home: Home, job_id: str) -> Path:
    """Where the audio of a streamed job lies: a float32 WAV file. Server and worker agree on it here."""
    return home.spool / f"{hashlib.sha256(job_id.encode()).hexdigest()[:32]}.wav"


def granted_folders(home: Home, allow: Iterable[Path], cwd: Path) -> tuple[Path, ...]:
    """Where clients may let the engine read and write: symbolic links resolved.

    The working folder does not count when it is the root of a drive, as it is for an engine that was
    started from a desktop: that would grant everything.
    """
    working = () if cwd == Path(cwd.anchor) else (cwd,)
    folders = (Path.home(), Path(tempfile.gettempdir()), home.takes, *working, *allow)
    return tuple(folder.resolve() for folder in folders)


def check_path(path: str, granted: tuple[Path, ...]) -> None:
    """Raises EngineError unless ``path`` is absolute (BAD_ARGUMENT) and in a granted folder (NOT_ALLOWED)."""
    if not Path(path).is_absolute():
        raise EngineError(ErrorCode.BAD_ARGUMENT, f'Give the whole path, from the root, instead of "{path}".')
    try:
        real = Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        raise EngineError(ErrorCode.NOT_ALLOWED, f'The path "{path}" leads nowhere.') from error
    if not any(real.is_relative_to(folder) for folder in granted):
        raise EngineError(
            ErrorCode.NOT_ALLOWED,
            f"The engine was not granted {real.parent}; start it with --allow and that folder.",
        )


# A plain "-m" would put the working folder before the library: a folder "engine" there would be run instead.
_BOOTSTRAP = (
    "import runpy, sys; root, module = sys.argv[1:3]; root in sys.path or sys.path.insert(0, root); "
    "del sys.argv[1:3]; runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def module_command(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs one of our modules in a Python of its own, whatever the working folder."""
    root = str(Path(__file__).resolve().parent.parent)
    return (sys.executable, "-P", "-c", _BOOTSTRAP, root, module, *arguments)
