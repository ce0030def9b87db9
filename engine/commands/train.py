"""``punchin train LIBRARY``: a model learns the sounds of a folder, in this process.

The engine is not asked and may go on working; it lists the new model as soon as it is there.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.arguments import add_json_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome, cancelled
from engine.commands.progress import Display, display
from engine.commands.recipe import printable
from engine.errors import EngineError, ErrorCode
from engine.processes import let_threads_sleep
from engine.protocol.replies import Progress as Shown

if TYPE_CHECKING:
    from engine.training.finetune import News, Steps, Trained
    from engine.training.wish import Plan, Wish

EPILOG = """captions come from file names (DoorSlam_03.wav), UCS names, or a CSV with the columns filename and
caption (--captions, or captions.csv in the folder). Ctrl-C keeps what was done; the same command goes on."""
MINUTES, RANK = 30.0, 16
SHOWN_SKIPS = 8
FEW_STEPS = 100  # the average of the weights has hardly left where it began
STOPPED = "Stopped; what was done is kept, and the same command goes on from there."
ENDS = {
    "time": "it ended with its time",
    "steps": "it ended with its steps",
    "held_out": "it ended early, as sounds kept from it got no better any more",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("LIBRARY", type=Path, help="a folder of WAV, FLAC, OGG or AIFF files, with all folders in it")
    add("--name", default="", metavar="N", help="what the model will be called (the folder's name)")
    add("--minutes", type=float, default=MINUTES, metavar="M", help=f"how long it may take ({MINUTES:g})")
    add("--steps", type=int, default=0, metavar="S", help="end after so many steps, whatever time they take")
    add("--from", dest="base", default="", metavar="MODEL", help="the model to go on from (the embedded one)")
    add("--captions", type=Path, metavar="CSV", help="what the sounds are: columns filename and caption")
    add("--rank", type=int, default=RANK, metavar="R", help=f"size of the low-rank adapters ({RANK})")
    add("--full", action="store_true", help="train all weights of the denoiser instead of adapters")
    add("--device", default="auto", choices=("auto", "cpu", "cuda"), help="where it is trained (auto)")
    add("--anew", action="store_true", help="forget an unfinished training of this name")
    add_json_option(parser)


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Trains it."""
    if arguments.rank < 1:
        raise EngineError(ErrorCode.BAD_ARGUMENT, "--rank must be 1 or more; --full trains without adapters.")
    let_threads_sleep()
    with _extra_needed():
        from engine.training.finetune import train_own
        from engine.training.wish import plan_training

        plan = plan_training(_wish(arguments))
        trained = _watch(train_own(plan), plan)
    return cancelled(STOPPED) if trained is None else _finished(plan, trained)


def _wish(arguments: argparse.Namespace) -> Wish:
    from engine.training.wish import Wish

    return Wish(
        library=arguments.LIBRARY,
        name=arguments.name,
        base=arguments.base,
        minutes=arguments.minutes,
        steps=arguments.steps,
        captions=arguments.captions,
        rank=0 if arguments.full else arguments.rank,
        device=arguments.device,
        anew=arguments.anew,
    )


@contextmanager
def _extra_needed() -> Iterator[None]:
    """A package that only training needs and that is not there, as a sentence."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("torch", "onnx", "onnxscript"):
            raise
        raise EngineError(
            ErrorCode.NOT_FOUND, f"Training needs {missing}: pip install '.[train]' in Punch-In's folder."
        ) from error


def _watch(work: Steps, plan: Plan) -> Trained | None:
    """Shows the news; None if somebody stopped it, which is done between two pieces of news."""
    with closing(work), display() as shown, _asked_to_stop() as stop:
        shown.say(
            f"{plan.name}: {len(plan.files)} files, {plan.seconds / 60:.1f} min of sound, from "
            f"{plan.base.specification.name} on {plan.device}. {_promise(plan)}"
        )
        while not stop.is_set():
            try:
                news = next(work)
            except StopIteration as end:
                trained: Trained = end.value
                return trained
            _show(news, shown)
    return None


def _promise(plan: Plan) -> str:
    if plan.wish.steps:
        return f"{plan.wish.steps} steps."
    return f"Ready in about {plan.wish.minutes:g} min; it may end sooner."


def _show(news: News, shown: Display) -> None:

    from engine.training.finetune import Remark

    if isinstance(news, Remark):
        shown.say(printable(news.sentence))
    else:
        shown.show(Shown("", news.stage, news.done, news.total, news.seconds_left))


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C or a polite end of the process; the second Ctrl-C interrupts at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _finished(plan: Plan, trained: Trained) -> Outcome:
    seconds = sum(sound.seconds for sound in trained.used)
    value = {
        "name": plan.name,
        "folder": str(trained.folder),
        "from": plan.base.specification.name,
        "sounds": len(trained.used),
        "seconds_of_sound": round(seconds, 2),
        "held_out": trained.held_out,
        "skipped": [{"path": sound.path, "reason": sound.skipped} for sound in trained.skipped],
        "left_out": plan.left_out,
        "steering": trained.steering,
        "steps": trained.steps,
        "seconds": round(trained.seconds, 1),
        "ended": trained.ended,
        "measured": trained.measured,
    }
    lines = [
        f"{plan.name} is there: {len(trained.used)} sounds ({seconds / 60:.1f} min), {trained.steps} steps "
        f"in {trained.seconds / 60:.1f} min; {ENDS[trained.ended]}.",
        *_told(trained),
        *_skips(trained),
        f"Try it: punchin generate out.wav --model {plan.name} --seconds 3 "
        f'--prompt "{_prompt(plan, trained)}"',
    ]
    return Outcome(value, tuple(lines))


def _told(trained: Trained) -> Iterator[str]:
    measured = trained.measured
    if "held_out_after" in measured:
        before, after = measured["held_out_before"], measured["held_out_after"]
        better = "" if after < before else ": it learned these files, not their kind"
        files = trained.held_out
        yield f"Error on {files} files kept from it: {before:.4f} before, {after:.4f} after{better}."
    if trained.steps < FEW_STEPS and trained.ended == "time":
        yield f"It took {trained.steps} steps only and has hardly learned: give it more --minutes."
    yield f"Answers to old prompts moved by {100 * measured['old_prompts']:.1f} %."


def _skips(trained: Trained) -> Iterator[str]:
    if not trained.skipped:
        return
    yield f"{len(trained.skipped)} files were skipped:"
    for sound in trained.skipped[:SHOWN_SKIPS]:
        yield f"  {printable(sound.path)}: {printable(sound.skipped)}"
    if len(trained.skipped) > SHOWN_SKIPS:
        yield f"  and {len(trained.skipped) - SHOWN_SKIPS} more; --json names them all"


def _prompt(plan: Plan, trained: Trained) -> str:
    """What most of the sounds are called."""
    named = Counter(sound.captions[0] for sound in trained.used if sound.captions)
    return named.most_common(1)[0][0] if named else plan.name.replace("-", " ")
