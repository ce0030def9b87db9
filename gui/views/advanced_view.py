"""What most people leave alone."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QWidget

from engine.protocol.requests import Highs, Method, Sampler, Stereo
from engine.protocol.vocabulary import MAX_UCS_CHARACTERS
from gui.models.panel import Panel
from gui.models.setting_words import choice_words
from gui.views.widgets import button, label, number


class AdvancedView(QWidget):
    """The settings of ``Advanced``, each under its name."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asking, self._engine = panel.asking, panel.engine
        self._make_numbers()
        self._make_choices()
        self.reset = button(
            self.tr("Defaults"),
            self.tr("Set all of these to their defaults"),
            self._asking.reset_advanced,
        )
        self._lay_out()
        self._connect()
        self._show()

    def _make_numbers(self) -> None:
        unset = self.tr("auto")
        self.guidance = number(-1, 30, 0.5, self.tr("Guidance"), 1, unset)
        self.steps = number(0, 1000, 1, self.tr("Steps"), 0, unset)
        self.crossfade = number(0, 5, 0.01, self.tr("Seam in seconds"))
        self.context = number(-1, 30, 0.5, self.tr("Context in seconds"), 1, unset)
        self.sounding = number(
            -1, 600, 0.1, self.tr("Length of a new sound in seconds, 0: all of it"), 1, unset
        )
        self.tilt = number(0, 1, 0.1, self.tr("Tilt"), 1)

    def _make_choices(self) -> None:
        self.sampler = self._box(
            (None, self.tr("auto")), *((item, choice_words(item.value)) for item in Sampler)
        )
        self.method = self._box(*((item, choice_words(item.value)) for item in Method))
        self.stereo = self._box(*((item, choice_words(item.value)) for item in Stereo))
        self.highs = self._box(*((item, choice_words(item.value)) for item in Highs))
        self.model = self._box(("", self.tr("the engine's own")))
        self.model.setAccessibleName(self.tr("Model"))
        self.ucs = QLineEdit(maxLength=MAX_UCS_CHARACTERS, placeholderText=self.tr("from the prompt"))
        self.loudness = QCheckBox(self.tr("Match loudness"))
        self.noise_floor = QCheckBox(self.tr("Keep noise floor"))
        self.rank = QCheckBox(self.tr("Rank takes"))

    def _box(self, *items: tuple[object, str]) -> QComboBox:
        box = QComboBox()
        for value, text in items:
            box.addItem(text, value)
        return box

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        fields = (
            (self.tr("Guidance"), self.guidance), (self.tr("Steps"), self.steps),
            (self.tr("Sampler"), self.sampler), (self.tr("Method"), self.method),
            (self.tr("Seam s"), self.crossfade), (self.tr("Context s"), self.context),
            (self.tr("Stereo"), self.stereo), (self.tr("Highs"), self.highs),
            (self.tr("Lasts s"), self.sounding), (self.tr("Tilt"), self.tilt),
            (self.tr("UCS"), self.ucs), (self.tr("Model"), self.model),
        )  # fmt: skip
        for place, (text, field) in enumerate(fields):
            row, column = divmod(place, 2)
            grid.addWidget(label(text, field), row, 2 * column)
            grid.addWidget(field, row, 2 * column + 1)
        row = len(fields) // 2
        grid.addWidget(self.loudness, row, 0, 1, 2)
        grid.addWidget(self.noise_floor, row, 2)
        grid.addWidget(self.rank, row, 3)
        grid.addWidget(self.reset, row + 1, 3)

    def _connect(self) -> None:
        change = self._asking.set_advanced
        self.guidance.valueChanged.connect(lambda value: change(guidance=value))
        self.steps.valueChanged.connect(lambda value: change(steps=int(value)))
        self.crossfade.valueChanged.connect(lambda value: change(crossfade=value))
        self.context.valueChanged.connect(lambda value: change(context=value))
        self.sounding.valueChanged.connect(lambda value: change(sounding=value if value >= 0 else -1.0))
        self.tilt.valueChanged.connect(lambda value: change(tilt=value))
        self.sampler.currentIndexChanged.connect(lambda _: change(sampler=self._chosen_sampler))
        self.method.currentIndexChanged.connect(lambda _: change(method=Method(self.method.currentData())))
        self.stereo.currentIndexChanged.connect(lambda _: change(stereo=Stereo(self.stereo.currentData())))
        self.highs.currentIndexChanged.connect(lambda _: change(highs=Highs(self.highs.currentData())))
        self.model.activated.connect(lambda _: change(model=self.model.currentData()))
        self.ucs.textEdited.connect(lambda text: change(ucs=text))
        self.loudness.toggled.connect(lambda on: change(match_loudness=on))
        self.noise_floor.toggled.connect(lambda on: change(noise_floor=on))
        self.rank.toggled.connect(lambda on: change(rank=on))
        self._asking.changed.connect(self._show)
        self._engine.models_listed.connect(self._show_models)

    @property
    def _chosen_sampler(self) -> Sampler | None:
        """A box gives back a plain text for what it was given."""
        name = self.sampler.currentData()
        return Sampler(name) if name else None

    def _show(self) -> None:
        advanced = self._asking.ask.advanced
        for field, value in (
            (self.guidance, advanced.guidance),
            (self.steps, float(advanced.steps)),
            (self.crossfade, advanced.crossfade),
            (self.context, advanced.context),
            (self.sounding, advanced.sounding),
            (self.tilt, advanced.tilt),
        ):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        for box, chosen in (
            (self.sampler, advanced.sampler),
            (self.method, advanced.method),
            (self.stereo, advanced.stereo),
            (self.highs, advanced.highs),
        ):
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(chosen)))
            box.blockSignals(False)
        self._show_model(advanced.model)
        if self.ucs.text() != advanced.ucs:
            self.ucs.setText(advanced.ucs)
        self.loudness.setChecked(advanced.match_loudness)
        self.noise_floor.setChecked(advanced.noise_floor)
        self.rank.setChecked(advanced.rank)

    def _show_model(self, name: str) -> None:
        """A take's model may be one that is not installed here any more: it is named all the same."""
        if self.model.findData(name) < 0:
            self.model.addItem(name, name)
        self.model.setCurrentIndex(self.model.findData(name))

    def _show_models(self, models: object) -> None:
        for model in getattr(models, "models", ()):
            if self.model.findData(model.name) < 0:
                self.model.addItem(model.name, model.name)
