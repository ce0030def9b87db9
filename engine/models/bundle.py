"""A model on disk: a folder with a manifest, five ONNX graphs, a tokenizer and an attribution file.

``load_bundle`` looks at everything before anything is used: every file has its size and SHA-256,
every graph the inputs and outputs that the manifest's numbers ask for, and no graph reads weights
from a file that the manifest doesn't list. The whole hash is taken at each load: it costs 0.08 s for
80 MB, which is less than opening the graphs, and a record of earlier checks would be one more thing
that can be wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from engine.errors import EngineError, ErrorCode
from engine.models.graph_file import GraphFile, read_graph_file
from engine.models.interface import ModelSpecification
from engine.models.manifest import (
    FORMAT_VERSION,
    TOKENIZER,
    FileRecord,
    GraphName,
    Manifest,
    parse_manifest,
)
from engine.models.ports import complaints, embedding_width, required_ports
from engine.models.section import MANIFEST

# A manifest with a thousand files is under 200 kB.
MAX_MANIFEST_BYTES = 2**20


@dataclass(frozen=True)
class Bundle:
    """A checked bundle. ``graphs`` tells each graph's inputs and outputs."""

    folder: Path
    manifest: Manifest
    graphs: Mapping[GraphName, GraphFile]

    @property
    def specification(self) -> ModelSpecification:
        """The numbers that the line from request to take needs."""
        return self.manifest.specification

    def path(self, graph: GraphName) -> Path:
        """Where a graph lies."""
        return self.folder / self.manifest.graphs[graph]


def read_manifest(folder: Path) -> Manifest:
    """The manifest alone, nothing else looked at. Raises EngineError(NOT_FOUND or BAD_BUNDLE)."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise EngineError(ErrorCode.NOT_FOUND, f"There is no model in {folder}: no {MANIFEST}.") from error
    except OSError as error:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"The file {path} can't be read: {error.strerror}."
        ) from error
    if len(content) > MAX_MANIFEST_BYTES:
        raise EngineError(ErrorCode.BAD_BUNDLE, f"The file {path} is too long to be a model's manifest.")
    return parse_manifest(content, str(folder))


def load_bundle(folder: Path) -> Bundle:
    """The bundle in ``folder``, checked whole. Raises EngineError(NOT_FOUND or BAD_BUNDLE)."""
    manifest = read_manifest(folder)
    problems = list(find_file_problems(folder, manifest))
    if problems:
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"The model in {folder} can't be used; install it again: {'; '.join(problems)}.",
        )
    return Bundle(folder, manifest, _read_graphs(folder, manifest))


def verify_bundle(folder: Path) -> list[str]:
    """A sentence for everything that is wrong with a bundle; none if it is whole."""
    try:
        manifest = read_manifest(folder)
        problems = list(find_file_problems(folder, manifest))
        if not problems:
            _read_graphs(folder, manifest)
    except EngineError as error:
        return [error.sentence]
    return [f"{problem}." for problem in problems]


def find_file_problems(folder: Path, manifest: Manifest, with_hashes: bool = True) -> Iterator[str]:
    """A clause for each missing, truncated or (``with_hashes``) altered file."""
    for name, record in manifest.files.items():
        try:
            problem = _file_problem(folder / name, record, with_hashes)
        except OSError as error:
            problem = f"can't be read ({error.strerror})"
        if problem:
            yield f"{name} {problem}"


def _file_problem(path: Path, record: FileRecord, with_hash: bool) -> str:
    """What is wrong with one file, or ""."""
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if size < record.size_bytes:
        return f"is truncated: {size} of {record.size_bytes} bytes"
    if size > record.size_bytes:
        return f"is too long: {size} bytes instead of {record.size_bytes}"
    if with_hash and _sha256(path) != record.sha256:
        return "was altered: it is not the file that the manifest describes"
    return ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_graphs(folder: Path, manifest: Manifest) -> Mapping[GraphName, GraphFile]:
    """The outside of each graph, its ports and its external files checked. Raises EngineError(BAD_BUNDLE)."""
    graphs = {graph: _read_graph(folder, name) for graph, name in manifest.graphs.items()}
    width = embedding_width(graphs[GraphName.TEXT_ENCODER])
    ports = required_ports(manifest.specification, width)
    lengths = manifest.specification.lengths
    if lengths is not None and isinstance(width, int) and len(lengths.weights) != width:
        _refuse(
            folder, MANIFEST, f"has {len(lengths.weights)} lengths.weights for vectors of {width} numbers"
        )
    student, denoiser = graphs.get(GraphName.STUDENT), graphs[GraphName.DENOISER]
    if student is not None and student.inputs.keys() != denoiser.inputs.keys():
        _refuse(folder, manifest.graphs[GraphName.STUDENT], "does not have the denoiser's inputs")
    for graph, file in graphs.items():
        wrong = list(complaints(file, ports[graph]))
        # A path that leaves the folder can't be listed, because listed names are plain.
        unlisted = sorted(file.external_files - set(manifest.files))
        wrong += [f'reads "{path}", which files does not list' for path in unlisted]
        if wrong:
            _refuse(folder, manifest.graphs[graph], ", and it ".join(wrong))
    return graphs


def _read_graph(folder: Path, name: str) -> GraphFile:
    try:
        return read_graph_file(folder / name)
    except OSError as error:
        _refuse(folder, name, f"can't be read ({error.strerror})")
    except (ValueError, RecursionError) as error:
        _refuse(folder, name, f"is not an ONNX graph ({error})")


def _refuse(folder: Path, name: str, complaint: str) -> NoReturn:
    raise EngineError(ErrorCode.BAD_BUNDLE, f"The model in {folder} can't be used: {name} {complaint}.")


def seal_bundle(folder: Path, values: Mapping[str, Any], extra: Sequence[str] = ()) -> Bundle:
    """Write ``manifest.json`` and load the result. Raises EngineError(BAD_BUNDLE or CANT_WRITE).

    values: the manifest's keys, all but ``format_version`` and ``files``. Listed are the graphs and
    what they read, the torch runtime's files, the tokenizer, the attribution and ``extra``. What would
    not load is not written.
    """
    graphs = [name for name in values["graphs"].values() if name is not None]
    weights = [name for graph in graphs for name in _read_graph(folder, graph).external_files]
    names = sorted({*graphs, *weights, TOKENIZER, values["attribution"], *_torch_files(values), *extra})
    files = {name: _describe(folder / name) for name in names}
    content = json.dumps({"format_version": FORMAT_VERSION, **values, "files": files}, indent=2) + "\n"
    _read_graphs(folder, parse_manifest(content.encode(), str(folder)))
    _write_whole(folder / MANIFEST, content)
    return load_bundle(folder)


def _torch_files(values: Mapping[str, Any]) -> Iterator[str]:
    if values["torch"] is not None:
        yield values["torch"]["architecture"]
        yield from values["torch"]["weights"].values()


def _describe(path: Path) -> dict[str, object]:
    try:
        return {"sha256": _sha256(path), "bytes": path.stat().st_size}
    except OSError as error:
        _refuse(path.parent, path.name, f"can't be read ({error.strerror})")


def _write_whole(path: Path, content: str) -> None:
    """All of the file or, whatever happens, the file that was there before."""
    draft = path.with_name(f"{path.name}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise EngineError(ErrorCode.CANT_WRITE, f"{path} can't be written: {error.strerror}.") from error
