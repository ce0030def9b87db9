"""Short-time Fourier transforms of four steps are those of torch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch

SIZES = [(1024, 160), (640, 160), (128, 32), (64, 64)]


def signal(size: int, hop: int) -> torch.Tensor:
    """Two of thirty frames."""
    return torch.randn(2, hop * 29 + size, generator=torch.Generator().manual_seed(size))


@pytest.mark.parametrize(("size", "hop"), SIZES)
def test_analysis_is_that_of_torch(size: int, hop: int) -> None:
    """Every frequency once or as a conjugate pair, where ``bins`` says, of every frame."""
    from engine.training.four_step import Analysis, bins

    waveform = signal(size, hop)
    spectrum = Analysis(size, hop)(waveform)
    window = torch.hann_window(size)
    whole = torch.stft(waveform, size, hop, window=window, center=False, return_complex=True)
    frequencies, conjugate = bins(size)
    assert set(frequencies.ravel()) == set(range(size // 2 + 1))
    expected = whole[:, torch.from_numpy(frequencies)]
    expected = torch.where(torch.from_numpy(conjugate)[None, :, :, None], expected.conj(), expected)
    found = torch.complex(spectrum[:, :, 0], spectrum[:, :, 1])
    np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-4)


@pytest.mark.parametrize(("size", "hop"), [(640, 160), (128, 32)])
def test_synthesis_undoes_the_analysis(size: int, hop: int) -> None:
    """Away from the ends, where a hop divides the frame: there Hann windows add up to a constant."""
    from engine.training.four_step import Analysis, Synthesis

    waveform = signal(size, hop)
    back = Synthesis(size, hop)(Analysis(size, hop)(waveform))
    assert back.shape == waveform.shape
    inner = slice(size, -size)
    np.testing.assert_allclose(back[:, inner].numpy(), waveform[:, inner].numpy(), atol=1e-5)


@pytest.mark.parametrize(("size", "hop"), SIZES)
def test_synthesis_adds_frames_as_numpy_makes_them(size: int, hop: int) -> None:
    """Spectra that are no sound's as well: what the refinement gives it before it is consistent."""
    from engine.training.four_step import Synthesis, bins

    rng = np.random.default_rng(3)
    whole = rng.standard_normal((5, size // 2 + 1)) + 1j * rng.standard_normal((5, size // 2 + 1))
    whole[:, [0, -1]] = whole[:, [0, -1]].real
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    expected = np.zeros(4 * hop + size)
    for number, frame in enumerate(np.fft.irfft(whole, axis=1) * window / ((window**2).sum() / hop)):
        expected[number * hop : number * hop + size] += frame
    frequencies, conjugate = bins(size)
    parts = whole.T[frequencies]
    parts = np.where(conjugate[..., None], parts.conj(), parts)
    spectrum = torch.from_numpy(np.stack([parts.real, parts.imag], axis=1).astype(np.float32))[None]
    found = Synthesis(size, hop)(spectrum)[0].numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(("size", "hop"), [(1000, 160), (96, 32), (1024, 100)])
def test_other_sizes_are_refused(size: int, hop: int) -> None:
    """Frames that are no even number of rows, hops that are no whole rows."""
    from engine.training.four_step import Analysis, Synthesis

    for kind in (Analysis, Synthesis):
        with pytest.raises(ValueError, match="rows of 32"):
            kind(size, hop)
