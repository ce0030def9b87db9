"""Which device a model runs on, and what becomes of a job when that has too little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models import devices, footprint, placement, session, speeds
from engine.models.bundle import Bundle, load_bundle
from engine.models.interface import Float32, Model
from engine.models.manifest import GraphName
from engine.models.memory import OutOfMemory
from engine.models.onnx_model import OnnxModel
from engine.models.placement import PlacedModel, place_model
from engine.protocol.replies import Done
from engine.protocol.requests import Mode, NewSource, RenderRequest
from engine.render import render
from tests.bundles import change_manifest, make_tiny_bundle

MEL = np.zeros((1, 8, 64), np.float32)
# What the runtimes really say, shortened where they repeat themselves.
CUDA_CALL = (
    "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:121 std::conditional_t<THRW, void, " * 4
)
SHORTAGES = [
    failures.RuntimeException(
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
        "Name:'/up/conv' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* "
        "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*, bool, "
        "onnxruntime::WaitNotificationFn) Failed to allocate memory for requested buffer of size 1179648000"
    ),
    failures.Fail(
        f"[ONNXRuntimeError] : 1 : FAIL : {CUDA_CALL} CUDA failure 2: out of memory ; GPU=0 ; expr=x"
    ),
    RuntimeError(
        f"{CUDA_CALL} CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cublasCreate(&h);"
    ),
    failures.EPFail(
        f"[ONNXRuntimeError] : 11 : EP_FAIL : {CUDA_CALL} CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED"
    ),
    failures.RuntimeException(
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Exception during initialization: "
        "DmlCommittedResourceAllocator.cpp(22)\\onnxruntime.dll!00007FF8: Exception(3) tid(2b4) 8007000E "
        "Not enough memory resources are available to complete this operation."
    ),
    failures.Fail("[ONNXRuntimeError] : 1 : FAIL : E_OUTOFMEMORY"),
    failures.Fail("[ONNXRuntimeError] : 1 : FAIL : bad allocation"),
    failures.RuntimeException("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Status Message: std::bad_alloc"),
    MemoryError("Unable to allocate 4.00 GiB for an array with shape (32768, 32768) and data type float32"),
]


@pytest.fixture(autouse=True)
def own_home(home: Home) -> Home:
    """Measurements of this machine are not these tests'."""
    return home


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """The tiny one."""
    return load_bundle(make_tiny_bundle(tmp_path / "tiny"))


@dataclass
class Machine:
    """Devices that have room for so many steps of a stage: the tiny model behind each of them."""

    shortages: dict[tuple[str, str], int] = field(default_factory=dict)  # device, method -> how many fail
    broken: set[str] = field(default_factory=set)  # devices without a driver
    alone: set[tuple[str, str]] = field(default_factory=set)  # what works when nothing else is open
    ran: list[tuple[str, str]] = field(default_factory=list)
    open: dict[str, set[str]] = field(default_factory=dict)

    def open_on(self, bundle: Bundle, device: str) -> Model:
        """A model of this machine's."""
        if device in self.broken:
            raise EngineError(ErrorCode.NO_DEVICE, f"The device {device} has no driver.")
        self.open[device] = set()
        return Scarce(self, OnnxModel(bundle, "cpu"), device)  # type: ignore[return-value]


STAGES = {
    "encode_text": GraphName.TEXT_ENCODER,
    "encode_mel": GraphName.VAE_ENCODER,
    "denoise": GraphName.DENOISER,
    "decode_latents": GraphName.VAE_DECODER,
    "vocode": GraphName.VOCODER,
}


class Scarce:
    """A model on a device with little memory."""

    def __init__(self, machine: Machine, model: OnnxModel, device: str) -> None:
        self._machine, self._model, self._device = machine, model, device

    def unload(self, keep: Collection[str] = ()) -> None:
        """As a model does."""
        self._machine.open[self._device] &= set(keep)

    def __getattr__(self, name: str) -> Callable[..., Float32]:
        method, key, machine = getattr(self._model, name), (self._device, name), self._machine

        def step(*arguments: Any) -> Float32:
            opened = machine.open[self._device]
            opened.add(STAGES[name])
            if machine.shortages.get(key, 0) > 0:
                machine.shortages[key] -= 1
                raise OutOfMemory(self._device)
            if key in machine.alone and len(opened) > 1:
                raise OutOfMemory(self._device)
            machine.ran.append(key)
            result: Float32 = method(*arguments)
            return result

        return step


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """One with CUDA and a CPU, and with room enough by every estimate."""
    machine = Machine()
    monkeypatch.setattr(placement, "open_model", machine.open_on)
    monkeypatch.setattr(devices, "available_devices", lambda: ["cuda", "cpu"])
    monkeypatch.setattr(placement, "free_bytes", lambda _device: None)
    return machine


def placed(bundle: Bundle, machine: Machine, *on: str, is_named: bool = True) -> PlacedModel:
    """The model on these devices."""
    return PlacedModel(bundle, on, machine.open_on, is_named)


class TestShortage:
    """A device whose memory runs out."""

    def test_a_stage_moves_and_the_others_stay(self, bundle: Bundle, machine: Machine) -> None:
        """One sentence says so, once, and the device's name tells it from then on."""
        machine.shortages[("cuda", "vocode")] = 10**6
        model, plain = placed(bundle, machine, "cuda", "cpu"), OnnxModel(bundle, "cpu")
        assert "cuda" == model.device
        for _ in range(2):
            assert plain.vocode(MEL, 1, 0).tolist() == model.vocode(MEL, 1, 0).tolist()
            model.decode_latents(model.encode_mel(MEL))
        (notice,) = model.take_notices()
        assert (
            "The memory of cuda is not enough for the vocoder of tiny, which runs on cpu from here on."
            == notice
        )
        assert [] == model.take_notices()
        assert "cuda (vocoder on cpu)" == model.device
        assert {("cpu", "vocode"), ("cuda", "encode_mel"), ("cuda", "decode_latents")} == set(machine.ran)

    def test_the_rest_makes_room_first(self, bundle: Bundle, machine: Machine) -> None:
        """A stage that fits alone stays where it is, and the stages take turns from then on: no notice."""
        machine.alone = {("cuda", "vocode"), ("cuda", "denoise")}
        model = placed(bundle, machine, "cuda", "cpu")
        for _ in range(2):
            model.decode_latents(model.encode_mel(MEL))
            model.vocode(MEL, 1, 0)
            assert {GraphName.VOCODER} == machine.open["cuda"]
        assert ([], "cuda") == (model.take_notices(), model.device)

    def test_a_short_while_without_memory_is_survived(self, bundle: Bundle, machine: Machine) -> None:
        """On the only device there is: one retry."""
        machine.shortages[("cpu", "vocode")] = 1
        assert (1, 8 * 160) == placed(bundle, machine, "cpu").vocode(MEL, 1, 0).shape

    def test_the_last_device_says_what_to_do(self, bundle: Bundle, machine: Machine) -> None:
        """It is alone there from the start, so that nothing is gained by trying twice."""
        machine.shortages = {("cuda", "vocode"): 10**6, ("cpu", "vocode"): 10**6}
        model = placed(bundle, machine, "cuda", "cpu")
        model.encode_text(["x"])
        with pytest.raises(EngineError, match=r"memory of cpu is not enough.*shorter region") as caught:
            model.vocode(MEL, 1, 0)
        assert ErrorCode.TOO_MUCH == caught.value.code
        assert 10**6 - 1 == machine.shortages[("cpu", "vocode")]
        assert all(opened == set() for opened in machine.open.values())

    def test_a_device_with_the_same_memory_is_no_way_out(self, bundle: Bundle, machine: Machine) -> None:
        """Another runtime on the GPU that is full would fail, too."""
        machine.shortages[("cuda", "vocode")] = 10**6
        placed(bundle, machine, "cuda", "torch-cuda", "cpu").vocode(MEL, 1, 0)
        assert {("cpu", "vocode")} == set(machine.ran)

    def test_a_job_goes_on_where_it_was(
        self, bundle: Bundle, machine: Machine, home: Home, tmp_path: Path
    ) -> None:
        """Memory that runs out in the middle of denoising costs neither the steps before nor the take."""
        request = RenderRequest(
            "a", NewSource(16_000, 1, 16_000), "rain", mode=Mode.GENERATE, output=str(tmp_path / "cuda.wav")
        )
        model = placed(bundle, machine, "cuda", "cpu")
        steps = 0
        for reply in render(request, model, home):
            steps += getattr(reply, "stage", "") == "denoising"
            if steps == 2:
                machine.shortages[("cuda", "denoise")] = 10**6
        assert isinstance(reply, Done) and 4 == steps
        again = RenderRequest(**{**vars(request), "output": str(tmp_path / "cpu.wav")})
        list(render(again, OnnxModel(bundle, "cpu"), home))
        made, expected = (sf.read(tmp_path / name, dtype="int32")[0] for name in ("cuda.wav", "cpu.wav"))
        assert expected.tolist() == made.tolist()
        assert "cpu (text_encoder on cuda" in model.device

    @pytest.mark.parametrize("error", SHORTAGES, ids=lambda error: type(error).__name__)
    @pytest.mark.parametrize("when", ["opening", "running"])
    def test_it_is_known_by_what_the_runtimes_say(
        self, error: Exception, when: str, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also where that stands behind hundreds of characters of somebody's source code."""

        class FakeSession:
            def __init__(self, *_arguments: object, **_options: object) -> None:
                if when == "opening":
                    raise error

            def get_providers(self) -> list[str]:
                return ["CPUExecutionProvider"]

            def run(self, *_arguments: object) -> list[Float32]:
                raise error

        monkeypatch.setattr(session.onnxruntime, "InferenceSession", FakeSession)
        with pytest.raises(OutOfMemory):
            OnnxModel(bundle, "cpu").vocode(MEL, 1, 0)

    def test_other_failures_are_not_taken_for_it(
        self, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Though the runtime's source speaks of allocation everywhere."""
        error = failures.Fail("BFCArena::AllocateRawInternal(size_t) The arena was shut down.")

        def fail(*_arguments: object, **_options: object) -> None:
            raise error

        monkeypatch.setattr(session.onnxruntime, "InferenceSession", fail)
        with pytest.raises(EngineError) as caught:
            OnnxModel(bundle, "cpu").vocode(MEL, 1, 0)
        assert ErrorCode.BAD_BUNDLE == caught.value.code


class TestChoice:
    """Where a model is put."""

    def test_auto_takes_the_next_where_a_device_does_not_work(self, bundle: Bundle, machine: Machine) -> None:
        """That is found out when the model is loaded, not in the middle of a job."""
        machine.broken = {"cuda"}
        model = PlacedModel(bundle, ["cuda", "cpu"], machine.open_on, is_named=False)
        model.encode_text([""])
        assert ("cpu", []) == (model.device, model.take_notices())

    def test_a_named_device_that_does_not_work_is_an_error(self, bundle: Bundle, machine: Machine) -> None:
        """Not a slow surprise."""
        machine.broken = {"cuda"}
        with pytest.raises(EngineError, match="no driver") as caught:
            placed(bundle, machine, "cuda", "cpu").encode_text([""])
        assert ErrorCode.NO_DEVICE == caught.value.code

    @pytest.mark.usefixtures("machine")
    def test_auto_passes_over_what_is_too_small(
        self, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By an estimate, and says so, since somebody has paid for that device."""
        monkeypatch.setattr(placement, "free_bytes", lambda device: 10**8 if device == "cuda" else 10**11)
        model = place_model(bundle)
        (notice,) = model.take_notices()
        assert "cpu" == model.device
        assert "tiny does not run on cuda" in notice and "0.1 GB are free" in notice

    @pytest.mark.usefixtures("machine")
    @pytest.mark.parametrize("free", [10**8, 0])
    def test_the_last_device_is_tried_whatever_the_estimate(
        self, free: int, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An estimate may be wrong."""
        monkeypatch.setattr(placement, "free_bytes", lambda _device: free)
        assert "cpu" == place_model(bundle).device

    def test_stages_take_turns_where_only_one_fits(
        self, bundle: Bundle, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A device with room for the largest stage is still better than one without."""
        size = footprint.footprint(bundle, "cuda")
        monkeypatch.setattr(placement, "free_bytes", lambda _device: int(size.least * footprint.MARGIN) + 1)
        model = placed(bundle, machine, "cuda", "cpu")
        model.decode_latents(model.encode_mel(MEL))
        assert {GraphName.VAE_DECODER} == machine.open["cuda"]

    @pytest.mark.usefixtures("machine")
    def test_what_was_measured_decides(self, bundle: Bundle) -> None:
        """Over the usual order, for this model alone."""
        rows = [("tiny", "cuda", 1.0), ("tiny", "cpu", 2.0)]
        speeds.record_speeds([measured(*row) for row in rows])
        assert "cpu" == place_model(bundle).device
        speeds.record_speeds([measured("tiny", "cuda", 3.0)])
        assert "cuda" == place_model(bundle).device

    @pytest.mark.usefixtures("machine")
    def test_int8_runs_on_the_cpu_alone(self, bundle: Bundle) -> None:
        """Its operators have no other kernels."""
        change_manifest(bundle.folder, precision="int8")
        small = load_bundle(bundle.folder)
        assert "cpu" == place_model(small).device
        with pytest.raises(EngineError, match="--device auto or cpu") as caught:
            place_model(small, "cuda")
        assert ErrorCode.NO_DEVICE == caught.value.code

    def test_torch_needs_its_weights(self, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
        """A bundle without them never gets there."""
        monkeypatch.setattr(devices, "available_devices", lambda: ["torch-cuda", "cpu", "torch-cpu"])
        assert "cpu" == place_model(bundle).device
        with pytest.raises(EngineError, match="without torch weights"):
            place_model(bundle, "torch-cpu")


def measured(model: str, device: str, steps_per_second: float, **changed: str) -> speeds.Speed:
    """A measurement of today's."""
    usual = {"runtime": devices.runtime_version(device), "machine": speeds.this_machine()}
    fields = {"precision": "fp32", "measured": "2026-01-01", **usual, **changed}
    return speeds.Speed(model=model, device=device, steps_per_second=steps_per_second, **fields)


class TestSpeeds:
    """What was measured on this machine."""

    @pytest.mark.parametrize(
        ("known", "expected"),
        [
            ({}, ["cuda", "torch-cuda", "cpu"]),
            ({"cpu": 5.0}, ["cuda", "torch-cuda", "cpu"]),
            ({"cpu": 5.0, "cuda": 1.0}, ["cpu", "torch-cuda", "cuda"]),
            ({"torch-cuda": 9.0, "cuda": 7.0}, ["torch-cuda", "cuda", "cpu"]),
            ({"torch-cpu": 9.0}, ["cuda", "torch-cuda", "cpu", "torch-cpu"]),
            ({"torch-cpu": 9.0, "cpu": 7.0}, ["cuda", "torch-cuda", "torch-cpu", "cpu"]),
            ({"torch-cpu": 0.0, "cuda": 0.0, "cpu": 1.0}, ["cpu", "torch-cuda", "cuda"]),
        ],
    )
    def test_they_order_the_devices(self, known: dict[str, float], expected: list[str]) -> None:
        """The fastest first; what was not measured keeps its place, what failed comes last."""
        rows = [speeds.Speed("m", "fp32", device, speed, "", "", "") for device, speed in known.items()]
        here = ["cuda", "torch-cuda", "cpu", "torch-cpu"]
        assert expected == speeds.fastest_first(here, "m", "fp32", rows)
        assert ["cuda", "torch-cuda", "cpu"] == speeds.fastest_first(here, "m", "int8", rows)

    def test_they_are_kept(self) -> None:
        """The newest of each model and device."""
        speeds.record_speeds([measured("a", "cpu", 1.0), measured("b", "cpu", 2.0)])
        speeds.record_speeds([measured("a", "cpu", 3.0)])
        assert {("a", 3.0), ("b", 2.0)} == {(row.model, row.steps_per_second) for row in speeds.read_speeds()}

    @pytest.mark.parametrize("changed", [{"runtime": "onnxruntime 0.1"}, {"machine": "another"}])
    def test_other_versions_and_machines_do_not_count(self, changed: dict[str, str]) -> None:
        """A new runtime may be faster, and homes are shared."""
        speeds.record_speeds([measured("a", "cpu", 1.0, **changed)])
        assert [] == speeds.read_speeds()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "null",
            '{"version": 2, "rows": []}',
            '{"version": 1, "rows": {}}',
            '{"version": 1, "rows": [1, {}]}',
        ],
    )
    def test_a_damaged_file_counts_as_none(self, text: str) -> None:
        """It can be measured again."""
        speeds.speeds_path().write_text(text)
        assert [] == speeds.read_speeds()

    def test_a_damaged_row_costs_only_itself(self) -> None:
        """Types are looked at."""
        speeds.record_speeds([measured("a", "cpu", 1.0), measured("b", "cpu", 2.0)])
        content = json.loads(speeds.speeds_path().read_text())
        content["rows"][0]["steps_per_second"] = "fast"
        speeds.speeds_path().write_text(json.dumps(content))
        assert ["b"] == [row.model for row in speeds.read_speeds()]


def loaded_modules(program: str) -> set[str]:
    """What a Python of its own has imported after running ``program``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(' '.join(sys.modules))"],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(done.stdout.split())


def test_a_model_on_the_cpu_loads_no_torch(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by looking whether it is there: it takes seconds and hundreds of megabytes."""
    monkeypatch.setenv("TINY", str(bundle.folder))
    modules = loaded_modules(
        "import os, pathlib, engine.worker; tools = engine.worker.own_tools()\n"
        "from engine.models.devices import available_devices; available_devices()\n"
        "from engine.models.bundle import load_bundle\n"
        "from engine.models.placement import place_model\n"
        "place_model(load_bundle(pathlib.Path(os.environ['TINY']))).encode_text(['x'])"
    )
    assert "onnxruntime" in modules
    assert "torch" not in modules
