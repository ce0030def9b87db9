"""Where a model runs, and what is found out only when it does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from engine.errors import EngineError, ErrorCode
from engine.models import devices, memory, session
from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from engine.models.placement import place_model
from tests.bundles import change_graph, make_tiny_bundle, reseal

MEL = np.zeros((1, 8, 64), np.float32)


class TestDevices:
    """Where a model can run."""

    def test_the_cpu_is_always_there(self, tmp_path: Path) -> None:
        """It is also what "auto" comes to where nothing else is."""
        bundle = load_bundle(make_tiny_bundle(tmp_path))
        assert OnnxModel(bundle, "cpu").encode_text(["x"]).shape == (1, 16)
        assert place_model(bundle).encode_text(["x"]).shape == (1, 16)

    @pytest.mark.parametrize("device", ["tpu", "", "CPU", "torch", "torch-tpu"])
    def test_a_device_that_is_not_there_lists_those_that_are(self, tmp_path: Path, device: str) -> None:
        """A named device is never replaced by another one."""
        bundle = load_bundle(make_tiny_bundle(tmp_path))
        with pytest.raises(EngineError) as caught:
            place_model(bundle, device)
        assert caught.value.code == ErrorCode.NO_DEVICE
        assert "auto" in caught.value.sentence
        assert "cpu" in caught.value.sentence

    @pytest.fixture
    def promised_cuda(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A runtime that was built for CUDA, on a machine that has none."""
        built_for = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: built_for)
        open_session = onnxruntime.InferenceSession

        def fall_back(path: str, options: object, providers: list[Any], **_: Any) -> Any:
            return open_session(path, options, providers=providers[-1:])

        monkeypatch.setattr(session.onnxruntime, "InferenceSession", fall_back)

    @pytest.mark.usefixtures("promised_cuda")
    def test_a_device_that_does_not_work_is_refused(self, tmp_path: Path) -> None:
        """The runtime's own silent way back to the CPU is noticed."""
        asked = place_model(load_bundle(make_tiny_bundle(tmp_path)), "cuda")
        with pytest.raises(EngineError) as caught:
            asked.encode_text(["x"])
        assert caught.value.code == ErrorCode.NO_DEVICE

    @pytest.mark.usefixtures("promised_cuda")
    def test_auto_takes_the_next_device(self, tmp_path: Path) -> None:
        """Automatic choice means one that works."""
        assert place_model(load_bundle(make_tiny_bundle(tmp_path)), "auto").device == "cpu"

    @pytest.mark.usefixtures("promised_cuda")
    def test_cuda_computes_fp32_in_full(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """And tries no kernels for each new length; the CPU that stands behind it has no such options."""
        given = []
        refuse = session.onnxruntime.InferenceSession

        def note(path: str, options: object, providers: list[Any], **more: Any) -> Any:
            given.append(dict(providers))
            return refuse(path, options, providers=providers, **more)

        monkeypatch.setattr(session.onnxruntime, "InferenceSession", note)
        with pytest.raises(EngineError):
            session.open_session(make_tiny_bundle(tmp_path) / "vocoder.onnx", "cuda")
        (providers,) = given
        cuda = providers["CUDAExecutionProvider"]
        assert ("0", "HEURISTIC") == (cuda["use_tf32"], cuda["cudnn_conv_algo_search"])
        assert {} == providers["CPUExecutionProvider"]

    @pytest.mark.usefixtures("promised_cuda")
    def test_cudas_libraries_are_loaded_before_it_is_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Once, and what the runtime prints about them stays out of what a command prints."""
        loads = []

        def preload() -> None:
            loads.append("libraries")
            print("Failed to load libcudnn.so.9")

        monkeypatch.setattr(onnxruntime, "preload_dlls", preload, raising=False)
        session.load_cuda_libraries.cache_clear()
        path = make_tiny_bundle(tmp_path) / "vocoder.onnx"
        session.open_session(path, "cpu")
        assert not loads
        for _ in range(2):
            with pytest.raises(EngineError):
                session.open_session(path, "cuda")
        assert ["libraries"] == loads
        assert ("", "Failed to load libcudnn.so.9\n") == capsys.readouterr()

    @pytest.mark.usefixtures("promised_cuda")
    def test_a_runtime_that_loads_nothing_itself_will_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As those before 1.21: the device is asked for, and refused for its own reasons."""
        monkeypatch.delattr(onnxruntime, "preload_dlls", raising=False)
        session.load_cuda_libraries.cache_clear()
        with pytest.raises(EngineError) as caught:
            session.open_session(make_tiny_bundle(tmp_path) / "vocoder.onnx", "cuda")
        assert ErrorCode.NO_DEVICE == caught.value.code

    def test_threads_are_no_more_than_the_cores(self) -> None:
        """More threads than cores only wait for each other."""
        assert 1 <= devices.thread_count() <= (os.cpu_count() or 1)

    def test_the_runtimes_own_way_back_is_off(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """A provider that fails while it starts raises: the CPU is not taken instead, nothing is printed."""
        path = make_tiny_bundle(tmp_path) / "vocoder.onnx"
        real = session.open_session(path, "cpu")
        assert real._enable_fallback is False
        assert capfd.readouterr() == ("", "")


class TestTorch:
    """What is known of torch without importing it."""

    @pytest.fixture
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A torch of which there is nothing but what is looked at; its file that tells its build."""
        spec = SimpleNamespace(origin=str(tmp_path / "torch" / "__init__.py"))
        (tmp_path / "torch").mkdir()
        monkeypatch.setattr(
            devices.importlib.util, "find_spec", lambda name: spec if name == "torch" else None
        )
        monkeypatch.setattr(devices.sys, "platform", "linux")
        monkeypatch.setattr(devices.ctypes, "CDLL", lambda _name: None)
        return tmp_path / "torch" / "version.py"

    def test_none_without_an_installation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Then its devices are not there."""
        monkeypatch.setattr(devices.importlib.util, "find_spec", lambda _name: None)
        assert not any(name.startswith("torch") for name in devices.available_devices())

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("cuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n", {"torch-cuda", "torch-cpu"}),
            ('cuda = "11.8"\nhip = None\n', {"torch-cuda", "torch-cpu"}),
            ("cuda: Optional[str] = None\nhip: Optional[str] = None\n", {"torch-cpu"}),
            ("cuda: Optional[str] = None\nhip: Optional[str] = '6.2'\n", {"torch-cpu"}),
            ("__version__ = '2.4.0'\n", {"torch-cpu"}),
        ],
    )
    def test_its_file_tells_what_it_was_built_for(
        self, installed: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: set[str]
    ) -> None:
        """CUDA counts where its driver is, ROCm where its device is."""
        installed.write_text(text)
        monkeypatch.setattr(devices, "_ROCM_DRIVER", installed.parent / "no-kfd")
        assert expected == {name for name in devices.available_devices() if name.startswith("torch")}

    def test_cuda_without_a_driver_is_none(self, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Most Linux machines with torch have no such GPU."""

        def refuse(_name: str) -> None:
            raise OSError("libcuda.so.1: cannot open shared object file")

        installed.write_text("cuda: Optional[str] = '12.8'\n")
        monkeypatch.setattr(devices.ctypes, "CDLL", refuse)
        assert "torch-cuda" not in devices.available_devices()

    def test_a_mac_has_its_gpu(self, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Those with Apple's own processors."""
        installed.write_text("cuda: Optional[str] = None\n")
        monkeypatch.setattr(devices.sys, "platform", "darwin")
        for machine, expected in (("arm64", True), ("x86_64", False)):
            monkeypatch.setattr(devices.platform, "machine", lambda machine=machine: machine)
            assert expected == ("torch-mps" in devices.available_devices())


class TestMemory:
    """How much is left."""

    def test_the_cpu_has_what_the_system_has(self) -> None:
        """More than nothing, less than all."""
        assert 0 < (memory.free_bytes("cpu") or 0) <= memory.total_bytes()

    @pytest.mark.parametrize(
        ("prints", "expected"),
        [("echo 2048", 2**31), ("echo '[N/A]'", None), ("exit 9", None), ("true", None)],
    )
    def test_an_nvidia_gpu_is_asked_by_its_tool(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, expected: int | None
    ) -> None:
        """What it can't tell is not known, and then the device is tried."""
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f'#!/bin/sh\n[ "$1" = "--id=3" ] || exit 1\n{prints}\n')
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
        assert expected == memory.free_bytes("cuda") == memory.free_bytes("torch-cuda")

    def test_without_the_tool_it_is_not_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor of DirectML's devices."""
        monkeypatch.setenv("PATH", "")
        assert (None, None) == (memory.free_bytes("cuda"), memory.free_bytes("directml"))

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere allocators give memory back by themselves")
    def test_what_is_unloaded_goes_back_to_the_system(self, tmp_path: Path) -> None:
        """A model with 200 MB of weights, opened and unloaded: little of it stays."""
        folder = make_tiny_bundle(tmp_path)

        def fatten(graph: onnx.ModelProto) -> None:
            weights = np.random.default_rng(0).standard_normal((64, 800_000), np.float32)
            graph.graph.initializer.append(numpy_helper.from_array(weights, "fat"))
            graph.graph.node[-1].output[0] = "plain"
            graph.graph.node.append(helper.make_node("MatMul", ["mel", "fat"], ["wide"]))
            graph.graph.node.append(helper.make_node("ReduceMax", ["wide"], ["peak"], keepdims=0))
            graph.graph.node.append(helper.make_node("Min", ["plain", "peak"], ["waveform"]))

        change_graph(folder, "vocoder.onnx", fatten)
        done = subprocess.run(
            [sys.executable, "-c", UNLOADING, str(folder)], capture_output=True, check=True, text=True
        )
        empty, loaded, unloaded = map(int, done.stdout.split())
        assert loaded - empty > 150e6
        assert unloaded - empty < 0.2 * (loaded - empty)

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere allocators give memory back by themselves")
    def test_what_lies_between_is_given_back_too(self) -> None:
        """glibc keeps what is freed below something that is not; 200 MB in small blocks."""
        done = subprocess.run([sys.executable, "-c", TRIMMING], capture_output=True, check=True, text=True)
        freed, given_back = map(int, done.stdout.split())
        assert given_back < freed - 150e6


TRIMMING = """
import ctypes, psutil
from engine.models.memory import give_back_memory

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
blocks = [libc.malloc(65536) for _ in range(3200)]
for block in blocks:
    ctypes.memset(block, 1, 65536)
for block in blocks[:-1]:
    libc.free(block)
resident = lambda: psutil.Process().memory_info().rss
print(resident())
give_back_memory()
print(resident())
"""
UNLOADING = """
import pathlib, sys
import numpy as np, psutil
from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel

model = OnnxModel(load_bundle(pathlib.Path(sys.argv[1])))
resident = lambda: psutil.Process().memory_info().rss
model.decode_latents(model.encode_mel(np.zeros((1, 8, 64), np.float32)))
print(resident())
model.vocode(np.zeros((1, 8, 64), np.float32), 0, 0)
print(resident())
model.unload()
print(resident())
"""


class TestDamage:
    """What the checks before the start cannot see."""

    def test_a_graph_that_cannot_be_opened_is_named(self, tmp_path: Path) -> None:
        """An operator that the runtime does not know is told with the file."""
        folder = make_tiny_bundle(tmp_path)

        def misspell(graph: onnx.ModelProto) -> None:
            graph.graph.node[0].op_type = "Expp"

        change_graph(folder, "vocoder.onnx", misspell)
        with pytest.raises(EngineError) as caught:
            OnnxModel(load_bundle(folder)).open_all()
        assert caught.value.code == ErrorCode.BAD_BUNDLE
        assert "vocoder.onnx can't be opened on cpu" in caught.value.sentence
        assert "\n" not in caught.value.sentence

    def test_a_file_that_vanished_is_named(self, tmp_path: Path) -> None:
        """Graphs are opened late; by then the folder may be gone."""
        model = OnnxModel(load_bundle(make_tiny_bundle(tmp_path)))
        (tmp_path / "denoiser.onnx").unlink()
        with pytest.raises(
            EngineError, match=r"was removed or moved while it was in use \(denoiser.onnx is gone\)"
        ) as caught:
            model.open_all()
        assert caught.value.code == ErrorCode.BAD_BUNDLE

    def test_a_graph_that_fails_while_it_runs_is_named(self, tmp_path: Path) -> None:
        """A reshape that cannot be done for some input is the model's fault, not the engine's."""
        folder = make_tiny_bundle(tmp_path)

        def misfit(graph: onnx.ModelProto) -> None:
            for tensor in graph.graph.initializer:
                if tensor.dims == [5]:
                    shape = numpy_helper.to_array(tensor).copy()
                    shape[2] = 3
                    tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))

        change_graph(folder, "vae_encoder.onnx", misfit)
        with pytest.raises(EngineError) as caught:
            OnnxModel(load_bundle(folder)).encode_mel(MEL)
        assert caught.value.code == ErrorCode.BAD_BUNDLE
        assert "vae_encoder.onnx can't be run" in caught.value.sentence

    def test_too_little_memory_is_told_as_such(self, tmp_path: Path) -> None:
        """The way out of too little memory is a shorter region, not another model."""
        folder = make_tiny_bundle(tmp_path)

        def hoard(graph: onnx.ModelProto) -> None:
            graph.graph.node[-1].output[0] = "small"
            graph.graph.initializer.append(numpy_helper.from_array(np.array([2**17, 2**17, 2**12]), "huge"))
            graph.graph.initializer.append(numpy_helper.from_array(np.array([0, 1]), "axes"))
            graph.graph.node.append(helper.make_node("Expand", ["small_part", "huge"], ["large"]))
            graph.graph.node.append(helper.make_node("ReduceMax", ["large"], ["peak"], keepdims=0))
            graph.graph.node.append(helper.make_node("Mul", ["small", "peak"], ["waveform"]))
            first = helper.make_node("ReduceMax", ["mel"], ["small_part"], keepdims=0)
            graph.graph.node.insert(0, first)

        change_graph(folder, "vocoder.onnx", hoard)
        with pytest.raises(EngineError) as caught:
            OnnxModel(load_bundle(folder)).vocode(MEL, 0, 0)
        assert caught.value.code == ErrorCode.TOO_MUCH

    def test_a_tokenizer_that_is_none_is_refused(self, tmp_path: Path) -> None:
        """Any JSON is not a tokenizer."""
        folder = make_tiny_bundle(tmp_path)
        (folder / "tokenizer.json").write_text('{"model": null}')
        reseal(folder)
        with pytest.raises(EngineError, match=r"tokenizer.json is no tokenizer") as caught:
            OnnxModel(load_bundle(folder))
        assert caught.value.code == ErrorCode.BAD_BUNDLE
