"""Acronyms and what they stand for, as a document itself says: in a list, or in brackets after the full form."""

import re
from collections.abc import Iterator, Sequence

from index.store.engine import Acronym, Digest
from index.terms import STOPWORDS
from ingest.document import Document

_LIST_HEADING = re.compile(r"\bafkorting", re.IGNORECASE)
_BRACKETED = re.compile(r"\(\s*+(?P<acronym>[A-Z][\w&.-]{1,9})\s*+\)")
_LEAST_BEFORE, _MOST_LINE, _MOST_LAST = 4, 120, 80  # characters before brackets, of a line and of one more after it
_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_WORD = re.compile(r"[^\W_]+(?:['’&-][^\W_]+)*")


def digest_of(document: Document, content: str) -> Digest:
    """Return the digest of a document with a content hash."""
    size = len(document.pages), len(document.passages)
    return Digest(document.document_id, content, document.metadata, *size, tuple(acronyms_in(document)))


def acronyms_in(document: Document) -> Iterator[Acronym]:
    """Yield what a document explains, that in its lists first."""
    pieces = [(i, span) for i, passage in enumerate(document.passages) for span in passage.spans]
    for ordinal, span in pieces:
        section = document.passages[ordinal].section
        if section and _LIST_HEADING.search(section[-1]):
            for match in _LINE.finditer(document.pages[span.page - 1].text, span.start, span.end):
                words = match[0].split()
                size = next((i for i, word in enumerate(words) if not _is_acronym(word)), len(words))
                if 0 < size < len(words):
                    yield Acronym(" ".join(words[:size]), " ".join(words[size:]), ordinal, (span.page, *match.span()))
    for ordinal, span in pieces:
        text = document.pages[span.page - 1].text
        for first, opened, closed, written in bracketed(text, span.start, span.end):
            acronym, before = written.rstrip("."), text[first:opened]
            if _is_acronym(acronym) and (start := long_form(before, acronym)) is not None:
                full = " ".join(before[start:].replace("*", "").split())
                yield Acronym(acronym, full, ordinal, (span.page, first + start, closed))


def bracketed(text: str, start: int, end: int) -> Iterator[tuple[int, int, int, str]]:
    """Yield what may be an acronym in brackets in `text[start:end]`, with the words before it.

    The brackets are found first, so that text without them costs no more than its length.

    Yields:
        Where the words before start, where the brackets open, one past where they close, and what is in them.
    """
    for match in _BRACKETED.finditer(text, start, end):
        opened = match.start()
        first = _start_of_words(text, max(start, opened - _MOST_LINE - 1 - _MOST_LAST), opened)
        if first is not None:
            yield first, opened, match.end(), match["acronym"]


def _start_of_words(text: str, start: int, end: int) -> int | None:
    """Return where the words before brackets start: those of their line, with the line before it where there is one."""
    start = 1 + max(text.rfind(mark, start, end) for mark in "()") or start
    line = text.rfind("\n", start, end)
    if line >= 0 and end - line - 1 <= _MOST_LAST:
        before = max(text.rfind("\n", start, line) + 1 or start, line - _MOST_LINE)
        if line - before >= _LEAST_BEFORE:
            return before
    first = max(line + 1 or start, end - _MOST_LINE)
    return first if end - first >= _LEAST_BEFORE else None


def _is_acronym(word: str) -> bool:
    capitals = sum(c.isupper() for c in word)
    return capitals >= 2 and 2 * capitals >= sum(c.isalpha() for c in word)


def long_form(before: str, acronym: str) -> int | None:
    """Find where the full form of an acronym starts in the text before its brackets.

    Each letter of the acronym must occur in order, the first one at the start of a word; small words ("voor") count
    only where the others do not hold them all. Source: Schwartz and Hearst (2003), A simple algorithm for identifying
    abbreviation definitions in biomedical text,
    https://psb.stanford.edu/psb-online/proceedings/psb03/schwartz.pdf.

    Returns:
        Offset into `before`, or None where the words before do not fit.
    """
    letters = [c.lower() for c in acronym if c.isalnum()]
    words = [(m.start(), m.end()) for m in _WORD.finditer(before)]
    most = min(len(letters) + 5, 2 * len(letters))
    first = words[-most][0] if len(words) >= most else 0
    large = _WORD.sub(lambda word: " " * len(word[0]) if word[0].lower() in STOPWORDS else word[0], before)
    place = next((place for text in (large, before) if (place := _walk_back(text, letters, first)) is not None), None)
    return place if place is not None and any(c.islower() for c in before[place:]) else None


def _walk_back(text: str, letters: Sequence[str], first: int) -> int | None:
    place = len(text)
    for i in reversed(range(len(letters))):
        same = (at for at in range(place - 1, first - 1, -1) if text[at].lower() == letters[i])
        place = next((at for at in same if i or at == 0 or not text[at - 1].isalnum()), -1)
        if place < 0:
            return None
    return place
