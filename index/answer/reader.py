"""Reads what a search finds, unit by unit: which of them answers the question, and does any?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan

import numpy as np

from index.answer.calibration import Logistic
from index.answer.evidence import Rarity, ReadHit, unit_signals
from index.answer.parts import Part, Parts, take_apart
from index.arrays import Vectors
from index.search.hit import Analysed, Hit
from index.search.question import Question, read_question, share_of_years
from index.search.rank import Searcher

READ = 8  # passages whose units compete
_KEPT = 2000  # passages taken apart that are kept: people ask about the same ones


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may become a statement.

    Attributes:
        read: its hit.
        place: which of the units of its passage it is.
        odds: log-odds that it answers rather than another one.
        share: probability of that among all units that were read.
    """

    read: ReadHit
    place: int
    odds: float
    share: float

    @property
    def part(self) -> Part:
        """The unit itself."""
        return self.read.parts.units[self.place]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A question with what was found for it, the best of it read.

    Attributes:
        question: the question.
        read: the best READ of what was found, best first; at least one.
        signals: of each unit, float32 (n_units,) each.
    """

    question: Question
    read: tuple[ReadHit, ...]
    signals: dict[str, Vectors]

    def units(self) -> list[tuple[ReadHit, int]]:
        """Return the units that were read, each as its hit and place."""
        return [(one, place) for one in self.read for place in range(len(one.parts.units))]

    def weigh(self, weights: Logistic) -> list[Candidate]:
        """Return the units that were read, the most probable answer first and those that ask something last."""
        odds = weights.log_odds(self.signals)
        shares = np.exp(odds - odds.max())
        shares = shares / shares.sum()
        candidates = [
            Candidate(one, place, float(odds[i]), float(shares[i])) for i, (one, place) in enumerate(self.units())
        ]
        return sorted(candidates, key=lambda c: (c.part.asks, -c.odds, c.read.hit.rank, c.place))

    def answer_signals(self, candidates: Sequence[Candidate]) -> dict[str, float]:
        """Return what the confidence is computed from.

        Of the best unit: "odds"; "weakest" mean of its two lowest cosines with a token of the question; "year" share of
        the years asked for that its passage speaks of (of several years, any passage). Of all: "doubt" entropy of the
        shares; "best_known" highest cosine with a known question, NaN where there is none; "best_context" highest
        coverage of a passage; "dense" of the best passage; "gap" of the best passage over the mean, by late
        interaction; "words" number of the question's.

        Args:
            candidates: as `weigh` gives them.
        """
        best, own = candidates[0], list(candidates[0].part.tokens)
        tokens = np.sort(best.read.similarity[:, own].max(axis=1)) if own else np.zeros(1, np.float32)
        shares = np.array([candidate.share for candidate in candidates])
        known = [one.hit.explanation.known for one in self.read if one.hit.explanation.known is not None]
        of_years = self.read if len(self.question.years) > 1 else (best.read,)
        return {
            "odds": best.odds,
            "year": share_of_years(self.question.years, frozenset().union(*(one.parts.years for one in of_years))),
            "weakest": float(tokens[:2].mean()),
            "doubt": float(-(shares * np.log(shares + 1e-9)).sum()),
            "best_known": max(known, default=nan),
            "best_context": float(self.signals["context"].max()),
            "dense": max(one.hit.explanation.dense for one in self.read),
            "gap": float(self.signals["passage"].max() - self.signals["passage"].mean()),
            "words": float(len(self.question.text.split())),
        }


class Reader:
    """Reads what a searcher finds.

    Args:
        searcher: finds the passages.
    """

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self._rarity = Rarity(searcher.index.passages)
        self._parts = lru_cache(_KEPT)(self._take_apart)

    def read(self, question: str, analysed: Analysed, hits: Sequence[Hit]) -> Evidence:
        """Read the best READ hits for a question, no more, so that an answer does not depend on how many are asked."""
        asked, words = read_question(question), self._rarity.weigh(analysed.text)
        read = tuple(self._read(analysed, hit) for hit in hits[:READ])
        return Evidence(asked, read, unit_signals(asked, analysed, words, read))

    def _read(self, analysed: Analysed, hit: Hit) -> ReadHit:
        index = self.searcher.index
        row = index.row(hit.passage)
        vectors = index.backend.token_vectors(row)
        return ReadHit(hit, self._parts(row), vectors, analysed.tokens @ vectors.T)

    def _take_apart(self, row: int) -> Parts:
        index = self.searcher.index
        passage = index.passages[row]
        offsets = self.searcher.embedder.token_offsets(passage.search_text)[: len(index.backend.token_vectors(row))]
        return take_apart(index.documents[passage.document_id], passage, offsets)
