"""A file through a chain: its made part is read, played, and written back where it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.config import Home
from engine.retake import Part, read_part, write_part
from plugin_host.effects.host import Host
from presets.document import effect_table
from presets.effects import Effect


def treat(
    home: Home, part: Part, chain: Sequence[Effect], host: Host, output: Path, overwrite: bool
) -> tuple[str, ...]:
    """Writes ``output``, which may be the part's own file; sentences about what did not go well.

    Length, rate, channels and place stay. Whatever fails leaves all files as they were. Raises EngineError.
    """
    sound, rate = read_part(part), part.info.sample_rate
    played = host.play_loop(chain, sound, rate) if part.is_loop else host.play(chain, sound, rate)
    tables = [effect_table(effect) for effect in chain]
    return write_part(home, part, played, output, effects=tables, overwrite=overwrite)
