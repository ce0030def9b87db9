"""Run by ``test_hosts.py``: pass-through and capture in pedalboard, whose playhead stands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pedalboard

from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort

noise = np.random.default_rng(3).uniform(-1, 1, (2, 100_000)).astype(np.float32)
plugin = pedalboard.load_plugin(sys.argv[1])
plugin.capture = "Always"
home = Path(os.environ["PUNCHIN_HOME"])
for size in (32, 64, 441, 1024, 4096):
    passed = plugin.process(noise, 48_000, buffer_size=size, reset=False)
    assert np.array_equal(passed, noise), f"not a wire at {size}"
    with PluginPort.connect(the_instance(instances(home), 0)) as port:
        captured = port.captured()
        end = captured.spans[-1].first + captured.spans[-1].frames
        raw = port.read(captured.generation, end - noise.shape[1], noise.shape[1])
    assert np.array_equal(np.frombuffer(raw, "<f4").reshape(-1, 2).T, noise), f"not captured at {size}"
assert plugin.reported_latency_samples == 0
