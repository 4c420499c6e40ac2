"""Whether two questions are the same: on made pairs, and on the titles that questions of the Chamber share."""

import json
import re
from collections import Counter
from math import log
from pathlib import Path

import pytest

from index.answer.same import SAME, differing, same_chance
from index.terms import terms

CHAMBER = Path(__file__).parents[3] / "shared" / "benchmarks" / "dekamer" / "metadata.jsonl"
ASKED = "Hoeveel doelgroepwerknemers stroomden in 2018 door naar een reguliere job?"


def flat(_: str) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ASKED, True),
        ("Hoeveel doelgroepwerknemers stroomden in 2019 door naar een reguliere job?", True),
        ("Hoeveel doelgroepwerknemers zijn er in 2018?", False),
        ("Welke premies krijgt een lokale dienst?", False),
        ("", False),
    ],
)
def test_what_is_asked_again_is_the_same(other: str, same: bool) -> None:
    chance = same_chance(ASKED, other, flat)
    assert (chance >= SAME) is same and 0 < chance < 1
    assert chance == pytest.approx(same_chance(other, ASKED, flat))


def test_what_differs_is_marked() -> None:
    other = ASKED.replace("2018", "2019")
    assert [other[start:end] for start, end in differing(other, ASKED)] == ["2019"]
    assert differing(f"3. {ASKED}", f"2. {ASKED}") == []


@pytest.mark.slow
@pytest.mark.skipif(not CHAMBER.is_file(), reason="the questions of the Chamber are not here")
def test_questions_of_the_chamber_with_one_title_are_found() -> None:
    """Each question of the development half is compared, without its title, with the one that shares most with it."""
    rows = map(json.loads, CHAMBER.read_text(encoding="utf-8").splitlines())
    parts = [row["question"].partition("\n") for row in rows if row.get("question")]
    titles = [" ".join(terms(re.sub(r"\(MV[^)]{0,20}\)", "", title))) for title, _, _ in parts]
    texts = [body for _, _, body in parts]
    held = [frozenset(terms(text)) for text in texts]
    count = Counter(term for one in held for term in one)

    def rarity(term: str) -> float:
        return log(1 + len(held) / (count[term] + 0.5))

    having: dict[str, list[int]] = {}
    for i, one in enumerate(held):
        for term in one:
            having.setdefault(term, []).append(i)
    twice = {title for title, n in Counter(titles).items() if n > 1}
    called = right = found = shared = 0
    for i, one in enumerate(held):
        overlap: Counter[int] = Counter()
        for term in one:
            if count[term] <= 100:  # a common word finds no candidate that a rare one does not
                overlap.update({j: rarity(term) for j in having[term] if j != i})
        chances = {j: same_chance(texts[i], texts[j], rarity) for j, _ in overlap.most_common(5)}
        best = max(chances, key=lambda j: chances[j], default=None)
        same = best is not None and chances[best] >= SAME
        hit = best is not None and titles[best] == titles[i]
        called, right = called + same, right + (same and hit)
        shared, found = shared + (titles[i] in twice), found + (titles[i] in twice and same and hit)
    assert shared > 300 and right / called >= 0.9 and found / shared >= 0.8, (right, called, found, shared)
