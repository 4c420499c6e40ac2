"""Formats that name their own structure (Word, HTML, Markdown): elements in order -> one page and its blocks."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from ingest.document import Block, BlockKind, Page, Span
from ingest.readers.text import kind_of, runs, without_contents

HEADER_ROW = 1  # `level` of a table row that is known to be part of the header
NEXT_TABLE = 2  # `level` of a row that opens another table than the row before it is in, and is not known as header
_INVISIBLE = dict.fromkeys(map(ord, "\N{SOFT HYPHEN}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"))
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_MAX_REPEATED = 200  # characters of a merged cell that are given again in each row and column that it covers
MAX_COLUMNS = 100  # that one cell may cover; a wider one is an error in the file
BULLETS = ("•", "◦")  # of a list, and of one inside another: what is an item of what is told by them
_WORD = re.compile(r"[^\W_]+")
_KEPT = 0.995  # share of the letters that must come through; below it the reader is told


@dataclass(frozen=True, slots=True)
class Element:
    """One heading, paragraph, list item or table row as the file gives it."""

    text: str  # on one line, but for a plain mail; cells of a row are separated by tabs
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0  # of a heading, 1 is outermost; `HEADER_ROW` of a row that the file says to be header
    is_text: bool = True  # else it heads again what comes next, and the file does not give it there
    look: tuple[int, bool] | None = None  # of a paragraph that is bold throughout: size in half points, if in capitals


_TABLE_END = Element("")  # a row that comes next is one of another table


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    content: Sequence[Element] | None  # None where it goes on with the cell above
    columns: int = 1  # that it covers

    @property
    def text(self) -> str:
        """What stands in it, on one line, tables inside it aside."""
        return " ".join(item.text for item in self.content or () if item.text and item.kind is not BlockKind.ROW)


def clean(text: str) -> str:
    r"""Return a text on one line, composed (NFC) and without marks that nobody sees.

    >>> clean("  doel\u00adgroep \n cafe\u0301 ")
    'doelgroep café'
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())


def part_lines(text: str) -> Iterator[str]:
    r"""Return the paragraphs in which line breaks ("\v") part a text: at an empty line, and where an item begins."""
    lines = map(clean, text.split("\v"))
    parts = runs(lines, lambda _, line: not line or kind_of(line)[0] is not BlockKind.PARAGRAPH)
    return filter(None, (" ".join(part).strip() for part in parts))


def lay_out(elements: Iterable[Element]) -> tuple[tuple[Page, ...], list[Block]]:
    """Write elements below each other: on one page, since these formats have no fixed pages, and as its blocks."""
    parts: list[str] = []
    size = 0
    blocks: list[Block] = []
    before = Element("")
    for element in elements:
        if solid := element.text.strip():
            if element.is_text:
                in_table = element.kind is before.kind is BlockKind.ROW
                parts += ["" if not parts else "\n" if in_table else "\n\n", element.text.rstrip()]
                size += len(parts[-2]) + len(parts[-1])
            plain = element.kind is BlockKind.PARAGRAPH
            kind, level = kind_of(solid) if plain else (element.kind, element.level)
            level = level or NEXT_TABLE * (kind is BlockKind.ROW and before is _TABLE_END)
            blocks.append(Block(kind, (Span(1, size - len(solid) * element.is_text, size),), solid, level))
        before = element
    return (Page(1, None, "".join(parts)),), list(without_contents(blocks))


def read_table(rows: Sequence[Sequence[Cell]], headers: int) -> Iterator[Element]:
    """Unfold a table: a merged cell is given in each row and column that it covers.

    In the first `headers` rows, which the file says to be header, a cell that goes on downwards is given once, so that
    the rows together name each column. A table inside a cell follows the row that it stands in, each row of it after
    the label of that row. What stands in a single column is no table but text with a frame.
    """
    rows = [row for row in rows if row]
    headers = (headers if headers < len(rows) else 0) or _merged_headers(rows)
    above: list[str] = []
    for at, row in enumerate(rows):
        if len(row) == 1:
            is_table = any(len(other) > 1 for other in rows)  # in which this is a line over the whole width
            if is_table:
                yield Element(row[0].text, BlockKind.ROW)
            yield from (item for item in row[0].content or () if not is_table or item.kind is BlockKind.ROW)
            continue
        shown: list[str] = []
        below: list[str] = []
        for cell in row:
            goes_on = cell.content is None
            for i in range(min(cell.columns, MAX_COLUMNS)):
                known = above[len(below)] if goes_on and len(below) < len(above) else cell.text
                hidden = (i > 0 or goes_on) and (len(known) > _MAX_REPEATED or (goes_on and at < headers))
                shown.append("" if hidden else known)
                below.append(known)
        above = below
        label = shown[0] if len(shown[0]) <= _MAX_REPEATED else ""
        inner = [
            Element(f"{label}\t{item.text}" if i and label else item.text, BlockKind.ROW)
            for i, cell in enumerate(row)
            for item in cell.content or ()
            if item.kind is BlockKind.ROW
        ]
        if any(shown[1:]) or not (label and inner):  # else the rows inside say all that it says
            yield Element("\t".join(shown).rstrip("\t"), BlockKind.ROW, HEADER_ROW if at < headers else 0)
        yield from inner
    yield _TABLE_END


def _merged_headers(rows: Sequence[Sequence[Cell]]) -> int:
    """Number of header rows where merged cells show that there are two or more, else 0."""
    if not rows or len(rows[0]) < 2 or all(cell.columns == 1 for cell in rows[0]):
        return 0
    count = 1 if rows[0][0].text else 2
    while count < len(rows) and any(cell.content is None for cell in rows[count]):
        count += 1
    return count if 1 < count < len(rows) else 0


def number(text: str | None, default: int = 0) -> int:
    """Read a whole number, whatever stands there."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else default


def count_text(count: int, form: str) -> str:
    """Write a list number in one of Word's forms.

    >>> [count_text(28, form) for form in ("decimal", "decimalZero", "lowerLetter", "upperRoman", "ordinal", "none")]
    ['28', '28', 'bb', 'XXVIII', '28e', '']
    """
    text = {"none": "", "decimalZero": f"{count:02}", "ordinal": f"{count}e"}.get(form, str(count))
    if form.endswith("Letter") and count:
        text = ascii_lowercase[(count - 1) % 26] * (1 + (count - 1) // 26 % 100)
    elif form.endswith("Roman") and count < 90:
        text = ""
        for value, sign in _ROMAN:
            text, count = text + sign * (count // value), count % value
    return text.upper() if form.startswith("upper") else text


def loss_note(name: str, given: Iterable[str], elements: Iterable[Element], where: str) -> tuple[str, ...]:
    """Say how many letters of the words that a file holds were not read, where that is more than half a percent."""
    there = Counter(word for text in given for word in _WORD.findall(clean(text)))
    kept = Counter(word for element in elements for word in _WORD.findall(element.text))
    lost, count = (sum(len(word) * times for word, times in words.items()) for words in (there - kept, there))
    if lost <= (1 - _KEPT) * count:
        return ()
    share = f"{100 * lost / count:.1f}".replace(".", ",")
    return (f"{name} is niet volledig gelezen: {share} % van de letters ({lost} van {count}) {where}.",)
