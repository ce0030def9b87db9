"""Run by test_hosts.py: jalv in a JACK server of its own; noise goes in by the transport's place.

The server freewheels while it rolls: it waits for everyone in each cycle, however busy the machine is.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jack
import numpy as np
import soundfile

from engine.config import find_home
from plugin_host.vst3.coverage import pieces
from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort

RATE, SECONDS = 48_000, 3
NOISE = np.random.default_rng(5).uniform(-0.5, 0.5, (RATE * SECONDS, 2)).astype(np.float32)
TAKE = np.random.default_rng(6).uniform(-0.5, 0.5, (20_007, 2)).astype(np.float32)
START, TAKE_AT = 24_001, 50_003


class Ends:
    """What stands before jalv and behind it: two clients, so that both are in one cycle with it."""

    def __init__(self) -> None:
        self.source, self.sink = jack.Client("source"), jack.Client("sink")
        self.heard = np.zeros_like(NOISE)
        self.seen = np.zeros(len(NOISE), bool)
        self.done = threading.Event()
        self._out = [self.source.outports.register(f"out_{n}") for n in (1, 2)]
        self._in = [self.sink.inports.register(f"in_{n}") for n in (1, 2)]
        self.source.set_process_callback(self._play)
        self.sink.set_process_callback(self._hear)
        self.source.activate()
        self.sink.activate()
        for n in (1, 2):
            self.source.connect(f"source:out_{n}", f"Punch-In:lv2_audio_in_{n}")
            self.source.connect(f"Punch-In:lv2_audio_out_{n}", f"sink:in_{n}")

    def roll(self) -> None:
        """From START to the end of the noise."""
        self.heard[:], self.seen[:] = 0, False
        self.done.clear()
        self.source.transport_locate(START)
        until(lambda: self.source.transport_frame == START, "the locate")
        self.source.set_freewheel(True)
        self.source.transport_start()
        assert self.done.wait(120), "the transport did not get there"
        self.source.transport_stop()
        until(lambda: self.source.transport_state == jack.STOPPED, "the stop")
        self.source.set_freewheel(False)

    def close(self) -> None:
        """Leaves before the server does."""
        for client in (self.source, self.sink):
            client.deactivate()
            client.close()

    def _play(self, frames: int) -> None:
        state, position = self.source.transport_query_struct()
        rolls = state == jack.ROLLING
        sound = NOISE[position.frame : position.frame + frames] if rolls else NOISE[:0]
        for channel, port in enumerate(self._out):
            buffer = port.get_array()
            buffer[:] = 0
            buffer[: len(sound)] = sound[:, channel]

    def _hear(self, frames: int) -> None:
        state, position = self.sink.transport_query_struct()
        if state != jack.ROLLING:
            return
        room = self.heard[position.frame : position.frame + frames]
        for channel, port in enumerate(self._in):
            room[:, channel] = port.get_array()[: len(room)]
        self.seen[position.frame : position.frame + frames] = True
        if position.frame >= len(NOISE):
            self.done.set()


def until(condition: Callable[[], object], what: str) -> None:
    """Waits for it."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@contextlib.contextmanager
def running(*command: str, **streams: int) -> Iterator[None]:
    """A program, for as long as it is needed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **streams)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def server_runs() -> bool:
    """Whether a client gets in."""
    with contextlib.suppress(jack.JackError):
        jack.Client("look", no_start_server=True).close()
        return True
    return False


def main(take: Path, block: str) -> None:
    """Passed through and captured; then with a take in place."""
    server = ("jackd", "-n", os.environ["JACK_DEFAULT_SERVER"], "--no-realtime", "-t", "20000")
    with running(*server, "-d", "dummy", "-r", str(RATE), "-p", block, "-C", "0", "-P", "0"):
        until(server_runs, "JACK")
        with running("jalv", "urn:punch-in:plugin:stereo", stdin=subprocess.PIPE):
            until(lambda: instances(find_home().state), "the plugin")
            ends = Ends()
            play(ends, take)
            ends.close()


def play(ends: Ends, take: Path) -> None:
    """The same noise twice, the second time with a take in its place."""
    ends.roll()
    assert ends.seen[START:].all()
    assert np.array_equal(ends.heard[START:], NOISE[START:]), "passed through"
    with PluginPort.connect(the_instance(instances(find_home().state), 0)) as port:
        captured = port.captured()
        (span,) = [span for span in captured.spans if span.rolling]
        assert span.position == START and span.end >= len(NOISE), span
        (piece,) = pieces(captured.spans, START, len(NOISE))
        raw = port.read(captured.generation, piece.first, len(NOISE) - START)
        assert np.array_equal(np.frombuffer(raw, "<f4").reshape(-1, 2), NOISE[START:]), "captured"
        assert port.status().lost_frames == 0
        soundfile.write(take, TAKE, RATE, subtype="FLOAT")
        port.put(TAKE_AT, [take])
    ends.roll()
    expected = NOISE.copy()
    expected[TAKE_AT : TAKE_AT + len(TAKE)] = TAKE
    assert np.array_equal(ends.heard[START:], expected[START:]), "a take in place"
    print("exact")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
