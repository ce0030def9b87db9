"""The plugin as LV2 in Ardour's engine without a window: captured, bounced and exported, exact."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.config import HOME_VARIABLE
from plugin_host.bridge import Placement
from plugin_host.daws.ardour.headless import Headless, headless, missing
from plugin_host.daws.ardour.headless_trial import Stages, trip
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from plugin_host.vst3.build import Format, build, find_compiler, find_dpf
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.found import Announcement
from plugin_host.vst3.port import PluginPort


def what_is_missing() -> str:
    """Why it can't be run here, or ""."""
    if missing():
        return f"needs {missing()}"
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


@pytest.fixture(scope="module")
def lv2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stereo plugin's bundle."""
    return next(build([Format.LV2], tmp_path_factory.mktemp("lv2"))).path


def put_noise(ardour: Headless, plugin: Announcement, region: Region) -> Stages:
    """A take that no engine made."""
    path = Path(ardour.environment[HOME_VARIABLE]) / "takes" / "noise.wav"
    path.parent.mkdir(exist_ok=True)
    sound = np.random.default_rng(3).uniform(-0.3, 0.3, (region.frames, 2)).astype(np.float32)
    soundfile.write(path, sound, region.sample_rate, subtype="FLOAT")
    daw = PluginDaw(partial(PluginPort.connect, plugin))
    daw.insert([Take(path, region, "noise")], Placement.TAKE)
    return ()


def test_a_take_is_in_what_is_bounced_and_in_what_the_saved_session_exports(
    tmp_path: Path, lv2: Path
) -> None:
    """And outside of it the track is as it was: fetched, bounced and exported, no sample differs."""
    result = trip(tmp_path, lv2, 1.0, put_noise)
    assert result.position_error == 0
    assert result.differing_samples == 0
    assert result.compared_samples > 2 * 2 * 48_000 * 4


@pytest.mark.parametrize("block", [64, 4096])
def test_each_roll_is_one_span_from_the_very_frame(tmp_path: Path, lv2: Path, block: int) -> None:
    """Whatever the frames in a block, and wherever in one the transport is sent to."""
    with headless(tmp_path / "ardour", lv2, block) as ardour:
        plugin = ardour.insert_plugin()
        for place in (48_000, 24_001):
            ardour.lua(f"roll ({place}) sleep (2)")
        ardour.lua("stop () sleep (1)")
        with PluginPort.connect(plugin) as port:
            spans = [span for span in port.captured().spans if span.rolling]
            assert port.status().lost_frames == 0
    assert [span.position for span in spans] == [48_000, 24_001]
    assert all(span.frames > 8_192 for span in spans)
