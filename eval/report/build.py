"""One evaluation as data, as JSON for machines and as one self-contained HTML page for people (in Dutch)."""

import datetime
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader
from pydantic import TypeAdapter

from eval.answers import AnswerFigures
from eval.compare import Comparison, compare, letter, letters
from eval.errors import EvaluationError
from eval.gate import Verdict
from eval.measure import READ_CHARS, Rows, means, stands_in, word_grams
from eval.peers.bench import Timing
from eval.questions import Question
from eval.run import Run

WORST = 10  # questions that are shown in full
_SHOWN_HITS = 3  # of each of them
_one_line = partial(textwrap.shorten, width=420, placeholder=" …")


@dataclass(frozen=True, slots=True)
class System:
    """One system in a table."""

    name: str  # of the variant or the run
    label: str  # what it is, in Dutch
    letter: str  # by which other rows say that they beat it
    means: dict[str, float]  # measure -> mean in [0, 1], and "n"
    beats: str  # letters of the systems that it is significantly better than, on nDCG@10
    against_first: Comparison | None  # its comparison with the first system of the table; None for that one
    timing: Timing | None = None  # speed, where it was measured


@dataclass(frozen=True, slots=True)
class Table:
    """Systems on one set of questions, with their values a question for who wants to compute further."""

    name: str
    systems: tuple[System, ...]
    rows: dict[str, Rows] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quote that a question asked for; `rank` is the first hit that covers it, None if none does."""

    document: str
    grade: int
    quote: str
    rank: int | None


@dataclass(frozen=True, slots=True)
class WorstQuestion:
    """A question with a low score: what was wanted and what was found."""

    id: str
    question: str
    values: dict[str, float]
    wanted: tuple[Wanted, ...]
    found: tuple[tuple[str, str, bool], ...]  # document_id, start of the text, whether it covers a quote


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that one evaluation found."""

    version: str  # what was measured
    model: str
    date: datetime.date
    corpus: dict[str, int]  # number of documents, passages, questions and answerable questions
    questions: Table  # systems on the questions with quotes; the first is the search as it ships
    groups: dict[str, dict[str, dict[str, float]]]  # facet -> value -> means of the first system
    worst: tuple[WorstQuestion, ...]  # the questions on which it scores lowest
    verdicts: tuple[Verdict, ...] | None = None  # against the baseline; None without one
    baseline: str = ""  # version and date of the baseline
    changed: dict[str, float] = field(default_factory=dict)  # question id -> change of nDCG@10 against the baseline
    collections: tuple[Table, ...] = ()  # systems on BEIR collections, all queries and each marked group
    answers: AnswerFigures | None = None  # None where none were given

    def to_json(self) -> str:
        """Return all of it as JSON."""
        return TypeAdapter(Any).dump_json(self, indent=1).decode()


def build_table(
    name: str,  # of the set, in Dutch
    rows: Mapping[str, Rows],  # system -> values of each question, in the order of the table
    labels: Mapping[str, str],  # system -> what it is; its name where missing
    timings: Mapping[str, Timing] | None = None,  # system -> speed
    only: frozenset[str] | None = None,  # ids of the questions that count; None counts all
) -> Table:
    """Compare systems on one set of questions."""
    kept = {
        system: {qid: row for qid, row in found.items() if only is None or qid in only}
        for system, found in rows.items()
    }
    ndcg = {system: {qid: row["nDCG@10"] for qid, row in found.items()} for system, found in kept.items()}
    beats = letters(ndcg)
    first = next(iter(ndcg))
    systems = tuple(
        System(
            name=system,
            label=labels.get(system, system),
            letter=letter(i),
            means=means(found.values()),
            beats=beats[system],
            against_first=None if system == first else compare(ndcg[system], ndcg[first]),
            timing=(timings or {}).get(system),
        )
        for i, (system, found) in enumerate(kept.items())
    )
    return Table(name, systems, dict(kept))


def find_worst(questions: Sequence[Question], rows: Rows, run: Run) -> tuple[WorstQuestion, ...]:
    """Return the questions with the lowest nDCG@10, lowest first, with what was wanted and what was found."""
    answerable = sorted((q for q in questions if q.id in rows), key=lambda q: (rows[q.id]["nDCG@10"], q.id))
    worst = []
    for question in answerable[:WORST]:
        hits = run.get(question.id, ())
        grams = [(hit.document_id, word_grams(hit.text[:READ_CHARS])) for hit in hits]
        wanted, useful = [], set[int]()
        for answer in question.answers:
            ranks = [rank for rank, (name, text) in enumerate(grams, start=1) if stands_in(answer, name, text)]
            quote = _one_line(answer.quote or "het hele document")
            wanted.append(Wanted(answer.doc, answer.grade, quote, min(ranks, default=None)))
            useful.update(ranks)
        shown = enumerate(hits[:_SHOWN_HITS], start=1)
        found = tuple((hit.document_id, _one_line(hit.text), rank in useful) for rank, hit in shown)
        worst.append(WorstQuestion(question.id, question.question, dict(rows[question.id]), tuple(wanted), found))
    return tuple(worst)


def summarise(evaluation: Evaluation) -> list[str]:
    """Return what the figures say, in a few Dutch sentences for a reader who sees nothing else."""
    ours = evaluation.questions.systems[0].means
    n = int(ours["n"])
    lost = sum(row["S@10"] == 0 for row in evaluation.questions.rows[evaluation.questions.systems[0].name].values())
    lines = [
        f"Bij {ours['S@5'] * n:.0f} van de {n} vragen staat een volledig antwoord bij de eerste vijf passages, "
        f"bij {ours['S@1'] * n:.0f} is het de eerste passage.",
        f"Bij {lost} van de {n} vragen staat er bij de eerste tien passages geen volledig antwoord.",
    ]
    if evaluation.verdicts is not None:
        worse = [verdict.measure for verdict in evaluation.verdicts if verdict.failed]
        lines.append(
            f"Significant slechter dan de basislijn ({evaluation.baseline}) op: {', '.join(worse)}."
            if worse
            else f"Niet significant slechter dan de basislijn ({evaluation.baseline})."
        )
    timed = [f"{s.label}: {s.timing.p50_ms:.0f} ms" for s in evaluation.questions.systems if s.timing]
    if len(timed) > 1:
        lines.append(f"Zoeken duurt per vraag, mediaan: {'; '.join(timed)}.")
    for table in evaluation.collections:
        first, *others = table.systems
        best = max(others, key=lambda system: system.means["nDCG@10"], default=None)
        told = f"Op {table.name} ({first.means['n']:.0f} vragen) is nDCG@10 {points(first.means['nDCG@10'])}"
        if best:
            told += f"; van de andere in die tabel is '{best.label}' de beste, met {points(best.means['nDCG@10'])}"
        lines.append(f"{told}.")
    if evaluation.answers:
        found = evaluation.answers
        lines.append(
            f"Van de antwoorden citeert {100 * found.found:.0f} % een volledig antwoord; "
            f"{100 * found.false_answers:.0f} % van de vragen zonder antwoord in het corpus krijgt er toch een."
        )
    return lines


def points(share: float) -> str:
    """Return a share as points from 0 to 100, as Dutch writes them."""
    return f"{100 * share:.1f}".replace(".", ",")


def render(evaluation: Evaluation) -> str:
    """Return the HTML page, with styles and plots, that needs no network; EvaluationError without matplotlib."""
    try:
        from eval.report import plots
    except ImportError as error:
        raise EvaluationError(
            f"Het rapport heeft de extra 'eval' nodig ({error}); draai pip install 'beleidswijzer[eval]'."
        ) from error

    groups = {
        facet: {_VALUES.get(value, value): row for value, row in values.items()}
        for facet, values in evaluation.groups.items()
    }
    pictures: dict[str, str] = {
        "systems": plots.draw(plots.systems, evaluation.questions),
        "ranks": plots.draw(plots.success_by_rank, evaluation.questions),
        "groups": plots.draw(plots.groups, {_FACETS[facet]: values for facet, values in groups.items()}),
    }
    if evaluation.changed:
        pictures["changes"] = plots.draw(plots.changes, evaluation.changed)
    if evaluation.answers and evaluation.answers.risk:
        pictures["risk"] = plots.draw(plots.risk, evaluation.answers.risk)
    environment = Environment(
        loader=PackageLoader("eval.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["pct"] = points
    environment.filters["num"] = lambda value, places=0: f"{value:.{places}f}".replace(".", ",")
    return environment.get_template("report.html").render(
        e=evaluation, groups=groups, summary=summarise(evaluation), pictures=pictures, facets=_FACETS
    )


_FACETS = {"style": "Stijl van de vraag", "kind": "Soort vraag", "topic": "Onderwerp", "document": "Document"}
_VALUES = {
    "full": "volledige zin",
    "paraphrase": "in andere woorden",
    "keywords": "trefwoorden",
    "acronym": "met afkorting",
    "typo": "met tikfout",
    "rule": "regel",
    "policy": "beleid",
    "figure": "cijfer",
    "precedent": "precedent",
    "compare": "vergelijking",
    "date": "datum",
    "entity": "naam of instelling",
    "definition": "definitie",
    "temporal": "verloop in de tijd",
    "andere": "ander onderwerp",
}
