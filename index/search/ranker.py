"""Query -> ranking: candidates, a row of signals for each of them, one weighted sum.

It asks the engine only, no model and no document, so that another process may do it too (`api.rankers`).
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from index.arrays import Rows, Scores
from index.search.exact import narrow
from index.search.fuse import Signal, comparable, place, weighted_sum
from index.search.hit import Analysed, Filters
from index.search.named import Named, NamedBy, named_strengths
from index.search.question import share_of_years
from index.store.engine import ANYWHERE, Engine, Place, Where

# Of each arm; fixed, so that a score does not depend on how many hits are asked. On three own sets nDCG@10 is 94.8,
# 93.9 and 83.6 with 50, and 94.5, 93.9 and 83.1 with 100.
CANDIDATES = 50
NAMED = 25  # more of each arm out of the documents that the query names


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages with their scores, best first.

    Attributes:
        rows: int64 (n,), numbers of passages.
        scores: float32 (n,), a weighted sum of z-scores, higher is better.
        signals: each signal as the index gives it, float32 (n,).
        places: where they stand.
    """

    rows: Rows
    scores: Scores
    signals: Mapping[Signal, Scores]
    places: Sequence[Place] = ()


@dataclass(frozen=True, eq=False)
class Ranker:
    """Ranks the passages of an engine by the signals that weigh in, with their weights."""

    engine: Engine
    signals: Set[Signal]
    weights: Mapping[Signal, float]

    def rank(self, analysed: Analysed, filters: Filters | None = None) -> Ranking:
        """Rank passages for a query, without what a reader needs of them."""
        named = analysed.named_with(filters)
        strengths = named_strengths(named) if Signal.NAMED in self.signals else {}
        where = self.where(analysed, filters)
        if analysed.exact.asks and not self.engine.count(where)[0]:  # nothing holds what it quotes
            where = replace(where, wanted=())
        rows = self._candidates(analysed, strengths, where)
        if not len(rows):
            return Ranking(rows, np.empty(0, np.float32), {})
        places = self.engine.places(rows)
        signals = self._weigh(analysed, named, strengths, rows, places)
        used = [name for name in signals if name in self.signals - {Signal.KNOWN}]  # in one order: sums are rounded
        scores = weighted_sum({name: comparable(name, signals[name]) for name in used}, self.weights)
        if strengths:
            scores = _numbered_first(named, places, scores)
        ids = [one.passage_id for one in places]
        known = signals[Signal.KNOWN] if Signal.KNOWN in self.signals else np.full_like(scores, np.nan)
        order, scores = place(scores, known, self.weights.get(Signal.KNOWN, 0), ids)
        found = {name: signal[order] for name, signal in signals.items()}
        return Ranking(rows[order], scores, found, [places[i] for i in order.tolist()])

    def where(self, analysed: Analysed, filters: Filters | None) -> Where:
        """Return which passages filters and operators let be found."""
        where = filters.where if filters else ANYWHERE
        return narrow(where, analysed.exact, self.engine.digests()) if analysed.exact else where

    def _candidates(self, analysed: Analysed, strengths: Mapping[str, float], where: Where) -> Rows:
        """Return the best of each arm, and of each arm the best in the documents that are most what is named."""
        found = list(self._arms(analysed, CANDIDATES, where))
        if strengths:
            most = max(strengths.values())
            own = frozenset(name for name, strength in strengths.items() if strength == most)
            among = own if where.documents is None else own & where.documents
            found += self._arms(analysed, NAMED, replace(where, documents=among))
        return np.unique(np.concatenate([np.empty(0, np.int64), *found]))

    def _arms(self, analysed: Analysed, depth: int, where: Where) -> Iterator[Rows]:
        if Signal.DENSE in self.signals:
            yield self.engine.nearest(analysed.vector, depth, where)
        if Signal.LEXICAL in self.signals:
            yield self.engine.worded(analysed.terms, depth, where)

    def _weigh(
        self,
        analysed: Analysed,
        named: Sequence[Named],
        strengths: Mapping[str, float],
        rows: Rows,
        places: Sequence[Place],
    ) -> dict[Signal, Scores]:
        """Return the signals of candidates: the one place where a signal is added."""
        scored = self.engine.scores(analysed, rows)
        years = [int(one.text) for one in named if one.by is NamedBy.YEAR]
        held = [share_of_years(years, one.years) if years else 0 for one in places]
        return {
            Signal.DENSE: scored.dense,
            Signal.LEXICAL: scored.lexical,
            Signal.PAIRS: scored.pairs,
            Signal.LATE: scored.late,
            Signal.YEARS: np.array(held, np.float32),
            Signal.KNOWN: scored.known,
            Signal.NAMED: np.array([strengths.get(one.document_id, 0) for one in places], np.float32),
        }


def _numbered_first(named: Sequence[Named], places: Sequence[Place], scores: Scores) -> Scores:
    """Return scores in which the documents that a query names by number are before all others.

    A title or a name may be what a question is about; who gives a number means that document.
    """
    numbered = frozenset[str]().union(*(one.documents for one in named if one.by is NamedBy.NUMBER))
    meant = np.array([one.document_id in numbered for one in places], np.float32)
    return scores + meant * np.float32(np.ptp(scores) + 1)
