"""In the audio thread nothing is allocated, locked or asked of the system, whatever else goes on.

``host.cpp`` runs the blocks in a thread under a seccomp filter that kills the process at any system call,
with every function of malloc's family and pthread's locks replaced by one that kills it, too.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from plugin_host.vst3.port import READ_FRAMES
from tests.plugin_host.vst3.compiled import program
from tests.plugin_host.vst3.driver import Host
from tests.plugin_host.vst3.test_run import noise, take_file


def _guard(host: Host, sabotage: str, size: int = 64) -> None:
    try:
        host.ask(f"guard {sabotage} {size}")
    except AssertionError as error:
        if "refused" in str(error):
            pytest.skip("this system allows no seccomp filter")
        if sabotage == "none":  # the others end the host before it can answer
            raise


@pytest.mark.parametrize("size", [32, 512, 4096, 0])
def test_audio_thread_asks_nothing_of_the_system(host: Host, tmp_path: Path, size: int) -> None:
    """While stretches are read, takes are put, added and forgotten, and every parameter moves, no block does.

    Size 0: blocks of changing sizes, of a transport that loops and locates.
    """
    files = [take_file(tmp_path / f"{number}.wav", noise(48_000, number)) for number in range(3)]
    with host.port() as port:
        port.put(0, files)
        _guard(host, "none", size)
        for turn in range(20):
            captured = port.captured()
            if captured.spans and captured.spans[-1].frames > READ_FRAMES:
                port.read(captured.generation, captured.spans[-1].first, READ_FRAMES)
            port.put(turn * 20_000, files[: 1 + turn % 3])
            port.add(turn * 20_000, files[:1])
            if turn % 5 == 4:
                port.forget(0, 100_000)
            for symbol, values in (
                ("take", 4),
                ("play_take", 2),
                ("mix", 2),
                ("mark", 2),
                ("capture", 3),
                ("punch", 2),
                ("stop", 3),
            ):
                host.ask(f"set {symbol} {turn % values}")
            time.sleep(0.01)
        host.ask("set minutes 3")
        for _ in range(100):  # the other thread looks once a second, and makes a ring of that size
            if port.captured().generation == 2:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the ring did not grow")
    assert int(host.ask("stop")[0]) > 100
    assert host.end() == 0


@pytest.mark.parametrize(
    ("sabotage", "death"),
    [("malloc", signal.SIGILL), ("lock", signal.SIGILL), ("syscall", signal.SIGSYS)],
)
def test_guard_would_see_it(host: Host, sabotage: str, death: signal.Signals) -> None:
    """One allocation, one lock, one system call: each alone ends the host."""
    _guard(host, sabotage)
    assert host.end() == -death


def test_no_page_is_met_for_the_first_time(host: Host) -> None:
    """The ring's memory is touched before sound passes: a block costs no page fault."""
    *_, faults = host.ask("bench 4096 600")
    assert int(faults) == 0


def test_ring_and_handover_are_free_of_races(shared: Path) -> None:
    """ThreadSanitizer sees a writer, a reader and a third that hands over: no race, and no torn frame."""
    import subprocess

    options = ["-fsanitize=thread", "-O1", "-g"]
    try:
        races = program("races.cpp", shared, *options)
    except subprocess.CalledProcessError:
        pytest.skip("this compiler has no ThreadSanitizer")
    done = subprocess.run(["setarch", "-R", races], capture_output=True, text=True, timeout=120, check=False)
    if "unexpected memory mapping" in done.stderr or "personality" in done.stderr:
        pytest.skip("ThreadSanitizer does not run on this system's memory layout")
    assert done.returncode == 0, done.stderr[:2000]
    read = dict(word.split("=") for word in done.stdout.split())
    assert int(read["whole"]) > 100 and int(read["torn"]) == 0 and int(read["tables"]) > 10
