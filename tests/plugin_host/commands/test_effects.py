"""``punchin effects``, as it is typed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

from engine.commands.effects_before import treated_before
from engine.commands.exit_codes import ExitCode
from engine.commands.line import run_line
from engine.protocol.osc import RawMessage
from engine.protocol.requests import parse_request
from presets.document import decode_chain
from tests.plugin_host.effects.playing import needs_pedalboard, needs_zam, noise, sounds_in

RATE = 16_000


@pytest.fixture
def effects(tmp_path, monkeypatch, capsys):
    """Runs ``punchin effects WORDS`` in a folder of its own: exit code and what it printed."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*words):
        code = run_line(["effects", *words], None)
        return SimpleNamespace(code=code, **capsys.readouterr()._asdict())

    return run


def recording(name: str = "in.wav", channels: int = 2) -> Path:
    """Two seconds of noise, here."""
    sf.write(name, noise(2 * RATE, channels), RATE)
    return Path(name)


def test_what_there_is_is_listed(effects, tmp_path, monkeypatch) -> None:
    """Pedalboard's own with their parameters, and plugins by name, none of which is loaded."""
    (tmp_path / "more" / "Mine.vst3").mkdir(parents=True)
    monkeypatch.setenv("PUNCHIN_VST3", str(tmp_path / "more"))
    shown = effects("list").out
    assert "Reverb" in shown and "room_size" in shown and str(tmp_path / "more" / "Mine.vst3") in shown


@needs_pedalboard
def test_ranges_and_defaults_are_shown(effects) -> None:
    """Of Pedalboard's own."""
    assert "room_size                   0 to 1  (0.5)" in effects("info", "reverb").out


@needs_zam
def test_a_plugin_is_described_and_kept_with_its_state(effects) -> None:
    """As a chain that has all it needs."""
    assert "1 to 500 ms" in effects("info", "ZamCompX2", "--keep", "chain.toml").out
    (effect,) = decode_chain(Path("chain.toml").read_bytes())
    assert ("ZamCompX2", True) == (effect.plugin, len(effect.state) > 100)
    recording()
    assert 0 == effects("apply", "in.wav", "out.wav", "--chain", "chain.toml").code


@needs_zam
def test_plugins_are_tested_one_by_one(effects) -> None:
    """One that hangs costs its own line, and the exit code."""
    ended = effects("test", "ZamVerb", "ZamComp", "ZamCompX2", "--limit", "6")
    lines = ended.out.splitlines()
    assert ExitCode.EFFECT == ended.code
    assert ["hangs" in lines[0], "mono, latency 0" in lines[1], "stereo, latency 0" in lines[2]] == [True] * 3


@needs_pedalboard
def test_a_region_goes_through_a_chain_from_stdin(effects, monkeypatch) -> None:
    """As clients send it; outside the region nothing changes."""
    recording()
    chain = b'[[effects]]\neffect = "Gain"\ngain_db = -6\n'
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(chain)))
    ended = effects("apply", "in.wav", "out.wav", "--region", "0.5:1", "--chain", "-", "--json")
    assert ([str(Path("out.wav").absolute())], 0) == (json.loads(ended.out)["files"], ended.code)
    before, after = (sf.read(name)[0] for name in ("in.wav", "out.wav"))
    changed = np.nonzero((before != after).any(axis=1))[0]
    assert RATE // 2 <= changed.min() and changed.max() < RATE


@needs_pedalboard
def test_how_far_it_is_is_told_to_programs(effects) -> None:
    """Line by line, nearer to the end each time, and with the time left."""
    sf.write("in.wav", noise(60 * RATE, 1), RATE)
    chain = ("--effect", "Gain", "--effect", "Reverb")
    told = effects("apply", "in.wav", "out.wav", "--region", "0:60", *chain, "--news", "--json")
    news = [json.loads(line) for line in told.err.splitlines()]
    far = [row["number"] + row["done"] / row["frames"] for row in news]
    assert {"Gain", "Reverb"} == {row["title"] for row in news}
    assert far == sorted(far) and all(row["seconds_left"] >= 0 for row in news)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("apply", "in.wav", "out.wav"), "Say which effects"),
        (("apply", "in.wav", "out.wav", "--effect", "Revreb"), "There is no effect 'Revreb'"),
        (("apply", "in.wav", "out.wav", "--effect", "Reverb room_size=7"), "room_size of the effect Reverb"),
        (("apply", "in.wav", "out.wav", "--effect", "VST3 plugin=../x"), "by its name"),
        (("apply", "in.wav", "out.wav", "--chain", "gone.toml"), "gone.toml can't be read"),
        (("apply", "in.wav", "in.wav", "--effect", "Gain"), "OUT is IN itself"),
        (("apply", "in.wav", "--effect", "Gain"), "Name IN and OUT"),
        (("info", "Gone"), 'The plugin "Gone" is not installed'),
        (("test", "--limit", "0"), "--limit"),
    ],
)
@needs_pedalboard
def test_what_can_not_be_done_is_said(effects, words, said) -> None:
    """And nothing is written."""
    recording()
    ended = effects(*words)
    assert said in ended.err and ended.code not in (0, ExitCode.DEFECT)
    assert ["in.wav"] == sounds_in(Path())


@needs_pedalboard
def test_the_region_may_go_through_effects_before_it_is_made_anew(tmp_path) -> None:
    """Of a copy, which has the recording's name and is gone afterwards; the recording stays."""
    path = tmp_path / "scene.wav"
    sf.write(path, noise(2 * RATE), RATE)
    arguments = {"path": str(path), "start": RATE, "end": 2 * RATE, "prompt": "x"}
    words = [word for pair in arguments.items() for word in pair]
    request = parse_request(RawMessage("/punchin/render", ("job", *words))).request
    before = path.read_bytes()
    with treated_before(request, ["Gain gain_db=-20"]) as treated:
        copy = Path(treated.source.path)
        assert ("scene.wav", False) == (copy.name, copy == path)
        was, now = sf.read(path)[0], sf.read(copy)[0]
        assert np.array_equal(was[:RATE], now[:RATE])
        assert np.abs(now[RATE + 500 :]).max() < 0.5 * np.abs(was[RATE + 500 :]).max()
    assert (before, False) == (path.read_bytes(), copy.exists())
