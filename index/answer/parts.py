"""Passage -> its parts: what reading it needs that no question changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.answer.units import Unit, cut_units
from index.store.segment import lexical_text
from index.store.years import years_of
from index.terms import terms
from ingest.document import Document, Passage


@dataclass(frozen=True, slots=True)
class Part:
    """A unit of a passage.

    Attributes:
        unit: where it stands.
        text: its verbatim text.
        terms: index terms of that.
        tokens: which of the passage's tokens are its own.
        asks: whether it is a question, or stands in one that a member of parliament asked.
    """

    unit: Unit
    text: str
    terms: frozenset[str]
    tokens: tuple[int, ...]
    asks: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """A passage, taken apart.

    Attributes:
        units: its units in reading order.
        terms: index terms of its text, headings and title.
        years: years that it speaks about.
        offsets: [start, end) in `search_text` of each of its tokens.
    """

    units: tuple[Part, ...]
    terms: frozenset[str]
    years: frozenset[int]
    offsets: tuple[tuple[int, int], ...]


def take_apart(document: Document, passage: Passage, offsets: Sequence[tuple[int, int]]) -> Parts:
    """Take a passage apart.

    Args:
        document: its document.
        passage: the passage.
        offsets: [start, end) in `search_text` of each of its tokens.
    """
    places = _places(document, passage)
    tokens = [places[end - 1] if 0 < end <= len(places) and end > start else None for start, end in offsets]
    pair = document.pair_of(passage)
    asked = pair.question if pair else ()
    units = []
    for unit in cut_units(document, passage):
        text = document.quote(unit.spans)
        own = tuple(
            row
            for row, place in enumerate(tokens)
            if place and any(s.page == place[0] and s.start <= place[1] < s.end for s in unit.spans)
        )
        first = unit.own[0]
        asks = text.rstrip().endswith("?") or any(
            s.page == first.page and s.start <= first.start < s.end for s in asked
        )
        units.append(Part(unit, text, frozenset(terms(text)), own, asks))
    return Parts(
        tuple(units), frozenset(terms(lexical_text(document, passage))), years_of(document, passage), tuple(offsets)
    )


def _places(document: Document, passage: Passage) -> list[tuple[int, int] | None]:
    """Return for each character of `search_text` the page and offset where it stands, None for white space.

    `search_text` leaves out white space and line-end hyphens only, so that one walk over both finds each character.
    """
    stored = (
        (span.page, position, document.pages[span.page - 1].text[position])
        for span in passage.spans
        for position in range(span.start, span.end)
    )
    return [
        None if character.isspace() else next(((page, at) for page, at, one in stored if one == character), None)
        for character in passage.search_text
    ]
