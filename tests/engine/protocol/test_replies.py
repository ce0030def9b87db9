"""Replies travel as OSC and come back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.protocol.framing import MAX_PACKET_BYTES
from engine.protocol.osc import Argument, RawMessage, decode_packet
from engine.protocol.replies import (
    CHUNK_BYTES,
    REPLIES,
    Cancelled,
    Chunk,
    Done,
    Draft,
    Failed,
    JobStatus,
    Models,
    ModelStatus,
    Notice,
    Progress,
    Queued,
    Ranked,
    RankedTake,
    Reply,
    Status,
    TakeDone,
    encode_reply,
    parse_reply,
)

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
int32s = st.integers(-(2**31), 2**31 - 1)
int64s = st.integers(-(2**63), 2**63 - 1)
singles = st.floats(width=32, allow_nan=False)
blobs = st.binary(min_size=1, max_size=16) | st.integers(1, 64).map(bytes)
rows = st.lists(st.builds(JobStatus, texts, texts, int32s, int32s), max_size=4).map(tuple)
models = st.lists(st.builds(ModelStatus, texts, texts, int32s, int64s, texts), max_size=4).map(tuple)
replies = st.one_of(
    st.builds(Queued, texts, int32s),
    st.builds(Progress, texts, texts, int32s, int32s, singles),
    st.builds(Notice, texts, texts),
    st.builds(Chunk, texts, int32s, int32s, int64s, int32s, int32s, blobs),
    st.builds(Draft, texts, int32s, int32s, int64s, int32s, int32s, blobs),
    st.builds(
        Ranked, texts, st.lists(st.builds(RankedTake, int32s, singles, singles), max_size=4).map(tuple)
    ),
    st.builds(TakeDone, texts, int32s, texts, int32s, int32s, texts),
    st.builds(Done, texts, int32s, st.lists(st.tuples(texts, singles), max_size=4).map(tuple)),
    st.builds(Failed, texts, st.sampled_from(ErrorCode), texts),
    st.builds(Cancelled, texts),
    st.builds(Status, texts, int32s, texts, texts, texts, int64s, rows),
    st.builds(Models, models),
)


def parse(packet: bytes) -> Reply:
    """The reply in a packet that holds one message."""
    (message,) = decode_packet(packet)
    return parse_reply(message)


@given(replies)
def test_a_reply_comes_back_as_it_was_sent(reply: Reply) -> None:
    """Every reply, int64 and rows included."""
    assert reply == parse(encode_reply(reply))


def test_every_reply_has_one_address() -> None:
    """None is forgotten in the table."""
    assert set(Reply.__args__) == {form.reply_type for form in REPLIES.values()}
    assert len(REPLIES) == len({form.reply_type for form in REPLIES.values()})


arguments = st.one_of(st.integers(), st.floats(), texts, st.binary(max_size=8), st.booleans())


@given(st.sampled_from([*REPLIES, "/punchin/else"]), st.lists(arguments | st.integers(0, 2), max_size=12))
def test_any_message_is_parsed_or_refused(address: str, values: list[Argument]) -> None:
    """Nothing but BAD_MESSAGE comes out of an engine of another version."""
    try:
        parse_reply(RawMessage(address, tuple(values)))
    except EngineError as error:
        assert ErrorCode.BAD_MESSAGE == error.code


@given(replies, st.data())
def test_a_missing_argument_is_refused(reply: Reply, data: st.DataObject) -> None:
    """Cut off anywhere, a reply is not half read."""
    (message,) = decode_packet(encode_reply(reply))
    cut = data.draw(st.integers(0, len(message.arguments) - 1))
    with pytest.raises(EngineError):
        parse_reply(RawMessage(message.address, message.arguments[:cut]))


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("/punchin/queued", ("job", 1.0)),
        ("/punchin/queued", ("job", True)),
        ("/punchin/queued", ("job", 1, 2)),
        ("/punchin/failed", ("job", "no_such_code", "Sorry.")),
        ("/punchin/done", ("job", 1, 2, "total", 1.0)),
        ("/punchin/done", ("job", 1, -1)),
        ("/punchin/models/reply", ()),
        ("/punchin/status", ()),
    ],
)
def test_a_reply_of_another_shape_is_refused(address: str, values: tuple[Argument, ...]) -> None:
    """Types, numbers and codes are those of the table."""
    with pytest.raises(EngineError) as caught:
        parse_reply(RawMessage(address, values))
    assert ErrorCode.BAD_MESSAGE == caught.value.code


def type_tags(packet: bytes) -> str:
    """The type tags of a packet, as they stand in it."""
    start = packet.index(b",")
    return packet[start + 1 : packet.index(b"\0", start)].decode()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Queued("a", 0), "si"),
        (Progress("a", "denoising", 1, 2, 0.5), "ssiif"),
        (Notice("a", "It is slow."), "ss"),
        (TakeDone("a", 0, "/a.wav", 48_000, 1, "rain"), "sisiis"),
        (Ranked("a", (RankedTake(1, 0.5, 0.0), RankedTake(0, 0.25, 1.5))), "siiffiff"),
        (Done("a", 1, (("total", 1.0),)), "siisf"),
        (Failed("a", ErrorCode.BUSY, "Sorry."), "sss"),
        (Cancelled("a"), "s"),
        (Status("1", 2, "m", "cpu", "ready", 500_000_000, (JobStatus("a", "queued", 0, 0),)), "sisssiissii"),
        (Models((ModelStatus("m", "CC0", 16_000, 80_000_000, ""),)), "issiis"),
    ],
)
def test_pd_can_read_every_reply_but_chunks(reply: Reply, expected: str) -> None:
    """It knows no int64 and no double, and stops reading where one stands."""
    assert expected == type_tags(encode_reply(reply))


def test_bytes_beyond_int32_and_frame_offsets_are_int64() -> None:
    """A checkpoint of 3 GB, and any offset, whatever its size."""
    assert "h" == type_tags(encode_reply(Models((ModelStatus("m", "", 16_000, 3 * 10**9, ""),))))[4]
    assert "siihiib" == type_tags(encode_reply(Chunk("a", 0, 0, 0, 1, 48_000, bytes(4))))


def test_a_full_chunk_fits_into_a_packet() -> None:
    """And silence comes back as the same zeros."""
    chunk = Chunk("j" * 64, 0, 0, 2**40, 2, 48_000, bytes(CHUNK_BYTES))

    assert len(encode_reply(chunk)) < MAX_PACKET_BYTES
    assert chunk == parse(encode_reply(chunk))


def test_bad_news_about_an_unreadable_file_name_is_told_all_the_same() -> None:
    """Bytes of a name that are no text become question marks."""
    reply = Failed("a", ErrorCode.NOT_FOUND, "There is no file bad\udcff\0.wav.")
    notice = Notice("a", "The folder bad\udcff is full.")

    assert Notice("a", "The folder bad? is full.") == parse(encode_reply(notice))
    assert Failed("a", ErrorCode.NOT_FOUND, "There is no file bad??.wav.") == parse(encode_reply(reply))
