"""Fusion of scores of different kinds: small pure functions."""

from collections.abc import Mapping

import numpy as np

from index.late import Scores


def standardise(scores: Scores) -> Scores:
    """Return z-scores, mean 0 and standard deviation 1; zeros where all scores are equal.

    Source: Montague and Aslam (2001), Relevance Score Normalization for Metasearch,
    https://doi.org/10.1145/502585.502657.
    """
    deviation = float(scores.std()) if len(scores) else 0.0
    if deviation < 1e-9:
        return np.zeros_like(scores)
    standard: Scores = (scores - scores.mean()) / deviation
    return standard


def favour(scores: Scores, some: Scores, weight: float) -> Scores:
    """Let a run weigh in that has scores for some of the candidates only.

    Where it has none, the candidate's own standardised score stands in: what the run does not know it neither favours
    nor puts behind.

    Args:
        scores: float32 (n,), higher is better.
        some: scores of the run, float32 (n,), NaN where it has none.
        weight: of the run's standardised scores.

    Returns:
        Scores, float32 (n,); the same as they were where the run knows fewer than two candidates.
    """
    known = ~np.isnan(some)
    if known.sum() < 2:
        return scores
    more = standardise(scores)
    more[known] = standardise(some[known])
    favoured: Scores = scores + weight * more
    return favoured


def fuse_weighted(runs: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """Return the weighted sum of the standardised scores of each run, over the same candidates.

    Args:
        runs: name -> scores, float32 (n,), higher is better.
        weights: name -> weight; every run needs one.

    Returns:
        Fused scores, float32 (n,), higher is better.
    """
    total: Scores = np.sum([weights[name] * standardise(scores) for name, scores in runs.items()], axis=0)
    return total.astype(np.float32)
