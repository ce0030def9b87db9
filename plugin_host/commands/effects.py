"""``punchin effects``: takes through Pedalboard's effects and the user's VST3 plugins. No engine is asked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands.arguments import Parser, UsageError, add_json_option, number, quoted, time_option
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.commands.presets_options import effect_of
from engine.commands.progress import Display, display
from engine.commands.times import parse_span
from engine.config import find_home
from engine.errors import EngineError, ErrorCode, as_engine_error
from engine.protocol.replies import Progress
from engine.protocol.sources import frames
from plugin_host.effects.plugins import MORE_FOLDERS, Installed, installed_plugins, plugin_folders
from presets.effects import EFFECTS, PLUGIN, Effect
from presets.errors import PresetError

if TYPE_CHECKING:
    from engine.retake import Part
    from plugin_host.effects.host import Host, Playing

_EFFECT = "'NAME KEY=VALUE ...'"
_MOST_NAMES_SHOWN = 8
EPILOG = f"""examples:
  punchin effects info ZamCompX2
  punchin effects apply take.wav wet.wav --effect "Reverb room_size=0.6"
  punchin effects apply take.wav loud.wav --effect "VST3 plugin=ZamCompX2 threshold_db=-20" --effect "Limiter"
  punchin effects info ZamCompX2 --settings mine.vstpreset --keep chain.toml
  punchin effects apply scene.wav out.wav --region 3:5 --chain chain.toml

Length and place stay: latency is taken out, and what rings on beyond the end is cut, behind its fade.
Only the made part of a take changes. Plugins are looked for where the system has VST3s, and in
{MORE_FOLDERS}.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    rows = parser.add_subparsers(
        dest="question", required=True, metavar="list | info NAME | test | apply", parser_class=Parser
    )
    listed = rows.add_parser("list", help="the effects there are, and the plugins of this machine")
    described = rows.add_parser("info", help="what an effect or plugin has to be set, with its ranges")
    described.add_argument("NAME")
    described.add_argument("--settings", metavar="FILE", help="a .vstpreset to begin with")
    described.add_argument("--keep", metavar="FILE", help="write it, with its state, as a chain (.toml)")
    tested = rows.add_parser(
        "test", help="load plugins and play a little noise, each in a process of its own"
    )
    tested.add_argument("NAMES", nargs="*", help="which plugins (all)")
    applied = rows.add_parser("apply", help="put takes, or a region of a recording, through effects")
    _add_apply(applied)
    for row in (described, tested, applied):
        row.add_argument(
            "--limit", type=number, metavar="S", help="seconds an effect may take to answer (30)"
        )
    for row in (listed, described, tested, applied):
        add_json_option(row)


def _add_apply(row: argparse.ArgumentParser) -> None:
    add = row.add_argument
    add("FILES", nargs="*", help="IN OUT; with --in-place any number of takes")
    add("--in-place", action="store_true", help="takes become what the effects make of them")
    add("--region", metavar="START:END", help="which part of a recording (what a take's recipe says, or all)")
    add("--effect", action="append", metavar=_EFFECT, help="an effect; again for each")
    add("--chain", metavar="FILE", help="a file with [[effects]], as presets have them; - for stdin")
    add("--preset", metavar="NAME", help="the effects of a preset")
    add("--check", action="store_true", help="only load them and look at their parameters")
    add("--force", action="store_true", help="replace OUT if it is there")
    add("--news", action="store_true", help="say on stderr how far it is, as a JSON object a line")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Does what was asked for. Raises UsageError or EngineError."""
    with as_engine_error(PresetError):
        return _ANSWERS[arguments.question](arguments)


def _list(_arguments: argparse.Namespace) -> Outcome:
    folders = plugin_folders()
    plugins = installed_plugins(folders)
    rows = [f"{name:<24}{', '.join(known)}".rstrip() for name, known in EFFECTS.items()]
    rows += [f"{plugin.name:<24}{plugin.path}" for plugin in plugins]
    if not plugins:
        rows += [f"(no plugins in {', '.join(map(str, folders))})"]
    value = {
        "effects": list(EFFECTS),
        "plugins": [{"name": plugin.name, "path": str(plugin.path)} for plugin in plugins],
    }
    return Outcome(value, tuple(rows))


def _info(arguments: argparse.Namespace) -> Outcome:
    effect = _named(arguments.NAME)
    settings = str(Path(arguments.settings).absolute()) if arguments.settings else ""
    if settings and effect.name != PLUGIN:
        raise UsageError("--settings is for plugins.")
    news = _host(arguments).describe(effect, settings)
    if arguments.keep:
        _keep(Path(arguments.keep).absolute(), replace(effect, state=news["state"]))
    head = f"{effect.title}: latency {news['latency']} frames"
    value = {"name": effect.title, **{key: news[key] for key in ("parameters", "latency", "state")}}
    return Outcome(value, (head, *map(_parameter, news["parameters"])))


def _keep(path: Path, effect: Effect) -> None:
    from engine.retake import new_file
    from presets.document import encode_chain

    with new_file(path, overwrite=False) as part:
        part.write(encode_chain([effect]))


def _parameter(row: Mapping[str, Any]) -> str:
    if "low" in row:
        unit = f" {row['unit']}" if row.get("unit") else ""
        taken = f"{row['low']:g} to {row['high']:g}{unit}  ({row['value']:g})"
    elif "names" in row:
        names = row["names"][:_MOST_NAMES_SHOWN]
        more = ", ..." if len(row["names"]) > len(names) else ""
        taken = f"{', '.join(names)}{more}  ({row['value']})"
    else:
        taken = f"true or false  ({str(row['value']).lower()})"
    return f"  {row['name']:<28}{taken}"


def _test(arguments: argparse.Namespace) -> Outcome:
    names = arguments.NAMES or [plugin.name for plugin in installed_plugins(plugin_folders())]
    rows = [_tested(name, _host(arguments)) for name in names]
    bad = [row["name"] for row in rows if not row["ok"]]
    complaint = f"{len(bad)} of {len(rows)} can't be used: {', '.join(bad)}." if bad else ""
    lines = tuple(f"{row['name']:<24}{row['text']}" for row in rows)
    return Outcome({"tested": rows}, lines, complaint, ExitCode.EFFECT if bad else ExitCode.OK)


def _tested(name: str, host: Host) -> dict[str, Any]:
    try:
        news = host.test(_named(name))
    except EngineError as error:
        return {"name": name, "ok": False, "text": error.sentence}
    channels = [_CHANNELS[count] for count in news["channels"]]
    text = f"{' and '.join(channels) or 'neither mono nor stereo'}, latency {news['latency']} frames"
    return {"name": name, "ok": bool(channels), "text": text, **news}


_CHANNELS = {1: "mono", 2: "stereo"}


def _apply(arguments: argparse.Namespace) -> Outcome:
    chain, host = _chain(arguments), _host(arguments)
    if arguments.check:
        host.check(chain)
        return Outcome({"effects": [effect.title for effect in chain]}, ("all effects are there",))
    if not chain:
        raise UsageError("Say which effects: --effect, --chain or --preset.")
    host.check(chain)
    written: list[str] = []
    notices: list[str] = []
    with display() as shown:
        watched = replace(host, watch=_tell if arguments.news else _watching(shown))
        for part, output, overwrite in _work(arguments):
            notices += _treated(part, chain, watched, output, overwrite)
            written.append(str(output))
    return Outcome({"files": written, "notices": notices}, tuple(written), " ".join(notices))


def _watching(shown: Display) -> Callable[[Playing], None]:
    def watch(playing: Playing) -> None:
        which = f" ({playing.number + 1} of {playing.count})" if playing.count > 1 else ""
        percent = 100 * playing.done // playing.frames
        shown.show(Progress("", f"{playing.title}{which}", percent, 100, playing.seconds_left))

    return watch


def _tell(playing: Playing) -> None:
    """For a program that shows it in its own words."""
    print(json.dumps(asdict(playing)), file=sys.stderr, flush=True)


def _treated(
    part: Part, chain: Sequence[Effect], host: Host, output: Path, overwrite: bool
) -> tuple[str, ...]:
    from plugin_host.effects.treatment import treat

    return treat(find_home(), part, chain, host, output, overwrite)


def _work(arguments: argparse.Namespace) -> Iterator[tuple[Part, Path, bool]]:
    """Which part of which file becomes which file."""
    from engine.retake import check_output

    files = [Path(name).absolute() for name in arguments.FILES]
    if arguments.in_place:
        if arguments.region:
            raise UsageError("--region goes with IN OUT: a recording is never changed in its place.")
        for file in files:
            yield _part(file, None), file, True
        return
    if len(files) != 2:
        raise UsageError("Name IN and OUT, or takes and --in-place.")
    source, output = files
    if source.resolve() == output.resolve():
        raise UsageError("OUT is IN itself; say --in-place if that is what you mean.")
    check_output(output, arguments.force)
    yield _part(source, arguments.region), output, arguments.force


def _part(path: Path, region: str | None) -> Part:
    from engine.retake import inspect_recording, part_of_recording, part_of_take

    if region is None:
        return part_of_take(path)
    span = time_option("--region", lambda: parse_span(region, None))
    start, end = (frames(at) for at in span.at(inspect_recording(path).sample_rate))
    return part_of_recording(path, start, end)


def _chain(arguments: argparse.Namespace) -> tuple[Effect, ...]:
    ways = [way for way in ("effect", "chain", "preset") if getattr(arguments, way)]
    if len(ways) > 1:
        raise UsageError(f"--{ways[0]} and --{ways[1]} exclude each other.")
    if arguments.effect:
        return tuple(effect_of(text) for text in arguments.effect)
    if arguments.preset:
        from presets.store import Store

        return Store().find(arguments.preset).preset.effects
    return _read_chain(arguments.chain) if arguments.chain else ()


def _read_chain(name: str) -> tuple[Effect, ...]:
    from presets.document import MAX_CHAIN_BYTES, decode_chain
    from presets.folder import read_limited

    if name == "-":
        return decode_chain(sys.stdin.buffer.read(MAX_CHAIN_BYTES + 1))
    try:
        return decode_chain(read_limited(Path(name), MAX_CHAIN_BYTES))
    except OSError as error:
        raise EngineError(ErrorCode.NOT_FOUND, f"{name} can't be read: {error.strerror}.") from error


def _named(name: str) -> Effect:
    """One of Pedalboard's own by its name, else a plugin."""
    own = next((known for known in EFFECTS if known.casefold() == name.casefold()), None)
    return Effect(own) if own else Effect(PLUGIN, plugin=name)


def _host(arguments: argparse.Namespace) -> Host:
    from plugin_host.effects.host import LIMIT_SECONDS, Host

    limit = LIMIT_SECONDS if arguments.limit is None else arguments.limit
    if not 0.0 < limit <= 3600.0:
        raise UsageError(f"--limit is more than 0 and at most 3600 s, not {quoted(str(limit))}.")
    return Host(_installed(), limit)


def _installed() -> tuple[Installed, ...]:
    return installed_plugins(plugin_folders())


_ANSWERS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "list": _list,
    "info": _info,
    "test": _test,
    "apply": _apply,
}
