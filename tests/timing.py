"""How the time of a function grows with its input: a ratio, which holds on a slow and on a busy machine alike."""

import time
from collections.abc import Callable


def growth(function: Callable[[str], object], text: str) -> float:
    """Return how many times as long a function takes on a text twice as long: 2 is linear, 4 is quadratic."""
    return _least(function, text + text) / _least(function, text)


def _least(function: Callable[[str], object], text: str) -> float:
    taken = []
    for _ in range(7):
        started = time.process_time()
        function(text)
        taken.append(time.process_time() - started)
    return max(min(taken), 1e-6)
