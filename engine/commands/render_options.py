"""The options that ``render`` and ``generate`` share, and the request they make."""

from __future__ import annotations

import argparse
import secrets
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.commands.arguments import add_json_option, number, whole
from engine.protocol.osc import decode_packet
from engine.protocol.requests import RenderRequest, Sampler, encode_request, parse_request
from engine.take_names import numbered

DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(RenderRequest)}

# The option's name is the attribute argparse stores it under; the request may call it otherwise.
_FIELDS = (
    "prompt",
    "negative",
    "seed",
    "steps",
    "guidance",
    "guidance_low",
    "guidance_high",
    "takes",
    "candidates",
    "model",
    "sampler",
    "eta",
)


def add_render_options(parser: argparse.ArgumentParser) -> None:
    """Options of every job."""
    add = parser.add_argument
    add("--prompt", required=True, metavar="TEXT", help="what it should sound like")
    add("--negative", default="", metavar="TEXT", help="what it should not sound like")
    add(
        "--seed",
        type=whole,
        default=DEFAULTS["seed"],
        metavar="N",
        help="which noise to start from (%(default)s); the same seed gives the same take, the next candidate "
        "or take uses N + 1",
    )
    add(
        "--steps",
        type=whole,
        default=DEFAULTS["steps"],
        metavar="N",
        help="denoising steps (the model's own)",
    )
    add(
        "--guidance",
        type=number,
        default=DEFAULTS["guidance"],
        metavar="G",
        help="how firmly to follow the prompt (the model's own)",
    )
    for side, where in (("low", "below"), ("high", "above")):
        add(
            f"--guidance-{side}",
            type=number,
            default=DEFAULTS[f"guidance_{side}"],
            metavar="S",
            help=f"share of the noise, 0..1, {where} which there is no guidance",
        )
    add(
        "--takes",
        type=whole,
        default=DEFAULTS["takes"],
        metavar="N",
        help="how many takes to make (%(default)s); more than one are numbered: name-1.wav, name-2.wav",
    )
    add(
        "--candidates",
        type=whole,
        default=DEFAULTS["candidates"],
        metavar="N",
        help="how many to make for each take, to keep the one nearest to the prompt (%(default)s)",
    )
    add("--model", default=DEFAULTS["model"], metavar="NAME", help="which model (the engine's own)")
    add(
        "--sampler",
        type=_sampler,
        default=None,
        metavar="NAME",
        help=f"{', '.join(Sampler)} (the model's own)",
    )
    add(
        "--eta",
        type=number,
        default=DEFAULTS["eta"],
        metavar="E",
        help="fresh noise at each step of dpm and ddim, 0..1 (as the task needs)",
    )
    add("--force", action="store_true", help="replace OUT if it is there")
    add_json_option(parser)  # fmt: skip


def _sampler(text: str) -> Sampler:
    try:
        return Sampler(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"there is no sampler {text!r}; use {', '.join(Sampler)}.") from None


def new_job_id() -> str:
    """A name no other client uses."""
    return f"cli-{secrets.token_hex(4)}"


def job_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """The request's fields that the shared options decide."""
    chosen = {name: getattr(arguments, name) for name in _FIELDS}
    output = str(Path(arguments.OUT).absolute())
    return chosen | {"output": output, "overwrite": arguments.force, "want_chunks": False}


def checked(request: RenderRequest) -> RenderRequest:
    """The request, if the engine would take it: the engine's own rules are asked. Raises EngineError."""
    from engine.audio.atomic import check_output

    for message in decode_packet(encode_request(request)):
        parse_request(message)
    for take in range(request.takes):
        check_output(numbered(Path(request.output), take, request.takes), request.overwrite)
    return request
