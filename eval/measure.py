"""Retrieval measures against quotes.

A hit covers a quote when at least half of the quote's word 4-grams stand in what a person reads of the hit. Each quote
counts once, at the first hit that covers it. nDCG: Jarvelin and Kekalainen (2002), with gain 2^grade - 1,
https://doi.org/10.1145/582415.582418.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from eval.questions import FoundHit, Question

DEPTH = 10  # hits that are scored
READ_CHARS = 1500  # of a hit: what a person reads of it
CUTOFFS = (1, 3, 5, 10)
_GRAM = 4  # words
_WORD = re.compile(r"[a-z0-9à-ÿ%€]+")
_LINE_HYPHEN = re.compile(r"(\w)-\s*\n\s*(\w)")

Grams = frozenset[tuple[str, ...]]


def word_grams(text: str) -> Grams:
    """Return the set of word 4-grams of a text, words in lower case and joined over line ends."""
    words = _WORD.findall(_LINE_HYPHEN.sub(r"\1\2", text).lower())
    return frozenset(tuple(words[i : i + _GRAM]) for i in range(max(1, len(words) - _GRAM + 1)))


def newly_covered(question: Question, hits: Sequence[FoundHit]) -> list[list[int]]:
    """Return for each of the first DEPTH hits the grades of the quotes that it is the first to cover."""
    open_answers = [(answer, word_grams(answer.quote)) for answer in question.answers]
    grades: list[list[int]] = []
    for hit in hits[:DEPTH]:
        grams = word_grams(hit.text[:READ_CHARS])
        covered = [
            (answer, quote)
            for answer, quote in open_answers
            if hit.document_id.startswith(answer.doc) and 2 * len(quote & grams) >= len(quote)
        ]
        grades.append([answer.grade for answer, _ in covered])
        open_answers = [pair for pair in open_answers if pair not in covered]
    return grades


def ndcg(grades: Sequence[Sequence[int]], ideal: Iterable[int]) -> float:
    """Return nDCG@10 in [0, 1].

    Args:
        grades: grades newly covered at each rank.
        ideal: grades of all quotes; the ideal list has one a rank, best first.

    Returns:
        Discounted gain over that of the ideal list, at most 1; 0 where there is nothing to find.
    """
    gain = sum(sum(2**g - 1 for g in row) / math.log2(i + 2) for i, row in enumerate(grades[:DEPTH]))
    best = sum((2**g - 1) / math.log2(i + 2) for i, g in enumerate(sorted(ideal, reverse=True)[:DEPTH]))
    return min(1.0, gain / best) if best else 0.0


def measure(question: Question, hits: Sequence[FoundHit]) -> dict[str, float]:
    """Return nDCG@10, RR and S@k of one question's hits, each in [0, 1]; no hits count 0."""
    grades = newly_covered(question, hits)
    first = next((rank for rank, row in enumerate(grades, start=1) if row), None)
    full = next((rank for rank, row in enumerate(grades, start=1) if 2 in row), None)
    row = {"nDCG@10": ndcg(grades, [answer.grade for answer in question.answers]), "RR": 1 / first if first else 0.0}
    return row | {f"S@{k}": float(full is not None and full <= k) for k in CUTOFFS}


def measure_run(questions: Sequence[Question], run: Mapping[str, Sequence[FoundHit]]) -> dict[str, dict[str, float]]:
    """Return the means over all answerable questions and over each style.

    Args:
        questions: questions; those without answers are left out.
        run: question id -> hits, best first; a question that is not in it counts 0.

    Returns:
        "all" and each style -> measure -> mean in [0, 1], and "n", the number of questions.
    """
    groups: dict[str, list[dict[str, float]]] = defaultdict(list)
    for question in questions:
        if question.answers:
            row = measure(question, run.get(question.id, ()))
            groups["all"].append(row)
            if question.style != "all":
                groups[question.style].append(row)
    ordered = sorted(groups.items(), key=lambda item: (item[0] != "all", item[0]))
    return {
        name: {"n": len(rows), **{key: fmean(row[key] for row in rows) for key in rows[0]}} for name, rows in ordered
    }
