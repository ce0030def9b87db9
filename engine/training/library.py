"""A folder of somebody's sounds, as latents: read once, file by file, and kept; any moment may be the last.

``sounds.jsonl`` has a line for each file that was looked at, ``latents.f16`` and ``heard.f32`` hold what the
lines are about. A line is written after what it tells of, so what lies behind the last line counts for
nothing and is written over by who goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.audio.clap_mel import clap_log_mels
from engine.audio.mel import log_mel
from engine.audio.resample import resample
from engine.errors import EngineError, ErrorCode
from engine.models.graph_model import normalise as unit
from engine.models.interface import Model
from engine.training.augment import normalise
from engine.training.captions import Named
from engine.training.latents import SILENT_LEVEL, LatentClip
from engine.training.sound_files import read_pieces

Float32 = NDArray[np.float32]

SILENT_PEAK = 1e-4  # -80 dB: nothing was recorded
LEAST_SECONDS = 0.05
GAP_SECONDS = 0.75  # of near silence between two sounds of one file
HELD_OUT_SHARE = 0.12
LARGEST_HELD_OUT_GROUP = 0.25  # of all files: what is larger is needed for training
FEWEST_GROUPS = 4  # with fewer, none can be spared
_JOURNAL, _LATENTS, _HEARD = "sounds.jsonl", "latents.f16", "heard.f32"


@dataclass(frozen=True)
class Sound:
    """One file: what it was cut into, or why it was left out."""

    path: str  # within the library
    captions: tuple[str, ...]
    group: str
    digest: str = ""
    seconds: float = 0.0
    frames: tuple[int, ...] = ()  # latent frames of each cut
    skipped: str = ""  # a sentence, "" if it is used


@dataclass
class LatentCache:
    """The folder of the latents of one library, being filled or full."""

    folder: Path
    embedding: int  # of what the audio encoder gives; 0 where there is none
    sounds: list[Sound] = field(default_factory=list)

    def load(self) -> None:
        """What was finished before, if anything; half lines are forgotten."""
        self.sounds = list(_whole_lines(self.folder / _JOURNAL))

    @property
    def cuts(self) -> int:
        """How many cuts there are."""
        return sum(len(sound.frames) for sound in self.sounds)

    @property
    def latent_frames(self) -> int:
        """How many latent frames there are."""
        return sum(sum(sound.frames) for sound in self.sounds)

    def silence(self, encode: Encoder) -> None:
        """Write ``statistics.npz`` for ``WindowSampler``: the encoder's latents are centred and scaled."""
        still = encode.latents(np.zeros(encode.cell * 40, np.float32))[20]
        np.savez(
            self.folder / "statistics.npz",
            mean=np.zeros_like(still),
            deviation=np.ones_like(still),
            silence=still,
        )

    def add(self, sound: Sound, latents: Sequence[Float32], heard: Sequence[Float32]) -> None:
        """One more file; ``heard`` is empty where there is no audio encoder."""
        bytes_a_frame = 2 * latents[0][0].size if latents else 0
        _append(self.folder / _LATENTS, self.latent_frames * bytes_a_frame, latents, np.float16)
        _append(self.folder / _HEARD, self.cuts * self.embedding * 4, heard, np.float32)
        with (self.folder / _JOURNAL).open("r+b" if (self.folder / _JOURNAL).exists() else "x+b") as journal:
            _to_end_of_lines(journal, len(self.sounds))
            journal.write(json.dumps(asdict(sound)).encode() + b"\n")
            journal.truncate()
        self.sounds.append(sound)

    def clips(self) -> list[LatentClip]:
        """Every cut, in the order of the latents. Takes of one group may follow each other in a window."""
        found: list[LatentClip] = []
        position = 0
        for sound in self.sounds:
            for frames in sound.frames:
                found.append(LatentClip(position, frames, sound.group, sound.group, "", len(found), 0))
                position += frames
        return found

    def files(self) -> list[int]:
        """The number of the file of each cut."""
        return [number for number, sound in enumerate(self.sounds) for _ in sound.frames]

    def heard(self) -> Float32 | None:
        """(cuts, embedding): what the audio encoder hears in each cut; None where there is none."""
        if not self.embedding:
            return None
        values = np.fromfile(self.folder / _HEARD, np.float32, self.cuts * self.embedding)
        return values.reshape(-1, self.embedding)

    @property
    def used(self) -> list[Sound]:
        """The files that are trained with."""
        return [sound for sound in self.sounds if not sound.skipped]

    @property
    def skipped(self) -> list[Sound]:
        """The files that are not."""
        return [sound for sound in self.sounds if sound.skipped]


class Encoder:
    """Sounds to latents and to what they sound like, by the networks of a bundle."""

    def __init__(self, model: Model) -> None:
        self._model = model
        specification = model.specification
        self._mel = specification.mel
        self.sample_rate = specification.mel.sample_rate
        self.cell = (
            specification.mel.hop_length * specification.latents.time_factor
        )  # samples of a latent frame

    def latents(self, waveform: Float32) -> Float32:
        """(frames,) -> (latent_frames, channels, bands), scaled as the denoiser knows them."""
        mel = log_mel(waveform[: waveform.size // self.cell * self.cell], self._mel)
        return np.ascontiguousarray(self._model.encode_mel(mel[None])[0].transpose(1, 0, 2))

    def cut(self, waveform: Float32) -> Float32:
        """The latents of one sound, with a frame of the silence behind it."""
        frames = -(-waveform.size // self.cell)
        # Two frames of silence behind: the encoder looks around, and sees what a window will show.
        padded = np.pad(waveform, (0, (frames + 2) * self.cell - waveform.size))
        return self.latents(padded)[: frames + 1]

    def hear(self, waveform: Float32) -> Float32 | None:
        """(embedding,) of length one; None where the bundle has no audio encoder."""
        ranking = self._model.specification.ranking
        if ranking is None:
            return None
        at_its_rate = resample(waveform[:, None], self.sample_rate, ranking.sample_rate)[:, 0]
        vectors = self._model.encode_sound(clap_log_mels(at_its_rate, ranking))
        vector: Float32 = unit(vectors.mean(axis=0, keepdims=True))[0]
        return vector


def fill(
    cache: LatentCache, library: Path, named: Mapping[PurePosixPath, Named], encode: Encoder
) -> Iterator[Sound]:
    """Read the files that the cache does not have yet, in order; gives each as it was kept."""
    done = {sound.path for sound in cache.sounds}
    digests = {sound.digest: sound.path for sound in cache.used}
    for path, name in named.items():
        if str(path) in done:
            continue
        sound, latents, heard = _encoded(library, path, name, encode, digests)
        cache.add(sound, latents, heard)
        if not sound.skipped:
            digests[sound.digest] = sound.path
        yield sound


Encoded = tuple[Sound, list[Float32], list[Float32]]


def _encoded(
    library: Path, path: PurePosixPath, name: Named, encode: Encoder, digests: Mapping[str, str]
) -> Encoded:
    """A file's cuts, or the reason why it has none."""

    def skipped(reason: str) -> Encoded:
        return Sound(str(path), name.captions, name.group, skipped=reason), [], []

    try:
        pieces = list(read_pieces(library / path, encode.sample_rate))
    except EngineError as error:
        return skipped(error.sentence.replace(str(library / path), path.name))
    loudest = max((float(np.abs(piece).max(initial=0.0)) for piece in pieces), default=0.0)
    if loudest < SILENT_PEAK:
        return skipped("It is silent.")
    levelled = [normalise(piece) for piece in pieces]
    digest = content_digest(levelled)
    if digest in digests:
        return skipped(f"It is the same sound as {digests[digest]}.")
    cuts = [cut for piece in levelled for cut in sounding_cuts(piece, encode.sample_rate)]
    seconds = sum(cut.size for cut in cuts) / encode.sample_rate
    if seconds < LEAST_SECONDS:
        return skipped(f"It sounds for less than {LEAST_SECONDS * 1000:.0f} ms.")
    latents = [encode.cut(cut) for cut in cuts]
    heard = [vector for cut in cuts if (vector := encode.hear(cut)) is not None]
    frames = tuple(len(part) for part in latents)
    return Sound(str(path), name.captions, name.group, digest, seconds, frames), latents, heard


def content_digest(levelled: Iterable[Float32]) -> str:
    """Equal for files that hold the same samples, whatever their names, formats and notes."""
    digest = hashlib.sha256()
    for piece in levelled:
        digest.update(np.round(piece * 32767).astype(np.int16).tobytes())
    return digest.hexdigest()


def sounding_cuts(waveform: Float32, sample_rate: int) -> list[Float32]:
    """A levelled sound without its silence: cut wherever there is a long gap, trimmed at both ends."""
    loud = np.flatnonzero(np.abs(waveform) > SILENT_LEVEL)
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) > GAP_SECONDS * sample_rate)
    starts = [loud[0], *loud[breaks + 1]]
    stops = [*loud[breaks], loud[-1]]
    return [waveform[start : stop + 1] for start, stop in zip(starts, stops, strict=True)]


def held_out_groups(sounds: Sequence[Sound]) -> frozenset[str]:
    """The groups that training never sees: about an eighth of the files, whole groups, the same every time.

    Takes of one recording stay on one side. None where there are too few groups, or only large ones.
    """
    sizes = Counter(sound.group for sound in sounds)
    if len(sizes) < FEWEST_GROUPS:
        return frozenset()
    held_out: set[str] = set()
    count = 0
    for group in sorted(sizes, key=lambda group: hashlib.sha256(group.encode()).digest()):
        if count >= HELD_OUT_SHARE * len(sounds):
            break
        if count + sizes[group] <= LARGEST_HELD_OUT_GROUP * len(sounds):
            held_out.add(group)
            count += sizes[group]
    return frozenset(held_out)


def check_any(cache: LatentCache, library: Path) -> None:
    """Raises EngineError(BAD_AUDIO) where nothing is left to train with."""
    if cache.used:
        return
    reasons = "; ".join(f"{sound.path}: {sound.skipped}" for sound in cache.skipped[:3])
    raise EngineError(
        ErrorCode.BAD_AUDIO,
        f"None of the {len(cache.skipped)} files in {library} can be trained with. {reasons}",
    )


def _append(path: Path, position: int, arrays: Sequence[Float32], kind: type[np.floating]) -> None:
    if not arrays:
        return
    with path.open("r+b" if path.exists() else "x+b") as file:
        file.seek(position)
        for array in arrays:
            file.write(array.astype(kind).tobytes())
        file.truncate()


def _to_end_of_lines(journal: BinaryIO, lines: int) -> None:
    journal.seek(0)
    for _ in range(lines):
        journal.readline()


def _whole_lines(path: Path) -> Iterator[Sound]:
    if not path.exists():
        return
    for line in path.read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        values = json.loads(line)
        yield Sound(**{**values, "captions": tuple(values["captions"]), "frames": tuple(values["frames"])})
