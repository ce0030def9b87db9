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
from engine.models.halves import Halves, halves_pay
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
        self._has_halves = halves_pay(bundle, device)
        self._sessions: dict[GraphName, onnxruntime.InferenceSession | Halves] = {}
        # The denoiser runs again at once, with as much memory.
        once = run_options(device)
        self._run_options: dict[GraphName, onnxruntime.RunOptions] = dict.fromkeys(bundle.graphs, once)
        del self._run_options[GraphName.DENOISER]

    def open_all(self) -> None:
        """Open what is still closed, so that the first request needn't wait. Raises EngineError."""
        for graph in self.bundle.graphs:
            if graph not in self._sessions:  # most requests are guided
                self._session(graph, in_halves=self._has_halves and graph is GraphName.DENOISER)

    def unload(self, keep: Collection[str] = ()) -> None:
        """Give the memory of every network back but those of ``keep``."""
        closing = [graph for graph in self._sessions if graph not in keep]
        for graph in closing:
            self._close(graph)
        if closing:
            give_back_memory()

    def _session(self, graph: GraphName, in_halves: bool = False) -> onnxruntime.InferenceSession | Halves:
        """The graph, open. A denoiser that is open in the other way is closed: one copy of weights is enough.

        AudioLDM-S in int8 opens in 0.4 s, the time of a guided step, and takes 210 MB. A take changes twice
        at most, where its guidance begins and where it ends.
        """
        if graph in self._sessions and isinstance(self._sessions[graph], Halves) is not in_halves:
            self.unload(self._sessions.keys() - {graph})
        if graph not in self._sessions:
            self._sessions[graph] = self._open(graph, in_halves)
        return self._sessions[graph]

    def _open(self, graph: GraphName, in_halves: bool) -> onnxruntime.InferenceSession | Halves:
        path = self.bundle.path(graph)
        planned = graph is GraphName.DENOISER
        session = open_session(path, self.device, 1 if in_halves else None, planned=planned)
        return Halves(session) if in_halves else session

    def _close(self, graph: GraphName) -> None:
        session = self._sessions.pop(graph)
        if isinstance(session, Halves):
            session.close()

    def _splits(self, graph: GraphName, inputs: Inputs) -> bool:
        """Whether to compute the two halves of this batch at the same time; uneven ones aren't worth it."""
        batch = len(next(iter(inputs.values())))
        return self._has_halves and graph is GraphName.DENOISER and batch > 0 and batch % 2 == 0

    def _run(self, graph: GraphName, inputs: Inputs) -> Float32:
        """The one output of a graph. Raises EngineError: BAD_BUNDLE or OutOfMemory."""
        session = self._session(graph, self._splits(graph, inputs))
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
