"""``punchin daw check`` and ``test``: does a DAW answer, and is its way out and back exact?"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.errors import EngineError
from plugin_host.clean_home import clean_home
from plugin_host.daws import DAWS, adapter
from plugin_host.errors import DawError
from plugin_host.round_trip import RoundTrip

ALL = "all"
PLUGIN_IN_ARDOUR = "plugin-in-ardour"
PLUGIN_WITHOUT_WINDOW = "plugin-in-headless-ardour"
# Those that "all" starts; the others can only be started by whoever works with them.
PROVEN = ("ardour", "audacity", PLUGIN_IN_ARDOUR, PLUGIN_WITHOUT_WINDOW)


def add_arguments(name: str, row: argparse.ArgumentParser) -> None:
    """The options of one action."""
    names = [*DAWS, PLUGIN_IN_ARDOUR, PLUGIN_WITHOUT_WINDOW, ALL] if name == "test" else list(DAWS)
    row.add_argument("NAME", choices=names, metavar="NAME", help=", ".join(names))
    if name == "test":
        row.add_argument("--screenshots", metavar="FOLDER", help="keep a picture of each DAW with its take")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Does it. Raises DawError."""
    if arguments.action == "check":
        sentence = adapter(arguments.NAME).check()
        return Outcome({"sentence": sentence}, (sentence,))
    names = PROVEN if arguments.NAME == ALL else (arguments.NAME,)
    pictures = Path(arguments.screenshots).absolute() if arguments.screenshots else None
    return report([_try(name, pictures) for name in names])


def _try(name: str, pictures: Path | None) -> tuple[str, RoundTrip | str]:
    """What came of one, or the sentence in its place."""
    print(f"{name}: from a clean home; this takes a while", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="punchin-daw-", ignore_cleanup_errors=True) as folder:
        try:
            with clean_home(Path(folder) / "punchin-home"):
                trip = _trip_of(name)(Path(folder))
        except (DawError, EngineError) as error:
            return name, error.sentence
        return name, _with_picture(name, trip, pictures)


def _trip_of(name: str) -> Callable[[Path], RoundTrip]:
    if name == PLUGIN_IN_ARDOUR:
        from plugin_host.daws.ardour.plugin_trial import round_trip

        return round_trip
    if name == PLUGIN_WITHOUT_WINDOW:
        from plugin_host.daws.ardour.headless_trial import round_trip as without_window

        return without_window
    return adapter(name).round_trip


def _with_picture(name: str, trip: RoundTrip, pictures: Path | None) -> RoundTrip:
    """Its screenshot out of the folder that is about to go; without a place for it, it goes as well."""
    if trip.screenshot is None or pictures is None:
        return replace(trip, screenshot=None)
    pictures.mkdir(parents=True, exist_ok=True)
    kept = pictures / f"{name}{trip.screenshot.suffix}"
    kept.write_bytes(trip.screenshot.read_bytes())
    return replace(trip, screenshot=kept)


def is_exact(trip: RoundTrip) -> bool:
    """Whether the take is where it belongs, and nothing else has changed."""
    return trip.position_error == 0 and trip.differing_samples == 0 and trip.compared_samples > 0


def report(results: list[tuple[str, RoundTrip | str]]) -> Outcome:
    """Lines for each; the command fails unless every one is exact."""
    lines: list[str] = []
    for name, result in results:
        lines += [f"{name}: {result}"] if isinstance(result, str) else _lines(result)
    exact = all(not isinstance(result, str) and is_exact(result) for _name, result in results)
    rows = {name: {"sentence": one} if isinstance(one, str) else _plain(one) for name, one in results}
    return Outcome({"exact": exact, "daws": rows}, tuple(lines), "", ExitCode.OK if exact else ExitCode.CHECK)


def _lines(trip: RoundTrip) -> list[str]:
    stages = ", ".join(f"{name} {_said(seconds)}" for name, seconds in trip.stages)
    lines = [
        f"{trip.daw}: {'exact' if is_exact(trip) else 'NOT EXACT'}",
        f"  take of {trip.region_frames} frames, position error {trip.position_error} frames",
        f"  {trip.differing_samples} of {trip.compared_samples} samples outside the mask differ",
        f"  {stages}",
    ]
    return lines + ([f"  {trip.screenshot}"] if trip.screenshot else [])


def _said(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


def _plain(trip: RoundTrip) -> dict[str, object]:
    picture = str(trip.screenshot) if trip.screenshot else None
    return asdict(trip) | {"screenshot": picture, "stages": dict(trip.stages), "exact": is_exact(trip)}
