"""The searcher that the server uses: loaded when first needed, and again when a new index has been written."""

import datetime
import os
import threading
import time

from api.schemas import HitOut, SearchRequest, SearchResponse
from api.settings import Settings
from index.answer.answer import Answerer
from index.errors import IndexMissing
from index.model.embed import Embedder
from index.model.memory import RecentQueries
from index.search.rank import Searcher
from index.store.manifest import MANIFEST_NAME
from index.store.update import load_index


class SearchService:
    """Holds the model and the index that is on disk now.

    Args:
        settings: where they are.
        embedder: a model already loaded; None loads the one in `settings` at first use.
    """

    def __init__(self, settings: Settings, embedder: Embedder | None = None) -> None:
        self._settings = settings
        self._embedder = embedder
        self._answerer: Answerer | None = None
        self._stamp: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def embedder(self) -> Embedder:
        """Return the embedding model.

        Raises:
            ModelError: it cannot be loaded.
        """
        if self._embedder is None:
            self._embedder = self._settings.load_embedder()
        return self._embedder

    def answerer(self) -> Answerer:
        """Return what searches and answers over the newest index.

        A new index that cannot be loaded leaves the one before it in use.

        Raises:
            RetrievalError: there is no usable index.
        """
        stamp = self._read_stamp()
        if self._answerer is not None and stamp in (None, self._stamp):
            return self._answerer
        with self._lock:
            if self._answerer is None or stamp != self._stamp:
                if stamp is None:
                    raise IndexMissing(
                        f"There is no index in {self._settings.index_dir}; run 'beleidswijzer ingest' first."
                    )
                embedder = self.embedder()
                self._answerer = Answerer(
                    Searcher(load_index(self._settings.index_dir, embedder), RecentQueries(embedder))
                )
                self._stamp = stamp
            return self._answerer

    def searcher(self) -> Searcher:
        """Return the searcher over the newest index, with the errors of `answerer`."""
        return self.answerer().searcher

    def updated(self) -> datetime.datetime | None:
        """When the index in use was written, in local time; None before it is loaded."""
        if self._stamp is None:
            return None
        return datetime.datetime.fromtimestamp(self._stamp[0] / 1e9).astimezone()

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._settings.index_dir / MANIFEST_NAME)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino


def answer(searcher: Searcher, wanted: SearchRequest) -> SearchResponse:
    """Search and return what goes out, the same over HTTP, on the page and on the command line."""
    started = time.perf_counter()
    analysed = searcher.analyse(wanted.query)
    hits = searcher.search_analysed(analysed, wanted.k, wanted.filters.to_filters())
    nearest = [searcher.nearest_sentence(analysed, hit) if wanted.explain else None for hit in hits]
    return SearchResponse(
        query=wanted.query,
        corrected_query=analysed.text if analysed.text != wanted.query else None,
        hits=[HitOut.from_hit(hit, span) for hit, span in zip(hits, nearest, strict=True)],
        took_ms=1000 * (time.perf_counter() - started),
    )
