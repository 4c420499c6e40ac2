"""Judgments by quote <-> TREC qrels over the passages of today."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import ir_measures
from ir_measures import Qrel, ScoredDoc

from eval.errors import QuestionsError
from eval.files import as_grade, read_columns
from eval.measure import READ_CHARS, stands_in, word_grams
from eval.questions import Answer, Question, Quote
from eval.run import FoundHit, Ranking, as_docno


def export_qrels(questions: Iterable[Question], passages: Mapping[str, FoundHit]) -> list[Qrel]:
    """Return for each question the passages that cover one of its quotes.

    The grade is the highest of the quotes that a passage covers; 0 where it covers only rejected quotes.
    """
    grams = {passage_id: word_grams(passage.text[:READ_CHARS]) for passage_id, passage in passages.items()}
    qrels = []
    for question in questions:
        judged: list[tuple[Quote, int]] = [(quote, 0) for quote in question.rejected]
        judged += [(answer, answer.grade) for answer in question.answers]
        for passage_id, passage in passages.items():
            grades = [grade for quote, grade in judged if stands_in(quote, passage.document_id, grams[passage_id])]
            if grades:
                qrels.append(Qrel(question.id, passage_id, max(grades)))
    return qrels


def import_qrels(
    questions: Iterable[Question], qrels: Iterable[Qrel], passages: Mapping[str, FoundHit]
) -> list[Question]:
    """Add qrels over passages to questions as quotes, which keep their meaning when documents are split otherwise.

    A quote is what a person reads of the passage; it takes the place of those it covers, though a rejected one not of
    a whole document. Grades above 2 count as 2, below 1 as rejected; QuestionsError where a passage is not indexed.
    """
    judged: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for row in qrels:
        passage = passages.get(row.doc_id)
        if passage is None:
            raise QuestionsError(f"Passage {row.doc_id} van de qrels staat niet in de index; exporteer ze opnieuw.")
        judged[row.query_id].append((passage.document_id, passage.text[:READ_CHARS], row.relevance))
    grown = []
    for question in questions:
        rows = judged[question.id]
        grams = [(doc, word_grams(text), grade) for doc, text, grade in rows]
        answers, rejected = (
            [q for q in quotes if not any((q.quote or g > 0) and stands_in(q, doc, text) for doc, text, g in grams)]
            for quotes in (question.answers, question.rejected)
        )
        answers += [Answer(doc=doc, quote=text, grade=min(2, grade)) for doc, text, grade in rows if grade > 0]
        rejected += [Quote(doc=doc, quote=text) for doc, text, grade in rows if grade <= 0]
        grown.append(question.model_copy(update={"answers": answers, "rejected": rejected}))
    return grown


def format_qrels(qrels: Iterable[Qrel]) -> str:
    """Return TREC qrels as text."""
    return "".join(f"{as_docno(row.query_id)} 0 {as_docno(row.doc_id)} {row.relevance}\n" for row in qrels)


def read_qrels(path: Path) -> list[Qrel]:
    """Read TREC qrels; QuestionsError where they cannot be read, are of another form or give a pair two grades."""
    qrels = read_columns(
        path, "query 0 doc grade", lambda query, _, doc, grade: Qrel(unquote(query), unquote(doc), as_grade(grade))
    )
    check_grades(path, qrels)
    return qrels


def check_grades(path: Path, qrels: Iterable[Qrel]) -> None:
    """Raise QuestionsError at a pair with two grades: each measure would take another of them."""
    grades: dict[tuple[str, str], int] = {}
    for row in qrels:
        if grades.setdefault((row.query_id, row.doc_id), row.relevance) != row.relevance:
            raise QuestionsError(
                f"{path} geeft document {row.doc_id} bij vraag {row.query_id} twee verschillende graden; laat er een "
                "staan."
            )


def measure_ranking(
    measures: Sequence[Any], qrels: Sequence[Qrel], run: Mapping[str, Ranking]
) -> dict[str, dict[str, float]]:
    """Measure a run of document or passage ids, best first, with measures of ir-measures.

    Of each query of the qrels the values are in [0, 1]; without hits all are 0.
    """
    # trec_eval keeps a count a grade and has no room for those below 0, which TREC gives spam: it may end the process.
    known = [row._replace(relevance=max(0, row.relevance)) for row in qrels]
    # Ranks, not scores: ir-measures breaks ties in its own way.
    scored = [
        ScoredDoc(query_id, doc_id, -rank) for query_id, hits in run.items() for rank, (doc_id, _) in enumerate(hits)
    ]
    rows: dict[str, dict[str, float]] = {row.query_id: dict.fromkeys(map(str, measures), 0.0) for row in qrels}
    for metric in ir_measures.iter_calc(measures, known, scored):
        rows[metric.query_id][str(metric.measure)] = float(metric.value)
    return rows
