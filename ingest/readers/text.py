"""Pages -> blocks: headings, paragraphs, list items, table rows, and what is no body text at all."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ingest.document import Block, BlockKind, Page, Span
from ingest.numbers import number_of, read_numbers

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Line:
    span: Span
    text: str
    raw: str
    after_blank: bool
    after_furniture: bool


# The running header of a parliamentary document: "1328 (2017-2018) – Nr. 1  15", where 15 is the page.
RUNNING_HEADER = re.compile(
    r"^[^\w\n]*\d+ \(\d{4}-\d{4}\) [–-] Nr\.[^\w\n]?\d+(?:[^\w\n]+(?P<page>\d+))?[^\w\n]*$", re.MULTILINE
)
_SHORT_NUMBER = re.compile(r"\d{1,6}")
_MARKDOWN_HEADING = re.compile(r"^(#{1,6})\s+\S")
_NUMBERED_HEADING = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s*(?=[A-ZÀ-Ý])")
_ROMAN_HEADING = re.compile(r"^[IVX]+\.\s+[A-ZÀ-Ý]")
_ANNEX = re.compile(r"^bijlagen?\b(\s*\d+\s*:|\s*$)", re.I)
_BULLET = re.compile(r"^([-–•▪●◦○*]|[a-z]\)|\d+°)\s+\S")
_CAPTION = re.compile(
    r"^(tabel|figuur|grafiek|kaart|foto|schema|diagram|afbeelding)\s?\d{1,3}(\.\d{1,3})?\s?([:.]|[–-]\s)", re.I
)
_CONTENTS = re.compile(r"^(inhoud|inhoudstafel|inhoudsopgave|table of contents)\W*\d*$", re.I)
_CONTENTS_LINE = re.compile(r"(?:\s|\.\.)\d{1,3}$")
_SENTENCE_CLOSED = re.compile(r"[.!?;:…][\"'”’)*]*$")
_FOOTER = re.compile(r"^(vlaams\s+parlement|\d{1,4})$", re.I)
# The block labels that every Flemish beleidsbrief and beleidsnota repeats under each goal.
_LABEL = re.compile(r"^\W*(realisaties?|beleids?opties?|budget|bereik|omgevingsanalyse)\W*$", re.I)
_STARTS = (_MARKDOWN_HEADING, _BULLET, _LABEL, _ROMAN_HEADING)  # of a block, whatever stands above it
# \v and a raised number after what swallows it: 10^6 is not 106, and "zone 7.", with the mark of note 1, not zone 7.1.
SWALLOWED = re.compile(r"\d[^\w\s]?\v[-+−–]?\d")
CAPITALS_LEVEL, LABEL_LEVEL, LOOSE_LEVEL = 11, 12, 13  # unnumbered headings stand below any numbered one
_MAX_HEADING = 240  # characters; numbered headings of two or three lines occur
_MAX_LOOSE_HEADING = 100  # characters of a heading without number
_MAX_ACRONYM = 6  # characters; a longer line in capitals groups the sections below it
_REPEATED_PAGES = 3  # a line at the edge of this many pages is a running header or footer


def runs(items: Iterable[_T], begins: Callable[[list[_T], _T], bool]) -> list[list[_T]]:
    """Cut items into runs, of which each but the first starts with an item that begins one after the run before it."""
    found: list[list[_T]] = []
    for item in items:
        if not found or begins(found[-1], item):
            found.append([])
        found[-1].append(item)
    return found


def read_blocks(pages: Sequence[Page]) -> list[Block]:
    """Read the body of a document as blocks, in reading order.

    Running headers, page numbers and the table of contents are left out; every other character that is no white
    space stands in exactly one block.
    """
    lines = list(_body_lines(pages))
    blocks: list[Block] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        if _is_row(lines, i, blocks):
            kind, level, size = BlockKind.ROW, 0, 1
        elif not _CAPTION.match(line.text) and (heading := _heading(lines, i, blocks)):
            kind, (level, size) = BlockKind.HEADING, heading
        else:
            (kind, level), size = kind_of(line.text), _run(lines, i)
        blocks.append(_block(kind, level, lines[i : i + size]))
        i += size
    return list(without_contents(blocks))


def _body_lines(pages: Sequence[Page]) -> Iterator[_Line]:
    repeated = _repeated_edges(pages)
    blank, skipped = True, False
    for page in pages:
        offset = 0
        furniture = RUNNING_HEADER.match(page.text.lstrip()) is not None
        for raw in page.text.splitlines(keepends=True):
            start, offset = offset, offset + len(raw)
            text = raw.strip()
            if not text:
                blank = True
            elif (
                RUNNING_HEADER.match(text)
                or (furniture and _FOOTER.match(text))
                or not repeated.isdisjoint(edge_keys(text, page.number))
            ):
                skipped = True  # `blank` stays as it was: a header inside a sentence does not end it
            else:
                furniture = False
                left = start + raw.index(text)
                page_start = raw.startswith(" ") and raw[1:2] == text[0]  # see split_pages: a soft break
                span = Span(page.number, left, left + len(text))
                yield _Line(span, text, raw, blank or page_start, skipped)
                blank, skipped = False, False


def edge_keys(text: str, page: int) -> set[str]:
    """Return the line itself, and with its first or last number relative to the page: alike on every page."""
    numbers = list(_SHORT_NUMBER.finditer(text))
    ends = numbers[:1] + numbers[-1:]
    return {text} | {f"{text[: end.start()]}\0{int(end[0]) - page}\0{text[end.end() :]}" for end in ends}


def _repeated_edges(pages: Sequence[Page]) -> frozenset[str]:
    """Lines that recur among the first two or last two lines of several pages, but for a page number that counts up."""
    counts: Counter[str] = Counter()
    for page in pages:
        lines = [line.strip() for line in page.text.splitlines() if line.strip()]
        edges = [line for line in [*lines[:2], *lines[-2:]] if not line.endswith("?")]  # an answer repeats its question
        counts.update({key for line in edges for key in edge_keys(line, page.number)})
    return frozenset(key for key, count in counts.items() if count >= max(_REPEATED_PAGES, len(pages) // 4))


def kind_of(text: str) -> tuple[BlockKind, int]:
    """Return kind and level of a block that is neither heading nor row, by how its text begins.

    >>> kind_of("2. Op welke manier?"), kind_of("- ten eerste")
    ((<BlockKind.NUMBERED: 'numbered'>, 2), (<BlockKind.ITEM: 'item'>, 0))
    """
    if _CAPTION.match(text):
        return BlockKind.CAPTION, 0
    if numbers := read_numbers(text):
        return BlockKind.NUMBERED, number_of(numbers[0])
    return (BlockKind.ITEM if _BULLET.match(text) else BlockKind.PARAGRAPH), 0


def _is_row(lines: Sequence[_Line], i: int, blocks: Sequence[Block]) -> bool:
    if "\t" in lines[i].raw:
        return True
    # A category line inside a table ("Geslacht") has one cell only.
    inside = bool(blocks) and blocks[-1].kind is BlockKind.ROW and not lines[i].after_blank
    return inside and any("\t" in line.raw and not line.after_blank for line in lines[i + 1 : i + 2])


def _starts_block(line: _Line) -> bool:
    if "\t" in line.raw or read_numbers(line.text) or any(start.match(line.text) for start in _STARTS):
        return True
    return _NUMBERED_HEADING.match(line.text) is not None and "." in line.text.split()[0].rstrip(".")


def _run(lines: Sequence[_Line], i: int) -> int:
    """Number of lines of the paragraph or item at line i.

    A blank line does not end it while the sentence is open and the next line goes on in lower case, as happens at
    page ends and inside badly extracted lists.
    """
    for at in range(i + 1, len(lines)):
        line, closed = lines[at], _SENTENCE_CLOSED.search(lines[at - 1].text)
        goes_on = not closed and line.text[0].islower()
        opens = (line.text.isupper() and " " in line.text) or _ANNEX.match(line.text)  # a letterhead, an annex
        if (line.after_blank and not goes_on) or (closed and opens) or _starts_block(line):
            return at - i
    return len(lines) - i


def _heading(lines: Sequence[_Line], i: int, blocks: Sequence[Block]) -> tuple[int, int] | None:
    """Return level and number of lines if a heading starts at line i."""
    line = lines[i]
    if match := _MARKDOWN_HEADING.match(line.text):
        return len(match[1]), 1
    if _LABEL.match(line.text):
        return LABEL_LEVEL, 1
    size = _run(lines, i)
    text = " ".join(part.text for part in lines[i : i + size])
    alone = line.after_blank and len(text) <= _MAX_HEADING and not _ends_sentence(text)
    if match := _NUMBERED_HEADING.match(line.text):
        depth = match[1].count(".") + 1
        below = [part.text for part in lines[i + size : i + size + 1] if not part.after_blank]
        if depth == 1 and any(read_numbers(text) == (str(int(match[1]) + 1),) for text in below):
            return None  # the first item of a list
        if alone or (depth > 1 and not _ends_sentence(line.text)):
            size = size if alone else 1
            return depth, size + _continued(lines, i, size)
    if _ROMAN_HEADING.match(line.text) and not _ends_sentence(line.text):
        return 1, 1
    if _ANNEX.match(line.text) and line.after_blank:
        under = any(block.kind is BlockKind.HEADING and "BIJLAGEN" in block.text.upper() for block in blocks)
        return (2 if under else 1), size if alone else 1
    if size == 1 and line.after_blank and _stands_apart(lines, i, blocks):
        if text.isupper() and len(text) > _MAX_ACRONYM and not read_numbers(text):
            return CAPITALS_LEVEL, 1
        if alone and line.text[0].isupper() and ":" not in text and not _BULLET.match(text):
            return LOOSE_LEVEL, 1
    return None


def _continued(lines: Sequence[_Line], i: int, size: int) -> int:
    """Number of lines, 0 or 1, by which a wrapped heading goes on after a blank line."""
    after = i + size
    if after >= len(lines) or not 60 <= len(lines[after - 1].text) <= 90 or _starts_block(lines[after]):
        return 0
    line = lines[after]
    ends = after + 1 == len(lines) or lines[after + 1].after_blank
    return int(ends and len(line.text) <= 40 and not line.text.isupper() and not _ends_sentence(line.text))


def _ends_sentence(text: str) -> bool:
    return text.rstrip("*_ ").endswith((".", "?", "!", ";", ":", ",", "…"))


def _stands_apart(lines: Sequence[_Line], i: int, blocks: Sequence[Block]) -> bool:
    """A loose heading has a blank line after it, is short, and does not follow an open sentence."""
    followed = i + 1 < len(lines) and lines[i + 1].after_blank
    open_before = bool(blocks) and blocks[-1].kind is BlockKind.PARAGRAPH and blocks[-1].text.endswith(",")
    return followed and len(lines[i].text) <= _MAX_LOOSE_HEADING and not open_before


def _block(kind: BlockKind, level: int, lines: Sequence[_Line]) -> Block:
    spans: list[Span] = []
    for line in lines:
        if spans and spans[-1].page == line.span.page and not line.after_furniture:
            spans[-1] = Span(line.span.page, spans[-1].start, line.span.end)
        else:
            spans.append(line.span)
    return Block(kind, tuple(spans), "\n".join(line.text for line in lines), level)


def starts_contents(text: str) -> bool:
    """Return whether a text is the title of a table of contents, its dotted line and page number aside."""
    return _CONTENTS.match(text.split("\n")[0].split("...")[0]) is not None


def without_contents(blocks: Iterable[Block]) -> Iterator[Block]:
    """Leave out a table of contents: the lines under "Inhoud" that end in a page number."""
    inside = False
    for block in blocks:
        ends = inside and block.kind is not BlockKind.ROW and not _CONTENTS_LINE.search(block.text)
        inside = starts_contents(block.text) or (inside and not ends)
        if not inside:
            yield block
