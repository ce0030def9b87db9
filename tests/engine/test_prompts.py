"""The language of prompts: weights, alternatives, signs as themselves, a sentence for what makes no sense."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.prompts import Emphasis, Wording, check_prompt, expand, wording, wording_of


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("rain on  a tin roof", Wording("rain on  a tin roof")),
        ("rain (heavy) at 2:30", Wording("rain (heavy) at 2:30")),
        ("(boots:1.3) on gravel", Wording("boots on gravel", (Emphasis("on gravel", 1.3),))),
        ("boots on (wet gravel: .5)", Wording("boots on wet gravel", (Emphasis("boots on", 0.5),))),
        ("(a:2) b (c:0)", Wording("a b c", (Emphasis("b c", 2.0), Emphasis("a b", 0.0)))),
        ("(boots:1.5)", Wording("boots", (Emphasis("", 1.5),))),
        ("(rain (heavy):2) on tin", Wording("rain (heavy) on tin", (Emphasis("on tin", 2.0),))),
        (r"\(boots:1.3\) \{a\|b\} \\", Wording(r"(boots:1.3) {a|b} " + "\\")),
        (r"(boots\:1.3) on gravel", Wording("(boots:1.3) on gravel")),
        (r"C:\sounds", Wording(r"C:\sounds")),
        ("(take 2: night)", Wording("(take 2: night)")),
    ],
)
def test_weights_are_read_and_everything_else_is_text(prompt: str, expected: Wording) -> None:
    """Brackets without a weight too; a backslash makes a sign text."""
    check_prompt(prompt)

    assert expected == wording_of(prompt)


def test_takes_go_through_all_alternatives_of_all_groups() -> None:
    """Each combination once before the first comes again, whatever the seed is."""
    first, second = ["boots", "heels"], ["gravel", "snow", "wet leaves", "wood"]
    prompt = "{boots|heels} on {gravel|snow|wet leaves|wood}"
    expected = {f"{one} on {other}" for one, other in product(first, second)}

    for seed in (0, 7, 2**31 - 1):
        assert expected == {expand(prompt, seed + take) for take in range(8)}


def test_groups_of_two_prompts_choose_alike() -> None:
    """Along a region it stays the same shoe."""
    for number in range(6):
        before, after = (expand(f"{{boots|heels}} on {ground}", number) for ground in ("gravel", "wood"))
        assert before.split()[0] == after.split()[0]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("({gravel|snow}:1.4) steps", ["(gravel:1.4) steps", "(snow:1.4) steps"]),
        ("{(gravel:1.4)|snow} steps", ["(gravel:1.4) steps", "snow steps"]),
        ("{loud |}boots", ["loud boots", "boots"]),
        (r"{a\|b|c\}} d", [r"a\|b d", r"c\} d"]),
        (r"\{a|b\}", [r"\{a|b\}"] * 2),
        ("no  alternatives ", ["no  alternatives "] * 2),
    ],
)
def test_alternatives_are_chosen_as_they_are_written(prompt: str, expected: list[str]) -> None:
    """Weights and backslashes stay for later; nothing at all is a choice as well."""
    check_prompt(prompt)

    assert expected == [expand(prompt, number) for number in range(2)]


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("{gravel|snow", "{ without its end"),
        ("gravel|snow}", "} without its beginning"),
        ("(boots:1.3 on gravel", "( without its end"),
        ("boots)", ") without its beginning"),
        ("(a}{b)", "} without its beginning"),
        ("{a|{b|c}}", "can't stand inside braces"),
        ("boots {}", "leave no choice"),
        ("boots { }", "leave no choice"),
        ("(boots:9)", "weight is a number from 0 to 3, such as (boots:1.3), not '9'"),
        ("(boots:-1)", "not '-1'"),
        ("(boots:1,3)", "not '1,3'"),
        ("{(boots:9)|heels}", "not '9'"),
        ("{(a|b)}", "( without its end"),
        ("{boots|}", "leaves the prompt empty"),
        ("(a:1" + "0" * 400 + ")", "weight is a number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(prompt: str, why: str) -> None:
    """In whichever alternative it stands."""
    with pytest.raises(EngineError) as caught:
        check_prompt(prompt)

    assert ErrorCode.BAD_ARGUMENT == caught.value.code
    assert why in caught.value.sentence
    assert len(caught.value.sentence) < 200


@given(st.text("ab (){}|:\\1.5\n", max_size=30), st.integers(0, 2**31 + 16))
def test_what_is_accepted_comes_to_a_wording_for_every_take(prompt: str, number: int) -> None:
    """Whatever is typed: a sentence at once, or no error later."""
    try:
        check_prompt(prompt)
    except EngineError:
        return
    assert bool(prompt.strip()) == bool(wording(prompt, number).text.strip())


@given(st.text(max_size=30))
def test_any_text_can_be_said_with_backslashes(text: str) -> None:
    """Signs are then themselves."""
    escaped = "".join(f"\\{sign}" if sign in "(){}|:\\" else sign for sign in text)

    assert Wording(text) == wording(escaped, 5)
