"""A tiny model for tests: valid, deterministic, built from ONNX nodes alone, and honest in what it does.

- The VAE is a lossless rearrangement: a patch of ``time_factor`` x ``band_factor`` mel entries becomes
  the channels of one latent entry, centred and scaled. Decoding an encoded mel gives the mel back.
- The denoiser is the exact one for data that is Gaussian around a mean which depends on the prompt, so
  samplers converge, every prediction type agrees, and different prompts give different sounds. What
  lies beyond ``sounding_seconds`` tends to silence.
- The vocoder adds one sinusoid for each band, whose frequency is a multiple of the frame rate: phases
  are continuous, a frame's sound depends on its own mel alone, and loud bands are heard at their place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tokenizers
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engine.audio.mel import LOG_FLOOR, SILENCE, MelParameters, mel_matrix
from engine.models.bundle import seal_bundle

EMBEDDING = 16
MAX_TOKENS = 64
NOISE_CHANNELS = 4
NOISE_GAIN = 1e-4  # of the vocoder's noise input: heard in a comparison, not in a test of level
MEL_CENTRE, MEL_SPREAD = -6.0, 2.0  # a latent entry is (mel - centre) / spread
DATA_DEVIATION = 0.3  # of the Gaussian data around each prompt's mean, in latents
PROMPT_REACH = 6.0  # how far prompts lie apart

MANIFEST: dict[str, Any] = {
    "name": "tiny",
    "kind": "audioldm",
    "description": "A model for tests.",
    "sample_rate": 16_000,
    "mel": {
        "sample_rate": 16_000,
        "n_fft": 1024,
        "win_length": 1024,
        "hop_length": 160,
        "n_mels": 64,
        "f_min": 0.0,
        "f_max": 8_000.0,
    },
    "latents": {
        "channels": 16,
        "time_factor": 4,
        "band_factor": 4,
        "multiple": 2,
        "window_frames": 64,
        "shortest_frames": 8,
    },
    "schedule": {
        "train_steps": 1000,
        "beta_start": 0.0015,
        "beta_end": 0.0195,
        "beta_schedule": "scaled_linear",
        "prediction": "v_prediction",
    },
    "scale_factor": 1.25,
    "defaults": {"sampler": "dpm", "steps": 4, "guidance": 2.0, "guidance_low": 0.0},
    "licence": "CC0-1.0",
    "attribution": "ATTRIBUTION.md",
    "precision": "fp32",
    "margins": {"vocoder_frames": 0, "decoder_frames": 0},
    "text": {"max_tokens": MAX_TOKENS, "pad_id": 0},
    "graphs": {
        "text_encoder": "text_encoder.onnx",
        "vae_encoder": "vae_encoder.onnx",
        "vae_decoder": "vae_decoder.onnx",
        "denoiser": "denoiser.onnx",
        "vocoder": "vocoder.onnx",
        "audio_encoder": None,
    },
    "ranking": None,
    "provenance": None,
    "measured": {},
    "torch": None,
}


STUDENT: dict[str, Any] = {"sampler": "ddim", "steps": 2, "guidance": 1.0, "guidance_low": 0.0}
STUDENTS_REACH = 0.5


class Graph:
    """ONNX nodes being written down; each call returns the name of its output."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def __call__(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def whole(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def save(self, folder: Path, inputs: dict[str, tuple], outputs: dict[str, tuple]) -> None:
        """Write the model; a shape that starts with "ids" is of int64, all others are of float32."""
        graph = helper.make_graph(
            self.nodes, self.name, _values(inputs), _values(outputs), initializer=self.constants
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        (folder / f"{self.name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def _values(ports: dict[str, tuple]) -> list[onnx.ValueInfoProto]:
    kinds = {
        name: TensorProto.INT64 if shape[-1] == "tokens" else TensorProto.FLOAT
        for name, shape in ports.items()
    }
    return [helper.make_tensor_value_info(name, kinds[name], shape) for name, shape in ports.items()]


# What its audio encoder hears: CLAP's bands, but two seconds instead of ten.
RANKING: dict[str, Any] = {
    "sample_rate": 48_000,
    "n_fft": 1024,
    "hop_length": 480,
    "n_mels": 64,
    "f_min": 50.0,
    "f_max": 14_000.0,
    "seconds": 2.0,
}


def make_tiny_bundle(
    folder: Path,
    *,
    sounding_input: bool = True,
    noise_input: bool = True,
    hears: bool = False,
    quick: bool = False,
    **overrides: Any,
) -> Path:
    """Write a bundle into ``folder`` (made if it is not there) and return it; with ``hears`` it ranks.

    ``quick``: it has a student, whose prompts lie half as far apart, so that one hears which of them it was.

    overrides: keys of the manifest; objects are merged with the usual ones, so that
    ``latents={"multiple": 8}`` changes just that. The graphs follow the resulting geometry, in which
    ``channels`` must be ``time_factor * band_factor``, or that over a square number: then the VAE
    averages over as many entries of a mel, and is not lossless.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _merged(MANIFEST, overrides)
    _save_text_encoder(folder)
    _save_vae(folder, manifest)
    _save_denoiser(folder, manifest, sounding_input)
    if quick:
        _save_denoiser(folder, manifest, sounding_input, "student", STUDENTS_REACH)
        manifest = _merged(manifest, {"graphs": {"student": "student.onnx"}, "student": STUDENT})
    _save_vocoder(folder, manifest, noise_input)
    if hears:
        _save_audio_encoder(folder)
        manifest = _merged(manifest, {"graphs": {"audio_encoder": "audio_encoder.onnx"}, "ranking": RANKING})
    _save_tokenizer(folder)
    (folder / manifest["attribution"]).write_text("Made by a test.\n")
    seal_bundle(folder, manifest)
    return folder


def change_manifest(folder: Path, **overrides: Any) -> None:
    """Rewrite ``manifest.json`` with some keys changed and nothing checked; None removes a key."""
    path = folder / "manifest.json"
    changed = _merged(json.loads(path.read_text()), overrides)
    removed = {key for key, value in overrides.items() if value is None}
    path.write_text(json.dumps({key: value for key, value in changed.items() if key not in removed}))


def reseal(folder: Path) -> None:
    """Make the manifest agree with the files as they are by now, with nothing else checked."""
    values = json.loads((folder / "manifest.json").read_text())
    for name, entry in values["files"].items():
        content = (folder / name).read_bytes()
        entry.update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    (folder / "manifest.json").write_text(json.dumps(values))


def change_graph(folder: Path, name: str, change: Callable[[onnx.ModelProto], object]) -> None:
    """Alter a graph and reseal, so that only what the graph asks for can be wrong."""
    model = onnx.load(folder / name, load_external_data=False)
    change(model)
    (folder / name).write_bytes(model.SerializeToString())
    reseal(folder)


def _merged(values: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, value in overrides.items():
        inner = merged.get(key)
        merged[key] = {**inner, **value} if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _save_tokenizer(folder: Path) -> None:
    """One token for each byte, and the marks that RoBERTa's tokenizer has, too."""
    marks = ["<pad>", "<s>", "</s>", "<unk>"]
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(marks + letters)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    # What the engine must replace: published tokenizers come with habits like these.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8, pad_id=3, pad_token="<unk>")
    tokenizer.save(str(folder / "tokenizer.json"))


def _save_text_encoder(folder: Path) -> None:
    """The masked mean of word vectors, each turned by its position, so that order counts."""
    rng = np.random.default_rng(1)
    graph = Graph("text_encoder")
    words = graph("Gather", graph.constant(rng.normal(size=(260, EMBEDDING))), "input_ids")
    length = graph("Squeeze", graph("Shape", "input_ids", start=1, end=2))
    places = graph("Range", graph.constant(0, np.int64), length, graph.constant(1, np.int64))
    turns = graph("Gather", graph.constant(rng.normal(size=(MAX_TOKENS, EMBEDDING))), places)
    mask = graph("Unsqueeze", graph("Cast", "attention_mask", to=TensorProto.FLOAT), graph.whole(2))
    states = graph("Mul", graph("Mul", words, turns), mask)
    total = graph("ReduceSum", states, graph.whole(1), keepdims=0)
    graph("Div", total, graph("ReduceSum", mask, graph.whole(1), keepdims=0), output="text_embeds")
    tokens = ("batch", "tokens")
    graph.save(folder, {"input_ids": tokens, "attention_mask": tokens}, {"text_embeds": ("batch", EMBEDDING)})


def _save_audio_encoder(folder: Path) -> None:
    """The mean spectrum, turned into the space of the text vectors: no two sounds lie at one place."""
    frames, n_mels = 1 + 2 * 48_000 // 480, RANKING["n_mels"]
    graph = Graph("audio_encoder")
    spectrum = graph("ReduceMean", "log_mel", axes=[1, 2], keepdims=0)
    turns = np.random.default_rng(4).normal(size=(n_mels, EMBEDDING))
    graph("MatMul", spectrum, graph.constant(turns), output="audio_embeds")
    heard = {"log_mel": ("batch", 1, frames, n_mels)}
    graph.save(folder, heard, {"audio_embeds": ("batch", EMBEDDING)})


def _geometry(manifest: dict[str, Any]) -> tuple[int, int, int, int]:
    """channels, time_factor, band_factor, bands."""
    latents, n_mels = manifest["latents"], manifest["mel"]["n_mels"]
    channels, time_factor, band_factor = latents["channels"], latents["time_factor"], latents["band_factor"]
    return channels, time_factor, band_factor, n_mels // band_factor


def _averaged(manifest: dict[str, Any]) -> int:
    """How many mel frames and bands the VAE takes for one."""
    channels, time_factor, band_factor, _ = _geometry(manifest)
    side = round((time_factor * band_factor / channels) ** 0.5)
    assert channels * side**2 == time_factor * band_factor, "the tiny VAE rearranges and averages squares"
    return side


def _save_vae(folder: Path, manifest: dict[str, Any]) -> None:
    channels, time_factor, band_factor, bands = _geometry(manifest)
    n_mels, side = manifest["mel"]["n_mels"], _averaged(manifest)
    time_factor, band_factor = time_factor // side, band_factor // side
    mel, latents = ("batch", 1, "mel_frames", n_mels), ("batch", channels, "latent_frames", bands)
    graph = Graph("vae_encoder")
    centred = graph("Div", graph("Sub", "mel", graph.constant(MEL_CENTRE)), graph.constant(MEL_SPREAD))
    if side > 1:
        centred = graph("AveragePool", centred, kernel_shape=[side, side], strides=[side, side])
    split = graph("Reshape", centred, graph.whole(0, -1, time_factor, bands, band_factor))
    mean = graph(
        "Reshape", graph("Transpose", split, perm=[0, 2, 4, 1, 3]), graph.whole(0, channels, -1, bands)
    )
    log_variance = graph("Sub", graph("Mul", mean, graph.constant(0.0)), graph.constant(10.0))
    graph("Concat", mean, log_variance, axis=1, output="moments")
    graph.save(folder, {"mel": mel}, {"moments": ("batch", 2 * channels, "latent_frames", bands)})
    graph = Graph("vae_decoder")
    split = graph("Reshape", "latents", graph.whole(0, time_factor, band_factor, -1, bands))
    merged = graph("Transpose", split, perm=[0, 3, 1, 4, 2])
    joined = graph("Reshape", merged, graph.whole(0, 1, -1, n_mels // side))
    if side > 1:
        joined = graph("Resize", joined, "", graph.constant([1.0, 1.0, side, side]), mode="nearest")
    widened = graph("Mul", joined, graph.constant(MEL_SPREAD))
    graph("Add", widened, graph.constant(MEL_CENTRE), output="mel")
    graph.save(folder, {"latents": latents}, {"mel": mel})


def alphas_cumprod(schedule: dict[str, Any]) -> NDArray[np.float64]:
    """(train_steps,) of a manifest's schedule."""
    power = 0.5 if schedule["beta_schedule"] == "scaled_linear" else 1.0
    ends = np.array([schedule["beta_start"], schedule["beta_end"]]) ** power
    return np.cumprod(1.0 - np.linspace(*ends, schedule["train_steps"]) ** (1.0 / power))


def _save_denoiser(
    folder: Path, manifest: dict[str, Any], sounding_input: bool, name: str = "denoiser", reach: float = 1.0
) -> None:
    channels, time_factor, _, bands = _geometry(manifest)
    latents = ("batch", channels, "latent_frames", bands)
    graph = Graph(name)
    index = graph("Cast", "timesteps", to=TensorProto.INT64)
    table = graph.constant(alphas_cumprod(manifest["schedule"]))
    alpha_bar = graph("Reshape", graph("Gather", table, index), graph.whole(-1, 1, 1, 1))
    mean = graph("Mul", _prompt_mean(graph, manifest), graph.constant(reach))
    if sounding_input:
        seconds = time_factor * manifest["mel"]["hop_length"] / manifest["sample_rate"]
        mean = _silence_after(graph, mean, seconds, manifest["scale_factor"])
    outputs = _predictions(graph, alpha_bar, mean)
    graph("Identity", outputs[manifest["schedule"]["prediction"]], output="prediction")
    inputs = {"latents": latents, "timesteps": ("batch",), "condition": ("batch", EMBEDDING)}
    if sounding_input:
        inputs["sounding_seconds"] = ("batch",)
    graph.save(folder, inputs, {"prediction": latents})


def _prompt_mean(graph: Graph, manifest: dict[str, Any]) -> str:
    """(batch, channels, 1, bands): the mean of the data under a condition, the same at every time."""
    channels, _, _, bands = _geometry(manifest)
    spectra = np.random.default_rng(2).normal(size=(EMBEDDING, 1, 1, bands)) * PROMPT_REACH / EMBEDDING**0.5
    table = np.broadcast_to(spectra, (EMBEDDING, channels, 1, bands)).reshape(EMBEDDING, -1)
    bounded = graph("Tanh", graph("MatMul", "condition", graph.constant(table)))
    mean = graph("Mul", bounded, graph.constant(PROMPT_REACH / 3.0))
    return graph("Reshape", mean, graph.whole(-1, channels, 1, bands))


def _silence_after(graph: Graph, mean: str, latent_seconds: float, scale_factor: float) -> str:
    """The mean, but silence in latent frames that start after ``sounding_seconds``."""
    frames = graph("Squeeze", graph("Shape", "latents", start=2, end=3))
    times = graph("Range", graph.constant(0, np.int64), frames, graph.constant(1, np.int64))
    seconds = graph("Mul", graph("Cast", times, to=TensorProto.FLOAT), graph.constant(latent_seconds))
    end = graph("Reshape", "sounding_seconds", graph.whole(-1, 1, 1, 1))
    sounds = graph("Less", graph("Reshape", seconds, graph.whole(1, 1, -1, 1)), end)
    silence = (SILENCE - MEL_CENTRE) / MEL_SPREAD * scale_factor
    return graph("Where", sounds, mean, graph.constant(silence))


def _predictions(graph: Graph, alpha_bar: str, mean: str) -> dict[str, str]:
    """The best estimate of z0, of the noise, and of v, for data of DATA_DEVIATION around ``mean``."""
    root = graph("Sqrt", alpha_bar)
    rest = graph("Sub", graph.constant(1.0), alpha_bar)
    noise_root = graph("Sqrt", rest)
    variance = graph("Mul", alpha_bar, graph.constant(DATA_DEVIATION**2))
    trust = graph("Div", graph("Mul", root, graph.constant(DATA_DEVIATION**2)), graph("Add", variance, rest))
    surprise = graph("Sub", "latents", graph("Mul", root, mean))
    sample = graph("Add", mean, graph("Mul", trust, surprise))
    eps = graph("Div", graph("Sub", "latents", graph("Mul", root, sample)), noise_root)
    v = graph("Sub", graph("Mul", root, eps), graph("Mul", noise_root, sample))
    return {"sample": sample, "epsilon": eps, "v_prediction": v}


def _save_vocoder(folder: Path, manifest: dict[str, Any], noise_input: bool) -> None:
    parameters = MelParameters(**manifest["mel"])
    n_mels, hop = parameters.n_mels, parameters.hop_length
    graph = Graph("vocoder")
    level = graph("Sub", graph("Exp", "mel"), graph.constant(LOG_FLOOR))
    pieces = graph("MatMul", level, graph.constant(_sinusoids(parameters)))
    if noise_input:
        weights = np.random.default_rng(3).normal(size=(NOISE_CHANNELS, hop)) * NOISE_GAIN
        pieces = graph("Add", pieces, graph("MatMul", "noise", graph.constant(weights)))
    graph("Reshape", pieces, graph.whole(0, -1), output="waveform")
    inputs: dict[str, tuple] = {"mel": ("batch", "mel_frames", n_mels)}
    if noise_input:
        inputs["noise"] = ("batch", "mel_frames", NOISE_CHANNELS)
    graph.save(folder, inputs, {"waveform": ("batch", "frames")})


def _sinusoids(parameters: MelParameters) -> NDArray[np.float64]:
    """(n_mels, hop_length): a hop of each band's sinusoid, about as loud as its mel entry says."""
    matrix = mel_matrix(parameters)
    frame_rate = parameters.sample_rate / parameters.hop_length
    centres = matrix.argmax(axis=1) * parameters.sample_rate / parameters.n_fft
    turns = np.maximum(np.rint(centres / frame_rate), 1.0)[:, None]
    amplitude = 2.0 / parameters.win_length / np.maximum(matrix.max(axis=1), 1e-3)[:, None]
    phase = 2.0 * np.pi * turns * np.arange(parameters.hop_length) / parameters.hop_length
    return amplitude * np.sin(phase + np.arange(len(turns))[:, None])
