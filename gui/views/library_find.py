"""Finding one's own sounds by words, or by another sound; hearing them, and using one as the source."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from gui.models.audition import Audition
from gui.models.library import Library
from gui.models.library_search import State, Wanted
from gui.views.found_table import FoundTable
from gui.views.widgets import button, label, number, paragraph

_LONGEST_SECONDS = 3600.0
_LOOK_MILLISECONDS = 100  # between looks at whether the hit still plays


class LibraryFind(QWidget):
    """The field, what narrows the search, and what was found."""

    add_wanted = Signal()

    def __init__(self, library: Library, audition: Audition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._search, self._audition = library, library.search, audition
        self._like = ""
        self._looking = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._looking.timeout.connect(audition.look)
        self._make_fields()
        self._make_results()
        self._make_foot()
        self._lay_out()
        self._search.changed.connect(self._show_state)
        library.folders.listed.connect(self._show_folders)
        audition.changed.connect(self._show_audition)
        self._search.found.dataChanged.connect(lambda *_: self._show_buttons())
        self._show_like()
        self._show_state()

    def _make_fields(self) -> None:
        self.text = QLineEdit(
            placeholderText=self.tr("What it should sound like: wooden door slam"), clearButtonEnabled=True
        )
        self.text.setAccessibleName(self.tr("What the sounds should be like"))
        self.text.installEventFilter(self)
        self.folder = QComboBox()
        self.folder.setAccessibleName(self.tr("Only sounds in this folder"))
        self.folder.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.folder.addItem(self.tr("all folders"), "")
        any_length = self.tr("any")
        self.shortest = number(0.0, _LONGEST_SECONDS, 0.5, self.tr("Shortest, in seconds"), 1, any_length)
        self.longest = number(0.0, _LONGEST_SECONDS, 0.5, self.tr("Longest, in seconds"), 1, any_length)
        self.like = label("", quiet=True)
        self.unlike = button("✕", self.tr("Look by words alone again"), lambda: self._set_like(""))
        self.text.textChanged.connect(lambda _: self._want())
        self.folder.activated.connect(lambda _: self._want())
        for field in (self.shortest, self.longest):
            field.setMinimumHeight(self.folder.sizeHint().height())
            field.valueChanged.connect(lambda _: self._want())

    def _make_results(self) -> None:
        self.table = FoundTable(self._search.found)
        self.table.played.connect(self.play)
        self.table.silenced.connect(self._audition.stop)
        self.table.used.connect(self.use)
        self.table.chosen_changed.connect(self._show_buttons)
        self.about = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self.add = button(self.tr("Add a folder…"), self.tr("Index a folder of sounds"), self.add_wanted.emit)

    def _make_foot(self) -> None:
        self.play_button = button(
            "▶", self.tr("Play it, or stop (Space; Shift+Space: all of the file)"), self.play
        )
        self.alike = button(
            self.tr("More like this"),
            self.tr("Find sounds that are like this one"),
            self._more_like,
            "Ctrl+L",
        )
        self.reveal = button(
            self.tr("Show the folder"), self.tr("Show the file's folder"), self._reveal, "Ctrl+E"
        )
        self.use_button = button(
            self.tr("Use as source"), self.tr("Open it here and make new takes of it (Enter)"), self.use
        )
        self.sentence = paragraph()

    def _lay_out(self) -> None:
        narrow, foot, empty = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        narrow.addWidget(self.folder, 1)
        for text, field in ((self.tr("&From"), self.shortest), (self.tr("&to"), self.longest)):
            narrow.addWidget(label(text, field))
            narrow.addWidget(field)
        narrow.addWidget(label(self.tr("seconds")))
        like = QHBoxLayout()
        like.addWidget(self.like, 1)
        like.addWidget(self.unlike)
        for widget in (self.play_button, self.alike, self.reveal):
            foot.addWidget(widget)
        foot.addWidget(self.sentence, 1)
        foot.addWidget(self.use_button)
        page = QWidget()
        empty.addStretch(1)
        empty.addWidget(self.about)
        empty.addWidget(self.add, 0, Qt.AlignmentFlag.AlignCenter)
        empty.addStretch(1)
        page.setLayout(empty)
        self._pages = QStackedLayout()
        self._pages.addWidget(page)
        self._pages.addWidget(self.table)
        whole = QVBoxLayout(self)
        whole.addWidget(self.text)
        whole.addLayout(narrow)
        whole.addLayout(like)
        whole.addLayout(self._pages, 1)
        whole.addLayout(foot)

    # What the user does

    def play(self, whole: bool = False) -> None:
        """Plays the chosen hit, or stops it."""
        hit = self.table.chosen
        if hit is not None:
            self._library.hear(hit, whole)

    def use(self) -> None:
        """The chosen hit becomes the recording."""
        hit = self.table.chosen
        if hit is not None:
            self._library.use(hit)

    def _more_like(self) -> None:
        hit = self.table.chosen
        if hit is not None:
            self.text.clear()
            self._set_like(hit.path)

    def _set_like(self, path: str) -> None:
        self._like = path
        self._show_like()
        self._want()
        self._search.hurry()
        self.text.setFocus()

    def _reveal(self) -> None:
        hit = self.table.chosen
        if hit is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(hit.path).parent)))

    def _want(self) -> None:
        self._search.want(
            Wanted(
                self.text.text(), self._like, str(self.folder.currentData() or ""),
                self.shortest.value(), self.longest.value(),
            )
        )  # fmt: skip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Down and Up in the field walk through what was found; Enter goes there, to hear it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.table.walk(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._search.hurry()
                self.table.setFocus()
                return True
        return super().eventFilter(watched, event)

    # What is shown

    def _show_folders(self) -> None:
        """Those to choose from; what was found may be another by now."""
        chosen = self.folder.currentData()
        while self.folder.count() > 1:
            self.folder.removeItem(1)
        for folder in self._library.folders.folders or ():
            self.folder.addItem(folder.path, folder.path)
        self.folder.setCurrentIndex(max(0, self.folder.findData(chosen)))
        self._want()
        self._search.search()

    def _show_like(self) -> None:
        name = Path(self._like).name
        self.like.setText(self.tr("Like {0}; words narrow it further").format(name) if self._like else "")
        for widget in (self.like, self.unlike):
            widget.setVisible(bool(self._like))

    def _show_state(self) -> None:
        folders, search = self._library.folders.folders, self._search
        is_table = bool(search.found.hits) and bool(folders)
        self._pages.setCurrentIndex(1 if is_table else 0)
        self.add.setVisible(folders == ())
        self.about.setText(self._about())
        words = search.sentence if is_table else ""
        self.sentence.setText(words)
        self.sentence.setAccessibleName(words)
        self._show_buttons()

    def _about(self) -> str:
        """What stands where nothing was found."""
        folders = self._library.folders.folders
        if folders is None:
            return self.tr("Looking for your folders…")
        if not folders:
            return self.tr(
                "None of your sounds are indexed yet.\n\nAdd a folder, or drop one here: its sounds are "
                "listened to once, and then found by what they are like. No file is changed."
            )
        if self._search.state is State.IDLE:
            return self.tr(
                "Type what it should sound like, in English.\n\nSpace plays what was found, Enter makes it "
                "the source of new takes, and it can be dragged into a DAW."
            )
        return self._search.sentence

    def _show_buttons(self) -> None:
        hit = self.table.chosen if self._search.found.hits else None
        for widget in (self.play_button, self.alike, self.reveal, self.use_button):
            widget.setEnabled(hit is not None and not self._search.found.is_gone(hit))

    def _show_audition(self) -> None:
        is_on = self._audition.is_on and bool(self._audition.file)
        self.table.is_playing = is_on
        self.play_button.setText("■" if is_on else "▶")
        if is_on:
            self._looking.start()
        else:
            self._looking.stop()
