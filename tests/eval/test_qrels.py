"""TREC files out and in, and the measures of ir-measures beside ours."""

import subprocess
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, Judged, Qrel, R, Success, nDCG

from eval.errors import QuestionsError
from eval.measure import measure, measure_questions
from eval.qrels import export_qrels, format_qrels, import_qrels, measure_ranking, read_qrels
from eval.questions import Answer, Question, Quote, read_questions
from eval.run import (
    DEPTH,
    FoundHit,
    Run,
    passages_of,
    read_run,
    read_trec,
    run_questions,
    with_texts,
    write_run,
    write_trec,
)
from eval.variants import variant_searchers
from index.search.rank import Searcher
from ingest.errors import RowsError
from tests import reference_score
from tests.conftest import ROOT

IDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=8)
WORDS = st.lists(st.sampled_from("de maatwerk lde mvo budget 2012 euro".split()), min_size=1, max_size=12).map(" ".join)
# nDCG with the gains of the measures by quote. A passage counts here even if it repeats a quote found before, so this
# nDCG differs from the one by quote; RR, S@k and Judged@10 are the same by quote and by passage.
MEASURES = (
    nDCG(gains={0: 0, 1: 1, 2: 3}) @ 10,
    RR @ 10,
    *(Success(rel=2) @ k for k in (1, 3, 5, 10)),
    R @ 10,
    Judged @ 10,
)
SAME_BY_QUOTE = {"RR@10": "RR", "Judged@10": "Judged@10"} | {f"Success(rel=2)@{k}": f"S@{k}" for k in (1, 3, 5, 10)}


def measure_passages(qrels: Iterable[Qrel], run: Run) -> dict[str, dict[str, float]]:
    ranking = {query_id: [(hit.passage_id, hit.score) for hit in hits] for query_id, hits in run.items()}
    return measure_ranking(MEASURES, list(qrels), ranking)


@given(st.dictionaries(IDS, st.lists(st.tuples(IDS, st.floats(-5, 5)), max_size=6, unique_by=lambda hit: hit[0])))
def test_a_trec_run_keeps_ids_and_order(
    tmp_path_factory: pytest.TempPathFactory, run: dict[str, list[tuple[str, float]]]
) -> None:
    path = tmp_path_factory.mktemp("trec") / "run.trec"
    best_first = {query: sorted(hits, key=lambda hit: -hit[1]) for query, hits in run.items()}
    write_trec(path, best_first, "ons systeem")
    read = read_trec(path)
    assert {query: [name for name, _ in hits] for query, hits in read.items()} == {
        query: [name for name, _ in hits] for query, hits in best_first.items() if hits
    }
    for hits in read.values():
        scores = [score for _, score in hits]
        assert all(a > b for a, b in pairwise(scores)), "no ties for a tool to break"


@given(st.lists(st.builds(Qrel, IDS, IDS, st.integers(0, 2)), max_size=6, unique_by=lambda row: row[:2]))
def test_trec_qrels_are_read_back_as_written(tmp_path_factory: pytest.TempPathFactory, qrels: list[Qrel]) -> None:
    path = tmp_path_factory.mktemp("trec") / "qrels.trec"
    path.write_text(format_qrels(qrels), encoding="utf-8")
    assert [row[:3] for row in read_qrels(path)] == [row[:3] for row in qrels]


@given(
    st.lists(st.builds(Answer, doc=st.sampled_from(["000", "001"]), quote=WORDS, grade=st.integers(1, 2)), max_size=3),
    st.lists(st.builds(Quote, doc=st.sampled_from(["000", "001"]), quote=WORDS), max_size=2),
    st.lists(st.builds(FoundHit, st.sampled_from(["000-a", "001-b"]), WORDS), max_size=12),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150)
def test_by_passage_and_by_quote_agree(
    answers: list[Answer], rejected: list[Quote], texts: list[FoundHit], random: object
) -> None:
    passages = {f"p{i}": FoundHit(hit.document_id, hit.text, f"p{i}") for i, hit in enumerate(texts)}
    question = Question(id="q", question="?", answers=answers, rejected=rejected)
    hits = list(passages.values())
    random.shuffle(hits)  # type: ignore[attr-defined]
    by_quote = measure(question, hits)
    by_passage = measure_passages(export_qrels([question], passages), {"q": hits}).get("q")
    if by_passage is None:  # no passage is judged
        assert by_quote["RR"] == by_quote["Judged@10"] == 0
    else:
        for theirs, ours in SAME_BY_QUOTE.items():
            assert by_passage[theirs] == pytest.approx(by_quote[ours])


def test_each_passage_has_its_best_grade() -> None:
    texts = {
        "a": "een twee drie vier vijf zes zeven acht",
        "b": "negen tien elf twaalf",
        "c": "niets hiervan staat daar",
    }
    passages = {name: FoundHit("000-x", text, name) for name, text in texts.items()}
    question = Question(
        id="q",
        question="?",
        answers=[
            Answer(doc="000", quote="een twee drie vier", grade=1),
            Answer(doc="000", quote="vijf zes zeven acht", grade=2),
        ],
        rejected=[Quote(doc="000", quote="negen tien elf twaalf")],
    )
    assert [row[:3] for row in export_qrels([question], passages)] == [("q", "a", 2), ("q", "b", 0)]
    (again,) = import_qrels([question], export_qrels([question], passages), passages)
    assert export_qrels([again], passages) == export_qrels([question], passages)
    assert (len(again.answers), len(again.rejected)) == (1, 1), "the passage stands for the quotes it covers"
    assert import_qrels([again], export_qrels([again], passages), passages) == [again], "twice is once"
    with pytest.raises(QuestionsError, match="niet in de index"):
        import_qrels([question], [Qrel("q", "weg", 1)], passages)


@pytest.mark.parametrize("quote", ["een twee drie vier", None])
def test_judgments_are_added_to_what_was_known(quote: str | None) -> None:
    passages = {"a": FoundHit("000-x", "negen tien elf twaalf", "a"), "b": FoundHit("000-x", "vijf zes zeven", "b")}
    known = Question(id="q", question="?", answers=[Answer(doc="000", quote=quote, grade=2)], rejected=[])
    (grown,) = import_qrels([known], [Qrel("q", "a", 0)], passages)
    assert grown.answers == known.answers and [one.quote for one in grown.rejected] == [passages["a"].text]
    (more,) = import_qrels([grown], [Qrel("q", "b", 1)], passages)
    assert more.rejected == grown.rejected and more.answers[-1] == Answer(doc="000-x", quote="vijf zes zeven", grade=1)
    assert import_qrels([more], [], passages) == [more]


@pytest.mark.parametrize("name", ["full", "bm25", "dense"])
def test_equal_to_the_reference_scorer_and_to_the_command_of_ir_measures(
    searcher: Searcher, tmp_path: Path, name: str
) -> None:
    questions = read_questions(ROOT / "eval" / "data" / "dev.jsonl")
    passages = passages_of(searcher.index)
    run = run_questions(variant_searchers({True: searcher}, [name])[name], questions)
    write_run(tmp_path / "run.jsonl", run)
    assert read_run(tmp_path / "run.jsonl") == run

    rows = measure_questions(questions, run)
    for question in questions:
        if question.answers:
            hits = [{"document_id": hit.document_id, "text": hit.text} for hit in run[question.id]]
            theirs = reference_score.score(question.model_dump(), hits)
            assert {name: rows[question.id][name] for name in theirs} == pytest.approx(theirs)

    qrels = export_qrels(questions, passages)
    (tmp_path / "qrels.trec").write_text(format_qrels(qrels), encoding="utf-8")
    ranking = {name: [(hit.passage_id, hit.score) for hit in hits] for name, hits in run.items()}
    write_trec(tmp_path / "run.trec", ranking, "ours")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ir_measures",
            str(tmp_path / "qrels.trec"),
            str(tmp_path / "run.trec"),
            *map(str, MEASURES),
            "-p",
            "-1",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    printed = {name: float(value) for name, value in (line.split("\t") for line in done.stdout.splitlines())}
    by_passage = measure_passages(qrels, run)
    assert len(by_passage) == 68 and set(printed) == set(map(str, MEASURES))
    for measure_name, value in printed.items():
        assert value == pytest.approx(fmean(row[measure_name] for row in by_passage.values()))
    for by_trec, by_quote in SAME_BY_QUOTE.items():
        assert printed[by_trec] == pytest.approx(fmean(row[by_quote] for row in rows.values()))
    again = with_texts(read_trec(tmp_path / "run.trec"), passages)
    assert {q: [h.passage_id for h in hits] for q, hits in again.items()} == {
        q: [h.passage_id for h in hits[:DEPTH]] for q, hits in run.items()
    }


@pytest.mark.parametrize("reader", [read_trec, read_qrels, read_run])
def test_wrong_files(tmp_path: Path, reader: object) -> None:
    assert callable(reader)
    (tmp_path / "x").write_text("een twee\n", encoding="utf-8")
    for path in (tmp_path / "x", tmp_path / "weg"):
        with pytest.raises((QuestionsError, RowsError), match=r"bevat geen|is geen|geen geldige JSON|kan niet"):
            reader(path)
    with pytest.raises(QuestionsError, match="niet in de index"):
        with_texts({"q": [("weg", 1.0)]}, {})


def test_qrels_with_two_grades_for_a_pair_are_refused(tmp_path: Path) -> None:
    same = [Qrel("q", "a", 1), Qrel("q", "a", 1), Qrel("q", "b", 2), Qrel("p", "a", 2)]
    (tmp_path / "qrels").write_text(format_qrels(same), encoding="utf-8")
    assert len(read_qrels(tmp_path / "qrels")) == 4
    (tmp_path / "qrels").write_text(format_qrels([Qrel("q", "a", 1), Qrel("q", "a", 2)]), encoding="utf-8")
    with pytest.raises(QuestionsError, match="document a bij vraag q twee verschillende graden"):
        read_qrels(tmp_path / "qrels")


def test_a_grade_below_zero_stops_nothing() -> None:
    """In a process of its own: what it did to memory, ended one in a few seconds."""
    script = """
from ir_measures import Qrel, R, nDCG
from eval.qrels import measure_ranking
qrels = [Qrel("q1", "a", -3), Qrel("q1", "c", -2), Qrel("q2", "b", 2), Qrel("q2", "a", 0)]
run = {"q1": [("a", 1.0)], "q2": [("a", 1.0), ("b", 0.5)]}
for _ in range(3000):
    rows = measure_ranking([nDCG @ 10, R @ 10], qrels, run)
assert rows["q1"] == {"nDCG@10": 0, "R@10": 0} and rows["q2"]["R@10"] == 1
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize("grade", ["1e300", "-5000", "0.5", "nan"])
def test_what_is_no_grade_is_said(tmp_path: Path, grade: str) -> None:
    (tmp_path / "qrels").write_text(f"q1 0 d1 1\nq1 0 d2 {grade}\n", encoding="utf-8")
    with pytest.raises(QuestionsError, match="regel 2: dit is geen regel"):
        read_qrels(tmp_path / "qrels")
