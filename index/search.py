"""Query -> hits: candidates from vectors and words, fused, in one fixed order."""

import datetime
from dataclasses import dataclass

import numpy as np

from index.analyse import STOPWORDS, terms, tokens, word_terms
from index.backend import Mask
from index.build import LoadedIndex
from index.embed import Embedder
from index.fuse import fuse_weighted
from ingest.document import Document, Kind, Passage, Topic

CANDIDATES = 100  # from each of the two arms; fixed, so that a score does not depend on how many hits are asked
# Best of 0.5, 0.6 ... 1.0 on a third of the training questions (nDCG@10 78.2 at 0.6, 78.0 at 0.7, 76.3 at 0.8).
WEIGHTS = {"dense": 0.7, "lexical": 0.3}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents and passages may be found; an empty tuple or None leaves all in.

    Attributes:
        kinds: kinds of document.
        document_ids: documents.
        topics: a passage needs at least one of them.
        date_from: first day, inclusive.
        date_to: last day, inclusive.
    """

    kinds: tuple[Kind, ...] = ()
    document_ids: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None

    def allows(self, document: Document, passage: Passage) -> bool:
        """Whether a passage may be found.

        A document without a date counts for the whole parliamentary year that it names; one without either is left
        out as soon as a date is asked for.
        """
        metadata = document.metadata
        if self.kinds and metadata.kind not in self.kinds:
            return False
        if self.document_ids and document.document_id not in self.document_ids:
            return False
        if self.topics and not set(self.topics) & set(passage.topics):
            return False
        if self.date_from or self.date_to:
            if metadata.period is None:
                return False
            first, last = metadata.period
            return not (self.date_from and last < self.date_from) and not (self.date_to and first > self.date_to)
        return True


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query.

    Attributes:
        rank: 1 is best.
        score: fused score, a weighted sum of z-scores: higher is better, comparable within one query only.
        passage: the passage.
        document: its document.
        highlights: [start, end) of the words that the query shares, in the quoted text.
    """

    rank: int
    score: float
    passage: Passage
    document: Document
    highlights: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        """The verbatim text of the passage, re-extracted from its spans."""
        return self.document.quote(self.passage.spans)


class Searcher:
    """Searches one loaded index.

    Args:
        index: the index.
        embedder: the model that it was built with.
    """

    def __init__(self, index: LoadedIndex, embedder: Embedder) -> None:
        self.index = index
        self._embedder = embedder

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Find the passages that answer a query.

        Args:
            query: a question or words in Dutch.
            k: most hits to return.
            filters: which passages may be found.

        Returns:
            At most k hits, best first; ties in order of passage_id, so that they fall alike on every machine.
        """
        allowed = self._allowed(filters)
        if not query.strip() or not self.index.passages or (allowed is not None and not allowed.any()):
            return []
        backend = self.index.backend
        vector = self._embedder.embed_queries([query])[0]
        query_terms = terms(query)
        rows = np.union1d(
            backend.top_dense(vector, CANDIDATES, allowed), backend.top_lexical(query_terms, CANDIDATES, allowed)
        )
        runs = {
            "dense": backend.dense_scores(vector, rows),
            "lexical": backend.lexical_scores(query_terms, rows),
        }
        fused = fuse_weighted(runs, WEIGHTS)
        scored = [(-float(score), self.index.passages[row]) for score, row in zip(fused, rows, strict=True)]
        scored.sort(key=lambda item: (item[0], item[1].passage_id))
        return [
            self._hit(rank, -negative, passage, query)
            for rank, (negative, passage) in enumerate(scored[:k], start=1)
        ]

    def _hit(self, rank: int, score: float, passage: Passage, query: str) -> Hit:
        document = self.index.documents[passage.document_id]
        return Hit(rank, score, passage, document, highlight(document.quote(passage.spans), query))

    def _allowed(self, filters: Filters | None) -> Mask | None:
        if filters is None or filters == Filters():
            return None
        documents = self.index.documents
        return np.fromiter(
            (filters.allows(documents[passage.document_id], passage) for passage in self.index.passages),
            np.bool_,
            len(self.index.passages),
        )


def highlight(text: str, query: str) -> tuple[tuple[int, int], ...]:
    """Return [start, end) of the words of a text that a reader would see as words of the query.

    The same stem, the query's word as part of a compound, or a compound whose parts all stand in one of the query; a
    mere part in common ("werking" and "maatwerk") is not marked.
    """
    asked = [word_terms(word) for word, _, _ in tokens(query) if word not in STOPWORDS]
    stems = {forms[0] for forms in asked}
    marked = []
    for word, start, end in tokens(text):
        forms = word_terms(word)
        parts = set(forms[1:])
        if word not in STOPWORDS and (
            not stems.isdisjoint(forms) or (parts and any(parts <= set(other[1:]) for other in asked))
        ):
            marked.append((start, end))
    return tuple(marked)
