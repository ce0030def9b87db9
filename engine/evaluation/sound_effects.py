"""Embeddings that were learnt from sound effects libraries: aiSFX (Ma and Lerch, ISMIR 2022).

Development only: code MIT, weights CC BY 4.0, from the package ``aisfx``, whose own requirements are years
old and not needed. Its file of weights is a ZIP archive of numbers beside a program that would name them;
the program is not run, since the numbers lie in the order of the network's layers.
"""

from __future__ import annotations

import importlib.util
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.audio.resample import resample
from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]

SAMPLE_RATE = 44_100
WINDOW, HOP, N_MELS = 2048, 1024, 96
BLOCK_FRAMES, BLOCK_HOP_FRAMES = 100, 50
WIDTHS = (64, 128, 256, 512)
# The largest value of the spectrograms it was trained on, as the package has it.
FULL_SCALE = 9.457798957824707
_TENSORS_A_BLOCK = 12  # two convolutions, then weight, bias, mean, variance and a count for each of two norms
_NORM_EPSILON = 1e-5
_QUIET = 1e-6


class SoundEffects:
    """The loaded network. Raises EngineError(NOT_FOUND) where the package is missing."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            _graph(_weights_file()), options, providers=["CPUExecutionProvider"]
        )

    def listen(self, waveform: Float32, rate: int = 16_000) -> Float32:
        """Mono, (frames,) -> embeddings of blocks of 2.3 s, (blocks, 512)."""
        found: Float32 = self._session.run(None, {"blocks": blocks(waveform, rate)})[0]
        return found


def blocks(waveform: Float32, rate: int) -> Float32:
    """Mono -> spectrogram blocks (blocks, 1, 100, 96); what does not fill a block more is left out, and a
    sound shorter than one is followed by silence."""
    spectrogram = log_spectrogram(waveform, rate)
    missing = BLOCK_FRAMES - len(spectrogram)
    padded = np.pad(spectrogram, ((0, max(0, missing)), (0, 0)))
    starts = range(0, len(padded) - BLOCK_FRAMES + 1, BLOCK_HOP_FRAMES)
    return np.stack([padded[start : start + BLOCK_FRAMES] for start in starts])[:, None]


def log_spectrogram(waveform: Float32, rate: int) -> Float32:
    """(mel_frames, 96): log10(1 + 10,000 power) over the largest it was trained with, at full scale."""
    peak = float(np.abs(waveform).max(initial=0.0))
    sound = waveform / peak if peak > _QUIET else waveform
    at_rate = resample(sound[:, None].astype(np.float32), rate, SAMPLE_RATE)[:, 0]
    padded = np.pad(at_rate, (WINDOW // 2, WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    count = 1 + at_rate.size // HOP
    spectrum = np.fft.rfft(frames[:count] * np.hanning(WINDOW), axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2) @ _mel_matrix().T
    return np.asarray(np.log10(1.0 + 1e4 * power) / FULL_SCALE, np.float32)


@lru_cache(maxsize=1)
def _mel_matrix() -> Float32:
    """(96, 1025): HTK triangles from 0 to 22,050 Hz, each of which sums to one."""
    mel = 1127.0 * np.log1p(np.linspace(0.0, SAMPLE_RATE / 2, WINDOW // 2 + 1) / 700.0)
    edges = np.linspace(0.0, mel[-1], N_MELS + 2)
    rising = (mel[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - mel[None]) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles / np.maximum(triangles.sum(axis=1, keepdims=True), _QUIET), np.float32)


def _weights_file() -> Path:
    found = importlib.util.find_spec("aisfx")
    if found is None or found.origin is None:
        raise EngineError(
            ErrorCode.NOT_FOUND,
            "The second embedding needs the development package aisfx: "
            "python -m pip install --no-deps aisfx==0.1.2.",
        )
    return Path(found.origin).parent / "models" / "checkpoint.pth"


def _graph(path: Path) -> bytes:
    """Four blocks of two convolutions; the mean over bands, the largest over time."""
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []
    value = "blocks"
    with zipfile.ZipFile(path) as archive:
        for number, width in enumerate(WIDTHS):
            for layer in range(2):
                weight, bias = _folded(archive, number, layer, width)
                names = [f"weight_{number}_{layer}", f"bias_{number}_{layer}"]
                constants += map(numpy_helper.from_array, (weight, bias), names)
                made = f"convolved_{number}_{layer}"
                nodes.append(helper.make_node("Conv", [value, *names], [made], pads=[1, 1, 1, 1]))
                value = f"positive_{number}_{layer}"
                nodes.append(helper.make_node("Relu", [made], [value]))
            if number < len(WIDTHS) - 1:
                nodes.append(
                    helper.make_node(
                        "MaxPool", [value], [f"pooled_{number}"], kernel_shape=[2, 2], strides=[2, 2]
                    )
                )
                value = f"pooled_{number}"
    nodes.append(helper.make_node("ReduceMean", [value], ["over_bands"], axes=[3], keepdims=0))
    nodes.append(helper.make_node("ReduceMax", ["over_bands"], ["embedding"], axes=[2], keepdims=0))
    given = helper.make_tensor_value_info("blocks", TensorProto.FLOAT, ["n", 1, BLOCK_FRAMES, N_MELS])
    taken = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", WIDTHS[-1]])
    graph = helper.make_graph(nodes, "aisfx", [given], [taken], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def _folded(archive: zipfile.ZipFile, number: int, layer: int, width: int) -> tuple[Float32, Float32]:
    """A convolution with its normalisation folded in: (width, before, 3, 3) and (width,)."""
    first = number * _TENSORS_A_BLOCK
    norm = first + 2 + 5 * layer
    kernel = _numbers(archive, first + layer).reshape(width, -1, 3, 3)
    scale, shift, mean, variance = (_numbers(archive, norm + place) for place in range(4))
    gain = scale / np.sqrt(variance + _NORM_EPSILON)
    return kernel * gain[:, None, None, None], shift - mean * gain


def _numbers(archive: zipfile.ZipFile, place: int) -> Float32:
    return np.frombuffer(archive.read(f"archive/data/{place}"), np.float32)
