"""What a take says of itself: in every container that has a place for it, and nothing else changes."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st
from wavinfo import WavInfoReader

from engine.audio.region import Region
from engine.audio.source import inspect_recording
from engine.audio.take import Take
from engine.audio.takefile import cut_take, new_take, spliced_take
from engine.takes.additions import add, at_end, before_samples
from engine.takes.bext import LOUDNESS_AT, Bext, Loudness, encode_bext
from engine.takes.chunks import CONTAINERS, MAX_CHUNKS, chunk, chunks_of
from engine.takes.cues import Marker
from engine.takes.flac_comments import read_comments
from engine.takes.notes import MAX_RECIPE_BYTES, Notes, read_notes
from engine.takes.reading import found_in
from tests.engine.takes.making import SUFFIXES, record, samples_of

REGION = Region(1_000, 2_000)
SILENCE = np.zeros((1_000, 1), np.float32)
HELD = [
    ("WAV", "FILE"),
    ("WAV", "BIG"),
    ("RF64", "FILE"),
    ("AIFF", "FILE"),
    ("CAF", "FILE"),
    ("FLAC", "FILE"),
]
MARKERS = (Marker(10, "hit"), Marker(900, "Türe zu"))


def fill(take: Take, notes: Notes) -> None:
    """Silence, and what is said of it."""
    take.push(SILENCE)
    take.note(notes)


def splice(source: Path, output: Path, notes: Notes) -> Path:
    """The whole recording with a silent region."""
    with spliced_take(inspect_recording(source), output, REGION, overwrite=True) as take:
        fill(take, notes)
    return output


def cut(source: Path, output: Path, notes: Notes) -> Path:
    """The silent region alone."""
    with cut_take(inspect_recording(source), output, REGION, overwrite=True) as take:
        fill(take, notes)
    return output


def texts(path: Path) -> list[str]:
    """The recipes that are found, but those in iXML."""
    return [text.decode() for text in found_in(path).recipes]


@pytest.mark.parametrize(("kind", "endian"), HELD)
def test_a_recording_keeps_every_recipe_of_its_edits(tmp_path: Path, kind: str, endian: str) -> None:
    """The newest is the last, and no sample knows."""
    suffix = SUFFIXES[kind]
    source = record(tmp_path / f"in{suffix}", kind, endian)
    first = splice(source, tmp_path / f"first{suffix}", Notes(recipe='{"a": 1}'))
    earlier = tuple(texts(first))
    second = splice(first, tmp_path / f"second{suffix}", Notes(recipe='{"b": 2}', earlier=earlier))
    assert ['{"a": 1}', '{"b": 2}'] == texts(second)
    assert samples_of(splice(source, tmp_path / f"plain{suffix}", Notes())) == samples_of(second)


@pytest.mark.parametrize(("kind", "endian"), [kind for kind in HELD if kind[0] not in ("FLAC",)])
def test_a_recording_keeps_its_bytes(tmp_path: Path, kind: str, endian: str) -> None:
    """What is added lies behind them; of them, only the file's own length differs."""
    suffix = SUFFIXES[kind]
    source = record(tmp_path / f"in{suffix}", kind, endian)
    plain = splice(source, tmp_path / f"plain{suffix}", Notes()).read_bytes()
    noted = splice(source, tmp_path / f"noted{suffix}", Notes(recipe="{}", markers=MARKERS)).read_bytes()
    differing = [index for index, (one, two) in enumerate(zip(plain, noted, strict=False)) if one != two]
    counted = range(20, 28) if kind == "RF64" else range(4, 8)
    assert set(differing) <= set(counted)


@given(
    recipes=st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1), max_size=4)
)
@settings(deadline=None, max_examples=10)
@pytest.mark.parametrize(("kind", "endian"), HELD)
def test_whatever_a_recipe_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, kind: str, endian: str, recipes: list[str]
) -> None:
    """Odd lengths and even ones, one behind the other."""
    folder, suffix = tmp_path_factory.mktemp("notes"), SUFFIXES[kind]
    path = record(folder / f"0{suffix}", kind, endian)
    for number, text in enumerate(recipes, 1):
        notes = Notes(recipe=text, earlier=tuple(texts(path)))
        path = splice(path, folder / f"{number}{suffix}", notes)
    assert recipes == texts(path)
    assert 4_001 == sf.info(path).frames


@pytest.mark.parametrize("letters", [0, 1, 2, 3])
def test_the_samples_of_an_rf64_are_found_behind_a_history_of_any_length(
    tmp_path: Path, letters: int
) -> None:
    """libsndfile does not step over the byte that fills up a bext of odd length."""
    bext = Bext("boots on gravel", history="x" * letters)
    output = tmp_path / "new.rf64"
    with new_take(output, 48_000, 1, 1_000) as take:
        fill(take, Notes(bext=bext))
    assert bext == found_in(output).bext


def test_the_odd_history_of_a_wav_comes_along_into_an_rf64(tmp_path: Path) -> None:
    """Its samples are found behind it, too."""
    source = record(tmp_path / "in.wav", "WAV", "FILE")
    bext = Bext("boots on gravel", history="x")
    with source.open("ab") as file:
        file.write(chunk(b"bext", encode_bext(bext)))
    assert bext == found_in(splice(source, tmp_path / "take.rf64", Notes())).bext


@pytest.mark.parametrize("name", ["new.wav", "new.rf64", "new.flac", "new.aiff", "new.caf"])
def test_a_new_sound_has_its_recipe(tmp_path: Path, name: str) -> None:
    """In every container with a place for it."""
    with new_take(tmp_path / name, 48_000, 1, 1_000) as take:
        fill(take, Notes(recipe="{}", bext=Bext("boots"), ixml="<BWFXML><PUNCHIN/></BWFXML>"))
    found = found_in(tmp_path / name)
    waves = name.endswith((".wav", ".rf64"))
    expected = ((), b"<BWFXML><PUNCHIN/></BWFXML>") if waves else ((b"{}",), b"")
    assert expected == (found.recipes, found.ixml)
    assert 1_000 == sf.info(tmp_path / name).frames


@pytest.mark.parametrize("name", ["new.au", "new.w64"])
def test_two_containers_have_no_place(tmp_path: Path, name: str) -> None:
    """A take in them is whole without."""
    sizes = []
    for notes in (Notes(), Notes(recipe="{}", bext=Bext("boots"), ixml="<BWFXML/>", markers=MARKERS)):
        with new_take(tmp_path / name, 48_000, 1, 1_000, overwrite=True) as take:
            fill(take, notes)
        sizes.append((tmp_path / name).stat().st_size)
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("frames", [999, 1_000])
def test_everything_stands_ahead_of_the_samples(tmp_path: Path, subtype: str, frames: int) -> None:
    """So that who reads a stream knows before it sounds; an independent reader finds it all."""
    output = tmp_path / "new.wav"
    notes = Notes(
        bext=Bext("boots", time_reference=2**40 + 5), ixml="<BWFXML><TAKE>3</TAKE></BWFXML>", markers=MARKERS
    )
    with new_take(output, 48_000, 1, frames, subtype=subtype) as take:
        take.push(np.full((frames, 1), 0.25, np.float32))
        take.note(notes)
    with output.open("rb") as file:
        names = [place.name for place in chunks_of(file, CONTAINERS[b"RIFF"])]
        file.seek(4)
        assert output.stat().st_size - 8 == struct.unpack("<I", file.read(4))[0]
    read = WavInfoReader(str(output))
    assert names.index(b"data") > max(map(names.index, (b"bext", b"iXML", b"cue ", b"LIST")))
    assert ("boots", 2**40 + 5, "3") == (read.bext.description, read.bext.time_reference, read.ixml.take)
    assert {1: 10, 2: 900} == {key: cue["frame"] for key, cue in read.cues.to_dict().items()}
    assert (sf.read(output)[0] == 0.25).all()


def test_a_64_bit_file_counts_what_was_added(tmp_path: Path) -> None:
    """In its own chunk; the 32-bit number stays the sign that it does."""
    output = tmp_path / "new.rf64"
    with new_take(output, 48_000, 1, 1_000) as take:
        fill(take, Notes(bext=Bext("boots"), ixml="<BWFXML/>"))
    content = output.read_bytes()
    assert (b"RF64", 0xFFFFFFFF, b"ds64", len(content) - 8) == struct.unpack("<4sI4x4s4xQ", content[:28])
    assert "boots" == WavInfoReader(str(output)).bext.description


def test_markers_of_an_edit_do_not_touch_those_of_the_recording(tmp_path: Path) -> None:
    """There can be one list of cues in a file: the recording's is not rewritten."""
    first = splice(record(tmp_path / "in.wav"), tmp_path / "first.wav", Notes(markers=MARKERS))
    second = splice(first, tmp_path / "second.wav", Notes(markers=(Marker(5, "other"),)))
    cues = WavInfoReader(str(second)).cues.to_dict()
    assert 1 == second.read_bytes().count(b"cue ")
    assert ["hit", "Türe zu"] == [cue["label"].encode("latin-1").decode() for cue in cues.values()]


def test_aiff_markers_are_marks(tmp_path: Path) -> None:
    """Numbered from 1, with their frame and a Pascal string."""
    output = splice(record(tmp_path / "in.aiff", "AIFF"), tmp_path / "out.aiff", Notes(markers=MARKERS))
    content = output.read_bytes()
    at = content.index(b"MARK") + 8
    assert struct.pack(">HhIB3s", 2, 1, 10, 3, b"hit") == content[at : at + 12]
    assert struct.pack(">hIB", 2, 900, 8) == content[at + 12 : at + 19]


def test_flac_says_it_in_comments(tmp_path: Path) -> None:
    """A reader of its own kind finds them beside those that were there."""
    mutagen = pytest.importorskip("mutagen.flac", reason="mutagen is not installed")
    source = record(tmp_path / "in.flac", "FLAC", title="Boots")
    output = splice(source, tmp_path / "out.flac", Notes(recipe="{}", comments=(("CATID", "FEETHmn"),)))
    comments = mutagen.FLAC(output).tags
    assert ["{}"] == comments["punchin_recipe"]
    assert (["FEETHmn"], ["Boots"]) == (comments["catid"], comments["title"])


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", ["new.wav", "new.rf64", "new.flac", "new.aiff", "new.caf"])
def test_ffmpeg_reads_every_file(tmp_path: Path, name: str) -> None:
    """No complaint, and every frame of it: what is noted behind the sound is not taken for sound."""
    with new_take(tmp_path / name, 48_000, 1, 1_000) as take:
        fill(take, Notes(recipe="{}", bext=Bext("boots"), ixml="<BWFXML/>", markers=MARKERS))
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / name), "-f", "f32le", "-"]
    ended = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    assert b"" == ended.stderr
    assert 4 * 1_000 == len(ended.stdout)


@pytest.mark.parametrize(("kind", "suffix"), [("WAV", ".rf64"), ("RF64", ".wav")])
def test_chunks_come_along_where_samples_are_encoded_anew(tmp_path: Path, kind: str, suffix: str) -> None:
    """From WAV to WAV of another size: time stamp, markers and chunks nobody knows."""
    source = record(tmp_path / f"in{SUFFIXES[kind]}", kind, title="Boots")
    with source.open("r+b") as file:
        bext = before_samples(file, chunk(b"bext", b"scene 12".ljust(602, b"\0")))
        assert bext is not None
        add(file, bext)
        odd = at_end(file, chunk(b"odd!", b"odd"))
        assert odd is not None
        add(file, odd)
    output = splice(source, tmp_path / f"out{suffix}", Notes(recipe="{}"))
    read = output.read_bytes()
    assert b"odd!\x03\0\0\0odd\0" in read
    assert "scene 12" == found_in(output).bext.description
    assert ["{}"] == texts(output)


@pytest.mark.parametrize(("before", "after"), [(".flac", ".wav"), (".wav", ".flac"), (".aiff", ".caf")])
def test_recipes_come_along_into_another_container(tmp_path: Path, before: str, after: str) -> None:
    """All of them, oldest first."""
    kind = {".flac": "FLAC", ".wav": "WAV", ".aiff": "AIFF"}[before]
    source = splice(record(tmp_path / f"in{before}", kind), tmp_path / f"a{before}", Notes(recipe="[1]"))
    output = splice(source, tmp_path / f"b{after}", Notes(recipe="[2]", earlier=tuple(texts(source))))
    assert ["[1]", "[2]"] == texts(output)


def test_a_part_has_none_of_the_chunks_of_the_whole(tmp_path: Path) -> None:
    """They would be wrong in it."""
    source = splice(record(tmp_path / "in.wav"), tmp_path / "a.wav", Notes(recipe="[1]", markers=MARKERS))
    output = cut(source, tmp_path / "b.wav", Notes(ixml="<BWFXML/>"))
    assert ((), b"<BWFXML/>") == (found_in(output).recipes, found_in(output).ixml)
    assert WavInfoReader(str(output)).cues.to_dict() == {}


@pytest.mark.parametrize("tail", [b"x", b"trailing bytes of another program"])
def test_a_file_with_a_tail_gets_no_notes(tmp_path: Path, tail: bytes) -> None:
    """What lies behind the chunks would become one of them."""
    source = record(tmp_path / "in.wav")
    source.write_bytes(source.read_bytes() + tail)
    output = splice(source, tmp_path / "out.wav", Notes(recipe="{}", markers=MARKERS))
    assert source.stat().st_size == output.stat().st_size


def test_a_header_without_room_is_left() -> None:
    """A file that would pass 4 GB by its notes is better off without."""

    class Huge(io.BytesIO):
        """Says that it is nearly 4 GB long."""

        def seek(self, offset: int, whence: int = 0, /) -> int:
            return 2**32 - 100 if whence == 2 else super().seek(offset, whence)

    header = b"RIFF" + struct.pack("<I", 2**32 - 108) + b"WAVE" + b"data" + struct.pack("<I", 2**32 - 120)
    assert at_end(Huge(header), b"x" * 10) is not None
    assert at_end(Huge(header), b"x" * 200) is None


class TestHostileFiles:
    """Files that come from anywhere."""

    def test_millions_of_empty_chunks(self) -> None:
        """A limit ends them."""
        content = b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * (MAX_CHUNKS + 10)
        assert MAX_CHUNKS == len(list(chunks_of(io.BytesIO(content), CONTAINERS[b"RIFF"])))

    def test_a_recipe_of_a_gigabyte_is_not_read(self) -> None:
        """Nor one that is only said to be there."""
        named = b"RIFF\xff\xff\xff\xffWAVE" + b"pnch" + struct.pack("<I", MAX_RECIPE_BYTES + 1)
        assert () == read_notes(io.BytesIO(named + b"x" * 100)).recipes

    @given(content=st.binary(max_size=300), magic=st.sampled_from([*CONTAINERS, b"fLaC", b"????"]))
    @settings(deadline=None, max_examples=300)
    def test_any_bytes_are_read_without_an_error(self, content: bytes, magic: bytes) -> None:
        """Nothing is found, or something is: of no more than was there."""
        found = read_notes(io.BytesIO(magic + content))
        assert sum(map(len, found.recipes)) <= len(content)

    @given(content=st.binary(max_size=200))
    @settings(deadline=None)
    def test_any_comments_are_read_without_an_error(self, content: bytes) -> None:
        """Lengths that lie end the list: of no more than was there."""
        found = read_comments(io.BytesIO(b"fLaC\x84" + len(content).to_bytes(3, "big") + content))
        assert sum(len(name) + len(text) for name, text in found) <= len(content)


class TestLoudness:
    """What a bext says of a file's loudness is true, or it says nothing."""

    LOUD = Loudness(-23.0, 5.0, -1.0, -20.0, -21.5)

    def recording(self, folder: Path, kind: str, endian: str, frames: int) -> Path:
        """One that says how loud it is."""
        path = folder / "loud.wav"
        with new_take(path, 48_000, 1, frames) as take:
            take.push(np.full((frames, 1), 0.5, np.float32))
            take.note(Notes(bext=Bext("scene", loudness=self.LOUD)))
        assert self.said(path) == self.LOUD
        if (kind, endian) == ("WAV", "FILE"):
            return path
        other = folder / f"{kind}-{endian}.wav"
        samples, rate = sf.read(path)
        sf.write(other, samples, rate, "PCM_24", endian, kind)
        with other.open("r+b") as file:
            magic = file.read(4)
            order = ">" if magic == b"RIFX" else "<"
            addition = before_samples(
                file, chunk(b"bext", encode_bext(Bext(loudness=self.LOUD), order), order)
            )
            assert addition is not None
            add(file, addition)
        assert self.said(other) == self.LOUD
        return other

    @staticmethod
    def said(path: Path) -> Loudness | None:
        with path.open("rb") as file:
            bext = read_notes(file).bext
        return None if bext is None else bext.loudness

    @pytest.mark.parametrize(("kind", "endian"), [("WAV", "FILE"), ("WAV", "BIG"), ("RF64", "FILE")])
    def test_of_an_edited_recording_nobody_knows(self, tmp_path: Path, kind: str, endian: str) -> None:
        """Nothing else of its time stamp changes."""
        source = self.recording(tmp_path, kind, endian, 3_000)
        take = splice(source, tmp_path / "take.wav", Notes())
        assert self.said(take) == Loudness()
        before, after = source.read_bytes(), take.read_bytes()
        at = before.index(b"bext") + 8
        assert before[at : at + LOUDNESS_AT] == after[at : at + LOUDNESS_AT]
        assert before[at + LOUDNESS_AT + 10 : at + 602] == after[at + LOUDNESS_AT + 10 : at + 602]

    def test_of_one_that_was_encoded_anew_nobody_knows_either(self, tmp_path: Path) -> None:
        """Its chunks came along from a container to another."""
        source = self.recording(tmp_path, "WAV", "FILE", 3_000)
        output = tmp_path / "take.rf64"
        with spliced_take(inspect_recording(source), output, REGION) as take:
            take.push(SILENCE)
        assert self.said(output) == Loudness()

    def test_an_edit_of_the_whole_file_is_measured(self, tmp_path: Path) -> None:
        """As when a take goes through effects."""
        source, output = self.recording(tmp_path, "WAV", "FILE", 48_000), tmp_path / "take.wav"
        at = np.arange(48_000) / 48_000
        with spliced_take(inspect_recording(source), output, Region(0, 48_000)) as take:
            take.push((0.1 * np.sin(2 * np.pi * 1_000 * at)).astype(np.float32)[:, None])
        said = WavInfoReader(str(output)).bext
        assert (said.loudness_value, said.max_true_peak) == pytest.approx((-23.0, -20.0), abs=0.1)
        assert (said.max_shortterm_loudness, said.loudness_range) == (327.67, 327.67)

    def test_where_nothing_changes_it_stays(self, tmp_path: Path) -> None:
        """A transfer of strength 0."""
        source, output = self.recording(tmp_path, "WAV", "FILE", 3_000), tmp_path / "take.wav"
        with spliced_take(inspect_recording(source), output, REGION, mask=((0, 0),)) as take:
            take.push(SILENCE)
        assert self.said(output) == self.LOUD
        assert output.read_bytes() == source.read_bytes()
