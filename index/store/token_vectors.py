"""Late interaction: a query matches a passage as well as its words, one by one, match the passage's best words.

Source: Khattab and Zaharia (2020), ColBERT, https://arxiv.org/abs/2004.12832; here with the token vectors of the same
encoder that makes the dense vectors, and the mean over query tokens instead of the sum, so that scores stay in [-1, 1].
They are kept as the nearest of some centroids and what is left by product quantisation (Jégou et al., 2011,
https://doi.org/10.1109/TPAMI.2010.57), as PLAID does (Santhanam et al., 2022, https://arxiv.org/abs/2205.09707).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.arrays import Rows, Scores, Vectors, standardise
from index.model.adapter import SHIPPED_ADAPTER
from index.store.dense import stay_in_thread

TOKENS_VERSION = 2  # raise it when token vectors are packed differently: all passages are then embedded again
CENTROIDS, PARTS = 2048, 48
_VALUES = 256  # of a byte
_AT_ONCE = 512
_FOR_EACH = 39  # vectors to learn a centroid from, as FAISS wants
_PLACE = 2  # bytes that say which centroid is nearest
EXACT = 32  # candidates of which all tokens are unpacked

Codes = npt.NDArray[np.uint8]


class TokenBook:
    """By what the token vectors of a model are packed.

    Args:
        centroids: (n, dimension): of whole vectors.
        parts: (parts, 256, width): of each part of what is left; parts times width is the dimension.
        name: id of the adapter that it came with; empty of a plain one.
    """

    def __init__(
        self, centroids: npt.NDArray[np.floating[Any]], parts: npt.NDArray[np.floating[Any]], name: str = ""
    ) -> None:
        self.name = name
        self.dimension = centroids.shape[1]
        self.size = _PLACE + len(parts)  # bytes of a token
        self._centroids = np.ascontiguousarray(centroids, np.float32)
        self._closer = np.einsum("ij,ij->i", self._centroids, self._centroids) / 2
        self._directions = self._centroids / np.linalg.norm(self._centroids, axis=1, keepdims=True).clip(min=1e-9)
        self._rest: Any = faiss.ProductQuantizer(self.dimension, len(parts), 8)
        faiss.copy_array_to_vector(np.ascontiguousarray(parts, np.float32).ravel(), self._rest.centroids)

    @classmethod
    def train(cls, vectors: Vectors, centroids: int = CENTROIDS, parts: int = PARTS) -> "TokenBook":
        """Learn one from token vectors, float32 (n, dimension)."""
        dimension = vectors.shape[1]
        clusters = faiss.Kmeans(dimension, min(centroids, max(1, len(vectors) // _FOR_EACH)), niter=8, seed=0)
        clusters.train(vectors)
        coarse = cls(_half(np.asarray(clusters.centroids)), np.zeros((parts, _VALUES, dimension // parts)))
        rest = faiss.ProductQuantizer(dimension, parts, 8)
        rest.train(vectors - coarse._centroids[coarse._places(vectors)])
        return cls(coarse._centroids, _half(faiss.vector_to_array(rest.centroids).reshape(parts, _VALUES, -1)))

    @classmethod
    def plain(cls, dimension: int) -> "TokenBook":
        """Return one for any model: a byte a dimension, its values closer together near zero, where most are."""
        values = np.linspace(-1, 1, _VALUES)
        return cls(np.zeros((1, dimension)), np.tile((np.sign(values) * values**2)[None, :, None], (dimension, 1, 1)))

    @classmethod
    def load(cls, folder: Path, adapter: str) -> "TokenBook":
        """Read what `save` wrote."""
        with np.load(_path(folder, adapter)) as arrays:
            return cls(arrays["centroids"], arrays["parts"], adapter)

    def save(self, folder: Path, adapter: str) -> None:
        """Write it beside the adapter with an id, in 16 bits a number."""
        parts = faiss.vector_to_array(self._rest.centroids).reshape(self._rest.M, _VALUES, -1)
        np.savez(_path(folder, adapter), centroids=self._centroids.astype(np.float16), parts=parts.astype(np.float16))

    def pack(self, vectors: Vectors) -> Codes:
        """Pack vectors, float32 (n, dimension), into (n, size)."""
        places = self._places(vectors)
        stay_in_thread()
        rest = self._rest.compute_codes(np.ascontiguousarray(vectors - self._centroids[places]))
        return np.hstack([places.astype("<u2")[:, None].view(np.uint8), rest])

    def unpack(self, codes: Codes) -> Vectors:
        """Return vectors of length 1, float32 (n, dimension)."""
        vectors, lengths = self._decode(codes)
        vectors /= lengths
        return vectors

    def max_sim(self, passages: Sequence[Codes], query: Vectors) -> Scores:
        """Return the mean over a query's tokens of the best cosine with a token of each passage, float32 (passages,).

        Args:
            passages: packed tokens of each, one at least.
            query: token vectors of the query, float32 (n_query_tokens, dimension), rows of length 1.
        """
        return _best_of(self.cosines(np.concatenate(passages), query), passages)

    def roughly(self, passages: Sequence[Codes], query: Vectors) -> Scores:
        """Do as `max_sim` with the nearest centroid in the place of each token, a tenth of the work."""
        if len(self._centroids) == 1:  # it tells nothing apart
            return self.max_sim(passages, query)
        places = np.concatenate([np.ascontiguousarray(codes[:, :_PLACE]) for codes in passages]).view("<u2")[:, 0]
        return _best_of((self._directions @ query.T)[places], passages)

    def cosines(self, codes: Codes, query: Vectors) -> Vectors:
        """Return the cosine of each packed vector with each row of `query`, float32 (n, rows).

        A few are unpacked at a time, so that they stay in the processor's cache: 18 ms for 23,000 instead of 34.
        """
        blocks = (self._decode(codes[start : start + _AT_ONCE]) for start in range(0, len(codes), _AT_ONCE))
        return np.concatenate([vectors @ query.T / lengths for vectors, lengths in blocks])

    def _decode(self, codes: Codes) -> tuple[Vectors, Vectors]:
        """Return vectors, float32 (n, dimension), and their lengths, float32 (n, 1)."""
        stay_in_thread()
        vectors: Vectors = self._rest.decode(np.ascontiguousarray(codes[:, _PLACE:]))
        vectors += self._centroids[np.ascontiguousarray(codes[:, :_PLACE]).view("<u2")[:, 0]]
        return vectors, np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None].clip(min=1e-9)

    def _places(self, vectors: Vectors) -> Rows:
        """Return the nearest centroid of each; the BLAS of numpy takes less than half the time of that of FAISS."""
        blocks = (vectors[start : start + _AT_ONCE] for start in range(0, len(vectors), _AT_ONCE))
        found = [(block @ self._centroids.T - self._closer).argmax(axis=1) for block in blocks]
        return np.concatenate([np.empty(0, np.int64), *found])


def late_interaction(
    book: TokenBook, passages: Sequence[Codes], query: Vectors, dense: Scores, lexical: Scores
) -> Scores:
    """Return late interaction: exact for the best, and for the others what their centroids say less than those.

    So does PLAID (Santhanam et al. 2022). Of two sets of our own nDCG@10 is 96.2 and 94.5, of 300 questions in
    everyday words 67.8 (R@50 93.1); with 24 exact 96.2, 94.5 and 67.7 (92.7), with all 96.2, 94.2 and 67.3 (93.8).
    """
    if len(passages) <= EXACT:
        return book.max_sim(passages, query)
    scores = book.roughly(passages, query)
    promise = standardise(scores) + standardise(dense) + standardise(lexical) / 4
    best = np.argsort(-promise, kind="stable")[:EXACT]
    exact = book.max_sim([passages[i] for i in best.tolist()], query)
    scores += (exact - scores[best]).mean()
    scores[best] = exact
    return scores


def _best_of(similarity: Vectors, passages: Sequence[Codes]) -> Scores:
    """Return the mean over query tokens of each passage's best; of cosines (tokens of all passages, query tokens)."""
    starts = _offsets([len(codes) for codes in passages])[:-1]
    scores: Scores = np.maximum.reduceat(similarity, starts, axis=0).mean(axis=1)
    return scores


def _half(values: Vectors) -> Vectors:
    return values.astype(np.float16).astype(np.float32)


def _path(folder: Path, adapter: str) -> Path:
    return folder / f"tokens-{adapter}.npz"


@lru_cache(4)
def book_of(model: str, dimension: int) -> TokenBook:
    """Return the book of a model: that which came with its adapter, else a plain one.

    A model's name has the id of its adapter after the last "+"; that id alone will do.
    """
    adapter = model.rpartition("+")[2]
    made = _path(SHIPPED_ADAPTER, adapter).exists()
    return TokenBook.load(SHIPPED_ADAPTER, adapter) if made else TokenBook.plain(dimension)


@dataclass(frozen=True, slots=True)
class PackedTokens:
    """Token vectors of passages.

    Attributes:
        codes: uint8 (total tokens, size of the book).
        offsets: int64 (passages + 1,); the tokens of passage i are offsets[i] to offsets[i + 1].
        book: what they are packed by.
    """

    codes: Codes
    offsets: npt.NDArray[np.int64]
    book: TokenBook

    @classmethod
    def pack(cls, tokens: Sequence[Vectors], book: TokenBook) -> "PackedTokens":
        """Pack the token vectors of passages, each float32 (n_tokens, dimension)."""
        joined = np.concatenate([np.empty((0, book.dimension), np.float32), *tokens])
        return cls(book.pack(joined), _offsets([len(token) for token in tokens]), book)

    @classmethod
    def join(cls, parts: Sequence[bytes], book: TokenBook) -> "PackedTokens":
        """Join the stored codes of single passages.

        Raises:
            ValueError: some are no whole number of tokens.
        """
        if any(len(part) % book.size for part in parts):
            raise ValueError("er zijn vectoren van woorden niet heel")
        codes = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, book.size)
        return cls(codes, _offsets([len(part) // book.size for part in parts]), book)

    def codes_of(self, row: int) -> Codes:
        """Return the packed tokens of one passage, (n_tokens, size of the book)."""
        return self.codes[self.offsets[row] : self.offsets[row + 1]]

    def vectors(self, row: int) -> Vectors:
        """Return the token vectors of one passage, float32 (n_tokens, dimension), rows of length 1."""
        return self.book.unpack(self.codes_of(row))


def _offsets(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
