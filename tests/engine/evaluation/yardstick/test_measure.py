"""The whole yardstick on a tiny model: every number is there, and is right for sounds that are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.config import Home
from engine.evaluation.yardstick import measure, timing
from engine.evaluation.yardstick.clips import read_corpus
from engine.evaluation.yardstick.hearing import open_ears
from engine.evaluation.yardstick.measure import Evaluation, evaluate
from engine.evaluation.yardstick.pace import Pace, Stage
from engine.evaluation.yardstick.report import Kind, Report
from engine.protocol.replies import Progress


def outcome(steps: Generator[Progress, None, Any]) -> tuple[list[Progress], Any]:
    """The news, and what came of it."""
    news = []
    while True:
        try:
            news.append(next(steps))
        except StopIteration as end:
            return news, end.value


@pytest.fixture
def asked(
    tmp_path: Path, tiny_model: Any, kit: SimpleNamespace, judge: type, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Evaluation]:
    """A small evaluation of the tiny model; edits are few."""
    assert judge
    monkeypatch.setattr(measure, "EDITS", 2)
    monkeypatch.setattr(measure, "QUICK_EDITS", 1)
    monkeypatch.setattr(timing, "ROUNDS", 1)
    home = Home(tmp_path / "state", tmp_path / "state" / "takes")

    def ask(corpus: Path | None, **fields: Any) -> Evaluation:
        real = None if corpus is None else read_corpus(corpus)
        fields = {"model": tiny_model, "takes": 2, "seconds": 1.5, **fields}
        return Evaluation(device="cpu", prompts=kit.PROMPTS, home=home, corpus=real, **fields)

    return ask


def test_everything_is_measured(asked, write_corpus) -> None:
    """Every row and every number but those of judges that are not here, which is said; and what is known of
    the references is found."""
    evaluation = asked(write_corpus())
    ears, notes = open_ears(evaluation.model)
    news, report = outcome(evaluate(evaluation, ears, notes))
    value = json.loads(json.dumps(report.value()))

    assert [Kind.REAL, Kind.ROUND_TRIP, Kind.NEIGHBOUR, Kind.TAKE, Kind.NOISE] == list(report.rows)
    absent = {
        (kind, name) for kind, row in value["rows"].items() for name, cell in row.items() if cell is None
    }
    assert {"closeness", "fad_effects", "nearest"} == {name for _, name in absent}
    assert {("VAE and vocoder", "nearest")} == {cell for cell in absent if cell[1] == "nearest"}
    assert 5 == len(report.transfer) and {"as recorded", "filled", "another recording, cut in"} == set(
        report.gaps
    )
    assert report.memory is not None and report.timing.whole > 0.0 and report.timing.draft > 0.0
    assert ["FAD-aiSFX", "CLAP agreement", "Of 2 of 3"] == [
        " ".join(note.split()[: len(words.split())])
        for note, words in zip(report.notes, ("FAD-aiSFX", "CLAP agreement", "Of 2 of 3"), strict=True)
    ]
    assert [True, False, False] == [row.held_out for row in report.prompts]
    stages = list(dict.fromkeys(step.stage for step in news))
    assert stages == [
        "reading captions",
        "hearing real clips",
        "making takes",
        "transferring",
        "filling gaps",
        "timing",
        "hearing what was trained on",
    ]
    assert news[-1].seconds_left >= 0.0 > news[0].seconds_left
    check_references(report)


def check_references(report: Report) -> None:
    """Retrieved clips are training clips, and noise is further from recordings than recordings are."""
    rows = report.rows

    assert rows[Kind.NEIGHBOUR].nearest.median == pytest.approx(0.0, abs=1e-6)
    assert rows[Kind.NOISE].nearest.median > 5 * rows[Kind.REAL].nearest.median
    assert rows[Kind.NOISE].fad > 2 * rows[Kind.REAL].fad
    assert rows[Kind.NOISE].kl > rows[Kind.REAL].kl
    assert rows[Kind.REAL].hit == 1.0
    assert rows[Kind.REAL].unusable == 0.0 == rows[Kind.REAL].late
    gaps = report.gaps
    assert gaps["as recorded"].seam < gaps["another recording, cut in"].seam
    assert gaps["as recorded"].spectrum < gaps["another recording, cut in"].spectrum
    assert 0.0 < report.transfer[0].distance < report.transfer[-1].distance


def test_the_same_seeds_give_the_same_numbers(asked, write_corpus) -> None:
    """All but the times."""
    evaluation = asked(write_corpus(), quick=True)
    ears, notes = open_ears(evaluation.model)
    values = [outcome(evaluate(evaluation, ears, notes))[1].value() for _ in range(2)]
    for value in values:
        del value["timing"]
        value["targets"] = value["targets"][:4]

    assert values[0] == values[1]


def test_without_a_corpus_what_is_left_is_measured(asked) -> None:
    """And the rest is said to be missing, no number invented."""
    evaluation = asked(None)
    ears, notes = open_ears(evaluation.model)
    _, report = outcome(evaluate(evaluation, ears, notes))

    assert [Kind.TAKE, Kind.NOISE] == list(report.rows)
    row = report.rows[Kind.TAKE]
    assert (None, None, None) == (row.fad, row.kl, row.nearest) and row.diversity is not None
    assert ["not measured"] * 3 == [target.verdict for target in report.targets[:3]]
    assert "--corpus" in report.notes[-1]


def test_a_model_with_ears_is_asked_for_its_own_opinion(asked, hearing_model, write_corpus) -> None:
    """Of every kind of sound, and of transfers."""
    evaluation = asked(write_corpus(), model=hearing_model, quick=True)
    ears, notes = open_ears(evaluation.model)
    _, report = outcome(evaluate(evaluation, ears, notes))

    assert all(-1.0 <= row.closeness <= 1.0 for row in report.rows.values())
    assert all(point.closeness_gained is not None for point in report.transfer)


def test_what_was_heard_of_the_corpus_is_kept(asked, write_corpus, tmp_path) -> None:
    """The second time nobody listens to it again, and the numbers are the same; what is damaged is made
    anew."""
    evaluation = asked(write_corpus(), work=tmp_path / "work")
    ears, _ = open_ears(evaluation.model)
    pieces = len(evaluation.corpus.clips)

    def heard() -> tuple[int, np.ndarray]:
        pace = Pace([Stage("hearing what was trained on", pieces, 1.0)], lambda: 0.0)
        news, trained = outcome(measure._trained(evaluation, ears, pace))
        return len(news), trained.library.vectors

    first = heard()
    again = heard()
    (kept,) = (tmp_path / "work").iterdir()
    kept.write_bytes(kept.read_bytes()[:200])
    anew = heard()

    assert (pieces, 0, pieces) == (first[0], again[0], anew[0])
    assert np.array_equal(first[1], again[1]) and np.array_equal(first[1], anew[1])


def test_another_model_makes_takes_of_its_own(asked, write_corpus, hearing_model) -> None:
    """With the same prompts and seeds, so that an equal model comes to equal numbers."""
    evaluation = asked(write_corpus(), previous=hearing_model, quick=True)
    ears, notes = open_ears(evaluation.model)
    _, report = outcome(evaluate(evaluation, ears, notes))
    take, previous = report.rows[Kind.TAKE], report.rows[Kind.PREVIOUS]

    assert take == previous


def test_who_stops_iterating_stops_the_work(asked, write_corpus) -> None:
    """Nothing goes on behind anybody's back, and the generator closes without complaint."""
    evaluation = asked(write_corpus())
    ears, notes = open_ears(evaluation.model)
    steps = evaluate(evaluation, ears, notes)
    while next(steps).stage != "making takes":
        pass
    steps.close()

    with pytest.raises(StopIteration):
        next(steps)


def test_a_sound_through_vae_and_vocoder_keeps_its_level_and_place(tiny_model) -> None:
    """The tiny model's VAE loses nothing and its vocoder sings every band where it was."""
    from engine.evaluation.yardstick.making import round_trip

    sound = np.zeros(24_000, np.float32)
    time = np.arange(8_000) / 16_000
    sound[8_000:16_000] = 0.3 * np.sin(2.0 * np.pi * 1000.0 * time)
    back = round_trip(tiny_model, sound)
    levels = [float(np.sqrt(np.mean(part**2))) for part in np.split(back, 3)]

    assert len(back) == len(sound)
    assert levels[1] == pytest.approx(0.3 / 2**0.5, rel=0.6)
    assert max(levels[0], levels[2]) < 0.2 * levels[1]
