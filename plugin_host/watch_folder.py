"""A folder as a DAW: recordings dropped in with a note of what is asked for, takes appearing beside them.

The note lies beside ``scene.wav`` as ``scene.toml`` or ``scene.json`` and holds keys of ``/punchin/render``
with the types of OSC: ``start = 1.5`` is in seconds, ``start = 72000`` in frames; without start and end it is
all of the recording. ``preset = "Old radio"`` stands for all that a preset asks for, and the note's own keys
go before it; ``slots`` fills its gaps: a text, or a table of them. What became of it is in
``scene.punchin.json``. A note or recording that changes is worked on again; takes are never replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import EngineError, ErrorCode
from engine.protocol.osc import Argument, RawMessage
from engine.protocol.replies import Cancelled, Failed, TakeDone
from engine.protocol.requests import RenderRequest, parse_request
from plugin_host.bridge import Engine
from plugin_host.errors import DawError
from plugin_host.takes import header_of

RECORDINGS = (".wav", ".flac", ".aif", ".aiff", ".w64", ".rf64", ".bwf")
NOTES = (".toml", ".json")
RESULT = ".punchin.json"
MAX_NOTE_BYTES = 64 * 1024
MAX_DROPS = 10_000  # of a folder, looked at each time
# A note says what, not from or to where.
_NOT_IN_NOTES = ("path", "source", "rate", "channels", "frames", "output", "overwrite", "chunks")
_OF_PRESETS = ("preset", "slots")
# Not the file's fault: it is tried again at the next look.
_OF_THE_ENGINE = (ErrorCode.NO_ENGINE, ErrorCode.WORKER_DIED, ErrorCode.BUSY)

Connect = Callable[[], AbstractContextManager[Engine]]
Slots = Mapping[str, str]  # by name; "" is the one without


@dataclass(frozen=True)
class Asked:
    """What a preset comes to: keys of the request, and what finished takes go through."""

    keys: Mapping[str, Argument] = field(default_factory=dict)
    treat: Callable[[Sequence[str]], None] = lambda _takes: None


# Its name, its slots, and the keys that the note has itself. Raises EngineError.
FindPreset = Callable[[str, Slots, Collection[str]], Asked]


def no_presets(_name: str, _slots: Slots, _beside: Collection[str]) -> Asked:
    """For whoever has none."""
    raise EngineError(ErrorCode.NOT_FOUND, "There are no presets here; write what the preset would ask for.")


@dataclass(frozen=True)
class Wish:
    """What a note asks for, and what is done with the takes."""

    request: RenderRequest
    treat: Callable[[Sequence[str]], None]


@dataclass(frozen=True)
class Drop:
    """A recording and its note, as they were at one look."""

    recording: Path
    note: Path
    mark: tuple[int, ...]  # sizes and times of both

    @property
    def result(self) -> Path:
        """Where is written what became of it."""
        return self.recording.with_name(f"{self.recording.stem}{RESULT}")


@dataclass(frozen=True)
class Result:
    """What became of a drop: its takes, or the sentence why there are none."""

    digest: str  # of the note and the recording's mark: another one is another wish
    takes: tuple[str, ...] = ()
    sentence: str = ""


@dataclass
class WatchFolder:
    """One folder. ``new_id`` names jobs; ``last`` is what the look before saw."""

    folder: Path
    connect: Connect
    find_preset: FindPreset = no_presets
    new_id: Callable[[], str] = lambda: f"watch-{secrets.token_hex(4)}"
    last: dict[Path, tuple[int, ...]] = field(default_factory=dict)

    def look(self) -> Iterator[tuple[Drop, Result]]:
        """Works on every drop that is complete, that is as it was at the look before, and is not done yet.

        Raises DawError where the folder itself can't be read.
        """
        drops = find_drops(self.folder)
        settled = [drop for drop in drops if self.last.get(drop.note) == drop.mark]
        self.last = {drop.note: drop.mark for drop in drops}
        for drop in settled:
            digest = _digest(drop)
            if digest is None or is_done(drop, digest):
                continue
            yield drop, self._work_on(drop, digest)

    def _work_on(self, drop: Drop, digest: str) -> Result:
        """Renders one; what fails for good is written down, so that it is not tried for ever."""
        try:
            wish = wish_of(drop, self.new_id(), self.find_preset)
            with self.connect() as engine:
                made = _render(engine, wish.request)
            wish.treat([str(path) for path in made])
            result = Result(digest, tuple(_beside(drop.recording, path) for path in made))
        except EngineError as error:
            result = Result(digest, sentence=error.sentence)
            if error.code in _OF_THE_ENGINE:
                return result
        except DawError as error:
            result = Result(digest, sentence=error.sentence)
        except OSError as error:
            name = error.filename or drop.recording
            return Result(digest, sentence=f"{name} can't be read or written: {error.strerror}.")
        _write(drop.result, json.dumps(asdict(result), indent=1).encode())
        return result


def find_drops(folder: Path) -> list[Drop]:
    """Recordings that have a note, by name. Raises DawError."""
    try:
        files = {path.name: path for path in folder.iterdir() if not path.name.startswith(".")}
        if len(files) > MAX_DROPS:
            raise DawError(
                f"{folder} has {len(files)} files; {MAX_DROPS} are the most: move what is done away."
            )
        return [drop for name in sorted(files) if (drop := _drop(files[name], files)) is not None]
    except OSError as error:
        raise DawError(f"The folder {folder} can't be read: {error.strerror}.") from error


def _drop(note: Path, files: dict[str, Path]) -> Drop | None:
    if note.suffix.lower() not in NOTES or note.name.endswith(RESULT):
        return None
    names = (note.stem + suffix for suffix in RECORDINGS)
    recording = next((files[name] for name in names if name in files), None)
    if recording is None:
        return None
    try:
        looks = [path.stat() for path in (recording, note)]
    except FileNotFoundError:  # moved away meanwhile
        return None
    return Drop(
        recording, note, tuple(number for look in looks for number in (look.st_size, look.st_mtime_ns))
    )


def wish_of(drop: Drop, job_id: str, find_preset: FindPreset) -> Wish:
    """What a note asks for. Raises EngineError or DawError with a sentence for whoever wrote it."""
    note = _read_note(drop.note)
    for name in _NOT_IN_NOTES:
        if name in note.keys:
            raise DawError(
                f"{drop.note.name}: leave {name} out; the recording beside the note is what it is about."
            )
    frames, _rate = header_of(drop.recording)
    asked = find_preset(note.preset, note.slots, note.keys) if note.preset else Asked()
    words: list[Argument] = ["path", str(drop.recording.absolute()), "chunks", False]
    for name, value in ({"start": 0, "end": frames} | dict(asked.keys) | dict(note.keys)).items():
        words += [name, value]
    request = parse_request(RawMessage("/punchin/render", (job_id, *words))).request
    assert isinstance(request, RenderRequest)
    return Wish(request, asked.treat)


@dataclass(frozen=True)
class _Note:
    keys: Mapping[str, Argument]
    preset: str
    slots: Slots


def _read_note(path: Path) -> _Note:
    with path.open("rb") as file:
        content = file.read(MAX_NOTE_BYTES + 1)
    if len(content) > MAX_NOTE_BYTES:
        raise DawError(f"{path.name} is larger than {MAX_NOTE_BYTES} bytes: it is no note.")
    try:
        text = content.decode("utf-8-sig")
        plain: Any = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DawError(f"{path.name} can't be read: {error}.") from error
    if not isinstance(plain, dict):
        raise _no_note(path)
    keys = {name: value for name, value in plain.items() if name not in _OF_PRESETS}
    if not all(isinstance(value, str | int | float) for value in keys.values()):
        raise _no_note(path)
    return _Note(keys, _preset_in(plain, path), _slots_in(plain, path))


def _no_note(path: Path) -> DawError:
    return DawError(f'{path.name} is no list of keys and values such as prompt = "boots on gravel".')


def _preset_in(plain: Mapping[str, Any], path: Path) -> str:
    name = plain.get("preset", "")
    if not isinstance(name, str) or (not name and "slots" in plain):
        raise DawError(f'{path.name}: name the preset, such as preset = "Old radio".')
    return name


def _slots_in(plain: Mapping[str, Any], path: Path) -> Slots:
    slots = plain.get("slots", {})
    slots = {"": slots} if isinstance(slots, str) else slots
    if not isinstance(slots, dict) or not all(isinstance(value, str) for value in slots.values()):
        raise DawError(f'{path.name}: slots is a text, or a table such as {{ surface = "gravel" }}.')
    return slots


def is_done(drop: Drop, digest: str) -> bool:
    """Whether just this was worked on before. A result that can't be read is none."""
    try:
        plain = json.loads(drop.result.read_bytes())
        return bool(plain["digest"] == digest)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _digest(drop: Drop) -> str | None:
    try:
        with drop.note.open("rb") as file:
            content = file.read(MAX_NOTE_BYTES + 1)
    except OSError:
        return None
    size, changed = drop.mark[:2]
    return hashlib.sha256(content + f"{drop.recording.name} {size} {changed}".encode()).hexdigest()


def _render(engine: Engine, request: RenderRequest) -> list[Path]:
    made: list[Path] = []
    for reply in engine.render(request):
        match reply:
            case TakeDone():
                made.append(Path(reply.path))
            case Failed():
                raise EngineError(reply.code, reply.sentence)
            case Cancelled():
                raise DawError("The job was cancelled; change the note to have it made again.")
    return made


def _beside(recording: Path, take: Path) -> str:
    """A copy of a take beside its recording, under the next free number; its name."""
    number = 1
    while (path := recording.with_name(f"{recording.stem}_take{number}{take.suffix}")).exists():
        number += 1
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        shutil.copyfile(take, part)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return path.name


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise DawError(f"{path} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
