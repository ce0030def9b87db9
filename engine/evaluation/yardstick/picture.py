"""A picture of an evaluation: every kind of sound by every measure, transfers, memory, gaps, prompts.

Each measure has a scale of its own. Noise may lie far beyond all others: a bar that is cut has an open end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from engine.evaluation.yardstick.editing import TransferPoint
from engine.evaluation.yardstick.report import Kind, PromptRow, Report, Row, Target

Colour = tuple[int, int, int]
Draw = ImageDraw.ImageDraw

PAPER: Colour = (255, 255, 255)
INK: Colour = (34, 34, 34)
GRID: Colour = (214, 214, 214)
# Okabe and Ito's palette, told apart with any kind of colour vision; the words beside each bar say it too.
COLOURS = {
    Kind.REAL: (0, 158, 115),
    Kind.ROUND_TRIP: (86, 180, 233),
    Kind.NEIGHBOUR: (204, 121, 167),
    Kind.TAKE: (0, 114, 178),
    Kind.PREVIOUS: (230, 159, 0),
    Kind.NOISE: (150, 150, 150),
}
BOUND: Colour = (213, 94, 0)
PASSED, FAILED = COLOURS[Kind.REAL], BOUND

WIDTH, EDGE, TOP = 1500, 30, 96
COLUMN = 520  # from one column of panels to the next
LABEL, LONGEST = 150, 250  # a bar's label, and the longest bar
ROW, GAP, HEADING = 22, 18, 26
NUMBER_WIDTH = 60
CELL, PROMPT_ROW = 12, 19
PLOT_WIDTH, PLOT_HEIGHT = 430, 210
# Other bars are compared with the longest but noise's, which may be this many times as long.
CUT = 1.25
_TITLE, _TEXT, _SMALL = 22, 15, 13


@dataclass(frozen=True)
class Panel:
    """One measure: a heading, what it is of a row, and how it is told. bound: where its target lies."""

    heading: str
    value: Callable[[Row], float | None]
    told: Callable[[float], str]
    bound: float | None = None


def draw_report(report: Report, title: str) -> Image.Image:
    """The picture."""
    heights = [_bars_height(report, _left(report)), _right_height(report), _prompts_height(report)]
    image = Image.new("RGB", (WIDTH, TOP + max(heights) + EDGE), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((EDGE, 18), title, fill=INK, font=_font(_TITLE))
    legend = "orange marks: targets. (+) more is better, (-) less is better. * no held-out recording"
    draw.text((EDGE, 54), legend, fill=INK, font=_font(_TEXT))
    row = TOP
    for panel in _left(report):
        row = _draw_panel(draw, panel, report, row)
    row = _draw_targets(draw, report.targets, EDGE + COLUMN, TOP)
    if report.transfer:
        row = _draw_transfer(draw, report.transfer, EDGE + COLUMN, row)
    row = _draw_training(draw, report, EDGE + COLUMN, row)
    _draw_gaps(draw, report, EDGE + COLUMN, row)
    _draw_prompts(draw, report, EDGE + 2 * COLUMN + 20, TOP)
    return image


def _left(report: Report) -> list[Panel]:
    """The panels of bars that have anything to show."""
    real, back = report.rows.get(Kind.REAL), report.rows.get(Kind.ROUND_TRIP)
    fad_bound = None if back is None or back.fad is None else 2.0 * back.fad
    panels = [
        Panel("YAMNet hit (+)", lambda row: row.hit, _plain, None if real is None else 0.6 * real.hit),
        Panel("CLAP agreement (+)", lambda row: row.closeness, _plain),
        Panel("FAD-YAMNet (-)", lambda row: row.fad, _plain, fad_bound),
        Panel("FAD-aiSFX (-)", lambda row: row.fad_effects, _plain),
        Panel("KL-YAMNet, nats (-)", lambda row: row.kl, _plain),
        Panel("IS-YAMNet (+)", lambda row: row.inception, _plain),
        Panel("diversity within a prompt (+)", lambda row: row.diversity, _plain),
        Panel("silent or clipped (-)", lambda row: row.unusable, _percent, 0.05),
        Panel("begins late (-)", lambda row: row.late, _percent),
    ]
    return [panel for panel in panels if any(panel.value(row) is not None for row in report.rows.values())]


def _plain(value: float) -> str:
    return f"{value:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _bars_height(report: Report, panels: Sequence[Panel]) -> int:
    rows = [sum(panel.value(row) is not None for row in report.rows.values()) for panel in panels]
    return sum(HEADING + ROW * count + GAP for count in rows)


def _draw_panel(draw: Draw, panel: Panel, report: Report, row: int) -> int:
    """A heading and a bar for each kind; returns the row below."""
    values = {kind: panel.value(of_kind) for kind, of_kind in report.rows.items()}
    known = {kind: value for kind, value in values.items() if value is not None}
    compared = [abs(value) for kind, value in known.items() if kind is not Kind.NOISE]
    full = max([*compared, panel.bound or 0.0, 1e-9]) * CUT
    draw.text((EDGE, row), panel.heading, fill=INK, font=_font(_TEXT))
    row += HEADING
    mark = None if panel.bound is None else EDGE + LABEL + round(LONGEST * panel.bound / full)
    for kind, value in known.items():
        _draw_bar(draw, kind, value / full, panel.told(value), row, mark)
        row += ROW
    if mark is not None:
        draw.rectangle([mark - 1, row - ROW * len(known) - 3, mark + 1, row - 3], fill=BOUND)
    return row + GAP


def _draw_bar(draw: Draw, kind: Kind, share: float, told: str, row: int, mark: int | None) -> None:
    """Its number stands behind it, and behind the mark where that would run through it."""
    left = EDGE + LABEL
    end = left + max(1, round(LONGEST * min(max(share, 0.0), 1.0)))
    draw.text((left - 10, row), kind, fill=INK, font=_font(_SMALL), anchor="ra")
    draw.rectangle([left, row, end, row + ROW - 7], fill=COLOURS[kind])
    if share > 1.0:  # an open end
        draw.polygon([(end - 9, row - 1), (end + 1, row - 1), (end + 1, row + ROW - 6)], fill=PAPER)
    is_crossed = mark is not None and end < mark < end + NUMBER_WIDTH
    beside = mark if is_crossed and mark is not None else end
    draw.text((beside + 8, row), told, fill=INK, font=_font(_SMALL))


def _draw_targets(draw: Draw, targets: Sequence[Target], left: int, row: int) -> int:
    draw.text((left, row), "targets", fill=INK, font=_font(_TEXT))
    row += HEADING
    for target in targets:
        colour = {"PASS": PASSED, "FAIL": FAILED}.get(target.verdict, GRID)
        draw.rectangle([left, row, left + 12, row + 12], fill=colour)
        draw.text((left + 20, row - 1), _target_text(target), fill=INK, font=_font(_SMALL))
        row += ROW
    return row + GAP


def _target_text(target: Target) -> str:
    def told(value: float) -> str:
        return f"{value:.2f} {target.unit}" if target.unit else f"{100 * value:.1f} %"

    value = "" if target.value is None else f"{told(target.value)}, "
    bound = f"{'at most' if target.at_most else 'at least'} {told(target.bound)}"
    return f"{target.verdict}: {target.name} {value}{bound}"


def _right_height(report: Report) -> int:
    plot = PLOT_HEIGHT + HEADING + 60 if report.transfer else 0
    rows = len(report.targets) + len(report.rows) + 1 + 2 * len(report.gaps)
    return plot + ROW * rows + 4 * (HEADING + GAP)


def _draw_transfer(draw: Draw, points: Sequence[TransferPoint], left: int, row: int) -> int:
    """What transfers gain, upwards, over how far they go from their source, to the right."""
    draw.text(
        (left, row), "transfer: probability gained over distance from source", fill=INK, font=_font(_TEXT)
    )
    top = row + HEADING
    box = (left + 50, top, left + 50 + PLOT_WIDTH - 50, top + PLOT_HEIGHT)
    widest = max(point.distance for point in points) * 1.15
    low = min(0.0, *(point.gained for point in points))
    high = max(0.01, *(point.gained for point in points)) * 1.2

    def place(point: TransferPoint) -> tuple[int, int]:
        across = box[0] + round((box[2] - box[0]) * point.distance / widest)
        return across, box[3] - round((box[3] - box[1]) * (point.gained - low) / (high - low))

    _draw_axes(draw, box, widest, low, high)
    places = [place(point) for point in points]
    draw.line(places, fill=COLOURS[Kind.TAKE], width=2)
    for point, (column, line) in zip(points, places, strict=True):
        draw.ellipse([column - 4, line - 4, column + 4, line + 4], fill=COLOURS[Kind.TAKE])
        told = f"{point.strength:g} (hit {point.hit:.2f})"
        is_left = column - box[0] < 2 * NUMBER_WIDTH
        beside, anchor = (column + 8, "lm") if is_left else (column - 8, "rm")
        draw.text((beside, line - 9), told, fill=INK, font=_font(_SMALL), anchor=anchor)
    return box[3] + 44 + GAP


def _draw_axes(draw: Draw, box: tuple[int, int, int, int], widest: float, low: float, high: float) -> None:
    left, top, right, bottom = box
    zero = bottom - round((bottom - top) * (0.0 - low) / (high - low))
    draw.line([(left, zero), (right, zero)], fill=GRID)
    draw.line([(left, top), (left, bottom), (right, bottom)], fill=INK)
    for share in (0.0, 0.5, 1.0):
        column = left + round((right - left) * share)
        draw.text((column, bottom + 5), f"{widest * share:.2f}", fill=INK, font=_font(_SMALL), anchor="ma")
        line = bottom - round((bottom - top) * share)
        value = low + (high - low) * share
        draw.text((left - 6, line), f"{value:.2f}", fill=INK, font=_font(_SMALL), anchor="rm")
    draw.text(
        ((left + right) // 2, bottom + 22),
        "log-mel distance, nats",
        fill=INK,
        font=_font(_SMALL),
        anchor="ma",
    )


def _draw_training(draw: Draw, report: Report, left: int, row: int) -> int:
    """Distances to the nearest training clip: quartiles and median of each kind."""
    shown = {kind: of_kind.nearest for kind, of_kind in report.rows.items() if of_kind.nearest is not None}
    if not shown:
        return row
    draw.text((left, row), "distance to the nearest training clip", fill=INK, font=_font(_TEXT))
    row += HEADING
    begin, most = left + LABEL, max(nearness.high for nearness in shown.values()) or 1.0
    for kind, nearness in shown.items():
        columns = [begin + round(LONGEST * v / most) for v in (nearness.low, nearness.median, nearness.high)]
        name = "held-out clips" if kind is Kind.REAL else str(kind)
        draw.text((begin - 10, row), name, fill=INK, font=_font(_SMALL), anchor="ra")
        draw.rectangle([columns[0], row + 4, columns[2] + 1, row + ROW - 11], fill=COLOURS[kind])
        draw.rectangle([columns[1] - 2, row, columns[1] + 2, row + ROW - 7], fill=INK)
        share = "" if nearness.suspicious is None else f", {100 * nearness.suspicious:.0f} % near"
        draw.text((columns[2] + 10, row), f"{nearness.median:.3f}{share}", fill=INK, font=_font(_SMALL))
        row += ROW
    limit = None if report.memory is None else report.memory.limit
    if limit is not None:
        column = begin + round(LONGEST * limit / most)
        draw.rectangle([column - 1, row - ROW * len(shown) - 3, column + 1, row - 3], fill=BOUND)
    return row + GAP


def _draw_gaps(draw: Draw, report: Report, left: int, row: int) -> None:
    """Filled gaps beside what was there, and beside what does not belong."""
    if not report.gaps:
        return
    draw.text((left, row), "a gap of 1 s: seams, and distance from around", fill=INK, font=_font(_TEXT))
    row += HEADING
    for name, gap in report.gaps.items():
        told = (
            f"{name}: seam {gap.seam:.2f} (95th percentile {gap.worst_seam:.2f}), "
            f"spectrum {gap.spectrum:.2f} nats"
        )
        draw.text((left, row), told, fill=INK, font=_font(_SMALL))
        row += ROW


def _prompts_height(report: Report) -> int:
    return HEADING + PROMPT_ROW * len(report.prompts)


def _draw_prompts(draw: Draw, report: Report, left: int, row: int) -> None:
    """Hits of every prompt: a square for each take, full or empty, and for each real clip."""
    kinds = [kind for kind in (Kind.TAKE, Kind.REAL) if kind in report.prompts[0].hits]
    heading = "hits: takes" + (", real clips" if len(kinds) > 1 else "")
    draw.text((left, row), heading, fill=INK, font=_font(_TEXT))
    row += HEADING
    for prompt in report.prompts:
        _draw_prompt(draw, prompt, kinds, left, row)
        row += PROMPT_ROW


def _draw_prompt(draw: Draw, prompt: PromptRow, kinds: Sequence[Kind], left: int, row: int) -> None:
    for column, kind, hit in _squares(prompt, kinds, left):
        box = [column, row + 2, column + CELL, row + 2 + CELL]
        draw.rectangle(box, fill=COLOURS[kind] if hit else PAPER, outline=COLOURS[kind])
    text = prompt.text + (" *" if prompt.held_out is False else "")
    width = sum(len(prompt.hits[kind]) * (CELL + 3) + 10 for kind in kinds)
    draw.text((left + width + 4, row), text, fill=INK, font=_font(_SMALL))


def _squares(prompt: PromptRow, kinds: Sequence[Kind], left: int) -> Iterator[tuple[int, Kind, bool]]:
    for kind in kinds:
        for hit in prompt.hits[kind]:
            yield left, kind, hit
            left += CELL + 3
        left += 10


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
