"""The iXML of a take: slate, timeline, UCS category and the recipe, for programs that read WAV files.

Sources: the iXML specification 3.0 (ixml.info), ASWG-G006, and the names under USER that UCS tools use.
What is read comes from anywhere: a document with a declaration of its own kinds of elements or entities
is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from engine.takes.bext import Bext

_VERSION = "3.0"
# Of a foreign document: what is deeper or more is nothing that a recorder wrote.
_MAX_DEPTH = 64
_MAX_ELEMENTS = 100_000
# Characters that no XML 1.0 document may hold, however they are written.
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RECIPE = ("BWFXML", "PUNCHIN", "RECIPE")


@dataclass(frozen=True)
class Slate:
    """What a recorder would ask for: which project, which scene, which take."""

    project: str = ""
    scene: str = ""
    tape: str = ""
    take: str = ""
    note: str = ""


@dataclass(frozen=True)
class Sound:
    """The samples of the file."""

    sample_rate: int
    channels: int
    bits: int


@dataclass(frozen=True)
class Ixml:
    """Everything in the document. ``user`` and ``aswg`` are name and text, in order."""

    slate: Slate
    sound: Sound
    bext: Bext
    uid: str
    user: tuple[tuple[str, str], ...] = ()
    aswg: tuple[tuple[str, str], ...] = ()
    summary: tuple[tuple[str, str], ...] = ()  # of the newest recipe, for readers that know no JSON
    recipes: tuple[str, ...] = ()


@dataclass
class Reading:
    """What a document says of its slate and recipes."""

    texts: dict[str, str] = field(default_factory=dict)  # of the elements right under the root
    recipes: list[str] = field(default_factory=list)

    @property
    def slate(self) -> Slate:
        """As a take of it goes on; the take's own number and note are new ones."""
        project, scene, tape = (self.texts.get(name, "").strip() for name in ("PROJECT", "SCENE", "TAPE"))
        return Slate(project, scene, tape)


def write_ixml(ixml: Ixml) -> str:
    """The document."""
    body = "".join(_sections(ixml))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML>\n{body}</BWFXML>\n'


def read_ixml(content: bytes) -> Reading:
    """What is in a document; nothing of one that is not well formed or declares a document type."""
    reader = _Reader()
    try:
        reader.parser.Parse(content.rstrip(b"\0"), True)
    except (expat.ExpatError, _RefusedError, ValueError, LookupError):
        return Reading()
    return reader.reading


def _sections(ixml: Ixml) -> Iterator[str]:
    slate = ixml.slate
    yield _element("IXML_VERSION", _VERSION)
    yield _elements(
        ("PROJECT", slate.project),
        ("SCENE", slate.scene),
        ("TAPE", slate.tape),
        ("TAKE", slate.take),
        ("NOTE", slate.note),
        ("FILE_UID", ixml.uid),
    )
    yield _group("SPEED", _speed(ixml))
    yield _group("BEXT", _bext(ixml.bext))
    yield _group("TRACK_LIST", _tracks(ixml.sound.channels))
    yield _group("USER", _elements(*ixml.user))
    yield _group("ASWG", _elements(*ixml.aswg))
    recipes = "".join(_element("RECIPE", text) for text in ixml.recipes)
    yield _group("PUNCHIN", _elements(*ixml.summary) + recipes)


def _speed(ixml: Ixml) -> str:
    rate = str(ixml.sound.sample_rate)
    high, low = divmod(ixml.bext.time_reference, 2**32)
    return _elements(
        ("FILE_SAMPLE_RATE", rate),
        ("DIGITIZER_SAMPLE_RATE", rate),
        ("AUDIO_BIT_DEPTH", str(ixml.sound.bits)),
        ("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI", str(high)),
        ("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO", str(low)),
        ("TIMESTAMP_SAMPLE_RATE", rate),
    )


def _bext(bext: Bext) -> str:
    high, low = divmod(bext.time_reference, 2**32)
    return _elements(
        ("BWF_DESCRIPTION", bext.description),
        ("BWF_ORIGINATOR", bext.originator),
        ("BWF_ORIGINATOR_REFERENCE", bext.reference),
        ("BWF_ORIGINATION_DATE", bext.date),
        ("BWF_ORIGINATION_TIME", bext.time),
        ("BWF_TIME_REFERENCE_LOW", str(low)),
        ("BWF_TIME_REFERENCE_HIGH", str(high)),
        ("BWF_VERSION", "2"),
        ("BWF_CODING_HISTORY", bext.history),
    )


def _tracks(channels: int) -> str:
    names = {1: ("Mono",), 2: ("Left", "Right")}.get(channels)
    names = names or tuple(f"Channel {number}" for number in range(1, channels + 1))
    tracks = (
        _group("TRACK", _elements(("CHANNEL_INDEX", str(n)), ("INTERLEAVE_INDEX", str(n)), ("NAME", name)))
        for n, name in enumerate(names, 1)
    )
    return _element("TRACK_COUNT", str(channels)) + "".join(tracks)


def _elements(*pairs: tuple[str, str]) -> str:
    return "".join(_element(name, text) for name, text in pairs if text)


def _element(name: str, text: str) -> str:
    return f"<{name}>{_escape(text)}</{name}>\n"


def _group(name: str, body: str) -> str:
    return f"<{name}>\n{body}</{name}>\n" if body else ""


def _escape(text: str) -> str:
    plain = _ILLEGAL.sub("\ufffd", text)
    # A carriage return would be read as a line feed.
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


class _RefusedError(Exception):
    """The document is none that is looked at."""


class _Reader:
    """Follows a document and keeps what is asked of it."""

    def __init__(self) -> None:
        self.reading = Reading()
        self._open: list[str] = []
        self._texts: list[list[str]] = []
        self._elements = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise _RefusedError
        self._open.append(name)
        self._texts.append([])

    def _text(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def _end(self, name: str) -> None:
        text = "".join(self._texts.pop())
        if tuple(self._open) == _RECIPE:
            self.reading.recipes.append(text)
        elif len(self._open) == 2:
            self.reading.texts.setdefault(name, text)
        self._open.pop()


def _refuse(*_: object) -> None:
    raise _RefusedError
