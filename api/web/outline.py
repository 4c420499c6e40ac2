"""The headings of a document, found again in its text: what a reader jumps to."""

import re
from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ingest.document import Document, Passage, Span

_WINDOW = 1500  # characters before a passage in which its headings are looked for


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document.

    Attributes:
        number: place among the headings, from 1.
        depth: 1 is the outermost.
        title: on one line.
        place: where it stands; empty (start == end) where only the place of its text is known.
    """

    number: int
    depth: int
    title: str
    place: Span

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return f"kop-{self.number}"


def own_start(passage: Passage) -> tuple[int, int]:
    """Return page and first character of a passage's own text; its first span may be context that stands elsewhere."""
    _, page, place = passage.passage_id.rsplit(":", 2)
    return int(page), int(place.split("-")[0])


def outline(document: Document) -> list[Heading]:
    """Return the headings of a document in the order of its text.

    Passages carry the path of their headings, and that is what counts as a heading; here each is looked for in the
    text before its first passage. Found or not, each is returned once.
    """
    found: list[Heading] = []
    places: list[tuple[int, int]] = []  # ends of the headings found, so that none is found twice
    previous: Sequence[str] = ()
    for passage in document.passages:
        common = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(previous, passage.section, strict=False))
        )
        new = list(enumerate(passage.section))[common:]
        previous = passage.section
        before = own_start(passage)
        spans: list[tuple[int, str, Span]] = []
        for depth, title in reversed(new):
            place = _find(document, title, before, places[-1] if places else (1, 0))
            if place:
                before = place.page, place.start
            spans.append((depth + 1, title, place or Span(before[0], before[1], before[1])))
        for depth, title, place in reversed(spans):
            found.append(Heading(len(found) + 1, depth, title, place))
            insort(places, (place.page, place.end))
    return found


def _find(document: Document, title: str, before: tuple[int, int], after: tuple[int, int]) -> Span | None:
    """Return the last place of a title between two places, at most _WINDOW characters back or on the page before."""
    words = (r"(?:-\n)?".join(map(re.escape, word)) for word in title.split())
    pattern = re.compile(r"[\s*#_]+".join(words))
    for page, low, high in _windows(document, before):
        low = max(low, after[1]) if page == after[0] else low
        if page < after[0] or low >= high:
            return None
        matches = list(pattern.finditer(document.pages[page - 1].text, low, high))
        if matches:
            return Span(page, matches[-1].start(), matches[-1].end())
    return None


def _windows(document: Document, before: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    page, high = before
    yield page, max(0, high - _WINDOW), high
    if page > 1:
        length = len(document.pages[page - 2].text)
        yield page - 1, max(0, length - _WINDOW), length
