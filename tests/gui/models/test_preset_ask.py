"""Presets become settings, settings become presets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.protocol.osc import decode_packet
from engine.protocol.requests import Quality, RenderRequest, Stereo, encode_request, parse_request
from gui.models.ask import ADVANCED, ASKED, EXTRAS, Ask, Task, live_request, problem, request_of
from gui.models.preset_ask import applied, carried, without_preset
from gui.models.preset_saving import preset_of
from gui.models.recall import recalled, settings_of
from gui.models.source import Scene
from gui.models.timeline import Span
from gui.sound.recording import Recording
from presets.effects import Effect
from presets.errors import PresetError
from presets.preset import Mode, Preset, SeedPolicy
from presets.resolve import SETTINGS
from presets.store import Store

NEW, REGION = Scene(), Scene(Recording("/scene.wav", 48_000, 2, 480_000), Span(0, 96_000))
FACTORY = [entry for entry in Store().shelf().entries if entry.is_factory]


def used(preset: Preset, ask: Ask | None = None, **slots: str) -> Ask:
    """The settings with a preset, where a recording is open and seed 5 comes next."""
    return applied(ask or Ask(seed=1), preset, slots, True, lambda: 5).ask


def test_every_key_of_a_preset_has_its_place() -> None:
    """In a field, or carried; none in two."""
    assert set(ASKED) | set(ADVANCED) | set(EXTRAS) >= SETTINGS
    assert not set(EXTRAS) & (set(ASKED) | set(ADVANCED))


def test_a_preset_fills_the_fields_and_what_has_none_reaches_the_request() -> None:
    """Each key ends where the engine looks for it."""
    preset = Preset(
        "Old radio", "{} and static", slots={"it": ""}, mode=Mode.TRANSFER, strength=0.3, takes=2,
        guidance=2.0, steps=9, negative="music", category="FEETHmn", seed=77,
        seed_policy=SeedPolicy.FIXED,
        settings={"cut_below": 300.0, "cut_above": 3400, "loop": True, "stereo": "wide", "loudness": False,
                  "fade_in": 0.1, "quality": "best", "candidates": 3, "seconds": 9.0, "channels": 2},
    )  # fmt: skip
    ask = used(preset, it="boots")
    request = request_of(ask, NEW, "job")
    assert ("boots and static", "music", 0.3, 2) == (ask.prompt, ask.negative, ask.strength, ask.takes)
    assert (Task.RESTYLE, 77, True, Quality.BEST) == (ask.task, ask.seed, ask.seed_locked, ask.quality)
    assert (9, 2.0, "FEETHmn", False) == (
        request.steps, request.guidance, request.ucs, request.match_loudness,
    )  # fmt: skip
    assert (300.0, 3400.0, 0.1, 3) == (
        request.cut_below, request.cut_above, request.fade_in_seconds, request.candidates,
    )  # fmt: skip
    assert (True, Stereo.WIDE, 9.0, 2) == (request.loop, request.stereo, ask.seconds, ask.channels)
    assert "high-pass 300 Hz" in carried(ask)
    assert "2 channels" in carried(ask)


def test_a_preset_that_says_little_leaves_what_the_user_chose_and_clears_what_the_last_one_said() -> None:
    """Takes, quality and model stay; the negative prompt and further keys of the preset before go."""
    first = Preset("A", "a", negative="music", guidance=2.0, settings={"cut_below": 300.0, "channels": 2})
    mine = Ask(takes=7, quality=Quality.DRAFT, seed=3, seed_locked=True)
    mine = replace(mine, advanced=replace(mine.advanced, model="small"))
    ask = used(Preset("B", "b"), used(first, mine))
    assert (7, Quality.DRAFT, 3, True, "small") == (
        ask.takes, ask.quality, ask.seed, ask.seed_locked, ask.advanced.model,
    )  # fmt: skip
    assert ("", -1.0, {}, 1) == (ask.negative, ask.advanced.guidance, ask.extras, ask.channels)


def test_seeds_follow_their_policy() -> None:
    """Another each time unlocks the seed."""
    ask = used(Preset("A", "a", seed_policy=SeedPolicy.NEW), Ask(seed=1, seed_locked=True))
    assert (5, False) == (ask.seed, ask.seed_locked)


def test_bars_say_how_long_a_new_sound_is() -> None:
    """And the engine takes it so."""
    ask = used(Preset("Beat", "a beat", settings={"tempo": 93.0, "bars": 2.0, "loop": True}))
    request = request_of(ask, NEW, "job")
    assert 2 * 4 * 60 / 93 == pytest.approx(ask.seconds)
    assert "" == problem(ask, NEW)
    assert request == parsed(request)


def test_what_can_not_be_is_said() -> None:
    """A model that is not there, a key that is none, a value out of range, a restyle of nothing."""
    preset = Preset(
        "Odd", "x", mode=Mode.TRANSFER, model="huge", settings={"output": "/etc/x", "cut_below": -4.0}
    )
    made = applied(Ask(), preset, {}, False, lambda: 0, {"small"})
    for words in ("huge", "output", "cut_below", "Odd works on a recording"):
        assert any(words in sentence for sentence in made.sentences), words
    assert {} == made.ask.extras
    assert 4 == len(made.sentences)


def test_a_slot_wants_to_be_filled() -> None:
    """With nothing in it there is no prompt."""
    with pytest.raises(PresetError, match="fill that slot"):
        used(Preset("Q", "{} far away", slots={"it": ""}))


def test_leaving_a_preset_leaves_its_fields() -> None:
    """Only what is nowhere to be seen goes."""
    preset = Preset("A", "a", settings={"cut_below": 300.0}, effects=(Effect("Gain", {"gain_db": -3.0}),))
    ask = used(preset)
    assert "effects Gain" in carried(ask)
    ask = without_preset(ask)
    assert ("a", "", {}, (), "") == (ask.prompt, ask.preset, ask.extras, ask.effects, carried(ask))


def test_a_draft_makes_no_candidates() -> None:
    """Live mode keeps what is heard, and leaves out what costs time."""
    ask = used(Preset("A", "a", settings={"cut_below": 300.0, "candidates": 4, "retries": 5}))
    request = live_request(ask, NEW, "job")
    assert (300.0, 1, 0) == (request.cut_below, request.candidates, request.retries)


def test_a_take_brings_its_further_keys_back() -> None:
    """Those that are not at their default."""
    ask = used(Preset("A", "a", settings={"cut_below": 300.0, "lufs": -20.0}))
    again = recalled(Ask(), settings_of(request_of(ask, NEW, "job")))
    assert {"cut_below": 300.0, "lufs": -20.0} == again.extras


@pytest.mark.parametrize("entry", FACTORY, ids=lambda entry: entry.preset.key)
def test_factory_presets_are_taken_by_the_engine_and_saved_as_they_were(entry: object) -> None:
    """Through the panel into a request, and from that request into a preset that asks for the same."""
    preset: Preset = entry.preset  # type: ignore[attr-defined]
    slots = {name: "a bell" for name, text in preset.slots.items() if not text}
    scene = NEW if preset.mode is Mode.GENERATE else REGION
    ask = applied(Ask(seed=1), preset, slots, True, lambda: 5).ask
    request = request_of(ask, scene, "job")
    assert request == parsed(request)
    saved = preset_of("Mine", preset.tags, settings_of(request), ask.effects, with_job=True)
    again = applied(Ask(seed=ask.seed), saved, {}, True, lambda: 5).ask
    assert request == request_of(again, scene, "job")


def test_a_saved_preset_has_what_was_asked_for() -> None:
    """Not what defaults came to, not where it was."""
    ask = Ask(prompt="boots", takes=3, seed=9, extras={"cut_below": 80.0})
    settings = settings_of(request_of(ask, NEW, "job"))
    preset = preset_of("Boots", ("Foot, Wet",), settings)
    assert {"cut_below": 80.0, "seconds": 4.0} == preset.settings
    assert (None, None, None, "", SeedPolicy.CLIENT, 9) == (
        preset.takes, preset.steps, preset.guidance, preset.negative, preset.seed_policy, preset.seed,
    )  # fmt: skip
    assert ("foot", "wet") == preset.tags
    fixed = preset_of("Boots", (), settings, with_job=True, with_seed=True)
    assert (3, SeedPolicy.FIXED) == (fixed.takes, fixed.seed_policy)


def parsed(request: RenderRequest) -> object:
    """What the engine reads of it."""
    (message,) = decode_packet(encode_request(request))
    return parse_request(message).request


def test_effects_in_a_row_that_are_called_alike_are_counted() -> None:
    """In the order they are played in: another one in between is not skipped."""
    twice = (Effect("HighpassFilter", {"cutoff_frequency_hz": 300.0}), Effect("HighpassFilter"))
    words = carried(Ask(effects=(Effect("Compressor"), *twice, Effect("Gain"), Effect("HighpassFilter"))))
    assert words == "effects Compressor, 2 x HighpassFilter, Gain, HighpassFilter"
