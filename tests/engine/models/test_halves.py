"""A denoiser that computes the two halves of a batch at the same time."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models import halves, onnx_model, session
from engine.models.bundle import Bundle, load_bundle
from engine.models.footprint import denoiser_bytes
from engine.models.halves import Halves, halves_pay
from engine.models.interface import Float32
from engine.models.manifest import GraphName
from engine.models.memory import OutOfMemory
from engine.models.onnx_model import OnnxModel
from engine.models.placement import PlacedModel, open_model
from engine.protocol.requests import NewSource, RenderRequest
from engine.protocol.vocabulary import Mode
from engine.render import render
from tests.bundles import make_tiny_bundle

# A half that waits for the other one in vain fails the test instead of hanging it.
PATIENCE = 20.0
# Where a model keeps the denoiser's halves.
HALVES = onnx_model._Form(GraphName.DENOISER, in_halves=True)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The tiny one, in float32."""
    return load_bundle(make_tiny_bundle(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def whole(bundle: Bundle) -> OnnxModel:
    """A model whose denoiser is too small for halves."""
    return OnnxModel(bundle, "cpu")


@pytest.fixture
def split(bundle: Bundle, request: pytest.FixtureRequest) -> OnnxModel:
    """One that has two cores, and is large enough."""
    request.getfixturevalue("two_cores")
    return OnnxModel(bundle, "cpu")


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where every denoiser runs in halves."""
    monkeypatch.setattr(halves, "thread_count", lambda: 2)
    monkeypatch.setattr(halves, "LEAST_BYTES", 0)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """For each denoiser that is opened, on how many threads."""
    threads: list[int | None] = []
    real = session.open_session

    def note(path: Path, device: str, count: int | None = None) -> Any:
        if path.name == "denoiser.onnx":
            threads.append(count)
        return real(path, device, count)

    monkeypatch.setattr(onnx_model, "open_session", note)
    return threads


def step(model: OnnxModel | PlacedModel, batch: int) -> Float32:
    """A prediction, every row of it from other inputs."""
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(batch, 16, 8, 16)).astype(np.float32)
    timesteps = np.linspace(900.0, 20.0, batch).astype(np.float32)
    condition = rng.normal(size=(batch, 16)).astype(np.float32)
    return model.denoise(latents, timesteps, condition, np.linspace(0.1, 9.0, batch).astype(np.float32))


def second_threads() -> set[threading.Thread]:
    """Those that compute second halves."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("half")}


class FakeSession:
    """Runs ``compute`` on the numbers of each half's rows."""

    def __init__(self, compute: Callable[[Float32], Float32]) -> None:
        self._compute = compute

    def run(self, _outputs: list[str], inputs: dict[str, Float32], _options: object) -> list[Float32]:
        """As a session does."""
        return [self._compute(inputs["rows"])]


def run_both(compute: Callable[[Float32], Float32]) -> Float32:
    """Two rows, 0 and 1, each in a half of its own."""
    both = Halves(FakeSession(compute))
    try:
        return both.run(["doubled"], {"rows": np.arange(2, dtype=np.float32)})[0]
    finally:
        both.close()


class TestResults:
    """What comes out is what one call gives."""

    @pytest.mark.parametrize("batch", [1, 2, 3, 4, 6])
    def test_halves_give_what_the_whole_gives(self, whole: OnnxModel, split: OnnxModel, batch: int) -> None:
        """Rows come back in their order, whatever the batch."""
        assert np.abs(step(whole, batch) - step(split, batch)).max() < 1e-6

    @pytest.mark.usefixtures("two_cores")
    def test_a_take_can_be_made_again(self, bundle: Bundle, home: Home, tmp_path: Path) -> None:
        """The same request gives the same samples, from a model that is new and from one that is not."""
        model = OnnxModel(bundle, "cpu")
        takes = []
        for index, used in enumerate((model, model, OnnxModel(bundle, "cpu"))):
            output = tmp_path / f"{index}.wav"
            source = NewSource(16_000, 1, 16_000)
            request = RenderRequest("a", source, "rain", mode=Mode.GENERATE, output=str(output))
            list(render(request, used, home))
            takes.append(soundfile.read(output, dtype="int32")[0].tobytes())
        assert HALVES in model._sessions
        assert takes[0] == takes[1] == takes[2]


class TestChoice:
    """When a batch is split."""

    @pytest.mark.parametrize("cores", [1, 3, 4, 64])
    @pytest.mark.usefixtures("two_cores")
    def test_other_machines_are_left_as_they_are(
        self, bundle: Bundle, cores: int, opened: list[int | None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With one core there is nothing to share, with more it was not measured."""
        monkeypatch.setattr(halves, "thread_count", lambda: cores)
        step(OnnxModel(bundle, "cpu"), 2)
        assert [None] == opened

    def test_small_denoisers_and_gpus_are_left_as_they_are(
        self, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The limit is the size of what the denoiser reads."""
        monkeypatch.setattr(halves, "thread_count", lambda: 2)
        size = bundle.manifest.files["denoiser.onnx"].size_bytes
        assert size == denoiser_bytes(bundle, "cpu")
        monkeypatch.setattr(halves, "LEAST_BYTES", size + 1)
        assert not halves_pay(size, "cpu")
        monkeypatch.setattr(halves, "LEAST_BYTES", size)
        assert halves_pay(size, "cpu")
        assert not halves_pay(size, "cuda")

    def test_guided_steps_open_one_thread(self, split: OnnxModel, opened: list[int | None]) -> None:
        """Once; a session for both cores is not opened, and would be memory."""
        for _ in range(3):
            step(split, 2)
            step(split, 4)
        assert [1] == opened

    def test_a_denoiser_is_open_once(self, split: OnnxModel, opened: list[int | None]) -> None:
        """One row runs on all cores, so does an uneven batch, until there was something to split."""
        for batch in (1, 3, 1, 2, 1, 2, 3):
            step(split, batch)
        assert [None, 1] == opened
        assert [HALVES] == list(split._sessions)

    @pytest.mark.parametrize("batch", [1, 3])
    def test_what_is_open_changes_no_number(self, split: OnnxModel, batch: int) -> None:
        """A take does not depend on the one before it."""
        before = step(split, batch)
        step(split, 2)
        assert before.tolist() == step(split, batch).tolist()

    def test_all_is_opened_once(self, split: OnnxModel, opened: list[int | None]) -> None:
        """In the form that most requests begin with."""
        split.open_all()
        step(split, 2)
        split.open_all()
        assert [1] == opened


class TestAtTheSameTime:
    """Two halves, two threads."""

    def test_no_half_waits_for_the_other(self) -> None:
        """Each can see the other one run."""
        meeting = threading.Barrier(2, timeout=PATIENCE)

        def compute(rows: Float32) -> Float32:
            meeting.wait()
            return 2.0 * rows

        assert [0.0, 2.0] == run_both(compute).tolist()

    @pytest.mark.parametrize("failing", [0, 1])
    def test_an_error_waits_for_the_other_half(self, failing: int) -> None:
        """It comes as it was; by then nothing runs any more."""
        ended = threading.Event()

        def compute(rows: Float32) -> Float32:
            if rows[0] == failing:
                raise failures.Fail("broken")
            time.sleep(0.2)
            ended.set()
            return rows

        both = Halves(FakeSession(compute))
        with pytest.raises(failures.Fail, match="broken"):
            both.run(["doubled"], {"rows": np.arange(2, dtype=np.float32)})
        assert ended.is_set()
        both.close()

    def test_the_next_batch_runs_after_an_error(self) -> None:
        """The second thread outlives what it was given."""
        problems: list[Exception] = [failures.Fail("broken"), failures.Fail("broken")]

        def compute(rows: Float32) -> Float32:
            if problems:
                raise problems.pop()
            return 2.0 * rows

        both = Halves(FakeSession(compute))
        rows = {"rows": np.arange(2, dtype=np.float32)}
        with pytest.raises(failures.Fail):
            both.run(["doubled"], rows)
        assert [0.0, 2.0] == both.run(["doubled"], rows)[0].tolist()
        both.close()

    @pytest.mark.parametrize("failing", [0, 1])
    def test_an_error_keeps_nothing(self, failing: int) -> None:
        """The session goes with the last who names it; no collector is needed."""

        def compute(rows: Float32) -> Float32:
            if rows[0] == failing:
                raise failures.Fail("broken")
            return rows

        fake = FakeSession(compute)
        gone = weakref.ref(fake)
        both = Halves(fake)
        del fake
        gc.collect()
        gc.disable()
        try:
            with pytest.raises(failures.Fail):
                both.run(["doubled"], {"rows": np.arange(2, dtype=np.float32)})
            both.close()
            del both
            assert gone() is None
        finally:
            gc.enable()


class TestErrors:
    """What a failing half is for the engine."""

    @staticmethod
    def failing(split: OnnxModel, row: int, error: Exception) -> OnnxModel:
        """The model with a denoiser of which one half fails."""

        class Failing(FakeSession):
            def run(self, _outputs: object, inputs: dict[str, Float32], _options: object) -> list[Float32]:
                if bool(inputs["timesteps"][0] == 900.0) is (row == 0):
                    raise error
                return [inputs["latents"]]

        split._sessions[HALVES] = Halves(Failing(lambda rows: rows))
        return split

    @pytest.mark.parametrize("row", [0, 1])
    def test_a_broken_graph_is_named(self, split: OnnxModel, row: int) -> None:
        """As in one call."""
        with pytest.raises(EngineError, match=r"denoiser.onnx can't be run: broken") as caught:
            step(self.failing(split, row, failures.Fail("broken")), 2)
        assert ErrorCode.BAD_BUNDLE == caught.value.code
        split.unload()

    @pytest.mark.parametrize("row", [0, 1])
    def test_too_little_memory_is_told_as_such(self, split: OnnxModel, row: int) -> None:
        """Also that of the second thread."""
        with pytest.raises(OutOfMemory):
            step(self.failing(split, row, MemoryError()), 2)
        split.unload()

    @pytest.mark.parametrize("row", [0, 1])
    @pytest.mark.usefixtures("two_cores")
    def test_a_short_while_without_memory_is_survived(self, bundle: Bundle, row: int) -> None:
        """The model is unloaded, and the step is made again."""
        model = PlacedModel(
            bundle, ["cpu"], lambda *where: self.failing(OnnxModel(*where), row, MemoryError())
        )
        assert step(OnnxModel(bundle, "cpu"), 2).tolist() == step(model, 2).tolist()


class TestEnd:
    """No thread stays."""

    def test_unloading_ends_the_thread(self, split: OnnxModel, opened: list[int | None]) -> None:
        """The model goes on after it."""
        before = second_threads()
        first = step(split, 2)
        split.unload(keep=[GraphName.DENOISER])
        assert 1 == len(second_threads() - before)
        held = split._sessions[HALVES]  # the thread would end without it, but later
        split.unload()
        assert second_threads() <= before
        del held
        assert first.tolist() == step(split, 2).tolist()
        assert [1, 1] == opened
        split.unload()

    @pytest.mark.parametrize("batch", [0, 2])
    @pytest.mark.usefixtures("two_cores")
    def test_a_model_that_is_let_go_takes_its_thread_along(self, bundle: Bundle, batch: int) -> None:
        """Also one that never ran."""
        before = second_threads()
        model = open_model(bundle, "cpu")
        assert isinstance(model, OnnxModel)
        if batch:
            step(model, batch)
        started = second_threads() - before
        gone = weakref.ref(model)
        del model
        assert gone() is None
        for thread in started:
            thread.join(PATIENCE)
        assert batch // 2 == len(started)
        assert second_threads() <= before
