"""Takes in a project's own folder: there they stay for as long as the project does."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from engine.errors import EngineError, ErrorCode

_MOST_WAV_BYTES = 2**32 - 2**16


def keep_file(take: Path, folder: Path) -> Path:
    """A copy of a take in ``folder``, under the first free name. Raises EngineError(CANT_WRITE)."""
    return _placed(folder, take.stem, lambda part: shutil.copyfile(take, part))


def keep_samples(samples: npt.NDArray[np.float32], sample_rate: int, name: str, folder: Path) -> Path:
    """The same for samples, (frames, channels), that came over the network: a float WAV file."""
    kind = "RF64" if samples.nbytes > _MOST_WAV_BYTES else "WAV"
    return _placed(
        folder, Path(name).stem, lambda part: sf.write(part, samples, sample_rate, "FLOAT", format=kind)
    )


def _placed(folder: Path, stem: str, write: Callable[[Path], object]) -> Path:
    """A file that takes its name when it is whole."""
    part = folder / f".punchin-{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(part)
        path = _first_free(folder, stem)
        part.replace(path)
    except (OSError, sf.LibsndfileError) as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"The take can't be put into {folder} ({error}); it stays in the take folder.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _first_free(folder: Path, stem: str) -> Path:
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(path for name in names if not (path := folder / f"{name}.wav").exists())
