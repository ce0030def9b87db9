"""``punchin models install REPO_OR_FOLDER``: a published checkpoint becomes a model."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.commands.arguments import add_json_option, add_news_option
from engine.commands.outcome import Outcome, cancelled
from engine.commands.progress import display
from engine.errors import EngineError, ErrorCode
from engine.processes import let_threads_sleep
from engine.protocol.replies import Progress as Shown

if TYPE_CHECKING:
    from engine.install.install import Options, Plan
    from engine.install.progress import Progress, Work

Result = TypeVar("Result")

SUMMARY = "get a published AudioLDM checkpoint and convert it"
PRECISIONS = ("fp32", "fp16", "int8")
# Stages that count bytes, which are shown as megabytes.
_IN_BYTES = ("downloading", "converting")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add(
        "SOURCE",
        metavar="REPO_OR_FOLDER",
        help="OWNER/NAME on the model hub, a folder of its layout, or a .ckpt",
    )
    add("--precision", choices=PRECISIONS, help="int8 without a graphics card, else fp16")
    add("--revision", default="", metavar="R", help="branch, tag or commit on the hub")
    add("--offline", action="store_true", help="use what was downloaded before")
    add("--accept-licence", action="store_true", help="accept the checkpoint's licence without being asked")
    add("--heads", choices=("diffusers", "original"), help="how the UNet's head count is read (layout's own)")
    add(
        "--no-ema", action="store_true", help="of a .ckpt, take the last weights instead of the averaged ones"
    )
    add("--name", default="", help="what the model will be called (the repository's name)")
    add("--audio-tower", type=Path, metavar="FOLDER", help="add CLAP's audio half, which ranks takes")
    add("--tokenizer", type=Path, metavar="PATH", help="RoBERTa's tokenizer, which a .ckpt does not have")
    add("--device", default="auto", help="where the converted model is compared with the original (auto)")
    add_news_option(parser)
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> Outcome:
    """Installs it."""
    let_threads_sleep()
    with extra_needed():
        from engine.install.install import check_free, install, plan_install

        plan = plan_install(arguments.SOURCE, _options(arguments), arguments.revision, arguments.offline)
        check_free(plan)
        if not _licence_is_accepted(plan, arguments):
            return cancelled("The licence was not accepted; nothing was installed.")
        folder = watch(install(plan), arguments.news)
    return _installed(plan, folder)


@contextmanager
def extra_needed() -> Iterator[None]:
    """A package that only installing needs and that is not there, as a sentence."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("torch", "onnx", "safetensors", "huggingface_hub"):
            raise
        raise EngineError(
            ErrorCode.NOT_FOUND,
            f"Installing models needs {missing}: pip install '.[models]' in Punch-In's folder.",
        ) from error


def watch(work: Work[Result], is_for_program: bool) -> Result:
    """Shows the news of an installation; gives what it came to. Ctrl-C closes it."""
    with closing(work), display() as shown:
        while True:
            try:
                news = next(work)
                if is_for_program:
                    _tell(asdict(news))
                else:
                    shown.show(_as_shown(news))
            except StopIteration as end:
                result: Result = end.value
                return result


def _tell(news: dict[str, object]) -> None:
    print(json.dumps(news), file=sys.stderr, flush=True)


def _as_shown(news: Progress) -> Shown:
    """In the words of a job's progress, which the display knows."""
    if news.stage in _IN_BYTES:
        done, total = (round(count / 1e6) for count in (news.done, news.total))
        return Shown("", f"{news.stage}, MB", done, total, news.seconds_left)
    return Shown("", news.stage, news.done, news.total, news.seconds_left)


def _options(arguments: argparse.Namespace) -> Options:
    from engine.install.install import Options, default_precision

    return Options(
        precision=arguments.precision or default_precision(),
        heads=arguments.heads,
        ema=not arguments.no_ema,
        name=arguments.name,
        audio_tower=arguments.audio_tower,
        tokenizer=arguments.tokenizer,
        device=arguments.device,
    )


def _licence_is_accepted(plan: Plan, arguments: argparse.Namespace) -> bool:
    """Shown, and asked for once. Raises EngineError(NOT_ALLOWED) where nobody can be asked."""
    from engine.install.licences import MEANINGS, accept, check_accepted, is_accepted

    licence, repository = plan.source.licence, plan.source.repository
    meaning = MEANINGS.get(licence, "see its text")
    if arguments.news:
        _tell({"repository": repository, "licence": licence, "meaning": meaning})
    else:
        print(f"{repository}: licence {licence} ({meaning}).", file=sys.stderr)
    accepts = arguments.accept_licence
    if is_accepted(licence, repository):
        return True
    if not accepts and not sys.stdin.isatty():
        check_accepted(licence, repository)
    if not accepts and not asked("It goes into every take's metadata. Do you accept it? [y/N] "):
        return False
    accept(licence, repository)
    return True


def asked(question: str) -> bool:
    """Whether the user says yes; the question goes to stderr, where it is in no one's way."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _installed(plan: Plan, folder: Path) -> Outcome:
    from engine.install.verify import MEANINGS
    from engine.models.bundle import read_manifest

    manifest = read_manifest(folder)
    size = sum(record.size_bytes for record in manifest.files.values())
    value = {
        "name": plan.name,
        "folder": str(folder),
        "precision": manifest.precision,
        "licence": manifest.specification.licence,
        "size_bytes": size,
        "measured": dict(manifest.measured),
        "left_out": manifest.provenance.left_out if manifest.provenance else "",
    }
    lines = [f"{plan.name} is installed: {manifest.precision}, {size / 1e6:.0f} MB, {folder}."]
    lines += [f"  {MEANINGS.get(name, name)}: {value:.2g}" for name, value in manifest.measured.items()]
    if manifest.provenance and manifest.provenance.left_out:
        lines.append(f"  {manifest.provenance.left_out}")
    return Outcome(value, ("\n".join(lines),))
