"""A batch in two halves that are computed at the same time, each on a core of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np

from engine.models.devices import CPU, thread_count

if TYPE_CHECKING:
    import onnxruntime

    from engine.models.graph_model import Inputs
    from engine.models.interface import Float32

# Two threads in one call wait for each other at each of a denoiser's 1500 nodes; two calls never do. Time of
# a guided step in two calls, as a share of that in one, on two cores: for AudioLDM-S in int8 (193 MB) 0.81 to
# 0.90 with 10 s of sound and 0.72 with 2.5 s; in fp32 (740 MB) 0.86. The embedded one (23 MB, 15 ms a step)
# may be over before the system has put the calls on two cores: 0.74 to 1.40 beside other busy processes.
LEAST_BYTES = 10**8
# With more cores it was not measured: there, one call goes on using all of them.
CORES = 2


def halves_pay(denoiser_bytes: int, device: str) -> bool:
    """Whether a denoiser that reads so many bytes is faster with a batch in two halves."""
    return device == CPU and thread_count() == CORES and denoiser_bytes >= LEAST_BYTES


def splits(inputs: Inputs) -> bool:
    """Whether a batch has two halves worth a core each; of an uneven one, one half would be waited for."""
    rows = len(next(iter(inputs.values())))
    return rows > 0 and rows % 2 == 0


class Halves:
    """A session of one thread that runs as a session does: what splits on two cores, other batches on one.

    A row's result depends on fewer neighbours, too: int8 graphs choose their scales for a whole call.
    """

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        # Its thread ends with ``close``, or when this object is let go.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="half")

    def run(
        self, outputs: list[str], inputs: Inputs, options: onnxruntime.RunOptions | None = None
    ) -> list[Float32]:
        """The outputs of the whole batch. Raises what the session raises, after both halves have ended."""
        if not splits(inputs):
            return list(self._session.run(outputs, inputs, options))
        middle = len(next(iter(inputs.values()))) // 2
        first = {name: rows[:middle] for name, rows in inputs.items()}
        second = {name: rows[middle:] for name, rows in inputs.items()}
        other = self._executor.submit(self._session.run, outputs, first, options)
        try:
            own = self._session.run(outputs, second, options)
            return [np.concatenate(parts) for parts in zip(other.result(), own, strict=True)]
        finally:
            wait([other])
            del other  # an error knows this frame: together they would be a ring that keeps the session

    def close(self) -> None:
        """Ends the second thread."""
        self._executor.shutdown()
