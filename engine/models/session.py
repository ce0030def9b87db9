"""One graph opened by ONNX Runtime, and what its failures mean."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from engine.errors import EngineError, ErrorCode
from engine.models.devices import CPU, PROVIDERS, available_devices, refuse_device, thread_count
from engine.models.memory import OutOfMemory, says_out_of_memory

# Each is a direct child of Exception, so they are named one by one. InvalidArgument is not among them:
# it is what the engine gets for feeding a graph wrongly. A provider that can't get its memory while it
# starts raises the plain RuntimeError, and an allocation in the bindings the plain MemoryError.
RUNTIME_FAILURES: tuple[type[Exception], ...] = (
    failures.EPFail,
    failures.Fail,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NoModel,
    failures.NoSuchFile,
    failures.NotImplemented,
    failures.RuntimeException,
    MemoryError,
    RuntimeError,
)
PROVIDER_OPTIONS: dict[str, dict[str, Any]] = {
    "cuda": {
        # Memory is asked for in the sizes that are needed, not in powers of two: the most that fits, fits.
        "arena_extend_strategy": "kSameAsRequested",
        # cuDNN is asked which kernel suits a convolution. By default every kernel is tried, again for each
        # new length of region, and with as much workspace as there is.
        "cudnn_conv_algo_search": "HEURISTIC",
        # fp32 keeps its 24 bits, which the limits of engine/install/verify.py take for granted.
        "use_tf32": "0",
    }
}


def open_session(path: Path, device: str, threads: int | None = None) -> onnxruntime.InferenceSession:
    """A session that runs on ``device``, a call of it on so many threads (None: one for each core).

    Raises EngineError: NO_DEVICE, BAD_BUNDLE, or OutOfMemory.
    """
    if not path.is_file():  # it was there when the bundle was checked
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"The model in {path.parent} was removed or moved while it was in use ({path.name} is gone); "
            "install it again, or use another one.",
        )
    if device == "cuda":
        load_cuda_libraries()
    provider = PROVIDERS[device]
    providers = [(provider, PROVIDER_OPTIONS.get(device, {}))]
    providers += [] if device == CPU else [(PROVIDERS[CPU], {})]
    try:
        # The runtime's own way back to the CPU would be silent, and would print.
        session = onnxruntime.InferenceSession(
            str(path), _options(device, threads), providers=providers, enable_fallback=0
        )
    except RUNTIME_FAILURES as error:
        if says_out_of_memory(error):
            raise OutOfMemory(device) from error
        # The bundle was checked: on another device than the CPU it is the device that fails.
        code = ErrorCode.BAD_BUNDLE if device == CPU else ErrorCode.NO_DEVICE
        said = first_line(error)
        raise EngineError(code, f"The model's file {path} can't be opened on {device}: {said}") from error
    # Without the device's libraries or driver, the runtime only warns and takes the CPU.
    if provider not in session.get_providers():
        refuse_device(device, [name for name in available_devices() if name != device])
    return session


@cache
def load_cuda_libraries() -> None:
    """Let the runtime find CUDA and cuDNN where pip put them, once; before 1.21 it can't, and need not.

    What it misses it prints, to the standard output, where commands print JSON; a session that can't do
    without says so itself.
    """
    preload = getattr(onnxruntime, "preload_dlls", None)
    if preload is not None:
        with redirect_stdout(sys.stderr):
            preload()


def run_options(device: str) -> onnxruntime.RunOptions:
    """Of a run after which the arena gives its memory back to the system."""
    options = onnxruntime.RunOptions()
    if device == CPU:
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def _options(device: str, threads: int | None) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or thread_count()
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors; warnings about a model's making are not for its users
    # Of 10.24 s with AudioLDM-S in fp32, the decoder took 540 to 600 MB and the vocoder 310 to 420 beside
    # their weights without an arena (glibc's heap falls to pieces), 240 and 170 with one, in the same time.
    # Weights are kept out of it, so that it can be given back: then 20 and 30 MB stay after a run, for 2 %
    # more time.
    options.enable_cpu_mem_arena = device == CPU
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    # Patterns of its use would be those of one length of sound, and made no step faster that could be
    # measured, but would keep 150 MB of AudioLDM-S. DirectML forbids them anyway.
    options.enable_mem_pattern = False
    # Threads that spin while they wait take the cores from the other graphs' threads and from the DAW:
    # beside one busy process on two cores, everything took twice as long with it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def first_line(error: Exception) -> str:
    """What a runtime failure says, without the lines that are for its developers."""
    return str(error).strip().partition("\n")[0][:300]
