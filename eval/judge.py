"""Growing the set: pooled hits that an evaluator judges, agreement of two judges, candidates from feedback.

A file of judgments has one JSON object a line: {"question_id", "question", "document_id", "text", "grade", "quote",
"judge", "date"}. A file of candidates, as the page writes feedback: {"question", "document_id", "text", "verdict",
"date"} with verdict "helpt", "helpt niet" or "ontbreekt"; the last has no document. A candidate is something to look
at, never a judgment.
"""

import datetime
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from eval.errors import QuestionsError
from eval.measure import READ_CHARS
from eval.questions import Answer, Question, Quote
from eval.run import Run
from ingest.jsonl import read_rows

Verdict = Literal["helpt", "helpt niet", "ontbreekt"]
_Text = Annotated[str, Field(min_length=1)]


class Judgment(BaseModel):
    """What one judge said of one passage for one question; grade 0 is "does not answer"."""

    question_id: _Text
    question: _Text
    document_id: _Text
    text: Annotated[str, Field(description="the passage as the judge saw it")]
    grade: Annotated[int, Field(ge=0, le=2)]
    quote: Annotated[_Text, Field(description="the verbatim part that answers; the passage where it is all of it")]
    judge: _Text
    date: datetime.date

    @model_validator(mode="after")
    def _verbatim(self) -> "Judgment":
        if self.quote not in self.text:
            raise ValueError("het citaat staat niet in de passage")
        return self

    @property
    def key(self) -> tuple[str, str, str]:
        """What was judged, whoever judged it."""
        return self.question_id, self.document_id, self.text


class Candidate(BaseModel):
    """Feedback of a user of the page, as a candidate for judging."""

    question: _Text
    document_id: str = ""
    text: str = ""
    verdict: Verdict
    date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A passage to be judged for a question; which system found it is not said, so that it cannot weigh in."""

    question: Question
    document_id: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        """As Judgment.key."""
        return self.question.id, self.document_id, self.text


def pool(
    questions: Sequence[Question],  # to judge for; a candidate with another question adds that question
    runs: Iterable[Run],
    depth: int,  # hits of each run that are judged
    candidates: Iterable[Candidate] = (),  # one without a passage adds its question, if no other has its text
) -> list[Item]:
    """Return the first hits of all runs, and the candidates, each once, in random order within a question.

    Source: Spärck Jones and Van Rijsbergen (1975), the need for an "ideal" test collection: pooling.
    """
    by_text = {question.question: question for question in questions}
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for run in runs:
        for question in questions:
            found[question.id].update((hit.document_id, hit.text) for hit in run.get(question.id, ())[:depth])
    for candidate in candidates:
        question = by_text.setdefault(candidate.question, _new_question(candidate.question))
        if candidate.text and candidate.document_id:
            found[question.id].add((candidate.document_id, candidate.text))
    items = []
    for question in {one.id: one for one in (*questions, *by_text.values())}.values():  # some have the same words
        passages = sorted(found[question.id])
        random.Random(f"0 {question.id}").shuffle(passages)  # the same order for every judge
        items += [Item(question, document_id, text) for document_id, text in passages]
    return items


def as_questions(candidates: Iterable[Candidate]) -> list[Question]:
    """Return candidates as questions with quotes, so that they can be exported as qrels for a judge to look at.

    "helpt" becomes grade 1, "helpt niet" a rejected quote; of a passage judged more than once the last counts.
    """
    last: dict[str, dict[tuple[str, str], Verdict]] = defaultdict(dict)
    for candidate in candidates:
        verdicts = last[candidate.question]
        if candidate.text and candidate.document_id:
            verdicts[candidate.document_id, candidate.text[:READ_CHARS]] = candidate.verdict
    questions = []
    for text, verdicts in last.items():
        question = _new_question(text)
        question.answers = [Answer(doc=doc, quote=q, grade=1) for (doc, q), v in verdicts.items() if v == "helpt"]
        question.rejected = [Quote(doc=doc, quote=q) for (doc, q), v in verdicts.items() if v == "helpt niet"]
        questions.append(question)
    return questions


def _new_question(text: str) -> Question:
    return Question(id=f"fb-{hashlib.sha256(text.encode()).hexdigest()[:10]}", question=text, answers=[])


def read_judgments(path: Path) -> list[Judgment]:
    """Read a file of judgments; RowsError where it cannot be read or a line is wrong."""
    return read_rows(path, Judgment)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges agree on what both judged."""

    both: int  # number of passages
    equal: float  # share on which they gave the same grade, in [0, 1]
    kappa: float | None  # Cohen's kappa, 1 is perfect, 0 is chance; None where it is undefined (one grade only)
    weighted: float | None  # the same with linear weights, so that 1 against 2 is half as bad as 0 against 2
    differing: tuple[tuple[Judgment, Judgment], ...]  # of the first and the second


def agreement(first: Iterable[Judgment], second: Iterable[Judgment]) -> Agreement:
    """Compare two judges; of what a judge judged twice, the last counts.

    QuestionsError where one has no judgments, or they judged nothing in common.
    Source: Cohen (1960), https://doi.org/10.1177/001316446002000104.
    """
    from sklearn.metrics import cohen_kappa_score  # of the extra "eval", and slow to load

    ours, theirs = ({row.key: row for row in rows} for rows in (first, second))
    if not (ours and theirs):
        raise QuestionsError("Een van beide bestanden heeft geen oordelen; kijk de paden na.")
    pairs = [(ours[key], theirs[key]) for key in ours if key in theirs]
    if not pairs:
        raise QuestionsError("De twee beoordelaars hebben geen passage gemeen; laat hen dezelfde runs beoordelen.")
    a, b = [left.grade for left, _ in pairs], [right.grade for _, right in pairs]
    defined = len(set(a) | set(b)) > 1
    return Agreement(
        both=len(pairs),
        equal=sum(x == y for x, y in zip(a, b, strict=True)) / len(pairs),
        kappa=float(cohen_kappa_score(a, b)) if defined else None,
        weighted=float(cohen_kappa_score(a, b, weights="linear", labels=[0, 1, 2])) if defined else None,
        differing=tuple((left, right) for left, right in pairs if left.grade != right.grade),
    )


def adopt(questions: Sequence[Question], judgments: Iterable[Judgment]) -> tuple[list[Question], int, int]:
    """Add judgments to the questions as quotes, new questions at the end.

    What judges differ on, or one alone judged, is left out; their numbers are the second and third of the result.
    QuestionsError where no passage was judged by two.
    """
    grades: dict[tuple[str, str, str], dict[str, Judgment]] = defaultdict(dict)
    for row in judgments:
        grades[row.key][row.judge] = row
    both = [list(rows.values()) for rows in grades.values() if len(rows) > 1]
    if not both:
        raise QuestionsError(
            "Geen enkele passage heeft oordelen van twee beoordelaars; laat hen dezelfde runs beoordelen en geef hun "
            "bestanden."
        )
    agreed = [rows[0] for rows in both if len({row.grade for row in rows}) == 1]
    merged = {question.id: question.model_copy(deep=True) for question in questions}
    for row in agreed:
        new = Question(id=row.question_id, question=row.question, answers=[])
        question, doc, quote = merged.setdefault(row.question_id, new), row.document_id, row.quote[:READ_CHARS]
        if (doc, quote) in [(one.doc, one.quote) for one in (*question.answers, *question.rejected)]:
            continue
        if row.grade:
            question.answers.append(Answer(doc=doc, quote=quote, grade=row.grade))
        else:
            question.rejected.append(Quote(doc=doc, quote=quote))
    return list(merged.values()), len(both) - len(agreed), len(grades) - len(both)
