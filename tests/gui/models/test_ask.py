"""The main button's verb follows from what is marked, and the request does what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.protocol.osc import decode_packet
from engine.protocol.requests import (
    FileSource,
    Mode,
    NewSource,
    Quality,
    RenderRequest,
    StreamSource,
    encode_request,
    frames,
    parse_request,
)
from gui.models.ask import (
    Advanced,
    Ask,
    Task,
    Verb,
    live_request,
    problem,
    request_of,
    verb_of,
)
from gui.models.curve import Curve
from gui.models.recall import recalled, settings_of
from gui.models.source import Band, Scene
from gui.models.timeline import Span
from gui.sound.recording import Recording

RATE = 48_000
RECORDING = Recording("/sounds/scene.wav", RATE, 2, 10 * RATE)
EMPTY, OPEN = Scene(), Scene(RECORDING)
REGION = Scene(RECORDING, Span(RATE, 3 * RATE))
MASKED = replace(REGION, masks=(Span(2 * RATE, 2 * RATE + 4800),))
CURVED = replace(REGION, curve=Curve(((RATE, 0.2), (4 * RATE, 0.8))))
ASK = Ask(prompt="boots on gravel", seed=7)


@pytest.mark.parametrize(
    ("ask", "scene", "verb", "mode"),
    [
        (ASK, EMPTY, Verb.GENERATE, Mode.GENERATE),
        (ASK, OPEN, Verb.GENERATE, Mode.GENERATE),
        (ASK, REGION, Verb.RESTYLE, Mode.TRANSFER),
        (replace(ASK, strength=1.0), REGION, Verb.GENERATE, Mode.GENERATE),
        (replace(ASK, strength=1.0), CURVED, Verb.RESTYLE, Mode.TRANSFER),
        (ASK, MASKED, Verb.FILL, Mode.INPAINT),
        (ASK, replace(MASKED, selection=None), Verb.FILL, Mode.INPAINT),
        (replace(ASK, task=Task.RESTYLE), MASKED, Verb.RESTYLE, Mode.TRANSFER),
        (replace(ASK, task=Task.FILL), REGION, Verb.FILL, Mode.INPAINT),
        (replace(ASK, task=Task.GENERATE), REGION, Verb.GENERATE, Mode.GENERATE),
        (replace(ASK, task=Task.EXTEND), REGION, Verb.EXTEND, Mode.INPAINT),
        (replace(ASK, task=Task.EXTEND), EMPTY, Verb.GENERATE, Mode.GENERATE),
        (replace(ASK, loop=True), REGION, Verb.LOOP, Mode.TRANSFER),
        (replace(ASK, loop=True), EMPTY, Verb.LOOP, Mode.GENERATE),
        (replace(ASK, vary=0.3), REGION, Verb.VARY, Mode.TRANSFER),
    ],
)
def test_the_verb_and_the_request_agree(ask: Ask, scene: Scene, verb: Verb, mode: Mode) -> None:
    """What the button says is what the engine is asked, and the engine takes it."""
    request = request_of(ask, scene, "job1")
    assert verb == verb_of(ask, scene)
    assert mode == request.mode
    assert problem(ask, scene) == ""
    assert request == sent(request)


def sent(request: RenderRequest) -> object:
    """The request as the engine reads it."""
    (message,) = decode_packet(encode_request(request))
    return parse_request(message).request


def test_a_region_is_sent_in_frames_of_the_recording() -> None:
    """To the frame: nothing is rounded through seconds."""
    scene = replace(REGION, selection=Span(48_001, 96_003))
    assert (
        FileSource("/sounds/scene.wav", frames(48_001), frames(96_003)) == request_of(ASK, scene, "j").source
    )


def test_marks_count_from_the_start_of_the_region() -> None:
    """Masks, curve and band as the protocol has them."""
    mask = request_of(ASK, MASKED, "j").mask_seconds
    curve = request_of(ASK, CURVED, "j").strength_curve
    band = request_of(ASK, replace(REGION, band=Band(300, 5000)), "j")
    assert ((1.0, 1.1),) == mask
    assert (0.0, 2.0) == (curve[0][0], curve[-1][0])
    assert curve[-1][1] == pytest.approx(0.2 + 0.6 * 2 / 3)
    assert (300, 5000) == (band.low_hz, band.high_hz)


def test_what_is_extended_gets_the_end_of_the_recording_and_room() -> None:
    """The stream is the recording's last seconds, and the region is what comes after them."""
    source = request_of(replace(ASK, task=Task.EXTEND, seconds=3.0), OPEN, "j").source
    assert StreamSource(RATE, 2, 11 * RATE, 8 * RATE, 11 * RATE) == source


def test_a_new_sound_is_as_long_as_asked() -> None:
    """At the rate of the recording that is open, if one is."""
    assert NewSource(48_000, 1, 72_000) == request_of(replace(ASK, seconds=1.5), EMPTY, "j").source


@pytest.mark.parametrize(
    ("ask", "scene"),
    [
        (replace(ASK, prompt="  "), REGION),
        (ASK, replace(REGION, selection=Span(0, 100))),
        (replace(ASK, prompt="boots (on gravel"), REGION),
        (replace(ASK, loop=True, strength=0.0), REGION),
        (ASK, replace(REGION, band=Band(6000, 6000))),
    ],
)
def test_what_the_engine_would_refuse_is_said_before(ask: Ask, scene: Scene) -> None:
    """The button is off, and a sentence says why."""
    assert problem(ask, scene).endswith((".", "min."))


@pytest.mark.parametrize("quality", Quality)
def test_quality_is_the_engines(quality: Quality) -> None:
    """It says how many steps that is; what is set by hand goes along."""
    request = request_of(replace(ASK, quality=quality, advanced=Advanced(steps=9)), REGION, "j")
    assert (quality, 9) == (request.quality, request.steps)


def test_a_draft_is_not_drafted() -> None:
    """Nor made again: it is there at once."""
    drafts = {quality: request_of(replace(ASK, quality=quality), REGION, "j") for quality in Quality}
    assert {Quality.DRAFT: False, Quality.NORMAL: True, Quality.BEST: True} == {
        quality: request.draft for quality, request in drafts.items()
    }
    assert drafts[Quality.DRAFT].retries == 0


def test_live_is_one_quick_take_of_the_same_seed() -> None:
    """Whatever else is set."""
    ask = replace(ASK, takes=8, quality=Quality.BEST, advanced=Advanced(steps=50, rank=True))
    request = live_request(ask, REGION, "j")
    assert (1, Quality.DRAFT, 0, 7, False, False) == (
        request.takes, request.quality, request.steps, request.seed, request.rank, request.draft,
    )  # fmt: skip


def test_only_a_new_sound_with_an_end_is_told_how_long_it_lasts() -> None:
    """A restyle lasts as long as its region, and a loop has no end: the field stays, and does no harm."""
    ask = replace(ASK, advanced=Advanced(sounding=0.5))
    told = [
        request_of(replace(ask, task=task, loop=loop), REGION, "j").sounding_seconds
        for task, loop in ((Task.GENERATE, False), (Task.GENERATE, True), (Task.RESTYLE, False))
    ]
    assert [0.5, -1.0, -1.0] == told


def test_a_takes_settings_come_back() -> None:
    """What was asked for is what the panel shows again, with the seed locked."""
    ask = replace(
        ASK, quality=Quality.BEST, negative="music", strength=0.35, task=Task.RESTYLE, loop=True,
        advanced=Advanced(guidance=4.5, steps=20, tilt=0.5, match_loudness=False, rank=True),
    )  # fmt: skip
    settings = settings_of(request_of(ask, REGION, "j"))
    back = recalled(Ask(prompt="other", takes=ask.takes), settings)
    assert replace(ask, seed_locked=True) == back


@pytest.mark.parametrize("settings", [{}, {"mode": "nonsense", "strength": "much", "sampler": "new"}])
def test_settings_of_another_version_do_no_harm(settings: dict[str, object]) -> None:
    """What can't be understood is left as it is."""
    assert recalled(ASK, settings).prompt == "boots on gravel"
