"""``punchin demo [FOLDER]``: a real recording, a region of it restyled by the engine, and a picture."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.arguments import add_json_option
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect, Finished, JobCancelled, follow
from engine.commands.outcome import Outcome, cancelled
from engine.commands.progress import display
from engine.commands.render_options import new_job_id
from engine.errors import EngineError, ErrorCode
from engine.protocol.requests import FileSource, Mode, RenderRequest
from engine.protocol.sources import frames

if TYPE_CHECKING:
    from engine.audio.mel import Float32

EPILOG = "The recording and its licence: see engine/commands/demo/ATTRIBUTION.md in the package.\n"

RECORDING = "stream.flac"
SUBJECT = "a brook"
REGION_SECONDS = (3, 6)
PROMPT = "a fire crackling"
STRENGTH = 0.8
CROSSFADE_SECONDS = 0.1
SEED = 1


@dataclass(frozen=True)
class Comparison:
    """What lies in the two files: samples that differ outside and inside the region."""

    outside: int
    inside: int
    seconds: float  # of the region

    @property
    def exact(self) -> bool:
        """Nothing outside the region has changed, and something inside has."""
        return self.outside == 0 and self.inside > 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("FOLDER", nargs="?", default="punchin-demo", help="where to put it (./%(default)s)")
    add_json_option(parser)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Makes the three files, and checks with its own eyes that the return was exact."""
    folder = Path(arguments.FOLDER).absolute()
    before, after, picture = (folder / name for name in ("before.wav", "after.wav", "demo.png"))
    request = make_request(before, after, write_recording(before))
    with display() as shown, connect(True, (folder,)) as engine:
        try:
            finished = follow(engine, request, shown)
        except JobCancelled:
            return cancelled(f"The demo was cancelled; {before} was left.")
    comparison = compare(before, after, picture)
    return report((before, after, picture), comparison, finished)


def write_recording(path: Path) -> int:
    """Unpacks the recording to ``path``; returns its sample rate. Raises EngineError(CANT_WRITE)."""
    import soundfile

    with as_file(files("engine.commands") / "demo" / RECORDING) as packed:
        samples, sample_rate = soundfile.read(packed, dtype="int16", always_2d=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}")
        soundfile.write(draft, samples, sample_rate, subtype="PCM_16", format="WAV")
        draft.replace(path)
    except (OSError, soundfile.LibsndfileError) as error:
        sentence = f"{path} can't be written ({error}); name another folder: punchin demo FOLDER."
        raise EngineError(ErrorCode.CANT_WRITE, sentence) from error
    return int(sample_rate)


def make_request(before: Path, after: Path, sample_rate: int) -> RenderRequest:
    """The same job every time."""
    start, end = (frames(second * sample_rate) for second in REGION_SECONDS)
    return RenderRequest(
        job_id=new_job_id(),
        source=FileSource(str(before), start, end),
        prompt=PROMPT,
        mode=Mode.TRANSFER,
        strength=STRENGTH,
        seed=SEED,
        crossfade_seconds=CROSSFADE_SECONDS,
        output=str(after),
        overwrite=True,
        want_chunks=False,
    )


def compare(before: Path, after: Path, picture: Path) -> Comparison:
    """Reads both files back, counts what differs, and draws them."""
    import numpy as np
    import soundfile

    (old, rate), (new, new_rate) = (
        soundfile.read(path, dtype="float32", always_2d=True) for path in (before, after)
    )
    if (old.shape, rate) != (new.shape, new_rate):
        raise EngineError(ErrorCode.INTERNAL, f"{after} has another length or rate than {before}.")
    start, end = (second * rate for second in REGION_SECONDS)
    differs = np.asarray(old != new)
    inside = int(differs[start:end].sum())
    draw(old, new, rate, picture)
    return Comparison(int(differs.sum()) - inside, inside, (end - start) / rate)


def draw(old: Float32, new: Float32, sample_rate: int, path: Path) -> None:
    """Saves the picture. Raises EngineError(CANT_WRITE)."""
    from engine.commands.layout import Marks
    from engine.commands.picture import draw_comparison

    start, end = REGION_SECONDS
    marks = Marks((start, end), ((start, end),), CROSSFADE_SECONDS)
    title = f'Punch-In: {SUBJECT}, seconds {start} to {end} restyled as "{PROMPT}"'
    image = draw_comparison(old, new, sample_rate, marks, title, ("before.wav", "after.wav"))
    try:
        image.save(path)
    except OSError as error:
        raise EngineError(ErrorCode.CANT_WRITE, f"{path} can't be written ({error.strerror}).") from error


def report(paths: tuple[Path, Path, Path], comparison: Comparison, finished: Finished) -> Outcome:
    """Where the files are, how long it took, and whether the return was exact."""
    value = {
        "before": str(paths[0]),
        "after": str(paths[1]),
        "picture": str(paths[2]),
        "samples_changed_outside": comparison.outside,
        "samples_changed_inside": comparison.inside,
        "seconds": round(finished.seconds, 3),
        "timings": finished.timings,
    }
    speed = f"{finished.seconds / comparison.seconds:.2f} times real time"
    stages = {name: seconds for name, seconds in finished.timings.items() if name != "total"}
    lines = (
        *(str(path) for path in paths),
        f"{finished.seconds:.2f} s for {comparison.seconds:g} s of sound, {speed}, of which",
        *(f"  {name:<12}{seconds:7.2f} s" for name, seconds in stages.items()),
        f"outside the region {comparison.outside} samples differ, inside {comparison.inside}",
    )
    if comparison.exact:
        return Outcome(value, lines)
    return Outcome(value, lines, "the take was not returned exactly; this is a defect", ExitCode.CHECK)
