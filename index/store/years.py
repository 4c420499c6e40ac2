"""The years that a text names, and those that a passage speaks about."""

import re
from collections.abc import Sequence
from sys import maxsize

from ingest.document import Document, Passage

_YEAR = re.compile(  # also of "31/12/2016"; no part of another number, nor an amount
    r"(?:(?<![\d.,/€])(?<!€ )|(?<![\d.,/])\d{1,2}([./])\d{1,2}\1)(?<!minstens |meer dan |ongeveer )(?<!minder dan )"
    r"((?:19|20)\d{2})(?![\d.,]\d|\d| ?(?:%|€|euro\b|procent\b))",
    re.IGNORECASE,
)
_TO = r"\s?(?:[-–/]|tot(?: en met)?\b|t\.?e\.?m\.?|(?<=tussen \d{4} )en\b)\s?"
_SINCE = re.compile(  # "na 3 mei 2011", "vanaf begin 2018"; a year after which something is, is not meant itself
    r"\b(?:(na(?=\s+\d{4}))|na|vanaf|sinds|met ingang van)\s+(?:\d{1,2}\s+)?(?:[a-z]+\s+)?"
    rf"((?:19|20)\d{{2}})\b(?!{_TO}\d)",
    re.IGNORECASE,
)
_PERIOD = re.compile(rf"\b((?:19|20)\d{{2}}){_TO}((?:19|20)\d{{2}})\b", re.IGNORECASE)


def years_in(text: str) -> tuple[int, ...]:
    """Return the years that a text names, each once."""
    return tuple(dict.fromkeys(int(match[2]) for match in _YEAR.finditer(text)))


def periods_in(text: str) -> list[range]:
    """Return the times that a text speaks of by where they begin and end; one that goes on has the largest end."""
    closed = [range(int(match[1]), int(match[2]) + 1) for match in _PERIOD.finditer(text)]
    return closed + [range(int(match[2]) + bool(match[1]), maxsize) for match in _SINCE.finditer(text)]


def without_open(text: str) -> str:
    """Return a text without the times in it that go on: "na 2013" does not name that year.

    >>> without_open("Hoeveel na 2013?"), without_open("Hoeveel vanaf 2013 tot 2015?")
    ('Hoeveel ?', 'Hoeveel vanaf 2013 tot 2015?')
    """
    return _SINCE.sub("", text)


def reached(text: str, years: Sequence[int]) -> frozenset[int]:
    """Return those of some years that lie in a time that a text speaks of, whether it names them or not.

    >>> reached("wie na 3 mei 2011 begon", [2010, 2012]), reached("het plan 2014-2019", [2017, 2025])
    (frozenset({2012}), frozenset({2017}))
    >>> reached("in 2014 en 2019", [2017])
    frozenset()
    """
    if not years:  # as most questions do not ask for any
        return frozenset()
    periods = periods_in(text)
    return frozenset(year for year in years if any(year in period for period in periods))


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
