"""The command `beleidswijzer`: thin shells over documented functions; data on stdout, all else on stderr."""

import logging
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from api.access.hosts import is_loopback
from api.ask import ask as answer_question
from api.ask_schemas import AskRequest, CitationOut
from api.cli import console, corpus, fit, keys, measure, model
from api.cli.doctor import run_checks
from api.cli.dutch import DutchGroup
from api.cli.systems import refuse_given
from api.export import ExportForm, answer_file, citations_file
from api.holdings import bring_up_to_date
from api.logs import log_as_json
from api.made_questions import check_language_model, make_questions
from api.routes import check_documents
from api.schemas import MAX_K, SearchRequest, SearchResponse
from api.service import SearchService, answer
from api.settings import Settings
from api.writer.language_model import rewrite
from index.answer.citation import Citation
from index.errors import RetrievalError
from index.store.manifest import MANIFEST_NAME
from ingest.errors import IngestError
from ingest.pool import close_workers

logger = logging.getLogger(__name__)
app = typer.Typer(
    help="Zoek geciteerde passages in het Vlaamse beleid sociale economie.",
    cls=DutchGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(measure.app, name="eval")
app.add_typer(keys.app, name="key")
app.add_typer(model.app, name="model")
app.command()(keys.trail)
app.command()(fit.tune)
app.command("tune-reader")(fit.tune_reader)
app.command()(fit.calibrate)
app.command("list")(corpus.list_documents)
for _command in (
    corpus.show, corpus.add, corpus.remove, corpus.watch, corpus.alert, corpus.backup, corpus.restore, corpus.mcp,
):  # fmt: skip
    app.command()(_command)
_UNGUARDED = (
    "Op het adres {} kan iedereen op het netwerk alles lezen, want niemand moet zich aanmelden; maak eerst een sleutel "
    "('beleidswijzer key make'), luister op 127.0.0.1, of geef --insecure mee als u dat zo wilt."
)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Toon de versie.")] = False,
) -> None:
    if show_version:
        typer.echo(f"beleidswijzer {version('beleidswijzer')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Bestanden en mappen; anders de map met het corpus.", metavar="PAD")
    ] = None,
    questions: Annotated[
        bool,
        typer.Option("--questions", help="Laat het taalmodel vragen schrijven bij elke passage die er geen heeft."),
    ] = False,
    as_json: console.AsJson = False,
) -> None:
    """Lees documenten en maak of vernieuw de index."""
    settings = Settings()
    service = SearchService(settings)
    wanted = paths or [settings.documents_dir()]
    if questions:
        check_language_model(settings)
    with console.progress_bars() as progress:
        report = bring_up_to_date(settings, service.embedder(), progress, wanted)
        made = make_questions(service.searcher(), wanted, settings, progress) if questions else None
    if made and made.passages:
        with console.progress_bars() as progress:
            report.known = bring_up_to_date(settings, service.embedder(), progress, wanted).known
    if made:
        typer.echo(made.told(), err=True)
    corpus.finish(settings, report, as_json)
    if made and made.failed:
        raise typer.Exit(console.EXIT_FAILED)


@app.command()
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Vraag of zoekwoorden.", metavar="ZOEKVRAAG")],
    k: Annotated[int, typer.Option("--k", help=f"Hoogste aantal passages, 1 tot {MAX_K}.")] = 10,
    kind: console.Kinds = None,
    topic: console.Topics = None,
    document: console.Documents = None,
    first: console.From = None,
    last: console.To = None,
    explain: Annotated[bool, typer.Option("--explain", help="Zeg erbij waarom een passage gevonden is.")] = False,
    form: console.Form = None,
    out: console.Out = None,
    as_json: console.AsJson = False,
) -> None:
    """Zoek passages; met --json is de uitvoer die van POST /api/search."""
    form = _form(context, form, out, as_json)
    wanted = SearchRequest.model_validate(
        {"query": query, "k": k, "explain": explain, "filters": console.filters(kind, topic, document, first, last)}
    )
    settings = Settings()
    searcher = SearchService(settings).searcher()
    check_documents(searcher, wanted.filters)
    response = answer(searcher, wanted)
    if as_json:
        console.write_out(response.model_dump_json(indent=2), out)
    elif form:
        index = searcher.index
        found = [(hit.rank, index.documents[hit.document_id], index.passage(hit.passage_id)) for hit in response.hits]
        cited = [CitationOut.of(n, Citation.whole(document, passage)) for n, document, passage in found if passage]
        console.write_out(citations_file(cited, form, settings.site()), out)
    else:
        console.write_out(_told_hits(response), out)


def _form(context: typer.Context, form: ExportForm | None, out: Path | None, as_json: bool) -> ExportForm | None:
    """Return the form to write in; what --json leaves undone, or a file's name does, is refused."""
    named = ExportForm.of_file(out)
    unused = {"form": as_json, "as_json": named not in (None, ExportForm.CSL_JSON)}
    refuse_given(context, [option for option, is_unused in unused.items() if is_unused])
    return form or named


def _told_hits(response: SearchResponse) -> str:
    told = []
    for hit in response.hits:
        told.append(f"{hit.rank}. {hit.reference}\n   {' › '.join(hit.section)}\n\n{hit.text}\n")
        if hit.explanation:
            why = hit.explanation
            known = "geen" if why.known is None else f"{why.known:.2f}"
            told.append(
                f"   Waarom: betekenis {why.dense:.2f}, woorden {why.lexical:.1f}, woordparen {why.pairs:.1f}, "
                f"woord voor woord {why.late:.2f}, bekende vragen {known}; gedeeld: {', '.join(why.matched_terms)}\n"
            )
    return "\n".join(told) or "Er is niets gevonden. Gebruik andere of minder woorden."


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="Vraag in het Nederlands.", metavar="VRAAG")],
    history: Annotated[list[str] | None, typer.Option(help="Eerdere vraag in dit gesprek; mag meermaals.")] = None,
    kind: console.Kinds = None,
    topic: console.Topics = None,
    document: console.Documents = None,
    first: console.From = None,
    last: console.To = None,
    as_of: Annotated[str | None, typer.Option(help="Alleen wat op deze dag bestond, JJJJ-MM-DD.")] = None,
    form: console.Form = None,
    out: console.Out = None,
    as_json: console.AsJson = False,
) -> None:
    """Beantwoord een vraag met citaten; met --json is de uitvoer die van POST /api/ask."""
    form = _form(context, form, out, as_json)
    wanted = AskRequest.model_validate(
        {
            "question": question,
            "history": [{"question": turn} for turn in history or []],
            "as_of": as_of,
            "filters": console.filters(kind, topic, document, first, last),
        }
    )
    settings = Settings()
    answerer = SearchService(settings).answerer()
    check_documents(answerer.searcher, wanted.filters)
    response = rewrite(answer_question(answerer, wanted), settings)
    if as_json:
        console.write_out(response.model_dump_json(indent=2), out)
    else:
        console.write_out(answer_file(response, form or ExportForm.TEXT, settings.site()), out)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Adres; anders BELEIDSWIJZER_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Poort; anders BELEIDSWIJZER_PORT.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Werk eerst de index bij met de map met het corpus.")
    ] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Bedien ook andere computers zonder dat iemand zich aanmeldt.")
    ] = False,
) -> None:
    """Start de webpagina en de API."""
    from api import server
    from api.app import create_app

    settings = Settings()
    if settings.log == "json":
        log_as_json()
    host, port = host or settings.host, port or settings.port
    with keys.store() as kept:
        guarded = settings.trusted_proxy is not None or kept.in_use()
    try:
        listener = server.listen(host, port)
        if not (guarded or insecure or is_loopback(listener.getsockname()[0])):
            console.fail(_UNGUARDED.format(host), console.EXIT_USAGE)
        application = create_app(settings)
        _prepare(application.state.service, settings, update)
        server.open_to_clients(listener)
        typer.echo(f"Beleidswijzer: http://{host}:{port}", err=True)
        server.run(application, settings, listener)
    except server.ListenError as error:
        console.fail(error, console.EXIT_BUSY)


def _prepare(service: SearchService, settings: Settings, update: bool) -> None:
    """Make the first question as fast as the next ones; without a usable index the service says so itself."""
    folder = settings.documents_dir()
    if folder != settings.corpus_dir:
        typer.echo(f"Er is nog geen map {settings.corpus_dir}; ik toon de voorbeelden in {folder}.", err=True)
        update = update or not (settings.index_dir / MANIFEST_NAME).exists()
    try:
        if update:
            corpus.update(settings, service.embedder(), [folder], err=True)
            close_workers()
        service.searcher()
    except (IngestError, RetrievalError) as error:
        logger.error("%s Zolang er geen bruikbare index is, krijgt elke vraag status 503.", error)


@app.command()
def doctor(as_json: console.AsJson = False) -> None:
    """Kijk na of alles er is om te zoeken, en zeg wat er scheelt."""
    checks = run_checks()
    lines = []
    for check in checks:
        lines.append(f"{'ok  ' if check.ok else 'Fout'} {check.name}: {check.detail}")
        lines += [f"     {name} = {value} ({origin})" for name, (value, origin) in check.values.items()]
    console.tell(checks, lines, as_json, failed=not all(check.ok for check in checks))


def main() -> None:
    """Run the command."""
    try:
        app()
    except BrokenPipeError:  # whoever read our output has gone
        sys.exit(console.EXIT_FAILED)
