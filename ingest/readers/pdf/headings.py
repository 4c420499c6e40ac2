"""Which paragraphs are headings, and how deep they stand: by their letters, numbers and the outline of the file."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ingest.document import BlockKind
from ingest.readers.pdf.printed import DRAWN, LOWEST_CONFIDENCE, Line, Sheet, mean_confidence, text_of
from ingest.readers.text import kind_of, starts_contents

_LARGER = 1.12  # times the size of the body text: a heading
ROUGH = 1.25  # times a size in a scan that may be the same: what is larger there
_MAX_HEADING, _MAX_LINES = 240, 6  # characters and lines of a heading
_MAX_PLAIN_HEADING = 100  # characters of a heading that only its font gives away
_COVER_TEXT = 120  # characters on a cover, headings aside
_NUMBER_ONLY = re.compile(r"^(\d{1,2}(\.\d{1,2})*|[IVX]+)\.?$")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s+(?=\S)")
_NO_WORD = re.compile(r"\W+")
BULLET = re.compile(r"^([-–—•▪○◦*o]|\d{1,2}[.)]|[a-z][.)]|\d+°)(\s|$)")
_SMALL_CAPITALS = 1.6  # times the size of the letters after it: a larger first letter is a drop cap


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, on one page or more; or one row of a table."""

    page: int
    lines: list[Line]
    cells: list[list[Line]] = field(default_factory=list)
    full: bool = False  # its last line fills the column, so that it may go on elsewhere
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    reason: str = ""  # why it is no body text
    more: "list[Paragraph]" = field(default_factory=list)  # how it goes on, on later pages

    @property
    def style(self) -> tuple[float, str]:
        """Size and font of its longest line."""
        return max(self.lines, key=lambda line: len(line.text)).style

    @property
    def size(self) -> float:
        """Font size; of small capitals that of the full ones."""
        size = self.style[0]
        first = round(2 * self.lines[0].words[0].size) / 2
        return max(size, first) if first <= _SMALL_CAPITALS * size else size

    @property
    def first(self) -> str:
        """Its first line."""
        return self.lines[0].text

    @property
    def last(self) -> "Paragraph":
        """The part of it on the last page."""
        return self.more[-1] if self.more else self


def mark_headings(paragraphs: list[Paragraph], sheet: Sheet, body: tuple[float, str]) -> None:
    """Find the headings of a page and join the lines of each."""
    titles = {_plain(title) for title in sheet.outline}
    above: Paragraph | None = None
    for paragraph in paragraphs:
        goes_on = above and above.style == paragraph.style and _tight(above, paragraph)
        most = _MAX_HEADING if above and goes_on and _NUMBER_ONLY.match(above.first) else _MAX_PLAIN_HEADING
        is_open = paragraph.kind is BlockKind.PARAGRAPH and (goes_on or not paragraph.first[0].islower())
        if is_open and _is_heading(paragraph, body, titles, most):
            paragraph.kind = BlockKind.HEADING
        above = paragraph if paragraph.kind is BlockKind.HEADING else None
    # A number that stands above its title is one heading with it; so are the lines of one title.
    i = 0
    while i + 1 < len(paragraphs):
        this, after = paragraphs[i], paragraphs[i + 1]
        numbered = _NUMBER_ONLY.match(text_of(this.lines))
        near = after.lines[0].y - this.lines[-1].y < 2.2 * max(this.style[0], after.style[0])
        section = numbered and "." in numbered[1] and this.kind is BlockKind.PARAGRAPH
        both = after.kind is BlockKind.HEADING and (this.kind is after.kind or section)
        joins = numbered or (this.style == after.style and not _NUMBERED.match(after.first) and _tight(this, after))
        if near and both and joins:
            this.lines += after.lines
            this.kind = BlockKind.HEADING
            del paragraphs[i + 1]
        else:
            i += 1
    for paragraph in paragraphs:
        if paragraph.kind is BlockKind.HEADING and _NUMBER_ONLY.match(text_of(paragraph.lines)):
            paragraph.kind = BlockKind.PARAGRAPH  # a page number, or a cell


def mark_title(paragraphs: Sequence[Paragraph]) -> None:
    """Take the bold line at the top of a slide without headings for its title: that of the slide before is not its."""
    if len(paragraphs) < 2 or any(paragraph.kind is BlockKind.HEADING for paragraph in paragraphs):
        return
    top = paragraphs[0]
    bold = len(top.lines) == 1 and top.lines[0].bold and sum(map(str.isalpha, top.first)) > 2
    if bold and len(top.first) <= _MAX_PLAIN_HEADING and not BULLET.match(top.first):
        top.kind, top.cells = BlockKind.HEADING, []


def _tight(this: Paragraph, after: Paragraph) -> bool:
    return 0 < after.lines[0].y - this.lines[-1].y < 1.5 * this.style[0]


def _is_heading(paragraph: Paragraph, body: tuple[float, str], titles: set[str], most: int) -> bool:
    text = text_of(paragraph.lines)
    if len(text) > _MAX_HEADING or len(paragraph.lines) > _MAX_LINES or kind_of(text)[0] is BlockKind.CAPTION:
        return False
    if not any(map(str.isalpha, text)) and not _NUMBER_ONLY.match(text):
        return False
    if _plain(text) in titles or starts_contents(text):
        return True
    size, font = paragraph.size, paragraph.style[1]
    ends = text.endswith((".", ",", ";", "?", "!", ":", "…"))
    bold = all(line.bold for line in paragraph.lines)
    sure = mean_confidence(paragraph.lines)
    larger = size >= (_LARGER if sure is None else ROUGH) * body[0]
    if sure is not None and (sure < LOWEST_CONFIDENCE or DRAWN.search(text)):
        return False
    if BULLET.match(text) and not (text[0].isdigit() and (larger or paragraph.lines[0].bold)):
        return False
    if larger:
        return not (ends and len(text) > most)
    if "?" in text:
        return bold and text.endswith("?") and text[0].isupper() and len(text) <= _MAX_PLAIN_HEADING
    if size < 0.95 * body[0] and not text.isupper():
        return False
    number = _NUMBERED.match(text)
    if number and "." in number[1]:
        return not ends
    fonts = {word.font for line in paragraph.lines for word in line.words}
    if not (bold or body[1] not in {font, "", *fonts}):
        return False
    if number and paragraph.lines[0].bold:
        return True
    return len(text) <= _MAX_PLAIN_HEADING and not ends and (text[0].isupper() or text[0].isdigit())


def _plain(text: str) -> str:
    return _NO_WORD.sub("", text.lower())


def set_levels(flow: Sequence[Paragraph], slides: Collection[int]) -> None:
    """Depth of headings by number where there is one; else below the last one in larger letters, or with a number.

    The title of each slide, a page that is wider than high, stands below no other.
    """
    titled: set[int] = set()
    # Of each heading above: level, size and boldness, whether it is numbered, size as it was measured.
    path: list[tuple[float, tuple[float, bool], bool, float]] = []
    levels: list[tuple[Paragraph, float]] = []
    for heading in (p for p in flow if p.kind is BlockKind.HEADING):
        size = heading.size
        rough = heading.lines[0].words[0].confidence is not None
        if path and rough and size < path[-1][1][0] and path[-1][3] < ROUGH * size:
            size = path[-1][1][0]
        bold = all(line.bold for line in heading.lines)
        look = size, bold or (rough and text_of(heading.lines).isupper())
        number = _NUMBERED.match(text_of(heading.lines))
        if heading.page in slides and heading.page not in titled:
            path.clear()
            titled.add(heading.page)
        while path and not (path[-1][1] > look or (path[-1][2] and (number or path[-1][1][0] >= look[0]))):
            if number and path[-1][1][0] >= look[0]:
                break  # what is not numbered may hold what is, in letters of the same size
            path.pop()
        level = number[1].count(".") + 1.0 if number else path[-1][0] + 0.1 if path else 0.1
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, look, number is not None, heading.size))
        levels.append((heading, level))
    ranks = sorted({level for _, level in levels})
    cover = flow[0].page if flow and _is_cover([p for p in flow if p.page == flow[0].page]) else None
    after = next((level for heading, level in levels if heading.page != cover), 0.0)
    for heading, level in levels:
        heading.level = min(1 + ranks.index(max(level, after) if heading.page == cover else level), 10)


def _is_cover(first: Sequence[Paragraph]) -> bool:
    """Whether the first page holds next to nothing but headings: these head nothing on later pages."""
    texts = [text_of(p.lines) for p in first if p.kind is not BlockKind.HEADING]
    numbered = any(p.kind is BlockKind.HEADING and _NUMBERED.match(text_of(p.lines)) for p in first)
    return not numbered and sum(map(len, texts)) <= _COVER_TEXT
