"""A recording whose region went through effects before it is made anew: a copy, the rest as it was."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.commands.effects_after import run_effects
from engine.errors import as_engine_error
from engine.protocol.requests import FileSource, RenderRequest
from presets.errors import PresetError


@contextmanager
def treated_before(request: RenderRequest, effects: Sequence[str] | None) -> Iterator[RenderRequest]:
    """The request, of a copy of its recording with the region treated; the same where there are no effects.

    The copy is gone afterwards. Raises UsageError or EngineError.
    """
    source = request.source
    if not effects or not isinstance(source, FileSource):
        yield request
        return
    from engine.audio.formats import CONTAINERS
    from engine.audio.source import inspect_recording
    from engine.commands.presets_options import effect_of

    with as_engine_error(PresetError):
        chain = [effect_of(text) for text in effects]
    path = Path(source.path)
    rate = inspect_recording(path).sample_rate
    region = f"{source.start.in_frames(rate)}f:{source.end.in_frames(rate)}f"
    with tempfile.TemporaryDirectory(prefix="punchin-") as folder:
        suffix = path.suffix if path.suffix.lower() in CONTAINERS else ".wav"
        copy = Path(folder).resolve() / f"{path.stem}{suffix}"
        run_effects(chain, "apply", str(path), str(copy), "--region", region)
        yield replace(request, source=replace(source, path=str(copy)))
