"""Two takes compared: equally loud, alone or in their place, and at the same place of the recording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gui.models.audition import Side
from gui.models.pair import Heard, Pair, pair_of
from gui.models.panel import Panel
from gui.models.take_row import RowState, TakeRow
from gui.sound.levels import loudness
from gui.sound.playback import CHANNELS, NULL, Player
from gui.sound.reel import MemoryPiece, Reel

RATE = 48_000
Wait = Callable[[Callable[[], bool]], None]


def take(folder: Path, level: float, start: int, recording: Path | None, rate: int = RATE) -> TakeRow:
    """A second of noise that replaces a second of the recording."""
    path = folder / f"{level}-{rate}.wav"
    soundfile.write(path, np.random.default_rng(1).normal(0, level, (rate, 2)), rate, subtype="FLOAT")
    return TakeRow(
        "j", 0, 1, f"noise {level}", 1, rate, rate, {}, state=RowState.DONE, path=str(path),
        source_path=str(recording or ""), source_start=start,
    )  # fmt: skip


def heard(reel: Reel | None) -> float:
    """How loud the take itself is, in LUFS."""
    assert reel is not None
    return loudness(reel.read(reel.take_start, reel.take_end - reel.take_start, 2), reel.sample_rate)


@pytest.mark.parametrize("in_context", [False, True])
def test_two_takes_are_equally_loud(tmp_path: Path, recording: Path, in_context: bool) -> None:
    """The louder one goes down; what is around a take in its place stays as it is."""
    loud, quiet = take(tmp_path, 0.2, 3 * RATE, recording), take(tmp_path, 0.02, 3 * RATE, recording)
    pair = pair_of(Heard(loud, None), in_context, Heard(quiet, None))
    assert heard(pair.take) == pytest.approx(heard(pair.other), abs=0.1)
    alone = pair_of(Heard(quiet, None), False)
    assert heard(pair.other) == pytest.approx(loudness(alone.take.pieces[0].read(0, RATE), RATE), abs=0.1)
    assert pair.other is not None
    assert (5 * RATE if in_context else RATE) == pair.take.frames == pair.other.frames
    if in_context:
        around = soundfile.read(recording, start=RATE, stop=3 * RATE, dtype="float32")[0]
        assert np.array_equal(around, pair.take.read(0, 2 * RATE, 2))


def test_the_same_place_of_the_recording_is_heard_of_both(tmp_path: Path, recording: Path) -> None:
    """Also where one region begins later, and near the start, where there is less before it."""
    early, late = take(tmp_path, 0.1, RATE, recording), take(tmp_path, 0.2, 4 * RATE, recording)
    pair = pair_of(Heard(early, None), True, Heard(late, None))
    position = pair.take.take_start + 2 * RATE  # two seconds into the region: 3 s of the recording
    there = pair.across(position, to_other=True)
    assert there - pair.other.take_start + 4 * RATE == 3 * RATE
    assert position == pair.across(there, to_other=False)
    alone = pair_of(Heard(early, None), False, Heard(late, None))
    assert 100 == alone.across(100, to_other=True)


def test_a_take_without_a_place_is_compared_alone(tmp_path: Path, recording: Path) -> None:
    """Both are: what is around only one of them would tell them apart."""
    placed, new = take(tmp_path, 0.1, RATE, recording), take(tmp_path, 0.2, 0, None)
    pair = pair_of(Heard(placed, None), True, Heard(new, None))
    assert (RATE, RATE) == (pair.take.frames, pair.other.frames)


def test_rates_differ_and_seconds_do_not(tmp_path: Path) -> None:
    """Half a second into one is half a second into the other."""
    pair = pair_of(
        Heard(take(tmp_path, 0.1, 0, None), None), False, Heard(take(tmp_path, 0.1, 0, None, 44_100), None)
    )
    assert 22_050 == pair.across(24_000, to_other=True)


def test_a_switch_to_another_place_does_not_click() -> None:
    """The old sound fades out where it was, the new one in where it is to be."""
    player = Player()
    player.choose(NULL)
    ramp = np.linspace(0, 1, RATE, dtype=np.float32)[:, None]
    first, second = (Reel([MemoryPiece(sign * ramp)], RATE, 1.0, 0, RATE) for sign in (1, -1))
    player._reel, player._position = first, 12_000
    before = player.render(100)
    player.switch(second, 36_000)
    after = player.render(512)
    assert after.shape == (512, CHANNELS)
    assert after[0, 0] == pytest.approx(before[-1, 0], abs=0.01)
    assert after[-1, 0] == pytest.approx(-(36_511 / RATE), abs=0.001)
    assert np.abs(np.diff(after[:, 0])).max() < 0.01
    player.close()


def test_the_marked_take_and_this_one(panel: Panel, tmp_path: Path, recording: Path, until: Wait) -> None:
    """Switched to and fro at one place; the playhead in the recording goes on with what is heard."""
    row, marked = take(tmp_path, 0.1, 3 * RATE, recording), take(tmp_path, 0.2, 3 * RATE, recording)
    audition = panel.audition
    audition.mark(marked)
    audition.play_take(row, True, audition.marked)
    until(lambda: audition.can_compare)
    assert (Side.TAKE, row) == (audition.side, audition.heard)
    audition.compare()
    assert (Side.MARKED, marked) == (audition.side, audition.heard)
    assert (audition.recording_frame or 0) >= RATE
    audition.compare()
    assert row is audition.heard
    audition.stop()
    assert audition.heard is None
    assert marked is audition.marked


def test_takes_of_two_rates_are_switched_too(panel: Panel, tmp_path: Path, until: Wait) -> None:
    """By a device that is opened anew."""
    row, marked = take(tmp_path, 0.1, 0, None), take(tmp_path, 0.2, 0, None, 44_100)
    panel.audition.play_take(row, False, marked)
    until(lambda: panel.audition.can_compare)
    panel.audition.compare()
    until(lambda: panel.audition._player._reel is panel.audition.reel)
    assert panel.audition.reel is not None
    assert 44_100 == panel.audition.reel.sample_rate
    panel.audition.stop()


def test_nothing_is_on_the_other_side_of_a_new_sound(tmp_path: Path) -> None:
    """There is no original."""
    assert isinstance(pair := pair_of(Heard(take(tmp_path, 0.1, 0, None), None), True), Pair)
    assert pair.other is None
