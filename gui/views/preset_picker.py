"""The presets: looked through by words, tag and group, their slots filled, one chosen with Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.models.panel import Panel
from gui.models.preset_shelf import group_words
from gui.models.words import plain_tip
from gui.views.preset_editor import PresetEditor
from gui.views.preset_travel import PresetTravel, preset_files
from gui.views.widgets import button, label, paragraph
from presets.slots import UNNAMED, slot_names
from presets.store import Entry

_ENTRY = Qt.ItemDataRole.UserRole


class PresetPicker(QDialog):
    """Stays open beside the panel until one is chosen; nothing in it waits."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel, self._shelf = panel, panel.presets
        self.slots: dict[str, QLineEdit] = {}
        self._shown: Entry | None = None  # whose slots these are
        self.editor: PresetEditor | None = None
        self.travel = PresetTravel(self._shelf, self)
        self._wanted = ""  # a copy that is to be edited as soon as it is listed
        self.setWindowTitle(self.tr("Presets"))
        self.setAcceptDrops(True)
        self.resize(480, 600)
        self._make_search()
        self._make_list()
        self._make_foot()
        self._lay_out()
        self._shelf.listed.connect(self._show_all)
        self._shelf.copied.connect(self._want)
        panel.said.connect(self._say)
        self._show_all()

    def _make_search(self) -> None:
        self.search = QLineEdit(placeholderText=self.tr("Search presets"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Search presets by words of name, tags or prompt"))
        self.search.textChanged.connect(lambda _: self._show_list())
        self.search.installEventFilter(self)
        self.group, self.tag = QComboBox(), QComboBox()
        self.group.setAccessibleName(self.tr("Group"))
        self.tag.setAccessibleName(self.tr("Tag"))
        for box in (self.group, self.tag):
            box.activated.connect(lambda _: self._show_list())

    def _make_list(self) -> None:
        self.list = QTreeWidget(columnCount=2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(self.tr("Presets"))
        self.list.setUniformRowHeights(True)
        self.list.setIndentation(12)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.list.currentItemChanged.connect(lambda *_: self._show_chosen())
        self.list.itemActivated.connect(lambda *_: self.choose())
        self.list.installEventFilter(self)
        self.about = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.about.setMinimumHeight(self.about.fontMetrics().height() * 4)
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _make_foot(self) -> None:
        self.use = button(self.tr("Use"), self.tr("Take the preset's settings (Enter)"), self.choose)
        self.take_in = button(
            self.tr("Import…"), self.tr("Import presets from files and packs"), self.travel.take_in, "Ctrl+O"
        )
        self.give_out = button(
            self.tr("Export…"), self.tr("Export the chosen presets"),
            lambda: self.travel.give_out(self.all_chosen), "Ctrl+E",
        )  # fmt: skip
        self.copy = button(
            self.tr("Duplicate"), self.tr("Copy the preset and edit the copy"), self._duplicate, "Ctrl+D"
        )
        self.edit = button(self.tr("Edit…"), self.tr("Edit this preset of yours"), self._edit, "F2")
        self.remove = button(
            self.tr("Delete…"), self.tr("Delete the chosen presets of yours"), self._delete, "Ctrl+Delete"
        )
        self.news = paragraph()

    def _lay_out(self) -> None:
        top, keeping, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.group)
        top.addWidget(self.tag)
        for widget in (self.take_in, self.give_out, self.copy, self.edit, self.remove):
            keeping.addWidget(widget)
        keeping.addStretch(1)
        foot.addWidget(self.news, 1)
        foot.addWidget(self.use)
        self._slots = QFormLayout()
        whole = QVBoxLayout(self)
        whole.addLayout(top)
        whole.addWidget(self.list, 1)
        whole.addWidget(self.about)
        whole.addLayout(self._slots)
        whole.addLayout(keeping)
        whole.addLayout(foot)

    @property
    def chosen(self) -> Entry | None:
        """The preset that Enter takes."""
        item = self.list.currentItem()
        entry = item.data(0, _ENTRY) if item else None
        return entry if isinstance(entry, Entry) else None

    @property
    def all_chosen(self) -> list[Entry]:
        """All presets that are selected, from top to bottom."""
        entries = [item.data(0, _ENTRY) for item in self._items() if item.isSelected()]
        return [entry for entry in entries if isinstance(entry, Entry)]

    def open_anew(self) -> None:
        """Shows it, ready for words; what changed on disk meanwhile follows."""
        self._say(self._shelf.problem)
        self._shelf.refresh()  # a window manager may not say that it is active
        self.show()
        self.raise_()
        self.activateWindow()
        self.search.setFocus()
        self.search.selectAll()

    def choose(self) -> None:
        """Takes the chosen preset; the first slot that wants to be filled asks for its words instead."""
        entry = self.chosen
        if entry is None:
            return
        for field in self.slots.values():
            if not field.text().strip() and not field.placeholderText():
                field.setFocus()
                self._say(self.tr("{0} wants words here: fill this slot.").format(entry.preset.name))
                return
        given = {name: text for name, field in self.slots.items() if (text := field.text().strip())}
        if self._panel.apply_preset(entry.preset, given):
            self.accept()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Whoever comes back from an editor or another program sees what that changed."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._shelf.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Down and Up in the search walk through the list, and Enter takes what is chosen there."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.choose()
                return True
            if watched is self.search and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._walk(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
        return super().eventFilter(watched, event)

    def _walk(self, step: int) -> None:
        items = self._items()
        current = self.list.currentItem()
        place = next((number for number, item in enumerate(items) if item is current), -1)
        if items:
            self.list.setCurrentItem(items[max(0, min(place + step, len(items) - 1))])

    def _items(self) -> list[QTreeWidgetItem]:
        heads = (self.list.topLevelItem(number) for number in range(self.list.topLevelItemCount()))
        under = (head.child(number) for head in heads if head for number in range(head.childCount()))
        return [item for item in under if item]

    def _show_all(self) -> None:
        _refill(self.group, [(self.tr("All groups"), "")], self._shelf.group_names, group_words)
        _refill(self.tag, [(self.tr("All tags"), "")], self._shelf.tags, str)
        if self._shelf.problem:
            self._say(self._shelf.problem)
        self._show_list()
        self._edit_wanted()

    def _show_list(self, key: str = "") -> None:
        """The preset of that key is chosen, or the one that was, while it matches; else the first one."""
        before = self.chosen
        self.list.blockSignals(True)
        self.list.clear()
        for group, entries in self._shelf.groups(
            self.search.text(), self.tag.currentData() or "", self.group.currentData() or ""
        ):
            self._add_group(group_words(group), entries)
        self.list.expandAll()
        self.list.resizeColumnToContents(0)
        items = self._items()
        name = key or (before.preset.key if before else "")
        again = next((item for item in items if item.data(0, _ENTRY).preset.key == name), None)
        if items:
            self.list.setCurrentItem(again or items[0])
        self.list.blockSignals(False)
        self._show_chosen()

    def _add_group(self, name: str, entries: tuple[Entry, ...]) -> None:
        head = QTreeWidgetItem([name])
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = head.font(0)
        font.setBold(True)
        head.setFont(0, font)
        self.list.addTopLevelItem(head)
        head.setFirstColumnSpanned(True)
        for entry in entries:
            item = QTreeWidgetItem(head, [entry.preset.name, ", ".join(entry.preset.tags)])
            item.setData(0, _ENTRY, entry)
            item.setToolTip(0, plain_tip(entry.preset.prompt))

    def _show_chosen(self) -> None:
        entry = self.chosen
        self._show_buttons()
        if entry != self._shown:  # what was typed for it stays while the list changes
            self._shown = entry
            self._show_slots(entry)
        if entry is None:
            self.about.setText(self.tr("No preset has all of this."))
            return
        self.about.setText("\n".join(part for part in (entry.preset.prompt, entry.preset.notes) if part))

    def _show_buttons(self) -> None:
        """What can be done with what is chosen."""
        entry, own = self.chosen, self._own_chosen
        for widget in (self.use, self.copy, self.give_out):
            widget.setEnabled(entry is not None)
        self.edit.setEnabled(entry is not None and not entry.is_factory)
        self.remove.setEnabled(bool(own))

    @property
    def _own_chosen(self) -> list[Entry]:
        return [entry for entry in self.all_chosen if not entry.is_factory]

    def _show_slots(self, entry: Entry | None) -> None:
        """A line for each; what the preset would say itself stands there in grey."""
        while self._slots.rowCount():
            self._slots.removeRow(0)
        self.slots = {}
        for name in slot_names(entry.preset) if entry else ():
            words = self.tr("words for {}") if name == UNNAMED else name
            field = QLineEdit(placeholderText=entry.preset.slots.get(name, "") if entry else "")
            field.setAccessibleName(self.tr("Slot: {0}").format(words))
            field.installEventFilter(self)
            self._slots.addRow(label(words, field), field)
            self.slots[name] = field

    def _delete(self) -> None:
        entries = self._own_chosen
        if not entries:
            return
        question = (
            self.tr("Delete your preset {0}?").format(entries[0].preset.name)
            if len(entries) == 1
            else self.tr("Delete these {0} presets of yours?").format(len(entries))
        )
        answer = QMessageBox.question(self, self.tr("Presets"), question)
        if answer is QMessageBox.StandardButton.Yes:
            for entry in entries:
                self._shelf.delete(entry.preset.name)

    def _duplicate(self) -> None:
        if self.chosen is not None:
            self._shelf.duplicate(self.chosen)

    def _want(self, name: str) -> None:
        """A copy is there, and will be listed: somebody who copies wants to change something."""
        self._wanted = name

    def _edit(self) -> None:
        entry = self.chosen
        if entry is not None and not entry.is_factory:
            self.editor = PresetEditor(self._panel, entry.preset, self)
            self.editor.finished.connect(lambda _: self.list.setFocus())
            self.editor.open()

    def _edit_wanted(self) -> None:
        entry = self._shelf.find(self._wanted) if self._wanted else None
        if entry is None:
            return
        self._wanted = ""
        self.search.clear()
        for box in (self.group, self.tag):
            box.setCurrentIndex(0)
        self._show_list(entry.preset.key)
        self._edit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Preset files and packs are welcome."""
        if preset_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """They are imported."""
        event.acceptProposedAction()
        self._shelf.take_in(preset_files(event.mimeData()))

    def _say(self, sentence: str) -> None:
        self.news.setText(sentence)
        self.news.setAccessibleName(sentence)


def _refill(box: QComboBox, first: list[tuple[str, str]], names: tuple[str, ...], words: object) -> None:
    """The same choice as before, if it is still there."""
    assert callable(words)
    before = box.currentData() or ""
    box.clear()
    for text, name in (*first, *((words(name), name) for name in names)):
        box.addItem(text, name)
    box.setCurrentIndex(max(0, box.findData(before)))
