"""A model run by torch: its networks as functions over weights, on a GPU in fp16 or on the CPU in fp32.

It reads the same files of weights as ONNX Runtime does for the same bundle, and does around the networks
what it does (``graph_model.py``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.errors import EngineError, ErrorCode
from engine.models.bundle import Bundle
from engine.models.devices import TORCH, refuse_device, thread_count
from engine.models.graph_model import GraphModel, Inputs
from engine.models.interface import Float32, ModelSpecification
from engine.models.manifest import TOKENIZER, GraphName
from engine.models.memory import OutOfMemory, give_back_memory, says_out_of_memory
from engine.models.tokenizer import PromptTokenizer
from engine.networks.architecture_file import Architecture, read_architecture
from engine.networks.clap_audio import audio_encoder
from engine.networks.clap_text import text_encoder
from engine.networks.torch_operations import TorchOperations
from engine.networks.unet import denoiser
from engine.networks.vae import vae_decoder, vae_encoder
from engine.networks.vocoder import vocoder

# Which network's weights each graph reads, and how the names of its part of them begin.
PARTS: Mapping[GraphName, tuple[str, tuple[str, ...]]] = {
    GraphName.TEXT_ENCODER: ("text_encoder", ("",)),
    GraphName.VAE_ENCODER: ("vae", ("encoder.", "quant_conv.")),
    GraphName.VAE_DECODER: ("vae", ("decoder.", "post_quant_conv.")),
    GraphName.DENOISER: ("unet", ("",)),
    GraphName.VOCODER: ("vocoder", ("",)),
    GraphName.AUDIO_ENCODER: ("audio_encoder", ("",)),
}
# How often a function runs before it is recorded: torch's own advice, so that workspaces exist.
WARM_UPS = 3
# Recordings kept: a job has two lengths (whole windows and a last one), guided and not.
MAX_RECORDINGS = 4

# The weights of one graph by their hub names, (out, in) for linear layers.
ReadWeights = Callable[[GraphName], Iterator[tuple[str, Tensor]]]
Compute = Callable[[Mapping[str, Tensor]], Tensor]


class NetworkModel(GraphModel):
    """Networks of the given sizes and weights (``Model`` in ``interface.py``).

    Each graph's weights are read when it is first needed. dtype: of everything but the VAE's encoder,
    which stays in fp32: only the rest of the published networks was judged safe in fp16. recorded:
    whether the denoiser's steps are CUDA graphs, see ``RecordedCalls``.
    """

    def __init__(
        self,
        specification: ModelSpecification,
        tokenizer: PromptTokenizer,
        architecture: Architecture,
        read_weights: ReadWeights,
        *,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        recorded: bool = False,
    ) -> None:
        if recorded and torch.device(device).type != "cuda":
            raise ValueError(f"Only CUDA records its calls, {device} does not.")
        super().__init__(specification, tokenizer)
        self._architecture = architecture
        self._read_weights = read_weights
        self._device = torch.device(device)
        if self._device.type == "cuda":
            compute_fp32_in_full()
        self._dtype = dtype
        self._recorded = recorded
        self._loaded: dict[GraphName, Compute] = {}

    @property
    def loaded(self) -> set[GraphName]:
        """The graphs whose weights are in memory."""
        return set(self._loaded)

    def dtype(self, graph: GraphName) -> torch.dtype:
        """What a graph computes in."""
        return torch.float32 if graph is GraphName.VAE_ENCODER else self._dtype

    def open_all(self) -> None:
        """Read what was not read yet, so that the first request needn't wait. Raises EngineError."""
        for graph in self._graphs():
            self._load(graph)

    def unload(self, keep: Collection[str] = ()) -> None:
        """Give the memory of every network back but those of ``keep``."""
        if self._loaded.keys() - set(keep):
            self._loaded = {graph: self._loaded[graph] for graph in self._loaded if graph in keep}
            self._give_back()

    def _graphs(self) -> list[GraphName]:
        has_ears = self._architecture.audio_encoder is not None
        return [graph for graph in PARTS if has_ears or graph is not GraphName.AUDIO_ENCODER]

    def _run(self, graph: GraphName, inputs: Inputs) -> Float32:
        """The one output of a graph. Raises EngineError: BAD_BUNDLE or OutOfMemory."""
        try:
            with torch.inference_mode():
                compute = self._load(graph)
                given = {name: self._to_device(array) for name, array in inputs.items()}
                output: Float32 = compute(given).to("cpu", torch.float32).numpy()
        except RuntimeError as error:  # all of torch's failures, OutOfMemoryError among them
            self._refuse_run(graph, error)
        return output

    def _load(self, graph: GraphName) -> Compute:
        if graph not in self._loaded:
            dtype = self.dtype(graph)
            weights = Weights(self._file(graph))
            for name, weight in self._read_weights(graph):
                weights[name] = _channels_last(weight.to(self._device, dtype))
            ops = TorchOperations(weights, device=self._device, dtype=dtype)
            self._loaded[graph] = self._computing(graph, ops)
        return self._loaded[graph]

    def _computing(self, graph: GraphName, ops: TorchOperations) -> Compute:
        def compute(inputs: Mapping[str, Tensor]) -> Tensor:
            return compute_graph(graph, ops, self._architecture, inputs)

        is_recorded = self._recorded and graph is GraphName.DENOISER
        return RecordedCalls(compute) if is_recorded else compute

    def _to_device(self, array: np.ndarray) -> Tensor:
        # Torch can't share what must not be written.
        return _channels_last(torch.from_numpy(np.require(array, requirements=["C", "W"])).to(self._device))

    def _give_back(self) -> None:
        give_back_memory()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()

    def _refuse_run(self, graph: GraphName, error: RuntimeError) -> NoReturn:
        if isinstance(error, torch.OutOfMemoryError) or says_out_of_memory(error):
            self._give_back()
            raise OutOfMemory(f"{TORCH}{self._device.type}") from error
        said = str(error).strip().partition("\n")[0][:300]  # the rest is for torch's developers
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"The model's file {self._file(graph)} can't be run by torch: {said}"
        ) from error

    def _file(self, graph: GraphName) -> object:
        return f"of {PARTS[graph][0]}"


class TorchModel(NetworkModel):
    """A bundle that has ``torch`` in its manifest.

    device: "torch-cuda", "torch-mps" or "torch-cpu". GPUs compute in the precision of the bundle, which
    was verified; the CPU in fp32. bf16 there takes 0.6 of the time on a processor made for it (Zen 4, one
    guided step of the S denoiser) and is off by 1.4 % in each step: int8 by ONNX Runtime is the faster way
    to be off. Raises EngineError(NO_DEVICE or BAD_BUNDLE), and later OutOfMemory when the device has too
    little memory for a step.
    """

    def __init__(self, bundle: Bundle, device: str = "torch-cpu", *, recorded: bool = False) -> None:
        _check_device(device)
        files = bundle.manifest.torch
        if files is None:
            raise EngineError(
                ErrorCode.NO_DEVICE,
                f"The model {bundle.specification.name} was installed without what torch reads; "
                "install it with --precision fp16, or use another device.",
            )
        is_half = bundle.manifest.precision == "fp16" and device != "torch-cpu"
        super().__init__(
            bundle.specification,
            PromptTokenizer(bundle.folder / TOKENIZER, bundle.manifest.text),
            read_architecture(bundle.folder / files.architecture),
            self._from_file,
            device=device.removeprefix(TORCH),
            dtype=torch.float16 if is_half else torch.float32,
            recorded=recorded,
        )
        self.bundle = bundle
        self.device = device
        self._weights = {name: bundle.folder / file for name, file in files.weights.items()}

    def _from_file(self, graph: GraphName) -> Iterator[tuple[str, Tensor]]:
        return read_weights(self._file(graph), PARTS[graph][1])

    def _file(self, graph: GraphName) -> Path:
        network = PARTS[graph][0]
        if network not in self._weights:
            raise EngineError(
                ErrorCode.BAD_BUNDLE, f"The model in {self.bundle.folder} has no weights of its {network}."
            )
        return self._weights[network]


class Weights(dict[str, Tensor]):
    """Weights by name; a missing one is a broken model, not a broken program."""

    def __init__(self, file: object) -> None:
        super().__init__()
        self._file = file

    def __missing__(self, name: str) -> NoReturn:
        raise EngineError(ErrorCode.BAD_BUNDLE, f"The model's file {self._file} lacks the weight {name}.")


class RecordedCalls:
    """A function of tensors whose kernels are recorded once for each set of shapes and then replayed.

    Takes the time of starting some thousand kernels from a step, which is most of it for a small UNet
    on a fast GPU. Never run on a GPU yet, so nothing turns it on; measure before anything does.
    """

    def __init__(self, function: Compute) -> None:
        self._function = function
        self._recordings: dict[
            tuple[object, ...], tuple[torch.cuda.CUDAGraph, dict[str, Tensor], Tensor]
        ] = {}

    def __call__(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The function's result, valid until the next call."""
        shapes = tuple((name, *tensor.shape) for name, tensor in inputs.items())
        if shapes not in self._recordings:
            while len(self._recordings) >= MAX_RECORDINGS:
                del self._recordings[next(iter(self._recordings))]
            self._recordings[shapes] = self._record(inputs)
        graph, held, output = self._recordings[shapes]
        for name, tensor in inputs.items():
            held[name].copy_(tensor)
        graph.replay()
        return output

    def _record(self, inputs: Mapping[str, Tensor]) -> tuple[torch.cuda.CUDAGraph, dict[str, Tensor], Tensor]:
        held = {name: tensor.clone() for name, tensor in inputs.items()}
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                self._function(held)
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            output = self._function(held)
        return graph, held, output


def compute_graph(
    graph: GraphName, ops: TorchOperations, sizes: Architecture, inputs: Mapping[str, Tensor]
) -> Tensor:
    """The output of one of a bundle's graphs; inputs by the names of ``engine/models/README.md``."""
    if graph is GraphName.TEXT_ENCODER:
        return text_encoder(ops, sizes.text_encoder, inputs["input_ids"], inputs["attention_mask"])
    if graph is GraphName.VAE_ENCODER:
        return vae_encoder(ops, sizes.vae, inputs["mel"])
    if graph is GraphName.VAE_DECODER:
        return vae_decoder(ops, sizes.vae, inputs["latents"])
    if graph is GraphName.DENOISER:
        return denoiser(ops, sizes.unet, inputs["latents"], inputs["timesteps"], inputs["condition"])
    if graph is GraphName.VOCODER:
        return vocoder(ops, sizes.vocoder, inputs["mel"])
    if sizes.audio_encoder is None:
        raise ValueError("This model has no audio encoder.")
    return audio_encoder(ops, sizes.audio_encoder, inputs["log_mel"])


def read_weights(path: Path, beginnings: tuple[str, ...]) -> Iterator[tuple[str, Tensor]]:
    """Each weight of a bundle's file whose name begins so, mapped from the file, linear ones turned back.

    Raises EngineError(BAD_BUNDLE).
    """
    try:
        with safe_open(path, framework="pt") as file:
            turned = set(json.loads((file.metadata() or {}).get("input_first", "[]")))
            for name in file.keys():  # noqa: SIM118 - it is no dict
                if name.startswith(beginnings):
                    weight = file.get_tensor(name)
                    yield name, weight.T if name in turned else weight
    except (SafetensorError, OSError, ValueError) as error:
        raise EngineError(ErrorCode.BAD_BUNDLE, f"The model's file {path} can't be read: {error}.") from error


def compute_fp32_in_full() -> None:
    """What is fp32 keeps its 24 bits on NVIDIA's GPUs; else convolutions would round it to TF32's 11.

    For the whole process: the limits of ``engine/install/verify.py`` are those of fp32, and the VAE's
    encoder is fp32 in fp16 bundles because it needs to be. Takes nothing from what is fp16.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def _channels_last(tensor: Tensor) -> Tensor:
    """Images in the order that convolutions compute them fastest in; anything else as it is."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


def _check_device(device: str) -> None:
    """Raises EngineError(NO_DEVICE)."""
    here = {"torch-cuda": torch.cuda.is_available(), "torch-mps": torch.backends.mps.is_available()}
    usable = [name for name, is_here in here.items() if is_here] + ["torch-cpu"]
    if device not in usable:
        refuse_device(device, usable)
    if device == "torch-cpu":
        torch.set_num_threads(thread_count())
