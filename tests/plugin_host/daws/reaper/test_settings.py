"""The action "settings"."""

from __future__ import annotations

from plugin_host.daws.reaper.remote import Address, read_address
from tests.plugin_host.daws.reaper.conftest import Reaper


def test_preferences_and_the_engine_are_kept(reaper: Reaper) -> None:
    """Preferences with REAPER's own; the engine's address and token where only Punch-In looks."""
    setup = r'stub.inputs = { "lane\nregion\n2.5", "render-7, 9124, se,cret" }'
    state = reaper.run("settings.lua", {}, setup)
    assert state["messages"] == []
    kept = {key: state["ext"][f"Punch-In/{key}"] for key in ("place", "mark", "handles")}
    assert kept == {"place": "lane", "mark": "region", "handles": "2.5"}
    assert read_address(reaper.spool) == Address("render-7", 9124, "se,cret")
    assert not any("cret" in str(value) for value in state["ext"].values())
    assert "*Its token" in state["asked"]["captions"]


def test_a_wrong_port_is_said_and_not_kept(reaper: Reaper) -> None:
    """What was there stays."""
    state = reaper.run("settings.lua", {}, r'stub.inputs = { "auto\nno\n5", "render-7,many," }')
    assert "whole number from 1 to 65535" in state["messages"][0]
    assert read_address(reaper.spool) is None
