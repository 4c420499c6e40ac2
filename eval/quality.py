"""The measured quality of a release, as the product itself states it: means of the committed baseline."""

from dataclasses import dataclass
from functools import cache
from statistics import fmean

from eval.compare import interval
from eval.gate import Baseline

_MEASURES = {
    "nDCG@10": "goede volgorde van de eerste tien",
    "RR": "plaats van het eerste citaat",
    "S@1": "volledig antwoord in de eerste passage",
    "S@3": "volledig antwoord in de eerste drie",
    "S@5": "volledig antwoord in de eerste vijf",
    "S@10": "volledig antwoord in de eerste tien",
    "R@10": "deel van alle citaten in de eerste tien",
}


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
        for name, meaning in _MEASURES.items()
    ]


@cache
def _figure(name: str, meaning: str, values: tuple[float, ...]) -> Figure:
    low, high = interval(values)
    return Figure(name, meaning, 100 * fmean(values), 100 * low, 100 * high)
