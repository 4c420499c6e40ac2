"""Runs: what a system found for each question, asked of our own search or read from a file of any system.

Two forms of file: JSON lines with the text of each hit, which need no corpus to be scored, and TREC runs, in which a
hit is a passage_id.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np
from pydantic import BaseModel

from eval.errors import QuestionsError
from eval.files import as_score, read_by_id, read_columns
from eval.questions import Question, write_rows, write_text
from index.search.rank import Searcher
from index.store.load import LoadedIndex

_NOT_IN_ID = re.compile(r"[\s%]")
DEPTH = 10  # hits of a question that are kept and scored


@dataclass(frozen=True, slots=True)
class FoundHit:
    """A hit as a run records it."""

    document_id: str
    text: str  # what a reader sees
    passage_id: str = ""  # empty where a system does not use ours
    score: float = 0.0  # higher is better, comparable within one question only


Run = Mapping[str, Sequence[FoundHit]]  # question id -> hits, best first
Ranking = list[tuple[str, float]]  # ids of passages or documents with their score, best first


class _Line(BaseModel):
    id: str
    hits: list[FoundHit]


def run_questions(
    searcher: Searcher, questions: Iterable[Question], progress: Callable[[], object] = lambda: None
) -> dict[str, list[FoundHit]]:
    """Return for each question, also an unanswerable one, the first DEPTH hits, best first."""
    run = {}
    for question in questions:
        hits = searcher.search(question.question, DEPTH)
        run[question.id] = [FoundHit(h.passage.document_id, h.text, h.passage.passage_id, h.score) for h in hits]
        progress()
    return run


def passages_of(index: LoadedIndex) -> dict[str, FoundHit]:
    """Return all passages of an index by passage_id, each as a hit would show it."""
    return {
        p.passage_id: FoundHit(p.document_id, index.documents[p.document_id].quote(p.spans), p.passage_id)
        for p in index.passages
    }


def write_run(path: Path, run: Run) -> None:
    """Write a run as JSON lines, as of `write_rows`: {"id", "hits": [FoundHit, ...]}, best first."""
    write_rows(path, ({"id": name, "hits": [asdict(hit) for hit in hits]} for name, hits in run.items()))


def read_run(path: Path) -> dict[str, list[FoundHit]]:
    """Read, as of `read_by_id`, what `write_run` wrote, or another system; passage_id and score may be left out."""
    return {name: line.hits for name, line in read_by_id(path, _Line).items()}


def write_trec(path: Path, run: Mapping[str, Ranking], tag: str) -> None:
    """Write a TREC run, by question id, as of `write_text`.

    White space in an id is written as in a web address. The tools of the field sort by score, in 32 bits, and break
    ties in their own way; so a score that does not fall is written as the next lower one, and the order stays ours.
    """
    lines = []
    for query_id, hits in run.items():
        last = np.float32(np.inf)
        for rank, (doc_id, score) in enumerate(hits, start=1):
            last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf), dtype=np.float32))
            lines.append(f"{as_docno(query_id)} Q0 {as_docno(doc_id)} {rank} {last!s} {as_docno(tag)}\n")
    write_text(path, "".join(lines))


def read_trec(path: Path) -> dict[str, Ranking]:
    """Read a TREC run, as of `read_columns`, by question id."""
    run: dict[str, Ranking] = {}
    rows = read_columns(
        path, "query Q0 doc rank score tag", lambda query, _q0, doc, _rank, score, _tag: (query, doc, as_score(score))
    )
    for query, doc, score in rows:
        run.setdefault(unquote(query), []).append((unquote(doc), score))
    return {query_id: sorted(hits, key=lambda hit: -hit[1]) for query_id, hits in run.items()}


def with_texts(
    run: Mapping[str, Ranking], passages: Mapping[str, FoundHit], depth: int | None = DEPTH
) -> dict[str, list[FoundHit]]:
    """Look up the best `depth` of a TREC run over our passages; QuestionsError where one is not in the index."""
    try:
        return {q: [replace(passages[name], score=score) for name, score in hits[:depth]] for q, hits in run.items()}
    except KeyError as error:
        raise QuestionsError(
            f"De run noemt passage {error.args[0]}, die niet in de index staat; maak de run over de passages die "
            "'beleidswijzer eval export' vandaag schrijft."
        ) from error


def as_docno(name: str) -> str:
    """Return an id without white space, as TREC files need it.

    >>> as_docno("Regeerakkoord 2019:56:0-900")
    'Regeerakkoord%202019:56:0-900'
    """
    return _NOT_IN_ID.sub(lambda found: quote(found[0]), name) or "-"
