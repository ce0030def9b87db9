"""Punch pressed on the plugin: the region goes to the engine, and its takes are heard in place."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.ask_file import write_ask, write_refusal
from engine.client import find_or_start
from engine.config import HOME_VARIABLE, EngineOptions, Home, find_home
from engine.errors import EngineError
from engine.lockfile import Lock, read_lock, write_lock
from engine.protocol.replies import Done, Reply, TakeDone
from engine.protocol.requests import RenderRequest, StreamSource
from engine.protocol.sources import MIN_REGION_SECONDS, REGION_SLACK_SECONDS
from plugin_host.errors import DawError
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.state import Punched, PunchState
from tests.bundles import make_tiny_bundle
from tests.plugin_host.vst3.compiled import program
from tests.plugin_host.vst3.driver import Host, fed
from tests.plugin_host.vst3.engine_stub import EngineStub, Sent
from tests.plugin_host.vst3.test_run import noise, take_file

RATE = 48_000
GOING_ON = (PunchState.SENDS, PunchState.WAITS, PunchState.MAKES)
# What is asked for has no say in where: the plugin puts its own source in the place of this one.
SOMEWHERE = StreamSource(RATE, 2, 2 * RATE, 0, RATE)


def asked(**keys: object) -> RenderRequest:
    """A wish that keeps all of the region but its middle, exactly."""
    quick = {
        "steps": 2,
        "mask_seconds": ((0.2, 0.4),),
        "mode": "inpaint",
        "retries": 0,
        "match_loudness": False,
    }
    return RenderRequest("ask", SOMEWHERE, "wet gravel", **{**quick, **keys})  # type: ignore[arg-type]


def account(host: Host) -> Home:
    """The folders of the account whose plugin it is."""
    host.home.mkdir(exist_ok=True)
    return Home(host.home, host.home / "takes")


def press(host: Host, switch: str = "punch") -> None:
    """On and off again, as a button does it, while the transport stands."""
    for value in (0, 1, 0):
        host.ask(f"set {switch} {value}")
        host.run(64, 0, rolls=False)


def until(host: Host, wanted: Callable[[Punched], bool]) -> Punched:
    """What the plugin says as soon as it is what is waited for."""
    deadline = time.monotonic() + 60.0
    with host.port() as port:
        while not wanted(punch := port.status().punch):
            assert time.monotonic() < deadline, punch
            time.sleep(0.01)
    return punch


def ended(punch: Punched) -> bool:
    """Nothing goes on any more, and something has."""
    return punch.state not in (PunchState.READY, *GOING_ON)


@pytest.fixture
def engine(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Lock]]:
    """Starts a real engine with a tiny model for the host's account; says which."""
    monkeypatch.setenv(HOME_VARIABLE, str(host.home))
    make_tiny_bundle(host.home / "models" / "tiny")

    def start() -> Lock:
        find_or_start(find_home(), EngineOptions(port=0, model="tiny")).close()
        lock = read_lock(find_home())
        assert lock is not None
        return lock

    yield start
    # The test may have ended it itself.
    with contextlib.suppress(EngineError), find_or_start(find_home(), command=("false",)) as client:
        client.quit()


def test_takes_appear_in_place(host: Host, engine: Callable[[], Lock]) -> None:
    """Played, pressed, heard: outside of its mask the take is the track bit for bit, at the very frame."""
    engine()
    write_ask(account(host), asked(takes=2), new_seed=True)
    host.run(2 * RATE, 12_345, [100, 512])
    press(host)
    assert until(host, ended) == Punched(PunchState.IN_PLACE, 100, "2 takes are in place.")
    assert host.ask("get punch_state") == ["4"] and host.ask("get takes") == ["2"]
    with host.port() as port:
        takes = port.takes()
    assert [(take.start, take.frames) for take in takes] == [(12_345, 2 * RATE)] * 2
    again = host.run(2 * RATE, 12_345, [333])
    heard = [take.path for take in takes if take.leads]
    assert ["001"] == [re.findall(r"\d{3}", Path(path).name)[0] for path in heard]
    take = soundfile.read(heard[0], dtype="float32", always_2d=True)[0]
    assert np.array_equal(again, take)
    made = slice(round(0.2 * RATE), round(0.4 * RATE))
    kept = np.ones(2 * RATE, bool)
    kept[made] = False
    assert np.array_equal(again[kept], fed(0, 2 * RATE)[kept])
    assert not np.array_equal(again[made], fed(0, 2 * RATE)[made])


@pytest.mark.parametrize("new_seed", [True, False])
def test_next_punch_has_other_takes(host: Host, new_seed: bool) -> None:
    """What is typed stays, the seed does not, unless it is held."""
    with EngineStub(account(host)) as engine:
        write_ask(account(host), asked(seed=7), new_seed)
        host.run(RATE, 0)
        for count in (1, 2):
            press(host)
            until(host, lambda punch, wanted=count: ended(punch) and len(engine.sent) == wanted)  # type: ignore[misc]
    first, second = (sent.request.seed for sent in engine.sent)
    assert (first != second and 7 not in (first, second)) if new_seed else (first, second) == (7, 7)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(moves=[(3_000, 0), (3_000, 1_752)], marked=True)  # a millisecond short of the engine's shortest
@given(
    moves=st.lists(
        st.tuples(st.integers(3_000, 12_000), st.integers(-500, 30_000)),
        min_size=1,
        max_size=10,
    ),
    marked=st.booleans(),
)
def test_sends_what_the_command_line_would(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int]], marked: bool
) -> None:
    """Whatever was located and looped: the same region, handles and samples as through the port."""
    folder = tmp_path_factory.mktemp("punch")
    with Host(program("host.cpp", shared), folder) as host, EngineStub(account(host)) as engine:
        write_ask(account(host), asked(mask_seconds=(), mode="transfer"), new_seed=True)
        host.ask(f"set punch_what {int(marked)}")
        host.ask(f"set mark {int(marked)}")
        for frames, position in moves:
            host.run(frames, position)
        press(host)
        said = until(host, ended)
        daw = PluginDaw(host.port, "mark" if marked else "pass")
        try:
            selection = daw.selection()
            excerpt = daw.export(selection, 8 * RATE, folder)
        except DawError as error:
            assert (said.state, engine.sent) == (PunchState.NOTHING_PLAYED, []), error
            return
        if float(selection.region.seconds) < MIN_REGION_SECONDS - REGION_SLACK_SECONDS:
            assert (said.state, engine.sent) == (PunchState.REFUSED, [])
            return
        (sent,) = engine.sent
    region, before = selection.region, selection.region.start - excerpt.start
    assert (sent.source.start_frame, sent.source.end_frame) == (before, before + region.frames)
    assert (sent.source.sample_rate, sent.request.time_reference) == (RATE, region.start)
    assert np.array_equal(sent.sound, soundfile.read(excerpt.path, dtype="float32", always_2d=True)[0])


def test_what_is_typed_arrives_as_it_is(host: Host) -> None:
    """Every key of the wish, and nothing of the source it was written with; no token on this machine."""
    wish = asked(negative="birds", takes=3, guidance=4.5, rank=True, seed=11)
    with EngineStub(account(host)) as engine:
        write_ask(account(host), wish, new_seed=False)
        host.run(RATE, 500)
        press(host)
        assert until(host, ended) == Punched(PunchState.REFUSED, 0, "This engine only looks.")
    (sent,) = engine.sent
    assert sent.token == "" and isinstance(sent.request.source, StreamSource)
    assert replace(sent.request, job_id="ask", source=SOMEWHERE, time_reference=-1, want_chunks=True) == wish
    assert sent.request.time_reference == 500 and not sent.request.want_chunks


def test_engine_dies_and_comes_back(host: Host, engine: Callable[[], Lock]) -> None:
    """Killed while it makes takes: that is said, sound goes on; when one runs again, so does Punch."""
    lock = engine()
    write_ask(account(host), asked(takes=16, steps=1000), new_seed=True)
    host.run(RATE, 0)
    press(host)
    until(host, lambda punch: punch.state is PunchState.MAKES)
    os.kill(lock.pid, signal.SIGKILL)
    assert until(host, ended).state is PunchState.ENGINE_ENDED
    assert np.array_equal(host.run(RATE, 90_000), fed(host.frames - RATE, RATE))
    press(host)
    assert until(host, lambda punch: punch.state is not PunchState.ENGINE_ENDED and ended(punch)).state is (
        PunchState.NO_ENGINE
    )
    assert engine().pid != lock.pid
    write_ask(account(host), asked(), new_seed=True)
    press(host)
    until(host, lambda punch: punch.state is PunchState.IN_PLACE)
    with host.port() as port:
        assert [take.start for take in port.takes()] == [90_000]


def test_takes_done_before_the_engine_ended_are_in_place(host: Host, tmp_path: Path) -> None:
    """What was made is not lost with what was not."""
    sound = noise(RATE)
    path = take_file(tmp_path / "take.wav", sound)

    def one_then_gone(sent: Sent) -> Iterable[Reply]:
        yield TakeDone(sent.request.job_id, 0, str(path), RATE, 1, "wet gravel")
        raise ConnectionResetError

    with EngineStub(account(host), one_then_gone):
        write_ask(account(host), asked(takes=2), new_seed=True)
        host.run(RATE, 0)
        press(host)
        said = until(host, ended)
    assert said.state is PunchState.ENGINE_ENDED and said.sentence.endswith("before: 1 take is in place.")
    assert np.array_equal(host.run(RATE, 0), sound)


def test_each_take_is_in_place_as_soon_as_it_is_done(host: Host, tmp_path: Path) -> None:
    """While the next is made; the first is the one that is heard, and stays it."""
    sounds = [noise(RATE, seed) for seed in (1, 2)]
    paths = [take_file(tmp_path / f"take{number}.wav", sound) for number, sound in enumerate(sounds)]
    goes_on = threading.Event()

    def one_by_one(sent: Sent) -> Iterable[Reply]:
        for number, path in enumerate(paths):
            yield TakeDone(sent.request.job_id, number, str(path), RATE, 1, "wet gravel")
            assert goes_on.wait(30)
        yield Done(sent.request.job_id, 2, ())

    with EngineStub(account(host), one_by_one):
        write_ask(account(host), asked(takes=2), new_seed=True)
        host.run(RATE, 0)
        press(host)
        until(host, lambda _punch: host.ask("get takes") == ["1"])
        assert np.array_equal(host.run(RATE, 0), sounds[0])
        goes_on.set()
        assert until(host, ended) == Punched(PunchState.IN_PLACE, 100, "2 takes are in place.")
    assert np.array_equal(host.run(RATE, 0), sounds[0])
    host.ask("set take 2")
    assert np.array_equal(host.run(RATE, 0), sounds[1])


def test_take_that_can_not_be_put_is_named(host: Host, tmp_path: Path) -> None:
    """With why; those beside it are in place."""
    good = take_file(tmp_path / "good.wav", noise(RATE))

    def good_then_gone(sent: Sent) -> Iterable[Reply]:
        for number, path in enumerate((good, tmp_path / "gone.wav")):
            yield TakeDone(sent.request.job_id, number, str(path), RATE, 1, "wet gravel")
        yield Done(sent.request.job_id, 2, ())

    with EngineStub(account(host), good_then_gone):
        write_ask(account(host), asked(takes=2), new_seed=True)
        host.run(RATE, 0)
        press(host)
        said = until(host, ended)
    assert said.state is PunchState.REFUSED
    assert "finds no file" in said.sentence and said.sentence.endswith("gone.wav 1 take is in place.")
    assert host.ask("get takes") == ["1"]


def test_stop_leaves_the_engine(host: Host) -> None:
    """Stop ends the waiting at once, and the connection with it: the engine cancels who leaves."""
    waiting = threading.Event()

    def never(_sent: Sent) -> Iterable[Reply]:
        waiting.set()
        return ()

    with EngineStub(account(host), never) as engine:
        write_ask(account(host), asked(), new_seed=True)
        host.run(RATE, 0)
        press(host)
        until(host, lambda punch: punch.state is PunchState.WAITS)
        assert waiting.wait(20)
        press(host)  # one at a time: this counts for nothing
        press(host, "stop")
        assert until(host, ended) == Punched(PunchState.STOPPED, 0, "Stopped.")
        assert engine.left.wait(20) and len(engine.sent) == 1


def test_closing_the_session_does_not_wait_for_the_engine(host: Host) -> None:
    """The host ends at once and well, whatever goes on."""
    with EngineStub(account(host), lambda _sent: ()):
        write_ask(account(host), asked(), new_seed=True)
        host.run(RATE, 0)
        press(host)
        until(host, lambda punch: punch.state is PunchState.WAITS)
        assert host.end() == 0


def test_two_instances_punch_at_one_time(host: Host, shared: Path, tmp_path: Path) -> None:
    """Each sends its own track and gets its own take."""
    (tmp_path / "other").mkdir()
    with Host(program("host.cpp", shared), tmp_path) as other, EngineStub(account(host)) as engine:
        write_ask(account(host), asked(), new_seed=True)
        host.run(RATE, 1_000)
        other.run(RATE, 2_000)
        numbers = [int(each.ask("get instance")[0]) for each in (host, other)]
        for each in (host, other):
            press(each)
        deadline = time.monotonic() + 30
        while len(engine.sent) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert sorted(numbers) == [1, 2]
    assert sorted(sent.request.time_reference for sent in engine.sent) == [1_000, 2_000]


def test_says_what_is_missing(host: Host) -> None:
    """Nothing typed, nothing played, nothing marked, no engine, a wish beyond the plugin."""
    press(host)
    assert "Type in the panel" in until(host, ended).sentence
    write_ask(account(host), asked(), new_seed=True)
    for what, sentence in (("0", "play the part once"), ("1", "Nothing is marked")):
        host.ask(f"set punch_what {what}")
        press(host)
        assert sentence in until(host, lambda punch, said=sentence: said in punch.sentence).sentence  # type: ignore[misc]
    host.ask("set punch_what 0")
    host.run(RATE, 0)
    press(host)
    assert "No engine runs" in until(host, lambda punch: punch.state is PunchState.NO_ENGINE).sentence
    with EngineStub(account(host)):
        write_refusal(account(host), "The preset has effects.")
        press(host)
        assert (
            until(host, lambda punch: punch.state is PunchState.REFUSED).sentence == "The preset has effects."
        )


@pytest.mark.parametrize(
    "garbage",
    [b"", b"no OSC", bytes(70_000), b"/punchin/render\0,s\0\0a\0\0\0"],
    # A test's name is in the environment of what it starts, and 70,000 bytes are too long for it.
    ids=["empty", "text", "zeros", "OSC"],
)
def test_damaged_wish_is_none(host: Host, garbage: bytes) -> None:
    """Whatever lies in that file, the plugin says so and goes on."""
    with EngineStub(account(host)) as engine:
        account(host).ask.write_bytes(garbage)
        host.run(RATE, 0)
        press(host)
        assert until(host, ended).state in (PunchState.NOTHING_TYPED, PunchState.REFUSED)
        assert engine.sent == []


def test_opened_session_asks_for_nothing(host: Host) -> None:
    """A session that was saved with Punch on does not punch when opened or activated anew."""
    with EngineStub(account(host)) as engine:
        write_ask(account(host), asked(), new_seed=True)
        host.ask("set punch 1")
        host.run(RATE, 0)
        host.ask("rate 48000")
        host.run(RATE, 0)
        with host.port() as port:
            assert port.status().punch.state is PunchState.READY
        assert engine.sent == []


def test_peer_that_is_no_engine_costs_a_sentence(host: Host) -> None:
    """A lock file that names somebody else's port: what comes from there is not believed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        lock = Lock(os.getpid(), "127.0.0.1", listener.getsockname()[1], "0")
        write_lock(account(host), lock)
        write_ask(account(host), asked(), new_seed=True)
        host.run(RATE, 0)
        press(host)
        peer, _address = listener.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            assert until(host, ended).state is PunchState.ENGINE_ENDED
