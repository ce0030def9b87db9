"""What is heard: the take's own frames, in order, at the right loudness; without any device too."""

from __future__ import annotations

import time
from pathlib import Path

import miniaudio
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from gui.sound.levels import loudness, matching_gains
from gui.sound.playback import CHANNELS, NULL, Instead, Player
from gui.sound.reel import FilePiece, MemoryPiece, Reel, as_channels

RATE = 48_000


def ramp(frames: int, start: float = 0.0) -> np.ndarray:
    """A different value in every frame, so that a lost one is noticed."""
    return (start + np.arange(frames, dtype=np.float32) / 1000)[:, None]


@given(st.integers(1, 700), st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_a_reel_is_its_pieces_whatever_the_device_asks_for(step: int, lengths: list[int]) -> None:
    """The size of the blocks that are asked for changes nothing."""
    pieces = [MemoryPiece(ramp(length, place)) for place, length in enumerate(lengths)]
    reel = Reel(pieces, RATE)
    blocks = [reel.read(start, min(step, reel.frames - start), 1) for start in range(0, reel.frames, step)]
    expected = np.concatenate([ramp(length, place) for place, length in enumerate(lengths)])
    assert np.array_equal(expected, np.concatenate(blocks))


def test_a_piece_of_a_file_is_that_piece(tmp_path: Path) -> None:
    """A region is played from its first frame to its last, and no further."""
    path = tmp_path / "ramp.wav"
    soundfile.write(path, ramp(1000), RATE, subtype="FLOAT")
    piece = FilePiece(str(path), 100, 300)
    assert piece.frames == 200
    assert np.array_equal(ramp(1000)[150:180], piece.read(50, 30))


def test_the_player_ends_where_the_reel_ends() -> None:
    """After the last frame there is silence and nothing plays."""
    player = Player()
    player.choose(NULL)
    # Not by play: the device's thread would take frames between those that are taken here.
    player._reel, player._position = Reel([MemoryPiece(ramp(100))], RATE), 0
    sound = player.render(80)
    rest = player.render(80)
    player.close()
    assert np.array_equal(as_channels(ramp(100), CHANNELS)[:80], sound)
    assert np.array_equal(as_channels(ramp(100), CHANNELS)[80:], rest[:20])
    assert not rest[20:].any()
    assert not player.is_playing


def test_a_damaged_file_ends_the_sound(tmp_path: Path) -> None:
    """And says why, instead of seeming to play for ever."""
    path = tmp_path / "broken.flac"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, (RATE, 2)), RATE)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40_000] = bytes(40_000)
    path.write_bytes(content)
    player = Player()
    player._reel = Reel([FilePiece(str(path))], RATE)
    for _ in range(RATE // 480):
        player.render(480)
    assert not player.is_playing
    assert player.trouble is not None
    assert "broken.flac is damaged" in player.trouble.sentence


def test_what_is_wanted_no_longer_is_not_begun() -> None:
    """A stop that comes while a file is opened is not overtaken by the file."""
    player = Player()
    player.choose(NULL)
    player.play(Reel([MemoryPiece(ramp(4800))], RATE), wanted=lambda: False)
    assert not player.is_playing
    player.close()


@pytest.mark.parametrize("name", ["", "A device that was unplugged"])
def test_a_machine_without_a_device_is_told_from_silence_that_was_chosen(name: str) -> None:
    """Whoever chose silence knows of it."""
    for chosen, instead in ((name, Instead.SILENCE), (NULL, Instead.NOTHING)):
        player = Player([miniaudio.Backend.NULL])
        player.choose(chosen)
        player.play(Reel([MemoryPiece(ramp(4800))], RATE))
        player.close()
        assert instead is player.instead


def test_switching_sides_keeps_the_place() -> None:
    """A and B are heard at the same place; the change fades, so that it does not click."""
    player = Player()
    player.choose(NULL)
    one, other = np.full((5000, 1), 0.5, np.float32), np.full((5000, 1), -0.5, np.float32)
    player._reel, player._position = Reel([MemoryPiece(one)], RATE), 0
    player.render(1000)
    player.switch(Reel([MemoryPiece(other)], RATE))
    sound = player.render(1000)
    assert player.position == 2000
    assert sound[-1, 0] == -0.5
    assert np.abs(np.diff(sound[:, 0])).max() < 0.01


def test_a_loop_goes_round() -> None:
    """After its last frame comes its first."""
    player = Player()
    player._reel = Reel([MemoryPiece(ramp(100))], RATE, loops=True)
    sound = np.concatenate([player.render(60), player.render(60), player.render(60)])
    assert np.array_equal(np.concatenate([ramp(100), ramp(80)])[:, 0], sound[:, 0])


def test_without_a_sound_device_time_passes_all_the_same() -> None:
    """The null device plays: the playhead moves and comes to the end."""
    player = Player()
    player.choose(NULL)
    player.play(Reel([MemoryPiece(ramp(4800))], RATE))
    deadline = time.monotonic() + 20
    while player.is_playing and time.monotonic() < deadline:
        time.sleep(0.01)
    player.close()
    assert player.backend == "Null"
    assert player.position == 4800


@pytest.mark.parametrize("seconds", [0.15, 3.0])
@pytest.mark.parametrize("difference_db", [-12.0, 6.0])
def test_both_sides_are_equally_loud(seconds: float, difference_db: float) -> None:
    """The louder side goes down by the difference; nothing is lifted, so that nothing clips."""
    sound = np.random.default_rng(2).normal(0, 0.1, (int(seconds * RATE), 2)).astype(np.float32)
    other = sound * np.float32(10 ** (difference_db / 20))
    gains = matching_gains(loudness(sound, RATE), loudness(other, RATE))
    assert max(gains) == 1.0
    assert 20 * np.log10(gains[0] / gains[1]) == pytest.approx(difference_db, abs=0.3)


def test_silence_is_left_alone() -> None:
    """There is no loudness to match in silence."""
    assert matching_gains(loudness(np.zeros((RATE, 1), np.float32), RATE), -20.0) == (1.0, 1.0)
