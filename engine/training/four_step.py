"""Short-time Fourier transforms as four grouped convolutions: a tenth of the products of a matrix of sines.

Bailey's four steps ("FFTs in external or hierarchical memory", 1990) for frames of N = R x ``INNER`` samples.
With n = INNER a + b and k = c + R d, exp(-2 pi i n k / N) is a product of three: one of a and c, one of b and
c, one of b and d. So a frame's samples, as R rows of INNER, are first transformed along the columns (a to c),
turned (b, c), and then transformed along the rows (b to d). Window and turns are in the weights of the first
convolution, and a hop of whole rows makes its stride cut out the frames. Of c, half is enough for real
sound: what is left out is the conjugate of what is there.

A spectrum here is (batch, R / 2 + 1, 2, INNER, T): by c, by real and imaginary part, by d, by frame. Rows
0 and R / 2 of c hold both of each conjugate pair; ``bins`` says which frequency is where.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

INNER = 32

Float64 = NDArray[np.float64]


def hann(size: int) -> Float64:
    """Periodic, (size,)."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size))


def bins(size: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(R / 2 + 1, INNER) each: the frequency from 0 to size / 2, and whether its conjugate is meant."""
    rows = _rows(size)
    whole = np.arange(rows // 2 + 1)[:, None] + rows * np.arange(INNER)
    return np.minimum(whole, size - whole), whole > size // 2


class Analysis(nn.Module):
    """Waveform (batch, hop (T - 1) + size) -> spectrum, Hann window."""

    columns: Tensor
    rows: Tensor

    def __init__(self, size: int, hop: int) -> None:
        super().__init__()
        self.stride, self.groups = _whole_rows(hop), _rows(size) // 2 + 1
        turned = _columns(size).conj() * hann(size).reshape(-1, INNER).T[:, None]
        columns = np.stack([turned.real, turned.imag], axis=2)  # (b, c, part, a)
        self.register_buffer("columns", _weights(columns.reshape(-1, 1, _rows(size))))
        rows = np.tile(_complex_product(_row().conj()), (self.groups, 1))[..., None]
        self.register_buffer("rows", _weights(rows))

    def forward(self, waveform: Tensor) -> Tensor:
        batch = waveform.shape[0]
        samples = waveform.reshape(batch, -1, INNER).transpose(1, 2)
        by_column = functional.conv1d(samples, self.columns, stride=self.stride, groups=INNER)
        by_row = by_column.reshape(batch, INNER, self.groups, 2, -1).permute(0, 2, 3, 1, 4)
        spectrum = functional.conv1d(
            by_row.reshape(batch, self.groups * 2 * INNER, -1), self.rows, groups=self.groups
        )
        return spectrum.reshape(batch, self.groups, 2, INNER, -1)


class Synthesis(nn.Module):
    """Spectrum -> waveform (batch, hop (T - 1) + size): Hann frames added up; undoes ``Analysis``."""

    columns: Tensor
    rows: Tensor

    def __init__(self, size: int, hop: int) -> None:
        super().__init__()
        self.stride, self.groups = _whole_rows(hop), _rows(size) // 2 + 1
        window = hann(size)
        share = np.full(self.groups, 2.0 / size)
        share[[0, -1]] = 1.0 / size  # these rows hold both of each pair
        turned = (
            _columns(size)
            * share[:, None]
            * (window / ((window**2).sum() / hop)).reshape(-1, INNER).T[:, None]
        )
        columns = np.stack([turned.real, -turned.imag], axis=2)
        self.register_buffer("columns", _weights(columns.reshape(-1, 1, _rows(size))))
        rows = np.tile(_complex_product(_row()), (self.groups, 1))[..., None]
        self.register_buffer("rows", _weights(rows))

    def forward(self, spectrum: Tensor) -> Tensor:
        batch = spectrum.shape[0]
        flat = spectrum.reshape(batch, self.groups * 2 * INNER, -1)
        by_row = functional.conv1d(flat, self.rows, groups=self.groups)
        by_column = by_row.reshape(batch, self.groups, 2, INNER, -1).permute(0, 3, 1, 2, 4)
        by_column = by_column.reshape(batch, INNER * self.groups * 2, -1)
        samples = functional.conv_transpose1d(by_column, self.columns, stride=self.stride, groups=INNER)
        return samples.transpose(1, 2).reshape(batch, -1)


def _rows(size: int) -> int:
    rows, rest = divmod(size, 2 * INNER)
    if rest:
        raise ValueError(f"Frames of {size} samples are no even number of rows of {INNER}.")
    return 2 * rows


def _whole_rows(hop: int) -> int:
    stride, rest = divmod(hop, INNER)
    if rest:
        raise ValueError(f"A hop of {hop} samples is no number of rows of {INNER}.")
    return stride


def _columns(size: int) -> NDArray[np.complex128]:
    """(INNER, R / 2 + 1, R), exp(2 pi i (a c / R + b c / N)) at [b, c, a]."""
    b, c, a = np.ogrid[:INNER, : _rows(size) // 2 + 1, : _rows(size)]
    return np.asarray(np.exp(2j * np.pi * ((INNER * a + b) * c % size) / size))


def _row() -> NDArray[np.complex128]:
    """(INNER, INNER), exp(2 pi i b d / INNER)."""
    return np.asarray(np.exp(2j * np.pi * (np.outer(np.arange(INNER), np.arange(INNER)) % INNER) / INNER))


def _complex_product(factor: NDArray[np.complex128]) -> Float64:
    """The real matrix for vectors of real parts, then imaginary ones."""
    return np.block([[factor.real, -factor.imag], [factor.imag, factor.real]])


def _weights(values: Float64) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
