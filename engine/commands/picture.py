"""A picture of a punch-in: waveform and mel spectrogram before and after, with what was asked for marked.

Times are seconds of the recording, frequencies kHz. The colours keep their order of lightness, so the
picture reads the same without colour vision and on paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.audio.mel import Float32, MelParameters, log_mel, mel_matrix
from engine.commands.layout import BELOW, Box, Marks, Plot, boxes

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
INK: Colour = (34, 34, 34)
GRID: Colour = (214, 214, 214)
WAVE: Colour = (96, 96, 96)
# Okabe and Ito's palette, told apart with any kind of colour vision; each mark has its own shape besides.
REGION: Colour = (0, 114, 178)
MASK: Colour = (213, 94, 0)
SEAM: Colour = (230, 159, 0)

# From quiet to loud, lightness always rising.
_HEAT = np.array(
    [
        (8, 10, 28),
        (26, 34, 92),
        (38, 82, 140),
        (70, 130, 142),
        (146, 172, 120),
        (232, 208, 98),
        (255, 250, 220),
    ],
    np.float64,
)
_SHOWN_NEPERS = 9.2  # 80 dB below the loudest cell is black
_QUIET = -4.6  # the loudest cell is taken to be at least this loud, so that silence is drawn black

_TITLE, _TEXT, _SMALL = 24, 20, 17


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _ticks(span: float, wanted: int) -> list[float]:
    """Round numbers from 0 to ``span``, about ``wanted`` of them."""
    raw = max(span, 1e-6) / wanted
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    return [float(step * index) for index in range(int(span / step + 1e-6) + 1)]


def spectrogram_parameters(sample_rate: int, frames: int, columns: int) -> MelParameters:
    """The mel geometry that gives about one mel frame a column, at the recording's own rate.

    The window is 43 ms, rounded to a power of two, whatever the rate.
    """
    n_fft = 1 << round(np.log2(max(sample_rate * 0.043, 64)))
    hop_length = max(1, min(n_fft // 2, frames // columns))
    # Narrower bands than the bins of the FFT would be empty stripes.
    n_mels = 96 if n_fft >= 2048 else 48
    return MelParameters(sample_rate, n_fft, n_fft, hop_length, n_mels, 0.0, sample_rate / 2)


def _spectrogram(mono: Float32, sample_rate: int, columns: int) -> tuple[Float32, MelParameters]:
    parameters = spectrogram_parameters(sample_rate, mono.size, columns)
    return log_mel(mono, parameters), parameters


def _heat(mel: Float32, loudest: float) -> NDArray[np.uint8]:
    """Log-mel (mel_frames, n_mels) -> colours (n_mels, mel_frames, 3), low frequencies last."""
    level = np.clip((mel - loudest) / _SHOWN_NEPERS + 1.0, 0.0, 1.0).T[::-1]
    stops = np.linspace(0.0, 1.0, len(_HEAT))
    channels = [np.interp(level, stops, _HEAT[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def _paint_mel(image: Image.Image, box: Box, plot: Plot, mel: Float32, loudest: float) -> None:
    heat = Image.fromarray(_heat(mel, loudest))
    image.paste(
        heat.resize((plot.right - plot.left, box.height), Image.Resampling.BILINEAR), (plot.left, box.top)
    )


def _paint_wave(draw: ImageDraw.ImageDraw, box: Box, plot: Plot, samples: Float32, peak: float) -> None:
    """The highest and lowest sample of every column. samples: (frames, channels)."""
    columns = plot.right - plot.left
    edges = np.linspace(0, len(samples), columns + 1).astype(int)[:-1]
    edges = np.minimum(edges, len(samples) - 1)
    high = np.maximum.reduceat(samples.max(axis=1), edges)
    low = np.minimum.reduceat(samples.min(axis=1), edges)
    middle, scale = (box.top + box.bottom) / 2, (box.height / 2 - 2) / peak
    for column, (top, bottom) in enumerate(zip(high, low, strict=True), start=plot.left):
        draw.line([(column, middle - top * scale), (column, middle - bottom * scale)], fill=WAVE)


def _time_axis(draw: ImageDraw.ImageDraw, plot: Plot, top: int) -> None:
    for seconds in _ticks(plot.seconds, 12):
        column = plot.column(seconds)
        draw.line([(column, top), (column, top + 6)], fill=INK)
        draw.text((column, top + 9), f"{seconds:g}", fill=INK, font=_font(_SMALL), anchor="mt")
    middle = (plot.left + plot.right) // 2
    draw.text((middle, top + 32), "time (s)", fill=INK, font=_font(_TEXT), anchor="mt")
    brightness = f"black to white: {_SHOWN_NEPERS * 8.686:.0f} dB"
    draw.text((plot.right, top + 34), brightness, fill=INK, font=_font(_SMALL), anchor="rt")


def _rows_of(parameters: MelParameters, box: Box) -> Iterator[tuple[int, float]]:
    """The rows at which the frequency axis has its numbers, in kHz, none too near another."""
    matrix = mel_matrix(parameters)
    centres = matrix.argmax(axis=1) * (parameters.sample_rate / parameters.n_fft / 1000.0)
    last = box.bottom + _SMALL
    for khz in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        band = np.interp(khz, centres, np.arange(len(centres))) if khz else -0.5
        row = round(box.bottom - (float(band) + 0.5) / len(centres) * box.height)
        if khz <= centres[-1] and last - row >= _SMALL:
            last = row
            yield row, khz


def _frequency_axis(image: Image.Image, box: Box, plot: Plot, parameters: MelParameters) -> None:
    draw = ImageDraw.Draw(image)
    for row, khz in _rows_of(parameters, box):
        draw.line([(plot.left - 6, row), (plot.left, row)], fill=INK)
        draw.text((plot.left - 10, row), f"{khz:g}", fill=INK, font=_font(_SMALL), anchor="rm")
    _sideways(image, "mel frequency (kHz)", 20, (box.top + box.bottom) // 2)


def _sideways(image: Image.Image, text: str, column: int, row: int) -> None:
    """Text from below, its middle at (column, row)."""
    left, top, right, bottom = _font(_SMALL).getbbox(text)
    label = Image.new("RGB", (int(right - left) + 4, int(bottom - top) + 4), PAPER)
    ImageDraw.Draw(label).text((2 - left, 2 - top), text, fill=INK, font=_font(_SMALL))
    turned = label.rotate(90, expand=True)
    image.paste(turned, (column - turned.width // 2, row - turned.height // 2))


def _level_axis(image: Image.Image, box: Box, plot: Plot, peak: float) -> None:
    draw = ImageDraw.Draw(image)
    middle = (box.top + box.bottom) // 2
    for level, row in ((peak, box.top + 2), (0.0, middle), (-peak, box.bottom - 2)):
        draw.line([(plot.left - 6, row), (plot.left, row)], fill=INK)
        draw.text((plot.left - 10, row), f"{level:.2g}", fill=INK, font=_font(_SMALL), anchor="rm")
    draw.line([(plot.left, middle), (plot.right, middle)], fill=GRID)
    _sideways(image, "level", 20, middle)


def _dashes(draw: ImageDraw.ImageDraw, column: int, box: Box) -> None:
    """A dashed line that is seen on light and on dark."""
    draw.line([(column, box.top), (column, box.bottom - 1)], fill=INK, width=3)
    for row in range(box.top, box.bottom, 12):
        draw.line([(column, row), (column, min(row + 7, box.bottom - 1))], fill=SEAM, width=3)


def _mark(draw: ImageDraw.ImageDraw, box: Box, plot: Plot, marks: Marks) -> None:
    """Seams dashed, the region as two full lines with a bar above, the mask as a bar below."""
    start, end = (plot.column(seconds) for seconds in marks.region)
    for seam in (marks.region[0] + marks.crossfade, marks.region[1] - marks.crossfade):
        if marks.crossfade > 0.0:
            _dashes(draw, plot.column(seam), box)
    for column in (start, end):
        draw.line([(column, box.top), (column, box.bottom - 1)], fill=PAPER, width=7)
        draw.line([(column, box.top), (column, box.bottom - 1)], fill=REGION, width=3)
    draw.rectangle([start, box.top - 4, end, box.top - 1], fill=REGION)
    for span in marks.mask:
        draw.rectangle(
            [plot.column(span[0]), box.bottom - 5, plot.column(span[1]), box.bottom - 1], fill=MASK
        )


def _legend(draw: ImageDraw.ImageDraw, plot: Plot, marks: Marks) -> None:
    start, end = marks.region
    entries = [(REGION, f"region {start:g} to {end:g} s (full lines)")]
    if marks.crossfade > 0.0:
        entries.append((SEAM, f"inner end of the {marks.crossfade * 1000:g} ms crossfades (dashed)"))
    if marks.mask:
        entries.append((MASK, "mask: made anew (bar below)"))
    column = plot.left
    for colour, text in entries:
        draw.rectangle([column, 62, column + 22, 76], fill=colour)
        draw.text((column + 30, 69), text, fill=INK, font=_font(_SMALL), anchor="lm")
        column += 30 + int(_font(_SMALL).getlength(text)) + 34


@dataclass(frozen=True)
class _Scale:
    """What both recordings are drawn with, so that they can be compared."""

    peak: float  # sample value at the panel's edge
    loudest: float  # log-mel that is brightest
    mel: MelParameters


@dataclass(frozen=True)
class _Sound:
    """One recording to draw. samples: (frames, channels); mel: (mel_frames, n_mels) of its mono mix."""

    samples: Float32
    mel: Float32


def _analyse(samples: Float32, parameters: MelParameters) -> _Sound:
    return _Sound(samples, log_mel(samples.mean(axis=1, dtype=np.float32), parameters))


def _common_scale(sounds: tuple[_Sound, _Sound], parameters: MelParameters) -> _Scale:
    peak = max(float(np.abs(sound.samples).max()) for sound in sounds)
    loudest = max(float(sound.mel.max()) for sound in sounds)
    return _Scale(max(peak, 1e-4), max(loudest, _QUIET), parameters)


def _draw_sound(
    image: Image.Image, panels: tuple[Box, Box], plot: Plot, sound: _Sound, scale: _Scale
) -> None:
    """One recording: waveform above, spectrogram below, with their axes."""
    wave, spectrum = panels
    _level_axis(image, wave, plot, scale.peak)
    _paint_wave(ImageDraw.Draw(image), wave, plot, sound.samples, scale.peak)
    _paint_mel(image, spectrum, plot, sound.mel, scale.loudest)
    _frequency_axis(image, spectrum, plot, scale.mel)


def draw_comparison(
    before: Float32, after: Float32, sample_rate: int, marks: Marks, title: str, headings: tuple[str, str]
) -> Image.Image:
    """The picture: ``before`` above ``after``, both (frames, channels) and of one length, same scales."""
    plot = Plot(len(before) / sample_rate)
    parameters = spectrogram_parameters(sample_rate, len(before), plot.right - plot.left)
    sounds = (_analyse(before, parameters), _analyse(after, parameters))
    scale = _common_scale(sounds, parameters)
    panels = boxes()
    image = Image.new("RGB", (plot.width, panels[3].bottom + BELOW), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((plot.left, 20), title, fill=INK, font=_font(_TITLE), anchor="lt")
    _legend(draw, plot, marks)
    for sound, heading, pair in zip(sounds, headings, (panels[:2], panels[2:]), strict=True):
        draw.text((plot.left, pair[0].top - 9), heading, fill=INK, font=_font(_TEXT), anchor="ls")
        _draw_sound(image, pair, plot, sound, scale)
    for box in panels:
        _mark(draw, box, plot, marks)
    _time_axis(draw, plot, panels[3].bottom)
    return image
