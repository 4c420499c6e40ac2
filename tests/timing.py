"""How the time of a function grows with its input, a ratio that holds on any machine; and waiting for something."""

import time
from collections.abc import Callable


def growth(function: Callable[[str], object], text: str) -> float:
    """Return how many times as long a function takes on a text four times as long: 4 is linear, 16 is quadratic.

    Short and long take turns, so that a machine that is busy for a while slows both.
    """
    taken = [(_seconds(function, text), _seconds(function, 4 * text)) for _ in range(9)]
    return min(long for _, long in taken) / max(min(short for short, _ in taken), 1e-6)


def _seconds(function: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    function(text)
    return time.process_time() - started


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, a minute at most."""
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it does not come to hold")
