"""A folder of sounds becomes latents; what can't be used is told, and a kill loses one file at most."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch

from engine.training.captions import name_of  # noqa: E402 - after the skip
from engine.training.library import (  # noqa: E402
    Encoder,
    LatentCache,
    Sound,
    check_any,
    fill,
    held_out_groups,
    sounding_cuts,
)
from engine.training.sound_files import find_sounds  # noqa: E402
from engine.training.wish import model_name  # noqa: E402

RATE = 16_000


def noise(seconds: float, seed: int) -> np.ndarray:
    """White noise at a tenth of full scale."""
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The embedded model's VAE."""
    from engine.models.bundle import load_bundle
    from engine.models.catalogue import EMBEDDED
    from engine.models.onnx_model import OnnxModel

    return Encoder(OnnxModel(load_bundle(EMBEDDED)))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Three good sounds, and one of each kind that can't be used."""
    folder = tmp_path / "library"
    folder.mkdir()
    for number, name in enumerate(("rain_01.wav", "rain_02.flac", "wind.wav")):
        soundfile.write(folder / name, noise(0.7 + 0.3 * number, number), RATE)
    # As whole numbers, for floats are rounded differently on their way into the two formats.
    wind, _ = soundfile.read(folder / "wind.wav", dtype="int16")
    soundfile.write(folder / "wind copy.flac", wind, RATE)
    soundfile.write(folder / "silent.wav", np.zeros(RATE, np.float32), RATE)
    soundfile.write(folder / "tiny.wav", noise(0.01, 9), RATE)
    (folder / "broken.wav").write_bytes(b"RIFF0000WAVE")
    return folder


def filled(folder: Path, library: Path, encoder: Encoder, most: int = 100) -> LatentCache:
    """A cache with up to ``most`` more files in it."""
    folder.mkdir(exist_ok=True)
    cache = LatentCache(folder, 0)
    cache.load()
    named = {path: name_of(path, {}) for path in find_sounds(library)}
    for _, _sound in zip(range(most), fill(cache, library, named, encoder), strict=False):
        pass
    return cache


def test_what_cannot_be_used_is_told_with_its_reason(tmp_path: Path, library: Path, encoder: Encoder) -> None:
    """Unreadable, silent, doubled and tiny files are skipped, each for its own reason."""
    cache = filled(tmp_path / "cache", library, encoder)
    reasons = {sound.path: sound.skipped for sound in cache.skipped}
    assert set(reasons) == {"broken.wav", "silent.wav", "tiny.wav", "wind.wav"}
    assert "can't be read" in reasons["broken.wav"]
    assert "silent" in reasons["silent.wav"]
    assert "50 ms" in reasons["tiny.wav"]
    assert "same sound as wind copy.flac" in reasons["wind.wav"]
    assert [sound.path for sound in cache.used] == ["rain_01.wav", "rain_02.flac", "wind copy.flac"]
    assert [sound.seconds for sound in cache.used] == pytest.approx([0.7, 1.0, 1.3], abs=0.01)


def test_latents_decode_to_the_sound(tmp_path: Path, library: Path, encoder: Encoder) -> None:
    """What lies in the cache is what the encoder makes of the levelled sound."""
    from engine.training.augment import normalise

    cache = filled(tmp_path / "cache", library, encoder)
    clips = cache.clips()
    stored = np.fromfile(cache.folder / "latents.f16", np.float16).reshape(-1, 8, 16)
    assert len(stored) == clips[-1].start + clips[-1].frames
    sound, _ = soundfile.read(library / "rain_02.flac", dtype="float32")
    expected = encoder.cut(sounding_cuts(normalise(sound), RATE)[0])
    np.testing.assert_allclose(
        stored[clips[1].start : clips[1].start + clips[1].frames], expected, atol=0.02, rtol=0.01
    )


@pytest.mark.parametrize("torn", ["latents", "journal", "both"])
def test_a_killed_process_goes_on_where_it_was(
    tmp_path: Path, library: Path, encoder: Encoder, torn: str
) -> None:
    """Half a line, or latents without a line, count for nothing; in the end all is as if never killed."""
    whole = filled(tmp_path / "whole", library, encoder)
    filled(tmp_path / "torn", library, encoder, most=3)
    if torn != "journal":
        with (tmp_path / "torn" / "latents.f16").open("ab") as file:
            file.write(b"half of a sound")
    if torn != "latents":
        with (tmp_path / "torn" / "sounds.jsonl").open("ab") as file:
            file.write(b'{"path": "ra')
    resumed = filled(tmp_path / "torn", library, encoder)
    assert resumed.sounds == whole.sounds
    for name in ("latents.f16", "sounds.jsonl"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_finished_files_are_not_read_again(tmp_path: Path, library: Path, encoder: Encoder) -> None:
    """A resumed training needs the library no more for what it has."""
    cache = filled(tmp_path / "cache", library, encoder)
    shutil.copytree(library, tmp_path / "moved")
    for file in (tmp_path / "moved").iterdir():
        file.write_bytes(b"")
    again = filled(tmp_path / "cache", tmp_path / "moved", encoder)
    assert again.sounds == cache.sounds


def test_a_library_of_nothing_is_refused(tmp_path: Path, encoder: Encoder) -> None:
    """The sentence says why the first of them were of no use."""
    from engine.errors import EngineError

    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(EngineError, match=r"None of the 1 files .* a\.wav"):
        check_any(filled(tmp_path / "cache", tmp_path / "library", encoder), tmp_path / "library")


def test_a_file_of_several_sounds_is_cut_at_its_silence() -> None:
    """Pauses within a sound stay, long gaps and the silence around it go."""
    sound = np.concatenate(
        [np.zeros(8000), noise(0.3, 1), np.zeros(4000), noise(0.2, 2), np.zeros(RATE), noise(0.4, 3)]
    ).astype(np.float32)
    cuts = sounding_cuts(sound, RATE)
    assert [cut.size / RATE for cut in cuts] == pytest.approx([0.75, 0.4], abs=0.01)


@given(st.lists(st.integers(0, 12), max_size=60))
def test_whole_groups_are_held_out_and_most_is_trained_on(groups: list[int]) -> None:
    """Takes of one recording stay on one side, never more than a third is kept from training."""
    sounds = [Sound(f"{number}", (), f"g{group}") for number, group in enumerate(groups)]
    kept = held_out_groups(sounds)
    count = sum(sound.group in kept for sound in sounds)
    assert count <= 0.38 * len(sounds)
    assert not kept or len(set(groups)) >= 4
    assert held_out_groups(sounds[::-1]) == kept


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("Töne & Geräusche", "tone-gerausche"),
        ("Straße 7", "strasse-7"),
        ("My Horns", "my-horns"),
        ("音", "my-sounds"),
    ],
)
def test_a_model_is_called_like_its_folder(folder: str, expected: str) -> None:
    """In letters that every system writes alike."""
    assert model_name(folder) == expected
