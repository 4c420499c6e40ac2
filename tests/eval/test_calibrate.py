import json
from pathlib import Path

import numpy as np
import pytest

from eval.fit.calibrate import WRONG, calibrate, risk_threshold
from eval.fit.pairs import PairRow
from eval.questions import read_questions
from index.answer.calibration import Calibration, Logistic, read_calibration
from index.search.rank import Searcher
from ingest.jsonl import read_rows
from tests.conftest import ROOT

FIT = ROOT / "eval" / "data" / "answer_fit.jsonl"
FIT_PAIRS = ROOT / "eval" / "data" / "answer_fit_pairs.jsonl"


def test_a_probability_grows_with_its_signal_and_never_overflows() -> None:
    one = Logistic(signals=("a",), mean=(1.0,), scale=(2.0,), weights=(3.0,), bias=0.0)
    assert one.probability(np.array([1.0], np.float32)) == 0.5
    assert one.probability(np.array([1e6], np.float32)) <= 1
    assert one.probability(np.array([2.0], np.float32)) > one.probability(np.array([0.0], np.float32))


def test_the_sure_threshold_bounds_what_is_surely_wrong() -> None:
    draw = np.random.default_rng(0)
    confidence = draw.random(400)
    wrong = draw.random(400) > confidence
    threshold = risk_threshold(confidence, wrong)
    assert ((confidence >= threshold) & wrong).sum() + 1 <= WRONG * 401
    assert ((confidence >= threshold - 0.1) & wrong).sum() + 1 > WRONG * 401, "no lower than needed"
    assert risk_threshold(confidence[:5], wrong[:5]) == 1, "too few questions say nothing"
    assert risk_threshold(confidence, np.zeros(400, np.bool_)) == 0


def test_weights_for_other_signals_are_refused(tmp_path: Path) -> None:
    shipped = read_calibration()
    other = shipped.model_copy(update={"unit": shipped.answer})
    path = tmp_path / "other.json"
    path.write_text(other.model_dump_json(), encoding="utf-8")
    with pytest.raises(ValueError, match="make calibrate"):
        read_calibration(path)


def test_no_test_question_is_fitted_or_trained_on() -> None:
    def asked(*names: str) -> set[str]:
        texts = [(ROOT / "eval" / "data" / name).read_text(encoding="utf-8") for name in names]
        return {json.loads(line)["question"] for text in texts for line in text.splitlines()}

    tests = asked("dev.jsonl", "answer_test.jsonl", "answer_test_decisions.jsonl")
    assert not tests & asked(
        "answer_fit.jsonl", "answer_fit_pairs.jsonl", "train_decisions.jsonl", "../../corpus/questions.jsonl"
    )


def test_fitting_tells_answerable_questions_from_others(searcher: Searcher) -> None:
    questions = read_questions(FIT)
    some = [q for q in questions if q.answers][:20] + [q for q in questions if not q.answers][:20]
    fitted = calibrate(searcher, some, read_rows(FIT_PAIRS, PairRow)[:5])
    assert isinstance(fitted, Calibration)
    assert fitted.figures["judged"] == 50 and fitted.figures["answerable"] == 25
    assert fitted.figures["AUROC, crossed"] > 0.6
    with pytest.raises(ValueError):  # one kind of question alone cannot be told from another
        calibrate(searcher, [q for q in some if q.answers])


def test_crossed_figures_of_the_shipped_weights_are_those_of_the_file() -> None:
    figures = read_calibration().figures
    assert figures["judged"] == len(read_questions(FIT)) + 2 * len(read_rows(FIT_PAIRS, PairRow))
    assert figures["AUROC, crossed"] >= 0.7  # half of them near misses by construction
