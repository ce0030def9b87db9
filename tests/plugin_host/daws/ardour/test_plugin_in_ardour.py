"""The plugin as VST3 in a real Ardour's window: captured, played in place and bounced, exact to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import HOME_VARIABLE
from plugin_host.daws.ardour import own, plugin_trial
from plugin_host.daws.ardour.trial import PIECES
from plugin_host.vst3.found import Announcement
from tests.plugin_host.daws.ardour.plugin import nothing_to_build_with, put_noise


def what_is_missing() -> str:
    """Why it can't be run here, or ""."""
    if missing := own.missing():
        return f"needs {', '.join(missing)} (Debian: ardour xvfb openbox xdotool imagemagick)"
    return nothing_to_build_with()


pytestmark = [
    pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing()),
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("daw"),
]


def put(ardour: own.Session, plugin: Announcement) -> Path:
    """In place of the trial's own take."""
    return put_noise(Path(ardour.environment[HOME_VARIABLE]), plugin, plugin_trial.REGION)


def test_a_take_is_heard_in_place_while_it_rolls_and_in_what_is_bounced(tmp_path: Path) -> None:
    """And outside of it the track is as it was: fetched, rolled and bounced, no sample differs."""
    trip = plugin_trial.trip(tmp_path, put)
    assert trip.position_error == 0
    assert trip.differing_samples == 0
    assert trip.compared_samples > 2 * sum(PIECES)
    assert trip.screenshot is not None and trip.screenshot.is_file()
