"""Positions are exact to the frame, however late on the timeline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugin_host.daws.reaper.conftest import Reaper

DAY = 86_400
RATES = (8_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000)


def seconds(frame: int, rate: int) -> float:
    """What ``frames.time`` of the scripts does, in the same arithmetic: IEEE doubles."""
    return 0.0 + frame / rate


@given(st.sampled_from(RATES), st.integers(0, DAY * 192_000))
def test_a_frames_time_is_nearer_to_it_than_to_any_other(rate: int, frame: int) -> None:
    """Up to 24 hours at 192 kHz a time given to REAPER rounds to the very frame, with room to spare."""
    frame = min(frame, DAY * rate)
    assert abs(seconds(frame, rate) * rate - frame) < 1e-5


@pytest.mark.parametrize("anchor", ["0", "0.1", "3599.999999999", "86399.75"])
def test_times_in_lua_come_back_as_their_frames(reaper: Reaper, anchor: str) -> None:
    """The scripts' own functions, at the ends of the day and 20000 random places of it, from any anchor."""
    wrong = reaper.module(f"""
        local frames = require("frames")
        math.randomseed(7)
        local wrong = 0
        for _, rate in ipairs({{ 8000, 44100, 48000, 88200, 96000, 176400, 192000 }}) do
            local last = {DAY} * rate
            for draw = 1, 20000 do
                local frame = draw == 1 and last or draw == 2 and 0 or math.random(0, last)
                local time = frames.time({anchor}, frame, rate)
                if frames.nearest(time - {anchor}, rate) ~= frame then wrong = wrong + 1 end
                local snapped = frames.snapped(time, rate)
                if frames.nearest(snapped, rate) ~= frames.nearest(time, rate) then wrong = wrong + 1 end
            end
        end
        return wrong
    """)
    assert wrong == 0
