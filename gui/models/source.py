"""The recording at hand, and what is marked in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError
from gui.models.background import Background, Work
from gui.models.curve import Curve
from gui.models.error_words import in_words
from gui.models.timeline import Span, joined, without
from gui.sound.peaks import Peaks, Sound
from gui.sound.peaks_cache import PeaksCache
from gui.sound.recording import Recording, look_at, read_frames, read_peaks
from gui.sound.spectrum import Picture, picture


@dataclass(frozen=True)
class Band:
    """Frequencies in Hz."""

    low: float
    high: float


@dataclass(frozen=True)
class Scene:
    """What is marked in a recording; everything in frames of its own rate."""

    recording: Recording | None = None
    selection: Span | None = None
    masks: tuple[Span, ...] = ()
    curve: Curve = field(default_factory=Curve)
    band: Band | None = None
    caret: int = 0

    @property
    def region_masks(self) -> tuple[Span, ...]:
        """The masks as far as they lie in the selection."""
        if self.selection is None:
            return ()
        return tuple(part for mask in self.masks if (part := mask.within(self.selection)))


class SourceModel(QObject):
    """The open recording; every change of what is marked goes through here."""

    changed = Signal()  # the scene
    opened = Signal()  # another recording
    peaks_grown = Signal()
    detail_read = Signal()
    spectrum_read = Signal()
    failed = Signal(str)

    def __init__(self, background: Background, cache: PeaksCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._cache = background, cache
        self.scene = Scene()
        self.peaks: Peaks | None = None
        self.detail: tuple[int, Sound] | None = None  # first frame, (frames, channels)
        self.spectrum: tuple[float, float, Picture] | None = None  # start, frames per column
        self._opening, self._detailing, self._drawing = Work(), Work(), Work()

    # The file

    def open(self, path: str, selection: tuple[int, int] | None = None) -> None:
        """Opens a file, with a region already chosen if another program sent one."""
        self._opening.drop()

        def found(recording: Recording) -> None:
            self._take(recording, selection)

        self._opening = self._background.run(lambda: look_at(path), found, self._fail)

    def close(self) -> None:
        """Nothing is open: new sounds are made."""
        self._opening.drop()
        self.scene, self.peaks, self.detail, self.spectrum = Scene(), None, None, None
        self.opened.emit()
        self.changed.emit()

    def read_detail(self, start: int, count: int) -> None:
        """Reads the samples themselves, for a close look; sends ``detail_read``."""
        recording = self.scene.recording
        if recording is None:
            return
        self._detailing.drop()

        def arrived(samples: Sound) -> None:
            self.detail = (max(0, start), samples)
            self.detail_read.emit()

        self._detailing = self._background.run(
            lambda: read_frames(recording.path, start, count), arrived, self._fail
        )

    def read_spectrum(self, start: float, frames_per_column: float, count: int) -> None:
        """Reads the spectra of a stretch; ``spectrum`` has them when ``spectrum_read`` is sent."""
        recording = self.scene.recording
        if recording is None:
            return
        self._drawing.drop()

        def arrived(shown: Picture) -> None:
            self.spectrum = (start, frames_per_column, shown)
            self.spectrum_read.emit()

        self._drawing = self._background.run(
            lambda: picture(recording.path, start, frames_per_column, count), arrived, self._fail
        )

    # What is marked

    def select(self, span: Span | None) -> None:
        """The region; None for none."""
        if span is not None and span.frames <= 0:
            self._change(selection=None, caret=span.start)
        else:
            self._change(selection=span, caret=self.scene.caret if span is None else span.start)

    def move_caret(self, frame: int, extend: bool = False) -> None:
        """Puts the caret somewhere; ``extend`` takes the nearer end of the selection along."""
        recording, before = self.scene.recording, self.scene
        if recording is None:
            return
        frame = min(max(0, frame), recording.frames)
        if not extend:
            self._change(caret=frame)
            return
        chosen = before.selection or Span(before.caret, before.caret)
        anchor = chosen.end if before.caret == chosen.start and chosen.frames else chosen.start
        span = Span(min(anchor, frame), max(anchor, frame))
        self._change(selection=span if span.frames else None, caret=frame)

    def add_mask(self, span: Span) -> None:
        """Another span to be made anew."""
        if span.frames > 0:
            self._change(masks=joined(self.scene.masks, span))

    def erase_mask(self, span: Span) -> None:
        """A span that stays as it is."""
        self._change(masks=without(self.scene.masks, span))

    def clear_masks(self) -> None:
        """No masks."""
        self._change(masks=())

    def draw_curve(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A line of the strength curve, from one (frame, strength) to another."""
        self._change(curve=self.scene.curve.drawn(start, end))

    def clear_curve(self) -> None:
        """The same strength everywhere."""
        self._change(curve=Curve())

    def set_band(self, band: Band | None) -> None:
        """Which frequencies are made anew; None for all."""
        self._change(band=band if band is None or band.low < band.high else None)

    def _change(self, **changes: object) -> None:
        scene = replace(self.scene, **changes)  # type: ignore[arg-type]
        if scene != self.scene:
            self.scene = scene
            self.changed.emit()

    def _take(self, recording: Recording, selection: tuple[int, int] | None) -> None:
        span = None
        if selection is not None:
            span = Span(*selection).within(Span(0, recording.frames))
        self.scene = Scene(recording, span, caret=span.start if span else 0)
        self.peaks, self.detail, self.spectrum = None, None, None
        self.opened.emit()
        self.changed.emit()
        self._opening = self._background.follow(
            lambda: read_peaks(recording, self._cache), self._grow, self._fail
        )

    def _grow(self, peaks: Peaks) -> None:
        self.peaks = peaks
        self.peaks_grown.emit()

    def _fail(self, error: EngineError) -> None:
        self.failed.emit(in_words(error))
