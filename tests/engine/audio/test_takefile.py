"""Takes as files: exact outside the mask, in the recording's own format, with everything it carried."""

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.chunks import plain_layout
from engine.audio.formats import quantise
from engine.audio.region import Region
from engine.audio.source import inspect_recording, read_span
from engine.audio.takefile import spliced_take, write_new, write_spliced
from engine.errors import EngineError, ErrorCode

RATE = 48_000

# (suffix, container, encoding, byte order): everything a take comes back in as it was.
PLAIN = [
    (suffix, container, subtype, endian)
    for suffix, container, subtypes, endians in [
        (".wav", "WAV", "PCM_U8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE ULAW ALAW", ["FILE", "BIG"]),
        (".wav", "WAVEX", "PCM_U8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE ULAW ALAW", ["FILE"]),
        (".wav", "RF64", "PCM_U8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE", ["FILE"]),
        (".w64", "W64", "PCM_U8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE ULAW ALAW", ["FILE"]),
        (".aiff", "AIFF", "PCM_S8 PCM_U8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE ULAW ALAW", ["FILE"]),
        (".aifc", "AIFF", "PCM_16 PCM_24 PCM_32", ["LITTLE"]),
        (".caf", "CAF", "PCM_S8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE ULAW ALAW", ["FILE", "LITTLE"]),
        (".au", "AU", "PCM_S8 PCM_16 PCM_24 PCM_32 FLOAT DOUBLE ULAW ALAW", ["FILE", "LITTLE"]),
    ]
    for subtype in subtypes.split()
    for endian in endians
]
COMPRESSED = [
    (".flac", "FLAC", "PCM_S8", "FILE"),
    (".flac", "FLAC", "PCM_16", "FILE"),
    (".flac", "FLAC", "PCM_24", "FILE"),
]
Format = tuple[str, str, str, str]


def exact_type(subtype: str) -> str:
    """How to read samples so that none is rounded."""
    if subtype in ("FLOAT", "VORBIS", "MPEG_LAYER_III"):
        return "float32"
    return "float64" if subtype == "DOUBLE" else "int32"


def read_exactly(path: Path, subtype: str) -> np.ndarray:
    """Every sample as it lies there."""
    samples, _ = sf.read(path, dtype=exact_type(subtype), always_2d=True)
    return samples


def random_samples(frames: int, channels: int, subtype: str, seed: int) -> np.ndarray:
    """Values all over the range of the encoding, the extremes included."""
    random = np.random.default_rng(seed)
    if exact_type(subtype) == "int32":
        samples = random.integers(-(2**31), 2**31, (frames, channels))
        samples[::97] = 2**31 - 1
        samples[::89] = -(2**31)
        return samples.astype(np.int32)
    return (random.standard_normal((frames, channels)) * 2).astype(exact_type(subtype))


def record(path: Path, wanted: Format, frames: int, channels: int, seed: int = 0) -> None:
    """A recording in this format."""
    _, container, subtype, endian = wanted
    samples = random_samples(frames, channels, subtype, seed)
    with sf.SoundFile(path, "w", RATE, channels, subtype, endian, container) as sound:
        sound.write(samples)


def take_of(frames: int, channels: int, level: float = 0.25) -> np.ndarray:
    """What a model might give, (frames, channels)."""
    return (level * np.random.default_rng(7).uniform(-1, 1, (frames, channels))).astype(np.float32)


def description(path: Path) -> tuple[object, ...]:
    """All that must be as before."""
    info = inspect_recording(path)
    return info.sample_rate, info.channels, info.frames, info.format, info.subtype, info.endian


def failing_code(source: Path, output: Path, **options: bool) -> ErrorCode:
    """How writing a take of the first tenth of a second fails; nothing may be left lying about."""
    before = sorted(output.parent.iterdir())
    with pytest.raises(EngineError) as caught:
        write_spliced(source, output, Region(0, 4_800), [take_of(4_800, 1)], **options)
    assert sorted(output.parent.iterdir()) == before
    return caught.value.code


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for examples that overwrite each other."""
    return tmp_path_factory.mktemp("takes")


@st.composite
def edits(draw: st.DrawFn) -> tuple[int, Region, list[tuple[int, int]]]:
    """A length, a region in it and a mask in that."""
    frames = draw(st.integers(1, 6_000))
    start = draw(st.integers(0, frames - 1))
    region = Region(start, draw(st.integers(start + 1, frames)))
    edges = sorted(draw(st.sets(st.integers(0, region.frames), max_size=6)))
    return frames, region, list(zip(edges[::2], edges[1::2], strict=False))


@given(
    wanted=st.sampled_from(PLAIN + COMPRESSED),
    channels=st.integers(1, 6),
    edit=edits(),
    cuts=st.lists(st.integers(0, 3_000), max_size=4),
)
@settings(deadline=None, max_examples=250)
def test_outside_the_mask_no_sample_differs(
    folder: Path,
    wanted: Format,
    channels: int,
    edit: tuple[int, Region, list[tuple[int, int]]],
    cuts: list[int],
) -> None:
    """Not one bit, in any format, anywhere, in any blocks; inside is the take, and the file is as it was."""
    frames, region, mask = edit
    source, output = folder / f"source{wanted[0]}", folder / f"output{wanted[0]}"
    record(source, wanted, frames, channels)
    blocks = np.split(
        take_of(region.frames, channels), np.minimum(np.cumsum(cuts), region.frames).astype(int)
    )
    write_spliced(source, output, region, blocks, mask=mask, overwrite=True, credit="Made by a test.")
    before, after = read_exactly(source, wanted[2]), read_exactly(output, wanted[2])
    masked = np.zeros(len(before), bool)  # libsndfile reads the padding of an odd mu-law AIFF as a frame
    for start, end in mask or [(0, region.frames)]:
        masked[region.start_frame + start : region.start_frame + end] = True
    assert description(output) == description(source)
    assert before[~masked].tobytes() == after[~masked].tobytes()
    placed = np.zeros((len(before), channels), np.float32)
    placed[region.start_frame : region.end_frame] = np.concatenate(blocks)
    np.testing.assert_array_equal(after[masked], quantise(placed, wanted[2])[masked])
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("wanted", PLAIN + COMPRESSED, ids=lambda wanted: "-".join(wanted))
def test_inside_the_region_the_take_is_rounded_once(tmp_path: Path, wanted: Format) -> None:
    """To the nearest step of the encoding; in float not at all."""
    source, output = tmp_path / f"source{wanted[0]}", tmp_path / f"output{wanted[0]}"
    record(source, wanted, 9_000, 2)
    take = take_of(5_000, 2)
    write_spliced(source, output, Region(1_000, 6_000), [take])
    inside, _ = sf.read(output, start=1_000, stop=6_000, dtype="float64", always_2d=True)
    if wanted[2] in ("FLOAT", "DOUBLE"):
        np.testing.assert_array_equal(inside, take)
        return
    # The companded ones have about 6 bits near full scale.
    bits = {"PCM_S8": 8, "PCM_U8": 8, "ULAW": 6, "ALAW": 6}.get(wanted[2]) or int(wanted[2][-2:])
    assert np.abs(inside - take).max() <= 0.5 / 2 ** (bits - 1) + 1e-12


@pytest.mark.parametrize("wanted", PLAIN, ids=lambda wanted: "-".join(wanted))
def test_plain_samples_are_found_in_every_container(tmp_path: Path, wanted: Format) -> None:
    """So that the bytes around them can stay."""
    source = tmp_path / f"source{wanted[0]}"
    record(source, wanted, 500, 3)
    assert plain_layout(inspect_recording(source)) is not None


def test_putting_a_region_back_changes_no_byte(tmp_path: Path) -> None:
    """The file of a take that is the original is the original, markers and all."""
    for wanted in [(".wav", "WAV", "PCM_24", "FILE"), (".aiff", "AIFF", "PCM_16", "FILE")]:
        source, output = tmp_path / f"source{wanted[0]}", tmp_path / f"output{wanted[0]}"
        record(source, wanted, 20_000, 2)
        write_spliced(source, output, Region(3_000, 9_000), [read_span(source, 3_000, 9_000)])
        assert output.read_bytes() == source.read_bytes()


def chunk(name: bytes, content: bytes) -> bytes:
    """One RIFF chunk, padded."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def test_time_stamps_markers_and_unknown_chunks_come_along(tmp_path: Path) -> None:
    """Before and behind the samples; only the peaks, which are no longer true, become padding."""
    source, output = tmp_path / "source.wav", tmp_path / "output.wav"
    samples = random_samples(10_000, 1, "FLOAT", 3).astype("<f4").tobytes()
    chunks = [
        chunk(b"bext", b"scene 12".ljust(346, b"\0") + b"\1\0".ljust(256, b"?") + b"history"),
        chunk(b"fmt ", struct.pack("<HHIIHH", 3, 1, RATE, RATE * 4, 4, 32)),
        chunk(b"PEAK", bytes(16)),
        chunk(b"odd!", b"odd"),
        chunk(b"data", samples),
        chunk(b"iXML", b"<BWFXML/>"),
        chunk(b"cue ", struct.pack("<I", 0)),
    ]
    body = b"WAVE" + b"".join(chunks)
    source.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    take = take_of(4_800, 1)
    write_spliced(source, output, Region(2_000, 6_800), [take])
    expected = bytearray(source.read_bytes().replace(b"PEAK", b"JUNK"))
    first = expected.index(samples[:64]) + 2_000 * 4
    expected[first : first + 4_800 * 4] = take.astype("<f4").tobytes()
    assert output.read_bytes() == bytes(expected)


@pytest.mark.parametrize("suffix", [".flac", ".caf"])
def test_tags_survive_encoding_again(tmp_path: Path, suffix: str) -> None:
    """Those that libsndfile knows."""
    source, output = tmp_path / f"source{suffix}", tmp_path / f"output{suffix}"
    with sf.SoundFile(source, "w", RATE, 1, "ALAC_16" if suffix == ".caf" else "PCM_24") as sound:
        sound.title, sound.artist, sound.comment = "Gravel, wet", "Ana Žižek", "take 3"
        sound.write(np.zeros(9_600))
    write_spliced(source, output, Region(0, 4_800), [take_of(4_800, 1)])
    with sf.SoundFile(output) as sound:
        assert (sound.title, sound.artist, sound.comment) == ("Gravel, wet", "Ana Žižek", "take 3")


@pytest.mark.parametrize(
    ("name", "subtype", "kept_as"),
    [
        ("a.ogg", "VORBIS", "FLOAT"),
        ("a.mp3", "MPEG_LAYER_III", "FLOAT"),
        ("a.caf", "ALAC_16", "PCM_16"),
        ("a.caf", "ALAC_24", "PCM_24"),
        ("a.caf", "ALAC_32", "PCM_32"),
        ("a.wav", "IMA_ADPCM", "PCM_16"),
        ("a.wav", "MS_ADPCM", "PCM_16"),
    ],
)
def test_what_cannot_be_encoded_exactly_comes_back_plain(
    tmp_path: Path, name: str, subtype: str, kept_as: str
) -> None:
    """As what it decodes to: encoding it again would change its samples."""
    source, output = tmp_path / name, tmp_path / ("take.caf" if name == "a.caf" else "take.wav")
    with sf.SoundFile(source, "w", RATE, 2, subtype) as sound:
        for start in range(0, 100_000, 4_000):
            sound.write(take_of(4_000, 2, 0.05 + start / 400_000))
    write_spliced(source, output, Region(30_000, 40_000), [take_of(10_000, 2)])
    before, after = read_exactly(source, subtype), read_exactly(output, subtype)
    assert inspect_recording(output).subtype == kept_as
    assert before[:30_000].tobytes() == after[:30_000].tobytes()
    assert before[40_000:].tobytes() == after[40_000:].tobytes()
    assert before.shape == after.shape


@pytest.mark.parametrize(
    ("source_name", "subtype", "output_name", "kept_as"),
    [
        ("a.wav", "PCM_16", "b.flac", "PCM_16"),
        ("a.wav", "PCM_U8", "b.flac", "PCM_S8"),
        ("a.flac", "PCM_24", "b.wav", "PCM_24"),
        ("a.flac", "PCM_S8", "b.wav", "PCM_U8"),
        ("a.caf", "ALAC_32", "b.w64", "PCM_32"),
        ("a.wav", "FLOAT", "b.aiff", "FLOAT"),
        ("a.wav", "ULAW", "b.flac", "PCM_16"),
        ("a.wav", "ULAW", "b.au", "ULAW"),
        ("a.sd2", "PCM_24", "b.wav", "PCM_24"),
    ],
)
def test_another_suffix_is_another_container_for_the_same_samples(
    tmp_path: Path, source_name: str, subtype: str, output_name: str, kept_as: str
) -> None:
    """As long as it can hold them."""
    source, output = tmp_path / source_name, tmp_path / output_name
    sf.write(source, random_samples(9_000, 1, subtype, 5), RATE, subtype=subtype)
    write_spliced(source, output, Region(2_000, 7_000), [take_of(5_000, 1)])
    before, after = read_exactly(source, subtype), read_exactly(output, kept_as)
    assert inspect_recording(output).subtype == kept_as
    np.testing.assert_array_equal(before[:2_000], after[:2_000])
    np.testing.assert_array_equal(before[7_000:], after[7_000:])


@pytest.mark.parametrize(
    ("source_name", "subtype", "output_name"),
    [
        ("a.wav", "FLOAT", "b.flac"),
        ("a.wav", "PCM_32", "b.flac"),
        ("a.wav", "PCM_16", "b.mp3"),
        ("a.wav", "PCM_16", "b.ogg"),
        ("a.wav", "PCM_16", "b"),
        ("a.wav", "PCM_16", "b.txt"),
        ("a.ogg", "VORBIS", "b.ogg"),
        ("a.ogg", "VORBIS", "b.flac"),
    ],
)
def test_a_name_that_cannot_be_exact_is_refused(
    tmp_path: Path, source_name: str, subtype: str, output_name: str
) -> None:
    """With the advice to write a WAV."""
    source = tmp_path / source_name
    sf.write(source, take_of(9_600, 1), RATE, subtype=subtype)
    assert failing_code(source, tmp_path / output_name) == ErrorCode.BAD_ARGUMENT
    with pytest.raises(EngineError, match=r"\.wav"):
        write_spliced(source, tmp_path / output_name, Region(0, 4_800), [])


def test_samples_beyond_full_scale_are_cut_in_integers_and_kept_in_float(tmp_path: Path) -> None:
    """They never wrap around."""
    loud = np.array([[1.5], [1.0], [-1.0], [-1.5]], np.float32).repeat(1_200, axis=0)
    for subtype, expected in [("PCM_16", [32767, 32767, -32768, -32768]), ("FLOAT", [1.5, 1.0, -1.0, -1.5])]:
        source, output = tmp_path / f"{subtype}.wav", tmp_path / f"{subtype}-take.wav"
        sf.write(source, np.zeros(9_600), RATE, subtype=subtype)
        write_spliced(source, output, Region(0, 4_800), [loud])
        after, _ = sf.read(output, dtype="int16" if subtype == "PCM_16" else "float32")
        assert after[:4_800:1_200].tolist() == expected


def test_a_recording_can_be_its_own_take(tmp_path: Path) -> None:
    """With leave to overwrite; a symbolic link to it stays one."""
    path, link = tmp_path / "tape.wav", tmp_path / "link.wav"
    record(path, (".wav", "WAV", "PCM_24", "FILE"), 9_600, 1)
    path.chmod(0o640)
    link.symlink_to(path)
    before = read_exactly(path, "PCM_24")
    assert failing_code(path, path) == ErrorCode.FILE_EXISTS
    np.testing.assert_array_equal(read_exactly(path, "PCM_24"), before)
    write_spliced(link, link, Region(0, 4_800), [take_of(4_800, 1)], overwrite=True)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    np.testing.assert_array_equal(read_exactly(path, "PCM_24")[4_800:], before[4_800:])


def test_a_recording_that_changes_during_the_render_is_noticed(tmp_path: Path) -> None:
    """Its region is somewhere else now, or it is gone."""
    source, output = tmp_path / "source.wav", tmp_path / "take.wav"
    sf.write(source, take_of(20_000, 1), RATE)
    info = inspect_recording(source)
    sf.write(source, take_of(19_999, 1), RATE)
    with pytest.raises(EngineError) as caught, spliced_take(info, output, Region(0, 4_800)):
        pass
    assert caught.value.code == ErrorCode.BAD_AUDIO
    source.unlink()
    with pytest.raises(EngineError) as caught, spliced_take(info, output, Region(0, 4_800)):
        pass
    assert caught.value.code == ErrorCode.NOT_FOUND
    assert not output.exists()


def test_a_recording_that_was_cut_off_gives_no_take(tmp_path: Path) -> None:
    """FLAC says how long it was meant to be."""
    source = tmp_path / "source.flac"
    sf.write(source, take_of(200_000, 1), RATE)
    source.write_bytes(source.read_bytes()[:100_000])
    assert failing_code(source, tmp_path / "take.flac") == ErrorCode.BAD_AUDIO


@pytest.mark.parametrize(
    "blocks",
    [
        [np.zeros((4_799, 1), np.float32)],
        [np.zeros((4_800, 1), np.float32), np.zeros((1, 1), np.float32)],
        [np.zeros((4_800, 2), np.float32)],
        [np.zeros(4_800, np.float32)],
        [np.full((4_800, 1), np.nan, np.float32)],
        [np.full((4_800, 1), np.inf, np.float32)],
    ],
    ids=["short", "long", "stereo", "flat", "nan", "infinite"],
)
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_what_is_no_whole_take_is_not_written(tmp_path: Path, blocks: list[np.ndarray], suffix: str) -> None:
    """A model's slip leaves no file."""
    source, output = tmp_path / f"source{suffix}", tmp_path / f"take{suffix}"
    sf.write(source, take_of(9_600, 1), RATE)
    with pytest.raises(EngineError) as caught:
        write_spliced(source, output, Region(0, 4_800), blocks)
    assert caught.value.code == ErrorCode.INTERNAL
    assert sorted(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_an_hour_passes_at_constant_memory(tmp_path: Path, suffix: str) -> None:
    """Blocks, whether bytes are copied or samples encoded."""
    source, output = tmp_path / f"hour{suffix}", tmp_path / f"take{suffix}"
    with sf.SoundFile(source, "w", 8_000, 1, "PCM_16") as sound:
        for _ in range(60):
            sound.write(np.zeros(60 * 8_000, np.int16))
    tracemalloc.start()
    try:
        region = Region(1_800 * 8_000, 1_801 * 8_000)
        write_spliced(source, output, region, [take_of(8_000, 1)])
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert inspect_recording(output).frames == 3_600 * 8_000
    assert peak_bytes < 16 * 2**20


@pytest.mark.parametrize(
    ("name", "subtype", "container"),
    [
        ("a.wav", "PCM_24", "WAV"),
        ("a.WAV", "FLOAT", "WAV"),
        ("a.flac", "PCM_16", "FLAC"),
        ("a.aiff", "PCM_24", "AIFF"),
        ("a.w64", "DOUBLE", "W64"),
        ("a.rf64", "PCM_16", "RF64"),
        ("a.caf", "PCM_24", "CAF"),
    ],
)
def test_a_new_sound_is_exactly_what_was_pushed(
    tmp_path: Path, name: str, subtype: str, container: str
) -> None:
    """In the format its name asks for."""
    take = take_of(7_001, 2)
    write_new(tmp_path / name, np.array_split(take, 5), 44_100, 2, 7_001, subtype=subtype)
    info = inspect_recording(tmp_path / name)
    assert (info.sample_rate, info.channels, info.frames) == (44_100, 2, 7_001)
    assert (info.format, info.subtype) == (container, subtype)
    after, _ = sf.read(tmp_path / name, dtype="float64")
    assert np.abs(after - take).max() <= 2.0**-16


@pytest.mark.parametrize(
    ("name", "channels", "subtype", "code"),
    [
        ("a.flac", 9, "PCM_24", ErrorCode.BAD_ARGUMENT),
        ("a.flac", 1, "FLOAT", ErrorCode.BAD_ARGUMENT),
        ("a.wav", 1, "VORBIS", ErrorCode.BAD_ARGUMENT),
        ("a.caf", 1, "ALAC_24", ErrorCode.BAD_ARGUMENT),
        ("a.mp3", 1, "PCM_16", ErrorCode.BAD_ARGUMENT),
        ("a.wav", 65, "PCM_16", ErrorCode.BAD_AUDIO),
    ],
)
def test_new_sounds_that_no_format_holds_are_refused(
    tmp_path: Path, name: str, channels: int, subtype: str, code: ErrorCode
) -> None:
    """Before anything is written."""
    with pytest.raises(EngineError) as caught:
        write_new(tmp_path / name, [take_of(10, channels)], RATE, channels, 10, subtype=subtype)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []
