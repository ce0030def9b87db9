"""The lower third: every take, those that render and those of before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from gui.models.audition import Side
from gui.models.panel import BEST, Panel
from gui.models.take_list import ROW
from gui.models.take_row import ENDED, RowState, TakeRow
from gui.views.take_delegate import Spot, TakeDelegate
from gui.views.takes_list import TakesList
from gui.views.takes_search import TakesSearch
from gui.views.welcome import Welcome
from gui.views.widgets import button

_PLAYHEAD_MILLISECONDS = 33
_LOOK_MILLISECONDS = 120  # after the last scroll


class TakesView(QWidget):
    """Search, list, and what can be done with the chosen takes."""

    preset_wanted = Signal(object)  # of this row

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self.list = TakesList(self)
        self.list.setModel(panel.shown)
        self.delegate = TakeDelegate(self)
        self.list.setItemDelegate(self.delegate)
        self.welcome = Welcome(panel)
        self.extend_menu: Callable[[QMenu], None] = lambda _menu: None
        self._playhead = QTimer(self, interval=_PLAYHEAD_MILLISECONDS)
        self._looking = QTimer(self, singleShot=True, interval=_LOOK_MILLISECONDS)
        self.finder = TakesSearch(panel)
        self._make_buttons()
        self._lay_out()
        self._connect()
        self._show_list()
        self._show_buttons()

    def _make_buttons(self) -> None:
        self.play_alone = button("▶", self.tr("Play the take alone, or stop (Space)"), self.play)
        self.play_here = button(
            self.tr("In place"), self.tr("Play the take in its place (Shift+Space)"), lambda: self.play(True)
        )
        self.ab = button("A/B", self.tr("Switch between take and original, equally loud (C)"), self.compare)
        self.keep_button = button(
            self.tr("Keep"), self.tr("Keep: never prune it, or no longer (K)"), self.keep
        )
        self.star_button = button("★", self.tr("Star, or no longer (S)"), self.star)
        self.discard_button = button(
            self.tr("Discard"), self.tr("Discard: file into the trash (Delete)"), self.discard
        )
        self.recall = button(
            self.tr("Settings"), self.tr("Copy the take's settings back"), self._recall, "Ctrl+B"
        )
        self.more = button(self.tr("More…"), self.tr("More to do with the take"), self._show_more)
        self._on_chosen = (
            self.play_alone, self.play_here, self.ab, self.keep_button, self.star_button, self.discard_button,
            self.recall, self.more,
        )  # fmt: skip

    def _lay_out(self) -> None:
        bottom = QHBoxLayout()
        bottom.setSpacing(3)
        for chosen in self._on_chosen:
            bottom.addWidget(chosen)
        bottom.addStretch(1)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.list)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self.finder)
        whole.addLayout(self._pages, 1)
        whole.addLayout(bottom)

    def _connect(self) -> None:
        self.finder.shown.connect(self._ask_for_envelopes)
        self._playhead.timeout.connect(self._show_playhead)
        self.delegate.clicked.connect(self._clicked)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.list.doubleClicked.connect(lambda _: self.play())
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._show_buttons())
        takes = self._panel.takes
        takes.rowsInserted.connect(self._inserted)
        takes.rowsRemoved.connect(lambda *_: self._removed())
        takes.dataChanged.connect(lambda *_: self._show_buttons())
        self._panel.audition.changed.connect(self._show_audition)
        self.list.verticalScrollBar().valueChanged.connect(lambda _: self._looking.start())
        self._looking.timeout.connect(self._ask_for_envelopes)

    # What is chosen

    @property
    def chosen(self) -> list[TakeRow]:
        """The selected rows, from top to bottom."""
        indexes = sorted(self.list.selectionModel().selectedIndexes(), key=lambda index: index.row())
        return [index.data(ROW) for index in indexes]

    @property
    def is_playing(self) -> bool:
        """Whether something is heard."""
        return self._panel.audition.is_on

    # What the user does

    def play(self, in_context: bool = False) -> None:
        """Plays the first chosen take; if it plays already this way, or has no sound yet, stops."""
        audition = self._panel.audition
        row = next(iter(self.chosen), None)
        same = audition.row is row and audition.in_context == in_context
        if audition.is_on and (row is None or not row.is_audible or same):
            audition.stop()
        elif row is not None and row.is_audible:
            audition.play_take(row, in_context)

    def stop(self) -> None:
        """Silence."""
        self._panel.audition.stop()

    def compare(self) -> None:
        """A or B; starts the take if nothing plays."""
        if not self.is_playing:
            self.play()
        else:
            self._panel.audition.compare()

    def mark(self) -> None:
        """The first chosen take is the one that others are compared with, or no longer."""
        audition, row = self._panel.audition, next(iter(self.chosen), None)
        if row is not None:
            audition.mark(None if audition.marked is row else row)

    def compare_takes(self, in_context: bool = False) -> None:
        """The first chosen take against the marked one; if both are being compared already, the other one."""
        audition, row = self._panel.audition, next(iter(self.chosen), None)
        marked = audition.marked
        if row is None or marked is None or row is marked:
            self._panel.said.emit(
                self.tr("Mark a take with M and choose another: X then switches between them.")
            )
        elif audition.row is row and audition.against is marked and audition.in_context == in_context:
            audition.compare()
        elif row.is_audible and marked.is_audible:
            audition.play_take(row, in_context, marked)

    def keep(self) -> None:
        """Keeps the chosen takes, or no longer if all of them are kept."""
        rows = self.chosen
        self._panel.history.keep(rows, not all(row.kept for row in rows))

    def keep_drafts(self) -> bool:
        """Keeps the live drafts among the chosen takes, and says so; False if there are none."""
        drafts = [row for row in self.chosen if row.scratch]
        if drafts:
            self._panel.history.keep(drafts, True)
            self._panel.said.emit(self.tr("The draft is kept now: drag it once more."))
        return bool(drafts)

    def star(self) -> None:
        """Stars the chosen takes, or no longer if all of them have one."""
        rows = self.chosen
        self._panel.history.rate(rows, 0 if all(row.rating for row in rows) else BEST)

    def discard(self) -> None:
        """Discards the chosen takes, and stops those that still render; the next take is chosen."""
        rows, heard = self.chosen, self._panel.audition.heard
        unfinished = [row for row in rows if row.state not in ENDED]
        if unfinished:
            self._panel.cancel(unfinished)
        self._panel.history.discard(rows)
        if heard is not None and heard not in self._panel.takes.rows:
            self.stop()
        here = self.list.currentIndex()
        if here.isValid() and not self._has_choice():
            self.list.setCurrentIndex(here)

    def reveal(self) -> None:
        """Shows the first chosen take's folder."""
        row = next(iter(self.chosen), None)
        if row is not None and row.path:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(row.path).parent)))

    def export(self) -> None:
        """Copies the chosen takes into a folder that the user picks."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Export takes into a folder"))
        if folder:
            self._panel.history.export(self.chosen, Path(folder))

    def _recall(self) -> None:
        for row in self.chosen[:1]:
            self._panel.recall(row)

    def _vary(self) -> None:
        for row in self.chosen[:1]:
            self._panel.vary(row)

    def _open_as_source(self) -> None:
        rows = self.chosen[:1]
        if rows:
            self._panel.history.own(rows, lambda: self._panel.source.open(rows[0].path))

    def _clicked(self, row: TakeRow, spot: Spot) -> None:
        """A place in a row; the click has chosen that row already."""
        audition = self._panel.audition
        if spot is Spot.PLAY and row.is_audible:
            audition.stop() if audition.heard is row else audition.play_take(row)
        elif spot is Spot.CANCEL and row.state not in ENDED:
            self._panel.cancel([row])
        elif spot is Spot.STAR and row.has_marks:
            self._panel.history.rate([row], 0 if row.rating else BEST)

    def menu(self) -> QMenu:
        """Everything that can be done with the chosen takes."""
        menu, rows = QMenu(self), self.chosen
        done = [row for row in rows if row.path]
        for text, work, possible in (
            (self._mark_words(rows), self.mark, bool(rows)),
            (self.tr("Compare with the marked take\tX"), self.compare_takes, self._is_comparable(rows)),
            (
                self.tr("Compare with it in place\tShift+X"),
                lambda: self.compare_takes(True),
                self._is_comparable(rows),
            ),
            (self.tr("Vary this take"), self._vary, bool(rows)),
            (self.tr("Save as a preset…"), lambda: self.preset_wanted.emit(rows[0]), bool(rows)),
            (self.tr("Open as the recording"), self._open_as_source, bool(done)),
            (self.tr("Show the folder"), self.reveal, bool(done)),
            (self.tr("Export…"), self.export, bool(done)),
            (self.tr("Cancel the job"), lambda: self._panel.cancel(rows), len(done) < len(rows)),
        ):
            action = menu.addAction(text)
            action.setEnabled(possible)
            action.triggered.connect(work)
        self.extend_menu(menu)
        stars = menu.addMenu(self.tr("Stars"))
        for count in range(BEST + 1):
            text = "★" * count or self.tr("none")
            stars.addAction(text).triggered.connect(
                lambda _=False, count=count: self._panel.history.rate(rows, count)
            )
        return menu

    def _mark_words(self, rows: list[TakeRow]) -> str:
        is_marked = bool(rows) and self._panel.audition.marked is rows[0]
        return self.tr("No longer marked\tM") if is_marked else self.tr("Mark, to compare others with it\tM")

    def _is_comparable(self, rows: list[TakeRow]) -> bool:
        marked = self._panel.audition.marked
        return bool(rows) and marked is not None and marked is not rows[0]

    def _show_more(self) -> None:
        self.menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _show_menu(self, place: QPoint) -> None:
        self.menu().popup(self.list.viewport().mapToGlobal(place))

    # What is shown

    def _ask_for_envelopes(self) -> None:
        """Waveforms of those rows of before that are on the screen."""
        area = self.list.viewport().rect()
        index = self.list.indexAt(area.topLeft())
        while index.isValid() and self.list.visualRect(index).top() <= area.bottom():
            row: TakeRow = index.data(ROW)
            if row.state is RowState.DONE and row.path and row.envelope is None:
                self._panel.history.show_envelope(row)
            index = index.siblingAtRow(index.row() + 1)

    def _inserted(self) -> None:
        """What was just asked for is chosen, so that keys hear it; what comes by itself is not."""
        self._show_list()
        newest = self._panel.shown.index(0, 0)
        if newest.isValid() and (self._is_wanted(newest.data(ROW)) or not self._has_choice()):
            self.list.setCurrentIndex(newest)
        self._looking.start()

    def _is_wanted(self, row: TakeRow) -> bool:
        return row.state is RowState.QUEUED and row.position < 0 and not row.live

    def _has_choice(self) -> bool:
        return self.list.selectionModel().hasSelection()

    def _removed(self) -> None:
        """A take that is gone is compared with no more."""
        audition = self._panel.audition
        if audition.marked is not None and audition.marked not in self._panel.takes.rows:
            audition.mark(None)
        self._show_list()

    def _show_list(self) -> None:
        self._pages.setCurrentWidget(self.list if self._panel.takes.rows else self.welcome)

    def _show_buttons(self) -> None:
        rows = self.chosen
        for widget in self._on_chosen:
            widget.setEnabled(bool(rows))
        first = rows[0] if rows else None
        self.play_here.setEnabled(bool(first and first.source_path and first.is_audible))
        self.ab.setEnabled(bool(first and first.source_path and first.is_audible))
        marked = any(row.has_marks for row in rows)
        self.keep_button.setEnabled(marked)
        self.star_button.setEnabled(marked)
        self.finder.cancel_all.setEnabled(bool(self._panel.takes.unfinished()))

    def _show_audition(self) -> None:
        audition = self._panel.audition
        self.delegate.playing, self.delegate.marked = audition.heard, audition.marked
        sides = {
            Side.TAKE: self.tr("A: take") if audition.against is None else self.tr("B: this take"),
            Side.ORIGINAL: self.tr("B: original"),
            Side.MARKED: self.tr("A: marked take"),
        }
        self.delegate.side_words = sides[audition.side] if audition.can_compare else ""
        if audition.is_on:
            self._playhead.start()
        else:
            self._playhead.stop()
        self._show_playhead()

    def _show_playhead(self) -> None:
        audition = self._panel.audition
        audition.look()
        self.delegate.playhead = audition.progress
        self.list.viewport().update()
