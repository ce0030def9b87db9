"""What a client may ask of the engine, as frozen values. Parsing from OSC happens once, here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Mode(StrEnum):
    """What happens to the region."""

    GENERATE = "generate"  # a new sound of exactly the region's length
    TRANSFER = "transfer"  # the region, noised to ``strength`` and denoised under the prompt
    INPAINT = "inpaint"  # the masked part made anew so that it fits what is around it


class Sampler(StrEnum):
    """The reverse process; ``engine/diffusion/samplers.py`` has one function for each."""

    DPM = "dpm"  # DPM-Solver++ 2M
    DDIM = "ddim"
    DDPM = "ddpm"


@dataclass(frozen=True)
class FileSource:
    """A span of a file the engine can read. Frames are the file's own; ``end_frame`` is exclusive."""

    path: str
    start_frame: int
    end_frame: int


@dataclass(frozen=True)
class StreamSource:
    """Audio the client sends as blobs over TCP, interleaved float32: context, region, context.

    ``frames`` is the length of all of it; the region is [start_frame, end_frame) of that.
    """

    sample_rate: int
    channels: int
    frames: int
    start_frame: int
    end_frame: int


@dataclass(frozen=True)
class NewSource:
    """No recording: a new sound of ``frames`` at ``sample_rate``."""

    sample_rate: int
    channels: int
    frames: int


Source = FileSource | StreamSource | NewSource


@dataclass(frozen=True)
class RenderRequest:
    """One job: everything that decides what comes out. Same request, same model: same samples."""

    job_id: str
    source: Source
    prompt: str
    mode: Mode = Mode.TRANSFER
    negative: str = ""
    strength: float = 0.6  # 0..1, only for transfer
    seed: int = 0  # 0..2**31 - 1; take k uses seed + k
    steps: int = 0  # 0: the model's default
    guidance: float = -1.0  # below 0: the model's default
    sampler: Sampler | None = None  # None: the model's default
    eta: float = 0.0  # 0..1, only for DDIM
    takes: int = 1
    model: str = ""  # "": the engine's default
    mask_seconds: tuple[tuple[float, float], ...] = ()  # spans in the region, for inpaint; (): all of it
    context_seconds: float = 1.0  # recording shown to the model on each side of the region
    crossfade_seconds: float = 0.02  # length of each seam, inside the region
    match_loudness: bool = True
    output: str = ""  # path of the take; "": the engine's take folder
    overwrite: bool = False
    want_chunks: bool = True  # stream the take back as it is decoded (TCP only)
    priority: int = 0  # higher first


@dataclass(frozen=True)
class AudioRequest:
    """One blob of a ``StreamSource``: interleaved float32, little-endian, starting at ``frame_offset``."""

    job_id: str
    frame_offset: int
    samples: bytes = field(repr=False)


@dataclass(frozen=True)
class CancelRequest:
    """Stop a queued or running job; an empty ``job_id`` means every job of this client."""

    job_id: str


@dataclass(frozen=True)
class StatusRequest:
    """What is the engine doing?"""


@dataclass(frozen=True)
class ModelsRequest:
    """Which models are there? With ``verify``, check the files of the named one."""

    name: str = ""
    verify: bool = False


@dataclass(frozen=True)
class QuitRequest:
    """Finish nothing more, cancel what runs, and end the engine."""


Request = RenderRequest | AudioRequest | CancelRequest | StatusRequest | ModelsRequest | QuitRequest
