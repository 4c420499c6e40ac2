"""How the time of a function grows with its input: a ratio, which holds on a slow and on a busy machine alike."""

import time
from collections.abc import Callable


def growth(function: Callable[[str], object], text: str) -> float:
    """Return how many times as long a function takes on a text four times as long: 4 is linear, 16 is quadratic."""
    return _least(function, 4 * text) / _least(function, text)


def _least(function: Callable[[str], object], text: str) -> float:
    taken = []
    for _ in range(7):
        started = time.process_time()
        function(text)
        taken.append(time.process_time() - started)
    return max(min(taken), 1e-6)
