"""``python -m engine.install.hub_process``: one question to the model hub, in a process of its own.

The hub's client can't be stopped in the middle of a file; a process can. The question is a JSON object
on the first line of stdin, the answer one on stdout; when stdin ends, so does the process, so that none
outlives who asked. Files go into the client's own cache, where they are found again and where a file
that broke off goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.errors import EngineError, ErrorCode

Question = Mapping[str, Any]

NO_NETWORK = "The model hub can't be reached; check the network, or add --offline to use what was downloaded."


def describe(question: Question) -> dict[str, Any]:
    """Commit, licence, and size of each file of a repository."""
    from huggingface_hub import HfApi

    info = HfApi().model_info(
        question["repository"], revision=question["revision"] or None, files_metadata=True
    )
    card = info.card_data
    return {
        "revision": info.sha or "",
        "licence": str(getattr(card, "license", None) or "") if card else "",
        "files": {sibling.rfilename: sibling.size or 0 for sibling in info.siblings or []},
        "arrives": str(_cache(question["repository"])),
    }


def look(question: Question) -> dict[str, Any]:
    """The folder in which a repository was downloaded before. Raises EngineError(NOT_FOUND)."""
    repository, revision = question["repository"], question["revision"]
    folder = _snapshot(_cache(repository), revision)
    if folder is None:
        which = f" at {revision}" if revision else ""
        raise EngineError(
            ErrorCode.NOT_FOUND, f"{repository}{which} was not downloaded before; leave out --offline."
        )
    return {"folder": str(folder)}


def _finish_parts(question: Question) -> None:
    """What a killed download left of a file is filled up, and takes the place where the client looks for it.

    Newer clients begin such a file again, and the largest has three gigabytes.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    blobs = _cache(question["repository"]) / "blobs"
    for name in question["files"]:
        parts = list(blobs.glob("*.incomplete"))
        if not parts:
            return
        url = hf_hub_url(question["repository"], name, revision=question["revision"])
        found = get_hf_file_metadata(url)
        mine = [part for part in parts if part.name.partition(".")[0] == found.etag]
        if mine and found.etag and found.size:
            longest = max(mine, key=lambda part: part.stat().st_size)
            _fill_up(longest, blobs / found.etag, url, found.location, found.size)


def _fill_up(part: Path, blob: Path, url: str, location: str, size: int) -> None:
    """Get the rest; a file that is not what its name says in the end is no more."""
    from huggingface_hub import get_token
    from huggingface_hub.file_download import http_get

    # What is stored elsewhere need not know who asks.
    token = get_token() if urlsplit(url).netloc == urlsplit(location).netloc else None
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if part.stat().st_size <= size:
        with part.open("ab") as file:
            http_get(location, file, resume_size=part.stat().st_size, headers=headers, expected_size=size)
    if part.stat().st_size == size and _is_named_rightly(part, blob.name):
        part.replace(blob)
    else:
        part.unlink()


def _is_named_rightly(part: Path, etag: str) -> bool:
    """Large files are called by their SHA-256; of others (by git's SHA-1) the size must do."""
    if len(etag) != 64:
        return True
    with part.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == etag


def _cache(repository: str) -> Path:
    """Where the client keeps a repository."""
    from huggingface_hub import constants, file_download

    name = file_download.repo_folder_name(repo_id=repository, repo_type="model")
    return Path(constants.HF_HUB_CACHE) / name


def _snapshot(cache: Path, revision: str) -> Path | None:
    """A commit's folder: that of a branch or tag as it was last asked for, of a commit, or the newest.

    The client's own look-up refuses what was not downloaded whole, and half precision, say, never is.
    """
    named = cache / "refs" / (revision or "main")
    commit = named.read_text(encoding="utf-8").strip() if named.is_file() else revision
    snapshots = [path for path in cache.glob("snapshots/*") if path.is_dir()]
    wanted = [path for path in snapshots if path.name == commit]
    if not wanted and not revision:
        wanted = sorted(snapshots, key=lambda path: path.stat().st_mtime)
    return wanted[-1] if wanted else None


def fetch(question: Question) -> dict[str, Any]:
    """Download some files, whose names are exact; gives the folder they are in."""
    from huggingface_hub import snapshot_download

    _finish_parts(question)
    folder = snapshot_download(
        question["repository"], revision=question["revision"], allow_patterns=question["files"]
    )
    return {"folder": folder}


QUESTIONS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "describe": describe,
    "look": look,
    "fetch": fetch,
}


def answer(question: Question) -> dict[str, Any]:
    """The answer, or {"error": ..., "code": ...} with a sentence."""
    if find_spec("huggingface_hub") is None:
        sentence = "Downloading needs huggingface_hub: pip install '.[models]' in Punch-In's folder."
        return {"code": ErrorCode.NOT_FOUND.value, "error": sentence}
    try:
        return QUESTIONS[question["kind"]](question)
    except EngineError as error:
        return {"code": error.code.value, "error": error.sentence}
    except _failures() as error:
        refused = _refusal(error, question)
        return {"code": refused.code.value, "error": refused.sentence}


def _failures() -> tuple[type[Exception], ...]:
    """What the client raises: the system's errors, its own, and those of its HTTP library."""
    from huggingface_hub.errors import HfHubHTTPError

    # Which library that is has changed twice; the client's own error of it descends from all of its errors.
    return (OSError, ValueError, RuntimeError, *HfHubHTTPError.__bases__)


def _refusal(error: Exception, question: Question) -> EngineError:
    """What the hub's client complains about, as a sentence."""
    from huggingface_hub import errors

    repository, revision = question["repository"], question.get("revision", "")
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if isinstance(error, errors.GatedRepoError):
        sentence = (
            f"{repository} asks for an agreement first: visit its page on the hub, then run 'hf auth login'."
        )
        return EngineError(ErrorCode.NOT_ALLOWED, sentence)
    if isinstance(error, errors.RevisionNotFoundError):
        return EngineError(ErrorCode.NOT_FOUND, f"{repository} has no revision {revision}.")
    if isinstance(error, errors.RepositoryNotFoundError) or status == 404:
        return EngineError(
            ErrorCode.NOT_FOUND, f"The hub has no repository {repository}, or it is private; check the name."
        )
    if isinstance(error, errors.HFValidationError):
        return EngineError(ErrorCode.BAD_ARGUMENT, f"{repository} can't be the name of a repository.")
    if status:
        return EngineError(
            ErrorCode.NOT_FOUND, f"The hub answered {status} for {repository}; try again later."
        )
    if isinstance(error, OSError) and error.errno is not None and error.filename:
        return EngineError(ErrorCode.CANT_WRITE, f"{error.filename} can't be written ({error.strerror}).")
    return EngineError(ErrorCode.NOT_FOUND, NO_NETWORK)


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """Answer one question."""
    question = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    with redirect_stdout(sys.stderr):
        found = answer(question)
    print(json.dumps(found), flush=True)
    os._exit(0)  # the client's threads may still wait for a server


if __name__ == "__main__":
    main()
