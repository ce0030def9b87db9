"""Who made the sounds is said for all of them, and what may not be trained on is not."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.models.catalogue import EMBEDDED
from engine.training.corpus import Corpus, is_held_out, is_open, pack
from engine.training.credits import ATTRIBUTION, CREDITS, UNNAMED, read_credits, write_attribution

COLUMNS = ("id", "caption", "class", "kind", "licence", "registry", "package", "version", "author", "source")
ROWS = (
    ("a", "rain", "rain", "effect", "CC-BY-3.0", "git", "one+pack", "1", "Ann", "https://sounds.example/1"),
    ("b", "rain", "rain", "effect", "CC-BY-3.0", "git", "one+pack", "1", "Ann", "https://sounds.example/1"),
    ("c", "wind", "wind", "effect", "CC-BY-SA-3.0", "deb", "bare-data", "2", "", ""),
    ("d", "dog", "dog", "effect", "MIT", "pypi", "one+pack", "1", "### Sounds", "https://sounds.example/4"),
    ("e", "cat", "cat", "effect", "CC-BY-NC-3.0", "git", "closed", "1", "Bob", ""),
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Five sounds, one of which may not be trained on."""
    folder = tmp_path / "corpus"
    (folder / "audio").mkdir(parents=True)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])
    rng = np.random.default_rng(1)
    for row in ROWS:
        soundfile.write(folder / "audio" / f"{row[0]}.ogg", rng.uniform(-0.5, 0.5, 8000), 16_000)
    return folder


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC0", True),
        ("CC-BY-SA-3.0+", True),
        ("CC-BY", True),
        ("BSD-3-clause", True),
        ("GPL-2+ or CC-BY-SA-2.0", True),
        ("CC-BY-3.0 and CC0-1.0", True),
        ("GPL-2+ and Expat", False),
        ("CC-BY-NC-3.0", False),
        ("CC-BY-ND-4.0", False),
        ("CC-BY-NC-SA-4.0", False),
        ("Artistic-1.0", False),
        ("", False),
    ],
)
def test_licences_are_taken_apart(licence: str, expected: bool) -> None:
    """Of two that may be chosen one is enough; of two that hold together both count."""
    assert is_open(licence) is expected


def test_nothing_is_packed_that_may_not_be_trained_on(corpus: Path, tmp_path: Path) -> None:
    """Sounds for non-commercial use would bind the weights."""
    pack(corpus, tmp_path / "packed", procedural=0, mixed_pairs=0)
    assert [clip.clip_id for clip in Corpus(tmp_path / "packed").clips] == ["a", "b", "c", "d"]


def test_everybody_is_named_or_the_package_is_where_they_are(corpus: Path, tmp_path: Path) -> None:
    """Once in the list, with the number of sounds in the table; a heading is nobody's name."""
    write_attribution(corpus, tmp_path)
    text = (tmp_path / ATTRIBUTION).read_text(encoding="utf-8")
    assert "- **one+pack** (repository), 2 sounds, CC-BY-3.0\n  - Ann https://sounds.example/1\n" in text
    assert f"- **bare-data** (Debian package), 1 sounds, CC-BY-SA-3.0\n  - {UNNAMED}\n" in text
    assert "- **one+pack** (Python package), 1 sounds, MIT\n  - https://sounds.example/4\n" in text
    assert "## Other licences" in text and "closed, 1 sounds, CC-BY-NC-3.0" in text
    with (tmp_path / CREDITS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["sounds"]) for row in rows) == len(ROWS)
    assert [row["sounds"] for row in rows if row["author"] == "Ann"] == ["2"]


def test_what_ships_says_so_of_every_package() -> None:
    """List and table agree, and whatever is under another licence than all others is told apart."""
    text = (EMBEDDED / ATTRIBUTION).read_text(encoding="utf-8")
    with (EMBEDDED / CREDITS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table: Counter[tuple[str, str]] = Counter()
    for row in rows:
        assert row["held_out"] == str(int(is_held_out(row["package"])))
        table[row["package"], row["licence"]] += int(row["sounds"])
    listed: Counter[tuple[str, str]] = Counter()
    for package, sounds, licence in re.findall(r"^- \*\*(.+)\*\* \(.*\), (\d+) sounds, (.+)$", text, re.M):
        listed[package, licence] += int(sounds)
    assert listed == table
    closed = {row["package"] for row in rows if not is_open(row["licence"]) and row["held_out"] == "0"}
    others = text.partition("## Other licences")[2]
    assert closed == set(re.findall(r"^- ([^,]+),", others, re.M))


@pytest.mark.skipif("PUNCHIN_CORPUS" not in os.environ, reason="PUNCHIN_CORPUS names no corpus")
def test_what_ships_names_all_of_the_corpus() -> None:
    """Row for row, with the number of sounds of each."""
    found = read_credits(Path(os.environ["PUNCHIN_CORPUS"]))
    with (EMBEDDED / CREDITS).open(newline="", encoding="utf-8") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    expected = {tuple(vars(one).values()): sounds for one, sounds in found.items()}
    assert {tuple(row[:6]): int(row[7]) for row in rows} == expected
