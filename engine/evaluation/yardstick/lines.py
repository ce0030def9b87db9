"""A report as text, for a terminal or for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.evaluation.agreement import FIRST_PROMPTS
from engine.evaluation.yardstick.report import Kind, Report, Row, Target

COLUMNS = (
    "sounds",
    "hit",
    "prob.",
    "CLAP",
    "FAD-YAMNet",
    "FAD-aiSFX",
    "KL-YAMNet",
    "IS-YAMNet",
    "diversity",
    "from training",
    "unusable",
    "late",
)
TRANSFER_COLUMNS = ("transfer, strength", "hit", "probability gained", "CLAP gained", "distance, nats")
GAP_COLUMNS = ("a gap of 1 s", "seam", "worst seam", "clicks", "spectrum from around, nats")
NOTHING = "-"


def text(report: Report) -> Iterator[str]:
    """All of it, in columns."""
    yield from _aligned([("prompt", *_kinds(report), "heard first"), *_prompt_cells(report)])
    yield ""
    for grid in _grids(report):
        yield from _aligned(grid)
        yield ""
    yield from _remarks(report)


def markdown(report: Report) -> Iterator[str]:
    """All but the prompts, as tables."""
    for grid in _grids(report):
        yield "| " + " | ".join(grid[0]) + " |"
        yield "|" + "---|" * len(grid[0])
        yield from ("| " + " | ".join(row) + " |" for row in grid[1:])
        yield ""
    yield from _remarks(report)


def _grids(report: Report) -> Iterator[list[tuple[str, ...]]]:
    """The tables, each with its heading first."""
    yield [("", *COLUMNS), *((str(kind), *_cells(row)) for kind, row in report.rows.items())]
    if report.transfer:
        yield [
            ("transfer, strength", "hit", "probability gained", "CLAP gained", "distance, nats"),
            *_transfer(report),
        ]
    if report.gaps:
        yield [GAP_COLUMNS, *_gaps(report)]
    yield [("target", "value", "should be", ""), *map(_target, report.targets)]


def _cells(row: Row) -> tuple[str, ...]:
    nearest = NOTHING if row.nearest is None else f"{row.nearest.median:.3f}"
    if row.nearest is not None and row.nearest.suspicious is not None:
        nearest += f" ({_percent(row.nearest.suspicious)})"
    return (
        str(row.sounds),
        f"{row.hit:.3f}",
        f"{row.probability:.3f}",
        _number(row.closeness, 3),
        _number(row.fad, 3),
        _number(row.fad_effects, 3),
        _number(row.kl, 2),
        _number(row.inception, 2),
        _number(row.diversity, 3),
        nearest,
        _percent(row.unusable),
        _percent(row.late),
    )


def _transfer(report: Report) -> Iterator[tuple[str, ...]]:
    for point in report.transfer:
        closer = _number(point.closeness_gained, 3)
        yield (
            f"{point.strength:g}",
            f"{point.hit:.2f}",
            f"{point.gained:+.3f}",
            closer,
            f"{point.distance:.2f}",
        )


def _gaps(report: Report) -> Iterator[tuple[str, ...]]:
    for name, row in report.gaps.items():
        yield name, f"{row.seam:.2f}", f"{row.worst_seam:.2f}", _percent(row.clicks), f"{row.spectrum:.2f}"


def _target(target: Target) -> tuple[str, ...]:
    bound = f"{'at most' if target.at_most else 'at least'} {_amount(target.bound, target.unit)}"
    value = NOTHING if target.value is None else _amount(target.value, target.unit)
    return target.name, value, bound, target.verdict


def _remarks(report: Report) -> Iterator[str]:
    """What has to be known to read the numbers."""
    takes = report.rows[Kind.TAKE]
    first = report.mean_hit(Kind.TAKE, report.prompts[:FIRST_PROMPTS])
    if first is not None and len(report.prompts) > FIRST_PROMPTS:
        yield f"Hits of the first {FIRST_PROMPTS} prompts, as they were before: {first:.3f}."
    for space in report.spaces:
        yield (
            f"FAD-{space.name}: {space.vectors} vectors of each kind against {space.of_reference}, along "
            f"{space.axes} of {space.dimensions} axes, {_percent(space.kept)} of the reference's variance."
        )
    if takes.fad_all is not None:
        every = ", ".join(f"{kind} {_number(row.fad_all, 3)}" for kind, row in report.rows.items())
        yield f"FAD-YAMNet along all axes, most of which no sample this small fills: {every}."
    yield from _memory(report)
    yield from report.notes


def _memory(report: Report) -> Iterator[str]:
    if report.memory is None:
        return
    between = report.memory.between
    yield (
        f"From training: median distance to the nearest training clip. Real ones are {between.median:.3f} "
        f"(quartiles {between.low:.3f}, {between.high:.3f}) from those of other packages."
    )
    if report.memory.limit is not None:
        yield (
            f"In brackets: the share nearer than {report.memory.limit:.3f}, as 5 % of held-out recordings "
            "are; much more would be copying."
        )
    packages = ", ".join(f"{name} {count} ({least:.3f})" for name, count, least in report.memory.packages[:5])
    yield f"Packages of the takes' nearest clips, how often, and the least distance: {packages}."
    for copied in report.memory.nearest:
        yield (
            f'Nearest: "{copied.prompt}", take {copied.take + 1}, {copied.distance:.3f} '
            f"from clip {copied.clip} of {copied.package}."
        )


def _kinds(report: Report) -> list[Kind]:
    """Those that were heard prompt by prompt."""
    return [kind for kind in report.rows if kind in report.prompts[0].hits]


def _prompt_cells(report: Report) -> Iterator[tuple[str, ...]]:
    for row in report.prompts:
        shares = [f"{sum(row.hits[kind])}/{len(row.hits[kind])}" for kind in _kinds(report)]
        if row.held_out is False:
            shares[0] += "*"
        yield row.text, *shares, ", ".join(row.heard)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns as wide as they need to be, the first and the last to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    last = len(widths) - 1
    for row in rows:
        cells = [
            cell.ljust(width) if column in (0, last) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _amount(value: float, unit: str) -> str:
    return f"{value:.2f} {unit}" if unit else _percent(value)


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
