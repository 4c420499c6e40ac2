"""Acronyms and what they stand for, as the documents themselves say: in a list, or in brackets after the full form."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.terms import fold
from ingest.document import Document, Passage, Span

_LIST_HEADING = re.compile(r"\bafkorting", re.IGNORECASE)
_BRACKETED = re.compile(r"\(\s*+(?P<acronym>[A-Z][\w&.-]{1,9})\s*+\)")
_BEFORE = re.compile(r"[^()\n]{4,120}(?:\n[^()\n]{0,80})?\Z")
_MOST_BEFORE = 120 + 1 + 80  # characters of `_BEFORE`
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"[^\W_]+(?:['’&-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Entry:
    """An acronym with its meaning.

    Attributes:
        acronym: as written.
        full: what it stands for, on one line.
        document: the document that says so.
        passage: the passage in which it does.
        span: where.
    """

    acronym: str
    full: str
    document: Document
    passage: Passage
    span: Span


class Glossary:
    """All entries of a corpus; several documents may explain the same acronym, and differ."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        for document in documents:
            for entry in _entries(document):
                known = self._entries[fold(entry.acronym)]
                if all(fold(entry.full) != fold(other.full) or entry.document != other.document for other in known):
                    known.append(entry)
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


def _entries(document: Document) -> Iterator[Entry]:
    listed = [p for p in document.passages if p.section and _LIST_HEADING.search(p.section[-1])]
    for passage in listed:
        yield from _from_list(document, passage)
    for passage in document.passages:
        yield from _from_brackets(document, passage)


def _from_list(document: Document, passage: Passage) -> Iterator[Entry]:
    for span in passage.spans:
        text = document.pages[span.page - 1].text
        for match in _LINE.finditer(text[span.start : span.end]):
            words = match[0].split()
            size = next((i for i, word in enumerate(words) if not _is_acronym(word)), len(words))
            if 0 < size < len(words):
                start = span.start + match.start() + len(match[0]) - len(match[0].lstrip())
                end = span.start + match.start() + len(match[0].rstrip())
                place = Span(span.page, start, end)
                yield Entry(" ".join(words[:size]), " ".join(words[size:]), document, passage, place)


def _from_brackets(document: Document, passage: Passage) -> Iterator[Entry]:
    for span in passage.spans:
        text = document.pages[span.page - 1].text
        for first, opened, closed, written in bracketed(text, span.start, span.end):
            acronym = written.rstrip(".")
            if not _is_acronym(acronym):
                continue
            before = text[first:opened]
            start = long_form(before, acronym)
            if start is not None:
                place = Span(span.page, first + start, closed)
                yield Entry(acronym, " ".join(before[start:].replace("*", "").split()), document, passage, place)


def bracketed(text: str, start: int, end: int) -> Iterator[tuple[int, int, int, str]]:
    """Yield what may be an acronym in brackets in `text[start:end]`, with the words before it.

    The brackets are found first, so that text without them costs no more than its length.

    Yields:
        Where the words before start, where the brackets open, one past where they close, and what is in them.
    """
    for match in _BRACKETED.finditer(text, start, end):
        opened = match.start()
        before = _BEFORE.search(text, max(start, opened - _MOST_BEFORE), opened)
        if before:
            yield before.start(), opened, match.end(), match["acronym"]


def _is_acronym(word: str) -> bool:
    capitals = sum(c.isupper() for c in word)
    return capitals >= 2 and 2 * capitals >= sum(c.isalpha() for c in word)


def long_form(before: str, acronym: str) -> int | None:
    """Find where the full form of an acronym starts in the text before its brackets.

    Each letter of the acronym must occur in order, the first one at the start of a word. Source: Schwartz and Hearst
    (2003), A simple algorithm for identifying abbreviation definitions in biomedical text,
    https://psb.stanford.edu/psb-online/proceedings/psb03/schwartz.pdf.

    Args:
        before: text that ends where the brackets open.
        acronym: letters, figures and joining signs.

    Returns:
        Offset into `before`, or None where the words before do not fit.
    """
    letters = [c.lower() for c in acronym if c.isalnum()]
    words = [(m.start(), m.end()) for m in _WORD.finditer(before)]
    most = min(len(letters) + 5, 2 * len(letters))
    first = words[-most][0] if len(words) >= most else 0
    place = len(before)
    for i in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= first and (
            before[place].lower() != letters[i] or (i == 0 and place > 0 and before[place - 1].isalnum())
        ):
            place -= 1
        if place < first:
            return None
    return place if any(c.islower() for c in before[place:]) else None
