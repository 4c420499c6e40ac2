"""The gate must let a version pass that is as good, and stop one that is worse."""

import datetime
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from eval.errors import QuestionsError
from eval.gate import ANSWER_MEASURES, BASELINE, Baseline, check, read_baseline, write_baseline
from eval.measure import measure_questions
from eval.questions import Question, read_questions
from eval.run import FoundHit, run_questions, write_run
from index.search.fuse import Signal
from index.search.rank import Searcher
from index.store.load import load_index
from tests.conftest import ROOT, HashingEmbedder

Run = dict[str, list[FoundHit]]
QUESTIONS = read_questions(ROOT / "eval" / "data" / "dev.jsonl")
DAY = datetime.date(2026, 1, 1)
WORDS_ALONE = {Signal.LEXICAL, Signal.PAIRS, Signal.ACRONYMS}


@pytest.fixture(scope="module")
def good(words_index: Path) -> Run:
    """A real run of the real corpus, by words alone."""
    embedder = HashingEmbedder()
    return run_questions(Searcher(load_index(words_index, embedder), embedder, WORDS_ALONE), QUESTIONS)


@pytest.fixture(scope="module")
def real(searcher: Searcher) -> Run:
    """The run that is measured: by words alone a short letter is found too seldom for its absence to tell."""
    return run_questions(searcher, QUESTIONS)


def _baseline(run: Run, answers: dict[str, dict[str, float]] | None = None) -> Baseline:
    return Baseline(
        version="1", model="m", date=DAY, retrieval=measure_questions(QUESTIONS, run), answers=answers or {}
    )


def _failed(run: Run, baseline: Baseline) -> set[str]:
    return {verdict.measure for verdict in check(baseline, measure_questions(QUESTIONS, run)) if verdict.failed}


def shuffled(hits: list[FoundHit]) -> list[FoundHit]:
    return random.Random(len(hits[0].text) if hits else 0).sample(hits, len(hits))


def upside_down(hits: list[FoundHit]) -> list[FoundHit]:
    return hits[::-1]


@pytest.mark.parametrize("worsen", [shuffled, upside_down])
def test_a_worse_order_is_stopped(good: Run, worsen: Callable[[list[FoundHit]], list[FoundHit]]) -> None:
    worse = {name: worsen(hits) for name, hits in good.items()}
    assert "nDCG@10" in _failed(worse, _baseline(good))
    assert _failed(good, _baseline(worse)) == set(), "better passes"


@pytest.mark.parametrize("document", ["000", "001", "002", "003", "004"])
def test_a_document_that_went_missing_is_stopped(real: Run, document: str) -> None:
    worse = {
        question: [hit for hit in hits if not hit.document_id.startswith(document)] for question, hits in real.items()
    }
    assert _failed(worse, _baseline(real))
    assert _failed(real, _baseline(worse)) == set(), "one that came back passes"


def test_the_same_and_a_small_slip_pass(good: Run) -> None:
    assert _failed(good, _baseline(good)) == set()
    slip = {**good, next(q.id for q in QUESTIONS if q.answers): []}
    assert _failed(slip, _baseline(good)) == set(), "one question of 68 may be chance"


def test_worse_answers_are_stopped() -> None:
    ids = [question.id for question in QUESTIONS if question.answers]
    good = {name: dict.fromkeys(ANSWER_MEASURES, 1.0) for name in ids}
    retrieval = {name: {"nDCG@10": 1.0, "S@5": 1.0, "R@10": 1.0} for name in ids}
    baseline = Baseline(version="1", model="m", date=DAY, retrieval=retrieval, answers=good)
    bad = {name: {**row, "verbatim": 0.0} if i % 6 == 0 else row for i, (name, row) in enumerate(good.items())}
    assert [v.measure for v in check(baseline, retrieval, bad) if v.failed] == ["verbatim"]
    assert not any(v.failed for v in check(baseline, retrieval, good))
    with pytest.raises(QuestionsError, match="mist 'answer found'"):
        check(baseline.model_copy(update={"answers": {}}), retrieval, good)


def test_the_command_stops_and_passes(good: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "good.jsonl", good)
    write_run(tmp_path / "bad.jsonl", {name: hits[::-1] for name, hits in good.items()})
    baseline = ["--baseline", str(tmp_path / "baseline.json"), "--questions", str(ROOT / "eval" / "data" / "dev.jsonl")]
    runner = CliRunner()
    missing = runner.invoke(app, ["eval", "gate", "--run", str(tmp_path / "good.jsonl"), *baseline])
    assert missing.exit_code == 1 and "make eval-baseline" in missing.output
    for name, status in (("good", 0), ("bad", 1)):
        if name == "good":
            written = runner.invoke(app, ["eval", "gate", "--write", "--run", str(tmp_path / "good.jsonl"), *baseline])
            assert written.exit_code == 0, written.output
        done = runner.invoke(app, ["eval", "gate", "--run", str(tmp_path / f"{name}.jsonl"), *baseline])
        assert done.exit_code == status, done.output
        assert ("SLECHTER" in done.output) == bool(status)


def test_a_baseline_is_read_back_as_written(tmp_path: Path) -> None:
    baseline = Baseline(version="1", model="m", date=DAY, retrieval={"a": {"S@5": 0.5}}, answers={"a": {}})
    write_baseline(tmp_path / "b.json", baseline)
    assert read_baseline(tmp_path / "b.json") == baseline
    for content in (b"{}", '{"versie": "één"}'.encode("latin-1")):
        (tmp_path / "b.json").write_bytes(content)
        with pytest.raises(QuestionsError, match="is geen basislijn"):
            read_baseline(tmp_path / "b.json")


def test_the_committed_baseline_is_of_the_development_questions() -> None:
    answerable: list[Question] = [question for question in QUESTIONS if question.answers]
    assert set(read_baseline(BASELINE).retrieval) == {question.id for question in answerable}
