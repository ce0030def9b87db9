"""``punchin doctor``: everything that could be wrong with an installation, each with what to do about it."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from engine.commands.arguments import add_json_option
from engine.commands.doctor_row import Row, State
from engine.commands.doctor_speed import check_speeds
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.config import PORT, Home, find_home
from engine.errors import EngineError, ErrorCode

EPILOG = ""

# The run-time dependencies of pyproject.toml, and the extras a user may miss.
PACKAGES = (
    "apsw",
    "filelock",
    "numpy",
    "onnxruntime",
    "pillow",
    "platformdirs",
    "psutil",
    "pyebur128",
    "python-osc",
    "rich",
    "soundfile",
    "soxr",
    "sqlite-vec",
    "tokenizers",
    "tomlkit",
)
# A minute of 32-bit stereo at 192 kHz is 92 MB, and a take is written beside the recording it replaces.
LITTLE_DISK_BYTES, NO_DISK_BYTES = 2 * 10**9, 200 * 10**6
# The engine with the embedded model stays under 500 MB; a DAW wants the rest.
LITTLE_MEMORY_BYTES = 10**9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure each model's speed on each device, and keep it for --device auto",
    )
    add_json_option(parser)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Looks at everything; fails if any row does."""
    return report(list(examine(find_home(), connect, arguments.measure)))


def report(rows: list[Row]) -> Outcome:
    """The rows as a table or a value."""
    failing = [row.name for row in rows if row.state is State.FAIL]
    value = {"ok": not failing, "rows": [asdict(row) for row in rows]}
    width = max((len(row.name) for row in rows), default=0)
    lines = tuple(line for row in rows for line in _lines(row, width))
    if not failing:
        return Outcome(value, lines)
    return Outcome(value, lines, f"needs attention: {', '.join(failing)}", ExitCode.CHECK)


def examine(home: Home, connect: Connect, measure: bool = False) -> Iterator[Row]:
    """Every row, in the order in which things depend on each other."""
    yield check_python()
    yield from check_packages()
    runtime = check_runtime()
    yield runtime
    yield from check_models()
    if runtime.state is State.OK:
        yield from check_speeds(measure)
    yield check_engine(connect)
    yield check_port()
    yield from check_folders({"state folder": home.state, "takes folder": home.takes})
    yield check_folder("temporary folder", Path(tempfile.gettempdir()))
    yield check_disk(home.takes)
    yield check_memory()


def check_python() -> Row:
    """The interpreter, and whether it is 64-bit."""
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.maxsize < 2**32:
        return Row("python", State.FAIL, detail, "Use a 64-bit Python.")
    return Row("python", State.OK, detail)


def check_packages(names: Iterable[str] = PACKAGES) -> Iterator[Row]:
    """Each run-time dependency and its version."""
    for name in names:
        try:
            yield Row(name, State.OK, metadata.version(name))
        except metadata.PackageNotFoundError:
            advice = f"Install it: python -m pip install {name}."
            yield Row(name, State.FAIL, "not installed", advice)


def check_runtime() -> Row:
    """What ONNX Runtime can run models on."""
    try:
        from engine.models.devices import available_devices, runtime_version, thread_count

        devices = available_devices()
    except ImportError as error:
        return Row(
            "devices", State.FAIL, f"ONNX Runtime does not load: {error}", "Install onnxruntime again."
        )
    runtimes = " and ".join(dict.fromkeys(map(runtime_version, devices)))
    return Row("devices", State.OK, f"{', '.join(devices)}; {thread_count()} threads; {runtimes}")


def check_models() -> Iterator[Row]:
    """Every model's files, by their hashes; the first is the one that is used when none is named."""
    from engine.models.bundle import verify_bundle
    from engine.models.catalogue import EMBEDDED, list_models, models_folder

    models = list_models()
    if not any(model.folder == EMBEDDED for model in models):
        advice = f"Install Punch-In again, or put a model into {models_folder()}."
        yield Row("embedded model", State.WARN if models else State.FAIL, "not there", advice)
    for model in models:
        name = "embedded model" if model.folder == EMBEDDED else f"model {model.name}"
        problems = verify_bundle(model.folder)
        if problems:
            yield Row(name, State.FAIL, " ".join(problems), "Install it again.")
        else:
            size = f"{model.size_bytes / 1e6:.0f} MB"
            yield Row(name, State.OK, f"{model.name}, {size}, every file as published")


def check_engine(connect: Connect) -> Row:
    """Whether one runs; none is no problem, because render starts one."""
    try:
        with connect(False) as engine:
            status = engine.status()
    except EngineError as error:
        if error.code is ErrorCode.NO_ENGINE:
            return Row("engine", State.OK, "none is running; render and generate start one")
        return Row("engine", State.FAIL, error.sentence, "End it with 'punchin quit' and start it again.")
    detail = f"process {status.pid}, worker {status.worker}, {status.resident_bytes / 1e6:.0f} MB"
    return Row("engine", State.OK, detail)


def check_port(port: int = PORT) -> Row:
    """Whether the usual port is free, or taken by our own engine."""
    from engine.lockfile import find_engine
    from engine.ports import open_ports

    lock = find_engine(find_home())
    if lock is not None and lock.port == port:
        return Row("port", State.OK, f"{port}, used by the running engine")
    try:
        open_ports("127.0.0.1", port).close()
    except EngineError as error:
        advice = "Commands start an engine on another port; an engine started by hand needs --port."
        return Row("port", State.WARN, error.sentence, advice)
    return Row("port", State.OK, f"{port} is free")


def check_folders(folders: dict[str, Path]) -> Iterator[Row]:
    """Each folder."""
    for name, folder in folders.items():
        yield check_folder(name, folder)


def check_folder(name: str, folder: Path) -> Row:
    """Whether a file can be made there, or, while it does not exist, where it would be made."""
    nearest = _nearest_existing(folder)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        advice = f"Make {nearest} writable, or set PUNCHIN_HOME to another folder."
        return Row(name, State.FAIL, f"{folder} can't be written ({error.strerror})", advice)
    return Row(name, State.OK, str(folder))


def check_disk(folder: Path) -> Row:
    """The space for takes."""
    free = shutil.disk_usage(_nearest_existing(folder)).free
    detail = f"{free / 1e9:.1f} GB free for takes"
    if free < NO_DISK_BYTES:
        return Row("disk", State.FAIL, detail, "Make room: takes can't be written.")
    if free < LITTLE_DISK_BYTES:
        return Row("disk", State.WARN, detail, "Make room soon.")
    return Row("disk", State.OK, detail)


def check_memory() -> Row:
    """What is left for the engine."""
    import psutil

    free = int(psutil.virtual_memory().available)
    detail = f"{free / 1e9:.1f} GB available"
    if free < LITTLE_MEMORY_BYTES:
        return Row("memory", State.WARN, detail, "Close other applications while takes are made.")
    return Row("memory", State.OK, detail)


def _nearest_existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _lines(row: Row, width: int) -> Iterator[str]:
    yield f"{row.state:<4}  {row.name:<{width}}  {row.detail}"
    if row.advice:
        yield f"{'':{width + 8}}{row.advice}"
