"""Arrays that pass between the rooms, by what they hold."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]  # rows of length 1
Rows = npt.NDArray[np.int64]  # numbers of passages
Scores = npt.NDArray[np.float32]  # higher is better
Mask = npt.NDArray[np.bool_]  # which passages may be found


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
