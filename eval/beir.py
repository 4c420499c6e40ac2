"""BEIR collections: any corpus.jsonl, queries.jsonl and qrels.tsv, searched by the real pipeline.

Source of the form: Thakur et al. (2021), BEIR, https://arxiv.org/abs/2104.08663.
"""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

from eval.errors import QuestionsError
from index.search import Searcher

MEASURES = (nDCG @ 10, RR @ 10, R @ 10, R @ 50)
_DEPTH = 50  # hits a query


@dataclass(frozen=True, slots=True)
class Collection:
    """A BEIR collection; `texts` and `queries` map an id to a text."""

    texts: dict[str, str]
    queries: dict[str, str]
    qrels: list[Qrel]


def read_collection(folder: Path) -> Collection:
    """Read a BEIR folder.

    Raises:
        QuestionsError: a file is missing or of another form.
    """
    try:
        texts = {
            row["_id"]: "\n\n".join(part for part in (row.get("title", ""), row["text"]) if part)
            for row in _read_rows(folder / "corpus.jsonl")
        }
        queries = {row["_id"]: row["text"] for row in _read_rows(folder / "queries.jsonl")}
        with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t"))[1:]
        qrels = [Qrel(query_id, doc_id, int(grade)) for query_id, doc_id, grade in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionsError(
            f"{folder} is no BEIR collection ({error}); it needs corpus, queries and qrels."
        ) from error
    return Collection(texts, queries, qrels)


def write_texts(collection: Collection, folder: Path) -> None:
    """Write each text as a file that `ingest` reads, under its id; what has not changed is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for doc_id, text in collection.texts.items():
        path = folder / f"{doc_id}.txt"
        if text.strip() and not (path.exists() and path.read_text(encoding="utf-8") == text):
            path.write_text(text, encoding="utf-8")


def run_collection(
    searcher: Searcher, collection: Collection, progress: Callable[[], object] | None = None
) -> list[ScoredDoc]:
    """Search for each query that has judgments; a document counts at its best passage.

    Returns:
        A run: for each query its documents, with scores that fall with their rank.
    """
    judged = {qrel.query_id for qrel in collection.qrels}
    run = []
    for query_id, query in collection.queries.items():
        if query_id in judged:
            hits = searcher.search(query, _DEPTH)
            documents = dict.fromkeys(hit.passage.document_id for hit in hits)
            run += [ScoredDoc(query_id, doc_id, 1 / rank) for rank, doc_id in enumerate(documents, start=1)]
            if progress:
                progress()
    return run


def measure_collection(qrels: Sequence[Qrel], run: Sequence[ScoredDoc]) -> dict[str, float]:
    """Return the mean of each measure over the queries of the qrels, in [0, 1]; a query without hits counts 0."""
    found = ir_measures.calc_aggregate(MEASURES, qrels, run)
    return {str(measure): float(found[measure]) for measure in MEASURES}


def _read_rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
