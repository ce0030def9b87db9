"""Which processor a model runs on: our names for ONNX Runtime's execution providers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import onnxruntime
import psutil
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from engine.errors import EngineError, ErrorCode
from engine.models.section import shorten

AUTO = "auto"
CPU = "cpu"
# In the order in which "auto" tries them. CoreML comes last because it takes graphs of free length
# apart into small pieces, which is slower than the processor alone; it is there for who asks for it.
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    CPU: "CPUExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
# Each is a direct child of Exception, so they are named one by one. InvalidArgument is not among them:
# it is what the engine gets for feeding a graph wrongly.
RUNTIME_FAILURES: tuple[type[Exception], ...] = (
    failures.EPFail,
    failures.Fail,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NoModel,
    failures.NoSuchFile,
    failures.NotImplemented,
    failures.RuntimeException,
)


def available_devices() -> list[str]:
    """The devices that this installation of ONNX Runtime was built for, best first."""
    built_for = onnxruntime.get_available_providers()
    return [device for device, provider in PROVIDERS.items() if provider in built_for]


def candidate_devices(wanted: str) -> list[str]:
    """What to try for a device's name, in order; "auto" ends with the CPU. Raises EngineError(NO_DEVICE)."""
    here = available_devices()
    if wanted == AUTO:
        return here[: here.index(CPU) + 1]
    if wanted not in here:
        refuse_device(wanted, here)
    return [wanted]


def refuse_device(wanted: str, here: list[str]) -> NoReturn:
    """Raises EngineError(NO_DEVICE) with what could be asked for instead."""
    raise EngineError(
        ErrorCode.NO_DEVICE,
        f"The device {shorten(wanted)} can't be used here; use {' or '.join([AUTO, *here])}.",
    )


def thread_count() -> int:
    """Physical cores, or fewer where this process may not use them all."""
    affinity = getattr(os, "sched_getaffinity", None)
    allowed = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def open_session(path: Path, device: str) -> onnxruntime.InferenceSession:
    """A session that runs on ``device``. Raises EngineError(NO_DEVICE or BAD_BUNDLE)."""
    provider = PROVIDERS[device]
    providers = [provider] if device == CPU else [provider, PROVIDERS[CPU]]
    try:
        session = onnxruntime.InferenceSession(str(path), _options(), providers=providers)
    except RUNTIME_FAILURES as error:
        # The bundle was checked: on another device than the CPU it is the device that fails.
        code = ErrorCode.BAD_BUNDLE if device == CPU else ErrorCode.NO_DEVICE
        said = first_line(error)
        raise EngineError(code, f"The model's file {path} can't be opened on {device}: {said}") from error
    # Without the device's libraries or driver, the runtime only warns and takes the CPU.
    if provider not in session.get_providers():
        refuse_device(device, [name for name in available_devices() if name != device])
    return session


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors; warnings about a model's making are not for its users
    # An arena, and patterns of its use, keep the longest region's memory for good: 280 MB instead of 150
    # after one of 30 s, for no measurable gain in speed. DirectML forbids patterns anyway.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # Threads that spin while they wait take the cores from the other graphs' threads and from the DAW:
    # beside one busy process on two cores, everything took twice as long with it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def first_line(error: Exception) -> str:
    """What a runtime failure says, without the lines that are for its developers."""
    return str(error).strip().partition("\n")[0][:300]
