import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.fuse import fuse_weighted, standardise
from index.late import Scores

SCORES = arrays(np.float32, 8, elements=st.floats(-100, 100, width=16))


@given(SCORES)
def test_standard_scores_have_mean_0_and_deviation_1(scores: Scores) -> None:
    standard = standardise(scores)
    assert abs(standard.mean()) < 1e-3
    assert scores.std() < 1e-9 or abs(standard.std() - 1) < 1e-3


@given(SCORES, SCORES)
def test_the_order_of_runs_does_not_matter(one: Scores, other: Scores) -> None:
    weights = {"a": 0.7, "b": 0.3}
    left = fuse_weighted({"a": one, "b": other}, weights)
    right = fuse_weighted({"b": other, "a": one}, weights)
    assert np.allclose(left, right, atol=1e-5)


def test_the_sum_is_weighted() -> None:
    fused = fuse_weighted(
        {"a": np.array([0, 2], np.float32), "b": np.array([30, 10], np.float32)}, {"a": 0.7, "b": 0.3}
    )
    assert np.allclose(fused, [0.7 * -1 + 0.3 * 1, 0.7 * 1 + 0.3 * -1])
