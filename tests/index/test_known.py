import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.arrays import Vectors
from index.search.fuse import ALL, Signal
from index.search.rank import Searcher
from index.store.intake import read_known
from index.store.known import KnownQuestion, KnownVectors, place_known
from index.store.load import load_index
from index.store.update import update_index
from ingest.files import read_document
from tests.conftest import CORPUS, HashingEmbedder


def write(folder: Path, rows: Sequence[Mapping[str, str]]) -> None:
    lines = [json.dumps(row) for row in rows]
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n\n", encoding="utf-8")


def passage_of(doc: str, words: str) -> str:
    document = read_document(next(CORPUS.glob(f"{doc}*")))
    return next(p.search_text for p in document.passages if words in p.search_text)


UNLIKE = {"question": "Zwemt de papegaai graag?", "doc": "000", "passage": passage_of("000", "31 juli")}


def test_a_passage_is_found_by_a_known_question_in_other_words(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    times = ("vandaag", "morgen", "in de winter", "overdag", "alleen", "samen", "ver", "snel", "traag")
    write(small_corpus, [{**UNLIKE, "question": f"Zwemt de papegaai {time}?"} for time in times])
    assert update_index(tmp_path / "index", [small_corpus], hashing).known == len(times)
    searcher = Searcher(load_index(tmp_path / "index", hashing), hashing)
    hit = searcher.search("zwemt de papegaai snel of traag?")[0]
    assert "31 juli" in hit.text and hit.explanation.known is not None and hit.explanation.known > 0.5
    plain = searcher.with_signals(ALL - {Signal.KNOWN}).search("zwemt de papegaai snel of traag?")[0]
    assert "31 juli" not in plain.text


def test_among_other_documents_known_questions_push_nothing_down(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    """A mixed corpus: the documents for which nobody wrote questions keep their rank."""
    for i in range(20):
        (small_corpus / f"d{i}.txt").write_text(f"De enclave van zaal {i} werkt voor het bedrijf.", encoding="utf-8")
    asked = ("Wie begeleidt een enclave?", "Waar werkt een enclave nog?", "Wat is het werk van het maatwerkbedrijf?")
    lines = [
        {"question": question, "doc": "002", "passage": passage_of("002", "Enclavewerking is")} for question in asked
    ]
    write(small_corpus, [*lines, UNLIKE])
    update_index(tmp_path / "index", [small_corpus], hashing)
    searcher = Searcher(load_index(tmp_path / "index", hashing), hashing)
    plain = searcher.with_signals(ALL - {Signal.KNOWN})
    for query in ("In welke zaal werkt de enclave voor een bedrijf?", "maatwerkbedrijf", "enclave zaal 7"):
        assert any(hit.explanation.known is not None for hit in searcher.search(query, 50))
        with_, without = (
            [hit.passage.passage_id if hit.explanation.known is None else "" for hit in one.search(query, 50)]
            for one in (searcher, plain)
        )
        assert with_ == without


def test_changed_questions_are_followed_and_no_passage_is_embedded_again(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    index = tmp_path / "index"
    update_index(index, [small_corpus], hashing)
    before = load_index(index, hashing).manifest.corpus_hash
    write(small_corpus, [UNLIKE])
    report = update_index(index, [small_corpus], hashing)
    assert report.known == 1 and report.embedded == 0 and not report.changed
    assert load_index(index, hashing).manifest.corpus_hash != before
    (small_corpus / "questions.jsonl").unlink()
    assert update_index(index, [small_corpus], hashing).known == 0
    assert load_index(index, hashing).manifest.corpus_hash == before


def test_a_question_whose_passage_has_gone_is_left_out() -> None:
    document = read_document(next(CORPUS.glob("000*")))
    kept = KnownQuestion("Tot wanneer?", "000", UNLIKE["passage"] + " En nog een zin.")
    gone = KnownQuestion("Hoe oud?", "000", "De giraf eet bladeren van hoge bomen in de savanne.")
    elsewhere = KnownQuestion("Tot wanneer?", "004", UNLIKE["passage"])
    ((passage_id, question),) = place_known([kept, gone, elsewhere, kept], [document])
    (passage,) = (one for one in document.passages if one.passage_id == passage_id)
    assert question == "Tot wanneer?" and "31 juli" in passage.search_text


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("geen json", "regel 2: Dit is geen geldige JSON"),
        ('{"question": "Wat?", "doc": ""}', "regel 2: Het veld 'doc' is leeg"),
        ('{"question": "Wat?", "doc": "000"}', "regel 2: Het veld 'passage' ontbreekt"),
    ],
)
def test_a_wrong_line_leaves_out_that_line(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, line: str, sentence: str
) -> None:
    other = {**UNLIKE, "question": "Zwemt\u2028de pinguïn ook?"}
    lines = [json.dumps(UNLIKE), line, json.dumps(other, ensure_ascii=False)]
    (small_corpus / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = update_index(tmp_path / "index", [small_corpus], hashing)
    (fault,) = (fault for fault in report.faults if "questions.jsonl" in fault)
    assert sentence in fault
    assert (report.known, report.documents) == (2, 3)


def test_the_shipped_questions_belong_to_the_corpus() -> None:
    known, _ = read_known(CORPUS)
    documents = [read_document(file) for file in sorted(CORPUS.glob("*.txt"))]
    assert len(place_known(known, documents)) >= 0.98 * len(known) > 3000


UNITS = st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4).filter(any), min_size=1, max_size=12)


@given(UNITS, st.data())
def test_best_is_the_highest_cosine_of_each_passage(raw: list[list[int]], data: st.DataObject) -> None:
    vectors: Vectors = np.array(raw, np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.array(sorted(data.draw(st.integers(0, 7)) for _ in raw), np.int64)
    best = KnownVectors(rows, vectors).best(vectors[0], np.arange(8))
    for row in range(8):
        own = [float(vectors[i] @ vectors[0]) for i in range(len(rows)) if rows[i] == row]
        assert np.isnan(best[row]) if not own else abs(best[row] - max(own)) < 1e-5


def test_a_question_goes_with_its_document_and_not_to_one_whose_name_goes_on(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    text = "De kapitein stuurt de zeppelin boven de haven."
    (small_corpus / "brief-1.txt").write_text(text, encoding="utf-8")
    (small_corpus / "brief-10.txt").write_text(f"{text} En verder naar zee.", encoding="utf-8")
    write(small_corpus, [{"question": "Wie stuurt?", "doc": "brief-1", "passage": text}])
    assert update_index(tmp_path / "index", [small_corpus], hashing).known == 1
    (small_corpus / "brief-1.txt").unlink()
    report = update_index(tmp_path / "index", [small_corpus], hashing)
    assert (report.removed, report.known) == (["brief-1"], 0)
