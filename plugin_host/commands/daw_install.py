"""``punchin daw list``, ``install`` and ``remove``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from engine.commands.job import Connect
from engine.commands.outcome import Outcome, cancelled
from engine.config import find_home, make_home
from plugin_host.daws import DAWS, adapter
from plugin_host.errors import DawError
from plugin_host.here import here
from plugin_host.installed import Ledger, Step


def add_arguments(name: str, row: argparse.ArgumentParser) -> None:
    """The options of one action."""
    if name == "list":
        return
    row.add_argument("NAME", choices=list(DAWS), metavar="NAME", help=", ".join(DAWS))
    row.add_argument("--yes", action="store_true", help="do not ask")
    row.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Does it. Raises DawError."""
    if arguments.action == "list":
        return _list()
    return _install(arguments) if arguments.action == "install" else _remove(arguments)


def _list() -> Outcome:
    rows = [_row(name) for name in DAWS]
    lines = tuple(f"{row['name']:10} {row['title']:20} {row['state']}" for row in rows)
    return Outcome({"daws": rows}, lines)


def _row(name: str) -> dict[str, object]:
    daw = adapter(name)
    version = daw.version(here())
    installed = ledger_of(name).read() is not None
    state = f"{version or 'not found on this machine'}; Punch-In is {'' if installed else 'not '}installed"
    return {"name": name, "title": daw.TITLE, "version": version, "installed": installed, "state": state}


def _install(arguments: argparse.Namespace) -> Outcome:
    installation = adapter(arguments.NAME).installation(here())
    ledger = ledger_of(arguments.NAME)
    steps = ledger.plan(installation)
    if not _agreed(arguments, steps, "Install this?"):
        return _not_done(arguments, steps)
    make_home(find_home())
    ledger.install(installation)
    return Outcome(_value(steps, installation.notes), (*_said(arguments, steps), *installation.notes))


def _remove(arguments: argparse.Namespace) -> Outcome:
    ledger = ledger_of(arguments.NAME)
    steps = ledger.plan_removal()
    if not _agreed(arguments, steps, "Remove this?"):
        return _not_done(arguments, steps)
    try:
        edits = adapter(arguments.NAME).installation(here()).edits
    except DawError:  # the DAW has gone; what it has not rewritten goes without it
        edits = ()
    ledger.remove(edits)
    return Outcome(_value(steps), _said(arguments, steps))


def ledger_of(name: str) -> Ledger:
    """What is installed for a DAW."""
    return Ledger(find_home().state / "daws", name)


def _agreed(arguments: argparse.Namespace, steps: Iterable[Step], question: str) -> bool:
    """Shows what will be done, and asks; where nobody can answer, only --yes is one."""
    if arguments.dry_run:
        return False
    if arguments.yes:
        return True
    for step in steps:
        print(step, file=sys.stderr)
    if not sys.stdin.isatty():
        raise DawError("Nothing was changed: add --yes, for nobody can be asked here.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _not_done(arguments: argparse.Namespace, steps: tuple[Step, ...]) -> Outcome:
    if arguments.dry_run:
        return Outcome(_value(steps), tuple(map(str, steps)))
    return cancelled("Nothing was changed.")


def _said(arguments: argparse.Namespace, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """What has been done, unless it has just been read."""
    return tuple(map(str, steps)) if arguments.yes else ("done",)


def _value(steps: tuple[Step, ...], notes: tuple[str, ...] = ()) -> dict[str, object]:
    rows = [{"verb": step.verb, "path": str(step.path), "text": step.text} for step in steps]
    return {"steps": rows, "notes": list(notes)}
