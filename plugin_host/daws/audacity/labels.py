"""A label for each take, on a track of labels that is ours: what it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from plugin_host.daws.audacity.commands import (
    TrackInfo,
    command,
    labels_of,
    select_time,
    select_track,
    tracks_of,
)
from plugin_host.daws.audacity.pipe import NotDone, Pipe
from plugin_host.daws.audacity.recipe import recipe_of
from plugin_host.errors import DawError
from plugin_host.timeline import Take

LABEL_TRACK = "Punch-In"
LABELS = "GetInfo: Type=Labels"
ASKS_FOR_NAME = "/GUI/DialogForNameNewLabel"
MAX_LETTERS = 300


def label(pipe: Pipe, takes: Sequence[Take]) -> None:
    """Adds one over the region of each. Raises DawError."""
    track = _label_track(pipe)
    pipe.ask(select_track(track.index))
    pipe.ask(command("SetTrackStatus", Focused=1))
    with _without_dialog(pipe):
        for take in takes:
            others = {row.number for row in labels_of(pipe.ask(LABELS)) if not row.text}
            pipe.ask(select_time(take.region))
            pipe.ask("AddLabel:")
            number = _new_label(pipe, track, others)
            pipe.ask(command("SetLabel", Label=number, Text=recipe_of(take)[:MAX_LETTERS]))


def _label_track(pipe: Pipe) -> TrackInfo:
    """Ours, or a new one."""
    if found := _ours(pipe):
        return found
    pipe.ask("NewLabelTrack:")
    pipe.ask(command("SetTrackStatus", Name=LABEL_TRACK))
    if found := _ours(pipe):
        return found
    raise DawError("Audacity made no track for labels.")


def _ours(pipe: Pipe) -> TrackInfo | None:
    tracks = tracks_of(pipe.ask("GetInfo: Type=Tracks"))
    return next((track for track in tracks if track.kind == "label" and track.name == LABEL_TRACK), None)


@contextmanager
def _without_dialog(pipe: Pipe) -> Iterator[None]:
    """Audacity can be set to ask for a label's text, and would wait for it."""
    try:
        asks = pipe.ask(command("GetPreference", Name=ASKS_FOR_NAME)).strip() == "1"
    except NotDone:  # nobody has ever set it
        asks = False
    if asks:
        pipe.ask(command("SetPreference", Name=ASKS_FOR_NAME, Value="0"))
    try:
        yield
    finally:
        if asks:
            pipe.ask(command("SetPreference", Name=ASKS_FOR_NAME, Value="1"))


def _new_label(pipe: Pipe, track: TrackInfo, others: set[int]) -> int:
    """The first without a text on our track that was not there before; those behind it have moved by one."""
    found = [row for row in labels_of(pipe.ask(LABELS)) if not row.text]
    ours = [row.number for row in found if row.track == track.index]
    if not ours:
        raise DawError("Audacity added no label.")
    return next((number for number in ours if number not in others), ours[0])
