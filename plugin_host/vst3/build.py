"""From ``source/`` to a plugin that a DAW can load: g++ and DPF's own sources, nothing else."""

from __future__ import annotations

import enum
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plugin_host.errors import DawError
from plugin_host.vst3.dpf_patches import CLAP_PATCHES, VST3_PATCHES

SOURCE = Path(__file__).parent / "source"
DPF_VARIABLE = "PUNCHIN_DPF"
_DPF_PLACES = (Path("/usr/share/dpf"), Path("/usr/local/share/dpf"))
_COMPILE_SECONDS = 600.0


class Format(enum.StrEnum):
    """Plugin formats; each is one compilation of the same source."""

    VST3 = "vst3"
    CLAP = "clap"
    LV2 = "lv2"


_PATCHES = {Format.VST3: VST3_PATCHES, Format.CLAP: CLAP_PATCHES}


@dataclass(frozen=True)
class Built:
    """One plugin as DAWs take it: a bundle folder, or for CLAP a file."""

    format: Format
    channels: int
    path: Path

    @property
    def bytes(self) -> int:
        """Its size."""
        files = [self.path] if self.path.is_file() else self.path.rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())


def build(formats: Sequence[Format], out: Path) -> Iterator[Built]:
    """Builds each format for stereo and for mono tracks into ``out``; each is there whole or not at all.

    Raises DawError where the compiler or DPF is missing, or does not take the source.
    """
    compiler, dpf = find_compiler(), find_dpf()
    out.mkdir(parents=True, exist_ok=True)
    for plugin_format in formats:
        for channels in (2, 1):
            with tempfile.TemporaryDirectory(dir=out, prefix=".building-") as folder:
                draft = _build(plugin_format, channels, Path(folder), compiler, dpf)
                yield Built(plugin_format, channels, _put(draft, out / draft.name))


def find_compiler() -> str:
    """The C++ compiler. Raises DawError."""
    if sys.platform == "win32":
        raise DawError("The plugin can't be built on Windows yet; use the watch folder and drag-out there.")
    compiler = shutil.which(os.environ.get("CXX", "g++")) or shutil.which("c++")
    if compiler is None:
        raise DawError(
            'To build the plugin a C++ compiler is needed: "apt install g++", or "xcode-select --install".'
        )
    return compiler


def find_dpf() -> Path:
    """The folder of DPF's sources. Raises DawError."""
    given = os.environ.get(DPF_VARIABLE, "")
    for folder in (Path(given),) if given else _DPF_PLACES:
        if (folder / "distrho" / "DistrhoPluginMain.cpp").is_file():
            return folder
    raise DawError(
        'To build the plugin DPF is needed: "apt install dpf-source", or set PUNCHIN_DPF to a folder with '
        "its sources (https://github.com/DISTRHO/DPF)."
    )


def _build(plugin_format: Format, channels: int, folder: Path, compiler: str, dpf: Path) -> Path:
    """The plugin's bundle inside ``folder``."""
    name = "Punch-In" if channels == 2 else "Punch-In mono"
    binary = folder / "plugin.so"
    distrho = _patched(dpf, plugin_format, folder / "distrho")
    _run([
        compiler, "-std=c++17", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-s",
        f"-I{SOURCE}", "-isystem", str(distrho),
        f"-DDISTRHO_PLUGIN_TARGET_{plugin_format.upper()}", f"-DPUNCHIN_CHANNELS={channels}",
        str(SOURCE / "PunchIn.cpp"), str(distrho / "DistrhoPluginMain.cpp"), "-lpthread", "-o", str(binary),
    ], folder)  # fmt: skip
    return _BUNDLES[plugin_format](binary, folder, name, compiler, dpf)


def _patched(dpf: Path, plugin_format: Format, copy: Path) -> Path:
    """DPF's sources with our patches. Raises DawError where what is to be patched is not there."""
    shutil.copytree(dpf / "distrho", copy)
    for patch in _PATCHES.get(plugin_format, ()):
        file = copy / "src" / patch.file
        text = file.read_text(encoding="utf-8")
        if text.count(patch.old) != 1:
            raise DawError(
                f"This version of DPF is not known: its {patch.file} is not as in 1.6. Use dpf-source 1.6."
            )
        file.write_text(text.replace(patch.old, patch.new), encoding="utf-8")
    return copy


def _vst3(binary: Path, folder: Path, name: str, _compiler: str, _dpf: Path) -> Path:
    bundle = folder / f"{name}.vst3"
    if sys.platform == "darwin":
        return _mac_bundle(binary, bundle, name)
    inside = bundle / "Contents" / f"{os.uname().machine}-linux"
    inside.mkdir(parents=True)
    binary.rename(inside / f"{name}.so")
    return bundle


def _clap(binary: Path, folder: Path, name: str, _compiler: str, _dpf: Path) -> Path:
    if sys.platform == "darwin":
        return _mac_bundle(binary, folder / f"{name}.clap", name)
    return binary.rename(folder / f"{name}.clap")


def _lv2(binary: Path, folder: Path, name: str, compiler: str, dpf: Path) -> Path:
    """The plugin describes itself: DPF's generator loads it and writes its Turtle files."""
    bundle = folder / f"{name}.lv2"
    bundle.mkdir()
    library = "punchin.dylib" if sys.platform == "darwin" else "punchin.so"
    binary.rename(bundle / library)
    generator = folder / "generator"
    _run(
        [
            compiler,
            "-x",
            "c",
            str(dpf / "utils/lv2-ttl-generator/lv2_ttl_generator.c"),
            "-ldl",
            "-o",
            str(generator),
        ],
        folder,
    )
    _run([str(generator), f"./{library}"], bundle)
    return bundle


def _mac_bundle(binary: Path, bundle: Path, name: str) -> Path:
    inside = bundle / "Contents" / "MacOS"
    inside.mkdir(parents=True)
    binary.rename(inside / name)
    (bundle / "Contents" / "Info.plist").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>CFBundleExecutable</key>'
        f"<string>{name}</string><key>CFBundlePackageType</key><string>BNDL</string></dict></plist>\n",
        encoding="utf-8",
    )
    return bundle


_BUNDLES = {Format.VST3: _vst3, Format.CLAP: _clap, Format.LV2: _lv2}


def _run(command: Sequence[str], folder: Path) -> None:
    """Raises DawError with the first error that the program names."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_COMPILE_SECONDS, check=False
    )
    if done.returncode != 0:
        lines = (done.stderr + done.stdout).splitlines()
        why = next((line for line in lines if "error" in line), lines[-1] if lines else "no reason given")
        raise DawError(f"The plugin can't be built: {why}")


def _put(draft: Path, place: Path) -> Path:
    """In place of what was built before: a host that has that loaded keeps its old file."""
    before = draft.with_name(draft.name + ".before")
    if place.exists():
        place.rename(before)
    draft.rename(place)
    return place
