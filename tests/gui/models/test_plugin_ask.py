"""What is typed in the panel is what the plugin asks for."""

from __future__ import annotations

from collections.abc import Callable

from engine.ask_file import ADDRESS, REFUSED
from engine.config import Home
from engine.protocol.osc import Argument, decode_packet
from gui.models.ask import Task
from gui.models.panel import Panel
from presets.effects import Effect

Wait = Callable[[Callable[[], bool]], None]


def _written(home: Home, address: str = ADDRESS) -> dict[Argument, Argument]:
    """The wish by key, "" for what is before the first; nothing where there is none of that address."""
    if not home.ask.is_file():
        return {}
    (message,) = decode_packet(home.ask.read_bytes())
    if message.address != address:
        return {}
    pairs = message.arguments[1:]
    return {"": message.arguments[0], **dict(zip(pairs[0::2], pairs[1::2], strict=True))}


def test_typed_prompt_is_the_plugins(panel: Panel, home: Home, until: Wait) -> None:
    """With its strength and takes, whatever is open here; the seed only where it is held."""
    panel.asking.set(prompt="boots on gravel", takes=2, strength=0.3, task=Task.EXTEND)
    until(lambda: _written(home).get("prompt") == "boots on gravel")
    wish = _written(home)
    assert (wish[""], wish["takes"], wish["strength"]) == (1, 2, 0.3)
    assert not {"seed", "path", "start", "end", "draft", "mode"} & set(wish)
    panel.asking.set(seed_locked=True, seed=11)
    until(lambda: _written(home).get("seed") == 11)
    assert _written(home)[""] == 0


def test_empty_prompt_leaves_what_was_typed(panel: Panel, home: Home, until: Wait) -> None:
    """Who clears the field to type anew does not take the plugin its wish."""
    panel.asking.set(prompt="boots on gravel")
    until(lambda: bool(_written(home)))
    panel.asking.set(prompt="")
    panel.plugin_ask._write()
    assert _written(home)["prompt"] == "boots on gravel"


def test_what_the_plugin_can_not_do_is_said_there(panel: Panel, home: Home, until: Wait) -> None:
    """Effects are the panel's; what the engine would refuse is its sentence: nothing is left out."""
    panel.asking.set(prompt="boots on gravel", effects=(Effect("Limiter"),))
    until(lambda: "effects" in str(_written(home, REFUSED).get("")))
    panel.asking.set(effects=(), loop=True, strength=0.0)
    until(lambda: "loop" in str(_written(home, REFUSED).get("")))


def test_an_ask_that_can_not_be_written_is_told_once(panel: Panel, home: Home, until: Wait) -> None:
    """Not with every letter; and again when it fails after it had worked."""
    said: list[str] = []
    panel.said.connect(said.append)
    home.ask.mkdir(parents=True)  # nothing can be put in its place
    panel.asking.set(prompt="boots")
    until(lambda: len(said) == 1)
    assert said[0].startswith("The plugin does not learn what you type here: ")
    panel.asking.set(prompt="boots on gravel")
    panel.plugin_ask._write()
    home.ask.rmdir()
    panel.asking.set(prompt="boots on snow")
    until(lambda: _written(home).get("prompt") == "boots on snow")
    assert len(said) == 1
    home.ask.unlink()
    home.ask.mkdir()
    panel.asking.set(prompt="boots on sand")
    until(lambda: len(said) == 2)
