"""Other systems beside ours: the same passages, model and questions, in one turn on one machine."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from eval.errors import EvaluationError, QuestionsError
from eval.questions import write_text
from eval.run import Ranking, write_trec
from index.search.rank import Searcher
from ingest.reasons import reason_of

WORKER = Path(__file__).parent / "worker.py"
LABELS = {
    "ours": "onze zoekmachine, in dezelfde beurt",
    "txtai": "txtai 9.14, vectoren en BM25",
    "bm25s": "bm25s, alleen woorden",
    "haystack": "Haystack 3.4, vectoren en BM25",
}
_WARM_UP = 3  # queries that are asked first and not timed


class Timing(BaseModel):
    """Speed of one system."""

    model_config = ConfigDict(frozen=True)

    build_s: float | None  # seconds to index the passages, embedding too; None where an index that was there is used
    p50_ms: float  # median of the time of a query
    p95_ms: float
    queries: int  # number of them
    passages: int


class OurSystem:
    """Our search, in this process."""

    def __init__(self, searcher: Searcher, build_s: float | None) -> None:
        self.searcher = searcher
        self.build_s = build_s
        self.passages = len(searcher.index.passages)

    def search(self, query: str, k: int) -> tuple[Ranking, float]:
        """Return hits and the time that it took, milliseconds."""
        started = time.perf_counter()
        hits = self.searcher.search(query, k)
        took_ms = 1000 * (time.perf_counter() - started)
        return [(hit.passage.passage_id, hit.score) for hit in hits], took_ms


class Peer:
    """A peer in a process and an environment of its own; used as a context."""

    def __init__(self, name: str, python: Path, corpus: Path, model: Path) -> None:
        self._name = name
        command = [str(python), str(WORKER), name, str(corpus), str(model)]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        except OSError as error:
            raise EvaluationError(
                f"{python} kan niet starten ({reason_of(error)}); draai 'make bench-peers'."
            ) from error
        assert self._process.stdin and self._process.stdout
        self._asked, self._told = self._process.stdin, self._process.stdout
        ready = self._read()
        self.build_s: float | None = ready["build_s"]
        self.passages: int = ready["passages"]

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # closes its input, which ends it

    def search(self, query: str, k: int) -> tuple[Ranking, float]:
        """See OurSystem."""
        self._asked.write(json.dumps({"query": query, "k": k}) + "\n")
        self._asked.flush()
        answer = self._read()
        return [(name, score) for name, score in answer["hits"]], answer["ms"]

    def _read(self) -> dict[str, Any]:
        line = self._told.readline()
        if not line:
            raise EvaluationError(f"{self._name} is gestopt; hierboven staat waarom.")
        return dict(json.loads(line))


System = OurSystem | Peer


def run_bench(
    systems: Mapping[str, System], queries: Mapping[str, str], k: int, progress: Callable[[], object] = lambda: None
) -> tuple[dict[str, dict[str, Ranking]], dict[str, Timing]]:
    """Return system -> query id -> hits, and system -> speed.

    Each query is put to each system in turn, so that a slow moment of the machine falls on all alike.
    """
    names = list(systems)
    for query in islice(queries.values(), _WARM_UP):
        for system in systems.values():
            system.search(f"vooraf: {query}", k)  # the same words asked again may be remembered
    runs: dict[str, dict[str, Ranking]] = {name: {} for name in names}
    took: dict[str, list[float]] = {name: [] for name in names}
    for turn, (query_id, query) in enumerate(queries.items()):
        first = turn % len(names)  # nobody always comes first
        for name in names[first:] + names[:first]:
            runs[name][query_id], took_ms = systems[name].search(query, k)
            took[name].append(took_ms)
        progress()
    timings = {}
    for name, system in systems.items():
        p50, p95 = np.percentile(took[name], (50, 95)).tolist()
        timings[name] = Timing(
            build_s=system.build_s, p50_ms=p50, p95_ms=p95, queries=len(queries), passages=system.passages
        )
    return runs, timings


def write_bench(folder: Path, runs: Mapping[str, Mapping[str, Ranking]], timings: Mapping[str, Timing]) -> None:
    """Write a TREC run of each system, and timings.json; QuestionsError where it cannot be written."""
    for name, run in runs.items():
        write_trec(folder / f"{name}.trec", run, name)
    figures = {name: timing.model_dump() for name, timing in timings.items()}
    write_text(folder / "timings.json", json.dumps(figures, indent=1) + "\n")


def read_bench(folder: Path) -> tuple[dict[str, Path], dict[str, Timing]]:
    """Return the TREC run of each system, and its speed; QuestionsError where the folder holds no timings."""
    path = folder / "timings.json"
    try:
        timings = TypeAdapter(dict[str, Timing]).validate_json(path.read_bytes())
    except OSError as error:
        raise QuestionsError(
            f"{path} is niet te lezen ({reason_of(error)}); draai eerst 'make bench-peers'."
        ) from error
    except ValidationError as error:
        raise QuestionsError(f"{path} bevat geen tijden; draai 'make bench-peers' opnieuw.") from error
    return {name: folder / f"{name}.trec" for name in timings}, timings
