from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.arrays import Vectors
from index.store.known import KnownVectors
from index.store.rows import FILES, LocalBackend
from index.store.token_vectors import PackedTokens


def build(vectors: Vectors, documents: list[list[str]]) -> LocalBackend:
    known = KnownVectors(np.arange(0, len(vectors), 2), vectors[::2])  # every other passage has one known question
    return LocalBackend.build(vectors, PackedTokens.pack([vector[None] for vector in vectors]), documents, known)


TERMS = st.lists(st.sampled_from(["maatwerk", "lde", "mvo", "subsidie", "datum"]), max_size=12)


def _vectors(n: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((n, 16)).astype(np.float32)
    normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normalised


def bm25(query: list[str], documents: list[list[str]], row: int, k1: float = 1.5, b: float = 0.75) -> float:
    """BM25 as Lucene computes it, written out."""
    mean_length = sum(map(len, documents)) / len(documents)
    total = 0.0
    for term in query:
        containing = sum(term in document for document in documents)
        if containing:
            idf = log(1 + (len(documents) - containing + 0.5) / (containing + 0.5))
            tf = documents[row].count(term)
            total += idf * tf / (tf + k1 * (1 - b + b * len(documents[row]) / mean_length))
    return total


@given(st.lists(TERMS.filter(bool), min_size=1, max_size=8), TERMS)
@settings(deadline=None)
def test_bm25_equals_the_formula(documents: list[list[str]], query: list[str]) -> None:
    backend = build(_vectors(len(documents)), documents)
    rows = np.arange(len(documents))
    expected = [bm25(query, documents, int(row)) for row in rows]
    assert np.allclose(backend.lexical_scores(query, rows), expected, atol=1e-4)
    found = backend.top_lexical(query, 100, None)
    assert set(found) == {row for row in rows if expected[row] > 1e-9}


def test_dense_search_is_exact() -> None:
    vectors = _vectors(500)
    backend = build(vectors, [["x"]] * 500)
    query = _vectors(1, seed=1)[0]
    exact = vectors @ query
    assert list(backend.top_dense(query, 10, None)) == list(np.argsort(-exact)[:10])
    rows = np.array([3, 499, 0])
    assert np.allclose(backend.dense_scores(query, rows), exact[rows], atol=1e-6)


@given(st.lists(st.booleans(), min_size=30, max_size=30))
@settings(deadline=None)
def test_only_allowed_rows_are_found(allowed: list[bool]) -> None:
    backend = build(_vectors(30), [["x"]] * 30)
    mask = np.array(allowed)
    dense = backend.top_dense(_vectors(1, seed=1)[0], 30, mask)
    assert set(dense) == set(np.flatnonzero(mask))
    assert set(backend.top_lexical(["x"], 30, mask)) == set(np.flatnonzero(mask))


def test_what_is_saved_is_loaded_the_same(tmp_path: Path) -> None:
    documents = [["a", "b"], ["b"], ["c", "a", "a"]]
    backend = build(_vectors(3), documents)
    for folder in (tmp_path / "een", tmp_path / "twee"):
        folder.mkdir()
        backend.save(folder)
    assert all((tmp_path / "een" / name).read_bytes() == (tmp_path / "twee" / name).read_bytes() for name in FILES)
    loaded = LocalBackend.load(tmp_path / "een")
    rows = np.arange(3)
    assert np.array_equal(loaded.lexical_scores(["a"], rows), backend.lexical_scores(["a"], rows))
    assert np.array_equal(loaded.dense_scores(_vectors(1)[0], rows), backend.dense_scores(_vectors(1)[0], rows))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 5), st.integers(0, 99))
@settings(deadline=None)
def test_late_interaction_equals_the_formula(lengths: list[int], n_query: int, seed: int) -> None:
    tokens = [_vectors(length, seed + i) for i, length in enumerate(lengths)]
    query = _vectors(n_query, seed + 50)
    packed = PackedTokens.pack(tokens)
    rows = np.arange(len(lengths))[::-1]
    expected = [np.mean([max(float(q @ t) for t in tokens[row]) for q in query]) for row in rows]
    assert np.allclose(packed.max_sim(query, rows), expected, atol=0.01)
    again = PackedTokens.join([packed.of(row) for row in range(len(lengths))], 16)
    assert np.array_equal(again.max_sim(query, rows), packed.max_sim(query, rows))


def test_unknown_words_find_nothing() -> None:
    backend = build(_vectors(2), [["a"], ["b"]])
    assert len(backend.top_lexical(["z"], 5, None)) == 0
    assert len(backend.top_lexical([], 5, None)) == 0


@pytest.mark.parametrize("rows", [[], [1]])
def test_scores_of_few_rows(rows: list[int]) -> None:
    backend = build(_vectors(2), [["a"], ["b"]])
    assert backend.dense_scores(_vectors(1)[0], np.array(rows, np.int64)).shape == (len(rows),)
