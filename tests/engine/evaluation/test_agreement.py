"""Scores of takes: what counts as a hit, and what is asked for."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine.evaluation.agreement import FIRST_PROMPTS, Prompt, load_prompts, real_clips, score
from engine.evaluation.yamnet import Opinion

DOG = Prompt("a dog barking", "dog bark", ("Dog", "Bark"))


class FakeYamnet:
    """Hears whatever class the loudest sample's position names."""

    classes = [f"class {number}" for number in range(8)] + ["Dog", "Bark"]

    def listen(self, waveform: np.ndarray) -> Opinion:
        scores = np.linspace(0.1, 0.0, len(self.classes)).astype(np.float32)
        scores[int(np.argmax(np.abs(waveform)))] = 0.9
        return Opinion(scores, np.zeros((1, 4), np.float32), scores[None])

    def top(self, opinion: Opinion, count: int = 5) -> list[str]:
        return [self.classes[int(i)] for i in np.argsort(-opinion.scores)[:count]]


def heard_as(name: str) -> np.ndarray:
    """A waveform the fake takes for this class."""
    waveform = np.zeros(len(FakeYamnet.classes), np.float32)
    waveform[FakeYamnet.classes.index(name)] = 1.0
    return waveform


def test_any_expected_class_among_the_first_five_is_a_hit() -> None:
    """And the probability is that of the likeliest expected one."""
    found = score(FakeYamnet(), DOG, heard_as("Bark"))  # type: ignore[arg-type]

    assert (True, pytest.approx(0.9)) == (found.hit, found.probability)
    assert not score(FakeYamnet(), DOG, heard_as("class 3")).hit  # type: ignore[arg-type]


def test_the_shipped_prompts_are_enough_and_say_what_is_expected() -> None:
    """At least sixty, no two alike, each with something to listen for; the first ones stay what they were."""
    prompts = load_prompts()
    first = "\n".join(f"{prompt.text}|{'|'.join(prompt.expect)}" for prompt in prompts[:FIRST_PROMPTS])

    assert len(prompts) >= 60
    assert "363b1a6ade19cb94" == hashlib.sha256(first.encode()).hexdigest()[:16]
    assert len({prompt.text for prompt in prompts}) == len(prompts)
    assert all(prompt.expect and prompt.corpus_class for prompt in prompts)


def test_real_clips_are_spread_over_their_class(tmp_path) -> None:
    """First and last of the class, cut to length."""
    import soundfile

    (tmp_path / "audio").mkdir()
    rows = ["id,class"]
    for number in range(5):
        rows.append(f"clip{number},dog bark")
        soundfile.write(tmp_path / "audio" / f"clip{number}.ogg", np.full(32_000, 0.1 * number), 16_000)
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (clips,) = real_clips(tmp_path, [DOG], 2, 1.5)

    assert [24_000, 24_000] == [len(clip) for clip in clips]
    assert clips[0].max() < 0.05 < 0.3 < clips[1].mean()
