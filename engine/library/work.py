"""The jobs about the user's own sounds, as the worker runs them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from engine.config import Home
from engine.library.indexing import index_folder
from engine.library.search import search
from engine.models.interface import Model
from engine.protocol.library_requests import IndexRequest, LibraryRequest
from engine.protocol.replies import Reply


def library(request: LibraryRequest, model: Model, home: Home) -> Iterator[Reply]:
    """What the request asks for; the last reply is Done. Raises EngineError."""
    if isinstance(request, IndexRequest):
        return index_folder(request, model, home, time.perf_counter)
    return search(request, model, home, time.perf_counter)
