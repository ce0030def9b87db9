"""A label for each take, on a track of labels that is ours: what it was made from."""

from __future__ import annotations

from plugin_host.daws.audacity.commands import (
    TrackInfo,
    command,
    labels_of,
    select_time,
    select_track,
    tracks_of,
)
from plugin_host.daws.audacity.pipe import Pipe
from plugin_host.daws.audacity.recipe import recipe_of
from plugin_host.errors import DawError
from plugin_host.timeline import Take

LABEL_TRACK = "Punch-In"
ASKS_FOR_NAME = "/GUI/DialogForNameNewLabel"
MAX_LETTERS = 300


def label(pipe: Pipe, take: Take) -> None:
    """Adds it over the take's region. Raises DawError."""
    track = _label_track(pipe)
    others = {found.number for found in labels_of(pipe.ask("GetInfo: Type=Labels")) if not found.text}
    pipe.ask(select_time(take.region))
    pipe.ask(select_track(track.index))
    pipe.ask(command("SetTrackStatus", Focused=1))
    with_dialog = _asks_for_name(pipe)
    if with_dialog:
        pipe.ask(command("SetPreference", Name=ASKS_FOR_NAME, Value="0"))
    try:
        pipe.ask("AddLabel:")
    finally:
        if with_dialog:
            pipe.ask(command("SetPreference", Name=ASKS_FOR_NAME, Value="1"))
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


def _asks_for_name(pipe: Pipe) -> bool:
    try:
        return pipe.ask(command("GetPreference", Name=ASKS_FOR_NAME)).strip() == "1"
    except DawError:  # nobody has ever set it
        return False


def _new_label(pipe: Pipe, track: TrackInfo, others: set[int]) -> int:
    """The first without a text on our track that was not there before; those behind it have moved by one."""
    found = [row for row in labels_of(pipe.ask("GetInfo: Type=Labels")) if not row.text]
    ours = [row.number for row in found if row.track == track.index]
    if not ours:
        raise DawError("Audacity added no label.")
    return next((number for number in ours if number not in others), ours[0])
