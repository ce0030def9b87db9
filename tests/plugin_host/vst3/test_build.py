"""What is missing for building is said, and nothing half-built stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plugin_host.errors import DawError
from plugin_host.install import System, Where
from plugin_host.vst3.build import DPF_VARIABLE, Format, build, find_compiler, find_dpf
from plugin_host.vst3.places import folder_of, installed_formats
from tests.plugin_host.vst3.compiled import needs_compiler


def test_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DawError, match="apt install g"):
        find_compiler()


def test_missing_dpf_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to install."""
    monkeypatch.setenv(DPF_VARIABLE, str(tmp_path))
    with pytest.raises(DawError, match="apt install dpf-source"):
        find_dpf()


def test_unknown_dpf_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the line that is to be patched is not there, the plugin would live by wrong positions."""
    needs_compiler()
    dpf = tmp_path / "dpf"
    shutil.copytree(find_dpf(), dpf)
    wrapper = dpf / "distrho" / "src" / "DistrhoPluginCLAP.cpp"
    wrapper.write_text(wrapper.read_text().replace("process->steady_time", "process->other_time"))
    monkeypatch.setenv(DPF_VARIABLE, str(dpf))
    with pytest.raises(DawError, match="version of DPF is not known"):
        next(build([Format.CLAP], tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())


def test_places_are_those_of_each_system(tmp_path: Path) -> None:
    """As DAWs look for them; where there is no plugin yet, it is said."""
    linux, mac, windows = (Where(system, tmp_path, ("punchin",)) for system in System)
    assert folder_of(Format.VST3, linux) == tmp_path / ".vst3"
    assert folder_of(Format.LV2, mac) == tmp_path / "Library/Audio/Plug-Ins/LV2"
    with pytest.raises(DawError, match="Windows"):
        folder_of(Format.CLAP, windows)
    (tmp_path / ".clap").mkdir()
    (tmp_path / ".clap" / "Punch-In.clap").touch()
    assert installed_formats(linux) == ("clap",) and installed_formats(windows) == ()
