"""The command `beleidswijzer`: thin shells over documented functions; data on stdout, all else on stderr."""

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from api.access.hosts import is_loopback
from api.access.keys import KeyStore
from api.ask import ask as answer_question
from api.ask import describe
from api.ask_schemas import AskRequest
from api.cli import keys, measure
from api.cli.console import EXIT_FAILED, EXIT_USAGE, AsJson, progress_bars, reporting
from api.cli.doctor import run_checks
from api.logs import log_as_json
from api.schemas import MAX_K, SearchRequest
from api.service import SearchService, answer
from api.settings import Settings
from api.writer.language_model import rewrite
from eval.questions import DATA, read_questions
from index.answer.calibration import CALIBRATION_PATH
from index.errors import RetrievalError
from index.model.pair_reader import SHIPPED_READER
from index.search.fuse import ALL, WEIGHTS_PATH
from index.search.rank import Searcher
from index.store.intake import Report
from index.store.load import load_index
from index.store.update import update_index
from ingest.errors import IngestError
from ingest.files import list_files, read_document
from ingest.pool import close_workers

FIT = DATA / "answer_fit.jsonl"
FIT_PAIRS = DATA / "answer_fit_pairs.jsonl"
LABELS = DATA / "reader.jsonl"

app = typer.Typer(
    help="Zoek geciteerde passages in het Vlaamse beleid sociale economie.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(measure.app, name="eval")
app.add_typer(keys.app, name="key")
app.command()(keys.trail)
logger = logging.getLogger("beleidswijzer")
_UNGUARDED = (
    "Op het adres {} kan iedereen op het netwerk alles lezen, want niemand moet zich aanmelden; maak eerst een sleutel "
    "('beleidswijzer key make'), luister op 127.0.0.1, of geef --insecure mee als u dat zo wilt."
)


@app.command()
def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Bestanden en mappen; anders de map met het corpus.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lees documenten en maak of vernieuw de index."""
    with reporting():
        settings = Settings()
        service = SearchService(settings)
        with progress_bars() as progress:
            report = update_index(
                settings.index_dir,
                paths or [settings.corpus_dir],
                service.embedder(),
                progress,
                engine=settings.engine,
            )
        _note_ingest(settings, report)
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2) if as_json else _summary(report))
        if report.failed or report.faults:
            raise typer.Exit(EXIT_FAILED)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Vraag of zoekwoorden.")],
    k: Annotated[int, typer.Option("--k", help=f"Hoogste aantal passages, 1 tot {MAX_K}.")] = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Zeg erbij waarom een passage gevonden is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Zoek passages; met --json is de uitvoer die van POST /api/search."""
    with reporting():
        wanted = SearchRequest(query=query, k=k, explain=explain)
        searcher = SearchService(Settings()).searcher()
        response = answer(searcher, wanted)
        if as_json:
            typer.echo(response.model_dump_json(indent=2))
            return
        for hit in response.hits:
            typer.echo(f"{hit.rank}. {hit.reference}\n   {' › '.join(hit.section)}\n\n{hit.text}\n")
            if hit.explanation:
                why = hit.explanation
                known = "geen" if why.known is None else f"{why.known:.2f}"
                typer.echo(
                    f"   Waarom: betekenis {why.dense:.2f}, woorden {why.lexical:.1f}, "
                    f"woordparen {why.pairs:.1f}, "
                    f"woord voor woord {why.late:.2f}, bekende vragen {known}; "
                    f"gedeeld: {', '.join(why.matched_terms)}\n"
                )
        if not response.hits:
            typer.echo("Er is niets gevonden. Gebruik andere of minder woorden.")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="Vraag in het Nederlands.")],
    history: Annotated[
        list[str] | None, typer.Option("--history", help="Eerdere vraag in dit gesprek; mag meermaals.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Alleen wat op deze dag bestond, JJJJ-MM-DD.")] = None,
    as_json: AsJson = False,
) -> None:
    """Beantwoord een vraag met citaten; met --json is de uitvoer die van POST /api/ask."""
    with reporting():
        wanted = AskRequest.model_validate(
            {"question": question, "history": [{"question": turn} for turn in history or []], "as_of": as_of}
        )
        settings = Settings()
        response = rewrite(answer_question(SearchService(settings).answerer(), wanted), settings)
        typer.echo(response.model_dump_json(indent=2) if as_json else describe(response))


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
    with reporting():
        from api import server
        from api.app import create_app

        settings = Settings()
        if settings.log == "json":
            log_as_json()
        host, port = host or settings.host, port or settings.port
        try:
            listener = server.listen(host, port)
        except server.ListenError as error:
            typer.echo(f"Fout: {error}", err=True)
            raise typer.Exit(EXIT_FAILED) from error
        guarded = settings.trusted_proxy is not None or KeyStore(settings.access_path()).in_use()
        if not (guarded or insecure or is_loopback(listener.getsockname()[0])):
            typer.echo(f"Fout: {_UNGUARDED.format(host)}", err=True)
            raise typer.Exit(EXIT_USAGE)
        application = create_app(settings)
        service: SearchService = application.state.service
        try:
            if update:
                with progress_bars() as progress:
                    report = update_index(
                        settings.index_dir,
                        [settings.corpus_dir],
                        service.embedder(),
                        progress,
                        engine=settings.engine,
                    )
                _note_ingest(settings, report)
                typer.echo(_summary(report), err=True)
                close_workers()
            service.searcher()  # the first question should not wait for the model
        except (IngestError, RetrievalError) as error:
            logger.error("%s Without a usable index every question is answered with status 503.", error)
        typer.echo(f"Beleidswijzer: http://{host}:{port}", err=True)
        server.run(application, settings, listener)


@app.command()
def tune(
    pairs: Annotated[list[Path], typer.Argument(help="Bestanden met paren van vraag en passage, JSON-regels.")],
    out: Annotated[Path, typer.Option(help="Map voor de adapter.")] = Path("adapter"),
    beir: Annotated[
        Path | None, typer.Option(help="BEIR-map met de teksten van paren die alleen een doc noemen.")
    ] = None,
    tests: Annotated[Path, typer.Option(help="Testvragen, waarop niet getraind mag worden.")] = DATA / "dev.jsonl",
    passes: Annotated[int, typer.Option(min=1, max=100, help="Hoe vaak elke passage gezien wordt.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Stem het taalmodel af op vragen en passages, en bewaar de adapter als hij beter is."""
    with reporting():
        from eval.fit.pairs import read_pairs
        from eval.fit.tune import TuneOptions
        from eval.fit.tune import tune as tune_model
        from index.model.adapter import save_adapter

        refused = [question.question for question in read_questions(tests)]
        settings = Settings(adapter="geen")
        documents = [read_document(file) for file in list_files([settings.corpus_dir])]
        checked = read_pairs(pairs, documents, beir, refused)
        with progress_bars() as progress:
            tuned = tune_model(settings.load_trainable(), checked, TuneOptions(passes=passes), progress)
        if tuned.kept:
            save_adapter(out, tuned.tensors, tuned.manifest)
        if as_json:
            typer.echo(json.dumps({"kept": tuned.kept, **tuned.manifest.model_dump()}, indent=2))
        else:
            for name, value in tuned.manifest.figures.items():
                typer.echo(f"nDCG@10, {name}: {value:.1f}")
            typer.echo(f"De adapter staat in {out}." if tuned.kept else "De adapter is niet beter en is niet bewaard.")
        if not tuned.kept:
            raise typer.Exit(EXIT_FAILED)


@app.command("tune-reader")
def tune_reader(
    labels: Annotated[Path, typer.Option(help="Vragen met de zinnen die ze beantwoorden, JSON-regels.")] = LABELS,
    out: Annotated[Path, typer.Option(help="Map voor de lezer.")] = SHIPPED_READER,
    beir: Annotated[Path | None, typer.Option(help="BEIR-map met de teksten van vragen die plaatsen noemen.")] = None,
    lines: Annotated[
        Path | None, typer.Option(help="JSON-regels met schriftelijke vragen en hun antwoord, om ook van te leren.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Hoe lang leren; anders vijf minuten op een GPU, acht uur zonder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Leer de lezer welke zin een vraag beantwoordt: minuten op een GPU, uren zonder; bewaar hem als hij beter is."""
    with reporting():
        from eval.fit.pair_reader import ReaderOptions, save_reader, train
        from eval.fit.reader_data import covered, find_tasks, gather, judged, read_labels

        settings, fit = Settings(), read_questions(FIT)
        kept_apart = [*fit, *read_questions(DATA / "dev.jsonl"), *read_questions(DATA / "answer_test.jsonl")]
        own, other = read_labels(labels, beir, [question.question for question in kept_apart])
        embedder = settings.load_trainable()
        searcher = Searcher(load_index(settings.index_dir, embedder, settings.engine), embedder)
        with progress_bars() as show:
            judge = find_tasks(searcher, judged(fit), covered, show)
            tasks = gather(searcher, own, other, beir, lines, show)
            trained = train(embedder, tasks, judge, ReaderOptions(seconds=seconds), show)
        if trained.kept:
            save_reader(out, trained.tensors, trained.manifest)
        if as_json:
            typer.echo(json.dumps({"kept": trained.kept, **trained.manifest.model_dump()}, indent=2))
        else:
            for name, value in trained.manifest.figures.items():
                typer.echo(f"{name}: {value:g}")
            typer.echo(f"De lezer staat in {out}." if trained.kept else "De lezer is niet beter en is niet bewaard.")
        if not trained.kept:
            raise typer.Exit(EXIT_FAILED)


@app.command()
def calibrate(
    questions: Annotated[Path, typer.Option(help="Vragen met en zonder antwoord, JSON-regels.")] = FIT,
    pairs: Annotated[Path, typer.Option(help="Vragen met de passage die ze beantwoordt, JSON-regels.")] = FIT_PAIRS,
    out: Annotated[Path, typer.Option(help="Bestand voor de gewichten van antwoorden.")] = CALIBRATION_PATH,
    ranking_out: Annotated[Path, typer.Option(help="Bestand voor de gewichten van het zoeken.")] = WEIGHTS_PATH,
) -> None:
    """Bereken de gewichten van het zoeken en van de lezer van antwoorden, op eigen vragen, en bewaar wat beter is."""
    with reporting():
        from eval.fit.calibrate import calibrate as fit
        from eval.fit.calibrate import is_better
        from eval.fit.pairs import PairRow
        from eval.fit.weigh import weigh
        from ingest.jsonl import read_rows

        asked, paired = read_questions(questions), read_rows(pairs, PairRow)
        searcher = SearchService(Settings()).searcher()
        weighed = weigh(searcher, asked, paired)
        ranking_out.write_text(weighed.model_dump_json(indent=1) + "\n", encoding="utf-8")
        searcher = searcher.with_signals(ALL, weighed.weights)
        with tqdm(total=len(asked) + len(paired), unit="vraag", disable=None) as bar:
            fitted = fit(searcher, asked, paired, bar.update)
        for name, value in (weighed.figures | fitted.figures).items():
            typer.echo(f"{name}: {value:g}")
        if not is_better(fitted):
            typer.echo("De lezer is niet beter dan zijn losse signalen en is niet bewaard.")
            raise typer.Exit(EXIT_FAILED)
        out.write_text(fitted.model_dump_json(indent=1) + "\n", encoding="utf-8")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Kijk na of alles er is om te zoeken, en zeg wat er scheelt."""
    with reporting():
        checks = run_checks()
        if as_json:
            typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
        else:
            for check in checks:
                typer.echo(f"{'ok  ' if check.ok else 'FOUT'} {check.name}: {check.detail}")
        if not all(check.ok for check in checks):
            raise typer.Exit(EXIT_FAILED)


def _note_ingest(settings: Settings, report: Report) -> None:
    """Write in the trail what came in and what went; one that changed nothing is no step."""
    changes = {"nieuw": report.added, "gewijzigd": report.changed, "verwijderd": report.removed}
    told = [f"{name}: {', '.join(documents)}" for name, documents in changes.items() if documents]
    if told:
        KeyStore(settings.access_path()).note("ingelezen", "; ".join(told))


def _summary(report: Report) -> str:
    lines = [
        f"{report.documents} documenten, {report.pages} bladzijden, {report.passages} passages in de index; "
        f"{report.known} bekende vragen.",
        f"Nieuw {len(report.added)}, gewijzigd {len(report.changed)}, ongewijzigd {len(report.unchanged)}, "
        f"verwijderd {len(report.removed)}, dubbel {len(report.copies)}, mislukt {len(report.failed)}, "
        f"overgeslagen {len(report.skipped)}; {report.embedded} passages ingebed.",
    ]
    lines += [
        f"Dubbel: {Path(path).name} heeft dezelfde tekst als {original}." for path, original in report.copies.items()
    ]
    lines += [f"Let op: {note}" for note in report.notes]
    lines += [f"Overgeslagen: {reason}" for reason in report.skipped.values()]
    lines += [f"Fout: {fault}" for fault in report.faults]
    return "\n".join([*lines, *(f"Mislukt: {reason}" for reason in report.failed.values())])


def main() -> None:
    """Run the command."""
    try:
        app()
    except BrokenPipeError:  # whoever read our output has gone
        sys.exit(EXIT_FAILED)
