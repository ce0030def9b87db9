"""A folder is taken in once, whatever happens to it, to the files and to the process."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.errors import EngineError, ErrorCode
from engine.library import shelf
from engine.library.database import index_path, opened
from engine.library.indexing import index_folder
from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from engine.protocol.library_requests import IndexRequest
from engine.protocol.replies import Done, Indexed, Notice, Progress, Skipped
from tests.bundles import make_tiny_bundle, reseal

# Indexes a folder with the tiny model until it has shown so much progress, then dies as by the OOM killer.
DIES = """
import os, sys, time
from pathlib import Path
from engine.config import find_home
from engine.library.indexing import index_folder
from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from engine.protocol.library_requests import IndexRequest
from engine.protocol.replies import Progress
model = OnnxModel(load_bundle(Path(sys.argv[1])), "cpu")
for reply in index_folder(IndexRequest("job", sys.argv[2]), model, find_home(), time.perf_counter):
    if isinstance(reply, Progress) and reply.step == int(sys.argv[3]):
        os.kill(os.getpid(), 9)
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A model that hears, for processes of their own."""
    return make_tiny_bundle(tmp_path / "bundle", hears=True)


def indexing(bundle: Path, folder: Path, dies_at: int = -1) -> subprocess.Popen[str]:
    """Another process that indexes."""
    command = [sys.executable, "-c", DIES, str(bundle), str(folder), str(dies_at)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_everything_is_heard_once(library, sounds):
    """The second run over a folder that is as it was hears nothing."""
    assert Indexed("job", 4, 4, 0, 0, 0) == library.indexed(sounds)
    assert Indexed("job", 4, 0, 0, 0, 0) == library.indexed(sounds)


def test_progress_counts_files_and_says_what_is_left(library, sounds):
    """From nothing to all of them; the last reply is Done."""
    replies = library.index(sounds)
    news = [reply for reply in replies if isinstance(reply, Progress) and reply.stage == "listening"]

    assert (0, 4) == (news[0].step, news[0].total) and (4, 4) == (news[-1].step, news[-1].total)
    assert 0.0 == news[-1].seconds_left and any(reply.seconds_left > 0.0 for reply in news)
    assert sorted(reply.step for reply in news) == [reply.step for reply in news]
    assert isinstance(replies[-1], Done)


def test_what_changed_is_heard_again_and_only_that(library, sounds, tone):
    """Size, time and content tell."""
    library.index(sounds)
    tone(sounds / "door slam.wav", 250.0, 0.7)

    assert Indexed("job", 4, 1, 0, 0, 0) == library.indexed(sounds)
    assert [0.7] == [pytest.approx(hit.seconds) for hit in library.hits("door slam", limit=1)]


def test_a_file_that_was_only_touched_is_not_heard_again(library, sounds):
    """The content is the same."""
    library.index(sounds)
    os.utime(sounds / "door slam.wav", (1, 1))

    assert Indexed("job", 4, 0, 0, 0, 0) == library.indexed(sounds)


def test_moved_renamed_and_removed_files_are_noticed(library, sounds):
    """A sound that moved is known at its new place, under its new name, without being heard."""
    library.index(sounds)
    (sounds / "Metal").mkdir()
    (sounds / "door slam.wav").rename(sounds / "Metal" / "gate crash.wav")
    (sounds / "whistle.flac").unlink()

    assert Indexed("job", 3, 0, 1, 2, 0) == library.indexed(sounds)
    assert "gate crash.wav" == library.names("metal gate crash")[0]
    assert 3 == len(library.names("door"))


def test_copies_are_heard_once_and_found_as_one(library, sounds):
    """And counted in the hit."""
    shutil.copy(sounds / "door slam.wav", sounds / "door slam copy.wav")

    assert Indexed("job", 5, 4, 1, 0, 0) == library.indexed(sounds)
    assert 1 == library.hits("door slam")[0].copies
    assert 4 == len(library.hits("door slam"))


def test_what_can_not_be_used_is_told_each_time_and_stops_nothing(library, sounds):
    """Damaged, silent, tiny and empty files, and hidden ones not at all."""
    (sounds / "damaged.wav").write_bytes((sounds / "door slam.wav").read_bytes()[:2_000])
    (sounds / "text.mp3").write_text("no sound")
    (sounds / "empty.wav").touch()
    (sounds / "._door slam.wav").write_bytes(b"\0\5\26\7")
    soundfile.write(sounds / "silent.wav", np.zeros(16_000), 16_000)
    soundfile.write(sounds / "tiny.wav", np.ones(10) * 0.1, 16_000)
    first, second = library.skipped(sounds), library.skipped(sounds)

    assert {"text.mp3", "empty.wav", "silent.wav", "tiny.wav"} <= set(first)
    assert first == second and not [name for name in first if name.startswith(".")]
    assert "silent" in first["silent.wav"] and "shorter" in first["tiny.wav"]
    assert library.indexed(sounds).sounds == 9 - len(first)


def test_a_repaired_file_is_taken_in(library, sounds, tone):
    """What was told once is not held against it."""
    (sounds / "bad.wav").write_text("no sound")
    assert ["bad.wav"] == list(library.skipped(sounds))
    tone(sounds / "bad.wav", 700.0)

    assert Indexed("job", 5, 1, 0, 0, 0) == library.indexed(sounds)


def test_links_out_of_the_folder_are_not_followed(library, sounds, tmp_path, tone):
    """They were not granted; those inside are copies."""
    outside = tone(tmp_path / "secret" / "secret.wav", 60.0)
    (sounds / "link.wav").symlink_to(outside)
    (sounds / "linked").symlink_to(outside.parent)
    (sounds / "nowhere.wav").symlink_to(tmp_path / "nothing.wav")
    (sounds / "inside.wav").symlink_to(sounds / "door slam.wav")

    assert Indexed("job", 5, 4, 1, 0, 0) == library.indexed(sounds)
    assert "secret.wav" not in library.names("secret link")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_nobody_waits_for_a_pipe(library, sounds):
    """Who opens one waits until somebody writes into it."""
    os.mkfifo(sounds / "pipe.wav")
    assert Indexed("job", 4, 4, 0, 0, 0) == library.indexed(sounds)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are any bytes")
def test_a_name_that_is_no_text_is_told(library, sounds):
    """As old archives have them; the others are taken in."""
    sounds.joinpath("door slam.wav").rename(os.fsdecode(os.fsencode(sounds) + b"/T\xfcr.wav"))
    (name, said), *others = library.skipped(sounds).items()
    assert not others and "rename it" in said and name.endswith("r.wav")
    assert library.indexed(sounds).sounds == 3


def test_a_folder_that_is_not_there_loses_nothing(library, sounds, tmp_path):
    """A drive that is not connected is no empty folder."""
    library.index(sounds)
    sounds.rename(tmp_path / "unplugged")
    with pytest.raises(EngineError) as caught:
        library.index(sounds)
    (tmp_path / "unplugged").rename(sounds)

    assert ErrorCode.NOT_FOUND == caught.value.code
    assert Indexed("job", 4, 0, 0, 0, 0) == library.indexed(sounds)


def test_a_folder_in_it_that_can_not_be_looked_into_loses_nothing(library, sounds, monkeypatch):
    """It is told, and its sounds are still found."""
    library.index(sounds)
    scan = os.scandir

    def closed(path):
        if str(path).endswith("Rain"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    (skipped, indexed) = (reply for reply in library.index(sounds) if isinstance(reply, Skipped | Indexed))

    assert skipped.path.endswith("Rain") and (4, 0) == (indexed.sounds, indexed.gone)


def test_a_cancelled_run_keeps_what_is_done(library, sounds):
    """The next one goes on from there."""
    run = index_folder(IndexRequest("job", str(sounds)), library.model, library.home, lambda: 0.0)
    for reply in run:
        if isinstance(reply, Progress) and reply.step == 2:
            break
    run.close()
    replies = library.index(sounds)

    assert {2} == {
        reply.total for reply in replies if isinstance(reply, Progress) and reply.stage == "listening"
    }
    assert Indexed("job", 4, 4, 0, 0, 0) == replies[-2]  # of both runs together
    assert Indexed("job", 4, 0, 0, 0, 0) == library.indexed(sounds)


def test_a_process_that_is_killed_leaves_whole_things_only(library, sounds, bundle):
    """At any file: what it has heard is found, and the rest is heard by the next."""
    process = indexing(bundle, sounds, dies_at=3)
    process.communicate(timeout=60)
    assert -signal.SIGKILL == process.returncode
    with opened(library.home) as database:
        ((files, spans, sounds_heard),) = database.rows(
            "SELECT (SELECT count(*) FROM files), (SELECT count(DISTINCT sound) FROM spans), "
            "(SELECT count(*) FROM heard)"
        )
        assert [("ok",)] == database.rows("PRAGMA integrity_check")

    assert (3, 3, 3) == (files, spans, sounds_heard)
    assert Indexed("job", 4, 1, 0, 0, 0) == library_of(bundle, library).indexed(sounds)


def test_two_processes_at_once_make_one_index(library, sounds, bundle, tone):
    """Nothing is lost, nothing is there twice, and nobody is refused."""
    for number in range(12):
        tone(sounds / f"tone {number}.wav", 1_000.0 + 100 * number)
    processes = [indexing(bundle, sounds) for _ in range(2)]
    assert ["", ""] == [process.communicate(timeout=100)[1] for process in processes]
    assert [0, 0] == [process.returncode for process in processes]
    with opened(library.home) as database:
        assert [(16, 16)] == database.rows("SELECT count(*), count(DISTINCT sound) FROM files")
        assert [] == database.rows("SELECT 1 FROM spans GROUP BY model, sound, start HAVING count(*) > 1")

    assert Indexed("job", 16, 0, 0, 0, 0) == library_of(bundle, library).indexed(sounds)


def library_of(bundle: Path, library):
    """The same home with the model of a bundle."""
    return type(library)(library.home, OnnxModel(load_bundle(bundle), "cpu"))


def other_bundle(folder: Path, name: str) -> Path:
    """A model that hears and is not the usual one, to the bit."""
    make_tiny_bundle(folder, hears=True, name=name)
    (folder / "ATTRIBUTION.md").write_text("Made by another test.\n")
    reseal(folder)
    return folder


def test_a_model_that_changed_hears_everything_anew(library, sounds, tmp_path):
    """It says so, and nothing of the old one is left; before, a search says what to do."""
    library.index(sounds)
    changed = library_of(other_bundle(tmp_path / "new", "tiny"), library)
    with pytest.raises(EngineError, match="another model than tiny") as caught:
        changed.hits("rain")
    replies = changed.index(sounds)

    assert ErrorCode.NOT_FOUND == caught.value.code and str(sounds) in caught.value.sentence
    assert "heard anew" in next(reply.sentence for reply in replies if isinstance(reply, Notice))
    assert Indexed("job", 4, 4, 0, 0, 0) == replies[-2]
    with opened(library.home) as database:
        assert [(1,)] == database.rows("SELECT count(DISTINCT model) FROM spans")


def test_models_of_different_names_have_indexes_side_by_side(library, sounds, tmp_path):
    """Who changes between two need not index again and again."""
    other = library_of(other_bundle(tmp_path / "new", "other"), library)
    library.index(sounds)

    assert 4 == other.indexed(sounds).heard
    assert (0, 0) == (library.indexed(sounds).heard, other.indexed(sounds).heard)


def test_a_model_that_can_not_hear_says_so_and_finds_by_name(deaf, sounds):
    """One sentence, and names still work; a broken file is noticed by its header."""
    (sounds / "text.mp3").write_text("no sound")
    replies = deaf.index(sounds)
    (notice,) = (reply.sentence for reply in replies if isinstance(reply, Notice))

    assert "The model tiny can't hear: sounds are found by their names and descriptions only." == notice
    assert ["text.mp3"] == [Path(reply.path).name for reply in replies if isinstance(reply, Skipped)]
    assert "door slam.wav" == deaf.names("slamming door")[0]
    assert {"name"} == {hit.why for hit in deaf.hits("slamming door")}
    with pytest.raises(EngineError, match="can't hear"):
        deaf.hits(like=str(sounds / "door slam.wav"))


@pytest.mark.parametrize("damage", ["header", "middle", "text"])
def test_a_damaged_index_is_put_aside_and_named(library, sounds, damage):
    """No sound is touched, and indexing again is all there is to do."""
    library.index(sounds)
    path = index_path(library.home)
    with sqlite3.connect(path) as connection:  # whole in one file
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    if damage == "middle":
        content[4096:] = os.urandom(len(content) - 4096)
    content[:100] = b"x" * 100 if damage == "header" else content[:100]
    path.write_bytes(b"this was a table" if damage == "text" else bytes(content))
    with pytest.raises(EngineError) as caught:
        library.hits("door slam")
    (aside,) = path.parent.glob("library.sqlite.damaged-*[0-9]")

    assert ErrorCode.NOT_FOUND == caught.value.code and "punchin library index" in caught.value.sentence
    assert aside.stat().st_size > 0
    assert Indexed("job", 4, 4, 0, 0, 0) == library.indexed(sounds)


def test_an_index_of_a_later_version_is_left_alone(library, sounds):
    """It is whole, for whoever can read it."""
    library.index(sounds)
    with sqlite3.connect(index_path(library.home)) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(EngineError, match="later Punch-In") as caught:
        library.index(sounds)

    assert ErrorCode.BAD_ARGUMENT == caught.value.code


def test_a_folder_that_is_forgotten_leaves_nothing(library, sounds):
    """Of what others have, nothing goes."""
    library.index(sounds)
    with opened(library.home) as database:
        assert 2 == shelf.forget(database, str(sounds / "Rain"))
        assert [(2, 2)] == database.rows("SELECT count(*), count(DISTINCT sound) FROM files")
        assert 2 == shelf.forget(database, str(sounds))
        for table in ("folders", "files", "sounds", "spans", "heard", "texts", "said", "text_vectors"):
            assert [(0,)] == database.rows(f"SELECT count(*) FROM {table}"), table


def test_a_neighbour_with_a_longer_name_is_not_below(library, tmp_path, tone):
    """ "Doors" is not in "Door"."""
    tone(tmp_path / "Door" / "a.wav", 100.0)
    tone(tmp_path / "Doors" / "b.wav", 200.0)
    library.index(tmp_path / "Door")
    library.index(tmp_path / "Doors")
    with opened(library.home) as database:
        shelf.forget(database, str(tmp_path / "Door"))

    assert ["b.wav"] == library.names("door")


def test_the_index_is_for_its_owner_only(library, sounds):
    """File names are nobody's business."""
    library.index(sounds)

    assert 0o600 == index_path(library.home).stat().st_mode & 0o777


def test_a_full_disk_is_told_and_what_was_there_stays(library, sounds, tone):
    """The run ends with a sentence; the index is whole."""
    library.index(sounds)
    tone(sounds / "new.wav", 4_000.0, 60.0)
    with opened(library.home) as database:
        ((pages,),) = database.rows("PRAGMA page_count")
        database.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(EngineError, match="look at the disk") as caught:
            for number in range(1_000):
                shelf.put_sound(database, str(number), None, "x" * 1_000, 1, None)

    assert ErrorCode.CANT_WRITE == caught.value.code
    assert 5 == library.indexed(sounds).sounds


def test_who_finds_the_index_held_is_told(library, sounds, monkeypatch):
    """After a while; nothing waits for ever."""
    library.index(sounds)
    monkeypatch.setattr("engine.library.database.BUSY_SECONDS", 0.05)
    with opened(library.home) as holder, opened(library.home) as database:
        holder.connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(EngineError, match="Another program holds") as caught:
            shelf.begin_folder(database, "/a")

    assert ErrorCode.CANT_WRITE == caught.value.code
