"""Which processors a model can run on here: our names for the devices of two runtimes.

ONNX Runtime's devices have plain names, torch's begin with "torch-". Looking imports no torch: whether it is
installed, and what for, stands in its files.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import psutil

from engine.errors import EngineError, ErrorCode
from engine.models.manifest import Manifest
from engine.models.section import shorten

AUTO = "auto"
CPU = "cpu"
TORCH = "torch-"
# ONNX Runtime's execution providers.
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    CPU: "CPUExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
# What "auto" tries where nothing was measured (``speeds.py``): processors made for it first; of two
# runtimes on one, the one that starts in a tenth of the time. What comes after the CPU is only taken where
# it was measured to be faster: CoreML takes graphs of free length apart into small pieces, and torch on
# the CPU computes what ONNX Runtime computes there.
ORDER = ("cuda", "torch-cuda", "torch-mps", "directml", CPU, "coreml", "torch-cpu")
# Devices that take from one memory: when one has too little, so has the other. Apple's GPU computes in the
# system's memory, too, but with a limit of its own.
POOLS = {"cuda": "gpu", "torch-cuda": "gpu", "directml": "gpu", "torch-mps": "mps"}
# How torch's own file says what it was built for: "cuda: Optional[str] = '12.8'".
_BUILT_FOR = re.compile(r"^(cuda|hip)\b[^=]*=\s*['\"]", re.MULTILINE)
_CUDA_DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}
_ROCM_DRIVER = Path("/dev/kfd")


def available_devices() -> list[str]:
    """The devices that the installed runtimes were built for, in the order of ``ORDER``."""
    here = {*_onnx_devices(), *_torch_devices()}
    return [device for device in ORDER if device in here]


def usable_devices(manifest: Manifest, here: list[str] | None = None) -> list[str]:
    """Those of ``here`` (all that are available) that can run this model.

    int8 graphs are made of operators that only CPUs have kernels for. Torch runs what was kept for it.
    """
    here = available_devices() if here is None else here
    if manifest.precision == "int8":
        return [device for device in here if device == CPU]
    return [device for device in here if manifest.torch is not None or not device.startswith(TORCH)]


def check_device(wanted: str, manifest: Manifest) -> None:
    """Raises EngineError(NO_DEVICE) unless ``wanted`` is "auto" or a device that can run this model here."""
    here = available_devices()
    if wanted != AUTO and wanted not in here:
        refuse_device(wanted, here)
    usable = usable_devices(manifest, here)
    if wanted != AUTO and wanted not in usable:
        kind = (
            f"{manifest.precision} model" if manifest.precision == "int8" else "model without torch weights"
        )
        raise EngineError(
            ErrorCode.NO_DEVICE,
            f"{manifest.specification.name} is a {kind} and can't run on {wanted}; start the engine with "
            f"--device {' or '.join([AUTO, *usable])}, or install it with --precision fp16.",
        )


def refuse_device(wanted: str, here: list[str]) -> NoReturn:
    """Raises EngineError(NO_DEVICE) with what could be asked for instead."""
    raise EngineError(
        ErrorCode.NO_DEVICE,
        f"The device {shorten(wanted)} can't be used here; use {' or '.join([AUTO, *here])}.",
    )


def pool(device: str) -> str:
    """Which memory a device computes in."""
    return POOLS.get(device, "system")


def is_slow(precision: str, device: str) -> bool:
    """Whether a model is slower there than in another precision: CPUs compute fp16 by way of fp32."""
    return precision == "fp16" and device in (CPU, "torch-cpu")


def runtime_version(device: str) -> str:
    """The runtime behind a device and its version, e.g. "onnxruntime 1.20.1"; nothing is imported for it."""
    if device.startswith(TORCH):
        return f"torch {metadata.version('torch')}"
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


def thread_count() -> int:
    """Physical cores, or fewer where this process may not use them all."""
    affinity = getattr(os, "sched_getaffinity", None)
    allowed = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def _onnx_devices() -> Iterator[str]:
    import onnxruntime

    built_for = onnxruntime.get_available_providers()
    return (device for device, provider in PROVIDERS.items() if provider in built_for)


def _torch_devices() -> Iterator[str]:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    yield "torch-cpu"
    if sys.platform == "darwin" and platform.machine() == "arm64":
        yield "torch-mps"
    if any(map(_has_driver, _built_for(Path(spec.origin).parent / "version.py"))):
        yield "torch-cuda"


def _built_for(version_file: Path) -> list[str]:
    """ "cuda" or "hip", what this torch computes with beside the CPU."""
    try:
        return _BUILT_FOR.findall(version_file.read_text(encoding="utf-8"))
    except OSError:
        return []


def _has_driver(platform_name: str) -> bool:
    """Whether the driver is there without which torch would be imported in vain."""
    if platform_name == "hip":
        return _ROCM_DRIVER.exists()
    try:
        ctypes.CDLL(_CUDA_DRIVERS.get(sys.platform, ""))
    except OSError:
        return False
    return sys.platform in _CUDA_DRIVERS
