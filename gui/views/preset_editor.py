"""A preset of the user's in a form: everything that its file holds."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.models.error_words import in_words
from gui.models.panel import Panel
from gui.models.preset_editing import PresetForm, form_of, preset_of_form
from gui.models.setting_words import setting_words
from gui.views.widgets import button, label, number, paragraph
from presets.effects import EFFECTS
from presets.errors import PresetError
from presets.preset import (
    MAX_CATEGORY_CHARACTERS,
    MAX_GUIDANCE,
    MAX_NAME_CHARACTERS,
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    MAX_STEPS,
    MAX_TAKES,
    Mode,
    Preset,
    SeedPolicy,
)
from presets.resolve import SETTINGS

_UNSET = -1.0  # the lowest value of a field: nothing is said


class PresetEditor(QDialog):
    """Closes when the preset is kept; what is wrong with it is said here, and nothing typed is lost."""

    def __init__(self, panel: Panel, preset: Preset, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel, self._preset = panel, preset
        self.setWindowTitle(self.tr("Edit the preset {0}").format(preset.name))
        self.resize(480, 560)
        self._make_words()
        self._make_numbers()
        self._make_lines()
        self._make_foot()
        self._lay_out()
        self._show(form_of(preset))
        panel.said.connect(self._say)
        panel.presets.kept.connect(self.accept)

    def _make_words(self) -> None:
        self.name = QLineEdit(maxLength=MAX_NAME_CHARACTERS)
        self.tags = QLineEdit(placeholderText=self.tr("feet, wet, scene 14"))
        self.category = QLineEdit(maxLength=MAX_CATEGORY_CHARACTERS)
        self.category.setPlaceholderText(self.tr("from the prompt"))
        self.prompt = QLineEdit(maxLength=MAX_PROMPT_CHARACTERS)
        self.prompt.setPlaceholderText(self.tr("{boots|heels} on {surface}"))
        self.negative = QLineEdit(maxLength=MAX_PROMPT_CHARACTERS)
        self.model = QComboBox(editable=True)
        self.model.addItems(["", *sorted(self._panel.installed_models)])

    def _make_numbers(self) -> None:
        """What is not said is left to who uses the preset."""
        open_ = self.tr("as it is set")
        self.mode, self.seed_policy = QComboBox(), QComboBox()
        for mode, text in (
            (Mode.GENERATE, self.tr("Generate")),
            (Mode.TRANSFER, self.tr("Restyle")),
            (Mode.INPAINT, self.tr("Fill")),
        ):
            self.mode.addItem(text, mode.value)
        for policy, text in (
            (SeedPolicy.CLIENT, open_),
            (SeedPolicy.NEW, self.tr("another each time")),
            (SeedPolicy.FIXED, self.tr("always the same")),
        ):
            self.seed_policy.addItem(text, policy.value)
        self.strength = number(_UNSET, 100, 5, self.tr("Strength in percent"), 1, open_)
        self.strength.setSuffix(" %")
        self.takes = number(_UNSET, MAX_TAKES, 1, self.tr("Takes"), 0, open_)
        self.steps = number(_UNSET, MAX_STEPS, 1, self.tr("Steps"), 0, open_)
        self.guidance = number(_UNSET - 1, MAX_GUIDANCE, 0.5, self.tr("Guidance"), 2, open_)
        self.seed = QSpinBox(minimum=0, maximum=MAX_SEED)
        self.seed_policy.currentIndexChanged.connect(lambda _: self._show_which_count())
        self.mode.currentIndexChanged.connect(lambda _: self._show_which_count())

    def _make_lines(self) -> None:
        self.slots, self.settings = QPlainTextEdit(), QPlainTextEdit()
        self.effects, self.notes = QPlainTextEdit(), QPlainTextEdit()
        self.slots.setPlaceholderText(self.tr("surface = gravel"))
        self.settings.setPlaceholderText(self.tr("seconds = 3.0"))
        self.effects.setPlaceholderText("Reverb room_size=0.3")
        for field in (self.slots, self.settings, self.effects, self.notes):
            field.setTabChangesFocus(True)
        self.hint = paragraph()
        self.settings.cursorPositionChanged.connect(self._hint_at_setting)
        self.effects.cursorPositionChanged.connect(self._hint_at_effect)
        self.add_setting = button(
            self.tr("Add a setting"), self.tr("Add a further setting of a request"), self._offer_settings
        )
        self.add_effect = button(
            self.tr("Add an effect"), self.tr("Add an effect to the end of the chain"), self._offer_effects
        )

    def _make_foot(self) -> None:
        self.news = paragraph()
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Save | kinds.Cancel)
        self.buttons.accepted.connect(self.save)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        pages = self.pages = QTabWidget()
        pages.addTab(
            _page(
                (self.tr("&Name"), self.name), (self.tr("&Tags"), self.tags),
                (self.tr("&UCS category"), self.category), (self.tr("&Prompt"), self.prompt),
                (self.tr("S&lots"), self.slots), (self.tr("N&ot"), self.negative),
                (self.tr("&Mode"), self.mode), (self.tr("St&rength"), self.strength),
                (self.tr("Not&es"), self.notes),
            ),
            self.tr("&1 Sound"),
        )  # fmt: skip
        self._add_making()
        whole = QVBoxLayout(self)
        whole.addWidget(pages, 1)
        whole.addWidget(self.news)
        whole.addWidget(self.buttons)

    def _add_making(self) -> None:
        page = _page(
            (self.tr("&Takes"), self.takes), (self.tr("&Steps"), self.steps),
            (self.tr("&Guidance"), self.guidance), (self.tr("S&eed"), self.seed_policy),
            (self.tr("Its &number"), self.seed), (self.tr("&Model"), self.model),
            (self.tr("Sett&ings"), self.settings), (self.tr("E&ffects"), self.effects),
        )  # fmt: skip
        adding = QHBoxLayout()
        adding.addWidget(self.add_setting)
        adding.addWidget(self.add_effect)
        adding.addStretch(1)
        form = page.layout()
        assert isinstance(form, QFormLayout)
        form.addRow("", adding)
        form.addRow(self.hint)
        self.pages.addTab(page, self.tr("&2 Making"))

    # What is typed

    @property
    def form(self) -> PresetForm:
        """The fields as they are."""
        return PresetForm(
            name=self.name.text(),
            prompt=self.prompt.text(),
            tags=self.tags.text(),
            category=self.category.text(),
            slots=self.slots.toPlainText(),
            negative=self.negative.text(),
            mode=Mode(self.mode.currentData()),
            strength=self._strength,
            takes=_whole(self.takes),
            steps=_whole(self.steps),
            guidance=_said(self.guidance),
            seed_policy=SeedPolicy(self.seed_policy.currentData()),
            seed=self.seed.value(),
            model=self.model.currentText(),
            settings=self.settings.toPlainText(),
            effects=self.effects.toPlainText(),
            notes=self.notes.toPlainText(),
        )

    def save(self) -> None:
        """Keeps it; the dialog closes when that is done."""
        try:
            made = preset_of_form(self._preset, self.form)
        except PresetError as error:
            self._say(in_words(error))
            return
        self._panel.presets.change(self._preset, made)

    @property
    def _strength(self) -> float | None:
        """In the file's share, exactly as it was where it was not touched."""
        percent, before = _said(self.strength), self._preset.strength
        if percent is None or (before is not None and abs(before * 100 - percent) < 0.05):
            return None if percent is None else before
        return percent / 100

    def _show(self, form: PresetForm) -> None:
        for line, text in (
            (self.name, form.name), (self.tags, form.tags), (self.category, form.category),
            (self.prompt, form.prompt), (self.negative, form.negative),
        ):  # fmt: skip
            line.setText(text)
        for lines, text in (
            (self.slots, form.slots), (self.settings, form.settings), (self.effects, form.effects),
            (self.notes, form.notes),
        ):  # fmt: skip
            lines.setPlainText(text)
        percent = None if form.strength is None else form.strength * 100
        for field, value in (
            (self.strength, percent), (self.takes, form.takes), (self.steps, form.steps),
            (self.guidance, form.guidance),
        ):  # fmt: skip
            field.setValue(field.minimum() if value is None else value)
        self.mode.setCurrentIndex(self.mode.findData(form.mode.value))
        self.seed_policy.setCurrentIndex(self.seed_policy.findData(form.seed_policy.value))
        self.seed.setValue(form.seed)
        self.model.setCurrentText(form.model)
        self._show_which_count()

    def _show_which_count(self) -> None:
        """A seed counts if it is fixed, a strength if something is restyled."""
        self.seed.setEnabled(self.seed_policy.currentData() == SeedPolicy.FIXED.value)
        self.strength.setEnabled(self.mode.currentData() == Mode.TRANSFER.value)

    # Lines

    def _hint_at_setting(self) -> None:
        name = self.settings.textCursor().block().text().partition("=")[0].strip()
        self._hint(f"{name}: {setting_words(name)}" if name in SETTINGS else "")

    def _hint_at_effect(self) -> None:
        """The parameters of the effect in whose line one types."""
        name = (self.effects.textCursor().block().text().split() or [""])[0]
        known = EFFECTS.get(name, {})
        ranges = ", ".join(
            self.tr("{0} {1:g} to {2:g}").format(key, *bounds) for key, bounds in known.items()
        )
        self._hint(f"{name}: {ranges}" if ranges else "")

    def _hint(self, text: str) -> None:
        self.hint.setText(text)
        self.hint.setAccessibleName(text)

    def _offer_settings(self) -> None:
        there = {line.partition("=")[0].strip() for line in self.settings.toPlainText().splitlines()}
        names = sorted(SETTINGS - there, key=lambda name: setting_words(name).casefold())
        menu = self.setting_menu = QMenu(self)
        for name in names:
            menu.addAction(f"{setting_words(name)} ({name})", partial(self._add_setting, name))
        menu.popup(self.add_setting.mapToGlobal(self.add_setting.rect().bottomLeft()))

    def _offer_effects(self) -> None:
        menu = self.effect_menu = QMenu(self)
        for name in EFFECTS:
            menu.addAction(name, partial(_add_line, self.effects, name))
        menu.addAction(self.tr("A plugin (VST3)"), lambda: _add_line(self.effects, "VST3 plugin="))
        menu.popup(self.add_effect.mapToGlobal(self.add_effect.rect().bottomLeft()))

    def _add_setting(self, name: str) -> None:
        _add_line(self.settings, f"{name} = ")

    def _say(self, sentence: str) -> None:
        self.news.setText(sentence)
        self.news.setAccessibleName(sentence)


def _page(*rows: tuple[str, QWidget]) -> QWidget:
    page = QWidget()
    form = QFormLayout(page)
    for text, field in rows:
        form.addRow(label(text, field), field)
    return page


def _add_line(field: QPlainTextEdit, text: str) -> None:
    """At the end, ready to be typed on."""
    before = field.toPlainText().rstrip("\n")
    field.setPlainText(f"{before}\n{text}" if before else text)
    field.moveCursor(field.textCursor().MoveOperation.End)
    field.setFocus()


def _said(field: QDoubleSpinBox) -> float | None:
    """None at its lowest value, where nothing is said."""
    return None if field.value() <= field.minimum() else round(field.value(), field.decimals())


def _whole(field: QDoubleSpinBox) -> int | None:
    value = _said(field)
    return None if value is None else round(value)
