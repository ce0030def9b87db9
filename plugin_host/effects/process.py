"""The process that loads effects: it may hang, crash or print what it likes without harm to anybody.

``python -m plugin_host.effects.process JOB``: JOB is the file that ``host.py`` wrote. What happens is told on
standard output, one JSON object a line. Sound lies in files of float32, (frames, channels).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pedalboard
from numpy.typing import NDArray

from presets.effects import EFFECTS, PLUGIN, unpacked_state

Float32 = NDArray[np.float32]
Tell = Callable[[Mapping[str, object]], None]

# Played at once of what is told of as it goes: ten seconds or so.
_PIECE_BLOCKS = 64
# Pedalboard's own that hold sound back: only of a whole sound does it take that out.
_LATE = frozenset({"GSMFullRateCompressor", "MP3Compressor", "PitchShift", "Resample"})
# Of "describe" and "test": what a parameter that is a name may be.
_MOST_NAMES = 40
_TEST_RATE = 48_000
_TEST_FRAMES = 12_000


class UnusableError(Exception):
    """An effect can't do what it is to do; its text is a sentence."""


def main(job: Path) -> int:
    """Does the job; 0 also where an effect could not, which was told."""
    tell = _only_ours()
    wanted = json.loads(job.read_text(encoding="utf-8"))
    try:
        for news in _JOBS[wanted["job"]](wanted):
            tell(news)
    except UnusableError as error:
        tell({"problem": str(error)})
    else:
        tell({"done": True})
    return 0


def _only_ours() -> Tell:
    """Standard output for news; what plugins print goes where their complaints go."""
    news = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(what: Mapping[str, object]) -> None:
        print(json.dumps(what), file=news, flush=True)

    return tell


def _play(wanted: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """All effects, one after the other: each hears the whole sound, in blocks of one size."""
    channels, rate = int(wanted["channels"]), int(wanted["rate"])
    sound = np.fromfile(wanted["input"], np.float32).reshape(-1, channels)
    for number, effect in enumerate(wanted["effects"]):
        yield {"doing": "load", "effect": number}
        players = _players(effect, channels)
        yield {"doing": "play", "effect": number}
        sound = yield from _told(effect, players, sound, rate, int(wanted["block"]))
    sound.tofile(wanted["output"])


def _check(wanted: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """Loaded only."""
    for number, effect in enumerate(wanted["effects"]):
        yield {"doing": "load", "effect": number}
        _players(effect, 1)


def _describe(wanted: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """What each has to be set."""
    for number, effect in enumerate(wanted["effects"]):
        yield {"doing": "load", "effect": number}
        (player,) = _players(effect, 1)
        _settle(effect, player)
        yield {"described": number, **_described(effect, player)}


def _test(wanted: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """A little noise through each, mono and stereo."""
    noise = np.random.default_rng(0).standard_normal((_TEST_FRAMES, 2)).astype(np.float32) * np.float32(0.1)
    for number, effect in enumerate(wanted["effects"]):
        yield {"doing": "load", "effect": number}
        players = _players(effect, 1)
        yield {"doing": "play", "effect": number}
        taken = [channels for channels in (1, 2) if _takes(effect, players, noise[:, :channels])]
        yield {"tested": number, "channels": taken, "latency": _latency(players[0])}


def _settle(effect: Mapping[str, Any], player: Any) -> None:
    """Many plugins take what was set over into their state with the next block only."""
    silence = np.zeros((_TEST_FRAMES, 2), np.float32)
    any(_takes(effect, [player], silence[:, :channels]) for channels in (2, 1))


def _takes(effect: Mapping[str, Any], players: list[Any], noise: Float32) -> bool:
    try:
        _played(effect, players, noise, _TEST_RATE, _TEST_FRAMES)
    except UnusableError:
        return False
    return True


def _players(effect: Mapping[str, Any], channels: int) -> list[Any]:
    """One for all channels; of Pedalboard's own, which know mono and stereo, one for each of more."""
    if effect["effect"] == PLUGIN:
        return [_plugin(effect)]
    return [_own(effect) for _ in range(channels if channels > 2 else 1)]


def _own(effect: Mapping[str, Any]) -> Any:
    with _in_a_sentence(effect):
        return getattr(pedalboard, effect["effect"])(**effect["parameters"])


def _plugin(effect: Mapping[str, Any]) -> Any:
    with _in_a_sentence(effect):
        plugin: Any = pedalboard.VST3Plugin(effect["path"], plugin_name=effect["part"] or None)
    if not plugin.is_effect:
        raise UnusableError(f"{effect['title']} is an instrument, and takes no sound.")
    if effect["state"]:
        with _in_a_sentence(effect):
            plugin.raw_state = unpacked_state(effect["state"])
    if effect["settings"]:
        with _in_a_sentence(effect):
            plugin.load_preset(effect["settings"])
    for name, value in effect["parameters"].items():
        _set(effect, plugin, name, value)
    return plugin


def _set(effect: Mapping[str, Any], plugin: Any, name: str, value: object) -> None:
    if name not in plugin.parameters:
        known = ", ".join(plugin.parameters)
        raise UnusableError(f'{effect["title"]} has no parameter "{name}"; it has {known or "none"}.')
    with _in_a_sentence(effect):
        setattr(plugin, name, value)


def _told(
    effect: Mapping[str, Any], players: list[Any], sound: Float32, rate: int, block: int
) -> Generator[Mapping[str, object], None, Float32]:
    """A whole sound; how far it is, after each piece.

    An effect with latency is played at once, after a piece that only says how long that will take.
    """
    piece = _PIECE_BLOCKS * block
    if len(sound) <= piece:
        return _played(effect, players, sound, rate, block)
    begun = time.monotonic()
    played = [_played(effect, players, sound[:piece], rate, block)]
    if effect["effect"] in _LATE or any(map(_latency, players)):
        yield {"expected": (time.monotonic() - begun) * len(sound) / piece}
        return _played(effect, players, sound, rate, block)
    for start in range(piece, len(sound), piece):
        yield {"played": start}
        played.append(_played(effect, players, sound[start : start + piece], rate, block, start))
    return np.concatenate(played)


def _played(
    effect: Mapping[str, Any], players: list[Any], sound: Float32, rate: int, block: int, start: int = 0
) -> Float32:
    """As long as it was: Pedalboard takes each effect's latency out, and what rings on is cut.

    start: the frame that it goes on from; 0: nothing was played before.
    """
    with _in_a_sentence(effect):
        parts = np.split(sound, len(players), axis=1)
        heard = [
            player.process(np.ascontiguousarray(part.T), float(rate), buffer_size=block, reset=not start)
            for player, part in zip(players, parts, strict=True)
        ]
        played: Float32 = np.ascontiguousarray(np.concatenate(heard).T, np.float32)
    if played.shape != sound.shape:
        raise UnusableError(
            f"{effect['title']} gave {played.shape[0]} frames of {played.shape[1]} channels for "
            f"{sound.shape[0]} of {sound.shape[1]}."
        )
    if not np.isfinite(played).all():
        seconds = (start + int(np.argmin(np.isfinite(played).all(axis=1)))) / rate
        raise UnusableError(f"{effect['title']} gave a sample that is not a number at {seconds:.3f} s.")
    return played


def _described(effect: Mapping[str, Any], player: Any) -> dict[str, object]:
    if effect["effect"] == PLUGIN:
        rows = [_parameter(player, name) for name in player.parameters]
    else:
        rows = [
            {"name": name, "low": low, "high": high, "value": float(getattr(player, name))}
            for name, (low, high) in EFFECTS[effect["effect"]].items()
        ]
    return {"parameters": rows, "latency": _latency(player), "state": _state(player)}


def _parameter(plugin: Any, name: str) -> dict[str, object]:
    """Of a plugin; its range, or the names that it takes."""
    parameter, value = plugin.parameters[name], getattr(plugin, name)
    row: dict[str, object] = {"name": name, "unit": (parameter.label or "").strip()}
    if isinstance(parameter.min_value, int | float) and not isinstance(value, bool | str):
        row |= {"low": float(parameter.min_value), "high": float(parameter.max_value), "value": float(value)}
    elif isinstance(value, bool):
        row |= {"value": bool(value)}
    else:
        row |= {"value": str(value), "names": [str(each) for each in parameter.valid_values[:_MOST_NAMES]]}
    return row


def _latency(player: Any) -> int:
    return int(getattr(player, "reported_latency_samples", 0))


def _state(player: Any) -> str:
    """Packed as presets keep it; "" where there is none, or too much of it."""
    from presets.effects import packed_state
    from presets.errors import PresetError

    with contextlib.suppress(PresetError):
        return packed_state(bytes(player.raw_state)) if hasattr(player, "raw_state") else ""
    return ""


@contextlib.contextmanager
def _in_a_sentence(effect: Mapping[str, Any]) -> Iterator[None]:
    """Pedalboard raises whatever fits Python; its texts are sentences about the plugin."""
    try:
        yield
    except (AttributeError, ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        _refuse(effect, error)


def _refuse(effect: Mapping[str, Any], error: Exception) -> NoReturn:
    text = " ".join(str(error).split()).rstrip(".")
    raise UnusableError(f"{effect['title']} can't be used: {text[:400]}.") from error


_JOBS: dict[str, Callable[[Mapping[str, Any]], Iterator[Mapping[str, object]]]] = {
    "play": _play,
    "check": _check,
    "describe": _describe,
    "test": _test,
}

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
