"""Numbers as bytes: the arithmetic of static 8-bit quantisation.

Activations are unsigned with a zero point, weights signed without one, each output channel with a scale
of its own: what processors multiply fastest, and what ONNX calls U8S8. Nagel et al. 2021, "A white paper
on neural network quantization", sections 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.install.ranges import Range

Float32 = NDArray[np.float32]
Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]

LEVELS = 255
# Processors without VNNI add two products of an unsigned and a signed byte in 16 bits. More than 64 would
# overflow there, and a bundle must give the same wherever it is copied. A layer of normal numbers is so
# 1.9 % off, and would be 1.3 % with 127.
LARGEST_WEIGHT = 64
# Of a channel that was never anything but zero.
SMALLEST_SCALE = np.float32(1e-8)
# Half of what 32 bits hold; the products need the other half.
LARGEST_SUM = np.float32(2**30)


@dataclass(frozen=True)
class Steps:
    """value = scale * (byte - zero), with one scale and zero for all or one for each channel."""

    scale: Float32
    zero: NDArray[np.uint8]

    @property
    def key(self) -> tuple[bytes, bytes]:
        """Equal where the steps are."""
        return self.scale.tobytes(), self.zero.tobytes()


def steps_for(seen: Range) -> Steps:
    """The steps that reach from the lowest to the highest value, and hold zero exactly.

    Zero must be exact because it is what convolutions pad with.
    """
    low, high = np.minimum(seen.low, np.float32(0)), np.maximum(seen.high, np.float32(0))
    scale = np.maximum((high - low) / np.float32(LEVELS), SMALLEST_SCALE)
    return Steps(scale, np.clip(np.rint(-low / scale), 0, LEVELS).astype(np.uint8))


def quantise_weight(weight: Float32, reach: Float32) -> tuple[Int8, Float32]:
    """(out, ...) -> the same in int8, and the scale of each output channel.

    reach: (out,), the largest number in units of the weights that a 32-bit sum must hold beside them, as a
    bias is; it matters for channels with next to no weights.
    """
    flat = weight.reshape(len(weight), -1)
    largest = np.abs(flat).max(axis=1) / np.float32(LARGEST_WEIGHT)
    scale = np.maximum(np.maximum(largest, reach / LARGEST_SUM), SMALLEST_SCALE).astype(np.float32)
    whole = np.rint(flat / scale[:, None]).astype(np.int8)
    return whole.reshape(weight.shape), scale


def quantise_sum(summand: Float32, scale: Float32) -> Int32:
    """What is added to 32-bit sums, in their units."""
    return np.rint(summand.astype(np.float64) / scale.astype(np.float64)).astype(np.int32)
