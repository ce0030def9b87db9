"""``punchin daw``: from the command line to a DAW and back, with a DAW that is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from engine.client import find_or_start
from engine.commands.line import run_line
from engine.config import HOME_VARIABLE, Home, find_home
from plugin_host import daws
from plugin_host.commands.daw_test import report
from plugin_host.daw import Selection
from plugin_host.errors import DawError
from plugin_host.install import Installation, NewFile, Where
from plugin_host.round_trip import RoundTrip
from plugin_host.timeline import Region, Track
from tests.plugin_host.effects.playing import needs_pedalboard
from tests.plugin_host.fake_daw import FakeDaw

TRIP = RoundTrip("Fake 1.0", 48_000, 0, 96_000, 0, (("export", 0.5), ("render", 2.0)))


@pytest.fixture(autouse=True)
def fake(daw: FakeDaw, engine_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The only DAW of the table, with a script to install below the test's folder."""

    @contextmanager
    def connect() -> Iterator[FakeDaw]:
        yield daw

    def installation(where: Where) -> Installation:
        content = json.dumps(where.command).encode()
        return Installation((NewFile(tmp_path / "scripts" / "punch.lua", content),), (), ("Start it again.",))

    def round_trip(folder: Path) -> RoundTrip:
        picture = folder / "screen.png"
        picture.write_bytes(b"picture")
        return RoundTrip("Fake 1.0", 48_000, 0, 96_000, 0, (), picture)

    adapter = SimpleNamespace(
        TITLE="The Fake",
        version=lambda _where: "1.0",
        installation=installation,
        connect=connect,
        check=lambda: "The fake answers.",
        round_trip=round_trip,
    )
    monkeypatch.setitem(sys.modules, "tests.fake_adapter", adapter)
    for module in ("daw_install", "daw_punch", "daw_test"):
        monkeypatch.setattr(f"plugin_host.commands.{module}.DAWS", {"fake": "tests.fake_adapter"})
    monkeypatch.setattr(
        daws, "DAWS", {"fake": "tests.fake_adapter"}
    )  # last: the modules above are first read with the real one
    monkeypatch.setenv(HOME_VARIABLE, str(engine_home.state))
    return adapter


def punchin(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    """Runs a command line with --json; its exit code and what it said."""
    code = run_line([*words, "--json"], lambda _start, _allow=(): find_or_start())
    return code, json.loads(capsys.readouterr().out)


def test_a_selection_becomes_takes_in_place(daw: FakeDaw, capsys: pytest.CaptureFixture[str]) -> None:
    """``punch`` renders with the options of ``render``; a mask counts from the selection's start."""
    options = ["--prompt", "boots", "--mode", "inpaint", "--mask", "0.25:0.5", "--takes", "2", "--steps", "2"]
    code, said = punchin(capsys, "daw", "punch", "fake", *options)
    assert code == 0, said
    assert daw.region is not None
    takes = said["takes"]
    assert isinstance(takes, list)
    assert [take["region"] for take in takes] == [[daw.region.start, daw.region.end]] * 2
    assert len(daw.tracks) == 2
    differs = (daw.played() != daw.samples).any(axis=1).nonzero()[0]
    assert daw.region.start + 4_000 <= differs[0] <= differs[-1] < daw.region.start + 8_000


@needs_pedalboard
@pytest.mark.usefixtures("daw")
def test_takes_go_through_effects_before_they_go_in(capsys: pytest.CaptureFixture[str]) -> None:
    """As those of ``render`` do: 20 dB softer is 20 dB softer on the timeline, between the seams."""
    options = ("--prompt", "boots", "--seed", "7", "--mode", "generate", "--highs", "off")

    def level(*more: str) -> float:
        code, said = punchin(capsys, "daw", "punch", "fake", *options, *more)
        assert code == 0
        sound, _ = soundfile.read(said["takes"][0]["path"])
        third = len(sound) // 3
        return float(np.sqrt(np.mean(np.square(sound[third:-third]))))

    assert level("--effect", "Gain gain_db=-20") == pytest.approx(level() / 10.0, rel=0.02)


def test_what_punch_made_can_be_put_again_and_exported(
    daw: FakeDaw, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A take's file says where it belongs: ``put`` and ``export-timeline`` need nothing else."""
    pytest.importorskip("opentimelineio", reason="needs the daw extra")
    options = ["--prompt", "boots", "--steps", "2"]
    _, said = punchin(capsys, "daw", "punch", "fake", *options)
    (take,) = said["takes"]  # type: ignore[misc]
    punchin(capsys, "daw", "put", "fake", take["path"], "--as", "lane")
    assert daw.region is not None
    assert [start for _, start, _ in daw.tracks] == [daw.region.start] * 2
    out = tmp_path / "takes.otio"
    code, said = punchin(capsys, "daw", "export-timeline", take["path"], "--out", str(out))
    assert (code, said["takes"]) == (0, 1)
    assert str(daw.region.start) in out.read_text()


@pytest.mark.usefixtures("daw")
def test_of_a_whole_recording_the_new_region_is_exported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With the rest as handles, so that takes of a scene don't hide one another; or all of it."""
    otio = pytest.importorskip("opentimelineio", reason="needs the daw extra")
    scene, fixed = tmp_path / "scene.wav", tmp_path / "fixed.wav"
    soundfile.write(scene, np.random.default_rng(1).normal(0, 0.1, 48_000), 16_000)
    words = ["--region", "16000f:24001f", "--prompt", "boots", "--steps", "2"]
    assert punchin(capsys, "render", str(scene), str(fixed), *words)[0] == 0
    found = []
    for more in ([], ["--whole"]):
        out = tmp_path / f"reel{len(more)}.otio"
        assert punchin(capsys, "daw", "export-timeline", str(fixed), "--out", str(out), *more)[0] == 0
        timeline = otio.adapters.read_from_file(str(out))
        (clip,) = timeline.find_clips()
        place = clip.range_in_parent()
        found.append([place.start_time.value, clip.source_range.start_time.value, place.duration.value])
    assert found == [[16_000, 16_000, 8_001], [0, 0, 48_000]]


def test_get_writes_the_selection_with_handles(
    daw: FakeDaw, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """And says where in the file it is."""
    code, said = punchin(capsys, "daw", "get", "fake", "--handles", "0.5", "--out", str(tmp_path / "out"))
    assert code == 0
    assert daw.region is not None
    assert said["in_file"] == [8_000, 8_000 + daw.region.frames]
    samples, _ = soundfile.read(said["path"], dtype="float32", always_2d=True)
    start = said["file_start"]
    assert isinstance(start, int)
    assert (samples == daw.samples[start : start + len(samples)]).all()


def test_get_writes_all_that_is_selected_or_refuses(
    daw: FakeDaw, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a DAW can say so; ``--one`` asks for the only one."""
    both = (daw.selection(), Selection(Region(100, 8_000, daw.sample_rate), (Track("Other"),)))
    monkeypatch.setattr(daw, "selections", lambda: both, raising=False)
    code, said = punchin(capsys, "daw", "get", "fake", "--handles", "0")
    assert code == 0
    assert [row["region"][0] for row in said["excerpts"]] == [  # type: ignore[attr-defined]
        one.region.start for one in both
    ]
    code, said = punchin(capsys, "daw", "get", "fake", "--handles", "0", "--one")
    assert (code, said["region"]) == (0, [both[0].region.start, both[0].region.end])


def test_what_the_daw_refuses_is_a_sentence(daw: FakeDaw, capsys: pytest.CaptureFixture[str]) -> None:
    """And an exit code."""
    daw.region = None
    code, said = punchin(capsys, "daw", "punch", "fake", "--prompt", "boots")
    assert code == 15
    assert "Nothing is selected" in str(said["error"])


def test_installing_is_shown_asked_and_reversible(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without --yes nobody can be asked here, so nothing happens; --dry-run says what would."""
    script = tmp_path / "scripts" / "punch.lua"
    for words, expected in ((["--dry-run"], 0), ([], 15)):
        code, _said = punchin(capsys, "daw", "install", "fake", *words)
        assert code == expected
        assert not script.exists()
    code, said = punchin(capsys, "daw", "install", "fake", "--yes")
    assert (code, said["notes"]) == (0, ["Start it again."])
    assert Path(json.loads(script.read_text())[0]).is_absolute()
    _, listed = punchin(capsys, "daw", "list")
    assert [(row["version"], row["installed"]) for row in listed["daws"]] == [("1.0", True)]  # type: ignore[attr-defined]
    assert punchin(capsys, "daw", "remove", "fake", "--yes")[0] == 0
    assert not script.parent.exists()


def test_the_proof_keeps_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The DAW's own home is gone by then."""
    code, said = punchin(capsys, "daw", "test", "fake", "--screenshots", str(tmp_path / "pictures"))
    assert code == 0, said
    assert (tmp_path / "pictures" / "fake.png").read_bytes() == b"picture"
    _, said = punchin(capsys, "daw", "test", "fake")
    assert said["daws"]["fake"]["screenshot"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    ("result", "exact"),
    [
        (TRIP, True),
        (RoundTrip("Fake", 48_000, 1, 96_000, 0, ()), False),
        (RoundTrip("Fake", 48_000, 0, 96_000, 3, ()), False),
        (RoundTrip("Fake", 48_000, 0, 0, 0, ()), False),
        ("Fake is not installed.", False),
    ],
)
def test_only_what_is_exact_passes(result: RoundTrip | str, exact: bool) -> None:
    """One frame or one sample off, nothing compared, or no DAW at all: the command fails."""
    outcome = report([("ardour", TRIP), ("fake", result)])
    assert outcome.value["exact"] is exact
    assert (int(outcome.code) == 0) is exact


def test_an_unknown_daw_is_said() -> None:
    """With those that there are."""
    with pytest.raises(DawError, match="fake"):
        daws.adapter("cubase")


def test_a_folder_is_watched_once(capsys: pytest.CaptureFixture[str], daw: FakeDaw, tmp_path: Path) -> None:
    """From the command line, to the takes."""
    soundfile.write(tmp_path / "scene.wav", daw.samples[:16_000], 16_000)
    (tmp_path / "scene.toml").write_text('prompt = "boots"\nsteps = 2\n')
    code, said = punchin(capsys, "daw", "watch", str(tmp_path), "--once")
    assert code == 0
    assert said["drops"] == [
        {"recording": str(tmp_path / "scene.wav"), "takes": ["scene_take1.wav"], "sentence": ""}
    ]
    (tmp_path / "scene.toml").write_text("prompt = ")
    assert punchin(capsys, "daw", "watch", str(tmp_path), "--once")[0] == 15


def test_a_test_has_a_home_of_its_own(
    fake: SimpleNamespace, engine_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the caller's is as before: what a trial starts never meets the account's engine."""
    seen: list[Home] = []

    def round_trip(_folder: Path) -> RoundTrip:
        seen.append(find_home())
        return TRIP

    fake.round_trip = round_trip
    punchin(capsys, "daw", "test", "fake")
    assert seen[0].state != engine_home.state and seen[0].takes.parent == seen[0].state
    assert find_home() == engine_home
