"""Reads what a search finds, unit by unit: which of them answers the question, and does any?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan

import numpy as np

from index.answer.calibration import Logistic
from index.answer.evidence import Rarity, ReadHit, unit_signals
from index.answer.same import SAME, same_chance
from index.answer.units import Part, Parts, take_apart
from index.arrays import Vectors
from index.model.pair_reader import PassageUnits
from index.search.hit import Analysed, Hit
from index.search.question import Question, read_question, share_of_years
from index.search.rank import Searcher
from index.store.engine import passage_number
from ingest.document import Passage

READ = 8  # passages whose units compete
# Passages that are read together with the question, fitted anew: with three, own questions are answered as well as with
# four, in four fifths of the time (ADR 7).
READ_TOGETHER = 3
_SURE_OF_WORDS = -3.0  # log-probability from which on the words that answer are marked
_KEPT = 2000  # passages taken apart that are kept: people ask about the same ones


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A unit that may become a statement.

    Attributes:
        place: which of the units of its passage it is.
        odds: log-odds that it answers rather than another one.
        share: probability of that among all units that were read.
        words: those of the unit that answer, as its passage's text has them; empty where none do or nobody read it.
    """

    read: ReadHit
    place: int
    odds: float
    share: float
    words: str

    @property
    def part(self) -> Part:
        """The unit itself."""
        return self.read.parts.units[self.place]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A question with what was found for it, the best of it read.

    Attributes:
        read: the best READ of what was found, best first; at least one.
        signals: of each unit, float32 (n_units,) each.
        words: those that answer, by the number of their unit.
    """

    question: Question
    read: tuple[ReadHit, ...]
    signals: dict[str, Vectors]
    words: Mapping[int, str]

    def units(self) -> list[tuple[ReadHit, int]]:
        """Return the units that were read, each as its hit and place."""
        return [(one, place) for one in self.read for place in range(len(one.parts.units))]

    def weigh(self, weights: Logistic) -> list[Candidate]:
        """Return the units that were read, the most probable answer first and those that ask something last."""
        odds = weights.log_odds(self.signals)
        shares = np.exp(odds - odds.max())
        shares = shares / shares.sum()
        candidates = [
            Candidate(one, place, float(odds[i]), float(shares[i]), self.words.get(i, ""))
            for i, (one, place) in enumerate(self.units())
        ]
        return sorted(candidates, key=lambda c: (c.part.asks, -c.odds, c.read.hit.rank, c.place))

    def answer_signals(self, candidates: Sequence[Candidate]) -> dict[str, float]:
        """Return what the confidence is computed from.

        Of the best unit: "odds"; "weakest" mean of its two lowest cosines with a token of the question; "year" share of
        the years asked for that its passage speaks of (of several years, any passage). Of all: "doubt" entropy of the
        shares; "best_known" highest cosine with a known question, NaN where there is none; "best_context" highest
        coverage of a passage; "together" and "any_together" highest log-odds of a unit read with the question, and
        those of any; "dense" of the best passage; "words" number of the question's. `candidates` are those of `weigh`.
        """
        best = candidates[0]
        shares = np.array([candidate.share for candidate in candidates])
        known = [one.known for one in self.read if one.known is not None]
        together = self.signals["together"]
        asked = self.question.years
        of_years = self.read if len(asked) > 1 else (best.read,)
        return {
            "odds": best.odds,
            "together": float(together.max()),
            "any_together": float(np.log(np.exp(together).sum())),
            "year": share_of_years(asked, frozenset().union(*(one.years_among(asked) for one in of_years))),
            "weakest": float(np.sort(best.read.nearness(best.part))[:2].mean()),
            "doubt": float(-(shares * np.log(shares + 1e-9)).sum()),
            "best_known": max(known, default=nan),
            "best_context": float(self.signals["context"].max()),
            "dense": max(one.hit.explanation.dense for one in self.read),
            "words": float(len(self.question.text.split())),
        }


class Reader:
    """Reads what a searcher finds."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self._pair_reader = searcher.embedder.pair_reader  # loaded here, so that no question waits for it
        self.rarity = Rarity(searcher.index.engine, len(searcher.index.passages))
        self._parts = lru_cache(_KEPT)(self._take_apart)

    def read(self, question: str, analysed: Analysed, hits: Sequence[Hit]) -> Evidence:
        """Read the best READ hits for a question, no more, so that an answer does not depend on how many are asked."""
        asked, words = read_question(question), self.rarity.weigh(analysed.plain)
        read = tuple(self._read(analysed, hit) for hit in hits[:READ])
        signals = unit_signals(asked, words, read)
        together, marked = self._read_together(question, read, signals["late"])
        return Evidence(asked, read, signals | {"together": together}, marked)

    def _read_together(self, question: str, read: Sequence[ReadHit], late: Vectors) -> tuple[Vectors, dict[int, str]]:
        """Return the log-odds of each unit when its passage is read with the question, and the words of it that answer.

        A unit of a passage that is not among the first READ_TOGETHER counts as the worst of those; without a pair
        reader all are NaN.
        """
        if self._pair_reader is None:
            return np.full(len(late), nan, np.float32), {}
        first = read[:READ_TOGETHER]
        lates = np.split(late, np.cumsum([len(one.parts.units) for one in first]))
        passages = [
            PassageUnits(one.hit.passage.search_text, one.place, tuple(part.tokens for part in one.parts.units), own)
            for one, own in zip(first, lates, strict=False)
        ]
        found = self._pair_reader.read(question, passages)
        told = np.concatenate([one.odds for one in found])
        odds = np.full(len(late), told.min(), np.float32)
        odds[: len(told)] = told
        marked = [
            one.hit.passage.search_text[one.parts.offsets[span[0]][0] : one.parts.offsets[span[1]][1]]
            if span and sure >= _SURE_OF_WORDS
            else ""
            for one, reading in zip(first, found, strict=True)
            for span, sure in zip(reading.spans, reading.sureness, strict=True)
        ]
        return odds, {i: words for i, words in enumerate(marked) if words}

    def _read(self, analysed: Analysed, hit: Hit) -> ReadHit:
        vectors = self.searcher.index.engine.token_vectors(passage_number(hit.passage.passage_id))
        parts = self._parts(hit.passage, len(vectors))
        return ReadHit(hit, parts, analysed.tokens @ vectors.T, self._known(analysed.plain, hit))

    def _known(self, question: str, hit: Hit) -> float | None:
        """Return the cosine with a known question; what a passage answers by its own heading is one, word for word."""
        heading = next(iter(hit.passage.section[-1:]), "")
        if heading.endswith("?") and same_chance(question, heading, self.rarity.weight) >= SAME:
            return 1.0
        return hit.explanation.known

    def _take_apart(self, passage: Passage, size: int) -> Parts:
        offsets = self.searcher.embedder.token_offsets(passage.search_text)[:size]
        return take_apart(self.searcher.index.documents[passage.document_id], passage, offsets)
