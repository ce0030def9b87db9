"""The open files of a job: nothing is left of them, and what goes wrong is said."""

from __future__ import annotations

from io import FileIO
from pathlib import Path

import numpy as np
import pytest

from engine.audio import workspace as module
from engine.audio.workspace import TemporarySound, Workspace
from engine.errors import EngineError, ErrorCode
from tests.engine.rendering import noise, record

SOUND = noise(1_000, 2)


def failure(sound: TemporarySound) -> EngineError:
    """What appending to it raises."""
    with pytest.raises(EngineError) as caught:
        sound.append(SOUND)
    return caught.value


def test_temporary_sound_has_no_name(tmp_path: Path) -> None:
    """So nothing can be left of it."""
    with Workspace(tmp_path / "spool") as workspace:
        sound = workspace.temporary(2)
        sound.append(SOUND)
        assert [] == list((tmp_path / "spool").iterdir())
        np.testing.assert_array_equal(SOUND, sound.read(0, 1_000))


def test_leaving_closes_everything(tmp_path: Path) -> None:
    """Also after an exception; what was closed before stays so."""
    workspace = Workspace(tmp_path)
    with pytest.raises(KeyboardInterrupt), workspace:
        sounds = [workspace.temporary(2), workspace.temporary(2)]
        recording = workspace.open(record(tmp_path / "tape.wav", SOUND))
        sounds[0].close()
        raise KeyboardInterrupt
    for sound in sounds:
        with pytest.raises(ValueError, match="closed"):
            sound.append(SOUND)
    with pytest.raises(RuntimeError, match="closed"):
        recording.read(0, 10)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is one sentence."""
    monkeypatch.setattr(module, "_nameless", lambda _: FileIO("/dev/full", "r+"))
    with Workspace(tmp_path) as workspace:
        error = failure(workspace.temporary(2))
    assert ErrorCode.CANT_WRITE == error.code
    assert f"{tmp_path} (No space left on device); free some space." in error.sentence


def test_a_folder_that_takes_nothing(tmp_path: Path) -> None:
    """Such as one that is a file."""
    (tmp_path / "spool").touch()
    with pytest.raises(EngineError) as caught, Workspace(tmp_path / "spool") as workspace:
        workspace.temporary(1)
    assert ErrorCode.CANT_WRITE == caught.value.code


def test_sound_that_got_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not read as silence."""
    path = tmp_path / "lost"
    path.touch()
    monkeypatch.setattr(module, "_nameless", lambda _: FileIO(path, "r+"))
    with Workspace(tmp_path) as workspace:
        sound = workspace.temporary(2)
        sound.append(SOUND)
        path.write_bytes(b"")
        with pytest.raises(EngineError) as caught:
            sound.read(0, 10)
    assert ErrorCode.INTERNAL == caught.value.code


def test_a_recording_that_was_written_to(tmp_path: Path) -> None:
    """Is told from one that was not, and from one that is gone."""
    path = record(tmp_path / "tape.wav", SOUND)
    with Workspace(tmp_path) as workspace:
        workspace.open(path)
        workspace.check_unchanged()
        with path.open("r+b") as file:
            file.seek(100)
            file.write(b"\1\2\3")
        with pytest.raises(EngineError) as caught:
            workspace.check_unchanged()
        assert ErrorCode.BAD_AUDIO == caught.value.code
        path.unlink()
        with pytest.raises(EngineError) as caught:
            workspace.check_unchanged()
        assert ErrorCode.NOT_FOUND == caught.value.code
