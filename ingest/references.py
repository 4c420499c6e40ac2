"""References inside the text to other documents, in one normal form, and the documents of the corpus that they name."""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ingest.dates import DATE, read_date
from ingest.document import Kind, Metadata


class ReferenceKind(StrEnum):
    """What a reference names."""

    SCHRIFTELIJKE_VRAAG = "schriftelijke_vraag"
    PARLEMENTAIR_STUK = "parlementair_stuk"
    REGELGEVING = "regelgeving"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as it stands in a text.

    Attributes:
        start, end: its characters in the text, [start, end).
        normal: the same for every way to write it: "schriftelijke vraag 657 (24/05/2017)", "stuk 1324/1 (2011-2012)",
            "decreet 12/07/2013".
        number: parliamentary number, with its volume for a stuk, or None.
        date: day that it names, or None.
    """

    start: int
    end: int
    kind: ReferenceKind
    normal: str
    number: str | None = None
    session: str | None = None
    date: datetime.date | None = None


_SESSION = r"(?:19|20)\d{2}-(?:19|20)\d{2}"
_PATTERNS = {
    ReferenceKind.SCHRIFTELIJKE_VRAAG: re.compile(
        rf"\b(?:schriftelijke\s+vraag|SV|vraag)\s+nr\.?\s*(?P<number>\d{{1,6}})"
        rf"(?:\s+van\s+{DATE}|\s*\((?P<session>{_SESSION})\))",
        re.I,
    ),
    ReferenceKind.PARLEMENTAIR_STUK: re.compile(
        r"\b(?:(?:parl\.?\s*)?st(?:uk|\.)\s*(?:vl\.?\s*parl\.?\s*)?)?(?:nr\.?\s*)?(?P<number>\d{1,5})"
        rf"\s+\((?P<session>{_SESSION})\)\s*[–-]\s*nr\.?\s*(?P<volume>\d{{1,4}})\b",
        re.I,
    ),
    ReferenceKind.REGELGEVING: re.compile(
        rf"\b(?P<type>bijzonder\s+decreet|decreet|besluit\s+van\s+de\s+vlaamse\s+regering|BVR|ministerieel\s+besluit|MB|"
        rf"koninklijk\s+besluit|KB|wet|omzendbrief|ordonnantie)\s+van\s+{DATE}",
        re.I,
    ),
}
_LAW_NAMES = {"bvr": "besluit van de vlaamse regering", "mb": "ministerieel besluit", "kb": "koninklijk besluit"}


def find_references(text: str) -> Iterator[Reference]:
    """Find references to written questions, parliamentary documents and laws.

    >>> [r.normal for r in find_references("zie schriftelijke vraag nr. 657 van 24 mei 2017")]
    ['schriftelijke vraag 657 (24/05/2017)']
    >>> [r.normal for r in find_references("Stuk 1324 (2011-2012) – Nr. 1 en het decreet van 12 juli 2013")]
    ['stuk 1324/1 (2011-2012)', 'decreet 12/07/2013']
    """
    found = [_reference(kind, match) for kind, pattern in _PATTERNS.items() for match in pattern.finditer(text)]
    yield from sorted((one for one in found if one), key=lambda reference: (reference.start, reference.end))


def _reference(kind: ReferenceKind, match: re.Match[str]) -> Reference | None:
    """Read a match; None where it names no day that there is."""
    told = match.groupdict()
    session, number = told.get("session"), told.get("number")
    date = read_date(match) if told.get("year") else None
    if not (session or date):
        return None
    when = f"{date:%d/%m/%Y}" if date else session
    if kind is ReferenceKind.SCHRIFTELIJKE_VRAAG:
        normal = f"schriftelijke vraag {int(match['number'])} ({when})"
    elif kind is ReferenceKind.PARLEMENTAIR_STUK:
        number = f"{int(match['number'])}/{int(match['volume'])}"
        normal = f"stuk {number} ({when})"
    else:
        name = " ".join(match["type"].lower().split())
        normal = f"{_LAW_NAMES.get(name, name)} {when}"
    return Reference(*match.span(), kind, normal, number, session, date)


class Described(Protocol):
    """A document, or what is known of one without reading it."""

    @property
    def document_id(self) -> str:
        """Its id."""

    @property
    def metadata(self) -> Metadata:
        """What it says about itself."""


def resolve(reference: Reference, documents: Iterable[Described]) -> str | None:
    """Return the id of the one document that a reference names, or None where none, or more than one, fits."""
    fitting = [document.document_id for document in documents if _names(reference, document)]
    return fitting[0] if len(fitting) == 1 else None


def _names(reference: Reference, document: Described) -> bool:
    metadata = document.metadata
    if reference.number is None or metadata.number is None:
        return False
    is_question = metadata.kind is Kind.SCHRIFTELIJKE_VRAAG
    means_question = reference.kind is ReferenceKind.SCHRIFTELIJKE_VRAAG
    if is_question != means_question or reference.number not in metadata.number.split(", "):
        return False
    if reference.session and metadata.session:
        return reference.session == metadata.session
    if reference.date and metadata.period:  # the day of the question; the answer's, which we may have, is later
        first, last = metadata.period
        return first - datetime.timedelta(days=120) <= reference.date <= last
    return False
