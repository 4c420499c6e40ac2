"""Learn the book by which the token vectors of a model are packed; it belongs to one adapter."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.fit.pairs import Pair
from index.model.adapter import adapter_id
from index.model.embed import Embedder
from index.store.token_vectors import TokenBook

_PASSAGES, _TOKENS = 1400, 150_000  # learned from


def save_book(folder: Path, embedder: Embedder, pairs: Sequence[Pair]) -> None:
    """Learn a book on passages of training pairs and write it beside their adapter."""
    chance = np.random.default_rng(0)
    passages = chance.permutation(sorted({pair.passage for pair in pairs}))[:_PASSAGES].tolist()
    tokens = np.concatenate(embedder.embed_passages(passages).tokens)
    TokenBook.train(tokens[chance.permutation(len(tokens))[:_TOKENS]]).save(folder, adapter_id(folder))
