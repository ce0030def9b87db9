"""A bundle run by torch, against ONNX Runtime on the same files and against the checkpoint they came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from engine.errors import EngineError, ErrorCode  # noqa: E402
from engine.install.checkpoint import Checkpoint, Network  # noqa: E402
from engine.install.hub_layout import read_hub_folder  # noqa: E402
from engine.models import torch_model  # noqa: E402
from engine.models.bundle import Bundle  # noqa: E402
from engine.models.interface import Model  # noqa: E402
from engine.models.manifest import GraphName  # noqa: E402
from engine.models.memory import OutOfMemory  # noqa: E402
from engine.models.onnx_model import OnnxModel  # noqa: E402
from engine.models.torch_model import MAX_RECORDINGS, RecordedCalls, TorchModel  # noqa: E402
from tests.checkpoints import CONDITION_WIDTH  # noqa: E402
from tests.engine.networks.claps import audio_config, make_audio_tower  # noqa: E402
from tests.originals import make_float_bundle, open_original  # noqa: E402

# The largest difference over the wanted values' deviation. fp32: the order of sums. fp16: weights of 11 bits,
# computed with in fp32 here, where ONNX Runtime rounds after every node.
FP32_DISTANCE = 1e-4
FP16_DISTANCE = 5e-2
PROMPTS = ["a dog barks twice in a stone stairwell", ""]


@pytest.fixture(scope="module")
def checkpoint(hub_checkpoint: Callable[..., Path]) -> Checkpoint:
    """Two levels, and a tower that hears."""
    read = read_hub_folder(hub_checkpoint())
    tower = make_audio_tower(projection_dim=CONDITION_WIDTH)
    weights = {**read.weights, Network.AUDIO_ENCODER: tower.state_dict()}
    return replace(read, audio=audio_config(tower), weights=weights)


@pytest.fixture(scope="module")
def fp32(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_float_bundle(checkpoint, tmp_path_factory.mktemp("fp32"), "fp32")


@pytest.fixture(scope="module")
def fp16(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_float_bundle(checkpoint, tmp_path_factory.mktemp("fp16"), "fp16")


def normal(*shape: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# Each stage; 13 latent frames are no multiple of 2, and two sounds are one batch.
STAGES: dict[str, Callable[[Model], np.ndarray]] = {
    "encode_text": lambda model: model.encode_text(PROMPTS),
    "encode_sound": lambda model: model.encode_sound(normal(2, 1, 1001, 64) * 20 - 40),
    "encode_mel": lambda model: model.encode_mel(normal(2, 24, 64) * 3 - 6),
    "denoise": lambda model: model.denoise(
        normal(2, 8, 13, 16), np.array([901, 3], np.float32), normal(2, 32), np.ones(2, np.float32)
    ),
    "decode_latents": lambda model: model.decode_latents(normal(2, 8, 13, 16)),
    "vocode": lambda model: model.vocode(normal(2, 21, 64) * 3 - 6, 0, 0),
}


def distance(found: np.ndarray, wanted: np.ndarray) -> float:
    assert wanted.shape == found.shape
    assert wanted.dtype == found.dtype == np.float32
    return float(np.abs(found - wanted).max() / wanted.std())


@pytest.mark.parametrize("stage", STAGES)
def test_equals_onnx_runtime_on_the_same_files(fp32: Bundle, stage: str) -> None:
    """Both runtimes give one model: the same numbers, padded, cut and scaled alike."""
    found, wanted = (STAGES[stage](model) for model in (TorchModel(fp32, "torch-cpu"), OnnxModel(fp32)))
    assert distance(found, wanted) < FP32_DISTANCE


@pytest.mark.parametrize("stage", STAGES)
def test_a_bundle_is_its_checkpoint(fp32: Bundle, checkpoint: Checkpoint, stage: str) -> None:
    """What went through the bundle's files, turned and back, is exactly what went in."""
    np.testing.assert_allclose(
        STAGES[stage](TorchModel(fp32)), STAGES[stage](open_original(checkpoint)), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("stage", STAGES)
def test_half_precision_files_are_read(fp16: Bundle, checkpoint: Checkpoint, stage: str) -> None:
    """The CPU computes in fp32 what an fp16 bundle holds."""
    found, wanted = (STAGES[stage](model) for model in (TorchModel(fp16), open_original(checkpoint)))
    assert distance(found, wanted) < FP16_DISTANCE


def test_nothing_is_read_before_it_is_needed(fp32: Bundle) -> None:
    """A model opens at once; a stage's weights are read when it first runs."""
    model = TorchModel(fp32)
    assert set() == model.loaded
    STAGES["encode_text"](model)
    assert {GraphName.TEXT_ENCODER} == model.loaded
    model.open_all()
    assert set(GraphName) - {GraphName.STUDENT} == model.loaded


def test_a_model_without_ears_opens_without(hub_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """The audio encoder is left out where the checkpoint ships none."""
    model = TorchModel(make_float_bundle(read_hub_folder(hub_checkpoint()), tmp_path, "fp32"))
    model.open_all()
    assert set(GraphName) - {GraphName.AUDIO_ENCODER, GraphName.STUDENT} == model.loaded


def test_stages_are_unloaded_one_by_one(fp32: Bundle) -> None:
    """What is kept stays, the rest is given back, and what comes back is the same."""
    model = TorchModel(fp32)
    model.open_all()
    before = STAGES["denoise"](model)
    model.unload(keep=[GraphName.VAE_DECODER])
    assert {GraphName.VAE_DECODER} == model.loaded
    np.testing.assert_array_equal(STAGES["denoise"](model), before)


def test_a_stage_has_its_own_half_of_the_vae(fp32: Bundle) -> None:
    """Decoding needs no encoder in memory, though both lie in one file."""
    names = {name for name, _ in torch_model.read_weights(fp32.folder / "vae.safetensors", ("decoder.",))}
    assert names
    assert all(name.startswith("decoder.") for name in names)


@pytest.mark.parametrize(
    "failure",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("MPS backend out of memory (MPS allocated: 5.05 GB)"),
    ],
)
def test_too_little_memory_is_told_apart(
    fp32: Bundle, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """Every device's way to say it becomes one error, on which another device can take over."""

    def fails(*_: object) -> None:
        raise failure

    monkeypatch.setattr(torch_model, "compute_graph", fails)
    with pytest.raises(OutOfMemory) as caught:
        STAGES["decode_latents"](TorchModel(fp32))
    assert ErrorCode.TOO_MUCH == caught.value.code
    assert "torch-cpu" in caught.value.sentence


def test_any_other_failure_is_the_models(fp32: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that does not fit its weights names the file, in one line."""

    def fails(*_: object) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied\nException raised from meta")

    monkeypatch.setattr(torch_model, "compute_graph", fails)
    with pytest.raises(EngineError, match=r"vae\.safetensors.*multiplied") as caught:
        STAGES["decode_latents"](TorchModel(fp32))
    assert ErrorCode.BAD_BUNDLE == caught.value.code
    assert "Exception raised" not in caught.value.sentence


@pytest.mark.parametrize("device", ["cpu", "torch-tpu", "torch-cuda:7"])
def test_unknown_devices_are_refused(fp32: Bundle, device: str) -> None:
    """Only torch's own devices that are here; the sentence says which."""
    with pytest.raises(EngineError, match="torch-cpu") as caught:
        TorchModel(fp32, device)
    assert ErrorCode.NO_DEVICE == caught.value.code


def test_a_gpu_that_is_not_there_is_refused(fp32: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named device is never replaced silently."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EngineError) as caught:
        TorchModel(fp32, "torch-cuda")
    assert ErrorCode.NO_DEVICE == caught.value.code


def test_a_bundle_without_torch_files_is_refused(fp32: Bundle) -> None:
    """int8 bundles and the embedded one have nothing for torch."""
    bare = replace(fp32, manifest=replace(fp32.manifest, torch=None))
    with pytest.raises(EngineError, match="--precision fp16") as caught:
        TorchModel(bare)
    assert ErrorCode.NO_DEVICE == caught.value.code


def test_a_damaged_file_of_weights_is_named(tmp_path: Path) -> None:
    """Safetensors' own complaint becomes ours."""
    path = tmp_path / "unet.safetensors"
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(EngineError, match=r"unet\.safetensors") as caught:
        list(torch_model.read_weights(path, ("",)))
    assert ErrorCode.BAD_BUNDLE == caught.value.code


@pytest.mark.parametrize(
    ("device", "precision", "wanted"),
    [
        ("torch-cuda", "fp16", torch.float16),
        ("torch-cuda", "fp32", torch.float32),
        ("torch-mps", "fp16", torch.float16),
        ("torch-cpu", "fp16", torch.float32),
    ],
)
def test_precision_is_the_bundles_on_a_gpu(
    fp32: Bundle, monkeypatch: pytest.MonkeyPatch, device: str, precision: Any, wanted: Any
) -> None:
    """What was verified is what runs; the CPU has no fp16. The VAE's encoder is fp32 everywhere."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    bundle = replace(fp32, manifest=replace(fp32.manifest, precision=precision))
    model = TorchModel(bundle, device)
    assert wanted == model.dtype(GraphName.DENOISER)
    assert torch.float32 == model.dtype(GraphName.VAE_ENCODER)


def test_cuda_computes_fp32_in_full(fp32: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch's convolutions there would take TF32; a model on the CPU leaves the process as it was."""
    backends = torch.backends
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    before = backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32
    try:
        backends.cudnn.allow_tf32 = backends.cuda.matmul.allow_tf32 = True
        TorchModel(fp32, "torch-cpu")
        assert (True, True) == (backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32)
        TorchModel(fp32, "torch-cuda")
        assert (False, False) == (backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32)
    finally:
        backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32 = before


def test_only_cuda_records(fp32: Bundle) -> None:
    """The switch is refused where it would do nothing."""
    with pytest.raises(ValueError, match="Only CUDA"):
        TorchModel(fp32, recorded=True)


def test_recordings_are_kept_by_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """One recording for each shape, the oldest forgotten; every call gets its own inputs' result.

    The recording itself is replaced by one that computes: there is no GPU in a test.
    """
    recorded = []

    class Graph:
        def __init__(self, held: dict[str, Any], output: Any) -> None:
            self.held, self.output = held, output

        def replay(self) -> None:
            self.output.copy_(self.held["x"] * 2)

    def record(_: RecordedCalls, inputs: dict[str, Any]) -> tuple[Any, ...]:
        recorded.append(tuple(inputs["x"].shape))
        held = {name: tensor.clone() for name, tensor in inputs.items()}
        output = torch.empty_like(held["x"])
        return Graph(held, output), held, output

    monkeypatch.setattr(RecordedCalls, "_record", record)
    calls = RecordedCalls(lambda inputs: inputs["x"] * 2)
    for length in [3, 4, 3, 4, 5, 6, 7, 3]:
        x = torch.randn(length)
        torch.testing.assert_close(calls({"x": x}), x * 2, rtol=0, atol=0)
    assert [(3,), (4,), (5,), (6,), (7,), (3,)] == recorded
    assert MAX_RECORDINGS == 4
