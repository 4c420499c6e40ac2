import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.arrays import Scores
from index.search.fuse import favour, standardise, weighted_sum

SCORES = arrays(np.float32, 8, elements=st.floats(-100, 100, width=16))


@given(SCORES)
def test_standard_scores_have_mean_0_and_deviation_1(scores: Scores) -> None:
    standard = standardise(scores)
    assert abs(standard.mean()) < 1e-3
    assert scores.std() < 1e-9 or abs(standard.std() - 1) < 1e-3


@given(SCORES, SCORES)
def test_the_order_of_runs_does_not_matter(one: Scores, other: Scores) -> None:
    weights = {"a": 0.7, "b": 0.3}
    left, right = weighted_sum({"a": one, "b": other}, weights), weighted_sum({"b": other, "a": one}, weights)
    assert np.allclose(left, right, atol=1e-4)


def test_the_sum_is_weighted() -> None:
    runs = {"a": np.array([-1, 1], np.float32), "b": np.array([1, -1], np.float32)}
    assert np.allclose(weighted_sum(runs, {"a": 0.7, "b": 0.3}), [-0.4, 0.4])


@given(SCORES, SCORES, SCORES, st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_what_a_run_does_not_know_keeps_its_order(scores: Scores, like: Scores, some: Scores, known: list[int]) -> None:
    favoured = favour(scores, like, some, np.array(known), 0.5)
    unknown = [i for i in range(8) if not known[i]]
    for i in unknown:
        for j in unknown:
            assert scores[i] <= scores[j] or favoured[i] >= favoured[j]
    if not any(known):
        assert (favoured == scores).all()


def test_what_is_known_well_outweighs_what_is_known_by_one_example() -> None:
    scores, like = np.zeros(4, np.float32), np.array([0.1, 0.2, 0.3, 0.2], np.float32)
    some = np.array([0.9, 0.9, 0.1, 0], np.float32)
    often, once, unlike, unknown = favour(scores, like, some, np.array([50, 1, 50, 0]), 0.5)
    assert often > once > unknown == 0 > unlike
