"""Programs and plugins that tests need, each compiled once, whichever worker comes first."""

from __future__ import annotations

import shutil
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
    """The plugin for stereo or mono tracks in a format; stereo, which most tests want, is built first."""
    needs_compiler()
    folder = shared / plugin_format.value
    place = folder / ("Punch-In" if channels == 2 else "Punch-In mono")
    place = place.with_name(f"{place.name}.{plugin_format}")
    with FileLock(shared / f"{plugin_format.value}.lock"):
        if not place.exists():
            folder.mkdir(exist_ok=True)
            built = next(
                each for each in build([plugin_format], folder / "built") if each.channels == channels
            )
            shutil.move(built.path, place)
    return place
