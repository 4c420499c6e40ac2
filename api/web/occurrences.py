"""Every passage that has the words of a query, counted by year and by document: what "alle vindplaatsen" shows."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.schemas import place_of
from api.text_forms import clean, one_line
from api.web.flow import flowed
from api.web.render import cut, day_of
from index.answer.citation import KIND_NAMES
from index.answer.precedent import newest_first
from index.search.exact import every_word, read_operators
from index.search.hit import Filters, highlight
from index.search.rank import Searcher
from index.store.engine import Digest
from index.store.load import LoadedIndex
from ingest.document import Document, Passage

_AROUND = 160  # characters shown before and after the first word that is found
_COLUMNS = (
    "titel", "soort", "datum", "parlementair jaar", "nummer", "minister", "bladzijde", "onderdeel", "passage",
    "verwijzing", "adres",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute

Found = tuple[Document, Passage]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The passages that have the words of a query.

    Attributes:
        query: the query.
        places: (document, which of its passages), newest first and in reading order; undated documents last.
        counts: number of passages of each document.
        index: where they are.
    """

    query: str
    places: tuple[tuple[str, int], ...]
    counts: Mapping[str, int]
    index: LoadedIndex

    def read(self, rows: slice) -> list[Found]:
        """Read passages by their place in the list."""
        documents = self.index.documents
        return [(documents[name], documents[name].passages[ordinal]) for name, ordinal in self.places[rows]]

    @property
    def documents(self) -> list[tuple[Digest, int]]:
        """What is known of each document, with its number of passages, those with most first."""
        digests = self.index.engine.digests()
        return [(digests[name], count) for name, count in sorted(self.counts.items(), key=lambda one: -one[1])]


def find_occurrences(searcher: Searcher, query: str, filters: Filters, *, oldest: bool = False) -> Occurrences:
    """Find every passage that has all words of a query and obeys its operators."""
    engine = searcher.index.engine
    where = searcher.holding(query, filters.where)
    total, _ = engine.count(where)
    digests = engine.digests()
    found = [(place.document_id, place.ordinal) for place in engine.places(engine.sample(max(1, total), where))]
    found.sort(key=lambda one: (*_day(digests[one[0]], oldest=oldest), one[1]))
    return Occurrences(query, tuple(found), engine.facet("document", where), searcher.index)


def _day(document: Digest, *, oldest: bool) -> tuple[bool, int, str]:
    undated, day = newest_first(document)
    return undated, -day if oldest else day, document.document_id


def snippet(found: Found, query: str) -> Iterator[tuple[str, bool]]:
    """Yield what stands around the first word that is found, in pieces of (text, is such a word)."""
    document, passage = found
    exact = every_word(read_operators(query))
    words = " ".join(word for group in exact.wanted for phrase in group for word in phrase)
    text = flowed(document.quote(passage.spans))
    marked = highlight(text, words)
    first = marked[0][0] if marked else 0
    start = text.rfind(" ", 0, max(0, first - _AROUND)) + 1
    end = text.find(" ", min(len(text), first + _AROUND))
    end = len(text) if end < 0 else end
    if start:
        yield "… ", False
    yield from cut(text, marked, start, end)
    if end < len(text):
        yield " …", False


def to_csv(found: Sequence[Found], base_url: str) -> str:
    """Return passages as CSV that opens in a Flemish spreadsheet: semicolons, UTF-8 with its mark."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for document, passage in found:
        metadata, place = document.metadata, place_of(document, passage)
        row = (
            metadata.title,
            KIND_NAMES[metadata.kind],
            day_of(metadata),
            metadata.session or "",
            metadata.number or "",
            metadata.minister or "",
            place["pages"] or "",
            " › ".join(passage.section),
            one_line(document.quote(passage.spans)),
            place["reference"],
            base_url + place["url"],
        )
        writer.writerow([_plain(clean(value)) for value in row])
    return "\ufeff" + written.getvalue()


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
