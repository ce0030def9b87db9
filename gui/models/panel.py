"""The panel without its window: what is open, what is asked for, what became of it."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QTimer, Signal

from engine import history
from engine.config import Home
from engine.errors import EngineError
from engine.history import Entry, Mark, Query
from engine.protocol.replies import FINAL, Reply, TakeDone
from engine.protocol.requests import FileSource, RenderRequest, StreamSource
from gui.models.ask import SEEDS, Verb, live_request, problem, request_of, verb_of
from gui.models.asking import AskModel, PromptHistory
from gui.models.audition import Audition
from gui.models.background import Background
from gui.models.daws import DawExcerpt
from gui.models.effects import EffectsModel
from gui.models.engine import Connect, EngineModel, Link
from gui.models.envelope import Envelope, envelope_of
from gui.models.live import SETTLE_SECONDS, Live, Move
from gui.models.plugin_ask import PluginAsk
from gui.models.preset_ask import applied, without_preset
from gui.models.preset_prompts import PresetPrompts
from gui.models.preset_saving import preset_of, tags_of
from gui.models.preset_shelf import PresetShelf
from gui.models.recall import recalled, settings_of
from gui.models.source import Scene, SourceModel
from gui.models.take_list import TakeFilter, TakeList
from gui.models.take_row import RowState, TakeRow, rows_of, shape_of
from gui.models.words import translate
from gui.sound.peaks_cache import PeaksCache
from gui.sound.playback import Player
from gui.sound.recording import Recording, look_at, read_frames
from presets.errors import PresetError
from presets.preset import Preset
from presets.store import Store

MAX_HISTORY = 2000  # rows; a search in the index itself finds the others
BEST = 5
# An envelope is read of no more than this; a longer take shows its beginning.
MAX_ENVELOPE_SECONDS = 120


@dataclass(frozen=True)
class Outside:
    """What the panel needs of the world; tests bring their own."""

    home: Home
    connect: Connect
    player: Player
    cache_folder: Path
    config_folder: Path
    dice: random.Random
    store: Store = field(default_factory=Store)
    effects_command: Sequence[str] = ()  # (): our own
    clock: Callable[[], float] = time.monotonic
    new_id: Callable[[], str] = lambda: f"panel-{secrets.token_hex(6)}"


class Panel(QObject):
    """All of the panel's state and everything it can do."""

    said = Signal(str)  # a sentence for the user

    def __init__(self, outside: Outside, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outside = outside
        self.background = Background(self)
        self.source = SourceModel(self.background, PeaksCache(outside.cache_folder / "peaks"), self)
        self.asking = AskModel(PromptHistory(outside.config_folder / "prompts.json"), outside.dice, self)
        self.presets = PresetShelf(self.background, outside.store, self)
        self.preset_prompts = PresetPrompts()
        self.asking.completions.append(self.preset_prompts.matching)
        self.engine = EngineModel(outside.connect, self)
        self.takes = TakeList(self)
        self.shown = TakeFilter(self.takes, self)
        self.audition = Audition(self.background, outside.player, self)
        self.effects = EffectsModel(self.background, outside.effects_command, self)
        self.plugin_ask = PluginAsk(self.asking, outside.home, self.background, self)
        self.live = Live()
        self._knows_models = False
        self._installed: frozenset[str] | None = None  # models; None: not known
        self._places: dict[str, int] = {}  # of files from a DAW: where on its timeline they begin
        self._live_row: TakeRow | None = None
        self._settling = QTimer(self, singleShot=True, interval=round(SETTLE_SECONDS * 1000))
        self._settling.timeout.connect(lambda: self._do(self.live.settled(self._now())))
        self._connect_models()

    def _connect_models(self) -> None:
        self.engine.replied.connect(self._replied)
        self.engine.changed.connect(self._engine_changed)
        self.engine.models_listed.connect(self._models_listed)
        self.presets.said.connect(self.said)
        self.presets.listed.connect(lambda: self.preset_prompts.keep(self.presets.entries))
        self.effects.ended.connect(self._effects_ended)
        self.effects.unusable.connect(self._effects_unusable)
        self.source.failed.connect(self.said)
        self.audition.failed.connect(self.said)
        self.source.changed.connect(self._changed)
        self.asking.changed.connect(self._changed)

    def start(self) -> None:
        """Looks for the engine, and reads what was kept of earlier days."""
        self.engine.start()
        self.refresh_history()
        self.audition.list_devices()
        self.background.run(self.asking.history.read, self._prompts_read)
        self.presets.refresh()

    def close(self) -> None:
        """Ends everything; the engine cancels what it still renders for us."""
        self.audition.close()
        self.effects.close()
        prompts, remember = self.asking.history.prompts, self.asking.history.write
        self.engine.close()
        self.background.close()
        if prompts:
            remember(prompts)

    # Asking

    def open_seconds(self, path: str, span: tuple[float, float] | None) -> None:
        """Opens a recording with a region that is given in seconds."""

        def found(recording: Recording) -> None:
            rate = recording.sample_rate
            self.source.open(path, span and (round(span[0] * rate), round(span[1] * rate)))

        self.background.run(lambda: look_at(path), found, lambda error: self.said.emit(error.sentence))

    def open_excerpt(self, excerpt: DawExcerpt) -> None:
        """Opens what came from a DAW, its selection chosen; takes of it will know where they belong."""
        self._places[excerpt.path] = excerpt.file_start
        self.source.open(excerpt.path, (excerpt.start, excerpt.end))

    @property
    def scene(self) -> Scene:
        """What is marked in the recording."""
        return self.source.scene

    @property
    def verb(self) -> Verb:
        """What the main button will do."""
        return verb_of(self.asking.ask, self.scene)

    @property
    def problem(self) -> str:
        """Why it can't do that yet; "" when it can."""
        if self.engine.link is Link.LOST:
            return self.engine.sentence
        return problem(self.asking.ask, self.scene)

    def submit(self) -> None:
        """What the main button does."""
        if self.problem:
            self.said.emit(self.problem)
            return
        self._send(request_of(self.asking.ask, self.scene, self._outside.new_id()))
        self.asking.submitted()
        prompts = self.asking.history.prompts
        self.background.run(lambda: self.asking.history.write(prompts), lambda _: None)

    def vary(self, row: TakeRow) -> None:
        """Makes the next job variations of a take."""
        self.recall(row)
        self.asking.set(vary=max(self.asking.ask.vary, 0.3))

    def recall(self, row: TakeRow) -> None:
        """The settings of a take become those of the panel."""
        ask = recalled(self.asking.ask, row.settings)
        self.asking.replace(replace(ask, effects=row.effects))

    # Presets

    def apply_preset(self, preset: Preset, slots: Mapping[str, str]) -> bool:
        """A preset's settings become those of the panel; False if a slot is not filled, and that is said."""
        has_recording = self.scene.recording is not None
        try:
            made = applied(self.asking.ask, preset, slots, has_recording, self._new_seed, self._installed)
        except PresetError as error:
            self.said.emit(error.sentence)
            return False
        self.asking.replace(made.ask)
        self.said.emit(" ".join(made.sentences))
        if made.ask.effects:
            self.effects.check(made.ask.effects)
        return True

    def leave_preset(self) -> None:
        """What a preset put beside the fields goes."""
        self.asking.replace(without_preset(self.asking.ask))

    def save_preset(self, name: str, tags: str, with_seed: bool, row: TakeRow | None = None) -> bool:
        """A take's settings, or those of now, are kept; False if they make no preset, and that is said."""
        try:
            words = tags_of(tags)
            if row is not None:
                made = preset_of(name, words, shape_of(row), row.effects, with_seed=with_seed)
            else:
                ask = self.asking.ask
                settings = dict(settings_of(request_of(ask, self.scene, "preset")))
                settings["retries"] = ask.extras.get("retries", settings["retries"])
                made = preset_of(name, words, settings, ask.effects, with_job=True, with_seed=with_seed)
        except PresetError as error:
            self.said.emit(error.sentence)
            return False
        self.presets.save(made)
        return True

    def _new_seed(self) -> int:
        return self._outside.dice.randrange(SEEDS)

    def _models_listed(self, models: object) -> None:
        found = getattr(models, "models", None)
        if found is not None:
            self._installed = frozenset(model.name for model in found)

    # Jobs

    def set_live(self, on: bool) -> None:
        """Live mode: the seed is held while it is on."""
        if on:
            self.asking.set(seed_locked=True)
        self._do(self.live.switch(on, self._now()))

    def cancel(self, rows: Sequence[TakeRow]) -> None:
        """Stops the jobs of these rows."""
        for job_id in dict.fromkeys(row.job_id for row in rows if row.job_id):
            self.engine.cancel(job_id)

    def cancel_all(self) -> None:
        """Stops everything that waits or renders here."""
        self.cancel(self.takes.unfinished())

    def _send(self, request: RenderRequest, live: bool = False) -> None:
        recording = self.scene.recording
        if recording is not None and recording.path in self._places:
            request = placed(request, self._places[recording.path], recording.frames)
        rate = getattr(request.source, "sample_rate", recording.sample_rate if recording else 0)
        rows = rows_of(request, self.verb, rate, live, () if live else self.asking.ask.effects)
        if live:
            self._live_row = rows[0]
        self.takes.add(rows)
        audio = None
        if isinstance(request.source, StreamSource) and recording is not None:
            audio = partial(tail_with_silence, recording.path, recording.frames, request.source)
        self.engine.submit(request, audio)

    # Live

    def _changed(self) -> None:
        self._do(self.live.changed(self._now()))

    def _do(self, move: Move) -> None:
        match move:
            case Move.WAIT:
                self._settling.start()
            case Move.CANCEL:
                self.engine.cancel(self.live.in_flight)
            case Move.SUBMIT if not problem(self.asking.ask, self.scene):
                self._submit_live()

    def _submit_live(self) -> None:
        """The draft of before makes room for the new one."""
        if self._live_row is not None and not self._live_row.kept:
            self.discard([self._live_row])
        request = live_request(self.asking.ask, self.scene, self._outside.new_id())
        self.live.submitted(request.job_id)
        self._send(request, live=True)

    def _now(self) -> float:
        return self._outside.clock()

    # What the engine says

    def _replied(self, reply: Reply) -> None:
        rows = self.takes.reply(reply)
        if isinstance(reply, TakeDone) and rows:
            self._learn(rows[reply.take])
        if isinstance(reply, FINAL):
            self._treat(rows)
            self._ended(rows)
            self._do(self.live.ended(reply.job_id, self._now()))

    def _ended(self, rows: Sequence[TakeRow]) -> None:
        failed = next((row.sentence for row in rows if row.state is RowState.FAILED), "")
        if failed:
            self.said.emit(failed)
        # A draft that was overtaken is nothing to look at.
        self.takes.remove([row for row in rows if row.live and row.state is RowState.CANCELLED])

    def _learn(self, row: TakeRow) -> None:
        """What the index knows of a new take, and how it looks as a whole."""
        home = self._outside.home
        self.background.run(
            lambda: history.of_path(home, row.path), lambda entry: self.takes.note(row, entry)
        )
        self.show_envelope(row)

    def _treat(self, rows: Sequence[TakeRow]) -> None:
        """The engine touches no take of a job that is over: now they go through their effects."""
        for row in rows:
            if row.state is RowState.DONE and row.path and row.is_dry:
                self.effects.add(row.path, row.effects)

    def _effects_ended(self, path: str, is_wet: bool, sentence: str) -> None:
        for row in (row for row in self.takes.rows if row.path == path):
            row.is_dry = False
            if not is_wet:
                row.effects = ()
                sentence = translate("Panel", "Without its effects: {0}").format(sentence)
                self.said.emit(sentence)
            row.sentence = " ".join(part for part in (row.sentence, sentence) if part)
            self.takes.touched([row])
            self._learn(row)

    def _effects_unusable(self, sentence: str) -> None:
        text = translate("Panel", "Takes will stay without the preset's effects: {0}")
        self.said.emit(text.format(sentence))

    def show_envelope(self, row: TakeRow) -> None:
        """Reads the small waveform of a take's file."""

        def arrived(envelope: Envelope) -> None:
            row.envelope = envelope
            self.takes.touched([row])

        self.background.run(lambda: envelope_of_take(row), arrived, lambda _: self._missing(row))

    def _missing(self, row: TakeRow) -> None:
        row.path = ""
        self.takes.touched([row])

    def _engine_changed(self) -> None:
        if self.engine.link is Link.LOST and self.live.in_flight:
            self.live.ended(self.live.in_flight, self._now())
        if self.engine.link is Link.READY and not self._knows_models:
            self.engine.list_models()
        self._knows_models = self.engine.link is Link.READY

    # Takes of before

    def refresh_history(self) -> None:
        """Reads the index of takes anew."""
        home = self._outside.home
        self.background.run(
            lambda: history.find(home, Query(limit=MAX_HISTORY)),
            self.takes.set_history,
            lambda error: self.said.emit(error.sentence),
        )

    def keep(self, rows: Sequence[TakeRow], kept: bool) -> None:
        """Kept takes are never pruned."""
        self._mark(rows, Mark(kept=kept))

    def rate(self, rows: Sequence[TakeRow], rating: int) -> None:
        """0 to 5 stars."""
        self._mark(rows, Mark(rating=rating))

    def discard(self, rows: Sequence[TakeRow]) -> None:
        """Takes out of the list and their files into the trash; what is kept or still renders stays."""
        going = [row for row in rows if not row.kept and row not in self.takes.unfinished()]
        self.takes.remove(going)
        paths = [row.path for row in going if row.path]
        for path in paths:
            self.effects.drop(path)
        home = self._outside.home
        self.background.run(lambda: list(_thrown_away(home, paths)), self._say_all)

    def _say_all(self, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            self.said.emit(sentence)

    def export(self, rows: Sequence[TakeRow], folder: Path) -> None:
        """Copies takes, and a table of what they are, into a folder."""
        numbers = [row.entry.id for row in rows if row.entry]
        home = self._outside.home

        def done(copies: list[Path]) -> None:
            self.said.emit(translate("Panel", "{0} takes are in {1}.").format(len(copies), folder))

        self.background.run(
            lambda: history.export(home, numbers, folder), done, lambda error: self.said.emit(error.sentence)
        )

    def _mark(self, rows: Sequence[TakeRow], opinion: Mark) -> None:
        home = self._outside.home
        for row in rows:
            if row.entry is not None:
                self.background.run(
                    partial(history.mark, home, row.entry.id, opinion),
                    partial(self.takes.note, row),
                    lambda error: self.said.emit(error.sentence),
                )

    def _prompts_read(self, prompts: tuple[str, ...]) -> None:
        """Behind those that were used since the start."""
        now = self.asking.history.prompts
        self.asking.history.prompts = (*now, *(text for text in prompts if text not in now))


def placed(request: RenderRequest, begins: int, frames: int) -> RenderRequest:
    """With its place on the timeline of a DAW, where the recording of ``frames`` begins at ``begins``."""
    match request.source:
        case FileSource(start=start):
            return replace(request, time_reference=begins + round(start.value))
        case StreamSource():  # behind the recording's end
            return replace(request, time_reference=begins + frames)
    return request


def envelope_of_take(row: TakeRow) -> Envelope:
    """The small waveform of a take's file. Raises EngineError."""
    recording = look_at(row.path)
    start = row.entry.place.start_frame if row.entry and recording.frames > row.frames else 0
    most = min(row.frames, MAX_ENVELOPE_SECONDS * recording.sample_rate)
    return envelope_of(read_frames(row.path, start, most))


def tail_with_silence(path: str, frames: int, source: StreamSource) -> bytes:
    """What a recording is extended from: its end, and room for what follows. Raises EngineError."""
    tail = read_frames(path, frames - source.start_frame, source.start_frame)
    silence = bytes(4 * source.channels * (source.end_frame - source.start_frame))
    return tail.astype("<f4").tobytes() + silence


def _thrown_away(home: Home, paths: Sequence[str]) -> Iterator[str]:
    """Into the trash where there is one; sentences about what could not go."""
    for path in paths:
        try:
            entry: Entry = history.of_path(home, path)
        except EngineError:
            continue
        if Path(path).parent.resolve() != home.takes.resolve():
            continue  # somebody gave this file its name: it is theirs
        if QFile.moveToTrash(path):
            history.forget(home, [entry.id])
        else:
            yield from history.throw_away(home, [entry.id])
