"""What a guide is read as, whatever it is, and where it lies beside a region."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.workspace import Workspace
from engine.canvas import lay_out
from engine.errors import EngineError, ErrorCode
from engine.guide import RANGE_DB, Guide, following, read_guide
from engine.loop import lay_out_loop
from engine.material import load_material
from engine.models.onnx_model import OnnxModel
from engine.notices import notices
from engine.protocol.requests import Mode, NewSource, RenderRequest, frames, seconds
from tests.engine.rendering import ask, noise, outcome, record

RATE = 16_000
LATE = 0.6


@pytest.fixture
def workspace(tmp_path: Path) -> Any:
    """Where guides are read."""
    with Workspace(tmp_path / "spool") as opened:
        yield opened


def thump(rate: int = RATE, channels: int = 1, length: float = 2.0) -> np.ndarray:
    """Noise that begins at ``LATE`` and decays, over some that is 60 dB softer."""
    time = np.arange(round(length * rate)) / rate - LATE
    shape = 1e-3 + np.where(time >= 0.0, np.exp(-np.maximum(time, 0.0) / 0.1), 0.0)
    return noise(len(time), channels, 0.1) * shape[:, None].astype(np.float32)


def request(guide: Path | str, **fields: Any) -> RenderRequest:
    """For a new sound of two seconds at 48 kHz."""
    fields.setdefault("source", NewSource(48_000, 2, 96_000))
    return ask(None, guide=str(guide), **fields)


def read(asked: RenderRequest, model: OnnxModel, workspace: Workspace) -> Guide | None:
    """The guide of a request."""
    specification = model.specification
    material = outcome(load_material(asked, Path("nothing"), specification, workspace))
    lay = lay_out_loop if asked.loop else lay_out
    canvas = outcome(lay(material, asked.mode, specification, workspace))
    return outcome(read_guide(asked, material, canvas, specification, workspace))


def failure(asked: RenderRequest, model: OnnxModel, workspace: Workspace) -> EngineError:
    """What reading it raises."""
    with pytest.raises(EngineError) as caught:
        read(asked, model, workspace)
    return caught.value


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (192_000, 5)])
def test_a_guide_of_any_rate_and_channels_is_the_same(
    rate: int, channels: int, tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """A hundred levels a second, the loudest where it begins, at the level at which models hear."""
    path = record(tmp_path / "guide.wav", thump(rate, channels), rate)
    guide = read(request(path), tiny_model, workspace)
    assert guide is not None
    assert (200, 200, "") == (len(guide.levels), len(guide.hops_db), guide.notice)
    assert abs(np.argmax(guide.hops_db) - 100 * LATE) <= 3
    assert abs(np.argmax(guide.levels) - 100 * LATE) <= 5
    assert -20.0 < guide.hops_db.max() < -6.0
    assert np.ptp(guide.hops_db) == pytest.approx(RANGE_DB)


def test_how_loud_a_guide_is_does_not_matter(
    tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """Its shape does."""
    loud, soft = (
        read(request(record(tmp_path / f"{gain}.wav", thump() * gain, RATE, "FLOAT")), tiny_model, workspace)
        for gain in (1.0, 0.02)
    )
    assert loud is not None and soft is not None
    assert loud.hops_db == pytest.approx(soft.hops_db, abs=0.01)
    assert loud.levels == pytest.approx(soft.levels, abs=0.01)


def test_channels_that_cancel_are_heard(tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path) -> None:
    """As they are in a recording to edit."""
    opposed = thump() * np.array([1.0, -1.0], np.float32)
    guide = read(request(record(tmp_path / "g.wav", opposed, RATE)), tiny_model, workspace)
    assert guide is not None
    assert abs(np.argmax(guide.hops_db) - 100 * LATE) <= 3


@pytest.mark.parametrize("start", [seconds(0.5), frames(8_000)])
def test_a_guide_begins_where_it_is_told_to(
    start: Any, tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """And where it ends early, silence is followed, and said so."""
    path = record(tmp_path / "guide.wav", thump(), RATE)
    guide = read(request(path, guide_start=start), tiny_model, workspace)
    assert guide is not None
    assert abs(np.argmax(guide.hops_db) - 10) <= 3
    assert 200 == len(guide.levels) == len(guide.hops_db)
    assert guide.hops_db[155:].max() == guide.hops_db.max() - RANGE_DB
    assert f"The guide {path} ends 0.50 seconds before the region does" in guide.notice


def test_a_long_guide_is_followed_as_far_as_the_region_goes(
    tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """What is wrong with the rest does not matter."""
    broken = thump(length=4.0)
    broken[-1] = np.nan
    guide = read(request(record(tmp_path / "g.wav", broken, RATE, "FLOAT")), tiny_model, workspace)
    assert guide is not None
    assert (200, "") == (len(guide.levels), guide.notice)


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("missing", ErrorCode.NOT_FOUND, "There is no file"),
        ("text", ErrorCode.BAD_AUDIO, "can't be read as a sound"),
        ("nan", ErrorCode.BAD_AUDIO, "not a number"),
        ("silence", ErrorCode.BAD_AUDIO, "is silent"),
        ("faint", ErrorCode.BAD_AUDIO, "is silent"),
        ("short", ErrorCode.BAD_REGION, "has only 0.050 seconds"),
        ("empty", ErrorCode.BAD_AUDIO, "holds no sound"),
    ],
)
def test_bad_guides_are_one_clear_sentence(
    kind: str, code: ErrorCode, words: str, tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """That names the file."""
    path = tmp_path / "guide.wav"
    sounds = {
        "nan": np.full((RATE, 1), np.nan),
        "silence": np.zeros((RATE, 1)),
        "faint": np.full((RATE, 1), 1e-5),
        "short": thump()[: RATE // 20],
        "empty": thump()[:0],
    }
    if kind == "text":
        path.write_text("boots")
    elif kind in sounds:
        record(path, sounds[kind], RATE, "FLOAT")
    error = failure(request(path), tiny_model, workspace)
    assert code == error.code
    assert words in error.sentence and str(path) in error.sentence


def test_a_start_behind_the_end_is_refused(
    tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """With how long the guide is."""
    asked = request(record(tmp_path / "g.wav", thump(), RATE), guide_start=seconds(2))
    error = failure(asked, tiny_model, workspace)
    assert (ErrorCode.BAD_REGION, True) == (error.code, "lasts 2 seconds" in error.sentence)


def test_the_region_is_its_own_guide(tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path) -> None:
    """At the level at which the model hears the recording, of which it may be a soft part."""
    loud = np.concatenate([thump() * np.float32(0.1), np.full((RATE, 1), 0.5, np.float32)])
    path = record(tmp_path / "r.wav", loud, RATE, "FLOAT")
    own = read(ask(path, 0, 2 * RATE, guide="region"), tiny_model, workspace)
    alone = read(request(record(tmp_path / "g.wav", thump(), RATE)), tiny_model, workspace)
    assert own is not None and alone is not None
    assert abs(np.argmax(own.hops_db) - 100 * LATE) <= 3
    assert own.hops_db.max() == pytest.approx(alone.hops_db.max() - 6.0, abs=0.5)  # as it is shown
    late = read(ask(path, 0, 2 * RATE, guide="region", guide_start=seconds(0.5)), tiny_model, workspace)
    assert late is not None
    assert abs(np.argmax(late.hops_db) - 10) <= 3
    assert late.notice.startswith("The region ends 0.50 seconds")


def test_a_guide_that_is_not_followed_is_not_read(tiny_model: OnnxModel, workspace: Workspace) -> None:
    """Which is said."""
    assert read(request(""), tiny_model, workspace) is None
    asked = request("nowhere.wav", guide_envelope=0.0, guide_onsets=0.0)
    assert read(asked, tiny_model, workspace) is None
    said = "The guide is not followed: guide_envelope and guide_onsets are both 0."
    assert [said] == list(notices(asked, tiny_model.specification))
    assert [] == list(notices(request("nowhere.wav", guide_envelope=0.0), tiny_model.specification))


def test_a_range_above_the_model_is_told_of(tiny_model: OnnxModel) -> None:
    """Nothing is made there; a range that reaches down to what it makes is one like any other."""
    (said,) = notices(replace(request(""), low_hz=9_000.0), tiny_model.specification)
    assert said == "The model tiny makes nothing above 8000 Hz: what is there only follows what is below."
    assert [] == list(notices(replace(request(""), low_hz=7_000.0), tiny_model.specification))


def test_a_loops_guide_lasts_as_long_as_its_circle(
    tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """Whose cells are whole."""
    path = record(tmp_path / "g.wav", thump(), RATE)
    asked = request(path, loop=True, source=NewSource(48_000, 1, 62_000))
    guide = read(asked, tiny_model, workspace)
    assert guide is not None
    cells = round(62_000 / 48_000 * 25)
    assert (4 * cells, 4 * cells, "") == (len(guide.levels), len(guide.hops_db), guide.notice)


@pytest.mark.parametrize("mode", [Mode.GENERATE, Mode.TRANSFER, Mode.INPAINT])
def test_a_guide_lies_on_the_region_of_the_canvas(
    mode: Mode, tiny_model: OnnxModel, workspace: Workspace, tmp_path: Path
) -> None:
    """Nothing is followed in the context before and after it."""
    recording = record(tmp_path / "r.wav", noise(4 * RATE), RATE)
    guide_path = record(tmp_path / "g.wav", thump(), RATE)
    asked = ask(recording, RATE, 2 * RATE, mode=mode, guide=str(guide_path))
    specification = tiny_model.specification
    material = outcome(load_material(asked, Path("nothing"), specification, workspace))
    canvas = outcome(lay_out(material, mode, specification, workspace))
    guide = outcome(read_guide(asked, material, canvas, specification, workspace))
    assert guide is not None
    levels = following(guide, canvas, (), specification, is_circle=False).levels
    followed = np.flatnonzero(~np.isnan(levels))
    first = 4 * canvas.region_cell
    assert (4 * canvas.cells, first, 100) == (len(levels), followed[0], len(followed))
    assert (mode is Mode.GENERATE) == (first == 0)
    assert abs(np.nanargmax(levels) - first - 100 * LATE) <= 5
