"""Wrong requests come back as one sentence."""

from __future__ import annotations

import pytest

from engine.errors import EngineError, ErrorCode
from engine.protocol.keys import MAX_SPANS
from engine.protocol.osc import Argument, RawMessage
from engine.protocol.requests import (
    job_id_of,
    parse_request,
)
from engine.protocol.vocabulary import MAX_MARKERS, MAX_POINTS, MAX_PROMPTS
from tests.engine.protocol.messages import new, render


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
    ({"loop": True, "mode": "generate", "sounding": 0.5}, "leave sounding out"),
    ({"mode": "transfer", "sounding": 0.5}, "sounding goes with mode generate"),
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
        ({"start": 1e308, "end": 1}, "start takes 1000000000 seconds at most, not 1e.308"),
        ({"start": 0, "end": 1e308}, "end takes 1000000000 seconds at most"),
        ({"guide": "/g.wav", "guide_start": 1e308}, "guide_start takes 1000000000 seconds at most"),
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
        ({"start": 1e308}, ErrorCode.BAD_REGION, "1000000000 seconds at most"),
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
