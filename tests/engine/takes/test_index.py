"""The index of takes: what is noted is found, whatever happens to the file or the process."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.takes import database as store
from engine.takes import index, words
from engine.takes.database import Database, index_path, opened
from engine.takes.export import TABLE, export
from engine.takes.index import Mark, Query, note_take
from engine.takes.notes import Notes
from engine.takes.prune import carry_out, plan
from engine.takes.recipe import encode_recipe
from tests.engine.takes.making import MADE, recipe, record
from tests.engine.takes.test_notes import splice


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a take folder."""
    (tmp_path / "takes").mkdir()
    return Home(tmp_path / "state", tmp_path / "takes")


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    """Its index."""
    with opened(home) as found:
        yield found


def make_take(home: Home, number: int, folder: Path | None = None, **changes: object) -> Path:
    """A take's file with its recipe, not noted."""
    source = home.takes.parent / "source.wav"
    if not source.exists():
        record(source)
    path = (folder or home.takes) / f"take-{number}.wav"
    return splice(source, path, Notes(recipe=encode_recipe(recipe(number, **changes))))


def note(database: Database, home: Home, number: int, **changes: object) -> None:
    """A take made and noted."""
    index.record(database, make_take(home, number, **changes), recipe(number, **changes))


def numbers(database: Database, **wanted: object) -> list[int]:
    """The seeds of the takes that are found."""
    return [entry.seed for entry in index.find(database, Query(**wanted))]  # type: ignore[arg-type]


class TestFinding:
    """Which takes match."""

    @pytest.fixture(autouse=True)
    def takes(self, database: Database, home: Home) -> None:
        """Four of them."""
        note(database, home, 1, settings={"prompt": "boots on wet gravel", "steps": 20})
        note(database, home, 2, settings={"prompt": "Stiefel auf Schnee", "sampler": "ddim"}, category="")
        note(database, home, 3, model="large", made=(MADE + timedelta(days=2)).isoformat())
        note(database, home, 4, settings={"prompt": "100% rain_drops", "negative": "wind", "loop": True})
        index.mark(database, 1, Mark(rating=4))
        index.mark(database, 2, Mark(kept=True))

    def test_capitals_of_any_language_are_found(self, database: Database, home: Home) -> None:
        """SQLite itself knows those of English."""
        note(database, home, 5, settings={"prompt": "Äste knacken"})
        assert [5] == numbers(database, anywhere="äSTE")

    def test_pages_follow_each_other(self, database: Database) -> None:
        """Takes of the same second are in one of them each, also when the page's last take is gone."""
        whole = index.find(database, Query())
        first = index.find(database, Query(limit=2))
        index.forget(database, [first[-1].id])
        assert whole == first + index.find(database, Query(after=first[-1]))

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({}, [3, 4, 2, 1]),
            ({"limit": 2}, [3, 4]),
            ({"text": "gravel"}, [3, 1]),
            ({"text": "GRA boots"}, [3, 1]),
            ({"anywhere": "RAVE oots"}, [3, 1]),
            ({"anywhere": "take-4.wav win"}, [4]),
            ({"anywhere": "100%"}, [4]),
            ({"kept": True}, [2]),
            ({"text": "schnee"}, [2]),
            ({"text": "wind"}, [4]),
            ({"text": "large"}, [3]),
            ({"text": "FEETHmn wet"}, [3, 1]),
            ({"text": "nothing"}, []),
            ({"text": "?!"}, []),
            ({"text": '" OR 1=1 --'}, []),
            ({"text": "NEAR(boots gravel)"}, []),
            ({"text": "rain_drops"}, [4]),
            ({"model": "large"}, [3]),
            ({"since": MADE + timedelta(days=1)}, [3]),
            ({"before": MADE + timedelta(days=1)}, [4, 2, 1]),
            ({"rating": 4}, [1]),
            ({"rating": 5}, []),
            ({"unrated": True}, [3, 4, 2]),
            ({"settings": (("steps", "20"),)}, [1]),
            ({"settings": (("steps", "20.0"), ("strength", "0.5"))}, [1]),
            ({"settings": (("sampler", "DDIM"),)}, [2]),
            ({"settings": (("loop", "yes"),)}, [4]),
            ({"settings": (("colour", "red"),)}, []),
        ],
    )
    @pytest.mark.parametrize("full_text", [True, False])
    def test_by(
        self,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        wanted: dict[str, object],
        expected: list[int],
        full_text: bool,
    ) -> None:
        """With SQLite's full-text index, and the same without it; the newest come first."""
        monkeypatch.setattr(words, "has_full_text", lambda _: full_text)
        assert expected == numbers(database, **wanted)

    def test_words_are_fresh_after_every_change(self, database: Database, home: Home) -> None:
        """A search between two changes does not freeze them."""
        assert [] == numbers(database, text="keeper")
        index.mark(database, 2, Mark(notes="the keeper"))
        assert [2] == numbers(database, text="keeper")
        index.forget(database, [2])
        assert [] == numbers(database, text="keeper")
        note(database, home, 9, settings={"prompt": "keeper"})
        assert [9] == numbers(database, text="keeper")


class TestMarking:
    """What somebody thinks of a take."""

    def test_each_part_by_itself(self, database: Database, home: Home) -> None:
        """What is not said stays."""
        note(database, home, 1)
        index.mark(database, 1, Mark(rating=3))
        index.mark(database, 1, Mark(kept=True))
        entry = index.mark(database, 1, Mark(notes="best"))
        assert (3, True, "best") == (entry.rating, entry.kept, entry.notes)

    @pytest.mark.parametrize("rating", [-1, 6, 10**30])
    def test_a_rating_out_of_range(self, database: Database, home: Home, rating: int) -> None:
        """Is refused, and the old one stays."""
        note(database, home, 1)
        with pytest.raises(EngineError, match=r"0 \(none\) to 5"):
            index.mark(database, 1, Mark(rating=rating))
        assert 0 == index.entries(database, [1])[0].rating

    @pytest.mark.parametrize("number", [2, 0, 10**30])
    def test_a_take_that_is_not_there(self, database: Database, home: Home, number: int) -> None:
        """Is said."""
        note(database, home, 1)
        with pytest.raises(EngineError) as caught:
            index.mark(database, number, Mark(rating=1))
        assert ErrorCode.NOT_FOUND == caught.value.code


class TestHealing:
    """What is not where it was."""

    def test_a_take_that_was_not_noted_is_adopted(self, database: Database, home: Home) -> None:
        """The process died between its file's name and the index."""
        make_take(home, 5)
        assert [home.takes / "take-5.wav"] == index.rescan(database, home)
        (entry,) = index.find(database, Query())
        assert (5, True, False) == (entry.seed, entry.adopted, entry.is_missing)
        assert [] == index.rescan(database, home)

    def test_a_take_that_was_moved_is_found_again(self, database: Database, home: Home) -> None:
        """With its rating: it is the same one."""
        note(database, home, 1)
        index.mark(database, 1, Mark(rating=5))
        (home.takes / "take-1.wav").rename(home.takes / "better name.wav")
        assert index.entries(database, [1])[0].is_missing
        index.rescan(database, home)
        entry = index.entries(database, [1])[0]
        assert (str(home.takes / "better name.wav"), 5, False) == (entry.path, entry.rating, entry.is_missing)

    def test_a_copy_is_no_second_take(self, database: Database, home: Home) -> None:
        """And is looked at once."""
        note(database, home, 1)
        (home.takes / "copy.wav").write_bytes((home.takes / "take-1.wav").read_bytes())
        assert [] == index.rescan(database, home)
        assert str(home.takes / "take-1.wav") == index.entries(database, [1])[0].path

    def test_other_sounds_are_left(
        self, database: Database, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They are opened once, and again when they have changed."""
        record(home.takes / "other.wav")
        (home.takes / "broken.wav").write_bytes(b"RIFF")
        (home.takes / "notes.txt").write_text("text")
        (home.takes / "folder.wav").mkdir()
        assert [] == index.rescan(database, home)
        monkeypatch.setattr(index, "read_recipes", lambda path: pytest.fail(f"{path} again"))
        assert [] == index.rescan(database, home)
        monkeypatch.undo()
        make_take(home, 3).replace(home.takes / "other.wav")
        assert [home.takes / "other.wav"] == index.rescan(database, home)

    def test_a_take_that_was_written_over_is_missing(self, database: Database, home: Home) -> None:
        """Its row stays: how it was made is worth something."""
        path = make_take(home, 1)
        index.record(database, path, recipe(1))
        index.record(database, path, recipe(2))
        assert [True, False] == [entry.is_missing for entry in index.entries(database, [1, 2])]

    def test_no_take_folder(self, database: Database, home: Home) -> None:
        """Is no error."""
        home.takes.rmdir()
        assert [] == index.rescan(database, home)


class TestTheFile:
    """What can happen to the database."""

    @pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5_000])
    def test_a_damaged_file_is_put_aside(self, home: Home, content: bytes) -> None:
        """One sentence says where, and the take folder fills the new one."""
        home.state.mkdir()
        make_take(home, 4)
        index_path(home).write_bytes(content)
        with opened(home) as database:
            index.rescan(database, home)
            assert [4] == numbers(database)
            assert 1 == len(database.notices) and "damaged" in database.notices[0]
        (aside,) = home.state.glob("takes.sqlite.damaged-*")
        assert content == aside.read_bytes()

    def test_damage_that_shows_later_costs_only_what_it_hit(self, home: Home) -> None:
        """Rows that can be read are saved with their ratings; the work is done on the new file."""
        with opened(home) as database:
            for number in range(1, 300):
                index.record(database, home.takes / f"{number}.wav", recipe(number))
            index.mark(database, 1, Mark(rating=5))
            database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
        with index_path(home).open("r+b") as file:
            file.seek(4096 * (pages * 2 // 3))
            file.write(b"\xa5" * 4096 * (pages // 6))
        with opened(home) as database:
            found = index.resilient(database, home, lambda: index.find(database, Query()))
            assert 0 < len(found) < 299 or not database.notices
            assert 1 == len(database.notices)
            assert 5 == index.entries(database, [1])[0].rating

    def test_a_take_is_not_harmed_by_its_index(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """A full disk costs a sentence."""

        def full(*_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(index, "_record", full)
        (sentence,) = note_take(home, make_take(home, 1), recipe(1))
        assert sentence.startswith("The take is whole") and "disk is full" in sentence
        monkeypatch.undo()
        with opened(home) as database:
            assert [home.takes / "take-1.wav"] == index.rescan(database, home)

    def test_a_transaction_is_whole_or_not_there(self, database: Database, home: Home) -> None:
        """What fails in the middle leaves nothing."""
        note(database, home, 1)
        with pytest.raises(KeyboardInterrupt), database.writing() as connection:
            connection.execute("DELETE FROM takes")
            raise KeyboardInterrupt
        assert [1] == numbers(database)

    def test_a_file_of_a_later_version_is_refused(self, home: Home) -> None:
        """And not changed; takes are made all the same."""
        with opened(home) as database:
            database.connection.execute("PRAGMA user_version = 99")
        with pytest.raises(EngineError, match="later Punch-In"), opened(home):
            pass
        (sentence,) = note_take(home, make_take(home, 1), recipe(1))
        assert "later Punch-In" in sentence
        assert not list(home.state.glob("*.damaged-*"))

    def test_an_older_file_is_brought_up_to_date(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """Step by step, with every row."""
        with opened(home) as database:
            note(database, home, 1)

        def second(connection: sqlite3.Connection) -> None:
            connection.execute("ALTER TABLE takes ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'")

        monkeypatch.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, second))
        for _ in range(2):
            with opened(home) as database:
                assert [("red",)] == [tuple(row) for row in database.rows("SELECT colour FROM takes")]
                assert [1] == numbers(database)

    def test_a_step_that_fails_leaves_the_old_version(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Half of one is nothing."""
        with opened(home) as database:
            note(database, home, 1)

        def bad(connection: sqlite3.Connection) -> None:
            connection.execute("ALTER TABLE takes ADD COLUMN colour TEXT")
            raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, bad))
        with pytest.raises(EngineError), opened(home):
            pass
        monkeypatch.undo()
        with opened(home) as database:
            assert [1] == numbers(database)

    def test_who_waits_too_long_is_told(
        self, home: Home, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That another program holds it."""
        monkeypatch.setattr(store, "BUSY_SECONDS", 0.05)
        database.connection.execute("BEGIN IMMEDIATE")
        (sentence,) = note_take(home, make_take(home, 1), recipe(1))
        assert "Another program" in sentence

    def test_it_is_its_owners(self, database: Database) -> None:
        """Prompts are nobody else's business."""
        assert 0o600 == database.path.stat().st_mode & 0o777

    def test_several_processes_write_at_once(self, home: Home) -> None:
        """None loses a take, none waits for ever."""
        context = multiprocessing.get_context("spawn")
        writers = [context.Process(target=note_many, args=(home, start)) for start in (100, 200, 300)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(120)
        assert [0, 0, 0] == [writer.exitcode for writer in writers]
        with opened(home) as database:
            assert 60 == len(numbers(database))


def note_many(home: Home, start: int) -> None:
    """Twenty takes, each as a worker does it."""
    for number in range(start, start + 20):
        sentences = note_take(home, home.takes / f"{number}.wav", recipe(number))
        assert not sentences, sentences


class TestExporting:
    """Copies for somebody else."""

    def test_exact_copies_and_a_table(self, database: Database, home: Home, tmp_path: Path) -> None:
        """The takes stay; a text that a spreadsheet would compute is only a text."""
        note(database, home, 1, settings={"prompt": "=HYPERLINK(1)"})
        note(database, home, 2)
        copies = export(index.entries(database, [2, 1]), tmp_path / "new" / "folder")
        assert ["take-2.wav", "take-1.wav"] == [path.name for path in copies]
        for path in copies:
            assert (home.takes / path.name).read_bytes() == path.read_bytes()
        table = (tmp_path / "new" / "folder" / TABLE).read_text()
        assert "'=HYPERLINK(1)" in table and "take-2.wav,boots on wet gravel" in table

    def test_files_of_one_name(self, database: Database, home: Home, tmp_path: Path) -> None:
        """Both come, told apart by their take's number."""
        (tmp_path / "other").mkdir()
        one = make_take(home, 1)
        two = make_take(home, 2, tmp_path / "other").rename(tmp_path / "other" / one.name)
        index.record(database, one, recipe(1))
        index.record(database, two, recipe(2))
        copies = export(index.entries(database, [1, 2]), tmp_path / "out")
        assert ["take-1-1.wav", "take-1-2.wav"] == [path.name for path in copies]

    def test_a_name_told_apart_is_nobody_elses(self, database: Database, home: Home, tmp_path: Path) -> None:
        """Takes of one job end in numbers, too; and Boots.wav is boots.wav on some systems."""
        names = ("out.wav", "a/OUT.wav", "out-2.wav")
        for number, name in enumerate(names, 1):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            index.record(database, make_take(home, number).rename(path), recipe(number))
        copies = export(index.entries(database, [1, 2, 3]), tmp_path / "exported")
        assert ["out-1.wav", "OUT-2-2.wav", "out-2.wav"] == [path.name for path in copies]
        for path, name in zip(copies, names, strict=True):
            assert (tmp_path / name).read_bytes() == path.read_bytes()

    def test_nothing_is_written_over(self, database: Database, home: Home, tmp_path: Path) -> None:
        """Unless that is asked for; nothing is copied before that is known."""
        note(database, home, 1)
        note(database, home, 2)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "take-2.wav").write_text("mine")
        chosen = index.entries(database, [1, 2])
        with pytest.raises(EngineError) as caught:
            export(chosen, tmp_path / "out")
        assert ErrorCode.FILE_EXISTS == caught.value.code
        assert ["take-2.wav"] == [path.name for path in (tmp_path / "out").iterdir()]
        export(chosen, tmp_path / "out", overwrite=True)

    def test_a_take_without_its_file(self, database: Database, home: Home, tmp_path: Path) -> None:
        """Is said before anything is copied."""
        note(database, home, 1)
        note(database, home, 2)
        (home.takes / "take-2.wav").unlink()
        with pytest.raises(EngineError, match="take 2 is gone"):
            export(index.entries(database, [1, 2]), tmp_path / "out")
        assert not (tmp_path / "out").exists()


class TestPruning:
    """What goes, and what never does."""

    def test_kept_takes_stay(self, database: Database, home: Home) -> None:
        """Whatever is asked for."""
        note(database, home, 1)
        index.mark(database, 1, Mark(kept=True))
        assert plan(index.find(database, Query()), home).is_empty

    def test_files_in_the_take_folder_are_deleted(self, database: Database, home: Home) -> None:
        """Others are somebody's recordings: they are only forgotten."""
        note(database, home, 1)
        elsewhere = make_take(home, 2, home.takes.parent)
        index.record(database, elsewhere, recipe(2))
        going = plan(index.find(database, Query()), home)
        assert ([1], [2]) == (
            [entry.seed for entry in going.deleted],
            [entry.seed for entry in going.forgotten],
        )
        assert () == carry_out(database, going)
        assert (False, True, []) == (
            (home.takes / "take-1.wav").exists(),
            elsewhere.exists(),
            numbers(database),
        )

    @pytest.mark.parametrize("other", ["sound", "take"])
    def test_a_file_that_is_another_by_now_is_left(self, database: Database, home: Home, other: str) -> None:
        """And said; its take stays in the index."""
        note(database, home, 1)
        path = home.takes / "take-1.wav"
        if other == "sound":
            record(path)
        else:
            make_take(home, 2).replace(path)
        (sentence,) = carry_out(database, plan(index.find(database, Query()), home))
        assert "another file" in sentence
        assert (True, [1]) == (path.exists(), numbers(database))
