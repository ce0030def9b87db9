"""The table of DAWs: whoever is in it offers what an adapter offers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from plugin_host.daws import DAWS, adapter
from plugin_host.install import System, Where, check_sessions


@pytest.mark.parametrize("name", DAWS)
def test_every_daw_has_all_that_an_adapter_has(name: str, tmp_path: Path) -> None:
    """By name; and in an empty home there is no DAW, and nothing that is said about it touches a session."""
    if find_spec(DAWS[name]) is None:
        pytest.skip(f"{DAWS[name]} is not there")
    daw = adapter(name)
    for offered in ("connect", "check", "round_trip", "installation"):
        assert callable(getattr(daw, offered))
    assert daw.TITLE
    where = Where(System.LINUX, tmp_path, ("/usr/bin/punchin",), {})
    assert isinstance(daw.version(where), str)
    if name != "plugin":  # it would be built
        check_sessions(daw.installation(where))
