"""The training sounds: a folder of audio with a manifest, packed once into one flat array.

Packing (16-bit, mono, 16 kHz) makes random access free, so that the training loops never wait
for a decoder. The held-out split is by source package: many clips are takes of one recording,
and a split by clip would test on what was trained on.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

SAMPLE_RATE = 16_000
PEAK = 0.5  # level of a training sound, as in AudioLDM's front end
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


def pack(corpus: Path, folder: Path) -> None:
    """Decode every sound listed in ``corpus/manifest.csv`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    clips: list[Clip] = []
    position = 0
    with (
        (corpus / "manifest.csv").open(newline="") as manifest,
        (folder / "samples.i16").open("wb") as packed,
    ):
        for row in csv.DictReader(manifest):
            samples, rate = soundfile.read(
                corpus / "audio" / f"{row['id']}.ogg", dtype="float32", always_2d=True
            )
            if rate != SAMPLE_RATE:
                raise ValueError(f"{row['id']}.ogg is at {rate} Hz, expected {SAMPLE_RATE} Hz.")
            mono = samples[:, 0] - samples[:, 0].mean()
            peak = float(np.abs(mono).max(initial=0.0))
            if peak < 1e-4:
                continue
            packed.write((mono / peak * PEAK * 32767).astype(np.int16).tobytes())
            clips.append(
                Clip(
                    clip_id=row["id"],
                    caption=row["caption"],
                    sound_class=row["class"],
                    kind=row["kind"],
                    package=row["package"],
                    held_out=is_held_out(row["package"]),
                    start=position,
                    frames=mono.size,
                )
            )
            position += mono.size
    (folder / "clips.json").write_text(json.dumps([asdict(clip) for clip in clips]))
