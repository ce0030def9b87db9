"""Programs and plugins that tests need, each compiled once, whichever worker comes first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from plugin_host.errors import DawError
from plugin_host.vst3.build import SOURCE, Format, build, find_compiler, find_dpf

HERE = Path(__file__).parent


def needs_compiler() -> None:
    """Skips where the plugin can't be built, and says why."""
    try:
        find_compiler()
        find_dpf()
    except DawError as error:
        pytest.skip(error.sentence)


def program(name: str, shared: Path, *options: str) -> Path:
    """The program of a C++ file beside this one."""
    needs_compiler()
    binary = shared / name.replace(".cpp", "")
    with FileLock(shared / f"{name}.lock"):
        if not binary.exists():
            draft = binary.with_suffix(".draft")
            command = [find_compiler(), "-std=c++17", "-O2", "-rdynamic", f"-I{SOURCE}"]
            command += ["-isystem", str(find_dpf() / "distrho"), *options, str(HERE / name)]
            subprocess.run([*command, "-o", str(draft), "-lpthread", "-ldl"], check=True)
            draft.rename(binary)
    return binary


def plugin(plugin_format: Format, shared: Path, channels: int = 2) -> Path:
    """The plugin for stereo or for mono tracks in a format."""
    needs_compiler()
    folder = shared / plugin_format.value
    with FileLock(shared / f"{plugin_format.value}.lock"):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            names = {each.channels: each.path.name for each in build([plugin_format], draft)}
            assert names == {2: f"Punch-In.{plugin_format}", 1: f"Punch-In mono.{plugin_format}"}
            draft.rename(folder)
    return folder / (f"Punch-In.{plugin_format}" if channels == 2 else f"Punch-In mono.{plugin_format}")
