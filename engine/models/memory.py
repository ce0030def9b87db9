"""How much memory a device has left, how to tell that it had too little, and how to give some back."""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import subprocess
import sys

from engine.errors import EngineError, ErrorCode
from engine.models.resident import Memory

# What runtimes say when an allocation fails, in lower case. None of it is just "alloc": ONNX Runtime names
# the function ``AllocateRawInternal`` in the text of other failures, too.
SHORTAGES = (
    "failed to allocate memory",  # ONNX Runtime's arenas, on any device
    "bad allocation",  # the C++ runtime of Windows
    "bad_alloc",  # that of Linux and macOS
    "out of memory",  # torch: "CUDA out of memory", "MPS backend out of memory"; CUDA's own text
    "out_of_memory",  # names of codes: cudaErrorMemoryAllocation's, E_OUTOFMEMORY, CUDNN 9's
    "outofmemory",
    "cudaerrormemoryallocation",
    "alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED
    "8007000e",  # E_OUTOFMEMORY, as DirectML's failures give it
    "not enough memory",  # torch on the CPU
    "can't allocate memory",
    "cannot allocate memory",
)
# A driver that does not answer at once is broken, and a job waits.
_NVIDIA_SECONDS = 3.0


class OutOfMemory(EngineError):  # noqa: N818 - it is a device's state, and reads as such
    """A device had too little memory for one step; another one, or fewer networks in it, may have enough."""

    def __init__(self, device: str) -> None:
        super().__init__(
            ErrorCode.TOO_MUCH,
            f"The memory of {device} is not enough for this; use a shorter region or a smaller model.",
        )
        self.device = device


def says_out_of_memory(error: BaseException) -> bool:
    """Whether a runtime failed because an allocation did."""
    if isinstance(error, MemoryError):
        return True
    said = str(error).lower()
    return any(words in said for words in SHORTAGES)


def free_bytes(device: str) -> int | None:
    """What is left on a device, or None where it can't be known without using it."""
    if device in ("cuda", "torch-cuda"):
        return _free_on_nvidia()
    if device == "directml":
        return None
    import psutil  # the others compute in the system's memory

    return int(psutil.virtual_memory().available)


def total_bytes() -> int:
    """The system's memory."""
    import psutil

    return int(psutil.virtual_memory().total)


def system_memory(limit_gb: float = 0.0) -> Memory:
    """What models may take of the system's memory: so much, or half of it, which leaves the rest to a DAW."""
    limit = round(limit_gb * 1e9) or total_bytes() // 2
    return Memory(limit, lambda: free_bytes("cpu") or 0, give_back_memory)


def give_back_memory() -> None:
    """Hands memory that was freed back to the system: C libraries keep it otherwise.

    After AudioLDM-S's decoder was let go, glibc kept 710 of 750 MB; after its denoiser and text encoder, 660
    of 1040. With this it kept nothing.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)


def _free_on_nvidia() -> int | None:
    said = ask_nvidia("memory.free")
    try:
        return None if said is None else int(said.split()[0]) * 2**20
    except (ValueError, IndexError):
        return None


def ask_nvidia(what: str) -> str | None:
    """What the driver's own tool says of the first GPU that this process may use, None without it."""
    tool = shutil.which("nvidia-smi")
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip() or "0"
    if tool is None:
        return None
    command = [tool, f"--id={visible}", f"--query-gpu={what}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_NVIDIA_SECONDS, check=True)
        return done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
