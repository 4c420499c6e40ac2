"""`beleidswijzer model try`: another embedding model, measured beside the one in use before anything changes."""

import os
import time
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Annotated

import dotenv
import typer

from api.cli.console import EXIT_FAILED, AsJson, progress_bars, steps, tell
from api.cli.systems import Questions
from api.service import SearchService
from api.settings import ENV_FILE, PREFIX, Settings
from eval.compare import ALPHA, Comparison, compare
from eval.errors import QuestionsError
from eval.measure import measure_questions
from eval.questions import DATA, Question, read_questions
from eval.run import run_questions
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.update import update_index

app = typer.Typer(help="Probeer een ander taalmodel.", no_args_is_help=True)
_SAMPLE = 64  # passages that are embedded once more to time a model
_CHANGED = tuple(f"{PREFIX}{name}" for name in ("MODEL", "INDEX_DIR", "ADAPTER"))  # settings
_OWN = (
    "De gewichten van het zoeken, de zekerheid van antwoorden en de lezer zijn op het standaardmodel geijkt; "
    "ijk ze voor dit model met 'beleidswijzer calibrate' en 'beleidswijzer tune-reader'."
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a model costs and brings."""

    model: str
    dimension: int  # numbers in a vector
    passages_s: float  # passages embedded a second
    query_ms: float  # time of a search, milliseconds
    ndcg: dict[str, float]  # nDCG@10 of each question, by its id


@app.callback()
def _group() -> None:
    pass


@app.command("try")
def try_model(
    name: Annotated[str, typer.Argument(help="Map of naam van een model van sentence-transformers.", metavar="MODEL")],
    questions: Questions = DATA / "answer_fit.jsonl",
    switch: Annotated[
        bool, typer.Option("--switch", help=f"Neem het in gebruik als het niet slechter zoekt: schrijf {ENV_FILE}.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Maak een index met een ander taalmodel, en meet wat het kost en opbrengt naast het huidige."""
    settings = Settings()
    asked = [question for question in read_questions(questions) if question.answers]
    if not asked:
        raise QuestionsError(f"{questions} heeft geen vraag met een antwoord; kies een ander bestand.")
    for fixed in (key for key in _CHANGED if switch and key in os.environ):
        advice = "zet het model daar, of haal het er weg"
        raise QuestionsError(f"{fixed} staat in de omgeving en gaat voor op {ENV_FILE}; {advice}.")
    embedder = settings.model_copy(update={"model": name, "adapter": "standaard"}).load_embedder()
    own = _measure(SearchService(settings).searcher(), asked)
    folder = settings.index_dir / "model" / embedder.name.replace("/", "--")
    with progress_bars() as progress:
        update_index(folder, [settings.documents_dir()], embedder, progress, engine=settings.engine)
    tried = _measure(Searcher(load_index(folder, embedder, settings.engine), embedder), asked)
    found = compare(tried.ndcg, own.ndcg)
    worse = found.p_value < ALPHA and found.mean < found.baseline
    values = dict(zip(_CHANGED, (name, str(folder), "standaard"), strict=True))
    figures = {"used": asdict(own), "tried": asdict(tried), **asdict(found), **values}
    tell(figures, [_told(own, tried, found)], as_json)
    if not switch:
        typer.echo("\n".join(["Zo neemt u het in gebruik:", *map("=".join, values.items())]), err=True)
    elif worse:
        typer.echo(f"{name} zoekt slechter en is niet in gebruik genomen.", err=True)
        raise typer.Exit(EXIT_FAILED)
    else:
        for key, value in values.items():
            dotenv.set_key(ENV_FILE, key, value, quote_mode="auto")
        typer.echo(f"{ENV_FILE} noemt nu {name}; start de dienst opnieuw. {_OWN}", err=True)


def _measure(searcher: Searcher, asked: list[Question]) -> Trial:
    embedder, texts = searcher.embedder, [passage.search_text for passage in islice(searcher.index.passages, _SAMPLE)]
    started = time.perf_counter()
    embedder.embed_passages(texts)
    embedded = time.perf_counter() - started
    with steps("vragen", len(asked)) as more:
        started = time.perf_counter()
        run = run_questions(searcher, asked, more)
        searched = time.perf_counter() - started
    speed, query_ms = len(texts) / embedded, 1000 * searched / len(asked)
    ndcg = {name: row["nDCG@10"] for name, row in measure_questions(asked, run).items()}
    return Trial(embedder.name, embedder.dimension, speed, query_ms, ndcg)


def _told(own: Trial, tried: Trial, found: Comparison) -> str:
    verdict = "even goed"
    if found.p_value < ALPHA:
        verdict = "beter" if found.mean > found.baseline else "slechter"
    rows = [
        ("", "nu", "dit model"),
        ("nDCG@10", f"{100 * found.baseline:.1f}", f"{100 * found.mean:.1f}"),
        ("passages per seconde", f"{own.passages_s:.0f}", f"{tried.passages_s:.0f}"),
        ("milliseconden per vraag", f"{own.query_ms:.0f}", f"{tried.query_ms:.0f}"),
        ("getallen per vector", str(own.dimension), str(tried.dimension)),
    ]
    lines = [f"{what:24s}{now:>12s}{then:>12s}" for what, now, then in rows]
    lines.append(
        f"{tried.model} zoekt {verdict} op {len(own.ndcg)} eigen vragen: {found.wins} beter, {found.losses} slechter, "
        f"p = {found.p_value:.3f}."
    )
    return "\n".join([*lines, _OWN])
