"""The commands `beleidswijzer eval ...`: thin shells over the evaluation layer."""

import datetime
import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from api.cli import exchange, judge, systems
from api.cli.console import EXIT_FAILED, AsJson, steps, tell
from api.service import SearchService
from api.settings import Settings
from eval import gate
from eval.answers import AnswerFigures, GivenAnswer, extract_from, measure_answers, read_answers
from eval.ask import KEY_VARIABLE, ask_questions
from eval.beir import MEASURES, Collection, best_documents, read_collection, run_collection, text_name
from eval.compare import Comparison
from eval.errors import QuestionsError
from eval.measure import group_means, measure_questions, measure_run
from eval.pages import check_files
from eval.peers.bench import LABELS, Timing, read_bench
from eval.qrels import measure_ranking
from eval.questions import DATA, Question, check_writable, read_questions, write_text
from eval.report.build import Evaluation, Table, build_table, find_worst, render
from eval.run import passages_of, read_run, read_trec, with_texts, write_run
from eval.variants import VARIANTS
from index.search.rank import Searcher

app = typer.Typer(help="Meet hoe goed de zoekmachine antwoorden vindt.", no_args_is_help=False)

app.add_typer(exchange.app)
app.add_typer(judge.app)
FOLLOW_UPS = DATA / "dev_followups.jsonl"
BeirFolder = Annotated[Path | None, typer.Option("--beir", help="Over de teksten van deze BEIR-map, niet het corpus.")]
AnswersFile = Annotated[Path | None, typer.Option("--answers", help="Antwoorden, zoals 'eval ask' ze schrijft.")]


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    questions: systems.Questions = systems.DEV,
    run_out: Annotated[Path | None, typer.Option(help="Schrijf hier wat gevonden werd, JSON-regels.")] = None,
    beir: Annotated[Path | None, typer.Option(help="Meet op een BEIR-map in plaats van op vragen.")] = None,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Meet wat elke stap van de zoekmachine bijdraagt.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Meet hoe goed de zoekmachine antwoorden vindt; zonder deelopdracht op de vragen."""
    if context.invoked_subcommand:
        systems.refuse_given(context, context.params)
        return
    if beir:
        systems.refuse_given(context, context.params.keys() - {"beir", "as_json"})
        tables = _tables(Settings(), beir, systems.read_beir(beir), None, {}, ("full",))
        means = {table.name: table.systems[0].means for table in tables}
        tell(means, (f"{name:24s} n={row['n']:4.0f}  {_values(row)}" for name, row in means.items()), as_json)
        return
    asked = _read_answerable(questions)
    if ablation:
        systems.refuse_given(context, ("run_out",))
        _evaluate_variants(asked, as_json)
        return
    run = systems.run_all({"full": SearchService(Settings()).searcher()}, asked)["full"]
    if run_out:
        write_run(run_out, run)
    figures = measure_run(asked, run)
    tell(figures, (f"{name:11s} n={row['n']:3.0f}  {_values(row)}" for name, row in figures.items()), as_json)


@app.command()
def report(
    questions: systems.Questions = systems.DEV,
    out: Annotated[Path, typer.Option(help="HTML-bestand; ernaast komt hetzelfde als JSON.")] = Path("rapport.html"),
    beir: Annotated[list[Path] | None, typer.Option(help="Ook op deze BEIR-map; mag meermaals.")] = None,
    run: Annotated[
        list[str] | None, typer.Option(help="NAAM=BESTAND: run van een ander systeem, JSON-regels met teksten of TREC.")
    ] = None,
    peers: Annotated[
        Path | None, typer.Option(help="Map die 'eval peers' geschreven heeft: andere systemen ernaast.")
    ] = None,
    answers: AnswersFile = None,
) -> None:
    """Schrijf een meetrapport: een webpagina en JSON."""
    data = out.with_suffix(".json")
    if data == out:
        raise typer.BadParameter(f"Naast {out} komt hetzelfde als JSON, geef --out een naam die op .html eindigt")
    settings, asked = Settings(), _read_answerable(questions)
    for path in (out, data):
        check_writable(path)
    collections = {folder: systems.read_beir(folder) for folder in beir or []}
    shipped, variants = systems.searchers_over(settings, None, tuple(VARIANTS), [one.question for one in asked])
    timings: dict[str, Timing] = {}
    labels = LABELS | {name: variant.label for name, variant in VARIANTS.items()}
    others = {}
    if peers and (peers / "vragen").is_dir():
        found, timings = read_bench(peers / "vragen")
        others = systems.read_runs([f"{name}={path}" for name, path in found.items() if name != "ours"], shipped)
        timings["full"] = timings.pop("ours")
    others |= systems.read_runs(run or [], shipped, (*VARIANTS, *others))
    for name, hits in others.items():
        systems.compare_ids(questions, asked, name, hits)
    figures, answer_rows = _measure_answers(questions, answers, shipped)
    verdicts, baseline, changed = None, "", {}
    before = gate.read_baseline() if gate.BASELINE.exists() else None
    runs = systems.run_all(variants, asked) | others  # last, for it takes long: wrong files are known by now
    rows = {name: measure_questions(asked, hits) for name, hits in runs.items()}
    if before and before.retrieval.keys() == rows["full"].keys():  # other questions have no baseline
        verdicts = tuple(gate.check(before, rows["full"], answer_rows if before.answers else None))
        baseline = f"versie {before.version} van {before.date:%d-%m-%Y}"
        change = {name: row["nDCG@10"] - before.retrieval[name]["nDCG@10"] for name, row in rows["full"].items()}
        changed = {name: value for name, value in change.items() if abs(value) > 1e-3}
    index = shipped.index
    evaluation = Evaluation(
        version=version("beleidswijzer"),
        model=index.manifest.model,
        date=datetime.date.today(),
        corpus={
            "documents": len(index.documents),
            "passages": len(index.passages),
            "questions": len(asked),
            "answerable": len(rows["full"]),
        },
        questions=build_table("Ontwikkelvragen", rows, labels, timings),
        groups=group_means(asked, rows["full"]),
        worst=find_worst(asked, rows["full"], runs["full"]),
        verdicts=verdicts,
        baseline=baseline,
        changed=changed,
        collections=tuple(
            table for folder, one in collections.items() for table in _tables(settings, folder, one, peers, labels)
        ),
        answers=figures,
    )
    write_text(out, render(evaluation))
    write_text(data, evaluation.to_json())
    typer.echo(f"Het rapport staat in {out}, de cijfers in {data}.")


@app.command(name="gate")
def run_gate(
    context: typer.Context,
    questions: systems.Questions = systems.DEV,
    run: Annotated[Path | None, typer.Option(help="Keur deze run, JSON-regels, in plaats van zelf te zoeken.")] = None,
    answers: AnswersFile = None,
    baseline: Annotated[Path, typer.Option(help="Bestand met de basislijn.")] = gate.BASELINE,
    write: Annotated[bool, typer.Option("--write", help="Schrijf de basislijn in plaats van te keuren.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keur deze versie: significant slechter dan de basislijn is een fout."""
    systems.refuse_given(context, ("as_json",) if write else ())
    asked = _read_answerable(questions)
    searcher = SearchService(Settings()).searcher() if run is None or answers else None
    if run is not None:
        found, model = read_run(run), "run"
        systems.compare_ids(questions, asked, run, found)
    else:
        assert searcher is not None
        found, model = systems.run_all({"full": searcher}, asked)["full"], searcher.index.manifest.model
    rows = measure_questions(asked, found)
    _, answer_rows = _measure_answers(questions, answers, searcher)
    if write:
        kept = ""
        if answer_rows is None and baseline.exists() and (before := gate.read_baseline(baseline)).answers:
            answer_rows, kept = before.answers, f" De antwoorden erin zijn die van versie {before.version}."
        gate.write_baseline(
            baseline,
            gate.Baseline(
                version=version("beleidswijzer"), model=model, date=datetime.date.today(), retrieval=rows,
                answers=answer_rows or {},
            ),
        )  # fmt: skip
        typer.echo(f"De basislijn staat in {baseline}; kijk de verschillen na en leg ze vast.{kept}")
        return
    verdicts = gate.check(gate.read_baseline(baseline), rows, answer_rows)
    lines = []
    for verdict in verdicts:
        row, told = verdict.comparison, "SLECHTER" if verdict.failed else "in orde"
        means = f"{100 * row.baseline:5.1f} -> {100 * row.mean:5.1f}"
        lines.append(f"{verdict.measure:16s} {means}  {_against(row)}  {told}")
    rows_told = [{**asdict(verdict), "failed": verdict.failed} for verdict in verdicts]
    tell(rows_told, lines, as_json, failed=any(verdict.failed for verdict in verdicts))


@app.command()
def ask(
    out: Annotated[Path, typer.Argument(help="Bestand met antwoorden, JSON-regels.")],
    address: Annotated[
        str | None, typer.Option(help="Adres van een draaiende dienst; zonder start er hier een voor zolang het duurt.")
    ] = None,
    questions: systems.Questions = systems.DEV,
    beir: BeirFolder = None,
) -> None:
    """Stel de vragen (en de vervolgvragen) over HTTP aan een dienst en bewaar de antwoorden.

    Vraagt de dienst van --address een sleutel, zet die dan in de omgevingsvariabele EVAL_ASK_KEY.
    """
    asked, settings = _with_follow_ups(questions), Settings()
    own = nullcontext(address) if address else systems.serving(settings, systems.service_over(settings, beir))
    with own as at, steps("vragen", len(asked)) as more:
        ids = read_collection(beir).ids() if beir else {}
        count = ask_questions(at, asked, out, more, ids, os.environ.get(KEY_VARIABLE, "") if address else "")
    given = {"--questions": questions if questions != systems.DEV else None, "--beir": beir}
    words = [str(out), *(f"{option} {path}" for option, path in given.items() if path)]
    typer.echo(f"{count} antwoorden staan in {out}; meet ze met 'beleidswijzer eval answers {' '.join(words)}'.")


@app.command(name="answers")
def evaluate_answers(
    answers: Annotated[Path, typer.Argument(help="Antwoorden, zoals 'eval ask' ze schrijft.")],
    questions: systems.Questions = systems.DEV,
    beir: BeirFolder = None,
    as_json: AsJson = False,
) -> None:
    """Meet antwoorden: gevonden, letterlijk, volledig, en terecht geweigerd."""
    asked, given = _read_answers(questions, answers)
    extract = extract_from(systems.service_over(Settings(), beir).searcher().index)
    figures, _ = measure_answers(
        asked,
        given,
        (lambda document_id, spans: extract(text_name(document_id), spans)) if beir else extract,
    )
    row, lines = asdict(figures), []
    for name, value in row.items():
        if isinstance(value, dict):
            lines += [f"{name} {kind:14s} {share:.3f}" for kind, share in value.items()]
        elif name != "risk":
            lines.append(f"{name:18s} {'-' if value is None else round(value, 3)}")
    tell(row, lines, as_json)


@app.command()
def pages(paths: Annotated[list[Path], typer.Argument(help="Mappen of bestanden met documenten.")]) -> None:
    """Ga na of elk citaat staat op de bladzijde die zijn verwijzing noemt; anders is het een fout."""
    found = check_files(paths)
    for row in (*found.wrong, *found.unread):
        typer.echo(row)
    wrong = f"{len(found.wrong)} op een foute bladzijde"
    typer.echo(f"{found.units} citaten, {found.without} zonder bladzijde, {wrong}.")
    if found.wrong:
        raise typer.Exit(EXIT_FAILED)


def _read_answerable(path: Path) -> list[Question]:
    """Read questions to search for; raises QuestionsError where none has an answer: there is nothing to measure."""
    asked = read_questions(path)
    if not any(question.answers for question in asked):
        raise QuestionsError(f"In {path} heeft geen enkele vraag een antwoord; voeg citaten toe bij 'answers'.")
    return asked


def _tables(
    settings: Settings,
    folder: Path,
    collection: Collection,
    peers: Path | None,
    labels: Mapping[str, str],
    names: tuple[str, ...] = tuple(VARIANTS),
) -> list[Table]:
    """Return a table over all queries of a BEIR folder and one over each marked group of them."""
    shipped, variants = systems.searchers_over(settings, folder, names, list(collection.queries.values()))
    with steps(folder.name, len(collection.queries) * len(variants)) as more:
        runs = {name: run_collection(one, collection, more) for name, one in variants.items()}
    rows = {name: measure_ranking(MEASURES, collection.qrels, run) for name, run in runs.items()}
    tables = [build_table(folder.name, rows, labels)]
    for mark, ids in collection.groups.items():
        tables.append(build_table(f"{folder.name}, alleen '{mark}'", rows, labels, only=ids))
    if peers and (bench := peers / systems.folder_name(folder)).is_dir():
        tables.append(_peer_table(folder.name, bench, collection, shipped))
    return tables


def _peer_table(name: str, folder: Path, collection: Collection, searcher: Searcher) -> Table:
    """Return the table of the queries that were also put to other systems."""
    paths, timings = read_bench(folder)
    ids, passages = collection.ids(), passages_of(searcher.index)
    rows, asked = {}, frozenset[str]()
    for system, path in paths.items():
        run = with_texts(read_trec(path), passages, None)
        asked |= frozenset(run)
        found = {query: [(ids.get(hit.document_id, hit.document_id), hit.score) for hit in run[query]] for query in run}
        ranking = {query: best_documents(hits) for query, hits in found.items()}
        rows[system] = measure_ranking(MEASURES, collection.qrels, ranking)
    return build_table(f"{name}, naast andere systemen", rows, LABELS, timings, only=asked)


def _measure_answers(
    questions: Path, answers: Path | None, searcher: Searcher | None
) -> tuple[AnswerFigures | None, dict[str, dict[str, float]] | None]:
    if answers is None or searcher is None:
        return None, None
    return measure_answers(*_read_answers(questions, answers), extract_from(searcher.index))


def _read_answers(questions: Path, answers: Path) -> tuple[list[Question], dict[str, GivenAnswer]]:
    """Return the questions and the answers, compared as by `compare_ids`."""
    asked, given = _with_follow_ups(questions), read_answers(answers)
    systems.compare_ids(questions, asked, answers, given)
    return asked, given


def _with_follow_ups(questions: Path) -> list[Question]:
    """Return the questions, and after the development questions the follow-ups that belong to them."""
    return read_questions(questions) + (read_questions(FOLLOW_UPS) if questions == systems.DEV else [])


def _against(row: Comparison) -> str:
    return f"wint/gelijk/verliest {row.wins}/{row.ties}/{row.losses}  p {row.p_value:.3f}"


def _values(row: Mapping[str, float]) -> str:
    return "  ".join(f"{key} {100 * value:5.1f}" for key, value in row.items() if key != "n")


def _evaluate_variants(asked: list[Question], as_json: bool) -> None:
    _, variants = systems.searchers_over(Settings(), None, tuple(VARIANTS), [one.question for one in asked])
    rows = {name: measure_questions(asked, run) for name, run in systems.run_all(variants, asked).items()}
    table = build_table("vragen", rows, {})
    lines = (
        f"{system.letter} {system.name:16s} {_values({name: system.means[name] for name in ('nDCG@10', 'S@5')})}  "
        f"beter dan {system.beats or '-':10s}" + (f"  {_against(row)}" if (row := system.against_first) else "")
        for system in table.systems
    )
    tell(table.systems, lines, as_json)
