"""Known questions: those that people wrote down with the passage that answers them, kept beside the documents.

People ask in other words than a passage, but often in the words of others who asked. Source: Nogueira et al. (2019),
Document Expansion by Query Prediction, https://arxiv.org/abs/1904.08375; here people wrote the questions, and they are
matched by vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from index.arrays import Counts, Rows, Scores, Vectors
from index.terms import terms
from ingest.document import Document


class PassageMatcher:
    """Finds the passage of today that says what a passage of another day, or another splitting, said.

    Args:
        documents: documents of today.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        passages = [(document.document_id, p.search_text) for document in documents for p in document.passages]
        self.texts = [text for _, text in passages]
        self._documents = [document_id for document_id, _ in passages]
        self._terms = [frozenset(terms(text)) for text in self.texts]
        self._found: dict[tuple[str, str], int | None] = {}

    def find(self, passage: str, doc: str) -> int | None:
        """Return the row of the passage that holds most of a passage's terms, at least half; None if there is none.

        Args:
            passage: its text.
            doc: the id of its document, or the start of it.
        """
        if (passage, doc) not in self._found:
            wanted = frozenset(terms(passage))
            held = [
                (len(wanted & there), -row)
                for row, there in enumerate(self._terms)
                if self._documents[row].startswith(doc)
            ]
            shared, row = max(held, default=(0, 0))
            self._found[passage, doc] = -row if wanted and 2 * shared >= len(wanted) else None
        return self._found[passage, doc]


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question, the document that answers it (its id or the start of it) and the text of the passage that does."""

    question: Annotated[str, Field(min_length=3)]
    doc: Annotated[str, Field(min_length=1)]
    passage: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class KnownVectors:
    """Vectors of known questions.

    Attributes:
        rows: int64 (n,), ascending: the passage that answers each.
        vectors: float32 (n, dimension), rows of length 1.
    """

    rows: Rows
    vectors: Vectors

    def best(self, vector: Vectors, size: int) -> tuple[Scores, Counts]:
        """Return for each of `size` passages its highest cosine with `vector`, and of how many known questions."""
        best = np.zeros(size, np.float32)
        counts = np.bincount(self.rows, minlength=size)
        if len(self.rows):
            passages, starts = np.unique(self.rows, return_index=True)
            best[passages] = np.maximum.reduceat(self.vectors @ vector, starts)
        return best, counts


def place_known(known: Sequence[KnownQuestion], documents: Sequence[Document]) -> list[tuple[int, str]]:
    """Find the passage of today that answers each known question.

    Returns:
        (row of the passage, question), ascending, each once; questions whose passage is no longer there are left out.
    """
    matcher = PassageMatcher(documents)
    placed = {(matcher.find(one.passage, one.doc), one.question) for one in known}
    return sorted((row, question) for row, question in placed if row is not None)
