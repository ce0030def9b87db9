"""Weights in files, read without running anything that is in them.

Published weights come as safetensors, which hold nothing but numbers, or as PyTorch's own files, which
are pickles and so could hold a program. Of the second kind only what PyTorch's restricted reader
accepts is read. The file stays on disk, mapped into memory, until a tensor's numbers are used; only PyTorch's
oldest format can't be mapped.
"""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.torch_version import TorchVersion

from engine.errors import EngineError, ErrorCode
from engine.install.legacy_file import check_legacy, check_numbers, is_legacy

PICKLES = (".bin", ".ckpt", ".pth", ".pt")
# Of several files: model.safetensors.index.json, or with a variant model.safetensors.index.fp16.json.
INDEX = re.compile(r".+\.index(\.[a-z0-9_]+)?\.json")
# The largest published AudioLDM has 2299 tensors, the largest of which has 0.6 GB.
MAX_TENSORS = 20_000
MAX_TENSOR_BYTES = 2**33
MAX_NAME = 500
MAX_SHARDS = 200
MAX_INDEX_BYTES = 2**24
# The instructions of a pickle, without the numbers: 0.5 MB for the largest published AudioLDM.
MAX_PICKLE_BYTES = 2**26
KINDS = frozenset(
    {
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    }
)
# Before it, files could corrupt the memory of the restricted reader (CVE-2026-24747).
SAFE_READER = "2.10"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")

Loader = Callable[[], Tensor]


class LazyWeights(Mapping[str, Tensor]):
    """Tensors by name, each made when it is asked for."""

    def __init__(self, loaders: Mapping[str, Loader]) -> None:
        self.loaders = dict(loaders)

    def __getitem__(self, name: str) -> Tensor:
        return self.loaders[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.loaders)

    def __len__(self) -> int:
        return len(self.loaders)


def loaders_of(weights: Mapping[str, Tensor]) -> dict[str, Loader]:
    """What gives each tensor of ``weights``, without asking for one."""
    if isinstance(weights, LazyWeights):
        return weights.loaders
    return {name: partial(weights.__getitem__, name) for name in weights}


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """The tensors in ``path``, memory-mapped; of a ``*.index.json``, those of all the files it names.

    ``path`` is a .safetensors file, or one of PyTorch's (.bin, .ckpt, .pth, .pt) that holds tensors by
    name, at its top or under ``state_dict``. Raises EngineError: NOT_FOUND; NOT_ALLOWED for a pickle that
    asks for more than tensors, of which nothing is run; TOO_MUCH; BAD_BUNDLE for what is damaged.
    """
    if not path.is_file():
        raise EngineError(ErrorCode.NOT_FOUND, f"There is no file {path}.")
    try:
        return _read(path)
    except OSError as error:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"{path} can't be read: {error.strerror or error}."
        ) from error


def _read(path: Path) -> Mapping[str, Tensor]:
    if INDEX.fullmatch(path.name):
        return _read_shards(path)
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    if path.suffix in PICKLES:
        return _read_pickle(path)
    raise EngineError(
        ErrorCode.BAD_BUNDLE,
        f"{path} is no file of weights that can be read; those end in .safetensors, {', '.join(PICKLES)}.",
    )


def _read_safetensors(path: Path) -> Mapping[str, Tensor]:
    try:
        # Kept open by what is returned: its tensors are views of the file.
        file = safe_open(path, framework="pt", device="cpu")
        names: list[str] = list(file.keys())  # type: ignore[no-untyped-call]
        _check_count(path, len(names))
        weights = LazyWeights({name: partial(file.get_tensor, name) for name in names})
        for name, tensor in weights.items():
            _check_tensor(path, name, tensor)
    except (SafetensorError, AttributeError) as error:
        # AttributeError: a kind of number that this PyTorch has no name for.
        _refuse_damaged(path, error)
    return weights


def _read_shards(path: Path) -> Mapping[str, Tensor]:
    """The tensors of an index: {"weight_map": {name: a file beside it}}."""
    by_name = _weight_map(path)
    names = sorted(set(by_name.values()))
    if len(names) > MAX_SHARDS:
        _refuse(ErrorCode.TOO_MUCH, path, f"names {len(names)} files; {MAX_SHARDS} is the most")
    shards = {name: loaders_of(read_weights(path.with_name(name))) for name in names}
    absent = [name for name, shard in by_name.items() if name not in shards[shard]]
    if absent:
        _refuse(ErrorCode.BAD_BUNDLE, path, f"promises {_few(absent)}, which its files don't hold")
    return LazyWeights({name: shards[shard][name] for name, shard in by_name.items()})


def _weight_map(path: Path) -> dict[str, str]:
    if path.stat().st_size > MAX_INDEX_BYTES:
        _refuse(ErrorCode.TOO_MUCH, path, f"is larger than {MAX_INDEX_BYTES} bytes")
    try:
        index = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        _refuse_damaged(path, error)
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        _refuse(ErrorCode.BAD_BUNDLE, path, "has no weight_map")
    _check_count(path, len(weight_map))
    for name in weight_map.values():
        # A path would read from anywhere, an index in an index would never end.
        if not isinstance(name, str) or not FILE_NAME.fullmatch(name) or INDEX.fullmatch(name):
            _refuse(ErrorCode.BAD_BUNDLE, path, f"names {json.dumps(name)[:80]}, which is no file beside it")
    return weight_map


def _read_pickle(path: Path) -> Mapping[str, Tensor]:
    _check_reader(path)
    legacy = is_legacy(path)
    try:
        if legacy:
            check_legacy(path)
        else:
            _check_archive(path)
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=not legacy)
    except pickle.UnpicklingError as error:
        raise EngineError(
            ErrorCode.NOT_ALLOWED,
            f"{path} is damaged or holds more than weights, so it could hold a program; nothing of it was "
            "run. Use a .safetensors file instead.",
        ) from error
    except (
        RuntimeError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        EOFError,
    ) as error:
        # What the reader runs into where the instructions contradict themselves.
        _refuse_damaged(path, error)
    tensors = _tensors(path, content)
    if legacy:
        check_numbers(path, tensors)
    return LazyWeights({name: tensor.detach for name, tensor in tensors.items()})


def _check_reader(path: Path) -> None:
    """Raises EngineError(NOT_ALLOWED) where the reader that is installed is known to be unsafe."""
    if TorchVersion(torch.__version__) < SAFE_READER:
        raise EngineError(
            ErrorCode.NOT_ALLOWED,
            f"{path} is only safe to read with PyTorch {SAFE_READER} or newer, and {torch.__version__} is "
            "installed; update it, or use a .safetensors file instead.",
        )


def _check_archive(path: Path) -> None:
    """PyTorch's files are ZIP archives with nothing compressed: their size on disk bounds all that is in."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        _refuse_damaged(path, error)
    _check_count(path, len(entries))
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        _refuse(ErrorCode.NOT_ALLOWED, path, "is compressed, which weights never are; nothing was unpacked")
    if any(entry.file_size > MAX_PICKLE_BYTES for entry in entries if entry.filename.endswith(".pkl")):
        _refuse(ErrorCode.TOO_MUCH, path, f"has instructions of more than {MAX_PICKLE_BYTES} bytes")


def _tensors(path: Path, content: Any) -> dict[str, Tensor]:
    """The tensors by name at the top, or under ``state_dict`` where training's own state lies beside them."""
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        _refuse(ErrorCode.BAD_BUNDLE, path, "holds no weights by name")
    _check_count(path, len(content))
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            _refuse(ErrorCode.BAD_BUNDLE, path, f"holds something else than a weight: {str(name)[:80]}")
        _check_tensor(path, name, tensor)
    return dict(content)


def _check_count(path: Path, count: int) -> None:
    if count > MAX_TENSORS:
        _refuse(ErrorCode.TOO_MUCH, path, f"holds {count} weights; {MAX_TENSORS} is the most")


def _check_tensor(path: Path, name: str, tensor: Tensor) -> None:
    if len(name) > MAX_NAME or not name.isprintable():
        _refuse(ErrorCode.BAD_BUNDLE, path, "holds a weight whose name is no name")
    if tensor.dtype not in KINDS or tensor.layout is not torch.strided or tensor.device.type != "cpu":
        _refuse(ErrorCode.BAD_BUNDLE, path, f"holds {name} as {tensor.dtype}, which is no plain number")
    size = tensor.numel() * tensor.element_size()
    # A pickled tensor may repeat a few stored numbers endlessly.
    if size > min(MAX_TENSOR_BYTES, tensor.untyped_storage().nbytes()):
        _refuse(ErrorCode.TOO_MUCH, path, f"holds {name} of {size} bytes, more than a weight can have")


def _few(names: list[str]) -> str:
    """The first few names, and how many more."""
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _refuse(code: ErrorCode, path: Path, complaint: str) -> NoReturn:
    raise EngineError(code, f"{path} {complaint}.")


def _refuse_damaged(path: Path, error: Exception) -> NoReturn:
    said = str(error).strip().partition("\n")[0][:200].rstrip(".")
    raise EngineError(
        ErrorCode.BAD_BUNDLE, f"{path} is damaged or incomplete ({said}); get it once more."
    ) from error
