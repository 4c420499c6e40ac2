"""Does a newer document speak about the same matter? Said with a link, never decided."""

from dataclasses import dataclass

import numpy as np

from index.analyse import terms
from index.search import Searcher
from ingest.document import Document, Passage

_STANDS_OUT = 3.0  # standard deviations that the nearest newer passage is nearer than newer passages are on average
_SHARED = 0.2  # share of the shorter one's terms that both must have
_TERMS = 4  # and their number


@dataclass(frozen=True, slots=True)
class Later:
    """A passage of a newer document about the same matter."""

    document: Document
    passage: Passage


def find_later(searcher: Searcher, document: Document, passage: Passage) -> Later | None:
    """Return the nearest passage about the same matter in a document of a later period.

    A document whose date is not known is never called newer or older.
    """
    if document.metadata.period is None:
        return None
    index = searcher.index
    end = document.metadata.period[1]
    newer = {
        other.document_id
        for other in index.documents.values()
        if other.metadata.period is not None and other.metadata.period[0] > end
    }
    rows = np.array([row for row, other in enumerate(index.passages) if other.document_id in newer], np.int64)
    if not len(rows):
        return None
    own_row = next(row for row, other in enumerate(index.passages) if other.passage_id == passage.passage_id)
    scores = index.backend.dense_scores(index.backend.vector(own_row), rows)
    best = int(np.argmax(scores))
    stands_out = scores[best] - scores.mean() >= _STANDS_OUT * max(float(scores.std()), 1e-6)
    other = index.passages[int(rows[best])]
    one, two = frozenset(terms(passage.search_text)), frozenset(terms(other.search_text))
    shared = len(one & two)
    if not stands_out or shared < max(_TERMS, _SHARED * min(len(one), len(two))):
        return None
    return Later(index.documents[other.document_id], other)
