"""Acronyms and what they stand for, as the documents themselves say: in a list, or in brackets after the full form."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from index.store.engine import Digest
from index.terms import fold
from ingest.document import Document, Passage, Span


@dataclass(frozen=True, slots=True)
class Entry:
    """An acronym with its meaning.

    Attributes:
        acronym: as written.
        full: what it stands for, on one line.
        document_id: the document that says so.
        ordinal: which of its passages does.
        span: where.
        documents: all documents by id.
    """

    acronym: str
    full: str
    document_id: str
    ordinal: int
    span: Span
    documents: Mapping[str, Document]

    @property
    def document(self) -> Document:
        """The document that says so."""
        return self.documents[self.document_id]

    @property
    def passage(self) -> Passage:
        """The passage in which it does."""
        return self.document.passages[self.ordinal]


class Glossary:
    """All entries of a corpus; several documents may explain the same acronym, and differ."""

    def __init__(self, digests: Iterable[Digest], documents: Mapping[str, Document]) -> None:
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        told: set[tuple[str, str, str]] = set()
        for digest in digests:
            for one in digest.acronyms:
                key = (fold(one.acronym), fold(one.full), digest.document_id)
                if key not in told:
                    told.add(key)
                    place = Span(*one.span)
                    entry = Entry(one.acronym, one.full, digest.document_id, one.ordinal, place, documents)
                    self._entries[key[0]].append(entry)
        self._both: dict[str, str] = {}  # each short or long form, in lower case -> the other one
        for entries in self._entries.values():
            acronym, full = entries[0].acronym, entries[0].full
            if " " in full and " " not in acronym:
                self._both |= {acronym.lower(): full, full.lower(): acronym}
        forms = sorted(self._both, key=len, reverse=True)
        self._form = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, forms))})(?!\w)", re.IGNORECASE) if forms else None
        )

    def __iter__(self) -> Iterator[Entry]:
        for acronym in sorted(self._entries):
            yield from self._entries[acronym]

    def explain(self, word: str) -> tuple[Entry, ...]:
        """Return the entries of an acronym, however it is capitalised; those of lists first."""
        return tuple(self._entries.get(fold(word), ()))

    def forms(self, text: str) -> tuple[str, ...]:
        """Return a text with its acronyms and once more with what they stand for, or alone where that is the same.

        "Budget voor LDE" and "budget voor lokale diensteneconomie" both become these two, so that they find the same;
        only capitals may differ. What is written in both ways in one text stays so.
        """
        form = self._form
        if form is None:
            return (text,)
        there = {match[0].lower() for match in form.finditer(text)}

        def in_form(short: bool) -> str:
            def replaced(match: re.Match[str]) -> str:
                other = self._both[match[0].lower()]
                stays = other.lower() in there or short == (" " not in match[0])
                return match[0] if stays else other

            return form.sub(replaced, text)

        return tuple(dict.fromkeys((in_form(True), in_form(False))))
