"""A checkpoint with an audio tower, converted, chooses among its own candidates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("diffusers")
pytestmark = pytest.mark.torch

from engine.audio.clap_mel import clap_log_mels  # noqa: E402  # behind the skips
from engine.config import HOME_VARIABLE, Home, find_home, make_home  # noqa: E402
from engine.install.install import Options, install, plan_install  # noqa: E402
from engine.install.licences import accept  # noqa: E402
from engine.models.bundle import load_bundle  # noqa: E402
from engine.models.onnx_model import OnnxModel  # noqa: E402
from engine.protocol.replies import TakeDone  # noqa: E402
from tests.checkpoints import CONDITION_WIDTH, make_checkpoint  # noqa: E402
from tests.engine.networks.claps import make_audio_tower  # noqa: E402
from tests.engine.rendering import Spy, ask, only, raw, rendered  # noqa: E402


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "fused"])
def tower(request: pytest.FixtureRequest) -> Any:
    """The audio half of its CLAP, as transformers has it."""
    fused = {"enable_fusion": True, "fusion_type": "aff_2d"} if request.param else {}
    return make_audio_tower(projection_dim=CONDITION_WIDTH, **fused)


@pytest.fixture(scope="module")
def model(tower: Any, tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """A tiny checkpoint and the audio half, installed in float."""
    folder = tmp_path_factory.mktemp("installed")
    checkpoint = make_checkpoint(folder / "audioldm-tiny")
    tower.save_pretrained(folder / "clap")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder / "home"))
        plan = plan_install(str(checkpoint), Options("fp32", audio_tower=folder / "clap", device="cpu"))
        accept(plan.source.licence, plan.source.repository)
        for _ in install(plan):
            pass
        return OnnxModel(load_bundle(plan.folder))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """State and takes of their own."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    home = find_home()
    make_home(home)
    return home


def test_it_hears_what_the_original_hears(model: OnnxModel, tower: Any) -> None:
    """From the sound to the normalised embedding, for several crops at once."""
    parameters = model.specification.ranking
    assert parameters is not None
    sound = np.random.default_rng(0).standard_normal(700_000).astype(np.float32) * 0.1
    features = clap_log_mels(sound, parameters)
    assert (2, 1, 1001, 64) == features.shape
    expected = heard_by(tower, [sound[:480_000], sound[220_000:]])
    assert expected == pytest.approx(model.encode_sound(features), abs=1e-4)


def heard_by(tower: Any, sounds: list[Any]) -> Any:
    """What transformers' own front end and network make of ten seconds each."""
    from transformers import ClapFeatureExtractor

    truncation = "fusion" if tower.config.enable_fusion else "rand_trunc"
    ears = ClapFeatureExtractor(truncation=truncation, frequency_min=50, frequency_max=14_000)
    features = ears(sounds, sampling_rate=48_000, return_tensors="pt")["input_features"]
    with torch.no_grad():
        is_longer = torch.zeros(len(sounds), 1, dtype=torch.bool)
        embeds = tower(input_features=features.float(), is_longer=is_longer).audio_embeds.numpy()
    return embeds / np.linalg.norm(embeds, axis=1, keepdims=True)


def test_what_it_hears_was_compared(model: OnnxModel) -> None:
    """The distance stands in the manifest, as every other network's does."""
    measured = model.bundle.manifest.measured if hasattr(model, "bundle") else {}
    assert measured["sound_cosine"] < 1e-5


def test_its_takes_are_the_best_of_their_candidates(model: OnnxModel, home: Home) -> None:
    """By its own text and its own ear, and made again by their seeds."""
    spy = Spy(model)
    # With a negative prompt nobody asks whether a take is nearer to the prompt than to none.
    asked = {"steps": 2, "want_chunks": False, "prompt": "rain", "negative": "wind", "retries": 0}
    request = ask(None, end=16_000, takes=2, candidates=2, **asked)
    takes = only(TakeDone, rendered(request, spy, home))
    text = model.encode_text(["rain"])[0]
    scores = np.array([float(model.encode_sound(mel)[0] @ text) for (mel,) in spy.inputs["encode_sound"]])
    best = scores.reshape(2, 2).argmax(axis=1)
    assert [best[0], 2 + best[1]] == [take.seed for take in takes]
    for take in takes:
        again = replace(request, takes=1, candidates=1, seed=take.seed)
        (alone,) = only(TakeDone, rendered(again, model, home))
        assert np.array_equal(raw(Path(alone.path)), raw(Path(take.path)))
