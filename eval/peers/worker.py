"""One peer as a process of its own, in its own environment; see bench.py, which drives it.

    worker.py SYSTEM CORPUS.jsonl MODEL_FOLDER

Reads a BEIR corpus, indexes it with the peer's own means, writes {"build_s", "passages"} and then answers each line
{"query", "k"} with {"hits": [[id, score], ...], "ms"}; JSON lines on standard input and output. Everything at the
peer's documented settings, the model with the prompts that it was trained with.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

Search = Callable[[str, int], list[tuple[str, float]]]
_PROMPTS = {"query": "query: ", "data": "passage: "}  # of the E5 models


def index_txtai(passages: list[tuple[str, str]], model: str) -> Search:
    """txtai: FAISS and BM25, fused by its own weighted sum."""
    from txtai import Embeddings

    instructions = {"data": _PROMPTS["data"]}  # the prompt of a query it takes from the model folder itself
    embeddings = Embeddings(path=model, method="sentence-transformers", instructions=instructions, hybrid=True)
    embeddings.index((name, text, None) for name, text in passages)
    return lambda query, k: embeddings.search(query, k)


def index_haystack(passages: list[tuple[str, str]], model: str) -> Search:
    """Haystack: its in-memory store, BM25 and embedding retrievers, joined by reciprocal rank fusion."""
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    options: dict[str, Any] = {"model": model, "progress_bar": False, "normalize_embeddings": True}
    embedder = SentenceTransformersDocumentEmbedder(prefix=_PROMPTS["data"], **options)
    embedder.warm_up()
    store = InMemoryDocumentStore()
    documents = [Document(id=name, content=text) for name, text in passages]
    store.write_documents(embedder.run(documents)["documents"])
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(prefix=_PROMPTS["query"], **options))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("words", InMemoryBM25Retriever(store))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("dense", "joiner")
    pipeline.connect("words", "joiner")
    pipeline.warm_up()

    def search(query: str, k: int) -> list[tuple[str, float]]:
        most = {"top_k": k}
        found = pipeline.run(
            {"embedder": {"text": query}, "dense": most, "words": {"query": query, **most}, "joiner": most}
        )
        return [(document.id, document.score) for document in found["joiner"]["documents"]]

    return search


def index_bm25s(passages: list[tuple[str, str]], model: str) -> Search:  # noqa: ARG001 - words need no model
    """bm25s: words alone, split and weighed as its documentation shows, without Dutch."""
    import bm25s

    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize([text for _, text in passages], show_progress=False), show_progress=False)

    def search(query: str, k: int) -> list[tuple[str, float]]:
        words = bm25s.tokenize(query, show_progress=False)
        rows, scores = retriever.retrieve(words, k=min(k, len(passages)), show_progress=False)
        return [(passages[row][0], score) for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    return search


SYSTEMS = {"bm25s": index_bm25s, "txtai": index_txtai, "haystack": index_haystack}


def main() -> None:
    """Index, then answer lines until standard input ends."""
    system, corpus, model = sys.argv[1:]
    os.environ.update(HF_HUB_OFFLINE="1", HAYSTACK_TELEMETRY_ENABLED="False", TOKENIZERS_PARALLELISM="false")
    out, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not stand between the answers
    with open(corpus, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    passages = [(row["_id"], row["text"]) for row in rows if row["text"].strip()]
    started = time.perf_counter()
    search = SYSTEMS[system](passages, model)
    out.write(json.dumps({"build_s": time.perf_counter() - started, "passages": len(passages)}) + "\n")
    out.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.perf_counter()
        hits = search(asked["query"], asked["k"])
        took = 1000 * (time.perf_counter() - started)
        out.write(json.dumps({"hits": [(name, float(score)) for name, score in hits], "ms": took}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
