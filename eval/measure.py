"""Retrieval measures against quotes.

A hit covers a quote when at least half of the quote's word 4-grams stand in what a person reads of the hit. Each quote
counts once, at the first hit that covers it. nDCG: Jarvelin and Kekalainen (2002), with gain 2^grade - 1,
https://doi.org/10.1145/582415.582418.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import fmean

from eval.questions import Question, Quote
from eval.run import DEPTH, FoundHit, Run
from index.store.known import names

READ_CHARS = 1500  # of a hit: what a person reads of it
CUTOFFS = (1, 3, 5, 10)
_GRAM = 4  # words
_WORD = re.compile(r"[a-z0-9à-ÿ%€]+")
_LINE_HYPHEN = re.compile(r"(\w)-[^\S\n]*+\n\s*+(\w)")

Grams = frozenset[tuple[str, ...]]
Rows = Mapping[str, Mapping[str, float]]  # question id -> measure -> value


def word_grams(text: str) -> Grams:
    """Return the set of word 4-grams of a text, words in lower case and joined over line ends."""
    words = _WORD.findall(_LINE_HYPHEN.sub(r"\1\2", text).lower())
    return frozenset(tuple(words[i : i + _GRAM]) for i in range(max(1, len(words) - _GRAM + 1)))


def letters_of(text: str) -> str:
    """Return a text without white space."""
    return "".join(text.split())


def covers(text: Grams, quote: Grams) -> bool:
    """Whether at least half of a quote's 4-grams stand in a text."""
    return 2 * len(quote & text) >= len(quote)


_quote_grams = lru_cache(maxsize=1024)(word_grams)


def stands_in(quote: Quote, document_id: str, text: Grams) -> bool:
    """Whether a text of a document covers a quote; any text does where the whole document is wanted."""
    return names(quote.doc, document_id) and (quote.quote is None or covers(text, _quote_grams(quote.quote)))


def ndcg(grades: Sequence[Sequence[int]], ideal: Iterable[int]) -> float:
    """Return nDCG@10 in [0, 1] of the grades newly covered at each rank; 0 where there is nothing to find.

    The ideal list has the grades of all quotes, one a rank, best first.
    """
    gain = sum(sum(2**g - 1 for g in row) / math.log2(i + 2) for i, row in enumerate(grades[:DEPTH]))
    best = sum((2**g - 1) / math.log2(i + 2) for i, g in enumerate(sorted(ideal, reverse=True)[:DEPTH]))
    return min(1.0, gain / best) if best else 0.0


def measure(question: Question, hits: Sequence[FoundHit]) -> dict[str, float]:
    """Return nDCG@10, RR, S@k, R@10 (share of the quotes) and Judged@10 (of the hits that cover any quote).

    Each is of the first DEPTH hits of one question and in [0, 1]; no hits count 0.
    """
    wanted, grades, known = question.answers, list[list[int]](), list[bool]()
    for hit in hits[:DEPTH]:
        grams = word_grams(hit.text[:READ_CHARS])
        covered = [q for q in (*question.answers, *question.rejected) if stands_in(q, hit.document_id, grams)]
        known.append(bool(covered))
        grades.append([answer.grade for answer in wanted if answer in covered])
        wanted = [answer for answer in wanted if answer not in covered]
    first = next((rank for rank, row in enumerate(grades, start=1) if row), None)
    full = next((rank for rank, row in enumerate(grades, start=1) if 2 in row), None)
    row = {"nDCG@10": ndcg(grades, [answer.grade for answer in question.answers]), "RR": 1 / first if first else 0.0}
    row |= {f"S@{k}": float(full is not None and full <= k) for k in CUTOFFS}
    row["R@10"] = sum(map(len, grades)) / max(1, len(question.answers))
    return row | {"Judged@10": fmean(known) if known else 0.0}


def measure_questions(questions: Iterable[Question], run: Run) -> dict[str, dict[str, float]]:
    """Return the measures of each answerable question; one that is not in the run counts 0."""
    return {question.id: measure(question, run.get(question.id, ())) for question in questions if question.answers}


def means(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return "n" and the mean of each measure over rows, of which there is at least one."""
    listed = list(rows)
    return {"n": len(listed), **{key: fmean(row[key] for row in listed) for key in listed[0]}}


def group_means(questions: Iterable[Question], rows: Rows) -> dict[str, dict[str, dict[str, float]]]:
    """Return facet (style, kind, topic, document) -> value -> "n" and the means.

    A question with answers in two documents counts in both; one without a row in none.
    """
    groups: dict[str, dict[str, list[Mapping[str, float]]]] = defaultdict(lambda: defaultdict(list))
    for question in questions:
        if question.id in rows:
            for facet, values in question.facets().items():
                for value in values:
                    groups[facet][value].append(rows[question.id])
    return {facet: {value: means(found[value]) for value in sorted(found)} for facet, found in groups.items()}


def measure_run(questions: Sequence[Question], run: Run) -> dict[str, dict[str, float]]:
    """Return the means over all answerable questions, at least one, under "all", and over each style."""
    rows = measure_questions(questions, run)
    return {"all": means(rows.values()), **group_means(questions, rows).get("style", {})}
