"""Chains at work: exact places, lengths and blocks, and plugins that hang, crash or refuse."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError, ErrorCode
from plugin_host.effects import host as hosting
from plugin_host.effects.host import Playing
from presets.effects import EFFECTS, PLUGIN, Effect
from tests.plugin_host.effects.playing import host, needs_pedalboard, needs_zam, noise, zam

pytestmark = needs_pedalboard
RATE = 48_000
# Effects that change little of a burst in the middle, by the most that its place may move: in seconds.
_STAY = {"PitchShift": 0.012, "GSMFullRateCompressor": 0.001, "LadderFilter": 0.001, "Limiter": 0.001}
# What is an echo of itself has no one place.
_SPREAD = {"Chorus", "Delay", "Reverb", "Phaser"}


def burst() -> np.ndarray:
    """A tone that swells and fades in the middle of a second, stereo."""
    time = np.arange(RATE) / RATE
    swell = np.exp(-(((time - 0.5) / 0.02) ** 2))
    return np.repeat((np.sin(2 * np.pi * 300 * time) * swell * 0.5)[:, None], 2, 1).astype(np.float32)


def centre(sound: np.ndarray) -> float:
    """Where its energy lies, in seconds."""
    energy = (sound.astype(np.float64) ** 2).sum(1)
    return float((energy * np.arange(len(energy))).sum() / energy.sum() / RATE)


def test_every_effect_keeps_length_and_place() -> None:
    """Latency is taken out, of each of Pedalboard's own."""
    from plugin_host.effects.process import _played, _players

    sound = burst()
    for name in EFFECTS.keys() - _SPREAD - {"NoiseGate"}:
        effect = {"effect": name, "title": name, "parameters": {}}
        played = _played(effect, _players(effect, 2), sound, RATE, 8192)
        assert (name, sound.shape) == (name, played.shape)
        assert (name, 0.5) == (name, pytest.approx(centre(played), abs=_STAY.get(name, 0.0005)))


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_any_rate_and_number_of_channels_comes_through(channels: int, rate: int) -> None:
    """And no channel is left out, as Pedalboard's reverb alone would."""
    sound = noise(rate // 5, channels)
    played = host().play([Effect("Reverb"), Effect("Compressor", {"threshold_db": -40.0})], sound, rate)
    assert sound.shape == played.shape
    assert (np.abs(played - sound).max(axis=0) > 0.01).all()


def test_the_size_of_blocks_makes_no_difference() -> None:
    """Of Pedalboard's own effects, bit for bit."""
    chain = [
        Effect("Compressor", {"threshold_db": -30.0}),
        Effect("Reverb"),
        Effect("PitchShift", {"semitones": 3.0}),
    ]
    sound = noise(30_000)
    first, *others = (host(block_frames=size).play(chain, sound, RATE) for size in (8192, 333, 64))
    assert all(np.array_equal(first, other) for other in others)


@needs_zam
@pytest.mark.parametrize("name", ["ZaMaximX2", "ZaMultiCompX2", "ZamCompX2", "ZamGateX2", "ZamHeadX2"])
def test_a_plugin_plays_in_place_whatever_the_blocks(name: str) -> None:
    """Debian's zam-plugins for stereo; ZaMaximX2 reports 480 frames of latency."""
    sound = burst()
    played = [host(block_frames=size).play([zam(name)], sound, RATE) for size in (8192, 512)]
    assert sound.shape == played[0].shape
    assert np.allclose(played[0], played[1], atol=1e-6)
    assert pytest.approx(0.5, abs=0.003) == centre(played[0])


@needs_zam
def test_parameters_and_states_reach_the_plugin() -> None:
    """A compressor that is set works; its state, kept and set again, does the same; a limit holds."""
    loud = np.clip(noise(RATE) * 6, -0.9, 0.9)
    hard = zam("ZamCompX2", threshold_db=-40.0, ratio=20.0)
    quieter = host().play([hard], loud, RATE)
    assert np.abs(quieter).mean() < 0.5 * np.abs(loud).mean()
    state = host().describe(hard)["state"]
    again = host().play([Effect(PLUGIN, {}, "ZamCompX2", state)], loud, RATE)
    assert np.array_equal(quieter, again)


@needs_zam
@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (zam("ZamComp"), "ZamComp can't be used: Plugin 'ZamComp' does not support 2-channel"),
        (zam("ZamCompX2", threshold=1.0), 'ZamCompX2 has no parameter "threshold"; it has'),
        (zam("ZamCompX2", ratio=500.0), "ratio"),
        (zam("ZamCompX3"), "did you mean ZamComp"),
    ],
)
def test_what_a_plugin_can_not_do_is_a_sentence(effect: Effect, words: str) -> None:
    """One for mono, a parameter that it hasn't, a value out of its range, and a name that is not there."""
    with pytest.raises(EngineError) as raised:
        host().play([effect], noise(4_800), RATE)
    assert ErrorCode.BAD_EFFECT == raised.value.code
    assert words in raised.value.sentence


@needs_zam
def test_a_plugin_that_hangs_is_ended_and_named() -> None:
    """ZamVerb never comes back from being loaded in Pedalboard."""
    with pytest.raises(EngineError, match="ZamVerb hangs: it was loaded for"):
        host(limit_seconds=5.0).check([Effect("Gain"), zam("ZamVerb")])


def long_noise() -> np.ndarray:
    """Of several pieces, at blocks of 256 frames."""
    return noise(3 * 64 * 256 + 777, 1)


@pytest.mark.parametrize("name", [name for name in EFFECTS if name != PLUGIN])
def test_a_long_sound_in_pieces_is_the_sound_at_once(name: str) -> None:
    """Bit for bit, for every effect there is; those with latency, too."""
    sound, chain = long_noise(), (Effect(name),)
    player = getattr(pytest.importorskip("pedalboard"), name)()
    at_once = player.process(np.ascontiguousarray(sound.T), 48_000.0, buffer_size=256, reset=True).T
    assert np.array_equal(host(block_frames=256).play(chain, sound, 48_000), at_once)


def test_a_long_sound_tells_how_far_it_is() -> None:
    """Each effect moves on, with a time left; one with latency says what it expects; short sounds nothing."""
    seen: list[Playing] = []
    watched = replace(host(block_frames=256), watch=seen.append)
    watched.play((Effect("Gain"), Effect("PitchShift")), long_noise(), 48_000)
    piece = 64 * 256
    assert [(playing.number, playing.done) for playing in seen] == [
        (0, piece),
        (0, 2 * piece),
        (0, 3 * piece),
        (1, 0),
    ]
    assert all(playing.seconds_left >= 0 and playing.count == 2 for playing in seen)
    assert seen[-1].title == "PitchShift"
    watched.play((Effect("Gain"),), noise(1000, 1), 48_000)
    assert len(seen) == 4


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Sets what runs in the place of the process that loads effects."""

    def set_to(code: str) -> None:
        script = tmp_path / "process.py"
        script.write_text(textwrap.dedent(code), encoding="utf-8")
        monkeypatch.setattr(
            hosting, "module_command", lambda _module, job: (sys.executable, str(script), job)
        )

    return set_to


@pytest.mark.skipif(sys.platform == "win32", reason="no signals on Windows")
def test_a_plugin_that_crashes_is_named(process) -> None:
    """The process dies of a signal in the middle of playing."""
    process(
        """
        import os, signal
        print('{"doing": "play", "effect": 1}', flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
        """
    )
    with pytest.raises(EngineError, match=r"Reverb crashed while it was playing \(SIGSEGV\)"):
        host().play([Effect("Gain"), Effect("Reverb")], noise(480), RATE)


def test_what_a_process_says_last_is_passed_on(process) -> None:
    """Where it ends by itself."""
    process("import sys; sys.exit('no memory left')")
    with pytest.raises(EngineError, match=r"Gain crashed while it was started \(no memory left\)"):
        host().play([Effect("Gain")], noise(480), RATE)


def test_a_sample_that_is_no_number_is_told_with_its_place() -> None:
    """A plugin's NaN ends in a sentence, not in a take."""
    from plugin_host.effects.process import UnusableError, _played

    class Broken:
        def process(self, sound: np.ndarray, *_: object, **__: object) -> np.ndarray:
            return np.where(np.arange(sound.shape[1]) == 240, np.nan, sound)

    with pytest.raises(UnusableError, match=r"Bad gave a sample that is not a number at 0\.005 s"):
        _played({"title": "Bad"}, [Broken()], noise(480), RATE, 64)


def test_a_loop_goes_round() -> None:
    """What rings on at a loop's end is heard at its start, and the loop has no seam."""
    lap = np.zeros((RATE // 2, 1), np.float32)
    lap[-100:] = 0.5
    played = host().play_loop(
        [Effect("Delay", {"delay_seconds": 0.1, "mix": 0.5, "feedback": 0.0})], lap, RATE
    )
    assert lap.shape == played.shape
    assert np.abs(played[4_600:4_800]).max() > 0.2


def test_too_much_sound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any of it is copied."""
    monkeypatch.setattr(hosting, "MAX_SAMPLES", 100)
    with pytest.raises(EngineError, match="shorter regions"):
        host().play([Effect("Gain")], noise(101, 1), RATE)
