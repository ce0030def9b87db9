"""Which model an index is of: vectors of one model mean nothing to another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from engine.library.database import Database
from engine.models.interface import Model, ModelSpecification
from engine.protocol.replies import Notice


def fingerprint(specification: ModelSpecification) -> str:
    """Which model it is, and how it is shown sounds."""
    return hashlib.sha256(f"{specification.digest} {specification.ranking}".encode()).hexdigest()


def model_id(database: Database, specification: ModelSpecification) -> int | None:
    """The number of this very model, to the bit; None where nothing was indexed with it."""
    rows = database.rows("SELECT id FROM models WHERE digest = ?", fingerprint(specification))
    return int(rows[0][0]) if rows else None


def enrol(database: Database, specification: ModelSpecification) -> tuple[int, bool]:
    """The number of this model, and whether it replaced another of its name, whose vectors are gone now."""
    known = model_id(database, specification)
    if known is not None:
        return known, False
    with database.writing() as connection:
        connection.execute("DELETE FROM models WHERE name = ?", (specification.name,))
        replaced = connection.changes() > 0
        connection.execute(
            "INSERT INTO models (digest, name) VALUES (?, ?)",
            (fingerprint(specification), specification.name),
        )
        return connection.last_insert_rowid(), replaced


def deafness(job_id: str, model: Model) -> Iterator[Notice]:
    """Of a model without an audio encoder, what that means for whoever looks for sounds."""
    name = model.specification.name
    if model.specification.ranking is None:
        yield Notice(
            job_id, f"The model {name} can't hear: sounds are found by their names and descriptions only."
        )
