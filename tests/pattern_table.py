"""How long each own pattern takes on its worst text of 100,000 characters: python -m tests.pattern_table.

A line a pattern, the slowest first: milliseconds of the processor, where it stands, and the text.
"""

import sys
import time
from typing import Any

from tests.patterns import Hostile, Own, hostile_texts, own_patterns

SIZE, FIRST = 100_000, 5_000  # characters; all texts are tried at the second, the three worst of them at the first


def slowest(own: Own) -> tuple[float, Hostile | None]:
    """Return the milliseconds that a pattern takes on its worst text, and that text."""
    tried = sorted(hostile_texts(own.pattern), key=lambda hostile: -_milliseconds(own, hostile, FIRST))[:3]
    taken = [(min(_milliseconds(own, hostile, SIZE) for _ in range(3)), hostile) for hostile in tried]
    return max(taken, key=lambda one: one[0], default=(0.0, None))


def _milliseconds(own: Own, hostile: Hostile, size: int) -> float:
    text = hostile.lead + hostile.piece * max(1, size // max(1, len(hostile.piece))) + hostile.tail
    given: Any = text.encode() if isinstance(own.pattern.pattern, bytes) else text
    started = time.process_time()
    for method in own.methods:
        getattr(own.pattern, method)(*([given[:0]] if method == "sub" else []), given)
    return 1000 * (time.process_time() - started)


if __name__ == "__main__":
    rows = sorted(((*slowest(own), own.place) for own in own_patterns()), key=lambda row: -row[0])
    for milliseconds, hostile, place in rows:
        sys.stdout.write(f"{milliseconds:8.1f} ms  {place}  {hostile}\n")
