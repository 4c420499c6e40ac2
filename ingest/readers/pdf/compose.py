"""Lines in reading order -> page texts and blocks: paragraphs, headings, footnotes, words joined over line ends."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.document import Block, BlockKind, Page, Span
from ingest.dutch import join_broken
from ingest.readers.pdf.furniture import find_furniture
from ingest.readers.pdf.layout import Table, make_lines, reading_order
from ingest.readers.pdf.printed import Line, Sheet
from ingest.readers.text import kind_of, starts_contents, without_contents

_LEADING = 1.3  # times the usual distance between lines: more is a new paragraph
_LARGER = 1.12  # times the size of the body text: a heading
_SMALLER = 0.9  # times the size of the body text: a footnote
_MAX_HEADING, _MAX_LINES = 240, 6  # characters and lines of a heading
_MAX_PLAIN_HEADING = 100  # characters of a heading that only its font gives away
_NUMBER_ONLY = re.compile(r"^(\d{1,2}(\.\d{1,2})*|[IVX]+)\.?$")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s+(?=\S)")
_BULLET = re.compile(r"^([-–—•▪○◦*o]|\d{1,2}[.)]|[a-z][.)]|\d+°)(\s|$)")
_NOTE = re.compile(r"^[\d⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}\s|^\*")
_CLOSED = re.compile(r"[.!?:;…][\"'”’)*»⁰¹²³⁴⁵⁶⁷⁸⁹]*$")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(slots=True)
class _Paragraph:
    """Lines that belong together, on one page or more; or one row of a table."""

    page: int
    lines: list[Line]
    cells: list[list[Line]] = field(default_factory=list)
    full: bool = False  # its last line fills the column, so that it may go on elsewhere
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    more: "list[_Paragraph]" = field(default_factory=list)  # how it goes on, on later pages

    @property
    def style(self) -> tuple[float, str]:
        return max(self.lines, key=lambda line: len(line.text)).style

    @property
    def first(self) -> str:
        return self.lines[0].text

    @property
    def last(self) -> "_Paragraph":
        return self.more[-1] if self.more else self


@dataclass(frozen=True, slots=True)
class Composed:
    """What became of the sheets of a document.

    Attributes:
        pages: their texts; running headers stand in them, but in no block.
        blocks: the body in reading order.
        confidence: of recognised text, the mean confidence of the words in each span, 0 to 1.
        title: the heading in the largest letters on the first page that has text, or None.
    """

    pages: tuple[Page, ...]
    blocks: list[Block]
    confidence: dict[Span, float]
    title: str | None


def compose(sheets: Sequence[Sheet]) -> Composed:
    """Make pages and blocks out of printed words.

    Every word stands in the text of its page exactly once. In blocks stand all but running headers and footers, page
    numbers and the table of contents.

    Args:
        sheets: all pages of a document.
    """
    lines = [make_lines(sheet) for sheet in sheets]
    furniture, printed = find_furniture(sheets, lines)
    body = _body_style([line for own in lines for line in own if id(line) not in furniture])
    flow: list[_Paragraph] = []
    for sheet, own in zip(sheets, lines, strict=True):
        paragraphs = list(_paragraphs(sheet, [line for line in own if id(line) not in furniture]))
        _mark_notes(paragraphs, body)
        _mark_headings(paragraphs, sheet, body)
        flow = _append(flow, paragraphs)
    _set_levels(flow)
    seen = _seen_words(flow)
    margins = [[line.text for line in own if id(line) in furniture] for own in lines]
    labels = [sheet.label or printed.get(sheet.number) for sheet in sheets]
    return _write(flow, margins, labels, seen)


def _body_style(lines: Iterable[Line]) -> tuple[float, str]:
    styles: Counter[tuple[float, str]] = Counter()
    for line in lines:
        styles[line.style] += len(line.text)
    return styles.most_common(1)[0][0] if styles else (10.0, "")


def _paragraphs(sheet: Sheet, lines: Sequence[Line]) -> Iterator[_Paragraph]:
    for item in reading_order(sheet, lines):
        if isinstance(item, Table):
            for row in item.rows:
                yield _Paragraph(sheet.number, [line for cell in row for line in cell], row, kind=BlockKind.ROW)
            continue
        right = max(line.x1 for line in item)
        current: list[Line] = []
        leading = _usual_leading(item)
        for line in item:
            if current and _parts(current, line, right, leading):
                yield _Paragraph(sheet.number, current, full=_is_full(current[-1], None, right))
                current = []
            current.append(line)
        yield _Paragraph(sheet.number, current, full=_is_full(current[-1], None, right))


def _usual_leading(lines: Sequence[Line]) -> float:
    """The distance between lines that occurs most, in parts of the font size."""
    steps = Counter(round((b.y - a.y) / max(a.size, 1), 1) for a, b in pairwise(lines) if 0 < b.y - a.y < 2.5 * a.size)
    often = steps.most_common(1)
    return often[0][0] if often and often[0][1] > 1 else 1.25


def _parts(current: Sequence[Line], line: Line, right: float, leading: float) -> bool:
    """Whether a new paragraph starts at `line`."""
    before = current[-1]
    step = (line.y - before.y) / max(before.size, line.size, 1)
    if step > _LEADING * leading or step < 0:
        return True
    if _BULLET.match(line.text) and not before.words[-1].broken:
        return True
    larger = max(line.size, before.size) > 1.06 * min(line.size, before.size)
    if larger or line.bold != before.bold or (line.style != before.style and not _share_font(line, before)):
        return True
    goes_on = (line.text[0].islower() or line.text[0].isdigit()) and not _CLOSED.search(before.text)
    return not before.bold and not goes_on and not _is_full(before, line, right)


def _share_font(a: Line, b: Line) -> bool:
    return not {word.font for word in a.words}.isdisjoint(word.font for word in b.words)


def _is_full(line: Line, after: Line | None, right: float) -> bool:
    """Whether the next word would not have fitted on the line; without `after`, a word of six letters."""
    if line.words[-1].broken:
        return True
    word = after.words[0].x1 - after.words[0].x0 if after else 3 * line.size
    return line.x1 + 0.3 * line.size + word > right - 0.5 * line.size


def _mark_notes(paragraphs: Sequence[_Paragraph], body: tuple[float, str]) -> None:
    """Footnotes: small print at the foot of a page or column, the first of it numbered."""
    for i, paragraph in enumerate(paragraphs):
        if (
            paragraph.kind is BlockKind.ROW
            or paragraph.style[0] > _SMALLER * body[0]
            or not _NOTE.match(paragraph.first)
        ):
            continue
        tail = paragraphs[i:]
        last = next(
            (k for k, p in enumerate(tail) if p.style[0] > _SMALLER * body[0] or p.kind is BlockKind.ROW), len(tail)
        )
        below = last == len(tail) or tail[last].lines[0].y < paragraph.lines[0].y
        if below:
            for note in tail[:last]:
                note.kind = BlockKind.NOTE


def _mark_headings(paragraphs: list[_Paragraph], sheet: Sheet, body: tuple[float, str]) -> None:
    titles = {_plain(title) for title in sheet.outline}
    for paragraph in paragraphs:
        if paragraph.kind is BlockKind.PARAGRAPH and _is_heading(paragraph, body, titles):
            paragraph.kind = BlockKind.HEADING
    # A number that stands above its title is one heading with it; so are the lines of one title.
    i = 0
    while i + 1 < len(paragraphs):
        this, after = paragraphs[i], paragraphs[i + 1]
        numbered = _NUMBER_ONLY.match(_text_of(this.lines))
        near = after.lines[0].y - this.lines[-1].y < 2.2 * max(this.style[0], after.style[0])
        both = this.kind is after.kind is BlockKind.HEADING
        if (
            near
            and both
            and (numbered or ((this.style == after.style and not _NUMBERED.match(after.first)) and _tight(this, after)))
        ):
            this.lines += after.lines
            del paragraphs[i + 1]
        else:
            if numbered and not both:
                this.kind = BlockKind.PARAGRAPH
            i += 1


def _tight(this: _Paragraph, after: _Paragraph) -> bool:
    return 0 < after.lines[0].y - this.lines[-1].y < 1.5 * this.style[0]


def _is_heading(paragraph: _Paragraph, body: tuple[float, str], titles: set[str]) -> bool:
    text = _text_of(paragraph.lines)
    if len(text) > _MAX_HEADING or len(paragraph.lines) > _MAX_LINES or not any(c.isalnum() for c in text):
        return False
    if _plain(text) in titles or starts_contents(text):
        return True
    size, font = paragraph.style
    ends = text.endswith((".", ",", ";", "?", "!", ":", "…"))
    if size >= _LARGER * body[0]:
        return not (ends and len(text) > _MAX_PLAIN_HEADING)
    if "?" in text or (_BULLET.match(text) and not (paragraph.lines[0].bold and text[0].isdigit())):
        return False
    if size < 0.95 * body[0]:
        return False
    number = _NUMBERED.match(text)
    if number and "." in number[1]:
        return not ends
    distinct = all(line.bold for line in paragraph.lines) or (
        font != body[1] and not any(word.font == body[1] for line in paragraph.lines for word in line.words)
    )
    if not distinct or not body[1]:
        return False
    if number and paragraph.lines[0].bold:
        return True
    return len(text) <= _MAX_PLAIN_HEADING and not ends and (text[0].isupper() or text[0].isdigit())


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _append(flow: list[_Paragraph], paragraphs: Sequence[_Paragraph]) -> list[_Paragraph]:
    """Add the paragraphs of a page; one that was broken off by a column or page end goes on."""
    for paragraph in paragraphs:
        open_one = next((p for p in reversed(flow) if p.kind is not BlockKind.NOTE), None) if flow else None
        if open_one and _goes_on(open_one.last, paragraph):
            if open_one.last.page == paragraph.page:
                open_one.last.lines += paragraph.lines
                open_one.last.full = paragraph.full
            else:
                open_one.more.append(paragraph)
        else:
            flow.append(paragraph)
    return flow


def _goes_on(before: _Paragraph, after: _Paragraph) -> bool:
    plain = before.kind is after.kind is BlockKind.PARAGRAPH
    if not plain or abs(before.style[0] - after.style[0]) > 0.06 * before.style[0] or _BULLET.match(after.first):
        return False
    last = before.lines[-1]
    below = before.page == after.page and after.lines[0].y > last.y and after.lines[0].x0 < last.x1
    if last.words[-1].broken:
        return True
    if below or _CLOSED.search(last.text):
        return False
    return after.first[0].islower() or before.full


def _set_levels(flow: Sequence[_Paragraph]) -> None:
    """Depth by number where there is one; else below the last heading in larger letters, or with a number."""
    path: list[tuple[float, float, bool]] = []  # level, size, numbered
    levels: dict[int, float] = {}
    for heading in (p for p in flow if p.kind is BlockKind.HEADING):
        size, number = heading.style[0], _NUMBERED.match(_text_of(heading.lines))
        if number:
            level = number[1].count(".") + 1.0
        else:
            while path and not (path[-1][1] > size or (path[-1][2] and path[-1][1] >= size)):
                path.pop()
            level = path[-1][0] + 0.1 if path else 0.1
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, size, number is not None))
        levels[id(heading)] = level
    ranks = sorted(set(levels.values()))
    for heading in flow:
        if heading.kind is BlockKind.HEADING:
            heading.level = min(1 + ranks.index(levels[id(heading)]), 10)


def _seen_words(flow: Sequence[_Paragraph]) -> set[str]:
    """Words that stand whole inside a line: what the document itself says about its hyphens."""
    seen: set[str] = set()
    for paragraph in flow:
        for part in (paragraph, *paragraph.more):
            for line in part.lines:
                words = line.text.lower().split()
                seen.update(_WORDS.findall(" ".join(words[1:-1])))
    return seen


def _text_of(lines: Sequence[Line]) -> str:
    return " ".join(line.text for line in lines)


def join_printed(lines: Sequence[Line], seen: set[str]) -> str:
    """Return printed lines as running text, words that a line end broke made whole."""
    text = ""
    for line in lines:
        own = " ".join(word.text for word in line.words)
        head, _, left = text.rpartition(" ")
        if left.endswith("-") and len(left) > 1 and left[-2].isalpha():
            right, _, tail = own.partition(" ")
            text = f"{head} {join_broken(left[:-1], right, seen)} {tail}".strip()
        else:
            text = f"{text} {own}".strip()
        if line.words[-1].broken:
            text += "-"
    return text


def _write(
    flow: Sequence[_Paragraph], margins: Sequence[Sequence[str]], labels: Sequence[str | None], seen: set[str]
) -> Composed:
    texts = ["".join(f"{line}\n" for line in margin) for margin in margins]
    rows_end = [False] * len(texts)
    confidence: dict[Span, float] = {}
    blocks: list[Block] = []
    for paragraph in flow:
        is_row = paragraph.kind is BlockKind.ROW
        spans, pieces = [], []
        for part in (paragraph, *paragraph.more):
            cells = [join_printed(cell, seen) for cell in part.cells] if is_row else [join_printed(part.lines, seen)]
            raw = "\t".join(cells).rstrip("\t")
            at = part.page - 1
            gap = "" if not texts[at] else ("\n" if is_row and rows_end[at] else "\n\n")
            lead = len(raw) - len(raw.lstrip())
            start = len(texts[at]) + len(gap) + lead
            texts[at] += gap + raw
            rows_end[at] = is_row
            spans.append(Span(part.page, start, start + len(raw) - lead))
            pieces.append(raw.strip())
            if (sure := _confidence(part.lines)) is not None:
                confidence[spans[-1]] = sure
        text = "\n".join(pieces)
        kind, level = (paragraph.kind, paragraph.level)
        if kind is BlockKind.PARAGRAPH:
            kind, level = kind_of(text)
        blocks.append(Block(kind, tuple(spans), text, level))
    pages = tuple(Page(n, label, text) for n, (label, text) in enumerate(zip(labels, texts, strict=True), start=1))
    first = next((block.spans[0].page for block in blocks), 0)
    tops = [p for p in flow if p.kind is BlockKind.HEADING and p.page == first]
    title = join_printed(max(tops, key=lambda p: p.style[0]).lines, seen) if tops else None
    return Composed(pages, list(without_contents(blocks)), confidence, title)


def _confidence(lines: Sequence[Line]) -> float | None:
    known = [(word.confidence, len(word.text)) for line in lines for word in line.words if word.confidence is not None]
    return sum(value * length for value, length in known) / sum(length for _, length in known) if known else None
