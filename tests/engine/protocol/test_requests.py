"""Requests travel as OSC and come back the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.protocol.osc import Argument, RawMessage, decode_packet
from engine.protocol.requests import (
    CancelRequest,
    Envelope,
    FileSource,
    Mode,
    ModelsRequest,
    NewSource,
    Position,
    QuitRequest,
    RenderRequest,
    Request,
    Sampler,
    StatusRequest,
    StreamSource,
    encode_request,
    frames,
    job_id_of,
    key_values,
    parse_request,
    seconds,
)
from engine.protocol.vocabulary import RENDER_KEYS
from tests.engine.protocol.messages import new, parse, render
from tests.engine.protocol.strategies import patient, renders, requests, texts


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


FILE = FileSource("a.wav", seconds(1), seconds(2))


@pytest.mark.parametrize(
    "changes",
    [{"curve": "0:0.5,12e9:0.5"}, {"along": "12e9 wood"}, {"markers": "12345678901.5 hit"},
     {"mode": "inpaint", "mask": "0.1-12e9"}],
)  # fmt: skip
def test_times_far_behind_a_region_counted_in_frames_reach_the_worker(changes: dict[str, Argument]) -> None:
    """It is the worker that finds the region to be shorter, and a packet it can't read would be its end."""
    request = render(start=0, end=24_000, **changes)

    assert request == parse(encode_request(request)).request


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
