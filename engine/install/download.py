"""Where a checkpoint comes from: a folder, a file, or a repository on the model hub."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from engine.config import module_command
from engine.errors import EngineError, ErrorCode
from engine.install.hub_component import DIFFUSERS_STEMS, TRANSFORMERS_STEMS, VARIANTS, file_names
from engine.install.licences import UNKNOWN, licence_of, published_licence, spdx
from engine.install.progress import Work, timed

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
INDEX = "model_index.json"
# What the authors' checkpoints end in, on the hub and here.
SINGLE_FILES = (".ckpt", ".pth")
LOCAL_FILES = (*SINGLE_FILES, ".pt", ".bin", ".safetensors")
TEXTS = ("README.md", "LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", INDEX)
FOLDERS = ("unet", "vae", "text_encoder", "vocoder", "audio_encoder")
SMALL_FOLDERS = ("tokenizer", "scheduler", "feature_extractor")
SHARD = re.compile(r"-\d{5}-of-\d{5}")
# What the hub's cache calls a file that is stored as one piece; small ones have git's SHA-1.
_SHA256 = re.compile(r"[0-9a-f]{64}")
# How often a download is looked at.
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Source:
    """A checkpoint, found. ``path`` is None until it is downloaded."""

    path: Path | None
    name: str  # what a model of it is called unless the user says otherwise
    repository: str  # OWNER/NAME on the hub, else the absolute path
    revision: str  # the commit, "" for what is not of the hub
    licence: str  # SPDX
    files: Mapping[str, int]  # file -> bytes: what is to be downloaded, or what is there
    from_hub: bool
    arrives: Path | None = None  # the folder of the hub's cache that its files arrive in

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(self.files.values())

    @property
    def local(self) -> Path:
        """Where it lies, once it is here."""
        assert self.path is not None, "download it first"
        return self.path


def find_source(given: str, revision: str = "", offline: bool = False) -> Source:
    """What REPO_OR_FOLDER means; nothing big is downloaded.

    Raises EngineError: NOT_FOUND (nothing there, no network), NOT_ALLOWED (gated), BAD_ARGUMENT.
    """
    path = Path(given).expanduser()
    if _exists(path):
        if revision:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT, "A revision is for repositories on the hub, not for files."
            )
        return _local_source(path.resolve())
    if not REPOSITORY.fullmatch(given) or given.endswith(SINGLE_FILES):
        raise EngineError(
            ErrorCode.NOT_FOUND,
            f"There is no folder or file {given[:200]}, and a repository on the hub is called OWNER/NAME.",
        )
    return _cached_source(given, revision) if offline else _hub_source(given, revision)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _local_source(path: Path) -> Source:
    folder = path if path.is_dir() else path.parent
    if path.is_file() and path.suffix not in LOCAL_FILES:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"{path.name} is no checkpoint: give a folder, or a {', '.join(LOCAL_FILES)} file.",
        )
    files = {file.relative_to(folder).as_posix(): file.stat().st_size for file in _own_files(path)}
    name = _model_name(path.stem if path.is_file() else path.name)
    # Of a folder with an original file, that file's name may tell.
    single = next((file for file in files if file.endswith(SINGLE_FILES)), path.name)
    licence = licence_of(folder, single)
    return Source(path, name, str(path), "", licence, files, from_hub=False)


def _own_files(path: Path) -> Iterator[Path]:
    """The files of a local checkpoint; of a folder those that would be downloaded."""
    if path.is_file():
        yield path
        return
    there = {file.relative_to(path).as_posix(): 0 for file in path.glob("*") if file.is_file()}
    there |= {file.relative_to(path).as_posix(): 0 for file in path.glob("*/*") if file.is_file()}
    yield from (path / name for name in needed_files(there))


def _model_name(text: str) -> str:
    """A model's name made of a folder's or a repository's."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:64] or "model"


def _cached_source(repository: str, revision: str) -> Source:
    folder = Path(_ask({"kind": "look", "repository": repository, "revision": revision})["folder"])
    local = _local_source(folder)
    licence = licence_of(folder, repository)
    name = _model_name(repository.rpartition("/")[2])
    # The snapshots' folders are called by their commits.
    return replace(
        local, name=name, repository=repository, revision=folder.name, licence=licence, from_hub=True
    )


def _hub_source(repository: str, revision: str) -> Source:
    found = _ask({"kind": "describe", "repository": repository, "revision": revision})
    files = needed_files(found["files"])
    licence = spdx(found["licence"]) if found["licence"] else published_licence(repository) or UNKNOWN
    name = _model_name(repository.rpartition("/")[2])
    arrives = Path(found["arrives"])
    return Source(None, name, repository, found["revision"], licence, files, from_hub=True, arrives=arrives)


def needed_files(there: Mapping[str, int]) -> dict[str, int]:
    """Of a repository's files those that make the checkpoint. Raises EngineError(BAD_BUNDLE)."""
    if INDEX not in there:
        single = sorted(name for name in there if name.endswith(SINGLE_FILES) and "/" not in name)
        if len(single) != 1:
            raise EngineError(
                ErrorCode.BAD_BUNDLE,
                "This is no AudioLDM checkpoint: it has neither a model_index.json nor one .ckpt file.",
            )
        return {name: there[name] for name in there if name in (*single, *TEXTS)}
    weights = {name for folder in FOLDERS for name in _weights(folder, there)}
    wanted = {name for name in there if name in TEXTS or name in weights or _is_small(PurePosixPath(name))}
    return {name: there[name] for name in sorted(wanted)}


def configurations(source: Source) -> Path:
    """A folder with what a checkpoint in the hub's layout says of itself; of the hub it is downloaded now.

    Raises EngineError as ``find_source``.
    """
    if source.path is not None:
        return source.path
    names = [name for name in source.files if name == INDEX or _is_configuration(PurePosixPath(name))]
    question = {"kind": "fetch", "repository": source.repository, "revision": source.revision}
    return Path(_ask({"files": names, **question})["folder"])


def _is_configuration(name: PurePosixPath) -> bool:
    return name.name in ("config.json", "scheduler_config.json")


def _is_small(name: PurePosixPath) -> bool:
    """A component's sizes, or anything of the tokenizer and the scheduler."""
    folder = str(name.parent)
    return (
        folder in FOLDERS and name.suffix == ".json" and name.stem in ("config", "preprocessor_config")
    ) or (folder in SMALL_FOLDERS and name.suffix in (".json", ".txt"))


def _weights(folder: str, there: Mapping[str, int]) -> Iterator[str]:
    """A component's weights, in the order in which ``hub_component.weights_file`` looks for them."""
    for ending in ("safetensors", "bin"):
        for variant in VARIANTS:
            for stem in (*DIFFUSERS_STEMS, *TRANSFORMERS_STEMS):
                for name in file_names(stem, ending, variant):
                    if f"{folder}/{name}" in there:
                        yield f"{folder}/{name}"
                        if name.endswith(".json"):
                            yield from _shards(folder, ending, there)
                        return


def _shards(folder: str, ending: str, there: Mapping[str, int]) -> Iterator[str]:
    """Every part of a file in parts; which of them count, the index says."""
    for name in there:
        if name.startswith(f"{folder}/") and name.endswith(f".{ending}") and SHARD.search(name):
            yield name


def fetch(source: Source) -> Work[Source]:
    """Download what is not here yet; gives the source with its path. Closing stops it at once.

    What has arrived stays in the hub's cache, and the next time goes on from there.
    """
    if source.path is not None or source.arrives is None:
        return source
    question = {"kind": "fetch", "repository": source.repository, "revision": source.revision}
    with _asking({"files": list(source.files), **question}) as process:
        yield from timed("downloading", _arrivals(process, source.arrives, source))
        folder = Path(_answer(process)["folder"])
    single = [folder / name for name in source.files if name.endswith(SINGLE_FILES)]
    return replace(source, path=single[0] if single else folder)


def check_arrived(source: Source) -> Work[None]:
    """Whether each large file of the hub's is what its name in the cache, a SHA-256, says.

    One that is not is removed, so that it comes again. Raises EngineError(BAD_BUNDLE).
    """
    folder = source.local if source.local.is_dir() else source.local.parent
    blobs = [folder / name for name in source.files if _SHA256.fullmatch((folder / name).resolve().name)]
    yield from timed("reading", _checked(blobs))


def _checked(blobs: list[Path]) -> Iterator[tuple[int, int]]:
    """(files that are whole, files)."""
    for done, path in enumerate(blobs):
        yield done, len(blobs)
        blob = path.resolve()
        with blob.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != blob.name:
            blob.unlink()
            path.unlink(missing_ok=True)
            raise EngineError(
                ErrorCode.BAD_BUNDLE,
                f"{path.name} of {path.parent.name} was damaged on its way or on the disk, and is removed; "
                "try again with a network, and it comes once more.",
            )
    yield len(blobs), len(blobs)


def _arrivals(process: subprocess.Popen[str], arrives: Path, source: Source) -> Iterator[tuple[int, int]]:
    """(bytes here, bytes wanted) until the download's process ends.

    The cache may hold other commits' files: what was there before is taken as ours as far as it can be.
    """
    total = source.size_bytes
    before = bytes_in(arrives)
    here = min(before, total) if not _complete_elsewhere(arrives, source) else 0
    while True:
        yield min(total, here + bytes_in(arrives) - before), total
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            return


def _complete_elsewhere(arrives: Path, source: Source) -> bool:
    """Whether what is in the cache belongs to another commit."""
    return (arrives / "snapshots").is_dir() and not (arrives / "snapshots" / source.revision).is_dir()


def bytes_in(folder: Path) -> int:
    """All files below, those that have only begun to arrive included; links count nothing."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # renamed in the meantime
            found = path.lstat()
            total += found.st_size if path.is_file() and not path.is_symlink() else 0
    return total


def _ask(question: Mapping[str, Any]) -> dict[str, Any]:
    with _asking(question) as process:
        return _answer(process)


@contextlib.contextmanager
def _asking(question: Mapping[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """The process that answers; it is gone after the block."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            module_command("engine.install.hub_process"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()
            process.communicate()


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it said. Raises EngineError."""
    assert process.stdout is not None
    try:
        answer = json.loads(process.stdout.readline())
    except ValueError:
        _refuse_silence()
    if "error" in answer:
        raise EngineError(ErrorCode(answer["code"]), answer["error"])
    return dict(answer)


def _refuse_silence() -> NoReturn:
    raise EngineError(
        ErrorCode.NOT_FOUND, "The download ended without a word; try again, it goes on where it was."
    )
