"""The plugin as LV2 in Ardour's engine without a window: captured, bounced and exported, exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import HOME_VARIABLE
from plugin_host.daws.ardour.headless import Headless, headless, missing
from plugin_host.daws.ardour.headless_trial import Stages, trip
from plugin_host.timeline import Region
from plugin_host.vst3.build import Format, build
from plugin_host.vst3.found import Announcement
from plugin_host.vst3.port import PluginPort
from tests.plugin_host.daws.ardour.plugin import nothing_to_build_with, put_noise


def what_is_missing() -> str:
    """Why it can't be run here, or ""."""
    return f"needs {missing()}" if missing() else nothing_to_build_with()


pytestmark = [
    pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing()),
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("daw"),
]


@pytest.fixture(scope="module")
def lv2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stereo plugin's bundle."""
    return next(build([Format.LV2], tmp_path_factory.mktemp("lv2"))).path


def put(ardour: Headless, plugin: Announcement, region: Region) -> Stages:
    """In place of the trial's own take; it has no stages."""
    put_noise(Path(ardour.environment[HOME_VARIABLE]), plugin, region)
    return ()


def test_a_take_is_in_what_is_bounced_and_in_what_the_saved_session_exports(
    tmp_path: Path, lv2: Path
) -> None:
    """And outside of it the track is as it was: fetched, bounced and exported, no sample differs."""
    result = trip(tmp_path, lv2, 1.0, put)
    assert result.position_error == 0
    assert result.differing_samples == 0
    assert result.compared_samples > 2 * 2 * 48_000 * 4


@pytest.mark.parametrize("block", [64, 4096])
def test_each_roll_is_one_span_from_the_very_frame(tmp_path: Path, lv2: Path, block: int) -> None:
    """Whatever the frames in a block, and wherever in one the transport is sent to."""
    with headless(tmp_path / "ardour", lv2, block) as ardour:
        plugin = ardour.insert_plugin()
        for place in (48_000, 24_001):
            ardour.lua(f"roll ({place}) sleep (4)")
        ardour.lua("stop () sleep (2)")
        with PluginPort.connect(plugin) as port:
            spans = [span for span in port.captured().spans if span.rolling]
            assert port.status().lost_frames == 0
    assert [span.position for span in spans] == [48_000, 24_001]
    assert all(span.frames > 8_192 for span in spans)
