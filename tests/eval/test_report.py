"""The report, and the bench that puts other systems beside ours, on real runs of the real corpus."""

import datetime
import json
import re
import sys
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.answers import AnswerFigures, Risk
from eval.beir import write_collection
from eval.compare import interval
from eval.errors import EvaluationError, QuestionsError
from eval.gate import Baseline, check
from eval.measure import group_means, measure_questions
from eval.peers.bench import OurSystem, Peer, Timing, read_bench, run_bench, write_bench
from eval.questions import read_questions
from eval.report.build import Evaluation, build_table, find_worst, render, summarise
from eval.run import FoundHit, passages_of, read_trec, run_questions
from index.search.fuse import Signal
from index.search.rank import Searcher
from index.store.load import load_index
from tests.conftest import ROOT, HashingEmbedder

QUESTIONS = read_questions(ROOT / "eval" / "data" / "dev.jsonl")
WORDS_ALONE = {Signal.LEXICAL, Signal.PAIRS, Signal.ACRONYMS}


@pytest.fixture(scope="module")
def words(words_index: Path) -> Searcher:
    embedder = HashingEmbedder()
    return Searcher(load_index(words_index, embedder), embedder, WORDS_ALONE)


@pytest.fixture(scope="module")
def evaluation(words: Searcher) -> Evaluation:
    run = run_questions(words, QUESTIONS)
    worse = {name: hits[::-1] for name, hits in run.items()}
    rows = {"full": measure_questions(QUESTIONS, run), "omgekeerd": measure_questions(QUESTIONS, worse)}
    timings = {
        name: Timing(build_s=None, p50_ms=ms, p95_ms=2 * ms, queries=80, passages=9)
        for name, ms in (("full", 10.0), ("omgekeerd", 13.0))
    }
    baseline = Baseline(version="0.1.0", model="m", date=datetime.date(2026, 1, 1), retrieval=rows["omgekeerd"])
    curve = (Risk(0.9, 0.5, 0.0), Risk(0.1, 1.0, 0.4))
    return Evaluation(
        version="9.9",
        model="een model",
        date=datetime.date(2026, 2, 1),
        corpus={"documents": 5, "passages": 9, "questions": 80, "answerable": 68},
        questions=build_table("Ontwikkelvragen", rows, {"full": "alleen <woorden>"}, timings),
        groups=group_means(QUESTIONS, rows["full"]),
        worst=find_worst(QUESTIONS, rows["full"], run),
        verdicts=tuple(check(baseline, rows["full"])),
        baseline="versie 0.1.0",
        changed={"d001": -0.2, "d002": 0.3},
        answers=AnswerFigures(
            answerable=68, unanswerable=12, found=0.7, first=0.65, right=0.66, coverage=0.6, complete=0.5, verbatim=1.0,
            supported=0.9, median_chars=300, median_words=50, refused=0.1, false_answers=0.2, falsely_sure=0.05,
            sure_wrong=0.1, refused_by_kind={"jaar": 0.8}, auroc=0.81, aurc=0.2, risk=curve, follow_ups=8,
            follow_ups_found=7,
        ),
    )  # fmt: skip


class _Page(HTMLParser):
    """Collects tags, and the addresses that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name == "src" or (name == "href" and tag == "link")]


def test_the_page_stands_alone_and_shows_what_was_measured(evaluation: Evaluation) -> None:
    html = render(evaluation)
    page = _Page()
    page.feed(html)
    assert page.fetched == [] and "script" not in page.tags and page.tags.count("svg") == 5
    assert "alleen &lt;woorden&gt;" in html and "<woorden>" not in html
    ndcg = f"{100 * evaluation.questions.systems[0].means['nDCG@10']:.1f}".replace(".", ",")
    assert f'<td>{ndcg}</td><td class="beats">b</td>' in html, "it is significantly better than the reversed run"
    assert "0,77" in html, "the ratio of the medians, ours to theirs"
    for worst in evaluation.worst:
        assert f"{worst.id} · nDCG@10" in html
    assert len(evaluation.worst) == 10
    scores = [worst.values["nDCG@10"] for worst in evaluation.worst]
    rows = evaluation.questions.rows["full"].values()
    assert scores == sorted(row["nDCG@10"] for row in rows)[:10]


def test_the_summary_says_it_in_words(evaluation: Evaluation) -> None:
    lines = " ".join(summarise(evaluation))
    first = round(68 * evaluation.questions.systems[0].means["S@1"])
    assert f"bij {first} is het de eerste passage" in lines and "Niet significant slechter" in lines


def test_the_json_holds_each_value(evaluation: Evaluation) -> None:
    found = json.loads(evaluation.to_json())
    assert found["questions"]["rows"]["full"] == evaluation.questions.rows["full"]
    assert found["questions"]["systems"][0]["beats"] == "b" and found["date"] == "2026-02-01"
    assert found["questions"]["systems"][1]["timing"]["p50_ms"] == 13.0


def test_a_first_system_without_timing_is_compared_with_none(evaluation: Evaluation) -> None:
    first, second = evaluation.questions.systems
    table = replace(evaluation.questions, systems=(replace(first, timing=None), second))
    html = render(replace(evaluation, questions=table))
    assert '<tr><td class="t">omgekeerd</td><td>13,0</td>' in html and "0,77" not in html


def test_more_systems_than_letters_are_told_apart() -> None:
    rows = {f"s{i}": {"d001": {"nDCG@10": i / 100}} for i in range(53)}
    marks = [system.letter for system in build_table("Veel", rows, {}).systems]
    assert marks[:2] == ["a", "b"] and marks[25:28] == ["z", "a2", "b2"] and marks[52] == "a3"


def test_a_worst_question_says_where_each_quote_stood() -> None:
    question = next(question for question in QUESTIONS if len(question.answers) > 1)
    first, second = question.answers[:2]
    hits = [FoundHit("999", "niets"), FoundHit(first.doc, first.quote or "")]
    run = {question.id: hits}
    (worst,) = find_worst([question], measure_questions([question], run), run)
    assert worst.wanted[0].rank == 2 and [useful for _, _, useful in worst.found] == [False, True]
    assert worst.wanted[1].rank is None or second.quote == first.quote


def test_the_interval_holds_the_mean() -> None:
    values = [0.0, 1.0, 1.0, 0.5] * 10
    low, high = interval(values)
    assert low < sum(values) / len(values) < high and high - low < 0.4
    assert interval([0.5, 0.5]) == (0.5, 0.5)


@given(st.lists(st.integers(0, 8).map(lambda n: n / 8), min_size=2, max_size=20))
@settings(max_examples=25)
def test_an_interval_lies_within_the_values_and_moves_with_them(values: list[float]) -> None:
    low, high = interval(values)
    assert min(values) <= low <= high <= max(values)
    assert interval([value + 1 for value in values]) == pytest.approx((low + 1, high + 1))


def test_a_peer_in_its_own_process_is_asked_in_turn(words: Searcher, tmp_path: Path) -> None:
    asked = {question.id: question.question for question in QUESTIONS[:6]}
    passages = passages_of(words.index)
    write_collection(tmp_path, {name: hit.text for name, hit in passages.items()}, asked, [])
    done: list[int] = []
    with Peer("bm25s", Path(sys.executable), tmp_path / "corpus.jsonl", tmp_path) as peer:
        assert peer.passages == len(passages)
        runs, timings = run_bench({"ours": OurSystem(words, 1.0), "bm25s": peer}, asked, 5, lambda: done.append(1))
    assert len(done) == 6 and set(runs["bm25s"]) == set(asked)
    assert all(name in passages for hits in runs["bm25s"].values() for name, _ in hits)
    assert {name for name, _ in runs["ours"]["d001"]} & {name for name, _ in runs["bm25s"]["d001"]}
    write_bench(tmp_path / "out", runs, timings)
    paths, read = read_bench(tmp_path / "out")
    assert read == timings and list(read) == ["ours", "bm25s"]
    assert [name for name, _ in read_trec(paths["ours"])["d001"]] == [name for name, _ in runs["ours"]["d001"]]
    assert timings["ours"].p50_ms <= timings["ours"].p95_ms and timings["bm25s"].build_s is not None
    with pytest.raises(QuestionsError, match="make bench-peers"):
        read_bench(tmp_path / "weg")
    with pytest.raises(EvaluationError, match="kan niet starten"):
        Peer("bm25s", tmp_path / "weg", tmp_path / "corpus.jsonl", tmp_path)


def test_the_guide_explains_each_measure(evaluation: Evaluation) -> None:
    guide = (ROOT / "docs" / "evaluatie.md").read_text(encoding="utf-8")
    for name in evaluation.questions.systems[0].means:
        assert name == "n" or re.sub(r"S@\d+", "S@k", name) in guide, name
    for name in {field.name for field in fields(AnswerFigures)} - {"answerable", "unanswerable", "follow_ups"}:
        assert f"**{name}**" in guide
