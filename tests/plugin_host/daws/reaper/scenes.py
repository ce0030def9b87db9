"""What is in a project, and what its script sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from tests.plugin_host.daws.reaper.conftest import sound, write_wav

RATE = 8_000  # of most tests: a lower rate is as exact, and sooner done


def recording(
    folder: Path, seconds: float = 2.0, channels: int = 1, rate: int = RATE, subtype: str = "FLOAT"
) -> Path:
    return write_wav(folder / "steps.wav", sound(round(seconds * rate), channels), rate, subtype)


def takes(folder: Path, frames: int, count: int = 2, rate: int = RATE) -> list[Path]:
    names = [f"FOLYFeet_Boots on gravel-{number:03d}_PNCH_NONE.wav" for number in range(1, count + 1)]
    return [write_wav(folder / name, sound(frames, 1, 50 + at), rate) for at, name in enumerate(names)]


def project(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"rate": RATE, "tracks": [{"name": "Feet", "items": list(items)}], **more}


def excerpt(state: Any) -> tuple[np.ndarray[Any, Any], int]:
    samples, rate = sf.read(Path(state["extra"]["folder"]) / "excerpt-1.wav", dtype="float32", always_2d=True)
    return samples, rate


def request(state: Any) -> dict[str, str]:
    text = (Path(state["extra"]["folder"]) / "request.txt").read_text(encoding="utf-8")
    return dict(line.split(" ", 1) for line in text.splitlines()[:-1])
