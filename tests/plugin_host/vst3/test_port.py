"""The instance's port: who may ask, what it gives, and what it refuses."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.config import Home
from engine.protocol.framing import frame_length_prefixed
from engine.protocol.osc import decode_packet, encode_message
from plugin_host.errors import DawError
from plugin_host.vst3.found import Announcement, instances, the_instance
from plugin_host.vst3.granted import grant, granted, take_back
from plugin_host.vst3.port import PluginPort
from tests.plugin_host.vst3.compiled import program
from tests.plugin_host.vst3.driver import Host, fed
from tests.plugin_host.vst3.test_run import noise, take_file


def _announced(host: Host) -> Announcement:
    host.port().__exit__(None, None, None)
    return the_instance(instances(host.home), 0)


def test_announcement_is_the_accounts_own(host: Host) -> None:
    """The file with the token can be read by nobody else; the port listens on this machine only."""
    announcement = _announced(host)
    path = host.home / "plugins" / "1.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    listening = Path("/proc/net/tcp").read_text()
    assert (
        f"0100007F:{announcement.port:04X} " in listening
        and f"00000000:{announcement.port:04X} " not in listening
    )


def test_instances_are_numbered_and_leave_nothing(host: Host, shared: Path, tmp_path: Path) -> None:
    """Two at one time are 1 and 2, and who does not say which is told; both files go with them."""
    _announced(host)
    with Host(program("host.cpp", shared), tmp_path) as other:
        for _ in range(200):
            if len(instances(host.home)) == 2:
                break
            other.run(64, 0)
        running = instances(host.home)
        assert [one.number for one in running] == [1, 2]
        with pytest.raises(DawError, match="2 Punch-In plugins run"):
            the_instance(running, 0)
        assert other.ask("get instance") == ["2"]
    host.end()
    assert instances(host.home) == () and not list((host.home / "plugins").iterdir())
    with pytest.raises(DawError, match="No Punch-In plugin runs"):
        the_instance((), 0)


def test_crashed_host_gives_its_number_back(shared: Path, tmp_path: Path) -> None:
    """The file of a process that is no more counts for nobody, and the next instance takes its place."""
    folder = tmp_path / "home" / "plugins"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(json.dumps({"pid": 2**22 + 1, "port": 9, "token": "x"}))
    (folder / "2.json").write_text("{")
    assert instances(tmp_path / "home") == ()
    with Host(program("host.cpp", shared), tmp_path) as host:
        assert _announced(host).number == 1


@pytest.mark.parametrize("token", ["", "wrong", "0" * 32])
def test_wrong_token_is_shown_out(host: Host, token: str) -> None:
    """And hears why, and nothing else."""
    announcement = _announced(host)
    with pytest.raises(DawError, match="only to who may read its file"):
        PluginPort.connect(Announcement(1, announcement.pid, announcement.port, token))


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\0\0\0\4abcd", b"\xff" * 64, struct.pack(">I", 2**31), frame_length_prefixed(b"/x\0\0,i\0\0")],
    ids=["nothing", "short", "huge", "long", "cut"],
)
def test_garbage_ends_one_connection_only(host: Host, garbage: bytes) -> None:
    """A peer that says nothing, or nonsense, is let go, and the next one is served."""
    announcement = _announced(host)
    with socket.create_connection(("127.0.0.1", announcement.port), timeout=5) as peer:
        peer.sendall(garbage)
        peer.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            assert peer.recv(100) == b""
    with host.port() as port:
        assert port.status().channels == 2


def test_bad_questions_are_refused_with_a_reason(host: Host) -> None:
    """Wrong types, unknown verbs and sizes without bounds; the connection goes on."""
    announcement = _announced(host)
    with socket.create_connection(("127.0.0.1", announcement.port), timeout=5) as peer:
        hello = ("/punchin/plugin/hello", [("s", announcement.token)])
        questions = [
            ("/punchin/plugin/read", [("i", 1), ("h", 0), ("i", 2**31 - 1)]),
            ("/punchin/plugin/read", [("i", 1), ("h", -5), ("i", 10)]),
            ("/punchin/plugin/read", [("s", "1")]),
            ("/punchin/plugin/put", [("h", 0)]),
            ("/punchin/plugin/put", [("h", 2**63 - 1), ("s", "/x.wav")]),
            ("/punchin/plugin/format-disk", []),
        ]
        for address, arguments in (hello, *questions):
            peer.sendall(frame_length_prefixed(encode_message(address, arguments)))  # type: ignore[arg-type]
            size = struct.unpack(">I", peer.recv(4, socket.MSG_WAITALL))[0]
            (answer,) = decode_packet(peer.recv(size, socket.MSG_WAITALL))
            assert answer.address.endswith("status/reply" if address == hello[0] else "failed")
            assert address == hello[0] or str(answer.arguments[1]).endswith(".")


def test_takes_are_read_from_granted_folders_only(host: Host, tmp_path: Path) -> None:
    """No path outside the home and temporary folders, not even through a link, and nothing but a file."""
    link = tmp_path / "link.wav"
    link.symlink_to("/usr/share")
    outside = tmp_path / "hosts.wav"
    outside.symlink_to("/etc/hosts")
    with host.port() as port:
        for path in (
            link,
            outside,
            Path("/etc/hosts"),
            tmp_path,
            tmp_path / "none.wav",
            Path("relative.wav"),
        ):
            with pytest.raises(DawError, match="home and temporary folders and those of"):
                port.put(0, [path])
        assert port.takes() == ()


def test_folder_on_another_drive_is_granted_and_taken_back(
    host: Host,
) -> None:
    """Takes of a session there are read as soon as it is granted, and nothing beside it."""
    with tempfile.TemporaryDirectory(dir="/var") as drive:
        session, beside = Path(drive) / "session", Path(drive) / "session-2"
        session.mkdir()
        beside.mkdir()
        sound = noise(1_000)
        inside, outside = take_file(session / "take.wav", sound), take_file(beside / "take.wav", sound)
        home = Home(host.home, host.home / "takes")
        with host.port() as port:

            def is_read(path: Path) -> bool:
                try:
                    port.put(0, [path])
                except DawError:
                    return False
                return True

            assert not is_read(inside)
            assert grant(home, session) == (session.resolve(),)
            assert is_read(inside) and not is_read(outside) and not is_read(Path("/etc/hosts"))
            assert np.array_equal(host.run(1_000, 0), sound)
            assert home.granted.stat().st_mode & 0o777 == 0o600
            home.granted.chmod(0o620)  # somebody else could have written it
            assert not is_read(inside)
            home.granted.chmod(0o600)
            home.granted.write_text("/\n")
            assert not is_read(inside)
            grant(home, session)
            assert take_back(home, session) == (Path("/"),)
            assert not is_read(inside)


def test_what_can_not_be_granted_is_said(tmp_path: Path) -> None:
    """Everything, nothing, a file, and what was never granted."""
    home = Home(tmp_path / "state", tmp_path / "takes")
    (tmp_path / "file").touch()
    for folder, sentence in (
        (Path("/"), "everything there is"),
        (tmp_path / "none", "no folder"),
        (tmp_path / "file", "no folder"),
    ):
        with pytest.raises(DawError, match=sentence):
            grant(home, folder)
    with pytest.raises(DawError, match="was not granted"):
        take_back(home, tmp_path)
    assert grant(home, tmp_path) == granted(home) == (tmp_path.resolve(),)
    assert take_back(home, tmp_path) == granted(home) == () and not home.granted.exists()


def test_broken_take_is_refused_and_none_is_put(host: Host, tmp_path: Path) -> None:
    """All of them or none: a good one does not stay when the other is no sound, cut short or too wide."""
    good = take_file(tmp_path / "good.wav", noise(1_000))
    text, cut, wide, long = (tmp_path / name for name in ("text.wav", "cut.wav", "wide.wav", "long.wav"))
    text.write_text("this is no sound at all, only text")
    cut.write_bytes(good.read_bytes()[:-100])
    soundfile.write(str(wide), np.zeros((1_000, 4), np.float32), 48_000, subtype="FLOAT")
    take_file(long, noise(1_001))
    reasons = {text: "no WAV file", cut: "cut short", wide: "4 channels", long: "same length"}
    with host.port() as port:
        for bad, reason in reasons.items():
            with pytest.raises(DawError, match=reason):
                port.put(0, [good, bad])
        assert port.takes() == ()
    assert np.array_equal(host.run(1_000, 0), fed(0, 1_000))


@pytest.mark.parametrize(
    ("subtype", "container"), [("PCM_16", "WAV"), ("PCM_24", "WAVEX"), ("PCM_32", "WAV"), ("FLOAT", "RF64")]
)
def test_every_format_of_takes_is_read_exactly(
    host: Host, tmp_path: Path, subtype: str, container: str
) -> None:
    """What libsndfile reads as float32 is what is heard."""
    path = tmp_path / "take.wav"
    soundfile.write(str(path), noise(1_000), 48_000, subtype=subtype, format=container)
    with host.port() as port:
        port.put(0, [path])
    assert np.array_equal(host.run(1_000, 0), soundfile.read(str(path), dtype="float32")[0])


def test_forget_gives_the_track_back(host: Host, tmp_path: Path) -> None:
    """Takes that overlap go, the others stay, and no file is touched."""
    path = take_file(tmp_path / "take.wav", noise(1_000))
    with host.port() as port:
        port.put(0, [path])
        port.put(2_000, [path])
        assert port.forget(999, 1_500) == 1
        assert [take.start for take in port.takes()] == [2_000]
    assert np.array_equal(host.run(1_000, 0), fed(0, 1_000)) and path.exists()


def test_engine_comes_and_goes(host: Host) -> None:
    """The plugin says whether an engine runs, by its lock file, and does the same with and without one."""

    def told(runs: bool) -> bool:
        with host.port() as port:
            deadline = time.monotonic() + 20.0  # it looks once in a while, however fast blocks pass
            while time.monotonic() < deadline:
                if port.status().engine_runs == runs:
                    return True
                host.run(4_800, 0)
                time.sleep(0.02)
        return False

    lock = host.home / "engine.json"
    assert told(False)
    lock.write_text(json.dumps({"pid": os.getpid(), "host": "127.0.0.1", "port": 9, "version": "0"}))
    assert told(True)
    lock.write_text(json.dumps({"pid": 2**22 + 1, "host": "127.0.0.1", "port": 9, "version": "0"}))
    assert told(False)
