"""The options that ``render`` and ``generate`` share: the protocol's keys, by the groups people think of.

Nothing is checked here that the engine checks: what was typed becomes a message, and the engine's own
parser reads it. What was not typed is not in it.
"""

from __future__ import annotations

import argparse
import itertools
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands.arguments import UsageError, add_json_option, number, time_option, whole
from engine.commands.times import Frames, parse_time
from engine.errors import as_engine_error
from engine.protocol.keys import Key, Kind
from engine.protocol.osc import Argument, RawMessage
from engine.protocol.requests import GUIDE_REGION, REQUESTS, RenderRequest, default_of, parse_request
from engine.protocol.vocabulary import RENDER_GROUPS, RENDER_KEYS, SOURCE_KEYS
from engine.take_names import is_same_file, numbered

if TYPE_CHECKING:
    from presets.effects import Effect

ADDRESS = "/punchin/render"
# Variations of this share are as far from each other, beside takes of other seeds, as parts of one recording
# are beside other recordings of such a sound (RESULTS.md).
PACK_VARY = 0.4

# Said otherwise on the command line, or nothing for it: chunks and drafts are for who plays them at once.
_NOT_OFFERED = {key.name for key in SOURCE_KEYS} | {
    "mask",
    "low_hz",
    "high_hz",
    "pack",
    "output",
    "overwrite",
    "scratch",
    "chunks",
    "draft",
    "priority",
}
_METAVARS = {
    "along": "TIME TEXT",
    "curve": "TIME:AMOUNT,...",
    "guide": "FILE",
    "guide_start": "TIME",
    "markers": "TIME LABEL",
    "model": "NAME",
    "negative": "TEXT",
    "prompt": "TEXT",
    "recipe": "TAKE",
    "time_reference": "FRAMES",
    "source_prompt": "TEXT",
    "ucs": "ID",
}
_MORE = {
    "along": "; again for each",
    "markers": "; again for each",
    "takes": "; more than one are numbered: name-1.wav, name-2.wav",
    "prompt": ", in which (boots:1.3) weighs more and {gravel|snow} is one of these",
}
# Of a preset, by what was typed: what would go against it.
_REPLACES = {
    "mode": ("strength", "curve", "method", "source_prompt"),
    "strength": ("curve",),
    "lufs": ("loudness",),
    "loudness": ("lufs",),
    "recipe": ("seed",),
}
_REPEATED = {"along": " | ", "markers": " | "}


def add_render_options(parser: argparse.ArgumentParser, without: Collection[str] = ()) -> None:
    """Options of every job, group by group; ``without`` some keys."""
    for title, keys in RENDER_GROUPS.items():
        offered = [key for key in keys if key.name not in _NOT_OFFERED and key.name not in without]
        group = parser.add_argument_group(title)
        if title == "what it should sound like":
            _add_preset(group)
        if title == "where":
            _add_mask_and_band(group, without)
        for key in offered:
            _add_option(group, key)
        if title == "takes":
            group.add_argument("--pack", type=whole, metavar="N", help=_PACK_HELP)
            if "draft" not in without:
                group.add_argument("--draft", metavar="FILE", help=_DRAFT_HELP)
        if title == "file":
            if "output" not in without:
                group.add_argument("--force", action="store_true", help="replace OUT if it is there")
            add_json_option(group)


def _add_preset(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--preset", metavar="NAME", help="a preset; options given beside it go before it")
    group.add_argument(
        "--slot",
        action="append",
        default=[],
        metavar="KEY=TEXT",
        help="what goes into a slot of the preset's prompt; again for each; TEXT alone fills {}",
    )
    group.add_argument(
        "--effect",
        action="append",
        metavar="'NAME KEY=VALUE ...'",
        help="an effect that takes then go through, in the place of the preset's; again for each",
    )
    group.add_argument("--without-effects", action="store_true", help="leave out the preset's effects")


_PACK_HELP = (
    f"so many variations for round robin, equally loud: --takes N --vary {PACK_VARY:g} if not said otherwise"
)
_DRAFT_HELP = (
    "a WAV file of the region that can be heard early: first a quick draft, in which the take replaces piece "
    "by piece what it is done with"
)


def _add_mask_and_band(group: argparse._ArgumentGroup, without: Collection[str]) -> None:
    if "mask" in without:
        return
    group.add_argument(
        "--mask",
        nargs="+",
        action="extend",
        default=[],
        metavar="START:END",
        help="for inpaint: which spans to make anew, on the same clock as --region (all of it)",
    )
    group.add_argument("--band", metavar="LOW-HIGH", help="which frequencies to make anew, in Hz (all)")


def _add_option(group: argparse._ArgumentGroup, key: Key) -> None:
    """One key as an option; its value stays None until it is given."""
    option = f"--{key.name.replace('_', '-')}"
    if key.kind is Kind.SWITCH:
        group.add_argument(option, action=argparse.BooleanOptionalAction, help=_help(key))
    else:
        group.add_argument(
            option,
            type=_TYPES.get(key.kind, str),
            action="append" if key.name in _REPEATED else "store",
            metavar=_METAVARS.get(key.name) or key.unit.upper() or _KIND_METAVARS.get(key.kind, "TEXT"),
            help=_help(key),
        )


_TYPES = {Kind.WHOLE: whole, Kind.NUMBER: number}
# What a key's meaning says of the value that stands for none.
_UNSET = re.compile(r"(.*?)(?:; (?:below 0|0|1|without|empty): (.*))?")
_KIND_METAVARS = {Kind.WHOLE: "N", Kind.NUMBER: "X", Kind.CHOICE: "NAME"}


def _help(key: Key) -> str:
    """The meaning, the values taken, and in brackets what holds when nothing is said."""
    meaning, unset = _UNSET.fullmatch(key.meaning).groups()  # type: ignore[union-attr]  # it matches all
    low = 0 if key.low == -1 else key.low
    limits = replace(key, low=low).range if key.kind in (Kind.NUMBER, Kind.CHOICE) else ""
    taken = f": {limits}" if limits else ""
    default = f" ({unset or _default(key)})" if unset or _default(key) else ""
    return f"{meaning}{_MORE.get(key.name, '')}{taken}{default}".replace("%", "%%")


def _default(key: Key) -> str:
    """A number, a word, yes or no; empty where there is none."""
    default = default_of(REQUESTS[ADDRESS], key)
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, int | float):
        return f"{default:g}"
    return str(default) if isinstance(default, str) else ""


def new_job_id() -> str:
    """A name no other client uses."""
    return f"cli-{secrets.token_hex(4)}"


def preset_keys(
    arguments: argparse.Namespace, new: bool = False, without: Collection[str] = ()
) -> dict[str, Argument]:
    """Keys and values of the preset that was asked for, ``without`` some; nothing where none was.

    new: there is no recording. Raises UsageError or EngineError.
    """
    if arguments.preset is None:
        if arguments.slot or arguments.without_effects:
            raise UsageError("--slot and --without-effects go with --preset.")
        return {}
    from engine.commands.preset_request import keys_of

    keys = keys_of(arguments.preset, arguments.slot, new)
    return {name: value for name, value in keys.items() if name not in without}


def effects_of(arguments: argparse.Namespace) -> tuple[Effect, ...]:
    """What its takes then go through: what was typed, else the preset's. Raises UsageError or EngineError.

    They are loaded once, so that a take is not made for effects that are not there.
    """
    from engine.commands.effects_after import check_effects
    from engine.commands.presets_options import effect_of
    from presets.errors import PresetError
    from presets.store import Store

    if arguments.effect and arguments.without_effects:
        raise UsageError("--effect and --without-effects exclude each other.")
    chain: tuple[Effect, ...] = ()
    with as_engine_error(PresetError):
        if arguments.effect:
            chain = tuple(effect_of(text) for text in arguments.effect)
        elif arguments.preset is not None and not arguments.without_effects:
            chain = Store().find(arguments.preset).preset.effects
    check_effects(chain)
    return chain


def request_of(
    arguments: argparse.Namespace,
    source: Mapping[str, Argument],
    preset: Mapping[str, Argument] | None = None,
) -> RenderRequest:
    """The request of a command line, as the engine itself reads it, with OUT checked as the engine would.

    OUT may be None: then takes go into the take folder. source: keys and values of what is worked on.
    preset: those that hold where nothing else was typed.
    Raises UsageError or EngineError.
    """
    from engine.audio.atomic import check_output

    typed = dict(_given(arguments)) | _pack(arguments) | _band(arguments)
    pairs = dict(source) | beside(preset or {}, typed) | typed | _file(arguments)
    words = [word for pair in pairs.items() for word in pair]
    request = parse_request(RawMessage(ADDRESS, (new_job_id(), *words))).request
    assert isinstance(request, RenderRequest)
    outputs = _of_takes(request.output, request.takes)
    drafts = _of_takes(arguments.draft, request.takes)
    _check_apart("OUT", outputs, map(Path, request.recordings))
    _check_apart("--draft", drafts, (*map(Path, request.paths), *outputs))
    for path in outputs:
        check_output(path, request.overwrite)
    return request


def _of_takes(name: str | None, takes: int) -> list[Path]:
    """The files that a job's takes, or their drafts, go into."""
    return [numbered(Path(name).absolute(), take, takes) for take in range(takes)] if name else []


def _check_apart(option: str, written: Iterable[Path], others: Iterable[Path]) -> None:
    """Not even --force writes over what a take is made of. Raises UsageError."""
    for one, other in itertools.product(written, others):
        if one == other or is_same_file(one, other):
            raise UsageError(f"{option} would replace {other}, which belongs to the job; name another file.")


def beside(preset: Mapping[str, Argument], typed: Collection[str]) -> dict[str, Argument]:
    """What a preset says beside what was typed: one strength leaves no curve of another."""
    replaced = {name for key, names in _REPLACES.items() if key in typed for name in names}
    return {name: value for name, value in preset.items() if name not in replaced}


def _given(arguments: argparse.Namespace) -> dict[str, Argument]:
    """What was typed, by key, as OSC would carry it."""
    typed = {key: getattr(arguments, key.name, None) for key in RENDER_KEYS if key.name not in _NOT_OFFERED}
    return {key.name: _sent(key, value) for key, value in typed.items() if value is not None}


def _sent(key: Key, value: Any) -> Argument:
    if key.name in _REPEATED:
        return _REPEATED[key.name].join(value)
    if key.name in ("guide", "recipe") and value != GUIDE_REGION:
        return str(Path(value).absolute())
    if key.kind is Kind.POSITION:
        time = time_option(f"--{key.name.replace('_', '-')}", lambda: parse_time(value))
        return time.frames if isinstance(time, Frames) else float(time.seconds)
    sent: Argument = value
    return sent


def _pack(arguments: argparse.Namespace) -> dict[str, Argument]:
    if arguments.pack is None:
        return {}
    if arguments.takes not in (None, arguments.pack):
        raise UsageError(f"--pack {arguments.pack} is so many takes: leave --takes out.")
    vary = PACK_VARY if arguments.vary is None else arguments.vary
    return {"pack": True, "takes": arguments.pack, "vary": vary}


def _band(arguments: argparse.Namespace) -> dict[str, Argument]:
    """``--band 200-2000``; either end may be left out."""
    text = getattr(arguments, "band", None)
    if text is None:
        return {}
    low, dash, high = text.partition("-")
    try:
        return {"low_hz": float(low or 0.0), "high_hz": float(high or 0.0)} if dash else {}[text]
    except (ValueError, KeyError):
        raise UsageError(
            f"--band: write two frequencies in Hz such as 200-2000, not {text[:40]!r}."
        ) from None


def _file(arguments: argparse.Namespace) -> dict[str, Argument]:
    draft = arguments.draft
    heard: dict[str, Argument] = {"chunks": False} if draft is None else {"draft": True}
    if arguments.OUT is None:
        return heard
    return {"output": str(Path(arguments.OUT).absolute()), "overwrite": arguments.force} | heard
