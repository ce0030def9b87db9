"""The round trip in an Ardour of its own: a clean home, a screen nobody sees, a hand that presses keys.

All that a user has is real: the scripts that ``punchin daw install`` puts there, Ctrl+Alt+P, the dialog, the
process that Ardour starts, the engine, the takes on the timeline.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from engine.config import HOME_VARIABLE, module_command
from plugin_host.bridge import Excerpt, Placement
from plugin_host.daws.ardour.daw import ArdourDaw
from plugin_host.daws.ardour.places import exact_version, installed, program
from plugin_host.daws.ardour.spool import Spool
from plugin_host.errors import DawError
from plugin_host.install import System, Where
from plugin_host.round_trip import RoundTrip
from plugin_host.timeline import Region, Take

NEEDED = ("ardour", "Xvfb", "openbox", "xdotool", "import")
RATE = 48_000
# Odd numbers of frames: whoever rounds to milliseconds, beats or video frames shows.
PIECES = (72_001, 240_007, 96_013)
PROMPT = "boots on gravel"
# The program that makes sessions ends in "pure virtual method called" now and then, on busy machines.
_TRIES = 4
_START_SECONDS = 120.0
_PUNCH_SECONDS = 240.0
_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="hide-dummy-backend" value="0"/>
    <Option name="discover-plugins-on-start" value="0"/>
  </Config>
  <Metadata/>
  <Extra><AudioMIDISetup><EngineStates>
    <State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="" output-device=""
      sample-rate="48000" buffer-size="1024" n-periods="0" input-latency="0" output-latency="0" lm-input=""
      lm-output="" active="1" use-buffered-io="0" midi-option="No MIDI I/O" lru="1"><MIDIDevices/></State>
  </EngineStates></AudioMIDISetup></Extra>
</Ardour>
"""

Samples = npt.NDArray[np.float32]


def missing() -> tuple[str, ...]:
    """Programs that a round trip needs and that are not here."""
    return tuple(name for name in NEEDED if shutil.which(name) is None)


@dataclass(frozen=True)
class Session:
    """A running Ardour: its adapter, and the environment of its screen."""

    daw: ArdourDaw
    environment: Mapping[str, str]
    spool: Path

    def press(self, *keys: str) -> None:
        """As a hand does it, in the window that has the focus."""
        self._xdotool("key", "--clearmodifiers", *keys)

    def click(self, x: int, y: int) -> None:
        """With the left button."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def drag(self, x: int, y: int, to: int) -> None:
        """Sideways, with the left button."""
        self._xdotool("mousemove", str(x), str(y), "mousedown", "1", "mousemove", str((x + to) // 2), str(y))
        time.sleep(0.3)
        self._xdotool("mousemove", str(to), str(y))
        time.sleep(0.3)
        self._xdotool("mouseup", "1")

    def write(self, text: str) -> None:
        """Into what has the focus, in place of what is there."""
        self._xdotool("key", "ctrl+a")
        self._xdotool("type", "--delay", "5", text)

    def windows(self, title: str) -> list[str]:
        """The visible windows whose title has these words."""
        return self._xdotool("search", "--onlyvisible", "--name", title).split()

    def shoot(self, path: Path) -> Path:
        """A picture of the screen."""
        subprocess.run(["import", "-window", "root", str(path)], env=dict(self.environment), check=True)
        return path

    def _xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=dict(self.environment), capture_output=True, text=True, check=False
        )
        return done.stdout


@contextlib.contextmanager
def session(folder: Path) -> Iterator[Session]:
    """Ardour with an empty session, in a home of its own under ``folder``. Raises DawError."""
    if missing():
        raise DawError(f"The round trip needs {', '.join(missing())}: install what is missing.")
    home = folder / "home"
    home.mkdir(parents=True)
    state = folder / "punchin"
    environment = {**os.environ, "HOME": str(home), HOME_VARIABLE: str(state)}
    environment.pop("XDG_CONFIG_HOME", None)
    number = _configure(home, environment)
    _new_session(folder / "session", number, environment)
    with _screen(environment) as environment:
        log = (folder / "ardour.log").open("wb")
        process = subprocess.Popen(
            [program(), str(folder / "session" / "session.ardour")],
            env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            daw = ArdourDaw(Spool(state / "ardour"))
            _answering(daw)
            yield Session(daw, environment, state / "ardour")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            log.close()


def round_trip(folder: Path) -> RoundTrip:
    """A region of 5 s goes out at the press of a key and comes back as a layer. Raises DawError."""
    sounds = _recording(folder)
    with session(folder / "ardour") as ardour, _engine(ardour.environment):
        put_recording(ardour, sounds)
        select_middle(ardour)
        selection = ardour.daw.selection()
        before = heard(ardour, selection.region, folder)
        stages = punch(ardour, PROMPT)
        after = heard(ardour, selection.region, folder)
        picture = ardour.shoot(folder / "ardour.png")
        take = newest_take(Path(ardour.environment[HOME_VARIABLE]))
        position = position_of(after, soundfile.read(take, dtype="float32", always_2d=True)[0])
    inside = slice(PIECES[0] - before[1], PIECES[0] - before[1] + PIECES[1])
    outside = np.ones(len(before[0]), bool)
    outside[inside] = False
    differing = int(np.count_nonzero(before[0][outside] != after[0][outside]))
    number = installed(Where(System.LINUX, folder, (), {}))[0].number
    return RoundTrip(
        f"Ardour {exact_version(number)}", PIECES[1], position - PIECES[0],
        int(outside.sum()) * before[0].shape[1], differing, stages, picture,
    )  # fmt: skip


def put_recording(ardour: Session, sounds: tuple[Path, ...]) -> None:
    """Three pieces of a recording on one track, without a gap; the middle one is the region."""
    start = 0
    takes = []
    for path, frames in zip(sounds, PIECES, strict=True):
        takes.append(Take(path, Region(start, frames, RATE), path.stem))
        start += frames
    ardour.daw.insert(takes[:1], Placement.TRACK)
    focus(ardour)
    ardour.press("ctrl+a")
    time.sleep(0.5)
    ardour.daw.selection()
    ardour.daw.insert(takes[1:], Placement.LANE)


def select_middle(ardour: Session) -> None:
    """With the mouse: a click on the piece in the middle."""
    for x in range(330, 560, 10):
        ardour.click(x, 410)
        time.sleep(0.3)
        with contextlib.suppress(DawError):
            if ardour.daw.selection().region == Region(PIECES[0], PIECES[1], RATE):
                return
    raise DawError("The region could not be selected with the mouse.")


def punch(ardour: Session, prompt: str) -> tuple[tuple[str, float], ...]:
    """Ctrl+Alt+P, the prompt, OK; how long each stage took until the take was in place."""
    began = time.monotonic()
    ardour.press("ctrl+alt+p")
    wait_for(lambda: ardour.windows("Punch-In"), 20, "the dialog")
    shown = time.monotonic()
    ardour.write(prompt)
    watch = _Stages(ardour.spool)
    sent = time.monotonic()
    ardour.press("alt+o")  # in its dialogs, Return is no OK
    marks = watch.until_closed(sent)
    return (("key to dialog", shown - began), *marks)


class _Stages:
    """When the process inside asks for what: read off the files that pass."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool

    def until_closed(self, sent: float) -> tuple[tuple[str, float], ...]:
        seen: dict[str, float] = {}
        deadline = time.monotonic() + _PUNCH_SECONDS
        while "close" not in seen:
            if time.monotonic() > deadline:
                raise DawError(f"No take came back: only {', '.join(seen) or 'nothing'} was asked for.")
            with contextlib.suppress(OSError):
                verb = (self._spool / "request").read_text()
                for name in ("selection", "export", "insert", "close"):
                    if f"verb={name}\n" in verb:
                        seen.setdefault(name, time.monotonic())
            with contextlib.suppress(OSError):
                (self._spool / "news").stat()
                if "export" in seen:
                    seen.setdefault("engine", time.monotonic())
            time.sleep(0.003)
        names = {
            "selection": "process starts",
            "export": "selection",
            "engine": "export",
            "insert": "engine",
            "close": "import",
        }
        marks, last = [], sent
        for verb, stage in names.items():
            if verb in seen:
                marks.append((stage, seen[verb] - last))
                last = seen[verb]
        return tuple(marks)


def heard(ardour: Session, region: Region, folder: Path) -> tuple[Samples, int]:
    """What the track plays around a region by now, and the frame it begins at."""
    target = folder / "heard"
    target.mkdir(exist_ok=True)
    excerpt: Excerpt = ardour.daw.export(ardour.daw.selection(), RATE, target)
    del region
    samples, _rate = soundfile.read(excerpt.path, dtype="float32", always_2d=True)
    return samples, excerpt.start


def position_of(after: tuple[Samples, int], take: Samples) -> int:
    """The frame of the timeline where the take is heard, bit for bit; -1 if nowhere."""
    samples, start = after
    for offset in range(len(samples) - len(take) + 1):
        if np.array_equal(samples[offset, :], take[0]) and np.array_equal(
            samples[offset : offset + len(take)], take
        ):
            return start + offset
    return -1


def newest_take(home: Path) -> Path:
    """The last take that the engine made."""
    takes = sorted((home / "takes").rglob("*.wav"), key=lambda path: path.stat().st_mtime)
    if not takes:
        raise DawError("The engine made no take.")
    return takes[-1]


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Until it is so. Raises DawError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DawError(f"In vain waited for {what}.")
        time.sleep(0.05)


def _recording(folder: Path) -> tuple[Path, ...]:
    """Noise that swells and falls, stereo, of which no two samples are alike."""
    folder.mkdir(parents=True, exist_ok=True)
    length = sum(PIECES)
    swell = (0.1 + 0.08 * np.sin(np.arange(length) / 9000.0))[:, None]
    sound = (np.random.default_rng(7).normal(0, 1, (length, 2)) * swell).astype(np.float32)
    paths, start = [], 0
    for number, frames in enumerate(PIECES):
        paths.append(folder / f"scene_{number + 1}.wav")
        soundfile.write(paths[-1], sound[start : start + frames], RATE, subtype="FLOAT")
        start += frames
    return tuple(paths)


def _configure(home: Path, environment: Mapping[str, str]) -> int:
    """As if somebody had started Ardour before, and then installed Punch-In."""
    from plugin_host.daws.ardour import installation

    where = Where(System.LINUX, home, module_command("engine"), environment)
    ardour = installed(where)[0]
    ardour.settings.mkdir(parents=True)
    (ardour.settings / "config").write_text(_CONFIG)
    (ardour.settings / f".a{ardour.number}").touch()
    (ardour.settings / "instant.xml").write_text("<instant><no-memory-warning/></instant>\n")
    plan = installation(where)
    for file in plan.files:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_bytes(file.content)
    for edit in plan.edits:
        edit.path.write_text(edit.apply(edit.path.read_text() if edit.path.is_file() else ""))
    return ardour.number


def _new_session(folder: Path, number: int, environment: Mapping[str, str]) -> None:
    command = [f"ardour{number}-new_empty_session", "-s", str(RATE), str(folder), "session"]
    for _try in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
    raise DawError(f"Ardour makes no session: {done.stderr.strip()[-200:]}")


@contextlib.contextmanager
def _screen(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1500x900x24", "-nolisten", "tcp"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as number:
        shown = {**environment, "DISPLAY": f":{number.readline().strip()}"}
    manager = subprocess.Popen(["openbox"], env=shown, stderr=subprocess.DEVNULL)
    try:
        yield shown
    finally:
        for process in (manager, server):
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def _engine(environment: Mapping[str, str]) -> Iterator[None]:
    """An engine of its own, warm: what is measured is the way, not the first load of the model."""
    command = module_command("engine", "engine", "--or-any-port", "--idle-minutes", "10")
    process = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        lock = Path(environment[HOME_VARIABLE]) / "engine.json"
        wait_for(lock.is_file, 60, "the engine")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answering(daw: ArdourDaw) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            daw.hello(2.0)
            return
        except DawError:
            if time.monotonic() > deadline:
                raise


def focus(ardour: Session) -> None:
    """Ardour's main window is in front, and maximised: what lies where is known."""
    wait_for(lambda: ardour.windows("session - Ardour"), 60, "Ardour's window")
    ardour.click(900, 700)
    time.sleep(0.3)
