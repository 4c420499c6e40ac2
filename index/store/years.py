"""The years that a text names, and those that a passage speaks about."""

import re

from ingest.document import Document, Passage

_YEAR = re.compile(r"(?<![\d.,/])(?:19|20)\d{2}(?![\d.,]\d|\d)")


def years_in(text: str) -> tuple[int, ...]:
    """Return the years that a text names, each once."""
    return tuple(dict.fromkeys(int(match[0]) for match in _YEAR.finditer(text)))


def years_of(document: Document, passage: Passage) -> frozenset[int]:
    """Return the years that a passage speaks about: those that it or its title names, and its document's period."""
    held = {*years_in(passage.search_text), *years_in(document.metadata.title.replace("-", " "))}
    if document.metadata.period:
        first, last = document.metadata.period
        held.update(range(first.year, last.year + 1))
    return frozenset(held)
