"""Files that appear whole or not at all, whatever fails and whenever."""

import errno
import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from engine.audio import atomic
from engine.audio.atomic import check_output, new_file
from engine.audio.region import Region
from engine.audio.source import inspect_recording
from engine.audio.takefile import spliced_take, write_new, write_spliced
from engine.errors import EngineError, ErrorCode

RATE = 48_000
REGION = Region(20_000, 60_000)
TAKE = (0.1 * np.random.default_rng(1).standard_normal((40_000, 1))).astype(np.float32)


class FullDisk(FileIO):
    """A disk with room for so many bytes, which may take a part of a write before it is full."""

    room = 0

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        """As many as fit, and at least one or an error."""
        fitting = bytes(data)[: FullDisk.room]
        if not fitting:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        FullDisk.room -= len(fitting)
        return super().write(fitting)


@pytest.fixture(params=["wav", "flac", "caf"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A recording whose take is patched or encoded."""
    path = tmp_path / f"source.{request.param}"
    subtype = {"wav": "PCM_24", "flac": "PCM_16", "caf": "ALAC_16"}[request.param]
    sf.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 100_000), RATE, subtype=subtype)
    return path


def failure_of(source: Path, output: Path, overwrite: bool = False) -> EngineError:
    """How writing this take fails; the folder must be as it was, to the byte."""
    before = {path: path.read_bytes() for path in output.parent.iterdir() if path.is_file()}
    with pytest.raises(EngineError) as caught:
        write_spliced(source, output, REGION, [TAKE], overwrite=overwrite)
    assert {path: path.read_bytes() for path in output.parent.iterdir() if path.is_file()} == before
    return caught.value


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.8, 0.99])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_leaves_everything_as_it_was(
    source: Path, share: float, overwrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever byte it fills up; the sentence says what to do."""
    output = source.with_name(f"take{source.suffix}")
    write_spliced(source, output, REGION, [TAKE])
    needed = output.stat().st_size
    if not overwrite:
        output.unlink()
    monkeypatch.setattr(FullDisk, "room", int(share * needed))
    monkeypatch.setattr(atomic, "open_part", lambda path: FullDisk(path, "x+"))
    error = failure_of(source, output, overwrite)
    assert error.code == ErrorCode.CANT_WRITE
    assert "no room" in error.sentence


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """The system refuses to make files of more than 64 KiB, as with a quota."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files_only")
@pytest.mark.parametrize("name", ["new.wav", "new.flac", "new.caf"])
def test_a_real_limit_on_size_is_a_clear_error(tmp_path: Path, name: str) -> None:
    """Not our own stand-in: the system's."""
    with pytest.raises(EngineError) as caught:
        write_new(tmp_path / name, [TAKE, TAKE], RATE, 1, 80_000)
    assert caught.value.code == ErrorCode.CANT_WRITE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", ["fsync", "replace", "link"])
def test_what_fails_at_the_last_moment_leaves_no_file(
    source: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk that gives up when it should confirm, the name that can't be taken."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, failing, refuse)
    monkeypatch.setattr(Path, "replace", refuse)
    if failing != "link":
        assert failure_of(source, source, overwrite=True).code == ErrorCode.CANT_WRITE
    if failing != "replace":
        assert failure_of(source, source.with_name(f"take{source.suffix}")).code == ErrorCode.CANT_WRITE


def test_without_hard_links_the_name_is_taken_by_renaming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT and some network drives."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    write_new(tmp_path / "new.wav", [TAKE], RATE, 1, 40_000)
    assert [path.name for path in tmp_path.iterdir()] == ["new.wav"]
    with pytest.raises(EngineError) as caught, new_file(tmp_path / "other.wav", overwrite=False):
        (tmp_path / "other.wav").touch()
    assert caught.value.code == ErrorCode.FILE_EXISTS


def test_a_name_taken_by_someone_else_meanwhile_is_theirs(tmp_path: Path) -> None:
    """Two renders with the same output: the second one to finish fails, it does not overwrite."""
    with pytest.raises(EngineError) as caught, new_file(tmp_path / "take.wav", overwrite=False) as part:
        part.write(b"mine")
        (tmp_path / "take.wav").write_bytes(b"theirs")
    assert caught.value.code == ErrorCode.FILE_EXISTS
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"theirs"]


def test_a_cancelled_render_leaves_nothing(source: Path) -> None:
    """The block ends with any exception, a closed generator's included."""

    def render() -> Iterator[int]:
        with spliced_take(inspect_recording(source), source, REGION, overwrite=True) as take:
            take.push(TAKE[:1_000])
            yield 1

    before = source.read_bytes()
    rendering = render()
    next(rendering)
    assert len(list(source.parent.iterdir())) == 2
    rendering.close()
    assert [path.read_bytes() for path in source.parent.iterdir()] == [before]


def test_wrong_outputs_are_told_before_any_work(tmp_path: Path) -> None:
    """A missing folder, a folder for a file, a file for a folder, and a file that exists."""
    (tmp_path / "there.wav").touch()
    for name, code in [
        ("missing/take.wav", ErrorCode.CANT_WRITE),
        ("", ErrorCode.BAD_ARGUMENT),
        ("there.wav/take.wav", ErrorCode.CANT_WRITE),
        ("there.wav", ErrorCode.FILE_EXISTS),
        ("long" * 100 + ".wav", ErrorCode.CANT_WRITE),
    ]:
        with pytest.raises(EngineError) as caught:
            check_output(tmp_path / name, overwrite=False)
        assert caught.value.code == code
    check_output(tmp_path / "there.wav", overwrite=True)
    check_output(tmp_path / "take.wav", overwrite=False)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    """As the system sees it."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(EngineError) as caught:
        write_new(locked / "take.wav", [TAKE], RATE, 1, 40_000)
    assert caught.value.code == ErrorCode.CANT_WRITE


def test_a_folder_that_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the permissions looked fine (a network drive, a read-only mount)."""

    def refuse(_: Path) -> FileIO:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(atomic, "open_part", refuse)
    with pytest.raises(EngineError) as caught:
        write_new(tmp_path / "take.wav", [TAKE], RATE, 1, 40_000)
    assert caught.value.code == ErrorCode.CANT_WRITE
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(EngineError) as caught:
        write_new(tmp_path / "take.wav", [TAKE], RATE, 1, 40_000)
    assert caught.value.code == ErrorCode.CANT_WRITE


class Flipping(FileIO):
    """A disk that flips a bit of one byte on the way."""

    flipped_byte = 0

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        """As a file's."""
        stored = bytearray(data)
        place = Flipping.flipped_byte - self.tell()
        if 0 <= place < len(stored):
            stored[place] ^= 1
        return super().write(stored)


@pytest.mark.parametrize("flipped_byte", [22, 24, 34, 500])
def test_a_disk_that_lies_about_an_encoded_take_is_noticed(
    tmp_path: Path, flipped_byte: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the header or the samples: the take does not get its name."""
    monkeypatch.setattr(Flipping, "flipped_byte", flipped_byte)
    monkeypatch.setattr(atomic, "open_part", lambda path: Flipping(path, "x+"))
    with pytest.raises(EngineError) as caught:
        write_new(tmp_path / "take.wav", [TAKE], RATE, 1, 40_000)
    assert caught.value.code in (ErrorCode.CANT_WRITE, ErrorCode.BAD_AUDIO)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flipped_byte", [0, 22, 24, 34])
def test_a_disk_that_lies_about_a_copied_header_is_noticed(
    tmp_path: Path, flipped_byte: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Channels, rate, depth: a take that is not what was promised does not get its name."""
    source = tmp_path / "source.wav"
    sf.write(source, np.zeros(100_000), RATE, subtype="PCM_16")
    monkeypatch.setattr(Flipping, "flipped_byte", flipped_byte)
    monkeypatch.setattr(atomic, "open_part", lambda path: Flipping(path, "x+"))
    assert failure_of(source, tmp_path / "take.wav").code in (ErrorCode.CANT_WRITE, ErrorCode.BAD_AUDIO)


def test_a_disk_that_takes_little_at_a_time_gets_everything(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write may be a part of what was asked."""

    class Sipping(FileIO):
        def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
            return super().write(bytes(data)[:1_000])

    whole, sipped = (source.with_name(f"{name}{source.suffix}") for name in ("whole", "sipped"))
    write_spliced(source, whole, REGION, [TAKE])
    monkeypatch.setattr(atomic, "open_part", lambda path: Sipping(path, "x+"))
    write_spliced(source, sipped, REGION, [TAKE])
    assert sipped.read_bytes() == whole.read_bytes()
