"""Passage -> units: the sentences, list items and table rows that can stand as a statement on their own."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.answer.precedent import split_pair
from ingest.document import Document, Passage, Span
from ingest.dutch import sentence_spans

MIN_CHARS = 25  # a shorter piece ("2010", "Idem.") says nothing alone, unless it is all that there is
_POINTS_BACK = re.compile(r"(?:dit|deze|dat|die|hier\w+|daar\w+|zij|hij)\b", re.IGNORECASE)
_MOST_JOINED = 350  # characters of such a pair
_BULLET = re.compile(r"^[^\S\n]*+([-–•▪●◦*]|[a-z]\)|\d{1,2}[.)°])\s+", re.M)


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a passage that can be quoted alone.

    Attributes:
        spans: where it stands; a table row after the rows that head it.
        own: the last of them, without the heads.
    """

    spans: tuple[Span, ...]

    @property
    def own(self) -> Span:
        """The unit itself, without the rows that head it."""
        return self.spans[-1]


def cut_units(document: Document, passage: Passage) -> tuple[Unit, ...]:
    """Cut a passage into units, in reading order; of a question with its answer only the answer counts."""
    pair = split_pair(document, passage)
    spans = passage.spans if pair is None else pair.answer
    units: list[Unit] = []
    rows: list[Span] = []
    for stretch, is_row in (piece for span in spans for piece in _stretches(document, span)):
        if is_row:
            rows.append(stretch)
            continue
        units += _rows(document, rows)
        rows = []
        text = document.pages[stretch.page - 1].text
        units += [
            Unit((Span(stretch.page, start, end),))
            for left, right in _items(text, stretch)
            for start, end in _statements(text, left, right)
        ]
    units += _rows(document, rows)
    long = tuple(unit for unit in units if unit.own.end - unit.own.start >= MIN_CHARS or len(unit.spans) > 1)
    return long or tuple(units)


def _stretches(document: Document, span: Span) -> Iterator[tuple[Span, bool]]:
    """Cut a span into table rows, one line each, and what lies between them."""
    text = document.pages[span.page - 1].text
    start = span.start
    position = span.start
    for line in text[span.start : span.end].splitlines(keepends=True):
        end = position + len(line)
        if "\t" in line.strip():
            if text[start:position].strip():
                yield Span(span.page, start, position), False
            row = line.rstrip()
            yield Span(span.page, position, position + len(row)), True
            start = end
        position = end
    if text[start : span.end].strip():
        yield Span(span.page, start, span.end), False


def _items(text: str, span: Span) -> Iterator[tuple[int, int]]:
    """Cut at the start of each list item."""
    cuts = [span.start, *(m.start() for m in _BULLET.finditer(text, span.start, span.end)), span.end]
    yield from ((left, right) for left, right in pairwise(cuts) if left < right)


def _statements(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield sentences; one that points back ("Dit ...") goes with the one before it, without which it says little."""
    held: tuple[int, int] | None = None
    for left, right in sentence_spans(text, start, end):
        if held and _POINTS_BACK.match(text, left) and right - held[0] <= _MOST_JOINED:
            held = (held[0], right)
            continue
        if held:
            yield held
        held = (left, right)
    if held:
        yield held


def _rows(document: Document, rows: Sequence[Span]) -> list[Unit]:
    """Return each row of a table with the rows that head it.

    The first row, with those without a label that follow it, heads all; a later row without a label of its own is
    headed by the last that has one too. A plain list of terms in two columns has no head.
    """
    cells = [_cells(document.pages[row.page - 1].text, row) for row in rows]
    if all(len([c for c in row if c]) == 2 and not any(c.isdigit() for c in row[-1]) for row in cells):
        return [Unit((row,)) for row in rows]
    size = 1
    while size < len(rows) - 1 and not cells[size][0]:
        size += 1
    heads, label = tuple(rows[:size]), tuple[Span, ...]()
    units = []
    for row, texts in zip(rows[size:], cells[size:], strict=True):
        if texts[0]:
            label = ()
        units.append(Unit((*heads, *label, row)))
        if texts[0]:
            label = (row,)
    return units or [Unit((row,)) for row in rows]


def _cells(text: str, span: Span) -> Sequence[str]:
    start = text.rfind("\n", 0, span.start) + 1
    return [cell.strip() for cell in text[start : span.end].split("\t")]
