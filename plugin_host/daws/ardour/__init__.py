"""Ardour 7 and 8: Lua inside of it, files between it and us. README.md says how to use it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from engine.config import HOME_VARIABLE, find_home
from engine.errors import EngineError
from plugin_host.bridge import Daw
from plugin_host.daws.ardour.daw import ArdourDaw
from plugin_host.daws.ardour.key_bindings import KeyBinding
from plugin_host.daws.ardour.places import Ardour, exact_version, installed
from plugin_host.daws.ardour.spool import Spool
from plugin_host.daws.ardour.ui_scripts import UiScripts, slot_of
from plugin_host.errors import DawError
from plugin_host.install import Edit, Installation, NewFile, Where
from plugin_host.round_trip import RoundTrip

TITLE = "Ardour"
_HELLO_SECONDS = 3.0


def version(where: Where) -> str:
    """The newest version that is installed here, or ""."""
    found = installed(where)
    return exact_version(found[0].number) if found else ""


def installation(where: Where) -> Installation:
    """Scripts, an action and a key for each version that is there. Raises DawError if none is."""
    found = installed(where)
    if not found:
        raise DawError("Ardour 7 or 8 is not installed here.")
    files_of_all = [file for ardour in found for file in _files(where, ardour)]
    edits = [edit for ardour in found for edit in _edits(ardour)]
    notes = (
        "Close Ardour before, and start it again after: it writes its own files when it ends.",
        "In Ardour, select a region or a range, and press Ctrl+Alt+P.",
    )
    return Installation(tuple(files_of_all), tuple(edits), notes)


@contextlib.contextmanager
def connect() -> Iterator[Daw]:
    """The Ardour that runs. What goes wrong inside the ``with`` is said there, too, if a key began it."""
    spool = spool_here()
    spool.clear()
    daw = ArdourDaw(spool)
    daw.hello(_HELLO_SECONDS)
    sentence = ""
    try:
        yield daw
    except (DawError, EngineError) as error:
        sentence = error.sentence
        raise
    except Exception as error:  # a defect is said there, too: at the key nobody sees this process
        sentence = f"Punch-In failed: {error}"
        raise
    finally:
        with contextlib.suppress(DawError):  # Ardour may be what is gone
            daw.close(sentence)


def check() -> str:
    """Asks the running Ardour which session is open."""
    return f'Ardour answers; its session is "{ArdourDaw(spool_here()).hello(_HELLO_SECONDS)}".'


def round_trip(folder: Path) -> RoundTrip:
    """The whole way in an Ardour of its own; see ``trial.py``."""
    from plugin_host.daws.ardour.trial import round_trip as run

    return run(folder)


def spool_here() -> Spool:
    """The folder between the scripts and us, of this account."""
    return Spool(spool_folder())


def spool_folder() -> Path:
    """Where it is."""
    return find_home().state / "ardour"


def _files(where: Where, ardour: Ardour) -> Iterator[NewFile]:
    target = scripts_folder(ardour)
    for script in sorted(files(__package__).joinpath("scripts").iterdir(), key=lambda each: each.name):
        if script.name.endswith(".lua"):
            yield NewFile(target / script.name, script.read_bytes())
    yield NewFile(target / "settings.lua", _settings(where).encode())


def scripts_folder(ardour: Ardour) -> Path:
    """Where our scripts lie; not among the user's own, which Ardour would list."""
    return ardour.settings / "punchin"


def _edits(ardour: Ardour) -> tuple[Edit, Edit]:
    scripts = ardour.settings / "ui_scripts"
    before = scripts.read_text(encoding="utf-8") if scripts.is_file() else ""
    return (
        UiScripts(scripts, scripts_folder(ardour)),
        KeyBinding(
            ardour.settings / "ardour.keys", ardour.keys.read_text(encoding="utf-8"), slot_of(before, scripts)
        ),
    )


def _settings(where: Where) -> str:
    """What scripts have to know, as a table of Lua: strings as in JSON, but for what is not ASCII."""
    command = where.command
    home = where.environment.get(HOME_VARIABLE, "")
    if home and sys.platform != "win32":  # Ardour's environment is another one
        command = ("/usr/bin/env", f"{HOME_VARIABLE}={home}", *command)
    words = ", ".join(_lua(word) for word in command)
    spool = Path(home).absolute() / "ardour" if home else spool_folder()
    return f"return {{ spool = {_lua(spool.as_posix())}, command = {{ {words} }} }}\n"


def _lua(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
