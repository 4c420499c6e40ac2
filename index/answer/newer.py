"""Does a newer document speak about the same matter? Said with a link, never decided."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from index.store.load import LoadedIndex
from index.terms import terms
from ingest.document import Document, Passage

_STANDS_OUT = 3.0  # standard deviations that the nearest newer passage is nearer than newer passages are on average
_SHARED = 0.2  # share of the shorter one's terms that both must have
_TERMS = 4  # and their number


@dataclass(frozen=True, slots=True)
class Later:
    """A passage of a newer document about the same matter."""

    document: Document
    passage: Passage


class NewerPassages:
    """Finds the passages of later documents about the same matter.

    Args:
        index: a loaded index.
    """

    def __init__(self, index: LoadedIndex) -> None:
        self._index = index
        self._terms = cache(lambda row: frozenset(terms(index.passages[row].search_text)))
        periods = [index.documents[passage.document_id].metadata.period for passage in index.passages]
        self._starts = np.array([period[0].toordinal() if period else 0 for period in periods])

    def find(self, passage: Passage) -> Later | None:
        """Return the nearest passage about the same matter in a document of a later period.

        A document whose date is not known is never called newer or older.
        """
        period = self._index.documents[passage.document_id].metadata.period
        rows = np.flatnonzero(self._starts > period[1].toordinal()) if period else np.empty(0, np.int64)
        if not len(rows):
            return None
        own = self._index.row(passage)
        scores = self._index.backend.dense_scores(self._index.backend.vector(own), rows)
        best = int(np.argmax(scores))
        stands_out = scores[best] - scores.mean() >= _STANDS_OUT * max(float(scores.std()), 1e-6)
        one, two = self._terms(own), self._terms(int(rows[best]))
        if not stands_out or len(one & two) < max(_TERMS, _SHARED * min(len(one), len(two))):
            return None
        other = self._index.passages[int(rows[best])]
        return Later(self._index.documents[other.document_id], other)
