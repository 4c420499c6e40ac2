import pytest

from eval.ablation import VARIANTS, compare_runs, compare_variants
from eval.questions import Answer, FoundHit, Question, read_questions
from index.embed import Embedder
from index.search import Searcher
from tests.conftest import ROOT

QUOTE = "dit is een heel citaat"
QUESTIONS = [Question(id=str(i), question="?", answers=[Answer(doc="000", quote=QUOTE, grade=2)]) for i in range(8)]
RIGHT, WRONG = [FoundHit("000-x", QUOTE)], [FoundHit("000-x", "iets anders")]


def test_a_run_that_loses_every_question_is_no_chance() -> None:
    good = {question.id: RIGHT for question in QUESTIONS}
    bad = {question.id: WRONG for question in QUESTIONS}
    row = compare_runs("bad", QUESTIONS, bad, good)
    assert (row.wins, row.ties, row.losses, row.ndcg) == (0, 0, 8, 0)
    assert row.p_value == pytest.approx(2 / 2**8, abs=0.005), "two of the 2^8 assignments of signs are as extreme"


def test_a_run_against_itself_differs_in_nothing() -> None:
    good = {question.id: RIGHT for question in QUESTIONS}
    row = compare_runs("same", QUESTIONS, good, good)
    assert (row.wins, row.ties, row.losses, row.p_value) == (0, 8, 0, 1.0)


def test_as_many_wins_as_losses_may_well_be_chance() -> None:
    half = {question.id: RIGHT if i % 2 else WRONG for i, question in enumerate(QUESTIONS)}
    other = {question.id: WRONG if i % 2 else RIGHT for i, question in enumerate(QUESTIONS)}
    assert compare_runs("half", QUESTIONS, half, other).p_value == pytest.approx(1.0)


def test_every_variant_of_the_pipeline_runs(searcher: Searcher, embedder: Embedder) -> None:
    questions = read_questions(ROOT / "eval" / "dev.jsonl")[:12]
    rows = compare_variants(searcher, embedder, questions)
    assert [row.name for row in rows] == list(VARIANTS)
    assert rows[0].p_value == 1.0 and all(0 <= row.ndcg <= 1 for row in rows)
    assert rows[0].ndcg > rows[-1].ndcg, "all stages together beat words alone"
