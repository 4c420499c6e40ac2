"""What the evaluation commands share: the real search over the corpus or over a BEIR folder, by variant."""

import hashlib
import logging
import tempfile
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
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


def searchers_over(
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
        index = _index(work / untuned.name, work / "texts" if beir else settings.documents_dir(), untuned)
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

    service.answerer()  # errors now, not as status 503 of each question
    level = access_logger.level
    access_logger.setLevel(logging.WARNING)  # the caller's progress bar is what is looked at
    try:
        with tempfile.TemporaryDirectory() as folder:  # whoever measures needs no key of the installation
            own = {"access_file": Path(folder) / "access.sqlite", "trusted_proxy": None}
            app = create_app(settings.model_copy(update=own))
            app.state.service = service
            with on_free_port(app) as address:
                yield address
    finally:
        access_logger.setLevel(level)


def read_beir(folder: Path) -> Collection:
    """Read a BEIR folder; raises QuestionsError where it has no judged query."""
    collection = read_collection(folder)
    if not collection.queries:
        raise QuestionsError(f"{folder} heeft geen vraag met oordelen; kijk qrels.tsv na.")
    return collection


def run_all(variants: Mapping[str, Searcher], questions: Sequence[Question]) -> dict[str, dict[str, list[FoundHit]]]:
    """Ask all questions of all variants."""
    with steps("vragen", len(questions) * len(variants)) as more:
        return {name: run_questions(searcher, questions, more) for name, searcher in variants.items()}


def read_runs(
    named: Sequence[str], searcher: Searcher, taken: Container[str] = ()
) -> dict[str, dict[str, list[FoundHit]]]:
    """Read run files given as NAME=FILE: .jsonl with texts, anything else a TREC run over our passages.

    Raises:
        BadParameter: two have one name, or one has a name that is taken.
        QuestionsError: one cannot be read.
    """
    runs: dict[str, dict[str, list[FoundHit]]] = {}
    passages = None
    for item in named:
        name, found, path = item.partition("=")
        if not found:
            name, path = Path(item).stem, item
        if name in taken or name in runs:
            raise typer.BadParameter(f"De naam '{name}' van --run is er al, geef dit systeem een andere")
        if path.endswith(".jsonl"):
            runs[name] = read_run(Path(path))
        else:
            passages = passages or passages_of(searcher.index)
            runs[name] = with_texts(read_trec(Path(path)), passages)
    return runs


def say_absent(of: object, place: object, ids: Iterable[str]) -> None:
    """Say which questions of one file another lacks."""
    if named := ", ".join(sorted(ids)):
        typer.echo(f"Let op: deze vragen van {of} staan niet in {place}: {named}.", err=True)


def compare_ids(questions: Path, asked: Iterable[Question], place: object, given: Iterable[str]) -> None:
    """Say which ids only the questions or only what was found for them has; QuestionsError where none is in both."""
    ours, theirs = {question.id for question in asked}, set(given)
    if not ours & theirs:
        raise QuestionsError(
            f"In {place} is geen antwoord op een vraag van {questions}; geef met --questions de vragen die u stelde."
        )
    say_absent(place, questions, theirs - ours)
    say_absent(questions, place, ours - theirs)


def folder_name(beir: Path) -> str:
    """Return the name of what is kept of a collection; other folders may have the same name as its own."""
    place = beir.resolve()
    return f"{place.name[:100]}-{hashlib.sha256(bytes(place)).hexdigest()[:8]}"


def refuse_given(context: typer.Context, unused: Container[str | None]) -> None:
    """Refuse options that were given and would be ignored, with BadParameter."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in unused and source and source.name == "COMMANDLINE":
            where = f"vóór '{context.invoked_subcommand}'" if context.invoked_subcommand else "hier"
            raise typer.BadParameter(f"De optie {option.opts[0]} doet {where} niets, laat ze daar weg", context)


def _work(settings: Settings, beir: Path) -> Path:
    return settings.index_dir / "beir" / folder_name(beir)


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
