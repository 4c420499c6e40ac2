"""Running headers, footers and printed page numbers: known by repetition and by position."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from ingest.readers.pdf.printed import Line, Sheet
from ingest.readers.running import edge_keys

_TOP, _BOTTOM = 0.12, 0.16  # of the page's height, in which headers and footers stand
_REPEATED = 3  # pages; what stands on two may be chance
_SLOT = 4.0  # points; lines whose baselines are this close stand in the same place
_NUMBER_ALONE = re.compile(r"^[\d.]+$")
_PAGE_NUMBER = re.compile(
    r"^\W*(?:p\.|pagina|pag\.|blz\.?|bladzijde|page)?\W*(\d{1,4})(?:\W+(?:van|of)?\W*\d{1,4})?\W*$", re.I
)
_ORNAMENT = re.compile(r"^[\W_]{5,}$")  # a row of dots or dashes says nothing, wherever it stands
_Place = tuple[int, float]  # baseline as a multiple of _SLOT, and font size


def find_furniture(sheets: Sequence[Sheet], lines: Sequence[Sequence[Line]]) -> tuple[set[int], dict[int, str]]:
    """Find what is printed on page after page.

    A place in the margin is one of furniture when on most pages that use it stands a text that other pages have
    there too, numbers aside; then all that stands there is furniture, also the name of a chapter of one page.

    Args:
        sheets: the pages.
        lines: the lines of each.

    Returns:
        `id` of each line that is furniture, and the printed page number by physical page. A number is given only
        where it counts up with the pages, and for a page between two that have one.
    """
    edges = [(sheet, line) for sheet, own in zip(sheets, lines, strict=True) for line in _margin(sheet, own)]
    texts: dict[_Place, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    users: dict[_Place, set[int]] = defaultdict(set)
    for sheet, line in edges:
        for place in _places(line):
            users[place].add(sheet.number)
            for key in _keys(sheet, line):
                texts[place][key].add(sheet.number)
    enough = min(_REPEATED, max(2, len(sheets) - 1))
    taken = {
        place
        for place, same in texts.items()
        if len(shared := {page for pages in same.values() if len(pages) >= enough for page in pages}) >= enough
        and 2 * len(shared) >= len(users[place])
    }
    furniture = {
        id(line)
        for sheet, line in edges
        for place in _places(line)
        if place in taken or any(len(texts[place][key]) >= enough for key in _keys(sheet, line))
    }
    furniture |= {id(line) for own in lines for line in own if _ORNAMENT.match(line.text)}
    numbers, printed = _page_numbers(edges, enough)
    return furniture | numbers, printed


def _keys(sheet: Sheet, line: Line) -> set[str]:
    """What makes the line the same as one on another page; a section number alone makes none, see _page_numbers."""
    return set() if _NUMBER_ALONE.match(line.text) else edge_keys(line.text, sheet.number)


def _places(line: Line) -> list[_Place]:
    slot, size = round(line.y / _SLOT), round(line.size)
    return [(slot - 1, size), (slot, size), (slot + 1, size)]


def _margin(sheet: Sheet, lines: Sequence[Line]) -> Iterator[Line]:
    return (line for line in lines if not _TOP * sheet.height < line.y < (1 - _BOTTOM) * sheet.height)


def _page_numbers(edges: Sequence[tuple[Sheet, Line]], enough: int) -> tuple[set[int], dict[int, str]]:
    found = [
        (sheet.number, line, int(match[1]))
        for sheet, line in edges
        if (match := _PAGE_NUMBER.match(line.text)) is not None
    ]
    offsets = Counter(number - page for page, number in {(page, number) for page, _, number in found})
    if not offsets or offsets.most_common(1)[0][1] < enough:
        return set(), {}
    offset = offsets.most_common(1)[0][0]
    own = {page: line for page, line, number in found if number - page == offset}
    return {id(line) for line in own.values()}, {
        page: str(page + offset) for page in range(min(own), max(own) + 1) if page + offset > 0
    }
