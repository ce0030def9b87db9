"""Does a preset do what its name says? Takes of it, heard by YAMNet or measured.

``presets.toml`` says what is demanded of them. A sound is recognised when an expected AudioSet class is among
the five most likely. A restyle is measured against what it was made of: how much of its energy is left
outside a band, how far its envelope is still the same; or it is recognised as what it was turned into.
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


@dataclass(frozen=True)
class Demand:
    """What a preset's takes have to be. What is not said is not demanded.

    expect: classes, one of which is to be heard. band_hz: outside it the share of the energy must fall by
    ``outside_db`` at least. likeness: the least correlation of the envelopes before, inside the band, and
    after.
    """

    expect: tuple[str, ...] = ()
    band_hz: tuple[float, float] | None = None
    outside_db: float = 0.0
    likeness: float = -1.0


@dataclass(frozen=True)
class Verdict:
    """Of one take. What was not demanded is nan."""

    passed: bool
    heard: str
    probability: float
    outside_db: float
    likeness: float


@dataclass(frozen=True)
class Tried:
    """A preset and its takes' verdicts."""

    name: str
    demand: Demand
    verdicts: tuple[Verdict, ...]

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
    """One take, mono at ``rate``; ``before`` is the region it was made of, if there is one."""
    heard, probability, recognised = _listened(yamnet, demand, after, rate)
    outside = likeness = float("nan")
    if demand.band_hz is not None and before is not None:
        outside = _outside_db(after, demand.band_hz, rate) - _outside_db(before, demand.band_hz, rate)
    if demand.likeness > -1.0 and before is not None:
        left = before if demand.band_hz is None else _within(before, demand.band_hz, rate)
        likeness = float(np.corrcoef(_envelope_db(left, rate), _envelope_db(after, rate))[0, 1])
    fell = not outside > -demand.outside_db
    passed = recognised and fell and not likeness < demand.likeness
    return Verdict(passed, heard, probability, outside, likeness)


def table(tried: Sequence[Tried]) -> tuple[str, ...]:
    """One row for each preset, in Markdown."""
    head = "| preset | does it | heard first, or energy outside its band and likeness |"
    lines = [head, "|---|---|---|", *(_row(row) for row in tried)]
    kept = sum(row.is_kept for row in tried)
    takes = [verdict.passed for row in tried for verdict in row.verdicts]
    share = fmean(takes) if takes else float("nan")
    return (
        *lines,
        "",
        f"{kept} of {len(tried)} presets kept; {share:.2f} of all takes do what they are called.",
    )


def _row(row: Tried) -> str:
    count = f"{row.passes}/{len(row.verdicts)}"
    return f"| {row.name} | {count if row.is_kept else f'**{count}, not kept**'} | {_numbers(row)} |"


def _numbers(row: Tried) -> str:
    if row.demand.band_hz is None:
        return ", ".join(verdict.heard for verdict in row.verdicts)
    low, high = row.demand.band_hz
    outside = ", ".join(f"{verdict.outside_db:.0f}" for verdict in row.verdicts)
    likeness = ", ".join(f"{verdict.likeness:.2f}" for verdict in row.verdicts)
    return f"outside {low:g} to {high:g} Hz {outside} dB; likeness {likeness}"


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
