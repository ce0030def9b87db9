"""A published checkpoint becomes an installed model: download, read, convert, verify, seal, take the name.

``plan_install`` looks everything up that the user should know before it begins; ``install`` does it, as
a generator of news. Who stops listening stops it, and so does a killed process: what was finished is kept
in a hidden folder (``workplace.py``) for the next time, and no half model is ever listed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import __version__
from engine.audio.atomic import new_file
from engine.errors import EngineError, ErrorCode
from engine.install.download import INDEX, Source, bytes_in, check_arrived, configurations, fetch, find_source
from engine.install.licences import MEANINGS, check_accepted
from engine.install.progress import UNKNOWN, Progress, Work
from engine.install.room import bundle_bytes, check_room
from engine.install.workplace import Workplace, open_workplace, tidy
from engine.models.bundle import seal_bundle
from engine.models.catalogue import list_models, models_folder
from engine.models.manifest import MODEL_NAME, TOKENIZER, Precision
from engine.models.provenance import Heads

if TYPE_CHECKING:
    from engine.install.checkpoint import Checkpoint

ATTRIBUTION = "ATTRIBUTION.md"
TEXTS = "texts"
# On a processor int8 is the fastest and the smallest; graphics cards are made for half precision.
WITHOUT_GPU: Precision = "int8"
WITH_GPU: Precision = "fp16"
GPUS = ("cuda", "torch-cuda", "torch-mps", "directml")


@dataclass(frozen=True)
class Options:
    """What the user decides about an installation."""

    precision: Precision
    heads: Heads | None = None  # None: the layout's own reading
    ema: bool = True
    name: str = ""  # "": the source's
    audio_tower: Path | None = None  # a folder with the audio half of the same CLAP
    tokenizer: Path | None = None  # for an original file, which has none of its own
    device: str = "auto"  # that the converted model is verified on


@dataclass(frozen=True)
class Plan:
    """An installation before it is begun."""

    source: Source
    options: Options
    name: str

    @property
    def folder(self) -> Path:
        """Where the model will lie."""
        return models_folder() / self.name

    @property
    def key(self) -> dict[str, Any]:
        """All that decides what a finished stage has come to."""
        options = self.options
        tower = options.audio_tower
        return {
            "version": __version__,
            "repository": self.source.repository,
            "revision": self.source.revision,
            "files": {} if self.source.from_hub else _stamps(self.source.local),
            "precision": options.precision,
            "heads": options.heads,
            "ema": options.ema,
            "audio_tower": str(tower.resolve()) if tower else "",
            "audio_tower_files": _stamps(tower) if tower else {},
            "tokenizer": str(options.tokenizer.resolve()) if options.tokenizer else "",
        }


def _stamps(path: Path) -> dict[str, list[int]]:
    """Size and time of each file of a checkpoint: other ones are another checkpoint."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return {str(file): [file.stat().st_size, file.stat().st_mtime_ns] for file in files}


def plan_install(given: str, options: Options, revision: str = "", offline: bool = False) -> Plan:
    """What will be installed under which name and licence; its configurations are looked at.

    Raises EngineError: NOT_FOUND (no such source, no network), NOT_ALLOWED (gated), BAD_BUNDLE (nothing that
    can be run) or NO_DEVICE (it can't be verified where ``options`` say).
    """
    _check_options(options)
    source = find_source(given, revision, offline)
    name = options.name or source.name
    if not MODEL_NAME.fullmatch(name):
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, "A model's name is up to 64 letters, digits, dots and dashes."
        )
    _check_configurations(source, options)
    return Plan(source, options, name)


def _check_options(options: Options) -> None:
    """Raises EngineError(NOT_FOUND or NO_DEVICE) before anything is downloaded or converted in vain."""
    from engine.models.devices import AUTO, CPU, available_devices, refuse_device

    for path in filter(None, (options.audio_tower, options.tokenizer)):
        if not path.exists():
            raise EngineError(ErrorCode.NOT_FOUND, f"There is no file or folder {path}.")
    here = available_devices()
    usable = [CPU] if options.precision == "int8" else here
    if options.device not in (AUTO, *usable):
        refuse_device(options.device, usable)


def _check_configurations(source: Source, options: Options) -> None:
    """Raises EngineError(BAD_BUNDLE) for a checkpoint in the hub's layout that can't be installed."""
    if INDEX in source.files:
        from engine.install.hub_layout import check_hub_folder

        check_hub_folder(configurations(source), options.heads or "diffusers")


def default_precision() -> Precision:
    """What suits this machine."""
    from engine.models.devices import available_devices

    return WITH_GPU if set(GPUS) & set(available_devices()) else WITHOUT_GPU


def install(plan: Plan) -> Work[Path]:
    """Install the model; news on the way, and the model's folder in the end.

    Raises EngineError: NOT_ALLOWED before its licence is accepted, FILE_EXISTS, CANT_WRITE (no room),
    BUSY (somebody installs it right now), BAD_BUNDLE (no such checkpoint, or too far from it afterwards).
    """
    check_accepted(plan.source.licence, plan.source.repository)
    check_free(plan)
    tidy(models_folder())
    with open_workplace(models_folder(), plan.name, plan.key) as place:
        _check_room(plan, place)
        yield from make_bundle(plan, place)
        yield Progress("sealing", 1, 1, 0.0)
        place.publish(plan.folder)
    return plan.folder


def check_free(plan: Plan) -> None:
    """Raises EngineError(FILE_EXISTS) if the plan's name is taken."""
    for model in list_models():
        if plan.name == model.name or plan.folder == model.folder:
            raise EngineError(
                ErrorCode.FILE_EXISTS,
                f"There is a model {model.name} already; remove it first (punchin models remove "
                f"{model.name}), or give this one another name (--name).",
            )
    if plan.folder.exists():
        raise EngineError(
            ErrorCode.FILE_EXISTS,
            f"{plan.folder} is in the way, and is no model; move it, or give this one another name (--name).",
        )


def make_bundle(plan: Plan, place: Workplace) -> Work[None]:
    """Everything but the name: a sealed bundle in the workplace."""
    from engine.install.convert import convert

    source = yield from fetch(plan.source)
    if source.from_hub:
        yield from check_arrived(source)
    yield Progress("reading", 0, 0, UNKNOWN)
    checkpoint = _read(source, plan)
    yield from convert(checkpoint, place, plan.options.precision)
    if place.result(TEXTS) is None:
        _write_texts(checkpoint, plan, place)
    yield from _verified(checkpoint, plan, place)


def _read(source: Source, plan: Plan) -> Checkpoint:
    """The checkpoint under the plan's name. Raises EngineError(BAD_BUNDLE)."""
    from engine.install.geometry import manifest_values, ranking_values
    from engine.install.sources import read_checkpoint

    options = plan.options
    checkpoint = read_checkpoint(
        source.local,
        heads=options.heads,
        ema=options.ema,
        tokenizer=options.tokenizer,
        audio_tower=options.audio_tower,
    )
    # What nothing is known of is refused before it is converted.
    manifest_values(checkpoint)
    ranking_values(checkpoint)
    return replace(checkpoint, name=plan.name, licence=source.licence)


def _check_room(plan: Plan, place: Workplace) -> None:
    """Raises EngineError(CANT_WRITE): the download, the hub's cache being where it is, and the bundle."""
    source = plan.source
    there = sum(file.stat().st_size for file in place.bundle.iterdir())
    needs = {place.bundle: max(0, bundle_bytes(source.size_bytes, plan.options.precision) - there)}
    if source.arrives is not None:
        needs[source.arrives] = max(0, source.size_bytes - bytes_in(source.arrives))
    check_room(needs)


def _write_texts(checkpoint: Checkpoint, plan: Plan, place: Workplace) -> None:
    """The tokenizer and the attribution."""
    for name, text in ((TOKENIZER, checkpoint.tokenizer), (ATTRIBUTION, _attribution(checkpoint, plan))):
        with new_file(place.bundle / name, overwrite=True) as file:
            file.write(text.encode())
    place.finish(TEXTS, [TOKENIZER, ATTRIBUTION])


def _attribution(checkpoint: Checkpoint, plan: Plan) -> str:
    """Who made it, under which licence, and what was changed, as Creative Commons licences ask for."""
    source, precision = plan.source, plan.options.precision
    where = f"https://huggingface.co/{source.repository}" if source.from_hub else source.repository
    revision = f", revision {source.revision}" if source.revision else ""
    meaning = MEANINGS.get(source.licence, "see the licence's text")
    return (
        f"# {checkpoint.name}\n\nConverted from {where}{revision}.\n\n"
        f"Licence of the weights, and of what is made from them: {source.licence} ({meaning}).\n\n"
        f"Changes: the networks were written as ONNX graphs in {precision}; nothing was trained.\n"
    )


def _verified(checkpoint: Checkpoint, plan: Plan, place: Workplace) -> Work[None]:
    """A sealed bundle that was compared with its checkpoint. Raises EngineError(BAD_BUNDLE)."""
    from engine.install.original import original_model
    from engine.install.verify import check, measure
    from engine.models.placement import place_model
    from engine.models.tokenizer import PromptTokenizer

    values = _manifest(checkpoint, plan)
    found = place.result("verified")
    if found is None:
        bundle = seal_bundle(place.bundle, {**values, "measured": {}})
        model = place_model(bundle, plan.options.device)
        tokenizer = PromptTokenizer(place.bundle / TOKENIZER, bundle.manifest.text)
        measured = yield from measure(model, original_model(checkpoint, bundle.specification, tokenizer))
        check(measured, plan.options.precision)
        place.finish("verified", result=measured)
        found = measured
    yield Progress("sealing", 0, 1, UNKNOWN)
    seal_bundle(place.bundle, {**values, "measured": found})


def _manifest(checkpoint: Checkpoint, plan: Plan) -> dict[str, Any]:
    """The manifest's values but for ``measured``."""
    from engine.install.convert import graph_values
    from engine.install.geometry import manifest_values, ranking_values

    source, precision = plan.source, plan.options.precision
    tower = plan.options.audio_tower
    return {
        "name": checkpoint.name,
        "kind": "audioldm",
        "description": f"AudioLDM from {source.repository}, in {precision}.",
        "licence": checkpoint.licence,
        "attribution": ATTRIBUTION,
        "precision": precision,
        **manifest_values(checkpoint),
        **graph_values(checkpoint, precision),
        "ranking": ranking_values(checkpoint),
        "provenance": {
            "repository": source.repository,
            "revision": source.revision,
            "layout": checkpoint.layout,
            "weights": checkpoint.weights_kind,
            "heads": checkpoint.heads,
            "audio_tower": str(tower.resolve()) if tower else "",
            "left_out": checkpoint.left_out,
        },
    }
