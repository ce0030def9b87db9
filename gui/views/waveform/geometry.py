"""Where the sound lies in the widget, and what is where in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from gui.models.timeline import Span, Viewport
from gui.sound.spectrum import hertz_of, mel_of

RULER = 20  # pixels

Place = tuple[float, float]  # frame; height, 0 at the bottom of the sound's area and 1 at its top


@dataclass(frozen=True)
class Geometry:
    """A viewport on a widget of some pixels; ``rate`` is the recording's, in Hz."""

    view: Viewport
    width: int
    height: int
    rate: int

    @property
    def sound_area(self) -> QRectF:
        """Everything below the ruler."""
        return QRectF(0, RULER, self.width, self.height - RULER)

    def area(self, span: Span) -> QRectF:
        """Where a span of the sound is."""
        left, right = self.view.x_of(span.start), self.view.x_of(span.end)
        return QRectF(left, RULER, right - left, self.height - RULER)

    def place(self, point: QPointF) -> Place:
        """What is shown at a point, inside the recording."""
        area = self.sound_area
        height = 1.0 - (point.y() - area.top()) / max(1.0, area.height())
        frame = min(max(0.0, self.view.frame_at(point.x())), float(self.view.frames))
        return frame, min(1.0, max(0.0, height))

    def y_of(self, height: float) -> float:
        """Where a height of 0 to 1 is."""
        return self.sound_area.bottom() - height * self.sound_area.height()

    def hertz_at(self, height: float) -> float:
        """The frequency that is shown at a height."""
        return hertz_of(height * mel_of(self.rate / 2))

    def y_of_hertz(self, hertz: float) -> float:
        """Where a frequency is shown."""
        return self.y_of(mel_of(hertz) / mel_of(self.rate / 2))
