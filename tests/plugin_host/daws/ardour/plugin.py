"""What the tests of the plugin inside Ardour share."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from plugin_host.bridge import Placement
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from plugin_host.vst3.build import find_compiler, find_dpf
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import Announcement
from plugin_host.vst3.port import PluginPort


def nothing_to_build_with() -> str:
    """Why the plugin can't be built here, or ""."""
    try:
        find_compiler()
        find_dpf()
    except DawError as error:
        return error.sentence
    return ""


def put_noise(home: Path, plugin: Announcement, region: Region) -> Path:
    """A take that no engine made, put where the plugin plays it."""
    path = home / "takes" / "noise.wav"
    path.parent.mkdir(exist_ok=True)
    sound = np.random.default_rng(3).uniform(-0.3, 0.3, (region.frames, 2)).astype(np.float32)
    soundfile.write(path, sound, region.sample_rate, subtype="FLOAT")
    daw = PluginDaw(partial(PluginPort.connect, plugin))
    daw.insert([Take(path, region, "noise")], Placement.TAKE)
    return path
