"""Every way of editing a real recording, with a bundle laid out as published AudioLDM checkpoints are.

Such a model sees all of a window when it decodes, takes whole multiples of eight cells, predicts noise, and
is told neither how long it sounds nor which noise its vocoder is to use.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.circular import wrap_discontinuity
from engine.audio.splice import SEAM_CLICK
from engine.config import Home, make_home
from engine.models.bundle import load_bundle
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Draft, Notice, Ranked, TakeDone
from engine.protocol.requests import Mode, NewSource, Sampler
from engine.protocol.vocabulary import GUIDE_REGION, Highs, Joining, Method, Stereo
from engine.takes.reading import read_newest
from tests.bundles import make_tiny_bundle
from tests.engine.audio.listening import bands_db, correlation, stereo_stream
from tests.engine.rendering import ask, heard, joined, only, raw, record, rendered

START, END = 48_000, 120_000  # a second and a half, which with its context is more than a window


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """A tiny one."""
    folder = make_tiny_bundle(
        tmp_path_factory.mktemp("published"),
        name="audioldm-tiny",
        sounding_input=False,
        noise_input=False,
        hears=True,
        latents={"channels": 4, "multiple": 8, "window_frames": 48, "shortest_frames": 8},
        schedule={"prediction": "epsilon"},
        margins={"vocoder_frames": 8, "decoder_frames": 48},
        defaults={"sampler": "dpm", "steps": 4, "guidance": 2.5, "guidance_low": 0.1},
    )
    return OnnxModel(load_bundle(folder), "cpu")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A brook with width, 48 kHz and 24 bits."""
    return record(tmp_path_factory.mktemp("brook") / "in.wav", stereo_stream()[0], 48_000, "PCM_24")


@pytest.fixture(scope="module")
def edited(recording: Path, published: OnnxModel, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Renders the region as asked, checks that nothing else changed, and gives its samples."""
    folder = tmp_path_factory.mktemp("home")
    home = Home(folder, folder / "takes")
    make_home(home)

    def edit(**fields: Any) -> Float32:
        output = recording.with_name("out.wav")
        fields = {"retries": 0, "strength": 0.9, **fields} if "strength_curve" not in fields else fields
        request = ask(recording, START, END, output=str(output), overwrite=True, **fields)
        rendered(request, published, home)
        before, after = raw(recording), raw(output)
        outside = np.r_[0:START, END : len(before)]
        assert before.shape == after.shape
        assert np.array_equal(before[outside], after[outside])
        region = heard(output)[START:END]
        assert np.isfinite(region).all()
        return region

    return edit


@pytest.fixture(scope="module")
def plain(edited: Any) -> Float32:
    """The region with no key but the prompt."""
    region: Float32 = edited()
    return region


@pytest.mark.parametrize("fields", [
    {"strength_curve": ((0.0, 0.1), (1.5, 0.9))}, {"along": ((0.8, "snow"),)}, {"negative": "wind"},
    {"prompt": "(boots:1.8) on gravel"}, {"prompt": "boots on {snow|leaves}", "seed": 1},
    {"method": Method.DDIM, "source_prompt": "a stream"}, {"method": Method.DDPM}, {"vary": 0.4},
    {"sampler": Sampler.DDIM}, {"stereo": Stereo.WIDE}, {"stereo": Stereo.MONO}, {"width": 0.3},
    {"highs": Highs.OFF}, {"highs": Highs.EXTEND}, {"lufs": -30.0}, {"tilt": 1.0}, {"noise_floor": True},
    {"fade_in_seconds": 0.5}, {"feather_in_seconds": 0.3, "feather_out_seconds": 0.1},
    {"low_hz": 500.0, "high_hz": 2_000.0}, {"guide": GUIDE_REGION}, {"true_peak": -19.0},
    {"mode": Mode.INPAINT, "mask_seconds": ((0.2, 0.5), (0.9, 1.4))}, {"mode": Mode.GENERATE},
    {"context_before_seconds": 0.1, "context_after_seconds": 0.0},
])  # fmt: skip
def test_every_key_reaches_the_sound_and_nothing_else(
    fields: dict[str, Any], edited: Any, plain: Float32
) -> None:
    """Outside the region 0 samples differ; inside it is another sound than without the key."""
    assert np.abs(edited(**fields) - plain).max() > 1e-3


@pytest.mark.parametrize("windows", Joining)
def test_windows_are_joined_in_every_way(windows: Joining, edited: Any, plain: Float32) -> None:
    """A denoiser that hears no neighbours gives the same sound with each, but for what is continued."""
    away = np.abs(edited(windows=windows) - plain).max()
    assert windows is Joining.CONTINUED or away < 1e-4


def test_a_range_of_frequencies_is_kept(edited: Any, recording: Path) -> None:
    """What is above and below stays, to 60 dB."""
    region, original = edited(low_hz=1_000.0, high_hz=3_000.0), heard(recording)[START:END]
    centres = np.array([250.0, 500.0, 6_000.0, 12_000.0])
    lost = bands_db(region - original, 48_000, centres) - bands_db(original, 48_000, centres)
    assert lost.max() < -60.0


def test_highs_and_image_stay(edited: Any, recording: Path) -> None:
    """Thirds of an octave above 8 kHz within 6 dB, correlation within 0.25 of the recording's."""
    region, original = edited(strength=0.4), heard(recording)[START:END]
    centres = np.array([9_000.0, 11_000.0, 14_000.0])
    assert np.abs(bands_db(region, 48_000, centres) - bands_db(original, 48_000, centres)).max() < 6.0
    assert abs(correlation(region) - correlation(original)) < 0.25


@pytest.mark.parametrize("frames", [48_001, 150_007])
def test_loops_close(frames: int, published: OnnxModel, home: Home) -> None:
    """One that fits into a window, and one that does not; to the frame."""
    request = ask(None, source=NewSource(48_000, 2, frames), loop=True, stereo=Stereo.WIDE, retries=0)
    loop = joined(only(Chunk, rendered(request, published, home)))
    assert (frames, 2) == loop.shape
    assert wrap_discontinuity(loop, 48_000) < SEAM_CLICK / 2


def test_bars_are_exact(published: OnnxModel, home: Home) -> None:
    """Two bars of three at 133 BPM, to the nearest frame."""
    fields = {"tempo": 133.0, "bars": 2.0, "beats_per_bar": 3, "loop": True, "retries": 0}
    source = NewSource(48_000, 1, round(48_000 * 6 * 60 / 133))
    (done,) = only(TakeDone, rendered(ask(None, source=source, **fields), published, home))
    assert abs(done.frames - 48_000 * 6 * 60 / 133) <= 0.5


def test_a_draft_comes_first(published: OnnxModel, home: Home) -> None:
    """And the chunks replace all of it."""
    request = ask(None, source=NewSource(48_000, 2, 120_000), draft=True, retries=0)
    replies = rendered(request, published, home)
    first, *_ = [reply for reply in replies if isinstance(reply, Chunk | Draft)]
    assert isinstance(first, Draft)
    assert 120_000 == len(joined(only(Chunk, replies)))


def test_takes_are_ranked_packed_and_made_again(published: OnnxModel, home: Home) -> None:
    """Two of equal loudness, in an order; each with its recipe, and what was amiss is said."""
    source = NewSource(48_000, 1, 40_000)
    asked = partial(ask, None, source=source, takes=2, candidates=2)
    packed = rendered(asked(pack=True, vary=0.4, rank=True), published, home)
    paths = [Path(done.path) for done in only(TakeDone, packed)]
    (order,) = only(Ranked, packed)

    assert {0, 1} == {row.take for row in order.takes}
    assert all(read_newest(path).recipe.settings for path in paths)
    assert all(isinstance(notice.sentence, str) for notice in only(Notice, packed))
