"""What the evaluation commands share: the real search over the corpus or over a BEIR folder, by variant."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import progress_bars, steps
from api.service import SearchService
from api.settings import Settings
from eval.beir import Collection, read_collection, write_texts
from eval.errors import QuestionsError
from eval.questions import DATA, Question
from eval.run import FoundHit, passages_of, read_run, read_trec, run_questions, with_texts
from eval.variants import VARIANTS, EncodedQueries, variant_searchers
from index.model.embed import Embedder
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.remote import LOCAL
from index.store.update import update_index

DEV = DATA / "dev.jsonl"
Questions = Annotated[Path, typer.Option("--questions", help="Vragen met citaten, JSON-regels.")]


def systems_over(
    settings: Settings, beir: Path | None, names: Sequence[str], queries: Sequence[str]
) -> tuple[Searcher, dict[str, Searcher]]:
    """Return the searcher as it ships, over the corpus or a BEIR folder, and its variants by name.

    It encodes each query anew, they do not. Those without adapter have an index of their own, made once and kept.
    """
    shipped = service_over(settings, beir).searcher()
    searchers = {True: _encoded(shipped, queries)}
    if settings.adapter_dir() is not None and any(not VARIANTS[name].tuned for name in names):
        untuned = settings.model_copy(update={"adapter": "geen"}).load_embedder()
        work = _work(settings, beir) if beir else settings.index_dir / "eval"
        index = _index(work / untuned.name, work / "texts" if beir else settings.corpus_dir, untuned)
        searchers[False] = _encoded(Searcher(load_index(index, untuned), untuned), queries)
    return shipped, variant_searchers(searchers, names)


def service_over(settings: Settings, beir: Path | None) -> SearchService:
    """Return what searches and answers over the corpus, or over a BEIR folder, of which the index is kept."""
    if beir is None:
        return SearchService(settings)
    embedder, work = settings.load_embedder(), _work(settings, beir)
    write_texts(read_collection(beir), work / "texts")
    index = _index(work / embedder.name, work / "texts", embedder)
    return SearchService(settings.model_copy(update={"index_dir": index, "engine": LOCAL, "records": None}), embedder)


@contextmanager
def serving(settings: Settings, service: SearchService) -> Iterator[str]:
    """Serve on a free port of this machine for as long as the context is open; gives the address."""
    from api.app import create_app
    from api.guard import access_logger
    from api.server import on_free_port

    app = create_app(settings)
    app.state.service = service
    service.answerer()  # errors now, not as status 503 of each question
    level = access_logger.level
    access_logger.setLevel(logging.WARNING)  # the caller's progress bar is what is looked at
    try:
        with on_free_port(app) as address:
            yield address
    finally:
        access_logger.setLevel(level)


def read_beir(folder: Path) -> Collection:
    """Read a BEIR folder that has at least one judged query.

    Raises:
        QuestionsError: it is none.
    """
    collection = read_collection(folder)
    if not collection.queries:
        raise QuestionsError(f"{folder} heeft geen vraag met oordelen; kijk qrels.tsv na.")
    return collection


def run_all(variants: Mapping[str, Searcher], questions: Sequence[Question]) -> dict[str, dict[str, list[FoundHit]]]:
    """Ask all questions of all variants."""
    with steps("vragen", len(questions) * len(variants)) as more:
        return {name: run_questions(searcher, questions, more) for name, searcher in variants.items()}


def read_runs(named: Sequence[str], searcher: Searcher) -> dict[str, dict[str, list[FoundHit]]]:
    """Read run files given as NAME=FILE: .jsonl with texts, anything else a TREC run over our passages.

    Raises:
        QuestionsError: one cannot be read.
    """
    runs, passages = {}, None
    for item in named:
        name, found, path = item.partition("=")
        if not found:
            name, path = Path(item).stem, item
        if path.endswith(".jsonl"):
            runs[name] = read_run(Path(path))
        else:
            passages = passages or passages_of(searcher.index)
            runs[name] = with_texts(read_trec(Path(path)), passages)
    return runs


def _work(settings: Settings, beir: Path) -> Path:
    """Return the folder for a collection's texts and indexes; other folders may have the same name."""
    place = beir.resolve()
    return settings.index_dir / "beir" / f"{place.name[:100]}-{hashlib.sha256(bytes(place)).hexdigest()[:8]}"


def _index(folder: Path, texts: Path, embedder: Embedder) -> Path:
    with progress_bars() as progress:
        update_index(folder, [texts], embedder, progress, keep_copies=True)
    return folder


def _encoded(searcher: Searcher, queries: Sequence[str]) -> Searcher:
    texts = list(dict.fromkeys(text for query in queries for text in (query, *searcher.glossary.forms(query))))
    encoded = EncodedQueries(searcher.embedder)
    with steps("vragen inbedden", len(texts)) as more:
        encoded.prepare(texts, more)
    return searcher.with_embedder(encoded)
