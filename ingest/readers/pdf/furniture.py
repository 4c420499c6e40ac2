"""Running headers, footers and printed page numbers: known by repetition and by position."""

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from ingest.readers.flow import count_text
from ingest.readers.pdf.layout import is_table_row
from ingest.readers.pdf.lines import SMALL, rows_of
from ingest.readers.pdf.printed import DRAWN, Line, Sheet, Word, text_of
from ingest.readers.pdf.ruled import grids
from ingest.readers.text import edge_keys

# Why printed text is no body text, in Dutch: said in the report.
REPEATED, NUMBER, ORNAMENT = "kop- of voetregels", "bladzijdenummers", "sierlijnen"
CONTENTS, UNREADABLE, PICTURE = "regels van de inhoudstafel", "regels onleesbare tekst", "regels in afbeeldingen"
SLANTED = "regels schuine tekst"
TOP, _BOTTOM = 0.12, 0.16  # of the page's height, in which headers and footers stand
_REPEATED = 3  # pages; what stands on two may be chance
_SLOT = 4.0  # points; lines whose baselines are this close stand in the same place
_SAME_PLACE = 12.0  # points between the page numbers of two pages
_NEAR_EDGE, _LOGO, _NAME = 0.22, 1.6, 6  # of the page's height; times the size of the body text; letters
_APART = 1.35  # times the usual distance between lines sets a header apart from the text below it
_HEADING = 1.12  # times the size of the body text
_MAX_PLACE = 100  # characters of a running title
_NUMBER_ALONE = re.compile(r"^[\d.]+$")
_PAGE_NUMBER = re.compile(
    r"^\W{0,3}(?:p\.|pagina|pag\.|blz\.?|bladzijde|page)?\W{0,3}(\d{1,4}|[ivx]{1,7})"
    r"(?:\W{1,3}(?:van|of)?\W{0,3}\d{1,4})?\W{0,3}$",
    re.I,
)
_ROMAN = {count_text(n, "lowerRoman"): n for n in range(1, 40)}  # pages before the first chapter are counted so
_YEARS = range(1900, 2101)
_ORNAMENT = re.compile(r"^[\W_]{5,}$")  # a row of dots or dashes says nothing, wherever it stands
# A question, an annex or a numbered heading is text, also where one stands at the top of each page.
_OWN = re.compile(
    r"^\W*(?:bijlagen?|annex(?:en)?|deel)?[^\S\n]?\d{1,2}(?:\.\d{1,2}){0,4}[.):]?\s+[^\W\d]|^[IVX]{1,5}\.\s"
)
_COUNTED = re.compile(r"^[^\d\n]{0,60}[^\W\d]\s(?:nr\.?\s)?\d{1,3}\b")  # "Fiche 2", "Perceel nr. 3: fietsen"
_STROKE = re.compile(r"(?=[^\\{}°\n]*+[\\{}°])[\W_]++|[(‘<\[]")  # of a logo
_Place = tuple[int, float]  # baseline as a multiple of _SLOT, and font size


@dataclass(slots=True)
class _Row:
    """What stands on one baseline in the margin of a page, its pieces from left to right."""

    sheet: Sheet
    lines: list[Line]
    top: bool  # of the page
    inward: "_Row | None"  # the row on its inner side
    apart: bool = False  # whether white sets it and what is further out apart from the text

    def units(self) -> list[list[Line]]:
        """The whole row; where it stands apart also each piece of it."""
        return [self.lines, *([line] for line in self.lines if self.apart and len(self.lines) > 1)]


def find_furniture(sheets: Sequence[Sheet], lines: Sequence[Sequence[Line]]) -> tuple[dict[int, str], dict[int, str]]:
    """Find what is printed on page after page.

    A row in the margin is furniture where other pages have the same text there, numbers that count with the pages
    aside. A place that most pages use for such a text is one of furniture, also for the name of a chapter of one
    page. A row of a table, a question and a numbered heading are text; where each page repeats the same one, the
    first stays text.

    Returns:
        For the `id` of each line that is furniture why it is, and the printed page number by physical page.
    """
    body = statistics.mode([line.words[0].size for own in lines for line in own for _ in line.words] or [10.0])
    rows = [row for sheet, own in zip(sheets, lines, strict=True) for row in _edge_rows(sheet, own)]
    units = [(row, unit, _places(unit), _keys(row, unit, body)) for row in rows for unit in row.units()]
    seen: dict[tuple[_Place, str], set[int]] = defaultdict(set)
    users: dict[_Place, set[int]] = defaultdict(set)
    for row, _, places, keys in units:
        for place in places:
            users[place].add(row.sheet.number)
            for key in keys:
                seen[place, key].add(row.sheet.number)
    enough = min(_REPEATED, max(2, len(sheets) - 1))
    alike: dict[int, set[int]] = {}  # id of a line -> pages that have the same text in this place
    shared: dict[_Place, set[int]] = defaultdict(set)
    for row, unit, places, keys in units:
        needed = enough if row.apart and row.lines[0].size <= _HEADING * body else max(enough, len(sheets) / 2)
        pages = max((seen[place, key] for place in places for key in keys), key=len, default=set())
        if len(pages) >= needed:
            alike |= {id(line): pages for line in unit}
            for place in places:
                shared[place].add(row.sheet.number)
    taken = {place for place, pages in shared.items() if len(pages) >= enough and 2 * len(pages) >= len(users[place])}
    table = {id(line) for row in rows if _is_table(row, alike) for line in row.lines}
    found = {id(line): ORNAMENT for own in lines for line in own if _ORNAMENT.match(line.text)}
    found |= dict.fromkeys(_logos(sheets, lines, body), REPEATED)
    for row in rows:
        for line in row.lines:
            is_own = _is_own(row, row.lines, body) or _is_own(row, [line], body)
            running = row.apart and not is_own and line.size <= _HEADING * body and len(line.text) <= _MAX_PLACE
            pages = alike.get(id(line), set())
            again = pages and not (is_own and row.sheet.number == min(pages))
            if id(line) not in table and (again or (running and not taken.isdisjoint(_places([line])))):
                found.setdefault(id(line), REPEATED)
    numbers, printed = _page_numbers([row for row in rows if id(row.lines[0]) not in table], len(sheets))
    return found | dict.fromkeys(numbers, NUMBER), printed


def _logos(sheets: Sequence[Sheet], lines: Sequence[Sequence[Line]], body: float) -> Iterator[int]:
    """Yield the `id` of recognised lines near the edge that are mostly words which other pages have in that place.

    The recogniser reads the drawing of a logo otherwise on each page, and its name alike.
    """
    places: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    near: list[tuple[int, Line]] = []
    for sheet, own in zip(sheets, lines, strict=True):
        top, bottom = _NEAR_EDGE * sheet.height, (1 - _NEAR_EDGE) * sheet.height
        for line in own:
            title = line.y <= top and line.size > _LOGO * body and not DRAWN.search(line.text)
            if line.words[0].confidence is not None and not top < line.y < bottom and not title:
                near.append((sheet.number, line))
                for word in line.words:
                    for x, y in _around(word) if sum(map(str.isalpha, word.text)) >= _NAME else ():
                        places[word.text, x, y].add(sheet.number)
    logos = [(page, line) for page, line in near if _is_logo(line, places)]
    yield from (id(line) for _, line in logos)
    often = Counter(text for text, _ in {(word.text, page) for page, line in logos for word in line.words})
    for _, line in near:  # elsewhere on a page of another layout
        letters = [word.text for word in line.words if sum(map(str.isalpha, word.text)) > 2]
        if letters and all(often[text] >= _REPEATED for text in letters):
            yield id(line)


def _is_logo(line: Line, places: Mapping[tuple[str, int, int], set[int]]) -> bool:
    again = [w.text for w in line.words if max(len(places[w.text, x, y]) for x, y in _around(w)) >= _REPEATED]
    drawing = len(line.words) <= _NAME and any(_STROKE.fullmatch(w.text) for w in (line.words[0], line.words[-1]))
    return drawing or 2 * sum(map(len, again)) > sum(len(word.text) for word in line.words)


def _around(word: Word) -> Iterator[tuple[int, int]]:
    """Squares of the page in which a word may be said to stand."""
    x, y = round(word.x0 / (2 * _SAME_PLACE)), round(word.y / (2 * _SAME_PLACE))
    yield from product((x - 1, x, x + 1), (y - 1, y, y + 1))


def _edge_rows(sheet: Sheet, lines: Sequence[Line]) -> Iterator[_Row]:
    rows = rows_of(sorted(lines, key=lambda line: line.y))
    steps = [b[0].y - a[0].y for a, b in pairwise(rows)]
    size = statistics.median(row[0].words[0].size for row in rows) if rows else 10.0
    far = _APART * min(statistics.median(steps), 3 * size) if steps else 0.0
    for top, ordered in ((True, rows), (False, rows[::-1])):
        limit = TOP * sheet.height if top else (1 - _BOTTOM) * sheet.height
        made: list[_Row] = []
        for own in reversed(ordered):
            made.insert(0, _Row(sheet, own, top, made[0] if made else None))
        edge = [row for row in made if (row.lines[0].y <= limit) == top]
        gaps = [not row.inward or abs(row.inward.lines[0].y - row.lines[0].y) > far for row in edge]
        for row in edge[: gaps.index(True) + 1] if True in gaps else ():
            row.apart = True
        yield from edge


def _keys(row: _Row, unit: Sequence[Line], body: float) -> set[str]:
    """What makes the line the same as one on another page; a section number alone makes none, see _page_numbers."""
    text = text_of(unit)
    if _NUMBER_ALONE.match(text):
        return set()
    return {text} if _is_own(row, unit, body) else edge_keys(text, row.sheet.number)


def _is_own(row: _Row, unit: Sequence[Line], body: float) -> bool:
    """Whether it is a question or a heading with a number of its own, which is no page number."""
    text = text_of(unit)
    counted = row.top and len(unit) == 1 and unit[0].size >= 0.95 * body and _COUNTED.match(text)
    return bool(text.rstrip().endswith("?") or _OWN.match(text) or counted)


def _places(unit: Sequence[Line]) -> list[_Place]:
    slot, size = round(unit[0].y / _SLOT), round(unit[0].size)
    return [(slot - 1, size), (slot, size), (slot + 1, size)]


def _is_table(row: _Row, alike: dict[int, set[int]]) -> bool:
    """Whether the row is one of a table that goes on towards the middle of the page with rows of its own."""
    while row.inward and is_table_row(row.lines, row.inward.lines):
        if not all(id(line) in alike for line in row.inward.lines):
            return True
        row = row.inward
    line, top, bottom = row.lines[0], TOP * row.sheet.height, (1 - _BOTTOM) * row.sheet.height
    return any(
        ys[0] <= line.y <= ys[-1] + 2 and xs[0] - 4 <= line.x0 <= xs[-1] and ys[-1] > top and ys[0] < bottom
        for ys, xs in grids(row.sheet.rules)
    )


def _page_numbers(rows: Sequence[_Row], count: int) -> tuple[set[int], dict[int, str]]:
    """Lines that count with the pages in one place; they are labels where they stand on most pages.

    Years do not count as such, nor numbers beside each other, nor one raised before larger print: that of a footnote.
    One that is said to be of a page, or of how many, goes before a bare one.
    """
    found: dict[tuple[bool, str, int], list[tuple[int, float, Line]]] = defaultdict(list)
    for row in rows:
        marks = {id(a) for a, b in product(row.lines, repeat=2) if a.size <= SMALL * b.size and a.y + 1 < b.y}
        own_lines = [line for line in row.lines if id(line) not in marks]
        numbers = [(line, *read) for line in own_lines if (read := _read_number(line.text))]
        if len({number for _, number, _ in numbers}) == 1 and numbers[0][1] not in _YEARS:
            for line, number, form in numbers:
                edge = line.y if row.top else row.sheet.height - line.y
                found[row.top, form, number - row.sheet.number].append((row.sheet.number, edge, line))
    lines: set[int] = set()
    printed: dict[int, str] = {}
    for (_, form, offset), hits in sorted(found.items(), key=lambda item: not item[1][0][2].text.isalnum()):
        middle = statistics.median(edge for _, edge, _ in hits)
        hits = [(page, edge, line) for page, edge, line in hits if abs(edge - middle) <= _SAME_PLACE]
        own = {page for page, _, _ in hits}
        pages = range(min(own, default=1), max(own, default=0) + 1)
        if len(own) < min(_REPEATED, max(2, count - 1)) or 2 * len(own) < len(pages):
            continue
        lines |= {id(line) for _, _, line in hits}
        if 2 * len(own) >= count:
            printed = {page: count_text(page + offset, form) for page in pages if page + offset > 0}
    return lines, printed


def _read_number(text: str) -> tuple[int, str] | None:
    """The number of a line that may be a page number, and its form: "xii" is 12, "lowerRoman"."""
    said = match[1] if (match := _PAGE_NUMBER.match(text)) else ""
    if said.isdecimal():
        return int(said), "decimal"
    roman = _ROMAN.get(said.lower())
    return (roman, "lowerRoman" if said.islower() else "upperRoman") if roman else None
