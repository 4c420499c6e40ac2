"""Late interaction: a query matches a passage as well as its words, one by one, match the passage's best words.

Source: Khattab and Zaharia (2020), ColBERT, https://arxiv.org/abs/2004.12832; here with the token vectors of the same
encoder that makes the dense vectors, and the mean over query tokens instead of the sum, so that scores stay in [-1, 1].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.arrays import Rows, Scores, Vectors

TOKENS_VERSION = 1  # raise it when token vectors are packed differently: all passages are then embedded again


@dataclass(frozen=True, slots=True)
class PackedTokens:
    """Token vectors of passages in one byte a dimension; the rounding changes a score by less than 0.001.

    Attributes:
        codes: int8 (total tokens, dimension).
        scales: float16 (total tokens,); vector = code * scale.
        offsets: int64 (passages + 1,); the tokens of passage i are offsets[i] to offsets[i + 1].
    """

    codes: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float16]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def pack(cls, tokens: Sequence[Vectors]) -> "PackedTokens":
        """Pack the token vectors of passages, each float32 (n_tokens, dimension)."""
        joined = np.concatenate(tokens) if tokens else np.zeros((0, 1), np.float32)
        scales = (np.abs(joined).max(axis=1, initial=1e-6) / 127).astype(np.float16)
        codes = np.round(joined / scales.astype(np.float32)[:, None]).clip(-127, 127).astype(np.int8)
        return cls(codes, scales, _offsets([len(token) for token in tokens]))

    @classmethod
    def join(cls, parts: Sequence[tuple[bytes, bytes]], dimension: int) -> "PackedTokens":
        """Join the stored codes and scales of single passages.

        Raises:
            ValueError: codes and scales of a passage do not fit together.
        """
        lengths = [len(scales) // 2 for _, scales in parts]
        codes = np.frombuffer(b"".join(codes for codes, _ in parts), np.int8).reshape(-1, dimension)
        scales = np.frombuffer(b"".join(scales for _, scales in parts), "<f2")
        if any(len(codes) != n * dimension for (codes, _), n in zip(parts, lengths, strict=True)):
            raise ValueError("token codes and scales differ in number")
        return cls(codes, scales, _offsets(lengths))

    def of(self, row: int) -> tuple[bytes, bytes]:
        """Return codes and scales of one passage, as `join` takes them."""
        part = slice(self.offsets[row], self.offsets[row + 1])
        return self.codes[part].tobytes(), self.scales[part].astype("<f2").tobytes()

    def vectors(self, row: int) -> Vectors:
        """Return the token vectors of one passage, float32 (n_tokens, dimension)."""
        part = slice(self.offsets[row], self.offsets[row + 1])
        unpacked: Vectors = self.codes[part].astype(np.float32) * self.scales[part].astype(np.float32)[:, None]
        return unpacked

    def max_sim(self, query: Vectors, rows: Rows) -> Scores:
        """Score passages against a query.

        Args:
            query: token vectors of the query, float32 (n_query_tokens, dimension), rows of length 1.
            rows: passages to score; each has at least one token.

        Returns:
            Mean over the query's tokens of the highest cosine with a token of the passage, float32 (len(rows),).
        """
        if not len(rows):
            return np.empty(0, np.float32)
        parts = [slice(self.offsets[row], self.offsets[row + 1]) for row in rows]
        codes = np.concatenate([self.codes[part] for part in parts])
        scales = np.concatenate([self.scales[part] for part in parts]).astype(np.float32)
        similarity = (codes.astype(np.float32) @ query.T) * scales[:, None]
        starts = _offsets([part.stop - part.start for part in parts])[:-1]
        scores: Scores = np.maximum.reduceat(similarity, starts, axis=0).mean(axis=1)
        return scores


def _offsets(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
