"""Who made the sounds that weights were trained on: for people, and as a table."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from engine.training.corpus import PROCEDURAL_EACH, is_held_out, is_open

ATTRIBUTION, CREDITS = "ATTRIBUTION.md", "ATTRIBUTION.csv"
REGISTRIES = {"deb": "Debian package", "git": "repository", "pypi": "Python package", "npm": "npm package"}
UNNAMED = "authors as the copyright notice of the package names them"
# What a list of authors may hold beside their names: headings, bullets, links to a place in the list itself.
_MARKUP = re.compile(r"^#.*|^[-\s]+|\[[^\]]*\]\(#[^)]*\)")


@dataclass(frozen=True, order=True)
class Credit:
    """Sounds of one maker in one package."""

    package: str
    version: str
    licence: str
    author: str
    source: str
    registry: str

    @property
    def who(self) -> str:
        """Its maker and where it comes from, as far as the package says."""
        return " ".join(part for part in (_MARKUP.sub("", self.author).strip(), self.source) if part)


def read_credits(corpus: Path) -> Counter[Credit]:
    """How many of the corpus's sounds each is for."""
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        return Counter(
            Credit(*(row[entry.name] for entry in fields(Credit))) for row in csv.DictReader(manifest)
        )


def write_attribution(corpus: Path, bundle: Path) -> None:
    """Who made the sounds the weights were trained on, and those that are kept from training."""
    credit = sorted(read_credits(corpus).items())
    with (bundle / CREDITS).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*(entry.name for entry in fields(Credit)), "held_out", "sounds"])
        table.writerows([*astuple(one), int(is_held_out(one.package)), sounds] for one, sounds in credit)
    lines = [
        "# Attribution",
        "",
        "The weights of this model were trained on the sounds listed here and are licensed CC-BY-SA-4.0.",
        f"{PROCEDURAL_EACH} sounds of each of a few classes were made by rule (training/procedural.py).",
        "The text encoder is all-MiniLM-L6-v2 by the sentence-transformers authors, Apache-2.0, quantized.",
        f"`{CREDITS}` is the same as a table.",
        "",
        *_packages((one, sounds) for one, sounds in credit if not is_held_out(one.package)),
        "",
        "## Kept from training",
        "",
        "The weights were measured with these, and not trained on them.",
        "",
        *_packages((one, sounds) for one, sounds in credit if is_held_out(one.package)),
        *_others(credit),
    ]
    (bundle / ATTRIBUTION).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _packages(credit: Iterable[tuple[Credit, int]]) -> Iterator[str]:
    """A line for each package and licence, and below it everybody whom the package names."""
    people: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one, sounds in credit:
        registry = REGISTRIES.get(one.registry, one.registry)
        people[one.package, registry, one.licence][one.who or UNNAMED] += sounds
    for (package, registry, licence), named in sorted(people.items()):
        yield f"- **{package}** ({registry}), {named.total()} sounds, {licence}"
        yield from (f"  - {who}" for who in sorted(named))


def _others(credit: Iterable[tuple[Credit, int]]) -> list[str]:
    """What was trained on and would not be again."""
    found = [
        f"- {one.package}, {sounds} sounds, {one.licence}"
        for one, sounds in credit
        if not is_open(one.licence) and not is_held_out(one.package)
    ]
    if not found:
        return []
    return [
        "",
        "## Other licences",
        "",
        "These are none of CC0, public domain, MIT, BSD, CC-BY and CC-BY-SA; what is packed from now on "
        "leaves them out.",
        "",
        *found,
    ]
