"""Does a newer document speak about the same matter? Said with a link, never decided."""

import datetime
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.answer.evidence import Rarity
from index.store.engine import Where, passage_number
from index.store.load import LoadedIndex
from index.terms import terms
from ingest.document import Document, Passage

_STANDS_OUT = 3.0  # standard deviations that the nearest newer passage is nearer than newer passages are on average
_SHARED = 0.2  # share of the shorter one's terms that both must have
_RARE = 2.0  # and what those weigh together, where one that stands nowhere weighs 1: words of any circular say little
_SAMPLE = 2000  # newer passages of which the average is taken


@dataclass(frozen=True, slots=True)
class Later:
    """A passage of a newer document about the same matter."""

    document: Document
    passage: Passage


class NewerPassages:
    """Finds the passages of later documents about the same matter."""

    def __init__(self, index: LoadedIndex) -> None:
        self._index = index
        self._rarity = Rarity(index.engine, len(index.passages))

    def find(self, passage: Passage) -> Later | None:
        """Return the nearest passage about the same matter in a document of a later period.

        A document whose date is not known is never called newer or older.
        """
        engine, documents = self._index.engine, self._index.documents
        period = documents[passage.document_id].metadata.period
        if period is None or period[1] == datetime.date.max:
            return None
        where = Where(begins=period[1] + datetime.timedelta(days=1))
        number = passage_number(passage.passage_id)
        vector = engine.vectors(np.array([number], np.int64))[0]
        nearest = engine.nearest(vector, 1, where)
        if not len(nearest):
            return None
        best = float(engine.vectors(nearest)[0] @ vector)
        scores = engine.vectors(engine.sample(_SAMPLE, where)) @ vector
        other = self._index.passages[int(nearest[0])]
        one, two = _terms(passage.search_text), _terms(other.search_text)
        shared, weight = one & two, self._rarity.weight
        stands_out = best - scores.mean() >= _STANDS_OUT * max(float(scores.std()), 1e-6)
        rare = sum(map(weight, shared)) >= _RARE * weight(" ")  # no term has a space
        is_same = stands_out and rare and len(shared) >= _SHARED * min(len(one), len(two))
        return Later(documents[other.document_id], other) if is_same else None


@lru_cache(1000)
def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))
