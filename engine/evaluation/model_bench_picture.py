"""A picture of the models' benchmark: each stage's seconds side by side, and one step by operators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

from engine.evaluation.model_report import THEIRS, Report, StageTime
from engine.evaluation.operator_profile import OperatorTime

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
INK: Colour = (34, 34, 34)
# Okabe and Ito's palette, told apart with any kind of colour vision; the words beside each bar say it too.
THEIR_BAR: Colour = (150, 150, 150)
OUR_BAR: Colour = (0, 114, 178)
LIMIT: Colour = (213, 94, 0)
OPERATOR_BAR: Colour = (0, 158, 115)

WIDTH = 1100
LABEL, FULL = 330, 900  # columns where bars begin, and where the longest ends
ROW, GAP, EDGE = 26, 16, 30
MOST_OPERATORS = 12
_TITLE, _TEXT = 22, 16


@dataclass(frozen=True)
class Bar:
    """One bar. ``share``: of the longest beside it. ``limit``: where its mark goes, if it has one."""

    label: str
    share: float
    told: str
    colour: Colour
    limit: float | None = None


def draw_report(report: Report, title: str) -> Image.Image:
    """The picture. Each stage has a scale of its own: its longest bar is full."""
    groups = [(stage, list(_stage_bars(list(rows)))) for stage, rows in _by_stage(report.stages)]
    if report.operators:
        groups.append(("one guided step, by operators", list(_operator_bars(report.operators))))
    height = 110 + sum(ROW * (len(bars) + 1) + GAP for _, bars in groups)
    image = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((EDGE, 18), title, fill=INK, font=_font(_TITLE))
    legend = "seconds; orange mark: the least that the arithmetic allows at this machine's peak rate"
    draw.text((EDGE, 54), legend, fill=INK, font=_font(_TEXT))
    row = 92
    for heading, bars in groups:
        row = _draw_group(draw, heading, bars, row)
    return image


def _by_stage(stages: Sequence[StageTime]) -> Iterator[tuple[str, Iterator[StageTime]]]:
    return groupby(stages, key=lambda time: time.stage)


def _stage_bars(times: Sequence[StageTime]) -> Iterator[Bar]:
    longest = max(time.seconds for time in times)
    theirs = next(time.seconds for time in times if time.side == THEIRS)
    for time in times:
        is_theirs = time.side == THEIRS
        told = f"{time.seconds:.3g} s" if is_theirs else f"{time.seconds:.3g} s, {theirs / time.seconds:.1f}x"
        limit = None if time.limit is None else time.limit / longest
        yield Bar(time.side, time.seconds / longest, told, THEIR_BAR if is_theirs else OUR_BAR, limit)


def _operator_bars(operators: Sequence[OperatorTime]) -> Iterator[Bar]:
    """The slowest, and all others as one."""
    total = sum(operator.seconds for operator in operators)
    shown, rest = operators[:MOST_OPERATORS], operators[MOST_OPERATORS:]
    if rest:
        others = OperatorTime("others", sum(row.seconds for row in rest), sum(row.nodes for row in rest))
        shown = (*shown, others)
    longest = max(operator.seconds for operator in shown)
    for row in shown:
        told = f"{1000 * row.seconds:.3g} ms, {100 * row.seconds / total:.0f} %"
        yield Bar(f"{row.operator} ({row.nodes})", row.seconds / longest, told, OPERATOR_BAR)


def _draw_group(draw: ImageDraw.ImageDraw, heading: str, bars: Sequence[Bar], row: int) -> int:
    """A heading and its bars; returns the row below."""
    draw.text((EDGE, row), heading, fill=INK, font=_font(_TEXT))
    for bar in bars:
        row += ROW
        _draw_bar(draw, bar, row)
    return row + ROW + GAP


def _draw_bar(draw: ImageDraw.ImageDraw, bar: Bar, row: int) -> None:
    end = LABEL + round((FULL - LABEL) * bar.share)
    draw.text((LABEL - 12, row + 2), bar.label, fill=INK, font=_font(_TEXT), anchor="ra")
    draw.rectangle([LABEL, row, max(end, LABEL + 1), row + ROW - 8], fill=bar.colour)
    if bar.limit is not None:
        column = LABEL + round((FULL - LABEL) * min(bar.limit, 1.0))
        draw.rectangle([column - 2, row - 2, column + 1, row + ROW - 6], fill=LIMIT)
    draw.text((end + 10, row + 2), bar.told, fill=INK, font=_font(_TEXT))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
