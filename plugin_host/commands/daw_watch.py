"""``punchin daw watch FOLDER``: takes of everything that is dropped in."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection
from pathlib import Path

from engine.commands.effects_after import check_effects, put_through
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.commands.preset_request import keys_of
from engine.commands.render_options import beside
from engine.errors import as_engine_error
from plugin_host.watch_folder import Asked, Drop, Result, Slots, WatchFolder
from presets.errors import PresetError
from presets.slots import UNNAMED
from presets.store import Store

# Between looks. What has not changed from one to the next has been copied to its end.
LOOK_SECONDS = 1.0


def add_arguments(_name: str, row: argparse.ArgumentParser) -> None:
    """Its options."""
    row.add_argument("FOLDER", help="scene.wav and scene.toml (or .json) in it become scene_take1.wav...")
    row.add_argument("--once", action="store_true", help="work on what is there, and end")


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Watches until Ctrl-C. Raises DawError."""
    folder = Path(arguments.FOLDER).absolute()
    watched = WatchFolder(folder, lambda: connect(True, (folder,)), asked_by)
    list(watched.look())  # the first look only sees what there is
    while True:
        time.sleep(LOOK_SECONDS)
        rows = []
        for drop, result in watched.look():
            rows.append(_row(drop, result))
            print(_line(drop, result), file=sys.stderr, flush=True)
        if arguments.once:
            all_made = not any(row["sentence"] for row in rows)
            return Outcome({"drops": rows}, code=ExitCode.OK if all_made else ExitCode.CHECK)


def asked_by(name: str, slots: Slots, written: Collection[str]) -> Asked:
    """What a preset of this account asks for, where the note has not ``written`` something else.

    Raises EngineError, also for effects that are not on this machine.
    """
    keys = keys_of(name, [f"{slot or UNNAMED}={text}" for slot, text in slots.items()], new=False)
    with as_engine_error(PresetError):
        effects = Store().find(name).preset.effects
    check_effects(effects)
    return Asked(beside(keys, written), lambda takes: put_through(takes, effects))


def _row(drop: Drop, result: Result) -> dict[str, object]:
    return {"recording": str(drop.recording), "takes": list(result.takes), "sentence": result.sentence}


def _line(drop: Drop, result: Result) -> str:
    return f"{drop.recording.name}: {result.sentence or ', '.join(result.takes)}"
