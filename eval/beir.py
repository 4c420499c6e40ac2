"""BEIR collections: any corpus.jsonl, queries.jsonl and qrels.tsv, searched by the real pipeline.

Source of the form: Thakur et al. (2021), BEIR, https://arxiv.org/abs/2104.08663.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from ir_measures import RR, Judged, Qrel, R, nDCG
from pydantic import BaseModel, ConfigDict, Field

from eval.errors import QuestionsError
from eval.files import as_grade, read_by_id, read_columns
from eval.qrels import check_grades
from eval.questions import write_rows, write_text
from eval.run import Ranking
from index.search.rank import Searcher
from ingest.errors import RowsError
from ingest.files import can_be_read

MEASURES = (nDCG @ 10, RR @ 10, R @ 10, R @ 50, Judged @ 10)
_DEPTH = 50  # passages a query
_PLAIN = re.compile(r"(?!id-[0-9a-f]{32}\Z)[A-Za-z0-9][A-Za-z0-9_.-]{0,149}")  # an id that is a file name as it is


@dataclass(frozen=True, slots=True)
class Collection:
    """A BEIR collection."""

    texts: dict[str, str]  # document id -> text
    queries: dict[str, str]  # query id -> text; only those with judgments
    qrels: list[Qrel]  # judgments; only those of queries that are there
    # Name of a mark in queries.jsonl ("topical": true) -> the judged queries that have it, one at least.
    groups: dict[str, frozenset[str]] = field(default_factory=dict)

    def ids(self) -> dict[str, str]:
        """Return the id in the collection of each document that `ingest` reads from its texts."""
        return {text_name(doc_id): doc_id for doc_id in self.texts}


class Text(BaseModel):
    """One line of corpus.jsonl or queries.jsonl."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    id: str = Field(alias="_id")
    title: str | None = None
    text: str


def read_collection(folder: Path) -> Collection:
    """Read a BEIR folder; QuestionsError where a file is missing or of another form."""
    try:
        rows = read_by_id(folder / "corpus.jsonl", Text)
        texts = {name: "\n\n".join(part for part in (row.title, row.text) if part) for name, row in rows.items()}
        queries = read_by_id(folder / "queries.jsonl", Text)
        judged_rows = read_columns(
            folder / "qrels.tsv",
            "query-id corpus-id score",
            lambda query_id, doc_id, grade: Qrel(query_id, doc_id, as_grade(grade)),
            lambda line: next(csv.reader([line], delimiter="\t")),
            header=True,
        )
        qrels = [row for row in judged_rows if row.query_id in queries]
    except (RowsError, QuestionsError) as error:
        raise QuestionsError(
            f"{folder} is geen BEIR-verzameling ({str(error).rstrip('.')}); nodig zijn corpus.jsonl, "
            "queries.jsonl en qrels.tsv."
        ) from error
    check_grades(folder / "qrels.tsv", qrels)
    judged = {qrel.query_id for qrel in qrels}
    asked = [row for row in queries.values() if row.id in judged]
    # A mark that no judged query has is no group: there is nothing to measure.
    marked = sorted((mark, row.id) for row in asked for mark, on in (row.model_extra or {}).items() if on is True)
    groups = {mark: frozenset(name for _, name in some) for mark, some in groupby(marked, key=itemgetter(0))}
    return Collection(texts, {row.id: row.text for row in asked}, qrels, groups)


def write_collection(folder: Path, texts: Mapping[str, str], queries: Mapping[str, str], qrels: Iterable[Qrel]) -> None:
    """Write a BEIR folder, for other systems to search; QuestionsError where it cannot be written."""
    write_rows(folder / "corpus.jsonl", ({"_id": name, "title": "", "text": text} for name, text in texts.items()))
    write_rows(folder / "queries.jsonl", ({"_id": name, "text": text} for name, text in queries.items()))
    judged = "".join(f"{row.query_id}\t{row.doc_id}\t{row.relevance}\n" for row in qrels)
    write_text(folder / "qrels.tsv", f"query-id\tcorpus-id\tscore\n{judged}")


def text_name(doc_id: str) -> str:
    """Return the name of a text as a document and, with ".txt", as a file; `Collection.ids` is the way back.

    An id may be anything: a path out of the folder, a file that means something to `ingest`, too long for a name.

    >>> text_name("A-1"), text_name("../x")
    ('A-1', 'id-d6b96a97d147daaae49eb87a5ca7bfbc')
    """
    if _PLAIN.fullmatch(doc_id) and can_be_read(f"{doc_id}.txt"):
        return doc_id
    return f"id-{hashlib.sha256(doc_id.encode()).hexdigest()[:32]}"


def write_texts(collection: Collection, folder: Path) -> None:
    """Write each text as a file that `ingest` reads; unchanged ones are left alone, those of no document removed."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {folder / f"{text_name(name)}.txt": text for name, text in collection.texts.items() if text.strip()}
    for path in set(folder.glob("*.txt")) - texts.keys():
        path.unlink()
    for path, text in texts.items():
        if not (path.exists() and path.read_text(encoding="utf-8") == text):
            path.write_text(text, encoding="utf-8")


def run_collection(
    searcher: Searcher, collection: Collection, progress: Callable[[], object] = lambda: None
) -> dict[str, Ranking]:
    """Return of each query the documents, by their id in the collection, with the score of their best passage."""
    run = {}
    ids = collection.ids()
    for query_id, query in collection.queries.items():
        ranking = searcher.rank(searcher.analyse(query))
        names = (searcher.index.passages[row].document_id for row in ranking.rows[:_DEPTH])
        hits = zip(names, ranking.scores[:_DEPTH].tolist(), strict=True)
        run[query_id] = best_documents((ids.get(name, name), score) for name, score in hits)
        progress()
    return run


def best_documents(hits: Iterable[tuple[str, float]]) -> Ranking:
    """Return documents by their best passage; of passages (document id, score), best first.

    >>> best_documents([("a", 0.9), ("b", 0.8), ("a", 0.7)])
    [('a', 0.9), ('b', 0.8)]
    """
    best: dict[str, float] = {}
    for document_id, score in hits:
        best.setdefault(document_id, score)
    return list(best.items())
