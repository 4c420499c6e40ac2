"""What searches passages: one protocol, so that one machine (`local`) and a cluster (`qdrant`) answer alike.

A passage goes by its number, which follows from its id alone: the same on each machine and after each update.
"""

import datetime
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from index.arrays import Rows, Scores, Vectors
from index.store.known import KnownVectors
from ingest.document import Kind, Metadata, Topic

Phrase = tuple[str, ...]  # folded words that follow each other
ABOVE = "^"  # before each word of a whole heading, or title, that a passage stands below; all of it is one word
Field = Literal["kind", "topic", "document", "year"]


@dataclass(frozen=True, slots=True)
class Where:
    """Which passages may be found; an empty tuple or None leaves all in.

    Attributes:
        kinds: kinds of document.
        documents: ids of documents.
        topics: a passage needs at least one of them.
        date_from: the period of a document ends on this day or later; without a period it is left out.
        date_to: it begins on this day or earlier.
        begins: it begins on this day or later.
        wanted: of each group one phrase must stand in a passage.
        unwanted: none of these may.
    """

    kinds: tuple[Kind, ...] = ()
    documents: frozenset[str] | None = None
    topics: tuple[Topic, ...] = ()
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    begins: datetime.date | None = None
    wanted: tuple[tuple[Phrase, ...], ...] = ()
    unwanted: tuple[Phrase, ...] = ()


ANYWHERE = Where()


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as an engine needs it; one with acronyms weighs as the mean of the query with and without them.

    Attributes:
        vector: float32 (dimension,), length 1.
        tokens: float32 (n_tokens, dimension), rows of length 1; of each form of the query.
        terms: index terms of its text with the typing errors corrected, in each of its forms.
        pairs: index terms of words that follow each other in it, likewise.
    """

    vector: Vectors
    tokens: Vectors
    terms: Sequence[str]
    pairs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Scored:
    """Signals of n passages, float32 (n,) each.

    Attributes:
        dense: cosine with the query, in [-1, 1].
        lexical: BM25 score of its terms, 0 or more.
        pairs: BM25 score of its pairs, 0 or more.
        late: late interaction with its tokens, in [-1, 1].
        known: highest cosine with a known question of the passage, in [-1, 1]; NaN where it has none.
    """

    dense: Scores
    lexical: Scores
    pairs: Scores
    late: Scores
    known: Scores


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands, from 0 among those of its document, and the years that it speaks about."""

    passage_id: str
    document_id: str
    ordinal: int
    years: frozenset[int]


@dataclass(frozen=True, slots=True)
class Acronym:
    """An acronym as written, what it stands for, on one line, and which passage of a document says so, and where.

    Attributes:
        span: (page, start, end).
    """

    acronym: str
    full: str
    ordinal: int
    span: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Digest:
    """What is known of a document without reading it; `content` is the SHA-256 of it as it is stored, hexadecimal."""

    document_id: str
    content: str
    metadata: Metadata
    pages: int
    passages: int
    acronyms: tuple[Acronym, ...] = ()


class Engine(Protocol):
    """Finds, scores and counts passages."""

    def digests(self) -> Mapping[str, Digest]:
        """All documents by id, in order of it."""

    def count(self, where: Where = ANYWHERE) -> tuple[int, int]:
        """Return how many passages, of how many documents, may be found."""

    def facet(self, field: Field, where: Where = ANYWHERE) -> Mapping[str, int]:
        """Return how many passages that may be found have each value of a field."""

    def nearest(self, vector: Vectors, depth: int, where: Where = ANYWHERE) -> Rows:
        """Numbers of the passages whose vectors are nearest, best first."""

    def worded(self, terms: Sequence[str], depth: int, where: Where = ANYWHERE) -> Rows:
        """Numbers of the passages with the highest BM25 score above 0, best first."""

    def sample(self, size: int, where: Where = ANYWHERE) -> Rows:
        """Numbers of at most `size` passages that may be found, the same each time; all where they are fewer."""

    def scores(self, asked: Asked, numbers: Rows) -> Scored:
        """Signals of passages."""

    def vectors(self, numbers: Rows) -> Vectors:
        """Vectors of passages, float32 (n, dimension)."""

    def token_vectors(self, number: int) -> Vectors:
        """Token vectors of a passage, float32 (n_tokens, dimension), rows of length 1."""

    def places(self, numbers: Iterable[int]) -> list[Place]:
        """Where passages stand."""

    def term_count(self, term: str) -> int:
        """In how many passages an index term occurs."""

    def word_count(self, word: str) -> int:
        """In how many passages a folded word occurs."""

    def vocabulary(self) -> Collection[str]:
        """The folded words that may occur; `word_count` says whether they do."""

    def of(self, groups: Collection[str]) -> "Engine":
        """Return what answers as if the documents that these groups may not read were not there (ADR 9)."""

    def with_known(self, known: KnownVectors) -> "Engine":
        """Return the engine with other known questions."""


def passage_number(passage_id: str) -> int:
    """Return the number of a passage; two of ten million share one with a chance of 1 in 200,000."""
    return int.from_bytes(hashlib.blake2b(passage_id.encode(), digest_size=8).digest(), "little") >> 1


def passage_numbers(passage_ids: Iterable[str]) -> Rows:
    """Return the numbers of passages, int64 (n,)."""
    return np.fromiter(map(passage_number, passage_ids), np.int64)
