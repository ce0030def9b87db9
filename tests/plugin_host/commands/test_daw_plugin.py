"""``punchin daw build-plugin``, ``plugins``, ``forget``, and the options by which the plugin is chosen."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from engine.ask_file import ADDRESS
from engine.commands.arguments import UsageError
from engine.protocol.osc import decode_packet
from plugin_host.commands import daw
from plugin_host.commands.daw_plugin import connected
from plugin_host.errors import DawError
from plugin_host.install import Installation, NewFile
from plugin_host.vst3.build import DPF_VARIABLE


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home in which nothing runs."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path))
    return tmp_path


def _parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    daw.add_arguments(parser)
    return parser.parse_args(words)


def _said(*words: str) -> str:
    outcome = daw.run(_parsed(*words), None)  # type: ignore[arg-type]
    return str(outcome)


def test_no_plugin_runs() -> None:
    """It is said, with what to do; a list of none is no failure."""
    assert "No Punch-In plugin runs." in _said("plugins")
    assert "insert it on the track" in _said("forget")
    with pytest.raises(DawError, match="insert it on the track"), connected(_parsed("get", "plugin")):
        pass


def test_missing_dpf_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing is left behind."""
    monkeypatch.setenv(DPF_VARIABLE, str(tmp_path / "none"))
    out = tmp_path / "out"
    assert "apt install" in _said("build-plugin", "--format", "clap", "--out", str(out))
    assert not out.exists()


def test_options_of_the_plugin_are_refused_for_others() -> None:
    """REAPER knows what is selected there; a region beside that would be ignored."""
    with pytest.raises(UsageError, match="--region goes with the plugin only"):
        connected(_parsed("get", "reaper", "--region", "pass"))
    with (
        pytest.raises(DawError, match="no video frame rate"),
        connected(_parsed("get", "plugin", "--fps", "26")),
    ):
        pass


def test_out_and_install_exclude_each_other() -> None:
    """Two places are none."""
    with pytest.raises(UsageError, match="not both"):
        _said("build-plugin", "--install", "--out", "x")
    with pytest.raises(UsageError, match="leave --format out"):
        _said("build-plugin", "--install", "--format", "clap")


def test_what_build_plugin_installs_is_removed_as_any_installation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One list of what lies where: "remove plugin" finds it, and leaves nothing behind."""
    place = tmp_path / ".clap" / "Punch-In.clap"
    made = Installation((NewFile(place, b"plugin"),), notes=("Let the DAW look.",))
    monkeypatch.setattr("plugin_host.vst3.installation", lambda _where: made)
    assert "Let the DAW look." in _said("build-plugin", "--install")
    assert place.read_bytes() == b"plugin"
    assert str(place) in _said("build-plugin", "--install")
    assert f"delete {place}" in _said("remove", "plugin", "--yes")
    assert not place.parent.exists()


def test_wish_of_the_plugin_is_what_was_typed(home: Path) -> None:
    """As the engine would read it with a source beside; another seed each time unless one was typed."""
    assert 'now asks for "wet gravel"' in _said(
        "ask", "--prompt", "wet gravel", "--takes", "3", "--strength", "0.4"
    )
    (message,) = decode_packet((home / "ask.osc").read_bytes())
    assert message.address == ADDRESS and message.arguments[0] == 1
    wish = dict(zip(message.arguments[1::2], message.arguments[2::2], strict=True))
    assert wish == {"prompt": "wet gravel", "takes": 3, "strength": 0.4}
    assert (home / "ask.osc").stat().st_mode & 0o777 == 0o600
    _said("ask", "--prompt", "wet gravel", "--seed", "7")
    (message,) = decode_packet((home / "ask.osc").read_bytes())
    assert message.arguments == (0, "prompt", "wet gravel", "seed", 7)


def test_wish_with_effects_is_refused(home: Path) -> None:
    """The plugin would leave them out; nothing is written."""
    pytest.importorskip("pedalboard", reason="pedalboard is not installed")
    with pytest.raises(UsageError, match="puts no takes through effects"):
        _said("ask", "--prompt", "wet gravel", "--effect", "Limiter")
    assert not (home / "ask.osc").exists()


def test_granted_folders_are_listed(tmp_path: Path) -> None:
    """Granted, listed, taken back."""
    assert "No folder is granted" in _said("grant")
    assert str(tmp_path.resolve()) in _said("grant", str(tmp_path)) + _said("grant")
    assert "No folder is granted" in _said("grant", str(tmp_path), "--take-back")
    with pytest.raises(UsageError, match="which FOLDER"):
        _said("grant", "--take-back")
