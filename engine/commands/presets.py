"""``punchin presets``: what to ask for, kept by name. No engine is asked, save by ``apply`` and ``try``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.commands import generate, presets_try, render
from engine.commands.arguments import Parser, UsageError, add_json_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome, cancelled
from engine.commands.preset_request import check_accepted, read_slots, resolved_here
from engine.commands.presets_editor import edited
from engine.commands.presets_options import add_content_options, are_given, preset_of_take, with_contents
from engine.commands.presets_text import described, plain, table
from engine.errors import as_engine_error
from presets.errors import PresetError
from presets.packs import PACK, read_any, write_one, write_pack
from presets.preset import Preset, tidy_tag
from presets.search import all_tags, matching
from presets.slots import slot_names
from presets.store import Entry, Saved, Store, damaged_files, duplicate

QUESTIONS = (
    "list [WORDS] | show NAME | save NAME | edit NAME | tag NAME | duplicate NAME NEW | delete NAME | "
    "import FILES | export NAMES FILE | apply NAME | tags | try"
)
EPILOG = """A star in the list marks your own presets. One with the name of a factory preset takes its place,
and when you delete it the factory's is back.

  punchin presets apply "Heavy rain" generate OUT --seconds 4
  punchin presets save "My gravel" --from take.wav --tags foley,steps
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    rows = parser.add_subparsers(dest="question", required=True, metavar=QUESTIONS, parser_class=Parser)
    _add_looking(rows)
    _add_changing(rows)
    _add_travelling(rows)
    applied = rows.add_parser("apply", help="render or generate with a preset: the same as with --preset")
    _add_apply(applied)
    presets_try.add_arguments(rows.add_parser("try", help=presets_try.SUMMARY, epilog=presets_try.EPILOG))
    for row in rows.choices.values():
        if row is not applied:
            add_json_option(row)


def _add_looking(rows: argparse._SubParsersAction[Parser]) -> None:
    listed = rows.add_parser("list", help="all presets, or those with these words")
    listed.add_argument("WORDS", nargs="*", help="all of them; each may go on: gra finds gravel")
    listed.add_argument("--tag", action="append", default=[], metavar="TAG", help="only with this tag, too")
    listed.add_argument("--own", action="store_true", help="only your own")
    shown = rows.add_parser("show", help="all about one preset")
    shown.add_argument("NAME")
    shown.add_argument("--slot", action="append", default=[], metavar="KEY=TEXT", help="what fills a slot")
    rows.add_parser("tags", help="every tag and how many presets have it")


def _add_changing(rows: argparse._SubParsersAction[Parser]) -> None:
    saved = rows.add_parser("save", help="keep a preset of your own")
    saved.add_argument("NAME")
    saved.add_argument("--from", dest="take", metavar="TAKE", help="begin with the recipe in a take's file")
    saved.add_argument("--force", action="store_true", help="replace a preset of that name")
    add_content_options(saved)
    changed = rows.add_parser("edit", help="change a preset: by options, or without any in your editor")
    changed.add_argument("NAME")
    changed.add_argument("--name", metavar="NEW", help="another name")
    add_content_options(changed)
    tagged = rows.add_parser("tag", help="add and remove tags")
    tagged.add_argument("NAME")
    tagged.add_argument("TAGS", nargs="*", help="tags to add")
    tagged.add_argument("--remove", action="append", default=[], metavar="TAG", help="a tag to remove")
    doubled = rows.add_parser("duplicate", help="copy a preset under another name")
    doubled.add_argument("NAME")
    doubled.add_argument("NEW")
    gone = rows.add_parser("delete", help="delete a preset of your own")
    gone.add_argument("NAME")
    gone.add_argument("--yes", action="store_true", help="don't ask")


def _add_travelling(rows: argparse._SubParsersAction[Parser]) -> None:
    brought = rows.add_parser("import", help="take presets from files and packs")
    brought.add_argument("FILES", nargs="+", help=f"presets (.toml) and packs ({PACK})")
    clash = brought.add_mutually_exclusive_group()
    clash.add_argument("--force", action="store_true", help="replace presets of the same name")
    clash.add_argument("--rename", action="store_true", help="keep both: the new one gets a number")
    sent = rows.add_parser("export", help="write presets to a file, or a pack of several")
    sent.add_argument("NAMES", nargs="*", help="which presets")
    sent.add_argument("FILE", help=f"NAME.toml for one, NAME{PACK} for any number")
    sent.add_argument("--tag", action="append", default=[], metavar="TAG", help="all that have this tag")
    sent.add_argument("--own", action="store_true", help="all of your own")
    sent.add_argument("--force", action="store_true", help="replace FILE if it is there")


def _add_apply(row: argparse.ArgumentParser) -> None:
    row.add_argument("NAME")
    commands = row.add_subparsers(dest="how", required=True, metavar="render | generate", parser_class=Parser)
    for name, command, summary in (
        ("render", render, "to a region of a recording"),
        ("generate", generate, "for a new sound"),
    ):
        command.add_arguments(commands.add_parser(name, help=summary, epilog=command.EPILOG))


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Looks into the folders of presets, and changes what is in the user's."""
    if arguments.question == "apply":
        if arguments.preset is not None:
            raise UsageError("Name one preset: --preset says the same as NAME.")
        arguments.preset = arguments.NAME
        if arguments.how == "render":
            return render.run(arguments, connect)
        return generate.run(arguments, connect)
    with as_engine_error(PresetError):
        if arguments.question == "try":
            return presets_try.run(arguments, connect)
        return _ANSWERS[arguments.question](arguments, Store())


def _list(arguments: argparse.Namespace, store: Store) -> Outcome:
    shelf = store.shelf()
    found = matching(shelf.entries, arguments.WORDS, arguments.tag)
    if arguments.own:
        found = tuple(entry for entry in found if not entry.is_factory)
    complaints = [problem.sentence for problem in shelf.problems]
    aside = damaged_files(store)
    if aside:
        complaints.append(f"Damaged files that were kept aside: {', '.join(map(str, aside))}.")
    value = {"presets": [plain(entry) for entry in found], "problems": complaints}
    return Outcome(value, tuple(table(found)), " ".join(complaints))


def _show(arguments: argparse.Namespace, store: Store) -> Outcome:
    """The value has the request, too, for those who send it themselves."""
    entry = store.find(arguments.NAME)
    given = read_slots(arguments.slot)
    unfilled = [
        name for name in slot_names(entry.preset) if not (given.get(name) or entry.preset.slots.get(name))
    ]
    value: dict[str, object] = {"preset": plain(entry), "unfilled": unfilled}
    notes: tuple[str, ...] = ()
    if not unfilled:
        resolved = resolved_here(entry.preset, given)
        value["request"], notes = dict(resolved.keys), resolved.notes
    return Outcome(value, tuple(described(entry)), " ".join(notes))


def _tags(_arguments: argparse.Namespace, store: Store) -> Outcome:
    tags = all_tags(store.shelf().entries)
    return Outcome({"tags": tags}, tuple(f"{count:>4}  {tag}" for tag, count in tags.items()))


def _save(arguments: argparse.Namespace, store: Store) -> Outcome:
    if arguments.take is None and arguments.prompt is None:
        raise UsageError("Say what it should sound like: --prompt TEXT, or --from TAKE.")
    if arguments.take is None:
        start = Preset(arguments.NAME, arguments.prompt)
    else:
        start = preset_of_take(arguments.NAME, Path(arguments.take))
    preset = with_contents(start, arguments)
    check_accepted(preset)
    return _saved(preset.name, store.save(preset, arguments.force))


def _edit(arguments: argparse.Namespace, store: Store) -> Outcome:
    def changed(preset: Preset) -> Preset:
        new = with_contents(replace(preset, name=arguments.name or preset.name), arguments)
        check_accepted(new)
        return new

    if not arguments.name and not are_given(arguments):
        return edited(arguments.NAME, store)
    return _saved(arguments.name or arguments.NAME, store.change(arguments.NAME, changed))


def _tag(arguments: argparse.Namespace, store: Store) -> Outcome:
    if not arguments.TAGS and not arguments.remove:
        raise UsageError("Say which tags: some to add, or --remove TAG.")
    gone = {tidy_tag(tag) for tag in arguments.remove}

    def changed(preset: Preset) -> Preset:
        tags = dict.fromkeys((*preset.tags, *map(tidy_tag, arguments.TAGS)))
        return replace(preset, tags=tuple(tag for tag in tags if tag not in gone))

    store.change(arguments.NAME, changed)
    entry = store.find(arguments.NAME)
    return Outcome(
        {"preset": plain(entry)}, (f"{entry.preset.name}: {', '.join(entry.preset.tags) or 'no tags'}",)
    )


def _duplicate(arguments: argparse.Namespace, store: Store) -> Outcome:
    return _saved(arguments.NEW, duplicate(store, arguments.NAME, arguments.NEW))


def _delete(arguments: argparse.Namespace, store: Store) -> Outcome:
    entry = store.find(arguments.NAME)
    if not entry.is_factory and not arguments.yes and sys.stdin.isatty():
        print(f"Delete {entry.preset.name!r}, {entry.path}? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return cancelled("Nothing was deleted.")
    path = store.delete(arguments.NAME)
    return Outcome({"deleted": str(path)}, (f"deleted {path}",))


def _import(arguments: argparse.Namespace, store: Store) -> Outcome:
    presets: list[Preset] = []
    for file in arguments.FILES:
        presets += read_any(Path(file))
    if arguments.rename:
        presets = _renamed(presets, store)
    saved = store.save_all(presets, arguments.force)
    rows = [{"name": preset.name, "file": str(one.path)} for preset, one in zip(presets, saved, strict=True)]
    aside = tuple(path for one in saved for path in one.aside)
    return Outcome({"presets": rows}, tuple(f"{row['name']}: {row['file']}" for row in rows), _aside(aside))


def _renamed(presets: Sequence[Preset], store: Store) -> list[Preset]:
    names: list[str] = []
    for preset in presets:
        names.append(store.free_name(preset.name, names))
    return [replace(preset, name=name) for preset, name in zip(presets, names, strict=True)]


def _export(arguments: argparse.Namespace, store: Store) -> Outcome:
    from engine.audio.atomic import check_output

    chosen = _chosen(arguments, store)
    path = Path(arguments.FILE).absolute()
    check_output(path, arguments.force)
    if path.suffix.lower() == PACK:
        write_pack(chosen, path)
    elif len(chosen) == 1:
        write_one(chosen[0], path)
    else:
        raise UsageError(f"{len(chosen)} presets go into a pack: name a file that ends in {PACK}.")
    return Outcome({"file": str(path), "presets": [entry.preset.name for entry in chosen]}, (str(path),))


def _chosen(arguments: argparse.Namespace, store: Store) -> tuple[Entry, ...]:
    found = [store.find(name) for name in arguments.NAMES]
    if arguments.tag or arguments.own:
        tagged = matching(store.shelf().entries, (), arguments.tag)
        found += [entry for entry in tagged if not (arguments.own and entry.is_factory)]
    chosen = tuple({entry.preset.key: entry for entry in found}.values())
    if not chosen:
        raise UsageError("Say which presets: their names, --tag TAG or --own. There are none of these.")
    return chosen


def _saved(name: str, saved: Saved) -> Outcome:
    value = {"name": name, "file": str(saved.path), "aside": [str(path) for path in saved.aside]}
    return Outcome(value, (f"{name}: {saved.path}",), _aside(saved.aside))


def _aside(paths: Sequence[Path]) -> str:
    return f"A damaged file was in its place and is now {', '.join(map(str, paths))}." if paths else ""


_ANSWERS: dict[str, Callable[[argparse.Namespace, Store], Outcome]] = {
    "list": _list,
    "show": _show,
    "tags": _tags,
    "save": _save,
    "edit": _edit,
    "tag": _tag,
    "duplicate": _duplicate,
    "delete": _delete,
    "import": _import,
    "export": _export,
}
