"""A model that remembers its last queries, so that the next page of the same question need not be read again."""

from collections.abc import Sequence
from functools import lru_cache

from index.model.embed import Embedder, Encoded
from index.model.pair_reader import PairReader

_REMEMBERED = 256  # queries, 10 MB at most; in memory only, gone with the process


class RecentQueries:
    """An embedder in front of another, with the same vectors."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = embedder.name
        self.dimension = embedder.dimension
        self.embed_passages = embedder.embed_passages
        self.token_offsets = embedder.token_offsets
        self._encode = lru_cache(_REMEMBERED)(embedder.embed_queries)

    def embed_queries(self, texts: Sequence[str]) -> Encoded:
        """Encode queries, or return what was made of them shortly before."""
        return self._encode(tuple(texts))

    @property
    def pair_reader(self) -> PairReader | None:
        """See Embedder."""
        return self._embedder.pair_reader
