"""``punchin takes`` and ``punchin recipe``: what people and scripts see of takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from engine.commands.exit_codes import ExitCode
from engine.takes.notes import Notes
from engine.takes.recipe import encode_recipe
from tests.engine.takes.making import recipe, record
from tests.engine.takes.test_notes import splice


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """A take folder with three takes in it; they are adopted by the first look."""
    folder = tmp_path / "home" / "takes"
    folder.mkdir(parents=True)
    source = record(tmp_path / "source.wav")
    for number in (1, 2, 3):
        made = recipe(number, made=f"2026-03-0{number}T12:00:00+00:00", settings={"steps": 10 * number})
        splice(source, folder / f"take-{number}.wav", Notes(recipe=encode_recipe(made)))
    return folder


def seeds(ended) -> list[int]:
    """Of the takes in an answer."""
    return [take["seed"] for take in ended.value["takes"]]


def id_of(punchin, seed: int) -> str:
    """The number of a take."""
    (found,) = (
        take["id"] for take in punchin("takes", "list", "--json").value["takes"] if take["seed"] == seed
    )
    return str(found)


@pytest.mark.usefixtures("takes")
def test_the_newest_are_listed_first(punchin):
    """As a table, and as JSON with everything."""
    assert [3, 2, 1] == seeds(punchin("takes", "list", "--json"))
    lines = punchin("takes", "list").out.splitlines()
    assert 4 == len(lines) and "boots on wet gravel" in lines[1] and lines[1].endswith("take-3.wav")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("list", "--limit", "1"), [3]),
        (("list", "--since", "2026-03-02T06:00:00+00:00"), [3, 2]),
        (("list", "--with", "steps=20"), [2]),
        (("list", "--model", "nobody"), []),
        (("search", "gravel", "boo"), [3, 2, 1]),
        (("search", "snow"), []),
        (("list", "--missing"), []),
        (("list", "--limit", "9" * 30), [3, 2, 1]),
        (("list", "--rating", "9" * 30), []),
    ],
)
@pytest.mark.usefixtures("takes")
def test_filters(punchin, options, expected):
    """Each by itself."""
    assert expected == seeds(punchin("takes", *options, "--json"))


def test_a_missing_take_is_found_behind_any_number_of_others(punchin, takes):
    """The limit counts what is shown, not what was looked at."""
    punchin("takes", "list")
    (takes / "take-1.wav").unlink()
    assert [1] == seeds(punchin("takes", "list", "--missing", "--limit", "1", "--json"))
    (takes / "take-2.wav").unlink()
    assert [2] == seeds(punchin("takes", "list", "--missing", "--limit", "1", "--json"))


def test_no_takes_are_no_error(punchin):
    """There is nothing yet."""
    ended = punchin("takes", "list")
    assert (0, "no takes\n") == (ended.code, ended.out)


@pytest.mark.usefixtures("takes")
def test_a_take_is_rated_and_found_by_that(punchin):
    """And by the words beside it."""
    number = id_of(punchin, 2)
    assert "***+" in punchin("takes", "rate", number, "3", "--keep", "--notes", "the loud one").out
    assert [2] == seeds(punchin("takes", "list", "--rating", "3", "--json"))
    assert [2] == seeds(punchin("takes", "search", "loud", "--json"))
    shown = punchin("takes", "show", number).out
    assert "the loud one" in shown and "CC0-1.0" in shown


def test_takes_are_exported(punchin, takes, tmp_path):
    """Exactly, with a table; a second time only by force."""
    numbers = (id_of(punchin, 1), id_of(punchin, 3))
    ended = punchin("takes", "export", *numbers, tmp_path / "out")
    assert (0, {"take-1.wav", "take-3.wav", "takes.csv"}) == (
        ended.code,
        {path.name for path in (tmp_path / "out").iterdir()},
    )
    assert (takes / "take-1.wav").read_bytes() == (tmp_path / "out" / "take-1.wav").read_bytes()
    assert ExitCode.FILE_EXISTS == punchin("takes", "export", *numbers, tmp_path / "out").code
    assert 0 == punchin("takes", "export", *numbers, tmp_path / "out", "--force").code


class TestPruning:
    """Nothing goes that was not said."""

    def test_without_force_it_is_only_said(self, punchin, takes):
        """So it is with a dry run."""
        for options in ((), ("--dry-run", "--force")):
            ended = punchin("takes", "prune", "--older", "2026-03-02T06:00:00+00:00", *options)
            assert "take-1.wav" in ended.out and "take-3.wav" not in ended.out
            assert 3 == len(list(takes.iterdir()))

    def test_with_force_files_go(self, punchin, takes):
        """Those, and their rows; a kept one stays."""
        punchin("takes", "rate", id_of(punchin, 1), "--keep")
        ended = punchin("takes", "prune", "--unrated", "--older", "2026-03-03", "--force", "--json")
        assert (True, ["take-1.wav", "take-3.wav"]) == (
            ended.value["done"],
            sorted(path.name for path in takes.iterdir()),
        )
        assert [3, 1] == seeds(punchin("takes", "list", "--json"))

    def test_missing_takes_are_forgotten(self, punchin, takes):
        """No file is touched, so no force is needed."""
        id_of(punchin, 2)
        (takes / "take-2.wav").unlink()
        assert "(missing)" in punchin("takes", "list").out
        assert [2] == [
            take["seed"] for take in punchin("takes", "prune", "--missing", "--json").value["forgotten"]
        ]
        assert [3, 1] == seeds(punchin("takes", "list", "--json"))

    @pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("\n", 3), ("", 3)])
    def test_in_a_terminal_it_asks(self, punchin, takes, monkeypatch, answer, left):
        """Everything but a yes means no."""

        class Terminal:
            """Somebody sits there."""

            def isatty(self) -> bool:
                return True

            def readline(self) -> str:
                return answer

        monkeypatch.setattr(sys, "stdin", Terminal())
        punchin("takes", "prune", "--older", "1m", "--force")
        assert left == len(list(takes.iterdir()))

    @pytest.mark.usefixtures("takes")
    def test_nothing_said_is_not_everything(self, punchin):
        """A filter is needed."""
        assert ExitCode.USAGE == punchin("takes", "prune", "--force").code


def test_names_are_set_again_where_their_file_is_damaged(punchin, tmp_path):
    """As the sentence about it asks."""
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "names.toml").write_bytes(b"\0\0")
    refused = punchin("takes", "names")
    assert ExitCode.USAGE == refused.code and "set the names again with punchin takes names" in refused.err
    assert "_JD_NONE.wav" in punchin("takes", "names", "--creator", "JD").out
    assert "_JD_NONE.wav" in punchin("takes", "names").out


def test_names_of_takes_to_come(punchin):
    """Shown with an example, changed one at a time."""
    assert "FEETHmn_Boots-On-Gravel-001_JD_NONE.wav" in punchin("takes", "names", "--creator", "JD").out
    assert {"creator": "JD", "source": "Film"} == punchin(
        "takes", "names", "--source", "Film", "--json"
    ).value
    assert ExitCode.USAGE == punchin("takes", "names", "--source", "a_b").code


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("list", "--since", "yesterday"), ExitCode.USAGE),
        (("list", "--since", "999999w"), ExitCode.USAGE),
        (("list", "--limit", "0"), ExitCode.USAGE),
        (("list", "--with", "steps"), ExitCode.USAGE),
        (("show", "99"), ExitCode.NOT_FOUND),
        (("rate", "99", "3"), ExitCode.NOT_FOUND),
        (("export", "3-1", "out"), ExitCode.USAGE),
        (("export", "1-99999999", "out"), ExitCode.USAGE),
        (("export", "x", "out"), ExitCode.USAGE),
        ((), ExitCode.USAGE),
    ],
)
def test_what_makes_no_sense(punchin, options, code):
    """One sentence, and a documented number."""
    ended = punchin("takes", *options)
    assert (code, 1) == (ended.code, len(ended.err.splitlines()))


def test_a_damaged_index_is_said_and_healed(punchin, takes):
    """The answer comes all the same."""
    (takes.parent / "takes.sqlite").write_bytes(b"nonsense" * 1000)
    ended = punchin("takes", "list")
    assert 0 == ended.code and "take-2.wav" in ended.out and "damaged" in ended.err


class TestRecipe:
    """What a file says of itself."""

    def test_for_people(self, punchin, takes):
        """What was given first; nothing that a terminal would obey."""
        path = takes / "evil.wav"
        made = recipe(4, settings={"prompt": "a\x1b[2J\nb"})
        splice(takes / "take-1.wav", path, Notes(recipe=encode_recipe(made)))
        out = punchin("recipe", path).out
        assert "\x1b" not in out and "a [2J b" in out
        assert "1 earlier edit" in out and "take-1" not in out

    def test_for_programs(self, punchin, takes):
        """The recipe as it stands in the file; with --all every one, oldest first."""
        splice(takes / "take-1.wav", takes / "x.wav", Notes(recipe=encode_recipe(recipe(9))))
        newest, every = (
            punchin("recipe", takes / "x.wav", "--json"),
            punchin("recipe", takes / "x.wav", "--all", "--json"),
        )
        assert [json.loads(encode_recipe(recipe(9)))] == newest.value["recipes"]
        assert [1, 9] == [made["settings"]["seed"] for made in every.value["recipes"]]

    def test_a_file_without_one(self, punchin, tmp_path):
        """A sentence, and a number for scripts."""
        record(tmp_path / "source.wav")
        ended = punchin("recipe", "source.wav")
        assert (ExitCode.NOT_FOUND, True) == (ended.code, "carries no recipe" in ended.err)
        assert ExitCode.NOT_FOUND == punchin("recipe", "nobody.wav").code

    def test_one_of_a_later_version(self, punchin, tmp_path):
        """Is not guessed at."""
        text = encode_recipe(recipe()).replace('"punchin_recipe": 1', '"punchin_recipe": 2')
        splice(record(tmp_path / "source.wav"), tmp_path / "new.wav", Notes(recipe=text))
        ended = punchin("recipe", "new.wav")
        assert ExitCode.USAGE == ended.code and "update Punch-In" in ended.err
