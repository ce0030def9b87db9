"""Requests travel as OSC and come back the same; wrong ones come back as one sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.protocol.keys import MAX_SPANS
from engine.protocol.osc import Argument, RawMessage, decode_packet
from engine.protocol.requests import (
    AudioRequest,
    CancelRequest,
    Envelope,
    FileSource,
    Highs,
    Joining,
    Method,
    Mode,
    ModelsRequest,
    NewSource,
    Position,
    QuitRequest,
    RenderRequest,
    Request,
    Sampler,
    Source,
    StatusRequest,
    Stereo,
    StreamSource,
    encode_request,
    frames,
    job_id_of,
    key_values,
    parse_request,
    seconds,
)
from engine.protocol.vocabulary import MAX_MARKERS, MAX_POINTS, MAX_PROMPTS, RENDER_KEYS

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
    return {}


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
        sounding_seconds=draw(st.floats(0, 60)),
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
    possible = request.mode is Mode.GENERATE or (request.mode is Mode.TRANSFER and request.strength > 0.0)
    return replace(request, loop=possible, windows=None, fade_in_seconds=0.0, fade_out_seconds=0.0)


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


def parse(packet: bytes) -> Envelope:
    """The request in a packet that holds one message."""
    (message,) = decode_packet(packet)
    return parse_request(message)


@patient
@given(requests, texts)
def test_a_request_comes_back_as_it_was_sent(request: Request, token: str) -> None:
    """Every request, every key, with and without a token."""
    assert Envelope(request, token) == parse(encode_request(request, token))


@patient
@given(renders(), st.randoms())
def test_the_order_of_keys_is_free(request: RenderRequest, random: Any) -> None:
    """A patch may send the pairs as it likes."""
    (message,) = decode_packet(encode_request(request))
    job_id, *pairs = message.arguments
    shuffled = list(zip(pairs[0::2], pairs[1::2], strict=True))
    random.shuffle(shuffled)

    actual = parse_request(
        RawMessage(message.address, (job_id, *(word for pair in shuffled for word in pair)))
    )

    assert request == actual.request


arguments = st.one_of(st.integers(), st.floats(), texts, st.binary(max_size=8), st.booleans())
known_words = st.sampled_from([key.name for key in RENDER_KEYS] + ["new", "file", "stream", "inpaint", "0-1"])


@given(
    st.sampled_from(["render", "audio", "cancel", "status", "models", "quit", "elsewhere"]),
    st.lists(known_words | arguments, max_size=12),
)
def test_any_message_is_parsed_or_refused(name: str, values: list[Argument]) -> None:
    """Nothing but EngineError, in one sentence, comes out of hostile arguments."""
    message = RawMessage(f"/punchin/{name}", tuple(values))
    job_id_of(message)
    try:
        parse_request(message)
    except EngineError as error:
        assert len(error.sentence) < 600
        assert error.sentence.endswith((".", "?"))


def render(*pairs: Argument, **changes: Argument) -> RenderRequest:
    """A render of a file from OSC values; ``changes`` replace or add keys."""
    values: dict[str, Argument] = {"path": "a.wav", "start": 1.0, "end": 2.0, "prompt": "rain"}
    words = [word for pair in (values | changes).items() for word in pair]
    request = parse_request(RawMessage("/punchin/render", ("job", *words, *pairs))).request
    assert isinstance(request, RenderRequest)
    return request


def new(**values: Argument) -> RenderRequest:
    """A render of a new sound from OSC values."""
    words = [word for pair in ({"prompt": "rain"} | values).items() for word in pair]
    request = parse_request(RawMessage("/punchin/render", ("job", *words))).request
    assert isinstance(request, RenderRequest)
    return request


FILE = FileSource("a.wav", seconds(1), seconds(2))


def test_missing_keys_have_the_defaults_of_the_dataclass() -> None:
    """A request of four keys is a whole one."""
    assert RenderRequest("job", FILE, "rain") == render()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"steps": 20.0}, {"steps": 20}),  # Pd has no integers
        ({"seed": 7}, {"seed": 7}),
        ({"strength": 1}, {"strength": 1.0}),
        ({"overwrite": 1.0, "chunks": 0}, {"overwrite": True, "want_chunks": False}),
        ({"overwrite": True, "loudness": False}, {"overwrite": True, "match_loudness": False}),
        ({"mode": "inpaint", "mask": "0.25-0.5/.75-1"}, {"mask_seconds": ((0.25, 0.5), (0.75, 1.0))}),
        ({"mode": "inpaint", "mask": " 1e-2 - 0.5 , 0.5-1."}, {"mask_seconds": ((0.01, 0.5), (0.5, 1.0))}),
        ({"mode": "inpaint", "mask": "0.4-0.6,0.1-0.5"}, {"mask_seconds": ((0.4, 0.6), (0.1, 0.5))}),
        ({"sampler": "ddim"}, {"sampler": Sampler.DDIM}),
        ({"curve": "0:0.2/ .5 : 1"}, {"strength_curve": ((0.0, 0.2), (0.5, 1.0))}),
        ({"along": "0.5 snow |.7  wet  wood "}, {"along": ((0.5, "snow"), (0.7, "wet  wood"))}),
        (
            {"along": r"0 {a|b} \| c | 1 (d:2)"},
            {"along": ((0.0, r"{a|b} \| c"), (1.0, "(d:2)"))},
        ),
        ({"markers": "0 1.5 | 1 2-3"}, {"markers": ((0.0, "1.5"), (1.0, "2-3"))}),
        ({"guide": "region", "guide_start": 480}, {"guide": "region", "guide_start": frames(480)}),
        ({"start": 48_000, "end": 96_000}, {"source": FileSource("a.wav", frames(48_000), frames(96_000))}),
        ({"start": 48_000}, {"source": FileSource("a.wav", frames(48_000), seconds(2))}),
    ],
)
def test_values_are_taken_in_every_type_that_means_the_same(
    changes: dict[str, Argument], expected: dict[str, Any]
) -> None:
    """Floats for whole numbers, numbers for switches; whole positions are frames, others seconds."""
    expected = ({"mode": Mode.INPAINT} if "mode" in changes else {}) | expected

    assert replace(RenderRequest("job", FILE, "rain"), **expected) == render(**changes)


def test_a_region_of_a_tenth_of_a_second_passes_in_single_precision() -> None:
    """2.1 - 2.0 is a little less than 0.1 in the floats that Pd sends."""
    assert render(start=2.0, end=2.0999999046325684).prompt == "rain"


def test_a_new_sound_may_be_given_in_seconds_or_frames() -> None:
    """48 kHz mono when nothing else is said; it is generated, what else."""
    assert RenderRequest("job", NewSource(48_000, 1, 96_000), "rain", Mode.GENERATE) == new(seconds=2)
    assert NewSource(44_100, 2, 4410) == new(frames=4410, rate=44_100, channels=2).source


def test_tempo_and_bars_are_length_enough_for_a_new_sound() -> None:
    """To the nearest frame; the frames they give may be said as well."""
    request = new(tempo=130, bars=3, beats_per_bar=5, rate=44_100)

    assert NewSource(44_100, 1, round(3 * 5 * 60 * 44_100 / 130)) == request.source
    assert Envelope(request, "") == parse(encode_request(request))


@given(
    tempo=st.integers(100, 99_900), bars=st.integers(1, 40), beats=st.integers(1, 16),
    rate=st.sampled_from([44_100, 48_000, 96_000]),
)  # fmt: skip
def test_bars_are_exact(tempo: int, bars: int, beats: int, rate: int) -> None:
    """To the nearest frame of what was written in decimals, in exact arithmetic."""
    exact = Fraction(bars * beats * 60 * rate * 100, tempo)
    assume(Fraction(1, 10) <= exact / rate <= 1800)
    request = new(tempo=tempo / 100, bars=bars, beats_per_bar=beats, rate=rate)
    assert isinstance(request.source, NewSource)
    assert round(exact) == request.source.frames


def test_a_stream_may_place_its_region_in_seconds() -> None:
    """Its rate is known, so they become frames at once."""
    request = new(source="stream", rate=44_100, channels=2, frames=132_300, start=1.0, end=88_200)

    assert StreamSource(44_100, 2, 132_300, 44_100, 88_200) == request.source


@pytest.mark.parametrize(
    ("position", "sample_rate", "expected"),
    [(frames(7), 48_000, 7), (seconds(1.5), 44_100, 66_150), (seconds(0.1), 44_100, 4410)],
)
def test_a_position_is_a_frame_at_any_rate(position: Position, sample_rate: int, expected: int) -> None:
    """Seconds go to the nearest frame."""
    assert expected == position.in_frames(sample_rate)


def test_the_token_is_taken_with_every_request_and_kept_out_of_it() -> None:
    """It travels beside the request."""
    for request in (CancelRequest(""), StatusRequest(), ModelsRequest("a", True), QuitRequest()):
        assert Envelope(request, "secret") == parse(encode_request(request, "secret"))


def test_cancel_without_a_job_id_means_all_jobs_of_this_client() -> None:
    """Nothing at all, or an empty string."""
    assert CancelRequest("") == parse_request(RawMessage("/punchin/cancel", ())).request
    assert CancelRequest("") == parse_request(RawMessage("/punchin/cancel", ("",))).request


def test_beside_a_recipe_it_is_known_what_was_given() -> None:
    """At its default or not; the prompt may be left out, and all of it travels on to the worker."""
    words = ("recipe", "old.wav", "path", "a.wav", "start", 1.0, "end", 2.0, "strength", 0.6)
    envelope = parse_request(RawMessage("/punchin/render", ("job", *words, "token", "t")))
    request = envelope.request
    assert isinstance(request, RenderRequest)

    assert ("", "old.wav") == (request.prompt, request.recipe)
    assert {"recipe", "path", "start", "end", "strength"} == request.given
    assert envelope == parse(encode_request(request, "t"))


def test_without_a_recipe_nothing_is_noted_as_given() -> None:
    """Requests that mean the same are the same."""
    assert render() == render(strength=0.6, recipe="")
    with pytest.raises(EngineError, match="prompt is missing"):
        parse_request(RawMessage("/punchin/render", ("job", "seconds", 1)))


@patient
@given(renders())
def test_a_render_comes_back_from_its_noted_keys(request: RenderRequest) -> None:
    """All that has a value is noted, so that other defaults change nothing."""
    words = [word for pair in key_values(request).items() for word in pair]
    actual = parse_request(RawMessage("/punchin/render", (request.job_id, *words))).request

    assert replace(request, given=actual.given) == actual


def test_every_path_of_a_render_is_known() -> None:
    """The server asks for them to see whether they are granted."""
    paths = {"guide": "/g.wav", "recipe": "/r.wav", "output": "/o.wav"}

    assert ("a.wav", "/g.wav", "/r.wav", "/o.wav") == replace(render(), **paths).paths
    assert ("a.wav",) == replace(render(), guide="region").paths


def refusal(address: str, *values: Argument) -> EngineError:
    """What is answered to a message."""
    with pytest.raises(EngineError) as caught:
        parse_request(RawMessage(address, values))
    return caught.value


BAD_ARGUMENTS: list[tuple[dict[str, Argument], str]] = [
    ({"prompt": "  "}, "prompt is empty"),
    ({"prompt": 7}, "prompt must be of type text"),
    ({"path": ""}, "path is empty"),
    ({"strength": 7}, "strength must be 0 to 1, not 7"),
    ({"strength": -0.1}, "strength must be 0 to 1"),
    ({"strength": float("nan")}, "finite"),
    ({"strength": float("inf")}, "finite"),
    ({"strength": "0.5"}, "type number"),
    ({"strength": True}, "type number"),
    ({"strength": b"\0\0\0\0"}, "a blob of 4 bytes"),
    ({"start": float("nan")}, "finite"),
    ({"start": "1.0"}, "type position"),
    ({"takes": 0}, "takes must be 1 to 16"),
    ({"takes": 17}, "takes must be 1 to 16"),
    ({"steps": 1001}, "steps must be 0 to 1000"),
    ({"steps": 2.5}, "whole number, not 2.5"),
    ({"steps": 2**63 - 1}, "steps must be 0 to 1000"),
    ({"guidance": 30.5}, "guidance must be -1 to 30"),
    ({"eta": 1.5}, "eta must be -1 to 1"),
    ({"seed": -1}, "seed must be"),
    ({"seed": 2**31}, "0 to 2147483647"),
    ({"context": 31}, "context must be -1 to 30 seconds"),
    ({"crossfade": -1}, "crossfade must be"),
    ({"priority": 101}, "priority must be"),
    ({"overwrite": "yes"}, "type switch"),
    ({"overwrite": 2}, "yes \\(T or 1\\)"),
    ({"mode": "remix"}, "generate, transfer, inpaint, not 'remix'"),
    ({"mode": 1}, "type choice"),
    ({"sampler": "euler"}, "dpm, ddim, ddpm"),
    ({"mask": "0-1"}, "mode inpaint only"),
    ({"mode": "inpaint", "mask": "0.5"}, "spans in seconds"),
    ({"mode": "inpaint", "mask": "0.5-0.5"}, "spans in seconds"),
    ({"mode": "inpaint", "mask": "0-1e999"}, "spans in seconds"),
    ({"mode": "inpaint", "mask": "-1-1"}, "spans in seconds"),
    ({"mode": "inpaint", "mask": ""}, "spans in seconds"),
    ({"mode": "inpaint", "mask": 0.5}, "type spans"),
    ({"curve": "0.2"}, "points of seconds and value such as 0:0.2,1.5:0.9, not '0.2'"),
    ({"curve": "0:1.5"}, "values of the key curve must be 0 to 1, not 1.5"),
    ({"curve": "0:-1"}, "points of seconds"),
    ({"curve": "0:1e999"}, "points of seconds"),
    ({"curve": "0.5:0.2,0.1:0.9"}, "must follow one another"),
    ({"curve": "0:0.2", "mode": "inpaint"}, "curve goes with mode transfer only"),
    ({"method": "ddim", "mode": "generate"}, "method goes with mode transfer only"),
    ({"method": "euler"}, "noise, ddim, ddpm"),
    ({"source_prompt": "boots"}, "method ddim or ddpm"),
    ({"prompt": "{gravel|snow"}, "a { without its end"),
    ({"negative": "music)"}, "a \\) without its beginning"),
    ({"along": "0.5 (boots:9)"}, "weight is a number from 0 to 3"),
    ({"along": "snow"}, "seconds and texts such as 0.5 first | 1.2 second, not 'snow'"),
    ({"along": "0.5 snow | wood"}, "not ' wood'"),
    ({"along": "0.5 "}, "seconds and texts"),
    ({"along": "0.5 snow | 0.5 wood"}, "along must follow one another"),
    ({"low_hz": 2000, "high_hz": 200}, "high_hz must be above low_hz"),
    ({"low_hz": -1}, "low_hz must be 0 to 96000 Hz"),
    ({"loop": True, "mode": "inpaint"}, "new all around: choose mode generate or transfer"),
    ({"loop": True, "strength": 0.0}, "raise strength"),
    ({"loop": True, "fade_in": 0.1}, "no ends to fade"),
    ({"loop": True, "fade_out": 0.1}, "no ends to fade"),
    ({"loop": True, "windows": "averaged"}, "leave windows out"),
    ({"bars": 4}, "bars needs the key tempo"),
    ({"tempo": 120}, "tempo needs the key bars"),
    ({"beats_per_bar": 0}, "1 to 64"),
    ({"stereo": "narrow"}, "keep, wide, mono, each"),
    ({"stereo": "each"}, "choose mode generate"),
    ({"lufs": -3}, "lufs must be -70 to -5, or 0"),
    ({"lufs": -23, "loudness": False}, "leave loudness out"),
    ({"pack": True}, "more than one take"),
    ({"scratch": True, "output": "/x.wav"}, "leave one of them out"),
    ({"vary": 1.5}, "vary must be 0 to 1"),
    ({"retries": 9}, "0 to 8"),
    ({"time_reference": -2}, "time_reference must be"),
    ({"promt": "rain"}, "did you mean prompt\\?"),
    ({"zzz": 1}, "the protocol's tables have all that are"),
    ({"rate": 48_000}, "rate does not go with source file"),
    ({"source": "elsewhere"}, "file, stream, new"),
    ({"source": "new"}, "path does not go with source new"),
]


@pytest.mark.parametrize(("changes", "why"), BAD_ARGUMENTS)
def test_a_wrong_value_is_refused_in_a_sentence_that_names_its_key(
    changes: dict[str, Argument], why: str
) -> None:
    """What is wrong, and what would be right."""
    with pytest.raises(EngineError, match=why) as caught:
        render(**changes)
    assert ErrorCode.BAD_ARGUMENT == caught.value.code


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"start": 2.0, "end": 1.0}, "end after it starts"),
        ({"start": 1.0, "end": 1.0}, "end after it starts"),
        ({"start": 10, "end": 5}, "end after it starts"),
        ({"start": -1.0}, "start must be at least 0"),
        ({"start": -1}, "start must be at least 0"),
        ({"start": 1.0, "end": 1.05}, "0.1 to 1800 seconds"),
        ({"start": 0.0, "end": 3600.0}, "0.1 to 1800 seconds"),
        ({"mode": "inpaint", "mask": "0.5-1.5,0.1-0.2"}, "mask counts .* within its 1 seconds"),
        ({"curve": "0:0.2,1.1:0.3"}, "curve counts .* within its 1 seconds"),
        ({"along": "1.1 snow"}, "along counts .* within its 1 seconds"),
        ({"markers": "1.1 hit"}, "markers counts .* within its 1 seconds"),
        ({"tempo": 120, "bars": 4}, "4 bars at 120 BPM last 8 seconds, not 1: choose a region"),
    ],
)
def test_a_wrong_region_is_refused(changes: dict[str, Argument], why: str) -> None:
    """As far as it can be told without the file."""
    with pytest.raises(EngineError, match=why) as caught:
        render(**changes)
    assert ErrorCode.BAD_REGION == caught.value.code


@pytest.mark.parametrize(
    ("values", "code", "why"),
    [
        ({"path": "a.wav"}, ErrorCode.BAD_REGION, "start and end"),
        ({"path": "a.wav", "start": 0}, ErrorCode.BAD_REGION, "start and end"),
        ({"source": "file", "start": 0, "end": 9}, ErrorCode.BAD_ARGUMENT, "path is missing"),
        ({"start": 0.0, "end": 1.0}, ErrorCode.BAD_ARGUMENT, "add the key path"),
        ({}, ErrorCode.BAD_ARGUMENT, "what to work on"),
        ({"seconds": 1, "frames": 48_000}, ErrorCode.BAD_ARGUMENT, "either seconds or frames"),
        ({"seconds": 0.01}, ErrorCode.BAD_REGION, "seconds must be 0.1 to 1800"),
        ({"seconds": 1801}, ErrorCode.BAD_REGION, "seconds must be 0.1 to 1800"),
        ({"frames": 1}, ErrorCode.BAD_REGION, "0.1 to 1800 seconds"),
        ({"frames": 0}, ErrorCode.BAD_ARGUMENT, "frames must be"),
        ({"seconds": 1, "rate": 7999}, ErrorCode.BAD_ARGUMENT, "8000 to 192000 Hz"),
        ({"seconds": 1, "channels": 65}, ErrorCode.BAD_ARGUMENT, "1 to 64"),
        ({"seconds": 1, "mode": "transfer"}, ErrorCode.BAD_ARGUMENT, "needs a recording"),
        ({"seconds": 1, "mode": "inpaint"}, ErrorCode.BAD_ARGUMENT, "needs a recording"),
        ({"seconds": 1, "low_hz": 200}, ErrorCode.BAD_ARGUMENT, "need a recording"),
        ({"seconds": 1, "guide": "region"}, ErrorCode.BAD_ARGUMENT, "no region to follow"),
        ({"seconds": 1, "stereo": "wide"}, ErrorCode.BAD_ARGUMENT, "channels 2"),
        ({"seconds": 1, "stereo": "each"}, ErrorCode.BAD_ARGUMENT, "channels 2"),
        ({"seconds": 1, "tempo": 120, "bars": 4}, ErrorCode.BAD_REGION, "leave seconds and frames out"),
        ({"tempo": 1, "bars": 40}, ErrorCode.BAD_REGION, "choose one of"),
        ({"tempo": 1e-308, "bars": 1000}, ErrorCode.BAD_ARGUMENT, "1 BPM is the slowest"),
    ],
)
def test_a_source_that_is_not_whole_is_refused(
    values: dict[str, Argument], code: ErrorCode, why: str
) -> None:
    """The sentence says which keys belong together."""
    with pytest.raises(EngineError, match=why) as caught:
        new(**values)
    assert code == caught.value.code


STREAM: dict[str, Argument] = {
    "source": "stream", "rate": 48_000, "channels": 2, "frames": 96_000, "start": 0, "end": 48_000,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code", "why"),
    [
        ({"rate": None}, ErrorCode.BAD_ARGUMENT, "rate is missing"),
        ({"channels": None}, ErrorCode.BAD_ARGUMENT, "channels is missing"),
        ({"frames": None}, ErrorCode.BAD_ARGUMENT, "frames is missing"),
        ({"end": None}, ErrorCode.BAD_REGION, "start and end"),
        ({"end": 96_001}, ErrorCode.BAD_REGION, "after the stream's 96000"),
        ({"start": 1.5}, ErrorCode.BAD_REGION, "0.1 to 1800 seconds"),
        ({"frames": 2**31 - 1}, ErrorCode.TOO_MUCH, "write a file"),
        ({"path": "a.wav"}, ErrorCode.BAD_ARGUMENT, "path does not go with source stream"),
        ({"seconds": 1}, ErrorCode.BAD_ARGUMENT, "seconds does not go with source stream"),
    ],
)
def test_a_wrong_stream_is_refused(changes: dict[str, Argument | None], code: ErrorCode, why: str) -> None:
    """Its rate, channels and length are never guessed, and it fits into memory."""
    values = {name: value for name, value in (STREAM | changes).items() if value is not None}
    with pytest.raises(EngineError, match=why) as caught:
        new(**values)
    assert code == caught.value.code


def test_too_much_text_is_refused() -> None:
    """10 000 characters of prompt, a path longer than paths can be, too many spans."""
    spans = ",".join(f"{n}-{n}.5" for n in range(MAX_SPANS + 1))
    for changes, why in [
        ({"prompt": "x" * 10_000}, "10000 characters; 2000 are the most"),
        ({"negative": "x" * 2001}, "2000 are the most"),
        ({"output": "x" * 4097}, "4096 are the most"),
        ({"mode": "inpaint", "mask": spans}, "64 spans"),
        ({"curve": ",".join(f"0.{n:03}:0" for n in range(MAX_POINTS + 1))}, "256 points"),
        ({"along": "|".join(f"0.{n:03} a" for n in range(MAX_PROMPTS + 1))}, "16 texts"),
        ({"markers": "|".join(f"0.{n:03} a" for n in range(MAX_MARKERS + 1))}, "256 texts"),
        ({"along": "0 " + "x" * 2001}, "2001 characters; 2000 are the most"),
    ]:
        with pytest.raises(EngineError, match=why) as caught:
            render(**changes)
        assert ErrorCode.TOO_MUCH == caught.value.code


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (("job", "prompt"), "prompt has no value"),
        (("job", "prompt", "a", "prompt", "a"), "prompt comes twice"),
        (("job", "path", "a", "start", 0.0, "end", 1.0), "prompt is missing: it says what the region"),
        (("job", 5, "x"), "key should stand where 5"),
        (("job", b"\0\0\0\0", "x"), "a blob of 4 bytes"),
        ((), "job id comes first"),
        ((1.0, "prompt", "a"), "job id comes first"),
        (("", "prompt", "a"), "job id comes first"),
        (("x" * 65, "prompt", "a"), "1 to 64 printable"),
        (("a\nb", "prompt", "a"), "printable"),
    ],
)
def test_wrong_pairs_are_refused(values: tuple[Argument, ...], why: str) -> None:
    """A job id, then keys and values in pairs, each key once."""
    error = refusal("/punchin/render", *values)

    assert ErrorCode.BAD_ARGUMENT == error.code
    assert why in error.sentence


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (("job", "offset", 0), "samples is missing"),
        (("job", "samples", bytes(4)), "offset is missing"),
        (("job", "offset", -1, "samples", bytes(4)), "offset must be"),
        (("job", "offset", 0, "samples", b""), "a multiple of four bytes, not 0"),
        (("job", "offset", 0, "samples", bytes(6)), "a multiple of four bytes, not 6"),
        (("job", "offset", 0, "samples", "text"), "type blob"),
    ],
)
def test_wrong_audio_is_refused(values: tuple[Argument, ...], why: str) -> None:
    """Whole samples, and a place for them."""
    assert why in refusal("/punchin/audio", *values).sentence


def test_an_unknown_address_is_refused_with_the_nearest_one() -> None:
    """Typing errors are found at once."""
    error = refusal("/punchin/rendr", "job")

    assert ErrorCode.BAD_MESSAGE == error.code
    assert "There is no address '/punchin/rendr'; did you mean /punchin/render?" == error.sentence
    assert "choose from /punchin/render, " in refusal("/zzzz").sentence


def test_what_a_peer_sent_is_quoted_short_and_harmless() -> None:
    """A sentence never repeats a megabyte, nor control characters."""
    for name in ("x" * 100_000, "\x1b[2J", "\n"):
        sentence = refusal("/punchin/status", name, "y").sentence
        assert len(sentence) < 200
        assert sentence.isprintable()


@pytest.mark.parametrize(
    ("address", "values", "expected"),
    [
        ("/punchin/render", ("job", "strength", 7), "job"),
        ("/punchin/rendr", ("job",), "job"),
        ("/punchin/cancel", ("job", "x"), "job"),
        ("/punchin/status", ("tokn", "x"), ""),
        ("/punchin/render", (7,), ""),
        ("/punchin/render", ("a\x00b",), ""),
        ("/punchin/render", (), ""),
    ],
)
def test_a_refused_message_still_names_its_job(
    address: str, values: tuple[Argument, ...], expected: str
) -> None:
    """So that a client that waits for this job hears of it."""
    assert expected == job_id_of(RawMessage(address, values))
