"""Fit what the signals of the search weigh, on questions of our own of which the right passages are known.

Conditional logit: the weights, none below 0, under which the right passages are the most probable choice out of the
candidates of their question. Source: McFadden (1974), Conditional Logit Analysis of Qualitative Choice Behavior; as a
loss for ranking Cao et al. (2007), https://doi.org/10.1145/1273496.1273513.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp, softmax

from eval.errors import QuestionsError
from eval.fit.pairs import PairRow
from eval.qrels import export_qrels
from eval.questions import Question
from eval.run import passages_of
from index.arrays import Mask, Vectors
from index.search.fuse import STANDARDISED, Signal, Weights, comparable
from index.search.rank import Searcher
from index.store.known import PassageMatcher

WEIGHED = (*sorted(STANDARDISED), Signal.YEARS, Signal.KNOWN)
# What a question names comes first; that is a rule and no likelihood. Of the 40 questions of eval/data/named.jsonl over
# 315 documents 30 find the document that they name first without it, 35 at 1, 36 at 2 and 40 at 4.
NAMED_WEIGHT = 4.0
_PENALTY = 1e-3  # L2; enough to tell weights that change nothing
Matrix = npt.NDArray[np.float64]
Asked = tuple[str, set[str]]  # a question, and the ids of the passages that answer it
# Signals of the candidates of a question as they are weighed (n_candidates, len(WEIGHED)), and which of them answer,
# bool (n_candidates,), one at least.
Choice = tuple[Matrix, Mask]


def weigh(searcher: Searcher, questions: Sequence[Question], pairs: Sequence[PairRow]) -> Weights:
    """Fit the weights on questions with quotes and on questions with their passage; errors as of `fit_weights`."""
    asked = {"questions": with_quotes(searcher, questions), "pairs": with_passage(searcher, pairs)}
    return fit_weights({name: list(observe(searcher, some)) for name, some in asked.items()})


def fit_weights(sets: Mapping[str, Sequence[Choice]]) -> Weights:
    """Fit the weights of all signals; every set counts the same, and in it every question.

    QuestionsError where a set has no question of which a right passage is found.
    """
    if empty := [name for name, choices in sets.items() if not choices]:
        raise QuestionsError(
            f"Geen vraag van '{empty[0]}' vindt een passage die ze beantwoordt; kijk de index na of geef andere vragen."
        )
    weighed = [(signals, right, 1 / len(some)) for some in sets.values() for signals, right in some]
    found = fit_choices(weighed, 2 * _PENALTY, np.full(len(WEIGHED), 0.3), least=0)
    standard = sum(weight for signal, weight in zip(WEIGHED, found, strict=True) if signal in STANDARDISED)
    weights = {signal: round(float(weight / standard), 3) for signal, weight in zip(WEIGHED, found, strict=True)}
    first = {name: [right[np.argmax(signals @ found)] for signals, right in some] for name, some in sets.items()}
    return Weights(
        weights=weights | {Signal.NAMED: NAMED_WEIGHT},
        figures={f"first is right, {name}": round(float(np.mean(right)), 3) for name, right in first.items()},
    )


def fit_choices(
    choices: Sequence[tuple[Matrix | Vectors, Mask, float]],  # of each signals, right ones, share
    penalty: float,  # strength of L2
    start: Matrix,
    least: float | None = None,  # that a weight may be; None: any
) -> Matrix:
    """Return the weights of a conditional logit, in which one of several right candidates is enough."""

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        value, slope = penalty * float(weights @ weights) / 2, penalty * weights
        for signals, right, share in choices:
            odds = signals @ weights
            value -= share * float(logsumexp(log_softmax(odds)[right]))
            slope = slope - share * (softmax(np.where(right, odds, -np.inf)) - softmax(odds)) @ signals
        return value, slope

    found: Matrix = minimize(loss, start, jac=True, bounds=[(least, None)] * len(start), method="L-BFGS-B").x
    return found


def observe(searcher: Searcher, asked: Iterable[Asked]) -> Iterator[Choice]:
    """Yield the candidates of each question of which a right one is found."""
    for question, wanted in asked:
        ranking = searcher.rank(searcher.analyse(question))
        right = np.array([searcher.index.passages[row].passage_id in wanted for row in ranking.rows], np.bool_)
        if right.any():
            signals = [comparable(signal, ranking.signals[signal]).astype(np.float64) for signal in WEIGHED]
            yield np.stack(signals, axis=1), right


def with_quotes(searcher: Searcher, questions: Sequence[Question]) -> Iterator[Asked]:
    """Yield answerable questions; a passage is right that holds a quote of the highest grade."""
    rows = export_qrels(questions, passages_of(searcher.index))
    for question in questions:
        best = max((answer.grade for answer in question.answers), default=1)
        yield question.question, {row.doc_id for row in rows if (row.query_id, row.relevance) == (question.id, best)}


def with_passage(searcher: Searcher, pairs: Sequence[PairRow]) -> Iterator[Asked]:
    """Yield questions with their passage, as it is split today."""
    matcher = PassageMatcher(searcher.index.documents.values())
    for pair in pairs:
        row = matcher.find(pair.passage or "", pair.doc)
        yield pair.question, set() if row is None else {matcher.ids[row]}
