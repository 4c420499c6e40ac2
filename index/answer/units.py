"""Passage -> units: the sentences, list items and table rows that can stand as a statement, with what reading needs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.store.segment import lexical_text
from index.store.years import years_of
from index.terms import terms
from ingest.document import BlockKind, Document, Passage, Piece, Span, touch
from ingest.dutch import block_sentences

MIN_CHARS = 25  # a shorter piece ("2010", "Idem.") says nothing alone, unless it is all that there is
POINTS_BACK = re.compile(  # "In 2020 waren het er 38"
    r"(?:dit|deze|dat|die|hier\w+|daar\w+|zij|hij)\b"
    r"|[^.:;?!]{0,60}?\s(?:is|was|waren|zijn|ga+t|ging|w[eo]rdt?|werden)\s(?:dat|het)\s"
    r"(?:(?:er|om|nog|maar|al|slechts|ongeveer)\s){0,3}\d|[^.:;?!]{0,60}?\shet aantal (?:tot|naar|met)\s",
    re.IGNORECASE,
)
NUMBER = r"(?:\d{1,2}[.)]\s{0,12}|[a-z][.)]\s{0,12}){0,3}"  # before a question or an answer: "1. a)"
_MOST_JOINED = 350  # characters of what is joined


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a passage that can be quoted alone.

    Attributes:
        own: where it stands, a span for each page.
        heads: of a table row, the rows that head it.
    """

    own: tuple[Span, ...]
    heads: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """What is quoted: the unit with its heads."""
        return self.heads + self.own

    @property
    def size(self) -> int:
        """Number of its own characters."""
        return sum(span.end - span.start for span in self.own)


@dataclass(frozen=True, slots=True)
class Part:
    """A unit of a passage with its verbatim text and the index terms of that.

    Attributes:
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
    """A passage, taken apart into its units in reading order, with the years that it speaks about.

    Attributes:
        terms: index terms of its text, headings and title.
        offsets: [start, end) in `search_text` of each of its tokens.
    """

    units: tuple[Part, ...]
    terms: frozenset[str]
    years: frozenset[int]
    offsets: tuple[tuple[int, int], ...]


def cut_units(document: Document, passage: Passage) -> tuple[Unit, ...]:
    """Cut a passage into units, in reading order; of a question with its answer only the answer counts."""
    pair = document.pair_of(passage)
    answering = [piece for piece in passage.pieces if pair is None or touch(piece.spans, pair.answer)]
    pieces = answering or passage.pieces
    units = tuple(_joined(document, [(piece, unit) for piece in pieces for unit in _units(document, piece)]))
    long = tuple(unit for unit in units if unit.size >= MIN_CHARS or unit.heads)
    return long or units or tuple(Unit(piece.spans) for piece in pieces)


def _units(document: Document, piece: Piece) -> Iterator[Unit]:
    if piece.kind is BlockKind.ROW:
        yield Unit(piece.spans, piece.heads)
    elif piece.kind is not BlockKind.HEADER:
        yield from map(Unit, block_sentences(document, piece.spans))


def _joined(document: Document, units: Sequence[tuple[Piece, Unit]]) -> Iterator[Unit]:
    """A piece that says little alone goes with another.

    A sentence that points back ("Dit ...") with the one before it, a short one ("In 2020 was dat 38 %.") too; a short
    first one ("Nee, dat is gratis.") with what follows; a short item with its list and what announces that.
    """
    held: Unit | None = None
    for i, (piece, unit) in enumerate(units):
        if held and not unit.heads + held.heads:
            first, before, text = unit.own[0], units[i - 1][0], document.quote(held.own)
            in_list = piece.kind is BlockKind.ITEM and (before.kind is BlockKind.ITEM or text.endswith(":"))
            is_short = min(held.size, unit.size) < MIN_CHARS and (before is piece or in_list)
            begins = held.size < MIN_CHARS and text.lower().endswith((".", "!", "ja", "nee", "neen"))
            points_back = POINTS_BACK.match(document.pages[first.page - 1].text, first.start)
            fits = held.size + unit.size <= _MOST_JOINED or (is_short and before is piece)
            if fits and (is_short or begins or points_back):
                held = Unit(join_spans(held.own, unit.own))
                continue
        if held:
            yield held
        held = unit
    if held:
        yield held


def join_spans(left: tuple[Span, ...], right: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return two stretches as one where the second follows on the same page, else both."""
    last, first = left[-1], right[0]
    if last.page != first.page or last.end > first.start:
        return left + right
    return (*left[:-1], Span(last.page, last.start, first.end), *right[1:])


def with_list(document: Document, passage: Passage, own: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return a stretch of a passage with the list that it announces, or is in the middle of: half a list misleads.

    What follows belongs to it after a colon; within a list of items each next one; without items what stands after a
    semicolon or a comma. It may end in the passage after it, in the same section.
    """
    last, inside, pieces = own[-1], False, passage.pieces
    after = next((then for one, then in pairwise(document.passages) if one.passage_id == passage.passage_id), None)
    if after and (after.section, after.pair) == (passage.section, passage.pair):
        pieces += tuple(piece for piece in after.pieces if touch(piece.spans, after.own))
    for piece in pieces:
        later = (span for span in piece.spans if (span.page, span.end) > (last.page, last.end))
        rest = tuple(Span(s.page, max(s.start, last.end) if s.page == last.page else s.start, s.end) for s in later)
        is_item = piece.kind is BlockKind.ITEM
        if rest:
            so_far = document.quote(own).rstrip()
            goes_on = so_far.endswith(":") or (is_item if inside else so_far.endswith((";", ",")))
            if not goes_on or piece.kind in (BlockKind.ROW, BlockKind.HEADER):
                break
            own = join_spans(own, rest)
        inside = is_item
    return own


def take_apart(document: Document, passage: Passage, offsets: Sequence[tuple[int, int]]) -> Parts:
    """Take a passage apart; `offsets` are [start, end) in `search_text` of each of its tokens."""
    places = _places(document, passage)
    tokens = [places[end - 1] if 0 < end <= len(places) and end > start else None for start, end in offsets]
    pair = document.pair_of(passage)
    asked = pair.question if pair else ()
    units = []
    for unit in cut_units(document, passage):
        text = document.quote(unit.spans)
        own = tuple(row for row, place in enumerate(tokens) if place and _within(place, unit.spans))
        first = unit.own[0]
        asks = text.rstrip().endswith("?") or _within((first.page, first.start), asked)
        units.append(Part(unit, text, frozenset(terms(text)), own, asks))
    return Parts(
        tuple(units), frozenset(terms(lexical_text(document, passage))), years_of(document, passage), tuple(offsets)
    )


def _within(place: tuple[int, int], spans: Sequence[Span]) -> bool:
    return any(span.page == place[0] and span.start <= place[1] < span.end for span in spans)


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
