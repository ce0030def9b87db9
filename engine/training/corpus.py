"""The training sounds: a folder of audio with a manifest, packed once into one flat array.

Packing (16-bit, mono, 16 kHz) makes random access free, so that the training loops never wait
for a decoder. The held-out split is by source package: many clips are takes of one recording,
and a split by clip would test on what was trained on.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.training.mixing import joined, mixed, mixes
from engine.training.procedural import PACKAGE, procedural_sounds

Float32 = NDArray[np.float32]

SAMPLE_RATE = 16_000
PROCEDURAL_EACH = 24  # sounds of every class made by rule
MIXES = 1200  # of two sounds each
MIX = "mix"  # the kind, and the package, which is trained on
SILENT_PEAK = 1e-4
PEAK = 0.5  # level of a training sound, as in AudioLDM's front end
# Not of non-commercial use, nor without derivatives; nor copyleft of programs.
_OPEN = re.compile(
    r"CC0(-1\.0)?|public-domain|MIT|Expat|zlib|BSD-[23]-[Cc]lause|OGA-BY-3\.0|CC-BY(-SA)?(-[1-4]\.\d\+?)?"
)
HELD_OUT_SHARE = 16  # one source package in this many is never trained on


@dataclass(frozen=True)
class Clip:
    """One sound of the corpus; ``start`` and ``frames`` index the packed array."""

    clip_id: str
    caption: str
    sound_class: str
    kind: str
    package: str
    held_out: bool
    start: int
    frames: int


def is_open(licence: str) -> bool:
    """Whether weights that are shared under CC-BY-SA-4.0 may be trained on it.

    ``licence`` as packages say it: of "A or B" one is enough, of "A and B" all have to be.
    """
    return any(
        all(_OPEN.fullmatch(part.strip()) for part in choice.split(" and "))
        for choice in licence.split(" or ")
    )


def _may_be_packed(licence: str, package: str) -> bool:
    """What is held out is only listened to."""
    return is_open(licence) or is_held_out(package)


def is_held_out(package: str) -> bool:
    """Whether a source package belongs to the held-out split."""
    return hashlib.sha256(package.encode()).digest()[0] % HELD_OUT_SHARE == 0


class Corpus:
    """Packed clips. ``samples`` is a memory-mapped int16 array of all of them in a row."""

    def __init__(self, folder: Path) -> None:
        rows = json.loads((folder / "clips.json").read_text())
        self.clips = [Clip(**row) for row in rows]
        self.samples = np.memmap(folder / "samples.i16", np.int16, "r")

    def waveform(self, clip: Clip) -> Float32:
        """The clip as (frames,) float32 in [-1, 1], as packed (peak 0.5, no offset)."""
        part = self.samples[clip.start : clip.start + clip.frames]
        return part.astype(np.float32) / 32768.0


def pack(corpus: Path, folder: Path, procedural: int = PROCEDURAL_EACH, mixed_pairs: int = MIXES) -> None:
    """Decode the sounds of ``corpus/manifest.csv`` into ``folder``, but none that may not be trained on;
    ``procedural`` of each class that is made by rule come behind them, and then mixes of two of them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if _may_be_packed(row["licence"], row["package"])]
    with (folder / "samples.i16").open("wb") as samples:
        packer = _Packer(samples)
        for row in rows:
            names = row["id"], row["caption"], row["class"], row["kind"], row["package"]
            packer.add(_read(corpus / "audio" / f"{row['id']}.ogg"), *names)
        pack_procedural(packer, procedural)
        samples.flush()
        pack_mixes(packer, folder / "samples.i16", mixed_pairs)
    (folder / "clips.json").write_text(json.dumps([asdict(clip) for clip in packer.clips]))


def pack_procedural(packer: _Packer, each: int) -> None:
    """``each`` sounds of every class that is made by rule."""
    for number, sound in enumerate(procedural_sounds(each)):
        names = f"{PACKAGE}-{number}", sound.caption, sound.sound_class, "effect", PACKAGE
        packer.add(sound.waveform.astype(np.float32), *names)


def pack_mixes(packer: _Packer, packed: Path, count: int) -> None:
    """``count`` mixes of what was ``packed`` so far: never of what is held out, nor of notes."""
    clips = list(packer.clips)
    samples = np.memmap(packed, np.int16, "r")

    def sound(number: int) -> Float32:
        part = samples[clips[number].start : clips[number].start + clips[number].frames]
        return part.astype(np.float32) / 32768.0

    may = [not clip.held_out and clip.kind != "instrument" for clip in clips]
    classes = [clip.sound_class if there else "" for clip, there in zip(clips, may, strict=True)]
    seconds = [clip.frames / SAMPLE_RATE for clip in clips]
    for number, mix in enumerate(mixes(classes, seconds, count)):
        one, other = clips[mix.one], clips[mix.other]
        packer.add(
            mixed(sound(mix.one), sound(mix.other), mix, SAMPLE_RATE),
            f"{MIX}-{number}",
            joined(one.caption, other.caption),
            joined(one.sound_class, other.sound_class),
            MIX,
            MIX,
        )


def _read(path: Path) -> Float32:
    # Where training goes on from a shard (engine/training/lease.py) nobody reads sounds, or can.
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != SAMPLE_RATE:
        raise ValueError(f"{path.name} is at {rate} Hz, expected {SAMPLE_RATE} Hz.")
    first: Float32 = samples[:, 0]
    return first


class _Packer:
    """Writes sounds one behind the other and remembers where."""

    def __init__(self, samples: BinaryIO, position: int = 0) -> None:
        self._samples, self._position = samples, position
        self.clips: list[Clip] = []

    def add(
        self, sound: Float32, clip_id: str, caption: str, sound_class: str, kind: str, package: str
    ) -> None:
        """A sound without offset, at peak 0.5; a silent one is left out."""
        centred = sound - sound.mean()
        peak = float(np.abs(centred).max(initial=0.0))
        if peak < SILENT_PEAK:
            return
        self._samples.write((centred / peak * PEAK * 32767).astype(np.int16).tobytes())
        names = clip_id, caption, sound_class, kind, package
        self.clips.append(Clip(*names, is_held_out(package), self._position, centred.size))
        self._position += centred.size
