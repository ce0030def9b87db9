"""Takes and recordings through chains: only the made part changes, whatever the container."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.audio.atomic import PartFile
from engine.audio.splice import SEAM_CLICK, seam_discontinuity
from engine.config import Home
from engine.errors import EngineError
from engine.protocol.sources import SourceKind, frames
from engine.retake import part_of_recording, part_of_take, read_part, write_part
from engine.takes.notes import Notes, note_copy
from engine.takes.reading import read_newest, read_recipes
from engine.takes.recipe import Place, encode_recipe
from plugin_host.effects.host import Host
from plugin_host.effects.treatment import treat
from presets.effects import Effect
from tests.engine.rendering import raw
from tests.engine.takes.making import recipe
from tests.plugin_host.effects.playing import host, needs_pedalboard, noise, sounds_in

RATE = 16_000
FRAMES = 3 * RATE


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Nothing is in it."""
    return Home(tmp_path / "home", tmp_path / "takes")


class Loud(Host):
    """A host that makes everything twice as loud, at once."""

    def play(self, _chain, sound, _rate):
        """Twice."""
        return sound * np.float32(2)


LOUD = Loud(())
GAIN = (Effect("Gain", {"gain_db": 6.0}),)


def take(
    path: Path, kind: SourceKind = SourceKind.FILE, whole: bool = True, channels: int = 1, **changes
) -> Path:
    """A take of the second second of a recording, as a whole recording or the region alone."""
    alone = kind is SourceKind.NEW or not whole
    place = Place(kind, "scene.wav", 0 if kind is SourceKind.NEW else RATE, 2 * RATE, RATE, channels)
    length = place.end_frame - place.start_frame if alone else FRAMES
    sf.write(path, noise(length, channels), RATE, subtype="PCM_24")
    made = recipe(place=place, settings={"crossfade": 0.05, "true_peak": -1.0} | changes)
    with path.open("r+b", buffering=0) as file:
        note_copy(PartFile(file, path, path), Notes(recipe=encode_recipe(made)))
    return path


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".caf"])
def test_only_the_region_of_a_recording_changes(home: Home, tmp_path: Path, suffix: str) -> None:
    """Bit for bit, in every container; and the file is as long as it was."""
    path, out = tmp_path / f"scene{suffix}", tmp_path / f"out{suffix}"
    sf.write(path, noise(FRAMES), RATE, subtype="PCM_24")
    part = part_of_recording(path, frames(RATE), frames(2 * RATE))
    treat(home, part, GAIN, LOUD, out, False)
    before, after = raw(path), raw(out)
    changed = np.nonzero((before != after).any(axis=1))[0]
    assert before.shape == after.shape
    assert RATE <= changed.min() and changed.max() < 2 * RATE
    middle = slice(RATE + 400, 2 * RATE - 400)
    assert np.allclose(after[middle], 2.0 * before[middle], rtol=1e-4, atol=1 << 10)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, FRAMES - 1_700), length=st.integers(1_600, FRAMES), channels=st.integers(1, 6))
def test_outside_any_region_no_sample_changes(tmp_path: Path, start: int, length: int, channels: int) -> None:
    """Whatever the region and the number of channels, also at the recording's ends."""
    home, end = Home(tmp_path / "home", tmp_path / "takes"), min(FRAMES, start + length)
    path, out = tmp_path / "a.wav", tmp_path / "b.wav"
    sf.write(path, noise(FRAMES, channels), RATE, subtype="PCM_16")
    start = min(start, end - 1_600)
    treat(home, part_of_recording(path, frames(start), frames(end)), GAIN, LOUD, out, True)
    before, after = raw(path), raw(out)
    assert np.array_equal(before[:start], after[:start]) and np.array_equal(before[end:], after[end:])
    assert not np.array_equal(before, after)


def test_a_take_is_treated_where_its_recipe_says(home: Home, tmp_path: Path) -> None:
    """With the seams it was made with; the recipe then says what was done, and keeps who it is."""
    path = take(tmp_path / "take.wav")
    before = raw(path)
    treat(home, part_of_take(path), GAIN, LOUD, path, True)
    after, recipes = raw(path), read_recipes(path).recipes
    changed = np.nonzero((before != after).any(axis=1))[0]
    assert RATE <= changed.min() < RATE + 20 and 2 * RATE - 20 < changed.max() < 2 * RATE
    assert 1.05 > abs(after[RATE + 5, 0] / before[RATE + 5, 0])
    assert [(), ({"effect": "Gain", "gain_db": 6.0},)] == [one.effects for one in recipes]
    assert recipes[0].uuid == recipes[1].uuid


def test_a_take_of_a_mask_changes_in_its_spans_only(home: Home, tmp_path: Path) -> None:
    """What was not made anew is the recording's own."""
    masked = {"mode": "inpaint", "mask": "0.25-0.5"}
    restyled = {"mode": "transfer", "curve": "0:0,0.25:0,0.3:0.8,0.5:0"}
    for number, made in enumerate((masked, restyled)):
        _changes_within_a_quarter(home, take(tmp_path / f"{number}.wav", whole=False, **made))


def _changes_within_a_quarter(home: Home, path: Path) -> None:
    before = raw(path)
    treat(home, part_of_take(path), GAIN, LOUD, path, True)
    changed = np.nonzero((before != raw(path)).any(axis=1))[0]
    assert RATE // 4 <= changed.min() and changed.max() < RATE // 2


def test_a_copy_beside_the_take_is_another_take(home: Home, tmp_path: Path) -> None:
    """The take itself stays as it is, to the byte."""
    path, out = take(tmp_path / "take.wav"), tmp_path / "wet.wav"
    before = path.read_bytes()
    treat(home, part_of_take(path), GAIN, LOUD, out, False)
    assert before == path.read_bytes()
    assert read_newest(path).recipe.uuid != read_newest(out).recipe.uuid


def test_a_new_sound_ends_in_a_fade(home: Home, tmp_path: Path) -> None:
    """What rings on is not torn off; its beginning is not touched, for there an attack may be."""
    path = take(tmp_path / "new.wav", SourceKind.NEW)
    before = read_part(part_of_take(path))
    treat(home, part_of_take(path), GAIN, LOUD, path, True)
    after = read_part(part_of_take(path))
    assert np.allclose(after[:100], 2 * before[:100], atol=1e-4)
    assert abs(after[-1, 0]) < 0.1 * abs(2 * before[-1, 0]) + 1e-4


def test_peaks_stay_within_what_the_take_had_to_keep(home: Home, tmp_path: Path) -> None:
    """An effect that is too loud is limited, not clipped."""
    path = take(tmp_path / "take.wav", whole=False)
    part = part_of_take(path)
    write_part(home, part, read_part(part) * 8, path, overwrite=True)
    assert np.abs(read_part(part_of_take(path))).max() < 10 ** (-0.5 / 20)


def test_a_chain_that_fails_costs_nothing(home: Home, tmp_path: Path) -> None:
    """The take is as it was, and nothing lies beside it."""
    path = take(tmp_path / "take.wav")
    before, there = path.read_bytes(), sounds_in(tmp_path)
    part = part_of_take(path)
    for fault in (np.nan, np.inf):
        with pytest.raises(EngineError):
            write_part(home, part, np.full((RATE, 1), fault, np.float32), path, overwrite=True)
    with pytest.raises(EngineError):
        write_part(home, part, np.zeros((RATE - 5, 1), np.float32), path, overwrite=True)
    assert (before, there) == (path.read_bytes(), sounds_in(tmp_path))


def test_a_take_that_was_cut_since_is_not_guessed_at(tmp_path: Path) -> None:
    """Its recipe's place is not in it any more."""
    path = take(tmp_path / "take.wav")
    samples, rate = sf.read(path)
    short = tmp_path / "short.wav"
    sf.write(short, samples[: RATE + 50], rate, subtype="PCM_24")
    with short.open("r+b", buffering=0) as file:
        note_copy(PartFile(file, short, short), Notes(recipe=encode_recipe(read_newest(path).recipe)))
    with pytest.raises(EngineError, match="cut or converted"):
        part_of_take(short)


@needs_pedalboard
def test_a_real_reverb_leaves_the_seams_unheard(home: Home, tmp_path: Path) -> None:
    """The region's edges are as smooth as what is around them."""
    path, out = tmp_path / "scene.wav", tmp_path / "out.wav"
    sf.write(path, noise(FRAMES, 2), RATE, subtype="FLOAT")
    part = part_of_recording(path, frames(RATE), frames(2 * RATE))
    treat(home, part, (Effect("Reverb", {"room_size": 0.9}),), host(), out, False)
    wet, _ = sf.read(out, dtype="float32")
    assert all(seam_discontinuity(wet, edge, RATE) < SEAM_CLICK for edge in (RATE, 2 * RATE))
