"""How long each own pattern takes on its worst text of 100,000 characters: python -m tests.pattern_table.

A line a pattern, the slowest first: milliseconds of the processor, where it stands, and the text.
"""

import re
import sys
import time
from typing import Any

from tests.patterns import Hostile, Own, hostile_texts, own_patterns

SIZE = 100_000


def slowest(own: Own) -> tuple[float, Hostile | None]:
    """Return the milliseconds that a pattern takes on its worst text, and that text."""
    worst: tuple[float, Hostile | None] = (0.0, None)
    for hostile in hostile_texts(own.pattern):
        text = hostile.lead + hostile.piece * (SIZE // len(hostile.piece)) + hostile.tail
        given: Any = text.encode() if isinstance(own.pattern.pattern, bytes) else text
        for method in own.methods:
            arguments = [given[:0], given] if method == "sub" else [given]
            taken = min(_milliseconds(own.pattern, method, arguments) for _ in range(2))
            if taken > worst[0]:
                worst = taken, hostile
    return worst


def _milliseconds(pattern: re.Pattern[Any], method: str, arguments: list[Any]) -> float:
    started = time.process_time()
    getattr(pattern, method)(*arguments)
    return 1000 * (time.process_time() - started)


if __name__ == "__main__":
    rows = sorted(((*slowest(own), own.place) for own in own_patterns()), key=lambda row: -row[0])
    for milliseconds, hostile, place in rows:
        sys.stdout.write(f"{milliseconds:8.1f} ms  {place}  {hostile}\n")
