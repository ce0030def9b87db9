"""What a bundle's ``manifest.json`` says, parsed once into typed values; ``README.md`` has every key."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from engine.audio.clap_mel import MEL_SCALES
from engine.audio.mel import MelParameters
from engine.errors import EngineError, ErrorCode
from engine.models.interface import (
    Defaults,
    LatentGeometry,
    Lengths,
    ModelSpecification,
    Prediction,
    RankingParameters,
    ScheduleParameters,
)
from engine.models.provenance import HEADS, LAYOUTS, STEERINGS, WEIGHTS, Provenance, TorchFiles, Training
from engine.models.section import MANIFEST, Section, shorten

TOKENIZER = "tokenizer.json"
FORMAT_VERSION = 2
# One text vector steers the denoiser, a VAE makes latents of log-mels, a vocoder makes sound of log-mels.
KINDS = ("audioldm",)
# The values of ``engine.protocol.requests.Sampler``, without what that module imports.
SAMPLERS = ("dpm", "ddim", "ddpm")
PREDICTIONS: tuple[Prediction, ...] = ("epsilon", "v_prediction", "sample")
Precision = Literal["fp32", "fp16", "int8", "mixed"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8", "mixed")
# No path, no drive, no hidden file, nothing a shell or another operating system would read differently.
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
TEXT = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]{1,10000}")
MEASURE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
ANY_TEXT = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]{0,10000}")
LARGEST_MEASURE = 1e12
LARGEST_STEPS = 10**12
LARGEST_FILE = 2**40
MAX_FILES = 1000
MAX_MEASURES = 100
# A text vector's width; published ones have 512 and 1024.
MAX_WIDTH = 8192
LARGEST_WEIGHT = 1000.0


class GraphName(StrEnum):
    """The networks of a bundle: five that every one has, the one that ranks takes, and the one for drafts."""

    TEXT_ENCODER = "text_encoder"
    VAE_ENCODER = "vae_encoder"
    VAE_DECODER = "vae_decoder"
    DENOISER = "denoiser"
    VOCODER = "vocoder"
    AUDIO_ENCODER = "audio_encoder"
    STUDENT = "student"


@dataclass(frozen=True)
class TextParameters:
    """How prompts become token ids."""

    max_tokens: int  # special tokens included; what is beyond is cut off
    pad_id: int


@dataclass(frozen=True)
class FileRecord:
    """What a file must be to be the one that was published."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """All of a manifest. ``attribution`` and the values of ``graphs`` are keys of ``files``.

    ``graphs`` has all graphs, but no ``AUDIO_ENCODER`` where the specification's ``ranking`` is None, and no
    ``STUDENT`` where its ``student`` is.
    """

    kind: str
    description: str
    attribution: str
    precision: Precision
    specification: ModelSpecification
    text: TextParameters
    graphs: Mapping[GraphName, str]
    provenance: Provenance | None
    training: Training | None
    measured: Mapping[str, float]
    torch: TorchFiles | None
    files: Mapping[str, FileRecord]


def parse_manifest(content: bytes, where: str) -> Manifest:
    """The manifest in ``content``. Raises EngineError(BAD_BUNDLE) that names ``where`` and the wrong key."""
    top = Section(_load_json(content, where), where)
    version = top.whole("format_version", 0)
    if version != FORMAT_VERSION:
        top.fail("format_version", f"is {version}, this engine reads {FORMAT_VERSION}; {_advice(version)}")
    files = _files(top.section("files"))
    ranking = _ranking(top.optional_section("ranking"))
    specification = _specification(top)
    lengths = _lengths(top.absent_section("lengths"))
    student = _student(top.absent_section("student"), specification.schedule)
    present = {GraphName.AUDIO_ENCODER: ranking is not None, GraphName.STUDENT: student is not None}
    manifest = Manifest(
        kind=top.choice("kind", KINDS),
        description=top.text("description", TEXT, "a description"),
        attribution=_listed(top, "attribution", files),
        precision=top.choice("precision", PRECISIONS),
        specification=replace(
            specification, ranking=ranking, lengths=lengths, student=student, digest=_digest(files)
        ),
        text=_text(top.section("text")),
        graphs=_graphs(top.section("graphs"), files, present),
        provenance=_provenance(top.optional_section("provenance")),
        training=_training(top.absent_section("training")),
        measured=_measured(top.section("measured")),
        torch=_torch(top.optional_section("torch"), files),
        files=files,
    )
    top.close()
    if TOKENIZER not in files:
        top.fail("files", f"must list {TOKENIZER}")
    return manifest


def _advice(version: int) -> str:
    return "install the model again" if version < FORMAT_VERSION else "update Punch-In"


def _load_json(content: bytes, where: str) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"The model in {where} has a damaged {MANIFEST}: it is not JSON ({error})."
        ) from error


def _specification(top: Section) -> ModelSpecification:
    mel = _mel(top.section("mel"))
    if top.whole("sample_rate", 1000, 768_000) != mel.sample_rate:
        top.fail("sample_rate", f"must be the same as mel.sample_rate, {mel.sample_rate}")
    schedule = _schedule(top.section("schedule"))
    margins = top.section("margins")
    specification = ModelSpecification(
        name=top.text("name", MODEL_NAME, "a name of letters, digits, dots and dashes"),
        licence=top.text("licence", TEXT, "a licence"),
        mel=mel,
        latents=_latents(top.section("latents"), mel),
        schedule=schedule,
        scale_factor=top.number("scale_factor", 1e-6, 1e6),
        defaults=_defaults(top.section("defaults"), schedule),
        vocoder_margin_frames=margins.whole("vocoder_frames", 0),
        decoder_margin_frames=margins.whole("decoder_frames", 0),
    )
    margins.close()
    return specification


def _mel(section: Section) -> MelParameters:
    rate = section.whole("sample_rate", 1000, 768_000)
    n_fft = section.whole("n_fft", 16)
    win_length = section.whole("win_length", 1, n_fft)
    mel = MelParameters(
        sample_rate=rate,
        n_fft=n_fft,
        win_length=win_length,
        hop_length=section.whole("hop_length", 1, win_length),
        n_mels=section.whole("n_mels", 1, n_fft),
        f_min=section.number("f_min", 0.0, rate / 2),
        f_max=section.number("f_max", 0.0, rate / 2),
    )
    if mel.f_min >= mel.f_max:
        section.fail("f_max", f"must be above mel.f_min, {mel.f_min:g} Hz")
    section.close()
    return mel


def _latents(section: Section, mel: MelParameters) -> LatentGeometry:
    latents = LatentGeometry(
        channels=section.whole("channels", 1),
        time_factor=section.whole("time_factor", 1),
        band_factor=section.whole("band_factor", 1, mel.n_mels),
        multiple=section.whole("multiple", 1),
        window_frames=section.whole("window_frames", 1),
        shortest_frames=section.whole("shortest_frames", 1),
    )
    if mel.n_mels % latents.band_factor:
        section.fail("band_factor", f"must divide mel.n_mels, {mel.n_mels}")
    if latents.window_frames % latents.multiple:
        section.fail("window_frames", f"must be a multiple of latents.multiple, {latents.multiple}")
    if latents.shortest_frames > latents.window_frames:
        section.fail("shortest_frames", f"must be at most latents.window_frames, {latents.window_frames}")
    section.close()
    return latents


def _schedule(section: Section) -> ScheduleParameters:
    beta_start = section.number("beta_start", 1e-9, 0.999)
    schedule = ScheduleParameters(
        train_steps=section.whole("train_steps", 1),
        beta_start=beta_start,
        beta_end=section.number("beta_end", beta_start, 0.999),
        beta_schedule=section.choice("beta_schedule", ("linear", "scaled_linear")),
        prediction=section.choice("prediction", PREDICTIONS),
    )
    section.close()
    return schedule


def _defaults(section: Section, schedule: ScheduleParameters) -> Defaults:
    defaults = Defaults(
        sampler=section.choice("sampler", SAMPLERS),
        steps=section.whole("steps", 1, schedule.train_steps),
        guidance=section.number("guidance", 0.0, 100.0),
        guidance_low=section.number("guidance_low", 0.0, 1.0),
    )
    section.close()
    return defaults


def _lengths(section: Section | None) -> Lengths | None:
    if section is None:
        return None
    lengths = Lengths(
        weights=section.numbers("weights", -LARGEST_WEIGHT, LARGEST_WEIGHT, MAX_WIDTH),
        offset=section.number("offset", -10.0, 10.0),
        spread=section.number("spread", 0.0, 10.0),
    )
    section.close()
    return lengths


def _text(section: Section) -> TextParameters:
    # Two of the tokens are the marks of start and end.
    text = TextParameters(section.whole("max_tokens", 3), section.whole("pad_id", 0))
    section.close()
    return text


def _student(section: Section | None, schedule: ScheduleParameters) -> Defaults | None:
    return None if section is None else _defaults(section, schedule)


# What a graph that not every bundle has goes with.
_GOES_WITH = {GraphName.AUDIO_ENCODER: "ranking", GraphName.STUDENT: "student"}


def _graphs(
    section: Section, files: Mapping[str, FileRecord], present: Mapping[GraphName, bool]
) -> Mapping[GraphName, str]:
    """``present`` says which of those that not every bundle has are there."""
    graphs = {name: _listed(section, name, files) for name in GraphName if present.get(name, True)}
    for name, there in present.items():
        # Bundles from before it was thought of do not name it.
        if not there and name in section.keys() and section.take(name) is not None:  # noqa: SIM118
            section.fail(name, f"must be null where {_GOES_WITH[name]} is")
    section.close()
    return graphs


def _ranking(section: Section | None) -> RankingParameters | None:
    if section is None:
        return None
    rate = section.whole("sample_rate", 1000, 768_000)
    n_fft = section.whole("n_fft", 16)
    ranking = RankingParameters(
        sample_rate=rate,
        n_fft=n_fft,
        hop_length=section.whole("hop_length", 1, n_fft),
        n_mels=section.whole("n_mels", 1, n_fft),
        f_min=section.number("f_min", 0.0, rate / 2),
        f_max=section.number("f_max", 0.0, rate / 2),
        seconds=section.number("seconds", 0.1, 600.0),
        mel_scale=section.absent_choice("mel_scale", MEL_SCALES),
    )
    if ranking.f_min >= ranking.f_max:
        section.fail("f_max", f"must be above ranking.f_min, {ranking.f_min:g} Hz")
    section.close()
    return ranking


def _provenance(section: Section | None) -> Provenance | None:
    if section is None:
        return None
    provenance = Provenance(
        repository=section.text("repository", TEXT, "a repository, a folder or a file"),
        revision=section.text("revision", ANY_TEXT, "a revision or nothing"),
        layout=section.choice("layout", LAYOUTS),
        weights=section.choice("weights", WEIGHTS),
        heads=section.choice("heads", HEADS),
        audio_tower=section.text("audio_tower", ANY_TEXT, "a folder or nothing"),
        left_out=section.absent_text("left_out", ANY_TEXT, "a sentence or nothing"),
    )
    section.close()
    return provenance


def _training(section: Section | None) -> Training | None:
    if section is None:
        return None
    training = Training(
        base=section.text("base", MODEL_NAME, "a model's name"),
        base_digest=section.text("base_digest", SHA256, "64 hexadecimal digits"),
        library=section.text("library", TEXT, "a folder's name"),
        sounds=section.whole("sounds", 1),
        seconds=section.number("seconds", 0.0, LARGEST_MEASURE),
        steps=section.whole("steps", 0, LARGEST_STEPS),
        rank=section.whole("rank", 0),
        steering=section.choice("steering", STEERINGS),
    )
    section.close()
    return training


def _measured(section: Section) -> Mapping[str, float]:
    names = section.keys()
    if len(names) > MAX_MEASURES:
        section.fail("", f"must have {MAX_MEASURES} numbers at most")
    for name in names:
        if not MEASURE_NAME.fullmatch(name):
            section.fail(shorten(name), "must be a name of small letters, digits and underscores")
    return {name: section.number(name, -LARGEST_MEASURE, LARGEST_MEASURE) for name in names}


def _torch(section: Section | None, files: Mapping[str, FileRecord]) -> TorchFiles | None:
    if section is None:
        return None
    weights = section.section("weights")
    networks = weights.keys()
    torch = TorchFiles(
        architecture=_listed(section, "architecture", files),
        weights={name: _listed(weights, name, files) for name in networks},
    )
    section.close()
    return torch


def _listed(section: Section, key: str, files: Mapping[str, FileRecord]) -> str:
    """The name of a file that is among ``files``, and so in the bundle's folder and nowhere else."""
    value = section.take(key)
    if not isinstance(value, str) or value not in files:
        section.fail(key, f"must be the name of a file that files lists, not {shorten(value)}")
    return value


def _files(section: Section) -> Mapping[str, FileRecord]:
    names = section.keys()
    if len(names) > MAX_FILES:
        section.fail("", f"must list {MAX_FILES} files at most")
    return {name: _file(section, name) for name in names}


def _digest(files: Mapping[str, FileRecord]) -> str:
    lines = (f"{record.sha256} {record.size_bytes} {name}\n" for name, record in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file(section: Section, name: str) -> FileRecord:
    if not FILE_NAME.fullmatch(name) or name == MANIFEST:
        section.fail(shorten(name), "must be a plain file name of letters, digits, dots and dashes")
    entry = section.section(name)
    record = FileRecord(
        sha256=entry.text("sha256", SHA256, "64 hexadecimal digits"),
        size_bytes=entry.whole("bytes", 0, LARGEST_FILE),
    )
    entry.close()
    return record
