"""What each visitor may search: the whole index, or one without the documents that are not theirs to read."""

import threading
from collections.abc import Iterable

from index.answer.answer import Answerer
from index.search.rank import Searcher
from index.store.load import readable

_MOST = 8  # sets of groups whose index is kept


class Views:
    """The index in use, as each set of groups may see it; made when first asked for.

    Args:
        whole: answers from all documents.
        prepared: sets of groups to make at once.
    """

    def __init__(self, whole: Answerer, prepared: Iterable[frozenset[str]] = ()) -> None:
        self.whole = whole
        self._made: dict[frozenset[str], Answerer] = {}
        self._lock = threading.Lock()
        for groups in prepared:
            self.of(groups)

    @property
    def in_use(self) -> tuple[frozenset[str], ...]:
        """The sets of groups whose index is kept."""
        return tuple(self._made)

    def of(self, groups: frozenset[str] | None) -> Answerer:
        """Return what answers for who is in `groups`; None may read all."""
        index = self.whole.searcher.index
        if groups is None or not index.groups:
            return self.whole
        groups &= index.groups
        if (found := self._made.get(groups)) is not None:
            return found
        with self._lock:
            if groups not in self._made:
                embedder = self.whole.searcher.embedder
                made = Answerer(Searcher(readable(index, groups, embedder), embedder))
                while len(self._made) >= _MOST:
                    del self._made[next(iter(self._made))]
                self._made[groups] = made
            return self._made[groups]
