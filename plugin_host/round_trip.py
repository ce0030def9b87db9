"""What came of a region's way out of a DAW, through the engine and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RoundTrip:
    """The proof of one DAW, measured on what the DAW itself says and plays after the take was inserted."""

    daw: str  # with its version, "Ardour 7.3.0"
    region_frames: int
    position_error: int  # frames between where the take is and where it belongs
    compared_samples: int  # outside the mask: in the take and in what was exported
    differing_samples: int  # of these
    stages: tuple[tuple[str, float], ...]  # what took how many seconds, in order
    screenshot: Path | None = None  # the DAW's window with the take in place
