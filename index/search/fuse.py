"""One weighing: signals of different kinds -> one score a candidate, by weights fitted on questions of our own."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from index.arrays import Rows, Scores, standardise

WEIGHTS_PATH = Path(__file__).parent / "weights.json"
# Cosine with a known question from which on it says something (that of others of the corpus is 0.29 on average), and
# from which on it asks nearly the same. Chosen on eval/data/answer_*.jsonl, alone and among 300 decisions (ADR 8).
KNOWN_FROM, KNOWN_NEAR = 0.3, 0.6


class Signal(StrEnum):
    """What weighs in on the rank of a passage; the last two change what a query is before anything is weighed."""

    DENSE = "dense"
    LEXICAL = "lexical"
    PAIRS = "pairs"
    LATE = "late"
    YEARS = "years"
    KNOWN = "known"
    NAMED = "named"
    SPELLING = "spelling"
    ACRONYMS = "acronyms"


ALL = frozenset(Signal)
STANDARDISED = frozenset({Signal.DENSE, Signal.LEXICAL, Signal.PAIRS, Signal.LATE})


class Weights(BaseModel):
    """Weights of the signals, as `beleidswijzer calibrate` fits them.

    Attributes:
        weights: of each signal that weighs; those of scores that are standardised together are 1.
        figures: how they do on the questions that they were fitted on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: dict[Signal, float]
    figures: dict[str, float]


@cache
def read_weights() -> Mapping[Signal, float]:
    """Return the shipped weights."""
    return Weights.model_validate_json(WEIGHTS_PATH.read_text(encoding="utf-8")).weights


def comparable(signal: Signal, scores: Scores) -> Scores:
    """Return a signal of all candidates, float32 (n,) as the index gives it, as it is weighed.

    Of KNOWN the scores are nan where a passage has no known question.
    """
    if signal is Signal.KNOWN:
        return _above(scores, KNOWN_FROM)
    return standardise(scores) if signal in STANDARDISED else scores


def place(scores: Scores, known: Scores, weight: float, ids: Sequence[str]) -> tuple[Rows, Scores]:
    """Order candidates, known questions last: those that have some change places among themselves by them.

    Before a passage that has none they go only by a question that asks nearly the same. So what nobody wrote questions
    for keeps its rank (ADR 8).

    Args:
        scores: of all candidates without known questions, float32 (n,).
        known: cosine with the nearest known question of each, float32 (n,); nan where there is none.
        weight: of known questions.
        ids: passage_ids, by which ties fall.

    Returns:
        Candidates, int64 (n,), best first, and the score of each place, falling.
    """
    held = ~np.isnan(known)
    ahead = scores + weight * _above(known, KNOWN_NEAR)
    among = scores + weight * _above(known, KNOWN_FROM)
    places = np.array(sorted(range(len(ids)), key=lambda i: (-float(ahead[i]), ids[i])), np.int64)
    order = places.copy()
    order[held[places]] = sorted(np.flatnonzero(held).tolist(), key=lambda i: (-float(among[i]), ids[i]))
    return order, ahead[places]


def _above(known: Scores, least: float) -> Scores:
    above: Scores = np.maximum(np.nan_to_num(known, nan=0) - least, 0).astype(np.float32)
    return above


def weighted_sum(signals: Mapping[Signal, Scores], weights: Mapping[Signal, float]) -> Scores:
    """Return the weighted sum of signals of the same candidates, each as `comparable` returns it, float32 (n,)."""
    total: Scores = np.sum([weights[signal] * scores for signal, scores in signals.items()], axis=0)
    return total.astype(np.float32)
