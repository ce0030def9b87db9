"""What a preset asks the engine for, and what it may not."""

from __future__ import annotations

import pytest

from engine.protocol.vocabulary import MAX_PROMPT_CHARACTERS, RENDER_KEYS
from presets import preset as limits
from presets.preset import Mode, SeedPolicy
from presets.resolve import SETTINGS, resolve
from tests.presets.presets import preset


def keys(one: limits.Preset, **options) -> dict:
    """Resolved with nothing else said."""
    return dict(resolve(one, {}, lambda: 77, **options).keys)


def test_what_is_not_said_is_not_asked_for() -> None:
    """The engine's defaults stay its own."""
    assert {"prompt": "boots on gravel", "mode": "generate"} == keys(preset())


def test_everything_that_is_said_is_asked_for() -> None:
    """In the protocol's words."""
    one = preset(
        negative="voices", mode=Mode.TRANSFER, strength=0.0, takes=2, steps=0, guidance=3.0, category="RAIN",
        seed_policy=SeedPolicy.FIXED, seed=5, model="big", settings={"cut_above": 500.0, "curve": "0:1"},
    )  # fmt: skip
    expected = {
        "prompt": "boots on gravel", "negative": "voices", "mode": "transfer", "strength": 0.0, "takes": 2,
        "steps": 0, "guidance": 3.0, "ucs": "RAIN", "seed": 5, "model": "big", "cut_above": 500.0,
        "curve": "0:1",
    }  # fmt: skip
    assert expected == keys(one)


@pytest.mark.parametrize(("policy", "seed"), [("client", None), ("new", 77), ("fixed", 9)])
def test_the_seed_follows_the_policy(policy: str, seed: int | None) -> None:
    """A new one is asked for each time."""
    assert seed == keys(preset(seed=9, seed_policy=SeedPolicy(policy))).get("seed")


def test_a_preset_can_not_reach_files() -> None:
    """Nor time lines, tokens or answers: such keys are left out, and that is said."""
    harmful = ("output", "overwrite", "path", "guide", "recipe", "token", "markers", "priority", "source")
    resolved = resolve(preset(settings=dict.fromkeys(harmful, "x") | {"loop": True}), {}, lambda: 0)
    assert ({"prompt", "mode", "loop"}, len(harmful)) == (set(resolved.keys), len(resolved.notes))
    assert not SETTINGS & set(harmful)


def test_a_model_that_is_not_there_is_a_wish() -> None:
    """It is said that another one is used."""
    one = preset(model="big")
    assert "big" == keys(one, installed=["big"])["model"]
    resolved = resolve(one, {}, lambda: 0, installed=["small"])
    assert "model" not in resolved.keys and "not installed" in resolved.notes[0]


def test_settings_are_keys_of_the_protocol() -> None:
    """And the limits are the engine's."""
    known = {key.name: key for key in RENDER_KEYS}
    assert SETTINGS <= set(known)
    assert MAX_PROMPT_CHARACTERS == limits.MAX_PROMPT_CHARACTERS
    for name, most in (
        ("takes", limits.MAX_TAKES), ("steps", limits.MAX_STEPS), ("guidance", limits.MAX_GUIDANCE),
        ("seed", limits.MAX_SEED), ("model", limits.MAX_MODEL_CHARACTERS),
        ("ucs", limits.MAX_CATEGORY_CHARACTERS),
    ):  # fmt: skip
        assert most == known[name].high
