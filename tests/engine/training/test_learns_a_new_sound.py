"""The embedded model learns a sound that it could not make, and keeps what it could.

Ten to twenty minutes on two cores, so it runs only where PUNCHIN_LONG_TESTS is set.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(7200),
    pytest.mark.skipif(
        not os.environ.get("PUNCHIN_LONG_TESTS"), reason="takes minutes; set PUNCHIN_LONG_TESTS=1"
    ),
]

STEPS = 120
OLD_PROMPTS = [
    "heavy rain falling",
    "a dog barking",
    "an explosion",
    "footsteps on gravel",
    "a car engine idling",
]


def takes(model: object, prompts: list[str], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A take of each prompt by the model's defaults: log-mels (takes, frames, bands) and (takes, frames)."""
    from engine.models.onnx_model import OnnxModel
    from engine.training.replay import _takes

    assert isinstance(model, OnnxModel)
    rng = np.random.default_rng(seed)
    latents = _takes(model, model.encode_text(prompts), model.encode_text([""]), rng)
    mels = model.decode_latents(latents)
    return mels, model.vocode(mels, seed, 0)


def test_a_new_sound_is_learned_and_old_prompts_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A horn of two tones in turn, from twelve recordings; scored by its spectrum, in takes of three seeds.

    Old prompts keep their takes: with the same seed the tuned model's differ less from the base's than the
    base's own differ from seed to seed, and none of them sounds like the horn.
    """
    from engine.models.bundle import load_bundle
    from engine.models.catalogue import find_model
    from engine.models.onnx_model import OnnxModel
    from engine.training.finetune import train_own
    from engine.training.wish import Wish, plan_training
    from tests.engine.training.own_sounds import make_library, two_tone_score

    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path / "home"))
    library = make_library(tmp_path / "horns", 12, (2.5, 5.0))
    for _ in train_own(plan_training(Wish(library, name="horns", steps=STEPS, minutes=60.0))):
        pass
    before, after = (OnnxModel(load_bundle(find_model(name).folder)) for name in ("", "horns"))

    def scores(model: OnnxModel) -> list[float]:
        return [two_tone_score(takes(model, ["klaxon two tone"], seed)[1][0]) for seed in (1, 2, 3)]

    assert max(scores(before)) < 0.05
    assert np.mean(scores(after)) > 0.3
    mels, _ = takes(before, OLD_PROMPTS, 5)
    kept, sounds = takes(after, OLD_PROMPTS, 5)
    others, _ = takes(before, OLD_PROMPTS, 6)
    moved, spread = (np.abs(mels - other).mean(axis=(1, 2)) for other in (kept, others))
    print("moved", moved, "spread", spread)
    assert np.mean(moved) < 0.8 * np.mean(spread)
    assert max(map(two_tone_score, sounds)) < 0.1
