"""Where things lie in the picture of a punch-in, in pixels: columns for seconds, rows for its four panels."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 1600
LEFT, RIGHT = 92, 26  # beside the panels: the vertical axes, and half of the last second's number
ABOVE, BELOW = 106, 64  # title and legend, the time axis
HEADING, GAP = 30, 14  # above each recording, and between its panels
WAVE_HEIGHT, MEL_HEIGHT = 130, 250


@dataclass(frozen=True)
class Marks:
    """What was asked for, in seconds of the recording: the region, the masked spans, the seams' length."""

    region: tuple[float, float]
    mask: tuple[tuple[float, float], ...] = ()
    crossfade: float = 0.0


@dataclass(frozen=True)
class Plot:
    """Where seconds lie across the picture: ``seconds`` of sound between two columns of pixels."""

    seconds: float
    width: int = WIDTH
    left: int = LEFT

    @property
    def right(self) -> int:
        """The column after the last."""
        return self.width - RIGHT

    def column(self, seconds: float) -> int:
        """The column of a time, kept inside the plot."""
        across = self.left + round(seconds / self.seconds * (self.right - self.left))
        return min(max(across, self.left), self.right)


@dataclass(frozen=True)
class Box:
    """Rows ``top`` to ``bottom`` (exclusive) of the picture."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        """Rows in it."""
        return self.bottom - self.top


def boxes() -> tuple[Box, Box, Box, Box]:
    """Rows of the four panels: waveform and spectrogram before, waveform and spectrogram after."""
    row = ABOVE
    made: list[Box] = []
    for _ in ("before", "after"):
        row += HEADING
        made.append(Box(row, row + WAVE_HEIGHT))
        row = made[-1].bottom + GAP
        made.append(Box(row, row + MEL_HEIGHT))
        row = made[-1].bottom + GAP
    return made[0], made[1], made[2], made[3]
