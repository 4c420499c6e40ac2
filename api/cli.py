"""The command `beleidswijzer`: thin shells over documented functions; data on stdout, all else on stderr."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Never

import typer
from pydantic import ValidationError
from tqdm import tqdm

from api.doctor import run_checks
from api.errors import translate
from api.schemas import MAX_K, SearchRequest
from api.service import SearchService, answer
from api.settings import Settings
from eval.errors import EvaluationError
from eval.measure import measure_run
from eval.questions import Question, read_questions, write_run
from eval.run import run_questions
from index.build import Progress, Report, load_index, update_index
from index.errors import RetrievalError
from index.search import Searcher
from ingest.build import list_files, read_document
from ingest.errors import IngestError

app = typer.Typer(
    help="Zoek geciteerde passages in het Vlaamse beleid sociale economie.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
logger = logging.getLogger("beleidswijzer")
_EXIT_FAILED, _EXIT_USAGE = 1, 2
AsJson = Annotated[bool, typer.Option("--json", help="Schrijf JSON in plaats van tekst.")]


@contextmanager
def _reporting() -> Iterator[None]:
    """Log to stderr; turn known errors into one sentence there and into the right exit status."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for noisy in ("sentence_transformers", "httpx", "bm25s", "faiss"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        yield
    except (IngestError, RetrievalError, EvaluationError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(_EXIT_FAILED) from error
    except ValidationError as error:
        typer.echo(f"Fout: {translate(dict(error.errors()[0]))}", err=True)
        raise typer.Exit(_EXIT_USAGE) from error


@app.command()
def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Bestanden en mappen; anders de map met het corpus.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lees documenten en maak of vernieuw de index."""
    with _reporting():
        settings = Settings()
        service = SearchService(settings)
        with _progress_bars() as progress:
            report = update_index(settings.index_dir, paths or [settings.corpus_dir], service.embedder(), progress)
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2) if as_json else _summary(report))
        if report.failed:
            raise typer.Exit(_EXIT_FAILED)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Vraag of zoekwoorden.")],
    k: Annotated[int, typer.Option("--k", help=f"Hoogste aantal passages, 1 tot {MAX_K}.")] = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Zeg erbij waarom een passage gevonden is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Zoek passages; met --json is de uitvoer die van POST /api/search."""
    with _reporting():
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
                typer.echo(
                    f"   Waarom: betekenis {why.dense:.2f}, woorden {why.lexical:.1f}, "
                    f"woord voor woord {why.late:.2f}; gedeeld: {', '.join(why.matched_terms)}\n"
                )
        if not response.hits:
            typer.echo("Er is niets gevonden. Gebruik andere of minder woorden.")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Adres; anders BELEIDSWIJZER_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Poort; anders BELEIDSWIJZER_PORT.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Werk eerst de index bij met de map met het corpus.")
    ] = False,
) -> None:
    """Start de webpagina en de API."""
    with _reporting():
        import uvicorn

        from api.app import create_app

        settings = Settings()
        application = create_app(settings)
        service: SearchService = application.state.service
        try:
            if update:
                with _progress_bars() as progress:
                    report = update_index(settings.index_dir, [settings.corpus_dir], service.embedder(), progress)
                typer.echo(_summary(report), err=True)
            service.searcher()  # the first question should not wait for the model
        except (IngestError, RetrievalError) as error:
            logger.error("%s Without a usable index every question is answered with status 503.", error)
        typer.echo(f"Beleidswijzer: http://{host or settings.host}:{port or settings.port}", err=True)
        uvicorn.run(
            application, host=host or settings.host, port=port or settings.port, log_level="warning", access_log=False
        )


@app.command(name="eval")
def evaluate(
    questions: Annotated[Path, typer.Option(help="Vragen met citaten, JSON-regels.")] = Path("eval/dev.jsonl"),
    run_out: Annotated[Path | None, typer.Option(help="Schrijf hier wat gevonden werd, JSON-regels.")] = None,
    beir: Annotated[Path | None, typer.Option(help="Meet op een BEIR-map in plaats van op vragen.")] = None,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Meet wat elke stap van de zoekmachine bijdraagt.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Meet hoe goed de zoekmachine antwoorden vindt."""
    with _reporting():
        if beir:
            _evaluate_beir(beir, as_json)
            return
        if ablation:
            _evaluate_stages(read_questions(questions), as_json)
            return
        asked = read_questions(questions)
        searcher = SearchService(Settings()).searcher()
        with tqdm(total=len(asked), desc="vragen", unit="vraag", disable=None) as bar:
            run = run_questions(searcher, asked, lambda: bar.update(1))
        if run_out:
            write_run(run_out, run)
        figures = measure_run(asked, run)
        if as_json:
            typer.echo(json.dumps(figures, indent=2))
            return
        for name, row in figures.items():
            values = "  ".join(f"{key} {100 * value:5.1f}" for key, value in row.items() if key != "n")
            typer.echo(f"{name:11s} n={row['n']:3.0f}  {values}")


def _evaluate_stages(questions: list[Question], as_json: bool) -> None:
    from eval.ablation import VARIANTS, compare_variants

    service = SearchService(Settings())
    answerable = sum(bool(question.answers) for question in questions)
    with tqdm(total=answerable * len(VARIANTS), desc="vragen", unit="vraag", disable=None) as bar:
        rows = compare_variants(service.searcher(), service.embedder(), questions, lambda: bar.update(1))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    for row in rows:
        typer.echo(
            f"{row.name:20s} nDCG@10 {100 * row.ndcg:5.1f}  S@5 {100 * row.full:5.1f}  "
            f"wint/gelijk/verliest {row.wins}/{row.ties}/{row.losses}  p {row.p_value:.3f}"
        )


def _evaluate_beir(folder: Path, as_json: bool) -> None:
    from eval.beir import measure_collection, read_collection, run_collection, write_texts

    settings = Settings()
    collection = read_collection(folder)
    work = settings.index_dir / "beir" / folder.name  # kept, so that the next time nothing is embedded again
    write_texts(collection, work / "texts")
    embedder = settings.load_embedder()
    with _progress_bars() as progress:
        update_index(work / embedder.name, [work / "texts"], embedder, progress)
    searcher = Searcher(load_index(work / embedder.name, embedder), embedder)
    with tqdm(total=len(collection.queries), desc="vragen", unit="vraag", disable=None) as bar:
        run = run_collection(searcher, collection, lambda: bar.update(1))
    figures = measure_collection(collection.qrels, run)
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    typer.echo("  ".join(f"{name} {100 * value:.1f}" for name, value in figures.items()))


@app.command()
def tune(
    pairs: Annotated[list[Path], typer.Argument(help="Bestanden met paren van vraag en passage, JSON-regels.")],
    out: Annotated[Path, typer.Option(help="Map voor de adapter.")] = Path("adapter"),
    beir: Annotated[
        Path | None, typer.Option(help="BEIR-map met de teksten van paren die alleen een doc noemen.")
    ] = None,
    tests: Annotated[Path, typer.Option(help="Testvragen, waarop niet getraind mag worden.")] = Path("eval/dev.jsonl"),
    passes: Annotated[int, typer.Option(min=1, max=100, help="Hoe vaak elke passage gezien wordt.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Stem het taalmodel af op vragen en passages, en bewaar de adapter als hij beter is."""
    with _reporting():
        from index.adapter import save_adapter
        from index.pairs import read_pairs
        from index.tune import TuneOptions
        from index.tune import tune as tune_model

        refused = [question.question for question in read_questions(tests)]
        settings = Settings(adapter="geen")
        documents = [read_document(file) for file in list_files([settings.corpus_dir])]
        checked = read_pairs(pairs, documents, beir, refused)
        with _progress_bars() as progress:
            tuned = tune_model(settings.load_embedder(), checked, TuneOptions(passes=passes), progress)
        if tuned.kept:
            save_adapter(out, tuned.tensors, tuned.manifest)
        if as_json:
            typer.echo(json.dumps({"kept": tuned.kept, **tuned.manifest.model_dump()}, indent=2))
        else:
            for name, value in tuned.manifest.figures.items():
                typer.echo(f"nDCG@10, {name}: {value:.1f}")
            typer.echo(f"De adapter staat in {out}." if tuned.kept else "De adapter is niet beter en is niet bewaard.")
        if not tuned.kept:
            raise typer.Exit(_EXIT_FAILED)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Kijk na of alles er is om te zoeken, en zeg wat er scheelt."""
    with _reporting():
        checks = run_checks()
        if as_json:
            typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
        else:
            for check in checks:
                typer.echo(f"{'ok  ' if check.ok else 'FOUT'} {check.name}: {check.detail}")
        if not all(check.ok for check in checks):
            raise typer.Exit(_EXIT_FAILED)


@contextmanager
def _progress_bars() -> Iterator[Progress]:
    """Show a bar for each step, on a terminal only; elsewhere a line every now and then would only be noise."""
    bars: dict[str, tqdm[Never]] = {}

    def update(step: str, done: int, total: int) -> None:
        bar = bars.get(step) or bars.setdefault(step, tqdm(total=total, desc=step, disable=None))
        bar.update(done - bar.n)

    try:
        yield update
    finally:
        for bar in bars.values():
            bar.close()


def _summary(report: Report) -> str:
    lines = [
        f"{report.documents} documenten, {report.pages} bladzijden, {report.passages} passages in de index.",
        f"Nieuw {len(report.added)}, gewijzigd {len(report.changed)}, ongewijzigd {len(report.unchanged)}, "
        f"verwijderd {len(report.removed)}, mislukt {len(report.failed)}; {report.embedded} passages ingebed.",
    ]
    return "\n".join([*lines, *(f"Mislukt: {reason}" for reason in report.failed.values())])


def main() -> None:
    """Run the command."""
    try:
        app()
    except BrokenPipeError:  # whoever read our output has gone
        sys.exit(_EXIT_FAILED)
