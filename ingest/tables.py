"""Tables among the blocks of a document: how far they go, and which rows head them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ingest.document import Block, BlockKind, Document, Span
from ingest.readers.flow import NEXT_TABLE

_TABLE_NOTE = re.compile(r"^(\*+|bron\s*:)", re.I)  # the source and the footnotes that close a table
_FIGURE = re.compile(r"(?!(?:19|20)\d\d$)[€+\-–]? ?\d[\d.,  ]*(?:%|euro)?$")  # of a cell: a number, but no year
_MONEY, _SCALE = r"k?(?:euro|eur|€)", r"(?:(?:duizend|miljoen|miljard)(?:en)?|mio|mln|mld)\b\.?"
_THOUSANDS = r"1[.\s]?000(?:[.\s]?000)?"
_TIMES = rf"[x×]\s?€?\s?{_THOUSANDS}"
# What a table counts in, where a caption, a lead-in or a column says so in brackets or as its last words: "(in €)",
# "(x 1.000 euro)", "(in % van het loon)". Within a sentence it may be said of another table: "in personen (tabel 5) of
# in VTE (tabel 6)".
_CLOSING_UNIT = (
    rf"(?:\bin\s|(?<!\w)(?=[x×]))({_SCALE}(?:\s(?:{_MONEY}|vte))?|(?:{_THOUSANDS}|{_TIMES})\s(?:{_MONEY}|vte)|{_TIMES}"
    rf"|{_MONEY}(?:\s(?:{_SCALE}|{_THOUSANDS}|{_TIMES}|\({_TIMES}\)))?|vte"
    r"|(?:%|(?:pro|per)cent(?:en)?)(?:\s(?:van|per)\s[^()\n]{1,60}(?=\)))?)"
    r"(?=\s?\)|,[^()\n]{1,40}\)|\s?:?\s?\Z)"
)
_UNIT = re.compile(
    rf"{_CLOSING_UNIT}|\bin\s((?:duizend|miljoen|miljard)(?:\s(?:euro|vte))?|k?euro|eur|procent|vte)\b", re.I
)
MEASURE = re.compile(rf"\b(?:in|per)\s(?:duizend|miljoen|miljard|k?euro|eur|procent|aantal)|{_CLOSING_UNIT}", re.I)
# In a column or a cell: it does not count what the table does. "Jaar 1" only says when.
_COUNTS = re.compile(r"\b(?:aantal|vte|jaar(?!\s\d)|euro)\b|[%€]", re.I)
LEADS = re.compile(rf":$|\b(?:onderstaande|volgende)\s(?:tabel|cijfers|overzicht)|{MEASURE.pattern}", re.I)


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell with a value, beside its verbatim quote: "LDE × 2023 = 39.500, duizend euro".

    Attributes:
        row: its label; `column` that of the column.
        unit: of the value; empty where the table does not say.
    """

    row: str
    column: str
    value: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.row} × {self.column} = {self.value}" + (f", {self.unit}" if self.unit else "")


def table_size(document: Document, blocks: Sequence[Block], i: int) -> int:
    """Number of blocks of the table at i (caption and rows), or 0 where a caption has no rows below it.

    Below a blank line names beside each other head another table, where the rows before them have figures.
    """
    first = end = i + (blocks[i].kind is BlockKind.CAPTION)
    counted = False
    while end < len(blocks) and (row := blocks[end]).kind is BlockKind.ROW:
        values = [cell.strip() for cell in row.text.split("\t")[1:]]
        figures = any(map(_FIGURE.match, values))
        is_named = not figures and any(value[:1].isupper() for value in values)  # "n.v.t." is no name
        last, start = blocks[end - 1].spans[-1], row.spans[0]
        text = document.pages[last.page - 1].text if last.page == start.page else ""
        opens = counted and is_named and text.count("\n", last.end, start.start) > 1
        if end > first and (opens or row.level > blocks[end - 1].level % NEXT_TABLE):
            break  # the next table, or its header
        counted, end = counted or figures, end + 1
    while first < end < len(blocks) and _TABLE_NOTE.match(blocks[end].text):
        end += 1
    return end - i if end > first else 0


def header_rows(cells: Sequence[Sequence[str]], known: int) -> int:
    """Number of rows at the top that head a table.

    Those that the reader knows as such (`known`). Else those before the rows that are numbered from 1, or before the
    first row with a figure: a row that holds figures is data, so a table that starts with one has no header. In a table
    of words the first row heads it, with those after it that have no label of their own; a plain list of two columns
    has no header, unless its first row comes back, as it does on each page.
    """
    if known or len(cells) < 2:
        return known
    labels = [row[0].rstrip(".") for row in cells]
    if counted := next((i for i in range(1, len(cells) - 1) if labels[i : i + 2] == ["1", "2"]), 0):
        return counted
    figures = [any(map(_FIGURE.match, row[1:])) for row in cells]
    if any(figures):
        first = figures.index(True)
        groups = (i for i in range(1, first) if not any(cells[i][1:]))  # a row with a label alone names what follows
        return min(next(groups, first), len(cells) - 1)
    if all(len([cell for cell in row if cell]) == 2 for row in cells):
        return int(cells[0] in cells[1:])
    return next((i for i in range(1, len(cells) - 1) if cells[i][0] or not any(cells[i])), len(cells) - 1)


def cells(document: Document, row: Sequence[Span]) -> list[str]:
    """Cells of a row, leading empty ones included; those of a row over a page end joined.

    A span starts at its first character that is no space, so the line is looked up.
    """
    found: list[list[str]] = []
    for span in row:
        text = document.pages[span.page - 1].text
        start = text.rfind("\n", 0, span.start) + 1
        found.append([cell.strip() for cell in text[start : span.end].split("\t")])
    return [" ".join(filter(None, parts)) for parts in zip_longest(*found, fillvalue="")]


def read_cells(document: Document, row: Sequence[Span], heads: Sequence[Span]) -> tuple[TableCell, ...]:
    """Return the cells of a row of a table with a value below a named column; none where the row has no label."""
    label, *values = cells(document, row)
    above = [cells(document, [span]) for span in heads]
    if not label and above:
        label = above.pop()[0]  # of the row that it goes on with
    columns = [rows for rows in above if len(rows) > 1]
    stated = next(filter(None, (_UNIT.search(rows[0]) for rows in above if len(rows) == 1)), None)
    found = []
    for i, value in enumerate(values, start=1):
        column = " ".join(dict.fromkeys(rows[i] for rows in columns if i < len(rows) and rows[i]))
        unit = _UNIT.search(column) or (None if _COUNTS.search(f"{column} = {value}") else stated)
        if label and column and value:
            counted = (unit[1] or unit[2]) if unit and _FIGURE.match(value) else ""
            found.append(TableCell(label, column, value, counted))
    return tuple(found)
