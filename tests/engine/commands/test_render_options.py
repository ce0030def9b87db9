"""Every key of a render can be said on the command line, and reaches the request as the engine reads it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from engine.commands.exit_codes import ExitCode
from engine.commands.render_options import PACK_VARY
from engine.protocol.replies import Done, Ranked, RankedTake, TakeDone
from engine.protocol.requests import Highs, Joining, Method, Mode, NewSource, Stereo, frames, seconds
from engine.protocol.vocabulary import RENDER_GROUPS

RENDER = ("render", "in.wav", "out.wav", "--prompt", "rain", "--region", "0.5:1.5")
GENERATE = ("generate", "new.wav", "--prompt", "rain")


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--curve", "0:0.2,0.5:0.9"), {"strength_curve": ((0.0, 0.2), (0.5, 0.9))}),
        (("--band", "200-2000"), {"low_hz": 200.0, "high_hz": 2000.0}),
        (("--band", "200-"), {"low_hz": 200.0, "high_hz": 0.0}),
        (("--band=-2e3",), {"low_hz": 0.0, "high_hz": 2000.0}),
        (
            ("--along", "0.25 boots on snow", "--along", "0.5 {a|b} c", "--along-fade", "0.1"),
            {"along": ((0.25, "boots on snow"), (0.5, "{a|b} c")), "along_fade_seconds": 0.1},
        ),
        (("--markers", "0.1 hit", "--markers", "0.2 slide"), {"markers": ((0.1, "hit"), (0.2, "slide"))}),
        (("--method", "ddpm", "--source-prompt", "wind"), {"method": Method.DDPM, "source_prompt": "wind"}),
        (
            ("--feather-in", "0.1", "--feather-out", "0"),
            {"feather_in_seconds": 0.1, "feather_out_seconds": 0},
        ),
        (
            ("--context-before", "2", "--context-after", "0"),
            {"context_before_seconds": 2.0, "context_after_seconds": 0.0, "context_seconds": -1.0},
        ),
        (("--windows", "shifted"), {"windows": Joining.SHIFTED, "loop": False}),
        (("--loop", "--mode", "generate"), {"loop": True, "mode": Mode.GENERATE}),
        (("--stereo", "wide", "--width", "1.5"), {"stereo": Stereo.WIDE, "width": 1.5}),
        (("--highs", "off", "--no-loudness"), {"highs": Highs.OFF, "match_loudness": False}),
        (
            ("--lufs", "-23", "--tilt", "0.5", "--noise-floor", "--true-peak", "-2"),
            {"lufs": -23.0, "tilt": 0.5, "noise_floor": True, "true_peak": -2.0},
        ),
        (("--fade-in", "0.1", "--fade-out", "0.2"), {"fade_in_seconds": 0.1, "fade_out_seconds": 0.2}),
        (("--guide", "region", "--guide-envelope", "0.5"), {"guide": "region", "guide_envelope": 0.5}),
        (("--guide-start", "1:02.5"), {"guide_start": seconds(62.5)}),
        (("--guide-start", "480f", "--guide-onsets", "0"), {"guide_start": frames(480), "guide_onsets": 0.0}),
        (("--takes", "3", "--vary", "0.2", "--rank"), {"takes": 3, "vary": 0.2, "rank": True, "pack": False}),
        (("--vary", "0.2", "--towards", "9"), {"vary": 0.2, "towards": 9}),
        (("--pack", "8"), {"takes": 8, "pack": True, "vary": PACK_VARY}),
        (("--pack", "8", "--takes", "8", "--vary", "0"), {"takes": 8, "pack": True, "vary": 0.0}),
        (("--retries", "0", "--ucs", "FEETMisc"), {"retries": 0, "ucs": "FEETMisc"}),
        (("--time-reference", "172800000"), {"time_reference": 172_800_000}),
        (("--no-loop", "--no-rank"), {"loop": False, "rank": False}),
    ],
)
def test_what_is_typed_is_what_is_asked_for(punchin, fake, options, expected):
    """In the words of the command line."""
    ended = punchin(*RENDER, *options)
    (request,) = fake.requests

    assert (ExitCode.OK, expected) == (ended.code, {name: getattr(request, name) for name in expected})


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize("mask", ["0:0.2", "0.9:0.7", "0.6:0.6", "1:1.6", "2:3"])
def test_a_mask_outside_the_region_is_refused_as_it_was_typed(punchin, fake, mask):
    """On the clock on which it was typed, which is not the engine's."""
    ended = punchin(*RENDER, "--mode", "inpaint", "--mask", "0.7:0.8", mask)

    assert (ExitCode.REGION, []) == (ended.code, fake.requests)
    assert f"The mask {mask} is reversed, empty or outside the region" in ended.err


def test_files_become_absolute_and_their_folders_are_granted(punchin, fake, recording):
    """To an engine that is started for the job; the region as its own guide is no file."""
    fake.running = False
    (recording.parent / "mouth").mkdir()
    punchin(*RENDER, "--guide", "mouth/mouth.wav", "--recipe", "old.wav")
    request = fake.requests[0]

    assert (str(recording.parent / "mouth" / "mouth.wav"), str(recording.parent / "old.wav")) == (
        request.guide,
        request.recipe,
    )
    assert {recording.parent, recording.parent / "mouth"} == set(fake.allowed)


def test_help_says_in_brackets_what_holds_when_nothing_is_said(punchin):
    """How long a new sound lasts is not all of the region, but what its prompt suggests."""
    words = " ".join(punchin("generate", "--help").out.split())

    assert "how long the sound lasts, for generate, 0 being all of the region: 0 to 1800 (as the" in words
    assert "how many takes to make; more than one are numbered: name-1.wav, name-2.wav (1)" in words


@pytest.mark.usefixtures("recording")
def test_a_recipe_may_take_the_place_of_the_prompt(punchin, fake):
    """The engine knows what was typed, at its default or not."""
    ended = punchin(*RENDER[:3], *RENDER[5:], "--recipe", "old.wav", "--strength", "0.6")
    request = fake.requests[0]

    assert (ExitCode.OK, "") == (ended.code, request.prompt)
    assert {"strength", "recipe"} < request.given
    assert request.given.isdisjoint({"prompt", "mode", "seed", "takes"})


def test_tempo_and_bars_are_a_length(punchin, fake):
    """Four bars at 120 BPM are 8 seconds."""
    punchin(*GENERATE, "--loop", "--tempo", "120", "--bars", "4", "--rate", "44100")
    request = fake.requests[0]

    assert (NewSource(44_100, 1, 352_800), Mode.GENERATE, True) == (
        request.source,
        request.mode,
        request.loop,
    )


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ((*RENDER[:3], *RENDER[5:]), "prompt is missing"),
        ((*RENDER, "--band", "200"), "two frequencies in Hz such as 200-2000, not '200'"),
        ((*RENDER, "--band", "low-high"), "two frequencies"),
        ((*RENDER, "--band", "2000-200"), "high_hz must be above low_hz"),
        ((*RENDER, "--band", "nan-200"), "finite"),
        ((*RENDER, "--curve", "0.2"), "points of seconds and value"),
        ((*RENDER, "--along", "boots on snow"), "seconds and texts"),
        ((*RENDER, "--pack", "8", "--takes", "4"), "leave --takes out"),
        ((*RENDER, "--pack", "1"), "more than one take"),
        ((*RENDER, "--guide-start", "soon"), "--guide-start"),
        ((*RENDER, "--prompt", "{gravel|snow"), "without its end"),
        ((*RENDER, "--bars", "4"), "needs the key tempo"),
        (GENERATE, "--seconds, or --tempo and --bars"),
        ((*GENERATE, "--seconds", "2", "--tempo", "120"), "needs the key bars"),
        ((*GENERATE, "--seconds", "2", "--strength", "0.5"), "--strength"),
        ((*GENERATE, "--seconds", "2", "--stereo", "wide"), "channels 2"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(punchin, fake, line, why):
    """With one sentence that says what to change."""
    ended = punchin(*line)

    assert (ExitCode.USAGE, []) == (ended.code, fake.requests)
    assert why in ended.err


@pytest.mark.parametrize(("command", "missing"), [("render", {"what it works on"}), ("generate", {"where"})])
def test_the_help_is_in_groups(punchin, command, missing):
    """Those of the protocol, in its order; a group without options is not there."""
    lines = punchin(command, "--help").out.splitlines()
    expected = [title for title in RENDER_GROUPS if title not in {"what it works on", *missing}]

    assert expected == [line[:-1] for line in lines if line[:-1] in RENDER_GROUPS]


def test_the_help_says_what_holds_when_nothing_is_said(punchin):
    """A number, or what the number that means none stands for."""
    text = " ".join(punchin("render", "--help").out.split())

    assert "for transfer: 0 to 1 (0.6)" in text
    assert "each side of the region: 0 to 30 (as fits)" in text
    assert "which model (the engine's own default)" in text
    assert "fitted to its neighbourhood (yes)" in text


@pytest.mark.usefixtures("recording")
def test_ranked_takes_are_listed_best_first(punchin, fake):
    """With their scores in the JSON."""
    order = (RankedTake(1, 0.5, 0.0), RankedTake(0, 0.25, 9.5))
    fake.script = lambda request: iter(
        [
            TakeDone(request.job_id, 0, "/out-1.wav", 480, 0, "rain"),
            TakeDone(request.job_id, 1, "/out-2.wav", 480, 1, "rain"),
            Ranked(request.job_id, order),
            Done(request.job_id, 2, ()),
        ]
    )
    plain, as_json = punchin(*RENDER, "--rank"), punchin(*RENDER, "--rank", "--json")

    assert ["/out-2.wav  (seed 1)", "/out-1.wav  (seed 0)"] == plain.out.splitlines()
    assert [asdict(row) for row in order] == as_json.value["ranked"]


def test_paths_are_not_looked_for_here(punchin, fake, recording: Path):
    """Whether a guide is there is the engine's business."""
    assert ExitCode.OK == punchin(*RENDER, "--guide", "gone.wav").code
    assert recording.with_name("gone.wav") == Path(fake.requests[0].guide)
