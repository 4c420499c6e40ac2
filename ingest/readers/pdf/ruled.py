"""Drawn lines -> tables: which grids they make, and what stands in their cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.readers.pdf.lines import join_words, top_down, with_bullet
from ingest.readers.pdf.printed import Line, Rule, Word
from ingest.readers.text import runs

_SAME_RULE = 4.0  # points between drawn lines that are one
_SURE = 3  # columns between drawn lines; one row of them is a table, as is the end of one at the top of a page
_MAX_LABEL = 100  # characters of a cell over several rows that are given in each

Cell = list[Line]


@dataclass(slots=True)
class Table:
    """Rows of cells; the lines of a cell stand below each other, an empty cell has none."""

    rows: list[list[Cell]]
    y: float


def grids(rules: Sequence[Rule]) -> Iterator[tuple[list[float], list[float]]]:
    """Grids of drawn lines: for each its row boundaries and its column boundaries, in points."""
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: (rule.y0, rule.x0)):
        touching = [group for group in groups if any(_touch(rule, other) for other in group)]
        merged = [rule, *(other for group in touching for other in group)]
        groups = [group for group in groups if group not in touching] + [merged]
    for group in groups:
        ys = distinct([rule.y0 for rule in group if rule.y0 == rule.y1])
        ends = [x for rule in group if rule.y0 == rule.y1 for x in (rule.x0, rule.x1)]
        often = [x for x in ends if sum(abs(x - other) < 2 for other in ends) > 2]  # lines that stop at each column
        xs = distinct([rule.x0 for rule in group if rule.x0 == rule.x1] + often)
        if len(xs) >= 3 and len(ys) >= (2 if len(xs) > _SURE else 3):
            yield ys, xs


def _touch(a: Rule, b: Rule) -> bool:
    return max(a.x0 - b.x1, b.x0 - a.x1, a.y0 - b.y1, b.y0 - a.y1) <= 3


def is_inside(table: Table, grid: tuple[list[float], list[float]]) -> bool:
    """Whether a table begins inside a grid."""
    ys, xs = grid
    return ys[0] < table.y < ys[-1] and xs[0] <= next(cell[0].x0 for cell in table.rows[0] if cell) <= xs[-1]


def nest(inner: Table, outer: Table) -> None:
    """Put the rows of a table that stands in a cell below the row of that cell, with nothing in the first column."""
    at = [i for i, row in enumerate(outer.rows) if min(line.y for cell in row for line in cell) < inner.y]
    outer.rows[at[-1] + 1 : at[-1] + 1] = [[[], *row] for row in inner.rows]


def distinct(values: Sequence[float], step: float = _SAME_RULE) -> list[float]:
    """Return the first of each run of values that are no further than a step from the one before."""
    return [run[0] for run in runs(sorted(values), lambda run, value: value - run[-1] > step)]


def ruled_table(
    grid: tuple[list[float], list[float]], lines: Sequence[Line], rules: Sequence[Rule]
) -> tuple[Table | None, list[Line]]:
    """Make a table of what stands inside a grid, or none where that is but a box around text; and the other lines."""
    ys, xs = grid
    inside = [
        line for line in lines if ys[0] < line.y - 0.2 * line.size < ys[-1] + 2 and xs[0] - 4 <= line.x0 <= xs[-1]
    ]
    columns = range(len(xs) - 1)
    cells: list[list[list[Word]]] = [[[] for _ in columns] for _ in ys[1:]]
    starts = [_starts(rules, inside, xs, top, bottom) for top, bottom in pairwise(ys)]
    for word in (word for line in inside for word in line.words):
        row = sum(word.y - 0.3 * word.size > y for y in ys[1:-1])
        column = sum(word.x0 + 1.5 > x for x in xs[1:-1])
        cells[row][starts[row][column]].append(word)
    for own, over in zip(cells, _merged(rules, xs, ys), strict=True):
        for first, last in over:
            label = [word for one in own[first:last] for word in one]
            if sum(len(word.text) for word in label) <= _MAX_LABEL:
                own[first:last] = [label] * (last - first)
    for first, last in _spans(rules, ys, xs):
        span = cells[first:last]
        label = [word for one in span for word in one[0]]
        labelled = [one for one in span if any(one[1:])]  # the other rows of the grid are empty
        if labelled and not all(one[0] for one in span):
            for one in span:
                one[0] = []
            for one in labelled if sum(len(word.text) for word in label) <= _MAX_LABEL else labelled[:1]:
                one[0] = label
    rows = [[[with_bullet(line) for line in top_down(join_words(own))] for own in row] for row in cells if any(row)]
    used = [column for column in columns if any(row[column] for row in rows)]
    if not inside or (len(columns) < _SURE and (len(used) < 2 or len(rows) < 2)):
        return None, list(lines)  # a box around text
    table = Table([[row[column] for column in used] for row in rows], min(line.y for line in inside))
    known = set(map(id, inside))
    return table, [line for line in lines if id(line) not in known]


def _merged(rules: Sequence[Rule], xs: Sequence[float], ys: Sequence[float]) -> Iterator[list[tuple[int, int]]]:
    """For each row the columns, the first aside, that a cell covers: none of the lines between them runs there."""
    drawn = [[_is_upright(rules, x, (top + bottom) / 2) for x in xs] for top, bottom in pairwise(ys)]
    between = [any(own) for own in zip(*drawn, strict=True)]  # else no line parts these columns in any row
    for own in drawn:
        edges = [i for i, (here, somewhere) in enumerate(zip(own, between, strict=True)) if here or not somewhere]
        yield [(a, b) for a, b in pairwise(edges) if 0 < a < b - 1]


def _is_upright(rules: Sequence[Rule], x: float, y: float) -> bool:
    return any(abs(r.x0 - x) <= _SAME_RULE and r.x0 == r.x1 and r.y0 <= y <= r.y1 for r in rules)


def _spans(rules: Sequence[Rule], ys: Sequence[float], xs: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Rows, from the first to before the last, that no line parts in the first column."""
    middle = (xs[0] + xs[1]) / 2
    ruled = [any(abs(r.y0 - y) <= _SAME_RULE and _runs_over(r, middle) for r in rules if r.y0 == r.y1) for y in ys]
    yield from pairwise(i for i, is_ruled in enumerate(ruled) if is_ruled or i in (0, len(ys) - 1))


def _starts(rules: Sequence[Rule], lines: Sequence[Line], xs: Sequence[float], top: float, bottom: float) -> list[int]:
    """For each column of a row the one in which its cell starts: an earlier one where its text runs over no line."""
    middle = (top + bottom) / 2
    starts = [0]
    for column, x in enumerate(xs[1:-1], start=1):
        upright = _is_upright(rules, x, middle)
        over = any(abs(r.y0 - top) <= _SAME_RULE and _runs_over(r, x) for r in rules)
        text = any(top < line.y - 0.3 * line.size < bottom and _runs_over(line, x) for line in lines)
        starts.append(starts[-1] if text and over and not upright else column)
    return starts


def _runs_over(item: Rule | Line, x: float) -> bool:
    return item.x0 < x - _SAME_RULE and item.x1 > x + _SAME_RULE
