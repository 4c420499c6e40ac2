"""Acronyms and what they stand for, as the documents themselves say: in a list, or in brackets after the full form."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from index.store.engine import Digest
from index.terms import fold
from ingest.document import Document, Passage, Span
from ingest.dutch import dutch_words

_COMMON = 1e-4  # share of words from which on one that is not in capitals is no acronym: "op", "wij", "plan"


@dataclass(frozen=True, slots=True)
class Entry:
    """An acronym with its meaning, see `Acronym`, and the document that says so, among all documents by id."""

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
        self._entries: dict[str, dict[tuple[str, str], Entry]] = defaultdict(dict)
        for digest in digests:
            for one in digest.acronyms:
                entry = Entry(one.acronym, one.full, digest.document_id, one.ordinal, Span(*one.span), documents)
                self._entries[fold(one.acronym)].setdefault((fold(one.full), digest.document_id), entry)
        self._both: dict[str, str] = {}  # each short or long form, in lower case -> the other one
        for entries in self._entries.values():
            first = next(iter(entries.values()))
            if " " in first.full and " " not in first.acronym:
                self._both |= {first.acronym.lower(): first.full, first.full.lower(): first.acronym}
        forms = sorted(self._both, key=len, reverse=True)  # without any, nothing is found
        self._form = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, forms)) or '(?!)'})(?!\w)", re.IGNORECASE)

    def __iter__(self) -> Iterator[Entry]:
        for acronym in sorted(self._entries):
            yield from self._entries[acronym].values()

    def explain(self, word: str) -> tuple[Entry, ...]:
        """Return the entries of an acronym, however it is capitalised; those of lists first."""
        return tuple(self._entries.get(fold(word), {}).values())

    def forms(self, text: str) -> tuple[str, ...]:
        """Return a text with its acronyms and once more with what they stand for, or alone where that is the same.

        "Budget voor LDE" and "budget voor lokale diensteneconomie" both become these two, so that they find the same;
        only capitals may differ. What is written in both ways in one text stays so.
        """
        there = {match[0].lower() for match in self._form.finditer(text) if not _is_word(match[0])}

        def replaced(match: re.Match[str], *, short: bool) -> str:
            other = self._both[match[0].lower()]
            stays = other.lower() in there or short == (" " not in match[0]) or _is_word(match[0])
            return match[0] if stays else other

        both = (self._form.sub(partial(replaced, short=short), text) for short in (True, False))
        return tuple(dict.fromkeys(both))


def _is_word(written: str) -> bool:
    """Whether what has the letters of an acronym is a word that any text may have."""
    return not written.isupper() and dutch_words().get(written.lower(), 0) >= _COMMON
