"""A job in a real Ardour, begun with the key: shown and not in the way, cancelled, left by its engine."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.client import find_or_start
from engine.config import HOME_VARIABLE, EngineOptions, Home
from plugin_host.daws.ardour import own
from plugin_host.timeline import Region
from tests.bundles import make_tiny_bundle
from tests.plugin_host.daws.ardour.real import (
    NEEDS_ARDOUR,
    State,
    eventually,
    put_scene,
    select_all,
    selected,
    state_of,
)

pytestmark = NEEDS_ARDOUR
SCENE = Region(48_003, 96_007, own.RATE)
# What the key starts: the product, with the options that a test puts into a file.
_STARTER = """
import os, sys, pathlib
more = pathlib.Path({more!r}).read_text().split()
os.execv({python!r}, [{python!r}, "-m", "engine", *sys.argv[1:], *more])
"""
LONG = "--steps 200 --takes 16"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For all of it."""
    return tmp_path_factory.mktemp("job")


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[own.Session]:
    """An Ardour with a recording, whose key starts the product with an engine that holds a tiny model."""
    (folder / "more").write_text("")
    starter = folder / "starter.py"
    starter.write_text(_STARTER.format(more=str(folder / "more"), python=sys.executable))
    with own.session(folder / "own", command=(sys.executable, str(starter))) as ardour:
        make_tiny_bundle(state(ardour) / "models" / "tiny")
        put_scene(ardour, folder, SCENE)
        yield ardour


@pytest.fixture
def ardour(session: own.Session, folder: Path) -> Iterator[own.Session]:
    """That, with an engine and the recording selected; what was put on the timeline is undone."""
    home = Home(state(session), state(session) / "takes")
    before = state_of(session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home.state))
        with find_or_start(home, EngineOptions(port=0, model="tiny")):
            pass
        select_all(session, SCENE)
        (folder / "more").write_text("")
        yield session
        if state_of(session).regions != before.regions:
            own.focus(session)
            session.press("ctrl+z")
            eventually(lambda: state_of(session).regions == before.regions, "undo")
        with find_or_start(home) as client:
            client.quit()


def state(ardour: own.Session) -> Path:
    """Punch-In's own folder."""
    return Path(ardour.environment[HOME_VARIABLE])


def begin(ardour: own.Session) -> None:
    """With the key, a prompt, and OK; the job is shown."""
    ardour.press("ctrl+alt+p")  # without a click before: it would select nothing
    eventually(lambda: ardour.windows("Punch-In"), "the dialog")
    ardour.write("boots")
    ardour.press("alt+o")
    eventually(lambda: shown(ardour), "the marker")


def shown(ardour: own.Session) -> list[str]:
    """What Ardour's ruler says of jobs."""
    return [name for name in state_of(ardour).markers if "Punch-In" in name]


def works(ardour: own.Session) -> bool:
    """The engine has begun: the marker names what it does."""
    return any(not name.startswith("0 %") for name in shown(ardour))


def test_a_job_is_shown_over_the_selection_and_nothing_is_in_the_way(
    ardour: own.Session, folder: Path
) -> None:
    """While it goes, Ardour is worked with as ever; then the marker is gone and the take is in place."""
    (folder / "more").write_text("--steps 100 --takes 4")
    before = state_of(ardour)
    begin(ardour)
    eventually(lambda: works(ardour), "the engine", 60.0)
    assert not ardour.windows("^Punch-In$")
    ardour.shoot(folder / "job.png")
    own.focus(ardour)  # a click beside the region
    ardour.press("Escape")
    eventually(lambda: ardour.lua(_NOTHING_SELECTED)["value"] == ["true"], "the selection to change")
    assert shown(ardour)
    seen = {len(state_of(ardour).regions)}

    def over() -> bool:
        seen.add(len(state_of(ardour).regions))
        return not shown(ardour)

    eventually(over, "the takes", 120.0)
    more = [one for one in state_of(ardour).regions if one not in before.regions]
    placed = ("scene", SCENE.start, SCENE.frames)
    assert not more and state_of(ardour).regions.count(placed) == 5
    assert seen & {2, 3, 4}  # takes were there before the last was done


_NOTHING_SELECTED = """
local selection = Editor:get_selection ()
return selection:empty ()
"""


@pytest.mark.parametrize("way", ["key", "marker"])
def test_a_job_that_is_cancelled_leaves_takes_that_were_done(
    way: str, ardour: own.Session, folder: Path
) -> None:
    """By the key, which asks, or by taking the marker away; the next job is not refused."""
    (folder / "more").write_text(LONG)
    before = state_of(ardour)
    begin(ardour)
    eventually(lambda: works(ardour), "the engine", 60.0)
    if way == "key":
        ardour.press("ctrl+alt+p")
        eventually(lambda: ardour.windows("Punch-In"), "the question")
        ardour.shoot(folder / "cancel.png")
        ardour.press("alt+y")
    else:
        ardour.lua(_TAKE_MARKER_AWAY)
    eventually(lambda: not shown(ardour), "the marker to go")
    log = ardour.spool / "log"
    eventually(lambda: "ancelled" in log.read_text(errors="replace"), "the process to end", 60.0)
    with find_or_start(Home(state(ardour), state(ardour) / "takes")) as client:
        eventually(lambda: not client.status().jobs, "the engine to be idle", 60.0)
    check_only_takes_came(ardour, before)
    assert selected(ardour) == SCENE


def check_only_takes_came(ardour: own.Session, before: State) -> None:
    """Takes over the selection, if any was done, and nothing else."""
    now = state_of(ardour)
    assert (now.tracks, now.markers) == (before.tracks, before.markers)
    assert set(now.regions) == set(before.regions)
    assert len(now.regions) < len(before.regions) + 16


_TAKE_MARKER_AWAY = """
local locations = Session:locations ()
local list = locations:list ()
for location in list:iter () do
    if location:name ():match ("Punch%-In") then locations:remove (location) break end
end
"""


def test_an_engine_that_dies_is_a_sentence_in_ardour_and_leaves_takes_that_were_done(
    ardour: own.Session, folder: Path
) -> None:
    """In a dialog; the marker goes, and the key works on."""
    (folder / "more").write_text(LONG)
    before = state_of(ardour)
    begin(ardour)
    eventually(lambda: works(ardour), "the engine", 60.0)
    os.kill(json.loads((state(ardour) / "engine.json").read_text())["pid"], signal.SIGKILL)
    eventually(lambda: ardour.windows("^Punch-In$"), "the sentence", 60.0)
    ardour.shoot(folder / "died.png")
    ardour.press("Escape")
    eventually(lambda: not ardour.windows("^Punch-In$"), "the dialog to close")
    check_only_takes_came(ardour, before)
