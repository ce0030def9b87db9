"""iXML: written for strict readers, read from anybody."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.takes.bext import Bext
from engine.takes.ixml import Ixml, Slate, Sound, read_ixml, write_ixml


def document(note: str = "", recipes: tuple[str, ...] = ()) -> str:
    """A whole one."""
    bext = Bext("boots", "Punch-In", time_reference=2**33 + 7, history="A=PCM\r\n")
    slate = Slate("Film", "12A", "T1", "3", note)
    return write_ixml(
        Ixml(slate, Sound(48_000, 2, 24), bext, "uid", (("CATID", "FEETHmn"),), recipes=recipes)
    )


@given(note=st.text(), recipes=st.lists(st.text(), max_size=3))
def test_any_text_makes_a_document_that_another_parser_reads(note: str, recipes: list[str]) -> None:
    """Signs of XML are escaped, and what no document may hold is replaced."""
    root = ET.fromstring(document(note, tuple(recipes)).encode("utf-8", "surrogatepass"))
    found = read_ixml(document(note, tuple(recipes)).encode("utf-8", "surrogatepass"))
    assert len(recipes) == len(root.findall("PUNCHIN/RECIPE")) == len(found.recipes)
    assert [element.text or "" for element in root.findall("PUNCHIN/RECIPE")] == found.recipes
    if note.isprintable() and note:
        assert note == root.findtext("NOTE")


def test_the_time_stamp_is_64_bits_in_two_halves() -> None:
    """In both places where readers look."""
    root = ET.fromstring(document())
    assert ("2", "7") == (
        root.findtext("SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI"),
        root.findtext("SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO"),
    )
    assert ("2", "7") == (
        root.findtext("BEXT/BWF_TIME_REFERENCE_HIGH"),
        root.findtext("BEXT/BWF_TIME_REFERENCE_LOW"),
    )
    assert "A=PCM\r\n" == root.findtext("BEXT/BWF_CODING_HISTORY")


def test_the_slate_comes_back() -> None:
    """As a take of the same scene goes on: its own number and note are new."""
    assert Slate("Film", "12A", "T1") == read_ixml(document("loud").encode()).slate


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not XML",
        b"<BWFXML><PUNCHIN><RECIPE>{}</RECIPE></PUNCHIN>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><BWFXML><PUNCHIN><RECIPE>&a;</RECIPE></PUNCHIN></BWFXML>',
        b'<!DOCTYPE BWFXML SYSTEM "file:///etc/passwd"><BWFXML><PROJECT>x</PROJECT></BWFXML>',
        b"<a>" * 100_000,
        b"<BWFXML>" + b"<x/>" * 200_000 + b"</BWFXML>",
        b"<BWFXML>\xff\xfe</BWFXML>",
        b'<?xml version="1.0" encoding="nonsense"?><BWFXML/>',
    ],
)
def test_a_hostile_document_says_nothing(content: bytes) -> None:
    """No entity is expanded, no file is looked at, no depth is followed."""
    found = read_ixml(content)
    assert ([], Slate()) == (found.recipes, found.slate)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(content: bytes) -> None:
    """A document, or none."""
    read_ixml(content)


def test_padding_behind_a_document_is_no_error() -> None:
    """Recorders reserve room."""
    assert ["{}"] == read_ixml(document(recipes=("{}",)).encode() + bytes(50)).recipes
