"""The years that a text names, and those that a passage speaks about."""

import re
from collections.abc import Sequence
from sys import maxsize

from ingest.document import Document, Passage

_YEAR = re.compile(r"(?<![\d.,/])(?:19|20)\d{2}(?![\d.,]\d|\d)")

_SINCE = re.compile(  # "na 3 mei 2011", "vanaf begin 2018"
    r"\b(?:na|vanaf|sinds|met ingang van)\s+(?:\d{1,2}\s+)?(?:[a-z]+\s+)?((?:19|20)\d{2})\b", re.IGNORECASE
)
_PERIOD = re.compile(r"\b((?:19|20)\d{2})\s?(?:[-–/]|tot(?: en met)?|t\.?e\.?m\.?)\s?((?:19|20)\d{2})\b", re.IGNORECASE)


def years_in(text: str) -> tuple[int, ...]:
    """Return the years that a text names, each once."""
    return tuple(dict.fromkeys(int(match[0]) for match in _YEAR.finditer(text)))


def reached(text: str, years: Sequence[int]) -> frozenset[int]:
    """Return those of some years that lie in a time that a text speaks of, whether it names them or not.

    >>> reached("wie na 3 mei 2011 begon", [2010, 2012]), reached("het plan 2014-2019", [2017, 2025])
    (frozenset({2012}), frozenset({2017}))
    >>> reached("in 2014 en 2019", [2017])
    frozenset()
    """
    if not years:  # as most questions do not ask for any
        return frozenset()
    periods = [(int(match[1]), int(match[2])) for match in _PERIOD.finditer(text)]
    since = min((int(match[1]) for match in _SINCE.finditer(text)), default=maxsize)
    return frozenset(y for y in years if since <= y or any(first <= y <= last for first, last in periods))


def years_of(document: Document, passage: Passage) -> frozenset[int]:
    """Return the years that a passage speaks about: those that it or its title names, and its document's period."""
    held = {*years_in(passage.search_text), *years_in(document.metadata.title.replace("-", " "))}
    if document.metadata.period:
        first, last = document.metadata.period
        held.update(range(first.year, last.year + 1))
    return frozenset(held)


def spoken_of(text: str, document: Document, passage: Passage, asked: Sequence[int]) -> frozenset[int]:
    """Return the years that a piece of a passage speaks of: those it names or, of those asked, reaches; else all."""
    return frozenset({*years_in(text), *reached(text, asked)}) or years_of(document, passage)
