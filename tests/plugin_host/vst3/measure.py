"""The plugin's numbers, as its README has them: ``python -m tests.plugin_host.vst3.measure``."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from plugin_host.vst3.build import Format, build
from tests.plugin_host.vst3.compiled import program
from tests.plugin_host.vst3.driver import Host

RATE, BLOCKS, SIZES = 48_000, 1000, (32, 128, 512, 4096)
PLAYED = (BLOCKS + 64) * max(SIZES)  # frames that a bench plays at most


def main() -> None:
    """Measures in a folder that goes."""
    with tempfile.TemporaryDirectory(prefix="punchin-measure-") as name:
        folder = Path(name)
        with Host(program("host.cpp", folder), folder) as host:
            blocks(host, folder)
        builds(folder)


def blocks(host: Host, folder: Path) -> None:
    """What a block costs without and with a take, capturing; what the other side costs."""
    alone = {size: host.ask(f"bench {size} {BLOCKS}") for size in SIZES}
    take = folder / "take.wav"
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, (PLAYED, 2)).astype(np.float32)
    soundfile.write(take, sound, RATE, subtype="FLOAT")
    with host.port() as port:
        began = time.perf_counter()
        port.put(0, [take])
        put = time.perf_counter() - began
        captured = port.captured()
        began = time.perf_counter()
        port.read(captured.generation, captured.spans[-1].first, 5 * RATE)
        read = time.perf_counter() - began
        lost = port.status().lost_frames
    played = {size: host.ask(f"bench {size} {BLOCKS}") for size in SIZES}
    print("Median, 99 % and page faults of a block in microseconds, stereo, capturing at 48 kHz:")
    for size in SIZES:
        print(f"{size:5d} frames: alone {' '.join(alone[size])}; a take {' '.join(played[size])}")
    print(f"5 s read in {1000 * read:.0f} ms; a take of {PLAYED / RATE:.0f} s put in {1000 * put:.0f} ms")
    print(f"{lost} frames found no memory")


def builds(folder: Path) -> None:
    """How long each takes of the processor, and how large it is."""
    spent = _children()
    for built in build(tuple(Format), folder / "built"):
        now = _children()
        size = round(built.bytes / 1000)
        print(f"{built.format}, {built.channels} channels: {size} kB, {now - spent:.1f} s of CPU")
        spent = now


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
