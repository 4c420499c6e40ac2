import json
from math import log2
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.errors import QuestionsError
from eval.measure import measure, measure_run, ndcg
from eval.questions import Answer, Question, read_questions
from eval.run import FoundHit, run_questions, write_run
from index.search.rank import Searcher
from ingest.errors import RowsError
from tests import reference_score
from tests.conftest import ROOT

WORDS = st.lists(st.sampled_from("de maatwerk lde mvo budget 2012 euro é-\n x ,".split(" ")), max_size=30).map(" ".join)
ANSWERS = st.lists(
    st.builds(
        Answer, doc=st.sampled_from(["000", "001"]), quote=WORDS.filter(str.strip), grade=st.sampled_from([1, 2])
    ),
    max_size=4,
)
HITS = st.lists(st.builds(FoundHit, document_id=st.sampled_from(["000-a", "001-b"]), text=WORDS), max_size=12)


@given(ANSWERS.filter(bool), HITS)
@settings(max_examples=300)
def test_equal_to_the_reference_scorer(answers: list[Answer], hits: list[FoundHit]) -> None:
    question = Question(id="q", question="?", answers=answers)
    row = reference_score.score(
        {"answers": [answer.model_dump() for answer in answers]},
        [{"document_id": hit.document_id, "text": hit.text} for hit in hits],
    )
    ours = measure(question, hits)
    assert {name: ours[name] for name in row} == pytest.approx(row)
    assert all(0 <= value <= 1 for value in ours.values())


@given(ANSWERS.filter(bool), ANSWERS, HITS)
def test_recall_and_judged_are_counts_over_the_first_ten(
    answers: list[Answer], rejected: list[Answer], hits: list[FoundHit]
) -> None:
    row = measure(Question(id="q", question="?", answers=answers, rejected=[*rejected]), hits)

    def stands(quote: Answer, hit: FoundHit) -> bool:
        return hit.document_id.startswith(quote.doc) and reference_score.covers(
            reference_score.shingles(hit.text[:1500]), quote.quote or ""
        )

    found = [quote for quote in answers if any(stands(quote, hit) for hit in hits[:10])]
    known = [hit for hit in hits[:10] if any(stands(quote, hit) for quote in [*answers, *rejected])]
    assert row["R@10"] == pytest.approx(len(found) / len(answers))
    assert row["Judged@10"] == pytest.approx(len(known) / max(1, len(hits[:10])))


@given(st.lists(st.tuples(st.sampled_from("abc"), ANSWERS.filter(bool), HITS), min_size=1, max_size=8))
def test_the_mean_over_all_is_the_weighted_mean_of_the_groups(
    made: list[tuple[str, list[Answer], list[FoundHit]]],
) -> None:
    questions = [Question(id=str(i), question="?", style=made[i][0], answers=made[i][1]) for i in range(len(made))]
    figures = measure_run(questions, {str(i): hits for i, (_, _, hits) in enumerate(made)})
    whole = figures.pop("all")
    assert sum(row["n"] for row in figures.values()) == whole["n"]
    for name in whole:
        if name != "n":
            assert sum(row["n"] * row[name] for row in figures.values()) / whole["n"] == pytest.approx(whole[name])


def test_a_question_may_want_whole_documents(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"id": "a", "question": "?", "docs": ["VR-1", "VR-2"]}\n{"id": "b", "question": "?", "docs": []}\n',
        encoding="utf-8",
    )
    whole, none = read_questions(path)
    assert [(answer.doc, answer.quote, answer.grade) for answer in whole.answers] == [
        ("VR-1", None, 2),
        ("VR-2", None, 2),
    ]
    assert not none.answers
    row = measure(whole, [FoundHit("VR-11", "iets"), FoundHit("VR-2", "iets"), FoundHit("VR-2", "nog iets")])
    assert (row["RR"], row["S@1"], row["S@3"], row["R@10"]) == (0.5, 0, 1, 0.5)


@pytest.mark.parametrize("quote", [None, "Elf ballonnen vertrokken uit Mol."])
@pytest.mark.parametrize(
    ("doc", "is_of"), [("1", True), ("1-nota", True), ("1-", True), ("12", False), ("1-no", False), ("nota", False)]
)
def test_a_document_is_named_by_its_beginning_in_whole_words(quote: str | None, doc: str, is_of: bool) -> None:
    wanted = Question(id="a", question="?", answers=[Answer(doc=doc, quote=quote, grade=2)])
    assert measure(wanted, [FoundHit("1-nota", "Elf ballonnen vertrokken uit Mol.")])["RR"] == is_of


@pytest.mark.slow
def test_equal_to_the_reference_scorer_on_the_development_questions(searcher: Searcher, tmp_path: Path) -> None:
    questions = read_questions(ROOT / "eval" / "data" / "dev.jsonl")
    run = run_questions(searcher, questions)
    write_run(tmp_path / "run.jsonl", run)
    lines = map(json.loads, (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines())
    stored = {row["id"]: row["hits"] for row in lines}
    figures = measure_run(questions, run)
    for style, ours in figures.items():
        rows = [
            reference_score.score(q.model_dump(), stored[q.id])
            for q in questions
            if q.answers and style in ("all", q.style)
        ]
        assert ours["n"] == len(rows)
        for name in rows[0]:
            assert ours[name] == pytest.approx(sum(row[name] for row in rows) / len(rows))
    assert figures["all"]["n"] == 68
    assert figures["all"]["nDCG@10"] >= 0.82, "release 0.2.0 has 84.3"
    assert figures["all"]["S@5"] >= 0.90, "release 0.2.0 has 94.1"


def test_ndcg_written_out() -> None:
    assert ndcg([[], [2], [1]], [2, 1]) == pytest.approx((3 / log2(3) + 1 / log2(4)) / (3 / log2(2) + 1 / log2(3)))
    assert ndcg([[2], [1]], [1, 2]) == 1
    assert ndcg([], [2]) == 0
    assert ndcg([[2]], []) == 0


def test_a_question_without_hits_counts_as_zero() -> None:
    quote = "dit is een heel citaat"
    found = Question(id="a", question="?", answers=[Answer(doc="000", quote=quote, grade=2)])
    lost = Question(id="b", question="?", style="typo", answers=found.answers)
    none = Question(id="c", question="?", answers=[])
    figures = measure_run([found, lost, none], {"a": [FoundHit("000-x", quote)]})
    assert figures["all"] == {
        "n": 2, "nDCG@10": 0.5, "RR": 0.5, "S@1": 0.5, "S@3": 0.5, "S@5": 0.5, "S@10": 0.5,
        "R@10": 0.5, "Judged@10": 0.5,
    }  # fmt: skip
    assert figures["typo"]["nDCG@10"] == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "bevat geen vragen"),
        ("{", "regel 1: Dit is geen geldige JSON"),
        ('{"id": "a", "question": "x"}', "regel 1: Het veld 'answers' ontbreekt"),
        ("\n[]", "regel 2: "),
    ],
)
def test_wrong_files_of_questions(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((QuestionsError, RowsError), match=sentence):
        read_questions(path)
    with pytest.raises(RowsError, match="kan niet gelezen worden"):
        read_questions(tmp_path / "weg.jsonl")
    with pytest.raises(QuestionsError, match="kan niet geschreven worden"):
        write_run(path / "run.jsonl", {})  # a file is no folder
