"""Fusion of scores of different kinds: small pure functions."""

from collections.abc import Mapping

import numpy as np

from index.arrays import Counts, Scores

_PRIOR = 10  # known candidates that weigh as much as the prior
_TRUSTED = 3  # examples from which on a score weighs more than the candidate's own


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


def favour(scores: Scores, like: Scores, some: Scores, counts: Counts, weight: float) -> Scores:
    """Let a run weigh in that knows only some of the candidates, and those by few or many examples.

    Its scores are standardised by their own mean and deviation, drawn to those of `like` while few candidates are
    known. Where it knows nothing, the candidate's own standardised score stands in, and where it knows little, mostly
    so: what is not known is neither favoured nor put behind.

    Args:
        scores: of all candidates, float32 (n,), higher is better.
        like: scores of all candidates on the scale of the run, float32 (n,).
        some: scores of the run, float32 (n,); any number where it has none.
        counts: examples behind each score of the run, (n,); 0 where it has none.
        weight: of the run's standardised scores.

    Returns:
        Scores, float32 (n,); in the order that they had where nothing is known.
    """
    known = some[counts > 0]
    if not len(known):
        return scores
    share = len(known) / (len(known) + _PRIOR)
    mean = share * known.mean() + (1 - share) * like.mean()
    deviation = max(float(np.sqrt(share * known.var() + (1 - share) * like.var())), 1e-9)
    trust = counts / (counts + _TRUSTED)
    mixed = trust * (some - mean) / deviation + (1 - trust) * standardise(scores)
    favoured: Scores = (scores + weight * mixed).astype(np.float32)
    return favoured


def weighted_sum(runs: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """Return the weighted sum of the scores of runs over the same candidates.

    Args:
        runs: name -> standardised scores, float32 (n,), higher is better.
        weights: name -> weight; every run needs one.

    Returns:
        Fused scores, float32 (n,), higher is better.
    """
    total: Scores = np.sum([weights[name] * scores for name, scores in runs.items()], axis=0)
    return total.astype(np.float32)
