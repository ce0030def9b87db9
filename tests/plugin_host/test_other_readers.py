"""Timelines of takes in other people's readers: frames of picture and of sound, at every rate, to the frame.

AAF by otio-aaf-adapter, which editors' tools import AAF with; OTIO by otio-fcp-adapter, which makes Final Cut
XML of it: whole video frames. Bytes of an AAF by olefile, which knows nothing of the library that wrote them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin_host.interchange import Format, write_timeline
from plugin_host.timecode import RATES, Timecode, VideoRate
from plugin_host.timeline import Region, Take
from tests.plugin_host.test_interchange import whole

otio = pytest.importorskip("opentimelineio", reason="needs the daw extra")

RATE = 48_000
HOUR = 1
# Numbers of properties, of segments, source clips and timecodes (AAF Object Specification 1.1).
LENGTH, START_TIME, START, FPS, DROP = 0x0202, 0x1201, 0x1501, 0x1502, 0x1503

quick = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Video frames after the start, and so many of them.
in_frames = st.lists(st.tuples(st.integers(0, 200_000), st.integers(1, 24)), min_size=1, max_size=5)


def start_of(picture: VideoRate) -> Timecode:
    """Ten minutes and a frame that drop-frame timecode has, an hour in."""
    return Timecode(HOUR, 10, 0, 7, picture)


def made(folder: Path, places: Sequence[tuple[int, int]]) -> list[Take]:
    """Files of silence at these starts and lengths."""
    takes = []
    for number, (start, frames) in enumerate(places):
        path = folder / f"take {number}.wav"
        soundfile.write(path, np.zeros((frames, 1)), RATE, "PCM_16")
        takes.append(Take(path, Region(start, frames, RATE), f"take {number}"))
    return takes


def needs(adapter: str, package: str) -> None:
    if adapter not in otio.adapters.available_adapter_names():
        pytest.skip(f"needs {package}")


def path_of(url: str) -> Path:
    return Path(url2pathname(urlparse(url).path))


@pytest.mark.parametrize("name", list(RATES))
@quick
@given(spans=in_frames)
def test_final_cut_xml_has_the_same_video_frames(
    tmp_path: Path, name: str, spans: list[tuple[int, int]]
) -> None:
    """A take that begins and ends with a video frame does so there, at 23.976 as at 60."""
    needs("fcp_xml", "otio-fcp-adapter")
    picture = RATES[name]
    first = start_of(picture).number
    ends = [(picture.frame_of(first + at, RATE), picture.frame_of(first + at + n, RATE)) for at, n in spans]
    takes = made(tmp_path, [(start, end - start) for start, end in ends])
    path = tmp_path / "takes.otio"
    write_timeline(whole(takes), path, Format.OTIO, start_of(picture).frame(RATE), True, picture)
    root = ElementTree.fromstring(
        otio.adapters.write_to_string(otio.adapters.read_from_file(str(path)), "fcp_xml")
    )
    found = [
        (
            path_of(item.findtext("file/pathurl") or "").name,
            int(item.findtext("start") or ""),
            int(item.findtext("end") or ""),
        )
        for item in root.iter("clipitem")
    ]
    expected = [(f"take {number}.wav", at, at + n) for number, (at, n) in enumerate(spans)]
    assert sorted(found) == sorted(expected)
    rate = root.find(".//sequence/rate")
    assert rate is not None
    is_ntsc = "TRUE" if picture.per_second.denominator == 1001 else "FALSE"
    assert (rate.findtext("timebase"), rate.findtext("ntsc")) == (str(picture.nominal), is_ntsc)


@pytest.mark.parametrize("name", ["23.976", "25", "29.97df", "59.94df", "60"])
def test_an_aaf_reader_finds_every_sample(tmp_path: Path, name: str) -> None:
    """Place and length in frames of sound, its file, and the timecode that the timeline begins with."""
    needs("AAF", "otio-aaf-adapter")
    spans = ((0, 1_601), (12_345, 24_001), (12_345, 7), (2**32 + 1, 9_999))
    picture = RATES[name]
    origin = start_of(picture).frame(RATE)
    takes = made(tmp_path, [(origin + at, frames) for at, frames in spans])
    path = tmp_path / "takes.aaf"
    write_timeline(whole(takes), path, Format.AAF, origin, True, picture)
    timeline = otio.adapters.read_from_file(str(path), "AAF")
    begins = timeline.global_start_time
    assert (begins.value, begins.rate) == (start_of(picture).number, float(picture.per_second))
    found = []
    for clip in timeline.find_clips():
        where = clip.transformed_time_range(clip.trimmed_range(), timeline.tracks)
        assert where.start_time.rate == where.duration.rate == RATE
        found.append((path_of(clip.media_reference.target_url), where.start_time.value, where.duration.value))
    assert sorted(found) == sorted(
        (take.path, take.region.start - origin, take.region.frames) for take in takes
    )


@pytest.mark.parametrize("name", ["23.976", "29.97df"])
def test_the_bytes_of_an_aaf_say_so_themselves(tmp_path: Path, name: str) -> None:
    """Lengths of gaps and clips, and the timecode, out of the stored properties, without any AAF library."""
    olefile = pytest.importorskip("olefile", reason="needs olefile")
    picture = RATES[name]
    origin = start_of(picture).frame(RATE)
    takes = made(
        tmp_path, [(origin + at, frames) for at, frames in ((12_345, 24_001), (12_345, 7), (99_991, 13))]
    )
    path = tmp_path / "takes.aaf"
    write_timeline(whole(takes), path, Format.AAF, origin, True, picture)
    with olefile.OleFileIO(str(path)) as file:
        objects = dict(stored_properties(file))
    (timecode,) = (values for values in objects.values() if DROP in values)
    said = (number_in(timecode[START]), number_in(timecode[FPS]), number_in(timecode[DROP]))
    assert said == (start_of(picture).number, picture.nominal, picture.drop)
    found, here = [], dict[str, int]()
    for storage, values in sorted(objects.items()):
        if len(storage) > 3 and storage[-1].startswith("Components"):
            slot, length = storage[-3], number_in(values[LENGTH])
            if START_TIME in values:
                found.append((here.get(slot, 0), length))
            here[slot] = here.get(slot, 0) + length
    assert sorted(found) == sorted((take.region.start - origin, take.region.frames) for take in takes)


def number_in(content: bytes) -> int:
    return int.from_bytes(content, "little")


def stored_properties(file: Any) -> Iterator[tuple[tuple[str, ...], dict[int, bytes]]]:
    """Each object of an AAF by its storage: property number and bytes (low-level container specification)."""
    for entry in file.listdir():
        if entry[-1] != "properties":
            continue
        content = file.openstream(entry).read()
        count = number_in(content[2:4])
        values, at = {}, 4 + 6 * count
        for row in struct.iter_unpack("<HHH", content[4:at]):
            key, _form, size = row
            values[key] = content[at : at + size]
            at += size
        yield tuple(entry[:-1]), values
