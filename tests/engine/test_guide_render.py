"""Takes that follow a guide, made by the real model: how alike they are, with it and without."""

from __future__ import annotations

import tracemalloc
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import engine.finishing as finishing_module
import engine.guide as guide_module
from engine.audio.resample import resample
from engine.audio.workspace import Workspace
from engine.canvas import lay_out
from engine.config import Home
from engine.evaluation.following import likeness, mouth
from engine.guide import read_guide
from engine.material import load_material
from engine.models.catalogue import load_model
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Notice
from engine.protocol.requests import Joining, Mode, NewSource, seconds
from tests.engine.audio.listening import stream
from tests.engine.rendering import Spy, ask, joined, only, outcome, record, rendered

RATE = 16_000
SECONDS = 6
PROMPT = "a dog barking"


@pytest.fixture(scope="module")
def embedded() -> Model:
    """The model that comes with the package."""
    return load_model()


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """A mouth, louder than any model makes sound, in stereo at 48 kHz."""
    sound = resample(mouth(SECONDS * RATE)[:, None], RATE, 48_000) * np.float32(1.8)
    return record(tmp_path / "mouth.wav", np.repeat(sound, 2, axis=1), 48_000)


def take(model: Model, home: Home, path: Path | None = None, **fields: Any) -> Float32:
    """A take of ``SECONDS``, (frames,)."""
    fields.setdefault("prompt", PROMPT)
    return joined(only(Chunk, rendered(ask(path, 0, SECONDS * RATE, **fields), model, home)))[:, 0]


def like_the_mouth(sound: Float32, start: float = 0.0) -> tuple[float, float]:
    """How alike envelopes and onsets are; the sound begins at ``start`` of the guide."""
    first = round(start * RATE)
    return likeness(mouth(SECONDS * RATE)[first : first + len(sound)], sound)


@pytest.mark.parametrize("seed", [0, 1])
def test_new_sounds_follow_a_guide(seed: int, guide: Path, home: Home, embedded: Model) -> None:
    """Correlation of the envelopes, and F-measure of the onsets within 50 ms, in three windows."""
    without = like_the_mouth(take(embedded, home, seed=seed))
    envelope, onsets = like_the_mouth(take(embedded, home, seed=seed, guide=str(guide)))
    assert without[0] < 0.4 and without[1] < 0.5
    assert envelope > 0.93 and onsets > 0.8


@pytest.mark.parametrize("joining", list(Joining))
def test_windows_of_every_kind_follow(joining: Joining, guide: Path, home: Home, embedded: Model) -> None:
    """In fewer steps as well."""
    sound = take(embedded, home, guide=str(guide), windows=joining, steps=4)
    assert like_the_mouth(sound)[0] > 0.9


def test_a_real_recording_is_followed(home: Home, embedded: Model, tmp_path: Path) -> None:
    """A brook, whose loudness hardly moves, by a sound that would come and go."""
    sound, rate = stream()
    brook = resample(sound, rate, RATE)[: SECONDS * RATE]
    path = record(tmp_path / "brook.wav", brook, RATE)
    without = likeness(brook[:, 0], take(embedded, home))
    envelope, onsets = likeness(brook[:, 0], take(embedded, home, guide=str(path)))
    assert envelope > without[0] + 0.3
    assert onsets > without[1]


def test_each_share_does_its_part(guide: Path, home: Home, embedded: Model) -> None:
    """The envelope alone, the onsets alone, a half of both, and nothing, which is no guide at all."""

    @cache
    def shared(envelope: float, onsets: float) -> tuple[float, float]:
        return like_the_mouth(
            take(embedded, home, guide=str(guide), guide_envelope=envelope, guide_onsets=onsets)
        )

    without = take(embedded, home)
    unfollowed = take(embedded, home, guide=str(guide), guide_envelope=0.0, guide_onsets=0.0)
    assert np.array_equal(without, unfollowed)
    alone = like_the_mouth(without)
    assert shared(1.0, 0.0)[0] > 0.8 and shared(0.0, 1.0)[1] > alone[1] + 0.2
    assert shared(1.0, 0.0)[0] > shared(0.0, 1.0)[0]
    assert alone[0] < shared(0.5, 0.5)[0] < shared(1.0, 1.0)[0]


@pytest.mark.parametrize("left_out", ["neither", "diffusion", "finishing"])
def test_guidance_and_gain_each_do_their_part(
    left_out: str, guide: Path, home: Home, embedded: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either alone follows, and both together follow best."""
    if left_out == "diffusion":
        monkeypatch.setattr(guide_module, "followed_timesteps", lambda _: frozenset())
    if left_out == "finishing":
        monkeypatch.setattr(finishing_module, "followed", lambda *_: ())
    envelope, _ = like_the_mouth(take(embedded, home, guide=str(guide)))
    assert {"neither": 0.93, "diffusion": 0.6, "finishing": 0.7}[left_out] < envelope


@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_a_transfer_keeps_the_rhythm_of_its_region(
    strength: float, home: Home, embedded: Model, tmp_path: Path
) -> None:
    """Which is its own guide, and would be lost at full strength."""
    path = record(tmp_path / "r.wav", mouth(SECONDS * RATE), RATE)
    free, bound = (
        like_the_mouth(take(embedded, home, path, guide=guide, strength=strength)) for guide in ("", "region")
    )
    assert bound[0] > max(0.93, free[0]) and bound[1] > 0.8


def test_inpainting_follows_in_the_mask_alone(
    guide: Path, home: Home, embedded: Model, tmp_path: Path
) -> None:
    """And leaves every other sample as it was."""
    sound, rate = stream()
    brook = resample(sound, rate, RATE)[: SECONDS * RATE]
    path = record(tmp_path / "brook.wav", brook, RATE, "FLOAT")
    made = take(
        embedded, home, path, mode=Mode.INPAINT, mask_seconds=((2.0, 4.0),), guide=str(guide), stereo="mono"
    )
    inside = slice(2 * RATE, 4 * RATE)
    kept = np.ones(len(made), bool)
    kept[inside] = False
    assert np.array_equal(made[kept], brook[kept, 0])
    assert like_the_mouth(made[inside], 2.0)[0] > 0.8


def test_a_loop_follows_around_its_end(home: Home, embedded: Model, tmp_path: Path) -> None:
    """Also one whose circle lasts a little longer than it."""
    path = record(tmp_path / "mouth.wav", mouth(SECONDS * RATE), RATE)
    source = NewSource(RATE, 1, 50_033)
    sound = take(embedded, home, source=source, loop=True, guide=str(path))
    assert len(sound) == 50_033
    assert like_the_mouth(sound)[0] > 0.9


def test_a_guide_that_ends_early_is_said_so(guide: Path, home: Home, embedded: Model) -> None:
    """Silence is followed then."""
    asked = ask(None, 0, SECONDS * RATE, prompt=PROMPT, guide=str(guide), guide_start=seconds(3.0), steps=4)
    replies = rendered(asked, embedded, home)
    sound = joined(only(Chunk, replies))[:, 0]
    said = [notice.sentence for notice in only(Notice, replies)]
    assert any("ends 3.00 seconds before the region does" in sentence for sentence in said)
    rms = [float(np.sqrt(np.mean(half**2))) for half in (sound[: 3 * RATE], sound[3 * RATE + 1_600 :])]
    assert rms[1] < 0.02 * rms[0]


def test_following_costs_a_few_codings(guide: Path, home: Home, tiny_model: OnnxModel) -> None:
    """Of each window at each of four steps, and no call of the denoiser more."""
    counts = []
    for path in ("", str(guide)):
        spy = Spy(tiny_model)
        take(spy, home, guide=path, steps=12)
        counts.append([spy.calls.count(name) for name in ("denoise", "encode_mel", "decode_latents")])
    windows = counts[0][0] // 12
    assert counts[0][0] == counts[1][0]
    assert 0 < counts[1][1] - counts[0][1] <= 2 * 4 * (windows + 1)
    assert 0 < counts[1][2] - counts[0][2] <= 4 * (windows + 1)


def test_long_guides_take_no_memory(home: Home, tiny_model: OnnxModel, tmp_path: Path) -> None:
    """Ten minutes as little as one, but for a hundred numbers a second."""
    path = tmp_path / "long.wav"
    with sf.SoundFile(path, "w", 48_000, 2, "PCM_16") as file:
        for second in range(600):
            file.write(np.random.default_rng(second).standard_normal((48_000, 2)) * 0.1)
    peaks = []
    for minutes in (1, 10):
        source = NewSource(48_000, 1, minutes * 60 * 48_000)
        asked = ask(None, source=source, guide=str(path))
        with Workspace(home.spool) as workspace:
            material = outcome(load_material(asked, path, tiny_model.specification, workspace))
            canvas = outcome(lay_out(material, asked.mode, tiny_model.specification, workspace))
            tracemalloc.start()
            read = outcome(read_guide(asked, material, canvas, tiny_model.specification, workspace))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert read is not None and minutes * 6_000 == len(read.levels) == len(read.hops_db)
    assert peaks[1] < peaks[0] + 540 * 100 * 8 * 12
