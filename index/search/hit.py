"""What is asked and what is found: filters, the query as the stages need it, and hits with their explanation."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from index.search.exact import Exact
from index.search.named import Named
from index.store.engine import Asked, Where
from index.terms import STOPWORDS, TOKEN, fold, terms, word_terms, words_of
from ingest.document import Document, Kind, Passage, Topic


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents and passages may be found, see Where; an empty tuple or None leaves all in.

    `ignore` has keys of what the question names and that should not count; it leaves out no passage.
    """

    kinds: tuple[Kind, ...] = ()
    document_ids: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    ignore: tuple[str, ...] = ()

    @property
    def where(self) -> Where:
        """The same as an engine takes it."""
        documents = frozenset(self.document_ids) if self.document_ids else None
        return Where(self.kinds, documents, self.topics, self.date_from, self.date_to)

    def allows(self, document: Document, passage: Passage) -> bool:
        """Whether a passage may be found.

        A document without a date counts for the whole parliamentary year that it names; one without either is left
        out as soon as a date is asked for.
        """
        kind, period = document.metadata.kind, document.metadata.period
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.document_ids or document.document_id in self.document_ids)
            and (not self.topics or not set(self.topics).isdisjoint(passage.topics))
            and (not self.date_from or (period is not None and period[1] >= self.date_from))
            and (not self.date_to or (period is not None and period[0] <= self.date_to))
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage was found, see Scored; `known` is None if it has no known question.

    `named` is the share of what the query names that the passage's document is, in [0, 1].
    """

    dense: float
    lexical: float
    pairs: float
    late: float
    known: float | None
    named: float


@dataclass(frozen=True, slots=True)
class Analysed(Asked):
    """A query as the stages need it, with the documents and years that it names, and its operators.

    Attributes:
        text: the query with its typing errors corrected; as typed where it has operators.
    """

    text: str
    named: tuple[Named, ...]
    exact: Exact

    @property
    def plain(self) -> str:
        """The query as it is read: corrected, and without its operators, which ask nothing."""
        return self.exact.plain if self.exact else self.text

    def named_with(self, filters: Filters | None) -> tuple[Named, ...]:
        """Return what is named and not switched off."""
        return tuple(one for one in self.named if filters is None or one.key not in filters.ignore)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query.

    Attributes:
        rank: 1 is best.
        score: fused score, a weighted sum of z-scores: higher is better, comparable within one query only.
    """

    rank: int
    score: float
    passage: Passage
    document: Document
    query: Analysed = field(compare=False, repr=False)
    explanation: Explanation

    @property
    def text(self) -> str:
        """The verbatim text of the passage, re-extracted from its spans."""
        return self.document.quote(self.passage.spans)

    @property
    def highlights(self) -> tuple[tuple[int, int], ...]:
        """[start, end) of the words that the query shares, in that text."""
        return highlight(self.text, self.query.plain)

    @property
    def matched_terms(self) -> list[str]:
        """Index terms that query and passage share."""
        return sorted(set(self.query.terms) & set(terms(self.passage.search_text)))


def highlight(text: str, query: str) -> tuple[tuple[int, int], ...]:
    """Return [start, end) of the words of a text that a reader would see as words of the query.

    The same stem, the query's word as part of a compound, or a compound whose parts all stand in one of the query; a
    mere part in common ("werking" and "maatwerk") is not marked.
    """
    is_asked = _asks(query)
    return tuple(match.span() for match in TOKEN.finditer(text) if is_asked(match[0]))


@lru_cache(64)
def _asks(query: str) -> Callable[[str], bool]:
    asked = [forms for word in words_of(query) if (forms := _forms(word))]
    stems = {forms[0] for forms in asked}
    wholes = [frozenset(forms[1:]) for forms in asked if len(forms) > 1]

    def is_asked(printed: str) -> bool:
        forms = _forms(printed)
        return not stems.isdisjoint(forms) or (len(forms) > 1 and any(whole.issuperset(forms[1:]) for whole in wholes))

    return is_asked


@lru_cache(100_000)
def _forms(printed: str) -> tuple[str, ...]:
    """Return the terms of a word as it is printed; none of a stop word."""
    word = fold(printed)
    return () if word in STOPWORDS else word_terms(word)
