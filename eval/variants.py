"""The variants of our search by name: the real pipeline with fewer signals, over one loaded index."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from index.arrays import Vectors
from index.model.embed import Embedder, Encoded
from index.model.memory import RecentQueries
from index.search.fuse import ALL, Signal
from index.search.rank import Searcher


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to search."""

    label: str  # name in Dutch, for the report
    signals: Set[Signal]  # what weighs in
    tuned: bool = True  # with the adapter of the settings, else with the model as it came
    weights: Mapping[Signal, float] | None = None  # None: those of the whole, which say nothing of a few alone


# Chosen on a third of the training questions with the untuned model (nDCG@10 78.2 at 0.6, 78.0 at 0.7, 76.3 at 0.8).
_HYBRID: Mapping[Signal, float] = {Signal.DENSE: 0.7, Signal.LEXICAL: 0.3}
_DENSE, _LEXICAL = {Signal.DENSE: 1.0}, {Signal.LEXICAL: 1.0}
VARIANTS: Mapping[str, Variant] = {
    "full": Variant("volledige zoekmachine", ALL),
    "no-known": Variant("zonder bekende vragen", ALL - {Signal.KNOWN}),
    "no-late": Variant("zonder vergelijking woord voor woord", ALL - {Signal.LATE}),
    "no-spelling": Variant("zonder spellingcorrectie", ALL - {Signal.SPELLING}),
    "no-acronyms": Variant("zonder afkortingen voluit", ALL - {Signal.ACRONYMS}),
    "no-years": Variant("zonder jaartallen", ALL - {Signal.YEARS}),
    "no-named": Variant("zonder genoemde documenten", ALL - {Signal.NAMED}),
    "no-pairs": Variant("zonder woordparen", ALL - {Signal.PAIRS}),
    "no-words": Variant("zonder woorden (BM25)", ALL - {Signal.LEXICAL, Signal.PAIRS}),
    "no-vectors": Variant("zonder vectoren", ALL - {Signal.DENSE}),
    "hybrid": Variant("gewogen som van vectoren en BM25", _HYBRID.keys(), weights=_HYBRID),
    "dense": Variant("alleen vectoren", _DENSE.keys(), weights=_DENSE),
    "bm25": Variant("alleen BM25", _LEXICAL.keys(), weights=_LEXICAL),
    "full-untuned": Variant("volledig, model zonder adapter", ALL, tuned=False),
    "hybrid-untuned": Variant("gewogen som, model zonder adapter", _HYBRID.keys(), False, _HYBRID),
    "dense-untuned": Variant("alleen vectoren, model zonder adapter", _DENSE.keys(), False, _DENSE),
}
_BATCH = 64  # queries encoded at a time


class EncodedQueries(RecentQueries):
    """An embedder that encodes a query once, however many variants ask for it, and many at a time."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(embedder)
        self._known: dict[str, tuple[Vectors, Vectors]] = {}  # vector and token vectors of each

    def prepare(self, texts: Sequence[str], progress: Callable[[int], object] = lambda _: None) -> None:
        """Encode queries in batches of like length; `progress` is called with the size of each."""
        ordered = sorted(texts, key=len, reverse=True)
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            encoded = self._embedder.embed_queries(batch)
            self._known.update(zip(batch, zip(encoded.vectors, encoded.tokens, strict=True), strict=True))
            progress(len(batch))

    def embed_queries(self, texts: Sequence[str]) -> Encoded:
        """See Embedder."""
        self.prepare([text for text in texts if text not in self._known])
        known = [self._known[text] for text in texts]
        return Encoded(np.stack([vector for vector, _ in known]), tuple(tokens for _, tokens in known))


def variant_searchers(searchers: Mapping[bool, Searcher], names: Iterable[str] = VARIANTS) -> dict[str, Searcher]:
    """Return the searcher of each variant, of searchers by whether the model is tuned, as far as they are there."""
    return {
        name: searchers[VARIANTS[name].tuned].with_signals(VARIANTS[name].signals, VARIANTS[name].weights)
        for name in names
        if VARIANTS[name].tuned in searchers
    }
