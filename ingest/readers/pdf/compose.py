"""Lines in reading order -> page texts and blocks: paragraphs, headings, footnotes, words joined over line ends."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from ingest.document import Block, BlockKind, Page, Span
from ingest.dutch import is_dutch, join_broken
from ingest.numbers import read_numbers
from ingest.readers.pdf.furniture import CONTENTS, PICTURE, REPEATED, SLANTED, TOP, UNREADABLE, find_furniture
from ingest.readers.pdf.headings import BULLET, ROUGH, Paragraph, mark_headings, mark_title, set_levels
from ingest.readers.pdf.layout import reading_order
from ingest.readers.pdf.lines import join_words
from ingest.readers.pdf.printed import LOWEST_CONFIDENCE, SLIDE_TEXT, Line, Sheet, mean_confidence, text_of
from ingest.readers.pdf.ruled import Table
from ingest.readers.text import kind_of, runs, without_contents

_LEADING = 1.3  # times the usual distance between lines: more is a new paragraph
_TITLE, _MAX_COVER = 0.75, 120  # times the largest letters of a title; characters of a paragraph on a cover
_SAME_COLUMN = 6.0  # points between the cells of a row on two pages
_SAME_SIZE = 1.06  # times another size that is the same
_SMALLER = 0.9  # times the size of the body text: a footnote
_NOTE = re.compile(r"^[\d⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}\s|^\*")
_CLOSED = re.compile(r"[.!?:;…][\"'”’)*»⁰¹²³⁴⁵⁶⁷⁸⁹]*$")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Composed:
    """What became of the sheets of a document: blocks and what is left out are together all that is printed."""

    pages: tuple[Page, ...]  # running headers stand in them, but in no block
    blocks: list[Block]  # the body in reading order
    left_out: dict[Span, str]  # what stands in no block, with the reason
    confidence: dict[Span, float]  # of recognised text, the mean of the words in each span, 0 to 1
    title: str | None  # the heading in the largest letters on the first page that has text


def compose(sheets: Sequence[Sheet]) -> Composed:
    """Make pages and blocks out of printed words.

    Every word stands in the text of its page once, a label over several rows of a table in each. In blocks stand all
    but running headers and footers, page numbers and the table of contents.
    """
    lines = [join_words(sheet.words) for sheet in sheets]
    furniture, printed = find_furniture(sheets, lines)
    texts = [[line for line in own if id(line) not in furniture] for own in lines]
    body = _body_style(line for text in texts for line in text)
    flow: list[Paragraph] = []
    slides = {sheet.number for sheet in sheets if sheet.width > sheet.height}
    for sheet, own in zip(sheets, texts, strict=True):
        for part in (sheet, *sheet.aside):
            text = own if part is sheet else join_words(part.words)
            paragraphs = list(_paragraphs(part, text))
            _mark_notes(paragraphs, body)
            mark_headings(paragraphs, sheet, _slide_style(text, body) if sheet.number in slides else body)
            if part.number in slides:
                mark_title(paragraphs)
            _leave_out_titles(part, [*flow[-1:], *paragraphs])
            flow = _append(flow, paragraphs)
    set_levels(flow, slides)
    given = {sheet.number: sheet.label for sheet in sheets if sheet.label}
    counted = all(label == str(page) for page, label in given.items())  # as a program does that knows no better
    if counted and any(given.get(page) not in (None, label) for page, label in printed.items()):
        given = {}
    labels = [given.get(sheet.number) or printed.get(sheet.number) for sheet in sheets]
    margins = [
        [(line.text, furniture[id(line)]) for line in own if id(line) in furniture]
        + [(line.text, PICTURE) for line in join_words(sheet.pictures)]
        + [(line.text, SLANTED) for line in join_words(sheet.slanted)]
        for sheet, own in zip(sheets, lines, strict=True)
    ]
    return _write(flow, margins, labels)


def _body_style(lines: Iterable[Line]) -> tuple[float, str]:
    styles: Counter[tuple[float, str]] = Counter()
    for line in lines:
        styles[line.style] += len(line.text)
    return styles.most_common(1)[0][0] if styles else (10.0, "")


def _slide_style(lines: Sequence[Line], body: tuple[float, str]) -> tuple[float, str]:
    """Style of the text below the title of a slide, which has its own size on each."""
    title = max((line.size for line in lines), default=0)
    below = [line for line in lines if SLIDE_TEXT <= line.size < title]
    return max(_body_style(below), body) if len(below) > 1 else body


def _paragraphs(sheet: Sheet, lines: Sequence[Line]) -> Iterator[Paragraph]:
    for item in reading_order(sheet, lines):
        if isinstance(item, Table):
            for row in item.rows:
                yield Paragraph(sheet.number, [line for cell in row for line in cell], row, kind=BlockKind.ROW)
            continue
        right, leading = max(line.x1 for line in item), _usual_leading(item)
        for own in runs(item, partial(_begins, right=right, leading=leading)):
            yield Paragraph(sheet.number, own, full=_is_full(own[-1], None, right))


def _usual_leading(lines: Sequence[Line]) -> float:
    """The distance between lines that occurs most, in parts of the font size."""
    steps = Counter(round((b.y - a.y) / max(a.size, 1), 1) for a, b in pairwise(lines) if 0 < b.y - a.y < 2.5 * a.size)
    often = steps.most_common(1)
    return often[0][0] if often and often[0][1] > 1 else 1.25


def _begins(current: Sequence[Line], line: Line, right: float, leading: float) -> bool:
    """Whether a new paragraph starts at `line`."""
    before = current[-1]
    step = (line.y - before.y) / max(before.size, line.size, 1)
    if step > _LEADING * leading or step < 0:
        return True
    if (BULLET.match(line.text) or read_numbers(line.text)) and not before.words[-1].broken:
        return True
    fonts, others = ({word.font for word in either.words} for either in (line, before))
    other = line.bold != before.bold or (line.style != before.style and fonts.isdisjoint(others))
    same = _SAME_SIZE if line.words[0].confidence is None else ROUGH
    if max(line.size, before.size) > same * min(line.size, before.size):
        return True
    is_open = not _CLOSED.search(before.text)
    if other and not (line.text[0].islower() and is_open and (line.bold or _is_full(before, line, right))):
        return True  # no heading starts with a small letter: bold print that does is the end of the sentence
    goes_on = is_open and (line.text[0].islower() or line.text[0].isdigit())
    return not before.bold and not goes_on and not _is_full(before, line, right)


def _is_full(line: Line, after: Line | None, right: float) -> bool:
    """Whether the next word would not have fitted on the line; without `after`, a word of six letters."""
    if line.words[-1].broken:
        return True
    word = after.words[0].x1 - after.words[0].x0 if after else 3 * line.size
    return line.x1 + 0.3 * line.size + word > right - 0.5 * line.size


def _mark_notes(paragraphs: Sequence[Paragraph], body: tuple[float, str]) -> None:
    """Footnotes: small print at the foot of a page or column, the first of it numbered."""
    small = [p.kind is not BlockKind.ROW and p.style[0] <= _SMALLER * body[0] for p in paragraphs]
    for i, paragraph in enumerate(paragraphs):
        if small[i] and _NOTE.match(paragraph.first):
            last = small.index(False, i) if False in small[i:] else len(small)
            if last == len(small) or paragraphs[last].lines[0].y < paragraph.lines[0].y:
                for note in paragraphs[i:last]:
                    note.kind = BlockKind.NOTE


def _leave_out_titles(sheet: Sheet, paragraphs: Sequence[Paragraph]) -> None:
    """Leave out what stands at the top of the page within a sentence over a page or column end: a title."""
    for i in range(1, len(paragraphs) - 1):
        before, after = paragraphs[i - 1], paragraphs[i + 1]
        high = all(line.y < TOP * sheet.height for line in paragraphs[i].lines)
        broken_off = before.kind is after.kind is BlockKind.PARAGRAPH and not _CLOSED.search(before.last.lines[-1].text)
        over = before.last.page < after.page or before.last.lines[-1].x1 < after.lines[0].x0
        if high and over and broken_off and after.first[0].islower() and not paragraphs[i].first[0].islower():
            paragraphs[i].reason = REPEATED


def _append(flow: list[Paragraph], paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Add the paragraphs of a page; one that was broken off by a column or page end goes on."""
    for paragraph in paragraphs:
        if paragraph.reason:
            flow.insert(-1, paragraph)
            continue
        if paragraph.kind is BlockKind.ROW and (row := _open_row(flow, paragraph)):
            row.more.append(paragraph)
            continue
        open_one = next((p for p in reversed(flow) if p.kind is not BlockKind.NOTE), None)
        if open_one and _goes_on(open_one.last, paragraph):
            if open_one.last.page == paragraph.page:
                open_one.last.lines += paragraph.lines
                open_one.last.full = paragraph.full
            else:
                open_one.more.append(paragraph)
        else:
            flow.append(paragraph)
    return flow


def _open_row(flow: Sequence[Paragraph], after: Paragraph) -> Paragraph | None:
    """The row at the end of the page before of which this one is the rest, below a header that is printed again."""
    body = [p for p in reversed(flow) if p.kind is not BlockKind.NOTE]
    again = [p for p in body if p.page == after.page]
    row = next((p for p in body if p.page < after.page), None)
    if row is None or row.kind is not BlockKind.ROW or row.page + 1 != after.page or row.more:
        return None
    columns = {i: line.x0 for i, cell in enumerate(row.cells) for line in cell[:1]}
    cells: list[list[Line]] = [[] for _ in row.cells]
    for cell in after.cells:
        at = next((i for i, x in columns.items() if cell and abs(x - cell[0].x0) < _SAME_COLUMN), None)
        if cell and at is None:
            return None
        cells[at or 0] += cell
    both = [(above[-1].text, below[0].text) for above, below in zip(row.cells, cells, strict=True) if below]
    goes_on = any(below[0].islower() and not _CLOSED.search(above) for above, below in both)
    if not goes_on or (cells[0] and any(cells[1:])):
        return None
    seen = {_row_text(p) for p in flow if p.page < after.page and p.kind is BlockKind.ROW} if again else set()
    after.cells = cells
    return row if all(p.kind is BlockKind.ROW and _row_text(p) in seen for p in again) else None


def _row_text(row: Paragraph) -> str:
    return "\t".join(map(text_of, row.cells)).rstrip()


def _goes_on(before: Paragraph, after: Paragraph) -> bool:
    plain = before.kind is after.kind is BlockKind.PARAGRAPH
    other = abs(before.style[0] - after.style[0]) > 0.06 * before.style[0]
    if not plain or other or BULLET.match(after.first) or read_numbers(after.first):
        return False
    last = before.lines[-1]
    if last.words[-1].broken:
        return True
    below = before.page == after.page and after.lines[0].y > last.y and after.lines[0].x0 < last.x1
    return not below and not _CLOSED.search(last.text) and (after.first[0].islower() or before.full)


def _seen_words(flow: Sequence[Paragraph]) -> set[str]:
    """Words that stand whole inside a line: what the document itself says about its hyphens."""
    lines = (line for paragraph in flow for part in (paragraph, *paragraph.more) for line in part.lines)
    inner = (" ".join(line.text.lower().split()[1:-1]) for line in lines)
    return {word for text in inner for word in _WORDS.findall(text)}


def join_printed(lines: Sequence[Line], seen: set[str]) -> str:
    """Return printed lines as running text, words that a line end broke made whole."""
    text = ""
    for line in lines:
        own = " ".join(word.text for word in line.words)
        head, _, left = text.rpartition(" ")
        if left.endswith("-") and len(left) > 1 and (left[-2].isalpha() or "/" in left):
            right, _, tail = own.partition(" ")
            text = f"{head} {join_broken(left[:-1], right, seen)} {tail}".strip()
        else:
            text = f"{text} {own}".strip()
        if line.words[-1].broken:
            text += "-"
    return text


def _write(
    flow: Sequence[Paragraph], margins: Sequence[Sequence[tuple[str, str]]], labels: Sequence[str | None]
) -> Composed:
    seen = _seen_words(flow)
    texts = [""] * len(margins)
    left_out: dict[Span, str] = {}
    for at, margin in enumerate(margins):
        for line, reason in margin:
            left_out[Span(at + 1, len(texts[at]), len(texts[at]) + len(line))] = reason
            texts[at] += f"{line}\n"
    rows_end = [False] * len(texts)
    confidence: dict[Span, float] = {}
    blocks: list[Block] = []
    for paragraph in flow:
        is_row = paragraph.kind is BlockKind.ROW
        spans, pieces = [], []
        for part in (paragraph, *paragraph.more):
            raw = "\t".join(join_printed(cell, seen) for cell in (part.cells if is_row else [part.lines])).rstrip("\t")
            at = part.page - 1
            texts[at] += ("\n" if is_row and rows_end[at] else "\n\n") * bool(texts[at]) + raw
            rows_end[at] = is_row
            pieces.append(raw.strip())
            spans.append(Span(part.page, len(texts[at]) - len(raw.lstrip()), len(texts[at])))
            if (sure := mean_confidence(part.lines)) is not None:
                confidence[spans[-1]] = sure
        text = "\n".join(pieces)
        if paragraph.reason:
            left_out |= dict.fromkeys(spans, paragraph.reason)
            continue
        plain = paragraph.kind is BlockKind.PARAGRAPH
        kind, level = kind_of(text) if plain else (paragraph.kind, paragraph.level)
        blocks.append(Block(kind, tuple(spans), text, level))
    pages = tuple(Page(n, label, text) for n, (label, text) in enumerate(zip(labels, texts, strict=True), start=1))
    body: list[Block] = []
    kept = {id(block) for block in without_contents(blocks)}
    for block in blocks:
        reason = UNREADABLE if id(block) in kept else CONTENTS
        if reason == CONTENTS or _is_unreadable(block, confidence):
            left_out |= dict.fromkeys(block.spans, reason)
        else:
            body.append(block)
    return Composed(pages, body, left_out, confidence, _title(flow, len(pages), seen))


def _title(flow: Sequence[Paragraph], pages: int, seen: set[str]) -> str | None:
    """The largest heading of the first page with text; on a cover also what follows it in letters nearly as large."""
    first = [p for p in flow if p.page == flow[0].page]
    tops = [p for p in first if p.kind is BlockKind.HEADING]
    if not tops:
        return None
    top = max(tops, key=lambda p: p.size)
    is_cover = pages > 1 and all(p in tops or sum(len(line.text) for line in p.lines) <= _MAX_COVER for p in first)
    parts = [p for p in tops[tops.index(top) :] if p.size >= _TITLE * top.size] if is_cover else [top]
    return " ".join(join_printed(part.lines, seen) for part in parts)


def _is_unreadable(block: Block, confidence: Mapping[Span, float]) -> bool:
    """Whether the recogniser was unsure, and what it read is not even made of words; below the half it is not asked."""
    sure = min((confidence[span] for span in block.spans if span in confidence), default=None)
    if sure is None:
        return False
    solid = "".join(block.text.split())
    if 2 * sum(map(str.isalnum, solid)) <= len(solid):
        return True  # what is left of a drawing
    if sure >= LOWEST_CONFIDENCE:
        return False
    words = [word for word in _WORDS.findall(block.text.lower()) if len(word) > 2]
    return sure < LOWEST_CONFIDENCE / 2 or 2 * sum(map(is_dutch, words)) <= len(words)
