"""Records of the one path of data: Document -> Page -> Passage (-> vector row -> Hit -> Citation)."""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import TypeAdapter

from ingest.errors import SpanError


class Kind(StrEnum):
    """Kind of parliamentary or policy document."""

    BELEIDSBRIEF = "beleidsbrief"
    BELEIDSNOTA = "beleidsnota"
    SCHRIFTELIJKE_VRAAG = "schriftelijke_vraag"
    REGEERAKKOORD = "regeerakkoord"
    VERSLAG = "verslag"
    DECREET = "decreet"
    BESLUIT = "besluit"
    BESLISSING = "beslissing"
    OMZENDBRIEF = "omzendbrief"
    ADVIES = "advies"
    CONCEPTNOTA = "conceptnota"
    RESOLUTIE = "resolutie"
    ANDERE = "andere"


class Topic(StrEnum):
    """Policy topic that a passage is about; a passage may have several or none."""

    MAATWERK = "maatwerk"
    LDE = "lde"
    MVO = "mvo"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one page.

    Attributes:
        page: `Page.number` of the page, 1-based.
        start: first character, 0-based, in Unicode code points of `Page.text`.
        end: one past the last character.
    """

    page: int
    start: int
    end: int


def touch(some: Sequence[Span], others: Sequence[Span]) -> bool:
    """Whether two places share a character."""
    return any(a.page == b.page and a.start < b.end and b.start < a.end for a in some for b in others)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the stored text.

    Attributes:
        number: place of the page in the stored document, 1-based.
        label: page number as the document itself gives it, or None where it does not.
        text: the text as read from the file, never changed afterwards.
    """

    number: int
    label: str | None
    text: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the text in UTF-8, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says about itself; None means that it does not say ("onbekend").

    Attributes:
        title: title, or the file's name where the document has none.
        date: day on which it was submitted or answered.
        number: parliamentary number with its volume, as "1328/1".
        session: parliamentary year, as "2017-2018".
        minister: minister who signed or answered.
        member: member of parliament who asked.
        language: ISO 639-1 code.
        source: where the file comes from.
        themes: what its parliament filed it under.
        origins: for each field that is known, where its value was found, in Dutch.
        groups: who may read it, see `ingest.groups`; empty is everybody.
    """

    title: str
    kind: Kind = Kind.ANDERE
    date: datetime.date | None = None
    number: str | None = None
    session: str | None = None
    minister: str | None = None
    member: str | None = None
    language: str | None = None
    source: str | None = None
    themes: tuple[str, ...] = ()
    origins: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @property
    def period(self) -> tuple[datetime.date, datetime.date] | None:
        """First and last day that the document may date from, or None if unknown.

        The day itself where it is known, else the parliamentary year, which in Flanders runs from the fourth
        Monday of September to the day before the next one.
        """
        if self.date:
            return self.date, self.date
        first, last = map(int, (self.session or "0-0").split("-"))
        if 1900 <= first == last - 1:  # else there is none, or it has a slip of the pen
            return datetime.date(first, 9, 22), datetime.date(last, 9, 27)
        return None


class BlockKind(StrEnum):
    """What a block is in the layout of its document."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    NUMBERED = "numbered"
    CAPTION = "caption"
    HEADER = "header"
    ROW = "row"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that belong together.

    Attributes:
        spans: where it stands, one span per page, furniture between its lines left out.
        text: its lines, joined by line feeds.
        level: depth of a heading, 1 is outermost; the number of a numbered item; 1 of a row that the file says to be
            a header, 2 of another one that opens a table right below a table; else 0.
    """

    kind: BlockKind
    spans: tuple[Span, ...]
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document.

    Attributes:
        title: on one line.
        depth: 1 is the outermost.
        place: where it stands; empty (start == end) where it names what follows and is no text itself.
    """

    title: str
    depth: int
    place: Span


class AnswerStatus(StrEnum):
    """What an answer is worth."""

    FINAL = "definitief"
    PROVISIONAL = "voorlopig"
    SUPPLEMENTARY = "aanvullend"
    REFERRED = "verwezen"


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer; questions that are answered together each carry the whole answer.

    Attributes:
        question: where it stands.
        answer: where all that answers it stands.
        introduction: what the document says before it asks, which the question is about.
        status: what the last answer is worth, or None where there is no answer.
        answered: day of the last answer, or None where its letter does not say.
    """

    question: tuple[Span, ...]
    answer: tuple[Span, ...]
    introduction: tuple[Span, ...] = ()
    status: AnswerStatus | None = None
    answered: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A block, or the part of a long one that fits in a passage.

    Attributes:
        kind: what the block is; HEADER of a row that heads a table.
        heads: of a table row, the rows that head it and the label that it continues.
    """

    kind: BlockKind
    spans: tuple[Span, ...]
    heads: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is found and quoted.

    Attributes:
        passage_id: "<document_id>:<page>:<start>-<end>" of the passage's own first span; a legal TREC docno.
        section: heading path, outermost first.
        spans: where it stands with its context (a table row its header, an answer its question), in reading order.
        search_text: what is matched: heading path and text, with lines and hyphens joined. Never quoted.
        own: where its own text stands, without context.
        pieces: the blocks of which it is made that can be quoted alone, in reading order.
        pair: which of the document's pairs it is part of, or None.
    """

    passage_id: str
    document_id: str
    section: tuple[str, ...]
    spans: tuple[Span, ...]
    search_text: str
    own: tuple[Span, ...]
    pieces: tuple[Piece, ...]
    pair: int | None = None
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One source document with its pages and passages.

    Attributes:
        document_id: see `ingest.naming`.
        sha256: SHA-256 of the file as it was read, hexadecimal.
        pages: in order; `pages[i].number == i + 1`. Passages and headings are in reading order.
        pairs: its questions with their answers, in the order of the questions.
        recognised: text that was recognised in images: where it stands, and how sure that is, 0 to 1.
        notes: what the user should know about how it was read, one sentence each, in Dutch.
        copies: names of other files with the same text, which are not stored again.
    """

    document_id: str
    file_name: str
    sha256: str
    metadata: Metadata
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...] = ()
    headings: tuple[Heading, ...] = ()
    pairs: tuple[Pair, ...] = ()
    recognised: tuple[tuple[Span, float], ...] = ()
    notes: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    def quote(self, spans: Sequence[Span]) -> str:
        """Return the verbatim text of spans.

        Spans that touch (only white space lies between them) are joined as they stand in the text; others are
        separated by a blank line.

        Raises:
            SpanError: a span is empty or does not lie inside its page.
        """
        pieces: list[str] = []
        for i, span in enumerate(spans):
            if not 1 <= span.page <= len(self.pages):
                raise SpanError(f"{self.document_id} heeft geen bladzijde {span.page}; neem het document opnieuw op.")
            text = self.pages[span.page - 1].text
            if not 0 <= span.start < span.end <= len(text):
                raise SpanError(
                    f"Tekens {span.start}-{span.end} staan niet op bladzijde {span.page} van {self.document_id}; "
                    "neem het document opnieuw op."
                )
            if i:
                pieces.append(self._between(spans[i - 1], span))
            pieces.append(text[span.start : span.end])
        return "".join(pieces)

    def pair_of(self, passage: Passage) -> Pair | None:
        """Return the question with its whole answer that a passage is part of, or None."""
        return None if passage.pair is None else self.pairs[passage.pair]

    def is_asking(self, passage: Passage) -> bool:
        """Whether a passage is what a member of parliament says before asking: no minister answers for it."""
        return passage.pair is None and any(touch(passage.own, pair.introduction) for pair in self.pairs)

    def confidence(self, spans: Sequence[Span]) -> float | None:
        """Return the mean confidence over the recognised characters of spans, or None where there are none."""
        shares = [
            (min(span.end, known.end) - max(span.start, known.start), value)
            for span in spans
            for known, value in self.recognised
            if touch([span], [known])
        ]
        total = sum(size for size, _ in shares)
        return round(sum(size * value for size, value in shares) / total, 3) if total else None

    def _between(self, left: Span, right: Span) -> str:
        before = self.pages[left.page - 1].text
        if left.page == right.page:
            space = before[left.end : right.start]
            return space if space and not space.strip() else "\n\n"
        after = self.pages[right.page - 1].text
        touch = right.page == left.page + 1 and not before[left.end :].strip() and not after[: right.start].strip()
        return "\n" if touch else "\n\n"


_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)


def to_json(document: Document) -> bytes:
    """Write a document with its passages as JSON on one line, as it is stored; always the same bytes."""
    return _DOCUMENT.dump_json(document, exclude=None if document.metadata.groups else {"metadata": {"groups"}})


def from_json(data: bytes) -> Document:
    """Read what `to_json` wrote.

    Raises:
        ValueError: it is no JSON of a document.
    """
    return _DOCUMENT.validate_json(data)
