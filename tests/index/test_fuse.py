import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.arrays import Scores, standardise
from index.search.fuse import (
    ALL,
    KNOWN_FROM,
    KNOWN_NEAR,
    STANDARDISED,
    Signal,
    comparable,
    place,
    read_weights,
    weighted_sum,
)

SCORES = arrays(np.float32, 8, elements=st.floats(-100, 100, width=16))


@given(SCORES)
def test_standard_scores_have_mean_0_and_deviation_1(scores: Scores) -> None:
    standard = standardise(scores)
    assert abs(standard.mean()) < 1e-3
    assert scores.std() < 1e-9 or abs(standard.std() - 1) < 1e-3


@given(SCORES, SCORES)
def test_the_order_of_signals_does_not_matter(one: Scores, other: Scores) -> None:
    weights = {Signal.DENSE: 0.7, Signal.LATE: 0.3}
    left = weighted_sum({Signal.DENSE: one, Signal.LATE: other}, weights)
    right = weighted_sum({Signal.LATE: other, Signal.DENSE: one}, weights)
    assert np.allclose(left, right, atol=1e-4)


def test_the_sum_is_weighted() -> None:
    signals = {Signal.DENSE: np.array([-1, 1], np.float32), Signal.LATE: np.array([1, -1], np.float32)}
    assert np.allclose(weighted_sum(signals, {Signal.DENSE: 0.7, Signal.LATE: 0.3}), [-0.4, 0.4])


@given(SCORES)
def test_a_known_question_that_is_not_like_the_query_counts_as_none(raw: Scores) -> None:
    cosines = (raw / 100).astype(np.float32)
    weighed = comparable(Signal.KNOWN, cosines)
    assert (weighed[cosines <= KNOWN_FROM] == 0).all() and (weighed[cosines > KNOWN_FROM] > 0).all()
    assert (comparable(Signal.KNOWN, np.full(8, np.nan, np.float32)) == 0).all()


@given(SCORES, st.lists(st.none() | st.floats(-1, KNOWN_NEAR), min_size=8, max_size=8))
def test_what_has_no_known_questions_keeps_its_rank(scores: Scores, cosines: list[float | None]) -> None:
    known = np.array([np.nan if cosine is None else cosine for cosine in cosines], np.float32)
    known = np.minimum(known, KNOWN_NEAR)  # float32 may round up
    ids = [f"p{i}" for i in range(8)]
    plain, _ = place(scores, np.full(8, np.nan, np.float32), 4, ids)
    order, placed = place(scores, known, 4, ids)
    assert sorted(order) == list(range(8)) and list(placed) == sorted(placed, reverse=True)
    for rank in range(8):
        assert np.isnan(known[plain[rank]]) == np.isnan(known[order[rank]])
        assert not np.isnan(known[plain[rank]]) or plain[rank] == order[rank]


def test_known_questions_count_among_those_that_have_them_and_ahead_of_all_where_they_ask_the_same() -> None:
    scores = np.array([1.0, 0.9, 0.8], np.float32)
    like = np.array([np.nan, 0.3, 0.5], np.float32)
    same = np.array([np.nan, 0.3, 0.9], np.float32)
    assert [place(scores, known, 4, "abc")[0].tolist() for known in (like, same)] == [[0, 2, 1], [2, 0, 1]]


def test_the_shipped_weights_are_of_every_signal_that_weighs() -> None:
    weights = read_weights()
    assert set(weights) == ALL - {Signal.SPELLING, Signal.ACRONYMS} and all(weight >= 0 for weight in weights.values())
    assert sum(weights[signal] for signal in STANDARDISED) == pytest.approx(1, abs=0.01)
