"""Does a preset do what its name says? Takes of it, heard by YAMNet or measured.

``presets.toml`` says what is demanded of them. A sound is recognised when an expected AudioSet class is among
the five most likely. A restyle is measured against what it was made of: how much of its energy is left
outside a band, how far its envelope is still the same; or it is recognised as what it was turned into. What
effects promise is measured beside: that a sound dies away more slowly, that its peaks are lower.
Development only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.agreement import TOP
from engine.evaluation.yamnet import Yamnet

Float32 = NDArray[np.float32]

# Of the takes of a preset, this share must do what its name says.
KEPT_SHARE = 2 / 3
_HOP_SECONDS = 0.025
_SILENCE = 1e-12
# A fall is looked at over so many frames of so many seconds, down to so far below the loudest frame.
_FALL_FRAMES, _FALL_FRAME_SECONDS, _FALL_FLOOR_DB = 10, 0.01, 50.0
_FASTEST = 99.0  # per cent: the steepest falls, without the odd one


@dataclass(frozen=True)
class Demand:
    """What a preset's takes have to be. What is not said is not demanded.

    expect: classes, one of which is to be heard. band_hz: outside it the share of the energy must fall by
    ``outside_db`` at least. likeness: the least correlation of the envelopes before, inside the band, and
    after. decay_s: by how much longer it has to take to fall by 60 dB. crest_db: by how much its peaks must
    come nearer to its level.
    """

    expect: tuple[str, ...] = ()
    band_hz: tuple[float, float] | None = None
    outside_db: float = 0.0
    likeness: float = -1.0
    decay_s: float = 0.0
    crest_db: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """Of one take: what changed, or is. What was not demanded is nan."""

    passed: bool
    heard: str
    probability: float
    outside_db: float
    likeness: float
    decay_s: float
    crest_db: float


@dataclass(frozen=True)
class Tried:
    """A preset, its takes' verdicts, and the effects that they went through."""

    name: str
    demand: Demand
    verdicts: tuple[Verdict, ...]
    effects: tuple[str, ...] = ()

    @property
    def passes(self) -> int:
        """How many takes do what the name says."""
        return sum(verdict.passed for verdict in self.verdicts)

    @property
    def is_kept(self) -> bool:
        """Do enough of them?"""
        return self.passes >= KEPT_SHARE * len(self.verdicts)


def load_demands() -> dict[str, Demand]:
    """By the preset's name."""
    text = Path(__file__).with_name("presets.toml").read_text(encoding="utf-8")
    return {name: _demand(row) for name, row in tomllib.loads(text).items()}


def judge(yamnet: Yamnet, demand: Demand, after: Float32, before: Float32 | None, rate: int) -> Verdict:
    """One take, mono at ``rate``. ``before`` is the region it was made of, or the take before its effects."""
    heard, probability, recognised = _listened(yamnet, demand, after, rate)
    outside = likeness = decay = crest = float("nan")
    if before is not None:
        left = before if demand.band_hz is None else _within(before, demand.band_hz, rate)
        if demand.band_hz is not None:
            outside = _outside_db(after, demand.band_hz, rate) - _outside_db(before, demand.band_hz, rate)
        if demand.likeness > -1.0:
            likeness = float(np.corrcoef(_envelope_db(left, rate), _envelope_db(after, rate))[0, 1])
        if demand.decay_s:
            decay = decay_seconds(after, rate) - decay_seconds(left, rate)
        if demand.crest_db:
            crest = _crest_db(after) - _crest_db(before)
    # What is nan was not demanded, and is in nobody's way.
    short = outside > -demand.outside_db or likeness < demand.likeness
    short |= decay < demand.decay_s or crest > -demand.crest_db
    return Verdict(recognised and not short, heard, probability, outside, likeness, decay, crest)


def table(tried: Sequence[Tried]) -> tuple[str, ...]:
    """One row for each preset, in Markdown."""
    head = "| preset | effects | does it | heard first, or what changed |"
    lines = [head, "|---|---|---|---|", *(line(row) for row in tried)]
    kept = sum(row.is_kept for row in tried)
    takes = [verdict.passed for row in tried for verdict in row.verdicts]
    share = fmean(takes) if takes else float("nan")
    return (
        *lines,
        "",
        f"{kept} of {len(tried)} presets kept; {share:.2f} of all takes do what they are called.",
    )


def line(row: Tried) -> str:
    """A preset's line of the table."""
    count = f"{row.passes}/{len(row.verdicts)}"
    effects = ", ".join(row.effects)
    return f"| {row.name} | {effects} | {count if row.is_kept else f'**{count}, not kept**'} | {_said(row)} |"


def _said(row: Tried) -> str:
    """What was demanded, of each take."""
    demand, parts = row.demand, []
    if demand.expect:
        parts.append(", ".join(verdict.heard for verdict in row.verdicts))
    if demand.band_hz is not None:
        outside = _listed("{:.0f}", [verdict.outside_db for verdict in row.verdicts])
        parts.append(f"outside {demand.band_hz[0]:g} to {demand.band_hz[1]:g} Hz {outside} dB")
    if demand.likeness > -1.0:
        parts.append(f"likeness {_listed('{:.2f}', [verdict.likeness for verdict in row.verdicts])}")
    if demand.decay_s:
        parts.append(f"decay {_listed('{:+.2f}', [verdict.decay_s for verdict in row.verdicts])} s")
    if demand.crest_db:
        parts.append(f"crest {_listed('{:+.1f}', [verdict.crest_db for verdict in row.verdicts])} dB")
    return "; ".join(parts)


def _listed(form: str, numbers: Sequence[float]) -> str:
    return ", ".join(form.format(number) for number in numbers)


def _demand(row: Mapping[str, object]) -> Demand:
    values = dict(row)
    for name in ("expect", "band_hz"):
        listed = values.get(name)
        if isinstance(listed, list):
            values[name] = tuple(listed)
    return Demand(**values)  # type: ignore[arg-type]  # our own file; a wrong key raises


def _listened(yamnet: Yamnet, demand: Demand, sound: Float32, rate: int) -> tuple[str, float, bool]:
    from engine.audio.resample import resample
    from engine.evaluation.yamnet import SAMPLE_RATE

    if not demand.expect:
        return "", float("nan"), True
    opinion = yamnet.listen(resample(sound[:, None], rate, SAMPLE_RATE)[:, 0])
    top = yamnet.top(opinion, TOP)
    wanted = [yamnet.classes.index(name) for name in demand.expect]
    return top[0], float(opinion.scores[wanted].max()), any(name in demand.expect for name in top)


def _outside_db(sound: Float32, band_hz: tuple[float, float], rate: int) -> float:
    """The energy outside the band as a share of all, in dB."""
    power = np.abs(np.fft.rfft(sound.astype(np.float64) * np.hanning(len(sound)))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1.0 / rate)
    outside = power[(hz < band_hz[0]) | (hz > band_hz[1])].sum()
    return float(10.0 * np.log10((outside + _SILENCE) / (power.sum() + _SILENCE)))


def decay_seconds(sound: Float32, rate: int) -> float:
    """How long a fall by 60 dB takes where the sound falls fastest: what a room does to it, whatever it is.

    Mono. Of an exponential decay it is the reverberation time; a sound that never falls has a long one.
    """
    hop = round(_FALL_FRAME_SECONDS * rate)
    frames = sound[: len(sound) // hop * hop].astype(np.float64).reshape(-1, hop)
    power = (frames**2).mean(axis=1) + _SILENCE
    level = 10.0 * np.log10((power[:-1] + power[1:]) / 2.0)
    level = np.maximum(level, level.max() - _FALL_FLOOR_DB)
    fall = float(np.percentile(level[:-_FALL_FRAMES] - level[_FALL_FRAMES:], _FASTEST))
    return 60.0 * _FALL_FRAMES * _FALL_FRAME_SECONDS / max(fall, 1.0)


def _crest_db(sound: Float32) -> float:
    """The peak over the root of the mean square."""
    square = sound.astype(np.float64) ** 2
    return float(10.0 * np.log10((square.max() + _SILENCE) / (square.mean() + _SILENCE)))


def _within(sound: Float32, band_hz: tuple[float, float], rate: int) -> Float32:
    """What a perfect filter leaves."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1.0 / rate)
    spectrum[(hz < band_hz[0]) | (hz > band_hz[1])] = 0.0
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def _envelope_db(sound: Float32, rate: int) -> NDArray[np.float64]:
    hop = round(_HOP_SECONDS * rate)
    frames = sound[: len(sound) // hop * hop].astype(np.float64).reshape(-1, hop)
    envelope: NDArray[np.float64] = 10.0 * np.log10((frames**2).mean(axis=1) + 1e-7)
    return envelope
