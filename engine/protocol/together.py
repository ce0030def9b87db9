"""What no key of a render can tell by itself: which of them go together."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from engine.errors import EngineError, ErrorCode
from engine.prompts import check_prompt
from engine.protocol.render_request import RenderRequest
from engine.protocol.sources import (
    DEFAULT_SAMPLE_RATE,
    REGION_SLACK_SECONDS,
    NewSource,
    SourceKind,
    region_seconds,
)
from engine.protocol.vocabulary import (
    GUIDE_REGION,
    LOUDEST_LUFS,
    QUIETEST_LUFS,
    SLOWEST_TEMPO,
    Method,
    Mode,
    Stereo,
)


def check_together(request: RenderRequest) -> None:
    """Raises EngineError (BAD_ARGUMENT, or BAD_REGION for a time outside the region)."""
    _check_prompts(request)
    _check_recording(request)
    _check_modes(request)
    _check_loop(request)
    _check_numbers(request)
    _check_file(request)
    length = region_seconds(request.source)
    if length is not None:
        check_length(request, length)


def check_length(request: RenderRequest, seconds: float) -> None:
    """What a region of that length can't have; it may take the file's rate to know the length.

    Raises EngineError(BAD_REGION) for a time outside the region, or bars of another length.
    """
    for name, latest in _latest_times(request).items():
        if latest > seconds + REGION_SLACK_SECONDS:
            sentence = (
                f"The {name} counts from the region's start and must end within its {seconds:g} seconds."
            )
            raise EngineError(ErrorCode.BAD_REGION, sentence)
    if request.bars:
        _check_bars(request, seconds)


def check_band(request: RenderRequest, sample_rate: int) -> None:
    """Raises EngineError(BAD_ARGUMENT) for a range of frequencies that no sound of that rate reaches."""
    if request.low_hz >= sample_rate / 2:
        raise _bad(
            f"A recording at {sample_rate} Hz has nothing above {sample_rate / 2:g} Hz: "
            f"choose a low_hz below that, not {request.low_hz:g}."
        )


def bars_frames(values: dict[str, Any], default_beats: int) -> int | None:
    """The length that tempo and bars give a new sound, in frames; None where they give none.

    values: checked key values by name.
    """
    tempo, bars = values.get("tempo", 0.0), values.get("bars", 0.0)
    if not (tempo and bars) or "path" in values or values.get("source", SourceKind.NEW) != SourceKind.NEW:
        return None
    seconds = _bars_seconds(tempo, bars, values.get("beats_per_bar", default_beats))
    rate: int = values.get("rate", DEFAULT_SAMPLE_RATE)
    return round(seconds * rate)


def _bars_seconds(tempo: float, bars: float, beats_per_bar: int) -> Fraction:
    """Exactly, with the numbers as they are written in decimals."""
    if tempo < SLOWEST_TEMPO:
        raise _bad(f"A tempo of {SLOWEST_TEMPO:g} BPM is the slowest; 0 is none.")
    return Fraction(str(bars)) * beats_per_bar * 60 / Fraction(str(tempo))


def _check_prompts(request: RenderRequest) -> None:
    """The language of prompts, in all of them."""
    for prompt in (
        request.prompt,
        request.negative,
        request.source_prompt,
        *(text for _, text in request.along),
    ):
        check_prompt(prompt)


def _check_recording(request: RenderRequest) -> None:
    """What a new sound can't have."""
    if not isinstance(request.source, NewSource):
        return
    if request.mode is not Mode.GENERATE:
        raise _bad(
            f"Mode {request.mode} needs a recording: add path, start and end, or choose mode generate."
        )
    if request.low_hz or request.high_hz:
        raise _bad(
            "The keys low_hz and high_hz need a recording to keep the rest of: add path, start and end."
        )
    if request.guide == GUIDE_REGION:
        raise _bad("A new sound has no region to follow: name a recording as the guide.")
    if request.stereo in (Stereo.WIDE, Stereo.EACH) and request.source.channels == 1:
        raise _bad(f"One channel can't be {request.stereo}: ask for channels 2, or leave stereo out.")


def _check_modes(request: RenderRequest) -> None:
    """Keys that go with one mode."""
    if request.mask_seconds and request.mode is not Mode.INPAINT:
        raise _bad("The key mask goes with mode inpaint only: leave it out, or choose that mode.")
    if request.sounding_seconds > 0.0 and request.mode is not Mode.GENERATE:
        raise _bad("The key sounding goes with mode generate only: leave it out, or choose that mode.")
    for name, given in (
        ("curve", bool(request.strength_curve)),
        ("method", request.method is not Method.NOISE),
    ):
        if given and request.mode is not Mode.TRANSFER:
            raise _bad(f"The key {name} goes with mode transfer only: leave it out, or choose that mode.")
    if request.stereo is Stereo.EACH and request.mode is not Mode.GENERATE:
        raise _bad(
            "Stereo each makes a new sound for every channel: choose mode generate, or keep the image."
        )
    if request.source_prompt and request.method is Method.NOISE:
        raise _bad("The key source_prompt goes with method ddim or ddpm: leave it out, or choose one.")


def _check_loop(request: RenderRequest) -> None:
    """What a sound without ends can't have."""
    if not request.loop:
        return
    if request.mode is Mode.INPAINT:
        raise _bad("A loop is new all around: choose mode generate or transfer, or leave loop out.")
    if request.strongest == 0.0:
        raise _bad("At strength 0 nothing becomes a loop: raise strength, or leave loop out.")
    if request.fade_in_seconds or request.fade_out_seconds:
        raise _bad("A loop has no ends to fade: leave fade_in and fade_out out, or leave loop out.")
    if request.sounding_seconds > 0.0:
        raise _bad("A loop does not end in silence: leave sounding out, or leave loop out.")
    if request.windows is not None:
        raise _bad("The windows of a loop always go around: leave windows out, or leave loop out.")


def _latest_times(request: RenderRequest) -> dict[str, float]:
    times = {
        "mask": [end for _, end in request.mask_seconds],
        "curve": [time for time, _ in request.strength_curve],
        "key along": [time for time, _ in request.along],
        "key markers": [time for time, _ in request.markers],
    }
    return {name: max(values) for name, values in times.items() if values}


def _check_bars(request: RenderRequest, seconds: float) -> None:
    """Bars and tempo say how long the sound is, and nothing else may say otherwise."""
    wanted = float(_bars_seconds(request.tempo, request.bars, request.beats_per_bar))
    if abs(seconds - wanted) > REGION_SLACK_SECONDS:
        raise EngineError(
            ErrorCode.BAD_REGION,
            f"{request.bars:g} bars at {request.tempo:g} BPM last {wanted:.6g} seconds, not {seconds:.6g}: "
            "choose a region of that length, or for a new sound leave seconds and frames out.",
        )


def _check_file(request: RenderRequest) -> None:
    if request.scratch and request.output:
        raise _bad("A take goes into the scratch folder or into the file of output: leave one of them out.")


def _check_numbers(request: RenderRequest) -> None:
    """Numbers that hang together."""
    if bool(request.bars) != bool(request.tempo):
        given, missing = ("bars", "tempo") if request.bars else ("tempo", "bars")
        raise _bad(f"The key {given} needs the key {missing}: together they say how long the sound is.")
    if request.high_hz and request.low_hz >= request.high_hz:
        raise _bad(f"The key high_hz must be above low_hz, not {request.high_hz:g} Hz.")
    if request.cut_above and request.cut_below >= request.cut_above:
        raise _bad(f"The key cut_above must be above cut_below, not {request.cut_above:g} Hz.")
    if request.lufs > LOUDEST_LUFS and request.lufs != 0.0:
        limits = f"{QUIETEST_LUFS:g} to {LOUDEST_LUFS:g}"
        raise _bad(f"The key lufs must be {limits}, or 0 for the loudness around, not {request.lufs:g}.")
    if request.lufs and not request.match_loudness:
        raise _bad("The key lufs says how loud the take is: leave loudness out, or leave lufs out.")
    if request.pack and request.takes == 1:
        raise _bad("A pack needs more than one take: say how many with the key takes.")


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_ARGUMENT, sentence)
