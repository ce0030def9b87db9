"""The plugin as VST3 in a real Ardour's window: captured, played in place and bounced, exact to the bit."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.config import HOME_VARIABLE
from plugin_host.bridge import Placement
from plugin_host.daws.ardour import own, plugin_trial
from plugin_host.daws.ardour.trial import PIECES
from plugin_host.errors import DawError
from plugin_host.timeline import Take
from plugin_host.vst3.build import find_compiler, find_dpf
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import Announcement
from plugin_host.vst3.port import PluginPort


def what_is_missing() -> str:
    """Why it can't be run here, or ""."""
    if missing := own.missing():
        return f"needs {', '.join(missing)} (Debian: ardour xvfb openbox xdotool imagemagick)"
    try:
        find_compiler()
        find_dpf()
    except DawError as error:
        return error.sentence
    return ""


pytestmark = [
    pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing()),
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("daw"),
]


def put_noise(ardour: own.Session, plugin: Announcement) -> Path:
    """A take that no engine made."""
    region = plugin_trial.REGION
    path = Path(ardour.environment[HOME_VARIABLE]) / "takes" / "noise.wav"
    path.parent.mkdir(exist_ok=True)
    sound = np.random.default_rng(3).uniform(-0.3, 0.3, (region.frames, 2)).astype(np.float32)
    soundfile.write(path, sound, region.sample_rate, subtype="FLOAT")
    daw = PluginDaw(partial(PluginPort.connect, plugin))
    daw.insert([Take(path, region, "noise")], Placement.TAKE)
    return path


def test_a_take_is_heard_in_place_while_it_rolls_and_in_what_is_bounced(tmp_path: Path) -> None:
    """And outside of it the track is as it was: fetched, rolled and bounced, no sample differs."""
    trip = plugin_trial.trip(tmp_path, put_noise)
    assert trip.position_error == 0
    assert trip.differing_samples == 0
    assert trip.compared_samples > 2 * sum(PIECES)
    assert trip.screenshot is not None and trip.screenshot.is_file()
