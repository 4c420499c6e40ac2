"""Token vectors are packed small, and stay near what they were."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.settings import Settings
from index.arrays import Vectors
from index.model.adapter import SHIPPED_ADAPTER, adapter_id
from index.store.dense import Dense
from index.store.token_vectors import EXACT, PackedTokens, TokenBook, book_of, late_interaction
from tests.conftest import CORPUS

MOST_BYTES = 58  # of a token; passages of the corpus have 133, so that one takes less than 8 kB


def some_vectors(seed: int, size: int, dimension: int = 16) -> Vectors:
    """Vectors near each other, as the tokens of texts are."""
    chance = np.random.default_rng(seed)
    middles = chance.standard_normal((12, dimension))
    made = middles[chance.integers(12, size=size)] + 0.2 * chance.standard_normal((size, dimension))
    vectors: Vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return vectors


def cosine(one: Vectors, other: Vectors) -> Vectors:
    products: Vectors = np.sum(one * other, axis=1)
    return products


@given(seed=st.integers(0, 1000), lengths=st.lists(st.integers(0, 9), max_size=6))
@settings(max_examples=30)
def test_a_plain_book_keeps_any_vectors(seed: int, lengths: list[int]) -> None:
    tokens = [some_vectors(seed, length) for length in lengths]
    packed = PackedTokens.pack(tokens, TokenBook.plain(16))
    again = PackedTokens.join([packed.codes_of(row).tobytes() for row in range(len(lengths))], packed.book)
    for row, vectors in enumerate(tokens):
        assert np.all(cosine(again.vectors(row), vectors) > 0.999)


def test_a_trained_book_is_smaller_and_its_file_gives_the_same(tmp_path: Path) -> None:
    book = TokenBook.train(some_vectors(0, 12_000), centroids=12, parts=4)
    book.save(tmp_path, "proef")
    other, new = TokenBook.load(tmp_path, "proef"), some_vectors(0, 500)
    assert (book.size, other.name) == (6, "proef")
    assert np.array_equal(book.pack(new), other.pack(new))
    assert np.allclose(book.unpack(book.pack(new)), other.unpack(other.pack(new)))
    assert cosine(book.unpack(book.pack(new)), new).mean() > 0.95
    assert np.allclose(np.linalg.norm(book.unpack(book.pack(new)), axis=1), 1, atol=1e-5)


@given(seed=st.integers(0, 1000), size=st.integers(0, 1200))
@settings(max_examples=20)
def test_the_nearest_centroid_is_the_one_that_faiss_finds(seed: int, size: int) -> None:
    chance = np.random.default_rng(seed)
    centroids, vectors = chance.standard_normal((300, 16)).astype(np.float32), some_vectors(seed, size)
    index = faiss.IndexFlatL2(16)
    index.add(centroids)
    places = TokenBook(centroids, np.zeros((4, 256, 4))).pack(vectors)[:, :2].copy().view("<u2")[:, 0]
    distances = np.square(vectors - centroids[places]).sum(axis=1)
    assert np.allclose(distances, index.search(vectors, 1)[0][:, 0], atol=1e-5), "or one as near"


def test_the_most_promising_passages_are_scored_exactly_and_the_others_nearly() -> None:
    book, chance = TokenBook.train(some_vectors(0, 12_000), centroids=12, parts=4), np.random.default_rng(1)
    passages = [book.pack(some_vectors(seed, 9)) for seed in range(60)]
    query, dense = some_vectors(70, 5), chance.standard_normal(60).astype(np.float32)
    exact, found = book.max_sim(passages, query), late_interaction(book, passages, query, dense, dense)
    same = np.isclose(exact, found, atol=1e-6)
    assert EXACT <= same.sum() < 60
    assert np.abs(exact - found).max() < 0.3 and np.corrcoef(exact, found)[0, 1] > 0.7
    assert np.allclose(late_interaction(book, passages[:EXACT], query, dense[:EXACT], dense[:EXACT]), exact[:EXACT])
    plain = TokenBook.plain(16)
    passages = [plain.pack(some_vectors(seed, 9)) for seed in range(60)]
    assert np.allclose(
        late_interaction(plain, passages, query, dense, dense), plain.max_sim(passages, query), atol=1e-6
    )


def test_codes_that_are_not_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="niet heel"):
        PackedTokens.join([bytes(7)], TokenBook.plain(4))


def test_the_shipped_book_is_that_of_the_shipped_adapter_and_small() -> None:
    embedder = Settings().load_embedder()
    book = book_of(embedder.name, embedder.dimension)
    assert book.name == adapter_id(SHIPPED_ADAPTER) and book.size <= MOST_BYTES
    texts = [file.read_text("utf-8")[3000:4000] for file in sorted(CORPUS.glob("*.txt"))]
    tokens = np.concatenate(embedder.embed_passages(texts).tokens)
    assert cosine(book.unpack(book.pack(tokens)), tokens).mean() > 0.9


def test_a_model_without_a_book_of_its_own_gets_a_plain_one() -> None:
    assert book_of("ander-model", 8).name == book_of(hashlib.sha256(b"").hexdigest(), 8).name == ""
    assert book_of("ander-model", 8).size == 8 + 2


def test_a_thread_computes_alone() -> None:
    """OpenMP counts its threads for each thread apart: helpers for a search of its own cost more than they bring."""
    vectors = some_vectors(0, 300)
    dense, book = Dense.build(vectors), TokenBook.plain(16)
    codes = book.pack(vectors)
    works = [
        lambda: dense.nearest(vectors[0], 3, None),
        lambda: book.pack(vectors),
        lambda: book.cosines(codes, vectors),
    ]

    def threads_after(work: Callable[[], object]) -> int:
        faiss.omp_set_num_threads(4)
        work()
        return faiss.omp_get_max_threads()

    with ThreadPoolExecutor(1) as pool:
        assert [pool.submit(threads_after, work).result() for work in works] == [1, 1, 1]
