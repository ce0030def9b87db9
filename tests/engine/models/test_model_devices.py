"""Where a model runs, and what is found out only when it does."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from engine.errors import EngineError, ErrorCode
from engine.models import devices
from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from tests.bundles import change_graph, make_tiny_bundle, reseal

MEL = np.zeros((1, 8, 64), np.float32)


class TestDevices:
    """Where a model runs."""

    @pytest.mark.parametrize("device", ["cpu", "auto"])
    def test_the_cpu_is_always_there(self, tmp_path: Path, device: str) -> None:
        """It is also what "auto" ends with."""
        bundle = load_bundle(make_tiny_bundle(tmp_path))
        assert OnnxModel(bundle, device).encode_text(["x"]).shape == (1, 16)

    @pytest.mark.parametrize("device", ["tpu", "", "CPU"])
    def test_a_device_that_is_not_there_lists_those_that_are(self, tmp_path: Path, device: str) -> None:
        """A named device is never replaced by another one."""
        bundle = load_bundle(make_tiny_bundle(tmp_path))
        with pytest.raises(EngineError) as caught:
            OnnxModel(bundle, device)
        assert caught.value.code == ErrorCode.NO_DEVICE
        assert "auto" in caught.value.sentence
        assert "cpu" in caught.value.sentence

    @pytest.fixture
    def promised_cuda(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A runtime that was built for CUDA, on a machine that has none."""
        built_for = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: built_for)
        open_session = onnxruntime.InferenceSession

        def fall_back(path: str, options: object, providers: list[str]) -> onnxruntime.InferenceSession:
            return open_session(path, options, providers=providers[-1:])

        monkeypatch.setattr(devices.onnxruntime, "InferenceSession", fall_back)

    @pytest.mark.usefixtures("promised_cuda")
    def test_a_device_that_does_not_work_is_refused(self, tmp_path: Path) -> None:
        """The runtime's own silent way back to the CPU is noticed."""
        asked = OnnxModel(load_bundle(make_tiny_bundle(tmp_path)), "cuda")
        with pytest.raises(EngineError) as caught:
            asked.open_all()
        assert caught.value.code == ErrorCode.NO_DEVICE

    @pytest.mark.usefixtures("promised_cuda")
    def test_auto_takes_the_next_device(self, tmp_path: Path) -> None:
        """Automatic choice means one that works."""
        assert OnnxModel(load_bundle(make_tiny_bundle(tmp_path)), "auto").device == "cpu"

    def test_threads_are_no_more_than_the_cores(self) -> None:
        """More threads than cores only wait for each other."""
        assert 1 <= devices.thread_count() <= (os.cpu_count() or 1)


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
        with pytest.raises(EngineError, match=r"denoiser.onnx can't be opened") as caught:
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
