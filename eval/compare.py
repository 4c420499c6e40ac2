"""Is one run better than another? Question by question, with a test of significance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from string import ascii_lowercase
from typing import Literal, TypeVar

import numpy as np

ALPHA = 0.05
_RESAMPLES = 9_999
_BATCH = 500  # resamples at a time; all at once takes gigabytes on thousands of questions
_SAME = 1e-9  # differences below this are rounding
_Key = TypeVar("_Key")
Values = Mapping[str, float]  # question id -> value of one measure


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run against another, on one measure."""

    mean: float  # over the questions of the baseline, in [0, 1]; the next one too
    baseline: float
    wins: int  # questions on which the run is better
    ties: int
    losses: int
    p_value: float  # of the paired randomisation test


def compare(
    ours: Values,  # of the run; a question that it lacks counts 0
    theirs: Values,  # of the baseline, at least one
    alternative: Literal["two-sided", "less"] = "two-sided",  # "less" asks only whether the run is worse
    resamples: int = _RESAMPLES,  # drawn at random; a p-value of two sides is at least 2 / (resamples + 1)
) -> Comparison:
    """Compare a run with a baseline by the paired randomisation test.

    Source: Smucker, Allan and Carterette (2007), https://doi.org/10.1145/1321440.1321528.
    """
    ids = sorted(theirs)
    baseline = np.array([theirs[name] for name in ids])
    delta = np.array([ours.get(name, 0.0) for name in ids]) - baseline
    delta[np.abs(delta) <= _SAME] = 0
    p_value = 1.0
    if delta.any():
        from scipy.stats import permutation_test  # slow to load, and no other command needs it

        p_value = permutation_test(
            (np.append(delta[delta != 0], 0),),  # a zero's sign changes nothing; scipy wants two values at least
            np.sum,
            permutation_type="samples",
            vectorized=True,
            n_resamples=resamples,
            batch=_BATCH,
            alternative=alternative,
            rng=np.random.default_rng(0),
        ).pvalue
    return Comparison(
        mean=float((baseline + delta).mean()),
        baseline=float(baseline.mean()),
        wins=int((delta > 0).sum()),
        ties=int((delta == 0).sum()),
        losses=int((delta < 0).sum()),
        p_value=float(p_value),
    )


def adjust(p_values: Mapping[_Key, float]) -> dict[_Key, float]:
    """Correct p-values for their number, by Holm's method.

    Source: Holm (1979), https://www.jstor.org/stable/4615733.

    >>> adjust({"x": 0.01, "y": 0.04, "z": 0.03})
    {'x': 0.03, 'z': 0.06, 'y': 0.06}
    """
    adjusted, highest = {}, 0.0
    for rank, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_value))
        adjusted[name] = highest
    return adjusted


def letter(i: int) -> str:
    """Return the letter of the i-th system, from 0; after z come a2, b2 and so on.

    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'a2')
    """
    turn, place = divmod(i, len(ascii_lowercase))
    return ascii_lowercase[place] + (str(turn + 1) if turn else "")


def letters(systems: Mapping[str, Values]) -> dict[str, str]:
    """Return of each system the letters of those that it beats at ALPHA, all pairs corrected together.

    The values are of one measure, over the same questions; the i-th system has the i-th letter.
    """
    pairs = list(combinations(systems, 2))
    resamples = max(_RESAMPLES, round(4 / ALPHA * len(pairs)))  # the lowest p-value, corrected, is then half of ALPHA
    found = {(a, b): compare(systems[a], systems[b], resamples=resamples) for a, b in pairs}
    p_values = adjust({pair: row.p_value for pair, row in found.items()})
    better = {
        (a, b) if row.mean > row.baseline else (b, a)
        for (a, b), row in found.items()
        if p_values[a, b] < ALPHA and row.mean != row.baseline
    }
    return {name: "".join(letter(i) for i, one in enumerate(systems) if (name, one) in better) for name in systems}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean.

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, percentile method.
    """
    from scipy.stats import bootstrap  # slow to load

    if len(set(values)) < 2:
        return values[0], values[0]
    found = bootstrap(
        (np.array(values),), np.mean, n_resamples=2000, method="percentile", rng=np.random.default_rng(0), batch=200
    ).confidence_interval
    return float(found.low), float(found.high)
