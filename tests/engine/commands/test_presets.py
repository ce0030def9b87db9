"""``punchin presets`` and ``--preset``: what people keep by name, and what the engine then hears."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from engine.commands import effects_after
from engine.commands.exit_codes import ExitCode
from engine.errors import EngineError, ErrorCode
from engine.protocol.requests import Mode, NewSource
from engine.protocol.sources import SourceKind
from engine.takes.notes import Notes
from engine.takes.recipe import Place, encode_recipe
from presets import store
from presets.effects import Effect
from tests.engine.takes.making import recipe, record
from tests.engine.takes.test_notes import splice

RENDER = ("render", "in.wav", "out.wav", "--region", "0.5:1.5")
SAVE = ("presets", "save", "Gravel")


@pytest.fixture(autouse=True)
def no_factory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only what a test saves is there."""
    monkeypatch.setattr(store, "FACTORY", tmp_path / "none")


def names(punchin, *options) -> list[str]:
    """Those that are listed."""
    return [preset["name"] for preset in punchin("presets", "list", *options, "--json").value["presets"]]


def test_a_preset_is_saved_listed_shown_and_deleted(punchin):
    """As people read it, and as programs do."""
    assert (
        ExitCode.OK
        == punchin(*SAVE, "--prompt", "boots on gravel", "--tags", "Foley,steps", "--takes", "3").code
    )
    listed = punchin("presets", "list").out.splitlines()
    assert listed[1].startswith("* Gravel") and listed[1].endswith("foley, steps")
    assert (["Gravel"], [], ["Gravel"]) == (
        names(punchin, "gra"),
        names(punchin, "snow"),
        names(punchin, "--tag", "foley"),
    )
    shown = punchin("presets", "show", "gravel")
    assert "boots on gravel" in shown.out and "home/presets/gravel.toml" in shown.out
    value = punchin("presets", "show", "gravel", "--json").value
    assert {"prompt": "boots on gravel", "mode": "generate", "takes": 3} == value["request"]
    assert punchin("presets", "delete", "Gravel", "--yes").code == 0
    assert (ExitCode.NOT_FOUND, "no presets\n") == (
        punchin("presets", "show", "Gravel").code,
        punchin("presets", "list").out,
    )


def test_a_name_is_replaced_only_by_force(punchin):
    """The sentence says so."""
    punchin(*SAVE, "--prompt", "one")
    assert ExitCode.FILE_EXISTS == punchin(*SAVE, "--prompt", "two").code
    assert 0 == punchin(*SAVE, "--prompt", "two", "--force").code
    assert "two" in punchin("presets", "show", "Gravel").out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "what it should sound like"),
        (("--prompt", "{a"), "without its end"),
        (("--prompt", "x", "--category", "NOPE"), "no UCS category"),
        (("--prompt", "x", "--strength", "2"), "strength must be 0 to 1"),
        (("--prompt", "x", "--set", "output=/etc/passwd"), "no key 'output'"),
        (("--prompt", "x", "--set", "tilt=7"), "tilt must be 0 to 1"),
        (("--prompt", "x", "--set", "loop=perhaps"), "loop is a switch"),
        (("--prompt", "x", "--set", "tilt"), "KEY=TEXT"),
        (("--prompt", "x", "--mode", "inpaint", "--set", "loop=yes"), "leave loop out"),
        (("--prompt", "x", "--slot", "place=here"), "stands nowhere"),
        (("--prompt", "x", "--effect", "Reverb room_size=big"), "room_size of Reverb is a number"),
        (("--prompt", "x", "--tags", "a" * 50), "A tag is"),
    ],
)
def test_what_the_engine_would_refuse_is_not_saved(punchin, options, words):
    """It is said at once, and nothing is written."""
    ended = punchin(*SAVE, *options)
    assert ended.code not in (0, ExitCode.DEFECT) and words in ended.err
    assert [] == names(punchin)


def test_a_take_becomes_a_preset(punchin, tmp_path):
    """With what was asked for, and its seed beside it."""
    settings = {
        "prompt": "rain on tin",
        "steps": 9,
        "seed": 41,
        "mode": "generate",
        "highs": "off",
        "takes": 4,
    }
    place = Place(SourceKind.NEW, "", 0, 48_000, 16_000, 2)
    made = recipe(1, settings=settings, given=("prompt", "steps", "highs", "takes"), place=place)
    take = splice(record(tmp_path / "source.wav"), tmp_path / "take.wav", Notes(recipe=encode_recipe(made)))
    assert 0 == punchin(*SAVE, "--from", tmp_path / "take.wav", "--tags", "rain").code, take
    preset = punchin("presets", "show", "Gravel", "--json").value["preset"]
    expected = {
        "prompt": "rain on tin",
        "steps": 9,
        "settings": {"highs": "off", "seconds": 3.0, "channels": 2},
        "tags": ["rain"],
        "seed": 41,
    }
    assert expected == {name: preset[name] for name in expected}
    assert "takes" not in preset
    assert ExitCode.NOT_FOUND == punchin("presets", "save", "Other", "--from", tmp_path / "source.wav").code


def test_presets_are_edited_tagged_and_copied(punchin):
    """Nothing else of them changes."""
    punchin(
        *SAVE,
        "--prompt",
        "{} here",
        "--notes",
        "mine",
        "--set",
        "tilt=0.5",
        "--slot",
        "it=x",
        "--effect",
        "Reverb",
    )
    assert (
        0
        == punchin(
            "presets",
            "edit",
            "Gravel",
            "--name",
            "Sand",
            "--unset",
            "tilt",
            "--effect",
            "",
            "--strength",
            "0.3",
        ).code
    )
    assert 0 == punchin("presets", "tag", "Sand", "Dry", "loose", "--remove", "wet").code
    assert 0 == punchin("presets", "tag", "Sand", "--remove", "loose").code
    assert 0 == punchin("presets", "duplicate", "Sand", "Sand two").code
    assert ["Sand", "Sand two"] == names(punchin)
    preset = punchin("presets", "show", "Sand two", "--json").value["preset"]
    assert ("mine", 0.3, ["dry"], {"it": "x"}) == tuple(
        preset[key] for key in ("notes", "strength", "tags", "slots")
    )
    assert not preset.keys() & {"settings", "effects"}
    assert "1  dry" not in punchin("presets", "tags").out and "2  dry" in punchin("presets", "tags").out


class TestEditor:
    """A preset in the user's own editor."""

    @pytest.fixture
    def typed(self, monkeypatch, tmp_path):
        """Sets what the editor does to a file."""
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

        def set_to(code: str) -> None:
            script = tmp_path / "editor.py"
            lines = ("import sys, pathlib", "p = pathlib.Path(sys.argv[1])", "t = p.read_text()", code)
            script.write_text("\n".join((*lines, "p.write_text(t)")))
            monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")

        return set_to

    def test_what_is_typed_is_kept_with_its_comments(self, punchin, typed):
        """If it is a preset."""
        punchin(*SAVE, "--prompt", "one")
        typed("t = '# mine\\n' + t.replace('one', 'two')")
        ended = punchin("presets", "edit", "Gravel")
        assert (0, "two") == (
            ended.code,
            punchin("presets", "show", "Gravel", "--json").value["preset"]["prompt"],
        )
        typed("pass")
        assert "nothing changed\n" == punchin("presets", "edit", "Gravel").out

    def test_what_is_no_preset_is_not_lost(self, punchin, typed):
        """The sentence names the file, and the preset stays."""
        punchin(*SAVE, "--prompt", "one")
        typed("t = 'schema = oops'")
        ended = punchin("presets", "edit", "Gravel")
        draft = Path(ended.err.partition("is in ")[2].partition(":")[0])
        assert (ExitCode.USAGE, "schema = oops") == (ended.code, draft.read_text())
        draft.unlink()
        assert "one" in punchin("presets", "show", "Gravel").out


def test_presets_travel(punchin, tmp_path):
    """As a file, and as a pack; two of one name are not mixed up."""
    punchin(*SAVE, "--prompt", "one", "--tags", "a")
    punchin("presets", "save", "Snow", "--prompt", "two", "--tags", "a")
    assert 0 == punchin("presets", "export", "gravel", tmp_path / "one.toml").code
    assert ExitCode.FILE_EXISTS == punchin("presets", "export", "snow", tmp_path / "one.toml").code
    assert ExitCode.USAGE == punchin("presets", "export", "--tag", "a", tmp_path / "two.toml").code
    assert 0 == punchin("presets", "export", "--tag", "a", tmp_path / "pack.zip").code
    assert ["gravel.toml", "snow.toml"] == zipfile.ZipFile(tmp_path / "pack.zip").namelist()

    punchin("presets", "delete", "Snow", "--yes")
    refused = punchin("presets", "import", tmp_path / "pack.zip")
    assert (ExitCode.FILE_EXISTS, ["Gravel"]) == (refused.code, names(punchin))
    assert 0 == punchin("presets", "import", tmp_path / "pack.zip", "--rename").code
    assert ["Gravel", "Gravel 2", "Snow"] == names(punchin)
    assert 0 == punchin("presets", "import", tmp_path / "pack.zip", "--force").code


def test_damaged_files_are_named(punchin, tmp_path):
    """In the list, and when one has to give way."""
    folder = tmp_path / "home" / "presets"
    folder.mkdir(parents=True)
    (folder / "gravel.toml").write_text("oops")
    assert "gravel.toml can't be used" in punchin("presets", "list").err
    assert "gravel.toml.damaged" in punchin(*SAVE, "--prompt", "one").err
    assert "gravel.toml.damaged" in punchin("presets", "list").err


@pytest.mark.usefixtures("recording")
class TestRendering:
    """The engine hears a request that is complete in itself."""

    def test_a_region_is_restyled_with_a_preset(self, punchin, fake):
        """What is typed goes before what the preset says."""
        options = (
            "--mode",
            "transfer",
            "--strength",
            "0.3",
            "--set",
            "cut_above=500",
            "--takes",
            "3",
            "--steps",
            "7",
        )
        punchin(*SAVE, "--prompt", "{} under water", *options)
        assert 0 == punchin(*RENDER, "--preset", "gravel", "--slot", "a dog", "--takes", "2").code
        (request,) = fake.requests
        assert ("a dog under water", Mode.TRANSFER, 0.3, 500.0, 2, 7) == (
            request.prompt, request.mode, request.strength, request.cut_above, request.takes, request.steps
        )  # fmt: skip

    def test_a_new_sound_has_the_presets_length_and_channels(self, punchin, fake):
        """Unless others are typed."""
        contents = ("--prompt", "rain", "--set", "seconds=2", "--set", "channels=2", "--set", "stereo=wide")
        punchin(*SAVE, *contents)
        assert 0 == punchin("generate", "new.wav", "--preset", "Gravel").code
        assert 0 == punchin("presets", "apply", "Gravel", "generate", "b.wav", "--seconds", "1").code
        assert [NewSource(48_000, 2, 96_000), NewSource(48_000, 2, 48_000)] == [
            r.source for r in fake.requests
        ]
        assert (
            ExitCode.USAGE == punchin("presets", "apply", "Gravel", "generate", "c.wav", "--preset", "x").code
        )

    def test_bars_say_how_long_it_is(self, punchin, fake):
        """A typed length goes before them."""
        punchin(*SAVE, "--prompt", "rain", "--set", "tempo=120", "--set", "bars=1", "--set", "loop=yes")
        assert 0 == punchin("generate", "new.wav", "--preset", "Gravel").code
        assert 0 == punchin("generate", "b.wav", "--preset", "Gravel", "--seconds", "1").code
        assert [(96_000, 1.0), (48_000, 0.0)] == [(r.source.frames, r.bars) for r in fake.requests]

    def test_a_new_seed_each_time_is_a_new_seed(self, punchin, fake):
        """And one that is typed is that."""
        punchin(*SAVE, "--prompt", "rain", "--seed-policy", "new")
        for number in range(3):
            punchin(*RENDER[:2], f"{number}.wav", *RENDER[3:], "--preset", "Gravel")
        punchin(*RENDER, "--preset", "Gravel", "--seed", "5")
        seeds = [request.seed for request in fake.requests]
        assert 3 == len(set(seeds[:3])) and 5 == seeds[3]

    @pytest.mark.parametrize(
        ("contents", "line", "words"),
        [
            ((), (*RENDER, "--preset", "Gravle"), "did you mean Gravel"),
            ((), (*RENDER, "--preset", "Gravel", "--slot", "x=1"), "no slot 'x'"),
            ((), (*RENDER, "--prompt", "x", "--slot", "x=1"), "go with --preset"),
            (("--prompt", "on {}"), (*RENDER, "--preset", "Gravel"), "fill that slot"),
            (("--mode", "transfer"), ("generate", "o.wav", "--preset", "Gravel"), "punchin render"),
            (
                ("--effect", "VST3 plugin=Gone"),
                (*RENDER, "--preset", "Gravel"),
                'The plugin "Gone" is not installed',
            ),
            ((), ("generate", "o.wav", "--preset", "Gravel"), "how long"),
        ],
    )
    def test_what_can_not_be_done_is_said(self, punchin, fake, contents, line, words):
        """And nothing is rendered."""
        punchin(*SAVE, *(("--prompt", "rain") if "--prompt" not in contents else ()), *contents)
        ended = punchin(*line)
        assert words in ended.err and ended.code not in (0, ExitCode.DEFECT)
        assert [] == fake.requests

    def test_takes_go_through_the_effects_of_a_preset(self, punchin, fake, monkeypatch):
        """Which are looked at before anything is made; what was typed goes before them."""
        asked = []
        monkeypatch.setattr(effects_after, "run_effects", lambda chain, *words: asked.append((chain, words)))
        punchin(*SAVE, "--prompt", "rain", "--effect", "Reverb room_size=0.5")
        assert 0 == punchin(*RENDER, "--preset", "Gravel").code
        path = fake.requests[0].output
        reverb = (Effect("Reverb", {"room_size": 0.5}),)
        assert [(reverb, ("apply", "--check")), (reverb, ("apply", "--in-place", path))] == asked
        asked.clear()
        punchin(*RENDER, "--force", "--preset", "Gravel", "--effect", "Gain")
        assert (Effect("Gain"),) == asked[-1][0]

    def test_a_take_whose_effects_fail_is_there_without_them(self, punchin, monkeypatch):
        """And where it is, is said."""

        def fails(_chain, *words):
            if "--in-place" in words:
                raise EngineError(ErrorCode.BAD_EFFECT, "Reverb crashed.")

        monkeypatch.setattr(effects_after, "run_effects", fails)
        punchin(*SAVE, "--prompt", "rain", "--effect", "Reverb")
        ended = punchin(*RENDER, "--preset", "Gravel")
        assert ExitCode.EFFECT == ended.code
        assert "Reverb crashed. Without their effects are there: " in ended.err

    def test_effects_are_left_out_only_when_that_is_wanted(self, punchin, fake):
        """And a model that is not there is told of."""
        punchin(*SAVE, "--prompt", "rain", "--effect", "Reverb room_size=0.5", "--model", "huge")
        ended = punchin(*RENDER, "--preset", "Gravel", "--without-effects")
        assert (0, True, "") == (
            ended.code,
            "huge, which is not installed" in ended.err,
            fake.requests[0].model,
        )
