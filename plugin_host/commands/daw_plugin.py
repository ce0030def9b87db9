"""``punchin daw build-plugin``, ``plugins`` and ``forget``; and how the plugin on a track is chosen."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from engine.commands.arguments import UsageError
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.config import find_home
from plugin_host.bridge import Daw
from plugin_host.commands.daw_install import ledger_of
from plugin_host.daws import adapter
from plugin_host.errors import DawError
from plugin_host.here import here
from plugin_host.timeline import Region
from plugin_host.vst3 import connect as connect_plugin
from plugin_host.vst3.build import Built, Format, build
from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort
from plugin_host.vst3.regions import HELP, time
from plugin_host.vst3.state import describe

PLUGIN = "plugin"


def add_arguments(name: str, row: argparse.ArgumentParser) -> None:
    """The options of one action."""
    if name == "build-plugin":
        row.add_argument("--format", choices=[each.value for each in Format], help="one of them (all)")
        row.add_argument("--out", metavar="FOLDER", help="where it goes (punchin-plugin)")
        row.add_argument("--install", action="store_true", help="put it where the DAWs of this account look")
    if name == "forget":
        _add_instance(row)
        row.add_argument("--region", metavar="FROM..TO", help="only those that overlap it (all)")


def add_plugin_options(name: str, row: argparse.ArgumentParser) -> None:
    """What ``punch``, ``get`` and ``put`` have to know where NAME is the plugin."""
    _add_instance(row)
    if name != "put":
        row.add_argument("--region", metavar="WHAT", help=f"plugin: what is selected: {HELP} (pass)")
        row.add_argument("--fps", metavar="RATE", help="plugin: what timecode counts in, such as 25")


def _add_instance(row: argparse.ArgumentParser) -> None:
    row.add_argument("--instance", type=int, metavar="N", help="plugin: which one, as its window says")


def connected(arguments: argparse.Namespace) -> AbstractContextManager[Daw]:
    """The DAW of a command line. Raises UsageError or DawError."""
    chosen = {option: getattr(arguments, option, None) for option in ("instance", "region", "fps")}
    if arguments.NAME == PLUGIN:
        return connect_plugin(chosen["instance"] or 0, chosen["region"] or "pass", chosen["fps"] or "")
    given = next((option for option, value in chosen.items() if value is not None), "")
    if given:
        raise UsageError(f"--{given} goes with the plugin only; {arguments.NAME} knows what is selected.")
    return adapter(arguments.NAME).connect()


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Does it. Raises UsageError or DawError."""
    if arguments.action == "build-plugin":
        return _build(arguments)
    return _plugins() if arguments.action == "plugins" else _forget(arguments)


def _build(arguments: argparse.Namespace) -> Outcome:
    if arguments.install:
        return _install(arguments)
    formats = [Format(arguments.format)] if arguments.format else list(Format)
    built: list[Built] = []
    for each in formats:
        print(f"building {each.upper()}, for stereo and mono tracks", file=sys.stderr, flush=True)
        out = Path(arguments.out or "punchin-plugin")
        try:
            built += build([each], out.absolute())
        except OSError as error:
            raise DawError(f"The folder {out} can't be written ({error.strerror}).") from error
    rows = [
        {"format": each.format.value, "channels": each.channels, "path": str(each.path), "bytes": each.bytes}
        for each in built
    ]
    return Outcome({"built": rows}, tuple(f"{each.path}  {each.bytes / 1000:.0f} kB" for each in built))


def _install(arguments: argparse.Namespace) -> Outcome:
    """As ``punchin daw install plugin`` does, so that ``remove plugin`` takes it away again."""
    if arguments.out:
        raise UsageError("Say --out or --install, not both.")
    if arguments.format:
        raise UsageError("--install puts all formats where DAWs look: leave --format out, or say --out.")
    print("building all formats, for stereo and mono tracks", file=sys.stderr, flush=True)
    installation = adapter(PLUGIN).installation(here())
    ledger_of(PLUGIN).install(installation)
    rows = [{"path": str(file.path), "bytes": len(file.content)} for file in installation.files]
    lines = (f"{file.path}  {len(file.content) / 1000:.0f} kB" for file in installation.files)
    return Outcome({"built": rows}, (*lines, *installation.notes))


def _plugins() -> Outcome:
    rows, lines = list[dict[str, object]](), list[str]()
    for announcement in instances(find_home().state):
        with PluginPort.connect(announcement) as port:
            status, takes = port.status(), port.takes()
        rows.append({**asdict(status), "held": [asdict(take) for take in takes]})
        lines.append(describe(status))
        for take in takes:
            there = (
                f"frames {take.start} to {take.start + take.frames}" if take.frames else "its file is gone"
            )
            lines.append(f"  take {take.number}{' (latest)' if take.leads else ''}: {there}  {take.path}")
    return Outcome({"plugins": rows}, tuple(lines) or ("No Punch-In plugin runs.",))


def _forget(arguments: argparse.Namespace) -> Outcome:
    announcement = the_instance(instances(find_home().state), arguments.instance or 0)
    with PluginPort.connect(announcement) as port:
        start, end = -(2**62), 2**62
        if arguments.region:
            region = _span(arguments.region, port.status().sample_rate)
            start, end = region.start, region.end
        count = port.forget(start, end)
    return Outcome({"forgotten": count}, (f"{count} takes are played no more; their files stay.",))


def _span(text: str, sample_rate: int) -> Region:
    start, _, end = text.partition("..")
    first, last = time(start, sample_rate), time(end, sample_rate)
    if last <= first:
        raise UsageError("--region: say FROM..TO, the later time last.")
    return Region(first, last - first, sample_rate)
