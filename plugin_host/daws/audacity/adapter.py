"""The four verbs in Audacity."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import soundfile

from plugin_host.bridge import Excerpt, Placement, Selection
from plugin_host.daws.audacity.commands import (
    READING_SECONDS,
    Times,
    TrackInfo,
    audible,
    channels_of,
    command,
    read_times,
    select_time,
    select_track,
    shown,
    times_of,
    tracks_of,
)
from plugin_host.daws.audacity.exported import WAV_FORMAT, WAV_FORMAT_DEFAULT, WAV_FORMAT_FLOAT, complete
from plugin_host.daws.audacity.pipe import NotDone, Pipe
from plugin_host.daws.audacity.project import LABEL_TRACK, write_project
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take, Track

NOTHING_SELECTED = "Nothing is selected in Audacity: drag over the stretch in its track first."
INAUDIBLE = "What is selected in Audacity is muted, or another track is soloed: change that first."
SKIP_SILENCE = "/AudioFiles/SkipSilenceAtBeginning"
# Audacity mixes and writes some hundred times faster than sound goes by; a slow disk may not.
_EXPORT_SECONDS = 60.0


class Audacity:
    """A running Audacity with the project in front. Several selected tracks are one sound: their mix."""

    name = "Audacity"
    placements: tuple[Placement, ...] = (Placement.TRACK,)

    def __init__(self, pipe: Pipe, show: Callable[[str], None] = lambda _text: None) -> None:
        """``show``: a line for whoever works in it, which Audacity itself has no place for."""
        self._pipe = pipe
        self._show = show
        self._step: tuple[Take, ...] = ()  # what our newest step to undo consists of

    def selection(self) -> Selection:
        """What is selected, at the project's rate. Raises DawError if no track or no stretch of time is."""
        chosen = [track for track in self.tracks() if track.kind == "wave" and track.selected]
        if not chosen:
            raise DawError(NOTHING_SELECTED)
        times = self._times()
        start, end = times.frames
        if end <= start:
            raise DawError(NOTHING_SELECTED)
        return Selection(
            Region(start, end - start, times.sample_rate),
            tuple(Track(track.name, str(track.index)) for track in chosen),
        )

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """Writes the selected tracks' mix; silence where nothing lies on them. Raises DawError."""
        tracks = audible(self.tracks())
        if not tracks:
            raise DawError(INAUDIBLE)
        wide = selection.region.with_handles(handles)
        path = _free_path(folder, wide)
        with (
            self._preference(WAV_FORMAT, WAV_FORMAT_FLOAT, WAV_FORMAT_DEFAULT),
            self._preference(SKIP_SILENCE, "0", "0"),
        ):
            try:
                self._write(wide, channels_of(tracks), path, tracks)
            finally:
                self._pipe.ask(select_time(selection.region))
        complete(path, wide, selection.region, max(track.end for track in tracks), channels_of(tracks))
        return Excerpt(path, selection.region, wide.start)

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """A new track for each take and a track of labels with their recipes, in one step to undo."""
        self.join(takes, placement, ())

    def join(self, takes: Sequence[Take], placement: Placement, beside: Sequence[Take]) -> None:
        """The same; what was put last is imported again together with these, if nothing was done since."""
        if placement not in self.placements:
            raise DawError(f"Audacity has no {placement.value}s: takes come on tracks of their own.")
        for take in takes:
            _check(take)
        before = self.tracks()
        again = self._undone(before, beside)
        try:
            self._put(before[: len(before) - len(_listed(again))], (*again, *takes))
        except DawError:
            if again:
                self._put(self.tracks(), again)
            raise
        finally:
            self._select_again(before, takes)

    def _undone(self, before: Sequence[TrackInfo], beside: Sequence[Take]) -> tuple[Take, ...]:
        """The takes of our newest step, which was the newest of all and is undone.

        Audacity does not say what the newest step is: one is undone, looked at, and done again unless it was
        ours.
        """
        ours, rest = _listed(self._step), len(before) - len(_listed(self._step))
        if not beside or beside[-1] not in self._step or _named(before[rest:]) != ours:
            return ()
        self._pipe.ask("Undo:")
        if _named(self.tracks()) == _named(before[:rest]):
            return self._step
        self._pipe.ask("Redo:")
        return ()

    def _put(self, before: Sequence[TrackInfo], takes: tuple[Take, ...]) -> None:
        try:
            self._import(takes)
            self._check_placed(before, takes)
        except DawError:
            self._take_back(len(before))
            raise
        self._step = takes

    def tell(self, text: str) -> None:
        """On the desktop: Audacity has no place for a line but a dialog that has to be closed."""
        self._show(text)

    def tracks(self) -> tuple[TrackInfo, ...]:
        """All tracks of the project."""
        return tracks_of(self._pipe.ask("GetInfo: Type=Tracks"))

    def _times(self) -> Times:
        """What is selected. It is made longer while it is read."""
        with tempfile.TemporaryDirectory(prefix="punchin") as folder:
            path = Path(folder) / "selection.txt"
            self._pipe.ask(command("SelectTime", Start=0.0, End=READING_SECONDS, RelativeTo="Selection"))
            try:
                self._pipe.ask(read_times(str(path)))
            finally:
                self._pipe.ask(command("SelectTime", Start=0.0, End=-READING_SECONDS, RelativeTo="Selection"))
            text = path.read_text() if path.exists() else ""
        longer = times_of(text)
        return Times(longer.start, longer.end - READING_SECONDS, longer.sample_rate)

    def _write(self, wide: Region, channels: int, path: Path, tracks: Sequence[TrackInfo]) -> None:
        if wide.start / wide.sample_rate >= max(track.end for track in tracks):
            return  # nothing lies there, and Audacity would say so in a dialog
        self._pipe.ask(select_time(wide))
        seconds = _EXPORT_SECONDS + float(wide.seconds)
        self._pipe.ask(command("Export2", Filename=str(path), NumChannels=channels), seconds)

    @contextlib.contextmanager
    def _preference(self, name: str, value: str, default: str) -> Iterator[None]:
        """One of Audacity's settings, for as long as a ``with`` lasts."""
        try:
            before = self._pipe.ask(command("GetPreference", Name=name)).strip()
        except NotDone:  # nobody has ever set it
            before = default
        if before == value:
            yield
            return
        self._pipe.ask(command("SetPreference", Name=name, Value=value))
        try:
            yield
        finally:
            self._pipe.ask(command("SetPreference", Name=name, Value=before))

    def _import(self, takes: Sequence[Take]) -> None:
        """All at once; Audacity copies the samples, so the file is not needed afterwards."""
        seconds = _EXPORT_SECONDS + sum(float(take.region.seconds) for take in takes)
        with tempfile.TemporaryDirectory(prefix="punchin") as folder:
            path = write_project(takes, Path(folder))
            self._pipe.ask(command("Import2", Filename=str(path)), seconds)

    def _check_placed(self, before: Sequence[TrackInfo], takes: Sequence[Take]) -> None:
        if _named(self.tracks()[len(before) :]) != _listed(takes):
            raise DawError("Audacity has not imported all takes; none is left in the project. Try again.")

    def _take_back(self, count: int) -> None:
        """Removes tracks that have come; an Audacity that is gone has nothing left to take back."""
        with contextlib.suppress(DawError):
            new = self.tracks()[count:]
            if new:
                self._pipe.ask(command("SelectTracks", Track=count, TrackCount=len(new), Mode="Set"))
                self._pipe.ask("RemoveTracks:")

    def _select_again(self, before: Sequence[TrackInfo], takes: Sequence[Take]) -> None:
        """As before, so that the next take can be asked for at once."""
        with contextlib.suppress(DawError):
            chosen = [track.index for track in before if track.selected]
            if not chosen:
                self._pipe.ask("SelectNone:")
            for mode, index in zip(["Set", *["Add"] * len(chosen)], chosen, strict=False):
                self._pipe.ask(select_track(index, mode))
            if takes:
                self._pipe.ask(select_time(takes[0].region))


def _named(tracks: Sequence[TrackInfo]) -> list[tuple[str, str]]:
    return [(track.name, track.kind) for track in tracks]


def _listed(takes: Sequence[Take]) -> list[tuple[str, str]]:
    """As Audacity lists the tracks of takes that came in one step."""
    return [*((shown(take.name), "wave") for take in takes), (LABEL_TRACK, "label")] if takes else []


def _check(take: Take) -> None:
    """Before anything is changed: the file is there, and is what Audacity can put on one track."""
    try:
        what = soundfile.info(take.path)
    except (OSError, RuntimeError) as error:
        raise DawError(f"{take.path} can't be read: {error}") from error
    if (what.frames, what.samplerate) != (take.region.frames, take.region.sample_rate):
        raise DawError(
            f"{take.path.name} has {what.frames} frames at {what.samplerate} Hz, and its region "
            f"{take.region.frames} at {take.region.sample_rate} Hz."
        )
    if what.channels > 2:
        raise DawError(f"{take.path.name} has {what.channels} channels; tracks of Audacity have one or two.")


def _free_path(folder: Path, region: Region) -> Path:
    number = 1
    while (path := folder / f"audacity-{region.start}-{number}.wav").exists():
        number += 1
    return path.absolute()
