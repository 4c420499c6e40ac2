"""Vectors and words of all passages, searchable: one small protocol, and its local form with FAISS and bm25s."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import bm25s
import faiss
import numpy as np

from index.arrays import Counts, Mask, Rows, Scores, Vectors
from index.store.known import KnownVectors
from index.store.token_vectors import PackedTokens, SomeTokens

DENSE_NAME = "dense.faiss"
_LEXICAL_FILES = (
    "data.csc.index.npy",
    "indices.csc.index.npy",
    "indptr.csc.index.npy",
    "params.index.json",
    "vocab.index.json",
)
_TOKEN_FILES = ("tokens.codes.npy", "tokens.scales.npy", "tokens.offsets.npy")
_KNOWN_FILES = ("known.rows.npy", "known.vectors.npy")
FILES = (DENSE_NAME, *_LEXICAL_FILES, *_TOKEN_FILES, *_KNOWN_FILES)


class Backend(Protocol):
    """Search over rows; row i is passage i of the records."""

    def top_dense(self, vector: Vectors, depth: int, allowed: Mask | None) -> Rows:
        """Rows of the `depth` vectors nearest to `vector`, float32 (dimension,), best first."""

    def top_lexical(self, terms: Sequence[str], depth: int, allowed: Mask | None) -> Rows:
        """Rows of the `depth` passages with the highest BM25 score above 0, best first."""

    def dense_scores(self, vector: Vectors, rows: Rows) -> Scores:
        """Cosine of `vector` with each row, in [-1, 1]."""

    def lexical_scores(self, terms: Sequence[str], rows: Rows) -> Scores:
        """BM25 score of each row, 0 or more."""

    def late_scores(self, tokens: Vectors, rows: Rows) -> Scores:
        """Late-interaction score of each row with a query's tokens, float32 (n_tokens, dimension); in [-1, 1]."""

    def known_scores(self, vector: Vectors, rows: Rows) -> tuple[Scores, Counts]:
        """Highest cosine of `vector` with a known question of each row, in [-1, 1], and how many each row has."""

    def vector(self, row: int) -> Vectors:
        """Vector of a row, float32 (dimension,), length 1."""

    def token_vectors(self, row: int) -> Vectors:
        """Token vectors of a row, float32 (n_tokens, dimension), rows of length 1."""


class LocalBackend:
    """FAISS (exact inner product) and bm25s in this process.

    Args:
        dense: FAISS index of vectors of length 1.
        lexical: BM25 index over the same rows.
        tokens: token vectors of the same rows.
        known: vectors of the known questions of those rows.
    """

    BM25: ClassVar[Mapping[str, Any]] = MappingProxyType({"method": "lucene", "k1": 1.5, "b": 0.75})

    def __init__(
        self, dense: faiss.Index, lexical: bm25s.BM25, tokens: PackedTokens | SomeTokens, known: KnownVectors
    ) -> None:
        self._dense = dense
        self._lexical = lexical
        self._tokens = tokens
        self._known = known
        self._vocabulary: dict[str, int] = lexical.vocab_dict

    @classmethod
    def build(
        cls,
        vectors: Vectors,
        tokens: PackedTokens | SomeTokens,
        term_lists: Sequence[Sequence[str]],
        known: KnownVectors,
    ) -> "LocalBackend":
        """Build from vectors, float32 (n, dimension), token vectors, terms and known questions of n passages."""
        dense = faiss.IndexFlatIP(vectors.shape[1])
        dense.add(vectors)
        # A sorted vocabulary makes the files the same at every build.
        vocabulary = {term: i for i, term in enumerate(sorted({term for terms in term_lists for term in terms}))}
        ids = [[vocabulary[term] for term in terms] for terms in term_lists]
        lexical = bm25s.BM25(**cls.BM25)  # Robertson et al. (1994), in Lucene's form
        lexical.index((ids, vocabulary), show_progress=False)
        return cls(dense, lexical, tokens, known)

    @classmethod
    def load(cls, folder: Path) -> "LocalBackend":
        """Load what `save` wrote.

        Raises:
            OSError, RuntimeError, ValueError: a file is missing or damaged.
        """
        dense = faiss.read_index(str(folder / DENSE_NAME))
        lexical = bm25s.BM25.load(str(folder), mmap=True, show_progress=False)
        tokens = PackedTokens(*(np.load(folder / name, mmap_mode="r") for name in _TOKEN_FILES))
        return cls(dense, lexical, tokens, KnownVectors(*(np.load(folder / name) for name in _KNOWN_FILES)))

    def of_rows(
        self, rows: Rows, term_lists: Sequence[Sequence[str]], known: Sequence[tuple[int, int]]
    ) -> "LocalBackend":
        """Return what `build` would make of some rows; token vectors are shared.

        Args:
            rows: the rows.
            term_lists: their terms.
            known: (row there, place in our known questions), ascending.
        """
        assert isinstance(self._tokens, PackedTokens)
        where, which = (np.array([pair[i] for pair in known], np.int64) for i in range(2))
        kept = KnownVectors(where, self._known.vectors[which])
        return self.build(self._dense.reconstruct_batch(rows), SomeTokens(self._tokens, rows), term_lists, kept)

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        assert isinstance(self._tokens, PackedTokens)
        faiss.write_index(self._dense, str(folder / DENSE_NAME))
        self._lexical.save(str(folder), show_progress=False)
        np.save(folder / _TOKEN_FILES[0], self._tokens.codes)
        np.save(folder / _TOKEN_FILES[1], self._tokens.scales)
        np.save(folder / _TOKEN_FILES[2], self._tokens.offsets)
        np.save(folder / _KNOWN_FILES[0], self._known.rows)
        np.save(folder / _KNOWN_FILES[1], self._known.vectors)

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self._dense.ntotal)

    def top_dense(self, vector: Vectors, depth: int, allowed: Mask | None) -> Rows:
        """See Backend."""
        if depth < 1 or self.size == 0 or (allowed is not None and not allowed.any()):
            return np.empty(0, np.int64)
        parameters = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # SWIG
        _, rows = self._dense.search(vector[None, :], min(depth, self.size), params=parameters)
        found: Rows = rows[0][rows[0] >= 0]
        return found

    def top_lexical(self, terms: Sequence[str], depth: int, allowed: Mask | None) -> Rows:
        """See Backend."""
        scores = self._all_lexical(terms)
        if allowed is not None:
            scores = np.where(allowed, scores, 0)
        order = np.argsort(-scores, kind="stable")[:depth]
        found: Rows = order[scores[order] > 0]
        return found

    def dense_scores(self, vector: Vectors, rows: Rows) -> Scores:
        """See Backend."""
        if not len(rows):
            return np.empty(0, np.float32)
        scores: Scores = self._dense.reconstruct_batch(rows) @ vector
        return scores

    def lexical_scores(self, terms: Sequence[str], rows: Rows) -> Scores:
        """See Backend."""
        scores: Scores = self._all_lexical(terms)[rows]
        return scores

    def late_scores(self, tokens: Vectors, rows: Rows) -> Scores:
        """See Backend."""
        return self._tokens.max_sim(tokens, rows)

    def known_scores(self, vector: Vectors, rows: Rows) -> tuple[Scores, Counts]:
        """See Backend."""
        scores, counts = self._known.best(vector, self.size)
        return scores[rows], counts[rows]

    def vector(self, row: int) -> Vectors:
        """See Backend."""
        vectors: Vectors = self._dense.reconstruct_batch(np.array([row], np.int64))
        vector: Vectors = vectors[0]
        return vector

    def token_vectors(self, row: int) -> Vectors:
        """See Backend."""
        return self._tokens.vectors(row)

    def _all_lexical(self, terms: Sequence[str]) -> Scores:
        known = [term for term in terms if term in self._vocabulary]
        if not known:
            return np.zeros(self.size, np.float32)
        scores: Scores = self._lexical.get_scores(known)
        return scores
