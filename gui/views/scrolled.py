"""Fields that need no more height than there is: on a small screen, or a magnified one, they scroll."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

_LEAST = 64  # points of height, that can be worked with


class Scrolled(QScrollArea):
    """As high as what is in it, unless that is more than ``most``; what has the focus is on the screen."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__(widgetResizable=True)
        self._inside, self._most = inside, inside.maximumHeight()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inside)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._show_focus)

    def limit(self, most: int) -> None:
        """Points of height."""
        self._most = max(_LEAST, most)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Without a need to scroll."""
        return self._inside.sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The same, within the limit."""
        least = self._inside.minimumSizeHint()
        return QSize(least.width() + self._bar_width, min(least.height(), self._most))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """What is in it has become another height."""
        if watched is self._inside and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    @property
    def _bar_width(self) -> int:
        return self.verticalScrollBar().sizeHint().width() if self._is_limited else 0

    @property
    def _is_limited(self) -> bool:
        return self._inside.minimumSizeHint().height() > self._most

    def _show_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self._inside.isAncestorOf(now):
            self.ensureWidgetVisible(now, 0, 8)
