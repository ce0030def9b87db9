"""``punchin daw ask``: what the plugin asks for when "Punch" is pressed on it; the panel says it, too."""

from __future__ import annotations

import argparse

from engine.ask_file import write_ask
from engine.commands.arguments import UsageError
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.commands.render_options import add_render_options, effects_of, preset_keys, request_of
from engine.config import find_home


def add_arguments(_name: str, row: argparse.ArgumentParser) -> None:
    """Its options."""
    row.epilog = (
        "It holds until something else is said, here or in the panel. The region is said in the plugin."
    )
    add_render_options(row, without=("time_reference", "draft", "output", "mask"))


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Writes it down. Raises UsageError or EngineError."""
    arguments.OUT, arguments.draft, arguments.force = None, None, False
    if effects_of(arguments):
        raise UsageError(
            "The plugin puts no takes through effects: add --without-effects, or make them by "
            '"punchin daw punch plugin", which does.'
        )
    preset = preset_keys(arguments)
    # Which region, and how long it is, the plugin says.
    request = request_of(arguments, {"path": "region", "start": 0, "end": 1}, preset)
    new_seed = arguments.seed is None and "seed" not in preset and not request.vary and not request.recipe
    write_ask(find_home(), request, new_seed)
    line = f'Punch on the plugin now asks for "{request.prompt}".'
    return Outcome({"prompt": request.prompt, "takes": request.takes, "new_seed": new_seed}, (line,))
