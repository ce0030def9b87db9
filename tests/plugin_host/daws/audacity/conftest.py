"""A real Audacity for the tests of a file, with an empty project for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plugin_host.daws.audacity.adapter import Audacity
from plugin_host.daws.audacity.own import PATIENT, own_audacity, own_screen
from plugin_host.daws.audacity.pipe import open_pipe
from plugin_host.daws.audacity.transport import names_here
from tests.plugin_host.daws.audacity.real import Session


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """It is started once."""
    with (
        own_screen(tmp_path_factory.mktemp("screen")) as environment,
        own_audacity(environment) as own,
        open_pipe(names_here(), PATIENT) as pipe,
    ):
        yield Session(own, pipe, Audacity(pipe))


@pytest.fixture
def session(running: Session) -> Session:
    """With an empty project."""
    while running.audacity.tracks():
        running.pipe.ask("SelectAll:")
        running.pipe.ask("RemoveTracks:")
    return running
