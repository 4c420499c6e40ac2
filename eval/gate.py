"""The gate: is this version significantly worse than the committed baseline, question by question?"""

import datetime
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Annotated

from pydantic import BaseModel, Field

from eval.compare import ALPHA, Comparison, compare, interval
from eval.errors import QuestionsError
from eval.measure import Rows
from eval.questions import DATA, write_text
from ingest.reasons import reason_of

BASELINE = DATA / "baseline.json"
# What stops a release. Judged@10 does not: it says how much is known, not how good it is.
RETRIEVAL_MEASURES = ("nDCG@10", "S@5", "R@10")
ANSWER_MEASURES = ("answer found", "coverage", "verbatim", "right to answer")
# What a release says of its own quality, measure -> what it says, in Dutch.
_TOLD = {
    "nDCG@10": "goede volgorde van de eerste tien",
    "RR": "plaats van het eerste citaat",
    "S@1": "volledig antwoord in de eerste passage",
    "S@3": "volledig antwoord in de eerste drie",
    "S@5": "volledig antwoord in de eerste vijf",
    "S@10": "volledig antwoord in de eerste tien",
    "R@10": "deel van alle citaten in de eerste tien",
}
_PLACES = 4  # decimals of the baseline; what is compared with it is rounded alike


class Baseline(BaseModel):
    """The values that a version must not fall below."""

    version: str
    model: Annotated[str, Field(description="model and adapter that gave the values")]
    date: datetime.date
    retrieval: dict[str, dict[str, float]]
    answers: dict[str, dict[str, float]] = {}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One measure against the baseline, with a one-sided p-value.

    It is not corrected for the number of measures: a false alarm costs a look, a document that went missing unnoticed
    costs more.
    """

    measure: str
    comparison: Comparison

    @property
    def failed(self) -> bool:
        """Whether this version is significantly worse."""
        return self.comparison.p_value < ALPHA


def check(baseline: Baseline, retrieval: Rows, answers: Rows | None = None) -> list[Verdict]:
    """Return a verdict on each measure of a version, whose answers may be left out.

    A new question does not count until the baseline is made again. QuestionsError where the baseline has questions
    that the version lacks, or holds none of the answers or questions.
    """
    if baseline.retrieval.keys() - retrieval.keys():
        raise QuestionsError(
            "De basislijn is van andere vragen; keur met de vragen van de basislijn, of maak ze opnieuw met --write."
        )
    pairs = {name: (retrieval, baseline.retrieval) for name in RETRIEVAL_MEASURES}
    if answers is not None:
        pairs |= {name: (answers, baseline.answers) for name in ANSWER_MEASURES}
    verdicts = []
    for name, pair in pairs.items():
        now, before = ({q: round(row[name], _PLACES) for q, row in rows.items() if name in row} for rows in pair)
        if not before:
            raise QuestionsError(f"De basislijn mist '{name}'; maak ze opnieuw met 'make eval-baseline'.")
        verdicts.append(Verdict(name, compare(now, before, "less")))
    return verdicts


def read_baseline(path: Path = BASELINE) -> Baseline:
    """Read a baseline; QuestionsError where it cannot be read or is of another form."""
    try:
        return Baseline.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuestionsError(
            f"De basislijn {path} kan niet gelezen worden ({reason_of(error)}); maak ze met 'make eval-baseline'."
        ) from error
    except ValueError as error:  # of pydantic, or no UTF-8
        raise QuestionsError(f"{path} is geen basislijn; maak ze opnieuw met 'make eval-baseline'.") from error


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, one question a line, so that a change reads as a diff; QuestionsError where it cannot."""
    head = baseline.model_dump_json(exclude={"retrieval", "answers"})[1:-1]
    parts = [f'"retrieval": {{\n{_lines(baseline.retrieval)}\n}}', f'"answers": {{\n{_lines(baseline.answers)}\n}}']
    write_text(path, "{" + ",\n".join([head, *parts]) + "}\n")


def _lines(rows: Rows) -> str:
    rounded = {name: {key: round(value, _PLACES) for key, value in row.items()} for name, row in sorted(rows.items())}
    return ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rounded.items())


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure over all questions."""

    measure: str
    meaning: str  # what it says, in Dutch
    mean: float  # with its 95 % bootstrap interval, 0 to 100
    low: float
    high: float


def figures(baseline: Baseline) -> list[Figure]:
    """Return the figures of retrieval of a baseline."""
    return [
        _figure(name, meaning, tuple(row[name] for row in baseline.retrieval.values()))
        for name, meaning in _TOLD.items()
    ]


@cache
def _figure(name: str, meaning: str, values: tuple[float, ...]) -> Figure:
    low, high = interval(values)
    return Figure(name, meaning, 100 * fmean(values), 100 * low, 100 * high)
