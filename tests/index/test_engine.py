"""What any engine must do; each test runs over every engine that this machine has."""

import datetime
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from uuid import uuid4

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.arrays import Rows, Vectors
from index.store import dense
from index.store.engine import ANYWHERE, Asked, Engine, Place, Where, passage_numbers
from index.store.known import KnownVectors
from index.store.local import K1, B, LocalEngine
from index.store.qdrant import MEAN_LENGTH, QdrantEngine
from index.store.segment import lexical_text
from index.store.token_vectors import PackedTokens, TokenBook
from index.store.update import join_small
from index.terms import pairs, terms
from ingest.document import Document, Kind, Metadata, Page, Passage, Span, Topic
from tests.conftest import HashingEmbedder, local_engine, qdrant_client

Build = Callable[[Sequence[Document]], Engine]
WORDS = ["maatwerk", "klaverblad", "enclave", "subsidie", "datum"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
EMBEDDER = HashingEmbedder()
relaxed = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def document(name: str, texts: Sequence[str], topics: Sequence[tuple[Topic, ...]] = (), **known: object) -> Document:
    passages = tuple(
        Passage(f"{name}:1:{i}-{i + 1}", name, (), (Span(1, i, i + 1),), text, (Span(1, i, i + 1),), (), None, topic)
        for i, (text, topic) in enumerate(zip(texts, [*topics, *[()] * len(texts)], strict=False))
    )
    return Document(name, f"{name}.txt", "0" * 64, Metadata("", **known), (Page(1, None, "x"),), passages)  # type: ignore[arg-type]


def add(engine: QdrantEngine, documents: Sequence[Document]) -> None:
    encoded = EMBEDDER.embed_passages([p.search_text for one in documents for p in one.passages])
    tokens = PackedTokens.pack(encoded.tokens, TokenBook.plain(EMBEDDER.dimension))
    engine.upsert([(one, "") for one in documents], encoded.vectors, tokens)


def asked(text: str) -> Asked:
    encoded = EMBEDDER.embed_queries([text])
    return Asked(encoded.vectors[0], encoded.tokens[0], terms(text), pairs(text))


def numbers(documents: Sequence[Document]) -> Rows:
    return passage_numbers(p.passage_id for one in documents for p in one.passages)


def local(documents: Sequence[Document]) -> Engine:
    return local_engine(documents, EMBEDDER)


def of_pieces(documents: Sequence[Document]) -> LocalEngine:
    """A document a segment, each once changed and one dropped."""
    before = [
        *(replace(one, passages=one.passages[:1]) for one in documents),
        document("weg", ["maatwerk", "zeppelin"]),
    ]
    gone = [part for one in before for part in local_engine([one], EMBEDDER).keeping(lambda _: False).parts]
    parts = [part for one in documents for part in local_engine([one], EMBEDDER).parts]
    return LocalEngine([*gone, *parts], KnownVectors.none(EMBEDDER.dimension))


def joined(documents: Sequence[Document]) -> Engine:
    return LocalEngine(join_small(of_pieces(documents).parts), KnownVectors.none(EMBEDDER.dimension))


def qdrant(documents: Sequence[Document]) -> Engine:
    """On the server that the environment names, else in this process."""
    engine = QdrantEngine(qdrant_client(), f"test-{uuid4().hex}", EMBEDDER.dimension)
    add(engine, [document("weg", ["maatwerk enclave"]), *documents[:1]])
    engine.delete(["weg"])
    add(engine, documents)
    return engine


ENGINES = [local, of_pieces, joined, qdrant]


@pytest.fixture(params=ENGINES, ids=lambda one: one.__name__)
def build(request: pytest.FixtureRequest) -> Build:
    made: Build = request.param
    return made


def bm25(query: Sequence[str], lists: Sequence[Sequence[str]], row: int, engine: Engine) -> float:
    """BM25 as Lucene computes it, written out; Qdrant has one mean length for all corpora."""
    mean_length = MEAN_LENGTH if isinstance(engine, QdrantEngine) else sum(map(len, lists)) / len(lists)
    total = 0.0
    for term in query:
        containing = sum(term in one for one in lists)
        if containing:
            idf = log(1 + (len(lists) - containing + 0.5) / (containing + 0.5))
            tf = lists[row].count(term)
            total += idf * tf / (tf + K1 * (1 - B + B * len(lists[row]) / mean_length))
    return total


@given(st.lists(TEXTS, min_size=1, max_size=8), TEXTS)
@relaxed
def test_bm25_equals_the_formula(build: Build, texts: list[str], query: str) -> None:
    documents = [document(f"d{i}", [text]) for i, text in enumerate(texts)]
    engine = build(documents)
    lists = [terms(text) + pairs(text) for text in (lexical_text(one, one.passages[0]) for one in documents)]
    scored = engine.scores(asked(query), numbers(documents))
    assert np.allclose(scored.lexical, [bm25(terms(query), lists, row, engine) for row in range(len(lists))], atol=1e-4)
    assert np.allclose(scored.pairs, [bm25(pairs(query), lists, row, engine) for row in range(len(lists))], atol=1e-4)
    found = engine.worded(terms(query), 100)
    expected = {int(n) for n, score in zip(numbers(documents), scored.lexical, strict=True) if score > 1e-6}
    assert set(found.tolist()) == expected
    counts = Counter(term for one in lists for term in set(one))
    assert [engine.term_count(term) for term in ("maatwerk", "onbekend")] == [counts["maatwerk"], 0]


@given(st.lists(TEXTS, min_size=1, max_size=30), TEXTS, st.integers(1, 5))
@relaxed
def test_the_best_by_bm25_are_found_however_few_are_asked(
    build: Build, texts: list[str], query: str, depth: int
) -> None:
    documents = [document(f"d{i:02}", [text]) for i, text in enumerate(texts)]
    engine = build(documents)
    lexical = engine.scores(asked(query), numbers(documents)).lexical
    best = np.sort(lexical[lexical > 1e-6])[::-1][:depth]
    found = engine.scores(asked(query), engine.worded(terms(query), depth)).lexical
    assert np.allclose(found, best, atol=1e-4)


MANY = [document(f"d{i:03}", [f"{WORDS[i % 5]} nummer {i} {j}" for j in range(3)]) for i in range(60)]


def test_dense_search_and_late_interaction_are_exact(build: Build) -> None:
    engine, query = build(MANY), asked("enclave nummer 17 2")
    encoded = EMBEDDER.embed_passages([p.search_text for one in MANY for p in one.passages])
    exact = encoded.vectors @ query.vector
    assert engine.nearest(query.vector, 10).tolist() == numbers(MANY)[np.argsort(-exact)[:10]].tolist()
    chosen = np.array([3, 99, 0])
    scored = engine.scores(query, numbers(MANY)[chosen])
    assert np.allclose(scored.dense, exact[chosen], atol=1e-5)
    late = [np.mean([max(float(q @ t) for t in encoded.tokens[row]) for q in query.tokens]) for row in chosen]
    assert np.allclose(scored.late, late, atol=0.01)
    assert np.allclose(engine.vectors(numbers(MANY)[chosen]), encoded.vectors[chosen], atol=1e-6)
    assert np.allclose(engine.token_vectors(int(numbers(MANY)[3])), encoded.tokens[3], atol=0.01)
    empty = engine.scores(query, np.empty(0, np.int64))
    assert empty.dense.shape == empty.late.shape == empty.known.shape == (0,)


def test_where_a_passage_stands_is_known(build: Build) -> None:
    some = [document("a", ["in 2012 en 2018"], date=datetime.date(2016, 3, 1)), document("b", ["x", "sinds 2011"])]
    engine = build(some)
    one, two = engine.places(numbers(some)[[0, 2]].tolist())
    assert (one.passage_id, one.document_id, one.ordinal, one.years) == (
        "a:1:0-1",
        "a",
        0,
        frozenset({2012, 2016, 2018}),
    )
    assert two == Place("b:1:1-2", "b", 1, frozenset({2011}))
    assert {name: digest.metadata for name, digest in engine.digests().items()} == {
        d.document_id: d.metadata for d in some
    }


DAYS = st.one_of(st.none(), st.dates(datetime.date(2010, 1, 1), datetime.date(2014, 1, 1)))
KNOWN = st.tuples(st.sampled_from([Kind.BELEIDSBRIEF, Kind.ADVIES]), DAYS, st.sampled_from([None, "2011-2012"]))
PASSAGES = st.lists(st.tuples(TEXTS, st.sets(st.sampled_from(Topic)).map(tuple)), min_size=1, max_size=3)
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple)
WHERES = st.builds(
    Where,
    st.sampled_from([(), (Kind.ADVIES,)]),
    st.sampled_from([None, frozenset({"d0", "d1"}), frozenset()]),
    st.sampled_from([(), (Topic.LDE,), (Topic.MVO, Topic.MAATWERK)]),
    DAYS,
    DAYS,
    DAYS,
    st.sampled_from([(), ((("maatwerk",), ("enclave", "subsidie")),)]),
    st.lists(PHRASES, max_size=1).map(tuple),
)


def may_be_found(one: Document, passage: Passage, where: Where) -> bool:
    """The same as a filter says, passage by passage."""
    period, text = one.metadata.period, f" {passage.search_text} "
    return (
        (not where.kinds or one.metadata.kind in where.kinds)
        and (where.documents is None or one.document_id in where.documents)
        and (not where.topics or bool(set(where.topics) & set(passage.topics)))
        and (where.date_from is None or (period is not None and period[1] >= where.date_from))
        and (where.date_to is None or (period is not None and period[0] <= where.date_to))
        and (where.begins is None or (period is not None and period[0] >= where.begins))
        and all(any(f" {' '.join(phrase)} " in text for phrase in group) for group in where.wanted)
        and not any(f" {' '.join(phrase)} " in text for phrase in where.unwanted)
    )


@given(st.lists(st.tuples(KNOWN, PASSAGES), min_size=1, max_size=4), WHERES)
@relaxed
def test_only_what_a_filter_allows_is_found_and_counted(
    build: Build,
    made: list[tuple[tuple[Kind, datetime.date | None, str | None], list[tuple[str, tuple[Topic, ...]]]]],
    where: Where,
) -> None:
    documents = [
        document(f"d{i}", [t for t, _ in texts], [t for _, t in texts], kind=kind, date=date, session=session)
        for i, ((kind, date, session), texts) in enumerate(made)
    ]
    engine, query = build(documents), asked("maatwerk klaverblad enclave subsidie datum")
    held = [(one, p) for one in documents for p in one.passages if may_be_found(one, p, where)]
    wanted = set(passage_numbers(p.passage_id for _, p in held).tolist())
    assert set(engine.nearest(query.vector, 100, where).tolist()) == wanted
    assert set(engine.worded(query.terms, 100, where).tolist()) == wanted
    assert set(engine.sample(100, where).tolist()) == wanted
    assert engine.count(where) == (len(held), len({one.document_id for one, _ in held}))
    assert engine.facet("kind", where) == Counter(one.metadata.kind.value for one, _ in held)
    assert engine.facet("document", where) == Counter(one.document_id for one, _ in held)
    assert engine.facet("topic", where) == Counter(topic.value for _, p in held for topic in p.topics)


def test_who_may_not_read_a_document_has_an_engine_without_it(build: Build) -> None:
    open_, shut = MANY[:20], [replace(one, metadata=replace(one.metadata, groups=("kabinet",))) for one in MANY[20:40]]
    without, within = build(open_), build([*open_, *shut])
    query = asked("enclave nummer 21 2 maatwerk")
    seen, all_seen = within.of(()), within.of(("kabinet",))
    assert seen.count() == without.count() != all_seen.count() == within.count()
    rows = numbers(open_)
    for name in ("dense", "lexical", "pairs", "late"):
        same = getattr(seen.scores(query, rows), name), getattr(without.scores(query, rows), name)
        assert np.allclose(*same, atol=1e-5), name
    one, other = (each.scores(query, each.worded(query.terms, 7)).lexical for each in (seen, without))
    assert len(one) == 7 and np.allclose(one, other, atol=1e-5), "some are equally good"
    assert seen.nearest(query.vector, 7).tolist() == without.nearest(query.vector, 7).tolist()
    for word, holding in (("enclave", 12), ("21", 0)):
        assert seen.term_count(word) == without.term_count(word)
        assert seen.word_count(word) == without.word_count(word) == holding
    assert list(seen.digests()) == list(without.digests())


def test_known_questions_score_their_passage(build: Build) -> None:
    vectors: Vectors = EMBEDDER.embed_queries(["een", "twee", "drie"]).vectors
    ids = numbers(MANY)[[4, 4, 7]]
    order = np.argsort(ids, kind="stable")
    engine = build(MANY).with_known(KnownVectors(ids[order], vectors[order]))
    known = engine.scores(asked("twee"), numbers(MANY)[[7, 4, 5]]).known
    assert np.isnan(known[2]) and known[1] > 0.99 > known[0]


def test_unknown_words_and_no_words_find_nothing(build: Build) -> None:
    engine = build(MANY)
    assert len(engine.worded(["zeppelin"], 5)) == len(engine.worded([], 5)) == len(engine.worded(["enclav"], 0)) == 0
    assert len(engine.nearest(asked("x").vector, 0)) == 0
    assert "enclave" in engine.vocabulary() and [engine.word_count(w) for w in ("enclave", "zeppelin")] == [36, 0]
    assert len(engine.sample(10)) == 10 and engine.count(ANYWHERE) == (180, 60)


def test_above_a_size_lists_find_nearly_all_and_filters_hold() -> None:
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((dense.EXACT_UP_TO + 1000, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made, mask = dense.Dense.build(vectors), chance.random(len(vectors)) < 0.3
    for few in (mask, mask & (np.arange(len(mask)) < 900), None):
        found = []
        for query in vectors[:40]:
            scores = vectors @ query if few is None else np.where(few, vectors @ query, -2)
            rows = made.nearest(query, 10, few)
            assert few is None or few[rows].all()
            assert (np.diff(vectors[rows] @ query) <= 1e-6).all(), "best first"
            found.append(np.isin(np.argpartition(-scores, 10)[:10], rows).mean())
        assert np.mean(found) >= (1 if few is not None and few.sum() < 900 else 0.9)


def test_lists_of_another_sort_are_refused(tmp_path: Path) -> None:
    faiss.write_index(faiss.IndexFlatIP(4), str(tmp_path / "dense.faiss"))
    assert len(dense.Dense.load(tmp_path).nearest(np.ones(4, np.float32), 1, None)) == 0
    faiss.write_index(faiss.IndexFlatL2(4), str(tmp_path / "lists.faiss"))
    with pytest.raises(ValueError, match="another sort"):
        dense.Dense.load(tmp_path)
