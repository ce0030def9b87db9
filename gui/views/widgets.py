"""Small pieces that several views are made of."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QProgressBar, QSizePolicy, QToolButton, QWidget

from gui.models.words import plain_tip


def button(
    text: str,
    tip: str,
    clicked: Callable[[], object],
    keys: str = "",
    checkable: bool = False,
) -> QToolButton:
    """A button with a name for screen readers, a tip, and keys that press it from anywhere in the window."""
    made = QToolButton()
    made.setText(text)
    made.setCheckable(checkable)
    shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    made.setToolTip(f"{tip} ({shown})" if keys else tip)
    made.setAccessibleName(tip)
    if keys:
        made.setShortcut(QKeySequence(keys))
    made.clicked.connect(lambda _=False: clicked())
    return made


def label(text: str, buddy: QWidget | None = None, quiet: bool = False) -> QLabel:
    """A label; with a buddy its mnemonic goes there and it names it."""
    made = QLabel(text, textFormat=Qt.TextFormat.PlainText)
    if buddy is not None:
        made.setBuddy(buddy)
        if not buddy.accessibleName():
            buddy.setAccessibleName(text.replace("&", ""))
    if quiet:
        made.setObjectName("quiet")
    return made


def paragraph(name: str = "quiet") -> QLabel:
    """A label for sentences: they are wrapped, and no name or path in them makes the window wider."""
    made = label("")
    made.setObjectName(name)
    made.setWordWrap(True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made


class NameLabel(QLabel):
    """The name of a file, without its middle where there is no room for it; the tip has all of it."""

    def __init__(self) -> None:
        super().__init__(textFormat=Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Another name."""
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As narrow as it has to be."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """What there is room for."""
        del event
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, area.width())
        QPainter(self).drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def number(
    low: float, high: float, step: float, name: str, decimals: int = 2, unset: str = ""
) -> QDoubleSpinBox:
    """A field for a number; ``unset`` is shown at its lowest value, which then means "as the model likes"."""
    made = Unsettable() if unset and low < 0.0 else QDoubleSpinBox()
    made.setRange(low, high)
    made.setSingleStep(step)
    made.setDecimals(decimals)
    made.setAccessibleName(name)
    if unset:
        made.setSpecialValueText(unset)
    return made


class Unsettable(QDoubleSpinBox):
    """A number from 0 up, or none, which lies below: there is nothing between the two."""

    def stepBy(self, steps: int) -> None:  # noqa: N802 - Qt's name
        """From none to 0, and from 0 to none."""
        now, by = self.value(), steps * self.singleStep()
        if now < 0.0:
            self.setValue(by - self.singleStep())
        else:
            self.setValue(max(now + by, 0.0) if now > 0.0 else now + by)

    def setValue(self, value: float) -> None:  # noqa: N802 - Qt's name
        """What lies between is none."""
        super().setValue(self.minimum() if value < 0.0 else value)

    def valueFromText(self, text: str) -> float:  # noqa: N802 - Qt's name
        """What is typed."""
        value = super().valueFromText(text)
        return self.minimum() if value < 0.0 else value


class ShareBar(QProgressBar):
    """How much of something long is done; moves to and fro while nobody knows."""

    _PARTS = 1000  # that the bar tells apart

    def __init__(self, name: str) -> None:
        """name: for who is read to."""
        super().__init__(maximum=0, textVisible=False)
        self.setAccessibleName(name)

    def show_share(self, share: float) -> None:
        """Of all of it; below 0: not known."""
        self.setMaximum(self._PARTS if share >= 0.0 else 0)
        self.setValue(round(share * self._PARTS))
