"""Every request there can be, drawn by hypothesis."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from engine.protocol.osc import decode_packet
from engine.protocol.requests import (
    AudioRequest,
    CancelRequest,
    FileSource,
    Highs,
    Joining,
    Method,
    Mode,
    ModelsRequest,
    NewSource,
    QuitRequest,
    RenderRequest,
    Sampler,
    Source,
    StatusRequest,
    Stereo,
    StreamSource,
    encode_request,
    frames,
    seconds,
)

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
words = texts.filter(str.strip)
prompts = texts.map(lambda text: re.sub(r"[(){}|\\\\]", "", text))
job_ids = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=64)
rates = st.integers(8000, 192_000)


@st.composite
def file_sources(draw: st.DrawFn) -> FileSource:
    """Spans in frames, in seconds, or one end in each."""
    start = draw(st.floats(0, 3600))
    places = {
        "seconds": (seconds(start), seconds(start + draw(st.floats(0.1, 1800)))),
        "frames": (frames(draw(st.integers(0, 2**40))), frames(draw(st.integers(2**40 + 1, 2**62)))),
        "both": (frames(draw(st.integers(0, 2**40))), seconds(start)),
    }
    return FileSource(draw(words), *places[draw(st.sampled_from(sorted(places)))])


@st.composite
def stream_sources(draw: st.DrawFn) -> StreamSource:
    """Context, region, context."""
    rate = draw(rates)
    before, region, after = draw(st.integers(0, rate)), draw(st.integers(rate // 10, rate * 60)), rate
    whole = before + region + after
    return StreamSource(rate, draw(st.integers(1, 5)), whole, before, before + region)


@st.composite
def new_sources(draw: st.DrawFn) -> NewSource:
    """Any length that is allowed."""
    rate = draw(rates)
    return NewSource(rate, draw(st.integers(1, 64)), draw(st.integers(rate // 10, rate * 60)))


@st.composite
def masks(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    """Spans within the shortest region, in any order."""
    spans = st.tuples(st.floats(0, 0.1), st.floats(0, 0.1)).filter(lambda span: span[0] < span[1])
    return tuple(draw(st.lists(spans, max_size=4)))


@st.composite
def curves(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    """Points in order within the shortest region."""
    times = sorted(draw(st.sets(st.floats(0, 0.1), max_size=8)))
    return tuple((time, draw(st.floats(0, 1))) for time in times)


plain = prompts.map(str.strip).filter(bool)
tricky = st.sampled_from(["{a|b} c", r"a \| b", "(a:2) b", "1.5", "a-b:c,d/e", r"\\", "é  è"])


@st.composite
def timed(draw: st.DrawFn) -> tuple[tuple[float, str], ...]:
    """Texts in order within the shortest region."""
    times = sorted(draw(st.sets(st.floats(0, 0.1), max_size=4)))
    return tuple((time, draw(plain | tricky)) for time in times)


def fields_of_mode(draw: st.DrawFn, mode: Mode) -> dict[str, Any]:
    """What goes with one mode only."""
    if mode is Mode.INPAINT:
        return {"mask_seconds": draw(masks())}
    if mode is Mode.TRANSFER:
        method = draw(st.sampled_from(Method))
        known = draw(prompts) if method is not Method.NOISE else ""
        return {"strength_curve": draw(curves()), "method": method, "source_prompt": known}
    return {"sounding_seconds": draw(st.floats(0, 60))}


def fields_of_source(draw: st.DrawFn, source: Source, mode: Mode) -> dict[str, Any]:
    """What takes a recording, or two channels, or a new sound for each."""
    if isinstance(source, NewSource):
        kinds = list(Stereo) if source.channels > 1 else [Stereo.KEEP, Stereo.MONO]
        return {"stereo": draw(st.sampled_from(kinds)), "guide": draw(texts.filter("region".__ne__))}
    low, is_new = draw(st.floats(0, 40_000)), mode is Mode.GENERATE
    return {
        "stereo": draw(st.sampled_from(Stereo).filter(lambda kind: kind is not Stereo.EACH or is_new)),
        "guide": draw(texts | st.just("region")),
        "low_hz": low,
        "high_hz": draw(st.just(0.0) | st.floats(40_001, 96_000)),
    }


def beside_recipe(draw: st.DrawFn, request: RenderRequest) -> RenderRequest:
    """The request as somebody gives it beside a recipe, one key more than it needs among what is given."""
    extra = draw(st.sampled_from(["strength", "seed", "loop", "loudness"]))
    asked = replace(request, recipe=draw(words), given=frozenset({extra}))
    (message,) = decode_packet(encode_request(asked))
    return replace(asked, given=frozenset(message.arguments[1::2]))


def fields_of_takes(draw: st.DrawFn) -> dict[str, Any]:
    """How many, how far apart, how loud."""
    takes, lufs = draw(st.integers(1, 16)), draw(st.just(0.0) | st.floats(-70, -5))
    return {
        "takes": takes,
        "pack": takes > 1 and draw(st.booleans()),
        "lufs": lufs,
        "match_loudness": lufs != 0.0 or draw(st.booleans()),
        "vary": draw(st.floats(0, 1)),
        "towards": draw(st.integers(-1, 2**31 - 1)),
        "rank": draw(st.booleans()),
        "retries": draw(st.integers(0, 8)),
        "draft": draw(st.booleans()),
    }


@st.composite
def renders(draw: st.DrawFn) -> RenderRequest:
    """Any request the parser lets through."""
    source: Source = draw(file_sources() | stream_sources() | new_sources())
    mode = Mode.GENERATE if isinstance(source, NewSource) else draw(st.sampled_from(Mode))
    request = RenderRequest(
        job_id=draw(job_ids),
        source=source,
        prompt=draw(prompts.filter(str.strip)),
        mode=mode,
        negative=draw(prompts),
        strength=draw(st.floats(0, 1)),
        seed=draw(st.integers(0, 2**31 - 1)),
        steps=draw(st.integers(0, 1000)),
        guidance=draw(st.floats(-1, 30)),
        sampler=draw(st.none() | st.sampled_from(Sampler)),
        eta=draw(st.floats(0, 1)),
        model=draw(texts),
        along=draw(timed()),
        along_fade_seconds=draw(st.floats(0, 30)),
        guide_start=draw(st.integers(0, 2**40).map(frames) | st.floats(0, 3600).map(seconds)),
        guide_envelope=draw(st.floats(0, 1)),
        guide_onsets=draw(st.floats(0, 1)),
        windows=draw(st.none() | st.sampled_from(Joining)),
        loop=draw(st.booleans()),
        beats_per_bar=draw(st.integers(1, 64)),
        width=draw(st.floats(0, 2)),
        highs=draw(st.sampled_from(Highs)),
        noise_floor=draw(st.booleans()),
        tilt=draw(st.floats(0, 1)),
        true_peak=draw(st.floats(-20, 0)),
        cut_below=draw(st.floats(0, 500)),
        cut_above=draw(st.just(0.0) | st.floats(501, 96_000)),
        fade_in_seconds=draw(st.floats(0, 30)),
        fade_out_seconds=draw(st.floats(0, 30)),
        ucs=draw(texts.filter(lambda text: len(text) <= 32)),
        time_reference=draw(st.integers(-1, 24 * 3600 * 192_000)),
        markers=draw(timed()),
        context_seconds=draw(st.floats(-1, 30)),
        context_before_seconds=draw(st.floats(-1, 30)),
        context_after_seconds=draw(st.floats(-1, 30)),
        crossfade_seconds=draw(st.floats(0, 5)),
        feather_in_seconds=draw(st.floats(-1, 5)),
        feather_out_seconds=draw(st.floats(-1, 5)),
        **draw(st.just({"scratch": True}) | texts.map(lambda text: {"output": text})),
        overwrite=draw(st.booleans()),
        want_chunks=draw(st.booleans()),
        priority=draw(st.integers(-100, 100)),
        **fields_of_mode(draw, mode),
        **fields_of_source(draw, source, mode),
        **fields_of_takes(draw),
    )
    request = as_loop(request) if request.loop else request
    return beside_recipe(draw, request) if draw(st.booleans()) else request


def as_loop(request: RenderRequest) -> RenderRequest:
    """Without what a loop can't have."""
    possible = request.mode is not Mode.INPAINT and request.strongest > 0.0
    return replace(
        request, loop=possible, windows=None, sounding_seconds=-1.0, fade_in_seconds=0.0, fade_out_seconds=0.0
    )


# A request has some seventy fields to draw.
patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
blobs = st.binary(min_size=1, max_size=16).map(lambda quarter: quarter * 4)
requests = st.one_of(
    renders(),
    st.builds(AudioRequest, job_ids, st.integers(0, 2**31 - 1), blobs),
    st.builds(CancelRequest, job_ids | st.just("")),
    st.just(StatusRequest()),
    st.builds(ModelsRequest, texts, st.booleans()),
    st.just(QuitRequest()),
)
