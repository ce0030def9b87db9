"""``architecture.json``: the sizes of a bundle's networks, for the runtime that builds them anew (torch).

An object with a key for each network, each an object with the fields of its dataclass in
``architecture.py``; ``audio_encoder`` is null where there is none.
"""

from __future__ import annotations

import json
import types
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from engine.audio.atomic import new_file
from engine.errors import EngineError, ErrorCode
from engine.networks.architecture import (
    ClapAudioConfig,
    ClapTextConfig,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
)

ARCHITECTURE = "architecture.json"
# The five networks together are under 3 kB.
MAX_BYTES = 2**16

T = TypeVar("T")


@dataclass(frozen=True)
class Architecture:
    """The sizes of all networks of a bundle; names follow ``checkpoint.Network``."""

    text_encoder: ClapTextConfig
    audio_encoder: ClapAudioConfig | None
    unet: UnetConfig
    vae: VaeConfig
    vocoder: VocoderConfig


def write_architecture(path: Path, architecture: Architecture) -> None:
    """Write ``architecture``, whole or not at all. Raises EngineError(CANT_WRITE)."""
    with new_file(path, overwrite=True) as file:
        file.write(json.dumps(asdict(architecture), indent=2).encode() + b"\n")


def read_architecture(path: Path) -> Architecture:
    """What ``path`` says. Raises EngineError(BAD_BUNDLE)."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"is longer than {MAX_BYTES} bytes")
        return _section(Architecture, json.loads(content), "")
    except OSError as error:
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"{path} is damaged ({error}); install the model again."
        ) from error


def _section(kind: type[T], content: object, where: str) -> T:
    """A dataclass of exactly the keys of ``content``."""
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(content, dict) or content.keys() != names:
        raise ValueError(f"{where.rstrip('.') or 'its top'} must have the keys {', '.join(sorted(names))}")
    return kind(**{name: _value(hints[name], content[name], f"{where}{name}") for name in names})


def _value(kind: Any, content: object, where: str) -> Any:
    """``content`` as a field's annotation says: a number, a tuple, a dataclass, or one of those or None."""
    if get_origin(kind) is types.UnionType:
        return None if content is None else _value(get_args(kind)[0], content, where)
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind)[0], content, where)
    if kind in (int, float, bool):
        return _number(kind, content, where)
    return _section(kind, content, f"{where}.")


def _tuple(kind: Any, content: object, where: str) -> tuple[Any, ...]:
    if not isinstance(content, list):
        raise ValueError(f"{where} must be a list")
    return tuple(_value(kind, item, where) for item in content)


def _number(kind: type, content: object, where: str) -> Any:
    """A number of the very kind, but whole ones will do as floats; JSON's NaN will not."""
    if kind is float and type(content) in (int, float) and abs(content) < 1e30:  # type: ignore[arg-type]
        return float(content)  # type: ignore[arg-type]
    if kind is float or type(content) is not kind:
        raise ValueError(f"{where} must be of the kind {kind.__name__}")
    return content
