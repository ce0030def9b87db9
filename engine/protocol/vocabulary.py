"""The words of requests: every key with its type, unit and range, and the choices some of them take.

The parser, the README and its test read these tables. Defaults are not here: they stand in the
dataclasses of ``requests.py``.
"""

from __future__ import annotations

from enum import StrEnum

from engine.errors import ErrorCode
from engine.protocol.keys import Key, Kind
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


MAX_PROMPT_CHARACTERS = 2000  # far more than any text encoder reads, few enough for a datagram
MAX_PATH_CHARACTERS = 4096  # Linux's own limit
MAX_NAME_CHARACTERS = 256  # a file name's limit, for models and tokens
INT32_MAX = 2**31 - 1  # what every OSC peer can send

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

RENDER_KEYS = (
    *SOURCE_KEYS,
    Key("prompt", Kind.TEXT, "what the region should sound like", low=1, high=MAX_PROMPT_CHARACTERS,
        required=True),
    Key("mode", Kind.CHOICE, "what happens to the region", choices=Mode),
    Key("negative", Kind.TEXT, "what it should not sound like", high=MAX_PROMPT_CHARACTERS),
    Key("strength", Kind.NUMBER, "how much of the region is made anew, for transfer", low=0, high=1),
    Key("seed", Kind.WHOLE,
        "which noise to start from; candidate c of take k uses seed + k x candidates + c", low=0,
        high=INT32_MAX),
    Key("steps", Kind.WHOLE, "how many denoising steps; 0: the model's own default", low=0, high=1000),
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
    Key("takes", Kind.WHOLE, "how many takes to make", low=1, high=16),
    Key("candidates", Kind.WHOLE, "how many to make for each take, to keep the one nearest to the prompt",
        low=1, high=16),
    Key("model", Kind.TEXT, "which model; empty: the engine's own default", high=MAX_NAME_CHARACTERS),
    Key("mask", Kind.SPANS, "which spans of the region to make anew, for inpaint; without: all of it",
        "seconds", field="mask_seconds"),
    Key("context", Kind.NUMBER, "how much the model hears on each side of the region", "seconds", 0, 30,
        field="context_seconds"),
    Key("crossfade", Kind.NUMBER, "the length of each seam, inside the region", "seconds", 0, 5,
        field="crossfade_seconds"),
    Key("loudness", Kind.SWITCH, "whether the take's loudness is fitted to its neighbourhood",
        field="match_loudness"),
    Key("output", Kind.TEXT, "which file the take becomes; empty: one in the engine's take folder",
        high=MAX_PATH_CHARACTERS),
    Key("overwrite", Kind.SWITCH, "whether that file may be replaced"),
    Key("chunks", Kind.SWITCH, "whether the take is streamed back as it is decoded, over TCP",
        field="want_chunks"),
    Key("priority", Kind.WHOLE, "which jobs go first: higher ones", low=-100, high=100),
)  # fmt: skip

AUDIO_KEYS = (
    Key("offset", Kind.WHOLE, "where in the stream the blob starts", "frames", 0, INT32_MAX,
        field="frame_offset", required=True),
    Key("samples", Kind.BLOB, "interleaved float32, little-endian", "bytes", required=True),
)  # fmt: skip

MODELS_KEYS = (
    Key("name", Kind.TEXT, "which model; empty: all", high=MAX_NAME_CHARACTERS),
    Key("verify", Kind.SWITCH, "whether to check the files of the named one"),
)
