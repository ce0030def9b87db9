"""Commands of packages that the engine does not know."""

from __future__ import annotations

import sys
import tomllib
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from engine.commands import additions
from engine.commands.line import COMMANDS, run_line
from engine.commands.outcome import Outcome

PROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"


def registered() -> dict[str, str]:
    """What pyproject.toml registers."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    entries: dict[str, str] = project["entry-points"][additions.GROUP]
    return entries


def connect(*_: object) -> object:
    """No engine is needed."""
    raise AssertionError("nobody asked for an engine")


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A package that adds the command "sing", and tries to take over "status"."""
    sung: list[object] = []
    module = ModuleType("singing")
    module.SUMMARY, module.EPILOG = "sing a song", ""  # type: ignore[attr-defined]
    module.add_arguments = lambda parser: parser.add_argument("SONG")  # type: ignore[attr-defined]

    def run(arguments: SimpleNamespace, _connect: object) -> Outcome:
        sung.append(arguments.SONG)
        return Outcome({}, ("la",))

    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "singing", module)
    points = [EntryPoint(name, "singing", additions.GROUP) for name in ("sing", "status")]
    monkeypatch.setattr(additions, "entry_points", lambda **_: points)
    return sung


def test_an_added_command_is_run_and_listed(added: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    """As one of our own."""
    assert run_line(["sing", "carol"], connect) == 0  # type: ignore[arg-type]
    assert added == ["carol"]
    assert capsys.readouterr().out == "la\n"
    run_line(["--help"], connect)  # type: ignore[arg-type]
    assert "sing a song" in capsys.readouterr().out


def test_our_own_commands_can_not_be_taken_over(added: list[object]) -> None:
    """A package that registers one of our names is not heard."""
    del added
    assert "status" not in additions.summaries(COMMANDS)


@pytest.mark.parametrize("name", sorted(registered()))
def test_what_is_registered_is_a_light_command(name: str) -> None:
    """It offers what the command line asks for."""
    module = import_module(registered()[name])
    assert module.SUMMARY
    assert callable(module.add_arguments)
    assert callable(module.run)
