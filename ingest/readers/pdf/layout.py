"""Printed words -> lines in reading order, and tables: the geometry of one page."""

import statistics
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from ingest.readers.pdf.lines import MARKER, MARKER_GAP, rows_of, top_down, with_bullet
from ingest.readers.pdf.printed import Line, Sheet, Word
from ingest.readers.pdf.ruled import Cell, Table, distinct, grids, is_inside, nest, ruled_table
from ingest.readers.text import runs

# All in parts of the font size, unless said otherwise.
_GUTTER = 0.8  # least width of the white between two columns
_MAX_CROSSING = 0.25  # of the lines may run over the gutter: titles, and figures over the full width
_MIN_LINES = 3  # a column of fewer is no column,
_SHORT_GUTTER = 1.5  # but the last one where its sentences run on and so much white stands before it
_PROSE_CHARS = 16  # a column of prose has lines of at least this many characters; a table's cells have fewer
_COLUMN_STEP = 6.0  # points between the starts of two columns of a table without lines
_SAME_END = 2.0  # points between the ends of figures that stand right under each other
_ROW_STEP = 3.6  # two rows of a table without lines are closer than this
_SCANNED_ROW_STEP = 4.8  # the recogniser takes letters of a table for smaller than they are, and its baselines jump
_CELL_GAP = 0.5  # a wider gap parts two cells where a column starts
_CELL_LEADING = 1.5  # lines of one cell are closer than this


def reading_order(sheet: Sheet, lines: Sequence[Line]) -> list[list[Line] | Table]:
    """Put the lines of a page in reading order: columns, each from top to bottom, and tables between them."""
    rest = list(lines)
    items: list[list[Line] | Table] = []
    tables: list[Table] = []
    for grid in sorted(grids(sheet.rules), key=lambda grid: grid[0][-1] - grid[0][0]):  # nested ones first
        table, rest = ruled_table(grid, rest, sheet.rules)
        if table:
            for other in [other for other in tables if is_inside(other, grid)]:
                nest(other, table)
                tables.remove(other)
            tables.append(table)
    for table in [*sorted(tables, key=lambda table: table.y), None]:
        above = [line for line in rest if table is None or line.y < table.y]
        rest = [line for line in rest if table is not None and line.y >= table.y]
        for column in _columns(above):
            items += _with_loose_tables(column)
        if table:
            items.append(table)
    return items


def _columns(lines: list[Line]) -> Iterator[list[Line]]:
    """Cut lines into columns, left before right; lines over both part what is above them from what is below."""
    gutter = _find_gutter(lines)
    if gutter is None:
        if lines:
            yield top_down(lines)
        return
    ordered = sorted(lines, key=lambda line: line.y)
    for is_over, group in groupby(ordered, key=lambda line: line.x0 < gutter < line.x1):
        own = list(group)
        if is_over:
            yield from ([line] for line in own)
        else:
            yield from _columns([line for line in own if line.x1 <= gutter])
            yield from _columns([line for line in own if line.x1 > gutter])


def _find_gutter(lines: Sequence[Line]) -> float | None:
    """Middle of the white between two columns of prose, or None."""
    if len(lines) < 2 * _MIN_LINES:
        return None
    size = statistics.median(line.size for line in lines)
    first, last = min(line.x0 for line in lines), max(line.x1 for line in lines)
    found: list[tuple[int, float, float]] = []  # minus the lines over it, the white, its middle
    low, high = first + 0.2 * (last - first), last - 0.15 * (last - first)
    for edge in sorted({line.x0 for line in lines if low < line.x0 <= high}):  # a column starts where lines start
        left = [line for line in lines if line.x1 <= edge - _GUTTER * size]
        right = [line for line in lines if line.x0 >= edge - 0.05 * size]
        crossing = len(lines) - len(left) - len(right)
        if len(left) < _MIN_LINES or not right or crossing > _MAX_CROSSING * len(lines):
            continue
        white = edge - max(line.x1 for line in left)
        ends_short = white > _SHORT_GUTTER * size and _runs_on(left) and (len(right) == 1 or _runs_on(right))
        if (len(right) >= _MIN_LINES or ends_short) and _is_prose(left) and _is_prose(right):
            found.append((-crossing, white, edge - white / 2))
    return max(found)[2] if found else None


def _is_prose(lines: Sequence[Line]) -> bool:
    """Lines that fill their column and are long enough to be no cells; columns of columns count too."""
    return statistics.median(len(line.text) for line in lines) >= _PROSE_CHARS


def _runs_on(lines: Sequence[Line]) -> bool:
    """Whether a sentence goes on from a line to the one below it, as in no list of labels and values."""
    return any(
        below.text[0].islower() and above.text[-1] not in ".?!:;" and 0 < below.y - above.y < _CELL_LEADING * above.size
        for above, below in pairwise(top_down(lines))
    )


def _with_marker(row: list[Line]) -> list[Line]:
    """Join a bullet, or the number of an item, with the text that is drawn apart from it."""
    first = row[0]
    misread = first.words[0].confidence is not None and first.text in "e©"  # for a bullet
    marked = len(row) > 1 and (MARKER.match(first.text) or misread)
    if not marked or row[1].x0 - first.x1 > MARKER_GAP * first.size or (first.text[-2:-1].isdigit() and len(row) > 2):
        return row
    return [with_bullet(Line(first.words + row[1].words)), *row[2:]]


# --- tables -----------------------------------------------------------------------------------------------------------


def is_table_row(row: Sequence[Line], other: Sequence[Line]) -> bool:
    """Whether two rows of pieces that follow each other are rows of a table: short cells that line up."""
    near = abs(row[0].y - other[0].y) <= max(_row_step(row[0]), _row_step(other[0]))
    short = min(len(piece.text) for piece in (*row, *other)) < _PROSE_CHARS
    return near and short and len(row) >= 2 and _lines_up([row], other) >= 2


def _with_loose_tables(lines: list[Line]) -> Iterator[list[Line] | Table]:
    """Find tables without drawn lines: rows of pieces that stand under each other; join the pieces of other lines."""
    rows = [_with_marker(row) for row in rows_of(lines)]
    while rows:
        size = 0
        first = next((i for i in range(len(rows)) if (size := _table_size(rows, i))), len(rows))
        if first:
            yield [Line([word for piece in row for word in piece.words]) for row in rows[:first]]
        if size:
            yield _loose_table(rows[first : first + size])
        rows = rows[first + size :]


def _table_size(rows: Sequence[list[Line]], i: int) -> int:
    """Number of rows of the table at row i, or 0: two rows or more of several pieces that line up."""
    if len(rows[i]) < 2:
        return 0
    size, aligned = 1, 0
    while i + size < len(rows):
        row, before = rows[i + size], rows[i + size - 1]
        if row[0].y - before[0].y > _row_step(row[0]):
            break
        lined_up = _lines_up(rows[i : i + size], row)
        if len(row) >= 2 and lined_up >= 2:
            aligned += 1
        elif not (len(row) == 1 and lined_up and row[0].x0 > rows[i][0].x1) and not _wrapped(rows, i + size):
            break
        size += 1
    return size if aligned >= 2 or (aligned and len(rows[i]) >= 3) else 0


def _wrapped(rows: Sequence[list[Line]], i: int) -> int:
    """Return -1 where a row is a part of the first cell of the row above it, 1 of the row below, 0 of neither.

    It is one piece and stands, alone or with others, between two rows of several; the widest step parts the two cells.
    """
    start = next((at for at in range(i, -1, -1) if len(rows[at]) > 1), i)
    end = next((at for at in range(i, len(rows)) if len(rows[at]) > 1), i)
    if not start < i < end or _lines_up([rows[start]], rows[end]) < 2:
        return 0
    left, right = rows[start][0].x0 - 1, min(rows[start][1].x0, rows[end][1].x0)
    if any(not left < piece.x0 < piece.x1 < right for (piece,) in rows[start + 1 : end]):
        return 0
    steps = [below[0].y - above[0].y for above, below in pairwise(rows[start : end + 1])]
    *_, next_widest, widest = sorted(steps)
    is_close, is_alone = next_widest < min(_CELL_LEADING * rows[i][0].size, 0.9 * widest), len(steps) == 2
    cut = start + 1 + steps.index(widest) if is_close else end
    goes_on = any(row[0].text[0].islower() for row in (*rows[start + 1 : cut], *rows[cut + 1 : end + 1]))
    if not (goes_on or (is_alone and cut == end)) or not (is_close or (is_alone and goes_on)):
        return 0
    return -1 if i < cut else 1


def _row_step(line: Line) -> float:
    """Points between two rows of a table at most."""
    return (_ROW_STEP if line.words[0].confidence is None else _SCANNED_ROW_STEP) * max(line.size, 1)


def _lines_up(above: Sequence[Sequence[Line]], row: Sequence[Line]) -> int:
    edges = [(piece.x0, piece.x1) for other in above for piece in other]
    return sum(any(abs(piece.x0 - x0) < 4 or abs(piece.x1 - x1) < 4 for x0, x1 in edges) for piece in row)


def _split_at(piece: Line, starts: Sequence[float]) -> list[Line]:
    """Cut a piece where, after more than a space, a column starts: narrow columns come close to each other."""

    def begins(words: list[Word], word: Word) -> bool:
        wide = word.confidence is None and word.x0 - words[-1].x1 > _CELL_GAP * word.size
        return wide and any(abs(word.x0 - x) < 2 for x in starts)

    return [Line(words) for words in runs(piece.words, begins)]


def _loose_table(rows: Sequence[list[Line]]) -> Table:
    """Cells by where pieces start or end; a row that only goes on with cells of the row above is part of it.

    So it does with nothing in the first column, or in small letters closer to the row above than rows are.
    """
    firsts = [piece.x0 for row in rows for piece in row[1:]]
    rows = [[part for piece in row for part in _split_at(piece, firsts)] for row in rows]
    columns = _columns_of(rows)
    table: list[list[Cell]] = []
    widest = max((below[0].y - above[0].y for above, below in pairwise(rows)), default=0.0)
    held: Cell = []  # lines of the first cell of the row that comes
    for i, row in enumerate(rows):
        if (side := _wrapped(rows, i)) > 0:
            held += row
            continue
        cells: list[Cell] = [held, *([] for _ in range(max(map(max, columns))))]
        held = []
        for piece, column in zip(row, columns[i], strict=True):
            cells[column].append(piece)
        step = row[0].y - rows[max(i - 1, 0)][0].y
        both = [(above, cell) for above, cell in zip(table[-1], cells, strict=True) if cell] if table else []
        goes_on = not cells[0] or (
            len(both) < len(rows[i - 1]) and 1.2 * step < widest and all(piece.text[0].islower() for piece in row)
        )
        if side or (step < _CELL_LEADING * row[0].size and goes_on and table and all(above for above, _ in both)):
            for above, cell in both:
                above += cell
        else:
            table.append(cells)
    return Table(table, rows[0][0].y)


def _columns_of(rows: Sequence[Sequence[Line]]) -> list[list[int]]:
    """Return the column of each piece: those that start at one place are in one, and those that end at one."""
    pieces = [piece for row in rows for piece in row]
    starts = distinct([piece.x0 for piece in pieces], _COLUMN_STEP)
    by_start = [[sum(piece.x0 > x - 1 for x in starts[1:]) for piece in row] for row in rows]
    ends = distinct([piece.x1 for piece in pieces], _SAME_END)
    joined = list(range(len(starts)))
    for end in ends:  # figures, which stand to the right, start where their length has them
        own = {
            joined[column]
            for row, columns in zip(rows, by_start, strict=True)
            for piece, column in zip(row, columns, strict=True)
            if end <= piece.x1 < end + _SAME_END
        }
        joined = [min(own) if column in own else column for column in joined]
    places = sorted(set(joined))
    by_end = [[places.index(joined[column]) for column in columns] for columns in by_start]
    return by_end if all(len(set(columns)) == len(columns) for columns in by_end) else by_start
