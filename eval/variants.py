"""The variants of our search by name: the real pipeline with stages switched off, over one loaded index."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.model.embed import Embedder, Encoded
from index.search.rank import Searcher, Stages


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to search.

    Attributes:
        label: name in Dutch, for the report.
        stages: stages that run.
        tuned: with the adapter of the settings, else with the model as it came.
    """

    label: str
    stages: Stages
    tuned: bool = True


def _plain(*, dense: bool = False, lexical: bool = False) -> Stages:
    return Stages(
        spelling=False, acronyms=False, dense=dense, lexical=lexical, late=False, pairs=False, years=False, known=False
    )


VARIANTS: Mapping[str, Variant] = {
    "full": Variant("volledige zoekmachine", Stages()),
    "no-known": Variant("zonder bekende vragen", Stages(known=False)),
    "no-late": Variant("zonder vergelijking woord voor woord", Stages(late=False)),
    "no-spelling": Variant("zonder spellingcorrectie", Stages(spelling=False)),
    "no-acronyms": Variant("zonder afkortingen voluit", Stages(acronyms=False)),
    "no-years": Variant("zonder jaartallen", Stages(years=False)),
    "no-pairs": Variant("zonder woordparen", Stages(pairs=False)),
    "no-words": Variant("zonder woorden (BM25)", Stages(lexical=False, pairs=False)),
    "no-vectors": Variant("zonder vectoren", Stages(dense=False)),
    "hybrid": Variant("gewogen som van vectoren en BM25", _plain(dense=True, lexical=True)),
    "dense": Variant("alleen vectoren", _plain(dense=True)),
    "bm25": Variant("alleen BM25", _plain(lexical=True)),
    "full-untuned": Variant("volledig, model zonder adapter", Stages(), tuned=False),
    "hybrid-untuned": Variant("gewogen som, model zonder adapter", _plain(dense=True, lexical=True), tuned=False),
    "dense-untuned": Variant("alleen vectoren, model zonder adapter", _plain(dense=True), tuned=False),
}
_BATCH = 64  # queries encoded at a time


class EncodedQueries:
    """An embedder that encodes a query once, however many variants ask for it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Encoded] = {}

    @property
    def name(self) -> str:
        """See Embedder."""
        return self._embedder.name

    @property
    def dimension(self) -> int:
        """See Embedder."""
        return self._embedder.dimension

    def prepare(self, texts: Sequence[str], progress: Callable[[int], object] | None = None) -> None:
        """Encode queries in batches of like length; `progress` is called with the size of each."""
        ordered = sorted(texts, key=len, reverse=True)
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            encoded = self._embedder.embed_queries(batch)
            for i, text in enumerate(batch):
                self._known[text] = Encoded(encoded.vectors[i : i + 1], encoded.tokens[i : i + 1])
            if progress:
                progress(len(batch))

    def embed_queries(self, texts: Sequence[str]) -> Encoded:
        """See Embedder."""
        self.prepare([text for text in texts if text not in self._known])
        known = [self._known[text] for text in texts]
        return Encoded(np.concatenate([one.vectors for one in known]), tuple(one.tokens[0] for one in known))

    def embed_passages(self, texts: Sequence[str]) -> Encoded:
        """See Embedder."""
        return self._embedder.embed_passages(texts)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """See Embedder."""
        return self._embedder.token_offsets(text)


def variant_searchers(
    searchers: Mapping[bool, Searcher], names: Sequence[str] = tuple(VARIANTS)
) -> dict[str, Searcher]:
    """Return the searcher of each variant.

    Args:
        searchers: by whether the model is tuned; variants of a model that is not there are left out.
        names: variants wanted.
    """
    return {
        name: searchers[VARIANTS[name].tuned].with_stages(VARIANTS[name].stages)
        for name in names
        if VARIANTS[name].tuned in searchers
    }
