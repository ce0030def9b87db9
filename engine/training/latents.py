"""Latents of the whole corpus, encoded once; windows composed from them while training.

A window starts with a sound and ends in true silence when the sound is shorter; how long it sounds
is a condition of the model. Some windows hold several takes of one caption with gaps between them:
a walk is more than one footstep. In some a sound begins later, so that edits of a quiet passage are
nothing new; these are told apart, so that nobody gets one who asked for a sound.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.mel import MelParameters, log_mel
from engine.training.augment import varied
from engine.training.corpus import Corpus
from engine.training.loop import computing
from engine.training.vae import Vae

Float32 = NDArray[np.float32]
Rows = NDArray[np.int64]

SHORT_FRAMES, LONG_FRAMES = 64, 128  # latent frames of a window: 2.56 and 5.12 s
FRAME_SAMPLES, FRAME_SECONDS = 640, 0.04
LONGEST_SECONDS = 16.0  # of one clip; ambience beyond that says nothing new
SILENT_LEVEL = 0.004  # of peak 0.5: 42 dB below it; trimmed at both ends
SEVERAL_SHARE = 0.35  # of windows of short sounds, filled with further takes
LATE_SHARE = 0.15  # of windows of short sounds, starting somewhere
SILENT = -1  # the row of silence: after all others
_PIECE = 65_536


@dataclass(frozen=True)
class LatentClip:
    """Where one encoded variant of a clip lies in the cache, in latent frames."""

    start: int
    frames: int
    caption: str
    sound_class: str
    kind: str
    clip: int  # in the packed corpus
    variant: int

    @property
    def wording(self) -> str:
        """What its texts are made of, "caption|class"."""
        return f"{self.caption}|{self.sound_class}"


def trimmed(waveform: Float32) -> Float32:
    """Without near-silence at both ends."""
    loud = np.flatnonzero(np.abs(waveform) > SILENT_LEVEL)
    return waveform[loud[0] : loud[-1] + 1] if loud.size else waveform[:0]


def encode_corpus(
    corpus: Corpus,
    vae: Vae,
    folder: Path,
    variants: int,
    *,
    held_out: bool = False,
    seed: int = 3,
    scaling: tuple[Float32, Float32] | None = None,
) -> None:
    """Write one split: ``latents.f16`` (frames, 8, 16), ``clips.json`` and ``statistics.npz``.

    scaling: mean and deviation, (8, 16) each, that a denoiser to be trained further knows; those of these
    latents unless given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    parameters = MelParameters()
    rows: list[LatentClip] = []
    position = 0

    @torch.inference_mode()
    def encode(waveform: Float32) -> Float32:
        mel = torch.from_numpy(log_mel(waveform, parameters))[None, None]
        with computing():
            mean = vae.encode(mel)[0].float()
        return mean[0].permute(1, 0, 2).numpy()  # (latent_frames, 8, 16)

    silence = encode(np.zeros(FRAME_SAMPLES * 40, np.float32))[20]
    with (folder / "latents.f16").open("wb") as cache:
        for variant in range(variants):
            for number, clip in enumerate(corpus.clips):
                if clip.held_out is not held_out:
                    continue
                sound = trimmed(corpus.waveform(clip)[: int(LONGEST_SECONDS * 16_000)])
                if sound.size < FRAME_SAMPLES // 2:
                    continue
                if variant:
                    sound = varied(sound, rng)
                frames = -(-sound.size // FRAME_SAMPLES)
                # Two frames of silence behind: the encoder looks around, and sees what a window will show.
                padded = np.pad(sound, (0, (frames + 2) * FRAME_SAMPLES - sound.size))
                latents = encode(padded)[: frames + 1]
                cache.write(latents.astype(np.float16).tobytes())
                names = clip.caption, clip.sound_class, clip.kind
                rows.append(LatentClip(position, frames + 1, *names, number, variant))
                position += frames + 1
    (folder / "clips.json").write_text(json.dumps([asdict(row) for row in rows]))
    latents = np.memmap(folder / "latents.f16", np.float16, "r", shape=(position, 8, 16))
    if scaling is None:
        sample = latents[:: max(1, position // 200_000)].astype(np.float32)
        scaling = sample.mean(0), sample.std(0)
    np.savez(folder / "statistics.npz", mean=scaling[0], deviation=scaling[1], silence=silence)


class WindowSampler:
    """Draws training windows, classes balanced by the square root of their size.

    ``clips`` are those to draw from, all that ``clips.json`` lists unless given; ``statistics_of`` is the
    folder whose mean and deviation hold, if not its own.
    """

    def __init__(
        self, folder: Path, statistics_of: Path | None = None, clips: Sequence[LatentClip] | None = None
    ) -> None:
        if clips is None:
            clips = [LatentClip(**row) for row in json.loads((folder / "clips.json").read_text())]
        self.clips = list(clips)
        total = max(clip.start + clip.frames for clip in self.clips)
        self.latents = np.memmap(folder / "latents.f16", np.float16, "r", shape=(total, 8, 16))
        statistics = np.load((statistics_of or folder) / "statistics.npz")
        self.mean, self.deviation = statistics["mean"], statistics["deviation"]
        self.silence = (statistics["silence"] - self.mean) / self.deviation
        self.by_caption: dict[str, list[int]] = {}
        for index, clip in enumerate(self.clips):
            self.by_caption.setdefault(clip.caption, []).append(index)
        self.weights = balanced_shares([(clip.sound_class, clip.kind) for clip in self.clips])

    def table(self) -> NDArray[np.float16]:
        """All frames there are, normalised, (frames + 1, 8, 16); the last one is silence."""
        # In pieces: in single precision all of them at once would be twice what is kept.
        table = np.empty((len(self.latents) + 1, 8, 16), np.float16)
        for start in range(0, len(self.latents), _PIECE):
            piece = self.latents[start : start + _PIECE].astype(np.float32)
            table[start : start + len(piece)] = (piece - self.mean) / self.deviation
        table[SILENT] = self.silence
        return table

    def _long(self, clip: LatentClip, room: int, rng: np.random.Generator) -> tuple[Rows, float]:
        start = 0 if rng.random() < 0.25 else int(rng.integers(0, clip.frames - room + 1))
        return clip.start + np.arange(start, start + room), room * FRAME_SECONDS

    def _short(self, clip: LatentClip, room: int, rng: np.random.Generator) -> tuple[Rows, float]:
        window = np.full(room, SILENT)
        several = rng.random() < SEVERAL_SHARE
        late = not several and rng.random() < LATE_SHARE
        at = int(rng.integers(0, room - clip.frames + 1)) if late else 0
        gap = int(rng.integers(0, 16))
        end = 0
        while at < room:
            frames = min(clip.frames, room - at)
            window[at : at + frames] = clip.start + np.arange(frames)
            end = at + frames
            if not several:
                break
            at = end + max(0, gap + int(rng.integers(-2, 3)))
            clip = self.clips[int(rng.choice(self.by_caption[clip.caption]))]
        seconds = min(room, end) * FRAME_SECONDS
        return window, -seconds if late else seconds

    def draw(
        self, batch: int, frames: int, rng: np.random.Generator
    ) -> tuple[Float32, Float32, list[LatentClip]]:
        """Normalised latents (batch, 8, frames, 16), sounding seconds (batch,), and the clip each is of."""
        rows, seconds, clips = self.plan(batch, frames, rng)
        values = (self.latents[rows].astype(np.float32) - self.mean) / self.deviation
        latents = np.where((rows == SILENT)[:, :, None, None], self.silence, values).astype(np.float32)
        return np.ascontiguousarray(latents.transpose(0, 2, 1, 3)), seconds, clips

    def plan(
        self, batch: int, frames: int, rng: np.random.Generator
    ) -> tuple[Rows, Float32, list[LatentClip]]:
        """Which rows of the table become windows, (batch, frames), for how many seconds they sound, (batch,),
        and the clip each is of. Seconds below 0: so long until it ends, and it begins late."""
        windows, seconds, clips = [], [], []
        for index in rng.choice(len(self.clips), batch, p=self.weights):
            clip = self.clips[int(index)]
            window, sounding = (self._long if clip.frames >= frames else self._short)(clip, frames, rng)
            windows.append(window)
            seconds.append(sounding)
            clips.append(clip)
        return np.stack(windows), np.array(seconds, np.float32), clips


def balanced_shares(classes_and_kinds: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """The chance of each clip: classes by the square root of their size, instruments seldom."""
    size = Counter(sound_class for sound_class, _ in classes_and_kinds)
    weights = [size[sound_class] ** -0.5 * _kind_weight(kind) for sound_class, kind in classes_and_kinds]
    return np.asarray(np.array(weights) / sum(weights))


_SELDOM = {"instrument": 0.3, "mix": 0.08}  # 1,200 mixes are then a tenth of the windows


def _kind_weight(kind: str) -> float:
    """Notes of instruments are not what this model is for; and each mix is a class of its own."""
    return _SELDOM.get(kind, 1.0)


TEMPLATES = ("{0}", "{1}", "the sound of {0}", "{1} sound effect", "{0}, close up", "recording of {0}")
JITTER = 0.02  # of each entry (they are about 0.05): prompts nobody wrote lie between those somebody did


class TextVariants:
    """Text vectors of every caption in several wordings, as the shipped text tower gives them."""

    def __init__(
        self, vectors: dict[str, Float32], empty: Float32, projection: Float32 | None = None
    ) -> None:
        """vectors, empty: of the sentence encoder. projection: (EMBEDDING, EMBEDDING) to the shared space."""
        self.vectors, self.projection = vectors, projection
        self.sentence_empty, self.empty = empty, self._projected(empty)

    def draw(self, captions: list[str], rng: np.random.Generator) -> Float32:
        """(batch, 384) unit vectors: a random wording of each, slightly moved among its like."""
        rows = []
        for caption in captions:
            variants = self.vectors[caption]
            rows.append(moved(variants[int(rng.choice(len(variants), p=WORDING_SHARES))], rng))
        return self._projected(np.stack(rows))

    def projected(self) -> dict[str, Float32]:
        """Every caption's wordings in the shared space, (wordings, EMBEDDING)."""
        return {caption: self._projected(variants) for caption, variants in self.vectors.items()}

    def _projected(self, sentences: Float32) -> Float32:
        """Moved before, not after: the projection narrows what does not tell sounds apart."""
        if self.projection is None:
            return sentences
        there = sentences @ self.projection.T
        return np.asarray(there / np.linalg.norm(there, axis=-1, keepdims=True), np.float32)


def moved(vector: Float32, rng: np.random.Generator) -> Float32:
    """A unit vector near this one."""
    near = vector + JITTER * rng.standard_normal(vector.size).astype(np.float32)
    return np.asarray(near / np.linalg.norm(near), np.float32)


WORDING_SHARES = (0.4, 0.25, 0.1, 0.1, 0.075, 0.075)


def wordings(caption_and_class: str) -> list[str]:
    """Each template filled with a caption and its class."""
    caption, sound_class = caption_and_class.split("|")
    return [template.format(caption, sound_class) for template in TEMPLATES]


def stable_seed(text: str) -> int:
    """The same number for the same text in every process."""
    return zlib.crc32(text.encode())
