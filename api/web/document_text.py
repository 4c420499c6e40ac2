"""A document's text as its page shows it: pages of blocks of pieces, cut where something is marked."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from api.web.flow import flowed
from api.web.render import cut
from index.search.hit import highlight
from ingest.document import Document, Heading, Page, Passage, Span


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a page.

    Attributes:
        heading: the anchor of the heading that it is, and the heading; None for other text.
        anchors: those of headings without text of their own that point here.
        passage: the passage that starts here, or None.
        cited: whether the passage that is asked for starts here.
        pieces: (text, is it quoted, is it a word that is asked for); joined, the texts are the
            page's own, place by place, with their line ends flowing.
    """

    heading: tuple[str, Heading] | None
    anchors: tuple[str, ...]
    passage: Passage | None
    cited: bool
    pieces: tuple[tuple[str, bool, bool], ...]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of the document: its anchor, its printed number where it has one, and its text."""

    number: int
    label: str | None
    anchor: str
    blocks: tuple[Block, ...]


def page_anchors(document: Document) -> dict[int, str]:
    """Return the anchor of each page: its printed number, or its place in the file where it has none of its own."""
    anchors: dict[int, str] = {}
    for page in document.pages:
        printed = f"p-{page.label}" if page.label and page.label.isalnum() else ""
        anchors[page.number] = printed if printed and printed not in anchors.values() else f"blad-{page.number}"
    return anchors


def page_named(document: Document, name: str) -> Page | None:
    """Return the page with a printed number, else the page of the file with that number, or None."""
    by_label = next((page for page in document.pages if page.label and page.label.lower() == name.lower()), None)
    if by_label is None and name.isdecimal() and len(name) < 7 and 1 <= int(name) <= len(document.pages):
        return document.pages[int(name) - 1]
    return by_label


class DocumentText:
    """A document cut up for showing.

    Args:
        document: the document.
        quoted: spans to mark as quoted.
        cited: the passage that is asked for, or None.
        words: words to mark wherever they occur, or "".
    """

    def __init__(
        self, document: Document, quoted: Collection[Span] = (), cited: Passage | None = None, words: str = ""
    ) -> None:
        self._document, self._quoted, self._cited, self._words = document, quoted, cited, words
        self.headings = [(f"kop-{n}", heading) for n, heading in enumerate(document.headings, start=1)]
        self._passages: dict[int, dict[int, Passage]] = defaultdict(dict)
        for passage in document.passages:
            first = passage.own[0]
            self._passages[first.page][first.start] = passage

    def pages(self) -> Iterator[ShownPage]:
        """Yield the pages, one by one, so that a long document can be sent while it is made."""
        anchors = page_anchors(self._document)
        for page in self._document.pages:
            yield ShownPage(page.number, page.label, anchors[page.number], tuple(self._blocks(page)))

    def _blocks(self, page: Page) -> Iterator[Block]:
        here = [(anchor, heading) for anchor, heading in self.headings if heading.place.page == page.number]
        headings = {one.place.start: (anchor, one) for anchor, one in here if one.place.end > one.place.start}
        bare = [(anchor, one.place.start) for anchor, one in here if one.place.end <= one.place.start]
        passages = self._passages[page.number]
        cuts = {0, len(page.text), *passages, *headings, *(heading.place.end for _, heading in headings.values())}
        for _, heading in headings.values():  # nothing is cut inside a heading
            cuts -= {place for place in cuts if heading.place.start < place < heading.place.end}
        quoted = sorted((span.start, span.end) for span in self._quoted if span.page == page.number)
        words = highlight(page.text, self._words) if self._words else ()
        shown = flowed(page.text)
        for start, end in pairwise(sorted(cuts)):
            passage = passages.get(start)
            yield Block(
                heading=headings.get(start),
                anchors=tuple(anchor for anchor, place in bare if start <= place < end),
                passage=passage,
                cited=passage is not None and passage == self._cited,
                pieces=tuple(_pieces(shown, start, end, quoted, words)),
            )


def _pieces(
    text: str, start: int, end: int, quoted: Sequence[tuple[int, int]], words: Sequence[tuple[int, int]]
) -> Iterator[tuple[str, bool, bool]]:
    for piece, is_quoted in cut(text, quoted, start, end):
        stop = start + len(piece)
        yield from ((part, is_quoted, is_word) for part, is_word in cut(text, words, start, stop))
        start = stop
