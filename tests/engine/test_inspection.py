"""Takes with defects are made again, and the last one that was tried says what is wrong with it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import soundfile as sf

from engine.audio.workspace import Workspace
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.inspection import TakeInspection
from engine.material import load_material
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Notice, Reply, TakeDone
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, seconds
from engine.render import render
from engine.render_job import RenderJob
from engine.stopwatch import Stopwatch
from engine.takes.making import recall
from tests.engine.rendering import outcome

RATE = 16_000


class Faulty:
    """The tiny model, whose sounds a fault goes through; ``made`` counts them."""

    def __init__(self, model: OnnxModel, fault: Callable[[int, Float32], Float32]) -> None:
        self._model = model
        self._fault = fault
        self.made: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._model, name)

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int) -> Float32:
        """As the model's, with the fault of this seed."""
        if noise_seed not in self.made:
            self.made.append(noise_seed)
        return self._fault(len(self.made), self._model.vocode(mel, noise_seed, first_frame))


def silent(_attempt: int, sound: Float32) -> Float32:
    """A fault."""
    return sound * 0.0


def broken(_attempt: int, sound: Float32) -> Float32:
    """Another."""
    return sound * np.float32(np.nan)


def only_first(fault: Callable[[int, Float32], Float32]) -> Callable[[int, Float32], Float32]:
    """A fault of the first attempt."""
    return lambda attempt, sound: fault(attempt, sound) if attempt == 1 else sound


def asked(output: Path, **changes: object) -> RenderRequest:
    """A new sound of a second."""
    request = RenderRequest("job", NewSource(RATE, 1, RATE), "rain", mode=Mode.GENERATE, output=str(output))
    return replace(request, **changes)


def sentences(replies: list[Reply]) -> list[str]:
    """Of all notices."""
    return [reply.sentence for reply in replies if isinstance(reply, Notice)]


@pytest.mark.parametrize(("fault", "said"), [(silent, "silent"), (broken, "not numbers")])
def test_a_take_with_a_defect_is_made_again(
    tiny_model: OnnxModel, home: Home, tmp_path: Path, fault: Callable[[int, Float32], Float32], said: str
) -> None:
    """With another seed, which the reply has; the file is the second one's."""
    model = Faulty(tiny_model, only_first(fault))
    replies = list(render(asked(tmp_path / "out.wav"), model, home))
    (sentence,) = sentences(replies)
    assert sentence.startswith("Take 1 is made again with another seed.")
    assert said in sentence
    done = next(reply for reply in replies if isinstance(reply, TakeDone))
    assert 1 == done.seed
    list(render(asked(tmp_path / "same.wav", seed=1), tiny_model, home))
    assert sf.read(tmp_path / "same.wav")[0].tolist() == sf.read(tmp_path / "out.wav")[0].tolist()


def test_the_chunks_of_a_rejected_take_are_followed_by_those_of_the_next(
    tiny_model: OnnxModel, home: Home, tmp_path: Path
) -> None:
    """They count from 0 again, and the last ones are the file."""
    model = Faulty(tiny_model, only_first(silent))
    replies = list(render(asked(tmp_path / "out.wav"), model, home))
    chunks = [reply for reply in replies if isinstance(reply, Chunk)]
    begins = [place for place, chunk in enumerate(chunks) if chunk.sequence == 0]
    assert 2 == len(begins)
    last = np.concatenate([np.frombuffer(chunk.samples, "<f4") for chunk in chunks[begins[1] :]])
    assert np.abs(last - sf.read(tmp_path / "out.wav")[0]).max() < 2.0**-22


def test_no_take_gets_another_takes_seed(tiny_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """Of three takes, the first is made twice."""
    model = Faulty(tiny_model, only_first(silent))
    replies = list(render(asked(tmp_path / "out.wav", takes=3), model, home))
    seeds = [reply.seed for reply in replies if isinstance(reply, TakeDone)]
    assert [3, 1, 2] == seeds


def test_the_last_attempt_is_kept_and_says_so(tiny_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """Its recipe makes it again, and no other."""
    model = Faulty(tiny_model, silent)
    replies = list(render(asked(tmp_path / "out.wav", retries=1), model, home))
    first, last = sentences(replies)
    assert "made again" in first
    assert "Take 1 is not as it should be. It is silent (below -60 dB)." == last
    assert 2 == len(model.made)
    again, _ = recall(replace(asked(tmp_path / "again.wav"), recipe=str(tmp_path / "out.wav")))
    assert (1, 0) == (again.seed, again.retries)


def test_without_retries_nothing_is_made_again(tiny_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """What can't be written is an error, and leaves no file."""
    with pytest.raises(EngineError, match="not numbers") as caught:
        list(render(asked(tmp_path / "out.wav", retries=0), Faulty(tiny_model, broken), home))
    assert ErrorCode.INTERNAL == caught.value.code
    assert [] == list(tmp_path.glob("*.wav"))


def test_a_flaw_of_the_recording_is_no_reason(tiny_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """Silence that comes where there was silence is what was to be expected."""
    path = tmp_path / "in.wav"
    sf.write(path, np.zeros(3 * RATE), RATE)
    from engine.protocol.requests import FileSource, seconds

    source = FileSource(str(path), seconds(1.0), seconds(2.0))
    model = Faulty(tiny_model, silent)
    request = replace(asked(tmp_path / "out.wav"), source=source, mode=Mode.TRANSFER, strength=1.0)
    assert [] == sentences(list(render(request, model, home)))
    assert 1 == len(model.made)


def test_a_pack_is_made_again_as_well(tiny_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """Before it is measured."""
    model = Faulty(tiny_model, only_first(silent))
    replies = list(render(asked(tmp_path / "out.wav", takes=2, pack=True), model, home))
    assert [2, 1] == [reply.seed for reply in replies if isinstance(reply, TakeDone)]


def test_a_click_at_a_joint_is_heard(
    tiny_model: OnnxModel, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the recording has not."""
    import engine.render
    from engine.protocol.requests import FileSource, seconds

    path = tmp_path / "in.wav"
    noise = np.random.default_rng(0).normal(size=3 * RATE)
    sf.write(path, 0.1 * np.convolve(noise, np.hanning(40) / 20, "same"), RATE)
    source = FileSource(str(path), seconds(1.0), seconds(2.0))
    request = replace(asked(tmp_path / "out.wav", retries=0), source=source, mode=Mode.INPAINT)
    assert [] == sentences(
        list(render(replace(request, output=str(tmp_path / "fine.wav")), tiny_model, home))
    )

    real = engine.render.finished_blocks

    def clicking(*arguments: object) -> object:
        for event in real(*arguments):
            if isinstance(event, np.ndarray) and len(event):
                event = event.copy()
                event[:3] += 0.6
            yield event

    monkeypatch.setattr(engine.render, "finished_blocks", clicking)
    (sentence,) = sentences(list(render(request, tiny_model, home)))
    assert "clicks at" in sentence


def test_what_is_kept_of_a_block_does_not_keep_the_block(tiny_model: OnnxModel, tmp_path: Path) -> None:
    """Of half an hour with many joints, all of it would be in memory at the end."""
    recording = tmp_path / "in.wav"
    sf.write(recording, np.random.default_rng(0).standard_normal(4 * RATE) * 0.1, RATE)
    request = RenderRequest(
        "job", FileSource(str(recording), seconds(1.0), seconds(3.0)), "rain", Mode.INPAINT,
        mask_seconds=((0.5, 1.0),),
    )  # fmt: skip
    with Workspace(tmp_path) as workspace:
        material = outcome(load_material(request, tmp_path / "none", tiny_model.specification, workspace))
        job = SimpleNamespace(
            request=request, material=material, model=tiny_model, sounds=1, stopwatch=Stopwatch()
        )
        inspection = TakeInspection(cast(RenderJob, job), 0)
        block = np.zeros((2 * RATE, 1), np.float32)
        still_there = weakref.ref(block)
        inspection.see(block)
        del block
    assert still_there() is None
