"""The middle: what it should sound like, how much, how many; and the button that does it."""

from __future__ import annotations

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.requests import Quality
from engine.protocol.vocabulary import MAX_PROMPT_CHARACTERS
from gui.models.ask import MAX_TAKES, SEEDS, Task, Verb
from gui.models.panel import Panel
from gui.models.preset_ask import carried
from gui.views.advanced_view import AdvancedView
from gui.views.scrolled import Scrolled
from gui.views.widgets import button, label, number, paragraph


class PromptField(QLineEdit):
    """One line with the prompts of before: Up and Down walk through them, and what is typed is completed."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._asking = panel.asking
        self._place = -1  # in the history; -1: what is being typed
        self._typed = ""
        self._suggestions = QStringListModel(self)
        self._completer = QCompleter(self._suggestions, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.setCompleter(self._completer)
        self.setMaxLength(MAX_PROMPT_CHARACTERS)
        self.setClearButtonEnabled(True)
        self.setPlaceholderText(self.tr("such as: boots on wet gravel"))
        self.setAccessibleName(self.tr("Prompt: what it should sound like"))
        self.textEdited.connect(self._edited)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Up and Down: the prompts before and after. Return: the suggestion that is chosen, if one is."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._takes_suggestion():
            return
        if event.key() == Qt.Key.Key_Up:
            self._walk(1)
        elif event.key() == Qt.Key.Key_Down:
            self._walk(-1)
        else:
            super().keyPressEvent(event)

    def _takes_suggestion(self) -> bool:
        """Where one is chosen, it is what is asked for; nothing is made of it yet."""
        popup = self._completer.popup()
        if popup is None or not popup.isVisible() or not popup.currentIndex().isValid():
            return False
        suggestion = str(popup.currentIndex().data())
        popup.hide()
        self.setText(suggestion)
        self._edited(suggestion)
        self._asking.set(prompt=suggestion)
        return True

    def _edited(self, text: str) -> None:
        self._place, self._typed = -1, text
        self._suggestions.setStringList(self._asking.suggestions(text) if text.strip() else [])

    def _walk(self, step: int) -> None:
        prompts = self._asking.history.prompts
        if self._place < 0:
            self._typed = self.text()
        self._place = min(max(-1, self._place + step), len(prompts) - 1)
        text = prompts[self._place] if self._place >= 0 else self._typed
        self.setText(text)
        self._asking.set(prompt=text)


class AskView(QWidget):
    """Every setting, kept in step with the ``AskModel`` both ways."""

    presets_wanted = Signal()

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel, self._asking = panel, panel.asking
        self._make_fields()
        self._make_buttons()
        self.advanced = AdvancedView(panel)
        self.advanced.hide()
        self._lay_out()
        self._connect()
        self.show_ask()

    def _make_fields(self) -> None:
        self.prompt = PromptField(self._panel)
        self.negative = QLineEdit(maxLength=MAX_PROMPT_CHARACTERS)
        self.negative.setPlaceholderText(self.tr("what it should not sound like"))
        self.negative.setAccessibleName(self.tr("Negative prompt: what it should not sound like"))
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, 100)
        self.strength_number = number(0, 100, 5, self.tr("Strength in percent"), decimals=0)
        self.strength_number.setSuffix(" %")
        self.takes = QSpinBox(minimum=1, maximum=MAX_TAKES)
        self.seconds = number(0.1, 1800, 0.5, self.tr("Length in seconds"))
        self.seconds.setSuffix(self.tr(" s"))
        self.seed = QSpinBox(minimum=0, maximum=SEEDS - 1)
        self.seed.setAccessibleName(self.tr("Seed"))
        self.quality, self.task = QComboBox(), QComboBox()
        for quality, text in (
            (Quality.DRAFT, self.tr("Draft")),
            (Quality.NORMAL, self.tr("Normal")),
            (Quality.BEST, self.tr("Best")),
        ):
            self.quality.addItem(text, quality)
        for task, text in self._tasks():
            self.task.addItem(text, task)
        self.loop = QCheckBox(self.tr("&Loop"))
        self.loop.setToolTip(self.tr("The end runs into the start without a seam"))
        self.vary = number(0, 100, 5, self.tr("Variation in percent"), decimals=0, unset=self.tr("off"))
        self.vary.setSuffix(" %")

    def _tasks(self) -> tuple[tuple[Task, str], ...]:
        return (
            (Task.AUTO, self.tr("Automatic")),
            (Task.RESTYLE, self.tr("Restyle")),
            (Task.FILL, self.tr("Fill")),
            (Task.GENERATE, self.tr("Generate")),
            (Task.EXTEND, self.tr("Extend")),
        )

    def _make_buttons(self) -> None:
        self.lock = button(
            self.tr("Lock"), self.tr("Keep the seed for the next takes"), self._lock, "Ctrl+L", checkable=True
        )
        self.dice = button(self.tr("Roll"), self.tr("Roll another seed"), self._asking.roll, "Ctrl+R")
        self.live = button(
            self.tr("Live"),
            self.tr("Live: render a draft after every change, with the seed held"),
            self._switch_live,
            "Ctrl+Shift+L",
            checkable=True,
        )
        self.fold = button(
            self.tr("Advanced"),
            self.tr("Show advanced settings"),
            self._unfold,
            "Ctrl+D",
            checkable=True,
        )
        self.presets = button(
            self.tr("Presets…"), self.tr("Look through the presets"), self.presets_wanted.emit, "Ctrl+Shift+P"
        )
        self.main = QPushButton()
        self.main.setObjectName("main")
        self.main.setShortcut("Ctrl+Return")
        self.preset_words, self.why = paragraph(), paragraph()
        self.leave_preset = button(
            "✕", self.tr("Leave the preset: nothing goes along that has no field"), self._panel.leave_preset
        )

    def _lay_out(self) -> None:
        prompts = QFormLayout()
        prompts.setContentsMargins(0, 0, 0, 0)
        first = QHBoxLayout()
        first.addWidget(self.prompt, 1)
        first.addWidget(self.presets)
        prompts.addRow(label(self.tr("&Prompt"), self.prompt), first)
        prompts.addRow(label(self.tr("&Not"), self.negative), self.negative)
        strength = QHBoxLayout()
        strength.addWidget(self.strength, 1)
        strength.addWidget(self.strength_number)
        self.strength_label = label(self.tr("&Strength"), self.strength)
        prompts.addRow(self.strength_label, strength)
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        places = (
            (self.tr("&Takes"), self.takes), (self.tr("&Quality"), self.quality),
            (self.tr("M&ode"), self.task),
            (self.tr("Len&gth"), self.seconds), (self.tr("&Vary"), self.vary),
        )  # fmt: skip
        for number_, (text, field) in enumerate(places):
            row, column = divmod(number_, 3)
            grid.addWidget(label(text, field), row, 2 * column)
            grid.addWidget(field, row, 2 * column + 1)
        grid.addWidget(self.loop, 1, 4, 1, 2)
        for column in (1, 3, 5):
            grid.setColumnStretch(column, 1)
        seed = QHBoxLayout()
        seed.addWidget(label(self.tr("S&eed"), self.seed))
        seed.addWidget(self.seed, 1)
        for widget in (self.lock, self.dice, self.live, self.fold):
            seed.addWidget(widget)
        preset = QHBoxLayout()
        preset.addWidget(self.preset_words, 1)
        preset.addWidget(self.leave_preset)
        fields = QWidget()
        inside = _column(fields)
        for part in (prompts, grid, seed):
            inside.addLayout(part)
        inside.addWidget(self.advanced)
        inside.addStretch(1)
        self.fields = Scrolled(fields)
        whole = _column(self)
        whole.addWidget(self.fields, 1)
        whole.addLayout(preset)
        whole.addWidget(self.main)
        whole.addWidget(self.why)

    def _connect(self) -> None:
        change = self._asking.set  # a box gives back a plain text for what it was given

        self.prompt.returnPressed.connect(self.main.click)
        self.prompt.textChanged.connect(lambda text: change(prompt=text))
        self.negative.textEdited.connect(lambda text: change(negative=text))
        self.strength.valueChanged.connect(lambda value: change(strength=value / 100))
        self.strength_number.valueChanged.connect(lambda value: change(strength=value / 100))
        self.takes.valueChanged.connect(lambda value: change(takes=value))
        self.seconds.valueChanged.connect(lambda value: change(seconds=value))
        self.seed.valueChanged.connect(lambda value: change(seed=value))
        self.quality.currentIndexChanged.connect(
            lambda _: change(quality=Quality(self.quality.currentData()))
        )
        self.task.currentIndexChanged.connect(lambda _: change(task=Task(self.task.currentData())))
        self.loop.toggled.connect(lambda on: change(loop=on))
        self.vary.valueChanged.connect(lambda value: change(vary=value / 100))
        self.main.clicked.connect(self._panel.submit)
        self._asking.changed.connect(self.show_ask)
        self._panel.source.changed.connect(self._show_verb)
        self._panel.engine.changed.connect(self._show_verb)

    def _lock(self) -> None:
        self._asking.set(seed_locked=self.lock.isChecked())

    def _unfold(self) -> None:
        self.advanced.setVisible(self.fold.isChecked())

    def show_ask(self) -> None:
        """Puts the model's settings into the fields; a field that has them already is left alone."""
        ask = self._asking.ask
        for field, text in ((self.prompt, ask.prompt), (self.negative, ask.negative)):
            if field.text() != text:
                field.setText(text)
        for widget, value in (
            (self.strength, round(ask.strength * 100)),
            (self.strength_number, round(ask.strength * 100)),
            (self.takes, ask.takes),
            (self.seconds, ask.seconds),
            (self.seed, ask.seed),
            (self.vary, round(ask.vary * 100)),
        ):
            widget.blockSignals(True)
            widget.setValue(value)  # type: ignore[arg-type]
            widget.blockSignals(False)
        self.quality.setCurrentIndex(self.quality.findData(ask.quality))
        self.task.setCurrentIndex(self.task.findData(ask.task))
        self.loop.setChecked(ask.loop)
        self.lock.setChecked(ask.seed_locked)
        self.live.setChecked(self._panel.live.on)
        self._show_preset()
        self._show_verb()

    def _switch_live(self) -> None:
        """The seed is locked before it is on, and what shows that would take the button back."""
        self._panel.set_live(self.live.isChecked())
        self.live.setChecked(self._panel.live.on)

    def _show_preset(self) -> None:
        """Which one it was, and all that goes into the request beside what the fields show."""
        ask = self._asking.ask
        parts = (self.tr("Preset: {0}").format(ask.preset) if ask.preset else "", carried(ask))
        text = " · ".join(part for part in parts if part)
        self.preset_words.setText(text)
        self.preset_words.setAccessibleName(text)
        for widget in (self.preset_words, self.leave_preset):
            widget.setVisible(bool(text))

    def _show_verb(self) -> None:
        """The main button says what it will do, and below it why it can't yet."""
        verb, problem = self._panel.verb, self._panel.problem
        text = self._verb_words(verb)
        self.main.setText(text)
        self.main.setAccessibleName(text)
        self.main.setAccessibleDescription(problem)
        self.main.setEnabled(not problem)
        self.main.setShortcut("Ctrl+Return")  # a new text takes the shortcut away
        self.why.setText(problem)
        self.strength.setEnabled(verb in (Verb.RESTYLE, Verb.LOOP, Verb.VARY, Verb.GENERATE))
        self.strength_number.setEnabled(self.strength.isEnabled())
        self.seconds.setEnabled(self._panel.scene.selection is None or verb is Verb.EXTEND)

    def _verb_words(self, verb: Verb) -> str:
        takes = self._asking.ask.takes
        words = {
            Verb.GENERATE: self.tr("Generate"),
            Verb.RESTYLE: self.tr("Restyle"),
            Verb.FILL: self.tr("Fill"),
            Verb.EXTEND: self.tr("Extend"),
            Verb.LOOP: self.tr("Loop"),
            Verb.VARY: self.tr("Vary"),
        }[verb]
        return (
            self.tr("{0}: 1 take").format(words)
            if takes == 1
            else self.tr("{0}: {1} takes").format(words, takes)
        )


def _column(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(5)
    return layout
