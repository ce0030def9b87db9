"""Two sounds at once: both are there, as loud as said, under both captions; rooms leave a sound itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.training.augment import reverberated
from engine.training.corpus import MIX, Corpus, is_held_out, pack
from engine.training.mixing import LONGEST_SECONDS, LOUDER_DB, Mix, joined, mixed, mixes

RATE = 16_000


def tone(hertz: float, seconds: float) -> np.ndarray:
    """A sine at half of full scale."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def level_db(sound: np.ndarray, hertz: float) -> float:
    """How loud a sine is within a sound."""
    phase = 2 * np.pi * hertz * np.arange(sound.size) / RATE
    return float(20 * np.log10(np.abs(np.mean(sound * np.exp(-1j * phase))) + 1e-12))


@pytest.mark.parametrize("louder", [-10.0, 0.0, 10.0])
def test_both_are_heard_as_loud_as_said(louder: float) -> None:
    """The second against the first."""
    mix = mixed(tone(500, 2.0), 0.1 * tone(3000, 2.0), Mix(0, 1, louder, 0.0), RATE)
    assert louder == pytest.approx(level_db(mix, 3000) - level_db(mix, 500), abs=0.1)


def test_the_shorter_one_lies_within_the_longer() -> None:
    """Where the mix says; silence elsewhere is not filled."""
    long, short = np.zeros(2 * RATE, np.float32), tone(500, 0.5)
    long[0] = 0.5
    mix = mixed(short, long, Mix(0, 1, -60.0, 1.0), RATE)
    assert 2 * RATE == mix.size
    np.testing.assert_allclose(mix[-RATE // 2 :], short, atol=1e-3)
    assert np.abs(mix[1 : RATE + RATE // 2]).max() < 1e-3


def test_a_long_one_is_cut() -> None:
    """To as much as a window could ever show."""
    mix = mixed(tone(500, 30.0), tone(900, 1.0), Mix(0, 1, 0.0, 0.5), RATE)
    assert round(LONGEST_SECONDS * RATE) == mix.size


def test_pairs_are_of_two_classes_that_may_be_mixed() -> None:
    """Neither what is held out nor what is too short; the same pairs every time."""
    classes = ["rain", "rain", "dog", "", "bell", "fire"]
    seconds = [1.0, 2.0, 1.0, 5.0, 0.01, 1.0]
    found = list(mixes(classes, seconds, 200))
    assert 200 == len(found)
    assert {0, 1, 2, 5} == {number for mix in found for number in (mix.one, mix.other)}
    assert all(classes[mix.one] != classes[mix.other] for mix in found)
    assert all(abs(mix.louder_db) <= LOUDER_DB and 0.0 <= mix.place <= 1.0 for mix in found)
    assert found == list(mixes(classes, seconds, 200))
    assert [] == list(mixes(["rain", "rain"], [1.0, 1.0], 5))


def test_a_packed_corpus_has_mixes_that_are_trained_on(tmp_path: Path) -> None:
    """Behind the sounds they are made of, and of none that is held out."""
    names = [str(number) for number in range(200)]
    held, kept = (next(name for name in names if is_held_out(name) is wanted) for wanted in (True, False))
    (tmp_path / "audio").mkdir()
    lines = ["id,caption,class,kind,package,licence"]
    for number, hertz in enumerate((400, 900, 2500)):
        soundfile.write(tmp_path / "audio" / f"{number}.ogg", tone(hertz, 1.0), RATE)
        lines.append(f"{number},{hertz} hertz,{hertz},effect,{held if number == 2 else kept},CC0-1.0")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    pack(tmp_path, tmp_path / "packed", procedural=0, mixed_pairs=4)
    corpus = Corpus(tmp_path / "packed")
    made = [clip for clip in corpus.clips if clip.kind == MIX]
    assert (3 + 4, 4) == (len(corpus.clips), len(made))
    assert not any(clip.held_out for clip in made)
    assert {"400 hertz and 900 hertz", "900 hertz and 400 hertz"} >= {clip.caption for clip in made}
    for clip in made:
        sound = corpus.waveform(clip)
        assert min(level_db(sound, 400), level_db(sound, 900)) > level_db(sound, 2500) + 20.0


def test_captions_are_joined() -> None:
    """As people would say it."""
    assert "rain on a roof and a dog barking" == joined("rain on a roof", "a dog barking")


def test_a_room_adds_what_comes_after() -> None:
    """The sound itself comes first and stays the louder part; then it decays."""
    click = np.zeros(RATE, np.float32)
    click[100] = 0.5
    for seed in range(20):
        wet = reverberated(click, np.random.default_rng(seed))
        assert np.abs(wet[:100]).max() < 1e-4
        assert wet[100] == pytest.approx(0.5, abs=1e-3)
        tail = np.square(wet[101:].astype(np.float64))
        assert 10 ** (-18.5 / 10) < tail.sum() / 0.25 < 10 ** (-2.5 / 10)
        half = len(np.trim_zeros(wet[101:], "b")) // 2
        assert tail[:half].sum() > 10 * tail[half:].sum()
