"""Records of the one path of data: Document -> Page -> Passage (-> vector row -> Hit -> Citation)."""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.errors import SpanError


class Kind(StrEnum):
    """Kind of parliamentary or policy document."""

    BELEIDSBRIEF = "beleidsbrief"
    BELEIDSNOTA = "beleidsnota"
    SCHRIFTELIJKE_VRAAG = "schriftelijke_vraag"
    REGEERAKKOORD = "regeerakkoord"
    VERSLAG = "verslag"
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
        kind: kind of document.
        date: day on which it was submitted or answered.
        number: parliamentary number with its volume, as "1328/1".
        session: parliamentary year, as "2017-2018".
        minister: minister who signed or answered.
        member: member of parliament who asked.
        language: ISO 639-1 code.
        source: where the file comes from.
        origins: for each field that is known, where its value was found, in Dutch.
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
    origins: dict[str, str] = field(default_factory=dict)

    @property
    def period(self) -> tuple[datetime.date, datetime.date] | None:
        """First and last day that the document may date from, or None if unknown.

        The day itself where it is known, else the parliamentary year, which in Flanders runs from the fourth
        Monday of September to the day before the next one.
        """
        if self.date:
            return self.date, self.date
        if self.session:
            first, last = self.session.split("-")
            return datetime.date(int(first), 9, 22), datetime.date(int(last), 9, 27)
        return None


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is found and quoted.

    Attributes:
        passage_id: "<document_id>:<page>:<start>-<end>" of the passage's own first span; a legal TREC docno.
        document_id: the document it stands in.
        section: heading path, outermost first.
        spans: where it stands, in reading order; spans that are not adjacent carry their context with them
            (a table row its header, an answer its question).
        search_text: what is matched: heading path and text, with lines and hyphens joined. Never quoted.
        topics: topics it is about.
        confidence: of text recognised in an image, the mean confidence of its words, 0 to 1; None for other text.
    """

    passage_id: str
    document_id: str
    section: tuple[str, ...]
    spans: tuple[Span, ...]
    search_text: str
    topics: tuple[Topic, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One source document with its pages and passages.

    Attributes:
        document_id: name of the file, see `ingest.names`.
        file_name: name of the file it was read from.
        sha256: SHA-256 of the file as it was read, hexadecimal.
        metadata: what the document says about itself.
        pages: its pages, in order; `pages[i].number == i + 1`.
        passages: its passages, in reading order.
        notes: what the user should know about how it was read, one sentence each, in Dutch.
        copies: names of other files with the same text, which are not stored again.
    """

    document_id: str
    file_name: str
    sha256: str
    metadata: Metadata
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...] = field(default=())
    notes: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    def quote(self, spans: Sequence[Span]) -> str:
        """Return the verbatim text of spans.

        Spans that touch (only white space lies between them) are joined as they stand in the text; others are
        separated by a blank line.

        Args:
            spans: spans in reading order.

        Returns:
            The text, character for character as stored.

        Raises:
            SpanError: a span is empty or does not lie inside its page.
        """
        pieces: list[str] = []
        previous: Span | None = None
        for span in spans:
            if not 1 <= span.page <= len(self.pages):
                raise SpanError(f"{self.document_id} has no page {span.page}; ingest the document again.")
            text = self.pages[span.page - 1].text
            if not 0 <= span.start < span.end <= len(text):
                raise SpanError(
                    f"Characters {span.start}-{span.end} do not lie on page {span.page} of {self.document_id}; "
                    "ingest the document again."
                )
            if previous is not None:
                pieces.append("\n" if self._touch(previous, span) else "\n\n")
            pieces.append(text[span.start : span.end])
            previous = span
        return "".join(pieces)

    def label(self, span: Span) -> str | None:
        """Return the printed page number at a span, or None where the document does not give it."""
        return self.pages[span.page - 1].label

    def _touch(self, left: Span, right: Span) -> bool:
        before = self.pages[left.page - 1].text
        if left.page == right.page:
            return not before[left.end : right.start].strip() and left.end <= right.start
        after = self.pages[right.page - 1].text
        return right.page == left.page + 1 and not before[left.end :].strip() and not after[: right.start].strip()
