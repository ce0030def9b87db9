"""The button of DAWs: get what is selected there, put takes in place there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QToolButton

from gui.models.daws import DawModel, InstalledDaw
from gui.models.take_row import TakeRow

GET_KEYS = "Ctrl+G"
PUT_KEYS = "Ctrl+I"

Own = Callable[[Sequence[TakeRow], Callable[[], object]], None]


class DawButton(QToolButton):
    """Its menu is made when it is opened; the keys go to the DAW that was used last."""

    def __init__(self, daws: DawModel, chosen: Callable[[], Sequence[TakeRow]], own: Own) -> None:
        """chosen: the takes that are selected in the list. own: calls when they lie where they stay."""
        super().__init__()
        self._daws, self._chosen, self._own = daws, chosen, own
        tip = self.tr("Get the selection of a DAW ({0}), put takes into it ({1})")
        self.setText(self.tr("DAW"))
        self.setToolTip(tip.format(GET_KEYS, PUT_KEYS))
        self.setAccessibleName(self.tr("DAWs"))
        self.choices = QMenu(self)
        self.choices.aboutToShow.connect(self._opened)
        self.setMenu(self.choices)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        daws.listed.connect(self._fill)
        daws.busy.connect(lambda _: self._fill())

    def get(self) -> None:
        """From the DAW that was used last, or one that is chosen now."""
        if self._daws.chosen:
            self._daws.get(self._daws.chosen)
        else:
            self.ask()

    def put(self) -> None:
        """Into the DAW that was used last, or one that is chosen now."""
        if self._daws.chosen:
            self._put(self._daws.chosen)
        else:
            self.ask()

    def ask(self) -> None:
        """Opens the menu."""
        self.choices.popup(self.mapToGlobal(QPoint(0, self.height())))

    def add_puts(self, menu: QMenu) -> None:
        """A line of a menu of takes for each DAW, those that can't be found yet aside."""
        if self._daws.daws is None:
            self._daws.refresh()
        for daw in self._known():
            action = menu.addAction(self.tr("Put into {0}").format(daw.title))
            action.setEnabled(bool(self._paths()) and not self._daws.is_busy)
            action.triggered.connect(lambda _=False, name=daw.name: self._put(name))

    def _known(self) -> Sequence[InstalledDaw]:
        return self._daws.daws or ()

    def _opened(self) -> None:
        self._fill()
        if self._daws.daws is None:
            self._daws.refresh()

    def _fill(self) -> None:
        self.choices.clear()
        free = not self._daws.is_busy
        for daw in self._known():
            get = self.choices.addAction(self.tr("Get selection from {0}").format(daw.title))
            get.triggered.connect(lambda _=False, name=daw.name: self._daws.get(name))
            put = self.choices.addAction(self.tr("Put chosen takes into {0}").format(daw.title))
            put.triggered.connect(lambda _=False, name=daw.name: self._put(name))
            get.setEnabled(free)
            put.setEnabled(free and bool(self._paths()))
        if not self._known():
            looking = self._daws.daws is None
            text = self.tr("Looking for DAWs…") if looking else self.tr("No DAW was found")
            self.choices.addAction(text).setEnabled(False)
        self.choices.addSeparator()
        if free:
            self.choices.addAction(self.tr("Look for DAWs again"), self._daws.refresh)
        else:
            self.choices.addAction(self.tr("Stop"), self._daws.stop)

    def _paths(self) -> list[str]:
        return [row.path for row in self._chosen() if row.path]

    def _put(self, name: str) -> None:
        rows = list(self._chosen())
        self._own(rows, lambda: self._daws.put(name, [row.path for row in rows if row.path]))
