"""Who made the sounds that weights were trained on: for people, and as a table."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from engine.training.corpus import PROCEDURAL_EACH

ATTRIBUTION, CREDITS = "ATTRIBUTION.md", "ATTRIBUTION.csv"


@dataclass(frozen=True, order=True)
class Credit:
    """Sounds of one maker in one package."""

    package: str
    version: str
    licence: str
    author: str
    source: str


def read_credits(corpus: Path) -> Counter[Credit]:
    """How many of the corpus's sounds each is for."""
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        return Counter(
            Credit(*(row[entry.name] for entry in fields(Credit))) for row in csv.DictReader(manifest)
        )


def write_attribution(corpus: Path, bundle: Path) -> None:
    """Who made the sounds the weights were trained on: for people, and as a table."""
    credit = sorted(read_credits(corpus).items())
    with (bundle / CREDITS).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*(entry.name for entry in fields(Credit)), "sounds"])
        table.writerows([*astuple(one), sounds] for one, sounds in credit)
    packages: dict[tuple[str, str], set[str]] = defaultdict(set)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for one, sounds in credit:
        counts[one.package, one.licence] += sounds
        who = " ".join(part for part in (one.author, one.source) if part)
        if who:
            packages[one.package, one.licence].add(who)
    lines = [
        "# Attribution",
        "",
        "The weights of this model were trained on the sounds listed here and are licensed CC-BY-SA-4.0.",
        f"{PROCEDURAL_EACH} sounds of each of a few classes were made by rule (training/procedural.py).",
        "The text encoder is all-MiniLM-L6-v2 by the sentence-transformers authors, Apache-2.0, quantized.",
        f"`{CREDITS}` is the same as a table.",
        "",
    ]
    for (package, licence), count in sorted(counts.items()):
        lines.append(f"- **{package}**, {count} sounds, {licence}")
        lines += [f"  - {who}" for who in sorted(packages[package, licence])]
    (bundle / ATTRIBUTION).write_text("\n".join(lines) + "\n", encoding="utf-8")
