"""Timelines of takes, read back with the libraries of the formats: positions to the frame."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from plugin_host.errors import DawError
from plugin_host.interchange import Clip, Format, first_origin, lay_out, write_timeline
from plugin_host.timecode import RATES, VideoRate
from plugin_host.timeline import Region, Take

RATE = 48_000
# Primes, an hour in, so that nothing is a multiple of a video frame.
SPANS = ((172_800_007, 24_001), (172_800_007, 24_001), (172_824_008, 4_801), (172_900_033, 9_973))


def take(folder: Path, number: int, start: int, frames: int, rate: int = RATE) -> Take:
    """A file of that length."""
    path = folder / f"take {number}.wav"
    soundfile.write(path, np.full((frames, 2), number / 8), rate, subtype="FLOAT")
    return Take(path, Region(start, frames, rate), f"Boots {number}")


@pytest.fixture
def takes(tmp_path: Path) -> list[Take]:
    """Two alternatives, one that follows at once, one later."""
    return [take(tmp_path, number, *span) for number, span in enumerate(SPANS, 1)]


def whole(takes: list[Take]) -> list[Clip]:
    """All of each."""
    return [Clip.whole(take) for take in takes]


def expected(takes: list[Take]) -> list[tuple[str, int, int, bytes]]:
    """Name, start, length and content of each."""
    return sorted(
        (take.name, take.region.start, take.region.frames, take.path.read_bytes()) for take in takes
    )


def linked(url: str) -> bytes:
    """What a file's address leads to."""
    return Path(url2pathname(urlparse(url).path)).read_bytes()


def samples_of(summary: bytes) -> int:
    """What a WAV file's headers say without its samples; Ardour 8 dies where they end before "data"."""
    head, (name, size) = summary[:-8], struct.unpack("<4sI", summary[-8:])
    assert name == b"data"
    whole = struct.pack("<4sI", b"RIFF", len(summary) - 8 + size) + head[8:] + summary[-8:] + bytes(size)
    return int(soundfile.info(io.BytesIO(whole)).frames)


@pytest.mark.parametrize("picture", [RATES["25"], RATES["29.97"]])
def test_otio_for_pictures_counts_in_their_frames(
    takes: list[Take], tmp_path: Path, picture: VideoRate
) -> None:
    """An editor makes its rate that of the project; fractions of a frame keep every sample's place."""
    otio = pytest.importorskip("opentimelineio", reason="needs the daw extra")
    path = tmp_path / "takes.otio"
    write_timeline(whole(takes), path, Format.OTIO, 172_800_000, picture=picture)
    timeline = otio.adapters.read_from_file(str(path))
    assert timeline.duration().rate == float(picture.per_second)
    found = []
    for clip in timeline.find_clips():
        where = clip.transformed_time_range(clip.trimmed_range(), timeline.tracks)
        start = round(where.start_time.to_seconds() * RATE) + 172_800_000
        frames = round(where.duration.to_seconds() * RATE)
        found.append((clip.name, start, frames, linked(clip.media_reference.target_url)))
    assert sorted(found) == expected(takes)


@pytest.mark.parametrize("origin", [0, 172_800_000])
def test_otio_has_every_take_at_its_frame(takes: list[Take], tmp_path: Path, origin: int) -> None:
    """Read by opentimelineio: place on the timeline, length, and the file that the clip points to."""
    otio = pytest.importorskip("opentimelineio", reason="needs the daw extra")
    path = tmp_path / "takes.otio"
    write_timeline(whole(takes), path, Format.OTIO, origin)
    timeline = otio.adapters.read_from_file(str(path))
    assert timeline.global_start_time == otio.opentime.RationalTime(origin, RATE)
    found = []
    for clip in timeline.find_clips():
        where = clip.transformed_time_range(clip.trimmed_range(), timeline.tracks)
        assert where.start_time.rate == RATE
        start = int(where.start_time.value) + origin
        assert clip.media_reference.available_range == clip.source_range
        assert clip.source_range.start_time.value == 0  # editors look there in the file
        found.append((clip.name, start, int(where.duration.value), linked(clip.media_reference.target_url)))
    assert sorted(found) == expected(takes)


@pytest.mark.parametrize("origin", [0, 172_800_000])
def test_aaf_has_every_take_at_its_frame(takes: list[Take], tmp_path: Path, origin: int) -> None:
    """Read by pyaaf2: from each clip through its mobs to the linked file, whose length the AAF knows."""
    aaf2 = pytest.importorskip("aaf2", reason="needs the daw extra")
    path = tmp_path / "takes.aaf"
    write_timeline(whole(takes), path, Format.AAF, origin)
    found = []
    with aaf2.open(str(path), "r") as file:
        (composition,) = file.content.toplevel()
        starts = [slot.segment.start for slot in composition.slots if slot.media_kind == "Timecode"]
        assert starts == [origin]
        for slot in composition.slots:
            if slot.media_kind != "Sound":
                continue
            assert slot.edit_rate == RATE
            here = origin
            for part in slot.segment.components:
                if isinstance(part, aaf2.components.SourceClip):
                    (master,) = part.mob.slots
                    descriptor = master.segment.mob.descriptor
                    assert descriptor["Length"].value == part.length
                    assert samples_of(bytes(descriptor["Summary"].value)) == part.length
                    (locator,) = descriptor["Locator"].value
                    found.append((part.mob.name, here, part.length, linked(locator["URLString"].value)))
                here += part.length
    assert sorted(found) == expected(takes)


def test_aaf_for_pictures_begins_with_one_of_their_frames(takes: list[Take], tmp_path: Path) -> None:
    """What lies between two is refused, in a sentence."""
    pytest.importorskip("aaf2", reason="needs the daw extra")
    with pytest.raises(DawError, match="inside one: name the origin as timecode"):
        write_timeline(whole(takes), tmp_path / "takes.aaf", Format.AAF, 172_800_001, picture=RATES["25"])
    assert list(tmp_path.glob("*.aaf")) == []


def test_aaf_begins_where_asked_at_high_rates(tmp_path: Path) -> None:
    """Its timecode has 16 bits for the rate; what can't be said exactly is refused."""
    aaf2 = pytest.importorskip("aaf2", reason="needs the daw extra")
    some, path = [take(tmp_path, 1, 691_200_007, 999, 192_000)], tmp_path / "takes.aaf"
    write_timeline(whole(some), path, Format.AAF, 691_200_000)
    with aaf2.open(str(path), "r") as file:
        (composition,) = file.content.toplevel()
        (slot,) = (slot for slot in composition.slots if slot.media_kind == "Timecode")
        assert slot.segment.start * 192_000 == 691_200_000 * slot.edit_rate
    with pytest.raises(DawError, match="multiple of 3"):
        write_timeline(whole(some), path, Format.AAF, 691_200_001, overwrite=True)


@given(
    st.lists(st.integers(0, 2**33), min_size=1, max_size=5),
    st.sampled_from([44_100, 48_000, 192_000]),
    st.sampled_from(list(RATES.values())),
)
def test_a_timeline_may_begin_with_its_first_take(starts: list[int], rate: int, picture: VideoRate) -> None:
    """At once, as far as an AAF's numbers reach; with a picture, where the video frame around it begins."""
    takes = [Take(Path("x"), Region(start, 1, rate), "") for start in starts]
    first = min(starts)
    assert first - first_origin(whole(takes)) in range(3 if rate > 65_535 else 1)
    origin = first_origin(whole(takes), picture)
    assert 0 <= first - origin <= rate / picture.per_second + 1
    assert picture.frame_of(picture.number_at(origin, rate), rate) == origin


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 100)), max_size=12))
def test_no_take_lies_over_another(spans: list[tuple[int, int]]) -> None:
    """On any track; all are there; and there are no more tracks than takes at any one time."""
    takes = [Take(Path(str(n)), Region(*span, RATE), "") for n, span in enumerate(spans)]
    tracks = lay_out(whole(takes))
    assert sorted(clip.take.path for track in tracks for clip in track) == sorted(take.path for take in takes)
    for track in tracks:
        for one, following in zip(track, track[1:], strict=False):  # noqa: RUF007 - reads as it is meant
            assert one.region.end <= following.region.start
    busiest = max(
        (
            sum(other.region.start <= take.region.start < other.region.end for other in takes)
            for take in takes
        ),
        default=0,
    )
    assert len(tracks) == busiest


def test_a_stretch_of_a_take_has_the_rest_as_handles(takes: list[Take], tmp_path: Path) -> None:
    """OTIO and AAF: the clip's place and length are the stretch's; it begins so far into the whole file."""
    otio = pytest.importorskip("opentimelineio", reason="needs the daw extra")
    aaf2 = pytest.importorskip("aaf2", reason="needs the daw extra")
    heard = Region(SPANS[0][0] + 1_009, 4_007, RATE)
    for kind in Format:
        write_timeline([Clip(takes[0], heard)], tmp_path / f"takes.{kind}", kind, SPANS[0][0])
    timeline = otio.adapters.read_from_file(str(tmp_path / "takes.otio"))
    (gap, clip) = timeline.tracks[0]
    assert (gap.duration().value, clip.source_range.start_time.value, clip.duration().value) == (
        1_009,
        1_009,
        4_007,
    )
    assert clip.media_reference.available_range.duration.value == takes[0].region.frames
    with aaf2.open(str(tmp_path / "takes.aaf"), "r") as file:
        (composition,) = file.content.toplevel()
        (slot,) = (slot for slot in composition.slots if slot.media_kind == "Sound")
        filler, part = slot.segment.components
        assert (filler.length, part.start, part.length, slot.segment.length) == (1_009, 1_009, 4_007, 5_016)
        (master,) = part.mob.slots
        assert master.segment.mob.descriptor["Length"].value == takes[0].region.frames


def test_what_can_not_be_exact_is_refused(takes: list[Take], tmp_path: Path) -> None:
    """Two rates, a timeline that begins after a take, none at all; and no file is left."""
    other = take(tmp_path, 9, 5, 4_410, 44_100)
    for some, origin, text in (
        ([*takes, other], 0, "44100 Hz and 48000 Hz"),
        (takes, SPANS[0][0] + 1, "begins at frame 172800007, before the timeline does, at frame 172800008"),
        ([], 0, "no takes"),
    ):
        with pytest.raises(DawError, match=text):
            write_timeline(whole(some), tmp_path / "out.otio", Format.OTIO, origin)
    assert list(tmp_path.glob("*.otio")) == []


def test_a_file_that_is_there_stays(takes: list[Take], tmp_path: Path) -> None:
    """Unless it may be replaced; a format that can't take a file leaves it, too."""
    pytest.importorskip("aaf2", reason="needs the daw extra")
    path = tmp_path / "out.aaf"
    path.write_text("mine")
    with pytest.raises(DawError, match="is there already"):
        write_timeline(whole(takes), path, Format.AAF)
    flac = tmp_path / "take.flac"
    soundfile.write(flac, np.zeros((100, 1)), RATE)
    with pytest.raises(DawError, match="no WAV file"):
        write_timeline(whole([Take(flac, Region(0, 100, RATE), "x")]), path, Format.AAF, overwrite=True)
    assert path.read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
