"""The models that are kept in memory: how many, how large, and who has to go."""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.errors import EngineError, ErrorCode
from engine.models import catalogue
from engine.models.resident import Claim, Memory, Residents
from tests.bundles import make_tiny_bundle


@dataclass(eq=False)
class FakeModel:
    """A model that is only there."""

    name: str
    device: str = "cpu"

    def take_notices(self) -> list[str]:
        """Nothing to say."""
        return []


@dataclass
class System:
    """A machine with so many free bytes; what is loaded takes them."""

    free: int = 10**6
    sizes: dict[str, int] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    alive: list[weakref.ref[FakeModel]] = field(default_factory=list)
    given_back: int = 0

    def load(self, name: str) -> FakeModel:
        """Any model but "broken"."""
        if name == "broken":
            raise EngineError(ErrorCode.BAD_BUNDLE, "It is broken.")
        model = FakeModel(name)
        self.loads.append(name)
        self.alive.append(weakref.ref(model))
        return model

    def names(self) -> set[str]:
        """What is in memory now."""
        gc.collect()
        return {model.name for model in (reference() for reference in self.alive) if model is not None}

    def free_bytes(self) -> int:
        """Less for each model."""
        return self.free - sum(self.sizes[name] for name in self.names())

    def give_back(self) -> None:
        """Counted."""
        self.given_back += 1


@pytest.fixture
def system() -> System:
    """With room for all."""
    return System()


def claims(system: System, **sizes: int) -> dict[str, Claim]:
    """One for each model, a tenth of which is for computing."""
    system.sizes |= sizes
    return {name: Claim(name, "1", size, size // 10) for name, size in sizes.items()}


def residents(system: System, limit: int) -> Residents:
    """Kept within ``limit`` bytes."""
    return Residents(system.load, Memory(limit, system.free_bytes, system.give_back))  # type: ignore[arg-type]


def test_the_least_recently_used_goes_first(system: System) -> None:
    """And really goes: nobody holds on to it, and its memory is given back."""
    wanted, kept = claims(system, a=10, b=10, c=10), residents(system, 100)
    for name in "abac":
        kept.fetch(wanted[name])
    assert {"a", "c"} == system.names()
    assert ["a", "b", "c"] == system.loads
    assert 1 == system.given_back
    latest = kept.latest
    assert latest is not None and "c" == latest.name  # type: ignore[attr-defined]


def test_models_are_within_the_limit_together(system: System) -> None:
    """Or alone, if one is over it."""
    wanted, kept = claims(system, small=40, large=70, huge=500), residents(system, 100)
    for name, expected in (
        ("small", {"small"}),
        ("large", {"large"}),
        ("huge", {"huge"}),
        ("small", {"small"}),
    ):
        kept.fetch(wanted[name])
        assert expected == system.names()
    (notice,) = kept.take_notices()
    assert notice.startswith("huge may take")


def test_the_others_go_when_the_system_is_short(system: System) -> None:
    """Whatever the limit: a DAW may have taken the memory since."""
    wanted, kept = claims(system, a=400, b=400), residents(system, 10**9)
    kept.fetch(wanted["a"])
    kept.fetch(wanted["b"])
    assert {"a", "b"} == system.names()
    system.free = 830  # 30 are left, and computing with b takes 40
    kept.fetch(wanted["b"])
    assert {"b"} == system.names()
    system.free = 0
    assert "b" == kept.fetch(wanted["b"]).name  # type: ignore[attr-defined]


def test_a_model_that_was_installed_again_is_loaded_again(system: System) -> None:
    """The one before it goes."""
    wanted, kept = claims(system, a=10)["a"], residents(system, 100)
    first = weakref.ref(kept.fetch(wanted))
    newer = Claim("a", "2", 10)
    assert newer not in kept
    kept.fetch(newer)
    assert first() is None
    assert newer in kept and wanted not in kept


def test_one_that_does_not_load_leaves_the_others(system: System) -> None:
    """As far as there was room for it beside them."""
    wanted, kept = claims(system, a=10, broken=10), residents(system, 100)
    kept.fetch(wanted["a"])
    with pytest.raises(EngineError, match="broken"):
        kept.fetch(wanted["broken"])
    assert wanted["a"] in kept and wanted["broken"] not in kept


def test_a_claim_is_the_models_own(home: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The default and its name are one model, installing it again makes it another, and its size is known."""
    folder = make_tiny_bundle(tmp_path / "embedded")
    monkeypatch.setattr(catalogue, "EMBEDDED", folder)
    first = catalogue.claim_model()
    assert first == catalogue.claim_model("tiny", "cpu")
    files = sum(path.stat().st_size for path in folder.iterdir() if path.name != "manifest.json")
    assert ("tiny", files) == (first.name, first.size_bytes - first.working_bytes)
    (folder / "manifest.json").touch()
    assert first != catalogue.claim_model()
    with pytest.raises(EngineError):
        catalogue.claim_model("nobody")
    assert home
