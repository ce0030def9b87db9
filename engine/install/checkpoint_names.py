"""What a model is called that was read from a folder or a file."""

from __future__ import annotations

import re
from pathlib import Path

from engine.models.manifest import MODEL_NAME

UNNAMEABLE = "audioldm"


def bundle_name(path: Path) -> str:
    """A name for the checkpoint in ``path`` that a manifest accepts."""
    stem = path.stem if path.is_file() else path.name
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("._-")[:64]
    return name if MODEL_NAME.fullmatch(name) else UNNAMEABLE
