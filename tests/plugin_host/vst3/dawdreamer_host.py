"""Run by ``test_hosts.py``: fetch, put and play in dawdreamer, whose playhead advances."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import dawdreamer
import numpy as np
import soundfile

from plugin_host.bridge import Placement
from plugin_host.timeline import Region, Take
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort

home = Path(os.environ["PUNCHIN_HOME"])
noise = np.random.default_rng(5).uniform(-0.5, 0.5, (2, 96_000)).astype(np.float32)
host = dawdreamer.RenderEngine(48_000, int(sys.argv[2]))
source = host.make_playback_processor("noise", noise)
host.load_graph([(source, []), (host.make_plugin_processor("punch-in", sys.argv[1]), ["noise"])])
host.render(1.5)
daw = PluginDaw(lambda: PluginPort.connect(the_instance(instances(home), 0)), "20001f..50000f")
excerpt = daw.export(daw.selection(), 5_000, home)
assert excerpt.start == 15_001 and excerpt.region == Region(20_001, 29_999, 48_000)
heard, _ = soundfile.read(str(excerpt.path), dtype="float32")
assert len(heard) == 39_999 and np.array_equal(heard.T, noise[:, 15_001:55_000])
take = np.random.default_rng(6).uniform(-0.5, 0.5, (29_999, 2)).astype(np.float32)
soundfile.write(str(home / "take.wav"), take, 48_000, subtype="FLOAT")
daw.insert([Take(home / "take.wav", excerpt.region, "take")], Placement.TAKE)
host.render(1.5)
expected = noise[:, :72_000].copy()
expected[:, 20_001:50_000] = take.T
assert np.array_equal(host.get_audio()[:, :72_000], expected)
