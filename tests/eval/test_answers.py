"""Measures of answers, on answers made by hand and by hypothesis, each formula against a second one."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from eval.answers import (
    Citation,
    GivenAnswer,
    Related,
    Statement,
    area,
    extract_from,
    measure_answers,
    read_answers,
    risk_coverage,
)
from eval.ask import ask_questions
from eval.errors import EvaluationError
from eval.questions import Answer, Question
from index.answer.answer import Look
from index.store.load import load_index
from index.store.update import update_index
from ingest.document import Span
from ingest.errors import RowsError
from tests.conftest import HashingEmbedder

PAGE = "Het krediet bedraagt 2.715.000 euro. De maatregel loopt tot eind 2018. Iets anders."
FIRST, SECOND = PAGE[:36], PAGE[37:71]


def extract(document_id: str, spans: object) -> str | None:
    assert isinstance(spans, list)
    return PAGE[spans[0].start : spans[0].end] if document_id == "000-x" and spans else None


def cite(n: int, start: int, end: int, quote: str | None = None) -> Citation:
    spans = [Span(page=1, start=start, end=end)]
    return Citation(n=n, document_id="000-x", quote=PAGE[start:end] if quote is None else quote, spans=spans)


def question(name: str, *quotes: str, history: tuple[str, ...] = (), kind: str = "") -> Question:
    answers = [Answer(doc="000", quote=quote, grade=2) for quote in quotes]
    return Question(id=name, question="?", answers=answers, history=list(history), kind=kind)


def test_figures_written_out() -> None:
    questions = [
        question("half", FIRST, SECOND),
        question("all", FIRST),
        question("refused", FIRST),
        question("none"),
        question("invented", kind="jaar"),
    ]
    answers = {
        "half": GivenAnswer(
            id="half",
            answered=True,
            confidence=0.9,
            statements=[Statement(text=FIRST, citations=[1])],
            citations=[cite(1, 0, 36)],
        ),
        "all": GivenAnswer(
            id="all",
            answered=True,
            confidence=0.8,
            statements=[Statement(text=FIRST, citations=[1]), Statement(text="los")],
            citations=[cite(1, 0, 36), cite(2, 0, 36, "niet letterlijk")],
        ),
        "none": GivenAnswer(id="none", answered=False, confidence=0.1),
        "invented": GivenAnswer(id="invented", answered=True, confidence=0.85, citations=[cite(1, 37, 71)]),
    }
    figures, rows = measure_answers(questions, answers, extract)
    assert (figures.answerable, figures.unanswerable) == (3, 2)
    assert figures.found == pytest.approx(2 / 3)
    assert figures.coverage == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert figures.complete == pytest.approx(1 / 3)
    assert figures.verbatim == pytest.approx(3 / 4)
    assert figures.supported == pytest.approx((1 + 1 / 2) / 2)
    assert figures.first == pytest.approx(2 / 3) and figures.right == pytest.approx(2 / 3), "one of three is loose"
    assert figures.falsely_sure == pytest.approx(1 / 2) and figures.sure_wrong == pytest.approx(1 / 3)
    assert figures.refused_by_kind == {"jaar": 0.0}
    assert figures.median_chars == pytest.approx((36 + 39) / 2) and figures.median_words == pytest.approx((5 + 6) / 2)
    assert figures.refused == pytest.approx(1 / 3) and figures.false_answers == pytest.approx(1 / 2)
    # of the 3 x 2 pairs of answerable and unanswerable: .9 beats both, .8 beats .1, 0 beats none
    assert figures.auroc == pytest.approx(3 / 6)
    # invented is wrong, then all is right, then none and refused are not
    assert [point.coverage for point in figures.risk] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
    assert [point.risk for point in figures.risk] == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4, 3 / 5])
    nothing = {"right to answer": 0, "answer found": 0, "first right": 0, "coverage": 0, "complete": 0}
    assert rows["refused"] == nothing and rows["all"]["statements right"] == pytest.approx(1 / 2)
    assert rows["none"] == {"right to answer": 1, "verbatim": 1}


def test_what_is_shown_as_unsure_is_not_sure() -> None:
    stated, cited = [Statement(text=SECOND, citations=[1])], [cite(1, 37, 71)]
    given = GivenAnswer(id="a", answered=True, confidence=0.4, statements=stated, citations=cited)
    for look, sure in ((Look.SURE, 1.0), (Look.UNSURE, 0.0), (None, 1.0)):
        answers = {name: given.model_copy(update={"id": name, "look": look}) for name in ("a", "b")}
        figures, _ = measure_answers([question("a", FIRST), question("b")], answers, extract)
        assert (figures.falsely_sure, figures.sure_wrong, figures.false_answers) == (sure, sure, 1)


def test_follow_ups_count_apart() -> None:
    asked = [question("a", FIRST), question("f", SECOND, history=("Hoeveel?",)), question("g", SECOND, history=("x",))]
    related = [Related(document_id="000-x", text=text) for text in ("een", "twee", "drie", SECOND)]
    answers = {
        "f": GivenAnswer(id="f", answered=True, confidence=1, citations=[cite(1, 0, 36)], related=related[2:]),
        "g": GivenAnswer(id="g", answered=True, confidence=1, related=related),
    }
    figures, rows = measure_answers(asked, answers, extract)
    assert (figures.follow_ups, figures.follow_ups_found) == (2, 1), "the fourth place is too low"
    assert set(rows) == {"a"} and figures.auroc is None


CONFIDENCES = st.lists(st.tuples(st.sampled_from([0, 0.2, 0.5, 0.7, 1]), st.booleans()), min_size=1, max_size=20)


@given(CONFIDENCES)
def test_risk_is_one_minus_the_precision_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    scores, right = [score for score, _ in pairs], [ok for _, ok in pairs]
    curve = risk_coverage(scores, right)
    assert curve[-1].coverage == 1 and curve[-1].risk == pytest.approx(1 - np.mean(right))
    assert all(0 <= point.risk <= 1 for point in curve) and 0 <= area(curve) <= 1
    if any(right):
        precision, _, thresholds = precision_recall_curve(right, scores)
        theirs = {threshold: 1 - value for threshold, value in zip(thresholds, precision, strict=False)}
        for point in curve:
            assert point.coverage == pytest.approx(sum(score >= point.threshold for score in scores) / len(scores))
            if point.threshold in theirs:
                assert point.risk == pytest.approx(theirs[point.threshold])


@given(CONFIDENCES)
def test_the_area_is_the_mean_risk_when_all_confidences_differ(pairs: list[tuple[float, bool]]) -> None:
    right = [ok for _, ok in pairs]
    curve = risk_coverage([-float(i) for i in range(len(right))], right)
    risks = [1 - sum(right[: i + 1]) / (i + 1) for i in range(len(right))]
    assert area(curve) == pytest.approx(sum(risks) / len(risks))


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0, 1), st.booleans()), min_size=1, max_size=8))
def test_figures_are_shares(made: list[tuple[bool, bool, float, bool]]) -> None:
    questions, answers = [], {}
    for i, (answerable, answered, confidence, cited) in enumerate(made):
        questions.append(question(str(i), *([FIRST] if answerable else [])))
        citations = [cite(1, 0, 36)] if cited else []
        answers[str(i)] = GivenAnswer(id=str(i), answered=answered, confidence=confidence, citations=citations)
    figures, rows = measure_answers(questions, answers, extract)
    for value in (figures.found, figures.coverage, figures.complete, figures.verbatim, figures.refused, figures.aurc):
        assert 0 <= value <= 1
    assert figures.complete <= figures.coverage <= 1 and figures.found <= 1 - figures.refused + 1e-9
    shares = [value for row in rows.values() for name, value in row.items() if name not in ("chars", "words")]
    assert all(0 <= value <= 1 for value in shares)


def test_quotes_are_extracted_from_the_stored_pages(small_corpus: Path, tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    update_index(tmp_path / "index", [small_corpus], embedder)
    index = load_index(tmp_path / "index", embedder)
    document = next(iter(index.documents.values()))
    stored = extract_from(index)
    assert stored(document.document_id, [Span(page=1, start=0, end=40)]) == document.pages[0].text[:40]
    assert stored(document.document_id, [Span(page=99, start=0, end=40)]) is None
    assert stored("weg", [Span(page=1, start=0, end=40)]) is None and stored(document.document_id, []) is None


class _Service(BaseHTTPRequestHandler):
    """Answers as POST /api/ask does, and fails on one question."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body["question"] == "kapot":
            self.send_error(500)
            return
        found = {"answered": bool(body["history"]), "confidence": 0.5, "statements": [], "took_ms": 1}
        status, payload = 200, json.dumps(found).encode()
        if body["question"][:1].isdigit():  # the status and the body to give
            status, payload = int(body["question"][:3]), body["question"][3:].encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Service) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            '422{"error": "De vraag is leeg; vul ze in."}',
            r"weigert vraag c \(De vraag is leeg; vul ze in\); verb",
        ),
        ('422{"detail": []}', "gaf geen antwoord op vraag c"),
        ("422[]", "gaf geen antwoord op vraag c"),
        ("200{}", "vraag c .de inhoud klopt niet"),
        ("200[]", "gaf geen antwoord op vraag c"),
        *(
            (f'200{{"answered": true, "confidence": 1, {more}}}', "vraag c .de inhoud klopt niet")
            for more in ('"citations": null', '"citations": [{"x": 1}]', '"related": [7]')
        ),
    ],
)
def test_what_is_no_answer_is_one_sentence(service: str, tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        ask_questions(service, [Question(id="c", question=given, answers=[])], tmp_path / "a.jsonl", ids={"x": "y"})
    assert not (tmp_path / "a.jsonl").exists()


def test_a_service_is_asked_over_http(service: str, tmp_path: Path) -> None:
    asked = [question("a", FIRST), question("b", FIRST, history=("En toen?",))]
    assert ask_questions(service, asked, tmp_path / "answers.jsonl") == 2
    answers = read_answers(tmp_path / "answers.jsonl")
    assert [answers[name].answered for name in ("a", "b")] == [False, True]
    broken = Question(id="c", question="kapot", answers=[])
    with pytest.raises(EvaluationError, match="gaf geen antwoord op vraag c"):
        ask_questions(service, [broken], tmp_path / "answers.jsonl")
    assert len(read_answers(tmp_path / "answers.jsonl")) == 2, "what was there stays where nothing came"
    with pytest.raises(EvaluationError, match="gaf geen antwoord op vraag c"):
        ask_questions(service, [asked[0], broken], tmp_path / "answers.jsonl")
    assert read_answers(tmp_path / "answers.jsonl").keys() == {"a"}, "what came before the failure is kept"
    (tmp_path / "answers.jsonl").write_text('{"id": "a", "answered": true, "confidence": 7}\n', encoding="utf-8")
    with pytest.raises(RowsError, match="regel 1: Het veld 'confidence' is te groot"):
        read_answers(tmp_path / "answers.jsonl")
