import json
from math import nan
from pathlib import Path

import numpy as np
import pytest

from eval.fit.calibrate import PLAIN_AUROC, PLAIN_RIGHT, WRONG, calibrate, is_better, observe, risk_threshold
from eval.fit.pairs import PairRow
from eval.questions import Answer, Question, read_questions
from index.answer.calibration import Calibration, Logistic, read_calibration
from index.answer.reader import Reader
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.update import update_index
from ingest.jsonl import read_rows
from tests.conftest import ROOT, HashingEmbedder

FIT = ROOT / "eval" / "data" / "answer_fit.jsonl"
FIT_PAIRS = ROOT / "eval" / "data" / "answer_fit_pairs.jsonl"


def test_a_probability_grows_with_its_signal_and_never_overflows() -> None:
    one = Logistic(signals=("a",), mean=(1.0,), scale=(2.0,), weights=(3.0,), bias=0.0)
    assert one.probability({"a": 1.0, "b": 9.0}) == 0.5 == one.probability({"a": nan}), "unknown counts as the mean"
    assert one.probability({"a": 1e6}) <= 1
    assert one.probability({"a": 2.0}) > one.probability({"a": 0.0})


def test_the_sure_threshold_bounds_what_is_surely_wrong() -> None:
    draw = np.random.default_rng(0)
    confidence = draw.random(400)
    wrong = draw.random(400) > confidence
    threshold = risk_threshold(confidence, wrong)
    assert ((confidence >= threshold) & wrong).sum() + 1 <= WRONG * 401
    assert ((confidence >= threshold - 0.1) & wrong).sum() + 1 > WRONG * 401, "no lower than needed"
    assert risk_threshold(confidence[:5], wrong[:5]) == 1, "too few questions say nothing"
    assert risk_threshold(confidence, np.zeros(400, np.bool_)) == 0


def test_weights_for_other_signals_are_refused() -> None:
    with pytest.raises(ValueError, match="make tune-reader"):
        read_calibration().answer.probability({"a": 1.0})


def test_the_shipped_reader_belongs_to_the_shipped_model_and_is_better(searcher: Searcher) -> None:
    shipped = read_calibration()
    assert shipped.model == searcher.index.manifest.model
    assert is_better(shipped) and shipped.threshold < shipped.sure
    worse = shipped.model_copy(update={"figures": {**shipped.figures, "questions, AUROC": 0.5}})
    assert not is_better(worse)


def test_no_test_question_is_fitted_or_trained_on() -> None:
    def asked(*names: str) -> set[str]:
        texts = [(ROOT / "eval" / "data" / name).read_text(encoding="utf-8") for name in names]
        return {json.loads(line)["question"] for text in texts for line in text.splitlines()}

    tests = asked("dev.jsonl", "answer_test.jsonl", "answer_test_decisions.jsonl", "everyday_decisions.jsonl")
    assert not tests & asked(
        "answer_fit.jsonl",
        "answer_fit_pairs.jsonl",
        "train_decisions.jsonl",
        "reader.jsonl",
        "../../corpus/questions.jsonl",
    )


@pytest.mark.slow
def test_fitting_tells_answerable_questions_from_others(searcher: Searcher) -> None:
    questions = read_questions(FIT)
    some = [q for q in questions if q.answers][:20] + [q for q in questions if not q.answers][:20]
    fitted = calibrate(searcher, some, read_rows(FIT_PAIRS, PairRow)[:5])
    assert isinstance(fitted, Calibration)
    assert fitted.figures["questions"] == 40 and fitted.figures["questions, answerable"] == 20
    assert fitted.figures["pairs"] == 10
    assert fitted.figures["questions, AUROC"] > 0.6
    assert is_better(fitted) == (
        fitted.figures["questions, AUROC"] > fitted.figures[PLAIN_AUROC]
        and fitted.figures["questions, first statement right"] > fitted.figures[PLAIN_RIGHT]
    )
    with pytest.raises(ValueError):  # one kind of question alone cannot be told from another
        calibrate(searcher, [q for q in some if q.answers])


def test_crossed_figures_of_the_shipped_weights_are_those_of_the_files() -> None:
    figures = read_calibration().figures
    assert figures["questions"] == len(read_questions(FIT))
    assert figures["pairs"] == 2 * len(read_rows(FIT_PAIRS, PairRow))
    assert figures["questions, AUROC"] >= 0.85 and figures["questions, first statement right"] >= 0.8
    assert figures["questions, unanswerable sure"] <= 0.05


def test_a_quote_counts_only_in_the_document_that_it_names(tmp_path: Path, hashing: HashingEmbedder) -> None:
    text = "De kapitein stuurt de zeppelin boven de haven."
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "brief-10.txt").write_text(text, encoding="utf-8")
    update_index(tmp_path / "index", [tmp_path / "files"], hashing)
    reader = Reader(Searcher(load_index(tmp_path / "index", hashing), hashing))
    for doc, right in (("brief-1", False), ("brief-10", True), ("brief", True)):
        answers = [Answer(doc=doc, quote=text, grade=2)]
        observed = observe(reader, Question(id="q", question="Wie stuurt de zeppelin?", answers=answers))
        candidates = observed.evidence.weigh(read_calibration().unit)
        assert (bool(observed.right.any()), observed.is_answered(candidates)) == (right, right)
