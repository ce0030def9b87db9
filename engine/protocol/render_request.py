"""The one request that makes sound: everything that decides what comes out."""

from __future__ import annotations

from dataclasses import dataclass

from engine.protocol.sources import FileSource, Position, Source, seconds
from engine.protocol.vocabulary import GUIDE_REGION, Highs, Joining, Method, Mode, Quality, Sampler, Stereo

START = seconds(0.0)


@dataclass(frozen=True)
class RenderRequest:
    """One job: everything that decides what comes out. Same request, same model: same samples.

    Times are seconds from the region's first frame.
    """

    job_id: str
    source: Source

    # What it should sound like
    prompt: str  # in the language of ``engine/prompts.py``, as are those of ``along`` and ``source_prompt``
    mode: Mode = Mode.TRANSFER
    negative: str = ""
    along: tuple[tuple[float, str], ...] = ()  # from there on this prompt; before the first, ``prompt``
    along_fade_seconds: float = 0.25
    model: str = ""  # "": the engine's default
    guide: str = ""  # path of a recording, or GUIDE_REGION; "": none
    guide_start: Position = START
    guide_envelope: float = 1.0  # 0..1, how much of its loudness curve
    guide_onsets: float = 1.0  # 0..1, how much of its onsets

    # Where
    mask_seconds: tuple[tuple[float, float], ...] = ()  # spans, in any order, for inpaint; (): all of it
    low_hz: float = 0.0
    high_hz: float = 0.0  # 0: no limit
    context_seconds: float = -1.0  # recording shown to the model on each side; below 0: as much as fits
    context_before_seconds: float = -1.0  # below 0: ``context_seconds``
    context_after_seconds: float = -1.0
    crossfade_seconds: float = 0.02  # length of each seam, inside the region
    feather_in_seconds: float = -1.0  # of the seam where a span starts; below 0: ``crossfade_seconds``
    feather_out_seconds: float = -1.0

    # How much
    strength: float = 0.6  # 0..1, only for transfer
    sounding_seconds: float = -1.0  # only for generate; 0: all of the region; below 0: see engine/lasting.py
    strength_curve: tuple[tuple[float, float], ...] = ()  # (time, strength), linear between, constant beyond
    method: Method = Method.NOISE  # only for transfer
    source_prompt: str = ""  # what the region sounds like now; "": unknown
    quality: Quality = Quality.NORMAL
    steps: int = 0  # 0: as many as ``quality`` asks for
    guidance: float = -1.0  # below 0: the model's default
    guidance_low: float = -1.0  # outside [low, high] of timestep / train_steps there is no guidance, which
    guidance_high: float = 1.0  # halves the step's work; low below 0: the model's default
    sampler: Sampler | None = None  # None: the model's default
    eta: float = -1.0  # 0..1, for DPM and DDIM; below 0: 1 where something is observed, else 0
    windows: Joining | None = None  # None: the engine's default

    # Loops
    loop: bool = False
    tempo: float = 0.0  # BPM; 0: none
    bars: float = 0.0  # 0: none
    beats_per_bar: int = 4

    # Stereo and band
    stereo: Stereo = Stereo.KEEP
    width: float = 1.0  # 0..2; 1: as it is
    highs: Highs = Highs.AUTO

    # Fit
    match_loudness: bool = True
    lufs: float = 0.0  # -70..-5; 0: as around
    noise_floor: bool = False
    tilt: float = 0.0  # 0..1
    true_peak: float = -1.0  # dBTP
    cut_below: float = 0.0  # Hz; 0: no limit
    cut_above: float = 0.0  # Hz; 0: no limit
    fade_in_seconds: float = 0.0
    fade_out_seconds: float = 0.0

    # Takes
    seed: int = 0  # 0..2**31 - 1; candidate c of take k uses seed + k * candidates + c
    takes: int = 1
    candidates: int = 1  # made for each take, of which the best is kept
    vary: float = 0.0  # 0..1; above 0 all candidates keep ``seed``, and turn this far towards another's noise
    towards: int = -1  # whose noise candidate 0 turns to, candidate n to the nth after; below 0: seed + 1
    rank: bool = False
    pack: bool = False
    retries: int = 2  # for a candidate that fails quality control
    draft: bool = False

    # File
    output: str = ""  # path of the take; "": the engine's take folder
    overwrite: bool = False
    scratch: bool = False  # in the engine's scratch folder, and not in the index of takes
    ucs: str = ""  # UCS category id; "": from the prompt
    time_reference: int = -1  # of the region's first frame, in frames since midnight; -1: the recording's own
    markers: tuple[tuple[float, str], ...] = ()  # (time, label)
    recipe: str = ""  # path of a take whose recipe fills the keys that are not in ``given``
    given: frozenset[str] = frozenset()  # names of the keys that came, where there is a recipe
    want_chunks: bool = True  # stream the take back as it is decoded (TCP only)
    priority: int = 0  # higher first

    @property
    def curve(self) -> tuple[tuple[float, float], ...]:
        """Strength over time; what is not a transfer is all new."""
        if self.mode is not Mode.TRANSFER:
            return ((0.0, 1.0),)
        return self.strength_curve or ((0.0, self.strength),)

    @property
    def strongest(self) -> float:
        """The largest strength anywhere."""
        return max(strength for _, strength in self.curve)

    @property
    def recordings(self) -> tuple[str, ...]:
        """Every sound its takes are made of: read until the last of them is there."""
        source = self.source.path if isinstance(self.source, FileSource) else ""
        guide = "" if self.guide == GUIDE_REGION else self.guide
        return tuple(path for path in (source, guide) if path)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file the request names, to be read or written."""
        return (*self.recordings, *(path for path in (self.recipe, self.output) if path))
