"""``punchin panel --screenshots FOLDER``: a picture of each state, to be looked at. No screen, no engine."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import QEventLoop, QLocale, QSettings, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from engine.config import Home, module_command
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Chunk, Done, Failed, Notice, Progress, Queued, TakeDone
from gui.application import make_application, translate
from gui.models.ask import Task
from gui.models.panel import Outside, Panel
from gui.models.source import Band
from gui.models.timeline import Span
from gui.outcome import Outcome
from gui.scripted import ScriptedEngine, busy_status, found_sounds, halfway, own_folders, piece
from gui.sound.peaks import Sound
from gui.sound.playback import NULL, Player
from gui.views import theme
from gui.views.waveform.mouse import Tool
from gui.views.window import Window
from presets.document import encode
from presets.effects import Effect
from presets.preset import Preset
from presets.store import Store

RATE = 48_000
_SETTLE_SECONDS = 0.6  # for work in the background to arrive
SCALES = (1, 2)  # a scale belongs to a process: each has its own
_ROOM = 1000  # points of height for what is asked for: nothing of it is scrolled away


@dataclass
class Stage:
    """A panel with a scripted engine, and where pictures of it go."""

    application: QApplication
    panel: Panel
    window: Window
    engine: ScriptedEngine
    folder: Path
    work: Path
    suffix: str

    def settle(self, seconds: float = _SETTLE_SECONDS) -> None:
        """Lets everything arrive."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.application.processEvents()
            time.sleep(0.005)

    def wait(self, seconds: float) -> None:
        """Lets time pass as an application does of which nothing is wanted."""
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def shoot(self, name: str) -> Path:
        """A picture of the window as it is now."""
        self.settle()
        path = self.folder / f"{name}{self.suffix}.png"
        self.window.grab().save(str(path))
        picker = self.window.preset_picker
        editor = picker.editor if picker is not None else None
        library = self.window.library_dialog
        for dialog in (self.window.models_dialog, picker, self.window.preset_saver, editor, library):
            if dialog is not None and dialog.isVisible():
                dialog.grab().save(str(path))
        return path


def take_screenshots(folder: Path) -> Outcome:
    """Pictures at 100 % and 200 %, each scale by a process of its own, as a screen would have it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE, f"{folder} can't be made ({error.strerror}); name another folder."
        ) from error
    for scale in SCALES:
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale)}
        command = module_command("gui.screenshots", str(folder.absolute()), f"-{scale}00")
        subprocess.run(command, env=environment, check=True)
    paths = sorted(folder.glob("*-[12]00.png"))
    return Outcome({"pictures": [str(path) for path in paths]}, tuple(str(path) for path in paths))


def draw_all(folder: Path, suffix: str) -> Iterator[Path]:
    """Every state in dark and in light colours, and then some in German."""
    for colours in ("dark", "light"):
        with tempfile.TemporaryDirectory() as work:
            stage = make_stage(folder, Path(work), f"-{colours}{suffix}")
            stage.window.set_light(colours == "light")
            for scene in SCENES:
                yield scene(stage)
            stage.window.close()
    with tempfile.TemporaryDirectory() as work:
        stage = make_stage(folder, Path(work), f"-dark{suffix}", language="de")
        stage.panel.start()
        _open(stage)
        yield stage.shoot("12-german")
        stage.panel.presets.refresh()
        stage.settle()
        stage.window.show_presets()
        yield stage.shoot("18-german-presets")
        yield _german_notice(stage)
        yield _german_library(stage)
        stage.window.close()


def make_stage(folder: Path, work: Path, suffix: str, language: str = "en") -> Stage:
    """A window with nothing in it yet."""
    application = make_application(language)
    translate(application, QLocale(language))
    theme.apply(application)
    engine = ScriptedEngine()
    home = Home(work / "state", work / "takes")
    home.takes.mkdir()
    player = Player()
    player.choose(NULL)
    numbers = iter(range(1, 1000))
    outside = Outside(
        home, engine.connect, player, work / "cache", work / "config", random.Random(7),
        store=Store(work / "presets"), new_id=lambda: f"job{next(numbers)}",
    )  # fmt: skip
    panel = Panel(outside)
    settings = QSettings(str(work / "panel.ini"), QSettings.Format.IniFormat)
    window = Window(panel, settings)
    window.ask.fields.limit(_ROOM)
    window.show()
    return Stage(application, panel, window, engine, folder, work, suffix)


def footsteps(seconds: float = 8.0, channels: int = 2, seed: int = 3) -> Sound:
    """Something that looks and sounds like steps: decaying noise every half second, (frames, channels)."""
    dice = np.random.default_rng(seed)
    frames = round(seconds * RATE)
    sound = dice.normal(0, 0.004, (frames, channels))
    for start in range(RATE // 4, frames - RATE // 4, RATE // 2):
        length = RATE // 5
        decay = np.exp(-np.arange(length) / RATE * 26)[:, None]
        sound[start : start + length] += dice.normal(0, 0.22, (length, channels)) * decay
    return np.clip(sound, -1, 1).astype(np.float32)


def _first_start(stage: Stage) -> Path:
    stage.engine.is_down = True
    return stage.shoot("01-first-start")


def _engine_lost(stage: Stage) -> Path:
    stage.panel.start()
    return stage.shoot("02-no-engine")


def _ready(stage: Stage) -> Path:
    stage.engine.is_down = False
    stage.panel.engine.look()
    return stage.shoot("03-ready")


def _open(stage: Stage) -> None:
    path = stage.work / "scene-14 footsteps.wav"
    soundfile.write(path, footsteps(), RATE, subtype="PCM_24")
    stage.panel.source.open(str(path), (round(2.1 * RATE), round(4.4 * RATE)))
    stage.settle()
    stage.window.source.wave.fit()
    stage.panel.asking.set(prompt="boots on wet gravel", takes=3, seed=4711)


def _source(stage: Stage) -> Path:
    _open(stage)
    return stage.shoot("04-source-region")


def _marks(stage: Stage) -> Path:
    source, window = stage.panel.source, stage.window
    for start, end in ((2.5, 2.9), (3.4, 3.8)):
        source.add_mask(Span(round(start * RATE), round(end * RATE)))
    window.source.choose(Tool.MASK)
    path = stage.shoot("05-mask-fill")
    source.clear_masks()
    return path


def _curve(stage: Stage) -> Path:
    source = stage.panel.source
    stage.window.source.choose(Tool.CURVE)
    points = [(2.1, 0.15), (2.8, 0.3), (3.3, 0.9), (4.4, 0.7)]
    for (x0, y0), (x1, y1) in pairwise(points):
        source.draw_curve((x0 * RATE, y0), (x1 * RATE, y1))
    return stage.shoot("06-strength-curve")


def _spectrum(stage: Stage) -> Path:
    stage.panel.source.clear_curve()
    stage.window.source.choose(Tool.BAND)
    stage.panel.source.set_band(Band(800, 6000))
    while stage.panel.source.spectrum is None:
        stage.settle()
    path = stage.shoot("07-spectrum-band")
    stage.panel.source.set_band(None)
    stage.window.source.spectrum.click()
    stage.window.source.choose(Tool.SELECT)
    return path


def _rendering(stage: Stage) -> Path:
    """One job half done, another one behind it."""
    engine, panel = stage.engine, stage.panel
    panel.submit()
    panel.asking.set(prompt="boots on snow", takes=1)
    panel.submit()
    stage.settle()
    engine.say(*halfway(engine.requests[0], footsteps(2.3, seed=5), RATE))
    engine.say(Queued(engine.requests[1].job_id, 1))
    engine.status = busy_status([("job1", "running"), ("job2", "queued")])
    panel.engine.look()
    return stage.shoot("08-rendering")


def _takes(stage: Stage) -> Path:
    """All done; one is kept in the ear."""
    engine = stage.engine
    first, second = engine.requests[:2]
    for take in range(3):
        _finish(stage, first.job_id, take, "boots on wet gravel")
    engine.say(Done(first.job_id, 3, ()))
    _finish(stage, second.job_id, 0, "boots on snow")
    engine.say(Done(second.job_id, 1, ()))
    engine.status = replace(busy_status([]), worker="ready")
    stage.panel.engine.look()
    stage.settle()
    stage.window.takes.list.setCurrentIndex(stage.panel.shown.index(1, 0))
    return stage.shoot("09-takes")


def _finish(stage: Stage, job_id: str, take: int, prompt: str) -> None:
    path = stage.work / "takes" / f"FEETHmn_{prompt.replace(' ', '-')}-{take}.wav"
    sound = footsteps(2.3, seed=11 + take)
    soundfile.write(path, sound, RATE)
    stage.engine.say(piece(Chunk, job_id, sound, RATE, take))
    stage.engine.say(TakeDone(job_id, take, str(path), len(sound), 4711 + take, prompt))


def _failed(stage: Stage) -> Path:
    stage.panel.asking.set(prompt="thunder", takes=1)
    stage.panel.submit()
    stage.settle()
    job = stage.engine.requests[-1].job_id
    stage.engine.say(Progress(job, "denoising", 4, 12, 2.0))
    sentence = "The process that runs the model ended; send the job again."
    stage.engine.say(Failed(job, ErrorCode.WORKER_DIED, sentence))
    return stage.shoot("10-error")


def _advanced(stage: Stage) -> Path:
    stage.window.ask.fold.click()
    path = stage.shoot("11-advanced")
    stage.window.ask.fold.click()
    return path


def _models(stage: Stage) -> Path:
    stage.window.show_models()
    deadline = time.monotonic() + 30
    while stage.window.shelf.is_busy and time.monotonic() < deadline:
        stage.settle(0.1)
    path = stage.shoot("13-models")
    dialog = stage.window.models_dialog
    if dialog is not None:
        dialog.hide()
    return path


def _extend(stage: Stage) -> Path:
    """New sound after the recording's end."""
    stage.panel.asking.set(task=Task.EXTEND, prompt="boots on wet gravel", seconds=3.0, takes=1)
    return stage.shoot("14-extend")


def _presets(stage: Stage) -> Path:
    """One that restyles, a slot filled; then what it put into the panel."""
    stage.panel.presets.refresh()
    stage.window.show_presets()
    stage.settle()
    picker = stage.window.preset_picker
    assert picker is not None
    picker.search.setText("radio")
    picker.slots["it"].setText("boots on gravel")
    path = stage.shoot("15-presets")
    picker.choose()
    stage.panel.asking.set(effects=(Effect("Reverb", {"room_size": 0.4}),))
    stage.shoot("16-preset-in-use")
    stage.panel.leave_preset()
    return path


def _edit_preset(stage: Stage) -> Path:
    """A factory preset is copied, and the copy opens in the editor."""
    stage.window.show_presets()
    picker = stage.window.preset_picker
    assert picker is not None
    picker.search.setText("radio")
    stage.settle()
    picker.copy.click()
    while picker.editor is None:
        stage.settle()
    stage.shoot("19-edit-preset")
    picker.editor.pages.setCurrentIndex(1)
    picker.editor.effects.setPlainText("Reverb room_size=0.4 wet_level=0.3")
    path = stage.shoot("20-edit-preset-making")
    picker.editor.reject()
    picker.hide()
    return path


def _compared(stage: Stage) -> Path:
    """One take is marked, and the list narrowed to a day."""
    takes, audition = stage.window.takes, stage.panel.audition
    audition.mark(stage.panel.takes.rows[2])
    takes.finder.period.setCurrentIndex(1)
    takes.finder.search()
    path = stage.shoot("21-marked-filtered")
    takes.finder.clear()
    audition.mark(None)
    return path


def _save_preset(stage: Stage) -> Path:
    """The settings of now get a name."""
    stage.window.save_preset()
    saver = stage.window.preset_saver
    assert saver is not None
    saver.name.setText("Gravel, night shoot")
    saver.tags.setText("feet, scene 14")
    path = stage.shoot("17-save-preset")
    saver.hide()
    return path


def _live(stage: Stage) -> Path:
    """A draft of the settings of now, which came by itself."""
    engine, panel = stage.engine, stage.panel
    panel.asking.set(task=Task.AUTO, prompt="boots on wet gravel", takes=1)
    sent = len(engine.requests)
    stage.window.ask.live.click()
    while len(engine.requests) == sent:
        stage.settle()
    job = engine.requests[-1].job_id
    _finish(stage, job, 0, "boots on wet gravel")
    engine.say(Done(job, 1, ()))
    stage.settle()
    stage.window.takes.list.setCurrentIndex(panel.shown.index(0, 0))
    path = stage.shoot("22-live-draft")
    stage.window.ask.live.click()
    return path


def _import_question(stage: Stage) -> Path:
    """A preset comes in whose name is taken."""
    file = stage.work / "my gravel.toml"
    mine = Preset("My gravel", "boots on wet gravel")
    file.write_bytes(encode(mine))
    stage.panel.presets.save(mine)
    stage.window.show_presets()
    stage.settle()
    path = stage.folder / f"23-import-question{stage.suffix}.png"
    looking = QTimer(interval=100)
    looking.timeout.connect(lambda: _answered(path))
    looking.start()
    stage.panel.presets.take_in([str(file)])
    while not path.exists():
        stage.settle()
    looking.stop()
    if stage.window.preset_picker is not None:
        stage.window.preset_picker.hide()
    return path


def _library(stage: Stage) -> Path:
    """Nothing indexed yet; then what is found while one types, and a sound that has gone since."""
    stage.window.show_library()
    dialog = stage.window.library_dialog
    assert dialog is not None
    stage.shoot("25-library-empty")
    stage.panel.library.folders.show(own_folders(stage.work))
    stage.shoot("26-library-nothing-asked")
    stage.engine.library_script = found_sounds
    dialog.finder.text.setText("wooden door slam")
    stage.settle()
    stage.panel.library.search.found.lose(stage.panel.library.search.found.hits[2].path)
    path = stage.shoot("27-library-found")
    dialog.finder.alike.click()
    stage.shoot("28-library-like")
    dialog.hide()
    return path


def _library_folders(stage: Stage) -> Path:
    """Its folders while one is indexed; then a search that comes to nothing."""
    dialog, folders = stage.window.library_dialog, stage.panel.library.folders
    assert dialog is not None
    stage.engine.library_script = lambda request: [Done(request.job_id, 0, ())]
    dialog.show()
    dialog.finder.text.setText("a dragon")
    stage.shoot("29-library-nothing-found")
    dialog.pages.setCurrentWidget(dialog.folders)
    folders.busy.emit(True)
    folders.said.emit(f"{stage.work / 'Sound Effects 2019'}: 1204 of 9630 sounds heard, 12:41 min left")
    folders.came_to.emit(1204 / 9630)
    path = stage.shoot("30-library-folders")
    folders.busy.emit(False)
    dialog.hide()
    return path


def _german_notice(stage: Stage) -> Path:
    """A take of which the engine, which speaks English, has something to say."""
    picker, engine = stage.window.preset_picker, stage.engine
    assert picker is not None
    picker.hide()
    stage.panel.submit()
    stage.settle()
    job = engine.requests[-1].job_id
    defect = "It is clipped in 3 places; lower the guidance."
    engine.say(Notice(job, f"Take 1 is not as it should be. {defect}"))
    for take in range(3):
        _finish(stage, job, take, "boots on wet gravel")
    engine.say(Done(job, 3, ()))
    while stage.panel.takes.unfinished():
        stage.settle()
    return stage.shoot("24-german-notice")


def _german_library(stage: Stage) -> Path:
    """What was found, in German."""
    stage.engine.library_script = found_sounds
    stage.window.show_library()
    stage.settle()
    stage.panel.library.folders.show(own_folders(stage.work))
    assert stage.window.library_dialog is not None
    stage.window.library_dialog.finder.text.setText("wooden door slam")
    return stage.shoot("31-german-library")


def _answered(path: Path) -> None:
    """A picture of the question that is asked; then nothing is done."""
    question = QApplication.activeModalWidget()
    if isinstance(question, QMessageBox):
        question.grab().save(str(path))
        question.reject()


SCENES: tuple[Callable[[Stage], Path], ...] = (
    _first_start, _engine_lost, _ready, _source, _marks, _curve, _spectrum, _rendering, _takes, _failed,
    _advanced, _models, _extend, _presets, _save_preset, _edit_preset, _compared, _live,
    _import_question, _library, _library_folders,
)  # fmt: skip

if __name__ == "__main__":
    for _ in draw_all(Path(sys.argv[1]), sys.argv[2]):
        pass
