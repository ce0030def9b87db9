"""The hidden folder of an installation: what is finished stays, and only one works in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError, ErrorCode
from engine.install.workplace import INSTALLING, REMOVING, give_up, open_workplace, tidy, unfinished
from engine.take_names import part_name

KEY = {"repository": "a/b", "revision": "", "files": {"x": [1, 2]}}
HOLD = """
import sys, time
from pathlib import Path
from engine.install.workplace import open_workplace
with open_workplace(Path(sys.argv[1]), "m", {}):
    print("in", flush=True)
    time.sleep(300)
"""


def names_in(folder: Path) -> list[str]:
    """What lies in a folder, hidden things included."""
    return sorted(path.name for path in folder.iterdir())


def hold(folder: Path) -> subprocess.Popen[str]:
    """Another process that works on the model "m"."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    return process


def test_finished_stages_are_found_again(tmp_path: Path) -> None:
    """With what they came to, by whoever comes with the same key."""
    with open_workplace(tmp_path, "m", KEY) as place:
        (place.bundle / "a.onnx").write_bytes(b"graph")
        place.finish("one", ["a.onnx"], {"error": 0.5})
    with open_workplace(tmp_path, "m", KEY) as place:
        assert {"error": 0.5} == place.result("one")
        assert place.result("two") is None


@pytest.mark.parametrize("content", [b"", b"graph and more", None])
def test_a_stage_whose_files_changed_is_not_finished(tmp_path: Path, content: bytes | None) -> None:
    """A crash of the machine may leave less than was written."""
    with open_workplace(tmp_path, "m", KEY) as place:
        (place.bundle / "a.onnx").write_bytes(b"graph")
        place.finish("one", ["a.onnx"])
        if content is None:
            (place.bundle / "a.onnx").unlink()
        else:
            (place.bundle / "a.onnx").write_bytes(content)
        assert place.result("one") is None


def test_another_key_starts_anew(tmp_path: Path) -> None:
    """Nothing of another source or other options is taken over."""
    with open_workplace(tmp_path, "m", KEY) as place:
        (place.bundle / "a.onnx").write_bytes(b"graph")
        place.finish("one", ["a.onnx"])
    with open_workplace(tmp_path, "m", {**KEY, "revision": "other"}) as place:
        assert place.result("one") is None
        assert [] == list(place.bundle.iterdir())


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"key": {}}', b"\xff\xff"])
def test_a_damaged_record_starts_anew(tmp_path: Path, record: bytes) -> None:
    """What can't be read is not trusted."""
    with open_workplace(tmp_path, "m", KEY) as place:
        (place.bundle / "a.onnx").write_bytes(b"graph")
    (place.folder / "stages.json").write_bytes(record)
    with open_workplace(tmp_path, "m", KEY) as place:
        assert [] == list(place.bundle.iterdir())


def test_only_one_process_works_on_a_model(tmp_path: Path) -> None:
    """The second is told; another model is another matter."""
    process = hold(tmp_path)
    try:
        with pytest.raises(EngineError, match="installing m right now") as caught:
            open_workplace(tmp_path, "m", KEY).__enter__()
        assert ErrorCode.BUSY == caught.value.code
        with open_workplace(tmp_path, "other", KEY):
            pass
    finally:
        process.kill()
        process.communicate()


def test_the_same_process_is_no_exception(tmp_path: Path) -> None:
    """A panel that is asked twice installs once."""
    with open_workplace(tmp_path, "m", KEY), pytest.raises(EngineError, match="right now"):
        open_workplace(tmp_path, "m", KEY).__enter__()
    with open_workplace(tmp_path, "m", KEY):
        pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    """Its lock is taken over, and nothing of it is left afterwards."""
    process = hold(tmp_path)
    process.kill()
    process.communicate()
    assert (tmp_path / f"{INSTALLING}m.lock").exists()
    with open_workplace(tmp_path, "m", KEY):
        pass
    assert [] == names_in(tmp_path)


@pytest.mark.parametrize(
    "lock",
    [b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 1}', b'{"pid": %d, "started": 1.0}' % os.getpid()],
    ids=["empty", "cut", "a list", "a word", "no start", "given out again"],
)
def test_a_lock_of_nobody_holds_nothing(tmp_path: Path, lock: bytes) -> None:
    """Damage, and the number of a process that was given out again."""
    path = tmp_path / f"{INSTALLING}m.lock"
    path.write_bytes(lock)
    with open_workplace(tmp_path, "m", KEY):
        assert os.getpid() == json.loads(path.read_bytes())["pid"]
        assert lock != path.read_bytes()
    assert not path.exists()


def test_publishing_takes_the_name_and_leaves_nothing(tmp_path: Path) -> None:
    """The bundle's folder becomes the model's, whole."""
    with open_workplace(tmp_path, "m", KEY) as place:
        (place.bundle / "manifest.json").write_text("{}")
        place.publish(tmp_path / "m")
    assert ["m"] == names_in(tmp_path)
    assert ["manifest.json"] == names_in(tmp_path / "m")


def test_publishing_replaces_nothing(tmp_path: Path) -> None:
    """A folder that is there is the user's."""
    (tmp_path / "m").mkdir()
    with (
        pytest.raises(EngineError) as caught,
        open_workplace(tmp_path, "m", KEY) as place,
    ):
        place.publish(tmp_path / "m")
    assert ErrorCode.FILE_EXISTS == caught.value.code


def test_tidying_removes_what_has_no_use(tmp_path: Path) -> None:
    """Half-removed models and emptied workplaces, but nobody's model and nobody's work."""
    for name in (f"{REMOVING}x-1/deep", "mine", f"{INSTALLING}mine", f"{INSTALLING}other/bundle"):
        (tmp_path / name).mkdir(parents=True)
    tidy(tmp_path)
    assert [f"{INSTALLING}other", "mine"] == names_in(tmp_path)
    tidy(tmp_path / "nowhere")


def test_nothing_is_left_where_nothing_was_finished(tmp_path: Path) -> None:
    """A checkpoint that is refused leaves no trace; finished work stays."""
    with pytest.raises(RuntimeError), open_workplace(tmp_path, "m", KEY):
        raise RuntimeError
    assert [] == names_in(tmp_path)
    with pytest.raises(RuntimeError), open_workplace(tmp_path, "m", KEY) as place:
        place.finish("calibrated")
        raise RuntimeError
    assert [f"{INSTALLING}m"] == names_in(tmp_path)


def test_what_a_stage_has_written_so_far_is_left(tmp_path: Path) -> None:
    """It may go on from there, as training does from its last checkpoint."""
    with open_workplace(tmp_path, "small", KEY) as place:
        (place.folder / "run").mkdir()
        (place.folder / "run" / "state.pt").write_bytes(b"a step")
    with open_workplace(tmp_path, "small", KEY) as place:
        assert b"a step" == (place.folder / "run" / "state.pt").read_bytes()


def test_what_a_killed_process_was_writing_is_removed(tmp_path: Path) -> None:
    """Gigabytes would become part of the model, and never leave."""
    with open_workplace(tmp_path, "m", KEY) as place:
        (place.bundle / "a.onnx").write_bytes(b"graph")
        place.finish("one", ["a.onnx"])
        for folder in (place.folder, place.bundle):
            (folder / part_name(4711, "aa")).write_bytes(b"half of it")
    with open_workplace(tmp_path, "m", KEY) as place:
        assert ["bundle", "stages.json"] == names_in(place.folder)
        place.publish(tmp_path / "m")
    assert ["a.onnx"] == names_in(tmp_path / "m")


def test_an_interrupted_installation_is_told_and_can_be_given_up(tmp_path: Path) -> None:
    """With what it takes on the disk, by nobody while it goes on."""
    assert [] == unfinished(tmp_path / "nowhere")
    with open_workplace(tmp_path, "m", KEY) as place:
        (place.bundle / "a.onnx").write_bytes(b"x" * 1000)
        place.finish("one", ["a.onnx"])
        with pytest.raises(EngineError) as caught:
            give_up(tmp_path, "m")
        assert ErrorCode.BUSY == caught.value.code
    (half,) = unfinished(tmp_path)
    assert ("m", place.folder) == (half.name, half.folder)
    assert 1000 < half.size_bytes < 2000
    give_up(tmp_path, "m")
    assert [] == names_in(tmp_path)


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it happens."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(EngineError, match="No space left") as caught,
        open_workplace(tmp_path, "m", KEY) as place,
    ):
        (place.bundle / "a").write_bytes(b"1")
        monkeypatch.setattr(os, "fsync", full)
        place.finish("one", ["a"])
    assert ErrorCode.CANT_WRITE == caught.value.code
    monkeypatch.undo()
    with open_workplace(tmp_path, "m", KEY) as place:
        assert place.result("one") is None
    assert KEY == json.loads((place.folder / "stages.json").read_text())["key"]
