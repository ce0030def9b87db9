"""A bundle run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

import onnxruntime

from engine.errors import EngineError, ErrorCode
from engine.models.bundle import Bundle
from engine.models.devices import CPU, PROVIDERS, available_devices, refuse_device
from engine.models.graph_model import OUTPUTS, GraphModel, Inputs
from engine.models.interface import Float32
from engine.models.manifest import TOKENIZER, GraphName
from engine.models.memory import OutOfMemory, give_back_memory, says_out_of_memory
from engine.models.session import RUNTIME_FAILURES, first_line, open_session, run_options
from engine.models.tokenizer import PromptTokenizer


class OnnxModel(GraphModel):
    """The graphs of a bundle, each opened when it is first needed (``Model`` in ``interface.py``).

    device: one of ONNX Runtime's, "cpu", "cuda", "directml" or "coreml". Raises EngineError(NO_DEVICE)
    for any other, and later OutOfMemory when it has too little memory for a step.
    """

    def __init__(self, bundle: Bundle, device: str = CPU) -> None:
        here = [name for name in available_devices() if name in PROVIDERS]
        if device not in here:
            refuse_device(device, here)
        super().__init__(
            bundle.specification,
            PromptTokenizer(bundle.folder / TOKENIZER, bundle.manifest.text),
            takes_seconds="sounding_seconds" in bundle.graphs[GraphName.DENOISER].inputs,
            noise_channels=_noise_channels(bundle),
        )
        self.bundle = bundle
        self.device = device
        self._sessions: dict[GraphName, onnxruntime.InferenceSession] = {}
        # The denoiser runs again at once, with as much memory.
        once = run_options(device)
        self._run_options: dict[GraphName, onnxruntime.RunOptions] = dict.fromkeys(bundle.graphs, once)
        del self._run_options[GraphName.DENOISER]

    def open_all(self) -> None:
        """Open what is still closed, so that the first request needn't wait. Raises EngineError."""
        for graph in self.bundle.graphs:
            self._session(graph)

    def unload(self, keep: Collection[str] = ()) -> None:
        """Give the memory of every network back but those of ``keep``."""
        if self._sessions.keys() - set(keep):
            self._sessions = {graph: self._sessions[graph] for graph in self._sessions if graph in keep}
            give_back_memory()

    def _session(self, graph: GraphName) -> onnxruntime.InferenceSession:
        if graph not in self._sessions:
            self._sessions[graph] = open_session(self.bundle.path(graph), self.device)
        return self._sessions[graph]

    def _run(self, graph: GraphName, inputs: Inputs) -> Float32:
        """The one output of a graph. Raises EngineError: BAD_BUNDLE or OutOfMemory."""
        session = self._session(graph)
        try:
            (output,) = session.run([OUTPUTS[graph]], inputs, self._run_options.get(graph))
        except RUNTIME_FAILURES as error:
            self._refuse_run(graph, error)
        result: Float32 = output
        return result

    def _refuse_run(self, graph: GraphName, error: Exception) -> NoReturn:
        if says_out_of_memory(error):
            raise OutOfMemory(self.device) from error
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"The model's file {self.bundle.path(graph)} can't be run: {first_line(error)}",
        ) from error

    def _file(self, graph: GraphName) -> Path:
        return self.bundle.path(graph)


def _noise_channels(bundle: Bundle) -> int:
    noise = bundle.graphs[GraphName.VOCODER].inputs.get("noise")
    return int(noise.shape[2]) if noise and noise.shape else 0
