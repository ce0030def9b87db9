"""The round trip in an Ardour of its own (``own.py``), at the press of a key, with an engine of its own."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import soundfile

from engine.config import HOME_VARIABLE, module_command
from plugin_host.bridge import Excerpt, Placement
from plugin_host.daws.ardour.comparison import Samples
from plugin_host.daws.ardour.own import RATE, TRACK_Y, Session, focus, session, wait_for
from plugin_host.daws.ardour.places import exact_version, installed
from plugin_host.errors import DawError
from plugin_host.install import System, Where
from plugin_host.round_trip import RoundTrip
from plugin_host.timeline import Region, Take

# Odd numbers of frames: whoever rounds to milliseconds, beats or video frames shows.
PIECES = (72_001, 240_007, 96_013)
PROMPT = "boots on gravel"
SEVERAL = 4
_COUNT = """
local count = 0
local tracks = Session:get_tracks ()
for route in tracks:iter () do
    local track = route:to_track ()
    local playlist = track:playlist ()
    local regions = playlist:region_list ()
    for _region in regions:iter () do count = count + 1 end
end
return count
"""
_PUNCH_SECONDS = 240.0


def round_trip(folder: Path) -> RoundTrip:
    """A region of 5 s goes out at the press of a key and comes back as a layer. Raises DawError."""
    sounds = recording(folder)
    with session(folder / "ardour") as ardour, warm_engine(ardour.environment):
        put_recording(ardour, sounds)
        select_middle(ardour)
        selection = ardour.daw.selection()
        before = heard(ardour, selection.region, folder)
        stages = punch(ardour, PROMPT)
        after = heard(ardour, selection.region, folder)
        picture = ardour.shoot(folder / "ardour.png")
        take = newest_take(Path(ardour.environment[HOME_VARIABLE]))
        stages += several(ardour)
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
    for x in range(330, 700, 10):
        ardour.click(x, TRACK_Y)
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


def several(ardour: Session) -> tuple[tuple[str, float], ...]:
    """Takes of the same selection, asked for on the command line: how long to the first, and to the last."""
    command = module_command(
        "engine", "daw", "punch", "ardour", "--prompt", PROMPT, "--takes", str(SEVERAL), "--mode", "transfer"
    )
    before, began = count_regions(ardour), time.monotonic()
    process = subprocess.Popen(
        command, env=dict(ardour.environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: count_regions(ardour) > before, _PUNCH_SECONDS, f"the first of {SEVERAL} takes")
        first = time.monotonic() - began
        if process.wait(_PUNCH_SECONDS) != 0 or count_regions(ardour) != before + SEVERAL:
            raise DawError(f"Of {SEVERAL} takes not all came.")
    finally:
        process.kill()
        process.wait()
    return (
        (f"command to the first of {SEVERAL} takes", first),
        ("to the last of them", time.monotonic() - began),
    )


def count_regions(ardour: Session) -> int:
    """Of all tracks."""
    return int(ardour.lua(_COUNT)["value"][0])


def _is_asked(spool: Path, verb: str) -> bool:
    with contextlib.suppress(OSError):
        return f"verb={verb}\n" in (spool / "request").read_text()
    return False


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
            for name in ("selection", "export", "insert", "close"):
                if _is_asked(self._spool, name):
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


def recording(folder: Path) -> tuple[Path, ...]:
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


@contextlib.contextmanager
def warm_engine(environment: Mapping[str, str]) -> Iterator[None]:
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
