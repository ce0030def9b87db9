"""A bundle run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, NoReturn

import onnxruntime

from engine.errors import EngineError, ErrorCode
from engine.models.bundle import Bundle
from engine.models.devices import CPU, PROVIDERS, available_devices, refuse_device
from engine.models.footprint import denoiser_bytes
from engine.models.graph_model import OUTPUTS, GraphModel, Inputs
from engine.models.halves import Halves, halves_pay, splits
from engine.models.interface import Float32
from engine.models.manifest import TOKENIZER, GraphName
from engine.models.memory import OutOfMemory, give_back_memory, says_out_of_memory
from engine.models.session import RUNTIME_FAILURES, first_line, open_session, run_options
from engine.models.tokenizer import PromptTokenizer


class _Form(NamedTuple):
    """One way in which a graph is open."""

    graph: GraphName
    in_halves: bool


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
        self._has_halves = halves_pay(denoiser_bytes(bundle, device), device)
        self._sessions: dict[_Form, onnxruntime.InferenceSession | Halves] = {}
        # A small denoiser runs again within milliseconds, with as much memory.
        self._kept = None if self._has_halves else _Form(GraphName.DENOISER, in_halves=False)
        self._run_options = run_options(device)

    def open_all(self) -> None:
        """Open what most requests need, so that the first needn't wait. Raises EngineError."""
        for graph in self.bundle.graphs.keys() - {GraphName.STUDENT}:
            self._session(_Form(graph, in_halves=self._has_halves and graph is GraphName.DENOISER))

    def unload(self, keep: Collection[str] = ()) -> None:
        """Give the memory of every network back but those of ``keep``."""
        self._close([form for form in self._sessions if form.graph not in keep])

    def _close(self, forms: Collection[_Form]) -> None:
        for form in forms:
            session = self._sessions.pop(form)
            if isinstance(session, Halves):
                session.close()
            del session
        if forms:
            give_back_memory()

    def _session(self, form: _Form) -> onnxruntime.InferenceSession | Halves:
        """A graph, open; a denoiser in one form at a time, whose weights would be in memory twice."""
        if form not in self._sessions:
            self._close([other for other in self._sessions if other.graph is form.graph])
            self._sessions[form] = self._open(form)
        return self._sessions[form]

    def _open(self, form: _Form) -> onnxruntime.InferenceSession | Halves:
        path = self.bundle.path(form.graph)
        if form.in_halves:
            return Halves(open_session(path, self.device, 1))
        return open_session(path, self.device)

    def _form(self, graph: GraphName, inputs: Inputs) -> _Form:
        """The form in which to run a graph: a denoiser in halves for what it can split, and from then on.

        Where a take's guidance ends, its last steps run on one core: with AudioLDM-S in int8 each takes 0.2 s
        longer, and opening the other form would take 0.5 s and 210 MB.
        """
        if not self._has_halves or graph is not GraphName.DENOISER:
            return _Form(graph, in_halves=False)
        halves = _Form(graph, in_halves=True)
        return halves if splits(inputs) or halves in self._sessions else _Form(graph, in_halves=False)

    def _run(self, graph: GraphName, inputs: Inputs) -> Float32:
        """The one output of a graph. Raises EngineError: BAD_BUNDLE or OutOfMemory."""
        form = self._form(graph, inputs)
        session = self._session(form)
        options = None if form == self._kept else self._run_options
        try:
            (output,) = session.run([OUTPUTS[graph]], inputs, options)
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
