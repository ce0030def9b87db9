"""The words of requests: every key with its type, unit and range, and the choices some of them take.

The parser, the README and its test read these tables. Defaults are not here: they stand in the
dataclasses of ``requests.py``.
"""

from __future__ import annotations

from enum import StrEnum

from engine.errors import ErrorCode
from engine.protocol.keys import Key, Kind
from engine.protocol.library_requests import MAX_HITS
from engine.protocol.sources import MAX_REGION_SECONDS, MIN_REGION_SECONDS, SourceKind


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


class Joining(StrEnum):
    """How the windows of a long region become one sound."""

    CONTINUED = "continued"  # each begins with the end of the one before
    AVERAGED = "averaged"  # overlaps are averaged at each step
    SWAPPED = "swapped"  # overlaps take turns at each step
    SHIFTED = "shifted"  # the windows' borders move at each step


class Quality(StrEnum):
    """How much work a take is worth."""

    DRAFT = "draft"  # the model's student where it has one, else few steps
    NORMAL = "normal"  # the model's own number of steps
    BEST = "best"  # more of them


class Stereo(StrEnum):
    """What the channels are to each other."""

    KEEP = "keep"  # the recording's image; a new sound has none, and is mono
    WIDE = "wide"  # decorrelated
    MONO = "mono"  # the same in every channel
    EACH = "each"  # a sound of its own in every channel


class Highs(StrEnum):
    """What is above the model's band."""

    AUTO = "auto"  # kept for a recording, extended for what is new
    KEEP = "keep"  # the recording's own, re-shaped as what is below was
    EXTEND = "extend"  # made from what is below
    OFF = "off"  # nothing


class Method(StrEnum):
    """How a transfer holds on to the region."""

    NOISE = "noise"  # plain noising up to the strength
    DDIM = "ddim"  # deterministic inversion
    DDPM = "ddpm"  # edit-friendly inversion: the noise that makes the region is found step by step


MAX_PROMPT_CHARACTERS = 2000  # far more than any text encoder reads, few enough for a datagram
MAX_PATH_CHARACTERS = 4096  # Linux's own limit
MAX_NAME_CHARACTERS = 256  # a file name's limit, for models and tokens
MAX_UCS_CHARACTERS = 32  # the longest category id has fewer than half
MAX_POINTS = 256  # of a curve: a point every tenth of a second of half a minute
MAX_PROMPTS = 16  # along one region: each is denoised by itself
MAX_MARKERS = 256
INT32_MAX = 2**31 - 1  # what every OSC peer can send
MAX_TIME_REFERENCE = 24 * 3600 * 192_000  # a day at the highest rate
QUIETEST_LUFS, LOUDEST_LUFS = -70.0, -5.0  # from the gate of BS.1770 to where only a limiter's work is left
SLOWEST_TEMPO = 1.0  # BPM; a slip below
GUIDE_REGION = "region"  # the word that makes the region its own guide

TOKEN = Key("token", Kind.TEXT, "what peers on other machines must show", high=MAX_NAME_CHARACTERS)

SOURCE_KEYS = (
    Key("source", Kind.CHOICE, "where the audio comes from", choices=SourceKind),
    Key("path", Kind.TEXT, "which file holds the region", low=1, high=MAX_PATH_CHARACTERS),
    Key("start", Kind.POSITION, "where the region starts", low=0, code=ErrorCode.BAD_REGION),
    Key("end", Kind.POSITION, "where the region has ended: its last frame is the one before", low=0,
        code=ErrorCode.BAD_REGION),
    Key("rate", Kind.WHOLE, "the sample rate of a stream or new sound", "Hz", 8000, 192_000),
    Key("channels", Kind.WHOLE, "the channels of a stream or new sound", low=1, high=64),
    Key("frames", Kind.WHOLE, "the length of the whole stream or of the new sound", "frames", 1, INT32_MAX),
    Key("seconds", Kind.NUMBER, "the length of the new sound", "seconds",
        MIN_REGION_SECONDS, MAX_REGION_SECONDS, code=ErrorCode.BAD_REGION),
)  # fmt: skip  # one key, one or two lines: a table is read down its columns

WHAT_KEYS = (
    Key("prompt", Kind.TEXT, "what the region should sound like", low=1, high=MAX_PROMPT_CHARACTERS,
        required=True),
    Key("mode", Kind.CHOICE, "what happens to the region", choices=Mode),
    Key("negative", Kind.TEXT, "what it should not sound like", high=MAX_PROMPT_CHARACTERS),
    Key("along", Kind.TIMED, "which other prompts follow along the region, and from when", "seconds", low=1,
        high=MAX_PROMPT_CHARACTERS, most=MAX_PROMPTS),
    Key("along_fade", Kind.NUMBER, "how long one prompt fades into the next", "seconds", 0, 30,
        field="along_fade_seconds"),
    Key("model", Kind.TEXT, "which model; empty: the engine's own default", high=MAX_NAME_CHARACTERS),
    Key("guide", Kind.TEXT, "a recording whose loudness and onsets are followed, or region: its own",
        high=MAX_PATH_CHARACTERS),
    Key("guide_start", Kind.POSITION, "where in that recording to begin", low=0, code=ErrorCode.BAD_REGION),
    Key("guide_envelope", Kind.NUMBER, "how closely the guide's loudness is followed", low=0, high=1),
    Key("guide_onsets", Kind.NUMBER, "how closely the guide's onsets are followed", low=0, high=1),
)  # fmt: skip

WHERE_KEYS = (
    Key("mask", Kind.SPANS, "which spans of the region to make anew, for inpaint; without: all of it",
        "seconds", field="mask_seconds"),
    Key("low_hz", Kind.NUMBER, "the lowest frequency to make anew", "Hz", 0, 96_000),
    Key("high_hz", Kind.NUMBER, "the highest frequency to make anew; 0: no limit", "Hz", 0, 96_000),
    Key("context", Kind.NUMBER, "how much the model hears on each side of the region; below 0: as fits",
        "seconds", -1, 30, field="context_seconds"),
    Key("context_before", Kind.NUMBER, "how much it hears before the region; below 0: context", "seconds",
        -1, 30, field="context_before_seconds"),
    Key("context_after", Kind.NUMBER, "how much it hears after the region; below 0: context", "seconds",
        -1, 30, field="context_after_seconds"),
    Key("crossfade", Kind.NUMBER, "the length of each seam, inside the region", "seconds", 0, 5,
        field="crossfade_seconds"),
    Key("feather_in", Kind.NUMBER, "the length of the seam where a span starts; below 0: crossfade",
        "seconds", -1, 5, field="feather_in_seconds"),
    Key("feather_out", Kind.NUMBER, "the length of the seam where a span ends; below 0: crossfade",
        "seconds", -1, 5, field="feather_out_seconds"),
)  # fmt: skip

AMOUNT_KEYS = (
    Key("strength", Kind.NUMBER, "how much of the region is made anew, for transfer", low=0, high=1),
    Key("sounding", Kind.NUMBER,
        "how long the sound lasts, for generate, 0 being all of the region; below 0: as the prompt suggests",
        "seconds", -1, MAX_REGION_SECONDS, field="sounding_seconds"),
    Key("curve", Kind.POINTS, "how much at which time; without: strength everywhere", "seconds", low=0,
        high=1, most=MAX_POINTS, field="strength_curve"),
    Key("method", Kind.CHOICE, "how a transfer holds on to the region", choices=Method),
    Key("source_prompt", Kind.TEXT, "what the region sounds like now, for method ddim and ddpm",
        high=MAX_PROMPT_CHARACTERS),
    Key("quality", Kind.CHOICE, "how much work a take is worth", choices=Quality),
    Key("steps", Kind.WHOLE, "how many denoising steps; 0: as the quality asks for", low=0, high=1000),
    Key("guidance", Kind.NUMBER, "how firmly to follow the prompt; below 0: the model's own default",
        low=-1, high=30),
    Key("guidance_low", Kind.NUMBER, "share of noise below which guidance rests; below 0: the model's own",
        low=-1, high=1),
    Key("guidance_high", Kind.NUMBER, "share of noise above which guidance rests",
        low=0, high=1),
    Key("sampler", Kind.CHOICE, "the way from noise to sound; without: the model's own default",
        choices=Sampler),
    Key("eta", Kind.NUMBER, "fresh noise at each step, for dpm and ddim; below 0: as the task needs",
        low=-1, high=1),
    Key("windows", Kind.CHOICE, "how the windows of a long region are joined; without: the engine's choice",
        choices=Joining),
)  # fmt: skip

LOOP_KEYS = (
    Key("loop", Kind.SWITCH, "whether the end runs into the start without a seam"),
    Key("tempo", Kind.NUMBER, "how fast the bars go; 0: no tempo", "BPM", 0, 999),
    Key("bars", Kind.NUMBER, "how many bars it lasts; 0: as long as said otherwise", "bars", 0, 1000),
    Key("beats_per_bar", Kind.WHOLE, "how many beats a bar has", low=1, high=64),
)  # fmt: skip

STEREO_KEYS = (
    Key("stereo", Kind.CHOICE, "what the channels are to each other", choices=Stereo),
    Key("width", Kind.NUMBER, "how wide the image is; 1: as it is", low=0, high=2),
    Key("highs", Kind.CHOICE, "what is above the model's band", choices=Highs),
)  # fmt: skip

FIT_KEYS = (
    Key("loudness", Kind.SWITCH, "whether the take's loudness is fitted to its neighbourhood",
        field="match_loudness"),
    Key("lufs", Kind.NUMBER, "the loudness of the take; 0: as around it", "LUFS", -70, 0),
    Key("noise_floor", Kind.SWITCH, "whether the recording's noise floor goes on under the take"),
    Key("tilt", Kind.NUMBER, "how far the spectrum leans as the neighbourhood's does", low=0, high=1),
    Key("true_peak", Kind.NUMBER, "what no peak of the take passes, between samples either", "dBTP", -20, 0),
    Key("cut_below", Kind.NUMBER, "the lowest frequency left of the take; 0: all of it", "Hz", 0, 96_000),
    Key("cut_above", Kind.NUMBER, "the highest frequency left of the take; 0: all of it", "Hz", 0, 96_000),
    Key("fade_in", Kind.NUMBER, "the fade from silence at the start", "seconds", 0, 30,
        field="fade_in_seconds"),
    Key("fade_out", Kind.NUMBER, "the fade to silence at the end", "seconds", 0, 30,
        field="fade_out_seconds"),
)  # fmt: skip

TAKE_KEYS = (
    Key("seed", Kind.WHOLE,
        "which noise to start from; candidate c of take k uses seed + k x candidates + c", low=0,
        high=INT32_MAX),
    Key("takes", Kind.WHOLE, "how many takes to make", low=1, high=16),
    Key("candidates", Kind.WHOLE, "how many to make for each take, to keep the one nearest to the prompt",
        low=1, high=16),
    Key("vary", Kind.NUMBER, "how far the takes are from the seed's own; 0: each has its own seed", low=0,
        high=1),
    Key("towards", Kind.WHOLE,
        "which seed's noise the first variation turns to, the next to the next; below 0: the one after seed",
        low=-1, high=INT32_MAX),
    Key("rank", Kind.SWITCH, "whether an order of the takes is sent, best first"),
    Key("pack", Kind.SWITCH, "whether the takes are one set for round robin, equally loud"),
    Key("retries", Kind.WHOLE, "how often a take that fails its checks is made again", low=0, high=8),
    Key("draft", Kind.SWITCH, "whether a quick draft is streamed first, over TCP"),
)  # fmt: skip

FILE_KEYS = (
    Key("output", Kind.TEXT, "which file the take becomes; empty: one in the engine's take folder",
        high=MAX_PATH_CHARACTERS),
    Key("overwrite", Kind.SWITCH, "whether that file may be replaced"),
    Key("scratch", Kind.SWITCH,
        "whether the take is for now only: in the engine's scratch folder, and not in the index of takes"),
    Key("ucs", Kind.TEXT, "the category in the file's name and notes; empty: from the prompt",
        high=MAX_UCS_CHARACTERS),
    Key("time_reference", Kind.WHOLE,
        "where the region's first frame is on the timeline, from midnight; below 0: from the recording",
        "frames", -1, MAX_TIME_REFERENCE),
    Key("markers", Kind.TIMED, "which places in the region the file marks", "seconds", low=1,
        high=MAX_NAME_CHARACTERS, most=MAX_MARKERS),
    Key("recipe", Kind.TEXT, "a take whose recipe fills in every key that is not given",
        high=MAX_PATH_CHARACTERS),
    Key("chunks", Kind.SWITCH, "whether the take is streamed back as it is decoded, over TCP",
        field="want_chunks"),
    Key("priority", Kind.WHOLE, "which jobs go first: higher ones", low=-100, high=100),
)  # fmt: skip

# By what a person thinks of; the README and the command line's help are in this order.
RENDER_GROUPS = {
    "what it works on": SOURCE_KEYS,
    "what it should sound like": WHAT_KEYS,
    "where": WHERE_KEYS,
    "how much": AMOUNT_KEYS,
    "loops": LOOP_KEYS,
    "stereo and band": STEREO_KEYS,
    "fit": FIT_KEYS,
    "takes": TAKE_KEYS,
    "file": FILE_KEYS,
}
RENDER_KEYS = tuple(key for group in RENDER_GROUPS.values() for key in group)

AUDIO_KEYS = (
    Key("offset", Kind.WHOLE, "where in the stream the blob starts", "frames", 0, INT32_MAX,
        field="frame_offset", required=True),
    Key("samples", Kind.BLOB, "interleaved float32, little-endian", "bytes", required=True),
)  # fmt: skip

MODELS_KEYS = (
    Key("name", Kind.TEXT, "which model; empty: all", high=MAX_NAME_CHARACTERS),
    Key("verify", Kind.SWITCH, "whether to check the files of the named one"),
)

INDEX_KEYS = (
    Key("folder", Kind.TEXT, "which folder to take in", low=1, high=MAX_PATH_CHARACTERS, required=True),
    Key("model", Kind.TEXT, "which model is to hear it; empty: the engine's own default",
        high=MAX_NAME_CHARACTERS),
)  # fmt: skip

SEARCH_KEYS = (
    Key("prompt", Kind.TEXT, "what the sounds should be like", high=MAX_PROMPT_CHARACTERS),
    Key("like", Kind.TEXT, "a sound that they should be like", high=MAX_PATH_CHARACTERS),
    Key("model", Kind.TEXT, "whose index to look into; empty: the engine's own default",
        high=MAX_NAME_CHARACTERS),
    Key("folder", Kind.TEXT, "only sounds below this folder; empty: all", high=MAX_PATH_CHARACTERS),
    Key("limit", Kind.WHOLE, "how many to find", low=1, high=MAX_HITS),
    Key("min_seconds", Kind.NUMBER, "only sounds so long, or longer", "seconds", 0, 1e6),
    Key("max_seconds", Kind.NUMBER, "only sounds so long, or shorter; 0: no limit", "seconds", 0, 1e6),
)  # fmt: skip
