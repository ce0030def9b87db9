"""A real Audacity that ends in the middle of something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from plugin_host.bridge import Placement
from plugin_host.daws.audacity.adapter import Audacity
from plugin_host.daws.audacity.commands import command
from plugin_host.daws.audacity.own import PATIENT, OwnAudacity, own_audacity, own_screen
from plugin_host.daws.audacity.pipe import Pipe, open_pipe
from plugin_host.daws.audacity.transport import names_here
from plugin_host.errors import DawError
from plugin_host.timeline import Take
from tests.plugin_host.daws.audacity.real import NEEDS_AUDACITY, RATE, REGION

pytestmark = NEEDS_AUDACITY


@pytest.mark.parametrize("verb", ["Export2", "Import2"])
def test_an_audacity_that_dies_midway_is_a_sentence(tmp_path: Path, verb: str) -> None:
    """While the selection goes out, and while a take comes in; the take's file is untouched."""
    path = tmp_path / "take.wav"
    soundfile.write(path, np.full((REGION.frames, 1), 0.25, np.float32), RATE, subtype="FLOAT")
    content = path.read_bytes()
    with (
        own_screen(tmp_path) as environment,
        own_audacity(environment) as own,
        open_pipe(names_here(), PATIENT) as pipe,
    ):
        pipe.ask(command("Import2", Filename=str(path)))
        audacity = Audacity(pipe)
        pipe.ask(command("SelectTime", Start=0.1, End=0.9))
        selection = audacity.selection()
        _dies_at(pipe, own, verb)
        with pytest.raises(DawError, match="Audacity has ended"):
            if verb == "Export2":
                audacity.export(selection, 0, tmp_path)
            else:
                audacity.insert([Take(path, REGION, "take")], Placement.TRACK)
    assert path.read_bytes() == content


def _dies_at(pipe: Pipe, own: OwnAudacity, verb: str) -> None:
    """It is killed before it is told that."""
    ask = pipe.ask

    def fatal(text: str, seconds: float | None = None) -> str:
        if text.startswith(verb):
            own.process.kill()
            own.process.wait()
        return ask(text, seconds)

    pipe.ask = fatal  # type: ignore[method-assign]
