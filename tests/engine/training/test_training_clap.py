"""The contrastive pair learns which sounds and captions belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("onnxscript", reason="needs the extra train")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

import onnxruntime  # noqa: E402 - after the skips

from engine.audio.clap_mel import clap_log_mels  # noqa: E402

RATE = 16_000


def unit(*shape: int, seed: int) -> np.ndarray:
    """Random rows of length one."""
    rows = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def captions() -> dict[str, np.ndarray]:
    """A vector for each caption, the same in every wording."""
    names = "a tone|tone", "a hiss|hiss"
    return {name: np.tile(unit(384, seed=seed), (6, 1)) for seed, name in enumerate(names, 1)}


@pytest.fixture
def corpus(tmp_path: Path) -> object:
    """Two classes, tones and noise, of which one package is held out."""
    import soundfile

    from engine.training.corpus import Corpus, is_held_out, pack

    held = next(name for name in map(str, range(200)) if is_held_out(name))
    kept = next(name for name in map(str, range(200)) if not is_held_out(name))
    (tmp_path / "audio").mkdir()
    rng = np.random.default_rng(6)
    lines = ["id,caption,class,kind,package,licence"]
    for number in range(12):
        seconds = np.arange(RATE // 2) / RATE
        tone = np.sin(2 * np.pi * (300 + 40 * number) * seconds)
        sound = tone if number % 2 else rng.standard_normal(seconds.size)
        name = ("a tone", "tone") if number % 2 else ("a hiss", "hiss")
        soundfile.write(tmp_path / "audio" / f"{number}.ogg", 0.5 * sound, RATE)
        lines.append(f"{number},{name[0]},{name[1]},effect,{held if number >= 10 else kept},CC0-1.0")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    pack(tmp_path, tmp_path / "packed", procedural=0, mixed_pairs=0)
    return Corpus(tmp_path / "packed")


def test_held_out_sounds_are_heard_and_never_trained_on(corpus: object, tmp_path: Path) -> None:
    """The cache has them for scores; batches never draw them."""
    from engine.training.clap import ClapBatches, hear_corpus
    from engine.training.corpus import Corpus
    from engine.training.latents import TextVariants

    assert isinstance(corpus, Corpus)
    hear_corpus(corpus, tmp_path / "heard")
    texts = TextVariants(
        {"a tone|tone": unit(6, 384, seed=1), "a hiss|hiss": unit(6, 384, seed=2)}, unit(384, seed=3)
    )
    batches = ClapBatches(corpus, tmp_path / "heard", texts, batch=4)
    held = {number for number, clip in enumerate(corpus.clips) if clip.held_out}
    assert held and held <= {row.clip for row in batches.rows}
    assert not held & {batches.rows[number].clip for number in batches.trained}


def test_it_learns_tones_from_noise(corpus: object, tmp_path: Path) -> None:
    """After a few steps a sound it never trained on is nearer to its own caption."""
    from engine.training.clap import Clap, ClapBatches, average_vectors, hear_corpus
    from engine.training.corpus import Corpus
    from engine.training.latents import TextVariants
    from engine.training.loop import RunSettings, train

    assert isinstance(corpus, Corpus)
    hear_corpus(corpus, tmp_path / "heard")
    texts = TextVariants(captions(), unit(384, seed=3))
    batches = ClapBatches(corpus, tmp_path / "heard", texts, batch=8)
    settings = RunSettings(steps=12, learning_rate=2e-3, warmup_steps=1, average_decay=0.5)
    clap = train(tmp_path / "run", Clap(), batches.losses, settings)
    assert isinstance(clap, Clap)
    sounds = average_vectors(clap, tmp_path / "heard", len(corpus.clips))
    said = np.stack([captions()[key][0] for key in ("a hiss|hiss", "a tone|tone")])
    read = clap.read(torch.from_numpy(said))
    for number, clip in enumerate(corpus.clips):
        if clip.held_out:
            scores = sounds[number, 0] @ read.detach().numpy().T
            assert int(np.argmax(scores)) == (clip.sound_class == "tone")


def test_the_exported_tower_hears_what_the_trained_one_does(tmp_path: Path) -> None:
    """Through the engine's own front end, for a sound shorter than a crop and one of several."""
    from engine.training.clap import HEARD, AudioTower
    from engine.training.export import export_audio_tower

    tower = AudioTower().eval()
    export_audio_tower(tower, tmp_path)
    rng = np.random.default_rng(7)
    for seconds in (0.3, 11.0):
        mels = clap_log_mels(rng.standard_normal(int(seconds * RATE)).astype(np.float32), HEARD)
        with torch.inference_mode():
            expected = tower(torch.from_numpy(mels)).numpy()
        found = onnxruntime.InferenceSession(tmp_path / "audio_encoder.onnx").run(None, {"log_mel": mels})[0]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_mix_is_as_loud_as_both_together() -> None:
    """Powers add: two equal sounds are 3 dB louder than one, and a far quieter one changes nothing."""
    from engine.training.clap import mixed

    one = np.full((3, 2), -20.0, np.float32)
    np.testing.assert_allclose(mixed(one, one, 0.0), -20.0 + 10.0 * np.log10(2.0), rtol=1e-5)
    np.testing.assert_allclose(mixed(one, np.full_like(one, -120.0), 0.0), one, rtol=1e-5)


def test_conditions_are_of_sounds_texts_or_both() -> None:
    """What steers training is what was asked for, and a tenth of it is nothing."""
    from engine.training.denoiser import Conditions, Steering
    from engine.training.latents import LatentClip, TextVariants

    clips = [LatentClip(0, 8, "a tone", "tone", "effect", 0, 0)] * 400
    text, sound, empty = unit(384, seed=1), unit(384, seed=2), unit(384, seed=3)
    texts = TextVariants({"a tone|tone": np.tile(text, (6, 1))}, empty)
    nearest = {}
    for steering in Steering:
        rows = Conditions(texts, sound[None, None], steering).draw(clips, np.random.default_rng(8))
        picks = np.argmax(rows @ np.stack([text, sound, empty]).T, axis=1)
        nearest[steering] = np.bincount(picks, minlength=3) / len(clips)
    assert nearest[Steering.TEXT][1] == 0.0 and nearest[Steering.AUDIO][0] == 0.0
    assert abs(nearest[Steering.MIXED][0] - nearest[Steering.MIXED][1]) < 0.15
    assert all(0.05 < shares[2] < 0.16 for shares in nearest.values())
    with pytest.raises(ValueError, match="only text"):
        Conditions(texts, None, Steering.AUDIO)


def test_runs_say_which_key_is_wrong(tmp_path: Path) -> None:
    """A misspelt key must not become a silent default; every shipped run can be read."""
    from engine.training.run_file import RUNS, read_run

    for path in RUNS.glob("*.toml"):
        assert read_run(path).settings.steps > 0
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("steps = 3\nlearning_rat = 1e-3\nbatch = 2\n")
    with pytest.raises(ValueError, match=r"learning_rat.*learning_rate"):
        read_run(wrong)
