"""Checkpoints written as int8 graphs come close to what torch computes with the same networks in float."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="needs torch, from the extra train")
pytest.importorskip("diffusers", reason="needs diffusers, from the extra oracle")
pytest.importorskip("transformers", reason="needs transformers, from the extra oracle")
pytestmark = pytest.mark.torch

import onnx  # noqa: E402 - after the skips
import onnxruntime  # noqa: E402

from engine.errors import EngineError, ErrorCode  # noqa: E402
from engine.install.calibrate import calibrate  # noqa: E402
from engine.install.checkpoint import Checkpoint, Network  # noqa: E402
from engine.install.hub_layout import read_hub_folder  # noqa: E402
from engine.install.integer_graph import write_integer_graphs, write_integer_network  # noqa: E402
from engine.install.integer_operations import IntegerOperations  # noqa: E402
from engine.install.integer_value import Kind  # noqa: E402
from engine.install.onnx_file import OnnxGraph  # noqa: E402
from engine.install.progress import Progress  # noqa: E402
from engine.install.range_recorder import RangeRecorder  # noqa: E402
from engine.install.ranges import Ranges  # noqa: E402
from engine.install.safetensors_file import StoredTensor, write_safetensors  # noqa: E402
from engine.networks.clap_audio import audio_encoder  # noqa: E402
from engine.networks.clap_text import text_encoder  # noqa: E402
from engine.networks.operations import Operations, V  # noqa: E402
from engine.networks.torch_operations import TorchOperations  # noqa: E402
from engine.networks.unet import denoiser  # noqa: E402
from engine.networks.vae import vae_decoder, vae_encoder  # noqa: E402
from engine.networks.vocoder import vocoder  # noqa: E402
from tests.checkpoints import CONDITION_WIDTH, LATENT_CHANNELS, N_MELS, make_checkpoint  # noqa: E402
from tests.engine.networks.claps import audio_config, make_audio_tower  # noqa: E402

Arrays = dict[str, NDArray[Any]]
Float32 = NDArray[np.float32]
# Root mean square of the difference from torch over that of torch's output. Tiny random networks are harder
# than trained ones: nothing in them averages out.
DISTANCES = {
    "text_encoder": 0.10,
    "audio_encoder": 0.10,
    "vae_encoder": 0.15,
    "vae_decoder": 0.10,
    "denoiser": 0.2,
    "vocoder": 0.15,
}
# Of the denoiser where the image is 50 times as large as what the blocks add to it; with fixed ranges, 1.
LOUD_DISTANCE = 0.25
# The same of a single layer: two or three roundings to 8 bits.
LAYER_DISTANCE = 0.02
# Of the calibration's sounds: enough for networks that are this small.
SECONDS = 0.64
BANDS = N_MELS // 4
NETWORK_OF = {
    "text_encoder": Network.TEXT_ENCODER,
    "vae_encoder": Network.VAE,
    "vae_decoder": Network.VAE,
    "denoiser": Network.UNET,
    "vocoder": Network.VOCODER,
    "audio_encoder": Network.AUDIO_ENCODER,
}
# Operators that multiply floats, and how many of them each graph may have: the ends of the networks, the
# small layers of time and text, attention with a bias (two products each).
FLOAT_PRODUCTS = {
    "text_encoder": 3 + 2,
    "audio_encoder": 3 + 9,
    "vae_encoder": 2,
    "vae_decoder": 2,
    "denoiser": 1 + 3,
    "vocoder": 1,
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Four levels, as published, and with an audio tower."""
    read = read_hub_folder(make_checkpoint(tmp_path_factory.mktemp("checkpoint") / "tiny", levels=4))
    tower = make_audio_tower(projection_dim=CONDITION_WIDTH)
    weights = {**read.weights, Network.AUDIO_ENCODER: tower.state_dict()}
    return replace(read, audio=audio_config(tower), weights=weights)


def calibrated(checkpoint: Checkpoint) -> tuple[list[Progress], Ranges]:
    """All news of a calibration and what it came to."""
    news, work = [], calibrate(checkpoint, SECONDS)
    while True:
        try:
            news.append(next(work))
        except StopIteration as end:
            return news, end.value


@pytest.fixture(scope="module")
def ranges(checkpoint: Checkpoint) -> Ranges:
    """What calibration sees of the checkpoint."""
    return calibrated(checkpoint)[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, checkpoint: Checkpoint, ranges: Ranges) -> Path:
    """The graphs."""
    path = tmp_path_factory.mktemp("int8")
    names = write_integer_graphs(checkpoint, ranges, path)
    assert sorted(file.name for file in path.iterdir()) == sorted(names)
    return path


def computed(path: Path, inputs: Arrays) -> Float32:
    """The output of a graph that must open without a word from the runtime."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 2
    result: Float32 = onnxruntime.InferenceSession(path, options).run(None, inputs)[0]
    return result


def in_torch(checkpoint: Checkpoint, graph: str, inputs: Arrays) -> Float32:
    """What the same network gives there in fp32."""
    ops = TorchOperations(checkpoint.weights[NETWORK_OF[graph]])
    networks = {
        "text_encoder": (text_encoder, checkpoint.text),
        "vae_encoder": (vae_encoder, checkpoint.vae),
        "vae_decoder": (vae_decoder, checkpoint.vae),
        "denoiser": (denoiser, checkpoint.unet),
        "vocoder": (vocoder, checkpoint.vocoder),
        "audio_encoder": (audio_encoder, checkpoint.audio),
    }
    network, config = networks[graph]
    with torch.no_grad():
        result: Float32 = network(ops, config, *map(torch.from_numpy, inputs.values())).numpy()
    return result


def distance(wanted: Float32, found: Float32) -> float:
    """Root mean square of the difference over that of what is wanted."""
    assert wanted.shape == found.shape
    assert np.float32 == found.dtype
    return float(np.sqrt(np.square(wanted - found).mean() / np.square(wanted).mean()))


def normal(*shape: int) -> Float32:
    """Numbers that are the same at each call."""
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def mel(batch: int, frames: int) -> Arrays:
    """For the encoder."""
    return {"mel": normal(batch, 1, frames, N_MELS) * 2 - 5}


def latents(batch: int, frames: int) -> Arrays:
    """For the decoder."""
    return {"latents": normal(batch, LATENT_CHANNELS, frames, BANDS)}


def noisy(batch: int, frames: int) -> Arrays:
    """For the denoiser, a time of its own for each of the batch."""
    times = np.array([901.0, 1.0, 333.5], np.float32)[:batch]
    condition = normal(batch, CONDITION_WIDTH)
    return {**latents(batch, frames), "timesteps": times, "condition": condition / np.linalg.norm(condition)}


def prompts(*lengths: int) -> Arrays:
    """For the text encoder, padded to the longest."""
    ids = np.random.default_rng(3).integers(4, 200, (len(lengths), max(lengths)))
    mask = (np.arange(max(lengths)) < np.array(lengths)[:, None]).astype(np.int64)
    return {"input_ids": np.where(mask, ids, 1), "attention_mask": mask}


CASES = [
    ("text_encoder", prompts(9)),
    ("text_encoder", prompts(5, 12, 2)),
    ("vae_encoder", mel(1, 64)),
    ("vae_encoder", mel(3, 20)),
    ("vae_decoder", latents(1, 24)),
    ("vae_decoder", latents(2, 5)),
    ("denoiser", noisy(2, 8)),
    ("denoiser", noisy(1, 40)),
    ("denoiser", noisy(3, 16)),
    ("vocoder", {"mel": normal(1, 30, N_MELS) * 2 - 5}),
    ("vocoder", {"mel": normal(2, 7, N_MELS) * 2 - 5}),
    ("audio_encoder", {"log_mel": normal(2, 1, 1001, N_MELS) * 10 - 40}),
]


@pytest.mark.parametrize(("graph", "inputs"), CASES)
def test_int8_is_close_to_what_torch_computes(
    folder: Path, checkpoint: Checkpoint, graph: str, inputs: Arrays
) -> None:
    """At any length and batch."""
    found = computed(folder / f"{graph}.onnx", inputs)
    assert distance(in_torch(checkpoint, graph, inputs), found) < DISTANCES[graph]


@pytest.mark.parametrize("graph", sorted(NETWORK_OF))
def test_nearly_all_products_are_of_bytes(folder: Path, graph: str) -> None:
    """What is left in float is counted, but for what a softmax weighs: that always is."""
    nodes = Counter(node.op_type for node in onnx.load(folder / f"{graph}.onnx").graph.node)
    assert nodes["Conv"] + nodes["MatMul"] - nodes["Softmax"] + nodes["Gemm"] <= FLOAT_PRODUCTS[graph]
    assert nodes["QLinearConv"] + nodes["MatMulIntegerToFloat"] > nodes["Conv"] + nodes["MatMul"] / 2


@pytest.mark.parametrize("network", [Network.UNET, Network.VAE])
def test_weights_take_little_more_than_a_byte(folder: Path, checkpoint: Checkpoint, network: Network) -> None:
    """A tiny checkpoint has larger ends in proportion than a published one, whose share is 0.26."""
    count = sum(weight.numel() for weight in checkpoint.weights[network].values())
    assert (folder / f"{network}.safetensors").stat().st_size < 1.5 * count


def test_attention_never_has_all_scores_of_a_vae(folder: Path, tmp_path: Path) -> None:
    """No more of them at a time than those of a sixteenth of the queries."""
    frames, bands = 64, 16
    options = onnxruntime.SessionOptions()
    options.enable_profiling, options.profile_file_prefix = True, str(tmp_path / "profile")
    session = onnxruntime.InferenceSession(folder / "vae_decoder.onnx", options)
    session.run(None, {"latents": normal(1, LATENT_CHANNELS, frames, bands)})
    events = json.loads(Path(session.end_profiling()).read_text())
    sizes = [
        int(event["args"]["output_size"])
        for event in events
        if event.get("args", {}).get("op_name") == "Softmax" and "output_size" in event["args"]
    ]
    tokens = frames * bands
    assert [4 * tokens * tokens // 16] * 16 == sizes


def test_louder_latents_are_as_close(folder: Path, checkpoint: Checkpoint) -> None:
    """What is not normalised is measured at run time: its size changes from one noise level to the next."""
    inputs = noisy(2, 16)
    inputs["latents"] = inputs["latents"] * np.float32(50)
    found = computed(folder / "denoiser.onnx", inputs)
    assert distance(in_torch(checkpoint, "denoiser", inputs), found) < LOUD_DISTANCE


def test_calibration_is_deterministic_and_tells_how_far_it_is(checkpoint: Checkpoint, ranges: Ranges) -> None:
    """The same checkpoint has the same ranges, to the last bit."""
    news, again = calibrated(checkpoint)
    assert ranges.to_json() == again.to_json()
    assert [progress.done for progress in news] == list(range(news[-1].total + 1))
    assert {"calibrating"} == {progress.stage for progress in news}


def test_ranges_survive_being_text(ranges: Ranges, checkpoint: Checkpoint) -> None:
    """They are kept beside an unfinished installation."""
    read = Ranges.from_json(ranges.to_json())
    assert ranges.to_json() == read.to_json()
    assert set(checkpoint.weights) == set(read.networks)


def test_a_missing_weight_is_named(checkpoint: Checkpoint, ranges: Ranges, tmp_path: Path) -> None:
    """And nothing is written."""
    unet = {
        k: v for k, v in checkpoint.weights[Network.UNET].items() if k != "mid_block.resnets.0.conv1.weight"
    }
    broken = replace(checkpoint, weights={**checkpoint.weights, Network.UNET: unet})
    with pytest.raises(EngineError, match=r"mid_block\.resnets\.0\.conv1\.weight") as caught:
        write_integer_network(broken, Network.UNET, ranges, tmp_path)
    assert ErrorCode.BAD_BUNDLE == caught.value.code
    assert [] == list(tmp_path.iterdir())


# Single layers, each in a graph of its own.


def normalised_conv(ops: Operations[V], x: V) -> V:
    """A convolution of what a normalisation made."""
    return ops.conv2d("layer", ops.group_norm("norm", x, groups=4, eps=1e-5, silu=True), padding=1)


LAYERS = {
    "normalised conv": (normalised_conv, (24, 8, 3, 3)),
    "strided conv": (lambda ops, x: ops.conv2d("layer", x, stride=2, padding=1), (24, 8, 3, 3)),
    "conv padded at the end": (lambda ops, x: ops.conv2d("layer", x, stride=2, pad_end=1), (24, 8, 3, 3)),
    "doubling conv": (lambda ops, x: ops.conv2d("layer", ops.upsample(x), padding=1), (24, 8, 3, 3)),
    "1x1 conv": (lambda ops, x: ops.conv2d("layer", x), (8, 8, 1, 1)),
    "conv to few channels": (lambda ops, x: ops.conv2d("layer", x, padding=1), (2, 8, 3, 3)),
    "conv of tokens": (
        lambda ops, x: ops.conv2d("layer", ops.to_image(ops.to_tokens(x), x), padding=1),
        (24, 8, 3, 3),
    ),
    "float conv": (lambda ops, x: ops.conv2d("conv_in", x, padding=1), (24, 8, 3, 3)),
}


@pytest.mark.parametrize("size", [(1, 8, 12, 6), (2, 8, 7, 4), (1, 8, 2, 2)])
@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_a_layer_of_images(tmp_path: Path, layer: str, size: tuple[int, ...]) -> None:
    """Every way in which a convolution is written is the same convolution."""
    write, kernel = LAYERS[layer]
    check_layer(tmp_path, write, kernel, normal(*size), Kind.IMAGE)


WAVES = {
    f"transposed by {stride} with {taps}": (
        lambda ops, mel, stride=stride, taps=taps: ops.conv_transpose1d(
            "layer", ops.mel_to_wave(mel), stride=stride, padding=(taps - stride) // 2
        ),
        (8, 20, taps),
    )
    for stride, taps in ((5, 16), (4, 16), (2, 8), (2, 4), (3, 3))
} | {
    "dilated": (
        lambda ops, mel: ops.conv1d("layer", ops.mel_to_wave(mel), padding=6, dilation=3),
        (20, 8, 5),
    ),
    "leaky": (
        lambda ops, mel: ops.conv1d(
            "layer",
            ops.leaky_relu(ops.conv1d("layer", ops.mel_to_wave(mel), padding=2), slope=0.1),
            padding=2,
        ),
        (8, 8, 5),
    ),
    "few": (lambda ops, mel: ops.conv1d("layer", ops.mel_to_wave(mel), padding=3), (1, 8, 7)),
}


@pytest.mark.parametrize("frames", [1, 9, 40])
@pytest.mark.parametrize("layer", sorted(WAVES))
def test_a_layer_of_waves(tmp_path: Path, layer: str, frames: int) -> None:
    """Transposed convolutions among them, at any length, to the last frame."""
    write, kernel = WAVES[layer]
    check_layer(tmp_path, write, kernel, normal(2, frames, 8), Kind.OTHER)


def check_layer(folder: Path, write: Any, kernel: tuple[int, ...], x: Float32, kind: Kind) -> None:
    """Calibrate, write and run one small network, and compare it with torch's."""
    rng = np.random.default_rng(7)
    out = kernel[1] if len(kernel) == 3 and kernel[0] != kernel[1] and kernel[1] == 20 else kernel[0]
    weight = (rng.standard_normal(kernel) * np.prod(kernel[1:]) ** -0.5).astype(np.float32)
    bias, ones = rng.standard_normal(out).astype(np.float32), np.ones(8, np.float32)
    weights = {f"{name}.weight": weight for name in ("layer", "conv_in")}
    weights |= {f"{name}.bias": bias for name in ("layer", "conv_in")}
    weights |= {"norm.weight": ones, "norm.bias": ones}
    recorder = RangeRecorder({key: torch.from_numpy(array) for key, array in weights.items()})
    with torch.no_grad():
        wanted = write(recorder, torch.from_numpy(x)).numpy()
    graph, stored = OnnxGraph("test"), dict[str, StoredTensor]()
    ops = IntegerOperations(graph, weights, recorder.ranges, stored)
    shape = ("batch", x.shape[1], "time", x.shape[3]) if kind is Kind.IMAGE else ("batch", "time", x.shape[2])
    made = write(ops, ops.input("x", "F32", shape, kind))
    ops.output(made, "y", tuple(f"size_{axis}" for axis in range(4)))
    graph.write(folder / "test.onnx", write_safetensors(folder / "weights.safetensors", stored.values(), {}))
    found = computed(folder / "test.onnx", {"x": x})
    assert distance(wanted, found.reshape(wanted.shape)) < LAYER_DISTANCE
