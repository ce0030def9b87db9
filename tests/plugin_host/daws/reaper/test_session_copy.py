"""Several things selected in one project file: each comes back at its own place, and all else stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rpp
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.protocol.replies import Done, Reply, TakeDone
from engine.protocol.requests import FileSource, RenderRequest
from plugin_host.bridge import Placement, punch_in, put_in
from plugin_host.daws.reaper.session_file import SessionFile
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from tests.plugin_host.daws.reaper.conftest import write_wav

SECONDS = 4
RATES = (44_100, 48_000, 96_000)
# What REAPER may have in an item besides, and what it never had: a line that is no text.
EXTRAS = (
    "      NOTHING `odd \"quotes' here`",
    "      <NOTES\n        |POSITION 99\n      >",
    "      <TAKEFX\n        BYPASS 0 0 0\n      >",
    "      SAY \udcff\udcfe",
    "      COLOR 16576 B",
)
OWN_KEYS = {"POSITION", "LENGTH", "SOFFS", "FADEIN", "FADEOUT", "IGUID", "IID", "GUID", "TAKE"}


@dataclass(frozen=True)
class Part:
    """An item of a project: seconds on the timeline and in its file."""

    rate: int
    position: float
    length: float
    offset: float
    selected: bool
    extra: str

    def text(self) -> str:
        return (
            f"    <ITEM\n      POSITION {self.position!r}\n      LENGTH {self.length!r}\n"
            f"      FADEIN 1 0.01 0 1 0 0 0\n      FADEOUT 1 0.02 0 1 0 0 0\n      SEL {int(self.selected)}\n"
            "      IGUID {AAAA}\n      IID 3\n"
            f"{self.extra}\n      NAME part\n      SOFFS {self.offset!r}\n      PLAYRATE 1 1 0 -1 0 0.0025\n"
            f"      CHANMODE 3\n      GUID {{BBBB}}\n"
            f'      <SOURCE WAVE\n        FILE "{self.rate}.wav"\n      >\n    >\n'
        )


seconds_of = st.floats(0, 1, allow_nan=False)
parts = st.builds(
    Part,
    st.sampled_from(RATES),
    st.one_of(st.floats(0, 5_000), st.integers(0, 5_000).map(float)),
    st.floats(0.3, SECONDS / 2),
    st.floats(0, SECONDS / 2),
    st.booleans(),
    st.sampled_from(EXTRAS),
)
projects = st.lists(st.lists(parts, max_size=3), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of each rate, whose every sample is the number of its frame."""
    folder = tmp_path_factory.mktemp("project")
    for rate in RATES:
        count = np.arange(SECONDS * rate, dtype=np.float32)[:, None]
        write_wav(folder / f"{rate}.wav", count, rate)
    return folder


def project(folder: Path, tracks: list[list[Part]], times: tuple[float, float] | None, end: str) -> Path:
    """A file of them; older copies of it go."""
    for old in folder.glob("*.rpp"):
        old.unlink()
    inner = "".join(
        f"  <TRACK {{{number}}}\n    NAME track{number}\n    SEL {number % 2}\n"
        + "".join(part.text() for part in items)
        + "    ISBUS 0 0\n  >\n"
        for number, items in enumerate(tracks)
    )
    chosen = f"  SELECTION {times[0]!r} {times[1]!r}\n" if times else ""
    text = f'<REAPER_PROJECT 0.1 "7.16" 17\n{chosen}{inner}  LAST line\n>\n'
    path = folder / "scene.rpp"
    path.write_bytes(text.replace("\n", end).encode("utf-8", "surrogateescape"))
    return path


class Copying:
    """An engine whose takes are what it was given, two of each."""

    def render(self, request: RenderRequest) -> Iterator[Reply]:
        """Files beside the excerpt; their frames are numbered, so they say themselves what they are."""
        assert isinstance(request.source, FileSource)
        source, start, end = Path(request.source.path), request.source.start.value, request.source.end.value
        samples, rate = sf.read(source, dtype="float32", always_2d=True)
        for number in range(2):
            take = source.with_name(f"{source.stem}-take{number}.wav")
            sf.write(take, samples[int(start) : int(end)], rate, "FLOAT")
            yield TakeDone(request.job_id, number, str(take), int(end) - int(start), number, "")
        yield Done(request.job_id, 2, {})


def requesting(source: FileSource, _region: Region) -> RenderRequest:
    return RenderRequest("job", source, "boots")


def items_of(path: Path) -> list[tuple[str, Any]]:
    """What the other reader sees: every item with its track's name."""
    text = path.read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    tracks = rpp.loads(text).findall("TRACK")
    return [(track.find("NAME")[1], item) for track in tracks for item in track.findall("ITEM")]


def heard(item: Any) -> list[tuple[Path, float]]:
    """Each take's file, and when its first frame is heard, or would be."""
    files = [Path(source.find("FILE")[1]) for source in item.findall("SOURCE")]
    offsets = [float(row[1]) for row in item.findall("SOFFS")]
    return [(file, float(item.find("POSITION")[1]) - late) for file, late in zip(files, offsets, strict=True)]


def punched(path: Path, placement: Placement) -> tuple[Take, ...] | None:
    """Takes in a copy; None where what is selected is too short, or nothing is."""
    try:
        return punch_in(SessionFile(path), Copying(), requesting, path.parent, placement, 0.25)
    except DawError as error:
        assert "selected" in error.sentence and not list(path.parent.glob("*(Punch-In)*"))
        return None


cases = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
asked = given(
    tracks=projects,
    times=st.none()
    | st.tuples(st.floats(0, 5_000), st.floats(0.1, 5_000)).map(lambda pair: (pair[0], sum(pair))),
    end=st.sampled_from(["\n", "\r\n"]),
)


@cases
@asked
def test_takes_lie_on_the_samples_that_went_out(
    sounds: Path, tracks: list[list[Part]], times: tuple[float, float] | None, end: str
) -> None:
    """Wherever an item begins, also between frames: on tracks, and as takes of the items."""
    path = project(sounds, tracks, times, end)
    for placement in (Placement.TRACK, Placement.TAKE):
        copy = path.with_name("scene (Punch-In).rpp")
        copy.unlink(missing_ok=True)
        takes = punched(path, placement)
        if takes is None:
            continue
        places = {file: place for _, item in items_of(copy) for file, place in heard(item)}
        origins = {place_of(part) for items in tracks for part in items}
        for take in takes:
            first = int(sf.read(take.path, 1)[0][0])
            rate = take.region.sample_rate
            origin = places[take.path] - first / rate
            assert min(abs(origin - one) for one in origins) * rate < 1e-4
            assert abs(places[take.path] * rate - take.region.start) < 1.001


def place_of(part: Part) -> float:
    """When the first frame of its file would be heard."""
    return part.position - part.offset


@cases
@asked
def test_everything_else_of_a_project_stays(
    sounds: Path, tracks: list[list[Part]], times: tuple[float, float] | None, end: str
) -> None:
    """New tracks are all that is new; of items that are cut, only what a cut changes."""
    path = project(sounds, tracks, times, end)
    before = path.read_bytes()
    if punched(path, Placement.TRACK) is None:
        return
    copy = path.with_name("scene (Punch-In).rpp")
    after = copy.read_bytes()
    new = re.compile(rb"  <TRACK \{[0-9A-F-]{36}\}\r?\n.*?\n  >\r?\n", re.DOTALL)
    assert new.sub(b"", after) == before
    copy.unlink()
    takes = punched(path, Placement.TAKE)
    assert takes is not None and path.read_bytes() == before
    keys = {take.track.key for take in takes if take.track}
    assert re.fullmatch(outside(before, keys, end.encode()), copy.read_bytes(), re.DOTALL)


def outside(text: bytes, keys: set[str], end: bytes) -> bytes:
    """A pattern of all but the items that begin at the lines ``keys``, which become one or more."""
    pieces, item = [], False
    for number, line in enumerate(text.split(end)):
        item = item or str(number) in keys
        if str(number) in keys:
            pieces.append(rb"(?:    <ITEM(?:(?!    <ITEM).)*?\n    >\r?\n)+")
        if not item:
            pieces.append(re.escape(line + end))
        item = item and line != b"    >"
    return b"".join(pieces).removesuffix(re.escape(end))


@cases
@asked
def test_pieces_of_an_item_are_the_item(
    sounds: Path, tracks: list[list[Part]], times: tuple[float, float] | None, end: str
) -> None:
    """They follow each other, sound as it did, and keep all lines that a cut does not change."""
    path = project(sounds, tracks, times, end)
    takes = punched(path, Placement.TAKE)
    if takes is None:
        return
    copy = path.with_name("scene (Punch-In).rpp")
    found = [item for _, item in items_of(copy)]
    text = copy.read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    for part in (part for items in tracks for part in items):
        pieces, reach = [], 0.0
        while not pieces or reach < part.position + part.length - 1.01 / part.rate:
            pieces.append(found.pop(0))
            reach = number(pieces[-1], "POSITION") + number(pieces[-1], "LENGTH")
        assert number(pieces[0], "POSITION") == pytest.approx(part.position, abs=1.01 / part.rate)
        assert reach == pytest.approx(part.position + part.length, abs=1.01 / part.rate)
        for one, other in zip(pieces, pieces[1:], strict=False):  # noqa: RUF007 - reads as it is meant
            gap = number(other, "POSITION") - number(one, "POSITION") - number(one, "LENGTH")
            assert abs(gap) < 1e-9
        for piece in pieces:
            assert heard(piece)[0][1] == pytest.approx(place_of(part), abs=1e-9)
            kept = [
                line
                for line in part.text().split("\n")
                if line.split()[:1] and line.split()[0] not in OWN_KEYS
            ]
            assert [line for line in kept if line not in text] == []
        fades = [(piece.find("FADEIN")[2], piece.find("FADEOUT")[2]) for piece in pieces]
        assert (fades[0][0], fades[-1][1]) == ("0.01", "0.02")
        identities = [row[1] for piece in pieces for row in piece.findall("IGUID") + piece.findall("GUID")]
        assert len(set(identities)) == len(identities)
    assert found == []


def number(item: Any, key: str) -> float:
    return float(item.find(key)[1])


def test_two_regions_of_one_item_and_one_of_another(sounds: Path) -> None:
    """By their time stamps alone: the item is cut at all four ends, the other one at its own."""
    rate = 48_000
    tracks = [[Part(rate, 10.0, 2.0, 0.5, False, EXTRAS[4])], [Part(rate, 20.0, 1.0, 0.0, False, EXTRAS[4])]]
    path = project(sounds, tracks, None, "\n")
    regions = [Region(round(at * rate), rate // 4, rate) for at in (11.0, 10.5, 20.0)]
    takes = [Take(sounds / f"take{n}.wav", region, f"take{n}") for n, region in enumerate(regions)]
    put_in(SessionFile(path), takes, Placement.TAKE)
    found = [item for _, item in items_of(path.with_name("scene (Punch-In).rpp"))]
    assert [(number(item, "POSITION"), number(item, "LENGTH"), len(heard(item))) for item in found] == [
        (10, 0.5, 1),
        (10.5, 0.25, 2),
        (10.75, 0.25, 1),
        (11, 0.25, 2),
        (11.25, 0.75, 1),
        (20, 0.25, 2),
        (20.25, 0.75, 1),
    ]
    assert [row[1] for row in found[3].findall("NAME")] == ["part", "take0"]


def test_regions_over_each_other_get_tracks_of_their_own(sounds: Path) -> None:
    """Those of one track lie side by side, as far as they can; channels are played as the item's are."""
    one = Part(48_000, 10.0, 1.0, 0.0, True, EXTRAS[4])
    tracks = [[one, replace(one, position=10.5), replace(one, position=12.0)], [replace(one, rate=44_100)]]
    path = project(sounds, tracks, None, "\r\n")
    assert punched(path, Placement.TRACK)
    found = [
        (name, number(item, "POSITION"), number(item, "CHANMODE"))
        for name, item in items_of(path.with_name("scene (Punch-In).rpp"))
    ]
    assert found == [
        ("track0", 10, 3),
        ("track0", 10.5, 3),
        ("track0", 12, 3),
        ("track0 Punch-In", 10, 3),
        ("track0 Punch-In", 12, 3),
        ("track0 Punch-In", 10.5, 3),
        ("track1", 10, 3),
        ("track1 Punch-In", 10, 3),
    ]


def test_without_items_the_selected_tracks_are_meant(sounds: Path) -> None:
    """What lies on them in the time selection; the others' items stay."""
    one = Part(48_000, 10.0, 2.0, 0.0, False, EXTRAS[4])
    path = project(
        sounds, [[one], [one, replace(one, position=12.5), replace(one, position=20.0)]], (11, 13), "\n"
    )
    daw = SessionFile(path)
    regions = [(one.tracks[0].name, one.region.start, one.region.end) for one in daw.selections()]
    assert regions == [("track1", 528_000, 576_000), ("track1", 600_000, 624_000)]
    with pytest.raises(DawError, match="2 items are selected"):
        daw.selection()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PLAYRATE 1 1 0 -1", "PLAYRATE 1 1 3 -1"),
        ("PLAYRATE 1 1 0 -1", "PLAYRATE 0.5 1 0 -1"),
        ("<SOURCE WAVE", "<SOURCE SECTION"),
        ("LENGTH 1.0", "LENGTH 9.0"),
        ('FILE "48000.wav"', 'NOTE "C"'),
    ],
)
def test_what_is_not_the_file_itself_is_to_be_glued(sounds: Path, old: str, new: str) -> None:
    """Its samples are not those that are heard; the item is named."""
    path = project(sounds, [[Part(48_000, 10.0, 1.0, 0.0, True, EXTRAS[4])]], None, "\n")
    path.write_text(path.read_text().replace(old, new))
    daw = SessionFile(path)
    with pytest.raises(DawError, match=r"item part.*glue it"):
        daw.export(daw.selection(), 0, path.parent)


@pytest.mark.parametrize("recordings", ["", '  RECORD_PATH "Media" ""\n'])
def test_takes_lie_with_the_projects_recordings(sounds: Path, tmp_path: Path, recordings: str) -> None:
    """So that the take folder may be emptied; where nothing comes of it, no copy stays."""
    rate = 48_000
    path = project(sounds, [[Part(rate, 10.0, 1.0, 0.0, True, EXTRAS[4])]], None, "\n")
    path.write_text(path.read_text().replace("17\n", f"17\n{recordings}", 1))
    folder = sounds / "Media" if recordings else sounds
    before = set(folder.glob("*.wav"))
    take = write_wav(tmp_path / "boots.wav", np.zeros((100, 1)), rate)
    with pytest.raises(DawError, match="No item"):
        put_in(SessionFile(path), [Take(take, Region(0, 100, rate), "boots")], Placement.TAKE)
    assert set(folder.glob("*.wav")) == before
    put_in(SessionFile(path), [Take(take, Region(10 * rate, 100, rate), "boots")], Placement.TAKE)
    (kept,) = set(folder.glob("*.wav")) - before
    files = [file for _, item in items_of(path.with_name("scene (Punch-In).rpp")) for file, _ in heard(item)]
    assert kept in files and kept.read_bytes() == take.read_bytes()
    kept.unlink()
