"""A home of Punch-In's for a ``with``: what is proved there does not meet what the account has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.client import find
from engine.config import HOME_VARIABLE, Home, make_home
from engine.errors import EngineError


@contextmanager
def clean_home(state: Path) -> Iterator[Home]:
    """For this process and all that it starts; an engine that was started in it ends with it."""
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(state)
    home = Home(state, state / "takes")
    make_home(home)
    try:
        yield home
    finally:
        with suppress(EngineError), find(home) as client:
            client.quit()
        os.environ.pop(HOME_VARIABLE)
        if before is not None:
            os.environ[HOME_VARIABLE] = before
