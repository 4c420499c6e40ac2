"""How the service does as the corpus grows: python -m tests.api.bench --index INDEX [--sizes 1000 10000 100000].

For each size an index is made whose vectors are those of the index, mixed and perturbed, and whose texts are halves of
its passages, so that their words have the frequencies of real ones. It is served as it always is, and asked over HTTP.
Writes bench.json and bench.svg. Sizes are passages; documents have ten.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from api import server
from api.settings import Settings
from index.arrays import Vectors
from index.model.embed import Embedder
from index.search.rank import Searcher
from index.store.files import seal_files, write_folder
from index.store.load import Facts, LoadedIndex, describe, load_index
from index.store.local import Part
from index.store.manifest import MANIFEST_NAME, RECIPES
from index.store.records import RecordStore
from index.store.segment import Segment
from index.store.token_vectors import PackedTokens, book_of
from index.store.update import join_small, update_index
from ingest.document import BlockKind, Document, Kind, Metadata, Page, Passage, Piece, Span, Topic
from tests.conftest import CORPUS, ROOT

CLIENTS = (1, 8, 32)
EACH_DOCUMENT = 10
IN_A_SEGMENT = 50_000  # before they are joined
NOISE = 0.35  # length of what is added to a mean of two vectors, before all is made of length 1 again


class Maker:
    """Makes indexes like a given one.

    Args:
        index: what is imitated.
        embedder: its model.
        tokens: token vectors of a passage.
    """

    def __init__(self, index: LoadedIndex, embedder: Embedder, tokens: int) -> None:
        self._embedder, self._chance = embedder, np.random.default_rng(0)
        numbers = index.engine.sample(10_000)
        passages = [index.passages[number] for number in numbers.tolist()]
        self._halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for text in (p.search_text for p in passages)]
        self._vectors = index.engine.vectors(numbers)
        late = [index.engine.token_vectors(number)[:: max(1, 130 // tokens)][:tokens] for number in numbers.tolist()]
        self._late = [one[np.arange(tokens) % len(one)] for one in late]

    def make(self, folder: Path, size: int) -> None:
        """Make an index of a size."""
        shutil.rmtree(folder, ignore_errors=True)
        parts: list[Part] = []
        with RecordStore(folder, writable=True) as store:
            store.start_vectors(RECIPES.vectors)
            for start in range(0, size, IN_A_SEGMENT):
                documents, vectors, tokens = self._some(start, min(size, start + IN_A_SEGMENT))
                with store.transaction():
                    for document in documents:
                        store.put_document(document, f"/gemaakt/{document.document_id}.txt", "gemaakt")
                heads = store.heads()
                segment = Segment.build([(one, heads[one.document_id]) for one in documents], vectors, tokens)
                parts.append(_written(segment, folder / f"derived-{start:016}"))
            parts = [
                part if part.segment.folder else _written(part.segment, folder / f"derived-joined-{number:09}")
                for number, part in enumerate(join_small(parts))
            ]
            kept = [part.segment.folder for part in parts if part.segment.folder]
            for old in set(folder.glob("derived-*")).difference(kept):
                shutil.rmtree(old)
            files = {name: sealed for one in kept for name, sealed in seal_files(one).items()}
            manifest = describe(Facts.of(store), size, self._embedder).model_copy(update={"files": files})
        (folder / MANIFEST_NAME).write_text(manifest.sealed().model_dump_json(), encoding="utf-8")

    def _some(self, start: int, end: int) -> tuple[list[Document], Vectors, PackedTokens]:
        one, other = self._chance.integers(len(self._halves), size=(2, end - start))
        documents = [
            self._document(first, one[first - start : first - start + EACH_DOCUMENT], other[first - start :])
            for first in range(start, end, EACH_DOCUMENT)
        ]
        noise = self._chance.standard_normal((end - start, self._vectors.shape[1]), np.float32)
        noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        vectors = (self._vectors[one] + self._vectors[other]) / 2 + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return (
            documents,
            vectors,
            PackedTokens.pack([self._late[i] for i in one], book_of(self._embedder.name, self._embedder.dimension)),
        )

    def _document(self, first: int, one: Sequence[int], other: Sequence[int]) -> Document:
        name, chance = f"stuk-{first:09}", random.Random(first)
        passages, text = [], ""
        for a, b in zip(one, other, strict=False):
            own = f"{self._halves[a][0]} {self._halves[b][1]}"
            spans = (Span(1, len(text), len(text) + len(own)),)
            topics = tuple(topic for topic in Topic if topic.value in own.lower())
            passage_id = f"{name}:1:{spans[0].start}-{spans[0].end}"
            pieces = (Piece(BlockKind.PARAGRAPH, spans),)
            passages.append(Passage(passage_id, name, (), spans, own, spans, pieces, None, topics))
            text += own + "\n\n"
        day = date(2000, 1, 1) + timedelta(days=chance.randrange(9000))
        metadata = Metadata(f"Stuk {first}.", chance.choice(list(Kind)), day)
        return Document(name, f"{name}.txt", "0" * 64, metadata, (Page(1, None, text),), tuple(passages))


def _written(segment: Segment, folder: Path) -> Part:
    """Write a segment, and return it as it is read from there."""
    write_folder(folder, segment.save, Segment.load)
    return Part(Segment.load(folder), np.ones(len(segment.digests), np.bool_))


@contextmanager
def served(index: Path) -> Iterator[tuple[str, int, float]]:
    """Serve an index; yield its address, the process, and the seconds from its start to its first answer."""
    listener = server.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    environment = {**os.environ, "BELEIDSWIJZER_INDEX_DIR": str(index)}
    begun = time.monotonic()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr
        assert any("Geopend op" in line for line in service.stderr)
        threading.Thread(target=service.stderr.read, daemon=True).start()
        address = f"http://127.0.0.1:{port}"
        try:
            httpx.post(f"{address}/api/search", json={"query": "sociale economie"}, timeout=60).raise_for_status()
            yield address, service.pid, time.monotonic() - begun
        finally:
            service.terminate()


def ask(address: str, queries: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    """Let clients ask one question after another, every other one filtered; return what it took."""
    took: list[float] = []
    failed: list[int] = []
    until = time.monotonic() + seconds

    def one(number: int) -> None:
        chance = random.Random(number)
        client = HTTPConnection(address.removeprefix("http://"), timeout=60)  # httpx would take a tenth of the machine
        while time.monotonic() < until:
            wanted: dict[str, Any] = {"query": chance.choice(queries), "k": 10}
            if chance.random() < 0.5:
                wanted["filters"] = {"date_from": "2010-01-01", "date_to": "2018-12-31"}
            body = json.dumps(wanted)
            begun = time.monotonic()
            client.request("POST", "/api/search", body, {"content-type": "application/json"})
            answer = client.getresponse()
            answer.read()
            (took if answer.status == 200 else failed).append(time.monotonic() - begun)  # type: ignore[arg-type]
        client.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p50, p95, p99 = (1000 * np.percentile(took, [50, 95, 99])).round(1).tolist()
    return {
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "a_second": round(len(took) / seconds, 1),
        "failed": len(failed),
    }


def memory(pid: int) -> dict[str, float]:
    """Return megabytes that a process has of its own, and with the files that it maps."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "RssAnon"))}
    return {"own_mb": round(kilobytes["RssAnon"] / 1000), "with_files_mb": round(kilobytes["VmRSS"] / 1000)}


def cpu(searcher: Searcher, queries: Sequence[str]) -> dict[str, float]:
    """Return milliseconds of a processor that a query takes, which other work on the machine does not change."""
    took = {}
    analysed = [searcher.analyse(query) for query in queries]
    for name, step in (
        ("read_query_ms", lambda i: searcher.analyse(queries[i])),
        ("search_ms", lambda i: searcher.search_analysed(analysed[i])),
    ):
        begun = time.process_time()
        for i in range(len(queries)):
            step(i)
        took[name] = round(1000 * (time.process_time() - begun) / len(queries), 1)
    return took


def recall(index: LoadedIndex, embedder: Embedder, queries: Sequence[str]) -> float:
    """Return the share of the ten nearest passages that is found."""
    numbers = index.engine.sample(10**9)
    vectors = embedder.embed_queries(queries).vectors
    scores = np.concatenate([index.engine.vectors(some) @ vectors.T for some in np.array_split(numbers, 50)])
    exact = numbers[np.argpartition(-scores, 10, axis=0)[:10]]
    found = [np.isin(exact[:, i], index.engine.nearest(vector, 10)).mean() for i, vector in enumerate(vectors)]
    return round(float(np.mean(found)), 3)


def measure(folder: Path, size: int, embedder: Embedder, queries: Sequence[str], seconds: float) -> dict[str, Any]:
    """Return all figures of an index."""
    with served(folder) as (address, pid, start_s):
        figures: dict[str, Any] = {"passages": size, "first_answer_s": round(start_s, 2), "start": memory(pid)}
        ask(address, queries, 1, 3)
        figures |= {f"clients_{clients}": ask(address, queries, clients, seconds) for clients in CLIENTS}
        figures["after"] = memory(pid)
    begun = time.monotonic()
    index = load_index(folder, embedder)
    searcher = Searcher(index, embedder)
    figures["load_s"] = round(time.monotonic() - begun, 2)
    figures["cpu"] = cpu(searcher, queries)
    figures["recall_at_10"] = recall(index, embedder, queries[:50])
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    figures["kb_a_passage"] = round(disk / size / 1000, 2)
    late = sum(path.stat().st_size for path in folder.glob("*/tokens.*"))
    figures["kb_a_passage_without_token_vectors"] = round((disk - late) / size / 1000, 2)
    del index, searcher
    new = folder.parent / "nieuw"
    new.mkdir(exist_ok=True)
    for number in range(100):
        (new / f"nieuw-{number}.txt").write_text(f"Bericht {number} over luchtschip {number}.", encoding="utf-8")
    begun = time.monotonic()
    update_index(folder, [new], embedder)
    searcher = Searcher(load_index(folder, embedder), embedder)
    assert "luchtschip 7" in searcher.search("bericht over luchtschip 7", 3)[0].text
    figures["add_100_documents_and_search_s"] = round(time.monotonic() - begun, 2)
    return figures


def plot(path: Path, found: Sequence[dict[str, Any]]) -> None:
    """Draw time and memory against size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    times, sizes = figure.subplots(1, 2)
    passages = [one["passages"] for one in found]
    for clients in CLIENTS:
        times.plot(
            passages, [one[f"clients_{clients}"]["p95_ms"] for one in found], "o-", label=f"p95, {clients} clients"
        )
    sizes.plot(passages, [one["after"]["own_mb"] for one in found], "o-", label="memory, without mapped files, MB")
    sizes.plot(passages, [1000 * one["first_answer_s"] for one in found], "o-", label="first answer, ms")
    for axes in (times, sizes):
        axes.set(xscale="log", yscale="log", xlabel="passages")
        axes.legend(frameon=False)
    figure.savefig(path)


def main() -> None:
    """Make, serve and measure each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--tokens", type=int, default=16, help="token vectors of a passage")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--folder", type=Path, default=Path(".index/bench"))
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    wanted = parser.parse_args()
    embedder = Settings().load_embedder()
    maker = Maker(load_index(wanted.index, embedder), embedder, wanted.tokens)
    rows = (CORPUS / "questions.jsonl").read_text(encoding="utf-8").split("\n")
    queries = [json.loads(row)["question"] for row in rows[:600:3] if row.strip()]
    found: list[dict[str, Any]] = []
    for size in wanted.sizes:
        begun = time.monotonic()
        maker.make(wanted.folder / "index", size)
        made = round(time.monotonic() - begun, 1)
        found.append(measure(wanted.folder / "index", size, embedder, queries, wanted.seconds) | {"made_s": made})
        sys.stdout.write(f"{json.dumps(found[-1])}\n")
        sys.stdout.flush()
        wanted.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        plot(wanted.out.with_suffix(".svg"), found)


if __name__ == "__main__":
    main()
