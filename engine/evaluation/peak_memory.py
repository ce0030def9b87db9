"""How much memory one text to audio takes at most, in a process that does nothing else.

``python -m engine.evaluation.peak_memory FOLDER SECONDS STEPS DEVICE DTYPE`` prints it in bytes for the
published pipeline; an installed model has "installed" for DTYPE. STEPS 0 are the default's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.models.devices import thread_count

INSTALLED = "installed"


@dataclass(frozen=True)
class PeakMemory:
    """Bytes of the process in the system's memory."""

    resident: int


def measure_peak(
    folder: Path, seconds: float, steps: int, device: str = "cpu", dtype: str = INSTALLED
) -> PeakMemory:
    """In a fresh process, with as many threads as the measured ones. Raises EngineError(WORKER_DIED)."""
    command = [sys.executable, "-m", __spec__.name, str(folder), str(seconds), str(steps), device, dtype]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise EngineError(ErrorCode.WORKER_DIED, f"The run whose memory is measured failed: {last}.")
    return PeakMemory(**json.loads(done.stdout.splitlines()[-1]))


def peak_resident_bytes() -> int:
    """The most this process ever had in memory."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    if sys.platform == "linux":
        # getrusage counts what the parent had when it forked; this counter begins anew with the program.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _run(folder: Path, seconds: float, steps: int, device: str, dtype: str) -> object:
    """Makes a take and gives what made it, which still has its memory."""
    if dtype == INSTALLED:
        from engine.config import find_home
        from engine.evaluation.installed import Installed

        ours = Installed(folder, device, seconds, find_home())
        ours.generate(steps)
        return ours
    import torch

    from engine.evaluation.published import Published

    torch.set_num_threads(thread_count())
    theirs = Published(folder, seconds, device, dtype)
    theirs.generate(steps)
    return theirs


def main() -> None:
    """One run, then one line."""
    folder, seconds, steps, device, dtype = sys.argv[1:]
    kept = _run(Path(folder), float(seconds), int(steps), device, dtype)
    peak = {"resident": peak_resident_bytes()}
    del kept
    print(json.dumps(peak))


if __name__ == "__main__":
    main()
