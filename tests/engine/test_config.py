"""Folders, secrets, granted paths, the lock file and the ports."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine import __version__, lockfile
from engine.config import (
    HOME_VARIABLE,
    Home,
    check_path,
    find_home,
    granted_folders,
    make_home,
    make_token,
    memory_limit,
    module_command,
    read_token,
    spool_path,
    write_private,
)
from engine.errors import EngineError, ErrorCode
from engine.lockfile import Lock, find_engine, read_lock, remove_lock, right_to_run, write_lock
from engine.ports import is_loopback, local_host, open_ports

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="Windows keeps permissions elsewhere")


def mode(path: Path) -> int:
    """The permission bits."""
    return path.stat().st_mode & 0o777


def test_the_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PUNCHIN_HOME holds state and takes."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    home = find_home()
    assert (tmp_path, tmp_path / "takes") == (home.state, home.takes)
    for path in (home.lock, home.token, home.log, home.spool):
        assert tmp_path == path.parent


def test_without_the_variable_the_account_has_its_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made by looking."""
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    home = find_home()
    assert home.state.is_absolute() and home.takes.is_absolute()
    assert home.takes.name == "Punch-In"


@POSIX_ONLY
def test_the_state_folder_is_its_owners(tmp_path: Path) -> None:
    """A folder that was open to others is closed to them."""
    (tmp_path / "state").mkdir(mode=0o755)
    make_home(Home(tmp_path / "state", tmp_path))
    assert 0o700 == mode(tmp_path / "state")


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in its place is named, with the way out."""
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match=HOME_VARIABLE) as caught:
        make_home(Home(tmp_path / "file", tmp_path))
    assert ErrorCode.CANT_WRITE == caught.value.code


def test_the_token_is_made_once(home: Home) -> None:
    """Every engine and client of the account sees the same."""
    assert "" == read_token(home)
    token = make_token(home)
    assert token == make_token(home) == read_token(home)
    assert len(token) >= 32


@pytest.mark.parametrize("damage", [b"", b"\0" * 43, b"\xff\xfe", "\u00e9".encode(), b"a\nb"])
def test_a_damaged_token_is_made_anew(home: Home, damage: bytes) -> None:
    """A machine that lost its power may leave zeros, which no client could send."""
    home.token.write_bytes(damage)
    assert "" == read_token(home)
    assert make_token(home) == read_token(home) != ""


@POSIX_ONLY
def test_the_token_is_its_owners(home: Home) -> None:
    """One that others could read is closed to them."""
    make_token(home)
    assert 0o600 == mode(home.token)
    home.token.chmod(0o644)
    make_token(home)
    assert 0o600 == mode(home.token)


def test_a_private_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """A failed write leaves the old file, and nothing beside it."""
    target = tmp_path / "folder"
    target.mkdir()
    (target / "occupied").touch()
    with pytest.raises(EngineError) as caught:
        write_private(target, "text")  # a folder can't be replaced by a file
    assert ErrorCode.CANT_WRITE == caught.value.code
    assert [target] == list(tmp_path.iterdir())


def test_spool_files_stay_in_the_spool(home: Home) -> None:
    """A job id is a name, never a path."""
    assert home.spool == spool_path(home, "../../etc/passwd").parent
    assert spool_path(home, "a") != spool_path(home, "b")


def test_granted_are_home_work_temp_takes_and_what_was_allowed(home: Home, tmp_path: Path) -> None:
    """Each can be read and written, what is beside them not."""
    granted = granted_folders(home, [tmp_path / "allowed"], tmp_path / "work")
    for folder in (Path.home(), tmp_path / "work", home.takes, tmp_path / "allowed"):
        check_path(str(folder / "sound.wav"), granted)
    only = (tmp_path / "work",)
    with pytest.raises(EngineError) as caught:
        check_path(str(tmp_path / "other" / "sound.wav"), only)
    assert ErrorCode.NOT_ALLOWED == caught.value.code


def test_the_root_is_not_granted_by_starting_there(home: Home) -> None:
    """A desktop starts programs in "/": that must not grant the whole disk."""
    root = Path(Path.cwd().anchor)
    assert root not in granted_folders(home, [], root)
    assert root in granted_folders(home, [root], root)


@POSIX_ONLY
def test_links_do_not_lead_out(tmp_path: Path) -> None:
    """A path is where its links lead, and dots are resolved."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    for path in (inside / "link" / "sound.wav", inside / ".." / "outside" / "sound.wav"):
        with pytest.raises(EngineError) as caught:
            check_path(str(path), (inside,))
        assert ErrorCode.NOT_ALLOWED == caught.value.code


@POSIX_ONLY
def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    """They are refused, not followed."""
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(EngineError) as caught:
        check_path(str(tmp_path / "circle" / "sound.wav"), (tmp_path,))
    assert ErrorCode.NOT_ALLOWED == caught.value.code


def test_relative_paths_are_refused() -> None:
    """The engine's working folder means nothing to a client."""
    with pytest.raises(EngineError, match=r"sound\.wav") as caught:
        check_path("sound.wav", (Path.cwd(),))
    assert ErrorCode.BAD_ARGUMENT == caught.value.code


def test_modules_run_whatever_the_working_folder(tmp_path: Path) -> None:
    """A folder "engine" in the working folder is not taken for ours."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "errors.py").write_text("print('the wrong one')")
    command = module_command("engine.errors")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert b"" == done.stdout


def test_modules_get_their_arguments() -> None:
    """The module sees the command line it would see with "-m"."""
    program = subprocess.run(
        module_command("timeit", "-n", "1", "-r", "1", "import sys; print(sys.argv[1:])"),
        capture_output=True,
        check=True,
        text=True,
    )
    assert program.stdout.startswith("['-n', '1', '-r', '1', 'import sys; print(sys.argv[1:])']")


LOCK = Lock(os.getpid(), "127.0.0.1", 9123, "0.1.0")


def test_a_lock_comes_back(home: Home) -> None:
    """What was written is read."""
    write_lock(home, LOCK)
    assert LOCK == read_lock(home)


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"pid": "x"}', '{"pid": 1}', '"\\ud800"', "\0"])
def test_a_damaged_lock_is_none(home: Home, text: str) -> None:
    """Nothing that lies there can stop an engine from starting."""
    home.lock.write_text(text)
    assert read_lock(home) is None
    assert find_engine(home) is None


def test_a_lock_is_removed_by_its_engine_only(home: Home) -> None:
    """An engine that ends late does not remove the lock of the next."""
    write_lock(home, LOCK)
    remove_lock(home, LOCK.pid + 1)
    assert LOCK == read_lock(home)
    remove_lock(home, LOCK.pid)
    assert read_lock(home) is None
    remove_lock(home, LOCK.pid)


def test_an_engine_ends_though_its_lock_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its folder can't be written any more."""
    write_lock(home, LOCK)

    def refused(_: Path) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "unlink", refused)
    remove_lock(home, LOCK.pid)
    assert LOCK == read_lock(home)


def test_an_engine_is_found_while_it_lives_and_answers(home: Home) -> None:
    """A lock whose process is gone, or whose port is closed, is stale."""
    with right_to_run(home), socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        lock = Lock(os.getpid(), "127.0.0.1", port, "0.1.0")
        write_lock(home, lock)
        assert lock == find_engine(home)
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        write_lock(home, Lock(ended.pid, "127.0.0.1", port, "0.1.0"))
        assert find_engine(home) is None
    write_lock(home, lock)
    assert find_engine(home) is None


def test_a_killed_engines_lock_is_stale_whoever_has_its_number_and_port_by_now(home: Home) -> None:
    """Nobody has the right to run: it keeps no client waiting, and no engine from starting."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with right_to_run(home):
            lock = Lock(os.getpid(), "127.0.0.1", listener.getsockname()[1], "0.1.0")
            write_lock(home, lock)
            assert lock == find_engine(home)
        assert find_engine(home) is None
        with right_to_run(home):
            pass


def test_where_files_can_not_be_locked_the_lock_file_is_believed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network drives."""
    monkeypatch.setattr(lockfile, "_hold", lambda *_, **__: None)
    with right_to_run(home), socket.create_server(("127.0.0.1", 0)) as listener:
        lock = Lock(os.getpid(), "127.0.0.1", listener.getsockname()[1], "0.1.0")
        write_lock(home, lock)
        assert lock == find_engine(home)
        with pytest.raises(EngineError, match="runs already"), right_to_run(home):
            pass


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_lock_with_an_impossible_port_is_stale(home: Home, port: int) -> None:
    """Not an error."""
    home.lock.write_text(json.dumps({"pid": os.getpid(), "host": "127.0.0.1", "port": port, "version": ""}))
    assert find_engine(home) is None


def test_tcp_and_udp_have_the_same_number() -> None:
    """Also when the system chooses it."""
    ports = open_ports("127.0.0.1", 0)
    try:
        assert ports.tcp.getsockname() == ports.udp.getsockname() == ports.address
    finally:
        ports.close()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_is_half_taken_is_taken(kind: socket.SocketKind) -> None:
    """Either both are had or neither, and the sentence says what to do."""
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(EngineError, match="--port") as caught:
            open_ports("127.0.0.1", other.getsockname()[1])
    assert ErrorCode.BUSY == caught.value.code


@pytest.mark.parametrize("bind", ["no such host.invalid", "203.0.113.7", "", "\ud800"])
def test_an_address_that_is_not_ours_is_refused(bind: str) -> None:
    """It is named."""
    with pytest.raises(EngineError) as caught:
        open_ports(bind, 0).close()
    assert ErrorCode.BAD_ARGUMENT == caught.value.code


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.168.1.4", False),
        ("::ffff:192.168.1.4", False),
        ("0.0.0.0", False),
        ("fe80::1", False),
    ],
)
def test_loopback_is_only_this_machine(host: str, local: bool) -> None:
    """In both versions of IP, and one inside the other."""
    assert local == is_loopback(host)


@pytest.mark.parametrize(
    ("bound", "reached"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.168.1.4", "192.168.1.4")]
)
def test_clients_here_know_where_to_connect(bound: str, reached: str) -> None:
    """An engine bound to every address is reached on the loopback one."""
    assert reached == local_host(bound)


def test_the_module_runs_as_punchin() -> None:
    """``python -m engine`` is the command line."""
    done = subprocess.run(module_command("engine", "--version"), capture_output=True, check=True, text=True)
    assert f"punchin {__version__}" == done.stdout.strip()


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, "", 0.0),
        (None, "6", 6.0),
        (None, "2.5", 2.5),
        (3.0, "6", 3.0),
        (0.0, "6", 0.0),
        (3.0, "six", 3.0),
    ],
)
def test_the_memory_limit_is_as_given_or_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, given: float | None, environment: str, expected: float
) -> None:
    """What is given comes first."""
    monkeypatch.setenv("PUNCHIN_MEMORY_LIMIT", environment)
    assert expected == memory_limit(given)


@pytest.mark.parametrize(
    ("given", "environment"),
    [(None, "six"), (None, "-1"), (None, "nan"), (-1.0, ""), (8e9, ""), (None, "inf")],
)
def test_a_memory_limit_that_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, given: float | None, environment: str
) -> None:
    """A number of bytes is a slip."""
    monkeypatch.setenv("PUNCHIN_MEMORY_LIMIT", environment)
    with pytest.raises(EngineError, match="in GB") as caught:
        memory_limit(given)
    assert ErrorCode.BAD_ARGUMENT == caught.value.code


def test_another_port_is_taken_where_that_is_wanted() -> None:
    """Be it TCP or UDP that is not free; an address that is not ours is refused all the same."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as somebody:
            somebody.bind(("127.0.0.1", 0))
            taken = somebody.getsockname()[1]
            with contextlib.closing(open_ports("127.0.0.1", taken, or_any=True)) as ports:
                assert ports.address[1] not in (0, taken)
    with pytest.raises(EngineError):
        open_ports("192.0.2.1", 0, or_any=True)


def test_a_second_engine_waits_until_the_first_answers(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it knows where that is. One that never answers is told, too; the right comes back in the end."""
    with right_to_run(home):
        monkeypatch.setattr(lockfile, "RIGHT_SECONDS", 0.05)
        with pytest.raises(EngineError, match="does not answer") as caught, right_to_run(home):
            pass
        assert ErrorCode.BUSY == caught.value.code
        with socket.create_server(("127.0.0.1", 0)) as listener:
            write_lock(home, Lock(os.getpid(), "127.0.0.1", listener.getsockname()[1], "1"))
            with pytest.raises(EngineError, match="runs already"), right_to_run(home):
                pass
        remove_lock(home, os.getpid())
    with right_to_run(home):
        pass
