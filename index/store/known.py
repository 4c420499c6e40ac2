"""Known questions: those that people wrote down with the passage that answers them, kept beside the documents.

People ask in other words than a passage, but often in the words of others who asked. Source: Nogueira et al. (2019),
Document Expansion by Query Prediction, https://arxiv.org/abs/1904.08375; here people wrote the questions, and they are
matched by vector.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator, Field

from index.arrays import Rows, Scores, Vectors
from index.store.postings import Arrays
from index.terms import terms
from ingest.document import Document

_PLAIN = AfterValidator(lambda text: text.replace("\0", " "))  # no text of PostgreSQL has that sign


def names(doc: str, document_id: str) -> bool:
    """Whether a document's id is `doc`, or starts with it in whole words: "1" names "1-nota", not "12"."""
    return document_id.startswith(doc) and not (doc[-1:].isalnum() and document_id[len(doc) :][:1].isalnum())


class PassageMatcher:
    """Finds the passage of today, in documents of today, that says what one of another day or splitting said."""

    def __init__(self, documents: Iterable[Document]) -> None:
        passages = [passage for document in documents for passage in document.passages]
        self.ids = [passage.passage_id for passage in passages]
        self.texts = [passage.search_text for passage in passages]
        self._documents = [passage.document_id for passage in passages]
        self._terms = [frozenset(terms(text)) for text in self.texts]
        self.find = cache(self._find)

    def _find(self, passage: str, doc: str) -> int | None:
        """Return the row of what has most of a text's terms, at least half, in what `doc` names; None if none has."""
        wanted = frozenset(terms(passage))
        rows = (row for row, document_id in enumerate(self._documents) if names(doc, document_id))
        shared, row = max(((len(wanted & self._terms[row]), -row) for row in rows), default=(0, 0))
        return -row if wanted and 2 * shared >= len(wanted) else None


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question, the document that answers it (its id or the start of it) and the text of the passage that does."""

    question: Annotated[str, Field(min_length=3), _PLAIN]
    doc: Annotated[str, Field(min_length=1), _PLAIN]
    passage: Annotated[str, Field(min_length=1), _PLAIN]

    @property
    def row(self) -> tuple[str, str, str]:
        """Its fields; there are thousands, and `astuple` copies each."""
        return self.question, self.doc, self.passage


@dataclass(frozen=True, slots=True)
class MadeQuestions:
    """The questions that a language model wrote for a passage; without any it is kept too, so that it is asked once."""

    doc: Annotated[str, Field(min_length=1), _PLAIN]
    passage: Annotated[str, Field(min_length=1), _PLAIN]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class KnownVectors(Arrays):
    """Vectors of known questions.

    Attributes:
        numbers: int64 (n,), ascending: the passage that answers each.
        vectors: float32 (n, dimension), rows of length 1.
    """

    prefix: ClassVar[str] = "known."
    numbers: Rows
    vectors: Vectors

    @classmethod
    def none(cls, dimension: int) -> "KnownVectors":
        """Return those of no question."""
        return cls(np.empty(0, np.int64), np.empty((0, dimension), np.float32))

    @cached_property
    def _held(self) -> tuple[Rows, Rows]:
        """Each passage once, and where its questions begin."""
        held, starts = np.unique(self.numbers, return_index=True)
        return held, starts

    def best(self, vector: Vectors, numbers: Rows) -> Scores:
        """Return the highest cosine of `vector` with a known question of each passage; NaN where it has none."""
        best = np.full(len(numbers), np.nan, np.float32)
        if len(self.numbers):
            held, starts = self._held
            scores = np.maximum.reduceat(self.vectors @ vector, starts)
            at = np.minimum(np.searchsorted(held, numbers), len(held) - 1)
            there = held[at] == numbers
            best[there] = scores[at[there]]
        return best


def place_known(known: Sequence[KnownQuestion], documents: Iterable[Document]) -> list[tuple[str, str]]:
    """Find the passage of today that answers each known question, in documents that they may be about.

    Returns:
        (id of the passage, question), each once; questions whose passage is no longer there are left out.
    """
    matcher = PassageMatcher(documents)
    placed = {(matcher.find(one.passage, one.doc), one.question) for one in known}
    return sorted((matcher.ids[row], question) for row, question in placed if row is not None)
