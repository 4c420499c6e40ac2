"""The commands that fit what searches and answers: tune, tune-reader, calibrate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from api.cli.console import EXIT_FAILED, AsJson, progress_bars, steps, tell
from api.service import SearchService
from api.settings import Settings
from eval.questions import DATA, read_questions
from index.answer.calibration import CALIBRATION_PATH
from index.model.pair_reader import SHIPPED_READER
from index.search.fuse import ALL, WEIGHTS_PATH
from index.search.rank import Searcher
from ingest.files import list_files, read_document

FIT = DATA / "answer_fit.jsonl"
FIT_PAIRS = DATA / "answer_fit_pairs.jsonl"
LABELS = DATA / "reader.jsonl"


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
    from eval.fit.pairs import read_pairs
    from eval.fit.tune import TuneOptions, save_book
    from eval.fit.tune import tune as tune_model
    from index.model.adapter import save_adapter

    refused = [question.question for question in read_questions(tests)]
    settings = Settings(adapter="geen")
    documents = [read_document(file) for file in list_files([settings.documents_dir()])]
    checked = read_pairs(pairs, documents, beir, refused)
    with progress_bars() as progress:
        tuned = tune_model(settings.load_trainable(), checked, TuneOptions(passes=passes), progress)
    if tuned.kept:
        save_adapter(out, tuned.tensors, tuned.manifest)
        save_book(out, Settings(adapter=str(out)).load_trainable(), checked)
    figures = [f"nDCG@10, {name}: {value:.1f}" for name, value in tuned.manifest.figures.items()]
    _tell("De adapter", out, tuned.kept, tuned.manifest, figures, as_json)


def tune_reader(
    labels: Annotated[Path, typer.Option(help="Vragen met de zinnen die ze beantwoorden, JSON-regels.")] = LABELS,
    out: Annotated[Path, typer.Option(help="Map voor de lezer.")] = SHIPPED_READER,
    beir: Annotated[
        list[Path] | None, typer.Option(help="BEIR-map met teksten van vragen die plaatsen noemen; mag meermaals.")
    ] = None,
    lines: Annotated[
        Path | None, typer.Option(help="JSON-regels met schriftelijke vragen en hun antwoord, om ook van te leren.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Hoe lang leren; anders vijf minuten op een GPU, acht uur zonder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Leer de lezer welke zin een vraag beantwoordt: minuten op een GPU, uren zonder; bewaar hem als hij beter is."""
    from eval.fit.pair_reader import ReaderOptions, save_reader, train
    from eval.fit.reader_data import covered, find_tasks, gather, judged, read_labels

    settings, fit = Settings(), read_questions(FIT)
    kept_apart = [*fit, *read_questions(DATA / "dev.jsonl"), *read_questions(DATA / "answer_test.jsonl")]
    asked = read_labels(labels, beir or [], [question.question for question in kept_apart])
    embedder = settings.load_trainable()
    searcher = Searcher(settings.load_index(embedder), embedder)
    with progress_bars() as show:
        judge = find_tasks(searcher, judged(fit), covered, show)
        tasks = gather(searcher, asked, beir or [], lines, show)
        trained = train(embedder, tasks, judge, ReaderOptions(seconds=seconds), show)
    if trained.kept:
        save_reader(out, trained.tensors, trained.manifest)
    figures = [f"{name}: {value:g}" for name, value in trained.manifest.figures.items()]
    _tell("De lezer", out, trained.kept, trained.manifest, figures, as_json)


def calibrate(
    questions: Annotated[Path, typer.Option(help="Vragen met en zonder antwoord, JSON-regels.")] = FIT,
    pairs: Annotated[Path, typer.Option(help="Vragen met de passage die ze beantwoordt, JSON-regels.")] = FIT_PAIRS,
    out: Annotated[Path, typer.Option(help="Bestand voor de gewichten van antwoorden.")] = CALIBRATION_PATH,
    ranking_out: Annotated[Path, typer.Option(help="Bestand voor de gewichten van het zoeken.")] = WEIGHTS_PATH,
) -> None:
    """Bereken de gewichten van het zoeken en van de lezer van antwoorden, op eigen vragen, en bewaar wat beter is."""
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
    with steps("vragen", len(asked) + len(paired)) as more:
        fitted = fit(searcher, asked, paired, more)
    for name, value in (weighed.figures | fitted.figures).items():
        typer.echo(f"{name}: {value:g}")
    if not is_better(fitted):
        typer.echo("De lezer is niet beter dan zijn losse signalen en is niet bewaard.")
        raise typer.Exit(EXIT_FAILED)
    out.write_text(fitted.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _tell(what: str, out: Path, kept: bool, manifest: BaseModel, figures: Sequence[str], as_json: bool) -> None:
    """Say what a training brought; status 1 where it is not better than what is there."""
    told = f"{what} staat in {out}." if kept else f"{what} is niet beter en is niet bewaard."
    tell({"kept": kept, **manifest.model_dump()}, [*figures, told], as_json, failed=not kept)
