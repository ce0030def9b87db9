"""The contrastive pair: which sounds and which captions belong together, as vectors of one space.

The text tower is the frozen sentence encoder with a projection behind it that starts as the identity; the
audio tower is a small convolutional network over the log-mels of ``engine/audio/clap_mel.py``. Both are
trained by the symmetric cross-entropy of Radford et al. (2021, figure 3) over a batch of pairs. Many sounds
share a caption, so every pair of one caption counts as belonging together (Khosla et al. 2020).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.audio.clap_mel import RankingParameters, clap_log_mels
from engine.training.augment import varied
from engine.training.corpus import Clip, Corpus
from engine.training.latents import TextVariants, balanced_shares, trimmed
from engine.training.loop import Losses, computing

Float32 = NDArray[np.float32]

HEARD = RankingParameters(16_000, 1024, 160, 64, 0.0, 8_000.0, 5.12)
EMBEDDING = 384  # of the sentence encoder
WIDTHS = (32, 64, 128, 256)
BLOCKS = (1, 1, 3, 1)
DECIBELS_MEAN, DECIBELS_SCALE = -45.0, 25.0  # about those of sounding frames
LARGEST_LOGIT_SCALE = 50.0
MOST_CROPS = 4  # of one long sound
CROP_VARIANTS = 3  # the sound as it is, and changed
MIXED_SHARE = 0.3  # of pairs: two sounds at once, and a caption that names both
LOUDER = 2.3  # at most, natural logarithm of power: 10 dB between the two of a mix
SHORTEST = 1e-9
HEARD_AT_ONCE = 64
MASKED_BANDS, MASKED_FRAMES = 12, 100  # at most, of a training log-mel (Park et al. 2019)


class AudioBlock(nn.Module):
    """7x7 depthwise convolution, norm over channels, perceptron of each place; added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, 2 * channels)
        self.contract = nn.Linear(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:  # (batch, channels, frames, bands)
        h = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        change: Tensor = self.contract(functional.gelu(self.expand(h)))
        return x + change.permute(0, 3, 1, 2)


class AudioTower(nn.Module):
    """Log-mel in decibels (batch, 1, 513, 64) -> (batch, EMBEDDING), of length one."""

    def __init__(self) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        before, reach = 1, 4
        for width, count in zip(WIDTHS, BLOCKS, strict=True):
            stages.append(nn.Conv2d(before, width, reach, stride=reach))
            stages += [AudioBlock(width) for _ in range(count)]
            before, reach = width, 2
        # Depthwise convolutions and perceptrons of places take a third of the time with channels last.
        self.stages = nn.Sequential(*stages)
        self.stages.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.norm = nn.LayerNorm(before)
        # What stands out and what there is on average, of everything heard.
        self.leave = nn.Linear(2 * before, EMBEDDING)

    def forward(self, log_mel: Tensor) -> Tensor:
        given = (log_mel - DECIBELS_MEAN) / DECIBELS_SCALE
        places = self.stages(given.contiguous(memory_format=torch.channels_last)).flatten(2)
        heard = torch.cat([places.mean(2), places.amax(2)], dim=1)
        halves = [self.norm(half) for half in heard.chunk(2, dim=1)]
        vector: Tensor = self.leave(torch.cat(halves, dim=1))
        return functional.normalize(vector, dim=1)


class Clap(nn.Module):
    """Both towers; ``forward`` gives logits of (sounds, captions)."""

    def __init__(self) -> None:
        super().__init__()
        self.audio = AudioTower()
        self.projection = nn.Linear(EMBEDDING, EMBEDDING, bias=False)
        nn.init.eye_(self.projection.weight)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def read(self, sentences: Tensor) -> Tensor:
        """Vectors of the sentence encoder (batch, EMBEDDING) -> those of the shared space."""
        return functional.normalize(self.projection(sentences), dim=1)

    def forward(self, log_mel: Tensor, sentences: Tensor) -> Tensor:
        scale = self.log_scale.exp().clamp(max=LARGEST_LOGIT_SCALE)
        logits: Tensor = scale * self.audio(log_mel) @ self.read(sentences).T
        return logits


@dataclass(frozen=True)
class HeardClip:
    """One crop in the cache: whose it is. ``clip`` counts within the packed corpus."""

    clip: int
    variant: int
    caption: str  # "caption|class"
    sound_class: str
    kind: str


def hear_corpus(corpus: Corpus, folder: Path, seed: int = 5) -> None:
    """Write ``mels.f16`` (crops, 513, 64) in decibels and ``heard.json``, of held-out clips as well.

    Held-out clips are there as they are. Long clips have several crops, the changed ones at random places.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    rows: list[HeardClip] = []
    with (folder / "mels.f16").open("wb") as cache:
        for number, clip in enumerate(corpus.clips):
            sound = trimmed(corpus.waveform(clip))
            if sound.size < HEARD.hop_length:
                continue
            for variant in range(1 if clip.held_out else CROP_VARIANTS):
                for mel in _crops(varied(sound, rng) if variant else sound, variant, rng):
                    cache.write(mel.astype(np.float16).tobytes())
                    rows.append(_row(clip, number, variant))
    (folder / "heard.json").write_text(json.dumps([vars(row) for row in rows]))


def _row(clip: Clip, number: int, variant: int) -> HeardClip:
    return HeardClip(number, variant, f"{clip.caption}|{clip.sound_class}", clip.sound_class, clip.kind)


def _crops(sound: Float32, variant: int, rng: np.random.Generator) -> Float32:
    """(crops, 513, 64): what ``clap_log_mels`` makes, of a changed long sound from a place at random."""
    spare = sound.size - HEARD.frames
    if variant and spare > 0:
        start = int(rng.integers(0, spare + 1))
        sound = sound[start : start + HEARD.frames]
    return clap_log_mels(sound, HEARD)[:MOST_CROPS, 0]


def _cached_mels(folder: Path) -> NDArray[np.float16]:
    return np.memmap(folder / "mels.f16", np.float16, "r").reshape(-1, HEARD.mel_frames, HEARD.n_mels)


class ClapBatches:
    """Pairs of sounds and captions, classes balanced, and the contrastive loss on them."""

    def __init__(self, corpus: Corpus, folder: Path, texts: TextVariants, batch: int = 64) -> None:
        self.texts, self.batch = texts, batch
        rows = [HeardClip(**row) for row in json.loads((folder / "heard.json").read_text())]
        self.trained = [n for n, row in enumerate(rows) if not corpus.clips[row.clip].held_out]
        self.rows, self.mels = rows, _cached_mels(folder)
        crops_of: dict[int, int] = {}
        for row in rows:
            crops_of[row.clip] = crops_of.get(row.clip, 0) + 1
        shares = balanced_shares([(rows[n].sound_class, rows[n].kind) for n in self.trained])
        shares /= np.array([crops_of[rows[n].clip] for n in self.trained])
        self.shares = shares / shares.sum()

    def losses(self, model: nn.Module, rng: np.random.Generator) -> Losses:
        assert isinstance(model, Clap)
        mels, sentences, same = self.draw(rng)
        with computing():
            logits = model(torch.from_numpy(mels), torch.from_numpy(sentences)).float()
        target = torch.from_numpy(same / same.sum(1, keepdims=True))
        heard = functional.cross_entropy(logits, target)
        read = functional.cross_entropy(logits.T, target.T.div(target.T.sum(1, keepdim=True)))
        right = (logits.argmax(1) == logits.where(target > 0, -torch.inf).argmax(1)).float().mean()
        return {"loss": (heard + read) / 2, "right": right}

    def draw(self, rng: np.random.Generator) -> tuple[Float32, Float32, Float32]:
        """Log-mels (batch, 1, 513, 64), sentences (batch, EMBEDDING), and 1 where a sound and a caption
        belong together, (batch, batch)."""
        picks = rng.choice(len(self.trained), self.batch, p=self.shares)
        numbers = [self.trained[int(pick)] for pick in picks]
        captions = [self.rows[number].caption for number in numbers]
        mels = self.mels[numbers].astype(np.float32)
        sentences = self.texts.draw(captions, rng)
        for place in np.flatnonzero(rng.random(self.batch) < MIXED_SHARE):
            other = int(rng.integers(self.batch))
            mels[place] = mixed(mels[place], mels[other], float(rng.uniform(-LOUDER, LOUDER)))
            captions[place] = " and ".join(sorted((captions[place], captions[other])))
            both = sentences[place] + sentences[other]
            sentences[place] = both / np.linalg.norm(both)
        masked = np.stack([self._masked(mel, rng) for mel in mels])
        same = np.array([[one == other for other in captions] for one in captions], np.float32)
        return masked[:, None], sentences, same

    def _masked(self, mel: Float32, rng: np.random.Generator) -> Float32:
        """A stripe of bands and one of frames at the mean."""
        for axis, most in ((0, MASKED_FRAMES), (1, MASKED_BANDS)):
            width = int(rng.integers(0, most + 1))
            start = int(rng.integers(0, mel.shape[axis] - width + 1))
            np.moveaxis(mel, axis, 0)[start : start + width] = DECIBELS_MEAN
        return mel + np.float32(rng.uniform(-6.0, 6.0))  # any level


def mixed(one: Float32, other: Float32, louder: float) -> Float32:
    """Two sounds at once: the sum of their powers, ``louder`` in natural logarithms. In decibels."""
    scale = np.float32(10.0 / math.log(10.0))
    return np.asarray(scale * np.logaddexp(one / scale, other / scale + np.float32(louder)), np.float32)


def average_vectors(model: Clap, folder: Path, clips: int) -> Float32:
    """(clips, CROP_VARIANTS, EMBEDDING): the audio tower's vector of every clip and variant, over its crops;
    zeros where there is none."""
    rows = [HeardClip(**row) for row in json.loads((folder / "heard.json").read_text())]
    mels = _cached_mels(folder)
    total = np.zeros((clips, CROP_VARIANTS, EMBEDDING), np.float32)
    with torch.inference_mode(), computing():
        for start in range(0, len(rows), HEARD_AT_ONCE):
            part = torch.from_numpy(mels[start : start + HEARD_AT_ONCE].astype(np.float32))[:, None]
            vectors = model.audio(part).float().numpy()
            for row, vector in zip(rows[start : start + HEARD_AT_ONCE], vectors, strict=True):
                total[row.clip, row.variant] += vector
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=2, keepdims=True), SHORTEST))


def class_ranks(sounds: Float32, names: Float32, right: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many class names are nearer to each sound than its own: sounds (n, EMBEDDING), names (classes,
    EMBEDDING), right (n,) indices into ``names``."""
    scores = sounds @ names.T
    own = scores[np.arange(len(right)), right]
    return np.asarray((scores > own[:, None]).sum(1), np.int64)
