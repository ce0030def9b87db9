"""The README's tables say what the code does: neither can drift from the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import engine.protocol
from engine.errors import ErrorCode
from engine.protocol import framing, osc, replies
from engine.protocol.keys import MAX_JOB_ID_CHARACTERS, TYPE_TAGS, Key
from engine.protocol.positional import Item
from engine.protocol.replies import REPLIES
from engine.protocol.requests import REQUESTS, default_of
from engine.protocol.sources import MAX_REGION_SECONDS, MAX_STREAM_BYTES, MIN_REGION_SECONDS, Position
from engine.protocol.vocabulary import RENDER_GROUPS, TOKEN

README = Path(engine.protocol.__path__[0], "README.md").read_text(encoding="utf-8")


def tables(text: str) -> Iterator[list[list[str]]]:
    """The rows of each table, its head first, without the backquotes."""
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = block.replace("`", "").splitlines()
        yield [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]


def section(title: str) -> str:
    """What stands under a heading, up to the next."""
    found = re.search(rf"^#+ `?{re.escape(title)}`?\n(.*?)(?=^#+ |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no heading {title}"
    return found[1]


def table(title: str, head: Sequence[str]) -> list[list[str]]:
    """The rows of the one table under a heading that has these columns."""
    (rows,) = (rows for rows in tables(section(title)) if rows[0] == list(head))
    return rows[1:]


def default_text(value: Any) -> str:
    """A default as the README writes it."""
    words: dict[Any, str] = {None: "none", (): "none", "": "empty", True: "yes", False: "no"}
    if isinstance(value, Position):
        value = value.value
    if isinstance(value, bool | str | tuple | None):
        return words.get(value, str(value))
    return f"{value:.10g}"


def key_row(key: Key, default: str) -> list[str]:
    """A key as the README's tables show it."""
    return [key.name, key.kind, key.unit, "required" if key.required else default, key.range, key.meaning]


KEY_HEAD = ["Key", "Type", "Unit", "Default", "Range", "Meaning"]


@pytest.mark.parametrize("address", ["/punchin/audio", "/punchin/models"])
def test_the_keys_of_each_request_are_documented(address: str) -> None:
    """Names, types, units, defaults, ranges and meanings, in the same order."""
    form = REQUESTS[address]
    expected = [key_row(key, default_text(default_of(form, key))) for key in form.keys]

    assert expected == table(address, KEY_HEAD)


@pytest.mark.parametrize("group", RENDER_GROUPS)
def test_the_keys_of_a_render_are_documented_by_groups(group: str) -> None:
    """Each group under its own heading."""
    form = REQUESTS["/punchin/render"]
    expected = [key_row(key, default_text(default_of(form, key))) for key in RENDER_GROUPS[group]]

    assert expected == table(group.capitalize(), KEY_HEAD)


def test_the_token_is_documented() -> None:
    """It goes with every request."""
    assert [key_row(TOKEN, "empty")] == table("Every request", KEY_HEAD)


def test_the_addresses_of_requests_are_documented() -> None:
    """Each with what becomes of a job id."""
    expected = [[address, form.job_id] for address, form in REQUESTS.items()]

    assert expected == [row[:2] for row in table("Requests", ["Address", "Job id", "What it asks"])]


def test_the_types_of_values_are_documented() -> None:
    """Which OSC types may carry which kind of value."""
    assert [[kind, tags] for kind, tags in TYPE_TAGS.items()] == table("Requests", ["Type", "OSC types"])


def item_row(item: Item, mark: str = "") -> list[str]:
    """An argument as the README's tables show it."""
    return [item.name + mark, item.type_tags, item.unit, item.meaning]


@pytest.mark.parametrize("address", REPLIES)
def test_the_arguments_of_each_reply_are_documented(address: str) -> None:
    """Names, types, units and meanings, in the order they are sent."""
    form = REPLIES[address]
    expected = [item_row(item) for item in form.items]
    if form.rows:
        expected.append(["count", "i", "", f"how many {form.rows.name} follow"])
        expected += [item_row(item, " ...") for item in form.rows.items]

    assert expected == table(address, ["Argument", "Type", "Unit", "Meaning"])


def test_no_address_is_documented_that_is_not_there() -> None:
    """Nor one twice."""
    headings = re.findall(r"^### `(/.*)`$", README, re.MULTILINE)

    assert [address for address, form in REQUESTS.items() if form.keys] + list(REPLIES) == headings


def test_every_error_code_is_documented_with_what_to_do() -> None:
    """In the order of the code, no cell empty."""
    rows = table("Error codes", ["Code", "When", "What to do"])

    assert list(ErrorCode) == [row[0] for row in rows]
    assert all(all(row) for row in rows)


def test_the_limits_are_documented() -> None:
    """Of packets, and those the text names."""
    expected = [
        ["bytes in a packet", str(framing.MAX_PACKET_BYTES)],
        ["messages in a bundle", str(osc.MAX_MESSAGES)],
        ["depth of nested bundles", str(osc.MAX_BUNDLE_DEPTH)],
        ["arguments in a message", str(osc.MAX_ARGUMENTS)],
        ["bytes in a chunk's blob", str(replies.CHUNK_BYTES)],
    ]

    assert expected == table("Transport", ["Limit", "Value"])
    assert f"lasts {MIN_REGION_SECONDS:g} to {MAX_REGION_SECONDS:g} seconds" in README
    assert f"{MAX_STREAM_BYTES // 2**20} MiB at most" in README
    assert f"1 to {MAX_JOB_ID_CHARACTERS} printable characters" in README


def test_the_type_tags_taken_are_documented() -> None:
    """All of them, and no others."""
    (sentence,) = re.findall(r"\*\*Type tags\*\* taken are (.*)\.", section("Transport"))[:1] or [""]

    assert osc.TYPE_TAGS == set(re.findall("`(.)`", sentence))
