"""The panel without its window: what is open, what is asked for, what became of it."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.config import Home
from engine.protocol.replies import FINAL, Queued, Reply, TakeDone
from engine.protocol.requests import FileSource, RenderRequest, StreamSource
from gui.models.ask import SEEDS, Verb, live_request, problem, request_of, verb_of
from gui.models.asking import AskModel, PromptHistory
from gui.models.audition import Audition
from gui.models.background import Background
from gui.models.daws import DawExcerpt
from gui.models.effects import EffectsModel
from gui.models.engine import Connect, EngineModel, Link
from gui.models.error_words import in_words
from gui.models.library import Library
from gui.models.library_folders import LibraryFolders
from gui.models.library_search import LibrarySearch
from gui.models.live_drafts import LiveDrafts
from gui.models.plugin_ask import PluginAsk
from gui.models.preset_ask import applied, without_preset
from gui.models.preset_prompts import PresetPrompts
from gui.models.preset_saving import preset_of, tags_of
from gui.models.preset_shelf import PresetShelf
from gui.models.recall import recalled, settings_of
from gui.models.source import Scene, SourceModel
from gui.models.take_filter import TakeFilter, TakeQuery
from gui.models.take_history import TakeHistory
from gui.models.take_list import TakeList
from gui.models.take_row import RowState, TakeRow, of_take, rows_of, shape_of
from gui.models.words import translate
from gui.sound.peaks_cache import PeaksCache
from gui.sound.playback import Player
from gui.sound.recording import Recording, look_at, read_frames
from presets.errors import PresetError
from presets.preset import Preset
from presets.store import Store

BEST = 5


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
    library_command: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now().astimezone()
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
        self.history = TakeHistory(outside.home, self.background, self.takes, self.effects)
        self.library = Library(
            LibrarySearch(self.engine, outside.new_id),
            LibraryFolders(outside.home, self.background, outside.library_command),
            self.background, self.source, self.asking, self.audition,
        )  # fmt: skip
        self.live = LiveDrafts(self.engine, self.history, self._live_draft, outside.clock)
        self._knows_models = False
        self._installed: frozenset[str] | None = None  # models; None: not known
        self._places: dict[str, int] = {}  # of files from a DAW: where on its timeline they begin
        self._connect_models()

    def _connect_models(self) -> None:
        self.engine.replied.connect(self._replied)
        self.engine.changed.connect(self._engine_changed)
        self.engine.models_listed.connect(self._models_listed)
        self.presets.said.connect(self.said)
        self.presets.listed.connect(lambda: self.preset_prompts.keep(self.presets.entries))
        self.effects.unusable.connect(self._effects_unusable)
        for sentences in (self.history.said, self.source.failed, self.audition.failed, self.plugin_ask.said):
            sentences.connect(self.said)
        self.source.changed.connect(self.live.changed)
        self.asking.changed.connect(self.live.changed)

    def start(self) -> None:
        """Looks for the engine, and reads what was kept of earlier days."""
        self.engine.start()
        self.history.refresh()
        self.audition.list_devices()
        self.background.run(self.asking.history.read, self._prompts_read)
        self.presets.refresh()

    def close(self) -> None:
        """Ends everything; the engine cancels what it still renders for us."""
        self.audition.close()
        self.effects.close()
        self.library.folders.close()
        prompts, remember = self.asking.history.prompts, self.asking.history.write
        self.engine.close()
        self.background.close()
        self.history.close()
        if prompts:
            remember(prompts)

    # Asking

    def open_seconds(self, path: str, span: tuple[float, float] | None) -> None:
        """Opens a recording with a region that is given in seconds."""

        def found(recording: Recording) -> None:
            rate = recording.sample_rate
            self.source.open(path, span and (round(span[0] * rate), round(span[1] * rate)))

        self.background.run(lambda: look_at(path), found, lambda error: self.said.emit(in_words(error)))

    def open_excerpt(self, excerpt: DawExcerpt) -> None:
        """Opens what came from a DAW, its selection chosen; takes of it will know where they belong."""
        self._places[excerpt.path] = excerpt.file_start
        self.source.open(excerpt.path, (excerpt.start, excerpt.end))

    def now(self) -> datetime:
        """The time, where the user is."""
        return self._outside.now()

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
        ask = recalled(self.asking.ask, {**shape_of(row), "seed": row.seed})
        self.asking.replace(replace(ask, effects=row.effects))

    def find_takes(self, query: TakeQuery) -> None:
        """Shows what matches of all takes: at once of those in the list, then of the index."""
        self.shown.search(query)
        self.history.search(query.of_index)

    # Presets

    def apply_preset(self, preset: Preset, slots: Mapping[str, str]) -> bool:
        """A preset's settings become those of the panel; False if a slot is not filled, and that is said."""
        has_recording = self.scene.recording is not None
        try:
            made = applied(self.asking.ask, preset, slots, has_recording, self._new_seed, self._installed)
        except PresetError as error:
            self.said.emit(in_words(error))
            return False
        self.asking.replace(made.ask)
        self.said.emit(" ".join(made.sentences))
        if made.ask.effects:
            self.effects.check(made.ask.effects)
        return True

    @property
    def installed_models(self) -> frozenset[str]:
        """The models there are, as far as the engine has said."""
        return self._installed or frozenset()

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
            self.said.emit(in_words(error))
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
        self.live.switch(on)

    def cancel(self, rows: Sequence[TakeRow]) -> None:
        """Stops the jobs of these rows."""
        for job_id in dict.fromkeys(row.job_id for row in rows if row.job_id):
            self.engine.cancel(job_id)

    def cancel_all(self) -> None:
        """Stops everything that waits or renders here."""
        self.cancel(self.takes.unfinished())

    def _send(self, request: RenderRequest, live: bool = False) -> list[TakeRow]:
        recording = self.scene.recording
        if recording is not None and recording.path in self._places:
            request = placed(request, self._places[recording.path], recording.frames)
        rate = getattr(request.source, "sample_rate", recording.sample_rate if recording else 0)
        rows = rows_of(request, self.verb, rate, live, self.asking.ask.effects)
        self.takes.add(rows)
        audio = None
        if isinstance(request.source, StreamSource) and recording is not None:
            audio = partial(tail_with_silence, recording.path, recording.frames, request.source)
        self.engine.submit(request, audio)
        return rows

    def _live_draft(self) -> TakeRow | None:
        """Sends a draft of what is asked for, if that is a job."""
        if problem(self.asking.ask, self.scene):
            return None
        return self._send(live_request(self.asking.ask, self.scene, self._outside.new_id()), live=True)[0]

    # What the engine says

    def _replied(self, reply: Reply) -> None:
        rows = self.takes.reply(reply)
        if isinstance(reply, (Queued, *FINAL)):
            self.engine.look()  # its queue is another one now
        if isinstance(reply, TakeDone):
            for row in of_take(rows, reply.take):
                self.history.arrived(row)
        if isinstance(reply, FINAL):
            self.history.treat(rows)
            self._ended(rows)
            self.live.ended(reply.job_id)

    def _ended(self, rows: Sequence[TakeRow]) -> None:
        failed = next((row.sentence for row in rows if row.state is RowState.FAILED), "")
        if failed:
            self.said.emit(failed)
        # A draft that was overtaken is nothing to look at.
        self.takes.remove([row for row in rows if row.live and row.state is RowState.CANCELLED])

    def _effects_unusable(self, sentence: str) -> None:
        text = translate("Panel", "Takes will stay without the preset's effects: {0}")
        self.said.emit(text.format(sentence))

    def _engine_changed(self) -> None:
        if self.engine.link is Link.LOST:
            self.live.lost()
        if self.engine.link is Link.READY and not self._knows_models:
            self.engine.list_models()
        self._knows_models = self.engine.link is Link.READY

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


def tail_with_silence(path: str, frames: int, source: StreamSource) -> bytes:
    """What a recording is extended from: its end, and room for what follows. Raises EngineError."""
    tail = read_frames(path, frames - source.start_frame, source.start_frame)
    silence = bytes(4 * source.channels * (source.end_frame - source.start_frame))
    return tail.astype("<f4").tobytes() + silence
