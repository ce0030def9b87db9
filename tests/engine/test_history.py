"""What a panel does with the takes of this account, without knowing how they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import history
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.history import Mark, Query
from engine.takes.notes import Notes
from engine.takes.recipe import encode_recipe
from tests.engine.takes.making import recipe, record
from tests.engine.takes.test_notes import splice


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with two takes in its folder that nobody has noted."""
    made = Home(tmp_path / "state", tmp_path / "takes")
    made.takes.mkdir()
    source = tmp_path / "source.wav"
    record(source)
    for number in (1, 2):
        splice(source, made.takes / f"take-{number}.wav", Notes(recipe=encode_recipe(recipe(number))))
    return made


def test_an_edited_recording_without_a_time_stamp_is_a_timeline_of_its_own(
    home: Home, tmp_path: Path
) -> None:
    """It begins at 0; what no take is, and a take in a container without a time stamp, say nothing."""
    assert 0 == history.begins_at(home.takes / "take-1.wav")
    assert None is history.begins_at(tmp_path / "source.wav")
    record(tmp_path / "source.aiff", "AIFF")
    take = splice(tmp_path / "source.aiff", tmp_path / "take.aiff", Notes(recipe=encode_recipe(recipe(1))))
    assert None is history.begins_at(take)


def test_takes_are_found_marked_and_found_by_their_path(home: Home) -> None:
    """Those in the folder are adopted by the first look."""
    found = history.find(home, Query())
    assert {"take-1.wav", "take-2.wav"} == {Path(entry.path).name for entry in found}
    history.mark(home, found[0].id, Mark(rating=4, kept=True))
    marked = history.of_path(home, found[0].path)
    assert (4, True) == (marked.rating, marked.kept)
    assert (found[0].place.end_frame - found[0].place.start_frame) == round(
        found[0].seconds * found[0].place.sample_rate
    )


def test_pages_say_whether_more_follow_and_what_there_is_in_all(home: Home) -> None:
    """The last one too, and one of a search."""
    assert not history.page(home, Query(), 1).entries
    first = history.page(home, Query(), 1, look=True)
    second = history.page(home, Query(after=first.entries[0]), 1)
    assert (True, False) == (first.has_more, second.has_more)
    assert {1, 2} == {first.entries[0].seed, second.entries[0].seed}
    none = history.page(home, Query(anywhere="no such thing"), 1)
    assert ((), False, 2, ("tiny",)) == (none.entries, none.has_more, none.takes, none.models)


def test_thrown_away_is_gone_unless_it_is_kept(home: Home) -> None:
    """From the index and from the folder."""
    first, second = history.find(home, Query())
    history.mark(home, first.id, Mark(kept=True))
    assert history.throw_away(home, [first.id]) == ()
    assert history.throw_away(home, [second.id]) == ()
    assert Path(first.path).exists()
    assert not Path(second.path).exists()
    with pytest.raises(EngineError) as caught:
        history.of_path(home, second.path)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_forgotten_and_exported(home: Home, tmp_path: Path) -> None:
    """To forget touches no file; to export copies it with a table."""
    first, second = history.find(home, Query())
    copies = history.export(home, [first.id], tmp_path / "delivery")
    assert copies[0].read_bytes() == Path(first.path).read_bytes()
    Path(second.path).unlink()
    history.forget(home, [second.id])
    assert [first.id] == [entry.id for entry in history.find(home, Query())]
