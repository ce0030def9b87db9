"""The action behind the key without Ardour: what it asks, starts and says."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_host.daws.ardour.spool import parse_lines
from tests.plugin_host.daws.ardour.conftest import Scripts

SCENE = """
    local feet = stub.add_track { name = "Feet", regions = { { first = 1000, frames = 30000 } } }
    local punch = script "action"
    stub.select (4800, 9600, { feet }, {})
"""
GRAVEL = 'stub.answers = { { prompt = "wet gravel" } }'


def press(scripts: Scripts, before: str, presses: int = 1) -> dict[str, Any]:
    """What was said, asked and started by as many presses of the key."""
    found: dict[str, Any] = scripts.run(
        f"""{SCENE} {before}
        for _ = 1, {presses} do punch () end
        local markers = stub.markers ()
        return {{ said = stub.said, asked = stub.asked, started = stub.started, markers = markers }}"""
    )
    return found


def test_the_key_asks_and_starts_a_punch(scripts: Scripts) -> None:
    """In a shell that lets go of it and keeps what it says; the selection waits for it in the spool."""
    found = press(scripts, GRAVEL)
    asked = {"prompt": "", "mode": "transfer", "strength": 0.5, "takes": 1.0, "place": "lane"}
    assert found["asked"] == [asked]
    (started,) = found["started"]
    assert started[:2] == ["/bin/sh", "-c"] and started[3] == str(scripts.spool / "log")
    command = (
        "punchin daw punch ardour --prompt=wet gravel --mode transfer --strength 0.50 --takes 1 --as lane"
    )
    assert " ".join(started[4:]) == command
    assert "--prompt=wet gravel" in started  # one word, whatever stands in it
    pressed = parse_lines((scripts.spool / "pressed").read_text())
    assert (pressed["start"], pressed["frames"], pressed["name"]) == (["4800"], ["4800"], ["Feet"])
    assert found["said"] == []


def test_what_a_shell_would_read_is_a_word_like_others(scripts: Scripts) -> None:
    """Quotes, dollars and options in a prompt reach Punch-In as they were typed."""
    found = press(scripts, """stub.answers = { { prompt = '--as "x" $(boom); \\'y' } }""")
    assert found["started"][0][8] == """--prompt=--as "x" $(boom); 'y"""


@pytest.mark.parametrize("mode", ["inpaint", "generate"])
def test_a_strength_belongs_to_restyling(scripts: Scripts, mode: str) -> None:
    """Other modes have none; takes are whole numbers, though Ardour gives floats."""
    (started,) = press(
        scripts, f'stub.answers = {{ {{ prompt = "x", mode = "{mode}", takes = 3.0, place = "track" }} }}'
    )["started"]
    assert started[9:] == ["--mode", mode, "--takes", "3", "--as", "track"]


def test_the_next_dialog_has_what_was_said_last(scripts: Scripts) -> None:
    """All of it, unless that dialog was cancelled."""
    first = '{ prompt = "wet gravel", mode = "generate", strength = 0.25, takes = 4.0, place = "track" }'
    found = press(scripts, f"stub.answers = {{ {first}, false, false }}", presses=3)
    said = {"prompt": "wet gravel", "mode": "generate", "strength": 0.25, "takes": 4.0, "place": "track"}
    assert found["asked"][1:] == [said, said]
    assert len(found["started"]) == 1


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("stub.select (0, 0, {}, {})", "Nothing is selected"),
        ('stub.answers = { { prompt = "  " } }', "the prompt was empty"),
        (f'{GRAVEL} os.remove (spool); local at = io.open (spool, "w") at:close ()', "can't be written"),
        (f'{GRAVEL} os.forkexec = function () error ("no processes left", 0) end', "no processes left"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_starts(scripts: Scripts, before: str, sentence: str) -> None:
    """The action itself does not fail: Ardour would drop it."""
    spool = f'local spool = dofile ("{scripts.folder}/settings.lua").spool '
    found = press(scripts, spool + before)
    assert len(found["said"]) == 1 and sentence in found["said"][0]
    assert found["started"] == []


@pytest.mark.parametrize(("yes", "markers"), [("true", 0), ("false", 1)])
def test_the_key_during_a_job_asks_whether_to_cancel_it(scripts: Scripts, yes: str, markers: int) -> None:
    """The marker goes with a yes, and with it the job; a no leaves it; neither starts another."""
    job = 'script ("progress").show (100, 300, 0.4, "denoising 40 %, 3 s left")'
    found = press(scripts, f"{job} stub.yes = {yes}")
    assert found["said"] == ["40 % Punch-In: denoising, 3 s left\n\nCancel it?"]
    assert len(found["markers"]) == markers
    assert (found["asked"], found["started"]) == ([], [])


def test_where_there_is_no_fork_a_command_is_started(scripts: Scripts) -> None:
    """Windows: quotes would end a word there, so they go."""
    found = scripts.run(
        f"""{SCENE} os.forkexec = nil
        local commands = {{}}
        os.execute = function (text) commands[#commands + 1] = text end
        stub.answers = {{ {{ prompt = 'a "wet" boot' }} }}
        punch ()
        return commands"""
    )
    assert len(found) == 1
    assert found[0].startswith('start "" /b "punchin" "daw" "punch" "ardour" "--prompt=a wet boot" "--mode"')
