import numpy as np
import pytest

from eval.errors import QuestionsError
from eval.fit.weigh import NAMED_WEIGHT, WEIGHED, Choice, fit_weights
from index.search.fuse import ALL, STANDARDISED, Signal, read_weights


def choices(telling: Signal, count: int = 60) -> list[Choice]:
    """Questions with twenty candidates each, of which the right one is known by one signal."""
    draw = np.random.default_rng(0)
    made = []
    for _ in range(count):
        signals = draw.standard_normal((20, len(WEIGHED)))
        right = np.zeros(20, np.bool_)
        right[draw.integers(20)] = True
        signals[right, WEIGHED.index(telling)] += 3
        made.append((signals, right))
    return made


@pytest.mark.parametrize("telling", WEIGHED)
def test_the_signal_that_tells_gets_the_weight(telling: Signal) -> None:
    fitted = fit_weights({"questions": choices(telling)}).weights
    others = [weight for signal, weight in fitted.items() if signal not in (telling, Signal.NAMED)]
    assert fitted[telling] > 3 * max(others) and min(others) >= 0
    assert fitted[Signal.NAMED] == NAMED_WEIGHT


def test_every_set_counts_the_same_however_small() -> None:
    large, small = choices(Signal.LATE, 200), choices(Signal.LEXICAL, 20)
    fitted = fit_weights({"large": large, "small": small})
    assert fitted.weights[Signal.LEXICAL] > 0.5 * fitted.weights[Signal.LATE]
    assert fitted.figures.keys() == {"first is right, large", "first is right, small"}


def test_a_set_without_an_answer_is_an_error() -> None:
    with pytest.raises(QuestionsError, match="pairs"):
        fit_weights({"questions": choices(Signal.LATE), "pairs": []})


def test_the_shipped_weights_are_of_all_signals_that_weigh() -> None:
    weights = read_weights()
    assert set(weights) == {*WEIGHED, Signal.NAMED} == ALL - {Signal.SPELLING, Signal.ACRONYMS}
    assert sum(weights[signal] for signal in STANDARDISED) == pytest.approx(1, abs=0.01)
