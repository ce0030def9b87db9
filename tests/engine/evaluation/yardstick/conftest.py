"""A judge that needs no package, and a corpus of tones and noises from several packages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from engine.audio.mel import MelParameters, log_mel
from engine.evaluation.agreement import Prompt
from engine.evaluation.yamnet import Opinion, sounding
from engine.training.corpus import is_held_out

RATE = 16_000
CLASSES = [f"band {number}" for number in range(16)]
# Names of packages on either side of the split.
TRAINED = tuple(name for name in (f"package-{n}" for n in range(99)) if not is_held_out(name))[:3]
HELD_OUT = next(name for name in (f"package-{n}" for n in range(999)) if is_held_out(name))
PROMPTS = (
    Prompt("a low hum", "hum", ("band 0", "band 1")),
    Prompt("a high whistle", "whistle", ("band 13", "band 14", "band 15")),
    Prompt("a steady drone", "drone", ("band 3", "band 4", "band 5")),
)
PITCHES = {"hum": 150.0, "whistle": 5000.0, "drone": 1000.0}


class BandJudge:
    """Hears which of sixteen bands are the loudest; its embeddings are spectra."""

    def __init__(self) -> None:
        self.classes = CLASSES

    def listen(self, waveform: np.ndarray) -> Opinion:
        count = len(sounding(waveform))
        mel = log_mel(np.pad(waveform, (0, RATE)), MelParameters(n_mels=16))
        patches = np.array_split(mel[: max(count, len(waveform) // 160)], count)
        embedding = np.stack([patch.mean(axis=0) for patch in patches]).astype(np.float32)
        logits = embedding - embedding.max()
        return Opinion((1.0 / (1.0 + np.exp(-logits))).mean(axis=0), embedding, logits)

    def top(self, opinion: Opinion, count: int = 5) -> list[str]:
        return [self.classes[int(place)] for place in np.argsort(-opinion.scores)[:count]]


def tone(hz: float, seconds: float, seed: int) -> np.ndarray:
    """A tone with a little noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = hz * rng.uniform(0.9, 1.1)
    sound = 0.4 * np.sin(2.0 * np.pi * pitch * time) + 0.01 * rng.standard_normal(time.size)
    return sound.astype(np.float32)


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> type[BandJudge]:
    """Takes YAMNet's place; nobody else listens."""
    from engine.errors import EngineError, ErrorCode
    from engine.evaluation.yardstick import hearing

    def missing() -> None:
        raise EngineError(ErrorCode.NOT_FOUND, "It is not installed.")

    monkeypatch.setattr(hearing, "Yamnet", BandJudge)
    monkeypatch.setattr(hearing, "SoundEffects", missing)
    return BandJudge


@pytest.fixture
def write_corpus(tmp_path: Path) -> Callable[..., Path]:
    """Writes a corpus: for each class some clips of each package, of 1 s but for the first, which has 5 s."""

    def write(held_out: tuple[str, ...] = ("hum",), clips: int = 3) -> Path:
        folder = tmp_path / "corpus"
        (folder / "audio").mkdir(parents=True)
        rows = ["id,caption,class,kind,seconds,licence,package"]
        for place, (name, hz) in enumerate(PITCHES.items()):
            for package in (*TRAINED, *((HELD_OUT,) if name in held_out else ())):
                for number in range(clips):
                    clip = f"{name}-{package}-{number}"
                    seconds = 5.0 if number == 0 else 1.0
                    seed = 1000 * place + len(rows)
                    soundfile.write(folder / "audio" / f"{clip}.ogg", tone(hz, seconds, seed), RATE)
                    rows.append(f"{clip},a {name} sound,{name},foley,{seconds},CC0-1.0,{package}")
        (folder / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        return folder

    return write


@pytest.fixture
def kit() -> SimpleNamespace:
    """Names that tests need, since folders of tests are no packages."""
    return SimpleNamespace(
        PROMPTS=PROMPTS, TRAINED=TRAINED, HELD_OUT=HELD_OUT, tone=tone, BandJudge=BandJudge
    )
