"""What an evaluation found, as values: one row for each kind of sound, and targets with their verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from engine.evaluation.yardstick.editing import GapRow, TransferPoint
from engine.evaluation.yardstick.nearness import Nearness
from engine.evaluation.yardstick.timing import Timing

FORMAT = 2


class Kind(StrEnum):
    """What is judged, in the order of the table."""

    REAL = "real clips"
    ROUND_TRIP = "VAE and vocoder"
    NEIGHBOUR = "nearest caption"
    TAKE = "takes"
    PREVIOUS = "previous model"
    NOISE = "white noise"


@dataclass(frozen=True)
class Row:
    """One kind of sound, means over prompts; None is what was not measured. hit, probability: YAMNet's, of
    what the prompt expects; closeness: of the model's own CLAP, a cosine; fad: Fréchet distance from the
    reference along its principal axes, fad_all along all; kl, in nats; unusable: share silent or clipped;
    late: share that does not begin where it was asked for."""

    sounds: int
    hit: float
    probability: float
    closeness: float | None
    fad: float | None
    fad_all: float | None
    fad_effects: float | None
    kl: float | None
    inception: float
    diversity: float | None
    nearest: Nearness | None
    unusable: float
    late: float


@dataclass(frozen=True)
class PromptRow:
    """One prompt. held_out: its real clips are of packages that nobody trains on; None without a corpus."""

    text: str
    held_out: bool | None
    hits: Mapping[Kind, tuple[bool, ...]]
    heard: tuple[str, ...]  # first of each take


@dataclass(frozen=True)
class Space:
    """How a Fréchet distance was taken."""

    name: str
    axes: int
    kept: float
    vectors: int
    of_reference: int
    dimensions: int


@dataclass(frozen=True)
class Copied:
    """A take that came near to a training clip."""

    prompt: str
    take: int
    distance: float
    clip: str
    package: str


@dataclass(frozen=True)
class Memory:
    """Whether training clips come out again. limit: nearer than this are only five in a hundred recordings
    that nobody trained on, None where there are none; between: of training clips to those of other packages;
    packages: those of the takes' nearest clips, how often, how near."""

    limit: float | None
    between: Nearness
    packages: tuple[tuple[str, int, float], ...]
    nearest: tuple[Copied, ...]


@dataclass(frozen=True)
class Target:
    """A number beside what it should be; ``at_most``, or at least. None: it could not be measured."""

    name: str
    value: float | None
    bound: float
    at_most: bool
    unit: str = ""

    @property
    def verdict(self) -> str:
        """PASS, FAIL, or that there is none."""
        if self.value is None:
            return "not measured"
        passed = self.value <= self.bound if self.at_most else self.value >= self.bound
        return "PASS" if passed else "FAIL"


@dataclass(frozen=True)
class Question:
    """What decides whether two results can be compared."""

    prompts: str  # a digest
    corpus: str  # a digest, "" where there was none
    takes: int
    seconds: float
    seed: int


@dataclass(frozen=True)
class Report:
    """Everything."""

    model: Mapping[str, str]
    question: Question
    settings: Mapping[str, float]
    rows: Mapping[Kind, Row]
    prompts: tuple[PromptRow, ...]
    spaces: tuple[Space, ...]
    memory: Memory | None
    transfer: tuple[TransferPoint, ...]
    gaps: Mapping[str, GapRow]
    timing: Timing
    notes: tuple[str, ...]

    def value(self) -> dict[str, Any]:
        """As JSON has it."""
        targets = [asdict(target) | {"verdict": target.verdict} for target in self.targets]
        return {"format": FORMAT, **asdict(self), "targets": targets}

    @property
    def targets(self) -> tuple[Target, ...]:
        """What a model worth shipping should reach."""
        take, back = self.rows[Kind.TAKE], self.rows.get(Kind.ROUND_TRIP)
        fad_back = None if back is None else back.fad
        return (
            Target("agreement, of what held-out clips score", self._share(True), 0.6, at_most=False),
            Target(
                "agreement, of what real clips score, all prompts",
                _ratio(*(self.mean_hit(kind, self.prompts) for kind in (Kind.TAKE, Kind.REAL))),
                0.6,
                at_most=False,
            ),
            Target(
                "FAD-YAMNet, of that of VAE and vocoder",
                _ratio(take.fad, fad_back),
                2.0,
                at_most=True,
                unit="x",
            ),
            Target("silent or clipped", take.unusable, 0.05, at_most=True),
            Target(
                f"5 s of sound, {self.settings['steps']:g} steps",
                self.timing.whole,
                1.5,
                at_most=True,
                unit="s",
            ),
            Target("5 s of sound, draft", self.timing.draft, 0.5, at_most=True, unit="s"),
        )

    def mean_hit(self, kind: Kind, prompts: tuple[PromptRow, ...]) -> float | None:
        """Of some prompts, each counting the same."""
        shares = [sum(row.hits[kind]) / len(row.hits[kind]) for row in prompts if row.hits.get(kind)]
        return sum(shares) / len(shares) if shares else None

    def _share(self, held_out: bool) -> float | None:
        """How often takes are hits, of how often real clips are."""
        prompts = tuple(row for row in self.prompts if row.held_out is held_out)
        return _ratio(self.mean_hit(Kind.TAKE, prompts), self.mean_hit(Kind.REAL, prompts))


def _ratio(value: float | None, of: float | None) -> float | None:
    return value / of if value is not None and of else None
