"""Measures of answers: are they there, verbatim, complete, short, and withheld when the corpus does not hold them?

A file of answers has one JSON object a line, in the form of POST /api/ask with the question's id:
{"id", "answered", "confidence", "statements": [{"text", "citations": [n]}],
 "citations": [{"n", "document_id", "page", "quote", "spans": [{"page", "start", "end"}]}],
 "related": [{"document_id", "text"}]}. Other fields are ignored.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field

from eval.files import read_by_id
from eval.measure import READ_CHARS, stands_in, word_grams
from eval.questions import Question
from index.answer.answer import Look
from index.store.load import LoadedIndex
from ingest.document import Span
from ingest.errors import IngestError

_SPACE = re.compile(r"\s+")
FOLLOW_UP_DEPTH = 3  # citations and related hits in which a follow-up's answer must stand


class Citation(BaseModel):
    """A citation of an answer."""

    n: int
    document_id: str
    quote: str
    spans: list[Span] = []


class Statement(BaseModel):
    """A sentence of an answer, with the numbers of its citations."""

    text: str
    citations: list[int] = []


class Related(BaseModel):
    """A hit shown beside an answer."""

    document_id: str
    text: str


class GivenAnswer(BaseModel):
    """What a system answered to one question."""

    id: str
    answered: bool
    look: Annotated[Look | None, Field(description="None: of a system that answers or does not")] = None
    confidence: Annotated[float, Field(ge=0, le=1)]
    statements: list[Statement] = []
    citations: list[Citation] = []
    related: list[Related] = []

    @property
    def sure(self) -> bool:
        """Whether it is given in the voice of an answer."""
        return self.answered and self.look in (None, Look.SURE)


Extract = Callable[[str, Sequence[Span]], str | None]  # the text at spans of a document; None where there is none


@dataclass(frozen=True, slots=True)
class Risk:
    """A point of the risk-coverage curve."""

    threshold: float  # lowest confidence that is answered
    coverage: float  # share of all questions that are then answered
    risk: float  # share of those that are answered wrongly


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Figures of a whole file of answers; shares in [0, 1]."""

    answerable: int  # number of questions, follow-ups left out
    unanswerable: int  # the same
    found: float  # share of the answerable with a citation of a grade-2 quote
    first: float  # the same of the first statement alone
    right: float  # share of the statements given to answerable questions that hold a grade-2 quote
    coverage: float  # mean share of the grade-2 quotes that are cited
    complete: float  # share of the answerable with all grade-2 quotes cited
    verbatim: float  # share of all citations that are equal to the text at their place
    supported: float  # share of all statements that cite something
    median_chars: float  # median length of the statements of an answer
    median_words: float  # the same in words
    refused: float  # share of the answerable that are not answered
    false_answers: float  # share of the unanswerable that are answered
    falsely_sure: float  # share of the unanswerable that are answered in the voice of an answer
    sure_wrong: float  # share of the answers in that voice whose first statement holds no grade-2 quote
    refused_by_kind: dict[str, float]  # kind of unanswerable question -> share of its questions that are refused
    auroc: float | None  # chance that an answerable one has a higher confidence than an unanswerable one, if both are
    aurc: float  # area under the risk-coverage curve; lower is better
    risk: tuple[Risk, ...]  # the curve
    follow_ups: int  # their number
    follow_ups_found: int  # how many have a grade-2 quote at the first FOLLOW_UP_DEPTH places


def read_answers(path: Path) -> dict[str, GivenAnswer]:
    """Read a file of answers; errors as of `read_by_id`."""
    return read_by_id(path, GivenAnswer)


def extract_from(index: LoadedIndex) -> Extract:
    """Return how to re-extract a quote from the stored pages of an index."""

    def extract(document_id: str, spans: Sequence[Span]) -> str | None:
        try:
            return index.documents[document_id].quote(spans) if spans else None
        except (KeyError, IngestError):
            return None

    return extract


def measure_answer(question: Question, answer: GivenAnswer | None, extract: Extract) -> dict[str, float]:
    """Return the values of one answer, each in [0, 1] but "chars" and "words".

    "answer found", "first right", "coverage" and "complete" are there for answerable questions only, "statements
    right" for those with statements, "verbatim" for answers that cite or refuse, "supported" for those that state
    something. No answer counts as refused, with confidence 0.
    """
    given = answer or GivenAnswer(id=question.id, answered=False, confidence=0)
    row = {"right to answer": float(given.answered == bool(question.answers))}
    if question.answers:
        share = _cited_share(question, given.citations if given.answered else [])
        right = _right_statements(question, given) if given.answered else []
        row |= {"answer found": float(share > 0), "first right": float(right[:1] == [True])}
        row |= {"coverage": share, "complete": float(share == 1)}
        if right:
            row["statements right"] = fmean(right)
    if answer and not given.answered:
        row["verbatim"] = 1.0  # a refusal quotes nothing that is not there
    elif given.citations:
        row["verbatim"] = fmean(extract(c.document_id, c.spans) == c.quote for c in given.citations)
    if given.statements and given.answered:
        numbers = {citation.n for citation in given.citations}
        row["supported"] = fmean(bool(s.citations) and set(s.citations) <= numbers for s in given.statements)
        row["chars"] = float(sum(len(_SPACE.sub(" ", s.text)) for s in given.statements))
        row["words"] = float(sum(len(s.text.split()) for s in given.statements))
    return row


def _right_statements(question: Question, given: GivenAnswer) -> list[bool]:
    """Return for each statement whether what it cites covers a grade-2 quote."""
    by_number = {citation.n: citation for citation in given.citations}
    cited = ([by_number[n] for n in statement.citations if n in by_number] for statement in given.statements)
    return [_cited_share(question, citations) > 0 for citations in cited]


def _cited_share(question: Question, citations: Sequence[Citation]) -> float:
    """Return the share of the grade-2 quotes of a question that citations cover, in [0, 1]."""
    cited = [(citation.document_id, word_grams(citation.quote[:READ_CHARS])) for citation in citations]
    return _mean(
        any(stands_in(quote, name, grams) for name, grams in cited) for quote in question.answers if quote.grade == 2
    )


def follow_up_found(question: Question, answer: GivenAnswer) -> bool:
    """Whether a grade-2 quote stands in the first FOLLOW_UP_DEPTH citations, filled up with related hits."""
    related = [Citation(n=0, document_id=hit.document_id, quote=hit.text) for hit in answer.related]
    return _cited_share(question, [*answer.citations, *related][:FOLLOW_UP_DEPTH]) > 0


def measure_answers(
    questions: Sequence[Question], answers: Mapping[str, GivenAnswer], extract: Extract
) -> tuple[AnswerFigures, dict[str, dict[str, float]]]:
    """Return figures of a file of answers, and the values of each question, for a paired comparison.

    At least one question is answerable; one that is not in the answers counts as refused. Those with a history are
    the follow-ups; they are in neither but counted. Quotes are verbatim if `extract` gives them for their place.
    """
    from sklearn.metrics import roc_auc_score  # of the extra "eval", and slow to load

    single = [question for question in questions if not question.history]
    rows = {question.id: measure_answer(question, answers.get(question.id), extract) for question in single}
    able = [question for question in single if question.answers]
    unable = [question for question in single if not question.answers]
    by_id = {q.id: answers.get(q.id) or GivenAnswer(id=q.id, answered=False, confidence=0) for q in questions}
    confidence = [by_id[q.id].confidence for q in single]
    # Whether an answer would be right is seen from what it cites, even if withheld; without an answer it never is.
    right = [_cited_share(q, by_id[q.id].citations) > 0 for q in single]
    curve = risk_coverage(confidence, right)
    follow_ups = [question for question in questions if question.history]
    kinds = sorted({q.kind for q in unable if q.kind})
    figures = AnswerFigures(
        answerable=len(able),
        unanswerable=len(unable),
        found=_mean(rows[q.id]["answer found"] for q in able),
        first=_mean(rows[q.id]["first right"] for q in able),
        right=_mean(one for q in able if by_id[q.id].answered for one in _right_statements(q, by_id[q.id])),
        coverage=_mean(rows[q.id]["coverage"] for q in able),
        complete=_mean(rows[q.id]["complete"] for q in able),
        verbatim=_mean(extract(c.document_id, c.spans) == c.quote for q in questions for c in by_id[q.id].citations),
        supported=_mean(row["supported"] for row in rows.values() if "supported" in row),
        median_chars=_mean((row["chars"] for row in rows.values() if "chars" in row), median),
        median_words=_mean((row["words"] for row in rows.values() if "words" in row), median),
        refused=_mean(not by_id[q.id].answered for q in able),
        false_answers=_mean(by_id[q.id].answered for q in unable),
        falsely_sure=_mean(by_id[q.id].sure for q in unable),
        sure_wrong=_mean(not rows[q.id].get("first right", 0.0) for q in single if by_id[q.id].sure),
        refused_by_kind={kind: _mean(not by_id[q.id].answered for q in unable if q.kind == kind) for kind in kinds},
        auroc=float(roc_auc_score([bool(q.answers) for q in single], confidence)) if able and unable else None,
        aurc=area(curve),
        risk=tuple(curve),
        follow_ups=len(follow_ups),
        follow_ups_found=sum(follow_up_found(question, by_id[question.id]) for question in follow_ups),
    )
    return figures, rows


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> list[Risk]:
    """Return the risk-coverage curve, from the highest threshold to the lowest; equal confidences are one point.

    Source: El-Yaniv and Wiener (2010), https://jmlr.org/papers/v11/el-yaniv10a.html.

    >>> risk_coverage([0.9, 0.5], [True, False])
    [Risk(threshold=0.9, coverage=0.5, risk=0.0), Risk(threshold=0.5, coverage=1.0, risk=0.5)]
    """
    scores, wrong = np.asarray(confidence, float), ~np.asarray(right, bool)
    curve = []
    for threshold in sorted(set(scores.tolist()), reverse=True):
        answered = scores >= threshold
        curve.append(Risk(threshold, float(answered.mean()), float(wrong[answered].mean())))
    return curve


def area(curve: Sequence[Risk]) -> float:
    """Return the area under a risk-coverage curve, each point holding for the coverage that it adds; in [0, 1]."""
    widths = np.diff([0.0, *(point.coverage for point in curve)])
    return float(sum(width * point.risk for width, point in zip(widths, curve, strict=True)))


def _mean(values: Iterable[float], kind: Callable[[list[float]], float] = fmean) -> float:
    listed = list(values)
    return float(kind(listed)) if listed else 0.0
