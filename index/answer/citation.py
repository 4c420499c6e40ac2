"""Hit -> citation, the end of the path: a quote with its place, and the reference that goes into a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from index.answer.newer import Later
from ingest.dates import DATE, MONTHS, read_date
from ingest.document import Document, Kind, Metadata, Passage, Span
from ingest.dutch import join_lines
from ingest.question_letter import ANNEX
from ingest.tables import TableCell, read_cells

UNKNOWN = "onbekend"
KIND_NAMES = {kind: kind.replace("_", " ").capitalize() for kind in Kind} | {Kind.ANDERE: "Document"}
# How a reference begins where a document is known by its kind and day; V&A, as far as it gives a form.
_FORMS = {
    Kind.DECREET: "Decr.Vl.",
    Kind.BESLUIT: "Besluit",
    Kind.BESLISSING: "Beslissing Vl.Reg.",
    Kind.OMZENDBRIEF: "Omz.",
    Kind.ADVIES: "Advies",
    Kind.CONCEPTNOTA: "Conceptnota Vl.Reg.",
    Kind.RESOLUTIE: "Res. Vl.Parl.",
    Kind.REGEERAKKOORD: "Vlaams regeerakkoord",
    Kind.VERSLAG: "Verslag",
}
_POLICY = {Kind.BELEIDSBRIEF, Kind.BELEIDSNOTA, Kind.CONCEPTNOTA}
_OF_PARLIAMENT = _POLICY | {Kind.SCHRIFTELIJKE_VRAAG, Kind.VERSLAG, Kind.RESOLUTIE}
# Fields of metadata that only some kinds of document have.
_ONLY_OF = {
    "member": {Kind.SCHRIFTELIJKE_VRAAG},
    "minister": _POLICY | {Kind.SCHRIFTELIJKE_VRAAG, Kind.OMZENDBRIEF, Kind.BESLISSING},
    "number": _OF_PARLIAMENT,
    "session": _OF_PARLIAMENT,
    "source": set[Kind](),
}
_AUTHORITIES = {"vlaamse regering": "B.Vl.Reg.", "ministerieel": "MB", "koninklijk": "KB"}  # of a besluit
_OWN_NAME = re.compile(
    rf"^(?:(?:ministerieel|koninklijk)\s)?(?P<kind>{'|'.join(KIND_NAMES[kind] for kind in _FORMS)})\b"
    rf"(?:\svan\sde\svlaamse\sregering)?(?:\s(?:van|d\.d\.)\s{DATE})?\s*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Citation:
    """One verbatim piece of a document.

    Attributes:
        spans: its place; heads of a table row first.
        quote: the text at those spans when it was chosen.
        own: the place without heads, which is what a reference names; `spans` where it has none.
        later: a newer passage on the same matter, if the corpus has one.
        answer_span: [start, end) in `text` of the words that answer, where reading or the question's form tells which.
    """

    document: Document
    passage: Passage
    spans: tuple[Span, ...]
    quote: str
    own: tuple[Span, ...]
    later: Later | None = None
    answer_span: tuple[int, int] | None = None

    @classmethod
    def of(cls, document: Document, passage: Passage, own: Sequence[Span], heads: Sequence[Span] = ()) -> Self:
        """Cut a quote out of a document; `heads` are those of a table row, which a reference does not name."""
        spans = (*heads, *own)
        return cls(document, passage, spans, document.quote(spans), tuple(own))

    @classmethod
    def whole(cls, document: Document, passage: Passage) -> Self:
        """Quote a passage with its context."""
        return cls(document, passage, passage.spans, document.quote(passage.spans), passage.own)

    @property
    def text(self) -> str:
        """The quote on one line, words that a line end broke made whole."""
        return join_lines(self.quote)

    @property
    def cells(self) -> tuple[TableCell, ...]:
        """A table row cell by cell; empty for a sentence."""
        heads = self.spans[: len(self.spans) - len(self.own)]
        return read_cells(self.document, self.own, heads) if heads else ()


def page_of(document: Document, spans: Sequence[Span]) -> int | None:
    """Return the first page to cite: the printed one where the document gives it, else the physical page of a PDF.

    None where it is not known: plain text has no pages but those whose number stands in it.
    """
    label = document.pages[spans[0].page - 1].label
    if label and label.isdigit():
        return int(label)
    return spans[0].page if has_pages(document) else None


def page_label(document: Document, spans: Sequence[Span]) -> str | None:
    """Return the printed numbers of the pages on which a quote stands ("15", "iv", "2-3"), or None.

    A quote over several pages has one only where each of them has.
    """
    first, last = (document.pages[span.page - 1].label for span in (min(spans), max(spans)))
    if first is None or last is None:
        return None
    return first if first == last else f"{first}-{last}"


def applies(kind: Kind, field: str) -> bool:
    """Return whether a document of a kind should say a field of its metadata, so that "onbekend" means something.

    >>> applies(Kind.SCHRIFTELIJKE_VRAAG, "member"), applies(Kind.DECREET, "member"), applies(Kind.DECREET, "date")
    (True, False, True)
    """
    return field not in _ONLY_OF or kind in _ONLY_OF[field]


def has_pages(document: Document) -> bool:
    """Whether the pages of a document are those of its file, so that a page without printed number can be cited."""
    return document.file_name.lower().endswith(".pdf")


def pages_of(document: Document, spans: Sequence[Span]) -> str | None:
    """Return the page or pages to cite ("15", "2-3"), printed or else physical; None where not all are known."""
    first, last = min(spans).page, max(spans).page
    physical = str(first) if first == last else f"{first}-{last}"
    return page_label(document, spans) or (physical if has_pages(document) else None)


def place(document: Document, spans: Sequence[Span]) -> str | None:
    """Return `pages_of` as a reference gives it; in a document that prints numbers, physical ones are said to be so."""
    pages = pages_of(document, spans)
    is_physical = has_pages(document) and not page_label(document, spans)
    return f"{pages} van de pdf" if is_physical and any(page.label for page in document.pages) else pages


def reference(document: Document, passage: Passage, spans: Sequence[Span] = ()) -> str:
    """Return the reference of what is quoted, without context, or of the passage's own text.

    In Belgian V&A form (Juridische verwijzingen en afkortingen, Interuniversitaire Commissie, 5th ed. 2015) where
    the parliamentary number is known, or for a kind that has a form of its own; else a plain form that says what is
    not known. Text from a scan says so.
    """
    spans = spans or passage.own
    confidence = document.confidence(spans)
    recognised = "" if confidence is None else f" (OCR, zekerheid {100 * confidence:.0f} %)"
    return _source(document, passage, place(document, spans)) + recognised


def _source(document: Document, passage: Passage, where: str | None) -> str:
    metadata = document.metadata
    day = f"{metadata.date:%d/%m/%Y}" if metadata.date else ""
    if metadata.number and metadata.session:
        series, asked = "Parl.St.", ""
        if metadata.kind is Kind.SCHRIFTELIJKE_VRAAG:
            by = f" ({metadata.member})" if metadata.member else ""
            series, asked = "Vr. en Antw.", (f", {day}" if day else "") + by
        session = f"{metadata.session[:5]}{metadata.session[-2:]}"
        page = f", {where}" if where else ""
        return f"{metadata.title}, {series} Vl.Parl. {session}, nr. {metadata.number}{asked}{page}"
    if metadata.kind in _FORMS:
        return _of_kind(metadata) + (f", p. {where}" if where else "")
    known = [f"{KIND_NAMES[metadata.kind]} '{metadata.title}'"]
    if metadata.kind is Kind.SCHRIFTELIJKE_VRAAG and (part := _part(document, passage)):
        known.append(part)
    for name, field, value in (
        ("nummer", "number", metadata.number),
        ("datum", "date", day),
        ("minister", "minister", metadata.minister),
    ):
        if value or applies(metadata.kind, field):
            known.append(f"{name} {value or UNKNOWN}")
    return ", ".join(known) + (f", p. {where}" if where else "")


def _part(document: Document, passage: Passage) -> str:
    """Which part of a written question a passage is; all that comes after a line that opens an annex belongs to it."""
    if passage.pair is not None:
        return passage.section[-1].lower()
    above = [one for one in document.passages if one.pair is None and one.own[0] <= passage.own[0]]
    lines = [line for one in above for line in (*one.section, document.quote(one.own[:1]).partition("\n")[0])]
    return "bijlage" if any(map(ANNEX.match, lines)) else "inleiding" if passage.section else ""


def _of_kind(metadata: Metadata) -> str:
    """Form, day and title: "Decr.Vl. 12 juli 2013 betreffende maatwerk"; the title does not say kind and day again."""
    form = _FORMS[metadata.kind]
    if metadata.kind is Kind.BESLUIT:
        form = next((short for name, short in _AUTHORITIES.items() if name in metadata.title.lower()), form)
    named = _OWN_NAME.match(metadata.title)
    if named and named["kind"].lower() != metadata.kind:
        named = None
    day = metadata.date or (read_date(named) if named and named["year"] else None)
    written = f"{day.day} {list(MONTHS)[day.month - 1]} {day.year}" if day else f"(datum {UNKNOWN})"
    title = metadata.title[named.end() :] if named else metadata.title
    number = f", nr. {metadata.number}" if metadata.number else ""
    return f"{form} {written}{'' if not title or title[0].islower() else ','} {title}".rstrip() + number
